// SPDX-License-Identifier: GPL-2.0-or-later
/* tree.c against sorted arrays, one a version. */
#include <linux/err.h>

#include "tap.h"
#include "match/tree.h"

#define LIST_MAX	3000
#define VERSIONS	6

/* what values refer to: how often nodes say that they have it */
struct thing {
	long refs;
};

static struct thing things[16];

static void things_hold(const void *values, u32 n)
{
	struct thing *const *v = values;

	while (n--)
		(*v++)->refs++;
}

static void things_drop(const void *values, u32 n)
{
	struct thing *const *v = values;

	while (n--)
		(*v++)->refs--;
}

static long things_refs(void)
{
	long sum = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(things); i++) {
		if (things[i].refs < 0)
			return -1;
		sum += things[i].refs;
	}
	return sum;
}

/* large keys make small nodes, and deep trees of few entries */
static const struct br_sg_tree_type types[] = {
	{ 4, 8, things_hold, things_drop },
	{ 5, 0, NULL, NULL },
	{ 17, 0, NULL, NULL },
	{ 16, 8, things_hold, things_drop },
	{ 8, 16, NULL, NULL },
	{ 1, 0, NULL, NULL },
	{ 100, 8, things_hold, things_drop },
	{ 120, 0, NULL, NULL },
	{ 250, 0, NULL, NULL },
};

/* the oracle; a key is the number in its last bytes, the rest is zero */
struct list {
	u32 n;
	u32 keys[LIST_MAX];
	struct thing *values[LIST_MAX];
};

struct version {
	struct br_sg_tree tree;
	struct list list;
};

static const void *key_of(const struct br_sg_tree_type *type, u32 number)
{
	static u8 bufs[4][256];
	static int turn;
	u8 *key = bufs[turn++ % 4];
	int i;

	memset(key, 0, type->key);
	for (i = type->key - 1; i >= 0 && number; i--, number >>= 8)
		key[i] = number;
	return key;
}

static u32 number_of(const struct br_sg_tree_type *type, const void *key)
{
	const u8 *b = key;
	u32 n = 0;
	int i;

	for (i = 0; i < type->key; i++)
		n = n << 8 | b[i];
	return n;
}

/* the first that is not less */
static u32 list_at(const struct list *l, u32 number)
{
	u32 i = 0;

	while (i < l->n && l->keys[i] < number)
		i++;
	return i;
}

static bool list_has(const struct list *l, u32 number)
{
	u32 i = list_at(l, number);

	return i < l->n && l->keys[i] == number;
}

static int list_insert(struct list *l, u32 number, struct thing *value)
{
	u32 i = list_at(l, number);

	if (list_has(l, number))
		return -EEXIST;
	memmove(&l->keys[i + 1], &l->keys[i], (l->n - i) * sizeof(l->keys[0]));
	memmove(&l->values[i + 1], &l->values[i],
		(l->n - i) * sizeof(l->values[0]));
	l->keys[i] = number;
	l->values[i] = value;
	l->n++;
	return 0;
}

static int list_remove(struct list *l, u32 number)
{
	u32 i = list_at(l, number);

	if (!list_has(l, number))
		return -ENOENT;
	l->n--;
	memmove(&l->keys[i], &l->keys[i + 1], (l->n - i) * sizeof(l->keys[0]));
	memmove(&l->values[i], &l->values[i + 1],
		(l->n - i) * sizeof(l->values[0]));
	return 0;
}

static int tree_insert(const struct br_sg_tree_type *type,
		       struct br_sg_tree *tree, u32 number, struct thing *thing)
{
	struct thing *value[2] = { thing, NULL };
	int err;

	err = br_sg_tree_insert(type, tree, key_of(type, number), value);
	if (!err && type->drop)
		thing->refs++;
	return err;
}

static bool value_is(const struct br_sg_tree_type *type, const void *value,
		     const struct thing *thing)
{
	return !type->value || *(struct thing *const *)value == thing;
}

