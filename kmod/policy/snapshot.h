/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All that the packet path reads in one netns.
 *
 *	snapshot ---> policy ---> ports ---> ruleset ---> tables ---> address sets
 *	   |                        ^
 *	   +-- pages: device -------+
 *	   |          |
 *	   |          +---> bridge: zone template
 *	   |          +---> shadow: the device's port in the shadow, a second policy
 *	   +-- index: serial -> device
 *	   +-- remotes, of the policy
 *
 * policy.c makes a policy of a configuration, device names and all; judge.c finds
 * what the devices that exist are by it, and publish.c makes the snapshot. All of it
 * is immutable but for counters; a hook reads the one RCU pointer to the snapshot
 * once, and what it needs of that beside a bind goes along with the bind.
 *
 * A snapshot shares all pages with the one before but those on which a device is
 * another than before. What the one before has and the next has not is freed with the
 * one before, when nobody reads it any more: a reader has none that is older.
 */
#ifndef BR_SG_SNAPSHOT_H
#define BR_SG_SNAPSHOT_H

#include <linux/if_bridge.h>
#include <linux/netdevice.h>
#include <linux/workqueue.h>

#include "base/counter.h"
#include "match/remotes.h"
#include "policy/bind_state.h"
#include "policy/policy.h"

struct br_sg_templates;
struct nf_conn;

/**
 * struct br_sg_bridge - a bridge with ports of ours, as it is at present; another
 *	takes its place when it is not so any more
 * @dev: to ask whether it filters VLANs; alive as long as its ports are bound
 * @name: of @dev
 * @tmpl: of @templates; what a frame reads
 * @templates: of the zone, a reference; NULL unless @filtered
 * @zone: conntrack zone; 0 unless @filtered
 * @filtered: some port of it is in mode FILTER
 * @stateless: all of those are stateless
 * @lost: in br_sg_devs.lost_bridges, then in br_sg_snapshot.bridges. Protected by
 *	the netns' publish mutex, later by who frees the snapshot
 */
struct br_sg_bridge {
	const struct net_device *dev;
	char name[IFNAMSIZ];
	struct nf_conn * __percpu *tmpl;
	struct br_sg_templates *templates;
	u16 zone;
	bool filtered;
	bool stateless;
	struct hlist_node lost;
};

/**
 * struct br_sg_shadow_counts - what the shadow counts at a device, besides what
 *	its own port counts; see shadow.c
 * @ref: of the device, and of snapshots
 * @number: of the shadow
 * @ruleset: of the port in force, a reference; NULL: it has none
 * @rules: of @ruleset: frames that a rule lets by and the shadow would drop, a
 *	reference; NULL like it
 * @none: per direction: frames about which the shadow decides otherwise since it
 *	has no port line for the device
 */
struct br_sg_shadow_counts {
	refcount_t ref;
	u64 number;
	struct br_sg_ruleset *ruleset;
	struct br_sg_rule_counters *rules;
	struct br_sg_counter none[__BR_SG_DIRECTIONS];
};

/**
 * struct br_sg_shadow_end - what a device is to the shadow
 * @port: its port there, of the snapshot's @shadow; NULL: no port line
 * @remotes: of the snapshot's @shadow
 * @bridge: of the device, to ask whether it filters VLANs; not to be followed
 *	when the device is UNCONFIGURED
 * @counts: a reference
 * @dev: the device's name
 * @drops: there is no port line and a default drops it, or it was renamed
 * @blocked: [zone], as the port in force is
 * @lost: in br_sg_devs.lost_ends, then in br_sg_snapshot.ends. Protected as
 *	br_sg_bridge.lost
 */
struct br_sg_shadow_end {
	const struct br_sg_port *port;
	const struct br_sg_remotes *remotes;
	const struct net_device *bridge;
	struct br_sg_shadow_counts *counts;
	char dev[IFNAMSIZ];
	bool drops;
	bool blocked;
	struct hlist_node lost;
};

/**
 * struct br_sg_bind - a device in a snapshot's page; a cache line
 * @ifindex: of @dev
 * @state: enum br_sg_bind_state; set to UNCONFIGURED in place when a device
 *	goes and there is no memory for a new page
 * @tracked: frames of its bridge go through conntrack: some port of it filters
 *	and is not stateless. Not set where there is a shadow, whose way is long
 * @watched: the policy of a port of its zone has moved, now or before: flows there
 *	may be revoked, and what would end or reopen one is looked up before
 *	conntrack
 * @dev: to compare, never to follow; NULL: an empty slot of the page
 * @port: FILTER, OPEN and ZONE
 * @bridge: all but UNCONFIGURED
 * @stamp: serial and version where a slot has them
 * @shadow: what the device is to the shadow; NULL: there is none, or the device
 *	has no port line and fares the same in both
 */
struct br_sg_bind {
	int ifindex;
	u8 state;
	bool tracked;
	bool watched;
	const struct net_device *dev;
	const struct br_sg_port *port;
	const struct br_sg_bridge *bridge;
	u64 stamp;
	const struct br_sg_shadow_end *shadow;
} ____cacheline_aligned;

#define BR_SG_SNAPSHOT_PAGES	256

