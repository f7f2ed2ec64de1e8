// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: a tree whose versions share nodes
 *
 * All entries are in leaves; inner nodes have the first key of each child and
 * the number of entries below it. A tree refers to its root, an inner node to
 * its children, and each node counts who refers to it.
 *
 * Say version A has a root with leaves L1 to L60, and B is shared from it:
 *
 *	A -> root(2) -> L1(1) ... L60(1)
 *	B -> root(2)
 *
 * To insert into L7 for B, the way down is made B's own. The root has two
 * references, so B gets a copy, and the leaves have two parents then:
 *
 *	A -> root(1)  -> L1(2) ... L7(1)  ... L60(2)
 *	B -> root'(1) -> L1(2) ... L7'(1) ... L60(2)
 *
 * The next insert into L7 finds nodes on its way that nobody else has and
 * changes them in place. A reference count of 1 says so only because the way
 * to the node was B's own too, and B is private.
 *
 * Going down, a full child is split before it is entered, so that there is
 * always room for one more above; each step leaves a tree that holds, and the
 * last one that can fail comes before the entry is put in. A leaf that is full
 * and grows at its end is left full.
 *
 * Nodes are as large as they need to be, in sizes of kmalloc(): a set of three
 * addresses takes 64 bytes.
 */
#include <linux/err.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "match/tree.h"

static const u16 node_sizes[] = { 64, 96, 128, 192, 256, 512, BR_SG_TREE_NODE };

/* a step of the way down: child @i of @node */
struct step {
	struct br_sg_node *node;
	u32 i;
};

static void *node_key(const struct br_sg_tree_type *type,
		      const struct br_sg_node *node, u32 i)
{
	return (u8 *)node->keys + i * type->key;
}

static void *node_value(const struct br_sg_tree_type *type,
			const struct br_sg_node *node, u32 i)
{
	return (u8 *)br_sg_node_values(node, type->key) + i * type->value;
}

static struct br_sg_node **node_children(const struct br_sg_tree_type *type,
					 const struct br_sg_node *node)
{
	return (struct br_sg_node **)br_sg_node_values(node, type->key);
}

static u32 *node_counts(const struct br_sg_tree_type *type,
			const struct br_sg_node *node)
{
	return (u32 *)(node_children(type, node) + node->cap);
}

/* entries in it and below */
static u32 node_count(const struct br_sg_tree_type *type,
		      const struct br_sg_node *node)
{
	u32 i, sum = 0;

	if (!node->level)
		return node->n;
	for (i = 0; i < node->n; i++)
		sum += node_counts(type, node)[i];
	return sum;
}

static size_t node_bytes(const struct br_sg_node *node)
{
	return node->units * 16;
}

/* what a node of @size has room for */
static u32 node_room(const struct br_sg_tree_type *type, u8 level, u32 size)
{
	u32 value = level ? sizeof(void *) + sizeof(u32) : type->value;
	u32 left = size - sizeof(struct br_sg_node);
	u32 n = left / (type->key + value);

	while (ALIGN(n * type->key, 8) + n * value > left)
		n--;
	return min(n, 255U);
}

static u32 node_max(const struct br_sg_tree_type *type, u8 level)
{
	return node_room(type, level, BR_SG_TREE_NODE);
}

/* has it as many as node_max()? Asked at each level, so without a division */
static bool node_is_full(const struct br_sg_node *node)
{
	return node->n == node->cap && (node_bytes(node) == BR_SG_TREE_NODE ||
					node->cap == 255);
}

/* the smallest node for @n; NULL: out of memory */
static struct br_sg_node *node_alloc(const struct br_sg_tree_type *type,
				     u8 level, u32 n)
{
	struct br_sg_node *node;
	u32 i = 0;

	while (i < ARRAY_SIZE(node_sizes) - 1 &&
	       node_room(type, level, node_sizes[i]) < n)
		i++;
	node = kmalloc(node_sizes[i], GFP_KERNEL_ACCOUNT);
	if (!node)
		return NULL;
	refcount_set(&node->ref, 1);
	node->level = level;
	node->n = 0;
	node->cap = node_room(type, level, node_sizes[i]);
	node->units = node_sizes[i] / 16;
	return node;
}

