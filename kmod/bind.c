// SPDX-License-Identifier: GPL-2.0
/*
 * Ports and devices
 *
 * A port line names a device; the device may come later, be renamed, leave its
 * bridge, move to another netns or go. Bridge ports are followed by netdevice
 * notifier, from the moment a bridge takes them (before it forwards a frame of
 * theirs) until it lets them go, and every change lays a new map of devices
 * over the policy in force.
 *
 * A device instance that a port line names has a serial. It goes with the
 * instance, with the name and with the line: what conntrack entries hold for
 * another serial means nothing (flow.c), so a recycled device name inherits no
 * flow.
 */
#include <linux/if_bridge.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_zones.h>

#include "bind.h"
#include "compat.h"
#include "net.h"
#include "policy.h"
#include "resume.h"
#include "shadow_end.h"
#include "snapshot.h"

/**
 * struct br_sg_dev_bridge - a bridge that devices of ours are on
 * @node: in br_sg_net.bridge_hash
 * @users: devices on it
 * @ifindex: its device
 * @dev: its device; alive as long as a device is on it
 * @zone: the zone in use; 0: none yet
 * @tmpl: of @zone; a reference
 * @watched: the policy of a port on it has moved: see struct br_sg_bind
 * @ours: work of bind_snapshot(): a port of ours is on it
 * @filtered: likewise: see struct br_sg_bridge
 * @stateless: likewise
 * @given: likewise: the zone a port line names
 * @index: likewise: of its struct br_sg_bridge, -1 for none
 *
 * Protected by the netns' publish mutex.
 */
struct br_sg_dev_bridge {
	struct hlist_node node;
	u32 users;
	int ifindex;
	struct net_device *dev;
	u16 zone;
	struct nf_conn *tmpl;
	bool watched;
	bool ours;
	bool filtered;
	bool stateless;
	u16 given;
	int index;
};

/**
 * struct br_sg_dev - a device that is a bridge port
 * @node: in br_sg_net.devs
 * @hash: in br_sg_net.dev_hash
 * @dev: it
 * @ifindex: of @dev
 * @name: the name it had when it was last looked at
 * @renamed: it was a port of ours under another name: blocked until a port
 *	line names it
 * @serial: of the binding to @port_epoch's port; 0: none
 * @epoch: of the port that @serial is for
 * @version: of its policy, likewise
 * @bridge: shared by the devices of a bridge
 * @counts: of the shadow, as published; NULL: none
 * @end: work of bind_snapshot(): of the snapshot that is being made, or NULL
 * @port: work of bind_snapshot()
 * @state: likewise: enum br_sg_bind_state
 *
 * Protected by the netns' publish mutex.
 */
struct br_sg_dev {
	struct list_head node;
	struct hlist_node hash;
	struct net_device *dev;
	int ifindex;
	char name[IFNAMSIZ];
	bool renamed;
	u32 serial;
	u32 epoch;
	u16 version;
	struct br_sg_dev_bridge *bridge;
	struct br_sg_shadow_counts *counts;
	struct br_sg_shadow_end *end;
	int port;
	u8 state;
};

static atomic_t bind_serial;

/*
 * Serials must not repeat while a conntrack entry could still carry one, five
 * days at most, and entries outlive the module. Counting from eight times the
 * seconds since 2020, a reload starts above all that came before unless more
 * than eight devices a second were bound all the time.
 */
static void serial_seed(void)
{
	s64 seconds = ktime_get_real_seconds() - 1577836800;

	atomic_set(&bind_serial, (u32)(seconds > 0 ? seconds * 8 : 0));
}

static u32 serial_next(void)
{
	u32 serial;

	do {
		serial = atomic_inc_return(&bind_serial);
	} while (!serial);
	return serial;
}

void br_sg_bind_serial_seen(u32 serial)
{
	int now = atomic_read(&bind_serial);

	do {
		if ((int)(serial - now) <= 0)
			return;
	} while (!atomic_try_cmpxchg(&bind_serial, &now, serial));
}

static void dev_bridge_put(struct br_sg_net *bn, struct br_sg_dev_bridge *bridge)
{
	if (--bridge->users)
		return;
	br_sg_zone_release(&bn->zones, bridge->zone, bridge);
	hash_del(&bridge->node);
	if (bridge->tmpl)
		nf_ct_put(bridge->tmpl);
	kfree(bridge);
}

