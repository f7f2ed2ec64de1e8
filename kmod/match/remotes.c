// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: which sets and groups an address is in
 *
 * The addresses of a family fall into runs that are in the same sets and
 * groups, which are its tags. A tree has the first address of each run. Say
 * group 1 has 10.0.0.0/24, group 2 has 10.0.0.7 and 10.0.3.3:
 *
 *	run				entry
 *	0.0.0.0 - 9.255.255.255		none: so it begins
 *	10.0.0.0 - 10.0.0.6		10.0.0.0	{1}
 *	10.0.0.7			10.0.0.7	{1 2}	single
 *	10.0.0.8 - 10.0.0.255		10.0.0.8	{1}
 *	10.0.1.0 - 10.0.3.2		10.0.1.0	{}
 *	10.0.3.3			10.0.3.3	{2}	single
 *	10.0.3.4 - 255.255.255.255	none: follows a single one
 *
 * A run of one address that is in anything is marked single, and what follows
 * it has no entry if it is in nothing: a member apart from others, as most of
 * IPv6 are, takes one entry and not two. Neighbours differ in their tags, so
 * there is one way to write down a content, and members in a row are one run.
 *
 * Tags of the same ids are one object, see tags.h. A version shares nothing but
 * what is immutable, so no lock is needed.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/string.h>
#include <linux/types.h>

#include "match/remotes.h"
#include "match/tree.h"

/* of an entry's value, in a bit that pointers do not have */
#define SINGLE	1UL

/**
 * struct br_sg_remotes - a version
 * @ref: users
 * @v4: runs of IPv4: address -> tags and SINGLE
 * @v6: runs of IPv6
 * @tags: those that @v4 and @v6 refer to
 */
struct br_sg_remotes {
	refcount_t ref;
	struct br_sg_tree v4;
	struct br_sg_tree v6;
	struct br_sg_tags_pool tags;
};

/* a key of @v4 or @v6 */
union run_key {
	__be32 v4;
	__be64 v6[2];
};

/* addresses @first to @last, both included, as numbers, and the tags of all of them */
struct addr_run {
	__uint128_t first;
	__uint128_t last;
	struct br_sg_tags *tags;
};

static struct br_sg_tags *value_tags(unsigned long value)
{
	return (struct br_sg_tags *)(value & ~SINGLE);
}

/* how many of @n values from here on have the same tags */
static u32 values_same(const unsigned long *v, u32 n)
{
	u32 same = 1;

	while (same < n && value_tags(v[same]) == value_tags(*v))
		same++;
	return same;
}

static void runs_hold(const void *values, u32 n)
{
	const unsigned long *v = values;
	u32 same;

	for (; n; n -= same, v += same) {
		same = values_same(v, n);
		if (value_tags(*v) != &br_sg_no_tags)
			refcount_add(same, &value_tags(*v)->ref);
	}
}

static void runs_drop(const void *values, u32 n)
{
	const unsigned long *v = values;
	u32 same;

	for (; n; n -= same, v += same) {
		same = values_same(v, n);
		if (value_tags(*v) != &br_sg_no_tags &&
		    refcount_sub_and_test(same, &value_tags(*v)->ref))
			kfree(value_tags(*v));
	}
}

static const struct br_sg_tree_type tree4 = {
	.key = sizeof(__be32),
	.value = sizeof(unsigned long),
	.hold = runs_hold,
	.drop = runs_drop,
};

static const struct br_sg_tree_type tree6 = {
	.key = 2 * sizeof(__be64),
	.value = sizeof(unsigned long),
	.hold = runs_hold,
	.drop = runs_drop,
};

/**
 * struct work - a change that is being made
 * @new: the version; private
 * @type: of @tree
 * @tree: that of the family at hand
 * @last: its last address
 * @id: of the set or group
 * @add: it gets addresses; else it loses some
 * @after: what it will be
 * @from: tags that were the last to get or lose @id; a reference
 * @to: what they became; counted as one use
 * @uses: of @new's tags
 */
struct work {
	struct br_sg_remotes *new;
	const struct br_sg_tree_type *type;
	struct br_sg_tree *tree;
	__uint128_t last;
	u32 id;
	bool add;
	const struct br_sg_addrset *after;
	struct br_sg_tags *from;
	struct br_sg_tags *to;
	struct br_sg_tags_uses uses;
};

