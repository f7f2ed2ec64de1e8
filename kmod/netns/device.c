// SPDX-License-Identifier: GPL-2.0
/*
 * Devices and bridges
 *
 * A device instance that a port line names has a serial. It goes with the
 * instance, with the name and with the line, as long as the line stays: what
 * conntrack entries hold for another serial is not this port's word (flow.c), so
 * a recycled device name inherits no flow. It does not go with the bridge: what
 * a port has revoked stays revoked when its device leaves the bridge and comes
 * back, or the bridge is made anew, and a device that comes back to the name it
 * had is who it was.
 */
#include <linux/err.h>
#include <linux/jhash.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "netns/device.h"
#include "policy/bind_state.h"

static u32 name_bucket(const char *name)
{
	return jhash(name, strnlen(name, IFNAMSIZ), 0) & (BR_SG_NAMES - 1);
}

struct br_sg_devs *br_sg_devs_new(struct br_sg_zones *zones)
{
	struct br_sg_devs *devs = kvzalloc(sizeof(*devs), GFP_KERNEL_ACCOUNT);

	if (!devs)
		return NULL;
	devs->zones = zones;
	INIT_LIST_HEAD(&devs->devs);
	INIT_LIST_HEAD(&devs->away);
	INIT_LIST_HEAD(&devs->joining);
	INIT_LIST_HEAD(&devs->bridges);
	INIT_LIST_HEAD(&devs->touched);
	INIT_LIST_HEAD(&devs->touched_bridges);
	return devs;
}

struct br_sg_dev *br_sg_dev_find(struct br_sg_devs *devs,
				 const struct net_device *dev, int ifindex)
{
	struct br_sg_dev *d;

	hlist_for_each_entry(d, &devs->dev_hash[ifindex % BR_SG_PAGES], hash)
		if (d->dev == dev)
			return d;
	return NULL;
}

struct br_sg_dev_bridge *br_sg_dev_bridge_find(struct br_sg_devs *devs,
					       const struct net_device *dev,
					       int ifindex)
{
	struct br_sg_dev_bridge *b;

	hlist_for_each_entry(b, &devs->bridge_hash[ifindex % BR_SG_NAMES], node)
		if (b->dev == dev)
			return b;
	return NULL;
}

static void bridge_free(struct br_sg_dev_bridge *b)
{
	br_sg_templates_put(b->templates);
	list_del(&b->touched);
	list_del(&b->list);
	hlist_del(&b->node);
	kfree(b);
}

void br_sg_dev_bridge_touch(struct br_sg_devs *devs, struct br_sg_dev_bridge *b)
{
	if (!list_empty(&b->touched))
		return;
	list_add_tail(&b->touched, &devs->touched_bridges);
	b->next_on = b->on;
	b->next_zone = b->zone;
}

struct br_sg_dev_bridge *br_sg_dev_bridge_get(struct br_sg_devs *devs,
					      struct net_device *dev,
					      int ifindex, const char *name)
{
	struct br_sg_dev_bridge *b = br_sg_dev_bridge_find(devs, dev, ifindex);

	if (b)
		return b;
	b = kzalloc(sizeof(*b), GFP_KERNEL_ACCOUNT);
	if (!b)
		return NULL;
	b->ifindex = ifindex;
	b->dev = dev;
	strscpy(b->user.name, name, sizeof(b->user.name));
	INIT_LIST_HEAD(&b->devs);
	INIT_LIST_HEAD(&b->touched);
	hlist_add_head(&b->node, &devs->bridge_hash[ifindex % BR_SG_NAMES]);
	list_add_tail(&b->list, &devs->bridges);
	b->fresh = true;
	br_sg_dev_bridge_touch(devs, b);
	return b;
}

void br_sg_dev_touch(struct br_sg_devs *devs, struct br_sg_dev *d)
{
	if (!list_empty(&d->touched))
		return;
	list_add_tail(&d->touched, &devs->touched);
	d->next = d->is;
	if (d->is.bridge)
		br_sg_dev_bridge_touch(devs, d->is.bridge);
}

