// SPDX-License-Identifier: GPL-2.0-or-later
/* remotes.c against lists of prefixes, one for each id. */
#include <linux/err.h>

#include <time.h>

#include "match/addrset.h"
#include "list.h"
#include "pkt.h"
#include "match/remotes.h"
#include "tap.h"

#define IDS		9
#define VERSIONS	5

/* a version and the sets that it is of; ids are 3, 6, 9 ... */
struct version {
	struct br_sg_remotes *remotes;
	struct br_sg_addrset *sets[IDS];
	struct list lists[IDS];
};

static u32 id_of(int i)
{
	return 3 * i + 3;
}

static bool tags_agree(const struct br_sg_tags *tags, const struct version *v,
		       u8 family, const struct br_sg_addr *a)
{
	u32 n = 0;
	int i;

	for (i = 0; i < IDS; i++) {
		bool has = list_has(&v->lists[i], family, a);

		if (has && (n >= tags->n || tags->ids[n] != id_of(i)))
			return false;
		if (br_sg_tags_has(tags, id_of(i)) != has ||
		    br_sg_tags_has(tags, id_of(i) - 1))
			return false;
		n += has;
	}
	return n == tags->n;
}

static bool tags_same(const struct br_sg_tags *a, const struct br_sg_tags *b)
{
	return a->n == b->n && !memcmp(a->ids, b->ids, a->n * sizeof(u32));
}

/* also that tags of the same ids are one object */
static bool version_agrees(const struct version *v, int probes)
{
	const struct br_sg_tags *last = NULL, *tags;
	struct br_sg_addr a;
	u8 family;
	u32 i;
	int k;

	for (k = 0; k < probes; k++) {
		family = rnd_probe(&v->lists[rnd_below(IDS)], &a);
		tags = br_sg_remotes_find(v->remotes, family, &a);
		if (!tags_agree(tags, v, family, &a))
			return false;
		if (last && tags_same(tags, last) && tags != last)
			return false;
		if (rnd_below(2))
			last = tags;
	}
	for (i = 0; i < IDS; i++) {
		const struct list *l = &v->lists[i];

		for (k = 0; k < (int)l->n; k++) {
			tags = br_sg_remotes_find(v->remotes, l->p[k].family,
						  &l->p[k].addr);
			if (!tags_agree(tags, v, l->p[k].family,
					&l->p[k].addr))
				return false;
		}
	}
	return true;
}

static struct br_sg_addrset *list_build(const struct list *l)
{
	return br_sg_addrset_build(l->p, l->n);
}

static void version_init(struct version *v)
{
	int i;

	memset(v, 0, sizeof(*v));
	v->remotes = br_sg_remotes_new();
	for (i = 0; i < IDS; i++)
		v->sets[i] = list_build(&v->lists[i]);
}

static void version_exit(struct version *v)
{
	int i;

	br_sg_remotes_put(v->remotes);
	for (i = 0; i < IDS; i++)
		br_sg_addrset_put(v->sets[i]);
}

static void version_copy(struct version *to, const struct version *from)
{
	int i;

	*to = *from;
	br_sg_remotes_get(to->remotes);
	for (i = 0; i < IDS; i++)
		br_sg_addrset_get(to->sets[i]);
}

static void list_change(struct list *l, const struct list *others)
{
	u32 n = rnd_below(8), at;
	struct br_sg_prefix p;

	if (!rnd_below(20))
		l->n = 0;
	while (n--) {
		if (l->n && (rnd_below(2) || l->n > 30)) {
			l->p[rnd_below(l->n)] = l->p[l->n - 1];
			l->n--;
			continue;
		}
		rnd_prefix(&p);
		/* what another has too, what is beside it, what it is in */
		if (others->n && rnd_below(2)) {
			p = others->p[rnd_below(others->n)];
			at = p.len ? rnd_below(p.len) : 0;
			if (rnd_below(3) == 0 && p.len)
				p.addr.b[(p.len - 1) / 8] ^=
					1 << (7 - (p.len - 1) % 8);
			for (; p.len > at && p.len > 8 && rnd_below(2); p.len--)
				p.addr.b[(p.len - 1) / 8] &=
					~(1 << (7 - (p.len - 1) % 8));
		}
		if (list_find(l, &p) < 0)
			l->p[l->n++] = p;
	}
}

