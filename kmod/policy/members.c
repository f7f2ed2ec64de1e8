// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: Effective members of groups
 *
 * A group's members are those added by hand and the addresses of the local
 * ports that have it, host-length pairs included. A commit changes a few of
 * them, so what they are follows from what they were:
 *
 *	members = before - lost + came
 *
 * came	what a port that is new or changed brings, and what hand added
 * gone	what a port that went or changed brought, and what hand removed
 * lost	what is gone, and no port of now brings it, nor is it there by hand
 *
 * One port of 10,000 in "web" gets another address: its old one is gone, its
 * new one came. Only for what is gone all ports are read, once for all groups;
 * when nothing is, a port more costs the addresses that it has.
 */
#include <linux/bsearch.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "conf/config.h"
#include "policy/compile.h"
#include "policy/members.h"
#include "policy/policy.h"
#include "policy/snapshot.h"

/* @list without items is counted only; see items_place() */
static void items_add(struct br_sg_members_list *list, u32 group,
		      const struct br_sg_prefix *item)
{
	if (list->items)
		list->items[list->end[group]] = *item;
	else
		list->n++;
	list->end[group]++;
}

/* between counting and filling: counts become where each group begins */
static int items_place(struct br_sg_members_list *list, u32 n_groups)
{
	u32 i, from = 0;

	for (i = 0; i < n_groups; i++) {
		u32 count = list->end[i];

		list->end[i] = from;
		from += count;
	}
	list->items = kvcalloc(list->n + 1, sizeof(*list->items),
			       GFP_KERNEL_ACCOUNT);
	return list->items ? 0 : -ENOMEM;
}

/* what a list, filled or empty, has of a group */
static struct br_sg_prefix *items_of(const struct br_sg_members_list *list,
				     u32 group, u32 *n)
{
	u32 from = group ? list->end[group - 1] : 0;

	*n = list->end[group] - from;
	return list->items + from;
}

static bool pair_is_member(const struct br_sg_pair *pair)
{
	return pair->prefix.len == br_sg_family_bits(pair->prefix.family);
}

static void port_items(const struct br_sg_compile *c,
		       struct br_sg_members_list *list,
		       const struct br_sg_port_conf *conf)
{
	int i, k, g;

	for (i = 0; i < conf->n_groups; i++) {
		g = br_sg_group_index(c->config, conf->groups[i]->s);
		for (k = 0; g >= 0 && k < conf->n_pairs; k++)
			if (pair_is_member(&conf->pairs[k]))
				items_add(list, g, &conf->pairs[k].prefix);
	}
}

/* of a br_sg_addrset_diff() */
struct hand_diff {
	struct br_sg_members *m;
	u32 group;
};

static int hand_item(const struct br_sg_prefix *item, bool in_after, void *arg)
{
	struct hand_diff *diff = arg;

	items_add(in_after ? &diff->m->came : &diff->m->gone, diff->group, item);
	return 0;
}

static void walk(const struct br_sg_compile *c, struct br_sg_members *m)
{
	const struct br_sg_config *old = c->old ? c->old->config : NULL;
	const struct br_sg_group_conf *before, *after;
	struct br_sg_config_walk w;

	br_sg_config_walk_begin(&w, old, c->config, BR_SG_KIND_PORT);
	while (br_sg_config_walk(&w)) {
		if (w.before == w.after)
			continue;
		if (w.before)
			port_items(c, &m->gone, w.before);
		if (w.after)
			port_items(c, &m->came, w.after);
	}
	br_sg_config_walk_begin(&w, old, c->config, BR_SG_KIND_GROUP);
	while (br_sg_config_walk(&w)) {
		struct hand_diff diff = { .m = m, .group = w.index };

		before = w.before;
		after = w.after;
		/* without one before, members begin with those by hand */
		if (before && after && before->members != after->members)
			br_sg_addrset_diff(before->members, after->members,
					   hand_item, &diff);
	}
}

static int item_cmp(const void *a, const void *b)
{
	return br_sg_prefix_cmp(a, b);
}

/* marks the gone of groups of @conf that it brings */
static void port_keeps(const struct br_sg_compile *c, struct br_sg_members *m,
		       const struct br_sg_port_conf *conf)
{
	struct br_sg_prefix *gone, *found;
	int i, k, g;
	u32 n;

	for (i = 0; i < conf->n_groups; i++) {
		g = br_sg_group_index(c->config, conf->groups[i]->s);
		gone = items_of(&m->gone, g, &n);
		for (k = 0; n && k < conf->n_pairs; k++) {
			if (!pair_is_member(&conf->pairs[k]))
				continue;
			found = bsearch(&conf->pairs[k].prefix, gone, n,
					sizeof(*gone), item_cmp);
			if (found)
				m->kept[found - m->gone.items] = true;
		}
	}
}