static bool tree_agrees(const struct br_sg_tree_type *type,
			const struct br_sg_tree *tree, const struct list *l,
			u32 keys)
{
	struct br_sg_tree_iter it;
	bool set;
	u32 i;

	if (tree->count != l->n)
		return false;
	br_sg_tree_iter_init(&it, type, tree);
	set = br_sg_tree_seek_ge(&it, key_of(type, 0));
	for (i = 0; i < l->n; i++) {
		const void *key = key_of(type, l->keys[i]), *value;

		if (!set || memcmp(br_sg_tree_iter_key(&it), key, type->key) ||
		    !value_is(type, br_sg_tree_iter_value(&it), l->values[i]))
			return false;
		if (memcmp(br_sg_tree_key(type, tree, i), key, type->key))
			return false;
		if (!value_is(type, br_sg_tree_value(type, tree, i),
			      l->values[i]))
			return false;
		value = br_sg_tree_find(type, tree, key);
		if (!value || !value_is(type, value, l->values[i]))
			return false;
		set = br_sg_tree_next(&it);
	}
	if (set)
		return false;

	/* seeks from where the last one went */
	for (i = 0; i < 60; i++) {
		u32 number = i % 3 && l->n ? l->keys[rnd_below(l->n)] +
					     rnd_below(3) - 1 : rnd_below(keys);
		u32 at;

		if (number >= keys)
			continue;
		at = list_at(l, number);
		if (!!br_sg_tree_find(type, tree, key_of(type, number)) !=
		    list_has(l, number))
			return false;
		set = at < l->n;
		if (br_sg_tree_seek_ge(&it, key_of(type, number)) != set)
			return false;
		if (set && number_of(type, br_sg_tree_iter_key(&it)) !=
		    l->keys[at])
			return false;
		at += list_has(l, number);
		set = at;
		if (br_sg_tree_seek_le(&it, key_of(type, number)) != set)
			return false;
		if (set && number_of(type, br_sg_tree_iter_key(&it)) !=
		    l->keys[at - 1])
			return false;
	}
	return true;
}

struct expected {
	const struct br_sg_tree_type *type;
	u32 n;
	u32 at;
	u32 stop;
	struct {
		u32 number;
		struct thing *was;	/* NULL: not there */
		struct thing *is;
	} rows[2 * LIST_MAX];
};

/* a value of nobody, for what is there and has none to compare */
static struct thing something;

static bool side_is(const struct br_sg_tree_type *type, const void *value,
		    const struct thing *thing)
{
	return !value == !thing &&
	       (!value || thing == &something || value_is(type, value, thing));
}

static int expected_next(const void *key, const void *was, const void *is,
			 void *arg)
{
	struct expected *e = arg;

	if (e->at >= e->n ||
	    !side_is(e->type, was, e->rows[e->at].was) ||
	    !side_is(e->type, is, e->rows[e->at].is) ||
	    e->rows[e->at].number != number_of(e->type, key))
		return -1;
	e->at++;
	return e->at == e->stop ? 7 : 0;
}

static bool diff_agrees(const struct br_sg_tree_type *type,
			const struct version *a, const struct version *b)
{
	static struct expected e;
	u32 i = 0, k = 0;
	bool good;

	e.type = type;
	e.n = 0;
	e.at = 0;
	e.stop = 0;
	while (i < a->list.n || k < b->list.n) {
		if (k == b->list.n ||
		    (i < a->list.n && a->list.keys[i] < b->list.keys[k])) {
			e.rows[e.n].was = a->list.values[i];
			e.rows[e.n].is = NULL;
			e.rows[e.n++].number = a->list.keys[i++];
		} else if (i == a->list.n ||
			   a->list.keys[i] > b->list.keys[k]) {
			e.rows[e.n].was = NULL;
			e.rows[e.n].is = b->list.values[k];
			e.rows[e.n++].number = b->list.keys[k++];
		} else {
			if (type->value &&
			    a->list.values[i] != b->list.values[k]) {
				e.rows[e.n].was = a->list.values[i];
				e.rows[e.n].is = b->list.values[k];
				e.rows[e.n++].number = a->list.keys[i];
			}
			i++;
			k++;
		}
	}
	good = !br_sg_tree_diff(type, &a->tree, &b->tree, expected_next, &e);
	good &= e.at == e.n;
	if (e.n) {
		e.at = 0;
		e.stop = 1 + rnd_below(e.n);
		good &= br_sg_tree_diff(type, &a->tree, &b->tree, expected_next,
					&e) == 7;
		good &= e.at == e.stop;
	}
	return good;
}

