/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rule sets as they occur and as they should not, and keys that lie next to
 * where rules begin and end. From the random numbers of tap.h, whose state is
 * given, so that a seed is all that is needed to have them again.
 */
#ifndef UNIT_RULEGEN_H
#define UNIT_RULEGEN_H

#include "match/table.h"

#define RULEGEN_TAGS_MAX	4096

/**
 * struct rulegen - a rule set
 * @m: rules
 * @n: of them
 * @n_tags: tags that its rules and keys may have: 1 to n_tags, times 3
 * @rnd: random numbers
 */
struct rulegen {
	struct br_sg_match m[BR_SG_TABLE_RULES];
	u32 n;
	u32 n_tags;
	u64 rnd;
};

/* a key and the room for its tags */
struct rulegen_key {
	struct br_sg_key key;
	union {
		struct br_sg_tags tags;
		char room[sizeof(struct br_sg_tags) +
			  RULEGEN_TAGS_MAX * sizeof(u32)];
	};
};

u32 rulegen_below(struct rulegen *gen, u32 n);
/* anything goes: families, nested prefixes, ranges that overlap, odd rules */
void rulegen_any(struct rulegen *gen, u32 n);
/*
 * What a large tenant has: 40 % single tcp ports from anywhere, 30 % port
 * ranges from prefixes, 20 % remote groups, at the end 10 % wildcards.
 */
void rulegen_mix(struct rulegen *gen, u32 n, u8 family);
/* with at most so many tags, of which about half are the rules' */
void rulegen_key(struct rulegen *gen, struct rulegen_key *key, u32 max_tags);

#endif
