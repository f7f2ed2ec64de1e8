/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which devices and bridges there are, who a device is, and what each is decided to
 * be. Pure: devices are numbers and pointers that are only compared; built in
 * userspace too.
 *
 * A record of a device is there while it is a bridge port, and for as long as the
 * device is there if it was a port of ours: who it is does not go with its bridge.
 *
 * That a device leaves, goes or is renamed is a fact and is written down at once: it
 * takes no memory and nobody can refuse it. That it joins may be refused. So that, and
 * what all are by a new policy or after any such fact, is first in scratch, the members
 * named next; judge.c works it out, and it is so when br_sg_devs_settle() is called,
 * which cannot fail.
 */
#ifndef BR_SG_DEVICE_H
#define BR_SG_DEVICE_H

#include <linux/bitmap.h>
#include <linux/if.h>
#include <linux/list.h>
#include <linux/types.h>

#include "netns/zone.h"

/* a page of a snapshot's map has the devices whose number ends in so many bits */
#define BR_SG_PAGES	256
#define BR_SG_NAMES	1024	/* buckets */

struct br_sg_bridge;
struct br_sg_port;
struct br_sg_shadow_end;
struct br_sg_templates;
struct net_device;

/**
 * struct br_sg_ports_on - the ports of ours on a bridge, counted
 * @ours: devices with a port line
 * @filters: those of them that filter and are not blocked
 * @stateful: those of them that keep state
 * @moved: of @ours: see struct br_sg_identity
 */
struct br_sg_ports_on {
	u32 ours;
	u32 filters;
	u32 stateful;
	u32 moved;
};

/**
 * struct br_sg_bridge_face - what a snapshot shows of a bridge; see struct br_sg_bridge
 * @name: its name
 * @zone: its zone; 0 unless @filtered
 * @ours: a port of ours is on it: it has a struct br_sg_bridge
 * @filtered: some port filters
 * @stateless: and all of those are stateless
 * @watched: see struct br_sg_bind
 */
struct br_sg_bridge_face {
	char name[IFNAMSIZ];
	u16 zone;
	bool ours;
	bool filtered;
	bool stateless;
	bool watched;
};

/**
 * struct br_sg_dev_bridge - a bridge that devices of ours are or were on; until it
 *	goes
 * @node: in br_sg_devs.bridge_hash
 * @list: in br_sg_devs.bridges
 * @touched: in br_sg_devs.touched_bridges
 * @user: what its zone knows of it: its name
 * @ifindex: of @dev
 * @dev: its device
 * @devs: struct br_sg_dev on it, in the order in which they joined
 * @n_devs: how many
 * @zone: the zone in use; NULL: none yet
 * @templates: of @zone; a reference
 * @on: what is on it
 * @face: of @shown
 * @shown: as published; NULL: no port of ours is on it
 * @next_zone: scratch: @zone as it will be
 * @next_templates: scratch: its templates, a reference, where it is another
 * @next_on: scratch: @on as it will be
 * @next_face: scratch: @face likewise
 * @next_shown: scratch: @shown, where @next_face is another
 * @fresh: scratch: the record was made for this decision
 * @wish: work of a decision about all zones: the first that a port line names
 * @given: likewise: the one that a port line names and it has
 *
 * Protected by the netns' publish mutex.
 */
struct br_sg_dev_bridge {
	struct hlist_node node;
	struct list_head list;
	struct list_head touched;
	struct br_sg_zone_user user;
	int ifindex;
	struct net_device *dev;
	struct list_head devs;
	u32 n_devs;
	struct br_sg_zone *zone;
	struct br_sg_templates *templates;
	struct br_sg_ports_on on;
	struct br_sg_bridge_face face;
	struct br_sg_bridge *shown;
	struct br_sg_zone *next_zone;
	struct br_sg_templates *next_templates;
	struct br_sg_ports_on next_on;
	struct br_sg_bridge_face next_face;
	struct br_sg_bridge *next_shown;
	bool fresh;
	u16 wish;
	u16 given;
};

/**
 * struct br_sg_identity - which port a device is, to the entries of its flows
 * @name: under which it was bound
 * @serial: of the binding to that name's port; 0: none
 * @epoch: of the port that @serial is for
 * @version: of its policy, when the device was last on a bridge
 * @moved: entries may have @serial with another version: revoked ones
 * @renamed: it was a port of ours under another name: blocked until a port
 *	line names it
 */
