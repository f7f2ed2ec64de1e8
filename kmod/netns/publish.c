// SPDX-License-Identifier: GPL-2.0
/*
 * What was judged becomes a snapshot. First all memory is taken that it may need, by
 * the pages on which something changes; then scratch is made true, which cannot fail,
 * and the new pages are written from the records as they are by then; then the pointer
 * is swapped.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "netns/device.h"
#include "netns/net.h"
#include "netns/publish.h"
#include "netns/shadow_end.h"
#include "netns/template.h"
#include "policy/policy.h"
#include "policy/snapshot.h"

static_assert(BR_SG_PAGES == BR_SG_SNAPSHOT_PAGES);
static_assert(sizeof(struct br_sg_dev) <= 256);

/* of all snapshots, where no device is: never written */
static struct br_sg_bind no_binds[1];
static struct {
	struct br_sg_index index;
	struct br_sg_index_slot slot;
} no_serials;

void br_sg_bridge_free(struct br_sg_bridge *bridge)
{
	br_sg_templates_put(bridge->templates);
	kfree(bridge);
}

void br_sg_shadow_end_free(struct br_sg_shadow_end *end)
{
	br_sg_shadow_end_exit(end);
	kfree(end);
}

void br_sg_bridge_lose(struct br_sg_devs *devs, struct br_sg_bridge *bridge)
{
	hlist_add_head(&bridge->lost, &devs->lost_bridges);
}

void br_sg_shadow_end_lose(struct br_sg_devs *devs, struct br_sg_shadow_end *end)
{
	hlist_add_head(&end->lost, &devs->lost_ends);
}

static void page_free(struct br_sg_snapshot *snap, u32 p)
{
	if (snap->pages[p].binds != no_binds)
		kvfree(snap->pages[p].binds);
}

static void index_free(struct br_sg_snapshot *snap, u32 p)
{
	if (snap->index[p] != &no_serials.index)
		kvfree(snap->index[p]);
}

/* what the next has not taken over */
static void snapshot_free(struct br_sg_snapshot *snap)
{
	struct br_sg_shadow_end *end;
	struct br_sg_bridge *bridge;
	struct hlist_node *next;
	u32 p;

	for_each_set_bit(p, snap->lost, BR_SG_PAGES)
		page_free(snap, p);
	for_each_set_bit(p, snap->lost_index, BR_SG_PAGES)
		index_free(snap, p);
	hlist_for_each_entry_safe(end, next, &snap->ends, lost) {
		br_sg_shadow_end_free(end);
		cond_resched();
	}
	hlist_for_each_entry_safe(bridge, next, &snap->bridges, lost) {
		br_sg_bridge_free(bridge);
		cond_resched();
	}
	br_sg_policy_put(snap->shadow);
	br_sg_policy_put(snap->policy);
	kvfree(snap);
}

static void snapshot_free_work(struct work_struct *work)
{
	snapshot_free(container_of(to_rcu_work(work), struct br_sg_snapshot,
				   rwork));
}

static struct br_sg_snapshot *snapshot_in_force(struct br_sg_net *bn)
{
	return rcu_dereference_protected(bn->snap,
					 lockdep_is_held(&bn->publish));
}

/* with the pages of @old */
static struct br_sg_snapshot *snapshot_new(const struct br_sg_snapshot *old,
					   struct br_sg_policy *policy,
					   struct br_sg_policy *shadow)
{
	struct br_sg_snapshot *snap;
	u32 p;

	snap = kvmalloc(sizeof(*snap), GFP_KERNEL_ACCOUNT);
	if (!snap)
		return NULL;
	INIT_RCU_WORK(&snap->rwork, snapshot_free_work);
	snap->policy = br_sg_policy_get(policy);
	snap->shadow = shadow ? br_sg_policy_get(shadow) : NULL;
	snap->remotes = policy->remotes;
	INIT_HLIST_HEAD(&snap->ends);
	INIT_HLIST_HEAD(&snap->bridges);
	bitmap_zero(snap->lost, BR_SG_PAGES);
	bitmap_zero(snap->lost_index, BR_SG_PAGES);
	if (old) {
		memcpy(snap->pages, old->pages, sizeof(snap->pages));
		memcpy(snap->index, old->index, sizeof(snap->index));
		return snap;
	}
	for (p = 0; p < BR_SG_PAGES; p++) {
		snap->pages[p].binds = no_binds;
		snap->pages[p].mask = 0;
		snap->index[p] = &no_serials.index;
	}
	return snap;
}

