/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which sets and groups some addresses are in, by id: one object for the same
 * ids in all of a version. Pure: no skb, no lock, nothing of the kernel but
 * allocation; built in userspace too.
 */
#ifndef BR_SG_TAGS_H
#define BR_SG_TAGS_H

#include <linux/refcount.h>
#include <linux/types.h>

#include "match/tree.h"

/**
 * struct br_sg_tags - ids of sets and groups; immutable
 * @ref: who has it: nodes, mostly. Not for users of a lookup, who have it as
 *	long as the version that they asked
 * @n: of @ids
 * @hash: of @ids
 * @ids: ascending
 */
struct br_sg_tags {
	refcount_t ref;
	u32 n;
	u32 hash;
	u32 ids[];
} __aligned(8);

static inline bool br_sg_tags_has(const struct br_sg_tags *tags, u32 id)
{
	u32 from = 0, to = tags->n;

	while (from < to) {
		u32 mid = from + (to - from) / 2;

		if (tags->ids[mid] == id)
			return true;
		if (tags->ids[mid] < id)
			from = mid + 1;
		else
			to = mid;
	}
	return false;
}

/* those of what is in nothing; has no references, and is only read */
extern struct br_sg_tags br_sg_no_tags;

struct br_sg_tags *br_sg_tags_get(struct br_sg_tags *tags);
/* NULL is fine */
void br_sg_tags_put(struct br_sg_tags *tags);

/**
 * struct br_sg_tags_pool - the tags of a version, each once, by hash, with a
 * count of their uses in it; all zero is an empty one. It shares its nodes with
 * that of the version before, as they do.
 * @tree: hash -> tags and uses
 * @bytes: of all tags in @tree
 */
struct br_sg_tags_pool {
	struct br_sg_tree tree;
	size_t bytes;
};

/* @to: uninitialised */
void br_sg_tags_pool_share(struct br_sg_tags_pool *to,
			   const struct br_sg_tags_pool *from);
void br_sg_tags_pool_drop(struct br_sg_tags_pool *pool);
size_t br_sg_tags_pool_bytes(const struct br_sg_tags_pool *pool);

#define BR_SG_TAGS_SLOTS	16

/**
 * struct br_sg_tags_uses - uses that come and go in a pool that is private. A
 * change of 100,000 members is one of the pool if all have the same tags.
 * @pool: which
 * @slots: uses that the pool does not know of yet, by hash; a reference each
 */
struct br_sg_tags_uses {
	struct br_sg_tags_pool *pool;
	struct {
		struct br_sg_tags *tags;
		s64 more;
	} slots[BR_SG_TAGS_SLOTS];
};

void br_sg_tags_uses_init(struct br_sg_tags_uses *uses,
			  struct br_sg_tags_pool *pool);
/* tells the pool; 0 or -ENOMEM */
int br_sg_tags_uses_flush(struct br_sg_tags_uses *uses);
/* forgets what the pool has not been told */
void br_sg_tags_uses_exit(struct br_sg_tags_uses *uses);
/*
 * @more uses, or fewer. Tags are in the pool as long as they are in use: who
 * moves uses counts the new ones first. 0 or -ENOMEM.
 */
int br_sg_tags_use(struct br_sg_tags_uses *uses, struct br_sg_tags *tags,
		   int more);
/*
 * The pool's tags for @from with @id, or without it where it has it, and others
 * are left. A reference, but no use yet; NULL: out of memory.
 */
struct br_sg_tags *br_sg_tags_toggle(const struct br_sg_tags_uses *uses,
				     const struct br_sg_tags *from, u32 id);

#endif