/**
 * struct br_sg_page - the devices whose ifindex ends in the page's number
 * @binds: open addressing by the rest of the ifindex; at most half of it is in use
 * @mask: slots in @binds - 1
 */
struct br_sg_page {
	struct br_sg_bind *binds;
	u32 mask;
};

/**
 * struct br_sg_index - the serials that end in the index's number
 * @mask: slots - 1; at most half of them are in use
 * @slots: open addressing by the rest of the serial
 */
struct br_sg_index {
	u32 mask;
	struct br_sg_index_slot {
		u32 serial;	/* 0: empty */
		int ifindex;
		const struct net_device *dev;
	} slots[];
};

/**
 * struct br_sg_snapshot - published by one RCU pointer
 * @rwork: frees it
 * @policy: a reference
 * @shadow: a second policy, judged and not enforced; a reference, or NULL
 * @remotes: of @policy
 * @ends: that the next has not, struct br_sg_shadow_end
 * @bridges: the same of struct br_sg_bridge
 * @lost: bit per page that the next has not
 * @lost_index: the same of @index
 * @pages: ifindex -> bind
 * @index: serial -> device, of those with a port line
 *
 * What the next has not is written under the netns' publish mutex when there is one.
 */
struct br_sg_snapshot {
	struct rcu_work rwork;
	struct br_sg_policy *policy;
	struct br_sg_policy *shadow;
	const struct br_sg_remotes *remotes;
	struct hlist_head ends;
	struct hlist_head bridges;
	DECLARE_BITMAP(lost, BR_SG_SNAPSHOT_PAGES);
	DECLARE_BITMAP(lost_index, BR_SG_SNAPSHOT_PAGES);
	struct br_sg_page pages[BR_SG_SNAPSHOT_PAGES];
	struct br_sg_index *index[BR_SG_SNAPSHOT_PAGES];
};

/* of a port that filters: conntrack does not see VLANs, a zone would mix them */
static inline bool br_sg_bridge_unfit(const struct br_sg_bind *bind)
{
	return br_vlan_enabled(bind->bridge->dev);
}

static inline const struct br_sg_bind *
br_sg_bind_at(const struct br_sg_snapshot *snap, const struct net_device *dev,
	      u32 ifindex)
{
	const struct br_sg_page *page;
	const struct br_sg_bind *bind;
	u32 i = ifindex / BR_SG_SNAPSHOT_PAGES;

	page = &snap->pages[ifindex % BR_SG_SNAPSHOT_PAGES];
	bind = &page->binds[i & page->mask];
	/* at most half of the page is in use: this ends, and soon */
	while (unlikely(bind->dev != dev)) {
		if (!bind->dev)
			return NULL;
		bind = &page->binds[++i & page->mask];
	}
	return bind;
}

static inline const struct br_sg_bind *
br_sg_bind_find(const struct br_sg_snapshot *snap, const struct net_device *dev)
{
	return br_sg_bind_at(snap, dev, dev->ifindex);
}

/* the device whose slots have this serial, if it is there and has a port line */
static inline const struct br_sg_bind *
br_sg_bind_by_serial(const struct br_sg_snapshot *snap, u32 serial)
{
	const struct br_sg_index_slot *slot;
	const struct br_sg_index *index;
	u32 i = serial / BR_SG_SNAPSHOT_PAGES;

	index = snap->index[serial % BR_SG_SNAPSHOT_PAGES];
	for (slot = &index->slots[i & index->mask]; slot->serial;
	     slot = &index->slots[++i & index->mask])
		if (slot->serial == serial)
			return br_sg_bind_at(snap, slot->dev, slot->ifindex);
	return NULL;
}

/* how many slots all pages have; the @i-th of them, NULL if it is empty */
static inline u32 br_sg_binds_slots(const struct br_sg_snapshot *snap)
{
	u32 p, n = 0;

	for (p = 0; p < BR_SG_SNAPSHOT_PAGES; p++)
		n += snap->pages[p].mask + 1;
	return n;
}

static inline const struct br_sg_bind *
br_sg_binds_slot(const struct br_sg_snapshot *snap, u32 i)
{
	const struct br_sg_page *page = snap->pages;

	for (; page < snap->pages + BR_SG_SNAPSHOT_PAGES; page++) {
		if (i <= page->mask)
			return page->binds[i].dev ? &page->binds[i] : NULL;
		i -= page->mask + 1;
	}
	return NULL;
}

/**
 * struct br_sg_binds_at - how far a walk over all binds has come; zero: it begins
 * @page: that is next
 * @slot: of it
 */
struct br_sg_binds_at {
	u32 page;
	u32 slot;
};

/* NULL: there is no more */
static inline const struct br_sg_bind *
br_sg_binds_next(const struct br_sg_snapshot *snap, struct br_sg_binds_at *at)
{
	const struct br_sg_page *page;
	const struct br_sg_bind *bind;

	for (; at->page < BR_SG_SNAPSHOT_PAGES; at->page++, at->slot = 0) {
		page = &snap->pages[at->page];
		while (at->slot <= page->mask) {
			bind = &page->binds[at->slot++];
			if (bind->dev)
				return bind;
		}
	}
	return NULL;
}

#endif
