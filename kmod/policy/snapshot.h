/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All that the packet path reads in one netns.
 *
 *	snapshot ---> policy ---> ports ---> ruleset ---> tables ---> address sets
 *	   |                        ^
 *	   +-- map: device ---------+
 *	            |
 *	            +---> bridge: zone template
 *	            +---> shadow: the device's port in the shadow, a second policy
 *
 * policy.c makes a policy of a configuration, device names and all; bind.c
 * lays the devices that exist over it and makes the snapshot. A commit makes
 * both, a device that comes or goes only the second. All of it is immutable
 * but for counters; a hook reads the one RCU pointer to the snapshot once.
 */
#ifndef BR_SG_SNAPSHOT_H
#define BR_SG_SNAPSHOT_H

#include <linux/if_bridge.h>
#include <linux/netdevice.h>
#include <linux/workqueue.h>

#include "base/counter.h"
#include "match/remotes.h"
#include "policy/policy.h"

struct br_sg_templates;
struct nf_conn;

/**
 * struct br_sg_bridge - a bridge with ports of ours
 * @dev: to ask whether it filters VLANs; alive as long as its ports are bound
 * @name: of @dev
 * @tmpl: of @templates; what a frame reads
 * @templates: of the zone, a reference; NULL unless @filtered
 * @zone: conntrack zone; 0 unless @filtered
 * @filtered: some port of it is in mode FILTER
 * @stateless: all of those are stateless
 * @snap: that it is part of
 */
struct br_sg_bridge {
	const struct net_device *dev;
	char name[IFNAMSIZ];
	struct nf_conn * __percpu *tmpl;
	struct br_sg_templates *templates;
	u16 zone;
	bool filtered;
	bool stateless;
	const struct br_sg_snapshot *snap;
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
 */
struct br_sg_shadow_end {
	const struct br_sg_port *port;
	const struct br_sg_remotes *remotes;
	const struct net_device *bridge;
	struct br_sg_shadow_counts *counts;
	char dev[IFNAMSIZ];
	bool drops;
	bool blocked;
};

/**
 * enum br_sg_bind_state - what a bridge port's device is to us
 * @BR_SG_BIND_PASS: no port line and no default: on a bridge with ports of
 *	ours, so that its frames take the zone template
 * @BR_SG_BIND_FILTER: @port guards it
 * @BR_SG_BIND_OPEN: @port is off or trusted
 * @BR_SG_BIND_ZONE: @port is blocked, [zone]
 * @BR_SG_BIND_UNCONFIGURED: a default drops it, or it was renamed
 */
enum br_sg_bind_state {
	BR_SG_BIND_PASS,
	BR_SG_BIND_FILTER,
	BR_SG_BIND_OPEN,
	BR_SG_BIND_ZONE,
	BR_SG_BIND_UNCONFIGURED,
};

/**
 * struct br_sg_bind - a device in a snapshot's map; a cache line
 * @ifindex: of @dev
 * @state: enum br_sg_bind_state; set to UNCONFIGURED in place when a device
 *	goes and there is no memory for a new map
 * @tracked: frames of its bridge go through conntrack: some port of it filters
 *	and is not stateless. Not set where there is a shadow, whose way is long
 * @watched: the policy of a port of its zone has moved, now or before: flows there
 *	may be revoked, and what would end or reopen one is looked up before
 *	conntrack
 * @dev: to compare, never to follow; NULL: an empty slot of the map
 * @port: FILTER, OPEN and ZONE
 * @bridge: all but UNCONFIGURED
 * @remotes: of the snapshot's policy
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
	const struct br_sg_remotes *remotes;
	u64 stamp;
	const struct br_sg_shadow_end *shadow;
} ____cacheline_aligned;

/**
 * struct br_sg_snapshot - published by one RCU pointer
 * @rwork: frees it
 * @policy: a reference
 * @shadow: a second policy, judged and not enforced; a reference, or NULL
 * @n_ends: length of @ends
 * @ends: what devices are to @shadow; NULL like it
 * @n_bridges: length of @bridges
 * @bridges: those with ports of ours
 * @n_ports: length of @binds
 * @binds: index of a port -> slot in @map + 1, 0 for none
 * @mask: slots in @map - 1
 * @serials: serial -> slot in @map + 1, 0 for none; open addressing, the same
 *	@mask
 * @map: ifindex -> bind, open addressing
 */
struct br_sg_snapshot {
	struct rcu_work rwork;
	struct br_sg_policy *policy;
	struct br_sg_policy *shadow;
	u32 n_ends;
	struct br_sg_shadow_end *ends;
	u32 n_bridges;
	struct br_sg_bridge *bridges;
	u32 n_ports;
	u32 *binds;
	u32 mask;
	u32 *serials;
	struct br_sg_bind map[];
};

/* of a port that filters: conntrack does not see VLANs, a zone would mix them */
static inline bool br_sg_bridge_unfit(const struct br_sg_bind *bind)
{
	return br_vlan_enabled(bind->bridge->dev);
}

static inline const struct br_sg_bind *
br_sg_bind_find(const struct br_sg_snapshot *snap, const struct net_device *dev)
{
	const struct br_sg_bind *bind = &snap->map[dev->ifindex & snap->mask];

	/* at most half of the map is in use: this ends, and soon */
	while (unlikely(bind->dev != dev)) {
		if (!bind->dev)
			return NULL;
		if (bind++ == &snap->map[snap->mask])
			bind = snap->map;
	}
	return bind;
}

/* the device whose slots have this serial, if it is there and has a port line */
static inline const struct br_sg_bind *
br_sg_bind_by_serial(const struct br_sg_snapshot *snap, u32 serial)
{
	const struct br_sg_bind *bind;
	u32 i = serial & snap->mask;

	for (; snap->serials[i]; i = (i + 1) & snap->mask) {
		bind = &snap->map[snap->serials[i] - 1];
		if (bind->stamp >> BR_SG_SLOT_SERIAL_SHIFT == serial)
			return bind;
	}
	return NULL;
}

#endif
