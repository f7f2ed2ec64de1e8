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
#include <linux/if_bridge.h>
#include <linux/ktime.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "netns/device.h"
#include "netns/net.h"
#include "netns/resume.h"
#include "netns/shadow_end.h"
#include "netns/template.h"
#include "policy/policy.h"
#include "policy/snapshot.h"

static atomic_t serial_last;

/*
 * Serials must not repeat while a conntrack entry could still carry one, five
 * days at most, and entries outlive the module. Counting from eight times the
 * seconds since 2020, a reload starts above all that came before unless more
 * than eight devices a second were bound all the time.
 */
void br_sg_serial_seed(void)
{
	s64 seconds = ktime_get_real_seconds() - 1577836800;

	atomic_set(&serial_last, (u32)(seconds > 0 ? seconds * 8 : 0));
}

static u32 serial_next(void)
{
	u32 serial;

	do {
		serial = atomic_inc_return(&serial_last);
	} while (!serial);
	return serial;
}

void br_sg_serial_seen(u32 serial)
{
	int now = atomic_read(&serial_last);

	do {
		if ((int)(serial - now) <= 0)
			return;
	} while (!atomic_try_cmpxchg(&serial_last, &now, serial));
}

static const struct br_sg_binding *
serial_taken_of(struct list_head *devs, struct br_sg_resume *resume,
		char *whose)
{
	const struct br_sg_binding *binding;
	struct br_sg_dev *d;

	list_for_each_entry(d, devs, node) {
		if (!d->id.serial)
			continue;
		binding = xa_load(&resume->serials, d->id.serial);
		if (!binding || binding->ifindex == d->ifindex)
			continue;
		strscpy(whose, d->id.name, IFNAMSIZ);
		return binding;
	}
	return NULL;
}

const struct br_sg_binding *
br_sg_serial_taken(struct br_sg_net *bn, struct br_sg_resume *resume,
		   char *whose)
{
	const struct br_sg_binding *binding;

	mutex_lock(&bn->publish);
	binding = serial_taken_of(&bn->devs, resume, whose);
	if (!binding)
		binding = serial_taken_of(&bn->away, resume, whose);
	mutex_unlock(&bn->publish);
	return binding;
}

struct br_sg_dev_bridge *br_sg_dev_bridge_find(struct br_sg_net *bn,
					       const struct net_device *dev)
{
	struct br_sg_dev_bridge *b;

	hash_for_each_possible(bn->bridge_hash, b, node, dev->ifindex)
		if (b->dev == dev)
			return b;
	return NULL;
}

static struct br_sg_dev_bridge *bridge_get(struct br_sg_net *bn,
					   struct net_device *dev)
{
	struct br_sg_dev_bridge *b = br_sg_dev_bridge_find(bn, dev);

	if (b)
		return b;
	b = kzalloc(sizeof(*b), GFP_KERNEL_ACCOUNT);
	if (!b)
		return NULL;
	b->ifindex = dev->ifindex;
	b->dev = dev;
	strscpy(b->user.name, dev->name, sizeof(b->user.name));
	hash_add(bn->bridge_hash, &b->node, dev->ifindex);
	return b;
}

void br_sg_dev_bridge_rename(struct br_sg_net *bn, struct br_sg_dev_bridge *b)
{
	strscpy(b->user.name, b->dev->name, sizeof(b->user.name));
	if (b->zone)
		br_sg_zone_rename(&bn->zones, b->zone);
}

void br_sg_dev_bridge_gone(struct br_sg_net *bn, struct br_sg_dev_bridge *b)
{
	if (b->zone)
		br_sg_zone_release(&bn->zones, b->zone);
	br_sg_templates_put(b->templates);
	hash_del(&b->node);
	kfree(b);
}

struct br_sg_dev *br_sg_dev_find(struct br_sg_net *bn,
				 const struct net_device *dev)
{
	struct br_sg_dev *d;

	hash_for_each_possible(bn->dev_hash, d, hash, dev->ifindex)
		if (d->dev == dev)
			return d;
	return NULL;
}

static void dev_free(struct br_sg_dev *d)
{
	list_del(&d->node);
	hash_del(&d->hash);
	br_sg_shadow_counts_put(d->counts);
	kfree(d);
}

/* @d has nothing that it could be asked for when it comes back */
static bool dev_is_nobody(const struct br_sg_dev *d)
{
	return !d->id.serial && !d->id.renamed;
}

/* a record of a device that is away */
static struct br_sg_dev *dev_new(struct br_sg_net *bn, struct net_device *dev)
{
	struct br_sg_dev *d = kzalloc(sizeof(*d), GFP_KERNEL_ACCOUNT);

	if (!d)
		return NULL;
	d->dev = dev;
	d->ifindex = dev->ifindex;
	d->port = -1;
	strscpy(d->name, dev->name, sizeof(d->name));
	list_add_tail(&d->node, &bn->away);
	hash_add(bn->dev_hash, &d->hash, dev->ifindex);
	return d;
}

int br_sg_dev_join(struct br_sg_net *bn, struct net_device *dev,
		   struct net_device *master)
{
	struct br_sg_dev_bridge *b = bridge_get(bn, master);
	struct br_sg_dev *d = br_sg_dev_find(bn, dev);

