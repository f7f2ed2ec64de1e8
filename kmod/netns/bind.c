// SPDX-License-Identifier: GPL-2.0
/*
 * Ports and devices
 *
 * A port line names a device; the device may come later, be renamed, leave its
 * bridge, move to another netns or go. Bridge ports are followed by netdevice
 * notifier, from the moment a bridge takes them (before it forwards a frame of
 * theirs) until it lets them go, and every change lays a new map of devices
 * over the policy in force.
 * What a device is, and which zone its bridge has, is judged into scratch and
 * holds when the map that it makes is published: who is refused a bridge, or a
 * commit that is, leaves everything as it was.
 */
#include <linux/if_bridge.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "netns/bind.h"
#include "netns/device.h"
#include "netns/net.h"
#include "netns/resume.h"
#include "netns/shadow_end.h"
#include "netns/template.h"
#include "policy/policy.h"
#include "policy/snapshot.h"

/*
 * A port line that names a zone gives it to its bridge, unless another line has
 * given it one or the zone is another bridge's: the later is blocked. 1: given,
 * 0: blocked, or an error.
 */
static int dev_zone(struct br_sg_net *bn, struct br_sg_dev *d, u16 id)
{
	struct br_sg_dev_bridge *b = d->bridge;
	struct br_sg_zone *zone;

	if (!id || id == b->given)
		return 1;
	if (b->given)
		return 0;
	zone = br_sg_zone_take(&bn->zones, bn->net, id, &b->user);
	if (IS_ERR_OR_NULL(zone))
		return PTR_ERR_OR_ZERO(zone);
	b->given = id;
	b->next = zone;
	return 1;
}

static void dev_blocked(const struct br_sg_dev *d, u16 zone)
{
	pr_notice_ratelimited("br_sg: port %s is blocked: zone %u cannot be the zone of %s\n",
			      d->name, zone, d->bridge->user.name);
}

static void bridges_begin(struct br_sg_net *bn)
{
	struct br_sg_dev_bridge *b;
	int i;

	hash_for_each(bn->bridge_hash, i, b, node) {
		b->next = NULL;
		b->wish = 0;
		b->given = 0;
		b->ours = false;
		b->filtered = false;
		b->stateless = true;
		b->watched = false;
		b->index = -1;
	}
	br_sg_zones_begin(&bn->zones);
}

/* what each device is, but for the zone; and the zone that each bridge wishes */
static void devs_judge(struct br_sg_net *bn, const struct br_sg_policy *policy,
		       struct br_sg_resume *resume)
{
	const struct br_sg_port *port;
	struct br_sg_dev_bridge *b;
	struct br_sg_dev *d;

	br_sg_devs_judge_away(bn, policy, resume);
	list_for_each_entry(d, &bn->devs, node) {
		b = d->bridge;
		br_sg_dev_judge(d, policy, resume);
		if (d->port < 0) {
			d->state = d->next.renamed ||
				   br_sg_default_drops(policy->config, d->name) ?
				BR_SG_BIND_UNCONFIGURED : BR_SG_BIND_PASS;
			continue;
		}
		port = br_sg_policy_port_at(policy, d->port);
		b->ours = true;
		b->watched |= d->next.moved;
		if (port->mode != BR_SG_PORT_FILTER) {
			d->state = BR_SG_BIND_OPEN;
			continue;
		}
		/* one that was blocked is not reported again */
		if (d->state != BR_SG_BIND_ZONE)
			d->state = BR_SG_BIND_FILTER;
		if (!b->wish)
			b->wish = port->conf->zone;
	}
}

/*
 * The zones of all bridges. One that no line gives another keeps the zone that it
 * has; one that is to have another may find that it is given away, in the order
 * in which devices joined, and keeps its own in that case, or chooses.
 */