/*
 * What @from is to be: with the id that is added, or without the one that
 * goes. Stays until the next one is asked for; ERR_PTR(-ENOMEM).
 */
static struct br_sg_tags *tags_next(struct work *w, struct br_sg_tags *from)
{
	struct br_sg_tags *tags;
	int err;

	if (br_sg_tags_has(from, w->id) == w->add)
		return from;
	if (w->from == from)
		return w->to;
	if (!w->add && from->n == 1)
		return &br_sg_no_tags;
	tags = br_sg_tags_toggle(&w->uses, from, w->id);
	if (!tags)
		return ERR_PTR(-ENOMEM);
	err = br_sg_tags_use(&w->uses, tags, 1);
	if (!err && w->to)
		err = br_sg_tags_use(&w->uses, w->to, -1);
	br_sg_tags_put(w->from);
	w->from = NULL;
	w->to = NULL;
	if (!err) {
		w->from = br_sg_tags_get(from);
		w->to = tags;
	}
	/* what is used stays */
	br_sg_tags_put(tags);
	return err ? ERR_PTR(err) : tags;
}

static int tags_forget(struct work *w)
{
	int err = w->to ? br_sg_tags_use(&w->uses, w->to, -1) : 0;

	br_sg_tags_put(w->from);
	w->from = NULL;
	w->to = NULL;
	return err;
}

static __uint128_t number6(const __be64 *b)
{
	return (__uint128_t)be64_to_cpu(b[0]) << 64 | be64_to_cpu(b[1]);
}

static union run_key run_key(const struct work *w, __uint128_t at)
{
	union run_key key;

	if (w->type == &tree4) {
		key.v4 = cpu_to_be32((u32)at);
	} else {
		key.v6[0] = cpu_to_be64((u64)(at >> 64));
		key.v6[1] = cpu_to_be64((u64)at);
	}
	return key;
}

static __uint128_t key_at(const struct work *w, const void *key)
{
	if (w->type == &tree4)
		return be32_to_cpu(*(const __be32 *)key);
	return number6(key);
}

/* the run that @at is in */
static void run_get(const struct work *w, struct br_sg_tree_iter *it,
		    __uint128_t at, struct addr_run *run)
{
	union run_key key = run_key(w, at);
	unsigned long value;
	bool more;

	run->first = 0;
	run->last = w->last;
	run->tags = &br_sg_no_tags;
	if (br_sg_tree_seek_le(it, &key)) {
		value = *(unsigned long *)br_sg_tree_iter_value(it);
		run->first = key_at(w, br_sg_tree_iter_key(it));
		if (!(value & SINGLE)) {
			run->tags = value_tags(value);
		} else if (run->first < at) {
			run->first++;
		} else {
			run->tags = value_tags(value);
			run->last = at;
			return;
		}
		more = br_sg_tree_next(it);
	} else {
		more = br_sg_tree_seek_ge(it, &key);
	}
	if (more)
		run->last = key_at(w, br_sg_tree_iter_key(it)) - 1;
}

static int entry_insert(struct work *w, __uint128_t at, unsigned long value)
{
	struct br_sg_tags *tags = value_tags(value);
	union run_key key = run_key(w, at);
	int err;

	err = br_sg_tags_use(&w->uses, tags, 1);
	if (err)
		return err;
	br_sg_tags_get(tags);
	err = br_sg_tree_insert(w->type, w->tree, &key, &value);
	if (err)
		br_sg_tags_put(tags);
	return err;
}

static int entry_remove(struct work *w, __uint128_t at, unsigned long value)
{
	union run_key key = run_key(w, at);
	int err;

	err = br_sg_tags_use(&w->uses, value_tags(value), -1);
	return err ? err : br_sg_tree_remove(w->type, w->tree, &key);
}

static int entry_replace(struct work *w, __uint128_t at, unsigned long from,
			 unsigned long to)
{
	union run_key key = run_key(w, at);
	unsigned long *value;
	int err;

	if (from == to)
		return 0;
	err = br_sg_tags_use(&w->uses, value_tags(to), 1);
	if (!err)
		err = br_sg_tags_use(&w->uses, value_tags(from), -1);
	if (err)
		return err;
	value = br_sg_tree_edit(w->type, w->tree, &key);
	if (IS_ERR(value))
		return PTR_ERR(value);
	br_sg_tags_get(value_tags(to));
	*value = to;
	br_sg_tags_put(value_tags(from));
	return 0;
}