/* a batch of changes of one version, of a kind */
static bool batch(const struct br_sg_tree_type *type, struct version *v,
		  u32 keys, u32 n)
{
	u32 kind = rnd_below(5), from = rnd_below(keys), number;
	struct thing *thing;
	bool good = true;
	int err, want;
	u32 i;

	for (i = 0; i < n; i++) {
		thing = &things[rnd_below(ARRAY_SIZE(things))];
		number = rnd_below(keys);
		if (kind == 1)
			number = (from + i) % keys;
		else if (kind == 2)
			number = (from + keys - i % keys) % keys;
		if (kind != 3 && (kind < 3 || rnd_below(2)) &&
		    v->list.n < LIST_MAX) {
			err = tree_insert(type, &v->tree, number, thing);
			want = list_insert(&v->list, number, thing);
			/* the deepest tree is full */
			if (err == -ENOMEM && type->key > 50) {
				if (!want)
					list_remove(&v->list, number);
				err = want;
			}
			good &= err == want;
			continue;
		}
		if (v->list.n && rnd_below(4))
			number = v->list.keys[rnd_below(v->list.n)];
		if (type->value && type->drop && !rnd_below(3)) {
			struct thing **value;

			value = br_sg_tree_edit(type, &v->tree,
						key_of(type, number));
			if (!list_has(&v->list, number)) {
				good &= PTR_ERR(value) == -ENOENT;
				continue;
			}
			(*value)->refs--;
			*value = thing;
			thing->refs++;
			v->list.values[list_at(&v->list, number)] = thing;
			continue;
		}
		err = br_sg_tree_remove(type, &v->tree, key_of(type, number));
		good &= err == list_remove(&v->list, number);
	}
	return good;
}

static void test_random(size_t which)
{
	struct version *versions = calloc(VERSIONS, sizeof(*versions));
	const struct br_sg_tree_type *type = &types[which];
	u32 keys = type->key == 1 ? 256 : type->key > 50 ? 400 : 6000;
	bool good = true, drops = type->drop, sizes = true;
	size_t live = shim_alloc_live;
	u32 most = 0, round, i, k;

	for (i = 0; i < ARRAY_SIZE(things); i++)
		things[i].refs = 0;
	for (round = 0; good && round < 250; round++) {
		struct version *from = &versions[rnd_below(VERSIONS)];
		struct version *to = &versions[rnd_below(VERSIONS)];

		if (from != to) {
			br_sg_tree_drop(type, &to->tree);
			br_sg_tree_share(&to->tree, &from->tree);
			to->list = from->list;
		}
		k = rnd_below(4) ? 1 + rnd_below(5) : rnd_below(700);
		good &= batch(type, to, keys, k);
		most = max(to->list.n, most);
		for (i = 0; i < VERSIONS && round % 8 == 0; i++)
			good &= tree_agrees(type, &versions[i].tree,
					    &versions[i].list, keys);
		good &= tree_agrees(type, &to->tree, &to->list, keys);
		good &= tree_agrees(type, &from->tree, &from->list, keys);
		good &= diff_agrees(type, from, to);
		good &= diff_agrees(type, to, &versions[rnd_below(VERSIONS)]);
	}
	ok(good, "key %u, value %u: random, %u entries at most", type->key,
	   type->value, most);
	for (i = 1; i < VERSIONS; i++)
		br_sg_tree_drop(type, &versions[i].tree);
	sizes &= versions[0].tree.bytes == shim_alloc_live - live;
	for (i = 0; i < ARRAY_SIZE(things) && drops; i++)
		for (k = 0; k < versions[0].list.n; k++)
			things[i].refs -= versions[0].list.values[k] ==
					  &things[i];
	ok(!drops || !things_refs(), "key %u: references are as many as entries",
	   type->key);
	for (i = 0; i < versions[0].list.n; i++)
		versions[0].list.values[i]->refs++;
	while (versions[0].list.n) {
		i = versions[0].list.keys[rnd_below(versions[0].list.n)];
		br_sg_tree_remove(type, &versions[0].tree, key_of(type, i));
		list_remove(&versions[0].list, i);
		if (versions[0].list.n % 16 == 0)
			good &= tree_agrees(type, &versions[0].tree,
					    &versions[0].list, keys);
		sizes &= versions[0].tree.bytes == shim_alloc_live - live;
	}
	ok(sizes && !versions[0].tree.bytes, "key %u: bytes are what it takes",
	   type->key);
	ok(good && !versions[0].tree.root, "key %u: emptied", type->key);
	free(versions);
}