static int bridges_zone(struct br_sg_net *bn, const struct br_sg_policy *policy)
{
	const struct br_sg_port *port;
	struct br_sg_dev_bridge *b;
	struct br_sg_dev *d;
	int i, given;

	hash_for_each(bn->bridge_hash, i, b, node)
		if (b->zone && (!b->wish || b->wish == b->zone->id) &&
		    br_sg_zone_keep(b->zone, &b->user))
			b->next = b->zone;
	list_for_each_entry(d, &bn->devs, node) {
		if (d->state != BR_SG_BIND_FILTER && d->state != BR_SG_BIND_ZONE)
			continue;
		b = d->bridge;
		port = br_sg_policy_port_at(policy, d->port);
		given = dev_zone(bn, d, port->conf->zone);
		if (given < 0)
			return given;
		if (!given) {
			if (d->state != BR_SG_BIND_ZONE)
				dev_blocked(d, port->conf->zone);
			d->state = BR_SG_BIND_ZONE;
			continue;
		}
		d->state = BR_SG_BIND_FILTER;
		b->filtered = true;
		b->stateless &= port->stateless;
	}
	hash_for_each(bn->bridge_hash, i, b, node)
		if (b->zone && !b->next && br_sg_zone_keep(b->zone, &b->user))
			b->next = b->zone;
	list_for_each_entry(d, &bn->devs, node) {
		b = d->bridge;
		if (!b->filtered || b->next)
			continue;
		b->next = br_sg_zone_choose(&bn->zones, bn->net, &b->user);
		if (IS_ERR(b->next)) {
			int err = PTR_ERR(b->next);

			b->next = NULL;
			return err;
		}
	}
	return 0;
}

/* the templates of zones that bridges did not have; and which are watched */
static int bridges_template(struct br_sg_net *bn)
{
	struct br_sg_dev_bridge *b;
	int i;

	hash_for_each(bn->bridge_hash, i, b, node) {
		if (!b->next)
			continue;
		/* stays so if this is not published: it errs on the safe side */
		b->next->watched |= b->watched;
		if (b->next == b->zone)
			continue;
		b->next_templates = br_sg_templates_new(bn->net, b->next->id);
		if (!b->next_templates)
			return -ENOMEM;
	}
	return 0;
}

static void snapshot_free(struct br_sg_snapshot *snap)
{
	u32 i;

	for (i = 0; i < snap->n_bridges; i++)
		br_sg_templates_put(snap->bridges[i].templates);
	for (i = 0; i < snap->n_ends; i++)
		br_sg_shadow_end_exit(&snap->ends[i]);
	kvfree(snap->ends);
	br_sg_policy_put(snap->shadow);
	br_sg_policy_put(snap->policy);
	kvfree(snap->bridges);
	kvfree(snap->serials);
	kvfree(snap->binds);
	kvfree(snap);
}

static void snapshot_free_work(struct work_struct *work)
{
	snapshot_free(container_of(to_rcu_work(work), struct br_sg_snapshot,
				   rwork));
}

/*
 * What each device is to the shadow. Those without a port line that both let by,
 * or both drop, need no word of it.
 */
static int snapshot_shadow(struct br_sg_net *bn, struct br_sg_snapshot *snap)
{
	struct br_sg_shadow_dev dev;
	struct br_sg_dev *d;
	bool drops;
	int err;

	list_for_each_entry(d, &bn->devs, node)
		d->end = NULL;
	if (!snap->shadow)
		return 0;
	snap->ends = kvcalloc(bn->n_devs + 1, sizeof(*snap->ends),
			      GFP_KERNEL_ACCOUNT);
	if (!snap->ends)
		return -ENOMEM;
	list_for_each_entry(d, &bn->devs, node) {
		dev.dev = d->name;
		dev.bridge = d->bridge->dev;
		dev.real = d->port < 0 ? NULL : br_sg_policy_port_at(snap->policy, d->port);
		dev.drops = d->next.renamed ||
			    br_sg_default_drops(snap->shadow->config, d->name);
		dev.blocked = d->state == BR_SG_BIND_ZONE;
		dev.counts = d->counts;
		drops = d->state == BR_SG_BIND_UNCONFIGURED;
		if (d->port < 0 && dev.drops == drops &&
		    br_sg_policy_port_index(snap->shadow, d->name) < 0)
			continue;
		err = br_sg_shadow_end_init(&snap->ends[snap->n_ends],
					    snap->shadow, &dev);
		if (err)
			return err;
		d->end = &snap->ends[snap->n_ends++];
	}
	return 0;
}

