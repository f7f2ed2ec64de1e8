// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * table.c against rules written as text-like tests in another order, one field
 * after the other, with addresses compared bit by bit. Rules and keys are drawn
 * from few values, so that most lookups find something and rules overlap. Then
 * what a table costs, and what happens when there is no room. Many more lookups
 * are in test_classify.
 */
#include "pkt.h"
#include "rulegen.h"
#include "tap.h"

#define RULES_MAX	64

static const char * const remotes[] = {
	"0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.0.4/32", "10.1.0.5/32",
	"192.0.2.0/24", "0.0.0.0/1", "255.255.255.255/32",
	"::/0", "2001:db8::/32", "2001:db8::/64", "2001:db8::4/128",
	"fe80::/10", "::/128", "2001:db8:0:1::/65",
};

static const char * const addrs[] = {
	"10.1.0.4", "10.1.0.5", "10.1.0.6", "10.2.0.1", "11.0.0.1", "192.0.2.9",
	"0.0.0.0", "255.255.255.255", "200.0.0.1",
	"2001:db8::4", "2001:db8::5", "2001:db8:0:1::1", "2001:db8:0:1:8000::",
	"2001:db9::", "fe80::1", "::",
};

static const u8 families[] = { 0, AF_INET, AF_INET6 };
static const u8 protos[] = { 0, 1, 6, 17, 58, 132, 255 };
static const u16 edges[] = { 0, 1, 22, 23, 80, 443, 1023, 1024, 65534, 65535 };

#define SETS	3

/* the rules know it as tag 5, 6 or 7 */
struct set {
	int n;
	struct br_sg_prefix p[6];
};

static struct rulegen gen;

static union {
	struct br_sg_tags tags;
	char room[sizeof(struct br_sg_tags) + SETS * sizeof(u32)];
} key_tags;

static bool oracle_covers(const struct br_sg_prefix *p, const struct br_sg_key *k)
{
	int i;

	for (i = 0; i < p->len; i++)
		if ((p->addr.b[i / 8] ^ k->remote.b[i / 8]) & (0x80 >> i % 8))
			return false;
	return p->family == k->family;
}

static bool oracle_in(const struct set *set, const struct br_sg_key *k)
{
	bool in = false;
	int i;

	for (i = 0; i < set->n; i++)
		in |= oracle_covers(&set->p[i], k);
	return in;
}

static bool oracle_match(const struct br_sg_match *m, const struct set *sets,
			 const struct br_sg_key *k)
{
	bool remote = m->remote == BR_SG_REMOTE_ANY;
	bool ports, type, code;

	if (m->remote == BR_SG_REMOTE_PREFIX)
		remote = oracle_covers(&m->prefix, k);
	if (m->remote == BR_SG_REMOTE_TAG)
		remote = oracle_in(&sets[m->tag - 5], k);
	ports = m->flags & BR_SG_MATCH_PORT ?
		(k->flags & BR_SG_MATCH_PORT) && m->port_min <= k->dport &&
		k->dport <= m->port_max : true;
	type = m->flags & BR_SG_MATCH_TYPE ?
	       (k->flags & BR_SG_MATCH_TYPE) && k->type == m->type : true;
	code = m->flags & BR_SG_MATCH_CODE ?
	       (k->flags & BR_SG_MATCH_TYPE) && k->code == m->code : true;
	return remote && ports && type && code &&
	       (m->family == 0 || m->family == k->family) &&
	       (m->proto == 0 || m->proto == k->proto);
}

static struct br_sg_prefix any_prefix(void)
{
	return prefix(remotes[rnd_below(ARRAY_SIZE(remotes))]);
}

static void rnd_match(struct br_sg_match *m)
{
	memset(m, 0, sizeof(*m));
	m->family = families[rnd_below(3)];
	m->proto = protos[rnd_below(ARRAY_SIZE(protos))];
	switch (rnd_below(4)) {
	case 0:
		m->flags = BR_SG_MATCH_PORT;
		m->port_min = edges[rnd_below(ARRAY_SIZE(edges))];
		m->port_max = edges[rnd_below(ARRAY_SIZE(edges))];
		if (m->port_max < m->port_min) {
			u16 t = m->port_min;

			m->port_min = m->port_max;
			m->port_max = t;
		}
		break;
	case 1:
		m->flags = BR_SG_MATCH_TYPE;
		m->type = rnd_below(3) * 8;
		if (rnd_below(2)) {
			m->flags |= BR_SG_MATCH_CODE;
			m->code = rnd_below(3);
		}
		break;
	}
	m->remote = rnd_below(3);
	if (m->remote == BR_SG_REMOTE_PREFIX)
		m->prefix = any_prefix();
	if (m->remote == BR_SG_REMOTE_TAG)
		m->tag = 5 + rnd_below(SETS);
}

