// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables against their rules asked one after the other: generated rule sets of
 * all sizes, and all of a world of four bits. Built without sanitizers, for
 * the number of lookups; test_table has those.
 */
#include <linux/socket.h>

#include "naive.h"
#include "rulegen.h"
#include "tap.h"

static struct rulegen gen;
static struct rulegen_key key;

struct count {
	long lookups;
	long hits;
	long wrong;
};

static void lookup_check(struct count *count, const struct br_sg_table *table,
			 const struct br_sg_match *m, u32 n,
			 const struct br_sg_key *k)
{
	int want = naive_lookup(m, n, k);

	count->lookups++;
	count->hits += want >= 0;
	count->wrong += br_sg_table_lookup(table, k) != want;
}

static void generated(u32 sets, u32 n_max, u32 lookups, u32 max_tags)
{
	struct count count = {};
	u32 i, j, n, refused = 0;

	for (i = 0; i < sets; i++) {
		struct br_sg_table *table;

		n = n_max - rulegen_below(&gen, n_max / 2);
		if (i % 3)
			rulegen_any(&gen, n);
		else
			rulegen_mix(&gen, n, i % 2 ? AF_INET : AF_INET6);
		table = br_sg_table_build(gen.m, n);
		if (IS_ERR(table)) {
			refused++;
			continue;
		}
		for (j = 0; j < lookups; j++) {
			rulegen_key(&gen, &key, max_tags);
			/* not to be read when they do not count */
			if (!br_sg_table_has_tags(table))
				key.key.tags = NULL;
			lookup_check(&count, table, gen.m, n, &key.key);
		}
		br_sg_table_put(table);
	}
	ok(!count.wrong && !refused && count.hits > count.lookups / 4 &&
	   count.hits < count.lookups,
	   "up to %u rules, %u tags: %u sets, %ld lookups, %ld found a rule, %ld wrong",
	   n_max, max_tags, sets, count.lookups, count.hits, count.wrong);
}

/* the small world: every value of four bits is a 16th of the whole */
#define SMALL		16
#define SMALL_PORT(v)	((v) * 4369)
#define SMALL_TAGS	4

static struct br_sg_addr small_addr(u8 family, u32 v)
{
	struct br_sg_addr addr = {};

	/* IPv6 decides behind the first 64 bits */
	addr.b[family == AF_INET ? 0 : 8] = v << 4;
	return addr;
}

static struct br_sg_prefix small_prefix(u8 family, u32 v, u32 bits)
{
	struct br_sg_prefix prefix = {
		.family = family,
		.len = bits + (family == AF_INET ? 0 : 64),
		.addr = small_addr(family, v & ~((SMALL - 1) >> bits)),
	};

	return prefix;
}

static union {
	struct br_sg_tags tags;
	char room[sizeof(struct br_sg_tags) + 2 * sizeof(u32)];
} small_tags[SMALL_TAGS];

static void small_tags_make(void)
{
	u32 i, id;

	for (i = 0; i < SMALL_TAGS; i++)
		for (id = 1; id <= 2; id++)
			if (i & id)
				small_tags[i].tags.ids[small_tags[i].tags.n++] = id;
}

/* the next of a field's values, 0 to n - 1, and what is left for the others */
static u32 take(u32 *i, u32 n)
{
	u32 value = *i % n;

	*i /= n;
	return value;
}

/* the @i-th packet of those with each @step-th value */
static bool small_packet(struct br_sg_key *k, u32 i, u32 step)
{
	static const u8 protos[] = { 6, 17, 1 };
	u32 l4;

	memset(k, 0, sizeof(*k));
	k->tags = &small_tags[take(&i, SMALL_TAGS)].tags;
	k->proto = protos[take(&i, ARRAY_SIZE(protos))];
	k->family = take(&i, 2) ? AF_INET6 : AF_INET;
	k->remote = small_addr(k->family, step * take(&i, SMALL / step));
	/* ports, types and codes, and none of them */
	l4 = step * i;
	if (l4 < SMALL) {
		k->flags = BR_SG_MATCH_PORT;
		k->dport = SMALL_PORT(l4);
	} else if (l4 < 2 * SMALL) {
		k->flags = BR_SG_MATCH_TYPE | BR_SG_MATCH_CODE;
		k->type = (l4 - SMALL) / 4 * 85;
		k->code = l4 % 4 * 85;
	}
	return l4 <= 2 * SMALL;
}

static void all_packets(struct count *count, const struct br_sg_table *table,
			const struct br_sg_match *m, u32 n, u32 step)
{
	struct br_sg_key k;
	u32 i;

	for (i = 0; small_packet(&k, i, step); i++)
		lookup_check(count, table, m, n, &k);
}