static void snapshot_map(struct br_sg_net *bn, struct br_sg_snapshot *snap)
{
	struct br_sg_templates *templates;
	struct br_sg_dev_bridge *b;
	struct br_sg_bridge *bridge;
	struct br_sg_bind *bind;
	struct br_sg_dev *d;
	u32 i, by;

	list_for_each_entry(d, &bn->devs, node) {
		b = d->bridge;
		if (!b->ours || b->index >= 0)
			continue;
		b->index = snap->n_bridges++;
		bridge = &snap->bridges[b->index];
		bridge->dev = b->dev;
		strscpy(bridge->name, b->user.name, sizeof(bridge->name));
		bridge->snap = snap;
		if (!b->filtered)
			continue;
		bridge->filtered = true;
		bridge->stateless = b->stateless;
		bridge->zone = b->next->id;
		templates = b->next == b->zone ? b->templates :
						 b->next_templates;
		bridge->templates = br_sg_templates_get(templates);
		bridge->tmpl = templates->v;
	}
	list_for_each_entry(d, &bn->devs, node) {
		b = d->bridge;
		if (!b->ours && d->state != BR_SG_BIND_UNCONFIGURED && !d->end)
			continue;
		i = d->ifindex & snap->mask;
		while (snap->map[i].dev)
			i = (i + 1) & snap->mask;
		bind = &snap->map[i];
		bind->ifindex = d->ifindex;
		bind->dev = d->dev;
		bind->state = d->state;
		bind->shadow = d->end;
		if (b->ours) {
			bind->bridge = &snap->bridges[b->index];
			bind->tracked = b->filtered && !b->stateless && !d->end;
			bind->watched = b->next && b->next->watched;
		}
		if (d->port < 0)
			continue;
		bind->port = br_sg_policy_port_at(snap->policy, d->port);
		bind->remotes = snap->policy->remotes;
		bind->stamp = (u64)d->next.serial << BR_SG_SLOT_SERIAL_SHIFT |
			      (u64)bind->port->version <<
				BR_SG_SLOT_VERSION_SHIFT;
		snap->binds[d->port] = i + 1;
		by = d->next.serial & snap->mask;
		while (snap->serials[by])
			by = (by + 1) & snap->mask;
		snap->serials[by] = i + 1;
	}
}

static struct br_sg_snapshot *
bind_snapshot(struct br_sg_net *bn, struct br_sg_policy *policy,
	      struct br_sg_policy *shadow, struct br_sg_resume *resume)
{
	struct br_sg_snapshot *snap;
	u32 slots;
	int err;

	/* never more than half full, so that a search is short and ends */
	slots = roundup_pow_of_two(2 * bn->n_devs + 2);
	snap = kvzalloc(struct_size(snap, map, slots), GFP_KERNEL_ACCOUNT);
	if (!snap)
		return ERR_PTR(-ENOMEM);
	INIT_RCU_WORK(&snap->rwork, snapshot_free_work);
	snap->mask = slots - 1;
	snap->policy = br_sg_policy_get(policy);
	snap->shadow = shadow ? br_sg_policy_get(shadow) : NULL;
	snap->n_ports = br_sg_config_n(policy->config, BR_SG_KIND_PORT);
	snap->binds = kvcalloc(snap->n_ports + 1, sizeof(*snap->binds),
			       GFP_KERNEL_ACCOUNT);
	snap->serials = kvcalloc(slots, sizeof(*snap->serials),
				 GFP_KERNEL_ACCOUNT);
	snap->bridges = kvcalloc(bn->n_devs + 1, sizeof(*snap->bridges),
				 GFP_KERNEL_ACCOUNT);
	err = -ENOMEM;
	if (!snap->binds || !snap->serials || !snap->bridges)
		goto err_free;
	bridges_begin(bn);
	devs_judge(bn, policy, resume);
	err = bridges_zone(bn, policy);
	if (!err)
		err = bridges_template(bn);
	if (!err)
		err = snapshot_shadow(bn, snap);
	if (err)
		goto err_free;
	snapshot_map(bn, snap);
	return snap;

err_free:
	snapshot_free(snap);
	return ERR_PTR(err);
}

/* a device keeps what it was given to count with, until the next is published */
static void devs_keep_counts(struct br_sg_net *bn)
{
	struct br_sg_shadow_counts *counts;
	struct br_sg_dev *d;

	list_for_each_entry(d, &bn->devs, node) {
		counts = d->end ? br_sg_shadow_counts_get(d->end->counts) :
				  NULL;
		br_sg_shadow_counts_put(d->counts);
		d->counts = counts;
		d->end = NULL;
	}
}