static struct br_sg_dev_bridge *dev_bridge_get(struct br_sg_net *bn,
					       struct net_device *dev)
{
	struct br_sg_dev_bridge *bridge;

	hash_for_each_possible(bn->bridge_hash, bridge, node, dev->ifindex) {
		if (bridge->dev == dev) {
			bridge->users++;
			return bridge;
		}
	}
	bridge = kzalloc(sizeof(*bridge), GFP_KERNEL_ACCOUNT);
	if (!bridge)
		return NULL;
	bridge->users = 1;
	bridge->ifindex = dev->ifindex;
	bridge->dev = dev;
	hash_add(bn->bridge_hash, &bridge->node, dev->ifindex);
	return bridge;
}

static struct br_sg_dev *dev_find(struct br_sg_net *bn,
				  const struct net_device *dev)
{
	struct br_sg_dev *d;

	hash_for_each_possible(bn->dev_hash, d, hash, dev->ifindex)
		if (d->dev == dev)
			return d;
	return NULL;
}

static int dev_add(struct br_sg_net *bn, struct net_device *dev,
		   struct net_device *master)
{
	struct br_sg_dev *d = kzalloc(sizeof(*d), GFP_KERNEL_ACCOUNT);

	if (!d)
		return -ENOMEM;
	d->bridge = dev_bridge_get(bn, master);
	if (!d->bridge) {
		kfree(d);
		return -ENOMEM;
	}
	d->dev = dev;
	d->ifindex = dev->ifindex;
	strscpy(d->name, dev->name, sizeof(d->name));
	list_add_tail(&d->node, &bn->devs);
	hash_add(bn->dev_hash, &d->hash, dev->ifindex);
	bn->n_devs++;
	return 0;
}

static void dev_del(struct br_sg_net *bn, struct br_sg_dev *d)
{
	list_del(&d->node);
	hash_del(&d->hash);
	bn->n_devs--;
	dev_bridge_put(bn, d->bridge);
	br_sg_shadow_counts_put(d->counts);
	kfree(d);
}

static void devs_forget(struct br_sg_net *bn)
{
	struct br_sg_dev *d, *next;

	list_for_each_entry_safe(d, next, &bn->devs, node)
		dev_del(bn, d);
}

/*
 * A port line that names a zone gives it to its bridge, unless another line has
 * given it one or the zone is another bridge's: the later is blocked.
 */
static bool dev_zone(struct br_sg_net *bn, struct br_sg_dev *d, u16 zone)
{
	struct br_sg_dev_bridge *b = d->bridge;

	if (!zone || zone == b->given)
		return true;
	if (b->given ||
	    br_sg_zone_claim(&bn->zones, b->dev->name, zone, b))
		return false;
	b->given = zone;
	return true;
}

/*
 * A device that a new port is bound to has a new serial, or the one it had before
 * the module was loaded anew. Then entries carry it, with older versions.
 */
static void dev_bind(struct br_sg_dev *d, const struct br_sg_port *port,
		     const struct br_sg_binding *before)
{
	if (d->serial && d->epoch == port->epoch) {
		if (d->version != port->version)
			d->bridge->watched = true;
	} else if (before && before->fits) {
		d->serial = before->serial;
		d->bridge->watched = true;
	} else {
		d->serial = serial_next();
	}
	d->epoch = port->epoch;
	d->version = port->version;
}

/* what each device is, in the order they joined */
static void devs_judge(struct br_sg_net *bn, const struct br_sg_policy *policy,
		       struct br_sg_resume *resume)
{
	const struct br_sg_binding *resumed;
	const struct br_sg_port *port;
	struct br_sg_dev_bridge *b;
	struct br_sg_dev *d;
	u8 before;

