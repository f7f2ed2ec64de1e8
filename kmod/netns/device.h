/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which devices and bridges there are, and who a device is.
 *
 * A record of a device is there while it is a bridge port, and for as long as the
 * device is there if it was a port of ours: who it is does not go with its bridge.
 * What a new policy or a new device makes of the others is worked out in scratch,
 * and is so once it is published: br_sg_devs_settle().
 */
#ifndef BR_SG_DEVICE_H
#define BR_SG_DEVICE_H

#include <linux/if.h>
#include <linux/list.h>
#include <linux/types.h>

#include "netns/zone.h"

struct br_sg_binding;
struct br_sg_net;
struct br_sg_policy;
struct br_sg_port;
struct br_sg_resume;
struct br_sg_shadow_counts;
struct br_sg_shadow_end;
struct br_sg_templates;
struct net_device;

/**
 * struct br_sg_dev_bridge - a bridge that devices of ours are or were on; until it
 *	goes
 * @node: in br_sg_net.bridge_hash
 * @user: what its zone knows of it: its name
 * @ifindex: of @dev
 * @dev: its device
 * @zone: the zone in use; NULL: none yet
 * @templates: of @zone; a reference
 * @next: scratch: @zone as it will be
 * @next_templates: scratch: its templates, a reference, where it is another
 * @wish: scratch: the first zone that a port line on it names
 * @given: scratch: the zone that a port line on it names, and it has
 * @ours: scratch: a port of ours is on it
 * @filtered: scratch: see struct br_sg_bridge
 * @stateless: scratch: likewise
 * @watched: scratch: a port on it had a policy before: see struct br_sg_identity
 * @index: scratch: of its struct br_sg_bridge, -1 for none
 *
 * Protected by the netns' publish mutex.
 */
struct br_sg_dev_bridge {
	struct hlist_node node;
	struct br_sg_zone_user user;
	int ifindex;
	struct net_device *dev;
	struct br_sg_zone *zone;
	struct br_sg_templates *templates;
	struct br_sg_zone *next;
	struct br_sg_templates *next_templates;
	u16 wish;
	u16 given;
	bool ours;
	bool filtered;
	bool stateless;
	bool watched;
	int index;
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
 * struct br_sg_dev - a device that is a bridge port, or was and is a port of ours
 * @node: in br_sg_net.devs, or in br_sg_net.away
 * @hash: in br_sg_net.dev_hash
 * @dev: it
 * @ifindex: of @dev
 * @name: the name it had when it was last looked at
 * @id: who it is
 * @next: scratch: @id as it will be
 * @bridge: shared by the devices of a bridge; NULL: it is away
 * @counts: of the shadow, as published; NULL: none
 * @end: scratch: of the snapshot that is being made, or NULL
 * @port: scratch: index in the policy, or -1
 * @state: scratch: enum br_sg_bind_state
 *
 * Protected by the netns' publish mutex.
 */
struct br_sg_dev {
	struct list_head node;
	struct hlist_node hash;
	struct net_device *dev;
	int ifindex;
	char name[IFNAMSIZ];
	struct br_sg_identity id;
	struct br_sg_identity next;
	struct br_sg_dev_bridge *bridge;
	struct br_sg_shadow_counts *counts;
	struct br_sg_shadow_end *end;
	int port;
	u8 state;
};

/* NULL: there is no record */
struct br_sg_dev *br_sg_dev_find(struct br_sg_net *bn,
				 const struct net_device *dev);
/* @dev is a port of @master from now on; -ENOMEM, and nothing has changed */
int br_sg_dev_join(struct br_sg_net *bn, struct net_device *dev,
		   struct net_device *master);
/* it is on no bridge; takes no memory. @d may be gone after it */
void br_sg_dev_leave(struct br_sg_net *bn, struct br_sg_dev *d);
/* there is no such device any more; takes no memory */
void br_sg_dev_gone(struct br_sg_net *bn, struct br_sg_dev *d);
/* it has another name; takes no memory */
void br_sg_dev_rename(struct br_sg_dev *d);

struct br_sg_dev_bridge *br_sg_dev_bridge_find(struct br_sg_net *bn,
					       const struct net_device *dev);
void br_sg_dev_bridge_rename(struct br_sg_net *bn, struct br_sg_dev_bridge *b);
/* there is no such bridge any more, and nothing on it; takes no memory */
void br_sg_dev_bridge_gone(struct br_sg_net *bn, struct br_sg_dev_bridge *b);

/*
 * The bridge ports there are, and devices that @resume knows and that are on no
 * bridge just now. With RTNL.
 */
int br_sg_devs_scan(struct br_sg_net *bn, struct br_sg_resume *resume);
/* who @d will be under @policy: to d->port and d->next */
void br_sg_dev_judge(struct br_sg_dev *d, const struct br_sg_policy *policy,
		     struct br_sg_resume *resume);
/* the same of those that are away */
void br_sg_devs_judge_away(struct br_sg_net *bn,
			   const struct br_sg_policy *policy,
			   struct br_sg_resume *resume);
/* scratch is in force */
void br_sg_devs_settle(struct br_sg_net *bn);
/* or is not, and is forgotten */
void br_sg_devs_abandon(struct br_sg_net *bn);
void br_sg_devs_forget(struct br_sg_net *bn);

void br_sg_serial_seed(void);
/* a port may be given @serial: no other gets it from now on */
void br_sg_serial_seen(u32 serial);
/* the first that asks for another device's serial, whose name goes to @whose */
const struct br_sg_binding *
br_sg_serial_taken(struct br_sg_net *bn, struct br_sg_resume *resume,
		   char *whose);

#endif