static void node_free(struct br_sg_tree *tree, struct br_sg_node *node)
{
	tree->bytes -= node_bytes(node);
	kfree(node);
}

/* recursion ends with the levels, of which there are few */
static void node_put(const struct br_sg_tree_type *type,
		     struct br_sg_node *node)
{
	u32 i;

	if (!refcount_dec_and_test(&node->ref))
		return;
	if (node->level) {
		for (i = 0; i < node->n; i++)
			node_put(type, node_children(type, node)[i]);
		/* a tree may have 100,000 entries and nobody else may have it */
		cond_resched();
	} else if (type->drop) {
		type->drop(node_value(type, node, 0), node->n);
	}
	kfree(node);
}

/* @n entries or children from @i of @from on are in another node too */
static void node_hold(const struct br_sg_tree_type *type,
		      const struct br_sg_node *from, u32 i, u32 n)
{
	if (!from->level) {
		if (type->hold)
			type->hold(node_value(type, from, i), n);
		return;
	}
	for (; n; n--, i++)
		refcount_inc(&node_children(type, from)[i]->ref);
}

/* bytes only; may overlap when it is one node */
static void node_move(const struct br_sg_tree_type *type,
		      struct br_sg_node *to, u32 to_i,
		      const struct br_sg_node *from, u32 from_i, u32 n)
{
	memmove(node_key(type, to, to_i), node_key(type, from, from_i),
		n * type->key);
	if (!to->level) {
		memmove(node_value(type, to, to_i),
			node_value(type, from, from_i), n * type->value);
		return;
	}
	memmove(node_children(type, to) + to_i,
		node_children(type, from) + from_i,
		n * sizeof(struct br_sg_node *));
	memmove(node_counts(type, to) + to_i, node_counts(type, from) + from_i,
		n * sizeof(u32));
}

/*
 * Makes the node at *@slot one that only this tree has, with room for @more, or full
 * (who asks splits it); the way to @slot is the tree's own. One that has become much
 * too large is made smaller, if there is memory for it.
 */
static int node_own(const struct br_sg_tree_type *type, struct br_sg_tree *tree,
		    struct br_sg_node **slot, u32 more)
{
	struct br_sg_node *new, *node = *slot;
	bool own = refcount_read(&node->ref) == 1;
	u32 n = node->n + more;

	if (own && (n <= node->cap || node_is_full(node)) &&
	    (n > node->cap / 4 || node_bytes(node) == node_sizes[0]))
		return 0;
	n = min(n, node_max(type, node->level));
	new = node_alloc(type, node->level, n);
	if (!new)
		return own && n <= node->cap ? 0 : -ENOMEM;
	node_move(type, new, 0, node, 0, node->n);
	new->n = node->n;
	tree->bytes += node_bytes(new);
	tree->bytes -= node_bytes(node);
	*slot = new;
	if (own) {
		kfree(node);
	} else {
		node_hold(type, node, 0, node->n);
		node_put(type, node);
	}
	return 0;
}