static bool face_moves(const struct br_sg_dev_bridge *b)
{
	return memcmp(&b->face, &b->next_face, sizeof(b->face));
}

/* which pages are not as the records will be */
static void devs_dirty(struct br_sg_devs *devs)
{
	struct br_sg_dev_bridge *b;
	struct br_sg_dev *d;

	if (devs->stale) {
		bitmap_fill(devs->dirty, BR_SG_PAGES);
		bitmap_fill(devs->dirty_serials, BR_SG_PAGES);
	}
	list_for_each_entry(d, &devs->touched, touched) {
		bool was = br_sg_dev_is_port(&d->is);
		bool is = br_sg_dev_is_port(&d->next);

		__set_bit(d->ifindex % BR_SG_PAGES, devs->dirty);
		if (was == is && d->is.id.serial == d->next.id.serial)
			continue;
		if (was)
			__set_bit(d->is.id.serial % BR_SG_PAGES,
				  devs->dirty_serials);
		if (is)
			__set_bit(d->next.id.serial % BR_SG_PAGES,
				  devs->dirty_serials);
	}
	list_for_each_entry(b, &devs->touched_bridges, touched)
		if (face_moves(b))
			list_for_each_entry(d, &b->devs, on_bridge)
				__set_bit(d->ifindex % BR_SG_PAGES,
					  devs->dirty);
}

/* room for all that a page may have: devices that are on no bridge, too */
static int pages_alloc(const struct br_sg_devs *devs, struct br_sg_snapshot *snap)
{
	struct br_sg_bind *binds;
	u32 p, slots;

	for_each_set_bit(p, devs->dirty, BR_SG_PAGES) {
		if (!devs->n_hash[p]) {
			snap->pages[p].binds = no_binds;
			snap->pages[p].mask = 0;
			continue;
		}
		slots = roundup_pow_of_two(2 * devs->n_hash[p]);
		binds = kvcalloc(slots, sizeof(*binds), GFP_KERNEL_ACCOUNT);
		if (!binds)
			return -ENOMEM;
		snap->pages[p].binds = binds;
		snap->pages[p].mask = slots - 1;
	}
	return 0;
}

static int index_alloc(struct br_sg_devs *devs, struct br_sg_snapshot *snap)
{
	struct br_sg_index *index;
	struct br_sg_dev *d;
	u32 p, slots, *n;
	int err = 0;

	n = kmemdup(devs->n_serials, sizeof(devs->n_serials),
		    GFP_KERNEL_ACCOUNT);
	if (!n)
		return -ENOMEM;
	list_for_each_entry(d, &devs->touched, touched)
		n[d->next.id.serial % BR_SG_PAGES]++;
	for_each_set_bit(p, devs->dirty_serials, BR_SG_PAGES) {
		slots = roundup_pow_of_two(2 * n[p] + 1);
		index = kvzalloc(struct_size(index, slots, slots),
				 GFP_KERNEL_ACCOUNT);
		err = index ? 0 : -ENOMEM;
		if (err)
			break;
		index->mask = slots - 1;
		snap->index[p] = index;
	}
	kfree(n);
	return err;
}

static struct br_sg_bridge *bridge_new(const struct br_sg_dev_bridge *b)
{
	const struct br_sg_bridge_face *face = &b->next_face;
	struct br_sg_templates *templates;
	struct br_sg_bridge *bridge;

	bridge = kzalloc(sizeof(*bridge), GFP_KERNEL_ACCOUNT);
	if (!bridge)
		return NULL;
	bridge->dev = b->dev;
	strscpy(bridge->name, face->name, sizeof(bridge->name));
	bridge->filtered = face->filtered;
	bridge->stateless = face->stateless;
	bridge->zone = face->zone;
	if (!face->filtered)
		return bridge;
	templates = b->next_zone == b->zone ? b->templates : b->next_templates;
	bridge->templates = br_sg_templates_get(templates);
	bridge->tmpl = templates->v;
	return bridge;
}