	if (!b)
		return -ENOMEM;
	if (!d)
		d = dev_new(bn, dev);
	if (!d)
		return -ENOMEM;
	if (!d->bridge)
		bn->n_devs++;
	d->bridge = b;
	list_move_tail(&d->node, &bn->devs);
	return 0;
}

void br_sg_dev_leave(struct br_sg_net *bn, struct br_sg_dev *d)
{
	if (d->bridge)
		bn->n_devs--;
	d->bridge = NULL;
	if (dev_is_nobody(d)) {
		dev_free(d);
		return;
	}
	br_sg_shadow_counts_put(d->counts);
	d->counts = NULL;
	d->state = BR_SG_BIND_PASS;
	list_move_tail(&d->node, &bn->away);
}

void br_sg_dev_gone(struct br_sg_net *bn, struct br_sg_dev *d)
{
	if (d->bridge)
		bn->n_devs--;
	dev_free(d);
}

/* who it was stays known, since it may come back to that name */
void br_sg_dev_rename(struct br_sg_dev *d)
{
	strscpy(d->name, d->dev->name, sizeof(d->name));
	if (d->id.serial)
		d->id.renamed = true;
}

int br_sg_devs_scan(struct br_sg_net *bn, struct br_sg_resume *resume)
{
	struct net_device *dev, *master;
	int err;

	for_each_netdev(bn->net, dev) {
		master = netdev_master_upper_dev_get(dev);
		if (master && netif_is_bridge_master(master)) {
			err = br_sg_dev_join(bn, dev, master);
			if (err)
				return err;
		} else if (br_sg_resume_find(resume, dev->ifindex, dev->name) &&
			   !dev_new(bn, dev)) {
			return -ENOMEM;
		}
	}
	return 0;
}

/*
 * A device that a new port is bound to has a new serial, or the one it had before
 * the module was loaded anew. Then entries carry it, with older versions.
 */
static void dev_bind(struct br_sg_dev *d, const struct br_sg_port *port,
		     const struct br_sg_binding *before)
{
	struct br_sg_identity *id = &d->next;

	if (id->serial && id->epoch == port->epoch &&
	    !strcmp(id->name, d->name)) {
		if (id->version != port->version)
			id->moved = true;
	} else if (before && before->fits) {
		id->serial = before->serial;
		id->moved = true;
	} else {
		id->serial = serial_next();
		id->moved = false;
	}
	strscpy(id->name, d->name, sizeof(id->name));
	id->epoch = port->epoch;
	id->version = port->version;
	id->renamed = false;
}

void br_sg_dev_judge(struct br_sg_dev *d, const struct br_sg_policy *policy,
		     struct br_sg_resume *resume)
{
	const struct br_sg_binding *before;

	d->port = br_sg_policy_port_index(policy, d->name);
	d->next = d->id;
	/* the line is gone; one of that name which comes later is another */
	if (d->id.serial && br_sg_policy_port_index(policy, d->id.name) < 0)
		d->next.serial = 0;
	before = br_sg_resume_find(resume, d->ifindex, d->name);
	if (d->port < 0)
		d->next.renamed |= before && before->renamed;
	else if (d->bridge || (before && before->fits))
		dev_bind(d, br_sg_policy_port_at(policy, d->port), before);
}

void br_sg_devs_judge_away(struct br_sg_net *bn,
			   const struct br_sg_policy *policy,
			   struct br_sg_resume *resume)
{
	struct br_sg_dev *d;

	list_for_each_entry(d, &bn->away, node)
		br_sg_dev_judge(d, policy, resume);
}

void br_sg_devs_settle(struct br_sg_net *bn)
{
	struct br_sg_dev_bridge *b;
	struct br_sg_dev *d, *next;
	int i;

	list_for_each_entry(d, &bn->devs, node)
		d->id = d->next;
	list_for_each_entry_safe(d, next, &bn->away, node) {
		d->id = d->next;
		if (dev_is_nobody(d))
			dev_free(d);
	}
	hash_for_each(bn->bridge_hash, i, b, node) {
		if (b->next == b->zone)
			continue;
		br_sg_templates_put(b->templates);
		b->templates = b->next_templates;
		b->next_templates = NULL;
		b->zone = b->next;
	}
	br_sg_zones_settle(&bn->zones);
}

void br_sg_devs_abandon(struct br_sg_net *bn)
{
	struct br_sg_dev_bridge *b;
	struct br_sg_dev *d, *next;
	int i;

	hash_for_each(bn->bridge_hash, i, b, node) {
		br_sg_templates_put(b->next_templates);
		b->next_templates = NULL;
	}
	list_for_each_entry_safe(d, next, &bn->away, node)
		if (dev_is_nobody(d))
			dev_free(d);
	br_sg_zones_abandon(&bn->zones);
}

void br_sg_devs_forget(struct br_sg_net *bn)
{
	struct br_sg_dev_bridge *b;
	struct br_sg_dev *d, *next;
	struct hlist_node *n;
	int i;

	list_for_each_entry_safe(d, next, &bn->devs, node)
		br_sg_dev_gone(bn, d);
	list_for_each_entry_safe(d, next, &bn->away, node)
		br_sg_dev_gone(bn, d);
	hash_for_each_safe(bn->bridge_hash, i, n, b, node)
		br_sg_dev_bridge_gone(bn, b);
}