/* each gone item once, and is it still brought by some port? */
static int gone_judge(const struct br_sg_compile *c, struct br_sg_members *m)
{
	const struct br_sg_array *ports = &c->config->ports;
	struct br_sg_prefix *gone;
	u32 i, k, n, unique;

	if (!m->gone.n)
		return 0;
	m->kept = kvcalloc(m->gone.n, sizeof(*m->kept), GFP_KERNEL_ACCOUNT);
	m->n_gone = kvcalloc(c->config->groups.n, sizeof(*m->n_gone),
			     GFP_KERNEL_ACCOUNT);
	if (!m->kept || !m->n_gone)
		return -ENOMEM;
	for (i = 0; i < c->config->groups.n; i++) {
		gone = items_of(&m->gone, i, &n);
		sort(gone, n, sizeof(*gone), item_cmp, NULL);
		for (k = 0, unique = 0; k < n; k++)
			if (!unique || item_cmp(&gone[unique - 1], &gone[k]))
				gone[unique++] = gone[k];
		m->n_gone[i] = unique;
	}
	for (i = 0; i < ports->n; i++) {
		port_keeps(c, m, ports->v[i]);
		cond_resched();
	}
	return 0;
}

int br_sg_members_gather(const struct br_sg_compile *c, struct br_sg_members *m)
{
	u32 n = c->config->groups.n;
	int err;

	m->came.end = kvcalloc(n + 1, sizeof(*m->came.end), GFP_KERNEL_ACCOUNT);
	m->gone.end = kvcalloc(n + 1, sizeof(*m->gone.end), GFP_KERNEL_ACCOUNT);
	if (!m->came.end || !m->gone.end)
		return -ENOMEM;
	walk(c, m);
	if (!m->came.n && !m->gone.n)
		return 0;
	err = items_place(&m->came, n);
	if (!err)
		err = items_place(&m->gone, n);
	if (err)
		return err;
	walk(c, m);
	return gone_judge(c, m);
}

void br_sg_members_free(struct br_sg_members *m)
{
	kvfree(m->came.end);
	kvfree(m->came.items);
	kvfree(m->gone.end);
	kvfree(m->gone.items);
	kvfree(m->n_gone);
	kvfree(m->kept);
}

bool br_sg_members_changed(const struct br_sg_members *m, u32 group)
{
	u32 came, gone;

	items_of(&m->came, group, &came);
	items_of(&m->gone, group, &gone);
	return came || gone;
}

static bool by_hand(const struct br_sg_group_conf *conf,
		    const struct br_sg_prefix *item)
{
	struct br_sg_prefix next;

	return br_sg_addrset_next(conf->members, item, &next) &&
	       !br_sg_prefix_cmp(&next, item);
}

/* @set, whose reference it takes, without what is lost */
static struct br_sg_addrset *without_lost(const struct br_sg_members *m,
					  const struct br_sg_group_conf *conf,
					  u32 group, struct br_sg_addrset *set)
{
	struct br_sg_addrset *less;
	struct br_sg_prefix *gone;
	u32 i, n, lost, bad;
	const bool *kept;

	gone = items_of(&m->gone, group, &n);
	if (!n)
		return set;
	kept = m->kept + (gone - m->gone.items);
	/* the list is read no more, so it may hold what is lost of it */
	for (i = 0, lost = 0; i < m->n_gone[group]; i++)
		if (!kept[i] && !by_hand(conf, &gone[i]))
			gone[lost++] = gone[i];
	if (!lost)
		return set;
	less = br_sg_addrset_remove(set, gone, lost, &bad);
	br_sg_addrset_put(set);
	/* what went was there */
	WARN_ON_ONCE(less == ERR_PTR(-ENOENT));
	return less;
}

struct br_sg_addrset *br_sg_members_of(const struct br_sg_members *m,
				       struct br_sg_group_conf *conf, u32 group,
				       struct br_sg_addrset *before)
{
	struct br_sg_addrset *set, *more;
	struct br_sg_prefix *came;
	u32 n, bad;

	set = br_sg_addrset_get(before ? before : conf->members);
	set = without_lost(m, conf, group, set);
	came = items_of(&m->came, group, &n);
	if (IS_ERR(set) || !n)
		return set;
	more = br_sg_addrset_insert(set, came, n, true, &bad);
	br_sg_addrset_put(set);
	return more;
}
