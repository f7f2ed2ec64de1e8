// SPDX-License-Identifier: GPL-2.0-or-later
/* addrset.c against an array that is searched from end to end. */
#include <time.h>

#include "match/addrset.h"
#include "list.h"
#include "pkt.h"
#include "tap.h"

static bool set_agrees(const struct br_sg_addrset *set, const struct list *l,
		       int probes)
{
	const struct br_sg_prefix *next;
	struct br_sg_prefix item, prev;
	struct br_sg_addr a;
	u32 i;

	if (br_sg_addrset_count(set) != l->n)
		return false;
	for (i = 0; i < l->n; i++) {
		br_sg_addrset_item(set, i, &item);
		if (list_find(l, &item) < 0)
			return false;
		if (i && br_sg_prefix_cmp(&prev, &item) >= 0)
			return false;
		prev = item;
	}
	while (probes--) {
		u8 family = rnd_probe(l, &a);

		if (br_sg_addrset_has(set, family, &a) != list_has(l, family, &a))
			return false;
		if (probes % 4)
			continue;
		rnd_prefix(&item);
		if (probes % 8 && l->n)
			item.addr = l->p[rnd_below(l->n)].addr;
		for (i = item.len; i < br_sg_family_bits(item.family); i++)
			item.addr.b[i / 8] &= ~(1 << (7 - i % 8));
		if (item.family == AF_INET)
			memset(item.addr.b + 4, 0, 12);
		if (br_sg_addrset_covers(set, &item) != list_covers(l, &item))
			return false;
		next = list_next(l, &item);
		if (br_sg_addrset_next(set, &item, &prev) != !!next)
			return false;
		if (next && br_sg_prefix_cmp(&prev, next))
			return false;
	}
	return true;
}

struct diff {
	const struct list *a, *b;
	struct br_sg_prefix last;
	u32 n;
};

static int diff_item(const struct br_sg_prefix *item, bool in_b, void *arg)
{
	struct diff *d = arg;

	if (d->n++ && br_sg_prefix_cmp(&d->last, item) >= 0)
		return -1;
	d->last = *item;
	return list_find(in_b ? d->b : d->a, item) >= 0 &&
	       list_find(in_b ? d->a : d->b, item) < 0 ? 0 : -1;
}

static bool diff_agrees(const struct br_sg_addrset *x, const struct list *a,
			const struct br_sg_addrset *y, const struct list *b)
{
	struct diff d = { .a = a, .b = b };
	u32 i, n = 0;

	for (i = 0; i < a->n; i++)
		n += list_find(b, &a->p[i]) < 0;
	for (i = 0; i < b->n; i++)
		n += list_find(a, &b->p[i]) < 0;
	return !br_sg_addrset_diff(x, y, diff_item, &d) && d.n == n;
}

static void test_random(void)
{
	struct list *l = calloc(1, sizeof(*l)), *before = calloc(1, sizeof(*l));
	struct list *none = calloc(1, sizeof(*none));
	int builds = 0, inserts = 0, removes = 0, refused = 0;
	struct br_sg_prefix items[40];
	int round, step;
	bool good = true;
	u32 i;

	for (round = 0; good && round < 400; round++) {
		struct br_sg_addrset *set, *new;
		u32 n = rnd_below(round % 8 ? 12 : 40);

		l->n = 0;
		for (i = 0; i < n; i++) {
			rnd_prefix(&items[i]);
			if (list_find(l, &items[i]) < 0)
				l->p[l->n++] = items[i];
		}
		set = br_sg_addrset_build(items, n);
		good &= set_agrees(set, l, 300);
		builds++;
		for (step = 0; good && step < 12; step++) {
			u32 bad = ~0U, want_bad = ~0U;
			bool remove = rnd_below(2);
			bool exist_ok = rnd_below(2);

			n = rnd_below(6);
			*before = *l;
			for (i = 0; i < n; i++) {
				rnd_prefix(&items[i]);
				if (l->n && rnd_below(8) < (remove ? 7 : 1))
					items[i] = before->p[rnd_below(before->n)];
				else if (before->n && remove && rnd_below(4))
					items[i] = before->p[rnd_below(before->n)];
			}
			for (i = 0; i < n; i++) {
				int at = list_find(l, &items[i]);

				if (remove && at >= 0) {
					l->p[at] = l->p[--l->n];
				} else if (!remove && at < 0 && l->n < LIST_MAX) {
					l->p[l->n++] = items[i];
				} else if (remove || !exist_ok) {
					want_bad = i;
					break;
				}
			}
			if (remove)
				new = br_sg_addrset_remove(set, items, n, &bad);
			else
				new = br_sg_addrset_insert(set, items, n,
							   exist_ok, &bad);
			if (want_bad != ~0U) {
				good &= PTR_ERR(new) ==
					(remove ? -ENOENT : -EEXIST);
				good &= bad == want_bad;
				*l = *before;
				refused++;
				continue;
			}
			if (IS_ERR(new)) {
				good = false;
				break;
			}
			/* the old one is as it was */
			good &= set_agrees(set, before, 30);
			good &= br_sg_addrset_equal(set, new) ==
				list_equal(before, l);
			good &= diff_agrees(set, before, new, l);
			good &= diff_agrees(new, l, NULL, none);
			br_sg_addrset_put(set);
			set = new;
			good &= set_agrees(set, l, 100);
			remove ? removes++ : inserts++;
		}
		br_sg_addrset_put(set);
	}
	ok(good, "random: %d builds, %d inserts, %d removes, %d refused",
	   builds, inserts, removes, refused);
	free(l);
	free(before);
	free(none);
}