/* each allocation of a change fails once */
static void test_failures(size_t which)
{
	const struct br_sg_tree_type *type = &types[which];
	u32 keys = type->key == 1 ? 256 : type->key > 50 ? 300 : 3000;
	struct version *a = calloc(1, sizeof(*a)), *b = calloc(1, sizeof(*b));
	bool good = true;
	long failed = 0;
	u32 round, i;

	for (i = 0; i < ARRAY_SIZE(things); i++)
		things[i].refs = 0;
	for (i = 0; i < keys; i += 2) {
		list_insert(&a->list, i, &things[i % 7]);
		good &= !tree_insert(type, &a->tree, i, &things[i % 7]);
	}
	for (round = 0; good && round < 150; round++) {
		u32 number = rnd_below(keys);
		bool shared = round % 3;
		int err = -ENOMEM;
		long left;

		if (round == 0)
			number = 1;
		if (round == 1)
			number = keys - 1;
		for (left = 0; err == -ENOMEM && good; left++) {
			b->list = a->list;
			b->tree = a->tree;
			if (shared)
				br_sg_tree_share(&b->tree, &a->tree);
			shim_alloc_left = left;
			if (number % 2)
				err = tree_insert(type, &b->tree, number,
						  &things[8]);
			else if (round % 2 && type->value)
				err = PTR_ERR(br_sg_tree_edit(type, &b->tree,
							      key_of(type, number)));
			else
				err = br_sg_tree_remove(type, &b->tree,
							key_of(type, number));
			shim_alloc_left = -1;
			if (err == -ENOMEM) {
				failed++;
			} else if (number % 2) {
				good &= err == list_insert(&b->list, number,
							   &things[8]);
			} else if (!(round % 2 && type->value)) {
				good &= err == list_remove(&b->list, number);
			}
			good &= tree_agrees(type, &b->tree, &b->list, keys);
			if (!shared) {
				*a = *b;
				continue;
			}
			br_sg_tree_drop(type, &b->tree);
			good &= tree_agrees(type, &a->tree, &a->list, keys);
		}
	}
	br_sg_tree_drop(type, &a->tree);
	good &= !type->drop || !things_refs();
	ok(good && failed > 50, "key %u: %ld allocations failed: as before",
	   type->key, failed);
	free(a);
	free(b);
}

