// SPDX-License-Identifier: GPL-2.0
/*
 * Conntrack zones of bridges: chosen from the top down, since OVN, Neutron and
 * Open vSwitch count from the bottom up, and kept by bridge name, so that a
 * bridge that is made anew finds its flows again.
 */
#include <linux/bitmap.h>
#include <linux/jiffies.h>
#include <linux/jhash.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_zones.h>

#include "compat.h"
#include "zone.h"

#define ZONES		65536
#define ZONE_BUCKETS	1024

/**
 * struct br_sg_zone - a bridge's zone
 * @node: in br_sg_zones.names
 * @user: who uses it; NULL while the bridge is gone
 * @id: the zone, and its index in br_sg_zones.ids
 * @bridge: name
 *
 * Protected by the netns' publish mutex.
 */
struct br_sg_zone {
	struct hlist_node node;
	const void *user;
	u16 id;
	char bridge[IFNAMSIZ];
};

int br_sg_zones_init(struct br_sg_zones *zones)
{
	xa_init(&zones->ids);
	zones->names = kvcalloc(ZONE_BUCKETS, sizeof(*zones->names),
				GFP_KERNEL_ACCOUNT);
	zones->seen = bitmap_zalloc(ZONES, GFP_KERNEL_ACCOUNT);
	if (!zones->names || !zones->seen) {
		br_sg_zones_exit(zones);
		return -ENOMEM;
	}
	zones->looked = jiffies - HZ - 1;
	return 0;
}

void br_sg_zones_exit(struct br_sg_zones *zones)
{
	struct br_sg_zone *zone;
	struct hlist_node *next;
	unsigned int i;

	/* a netns that never had a port */
	if (!zones->names && !zones->seen)
		return;
	for (i = 0; zones->names && i < ZONE_BUCKETS; i++)
		hlist_for_each_entry_safe(zone, next, &zones->names[i], node)
			kfree(zone);
	kvfree(zones->names);
	xa_destroy(&zones->ids);
	bitmap_free(zones->seen);
	memset(zones, 0, sizeof(*zones));
}

static struct hlist_head *zone_bucket(const struct br_sg_zones *zones,
				      const char *bridge)
{
	return &zones->names[jhash(bridge, strlen(bridge), 0) &
			     (ZONE_BUCKETS - 1)];
}

static struct br_sg_zone *zone_get(const struct br_sg_zones *zones,
				   const char *bridge)
{
	struct br_sg_zone *zone;

	hlist_for_each_entry(zone, zone_bucket(zones, bridge), node)
		if (!strcmp(zone->bridge, bridge))
			return zone;
	return NULL;
}

static int zone_seen(struct nf_conn *ct, void *data)
{
	struct br_sg_zones *zones = data;

	__set_bit(nf_ct_zone(ct)->id, zones->seen);
	return 0;	/* the entry stays */
}

/*
 * Entries of others show which zones are in use. A walk of the table costs
 * milliseconds, so it is done once for all bridges that appear within a second.
 */
static void zones_look(struct br_sg_zones *zones, struct net *net)
{
	if (time_before(jiffies, zones->looked + HZ))
		return;
	bitmap_zero(zones->seen, ZONES);
	br_sg_ct_walk(net, zone_seen, zones);
	zones->looked = jiffies;
}

int br_sg_zone_claim(struct br_sg_zones *zones, const char *bridge, u16 id,
		     const void *user)
{
	struct br_sg_zone *other = xa_load(&zones->ids, id);
	struct br_sg_zone *zone = zone_get(zones, bridge);
	bool fresh = !zone;
	int err;

	if (other && other->user && other->user != user)
		return -EBUSY;
	if (zone && zone == other) {
		zone->user = user;
		return 0;
	}
	if (fresh) {
		zone = kzalloc(sizeof(*zone), GFP_KERNEL_ACCOUNT);
		if (!zone)
			return -ENOMEM;
		strscpy(zone->bridge, bridge, sizeof(zone->bridge));
	}
	err = xa_err(xa_store(&zones->ids, id, zone, GFP_KERNEL_ACCOUNT));
	if (err) {
		if (fresh)
			kfree(zone);
		return err;
	}
	if (other) {
		hlist_del(&other->node);
		kfree(other);
	}
	if (fresh)
		hlist_add_head(&zone->node, zone_bucket(zones, bridge));
	else
		xa_erase(&zones->ids, zone->id);
	zone->id = id;
	zone->user = user;
	return 0;
}

int br_sg_zone_choose(struct br_sg_zones *zones, struct net *net,
		      const char *bridge, const void *user, u16 *id)
{
	struct br_sg_zone *zone = zone_get(zones, bridge);

	/* bridges of one name follow each other, they do not overlap */
	if (zone && (!zone->user || zone->user == user)) {
		*id = zone->id;
		zone->user = user;
		return 0;
	}
	zones_look(zones, net);
	for (*id = ZONES - 1; *id; (*id)--)
		if (!xa_load(&zones->ids, *id) && !test_bit(*id, zones->seen))
			return br_sg_zone_claim(zones, bridge, *id, user);
	return -ENOSPC;
}

void br_sg_zone_release(struct br_sg_zones *zones, u16 id, const void *user)
{
	struct br_sg_zone *zone = xa_load(&zones->ids, id);

	if (zone && zone->user == user)
		zone->user = NULL;
}

int br_sg_zone_keep(struct br_sg_zones *zones, const char *bridge, u16 id)
{
	if (xa_load(&zones->ids, id) || zone_get(zones, bridge))
		return 0;
	return br_sg_zone_claim(zones, bridge, id, NULL);
}

u16 br_sg_zone_next(struct br_sg_zones *zones, unsigned long from,
		    char *bridge)
{
	struct br_sg_zone *zone;

	/* a netns that never had a port */
	if (!zones->names)
		return 0;
	zone = xa_find(&zones->ids, &from, ULONG_MAX,
		       XA_PRESENT);
	if (!zone)
		return 0;
	strscpy(bridge, zone->bridge, IFNAMSIZ);
	return zone->id;
}