/*
 * Neighbouring runs, in order, before or after a change. Whether the first has an
 * entry does not depend on what is before it.
 */
struct runs {
	u32 n;
	struct addr_run v[6];
};

static void runs_push(struct runs *runs, __uint128_t first, __uint128_t last,
		      struct br_sg_tags *tags)
{
	struct addr_run *run;

	if (runs->n && runs->v[runs->n - 1].tags == tags) {
		runs->v[runs->n - 1].last = last;
		return;
	}
	run = &runs->v[runs->n++];
	run->first = first;
	run->last = last;
	run->tags = tags;
}

/* the value of the entry of run @i; 0: it has none */
static unsigned long runs_value(const struct runs *runs, u32 i)
{
	const struct addr_run *run = &runs->v[i];

	if (run->tags == &br_sg_no_tags)
		return i && run[-1].first != run[-1].last ?
		       (unsigned long)run->tags : 0;
	return (unsigned long)run->tags | (run->first == run->last ? SINGLE : 0);
}

/* the entries that @from has become those of @to */
static int runs_replace(struct work *w, const struct runs *from,
			const struct runs *to)
{
	u32 i = 0, k = 0;
	int err = 0;

	while (!err && (i < from->n || k < to->n)) {
		unsigned long was = 0, is = 0;
		__uint128_t at;

		if (k == to->n ||
		    (i < from->n && from->v[i].first < to->v[k].first))
			at = from->v[i].first;
		else
			at = to->v[k].first;
		if (i < from->n && from->v[i].first == at)
			was = runs_value(from, i++);
		if (k < to->n && to->v[k].first == at)
			is = runs_value(to, k++);
		if (was && is)
			err = entry_replace(w, at, was, is);
		else if (was)
			err = entry_remove(w, at, was);
		else if (is)
			err = entry_insert(w, at, is);
	}
	return err;
}

/*
 * Gives @first to @last, in @run, other @tags. Looks at the neighbours only
 * where they may become one with it, or their entries depend on it.
 */
static int run_change(struct work *w, struct br_sg_tree_iter *it,
		      const struct addr_run *run, __uint128_t first,
		      __uint128_t last, struct br_sg_tags *tags)
{
	struct runs from = { .n = 0 }, to = { .n = 0 };
	struct addr_run near;
	int err;

	if (first == run->first && first) {
		run_get(w, it, first - 1, &near);
		runs_push(&from, near.first, near.last, near.tags);
		runs_push(&to, near.first, near.last, near.tags);
	}
	runs_push(&from, run->first, run->last, run->tags);
	if (first > run->first)
		runs_push(&to, run->first, first - 1, run->tags);
	runs_push(&to, first, last, tags);
	if (last < run->last)
		runs_push(&to, last + 1, run->last, run->tags);
	/* what is behind @run, if what it follows is another or as long as 1 */
	if (run->last < w->last && last + 1 >= run->last) {
		run_get(w, it, run->last + 1, &near);
		runs_push(&from, near.first, near.last, near.tags);
		runs_push(&to, near.first, near.last, near.tags);
		if (near.tags == tags && near.last < w->last) {
			run_get(w, it, near.last + 1, &near);
			runs_push(&from, near.first, near.last, near.tags);
			runs_push(&to, near.first, near.last, near.tags);
		}
	}
	/* all entries of it may go before the first one comes again */
	err = br_sg_tags_use(&w->uses, run->tags, 1);
	if (!err)
		err = runs_replace(w, &from, &to);
	return err ? err : br_sg_tags_use(&w->uses, run->tags, -1);
}

/* @first to @last get the id, or lose it */
static int range_change(struct work *w, __uint128_t first, __uint128_t last)
{
	struct br_sg_tree_iter it;
	struct br_sg_tags *tags;
	struct addr_run run;
	int err;

	for (;; first = run.last + 1) {
		br_sg_tree_iter_init(&it, w->type, w->tree);
		run_get(w, &it, first, &run);
		tags = tags_next(w, run.tags);
		if (IS_ERR(tags))
			return PTR_ERR(tags);
		if (tags != run.tags) {
			err = run_change(w, &it, &run, first,
					 min(run.last, last), tags);
			if (err)
				return err;
		}
		if (run.last >= last)
			return 0;
		cond_resched();
	}
}