static void small_rule(struct br_sg_match *m)
{
	static const u8 families[] = { 0, AF_INET, AF_INET6 };
	static const u8 protos[] = { 0, 6, 17, 1 };
	u32 a = rulegen_below(&gen, SMALL), b = rulegen_below(&gen, SMALL);
	u8 family;

	memset(m, 0, sizeof(*m));
	m->family = families[rulegen_below(&gen, 3)];
	m->proto = protos[rulegen_below(&gen, 4)];
	switch (rulegen_below(&gen, 4)) {
	case 0:
	case 1:
		m->flags = BR_SG_MATCH_PORT;
		m->port_min = SMALL_PORT(a < b ? a : b);
		m->port_max = SMALL_PORT(a < b ? b : a);
		break;
	case 2:
		m->flags = 2 * (1 + rulegen_below(&gen, 3));
		m->type = a / 4 * 85;
		m->code = a % 4 * 85;
		break;
	}
	m->remote = rulegen_below(&gen, 3);
	family = m->family ? m->family : families[1 + rulegen_below(&gen, 2)];
	if (m->remote == BR_SG_REMOTE_PREFIX)
		m->prefix = small_prefix(family, b, rulegen_below(&gen, 5));
	if (m->remote == BR_SG_REMOTE_TAG)
		m->tag = 1 + a % 2;
	/* some rule has to come behind it */
	if (!m->proto && !m->flags && !m->remote)
		m->proto = 6;
}

static void test_small_sets(void)
{
	struct count count = {};
	u32 set, i, n;

	for (set = 0; set < 400; set++) {
		struct br_sg_table *table;

		n = 1 + rulegen_below(&gen, set % 2 ? 24 : 8);
		for (i = 0; i < n; i++)
			small_rule(&gen.m[i]);
		table = br_sg_table_build(gen.m, n);
		all_packets(&count, table, gen.m, n, 1);
		br_sg_table_put(table);
	}
	ok(!count.wrong && count.hits > count.lookups / 4,
	   "all packets of the small world, %u sets: %ld lookups, %ld found a rule, %ld wrong",
	   set, count.lookups, count.hits, count.wrong);
}

/* what a rule of the smallest world can be */
static bool small_rule_nth(struct br_sg_match *m, u32 i)
{
	static const u8 families[] = { 0, AF_INET, AF_INET6 };
	static const u8 protos[] = { 0, 6, 1 };
	static const struct {
		u8 flags;
		u8 type, code;
		u16 min, max;
	} l4s[] = {
		{ 0 },
		{ BR_SG_MATCH_PORT, .min = 0, .max = 65535 },
		{ BR_SG_MATCH_PORT, .min = 0, .max = SMALL_PORT(4) },
		{ BR_SG_MATCH_PORT, .min = SMALL_PORT(8), .max = 65535 },
		{ BR_SG_MATCH_PORT, .min = SMALL_PORT(8), .max = SMALL_PORT(8) },
		{ BR_SG_MATCH_TYPE, .type = 85 },
		{ BR_SG_MATCH_TYPE | BR_SG_MATCH_CODE, .type = 85 },
		{ BR_SG_MATCH_TYPE, .type = 255 },
		{ BR_SG_MATCH_CODE, .code = 0 },
	};
	u32 l4;

	memset(m, 0, sizeof(*m));
	m->family = families[i % 3];
	i /= 3;
	m->proto = protos[i % 3];
	i /= 3;
	l4 = i % ARRAY_SIZE(l4s);
	i /= ARRAY_SIZE(l4s);
	m->flags = l4s[l4].flags;
	m->type = l4s[l4].type;
	m->code = l4s[l4].code;
	m->port_min = l4s[l4].min;
	m->port_max = l4s[l4].max;
	m->remote = BR_SG_REMOTE_PREFIX;
	switch (i) {
	case 0:
		m->remote = BR_SG_REMOTE_ANY;
		break;
	case 1:
		m->remote = BR_SG_REMOTE_TAG;
		m->tag = 1;
		break;
	case 2:
		m->prefix = small_prefix(AF_INET, 0, 0);
		break;
	case 3:
		m->prefix = small_prefix(AF_INET, 8, 1);
		break;
	case 4:
		m->prefix = small_prefix(AF_INET6, 8, 2);
		break;
	default:
		return false;
	}
	return true;
}

/* every two rules there are, scanned and compiled */
static void test_small_pairs(void)
{
	struct br_sg_match m[12];
	struct count count = {};
	struct br_sg_table *table;
	u32 i, j, k, sets = 0;

	/* behind the two, so that there are enough to compile; never a match */
	for (i = 2; i < ARRAY_SIZE(m); i++)
		m[i] = (struct br_sg_match){ .proto = 200 };
	for (i = 0; small_rule_nth(&m[0], i); i++) {
		for (j = 0; small_rule_nth(&m[1], j); j++) {
			for (k = 2; k <= ARRAY_SIZE(m); k += 10) {
				table = br_sg_table_build(m, k);
				all_packets(&count, table, m, k, 8);
				br_sg_table_put(table);
				sets++;
			}
		}
	}
	ok(!count.wrong && count.hits > count.lookups / 20 && sets > 300000,
	   "pairs of small rules, %u sets: %ld lookups, %ld found a rule, %ld wrong",
	   sets, count.lookups, count.hits, count.wrong);
}

int main(int argc, char **argv)
{
	rnd_seed(argc, argv);
	gen.rnd = rnd();
	small_tags_make();
	generated(3000, 8, 400, 4);
	generated(6000, 24, 400, 4);
	generated(3000, 130, 1600, 4);
	generated(300, 130, 1000, 100);
	generated(300, 600, 4000, 8);
	generated(60, 4096, 10000, 8);
	generated(6, 4096, 10000, RULEGEN_TAGS_MAX);
	test_small_sets();
	test_small_pairs();
	return tap_plan();
}