static void rnd_key(struct br_sg_key *k, const struct set *sets)
{
	struct br_sg_prefix p = prefix(addrs[rnd_below(ARRAY_SIZE(addrs))]);
	int i;

	memset(k, 0, sizeof(*k));
	k->family = p.family;
	k->remote = p.addr;
	k->proto = protos[1 + rnd_below(ARRAY_SIZE(protos) - 1)];
	switch (rnd_below(3)) {
	case 0:
		k->flags = BR_SG_MATCH_PORT;
		k->dport = edges[rnd_below(ARRAY_SIZE(edges))] +
			   (int)rnd_below(3) - 1;
		break;
	case 1:
		k->flags = BR_SG_MATCH_TYPE;
		k->type = rnd_below(3) * 8;
		k->code = rnd_below(3);
		break;
	}
	k->tags = &key_tags.tags;
	key_tags.tags.n = 0;
	for (i = 0; i < SETS; i++)
		if (oracle_in(&sets[i], k))
			key_tags.tags.ids[key_tags.tags.n++] = 5 + i;
}

static void test_random(void)
{
	struct br_sg_match m[RULES_MAX];
	long lookups = 0, hits = 0, bad = 0;
	int round, i, j;

	for (round = 0; round < 3000; round++) {
		struct br_sg_table *table;
		struct set sets[SETS];
		int n = rnd_below(round % 10 ? 20 : RULES_MAX);

		for (i = 0; i < SETS; i++) {
			sets[i].n = rnd_below(7);
			for (j = 0; j < sets[i].n; j++)
				sets[i].p[j] = any_prefix();
		}
		for (i = 0; i < n; i++)
			rnd_match(&m[i]);
		table = br_sg_table_build(m, n);
		bad += br_sg_table_count(table) != (u32)n;
		for (j = 0; j < 400; j++) {
			struct br_sg_key k;
			int want = -1;

			rnd_key(&k, sets);
			for (i = n - 1; i >= 0; i--)
				if (oracle_match(&m[i], sets, &k))
					want = i;
			/* they are not to be read */
			if (!br_sg_table_has_tags(table))
				k.tags = NULL;
			lookups++;
			hits += want >= 0;
			bad += br_sg_table_lookup(table, &k) != want;
		}
		br_sg_table_put(table);
	}
	ok(!bad && lookups >= 1000000, "random: %ld lookups, %ld found a rule, %ld wrong",
	   lookups, hits, bad);
}

static struct br_sg_key key(const char *remote, u8 proto)
{
	struct br_sg_prefix p = prefix(remote);
	struct br_sg_key k = {
		.family = p.family,
		.proto = proto,
		.remote = p.addr,
	};

	return k;
}