static void snapshot_publish(struct br_sg_net *bn, struct br_sg_snapshot *snap)
{
	if (snap) {
		devs_keep_counts(bn);
		br_sg_devs_settle(bn);
	}
	snap = rcu_replace_pointer(bn->snap, snap,
				   lockdep_is_held(&bn->publish));
	bn->moved++;
	if (snap)
		queue_rcu_work(br_sg_wq, &snap->rwork);
}

static int zones_resume(struct br_sg_net *bn, struct br_sg_resume *resume)
{
	const char *bridge;
	unsigned long id;
	int err = 0;

	if (!resume || !bn->zones.names)
		return 0;
	xa_for_each(&resume->zones, id, bridge) {
		err = br_sg_zone_resume(&bn->zones, bridge, id);
		if (err)
			break;
	}
	return err;
}

int br_sg_bind_publish(struct br_sg_net *bn, struct br_sg_policy *policy,
		       struct br_sg_policy *shadow, struct br_sg_resume *resume,
		       u64 generation)
{
	bool first = policy && !bn->policy;
	struct br_sg_snapshot *snap = NULL;
	int err = 0;

	if (first)
		rtnl_lock();
	mutex_lock(&bn->publish);
	if (policy) {
		err = zones_resume(bn, resume);
		if (!err && first)
			err = br_sg_devs_scan(bn, resume);
		if (!err) {
			snap = bind_snapshot(bn, policy, shadow, resume);
			err = PTR_ERR_OR_ZERO(snap);
		}
		if (err) {
			br_sg_devs_abandon(bn);
			goto out;
		}
	}
	snapshot_publish(bn, snap);
	br_sg_policy_put(bn->policy);
	bn->policy = policy;
	br_sg_policy_put(bn->shadow);
	bn->shadow = shadow;
	bn->generation = generation;
out:
	/* without a policy nobody keeps the list up to date */
	if (!bn->policy)
		br_sg_devs_forget(bn);
	mutex_unlock(&bn->publish);
	if (first)
		rtnl_unlock();
	return err;
}

/*
 * There is no memory for a map without the device: its entry is voided where
 * it is. It drops from now on, and the pointer is not followed in any state.
 */
static void bind_void(struct br_sg_net *bn, const struct net_device *dev)
{
	struct br_sg_snapshot *snap;
	struct br_sg_bind *bind;

	snap = rcu_dereference_protected(bn->snap,
					 lockdep_is_held(&bn->publish));
	bind = snap ? (struct br_sg_bind *)br_sg_bind_find(snap, dev) : NULL;
	if (bind)
		WRITE_ONCE(bind->state, BR_SG_BIND_UNCONFIGURED);
}

static int bind_refresh(struct br_sg_net *bn, const struct net_device *dev)
{
	struct br_sg_snapshot *snap;

	snap = bind_snapshot(bn, bn->policy, bn->shadow, NULL);

	if (IS_ERR(snap)) {
		br_sg_devs_abandon(bn);
		bind_void(bn, dev);
		return PTR_ERR(snap);
	}
	snapshot_publish(bn, snap);
	return 0;
}

/* who is refused is away, and who it was before */
static int bind_join(struct br_sg_net *bn, struct net_device *dev,
		     struct net_device *master)
{
	int err;

	err = br_sg_dev_join(bn, dev, master);
	if (err)
		return err;
	err = bind_refresh(bn, dev);
	if (err)
		br_sg_dev_leave(bn, br_sg_dev_find(bn, dev));
	return err;
}

static void bind_leave(struct br_sg_net *bn, struct net_device *dev)
{
	struct br_sg_dev *d = br_sg_dev_find(bn, dev);

	if (!d || !d->bridge)
		return;
	br_sg_dev_leave(bn, d);
	bind_refresh(bn, dev);
}

/* what is on a bridge that goes has left it, unless it was refused after us */
static void bridge_gone(struct br_sg_net *bn, struct br_sg_dev_bridge *b)
{
	struct br_sg_dev *d, *next;

	list_for_each_entry_safe(d, next, &bn->devs, node)
		if (d->bridge == b)
			bind_leave(bn, d->dev);
	br_sg_dev_bridge_gone(bn, b);
}