static void prefix_range(const struct br_sg_prefix *prefix, __uint128_t *first,
			 __uint128_t *last)
{
	u8 bits = br_sg_family_bits(prefix->family) - prefix->len;

	if (prefix->family == AF_INET)
		*first = be32_to_cpu(prefix->addr.v4);
	else
		*first = number6((const __be64 *)prefix->addr.b);
	/* a shift by 128 is not defined */
	*last = *first | (bits == 128 ? ~(__uint128_t)0 :
					((__uint128_t)1 << bits) - 1);
}

static void range_addr(const struct work *w, __uint128_t at,
		       struct br_sg_addr *addr)
{
	union run_key key = run_key(w, at);

	memset(addr, 0, sizeof(*addr));
	memcpy(addr->b, &key, w->type->key);
}

/* the id goes from @prefix, but for what is in other prefixes of the set */
static int prefix_remove(struct work *w, const struct br_sg_prefix *prefix)
{
	struct br_sg_prefix at = *prefix, inner;
	__uint128_t first, last, begin, end;
	int err = 0;

	if (w->after && br_sg_addrset_covers(w->after, prefix))
		return 0;
	prefix_range(prefix, &first, &last);
	at.len = 0;
	while (w->after && br_sg_addrset_next(w->after, &at, &inner)) {
		prefix_range(&inner, &begin, &end);
		if (begin > last)
			break;
		if (begin > first)
			err = range_change(w, first, begin - 1);
		if (err || end == last)
			return err;
		first = end + 1;
		range_addr(w, first, &at.addr);
		cond_resched();
	}
	return range_change(w, first, last);
}

static int work_item(const struct br_sg_prefix *item, bool in_after, void *arg)
{
	__uint128_t first, last;
	struct work *w = arg;

	if (item->family == AF_INET) {
		w->type = &tree4;
		w->tree = &w->new->v4;
		w->last = U32_MAX;
	} else {
		w->type = &tree6;
		w->tree = &w->new->v6;
		w->last = ~(__uint128_t)0;
	}
	w->add = in_after;
	cond_resched();
	if (!in_after)
		return prefix_remove(w, item);
	prefix_range(item, &first, &last);
	return range_change(w, first, last);
}

static int work_change(struct work *w, const struct br_sg_remotes_change *change)
{
	int err;

	w->id = change->id;
	w->after = change->after;
	err = br_sg_addrset_diff(change->before, change->after, work_item, w);
	return err ? err : tags_forget(w);
}

struct br_sg_remotes *
br_sg_remotes_change(const struct br_sg_remotes *base,
		     const struct br_sg_remotes_change *changes, u32 n)
{
	struct br_sg_remotes *new = br_sg_remotes_new();
	struct work w = { .new = new };
	int err = 0;
	u32 i;

	if (IS_ERR(new))
		return new;
	br_sg_tree_share(&new->v4, &base->v4);
	br_sg_tree_share(&new->v6, &base->v6);
	br_sg_tags_pool_share(&new->tags, &base->tags);
	br_sg_tags_uses_init(&w.uses, &new->tags);
	for (i = 0; !err && i < n; i++)
		err = work_change(&w, &changes[i]);
	if (!err)
		err = br_sg_tags_uses_flush(&w.uses);
	br_sg_tags_put(w.from);
	br_sg_tags_uses_exit(&w.uses);
	if (err) {
		br_sg_remotes_put(new);
		return ERR_PTR(err);
	}
	return new;
}

struct br_sg_remotes *br_sg_remotes_new(void)
{
	struct br_sg_remotes *new;

	new = kmalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new)
		return ERR_PTR(-ENOMEM);
	memset(new, 0, sizeof(*new));
	refcount_set(&new->ref, 1);
	return new;
}

struct br_sg_remotes *br_sg_remotes_get(struct br_sg_remotes *remotes)
{
	refcount_inc(&remotes->ref);
	return remotes;
}

