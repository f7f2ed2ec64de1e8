// SPDX-License-Identifier: GPL-2.0
/*
 * Who is in a group: the ports that have it, the addresses that these bring, host-length
 * pairs included, and with those added by hand its effective members.
 *
 * How many ports bring an address is counted, so that a port that goes or changes takes
 * with it what no other brings, and nobody else is looked at. The members follow from
 * those of the owner before, by what differs:
 *
 *	members = before - lost + came
 *
 * came	what a port brings, or is there by hand, and was not before
 * lost	what no port brings any more and is not there by hand, or the other way round
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "policy/compile.h"
#include "policy/owner.h"

/*
 * What ports bring to a group, a tree per family. An address that n ports bring is there
 * n times, with @seq from 0 to n - 1, which takes less than a count beside each: most are
 * brought by one.
 */
struct brought4 {
	__be32 addr;
	__be16 seq;
} __packed;

struct brought6 {
	struct br_sg_addr addr;
	__be16 seq;
} __packed;

const struct br_sg_tree_type br_sg_brought4_type = {
	.key = sizeof(struct brought4),
};

const struct br_sg_tree_type br_sg_brought6_type = {
	.key = sizeof(struct brought6),
};

static bool is_host(const struct br_sg_prefix *prefix)
{
	return prefix->len == br_sg_family_bits(prefix->family);
}

/* a group's tree for a prefix, and the prefix's @seq-th key in it */
struct brought {
	const struct br_sg_tree_type *type;
	struct br_sg_tree *tree;
	union {
		struct brought4 v4;
		struct brought6 v6;
	} key;
};

static void brought_at(struct brought *at, struct br_sg_owner *group,
		       const struct br_sg_prefix *prefix, u32 seq)
{
	if (prefix->family == AF_INET) {
		at->type = &br_sg_brought4_type;
		at->tree = &group->brought4;
		at->key.v4.addr = prefix->addr.v4;
		at->key.v4.seq = cpu_to_be16(seq);
	} else {
		at->type = &br_sg_brought6_type;
		at->tree = &group->brought6;
		at->key.v6.addr = prefix->addr;
		at->key.v6.seq = cpu_to_be16(seq);
	}
}

static bool brought_has(const struct br_sg_owner *group,
			const struct br_sg_prefix *prefix, u32 seq)
{
	struct brought at;

	/* which is not changed through it */
	brought_at(&at, (struct br_sg_owner *)group, prefix, seq);
	return br_sg_tree_find(at.type, at.tree, &at.key);
}

static bool is_by_hand(const struct br_sg_owner *group,
		       const struct br_sg_prefix *prefix)
{
	struct br_sg_prefix next;

	return br_sg_addrset_next(group->group_conf->members, prefix, &next) &&
	       !br_sg_prefix_cmp(&next, prefix);
}

/* how many times @prefix is there; it is. Seldom more than once */
static u32 brought_times(struct br_sg_owner *group,
			 const struct br_sg_prefix *prefix)
{
	u32 there = 0, step = 1;

	while (brought_has(group, prefix, there + step)) {
		there += step;
		step *= 2;
	}
	for (; step; step /= 2)
		if (brought_has(group, prefix, there + step))
			there += step;
	return there + 1;
}

/* one port more, or less, that brings @prefix */
static int bring(struct br_sg_owner *group, const struct br_sg_prefix *prefix,
		 bool more)
{
	struct brought at;
	u32 times;
	int err;

	if (more) {
		brought_at(&at, group, prefix, 0);
		err = br_sg_tree_insert(at.type, at.tree, &at.key, NULL);
		if (err != -EEXIST)
			return err;
	}
	times = brought_times(group, prefix);
	brought_at(&at, group, prefix, more ? times : times - 1);
	return more ? br_sg_tree_insert(at.type, at.tree, &at.key, NULL) :
		      br_sg_tree_remove(at.type, at.tree, &at.key);
}

/* with another MAC an address may be there twice: a port brings it once */
static bool pair_counts(const struct br_sg_port_conf *conf, int pair)
{
	int i;

	if (!is_host(&conf->pairs[pair].prefix))
		return false;
	for (i = 0; i < pair; i++)
		if (!br_sg_prefix_cmp(&conf->pairs[i].prefix,
				      &conf->pairs[pair].prefix))
			return false;
	return true;
}

static int port_joins(struct br_sg_compile *c,
		      const struct br_sg_port_conf *conf, bool joins)
{
	struct br_sg_owner *group;
	char dev[IFNAMSIZ];
	int i, k, err;

	strscpy_pad(dev, conf->dev, sizeof(dev));
	for (i = 0; i < conf->n_groups; i++) {
		group = br_sg_owner_group_edit(c, conf->groups[i]);
		if (IS_ERR(group))
			return PTR_ERR(group);
		err = joins ? br_sg_tree_insert(&br_sg_devs_type,
						&group->ports, dev, NULL) :
			      br_sg_tree_remove(&br_sg_devs_type,
						&group->ports, dev);
		for (k = 0; !err && k < conf->n_pairs; k++)
			if (pair_counts(conf, k))
				err = bring(group, &conf->pairs[k].prefix,
					    joins);
		if (err)
			return err;
	}
	return 0;
}