static void bind_gone(struct br_sg_net *bn, struct net_device *dev)
{
	struct br_sg_dev_bridge *b = br_sg_dev_bridge_find(bn, dev);
	struct br_sg_dev *d;

	bind_leave(bn, dev);
	d = br_sg_dev_find(bn, dev);
	if (d)
		br_sg_dev_gone(bn, d);
	if (b)
		bridge_gone(bn, b);
}

static void bind_rename(struct br_sg_net *bn, struct net_device *dev)
{
	struct br_sg_dev_bridge *b = br_sg_dev_bridge_find(bn, dev);
	struct br_sg_dev *d = br_sg_dev_find(bn, dev);

	if (b)
		br_sg_dev_bridge_rename(bn, b);
	if (d)
		br_sg_dev_rename(d);
	if (b || d)
		bind_refresh(bn, dev);
}

static int bind_notify(struct notifier_block *nb, unsigned long event,
		       void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct netdev_notifier_changeupper_info *upper = ptr;
	struct br_sg_net *bn;
	int err = 0;

	if (event != NETDEV_CHANGEUPPER && event != NETDEV_CHANGENAME &&
	    event != NETDEV_UNREGISTER)
		return NOTIFY_DONE;
	bn = br_sg_net(dev_net(dev));
	mutex_lock(&bn->publish);
	if (!bn->policy)
		goto out;
	switch (event) {
	case NETDEV_CHANGEUPPER:
		if (!upper->master || !netif_is_bridge_master(upper->upper_dev))
			break;
		if (upper->linking)
			err = bind_join(bn, dev, upper->upper_dev);
		else
			bind_leave(bn, dev);
		break;
	case NETDEV_CHANGENAME:
		bind_rename(bn, dev);
		break;
	case NETDEV_UNREGISTER:
		bind_gone(bn, dev);
		break;
	}
out:
	mutex_unlock(&bn->publish);
	/* a device that cannot be bound must not join: it would run unguarded */
	return notifier_from_errno(err);
}

static int bind_walk_list(struct list_head *devs, u32 *at, u32 *i,
			  int (*fn)(const struct br_sg_binding *binding,
				    void *arg), void *arg)
{
	struct br_sg_binding binding;
	struct br_sg_dev *d;
	int err;

	list_for_each_entry(d, devs, node) {
		if ((!d->id.serial && !d->id.renamed) || (*at)++ < *i)
			continue;
		memset(&binding, 0, sizeof(binding));
		strscpy(binding.dev, d->name, sizeof(binding.dev));
		binding.ifindex = d->ifindex;
		binding.renamed = d->id.renamed;
		if (!binding.renamed) {
			binding.serial = d->id.serial;
			binding.version = d->id.version;
		}
		err = fn(&binding, arg);
		if (err)
			return err;
		*i = *at;
	}
	return 0;
}

int br_sg_bind_walk(struct br_sg_net *bn, u32 *i,
		    int (*fn)(const struct br_sg_binding *binding, void *arg),
		    void *arg, u32 *moved)
{
	u32 at = 0;
	int err;

	mutex_lock(&bn->publish);
	*moved = bn->moved;
	err = bind_walk_list(&bn->devs, &at, i, fn, arg);
	if (!err)
		err = bind_walk_list(&bn->away, &at, i, fn, arg);
	mutex_unlock(&bn->publish);
	return err;
}

static struct notifier_block bind_nb = {
	.notifier_call = bind_notify,
};

void br_sg_bind_net_exit(struct br_sg_net *bn)
{
	mutex_lock(&bn->publish);
	snapshot_publish(bn, NULL);
	br_sg_policy_put(bn->policy);
	bn->policy = NULL;
	br_sg_policy_put(bn->shadow);
	bn->shadow = NULL;
	br_sg_devs_forget(bn);
	mutex_unlock(&bn->publish);
}

int br_sg_bind_init(void)
{
	br_sg_serial_seed();
	return register_netdevice_notifier(&bind_nb);
}

void br_sg_bind_unregister(void)
{
	unregister_netdevice_notifier(&bind_nb);
}