/* one rule, one field off at a time */
static void test_fields(void)
{
	struct br_sg_match m = {
		.family = AF_INET, .proto = 6, .flags = BR_SG_MATCH_PORT,
		.port_min = 22, .port_max = 23,
		.remote = BR_SG_REMOTE_PREFIX, .prefix = prefix("10.0.0.0/8"),
	};
	struct br_sg_table *t = br_sg_table_build(&m, 1);
	struct br_sg_key k = key("10.9.9.9", 6);

	k.flags = BR_SG_MATCH_PORT;
	k.dport = 22;
	ok(br_sg_table_lookup(t, &k) == 0, "tcp 22 from 10/8");
	k.dport = 23;
	ok(br_sg_table_lookup(t, &k) == 0, "last port");
	k.dport = 24;
	ok(br_sg_table_lookup(t, &k) == -1, "a port too far");
	k.dport = 21;
	ok(br_sg_table_lookup(t, &k) == -1, "a port too near");
	k.dport = 22;
	k.proto = 17;
	ok(br_sg_table_lookup(t, &k) == -1, "another protocol");
	k.proto = 6;
	k.flags = 0;
	ok(br_sg_table_lookup(t, &k) == -1, "no port known");
	k = key("11.0.0.0", 6);
	k.flags = BR_SG_MATCH_PORT;
	k.dport = 22;
	ok(br_sg_table_lookup(t, &k) == -1, "another remote");
	k = key("a00::", 6);
	k.flags = BR_SG_MATCH_PORT;
	k.dport = 22;
	ok(br_sg_table_lookup(t, &k) == -1, "the same bytes in IPv6");
	br_sg_table_put(br_sg_table_get(t));
	ok(br_sg_table_count(t) == 1, "get and put");
	br_sg_table_put(t);
	br_sg_table_put(NULL);

	t = br_sg_table_build(NULL, 0);
	ok(!br_sg_table_count(t) && br_sg_table_lookup(t, &k) == -1,
	   "an empty table matches nothing");
	br_sg_table_put(t);

	memset(&m, 0, sizeof(m));
	t = br_sg_table_build(&m, 1);
	ok(br_sg_table_lookup(t, &k) == 0, "a rule that asks nothing");
	br_sg_table_put(t);

	m.proto = 1;
	m.flags = BR_SG_MATCH_TYPE | BR_SG_MATCH_CODE;
	m.type = 3;
	m.code = 4;
	t = br_sg_table_build(&m, 1);
	k = key("1.1.1.1", 1);
	ok(br_sg_table_lookup(t, &k) == -1, "no type known");
	k.flags = BR_SG_MATCH_TYPE;
	k.type = 3;
	k.code = 4;
	ok(br_sg_table_lookup(t, &k) == 0, "type and code");
	k.code = 0;
	ok(br_sg_table_lookup(t, &k) == -1, "another code");
	k.code = 4;
	k.type = 5;
	ok(br_sg_table_lookup(t, &k) == -1, "another type");
	ok(!br_sg_table_has_tags(t), "no tags");
	br_sg_table_put(t);

	m.remote = BR_SG_REMOTE_TAG;
	m.tag = 7;
	m.flags = 0;
	t = br_sg_table_build(&m, 1);
	k.tags = &key_tags.tags;
	key_tags.tags.n = 0;
	ok(br_sg_table_has_tags(t), "tags");
	ok(br_sg_table_lookup(t, &k) == -1, "an address that is in nothing");
	key_tags.tags.ids[key_tags.tags.n++] = 6;
	key_tags.tags.ids[key_tags.tags.n++] = 8;
	ok(br_sg_table_lookup(t, &k) == -1, "in other sets");
	key_tags.tags.ids[1] = 7;
	ok(br_sg_table_lookup(t, &k) == 0, "in the set");
	br_sg_table_put(t);
}

/* ids as they come, also such that lie in the same place of a hash table */
static void test_tags(void)
{
	struct br_sg_tags *tags = &key_tags.tags;
	struct br_sg_key k = key("10.0.0.1", 6);
	long wrong = 0, lookups = 0;
	u32 round, i, j, n;

	k.tags = tags;
	for (round = 0; round < 300; round++) {
		struct br_sg_match m[60];
		struct br_sg_table *t;

		n = 9 + rnd_below(50);
		for (i = 0; i < n; i++)
			m[i] = (struct br_sg_match){
				.remote = BR_SG_REMOTE_TAG,
				.tag = rnd() >> (32 + rnd_below(32)),
			};
		m[0].tag = 0;
		m[1].tag = U32_MAX;
		t = br_sg_table_build(m, n);
		for (i = 0; i < 2 * n; i++) {
			int want = -1;

			tags->n = 1;
			tags->ids[0] = i < n ? m[i].tag : m[i - n].tag + 1;
			for (j = n; j--;)
				if (m[j].tag == tags->ids[0])
					want = j;
			lookups++;
			wrong += br_sg_table_lookup(t, &k) != want;
		}
		br_sg_table_put(t);
	}
	ok(!wrong && lookups > 10000, "any tag: %ld lookups, %ld wrong",
	   lookups, wrong);
}

/*
 * Each allocation of a build fails once. LeakSanitizer would see what is left
 * too, but only at the end.
 */
static void test_no_memory(void)
{
	struct br_sg_table *t = ERR_PTR(-ENOMEM);
	long i, live = shim_alloc_objects;
	bool clean = true;

	rulegen_any(&gen, 600);
	for (i = 0; i < 1000 && t == ERR_PTR(-ENOMEM); i++) {
		shim_alloc_left = i;
		t = br_sg_table_build(gen.m, gen.n);
		clean &= shim_alloc_objects == live + !IS_ERR(t);
	}
	shim_alloc_left = -1;
	ok(!IS_ERR(t) && i > 10,
	   "no memory at any of %ld allocations, then a table", i - 1);
	br_sg_table_put(t);
	ok(clean && shim_alloc_objects == live, "and nothing is left behind");
}