	list_for_each_entry(d, &bn->devs, node) {
		d->bridge->ours = false;
		d->bridge->filtered = false;
		d->bridge->stateless = true;
		d->bridge->given = 0;
	}
	list_for_each_entry(d, &bn->devs, node) {
		b = d->bridge;
		d->port = br_sg_policy_port_index(policy, d->name);
		resumed = br_sg_resume_find(resume, d->ifindex, d->name);
		if (d->port < 0) {
			d->serial = 0;
			d->renamed |= resumed && resumed->renamed;
			d->state = d->renamed ||
				   br_sg_default_drops(policy->config, d->name) ?
				BR_SG_BIND_UNCONFIGURED : BR_SG_BIND_PASS;
			continue;
		}
		port = policy->ports[d->port];
		before = d->state;
		d->renamed = false;
		d->state = BR_SG_BIND_FILTER;
		dev_bind(d, port, resumed);
		b->ours = true;
		if (port->mode != BR_SG_PORT_FILTER) {
			d->state = BR_SG_BIND_OPEN;
			continue;
		}
		if (!dev_zone(bn, d, port->conf->zone)) {
			d->state = BR_SG_BIND_ZONE;
			if (before != d->state)
				pr_notice_ratelimited("br_sg: port %s is blocked: zone %u cannot be the zone of %s\n",
						      d->name,
						      port->conf->zone,
						      b->dev->name);
			continue;
		}
		b->filtered = true;
		b->stateless &= port->stateless;
	}
}

/* gives each bridge with a port that filters its zone and its template */
static int bridges_zone(struct br_sg_net *bn)
{
	struct nf_conntrack_zone zone;
	struct br_sg_dev_bridge *b;
	struct nf_conn *tmpl;
	struct br_sg_dev *d;
	int err;
	u16 id;

	list_for_each_entry(d, &bn->devs, node) {
		b = d->bridge;
		if (!b->filtered)
			continue;
		id = b->given ? b->given : b->zone;
		if (!id) {
			err = br_sg_zone_choose(&bn->zones, bn->net,
						b->dev->name, b, &id);
			if (err)
				return err;
		}
		if (id == b->zone)
			continue;
		nf_ct_zone_init(&zone, id, NF_CT_DEFAULT_ZONE_DIR, 0);
		tmpl = br_sg_ct_tmpl_alloc(bn->net, &zone, GFP_KERNEL);
		if (!tmpl)
			return -ENOMEM;
		/* or confirming a frame that still has it would insert it */
		__set_bit(IPS_CONFIRMED_BIT, &tmpl->status);
		if (b->tmpl)
			nf_ct_put(b->tmpl);
		b->tmpl = tmpl;
		b->zone = id;
	}
	return 0;
}

static void snapshot_free(struct br_sg_snapshot *snap)
{
	u32 i;

	for (i = 0; i < snap->n_bridges; i++)
		if (snap->bridges[i].tmpl)
			nf_ct_put(snap->bridges[i].tmpl);
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
		dev.real = d->port < 0 ? NULL : snap->policy->ports[d->port];
		dev.drops = d->renamed ||
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
	struct br_sg_dev_bridge *b;
	struct br_sg_bridge *bridge;
	struct br_sg_bind *bind;
	struct br_sg_dev *d;
	u32 i, by;

	list_for_each_entry(d, &bn->devs, node)
		d->bridge->index = -1;
	list_for_each_entry(d, &bn->devs, node) {
		b = d->bridge;
		if (!b->ours || b->index >= 0)
			continue;
		b->index = snap->n_bridges++;
		bridge = &snap->bridges[b->index];
		bridge->dev = b->dev;
		bridge->snap = snap;
		if (!b->filtered)
			continue;
		bridge->filtered = true;
		bridge->stateless = b->stateless;
		bridge->zone = b->zone;
		nf_conntrack_get(&b->tmpl->ct_general);
		bridge->tmpl = b->tmpl;
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
			bind->watched = b->watched;
		}
		if (d->port < 0)
			continue;
		bind->port = snap->policy->ports[d->port];
		bind->remotes = snap->policy->remotes;
		bind->stamp = (u64)d->serial << BR_SG_SLOT_SERIAL_SHIFT |
			      (u64)bind->port->version <<
				BR_SG_SLOT_VERSION_SHIFT;
		snap->binds[d->port] = i + 1;
		by = d->serial & snap->mask;
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
	snap->n_ports = policy->config->ports.n;
	snap->binds = kvcalloc(snap->n_ports + 1, sizeof(*snap->binds),
			       GFP_KERNEL_ACCOUNT);
	snap->serials = kvcalloc(slots, sizeof(*snap->serials),
				 GFP_KERNEL_ACCOUNT);
	snap->bridges = kvcalloc(bn->n_devs + 1, sizeof(*snap->bridges),
				 GFP_KERNEL_ACCOUNT);
	err = -ENOMEM;
	if (!snap->binds || !snap->serials || !snap->bridges)
		goto err_free;
	devs_judge(bn, policy, resume);
	err = bridges_zone(bn);
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
	if (snap)
		devs_keep_counts(bn);
	snap = rcu_replace_pointer(bn->snap, snap,
				   lockdep_is_held(&bn->publish));
	bn->moved++;
	if (snap)
		queue_rcu_work(br_sg_wq, &snap->rwork);
}