/* what a change costs, and how full nodes are */
static void test_cost(size_t which)
{
	const struct br_sg_tree_type *type = &types[which];
	struct br_sg_tree tree = { 0 }, next;
	u32 entry = type->key + type->value;
	struct expected *e = calloc(1, sizeof(*e));
	const u32 n = 100000;
	bool good = true;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(things); i++)
		things[i].refs = 0;
	for (i = 0; i < n; i++)
		good &= !tree_insert(type, &tree, 2 * i, &things[0]);
	ok(good && tree.bytes < n * entry * 11 / 10,
	   "key %u: %u ascending: %zu bytes for %u", type->key, n,
	   tree.bytes / n, entry);
	br_sg_tree_share(&next, &tree);
	shim_alloc_count = 0;
	good = !tree_insert(type, &next, n | 1, &things[0]);
	ok(good && shim_alloc_count <= next.root->level + 4U,
	   "key %u: insert of one: %zu allocations, %d levels", type->key,
	   shim_alloc_count, next.root->level + 1);
	shim_alloc_count = 0;
	for (i = 0; i < 10; i++)
		good &= !tree_insert(type, &next, n + 3 + 2 * i, &things[0]);
	ok(good && shim_alloc_count <= next.root->level,
	   "key %u: ten more beside it: %zu", type->key, shim_alloc_count);
	e->type = type;
	for (i = 0; i < 11; i++) {
		e->rows[e->n].was = NULL;
		e->rows[e->n].is = &something;
		e->rows[e->n++].number = (n | 1) + 2 * i;
	}
	good = !br_sg_tree_diff(type, &tree, &next, expected_next, e);
	ok(good && e->at == 11, "key %u: a difference of eleven", type->key);
	br_sg_tree_drop(type, &next);
	br_sg_tree_drop(type, &tree);

	for (i = n; i; i--)
		good &= !tree_insert(type, &tree, i, &things[0]);
	ok(good && tree.bytes < n * entry * 11 / 10,
	   "key %u: descending: %zu bytes", type->key, tree.bytes / n);
	for (i = 1; i <= n; i++)
		if (i % 50)
			good &= !br_sg_tree_remove(type, &tree,
						   key_of(type, i));
	ok(good && tree.bytes < n / 50 * entry * 3,
	   "key %u: 2 %% left: %zu bytes", type->key, tree.bytes / (n / 50));
	br_sg_tree_drop(type, &tree);
	good = true;
	for (i = 0; i < n; i++)
		good &= !tree_insert(type, &tree, (u32)(i * 2654435761u),
				     &things[0]);
	/* in this order all nodes are full, and split, at the same time */
	ok(good && tree.bytes < n * entry * 21 / 10,
	   "key %u: scattered: %zu bytes", type->key, tree.bytes / n);
	br_sg_tree_drop(type, &tree);
	tree_insert(type, &tree, 5, &things[0]);
	ok(tree.bytes <= 64, "key %u: one entry: %zu bytes", type->key,
	   tree.bytes);
	br_sg_tree_drop(type, &tree);
	free(e);
}

/* no tree is too deep to recurse into */
static void test_depth(size_t which)
{
	const struct br_sg_tree_type *type = &types[which];
	struct version *v = calloc(1, sizeof(*v));
	bool good;
	u32 i = 0;
	int err;

	do {
		u32 number = (i * 40503) & 0xffff;

		err = tree_insert(type, &v->tree, number, &things[0]);
		if (!err)
			list_insert(&v->list, number, &things[0]);
	} while (!err && ++i < LIST_MAX);
	ok(err == -ENOMEM && v->tree.root->level == BR_SG_TREE_LEVELS - 1,
	   "key %u: %u entries are all that fits", type->key, i);
	good = tree_agrees(type, &v->tree, &v->list, 1 << 16);
	while (v->list.n && good) {
		good &= !br_sg_tree_remove(type, &v->tree,
					   key_of(type, v->list.keys[0]));
		list_remove(&v->list, v->list.keys[0]);
	}
	ok(good && !v->tree.bytes, "key %u: and all goes again", type->key);
	free(v);
}

int main(int argc, char **argv)
{
	size_t i;

	rnd_seed(argc, argv);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		test_random(i);
		test_failures(i);
		if (i < 4)
			test_cost(i);
	}
	test_depth(ARRAY_SIZE(types) - 1);
	return tap_plan();
}
