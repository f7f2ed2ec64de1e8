// SPDX-License-Identifier: GPL-2.0
/*
 * Conntrack zones of bridges: chosen from the top down, since OVN, Neutron and
 * Open vSwitch count from the bottom up. A live bridge keeps its zone through
 * whatever it is renamed to; one that is made anew finds that of its name, and
 * its flows, again.
 *
 * There are 65,535 and bridges are made under new names all the time, so one that
 * waits in vain is given to another in the end: first what has no entries in
 * conntrack's table, then the others, whose entries go; of either what has waited
 * longest.
 */
#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/jhash.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "netns/zone.h"

#define ZONE_BUCKETS	1024
/* how long a zone rests that a bridge left: fragments may wait in it for a minute */
#define ZONE_REST	(300 * HZ)

int br_sg_zones_init(struct br_sg_zones *zones, struct net *net)
{
	zones->net = net;
	INIT_LIST_HEAD(&zones->all);
	INIT_LIST_HEAD(&zones->waiting);
	INIT_LIST_HEAD(&zones->resting);
	INIT_LIST_HEAD(&zones->work);
	zones->names = kvcalloc(ZONE_BUCKETS, sizeof(*zones->names),
				GFP_KERNEL_ACCOUNT);
	zones->used = bitmap_zalloc(BR_SG_ZONES, GFP_KERNEL_ACCOUNT);
	zones->seen = bitmap_zalloc(BR_SG_ZONES, GFP_KERNEL_ACCOUNT);
	if (!zones->names || !zones->used || !zones->seen) {
		br_sg_zones_exit(zones);
		return -ENOMEM;
	}
	zones->looked = jiffies - HZ - 1;
	return 0;
}

void br_sg_zones_exit(struct br_sg_zones *zones)
{
	struct br_sg_zone *zone, *next;
	int i;

	/* a netns that never had a port */
	if (!zones->net)
		return;
	list_for_each_entry_safe(zone, next, &zones->all, all)
		kfree(zone);
	for (i = 0; i < BR_SG_ZONES / BR_SG_ZONE_ROW; i++)
		kfree(zones->rows[i]);
	kvfree(zones->names);
	bitmap_free(zones->used);
	bitmap_free(zones->seen);
	memset(zones, 0, sizeof(*zones));
}

static struct br_sg_zone *zone_find(const struct br_sg_zones *zones, u16 id)
{
	struct br_sg_zone **row = zones->rows[id / BR_SG_ZONE_ROW];

	return row ? row[id % BR_SG_ZONE_ROW] : NULL;
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

/* the decision in hand may change it */
static void zone_work(struct br_sg_zones *zones, struct br_sg_zone *zone)
{
	if (list_empty(&zone->work))
		list_add_tail(&zone->work, &zones->work);
}

/* it has no user, and waits for no bridge any more */
static void zone_unname(struct br_sg_zones *zones, struct br_sg_zone *zone)
{
	hlist_del_init(&zone->node);
	zone->name[0] = '\0';
	zone->left = jiffies;
	list_move_tail(&zone->order, &zones->resting);
}

/* a zone that waited for a bridge of that name does so in vain: it has one */
static void zone_name(struct br_sg_zones *zones, struct br_sg_zone *zone,
		      const char *name)
{
	struct br_sg_zone *other = zone_named(zones, name);

	if (other == zone)
		return;
	if (other && !other->user)
		zone_unname(zones, other);
	if (!hlist_unhashed(&zone->node))
		hlist_del_init(&zone->node);
	strscpy(zone->name, name, sizeof(zone->name));
	hlist_add_head(&zone->node, zone_bucket(zones, name));
}

static void zone_free(struct br_sg_zones *zones, struct br_sg_zone *zone)
{
	if (!hlist_unhashed(&zone->node))
		hlist_del(&zone->node);
	list_del(&zone->all);
	list_del(&zone->order);
	list_del(&zone->work);
	zones->rows[zone->id / BR_SG_ZONE_ROW][zone->id % BR_SG_ZONE_ROW] = NULL;
	__clear_bit(zone->id, zones->used);
	kfree(zone);
}

static struct br_sg_zone *zone_new(struct br_sg_zones *zones, u16 id)
{
	struct br_sg_zone ***row = &zones->rows[id / BR_SG_ZONE_ROW];
	struct br_sg_zone *zone;