/* in the same groups with the same addresses? */
static bool port_stays(const struct br_sg_port_conf *a,
		       const struct br_sg_port_conf *b)
{
	int i;

	if (a->n_groups != b->n_groups || a->n_pairs != b->n_pairs)
		return false;
	for (i = 0; i < a->n_groups; i++)
		if (!br_sg_name_same(a->groups[i], b->groups[i]))
			return false;
	for (i = 0; i < a->n_pairs; i++)
		if (br_sg_prefix_cmp(&a->pairs[i].prefix, &b->pairs[i].prefix))
			return false;
	return true;
}

static int port_line(void *was, void *is, void *arg)
{
	const struct br_sg_port_conf *before = was, *after = is;
	struct br_sg_compile *c = arg;
	int err;

	cond_resched();
	err = br_sg_compile_dirty(c, (after ?: before)->dev);
	if (err || (before && after && port_stays(before, after)))
		return err;
	if (before)
		err = port_joins(c, before, false);
	if (!err && after)
		err = port_joins(c, after, true);
	return err;
}

int br_sg_members_compile(struct br_sg_compile *c)
{
	return br_sg_config_diff(c->old ? c->old->config : NULL, c->config,
				 BR_SG_KIND_PORT, port_line, c);
}

/* prefixes, of one step */
struct prefixes {
	struct br_sg_prefix *v;
	u32 n;
	u32 n_alloc;
};

static int prefixes_add(struct prefixes *list, const struct br_sg_prefix *prefix)
{
	struct br_sg_prefix *v;
	u32 n_alloc;

	if (list->n == list->n_alloc) {
		n_alloc = max_t(u32, 8, 2 * list->n_alloc);
		v = kvmalloc_array(n_alloc, sizeof(*v), GFP_KERNEL_ACCOUNT);
		if (!v)
			return -ENOMEM;
		if (list->n)
			memcpy(v, list->v, list->n * sizeof(*v));
		kvfree(list->v);
		list->v = v;
		list->n_alloc = n_alloc;
	}
	list->v[list->n++] = *prefix;
	return 0;
}

/* what differs between a group and what it was */
struct members_diff {
	const struct br_sg_owner *group;
	struct prefixes came;
	struct prefixes lost;
};

static int brought_item(struct members_diff *diff,
			const struct br_sg_prefix *prefix, bool came)
{
	cond_resched();
	if (came)
		return prefixes_add(&diff->came, prefix);
	return is_by_hand(diff->group, prefix) ? 0 :
						 prefixes_add(&diff->lost, prefix);
}

/* only what the first port brings, or the last one takes, changes members */
static int brought4_item(const void *key, const void *was, const void *is,
			 void *arg)
{
	const struct brought4 *brought = key;
	struct br_sg_prefix prefix = { .family = AF_INET, .len = 32 };

	if (brought->seq)
		return 0;
	prefix.addr.v4 = brought->addr;
	return brought_item(arg, &prefix, is);
}

static int brought6_item(const void *key, const void *was, const void *is,
			 void *arg)
{
	const struct brought6 *brought = key;
	struct br_sg_prefix prefix = { .family = AF_INET6, .len = 128 };

	if (brought->seq)
		return 0;
	prefix.addr = brought->addr;
	return brought_item(arg, &prefix, is);
}

static int hand_item(const struct br_sg_prefix *prefix, bool came, void *arg)
{
	struct members_diff *diff = arg;

	cond_resched();
	if (came)
		return prefixes_add(&diff->came, prefix);
	/* what a port brought until now is brought_item()'s to judge */
	if (is_host(prefix) && (brought_has(diff->group, prefix, 0) ||
				brought_has(diff->group->was, prefix, 0)))
		return 0;
	return prefixes_add(&diff->lost, prefix);
}

/* @set, whose reference it takes, without @lost and with @came */
static struct br_sg_addrset *set_change(struct br_sg_addrset *set,
					const struct prefixes *lost,
					const struct prefixes *came)
{
	struct br_sg_addrset *next;
	u32 bad;

	if (lost->n) {
		next = br_sg_addrset_remove(set, lost->v, lost->n, &bad);
		br_sg_addrset_put(set);
		if (IS_ERR(next)) {
			/* what is lost was there */
			WARN_ON_ONCE(next == ERR_PTR(-ENOENT));
			return next;
		}
		set = next;
	}
	if (came->n) {
		next = br_sg_addrset_insert(set, came->v, came->n, true, &bad);
		br_sg_addrset_put(set);
		set = next;
	}
	return set;
}

struct br_sg_addrset *br_sg_members_of(const struct br_sg_owner *group)
{
	struct members_diff diff = { .group = group };
	const struct br_sg_owner *was = group->was;
	static const struct br_sg_tree none;
	struct br_sg_addrset *set;
	int err;

	err = br_sg_tree_diff(&br_sg_brought4_type,
			      was ? &was->brought4 : &none, &group->brought4,
			      brought4_item, &diff);
	if (!err)
		err = br_sg_tree_diff(&br_sg_brought6_type,
				      was ? &was->brought6 : &none,
				      &group->brought6, brought6_item, &diff);
	if (!err && was)
		err = br_sg_addrset_diff(was->group_conf->members,
					 group->group_conf->members, hand_item,
					 &diff);
	if (!err)
		set = set_change(br_sg_addrset_get(was ? was->members :
						   group->group_conf->members),
				 &diff.lost, &diff.came);
	else
		set = ERR_PTR(err);
	kvfree(diff.came.v);
	kvfree(diff.lost.v);
	return set;
}
