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

/* of a group's @brought; the value is a u64 */
struct brought_key {
	u8 family;
	struct br_sg_addr addr;
} __packed;

const struct br_sg_tree_type br_sg_brought_type = {
	.key = sizeof(struct brought_key),
	.value = sizeof(u64),
};

static bool is_host(const struct br_sg_prefix *prefix)
{
	return prefix->len == br_sg_family_bits(prefix->family);
}

static void brought_key(struct brought_key *key,
			const struct br_sg_prefix *prefix)
{
	key->family = prefix->family;
	key->addr = prefix->addr;
}

static bool is_brought(const struct br_sg_owner *group,
		       const struct br_sg_prefix *prefix)
{
	struct brought_key key;

	brought_key(&key, prefix);
	return is_host(prefix) &&
	       br_sg_tree_find(&br_sg_brought_type, &group->brought, &key);
}

static bool is_by_hand(const struct br_sg_owner *group,
		       const struct br_sg_prefix *prefix)
{
	struct br_sg_prefix next;

	return br_sg_addrset_next(group->group_conf->members, prefix, &next) &&
	       !br_sg_prefix_cmp(&next, prefix);
}

/* one port more, or less, that brings @prefix */
static int bring(struct br_sg_owner *group, const struct br_sg_prefix *prefix,
		 bool more)
{
	static const u64 one = 1;
	struct brought_key key;
	u64 *ports;

	brought_key(&key, prefix);
	ports = br_sg_tree_edit(&br_sg_brought_type, &group->brought, &key);
	if (more && ports == ERR_PTR(-ENOENT))
		return br_sg_tree_insert(&br_sg_brought_type, &group->brought,
					 &key, &one);
	if (IS_ERR(ports))
		return PTR_ERR(ports);
	*ports += more ? 1 : -1;
	return *ports ? 0 : br_sg_tree_remove(&br_sg_brought_type,
					      &group->brought, &key);
}

static int port_joins(struct br_sg_compile *c,
		      const struct br_sg_port_conf *conf, bool joins)
{
	struct br_sg_owner *group;
	char dev[IFNAMSIZ];
	int i, k, err;

	strscpy_pad(dev, conf->dev, sizeof(dev));
	for (i = 0; i < conf->n_groups; i++) {
		group = br_sg_owner_edit(c, false, conf->groups[i]->s);
		if (IS_ERR(group))
			return PTR_ERR(group);
		err = joins ? br_sg_tree_insert(&br_sg_devs_type,
						&group->ports, dev, NULL) :
			      br_sg_tree_remove(&br_sg_devs_type,
						&group->ports, dev);
		for (k = 0; !err && k < conf->n_pairs; k++)
			if (is_host(&conf->pairs[k].prefix))
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

static int brought_item(const void *k, const void *was, const void *is,
			void *arg)
{
	const struct brought_key *key = k;
	struct members_diff *diff = arg;
	struct br_sg_prefix prefix = {
		.addr = key->addr,
		.family = key->family,
		.len = br_sg_family_bits(key->family),
	};

	cond_resched();
	if (!was)
		return prefixes_add(&diff->came, &prefix);
	if (is || is_by_hand(diff->group, &prefix))
		return 0;
	return prefixes_add(&diff->lost, &prefix);
}

static int hand_item(const struct br_sg_prefix *prefix, bool came, void *arg)
{
	struct members_diff *diff = arg;

	cond_resched();
	if (came)
		return prefixes_add(&diff->came, prefix);
	/* what a port brought until now is brought_item()'s to judge */
	if (is_brought(diff->group, prefix) ||
	    is_brought(diff->group->was, prefix))
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

	err = br_sg_tree_diff(&br_sg_brought_type, was ? &was->brought : &none,
			      &group->brought, brought_item, &diff);
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