/* index of the first key that is not before @key */
static u32 node_first(const struct br_sg_tree_type *type,
		      const struct br_sg_node *node, const void *key)
{
	u32 from = 0, to = node->n;

	while (from < to) {
		u32 mid = (from + to) / 2;

		if (memcmp(node_key(type, node, mid), key, type->key) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

/* of an inner node: the child that has @key, if any has */
static u32 node_child(const struct br_sg_tree_type *type,
		      const struct br_sg_node *node, const void *key)
{
	u32 i = node_first(type, node, key);

	if (i < node->n && !memcmp(node_key(type, node, i), key, type->key))
		return i;
	return i ? i - 1 : 0;
}

static bool node_has(const struct br_sg_tree_type *type,
		     const struct br_sg_node *leaf, u32 i, const void *key)
{
	return i < leaf->n && !memcmp(node_key(type, leaf, i), key, type->key);
}

void br_sg_tree_share(struct br_sg_tree *to, const struct br_sg_tree *from)
{
	*to = *from;
	if (to->root)
		refcount_inc(&to->root->ref);
}

void br_sg_tree_drop(const struct br_sg_tree_type *type,
		     struct br_sg_tree *tree)
{
	if (tree->root)
		node_put(type, tree->root);
	memset(tree, 0, sizeof(*tree));
}

/* makes room for child @i + 1 of @node and puts it there */
static void node_insert_child(const struct br_sg_tree_type *type,
			      struct br_sg_node *node, u32 i,
			      struct br_sg_node *child, const void *key)
{
	node_move(type, node, i + 1, node, i, node->n - i);
	memcpy(node_key(type, node, i), key, type->key);
	node_children(type, node)[i] = child;
	node_counts(type, node)[i] = node_count(type, child);
	node->n++;
}

/*
 * Splits the full child @i of @node, both the tree's own, for @key to be put
 * in one of the halves; @node has room. Where keys come in order, the full one
 * is left behind.
 */
static int node_split(const struct br_sg_tree_type *type,
		      struct br_sg_tree *tree, struct br_sg_node *node, u32 i,
		      const void *key)
{
	struct br_sg_node *child = node_children(type, node)[i], *right;
	u32 pos, from, last = child->n - !!child->level;

	if (child->level) {
		pos = node_child(type, child, key);
	} else {
		pos = node_first(type, child, key);
		if (node_has(type, child, pos, key))
			return -EEXIST;
	}
	/* a leaf may be left empty, or its new half: @key goes there */
	from = pos == last ? last : pos ? child->n / 2 : !!child->level;
	right = node_alloc(type, child->level, child->n - from + 1);
	if (!right)
		return -ENOMEM;
	tree->bytes += node_bytes(right);
	node_move(type, right, 0, child, from, child->n - from);
	right->n = child->n - from;
	child->n = from;
	node_counts(type, node)[i] = node_count(type, child);
	node_insert_child(type, node, i + 1, right,
			  right->n ? node_key(type, right, 0) : key);
	return 0;
}

/* a root above the root */
static int tree_rise(const struct br_sg_tree_type *type,
		     struct br_sg_tree *tree)
{
	struct br_sg_node *root = tree->root, *new;

	if (root->level + 1 == BR_SG_TREE_LEVELS)
		return -ENOMEM;
	new = node_alloc(type, root->level + 1, 2);
	if (!new)
		return -ENOMEM;
	tree->bytes += node_bytes(new);
	node_insert_child(type, new, 0, root, node_key(type, root, 0));
	tree->root = new;
	return 0;
}

int br_sg_tree_insert(const struct br_sg_tree_type *type,
		      struct br_sg_tree *tree, const void *key,
		      const void *value)
{
	struct step path[BR_SG_TREE_LEVELS];
	struct br_sg_node *node, **child;
	u32 i, depth = 0;
	int err;

	if (tree->count == U32_MAX)
		return -ENOMEM;
	if (!tree->root) {
		tree->root = node_alloc(type, 0, 1);
		if (!tree->root)
			return -ENOMEM;
		tree->bytes = node_bytes(tree->root);
	}
	err = node_own(type, tree, &tree->root, 1);
	if (err)
		return err;
	if (node_is_full(tree->root)) {
		err = tree_rise(type, tree);
		if (err)
			return err;
	}
	for (node = tree->root; node->level; node = *child) {
		i = node_child(type, node, key);
		child = &node_children(type, node)[i];
		err = node_own(type, tree, child, 1);
		if (err)
			return err;
		if (node_is_full(*child)) {
			err = node_split(type, tree, node, i, key);
			if (err)
				return err;
			if (memcmp(node_key(type, node, i + 1), key,
				   type->key) <= 0) {
				/* which was made with room */
				child++;
				i++;
			}
		}
		path[depth].node = node;
		path[depth++].i = i;
	}

	i = node_first(type, node, key);
	if (node_has(type, node, i, key))
		return -EEXIST;
	node_move(type, node, i + 1, node, i, node->n - i);
	memcpy(node_key(type, node, i), key, type->key);
	if (type->value)
		memcpy(node_value(type, node, i), value, type->value);
	node->n++;
	tree->count++;
	while (depth--) {
		struct step *step = &path[depth];

		node_counts(type, step->node)[step->i]++;
		memcpy(node_key(type, step->node, step->i),
		       node_key(type, node, 0), type->key);
		node = step->node;
	}
	return 0;
}

/*
 * Makes the way to @key the tree's own, as far as it goes; the last step is that to
 * the entry, or to where it would be.
 */
static int tree_own(const struct br_sg_tree_type *type, struct br_sg_tree *tree,
		    const void *key, struct step *path, u32 *depth)
{
	struct br_sg_node **slot = &tree->root;
	u32 i;
	int err;

	for (*depth = 0; ; slot = &node_children(type, *slot)[i]) {
		err = node_own(type, tree, slot, 0);
		if (err)
			return err;
		if (!(*slot)->level)
			break;
		i = node_child(type, *slot, key);
		path[*depth].node = *slot;
		path[(*depth)++].i = i;
	}
	path[*depth].node = *slot;
	path[(*depth)++].i = node_first(type, *slot, key);
	return 0;
}

void *br_sg_tree_edit(const struct br_sg_tree_type *type,
		      struct br_sg_tree *tree, const void *key)
{
	struct step path[BR_SG_TREE_LEVELS], *leaf;
	u32 depth;
	int err;

	err = tree->root ? tree_own(type, tree, key, path, &depth) : -ENOENT;
	if (err)
		return ERR_PTR(err);
	leaf = &path[depth - 1];
	return node_has(type, leaf->node, leaf->i, key) ?
		node_value(type, leaf->node, leaf->i) : ERR_PTR(-ENOENT);
}

/*
 * Joins child @i of @node, the tree's own, with the next one if both fit in
 * one with some room left; not if there is no memory for it.
 */
static bool node_join(const struct br_sg_tree_type *type,
		      struct br_sg_tree *tree, struct br_sg_node *node, u32 i)
{
	struct br_sg_node *left, *right, **child;
	u32 n, max;

	if (i + 1 >= node->n)
		return false;
	child = &node_children(type, node)[i];
	max = node_max(type, (*child)->level);
	n = (*child)->n + child[1]->n;
	if (n > max - max / 8 || node_own(type, tree, child, child[1]->n))
		return false;
	left = child[0];
	right = child[1];
	node_move(type, left, left->n, right, 0, right->n);
	left->n = n;
	node_counts(type, node)[i] += node_counts(type, node)[i + 1];
	node_move(type, node, i + 1, node, i + 2, node->n - i - 2);
	node->n--;
	tree->bytes -= node_bytes(right);
	if (refcount_read(&right->ref) == 1) {
		kfree(right);
	} else {
		node_hold(type, right, 0, right->n);
		node_put(type, right);
	}
	return true;
}

/* the child of @step has one entry less, and may be too small or empty */
static void step_shrink(const struct br_sg_tree_type *type,
			struct br_sg_tree *tree, const struct step *step)
{
	struct br_sg_node *node = step->node, *child;
	u32 i = step->i;

	child = node_children(type, node)[i];
	node_counts(type, node)[i]--;
	if (!child->n) {
		node_free(tree, child);
		node_move(type, node, i, node, i + 1, node->n - i - 1);
		node->n--;
		return;
	}
	memcpy(node_key(type, node, i), node_key(type, child, 0), type->key);
	if (child->n > node_max(type, child->level) / 2)
		return;
	if (!node_join(type, tree, node, i) && i)
		node_join(type, tree, node, i - 1);
}

int br_sg_tree_remove(const struct br_sg_tree_type *type,
		      struct br_sg_tree *tree, const void *key)
{
	struct step path[BR_SG_TREE_LEVELS], *leaf;
	struct br_sg_node *root, *child;
	u32 depth;
	int err;

	if (!br_sg_tree_find(type, tree, key))
		return -ENOENT;
	err = tree_own(type, tree, key, path, &depth);
	if (err)
		return err;
	leaf = &path[--depth];
	if (type->drop)
		type->drop(node_value(type, leaf->node, leaf->i), 1);
	node_move(type, leaf->node, leaf->i, leaf->node, leaf->i + 1,
		  leaf->node->n - leaf->i - 1);
	leaf->node->n--;
	tree->count--;
	while (depth--)
		step_shrink(type, tree, &path[depth]);

	/* a root of one child is not needed */
	for (root = tree->root; root->level && root->n == 1; root = child) {
		child = node_children(type, root)[0];
		node_free(tree, root);
		tree->root = child;
	}
	if (!root->n) {
		node_free(tree, root);
		tree->root = NULL;
	}
	return 0;
}

const void *br_sg_tree_find(const struct br_sg_tree_type *type,
			    const struct br_sg_tree *tree, const void *key)
{
	const struct br_sg_node *node = tree->root;
	u32 i;

	if (!node)
		return NULL;
	while (node->level)
		node = node_children(type, node)[node_child(type, node, key)];
	i = node_first(type, node, key);
	return node_has(type, node, i, key) ? node_value(type, node, i) : NULL;
}

/* the leaf with entry *@i, and in *@i the place in it */
static const struct br_sg_node *tree_leaf(const struct br_sg_tree_type *type,
					  const struct br_sg_tree *tree, u32 *i)
{
	const struct br_sg_node *node = tree->root;
	const u32 *counts;
	u32 c;

	while (node->level) {
		counts = node_counts(type, node);
		for (c = 0; *i >= counts[c]; c++)
			*i -= counts[c];
		node = node_children(type, node)[c];
	}
	return node;
}

const void *br_sg_tree_key(const struct br_sg_tree_type *type,
			   const struct br_sg_tree *tree, u32 i)
{
	const struct br_sg_node *leaf = tree_leaf(type, tree, &i);

	return node_key(type, leaf, i);
}

const void *br_sg_tree_value(const struct br_sg_tree_type *type,
			     const struct br_sg_tree *tree, u32 i)
{
	const struct br_sg_node *leaf = tree_leaf(type, tree, &i);

	return node_value(type, leaf, i);
}

void br_sg_tree_iter_init(struct br_sg_tree_iter *it,
			  const struct br_sg_tree_type *type,
			  const struct br_sg_tree *tree)
{
	it->type = type;
	it->tree = tree;
	it->set = false;
}

/* to the first entry below child @at of the node at @level */
static void iter_down(struct br_sg_tree_iter *it, u32 level, u32 at)
{
	const struct br_sg_node *node = it->nodes[level];

	for (it->at[level] = at; level; it->at[--level] = 0) {
		node = node_children(it->type, node)[it->at[level]];
		it->nodes[level - 1] = node;
	}
}

bool br_sg_tree_seek_le(struct br_sg_tree_iter *it, const void *key)
{
	const struct br_sg_tree_type *type = it->type;
	const struct br_sg_node *node = it->nodes[0];
	u32 i;

	/* between the first and the last of this leaf? */
	if (!it->set ||
	    memcmp(node_key(type, node, 0), key, type->key) > 0 ||
	    memcmp(node_key(type, node, node->n - 1), key, type->key) < 0) {
		node = it->tree->root;
		it->set = node && memcmp(node_key(type, node, 0), key,
					 type->key) <= 0;
		if (!it->set)
			return false;
		for (; node->level; node = node_children(type, node)[i]) {
			i = node_child(type, node, key);
			it->nodes[node->level] = node;
			it->at[node->level] = i;
		}
		it->nodes[0] = node;
	}
	i = node_first(type, node, key);
	it->at[0] = node_has(type, node, i, key) ? i : i - 1;
	return true;
}

bool br_sg_tree_seek_ge(struct br_sg_tree_iter *it, const void *key)
{
	const struct br_sg_node *root = it->tree->root;

	if (br_sg_tree_seek_le(it, key)) {
		if (!memcmp(br_sg_tree_iter_key(it), key, it->type->key))
			return true;
		return br_sg_tree_next(it);
	}
	it->set = root;
	if (root) {
		it->nodes[root->level] = root;
		iter_down(it, root->level, 0);
	}
	return it->set;
}

bool br_sg_tree_next(struct br_sg_tree_iter *it)
{
	u32 level = 0, top = it->tree->root->level;

	while (level <= top && it->at[level] + 1 == it->nodes[level]->n)
		level++;
	it->set = level <= top;
	if (it->set)
		iter_down(it, level, it->at[level] + 1);
	return it->set;
}

const void *br_sg_tree_iter_key(const struct br_sg_tree_iter *it)
{
	return node_key(it->type, it->nodes[0], it->at[0]);
}

const void *br_sg_tree_iter_value(const struct br_sg_tree_iter *it)
{
	return node_value(it->type, it->nodes[0], it->at[0]);
}

/*
 * One side of a comparison: what comes next is an entry, or a child that has
 * not been entered yet.
 */
struct side {
	struct step path[BR_SG_TREE_LEVELS];
	u32 depth;	/* 0: at the end */
};

static void side_enter(struct side *side, struct br_sg_node *node)
{
	side->path[side->depth].node = node;
	side->path[side->depth++].i = 0;
}

static struct step *side_next(struct side *side)
{
	return side->depth ? &side->path[side->depth - 1] : NULL;
}

/* an entered child is left behind with its last entry */
static void side_skip(struct side *side)
{
	while (side->depth) {
		struct step *step = side_next(side);

		if (++step->i < step->node->n)
			return;
		side->depth--;
	}
}

static void side_open(const struct br_sg_tree_type *type, struct side *side)
{
	struct step *step = side_next(side);

	side_enter(side, node_children(type, step->node)[step->i]);
}

/* of two entries; none comes last */
static int step_cmp(const struct br_sg_tree_type *type, const struct step *x,
		    const struct step *y)
{
	if (!x || !y)
		return x ? -1 : 1;
	return memcmp(node_key(type, x->node, x->i),
		      node_key(type, y->node, y->i), type->key);
}

/* do entry @i of one leaf and entry @k of another have the same key and value? */
static bool entry_same(const struct br_sg_tree_type *type,
		       const struct br_sg_node *x, u32 i,
		       const struct br_sg_node *y, u32 k)
{
	return !memcmp(node_key(type, x, i), node_key(type, y, k), type->key) &&
	       !memcmp(node_value(type, x, i), node_value(type, y, k),
		       type->value);
}

/* on to the last of the entries from here on that are the same in both leaves */
static void steps_equal(const struct br_sg_tree_type *type, struct step *x,
			struct step *y)
{
	while (x->i + 1 < x->node->n && y->i + 1 < y->node->n &&
	       entry_same(type, x->node, x->i + 1, y->node, y->i + 1)) {
		x->i++;
		y->i++;
	}
}

static const void *step_value(const struct br_sg_tree_type *type,
			      const struct step *step)
{
	return node_value(type, step->node, step->i);
}

int br_sg_tree_diff(const struct br_sg_tree_type *type,
		    const struct br_sg_tree *a, const struct br_sg_tree *b,
		    int (*fn)(const void *key, const void *was, const void *is,
			      void *arg),
		    void *arg)
{
	struct side left = { .depth = 0 }, right = { .depth = 0 };
	struct step *x, *y;
	u8 x_level, y_level;
	int cmp, err = 0;

	if (a->root == b->root)
		return 0;
	if (a->root)
		side_enter(&left, a->root);
	if (b->root)
		side_enter(&right, b->root);
	while (!err && (left.depth || right.depth)) {
		x = side_next(&left);
		y = side_next(&right);
		x_level = x ? x->node->level : 0;
		y_level = y ? y->node->level : 0;
		if (x_level && x_level == y_level &&
		    node_children(type, x->node)[x->i] ==
		    node_children(type, y->node)[y->i]) {
			side_skip(&left);
			side_skip(&right);
			continue;
		}
		if (x_level || y_level) {
			if (x_level >= y_level)
				side_open(type, &left);
			if (y_level >= x_level)
				side_open(type, &right);
			continue;
		}
		cmp = step_cmp(type, x, y);
		if (cmp < 0) {
			err = fn(node_key(type, x->node, x->i),
				 step_value(type, x), NULL, arg);
		} else if (cmp > 0) {
			err = fn(node_key(type, y->node, y->i), NULL,
				 step_value(type, y), arg);
		} else if (entry_same(type, x->node, x->i, y->node, y->i)) {
			steps_equal(type, x, y);
		} else {
			err = fn(node_key(type, x->node, x->i),
				 step_value(type, x), step_value(type, y), arg);
		}
		if (cmp <= 0)
			side_skip(&left);
		if (cmp >= 0)
			side_skip(&right);
	}
	return err;
}