/* the bridge ports there are when a netns gets its first policy */
static int devs_scan(struct br_sg_net *bn)
{
	struct net_device *dev, *master;
	int err;

	for_each_netdev(bn->net, dev) {
		master = netdev_master_upper_dev_get(dev);
		if (!master || !netif_is_bridge_master(master))
			continue;
		err = dev_add(bn, dev, master);
		if (err)
			return err;
	}
	return 0;
}

static int zones_keep(struct br_sg_net *bn, struct br_sg_resume *resume)
{
	const char *bridge;
	unsigned long id;
	int err = 0;

	if (!resume || !bn->zones.names)
		return 0;
	xa_for_each(&resume->zones, id, bridge) {
		err = br_sg_zone_keep(&bn->zones, bridge, id);
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
		err = zones_keep(bn, resume);
		if (!err && first)
			err = devs_scan(bn);
		if (!err) {
			snap = bind_snapshot(bn, policy, shadow, resume);
			err = PTR_ERR_OR_ZERO(snap);
		}
		if (err)
			goto out;
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
		devs_forget(bn);
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
		bind_void(bn, dev);
		return PTR_ERR(snap);
	}
	snapshot_publish(bn, snap);
	return 0;
}

static int bind_join(struct br_sg_net *bn, struct net_device *dev,
		     struct net_device *master)
{
	struct br_sg_dev *d = dev_find(bn, dev);
	int err;

	if (d)
		dev_del(bn, d);
	err = dev_add(bn, dev, master);
	if (!err)
		err = bind_refresh(bn, dev);
	return err;
}

static void bind_leave(struct br_sg_net *bn, struct net_device *dev)
{
	struct br_sg_dev *d = dev_find(bn, dev);

	if (!d)
		return;
	dev_del(bn, d);
	bind_refresh(bn, dev);
}

static void bind_rename(struct br_sg_net *bn, struct net_device *dev)
{
	struct br_sg_dev *d = dev_find(bn, dev);

	if (!d)
		return;
	if (d->serial)
		d->renamed = true;
	d->serial = 0;
	strscpy(d->name, dev->name, sizeof(d->name));
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
		bind_leave(bn, dev);
		break;
	}
out:
	mutex_unlock(&bn->publish);
	/* a device that cannot be bound must not join: it would run unguarded */
	return notifier_from_errno(err);
}

int br_sg_bind_walk(struct br_sg_net *bn, u32 *i,
		    int (*fn)(const struct br_sg_binding *binding, void *arg),
		    void *arg, u32 *moved)
{
	struct br_sg_binding binding;
	struct br_sg_dev *d;
	int err = 0;
	u32 at = 0;

	mutex_lock(&bn->publish);
	*moved = bn->moved;
	list_for_each_entry(d, &bn->devs, node) {
		if ((!d->serial && !d->renamed) || at++ < *i)
			continue;
		memset(&binding, 0, sizeof(binding));
		strscpy(binding.dev, d->name, sizeof(binding.dev));
		binding.ifindex = d->ifindex;
		binding.serial = d->serial;
		binding.version = d->version;
		binding.renamed = d->renamed;
		err = fn(&binding, arg);
		if (err)
			break;
		*i = at;
	}
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
	devs_forget(bn);
	mutex_unlock(&bn->publish);
}

int br_sg_bind_init(void)
{
	serial_seed();
	return register_netdevice_notifier(&bind_nb);
}

void br_sg_bind_unregister(void)
{
	unregister_netdevice_notifier(&bind_nb);
}