struct br_sg_identity {
	char name[IFNAMSIZ];
	u32 serial;
	u32 epoch;
	u16 version;
	bool moved;
	bool renamed;
};

/**
 * struct br_sg_dev_is - what a device is
 * @bridge: it is on; NULL: it is away
 * @port: the policy's port for it; NULL: no port line, or it is away
 * @id: who it is
 * @wish: the zone that its port line names, of one that filters; 0: none
 * @state: enum br_sg_bind_state; PASS: also of one that is away
 * @stateless: of @port
 */
struct br_sg_dev_is {
	struct br_sg_dev_bridge *bridge;
	const struct br_sg_port *port;
	struct br_sg_identity id;
	u16 wish;
	u8 state;
	bool stateless;
};

/**
 * struct br_sg_dev - a device that is a bridge port, or was and is a port of ours;
 *	256 bytes, there may be tens of thousands
 * @node: in br_sg_devs.devs or .away; in neither: the record was made for this
 *	decision
 * @on_bridge: in br_sg_dev_bridge.devs; of one that is away and is to join a bridge,
 *	scratch, in br_sg_devs.joining
 * @touched: in br_sg_devs.touched
 * @hash: in br_sg_devs.dev_hash
 * @by_name: in br_sg_devs.names, by @name
 * @by_id: in br_sg_devs.ids, by the name in @is; unhashed without a serial
 * @by_serial: in br_sg_devs.serials, likewise
 * @dev: it
 * @ifindex: of @dev
 * @order: among all devices: when it joined
 * @name: the name it had when it was last looked at
 * @is: what it is
 * @next: scratch: @is as it will be, of one that is touched
 * @end: what it is to the shadow, as published; NULL: nothing
 * @next_end: scratch: @end as it will be
 *
 * Protected by the netns' publish mutex.
 */
struct br_sg_dev {
	struct list_head node;
	struct list_head on_bridge;
	struct list_head touched;
	struct hlist_node hash;
	struct hlist_node by_name;
	struct hlist_node by_id;
	struct hlist_node by_serial;
	struct net_device *dev;
	int ifindex;
	u32 order;
	char name[IFNAMSIZ];
	struct br_sg_dev_is is;
	struct br_sg_dev_is next;
	struct br_sg_shadow_end *end;
	struct br_sg_shadow_end *next_end;
};

/**
 * struct br_sg_devs - the devices and bridges of a netns in which something is guarded
 * @zones: of the netns
 * @devs: struct br_sg_dev, bridge ports, in the order they joined
 * @away: the same, of ports of ours that have left their bridge
 * @joining: scratch: those that are to be in @devs, at its end
 * @bridges: struct br_sg_dev_bridge, in the order they came
 * @touched: scratch: devices that are judged
 * @touched_bridges: scratch: bridges that they are, were or will be on
 * @dev_hash: devices by ifindex, a bucket for each page of a snapshot's map
 * @n_hash: how many are in each
 * @names: devices by name
 * @ids: devices with a serial, by the name that it is for
 * @serials: the same by serial, a bucket for each page of a snapshot's index
 * @n_serials: how many are in each
 * @bridge_hash: bridges by ifindex
 * @order: of the device that joined last
 * @n_blocked: devices that are blocked, [zone]
 * @dirty: pages of the map in force that are not as the records say
 * @dirty_serials: the same of the index
 * @released: a zone has lost its bridge since the last decision
 * @stale: what was decided last could not be published: all is to be
 * @lost_ends: shadow ends that the snapshot in force has and no device any more,
 *	struct br_sg_shadow_end
 * @lost_bridges: the same of struct br_sg_bridge
 *
 * Protected by the netns' publish mutex.
 */
struct br_sg_devs {
	struct br_sg_zones *zones;
	struct list_head devs;
	struct list_head away;
	struct list_head joining;
	struct list_head bridges;
	struct list_head touched;
	struct list_head touched_bridges;
	struct hlist_head dev_hash[BR_SG_PAGES];
	u32 n_hash[BR_SG_PAGES];
	struct hlist_head names[BR_SG_NAMES];
	struct hlist_head ids[BR_SG_NAMES];
	struct hlist_head serials[BR_SG_PAGES];
	u32 n_serials[BR_SG_PAGES];
	struct hlist_head bridge_hash[BR_SG_NAMES];
	u32 order;
	u32 n_blocked;
	DECLARE_BITMAP(dirty, BR_SG_PAGES);
	DECLARE_BITMAP(dirty_serials, BR_SG_PAGES);
	bool released;
	bool stale;
	struct hlist_head lost_ends;
	struct hlist_head lost_bridges;
};