void br_sg_devs_touch_name(struct br_sg_devs *devs, const char *name)
{
	u32 bucket = name_bucket(name);
	struct br_sg_dev *d;

	hlist_for_each_entry(d, &devs->names[bucket], by_name)
		if (!strcmp(d->name, name))
			br_sg_dev_touch(devs, d);
	hlist_for_each_entry(d, &devs->ids[bucket], by_id)
		if (!strcmp(d->is.id.name, name))
			br_sg_dev_touch(devs, d);
}

void br_sg_devs_touch_all(struct br_sg_devs *devs)
{
	struct br_sg_dev_bridge *b;
	struct br_sg_dev *d;

	list_for_each_entry(d, &devs->devs, node)
		br_sg_dev_touch(devs, d);
	list_for_each_entry(d, &devs->away, node)
		br_sg_dev_touch(devs, d);
	list_for_each_entry(b, &devs->bridges, list)
		br_sg_dev_bridge_touch(devs, b);
}

/* scratch: it is away, and is to be on a bridge */
static bool dev_joins(const struct br_sg_dev *d)
{
	return !d->is.bridge && !list_empty(&d->on_bridge);
}

struct br_sg_dev *br_sg_devs_next(struct br_sg_devs *devs, struct br_sg_dev *d)
{
	struct list_head *at;

	if (d && dev_joins(d)) {
		at = d->on_bridge.next;
	} else {
		at = d ? d->node.next : devs->devs.next;
		if (at != &devs->devs)
			return list_entry(at, struct br_sg_dev, node);
		at = devs->joining.next;
	}
	return at == &devs->joining ? NULL :
				      list_entry(at, struct br_sg_dev, on_bridge);
}

static void dev_unhash_id(struct br_sg_devs *devs, struct br_sg_dev *d)
{
	if (hlist_unhashed(&d->by_id))
		return;
	hlist_del_init(&d->by_id);
	hlist_del_init(&d->by_serial);
	devs->n_serials[d->is.id.serial % BR_SG_PAGES]--;
}

static void dev_hash_id(struct br_sg_devs *devs, struct br_sg_dev *d)
{
	u32 page = d->is.id.serial % BR_SG_PAGES;

	if (!d->is.id.serial)
		return;
	hlist_add_head(&d->by_id, &devs->ids[name_bucket(d->is.id.name)]);
	hlist_add_head(&d->by_serial, &devs->serials[page]);
	devs->n_serials[page]++;
}

static void dev_free(struct br_sg_devs *devs, struct br_sg_dev *d)
{
	dev_unhash_id(devs, d);
	hlist_del(&d->by_name);
	hlist_del(&d->hash);
	devs->n_hash[d->ifindex % BR_SG_PAGES]--;
	list_del(&d->node);
	list_del(&d->on_bridge);
	list_del(&d->touched);
	kfree(d);
}

/* @d has nothing that it could be asked for when it comes back */
static bool dev_is_nobody(const struct br_sg_dev *d)
{
	return !d->is.id.serial && !d->is.id.renamed;
}

/* a record that is on no list yet */
static struct br_sg_dev *dev_new(struct br_sg_devs *devs, struct net_device *dev,
				 int ifindex, const char *name)
{
	struct br_sg_dev *d = kzalloc(sizeof(*d), GFP_KERNEL_ACCOUNT);

	if (!d)
		return NULL;
	d->dev = dev;
	d->ifindex = ifindex;
	strscpy(d->name, name, sizeof(d->name));
	INIT_LIST_HEAD(&d->node);
	INIT_LIST_HEAD(&d->on_bridge);
	INIT_LIST_HEAD(&d->touched);
	INIT_HLIST_NODE(&d->by_id);
	INIT_HLIST_NODE(&d->by_serial);
	hlist_add_head(&d->hash, &devs->dev_hash[ifindex % BR_SG_PAGES]);
	devs->n_hash[ifindex % BR_SG_PAGES]++;
	hlist_add_head(&d->by_name, &devs->names[name_bucket(name)]);
	return d;
}

