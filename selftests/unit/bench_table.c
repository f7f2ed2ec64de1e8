// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lookups to be counted by callgrind.py. Of each case a line goes to stdout:
 * name, rules, family, hit or miss, lookups, bytes, bytes of vectors. Then
 * case_end() is called, at which callgrind writes what it has counted.
 */
#include <linux/socket.h>

#include "naive.h"
#include "rulegen.h"
#include "tap.h"

#define KEYS	200

static struct rulegen gen;
static struct rulegen_key keys[KEYS];

noinline
static void case_end(void)
{
	/* not to be left out */
	__asm__ volatile("" ::: "memory");
}

#define MANY	1024

static union {
	struct br_sg_tags tags;
	char room[sizeof(struct br_sg_tags) + MANY * sizeof(u32)];
} many;

/* @tags: of each key; 0: at most 2, as the address of an instance has */
static void lookups(const char *name, u8 family, bool hit, u32 tags)
{
	u32 n = gen.n;
	struct br_sg_table *table = br_sg_table_build(gen.m, n);
	struct br_sg_table_size size = br_sg_table_size(table);
	long sum = 0;
	u32 i, j, tries;

	for (i = 0, tries = 0; i < KEYS && tries < 1000000; tries++) {
		struct br_sg_key *key = &keys[i].key;

		rulegen_key(&gen, &keys[i], 2);
		if (key->family != family)
			continue;
		if (tags) {
			/* every third is one that rules have */
			key->tags = &many.tags;
			many.tags.n = tags;
			for (j = 0; j < tags; j++)
				many.tags.ids[j] = j + 1;
		}
		if (!hit && !rulegen_below(&gen, 3))
			key->flags = 0;
		/* of what most packets are */
		if (key->proto != 6 && key->proto != 17)
			continue;
		i += (naive_lookup(gen.m, n, key) >= 0) == hit;
	}
	if (i < KEYS) {
		fprintf(stderr, "%s: no keys\n", name);
		exit(1);
	}
	for (i = 0; i < KEYS; i++)
		sum += br_sg_table_lookup(table, &keys[i].key);
	if (hit != (sum > -KEYS)) {
		fprintf(stderr, "%s: not what it is meant to be\n", name);
		exit(1);
	}
	printf("%s %u IPv%d %s %d %zu %zu\n", name, n,
	       family == AF_INET ? 4 : 6, hit ? "hit" : "miss", KEYS,
	       size.rules, size.vectors);
	fflush(stdout);
	case_end();
	br_sg_table_put(table);
}

/* all ports and remotes overlap with half of the others */
static void nested(u32 n)
{
	u32 i;

	gen.n = n;
	gen.n_tags = 1;
	for (i = 0; i < n; i++) {
		struct br_sg_match *m = &gen.m[i];

		memset(m, 0, sizeof(*m));
		m->family = AF_INET;
		m->proto = 6;
		m->flags = BR_SG_MATCH_PORT;
		m->port_min = 7 * (i * 5 % n);
		m->port_max = 65535 - m->port_min;
		m->remote = BR_SG_REMOTE_PREFIX;
		m->prefix.family = AF_INET;
		m->prefix.len = 1 + i % 32;
		m->prefix.addr.v4 = cpu_to_be32(0xffffffff << (31 - i % 32));
	}
}

int main(void)
{
	static const u32 sizes[] = { 1, 8, 16, 256, 4096 };
	u32 s, h;

	for (h = 0; h < 2; h++) {
		for (s = 0; s < ARRAY_SIZE(sizes); s++) {
			u8 family = h ? AF_INET6 : AF_INET;

			gen.rnd = 0x9e3779b97f4a7c15ULL;
			rulegen_mix(&gen, sizes[s], family);
			lookups("mix", family, true, 0);
			lookups("mix", family, false, 0);
			/* an address in more groups than rules name */
			if (sizes[s] == 256)
				lookups("mix-1024-tags", family, true, MANY);
		}
	}
	/* an address in many groups, of which rules name every third */
	lookups("mix-8-tags", AF_INET6, true, 8);
	lookups("mix-64-tags", AF_INET6, true, 64);
	nested(4096);
	lookups("nested", AF_INET, true, 0);
	lookups("nested", AF_INET, false, 0);
	return 0;
}
