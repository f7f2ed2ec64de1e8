/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sets of rule numbers as sparse bit vectors, equal ones stored once. Pure;
 * built in userspace too.
 */
#ifndef BR_SG_VECTOR_H
#define BR_SG_VECTOR_H

#include <linux/bitops.h>
#include <linux/types.h>

#define BR_SG_VEC_WORDS		64
#define BR_SG_VEC_RULES		(BR_SG_VEC_WORDS * 64)
#define BR_SG_VEC_NONE		0xffff	/* no rule: behind all of them */

/**
 * struct br_sg_vec - rules that one field of a key admits
 * @first: the first of those that ask for no other field, BR_SG_VEC_NONE if
 *	there is none; so are the next two
 * @prefix: of layer 4: the first rule with a prefix that still may match
 * @tag: of layer 4: the first with a tag
 * @n: words
 * @summary: the rules that ask for another field, 64 a bit: bit w is set when
 *	some of rules w * 64 to w * 64 + 63 are among them
 * @words: the words of those bits, ascending, none of them 0
 */
struct br_sg_vec {
	u16 first;
	u16 prefix;
	u16 tag;
	u16 n;
	u64 summary;
	u64 words[];
};

/* the summary's bits that may hold a rule before @best, NONE included */
static inline u64 br_sg_vec_until(u32 best)
{
	return (2ULL << (best / 64 % 64)) - 1;
}

/* the first rule that both vectors have, or @best if that comes before */
static __always_inline u32 br_sg_vec_common(const struct br_sg_vec *a,
					    const struct br_sg_vec *b,
					    u32 best)
{
	u64 both = a->summary & b->summary;
	u64 bit, word;
	u32 rule;

	if (!both)
		return best;
	/* up to 64 rules there is no other way */
	if (both == 1) {
		word = a->words[0] & b->words[0];
		rule = word ? __ffs64(word) : best;
		return rule < best ? rule : best;
	}
	both &= br_sg_vec_until(best);
	while (both) {
		bit = both & -both;
		word = a->words[hweight64(a->summary & (bit - 1))] &
		       b->words[hweight64(b->summary & (bit - 1))];
		if (word) {
			rule = __ffs64(bit) * 64 + __ffs64(word);
			return rule < best ? rule : best;
		}
		both ^= bit;
	}
	return best;
}

/**
 * struct br_sg_vec_bits - rule numbers, to be changed
 * @summary: bit w is set when @words[w] is not 0
 * @words: bit i of word w is rule w * 64 + i
 */
struct br_sg_vec_bits {
	u64 summary;
	u64 words[BR_SG_VEC_WORDS];
};

/**
 * struct br_sg_vec_set - a vector in the making
 * @hash: of @others
 * @alone: the rules that ask for no other field
 * @others: those that do
 * @tagged: of all rules, those with a tag
 * @prefix: the first with a prefix and nothing else, which may match whatever
 *	@others are
 * @tag: the first with a tag and nothing else
 */
struct br_sg_vec_set {
	u64 hash;
	struct br_sg_vec_bits alone;
	struct br_sg_vec_bits others;
	struct br_sg_vec_bits tagged;
	u16 prefix;
	u16 tag;
};

/* no rules; the last three stay */
void br_sg_vec_clear(struct br_sg_vec_set *set);
/* puts @rule in or takes it out */
void br_sg_vec_flip(struct br_sg_vec_set *set, u32 rule, bool alone);
/* a rule has a tag */
void br_sg_vec_tag(struct br_sg_vec_set *set, u32 rule);

struct br_sg_vec_slot;

/**
 * struct br_sg_vec_pool - vectors, each once
 * @mem: them, one behind the other; the first one, which is empty, stands for
 *	none
 * @n: u64s in @mem
 * @room: u64s there is room for
 * @max: and may be at most
 * @slots: hash table of the others, by content
 * @n_slots: a power of two
 * @n_used: of them
 */
struct br_sg_vec_pool {
	u64 *mem;
	u32 n;
	u32 room;
	u32 max;
	struct br_sg_vec_slot *slots;
	u32 n_slots;
	u32 n_used;
};

/* @max: u64s; -ENOMEM. What was begun goes with br_sg_vec_pool_exit() */
int br_sg_vec_pool_init(struct br_sg_vec_pool *pool, u32 max);
void br_sg_vec_pool_exit(struct br_sg_vec_pool *pool);
/*
 * The place of @set's vector in the pool's memory, *@at, which is never 0.
 * -ENOMEM, or -E2BIG when the pool would go beyond its maximum.
 */
int br_sg_vec_intern(struct br_sg_vec_pool *pool,
		     const struct br_sg_vec_set *set, u32 *at);

#endif