/* NULL: no memory. @zones outlives it */
struct br_sg_devs *br_sg_devs_new(struct br_sg_zones *zones);
/* zones wait for their bridges then. What was published is in @lost_* when @lost is
 * called, before the rest goes
 */
void br_sg_devs_free(struct br_sg_devs *devs,
		     void (*lost)(struct br_sg_devs *devs, void *arg),
		     void *arg);

/* NULL: there is no record */
struct br_sg_dev *br_sg_dev_find(struct br_sg_devs *devs,
				 const struct net_device *dev, int ifindex);
struct br_sg_dev_bridge *br_sg_dev_bridge_find(struct br_sg_devs *devs,
					       const struct net_device *dev,
					       int ifindex);

/* Facts; they take no memory. What they touch is to be judged. */

/* it is on no bridge. @d may be gone after it */
void br_sg_dev_leave(struct br_sg_devs *devs, struct br_sg_dev *d);
/* there is no such device any more */
void br_sg_dev_gone(struct br_sg_devs *devs, struct br_sg_dev *d);
/* it has another name */
void br_sg_dev_rename(struct br_sg_devs *devs, struct br_sg_dev *d,
		      const char *name);
void br_sg_dev_bridge_rename(struct br_sg_devs *devs,
			     struct br_sg_dev_bridge *b, const char *name);
/* there is no such bridge any more, and what was on it has left it */
void br_sg_dev_bridge_gone(struct br_sg_devs *devs, struct br_sg_dev_bridge *b);

/* Scratch. */

/* a bridge of that number, a new one if there is none; NULL: no memory */
struct br_sg_dev_bridge *br_sg_dev_bridge_get(struct br_sg_devs *devs,
					      struct net_device *dev,
					      int ifindex, const char *name);
/* @dev will be a port of @b, or of none if that is NULL; NULL: no memory */
struct br_sg_dev *br_sg_dev_join(struct br_sg_devs *devs, struct net_device *dev,
				 int ifindex, const char *name,
				 struct br_sg_dev_bridge *b);
/* @d is to be judged */
void br_sg_dev_touch(struct br_sg_devs *devs, struct br_sg_dev *d);
void br_sg_dev_bridge_touch(struct br_sg_devs *devs, struct br_sg_dev_bridge *b);
/* all that are called @name, or have a serial for that name */
void br_sg_devs_touch_name(struct br_sg_devs *devs, const char *name);
void br_sg_devs_touch_all(struct br_sg_devs *devs);
/* those that will be on a bridge, in the order in which they joined. NULL: no more */
struct br_sg_dev *br_sg_devs_next(struct br_sg_devs *devs, struct br_sg_dev *d);

/* scratch is in force; zones too. Takes no memory */
void br_sg_devs_settle(struct br_sg_devs *devs);
/*
 * Or is not, and is forgotten. If a fact was judged in vain, the snapshot in force is
 * not as it says, and the caller sets @stale.
 */
void br_sg_devs_abandon(struct br_sg_devs *devs);

/* @is is one more, or with -1 one less, of those on a bridge */
void br_sg_ports_on_add(struct br_sg_ports_on *on, const struct br_sg_dev_is *is,
			int n);

/* is it in the snapshot's index of serials? */
static inline bool br_sg_dev_is_port(const struct br_sg_dev_is *is)
{
	return is->bridge && is->port;
}

/* template.c and publish.c, or who tests: what is let go of */
void br_sg_templates_put(struct br_sg_templates *templates);
void br_sg_shadow_end_lose(struct br_sg_devs *devs, struct br_sg_shadow_end *end);
void br_sg_bridge_lose(struct br_sg_devs *devs, struct br_sg_bridge *bridge);
/* never published */
void br_sg_shadow_end_free(struct br_sg_shadow_end *end);
void br_sg_bridge_free(struct br_sg_bridge *bridge);

#endif