/*
 * Some ids of @v become others. With @fail, each allocation fails once before.
 * Returns how many did, or -1.
 */
static int version_change(struct version *v, bool fail)
{
	struct br_sg_remotes_change changes[3];
	u32 i, k, n = 1 + rnd_below(3), first = rnd_below(IDS);
	struct br_sg_remotes *new = ERR_PTR(-ENOMEM);
	struct version *old = malloc(sizeof(*old));
	int failed = 0;

	version_copy(old, v);
	for (i = 0; i < n; i++) {
		struct br_sg_addrset *set;

		k = (first + i) % IDS;
		list_change(&v->lists[k], &v->lists[rnd_below(IDS)]);
		/* a set that shares nothing is as good */
		if (rnd_below(2)) {
			set = list_build(&v->lists[k]);
			br_sg_addrset_put(v->sets[k]);
			v->sets[k] = set;
		} else {
			set = br_sg_addrset_insert(v->sets[k], v->lists[k].p,
						   v->lists[k].n, true, NULL);
			br_sg_addrset_put(v->sets[k]);
			v->sets[k] = set;
			for (set = NULL; !set;) {
				struct br_sg_prefix p;
				u32 m;

				for (m = 0; m < br_sg_addrset_count(v->sets[k]); m++) {
					br_sg_addrset_item(v->sets[k], m, &p);
					if (list_find(&v->lists[k], &p) < 0)
						break;
				}
				if (m == br_sg_addrset_count(v->sets[k]))
					break;
				set = br_sg_addrset_remove(v->sets[k], &p, 1,
							   NULL);
				br_sg_addrset_put(v->sets[k]);
				v->sets[k] = set;
				set = NULL;
			}
		}
		changes[i].id = id_of(k);
		changes[i].before = old->lists[k].n || rnd_below(2) ?
				    old->sets[k] : NULL;
		changes[i].after = v->lists[k].n || rnd_below(2) ?
				   v->sets[k] : NULL;
	}
	for (; IS_ERR(new); failed++) {
		if (fail)
			shim_alloc_left = failed;
		new = br_sg_remotes_change(v->remotes, changes, n);
		shim_alloc_left = -1;
		if (IS_ERR(new) &&
		    (PTR_ERR(new) != -ENOMEM || !fail ||
		     !version_agrees(old, 5))) {
			failed = -2;
			new = NULL;
		}
	}
	if (new) {
		br_sg_remotes_put(v->remotes);
		v->remotes = new;
	}
	version_exit(old);
	free(old);
	return failed - 1;
}

static void test_random(bool fail, int rounds)
{
	struct version *versions = calloc(VERSIONS, sizeof(*versions));
	struct br_sg_remotes_change changes[IDS];
	struct br_sg_remotes *empty;
	bool good = true;
	int failed = 0, ret, i;

	for (i = 0; i < VERSIONS; i++)
		version_init(&versions[i]);
	empty = br_sg_remotes_get(versions[0].remotes);
	while (good && rounds--) {
		struct version *from = &versions[rnd_below(VERSIONS)];
		struct version *to = &versions[rnd_below(VERSIONS)];

		if (from != to) {
			version_exit(to);
			version_copy(to, from);
		}
		ret = version_change(to, fail);
		good &= ret >= 0;
		failed += ret;
		good &= version_agrees(to, 100);
		good &= version_agrees(from, 30);
		if (rounds % 10)
			continue;
		for (i = 0; i < VERSIONS; i++)
			good &= version_agrees(&versions[i], 200);
	}
	if (fail)
		ok(good && failed > 500, "random, %d allocations failed",
		   failed);
	else
		ok(good, "random: all versions say what they did");
	good = true;
	for (i = 0; i < VERSIONS; i++) {
		struct br_sg_remotes *none;
		int k;

		for (k = 0; k < IDS; k++) {
			changes[k].id = id_of(k);
			changes[k].before = versions[i].sets[k];
			changes[k].after = NULL;
		}
		none = br_sg_remotes_change(versions[i].remotes, changes, IDS);
		good &= br_sg_remotes_bytes(none) == br_sg_remotes_bytes(empty);
		br_sg_remotes_put(none);
		version_exit(&versions[i]);
	}
	ok(good, "what is emptied takes no more than a new one");
	br_sg_remotes_put(empty);
	free(versions);
}