	if (!*row)
		*row = kcalloc(BR_SG_ZONE_ROW, sizeof(**row),
			       GFP_KERNEL_ACCOUNT);
	if (!*row)
		return NULL;
	zone = kzalloc(sizeof(*zone), GFP_KERNEL_ACCOUNT);
	if (!zone)
		return NULL;
	zone->id = id;
	zone->fresh = true;
	zone->left = jiffies;
	INIT_HLIST_NODE(&zone->node);
	list_add_tail(&zone->all, &zones->all);
	INIT_LIST_HEAD(&zone->order);
	list_add_tail(&zone->work, &zones->work);
	(*row)[id % BR_SG_ZONE_ROW] = zone;
	__set_bit(id, zones->used);
	return zone;
}

/*
 * Entries of others show which zones are in use. A walk of the table costs
 * milliseconds, so it is done once for all bridges that appear within a second.
 */
static void zones_look(struct br_sg_zones *zones)
{
	if (time_before(jiffies, zones->looked + HZ))
		return;
	bitmap_zero(zones->seen, BR_SG_ZONES);
	br_sg_zone_ct_seen(zones->net, zones->seen);
	zones->looked = jiffies;
}

void br_sg_zones_begin(struct br_sg_zones *zones)
{
	struct br_sg_zone *zone;

	list_for_each_entry(zone, &zones->all, all) {
		zone->next = NULL;
		zone_work(zones, zone);
	}
}

bool br_sg_zone_keep(struct br_sg_zones *zones, struct br_sg_zone *zone,
		     const struct br_sg_zone_user *user)
{
	if (zone->next == user)
		return true;
	if (zone->next)
		return false;
	zone_work(zones, zone);
	zone->next = user;
	return true;
}

struct br_sg_zone *br_sg_zone_take(struct br_sg_zones *zones, u16 id,
				   const struct br_sg_zone_user *user)
{
	struct br_sg_zone *zone = zone_find(zones, id);

	if (!zone) {
		zone = zone_new(zones, id);
		if (!zone)
			return ERR_PTR(-ENOMEM);
		/* entries of before, and words of serials that are gone */
		zones_look(zones);
		zone->watched = test_bit(id, zones->seen);
	}
	return br_sg_zone_keep(zones, zone, user) ? zone : NULL;
}

const struct br_sg_zone_user *br_sg_zone_holder(const struct br_sg_zones *zones,
						u16 id)
{
	const struct br_sg_zone *zone = zone_find(zones, id);

	return zone ? zone->next : NULL;
}

/* those that have rested long enough are as if they had never been */
static void zones_rested(struct br_sg_zones *zones)
{
	struct br_sg_zone *zone, *next;

	list_for_each_entry_safe(zone, next, &zones->resting, order) {
		if (!time_after(jiffies, zone->left + ZONE_REST))
			break;
		if (!zone->next)
			zone_free(zones, zone);
	}
}

/* the highest that nobody has and had of late, and that has no entries; 0: none */
static u16 zones_free_id(const struct br_sg_zones *zones)
{
	unsigned long free;
	int i;

	for (i = BITS_TO_LONGS(BR_SG_ZONES) - 1; i >= 0; i--) {
		free = ~(zones->used[i] | zones->seen[i]);
		if (!i)
			free &= ~1UL;
		if (free)
			return i * BITS_PER_LONG + __fls(free);
	}
	return 0;
}

static struct br_sg_zone *zones_oldest(struct br_sg_zones *zones,
				       struct list_head *list, bool seen)
{
	struct br_sg_zone *zone;

	list_for_each_entry(zone, list, order)
		if (!zone->next && test_bit(zone->id, zones->seen) == seen)
			return zone;
	return NULL;
}

/* none is free: one that waits for a bridge that may never come; NULL: none does */
static struct br_sg_zone *zones_reclaim(struct br_sg_zones *zones)
{
	struct br_sg_zone *zone;

