/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ordered entries of fixed size in a B+tree whose versions share what they
 * have in common. Pure: no skb, no lock, nothing of the kernel but allocation;
 * built in userspace too.
 *
 * A version is a struct br_sg_tree, which whoever has it keeps in a struct of
 * his own. br_sg_tree_share() makes another version of the same content at no
 * cost; each is changed and dropped on its own. A version that others can see
 * is not to be changed: share it and change the new one.
 */
#ifndef BR_SG_TREE_H
#define BR_SG_TREE_H

#include <linux/kernel.h>
#include <linux/refcount.h>
#include <linux/types.h>

#define BR_SG_TREE_NODE		1024	/* bytes of the largest node */
#define BR_SG_TREE_LEVELS	8

/**
 * struct br_sg_tree_type - what the entries are
 * @key: bytes of a key; keys are ordered by memcmp()
 * @value: bytes of the value that goes with it; a multiple of 8, or 0
 * @hold: another node has these @n values now; NULL: nothing to do
 * @drop: a node with these @n values goes; NULL: nothing to do
 */
struct br_sg_tree_type {
	u8 key;
	u8 value;
	void (*hold)(const void *values, u32 n);
	void (*drop)(const void *values, u32 n);
};

/**
 * struct br_sg_node - a node
 * @ref: nodes above it, and trees that it is the root of; with more than one
 *	it is immutable
 * @level: 0: a leaf
 * @n: entries or children
 * @cap: room for so many
 * @units: its size in 16 bytes
 * @keys: @cap keys; then, aligned to 8, @cap values (a leaf), or @cap children
 *	and @cap counts of the entries below them, u32. An inner node's keys are
 *	the first ones of its children
 */
struct br_sg_node {
	refcount_t ref;
	u8 level;
	u8 n;
	u8 cap;
	u8 units;
	u8 keys[] __aligned(8);
};

/* values or children, for those who search on their own; @key: of the type */
static inline const void *br_sg_node_values(const struct br_sg_node *node,
					    u32 key)
{
	return node->keys + ALIGN(node->cap * key, 8);
}

/**
 * struct br_sg_tree - a version; all zero is an empty one
 * @root: NULL when empty
 * @bytes: of all nodes, those shared with other versions too
 * @count: entries
 */
struct br_sg_tree {
	struct br_sg_node *root;
	size_t bytes;
	u32 count;
};

/* @to: uninitialised */
void br_sg_tree_share(struct br_sg_tree *to, const struct br_sg_tree *from);
/*
 * Leaves an empty tree. What nobody shares is freed at once: wait for readers before.
 * May sleep, as all that changes a tree.
 */
void br_sg_tree_drop(const struct br_sg_tree_type *type,
		     struct br_sg_tree *tree);

/*
 * Changes: 0, or -ENOMEM with the content as it was. A node that only this
 * version has is changed in place, any other is copied first.
 *
 * insert: -EEXIST when @key is there; takes over what @value refers to on
 * success. remove: -ENOENT when it is not; drops what the value refers to.
 * edit: the value, to be changed in place, or an ERR_PTR.
 */
int br_sg_tree_insert(const struct br_sg_tree_type *type,
		      struct br_sg_tree *tree, const void *key,
		      const void *value);
int br_sg_tree_remove(const struct br_sg_tree_type *type,
		      struct br_sg_tree *tree, const void *key);
void *br_sg_tree_edit(const struct br_sg_tree_type *type,
		      struct br_sg_tree *tree, const void *key);

/* where the value is, not NULL even if it has no bytes; NULL: no such key */
const void *br_sg_tree_find(const struct br_sg_tree_type *type,
			    const struct br_sg_tree *tree, const void *key);
/* the key of the @i-th entry, or its value; @i is below the count */
const void *br_sg_tree_key(const struct br_sg_tree_type *type,
			   const struct br_sg_tree *tree, u32 i);
const void *br_sg_tree_value(const struct br_sg_tree_type *type,
			     const struct br_sg_tree *tree, u32 i);

/**
 * struct br_sg_tree_iter - a position in a tree that does not change meanwhile
 * @type: of @tree
 * @tree: walked
 * @nodes: by level
 * @at: by level: the entry or child
 * @set: it is at an entry; only then may it be asked and moved
 */
struct br_sg_tree_iter {
	const struct br_sg_tree_type *type;
	const struct br_sg_tree *tree;
	const struct br_sg_node *nodes[BR_SG_TREE_LEVELS];
	u8 at[BR_SG_TREE_LEVELS];
	bool set;
};

/*
 * All return whether there is such an entry. A seek from a position nearby is
 * cheaper than the first one.
 */
void br_sg_tree_iter_init(struct br_sg_tree_iter *it,
			  const struct br_sg_tree_type *type,
			  const struct br_sg_tree *tree);
/* the last entry not behind @key */
bool br_sg_tree_seek_le(struct br_sg_tree_iter *it, const void *key);
/* the first entry not before @key */
bool br_sg_tree_seek_ge(struct br_sg_tree_iter *it, const void *key);
bool br_sg_tree_next(struct br_sg_tree_iter *it);
const void *br_sg_tree_iter_key(const struct br_sg_tree_iter *it);
const void *br_sg_tree_iter_value(const struct br_sg_tree_iter *it);

/*
 * Calls @fn in order for each key that only one of two versions has, or both have
 * with other values: @was is the value in @a, @is that in @b, NULL where the key is
 * not there. Values are compared as bytes. Nodes that the versions share are
 * skipped. Ends when @fn returns other than 0, with that.
 */
int br_sg_tree_diff(const struct br_sg_tree_type *type,
		    const struct br_sg_tree *a, const struct br_sg_tree *b,
		    int (*fn)(const void *key, const void *was, const void *is,
			      void *arg),
		    void *arg);

#endif
