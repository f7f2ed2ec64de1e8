/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which conntrack zone a bridge has. Pure: no lock, nothing of conntrack but what
 * zone_ct.c tells; built in userspace too.
 *
 * A zone is a live bridge's, whatever its name, until the bridge leaves it for
 * another or goes; two live bridges are never in one. While the bridge is gone
 * the zone waits under the last name of it for a bridge of that name, until no
 * other zone is free.
 *
 * Who has which is decided in scratch. br_sg_zones_begin() asks anew about all zones;
 * without it each stays with whom it has, and _choose() gives those that have none
 * one. Then _settle() if what was decided comes into force, or _abandon().
 */
#ifndef BR_SG_ZONE_H
#define BR_SG_ZONE_H

#include <linux/if.h>
#include <linux/list.h>
#include <linux/types.h>

#define BR_SG_ZONES		65536	/* there is no 0 */
#define BR_SG_ZONE_ROW		256	/* records in a row of br_sg_zones.rows */

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
 * @all: in br_sg_zones.all
 * @order: without @user: in br_sg_zones.waiting, or without a name .resting
 * @work: in br_sg_zones.work while a decision may change it
 * @user: the live bridge that has it; NULL: none
 * @next: scratch: who has it if the decision comes into force; else as @user
 * @id: the zone
 * @fresh: scratch: it was made for this decision
 * @purge: scratch: entries of the bridge that is gone go when another has it
 * @watched: there may be flows in it that a port has revoked: see struct
 *	br_sg_bind. Never taken back: they stay for days
 * @left: jiffies when its last user left it
 * @name: of the bridge; without @user the last it had. Empty: the bridge has
 *	another zone, or a bridge of that name has
 *
 * Protected by the netns' publish mutex.
 */
struct br_sg_zone {
	struct hlist_node node;
	struct list_head all;
	struct list_head order;
	struct list_head work;
	const struct br_sg_zone_user *user;
	const struct br_sg_zone_user *next;
	u16 id;
	bool fresh;
	bool purge;
	bool watched;
	unsigned long left;
	char name[IFNAMSIZ];
};

/**
 * struct br_sg_zones - the zones of a netns
 * @net: the netns
 * @names: struct br_sg_zone by bridge name; NULL: br_sg_zones_init() was not called
 * @rows: struct br_sg_zone by zone, in rows that are made when they are needed
 * @used: bit per zone that has a record. The cap's counting reads it without a lock
 * @seen: bit per zone that had conntrack entries
 * @all: the records
 * @waiting: those that wait for a bridge of their name, the longest first
 * @resting: those without user and name, the longest first
 * @work: those that the decision in hand may change
 * @looked: jiffies of the last look at conntrack's table
 *
 * Protected by the netns' publish mutex but for what is said of @used.
 */
struct br_sg_zones {
	struct net *net;
	struct hlist_head *names;
	struct br_sg_zone **rows[BR_SG_ZONES / BR_SG_ZONE_ROW];
	unsigned long *used;
	unsigned long *seen;
	struct list_head all;
	struct list_head waiting;
	struct list_head resting;
	struct list_head work;
	unsigned long looked;
};

int br_sg_zones_init(struct br_sg_zones *zones, struct net *net);
void br_sg_zones_exit(struct br_sg_zones *zones);

/* nobody has a zone, in scratch */
void br_sg_zones_begin(struct br_sg_zones *zones);
/* @zone, the one it has now, stays @user's; false: it is another's by then */
bool br_sg_zone_keep(struct br_sg_zones *zones, struct br_sg_zone *zone,
		     const struct br_sg_zone_user *user);
/*
 * @id is @user's. NULL when another bridge has it by then; an ERR_PTR: -ENOMEM.
 */
struct br_sg_zone *br_sg_zone_take(struct br_sg_zones *zones, u16 id,
				   const struct br_sg_zone_user *user);
/*
 * The same with the one that waits for its name, or a free one, or one that waits for
 * a bridge that is gone; -ENOSPC: live bridges have them all, or others.
 */
struct br_sg_zone *br_sg_zone_choose(struct br_sg_zones *zones,
				     const struct br_sg_zone_user *user);
/* who has @id if what was decided comes into force; NULL: nobody */
const struct br_sg_zone_user *br_sg_zone_holder(const struct br_sg_zones *zones,
						u16 id);
/* what was decided is in force; takes no memory */
void br_sg_zones_settle(struct br_sg_zones *zones);
/* or is not */
void br_sg_zones_abandon(struct br_sg_zones *zones);

/* the bridge of this zone has another name now */
void br_sg_zone_rename(struct br_sg_zones *zones, struct br_sg_zone *zone);
/* it is gone; the zone waits for one of its name. Between decisions */
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

/* What conntrack knows, zone_ct.c: sets the bit of each zone with entries. */
void br_sg_zone_ct_seen(struct net *net, unsigned long *seen);
/* deletes entries of the zones with a bit; may sleep */
void br_sg_zone_ct_purge(struct net *net, const unsigned long *zones);

#endif