static int bridges_make(struct br_sg_net *bn)
{
	struct br_sg_dev_bridge *b;

	list_for_each_entry(b, &bn->devs->touched_bridges, touched) {
		if (b->next_zone && b->next_zone != b->zone) {
			b->next_templates = br_sg_templates_new(bn->net,
								b->next_zone->id);
			if (!b->next_templates)
				return -ENOMEM;
		}
		if (!b->next_face.ours || !face_moves(b))
			continue;
		b->next_shown = bridge_new(b);
		if (!b->next_shown)
			return -ENOMEM;
	}
	return 0;
}

/*
 * What a device is to the shadow. One without a port line that both let by, or both
 * drop, needs no word of it.
 */
static int end_make(struct br_sg_dev *d, const struct br_sg_policy *shadow)
{
	struct br_sg_shadow_dev dev = {
		.dev = d->name,
		.bridge = d->next.bridge->dev,
		.real = d->next.port,
		.blocked = d->next.state == BR_SG_BIND_ZONE,
		.counts = d->end ? d->end->counts : NULL,
	};
	bool drops = d->next.state == BR_SG_BIND_UNCONFIGURED;
	struct br_sg_shadow_end *end;
	int err;

	dev.drops = d->next.id.renamed ||
		    br_sg_default_drops(shadow->config, d->name);
	if (!dev.real && dev.drops == drops && !br_sg_policy_port(shadow, d->name))
		return 0;
	end = kzalloc(sizeof(*end), GFP_KERNEL_ACCOUNT);
	if (!end)
		return -ENOMEM;
	err = br_sg_shadow_end_init(end, shadow, &dev);
	if (err) {
		kfree(end);
		return err;
	}
	d->next_end = end;
	return 0;
}

static int ends_make(struct br_sg_devs *devs, const struct br_sg_policy *shadow)
{
	struct br_sg_dev *d;
	int err;

	if (!shadow)
		return 0;
	list_for_each_entry(d, &devs->touched, touched) {
		err = d->next.bridge ? end_make(d, shadow) : 0;
		if (err)
			return err;
	}
	return 0;
}

static bool dev_shows(const struct br_sg_dev *d)
{
	return d->is.bridge &&
	       (d->is.bridge->face.ours ||
		d->is.state == BR_SG_BIND_UNCONFIGURED || d->end);
}

static void page_write(const struct br_sg_devs *devs, u32 p,
		       struct br_sg_page *page)
{
	const struct br_sg_dev_bridge *b;
	const struct br_sg_dev *d;
	struct br_sg_bind *bind;
	bool any = false;
	u32 i;

	hlist_for_each_entry(d, &devs->dev_hash[p], hash) {
		if (!dev_shows(d))
			continue;
		any = true;
		i = (u32)d->ifindex / BR_SG_PAGES;
		while (page->binds[i & page->mask].dev)
			i++;
		bind = &page->binds[i & page->mask];
		b = d->is.bridge;
		bind->ifindex = d->ifindex;
		bind->dev = d->dev;
		bind->state = d->is.state;
		bind->shadow = d->end;
		if (b->face.ours) {
			bind->bridge = b->shown;
			bind->tracked = b->face.filtered &&
					!b->face.stateless && !d->end;
			bind->watched = b->face.watched;
		}
		if (!d->is.port)
			continue;
		bind->port = d->is.port;
		bind->stamp = (u64)d->is.id.serial << BR_SG_SLOT_SERIAL_SHIFT |
			      (u64)bind->port->version <<
				BR_SG_SLOT_VERSION_SHIFT;
	}
	/* devices that are there, and nothing to us */
	if (!any && page->mask) {
		kvfree(page->binds);
		page->binds = no_binds;
		page->mask = 0;
	}
}

static void index_write(const struct br_sg_devs *devs, u32 p,
			struct br_sg_snapshot *snap)
{
	struct br_sg_index *index = snap->index[p];
	struct br_sg_index_slot *slot;
	const struct br_sg_dev *d;
	bool any = false;
	u32 i;