void br_sg_remotes_put(struct br_sg_remotes *remotes)
{
	if (!remotes || !refcount_dec_and_test(&remotes->ref))
		return;
	br_sg_tree_drop(&tree4, &remotes->v4);
	br_sg_tree_drop(&tree6, &remotes->v6);
	br_sg_tags_pool_drop(&remotes->tags);
	kfree(remotes);
}

size_t br_sg_remotes_bytes(const struct br_sg_remotes *remotes)
{
	return sizeof(*remotes) + remotes->v4.bytes + remotes->v6.bytes +
	       br_sg_tags_pool_bytes(&remotes->tags);
}

/*
 * The search of the packet path, once for each size of key, which is constant.
 * Steps are powers of two and written out: a loop takes twice as many
 * instructions.
 */
static __always_inline bool key_le(const u8 *key, u32 size, __uint128_t at)
{
	if (size == 4)
		return be32_to_cpu(*(const __be32 *)key) <= (u32)at;
	return number6((const __be64 *)key) <= at;
}

static __always_inline bool key_is(const u8 *key, u32 size,
				   const struct br_sg_addr *addr)
{
	const u64 *q = (const u64 *)key;

	if (size == 4)
		return *(const __be32 *)key == addr->v4;
	return q[0] == addr->q[0] && q[1] == addr->q[1];
}

/* @n keys further if the one there is not behind @at */
static __always_inline const u8 *key_step(const u8 *key, unsigned long n,
					  u32 size, __uint128_t at)
{
	const u8 *next = key + n * size;

	return key_le(next, size, at) ? next : key;
}

/*
 * Where the last key is that is not behind @at, in bytes; the first one is not.
 * The first step may overlap the second, so that none leaves the node.
 */
static __always_inline unsigned long
node_last(const struct br_sg_node *node, u32 size, __uint128_t at)
{
	const u8 *key = node->keys;
	unsigned long n = node->n;

	/* nodes have no room for more than twice as many */
	BUILD_BUG_ON(BR_SG_TREE_NODE / (sizeof(__be32) + sizeof(long)) >= 128);
	if (n >= 64) {
		key = key_step(key, n - 64, size, at);
		goto by32;
	}
	if (n >= 32) {
		key = key_step(key, n - 32, size, at);
		goto by16;
	}
	if (n >= 16) {
		key = key_step(key, n - 16, size, at);
		goto by8;
	}
	if (n >= 8) {
		key = key_step(key, n - 8, size, at);
		goto by4;
	}
	if (n >= 4) {
		key = key_step(key, n - 4, size, at);
		goto by2;
	}
	if (n >= 2) {
		key = key_step(key, n - 2, size, at);
		goto by1;
	}
	return 0;
by32:
	key = key_step(key, 32, size, at);
by16:
	key = key_step(key, 16, size, at);
by8:
	key = key_step(key, 8, size, at);
by4:
	key = key_step(key, 4, size, at);
by2:
	key = key_step(key, 2, size, at);
by1:
	key = key_step(key, 1, size, at);
	return key - node->keys;
}

static __always_inline const struct br_sg_tags *
tree_find(const struct br_sg_tree *tree, u32 size,
	  const struct br_sg_addr *addr)
{
	const struct br_sg_node *node = tree->root;
	unsigned long value, pos;
	const u8 *values;
	__uint128_t at;

	at = size == 4 ? be32_to_cpu(addr->v4) :
			 number6((const __be64 *)addr->b);
	if (!node || !key_le(node->keys, size, at))
		return &br_sg_no_tags;
	for (;;) {
		pos = node_last(node, size, at);
		values = br_sg_node_values(node, size);
		/* of 8 bytes each */
		values += size == 4 ? pos * 2 : pos / 2;
		value = *(const unsigned long *)values;
		if (!node->level)
			break;
		node = (const struct br_sg_node *)value;
	}
	if (value & SINGLE && !key_is(node->keys + pos, size, addr))
		return &br_sg_no_tags;
	return value_tags(value);
}

const struct br_sg_tags *br_sg_remotes_find(const struct br_sg_remotes *remotes,
					    u8 family,
					    const struct br_sg_addr *addr)
{
	if (family == AF_INET)
		return tree_find(&remotes->v4, 4, addr);
	if (family == AF_INET6)
		return tree_find(&remotes->v6, 16, addr);
	return &br_sg_no_tags;
}