struct br_sg_dev *br_sg_dev_join(struct br_sg_devs *devs, struct net_device *dev,
				 int ifindex, const char *name,
				 struct br_sg_dev_bridge *b)
{
	struct br_sg_dev *d = br_sg_dev_find(devs, dev, ifindex);

	if (!d)
		d = dev_new(devs, dev, ifindex, name);
	if (!d)
		return NULL;
	br_sg_dev_touch(devs, d);
	if (!b)
		return d;
	br_sg_dev_bridge_touch(devs, b);
	d->next.bridge = b;
	d->order = ++devs->order;
	list_add_tail(&d->on_bridge, &devs->joining);
	return d;
}

static void dev_dirty(struct br_sg_devs *devs, const struct br_sg_dev *d)
{
	__set_bit(d->ifindex % BR_SG_PAGES, devs->dirty);
	if (br_sg_dev_is_port(&d->is))
		__set_bit(d->is.id.serial % BR_SG_PAGES, devs->dirty_serials);
}

static void dev_left(struct br_sg_devs *devs, struct br_sg_dev *d)
{
	struct br_sg_dev_bridge *b = d->is.bridge;

	dev_dirty(devs, d);
	br_sg_ports_on_add(&b->on, &d->is, -1);
	br_sg_dev_bridge_touch(devs, b);
	b->next_on = b->on;
	b->n_devs--;
	devs->n_blocked -= d->is.state == BR_SG_BIND_ZONE;
	/* what it wished may now be wished by another on that bridge */
	devs->released |= d->is.wish;
	list_del_init(&d->on_bridge);
	d->is.bridge = NULL;
	d->is.port = NULL;
	d->is.wish = 0;
	d->is.state = BR_SG_BIND_PASS;
	d->is.stateless = false;
	if (d->end)
		br_sg_shadow_end_lose(devs, d->end);
	d->end = NULL;
	list_move_tail(&d->node, &devs->away);
}

void br_sg_dev_leave(struct br_sg_devs *devs, struct br_sg_dev *d)
{
	if (!d->is.bridge)
		return;
	dev_left(devs, d);
	if (dev_is_nobody(d))
		dev_free(devs, d);
}

void br_sg_dev_gone(struct br_sg_devs *devs, struct br_sg_dev *d)
{
	if (d->is.bridge)
		dev_left(devs, d);
	dev_free(devs, d);
}

/* who it was stays known, since it may come back to that name */
void br_sg_dev_rename(struct br_sg_devs *devs, struct br_sg_dev *d,
		      const char *name)
{
	hlist_del(&d->by_name);
	strscpy(d->name, name, sizeof(d->name));
	hlist_add_head(&d->by_name, &devs->names[name_bucket(name)]);
	if (d->is.id.serial)
		d->is.id.renamed = true;
	br_sg_dev_touch(devs, d);
}

void br_sg_dev_bridge_rename(struct br_sg_devs *devs,
			     struct br_sg_dev_bridge *b, const char *name)
{
	strscpy(b->user.name, name, sizeof(b->user.name));
	if (b->zone)
		br_sg_zone_rename(devs->zones, b->zone);
	br_sg_dev_bridge_touch(devs, b);
}

void br_sg_dev_bridge_gone(struct br_sg_devs *devs, struct br_sg_dev_bridge *b)
{
	struct br_sg_dev *d, *next;

	list_for_each_entry_safe(d, next, &b->devs, on_bridge)
		br_sg_dev_leave(devs, d);
	if (b->zone)
		br_sg_zone_release(devs->zones, b->zone);
	devs->released = true;
	if (b->shown)
		br_sg_bridge_lose(devs, b->shown);
	bridge_free(b);
}