	hlist_for_each_entry(d, &devs->serials[p], by_serial) {
		if (!br_sg_dev_is_port(&d->is))
			continue;
		any = true;
		i = d->is.id.serial / BR_SG_PAGES;
		while (index->slots[i & index->mask].serial)
			i++;
		slot = &index->slots[i & index->mask];
		slot->serial = d->is.id.serial;
		slot->ifindex = d->ifindex;
		slot->dev = d->dev;
	}
	/* of ports that are on no bridge */
	if (any)
		return;
	kvfree(index);
	snap->index[p] = &no_serials.index;
}

/* @old goes when nobody reads it any more, with what @devs have of it no more */
static void snapshot_bury(struct br_sg_devs *devs, struct br_sg_snapshot *old)
{
	hlist_move_list(&devs->lost_ends, &old->ends);
	hlist_move_list(&devs->lost_bridges, &old->bridges);
	queue_rcu_work(br_sg_wq, &old->rwork);
}

/* pages that @snap has not from @old */
static void snapshot_drop(struct br_sg_snapshot *snap,
			  const struct br_sg_snapshot *old)
{
	u32 p;

	for (p = 0; p < BR_SG_PAGES; p++) {
		if (!old || snap->pages[p].binds != old->pages[p].binds)
			page_free(snap, p);
		if (!old || snap->index[p] != old->index[p])
			index_free(snap, p);
	}
	br_sg_policy_put(snap->shadow);
	br_sg_policy_put(snap->policy);
	kvfree(snap);
}

struct br_sg_snapshot *
br_sg_publish_prepare(struct br_sg_net *bn, struct br_sg_policy *policy,
		      struct br_sg_policy *shadow)
{
	struct br_sg_snapshot *old = snapshot_in_force(bn);
	struct br_sg_snapshot *snap;
	int err;

	snap = snapshot_new(old, policy, shadow);
	if (!snap)
		return ERR_PTR(-ENOMEM);
	devs_dirty(bn->devs);
	err = pages_alloc(bn->devs, snap);
	if (!err)
		err = index_alloc(bn->devs, snap);
	if (!err)
		err = bridges_make(bn);
	if (!err)
		err = ends_make(bn->devs, shadow);
	if (!err)
		return snap;
	snapshot_drop(snap, old);
	return ERR_PTR(err);
}

void br_sg_publish(struct br_sg_net *bn, struct br_sg_snapshot *snap)
{
	struct br_sg_snapshot *old = snapshot_in_force(bn);
	struct br_sg_devs *devs = bn->devs;
	u32 p;

	br_sg_devs_settle(devs);
	for_each_set_bit(p, devs->dirty, BR_SG_PAGES)
		page_write(devs, p, &snap->pages[p]);
	for_each_set_bit(p, devs->dirty_serials, BR_SG_PAGES)
		index_write(devs, p, snap);
	rcu_assign_pointer(bn->snap, snap);
	bn->moved++;
	if (old) {
		bitmap_copy(old->lost, devs->dirty, BR_SG_PAGES);
		bitmap_copy(old->lost_index, devs->dirty_serials, BR_SG_PAGES);
		snapshot_bury(devs, old);
	}
	bitmap_zero(devs->dirty, BR_SG_PAGES);
	bitmap_zero(devs->dirty_serials, BR_SG_PAGES);
}

static void devs_lost(struct br_sg_devs *devs, void *arg)
{
	if (arg)
		snapshot_bury(devs, arg);
}

void br_sg_publish_none(struct br_sg_net *bn)
{
	struct br_sg_snapshot *old = snapshot_in_force(bn);
	struct br_sg_devs *devs = bn->devs;

	RCU_INIT_POINTER(bn->snap, NULL);
	bn->moved++;
	if (old) {
		bitmap_fill(old->lost, BR_SG_PAGES);
		bitmap_fill(old->lost_index, BR_SG_PAGES);
	}
	bn->devs = NULL;
	if (devs)
		br_sg_devs_free(devs, devs_lost, old);
}

void br_sg_publish_void(struct br_sg_net *bn, const struct net_device *dev)
{
	struct br_sg_snapshot *snap = snapshot_in_force(bn);
	struct br_sg_bind *bind;

	bind = snap ? (struct br_sg_bind *)br_sg_bind_find(snap, dev) : NULL;
	if (bind)
		WRITE_ONCE(bind->state, BR_SG_BIND_UNCONFIGURED);
}