static const struct br_sg_tags *find(const struct br_sg_remotes *remotes,
				     const char *text)
{
	struct br_sg_prefix p = prefix(text);

	return br_sg_remotes_find(remotes, p.family, &p.addr);
}

static void test_rows(void)
{
	static const char *const sets[] = {
		"0.0.0.0/0 ::/0",
		"10.0.0.0/8 10.1.2.3 fe80::/10",
		"10.1.2.3 10.1.2.4 0.0.0.0 255.255.255.255 :: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		"10.1.2.3 10.1.2.0/30 10.1.2.4/30 ::1",
	};
	static const struct {
		const char *addr, *ids;
	} rows[] = {
		{ "0.0.0.0", "1 3" }, { "0.0.0.1", "1" },
		{ "9.255.255.255", "1" }, { "10.0.0.0", "1 2" },
		{ "10.1.1.255", "1 2" }, { "10.1.2.0", "1 2 4" },
		{ "10.1.2.2", "1 2 4" }, { "10.1.2.3", "1 2 3 4" },
		{ "10.1.2.4", "1 2 3 4" }, { "10.1.2.5", "1 2 4" },
		{ "10.1.2.8", "1 2" }, { "10.255.255.255", "1 2" },
		{ "11.0.0.0", "1" }, { "255.255.255.254", "1" },
		{ "255.255.255.255", "1 3" }, { "::", "1 3" }, { "::1", "1 4" },
		{ "::2", "1" }, { "fe7f:ffff::", "1" }, { "fe80::", "1 2" },
		{ "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "1 2" },
		{ "fec0::", "1" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", "1" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "1 3" },
	};
	struct br_sg_remotes_change changes[4];
	struct br_sg_remotes *remotes, *next;
	struct br_sg_addr any = { .b = { 10, 1, 2, 3 } };
	char buf[200], *word;
	u32 i, n;

	remotes = br_sg_remotes_new();
	ok(!find(remotes, "0.0.0.0")->n && !find(remotes, "::")->n,
	   "new: nothing is in anything");
	for (i = 0; i < 4; i++) {
		struct br_sg_prefix items[8];

		n = 0;
		snprintf(buf, sizeof(buf), "%s", sets[i]);
		for (word = strtok(buf, " "); word; word = strtok(NULL, " "))
			items[n++] = prefix(word);
		changes[i].id = i + 1;
		changes[i].before = NULL;
		changes[i].after = br_sg_addrset_build(items, n);
	}
	next = br_sg_remotes_change(remotes, changes, 4);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct br_sg_tags *tags = find(next, rows[i].addr);
		int at = 0;

		buf[0] = 0;
		for (n = 0; n < tags->n; n++)
			at += sprintf(buf + at, "%s%u", n ? " " : "",
				      tags->ids[n]);
		ok(!strcmp(buf, rows[i].ids), "%s is in %s", rows[i].addr, buf);
	}
	ok(!find(remotes, "10.1.2.3")->n, "not in the version before");
	br_sg_remotes_put(remotes);
	remotes = br_sg_remotes_get(next);
	br_sg_remotes_put(next);
	ok(find(remotes, "::1")->n == 2, "get and put");
	ok(!br_sg_remotes_find(remotes, 0, &any)->n,
	   "no family is in nothing");
	br_sg_remotes_put(remotes);
	br_sg_remotes_put(NULL);
	for (i = 0; i < 4; i++)
		br_sg_addrset_put((struct br_sg_addrset *)changes[i].after);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* the @i-th of many, in no order, none beside another */
static struct br_sg_prefix scattered(u8 family, u32 i)
{
	u32 v = (u32)(i * 2654435761u) & ~1U;
	struct br_sg_prefix p = { .family = family };

	p.len = br_sg_family_bits(family);
	if (family == AF_INET) {
		p.addr.v4 = cpu_to_be32(v);
	} else {
		p.addr.w[0] = cpu_to_be32(0x20010db8);
		p.addr.w[2] = cpu_to_be32(v);
		p.addr.w[3] = cpu_to_be32(i << 1);
	}
	return p;
}

/* a set in a version; both go on from change to change */
struct one {
	struct br_sg_remotes *remotes;
	struct br_sg_addrset *set;
	u32 id;
};

static void one_change(struct one *one, const struct br_sg_prefix *items,
		       u32 n, bool remove)
{
	struct br_sg_remotes_change change = {
		.id = one->id, .before = one->set,
	};
	struct br_sg_addrset *set;
	struct br_sg_remotes *next;

	if (remove)
		set = br_sg_addrset_remove(one->set, items, n, NULL);
	else
		set = br_sg_addrset_insert(one->set, items, n, false, NULL);
	change.after = set;
	next = br_sg_remotes_change(one->remotes, &change, 1);
	br_sg_remotes_put(one->remotes);
	br_sg_addrset_put(one->set);
	one->remotes = next;
	one->set = set;
}

static void one_init(struct one *one, u32 id)
{
	one->id = id;
	one->remotes = br_sg_remotes_new();
	one->set = br_sg_addrset_build(NULL, 0);
}

static void one_exit(struct one *one)
{
	br_sg_remotes_put(one->remotes);
	br_sg_addrset_put(one->set);
}

static u32 one_members(const struct one *one, u8 family, u32 n)
{
	const struct br_sg_tags *tags;
	struct br_sg_prefix p;
	u32 i, found = 0;

	for (i = 0; i < n; i++) {
		p = scattered(family, i);
		tags = br_sg_remotes_find(one->remotes, family, &p.addr);
		found += br_sg_tags_has(tags, one->id);
		p.addr.b[p.len / 8 - 1] |= 1;
		tags = br_sg_remotes_find(one->remotes, family, &p.addr);
		if (br_sg_tags_has(tags, one->id))
			return ~0U;
	}
	return found;
}

/* what @n members take in all, and what one more costs */
static void test_large(u8 family, bool single, bool nested)
{
	struct br_sg_prefix wide = prefix(family == AF_INET ? "0.0.0.0/0" :
							      "2001::/16");
	const u32 n = nested ? 20000 : 100000;
	struct br_sg_prefix *items = calloc(n, sizeof(*items)), p;
	const int v = family == AF_INET ? 4 : 6;
	size_t live = shim_alloc_live, bytes;
	struct one one, old;
	double t0, t1;
	u32 i;

	one_init(&one, 7);
	if (nested) {
		/* another group has all of them in one prefix */
		one.id = 5;
		one_change(&one, &wide, 1, false);
		br_sg_addrset_put(one.set);
		one.set = br_sg_addrset_build(NULL, 0);
		one.id = 7;
	}
	for (i = 0; i < n; i++)
		items[i] = scattered(family, i);
	t0 = now();
	for (i = 0; i < n; i += single ? 1 : n)
		one_change(&one, items + i, single ? 1 : n, false);
	t1 = now();
	live = shim_alloc_live - live;
	bytes = br_sg_remotes_bytes(one.remotes) + br_sg_addrset_bytes(one.set);
	ok(live <= (size_t)(v == 4 ? 50 : nested ? 110 : 100) * n,
	   "IPv%d%s %s: %zu bytes a member, with its set", v,
	   nested ? " in a prefix" : "", single ? "one by one" : "at once",
	   live / n);
	ok(bytes <= live && bytes + 1024 > live, "which is what it says");
	ok(one_members(&one, family, n) == n, "all are found, no neighbour is");
	printf("# %.1f us a member, with sanitizers\n", (t1 - t0) / n * 1e6);

	/* the version before stays */
	old.id = one.id;
	old.remotes = br_sg_remotes_get(one.remotes);
	old.set = br_sg_addrset_get(one.set);
	p = scattered(family, n);
	shim_alloc_count = 0;
	one_change(&one, &p, 1, false);
	ok(shim_alloc_count <= 24, "one more: %zu allocations",
	   shim_alloc_count);
	shim_alloc_count = 0;
	one_change(&one, &p, 1, true);
	ok(shim_alloc_count <= 24, "and off: %zu", shim_alloc_count);
	for (i = 0; i < 10000; i++)
		one_change(&one, items + i, 1, true);
	one_change(&one, items + i, n - 10 - i, true);
	ok(one_members(&one, family, n) == 10, "all but 10 go");
	ok(one_members(&old, family, n) == n, "not from the version before");
	one_exit(&old);
	one_change(&one, items + n - 10, 10, true);
	bytes = br_sg_remotes_bytes(one.remotes) + br_sg_addrset_bytes(one.set);
	ok(bytes < 800, "emptied: %zu bytes", bytes);
	one_exit(&one);
	free(items);
}

/* members in a row are one range, whatever the order that they come in */
static void test_row(u8 family)
{
	struct br_sg_prefix p = prefix(family == AF_INET ? "10.0.0.0" : "fd::");
	const u32 n = 20000;
	struct one one;
	size_t most = 0;
	bool good = true;
	u32 i, k;

	one_init(&one, 1);
	for (i = 0; i < n; i++) {
		k = cpu_to_be32(0x0a000000 + i * 7 % n);
		p.addr.w[family == AF_INET ? 0 : 3] = k;
		one_change(&one, &p, 1, false);
		most = max(br_sg_remotes_bytes(one.remotes), most);
	}
	ok(br_sg_remotes_bytes(one.remotes) < 600 && most > 10000,
	   "%u in a row: %zu bytes, %zu before the last gaps went", n,
	   br_sg_remotes_bytes(one.remotes), most);
	for (i = 0; i < n; i++) {
		k = cpu_to_be32(0x0a000000 + i * 9 % n);
		p.addr.w[family == AF_INET ? 0 : 3] = k;
		if (i % 9)
			good &= br_sg_remotes_find(one.remotes, family,
						   &p.addr)->n == 1;
		one_change(&one, &p, 1, true);
		good &= !br_sg_remotes_find(one.remotes, family, &p.addr)->n;
	}
	ok(good && br_sg_remotes_bytes(one.remotes) < 400,
	   "and out again: %zu bytes", br_sg_remotes_bytes(one.remotes));
	one_exit(&one);
}

struct pair {
	u32 hash;
	u32 ids[2];
};

static int pair_cmp(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

/* two pairs of ids whose tags have the same hash */
static void pairs_alike(struct pair *found)
{
	const u32 n = 300000;
	struct br_sg_tags_pool pool = { 0 };
	struct br_sg_tags_uses uses;
	struct pair *pairs = calloc(n, sizeof(*pairs));
	struct br_sg_tags *one, *two;
	u32 i = 0;

	br_sg_tags_uses_init(&uses, &pool);
	while (!i) {
		for (i = 0; i < n; i++) {
			pairs[i].ids[0] = rnd();
			pairs[i].ids[1] = rnd();
			one = br_sg_tags_toggle(&uses, &br_sg_no_tags,
						pairs[i].ids[0]);
			two = br_sg_tags_toggle(&uses, one, pairs[i].ids[1]);
			pairs[i].hash = two->hash;
			br_sg_tags_put(one);
			br_sg_tags_put(two);
		}
		qsort(pairs, n, sizeof(*pairs), pair_cmp);
		for (i = n - 1; i && pairs[i].hash != pairs[i - 1].hash;)
			i--;
	}
	found[0] = pairs[i - 1];
	found[1] = pairs[i];
	free(pairs);
}

/* an address goes into both groups of a pair, or out; is the other's as it was? */
static void test_hash(void)
{
	struct br_sg_remotes *remotes = br_sg_remotes_new(), *next;
	const struct br_sg_tags *tags;
	struct br_sg_addrset *sets[2];
	struct br_sg_prefix items[2];
	bool in[2] = { false, false };
	struct pair pairs[2];
	bool good = true;
	int i, k, step;

	pairs_alike(pairs);
	for (i = 0; i < 2; i++) {
		items[i] = scattered(AF_INET, i);
		sets[i] = br_sg_addrset_build(&items[i], 1);
	}
	for (step = 0; step < 40; step++) {
		struct br_sg_remotes_change changes[2];

		i = step < 6 ? step % 2 : (int)rnd_below(2);
		for (k = 0; k < 2; k++) {
			changes[k].id = pairs[i].ids[k];
			changes[k].before = in[i] ? sets[i] : NULL;
			changes[k].after = in[i] ? NULL : sets[i];
		}
		in[i] = !in[i];
		next = br_sg_remotes_change(remotes, changes, 2);
		if (IS_ERR(next)) {
			good = false;
			break;
		}
		br_sg_remotes_put(remotes);
		remotes = next;
		for (i = 0; i < 2; i++) {
			tags = br_sg_remotes_find(remotes, AF_INET,
						  &items[i].addr);
			good &= tags->n == (in[i] ? 2 : 0);
			for (k = 0; k < 2; k++)
				good &= br_sg_tags_has(tags, pairs[i].ids[k]) ==
					in[i];
		}
	}
	ok(good, "tags of the same hash 0x%x are told apart", pairs[0].hash);
	br_sg_remotes_put(remotes);
	br_sg_addrset_put(sets[0]);
	br_sg_addrset_put(sets[1]);
}

/* each address is in two groups of many, and no two in the same */
static void test_pairs(void)
{
	enum { GROUPS = 512 };
	struct br_sg_remotes_change *changes = calloc(GROUPS, sizeof(*changes));
	struct br_sg_prefix *items = calloc(GROUPS, sizeof(*items));
	struct br_sg_remotes *empty = br_sg_remotes_new(), *full, *none;
	const struct br_sg_tags *tags;
	struct br_sg_prefix p;
	bool good = true;
	u32 i, k, n;

	for (i = 0; i < GROUPS; i++) {
		for (k = 0, n = 0; k < GROUPS; k++)
			if (k != i)
				items[n++] = scattered(AF_INET, min(i, k) *
						       GROUPS + max(i, k));
		changes[i].id = i + 1;
		changes[i].after = br_sg_addrset_build(items, n);
	}
	full = br_sg_remotes_change(empty, changes, GROUPS);
	for (i = 0; i < GROUPS; i++) {
		for (k = i + 1; k < GROUPS; k++) {
			p = scattered(AF_INET, i * GROUPS + k);
			tags = br_sg_remotes_find(full, AF_INET, &p.addr);
			good &= tags->n == 2 && tags->ids[0] == i + 1 &&
				tags->ids[1] == k + 1;
		}
	}
	ok(good, "%u pairs of groups: %zu bytes for each",
	   GROUPS * (GROUPS - 1) / 2, br_sg_remotes_bytes(full) /
	   (GROUPS * (GROUPS - 1) / 2));
	for (i = 0; i < GROUPS; i++) {
		changes[i].before = changes[i].after;
		changes[i].after = NULL;
	}
	none = br_sg_remotes_change(full, changes, GROUPS);
	ok(br_sg_remotes_bytes(none) == br_sg_remotes_bytes(empty),
	   "emptied: none of the tags is left");
	for (i = 0; i < GROUPS; i++)
		br_sg_addrset_put((struct br_sg_addrset *)changes[i].before);
	br_sg_remotes_put(none);
	br_sg_remotes_put(full);
	br_sg_remotes_put(empty);
	free(changes);
	free(items);
}

int main(int argc, char **argv)
{
	rnd_seed(argc, argv);
	test_rows();
	test_random(false, 1500);
	test_random(true, 200);
	test_row(AF_INET);
	test_row(AF_INET6);
	test_hash();
	test_pairs();
	test_large(AF_INET, false, false);
	test_large(AF_INET, true, false);
	test_large(AF_INET6, false, false);
	test_large(AF_INET6, true, false);
	test_large(AF_INET, true, true);
	test_large(AF_INET6, true, true);
	return tap_plan();
}