static void dev_settle(struct br_sg_devs *devs, struct br_sg_dev *d)
{
	bool same_id = d->is.id.serial == d->next.id.serial &&
		       !strcmp(d->is.id.name, d->next.id.name);
	struct br_sg_dev_bridge *b = d->next.bridge;
	bool joins = dev_joins(d);

	list_del_init(&d->touched);
	if (!same_id)
		dev_unhash_id(devs, d);
	devs->n_blocked -= d->is.state == BR_SG_BIND_ZONE;
	d->is = d->next;
	devs->n_blocked += d->is.state == BR_SG_BIND_ZONE;
	if (!same_id)
		dev_hash_id(devs, d);
	if (d->end)
		br_sg_shadow_end_lose(devs, d->end);
	d->end = d->next_end;
	d->next_end = NULL;
	if (joins) {
		list_move_tail(&d->node, &devs->devs);
		list_move_tail(&d->on_bridge, &b->devs);
		b->n_devs++;
	} else if (!b && dev_is_nobody(d)) {
		dev_free(devs, d);
	} else if (list_empty(&d->node)) {
		list_add_tail(&d->node, &devs->away);
	}
}

static void bridge_settle(struct br_sg_devs *devs, struct br_sg_dev_bridge *b)
{
	list_del_init(&b->touched);
	b->fresh = false;
	b->on = b->next_on;
	if (b->next_zone != b->zone) {
		br_sg_templates_put(b->templates);
		b->templates = b->next_templates;
		b->next_templates = NULL;
		b->zone = b->next_zone;
	}
	if (b->zone && b->next_face.watched)
		b->zone->watched = true;
	if (memcmp(&b->face, &b->next_face, sizeof(b->face))) {
		if (b->shown)
			br_sg_bridge_lose(devs, b->shown);
		b->shown = b->next_shown;
		b->next_shown = NULL;
		b->face = b->next_face;
	}
}

void br_sg_devs_settle(struct br_sg_devs *devs)
{
	struct br_sg_dev_bridge *b, *next_b;
	struct br_sg_dev *d, *next;

	list_for_each_entry_safe(d, next, &devs->touched, touched)
		dev_settle(devs, d);
	list_for_each_entry_safe(b, next_b, &devs->touched_bridges, touched)
		bridge_settle(devs, b);
	br_sg_zones_settle(devs->zones);
	devs->released = false;
	devs->stale = false;
}

void br_sg_devs_abandon(struct br_sg_devs *devs)
{
	struct br_sg_dev_bridge *b, *next_b;
	struct br_sg_dev *d, *next;

	list_for_each_entry_safe(d, next, &devs->touched, touched) {
		list_del_init(&d->touched);
		if (dev_joins(d))
			list_del_init(&d->on_bridge);
		if (d->next_end)
			br_sg_shadow_end_free(d->next_end);
		d->next_end = NULL;
		/* a record that was made for it */
		if (list_empty(&d->node))
			dev_free(devs, d);
	}
	list_for_each_entry_safe(b, next_b, &devs->touched_bridges, touched) {
		list_del_init(&b->touched);
		br_sg_templates_put(b->next_templates);
		b->next_templates = NULL;
		if (b->next_shown)
			br_sg_bridge_free(b->next_shown);
		b->next_shown = NULL;
		if (b->fresh)
			bridge_free(b);
	}
	br_sg_zones_abandon(devs->zones);
}

void br_sg_devs_free(struct br_sg_devs *devs,
		     void (*lost)(struct br_sg_devs *devs, void *arg),
		     void *arg)
{
	struct br_sg_dev_bridge *b, *next_b;
	struct br_sg_dev *d, *next;

	list_for_each_entry_safe(d, next, &devs->devs, node)
		br_sg_dev_gone(devs, d);
	list_for_each_entry_safe(d, next, &devs->away, node)
		br_sg_dev_gone(devs, d);
	list_for_each_entry_safe(b, next_b, &devs->bridges, list)
		br_sg_dev_bridge_gone(devs, b);
	lost(devs, arg);
	kvfree(devs);
}