static struct br_sg_addrset *set_of(const char *text)
{
	struct br_sg_prefix items[16];
	char buf[512], *word;
	u32 n = 0;

	snprintf(buf, sizeof(buf), "%s", text);
	for (word = strtok(buf, " "); word; word = strtok(NULL, " "))
		items[n++] = prefix(word);
	return br_sg_addrset_build(items, n);
}

static void test_rows(void)
{
	static const struct {
		const char *set, *in, *out;
	} rows[] = {
		{ "", "", "0.0.0.0 255.255.255.255 :: ff::" },
		{ "0.0.0.0/0", "0.0.0.0 1.2.3.4 255.255.255.255", ":: ::1" },
		{ "::/0", ":: 1:: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		  "0.0.0.0 1.2.3.4" },
		{ "0.0.0.0/32", "0.0.0.0", "0.0.0.1 255.255.255.255 ::" },
		{ "255.255.255.255", "255.255.255.255",
		  "255.255.255.254 0.0.0.0" },
		{ "255.255.255.254 255.255.255.255",
		  "255.255.255.254 255.255.255.255", "255.255.255.253 0.0.0.0" },
		{ "128.0.0.0/1", "128.0.0.0 255.255.255.255",
		  "127.255.255.255 0.0.0.0" },
		{ "0.0.0.0/1 128.0.0.0/1", "0.0.0.0 127.255.255.255 128.0.0.0",
		  "::" },
		{ "10.0.0.0/8 10.1.0.0/16 10.1.2.3 11.0.0.0",
		  "10.0.0.0 10.1.2.3 10.255.255.255 11.0.0.0",
		  "9.255.255.255 11.0.0.1" },
		{ "::1/128", "::1", ":: ::2 0.0.0.1" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe",
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe",
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffd ::" },
		{ "::ffff:ffff:ffff:ffff ::1:0:0:0:0",
		  "::ffff:ffff:ffff:ffff ::1:0:0:0:0", "::fffe:ffff:ffff:ffff ::1:0:0:0:1" },
		{ "2001:db8::/64 2001:db8:0:1::/64 2001:db8::/65",
		  "2001:db8:: 2001:db8::ffff:ffff:ffff:ffff 2001:db8:0:1:ffff:ffff:ffff:ffff",
		  "2001:db8:0:2:: 2001:db7:ffff:ffff:ffff:ffff:ffff:ffff" },
		{ "fe80::/10 10.0.0.0/31",
		  "fe80::1 febf:ffff:: 10.0.0.1", "fec0:: fe7f:: 10.0.0.2" },
	};
	char buf[512], *word;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct br_sg_addrset *set = set_of(rows[i].set);
		bool good = true;
		int want;

		for (want = 0; want < 2; want++) {
			snprintf(buf, sizeof(buf), "%s",
				 want ? rows[i].in : rows[i].out);
			for (word = strtok(buf, " "); word;
			     word = strtok(NULL, " ")) {
				struct br_sg_prefix p = prefix(word);

				good &= br_sg_addrset_has(set, p.family,
							  &p.addr) == want;
			}
		}
		ok(good, "set \"%s\"", rows[i].set);
		br_sg_addrset_put(set);
	}
}

static void test_api(void)
{
	struct br_sg_prefix items[3] = {
		prefix("10.0.0.1"), prefix("10.0.0.0/8"), prefix("10.0.0.1"),
	};
	struct br_sg_prefix p;
	struct br_sg_addrset *a, *b;
	u32 bad = 7;
	long left;
	bool good;

	a = br_sg_addrset_build(items, 3);
	ok(br_sg_addrset_count(a) == 2, "build: what is equal is one");
	b = br_sg_addrset_insert(a, items, 3, true, NULL);
	ok(br_sg_addrset_equal(a, b) && a != b, "insert of what exists");
	br_sg_addrset_put(b);
	b = br_sg_addrset_insert(a, items + 1, 1, false, NULL);
	ok(PTR_ERR(b) == -EEXIST, "insert: NULL for bad is fine");
	b = br_sg_addrset_remove(a, items, 3, &bad);
	ok(PTR_ERR(b) == -ENOENT && bad == 2, "remove: twice is not there twice");
	b = br_sg_addrset_remove(a, items, 2, &bad);
	ok(!br_sg_addrset_count(b), "remove of all");
	ok(!br_sg_addrset_has(b, AF_INET, &items[0].addr), "empty matches nothing");
	br_sg_addrset_put(b);
	b = br_sg_addrset_get(a);
	br_sg_addrset_put(b);
	ok(br_sg_addrset_count(a) == 2, "get and put");
	br_sg_addrset_put(NULL);
	ok(!br_sg_addrset_has(a, 0, &items[0].addr), "no family, no match");

	p = prefix("10.0.0.0/8");
	p.addr.b[3] = 1;
	ok(!br_sg_prefix_valid(&p), "host bits are not valid");
	p = prefix("10.0.0.0/8");
	p.addr.b[9] = 1;
	ok(!br_sg_prefix_valid(&p), "nor bytes behind an IPv4 address");
	p = prefix("10.0.0.0/8");
	p.len = 33;
	ok(!br_sg_prefix_valid(&p), "nor /33");
	p = prefix("::/0");
	p.len = 129;
	ok(!br_sg_prefix_valid(&p), "nor /129");
	p.len = 0;
	ok(br_sg_prefix_valid(&p), "/0 is");
	p.addr.b[15] = 1;
	ok(!br_sg_prefix_valid(&p), "but not with host bits");
	p.len = 128;
	ok(br_sg_prefix_valid(&p), "/128 is");
	p.family = 0;
	ok(!br_sg_prefix_valid(&p), "no family is not");

	good = true;
	for (left = 0; left < 8; left++) {
		shim_alloc_left = left;
		b = br_sg_addrset_build(items, 3);
		shim_alloc_left = -1;
		good &= !IS_ERR(b) || PTR_ERR(b) == -ENOMEM;
		if (!IS_ERR(b))
			br_sg_addrset_put(b);
		shim_alloc_left = left;
		b = br_sg_addrset_insert(a, items, 3, true, NULL);
		shim_alloc_left = -1;
		good &= !IS_ERR(b) || PTR_ERR(b) == -ENOMEM;
		if (!IS_ERR(b))
			br_sg_addrset_put(b);
		shim_alloc_left = left;
		b = br_sg_addrset_remove(a, items, 1, &bad);
		shim_alloc_left = -1;
		good &= !IS_ERR(b) || PTR_ERR(b) == -ENOMEM;
		if (!IS_ERR(b))
			br_sg_addrset_put(b);
	}
	ok(good, "every allocation failed once: -ENOMEM, no leak");
	br_sg_addrset_put(a);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* the most a set may hold, scattered so that no two members merge */
static void test_large(u8 family)
{
	const u32 n = 131072;
	struct br_sg_prefix *items = calloc(n + 1, sizeof(*items));
	size_t bytes, live, allocs;
	struct br_sg_addrset *set, *new;
	double t0, t1, t2;
	bool good = true;
	u32 i;

	for (i = 0; i <= n; i++) {
		u32 v = (u32)(i * 2654435761u) & ~1U;

		items[i].family = family;
		items[i].len = br_sg_family_bits(family);
		if (family == AF_INET) {
			items[i].addr.v4 = cpu_to_be32(v);
		} else {
			items[i].addr.w[0] = cpu_to_be32(0x20010db8);
			items[i].addr.w[2] = cpu_to_be32(v);
			items[i].addr.w[3] = cpu_to_be32(i << 1);
		}
	}
	live = shim_alloc_live;
	t0 = now();
	set = br_sg_addrset_build(items, n);
	t1 = now();
	live = shim_alloc_live - live;
	shim_alloc_count = 0;
	new = br_sg_addrset_insert(set, items + n, 1, false, &i);
	allocs = shim_alloc_count;
	t2 = now();
	bytes = br_sg_addrset_bytes(set);
	good &= br_sg_addrset_count(new) == n + 1;
	for (i = 0; i <= n; i++) {
		struct br_sg_addr a = items[i].addr;

		good &= br_sg_addrset_has(new, family, &a);
		a.b[family == AF_INET ? 3 : 15] |= 1;
		good &= !br_sg_addrset_has(new, family, &a);
	}
	good &= !br_sg_addrset_has(set, family, &items[n].addr);
	br_sg_addrset_put(set);
	set = br_sg_addrset_remove(new, items, n, &i);
	good &= br_sg_addrset_count(set) == 1;
	ok(good, "IPv%d: %u members, all found, no neighbour is",
	   family == AF_INET ? 4 : 6, n);
	ok(bytes / n <= 40 && bytes <= live && bytes + 64 > live,
	   "%zu bytes a member", bytes / n);
	ok(allocs <= 8, "insert of one: %zu allocations", allocs);
	printf("# build %.1f ms, insert of one %.1f ms (with sanitizers)\n",
	       (t1 - t0) * 1e3, (t2 - t1) * 1e3);
	br_sg_addrset_put(set);
	br_sg_addrset_put(new);
	free(items);
}

int main(int argc, char **argv)
{
	rnd_seed(argc, argv);
	test_rows();
	test_api();
	test_random();
	test_large(AF_INET);
	test_large(AF_INET6);
	return tap_plan();
}
