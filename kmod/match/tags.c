// SPDX-License-Identifier: GPL-2.0
/* Which sets and groups some addresses are in: one object for the same ids. */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "match/tags.h"

/* @turn tells those of the same hash apart */
struct tags_key {
	__be32 hash;
	__be32 turn;
};

struct tags_value {
	struct br_sg_tags *tags;
	u64 uses;
};

struct br_sg_tags br_sg_no_tags;

struct br_sg_tags *br_sg_tags_get(struct br_sg_tags *tags)
{
	if (tags != &br_sg_no_tags)
		refcount_inc(&tags->ref);
	return tags;
}

void br_sg_tags_put(struct br_sg_tags *tags)
{
	if (tags && tags != &br_sg_no_tags && refcount_dec_and_test(&tags->ref))
		kfree(tags);
}

static void values_hold(const void *values, u32 n)
{
	const struct tags_value *v = values;

	while (n--)
		br_sg_tags_get(v++->tags);
}

static void values_drop(const void *values, u32 n)
{
	const struct tags_value *v = values;

	while (n--)
		br_sg_tags_put(v++->tags);
}

static const struct br_sg_tree_type tree_tags = {
	.key = sizeof(struct tags_key),
	.value = sizeof(struct tags_value),
	.hold = values_hold,
	.drop = values_drop,
};

static bool tags_equal(const struct br_sg_tags *a, const struct br_sg_tags *b)
{
	return a->hash == b->hash && a->n == b->n &&
	       !memcmp(a->ids, b->ids, array_size(a->n, sizeof(a->ids[0])));
}

