// SPDX-License-Identifier: GPL-2.0
/*
 * Conntrack zones of bridges: chosen from the top down, since OVN, Neutron and
 * Open vSwitch count from the bottom up. A live bridge keeps its zone through
 * whatever it is renamed to; one that is made anew finds that of its name, and
 * its flows, again.
 */
#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/jhash.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_zones.h>

#include "base/compat.h"
#include "netns/zone.h"

#define ZONES		65536
#define ZONE_BUCKETS	1024
/* how long a zone rests that a bridge left: fragments may wait in it for a minute */
#define ZONE_REST	(300 * HZ)

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
	unsigned long id;

	/* a netns that never had a port */
	if (!zones->names && !zones->seen)
		return;
	xa_for_each(&zones->ids, id, zone)
		kfree(zone);
	kvfree(zones->names);
	xa_destroy(&zones->ids);
	bitmap_free(zones->seen);
	memset(zones, 0, sizeof(*zones));
}

/* by its bridge's name; there may be one that is live and one that waits */
static struct hlist_head *zone_bucket(const struct br_sg_zones *zones,
				      const char *name)
{
	return &zones->names[jhash(name, strlen(name), 0) & (ZONE_BUCKETS - 1)];
}

static struct br_sg_zone *zone_named(const struct br_sg_zones *zones,
				     const char *name)
{
	struct br_sg_zone *zone;

	hlist_for_each_entry(zone, zone_bucket(zones, name), node)
		if (!strcmp(zone->name, name))
			return zone;
	return NULL;
}

/* it waits for no bridge any more */
static void zone_unname(struct br_sg_zone *zone)
{
	hlist_del_init(&zone->node);
	zone->name[0] = '\0';
	zone->left = jiffies;
}

/* a zone that waited for a bridge of that name does so in vain: it has one */
static void zone_name(struct br_sg_zones *zones, struct br_sg_zone *zone,
		      const char *name)
{
	struct br_sg_zone *other = zone_named(zones, name);

	if (other == zone)
		return;
	if (other && !other->user)
		zone_unname(other);
	if (!hlist_unhashed(&zone->node))
		hlist_del_init(&zone->node);
	strscpy(zone->name, name, sizeof(zone->name));
	hlist_add_head(&zone->node, zone_bucket(zones, name));
}

static void zone_free(struct br_sg_zones *zones, struct br_sg_zone *zone)
{
	if (!hlist_unhashed(&zone->node))
		hlist_del(&zone->node);
	xa_erase(&zones->ids, zone->id);
	kfree(zone);
}

static struct br_sg_zone *zone_new(struct br_sg_zones *zones, u16 id)
{
	struct br_sg_zone *zone = kzalloc(sizeof(*zone), GFP_KERNEL_ACCOUNT);

	if (!zone)
		return NULL;
	zone->id = id;
	zone->fresh = true;
	INIT_HLIST_NODE(&zone->node);
	if (xa_err(xa_store(&zones->ids, id, zone, GFP_KERNEL_ACCOUNT))) {
		kfree(zone);
		return NULL;
	}
	return zone;
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

void br_sg_zones_begin(struct br_sg_zones *zones)
{
	struct br_sg_zone *zone;
	unsigned long id;

	xa_for_each(&zones->ids, id, zone)
		zone->next = NULL;
}

bool br_sg_zone_keep(struct br_sg_zone *zone, const struct br_sg_zone_user *user)
{
	if (zone->next && zone->next != user)
		return false;
	zone->next = user;
	return true;
}

struct br_sg_zone *br_sg_zone_take(struct br_sg_zones *zones, struct net *net,
				   u16 id, const struct br_sg_zone_user *user)
{
	struct br_sg_zone *zone = xa_load(&zones->ids, id);

	if (!zone) {
		zone = zone_new(zones, id);
		if (!zone)
			return ERR_PTR(-ENOMEM);
		/* entries of before, and words of serials that are gone */
		zones_look(zones, net);
		zone->watched = test_bit(id, zones->seen);
	}
	return br_sg_zone_keep(zone, user) ? zone : NULL;
}

/* nobody's, and not of late */
static bool zone_is_free(struct br_sg_zones *zones, u16 id)
{
	const struct br_sg_zone *zone = xa_load(&zones->ids, id);

	if (test_bit(id, zones->seen))
		return false;
	return !zone || (!zone->user && !zone->next && !zone->name[0] &&
			 time_after(jiffies, zone->left + ZONE_REST));
}

struct br_sg_zone *br_sg_zone_choose(struct br_sg_zones *zones, struct net *net,
				     const struct br_sg_zone_user *user)
{
	struct br_sg_zone *zone = zone_named(zones, user->name);
	u16 id;

	if (zone && !zone->user && br_sg_zone_keep(zone, user))
		return zone;
	zones_look(zones, net);
	for (id = ZONES - 1; id; id--)
		if (zone_is_free(zones, id))
			return br_sg_zone_take(zones, net, id, user);
	return ERR_PTR(-ENOSPC);
}

void br_sg_zones_settle(struct br_sg_zones *zones)
{
	struct br_sg_zone *zone;
	unsigned long id;

	/* first who leaves: another may have come by the name */
	xa_for_each(&zones->ids, id, zone) {
		zone->fresh = false;
		if (zone->user && !zone->next)
			zone_unname(zone);
		zone->user = zone->next;
	}
	xa_for_each(&zones->ids, id, zone)
		if (zone->user)
			zone_name(zones, zone, zone->user->name);
}

void br_sg_zones_abandon(struct br_sg_zones *zones)
{
	struct br_sg_zone *zone;
	unsigned long id;

	xa_for_each(&zones->ids, id, zone)
		if (zone->fresh)
			zone_free(zones, zone);
}

void br_sg_zone_rename(struct br_sg_zones *zones, struct br_sg_zone *zone)
{
	zone_name(zones, zone, zone->user->name);
}

void br_sg_zone_release(struct br_sg_zones *zones, struct br_sg_zone *zone)
{
	zone->user = NULL;
}

int br_sg_zone_resume(struct br_sg_zones *zones, const char *name, u16 id)
{
	struct br_sg_zone *zone;

	if (xa_load(&zones->ids, id) || zone_named(zones, name))
		return 0;
	zone = zone_new(zones, id);
	if (!zone)
		return -ENOMEM;
	zone->watched = true;
	zone_name(zones, zone, name);
	return 0;
}

u16 br_sg_zone_next(struct br_sg_zones *zones, unsigned long from, char *name)
{
	struct br_sg_zone *zone;

	/* a netns that never had a port */
	if (!zones->names)
		return 0;
	xa_for_each_start(&zones->ids, from, zone, from) {
		if (!zone->name[0])
			continue;
		strscpy(name, zone->name, IFNAMSIZ);
		return zone->id;
	}
	return 0;
}