	/* it is asked at once: what is given away must not be in use */
	zones->looked = jiffies - HZ - 1;
	zones_look(zones);
	zone = zones_oldest(zones, &zones->waiting, false);
	if (!zone)
		zone = zones_oldest(zones, &zones->resting, false);
	if (!zone)
		zone = zones_oldest(zones, &zones->waiting, true);
	if (!zone)
		zone = zones_oldest(zones, &zones->resting, true);
	if (zone)
		zone->purge = test_bit(zone->id, zones->seen);
	return zone;
}

struct br_sg_zone *br_sg_zone_choose(struct br_sg_zones *zones,
				     const struct br_sg_zone_user *user)
{
	struct br_sg_zone *zone = zone_named(zones, user->name);
	u16 id;

	if (zone && !zone->user && br_sg_zone_keep(zones, zone, user))
		return zone;
	zones_look(zones);
	zones_rested(zones);
	id = zones_free_id(zones);
	if (id)
		return br_sg_zone_take(zones, id, user);
	zone = zones_reclaim(zones);
	if (!zone)
		return ERR_PTR(-ENOSPC);
	br_sg_zone_keep(zones, zone, user);
	return zone;
}

/*
 * Takes no memory, so the bits of what is to be purged are borrowed from what was
 * seen, which is looked for again.
 */
static void zones_purge(struct br_sg_zones *zones)
{
	struct br_sg_zone *zone;
	bool any = false;

	list_for_each_entry(zone, &zones->work, work)
		any |= zone->purge;
	if (!any)
		return;
	bitmap_zero(zones->seen, BR_SG_ZONES);
	list_for_each_entry(zone, &zones->work, work)
		if (zone->purge)
			__set_bit(zone->id, zones->seen);
	br_sg_zone_ct_purge(zones->net, zones->seen);
	zones->looked = jiffies - HZ - 1;
}

void br_sg_zones_settle(struct br_sg_zones *zones)
{
	struct br_sg_zone *zone, *next;

	zones_purge(zones);
	/* first who leaves: another may have come by the name */
	list_for_each_entry(zone, &zones->work, work) {
		zone->fresh = false;
		zone->purge = false;
		if (zone->user && !zone->next)
			zone_unname(zones, zone);
		if (zone->next)
			list_del_init(&zone->order);
		zone->user = zone->next;
	}
	list_for_each_entry_safe(zone, next, &zones->work, work) {
		list_del_init(&zone->work);
		if (zone->user)
			zone_name(zones, zone, zone->user->name);
	}
}

void br_sg_zones_abandon(struct br_sg_zones *zones)
{
	struct br_sg_zone *zone, *next;

	list_for_each_entry_safe(zone, next, &zones->work, work) {
		if (zone->fresh) {
			zone_free(zones, zone);
			continue;
		}
		zone->next = zone->user;
		zone->purge = false;
		list_del_init(&zone->work);
	}
}

void br_sg_zone_rename(struct br_sg_zones *zones, struct br_sg_zone *zone)
{
	zone_name(zones, zone, zone->user->name);
}

void br_sg_zone_release(struct br_sg_zones *zones, struct br_sg_zone *zone)
{
	zone->user = NULL;
	zone->next = NULL;
	zone->left = jiffies;
	list_add_tail(&zone->order, &zones->waiting);
}

int br_sg_zone_resume(struct br_sg_zones *zones, const char *name, u16 id)
{
	struct br_sg_zone *zone;

	if (zone_find(zones, id) || zone_named(zones, name))
		return 0;
	zone = zone_new(zones, id);
	if (!zone)
		return -ENOMEM;
	zone->watched = true;
	list_add_tail(&zone->order, &zones->waiting);
	zone_name(zones, zone, name);
	return 0;
}

u16 br_sg_zone_next(struct br_sg_zones *zones, unsigned long from, char *name)
{
	struct br_sg_zone *zone;

	/* a netns that never had a port */
	if (!zones->net)
		return 0;
	while ((from = find_next_bit(zones->used, BR_SG_ZONES, from)) <
	       BR_SG_ZONES) {
		zone = zone_find(zones, from++);
		if (!zone->name[0])
			continue;
		strscpy(name, zone->name, IFNAMSIZ);
		return zone->id;
	}
	return 0;
}
