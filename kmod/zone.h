/* SPDX-License-Identifier: GPL-2.0 */
/* Which conntrack zone a bridge has. All under the netns' publish mutex. */
#ifndef BR_SG_ZONE_H
#define BR_SG_ZONE_H

#include <linux/if.h>
#include <linux/list.h>
#include <linux/types.h>
#include <linux/xarray.h>

struct net;

/**
 * struct br_sg_zones - the zones of a netns
 * @names: struct br_sg_zone by bridge name: sticky, also while the bridge is
 *	gone
 * @ids: the same by zone
 * @seen: bit per zone that conntrack entries of others have
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
/*
 * Makes @id the zone of @bridge, and @user, if not NULL, its user until it is
 * released. -EBUSY: another has it in use; -ENOMEM.
 */
int br_sg_zone_claim(struct br_sg_zones *zones, const char *bridge, u16 id,
		     const void *user);
/* the same with the bridge's own zone or a free one, which goes to *@id;
 * -ENOSPC: there is none
 */
int br_sg_zone_choose(struct br_sg_zones *zones, struct net *net,
		      const char *bridge, const void *user, u16 *id);
/* makes @id the zone of @bridge, which has no user yet, if neither has another
 * already; -ENOMEM
 */
int br_sg_zone_keep(struct br_sg_zones *zones, const char *bridge, u16 id);
/* the first zone from @from on and, to @bridge[IFNAMSIZ], whose; 0: none */
u16 br_sg_zone_next(struct br_sg_zones *zones, unsigned long from,
		    char *bridge);
/* the user is gone; the zone stays the bridge's unless another claims it */
void br_sg_zone_release(struct br_sg_zones *zones, u16 id, const void *user);

#endif