/* how many of the ids are below @id */
static u32 ids_before(const struct br_sg_tags *tags, u32 id)
{
	u32 from = 0, to = tags->n;

	while (from < to) {
		u32 mid = from + (to - from) / 2;

		if (tags->ids[mid] < id)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static size_t tags_bytes(const struct br_sg_tags *tags)
{
	return struct_size(tags, ids, tags->n);
}

void br_sg_tags_pool_share(struct br_sg_tags_pool *to,
			   const struct br_sg_tags_pool *from)
{
	br_sg_tree_share(&to->tree, &from->tree);
	to->bytes = from->bytes;
}

void br_sg_tags_pool_drop(struct br_sg_tags_pool *pool)
{
	br_sg_tree_drop(&tree_tags, &pool->tree);
	pool->bytes = 0;
}

size_t br_sg_tags_pool_bytes(const struct br_sg_tags_pool *pool)
{
	return pool->tree.bytes + pool->bytes;
}

/* the pool's tags of the same ids; or NULL, and the key that they would get */
static struct br_sg_tags *pool_find(const struct br_sg_tags_pool *pool,
				    const struct br_sg_tags *tags,
				    struct tags_key *key)
{
	const struct tags_value *value;
	const struct tags_key *found;
	struct br_sg_tree_iter it;
	u32 turn = 0;
	bool more;

	key->hash = cpu_to_be32(tags->hash);
	key->turn = 0;
	br_sg_tree_iter_init(&it, &tree_tags, &pool->tree);
	for (more = br_sg_tree_seek_ge(&it, key); more;
	     more = br_sg_tree_next(&it)) {
		found = br_sg_tree_iter_key(&it);
		if (found->hash != key->hash)
			break;
		value = br_sg_tree_iter_value(&it);
		if (tags_equal(value->tags, tags)) {
			*key = *found;
			return value->tags;
		}
		/* the first that is free */
		turn += be32_to_cpu(found->turn) == turn;
	}
	key->turn = cpu_to_be32(turn);
	return NULL;
}

static int pool_use(struct br_sg_tags_pool *pool, struct br_sg_tags *tags,
		    s64 more)
{
	struct tags_value *value, first;
	struct tags_key key;
	int err;

	if (!pool_find(pool, tags, &key)) {
		first.tags = br_sg_tags_get(tags);
		first.uses = more;
		err = br_sg_tree_insert(&tree_tags, &pool->tree, &key, &first);
		if (err)
			br_sg_tags_put(tags);
		else
			pool->bytes += tags_bytes(tags);
		return err;
	}
	value = br_sg_tree_edit(&tree_tags, &pool->tree, &key);
	if (IS_ERR(value))
		return PTR_ERR(value);
	value->uses += more;
	if (value->uses)
		return 0;
	err = br_sg_tree_remove(&tree_tags, &pool->tree, &key);
	if (!err)
		pool->bytes -= tags_bytes(tags);
	return err;
}

void br_sg_tags_uses_init(struct br_sg_tags_uses *uses,
			  struct br_sg_tags_pool *pool)
{
	memset(uses, 0, sizeof(*uses));
	uses->pool = pool;
}

static int slot_flush(struct br_sg_tags_uses *uses, u32 i)
{
	struct br_sg_tags *tags = uses->slots[i].tags;
	int err = 0;

	if (tags && uses->slots[i].more)
		err = pool_use(uses->pool, tags, uses->slots[i].more);
	br_sg_tags_put(tags);
	uses->slots[i].tags = NULL;
	return err;
}

int br_sg_tags_uses_flush(struct br_sg_tags_uses *uses)
{
	int i, err = 0;

	for (i = 0; !err && i < BR_SG_TAGS_SLOTS; i++)
		err = slot_flush(uses, i);
	return err;
}

void br_sg_tags_uses_exit(struct br_sg_tags_uses *uses)
{
	int i;

	for (i = 0; i < BR_SG_TAGS_SLOTS; i++)
		br_sg_tags_put(uses->slots[i].tags);
}

int br_sg_tags_use(struct br_sg_tags_uses *uses, struct br_sg_tags *tags,
		   int more)
{
	u32 i = tags->hash % BR_SG_TAGS_SLOTS;
	int err;

	if (tags == &br_sg_no_tags)
		return 0;
	if (uses->slots[i].tags != tags) {
		err = slot_flush(uses, i);
		if (err)
			return err;
		uses->slots[i].tags = br_sg_tags_get(tags);
		uses->slots[i].more = 0;
	}
	uses->slots[i].more += more;
	return 0;
}

/* what an id is in the hash of tags that have it */
static u32 id_hash(u32 id)
{
	id *= 0x9e3779b1;
	id ^= id >> 15;
	id *= 0x85ebca6b;
	return id ^ id >> 13;
}

/*
 * An address that gets into many sets is in one more each time, and all its ids are
 * copied each time; so nothing is done for each of them but that, and the hash is
 * one that an id can be put in and taken out of.
 */
static struct br_sg_tags *tags_make(const struct br_sg_tags *from, u32 id)
{
	u32 at = ids_before(from, id), rest = from->n - at;
	bool has = rest && from->ids[at] == id;
	u32 n = has ? from->n - 1 : from->n + 1;
	struct br_sg_tags *tags;

	tags = kmalloc(struct_size(tags, ids, n), GFP_KERNEL_ACCOUNT);
	if (!tags)
		return NULL;
	refcount_set(&tags->ref, 1);
	tags->n = n;
	tags->hash = from->hash ^ id_hash(id);
	memcpy(tags->ids, from->ids, array_size(at, sizeof(id)));
	if (has) {
		memcpy(&tags->ids[at], &from->ids[at + 1],
		       array_size(rest - 1, sizeof(id)));
	} else {
		tags->ids[at] = id;
		memcpy(&tags->ids[at + 1], &from->ids[at],
		       array_size(rest, sizeof(id)));
	}
	return tags;
}

struct br_sg_tags *br_sg_tags_toggle(const struct br_sg_tags_uses *uses,
				     const struct br_sg_tags *from, u32 id)
{
	struct br_sg_tags *tags, *same;
	struct tags_key key;

	tags = tags_make(from, id);
	if (!tags)
		return NULL;
	/* what is new may be in its slot alone */
	same = uses->slots[tags->hash % BR_SG_TAGS_SLOTS].tags;
	if (!same || !tags_equal(same, tags))
		same = pool_find(uses->pool, tags, &key);
	if (!same)
		return tags;
	br_sg_tags_get(same);
	br_sg_tags_put(tags);
	return same;
}
