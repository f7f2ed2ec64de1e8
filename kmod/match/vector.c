// SPDX-License-Identifier: GPL-2.0
/*
 * Sets of rule numbers as sparse bit vectors. A sweep over the values of a
 * field flips the rules that begin or end at each and asks for the vector:
 * the hash is kept up by the flips, so that one that is there already costs a
 * comparison and nothing is built.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "match/vector.h"

/* u64s of a vector before its words */
#define VEC_HEAD	(sizeof(struct br_sg_vec) / sizeof(u64))
#define POOL_ROOM	512
#define POOL_SLOTS	128

/**
 * struct br_sg_vec_slot - where a vector is
 * @hash: of its content
 * @at: in the pool's memory, 0: free
 */
struct br_sg_vec_slot {
	u64 hash;
	u32 at;
};

static u64 mix(u64 x)
{
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

static void bits_flip(struct br_sg_vec_bits *bits, u32 rule)
{
	u32 w = rule / 64;

	bits->words[w] ^= BIT_ULL(rule % 64);
	if (bits->words[w])
		bits->summary |= BIT_ULL(w);
	else
		bits->summary &= ~BIT_ULL(w);
}

static u16 bits_first(const struct br_sg_vec_bits *bits)
{
	u32 w;

	if (!bits->summary)
		return BR_SG_VEC_NONE;
	w = __ffs64(bits->summary);
	return w * 64 + __ffs64(bits->words[w]);
}

void br_sg_vec_clear(struct br_sg_vec_set *set)
{
	set->hash = 0;
	memset(&set->alone, 0, sizeof(set->alone));
	memset(&set->others, 0, sizeof(set->others));
}

void br_sg_vec_flip(struct br_sg_vec_set *set, u32 rule, bool alone)
{
	if (alone) {
		bits_flip(&set->alone, rule);
	} else {
		bits_flip(&set->others, rule);
		set->hash ^= mix(rule);
	}
}

void br_sg_vec_tag(struct br_sg_vec_set *set, u32 rule)
{
	set->tagged.words[rule / 64] |= BIT_ULL(rule % 64);
}

int br_sg_vec_pool_init(struct br_sg_vec_pool *pool, u32 max)
{
	struct br_sg_vec *empty;

	memset(pool, 0, sizeof(*pool));
	pool->max = max;
	pool->mem = kvmalloc_array(POOL_ROOM, sizeof(u64), GFP_KERNEL_ACCOUNT);
	pool->slots = kvmalloc_array(POOL_SLOTS, sizeof(*pool->slots),
				     GFP_KERNEL_ACCOUNT);
	if (!pool->mem || !pool->slots)
		return -ENOMEM;
	pool->room = POOL_ROOM;
	pool->n_slots = POOL_SLOTS;
	memset(pool->slots, 0, POOL_SLOTS * sizeof(*pool->slots));
	empty = (struct br_sg_vec *)pool->mem;
	memset(empty, 0, sizeof(*empty));
	empty->first = BR_SG_VEC_NONE;
	empty->prefix = BR_SG_VEC_NONE;
	empty->tag = BR_SG_VEC_NONE;
	pool->n = VEC_HEAD;
	return 0;
}

void br_sg_vec_pool_exit(struct br_sg_vec_pool *pool)
{
	kvfree(pool->mem);
	kvfree(pool->slots);
}

static int pool_grow(struct br_sg_vec_pool *pool, u32 need)
{
	u32 room = pool->room;
	u64 *mem;

	if (need > pool->max)
		return -E2BIG;
	if (need <= room)
		return 0;
	while (room < need)
		room *= 2;
	mem = kvmalloc_array(room, sizeof(*mem), GFP_KERNEL_ACCOUNT);
	if (!mem)
		return -ENOMEM;
	memcpy(mem, pool->mem, array_size(pool->n, sizeof(*mem)));
	kvfree(pool->mem);
	pool->mem = mem;
	pool->room = room;
	return 0;
}

static u32 slot_next(const struct br_sg_vec_pool *pool, u32 i)
{
	return (i + 1) & (pool->n_slots - 1);
}

/* at most half of the slots are in use */
static int slots_grow(struct br_sg_vec_pool *pool)
{
	struct br_sg_vec_slot *old = pool->slots;
	u32 n_old = pool->n_slots;
	struct br_sg_vec_slot *slots;
	u32 i, j;

	if (pool->n_used < n_old / 2)
		return 0;
	slots = kvmalloc_array(2 * n_old, sizeof(*slots), GFP_KERNEL_ACCOUNT);
	if (!slots)
		return -ENOMEM;
	memset(slots, 0, 2 * n_old * sizeof(*slots));
	pool->slots = slots;
	pool->n_slots = 2 * n_old;
	for (i = 0; i < n_old; i++) {
		if (!old[i].at)
			continue;
		j = old[i].hash & (pool->n_slots - 1);
		while (slots[j].at)
			j = slot_next(pool, j);
		slots[j] = old[i];
	}
	kvfree(old);
	return 0;
}

/* all of a vector but the words */
static void vec_head(struct br_sg_vec *vec, const struct br_sg_vec_set *set)
{
	u64 left = set->others.summary;
	u64 with, without;
	u32 w;

	vec->first = bits_first(&set->alone);
	vec->prefix = set->prefix;
	vec->tag = set->tag;
	vec->n = hweight64(left);
	vec->summary = left;
	/* until no later word can have an earlier one */
	for (; left; left &= left - 1) {
		w = __ffs64(left);
		if (vec->prefix < w * 64 && vec->tag < w * 64)
			break;
		with = set->others.words[w] & set->tagged.words[w];
		without = set->others.words[w] & ~set->tagged.words[w];
		if (with && w * 64 + __ffs64(with) < vec->tag)
			vec->tag = w * 64 + __ffs64(with);
		if (without && w * 64 + __ffs64(without) < vec->prefix)
			vec->prefix = w * 64 + __ffs64(without);
	}
}

static bool vec_is(const struct br_sg_vec *vec, const struct br_sg_vec *head,
		   const struct br_sg_vec_set *set)
{
	u64 left = head->summary;
	u32 i;

	if (vec->first != head->first || vec->prefix != head->prefix ||
	    vec->tag != head->tag || vec->summary != left)
		return false;
	for (i = 0; left; i++) {
		if (vec->words[i] != set->others.words[__ffs64(left)])
			return false;
		left &= left - 1;
	}
	return true;
}

static void vec_make(struct br_sg_vec *vec, const struct br_sg_vec *head,
		     const struct br_sg_vec_set *set)
{
	u64 left = head->summary;
	u32 i;

	*vec = *head;
	for (i = 0; left; i++) {
		vec->words[i] = set->others.words[__ffs64(left)];
		left &= left - 1;
	}
}

int br_sg_vec_intern(struct br_sg_vec_pool *pool,
		     const struct br_sg_vec_set *set, u32 *at)
{
	struct br_sg_vec_slot *slot;
	struct br_sg_vec head;
	u64 hash;
	int err;
	u32 i;

	err = slots_grow(pool);
	if (err)
		return err;
	vec_head(&head, set);
	hash = set->hash ^ mix((u64)head.first << 32 |
			       (u64)head.prefix << 16 | head.tag);
	for (i = hash & (pool->n_slots - 1); pool->slots[i].at;
	     i = slot_next(pool, i)) {
		slot = &pool->slots[i];
		if (slot->hash == hash &&
		    vec_is((struct br_sg_vec *)&pool->mem[slot->at], &head,
			   set)) {
			*at = slot->at;
			return 0;
		}
	}
	err = pool_grow(pool, pool->n + VEC_HEAD + head.n);
	if (err)
		return err;
	vec_make((struct br_sg_vec *)&pool->mem[pool->n], &head, set);
	*at = pool->n;
	pool->slots[i].hash = hash;
	pool->slots[i].at = pool->n;
	pool->n_used++;
	pool->n += VEC_HEAD + head.n;
	return 0;
}