/* what depends on the rules' number alone */
static bool cheap(const char *what)
{
	struct br_sg_table *t = br_sg_table_build(gen.m, gen.n);
	struct br_sg_table_size size = br_sg_table_size(t);
	bool good = size.rules <= 64 * (size_t)gen.n + 1024 &&
		    br_sg_table_bytes(t) == size.rules + size.vectors;

	br_sg_table_put(t);
	return ok(good, "%s: %u rules, %zu bytes each, vectors %zu", what,
		  gen.n, size.rules / gen.n, size.vectors);
}

static struct br_sg_match *rule(u32 i, u8 family, u8 proto)
{
	struct br_sg_match *m = &gen.m[i];

	memset(m, 0, sizeof(*m));
	m->family = family;
	m->proto = proto;
	gen.n = i + 1;
	return m;
}

static void ports(struct br_sg_match *m, u16 from, u16 to)
{
	m->flags = BR_SG_MATCH_PORT;
	m->port_min = from;
	m->port_max = to;
}

static void test_size(void)
{
	static const u32 sizes[] = { 1, 8, 16, 256, 4096 };
	struct br_sg_match *m;
	u32 i, n;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		rulegen_mix(&gen, sizes[i], i % 2 ? AF_INET6 : AF_INET);
		cheap("mix");
	}
	for (n = 8; n <= 4096; n *= 512) {
		for (i = 0; i < n; i++) {
			m = rule(i, AF_INET6, 6);
			ports(m, 13 * i + 1, 13 * i + 5);
			m->remote = BR_SG_REMOTE_PREFIX;
			m->prefix.family = AF_INET6;
			m->prefix.len = 128;
			m->prefix.addr.w[3] = cpu_to_be32(2 * i + 1);
		}
		cheap("ranges from IPv6 addresses");
		for (i = 0; i < n; i++) {
			m = rule(i, 0, 6);
			ports(m, 13 * i + 1, 13 * i + 5);
			m->remote = BR_SG_REMOTE_TAG;
			m->tag = i;
		}
		cheap("ranges from groups, both families");
	}
	for (i = 0; i < 255; i++)
		rule(i, 0, i + 1);
	cheap("protocols");
}

/* port ranges that each begin in others, prefixes within prefixes */
static void large_rules(u8 proto)
{
	struct br_sg_match *m;
	u32 i, k;

	for (i = 0; i < 4096; i++) {
		/* in an order that spreads what overlaps over all words */
		k = i * 1365 % 4096;
		m = rule(i, AF_INET, proto);
		ports(m, 8 * k, 8 * k + 32000);
		m->remote = BR_SG_REMOTE_PREFIX;
		m->prefix.family = AF_INET;
		m->prefix.len = i % 2 ? 1 : 32;
		if (!(i % 2))
			m->prefix.addr.v4 = cpu_to_be32(2 * i + 1);
	}
}

static void test_cap(void)
{
	long live = shim_alloc_objects;
	struct br_sg_table *t;
	u32 i;

	large_rules(6);
	t = br_sg_table_build(gen.m, 4096);
	ok(!IS_ERR(t) && br_sg_table_bytes(t) > 4 << 20 &&
	   br_sg_table_bytes(t) < 9 << 20,
	   "4096 rules that overlap as much as can be: %zu bytes",
	   IS_ERR(t) ? 0 : br_sg_table_bytes(t));
	br_sg_table_put(t);
	/* for each protocol that is named, all ports over again */
	large_rules(0);
	for (i = 0; i < 200; i++)
		rule(i, 0, i + 1);
	shim_alloc_sum = 0;
	ok(br_sg_table_build(gen.m, 4096) == ERR_PTR(-E2BIG),
	   "ports without a protocol, 200 times, are too much");
	ok(shim_alloc_sum < 3 * BR_SG_TABLE_BYTES,
	   "which is found out before %zu bytes", shim_alloc_sum);
	t = br_sg_table_build(gen.m, 200);
	ok(!IS_ERR(t), "without them there is room");
	br_sg_table_put(t);
	ok(br_sg_table_build(gen.m, BR_SG_TABLE_RULES + 1) == ERR_PTR(-E2BIG),
	   "a rule too many");
	ok(shim_alloc_objects == live, "nothing is left of what was refused");
}

int main(int argc, char **argv)
{
	rnd_seed(argc, argv);
	test_fields();
	test_random();
	test_tags();
	gen.rnd = rnd();
	test_no_memory();
	test_size();
	test_cap();
	return tap_plan();
}
