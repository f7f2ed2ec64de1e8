/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which conntrack zone a bridge has. All under the netns' publish mutex.
 *
 * A zone is a live bridge's, whatever its name, until the bridge leaves it for
 * another or goes; two live bridges are never in one. While the bridge is gone
 * the zone waits under the last name of it for a bridge of that name.
 *
 * Who has which is decided for all bridges at once, into scratch: br_sg_zones_
 * begin(), then _keep(), _take() and _choose() for each, then _settle() if what
 * was decided comes into force, or _abandon().
 */
#ifndef BR_SG_ZONE_H
#define BR_SG_ZONE_H

#include <linux/if.h>
#include <linux/list.h>
#include <linux/types.h>
#include <linux/xarray.h>

struct net;

/**
 * struct br_sg_zone_user - a live bridge, to zones
 * @name: its present name
 */
struct br_sg_zone_user {
	char name[IFNAMSIZ];
};

/**
 * struct br_sg_zone - a zone that is or was a bridge's
 * @node: in br_sg_zones.names; unhashed without a name
 * @user: the live bridge that has it; NULL: none
 * @next: work of a decision: who has it if that comes into force
 * @id: the zone, and its index in br_sg_zones.ids
 * @fresh: work of a decision: it was made for it
 * @watched: there may be flows in it that a port has revoked: see struct
 *	br_sg_bind. Never taken back: they stay for days
 * @left: jiffies when its last user left it, of one without user and name
 * @name: of the bridge; without @user the last it had. Empty: the bridge has
 *	another zone, or a bridge of that name has
 *
 * Protected by the netns' publish mutex.
 */
struct br_sg_zone {
	struct hlist_node node;
	const struct br_sg_zone_user *user;
	const struct br_sg_zone_user *next;
	u16 id;
	bool fresh;
	bool watched;
	unsigned long left;
	char name[IFNAMSIZ];
};

/**
 * struct br_sg_zones - the zones of a netns
 * @names: struct br_sg_zone by bridge name
 * @ids: the same by zone
 * @seen: bit per zone that had conntrack entries
 * @looked: jiffies of the last look at conntrack's table
 */
struct br_sg_zones {
	struct hlist_head *names;
	struct xarray ids;
	unsigned long *seen;
	unsigned long looked;
};

int br_sg_zones_init(struct br_sg_zones *zones);
void br_sg_zones_exit(struct br_sg_zones *zones);

/* nobody has a zone, in scratch */
void br_sg_zones_begin(struct br_sg_zones *zones);
/* @zone, the one it has now, stays @user's; false: it is another's by then */
bool br_sg_zone_keep(struct br_sg_zone *zone, const struct br_sg_zone_user *user);
/*
 * @id is @user's. NULL when another bridge has it by then; an ERR_PTR: -ENOMEM.
 */
struct br_sg_zone *br_sg_zone_take(struct br_sg_zones *zones, struct net *net,
				   u16 id, const struct br_sg_zone_user *user);
/* the same with the one that waits for its name, or a free one; -ENOSPC: none */
struct br_sg_zone *br_sg_zone_choose(struct br_sg_zones *zones, struct net *net,
				     const struct br_sg_zone_user *user);
/* what was decided is in force */
void br_sg_zones_settle(struct br_sg_zones *zones);
/* or is not */
void br_sg_zones_abandon(struct br_sg_zones *zones);

/* the bridge of this zone has another name now */
void br_sg_zone_rename(struct br_sg_zones *zones, struct br_sg_zone *zone);
/* it is gone; the zone waits for one of its name */
void br_sg_zone_release(struct br_sg_zones *zones, struct br_sg_zone *zone);
/*
 * @id waits for a bridge called @name, if neither has another already; in force
 * with what is decided next. -ENOMEM.
 */
int br_sg_zone_resume(struct br_sg_zones *zones, const char *name, u16 id);
/* the first zone from @from on that has a name, which goes to @name[IFNAMSIZ];
 * 0: none
 */
u16 br_sg_zone_next(struct br_sg_zones *zones, unsigned long from, char *name);

#endif
