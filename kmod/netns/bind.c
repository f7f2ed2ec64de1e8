// SPDX-License-Identifier: GPL-2.0
/*
 * Ports and devices
 *
 * A port line names a device; the device may come later, be renamed, leave its
 * bridge, move to another netns or go. Bridge ports are followed by netdevice
 * notifier, from the moment a bridge takes them (before it forwards a frame of
 * theirs) until it lets them go. Each event, and each commit, touches the devices
 * that it is about; judge.c finds what they are, and publish.c puts it in force. So
 * it costs what it changes, and who is refused a bridge, or a commit that is, leaves
 * everything as it was.
 */
#include <linux/err.h>
#include <linux/if_bridge.h>
#include <linux/ktime.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "netns/bind.h"
#include "netns/device.h"
#include "netns/event.h"
#include "netns/judge.h"
#include "netns/net.h"
#include "netns/publish.h"
#include "netns/resume.h"
#include "netns/serial.h"
#include "policy/policy.h"
#include "policy/snapshot.h"

void br_sg_judge_line(const struct br_sg_policy *policy, const char *dev,
		      struct br_sg_line *line)
{
	const struct br_sg_port *port = br_sg_policy_port(policy, dev);

	memset(line, 0, sizeof(*line));
	line->port = port;
	if (!port) {
		line->drops = br_sg_default_drops(policy->config, dev);
		return;
	}
	line->version = port->version;
	line->epoch = port->epoch;
	line->filters = port->mode == BR_SG_PORT_FILTER;
	if (!line->filters)
		return;
	line->stateless = port->stateless;
	line->zone = port->conf->zone;
}

/* why @d, which is judged, does not get its zone */
static void blocked_text(const struct br_sg_net *bn, const struct br_sg_dev *d,
			 char *text)
{
	const struct br_sg_dev_bridge *b = d->next.bridge;
	const struct br_sg_zone_user *holder;

	holder = br_sg_zone_holder(&bn->zones, d->next.wish);
	if (holder && holder != &b->user)
		snprintf(text, BR_SG_BLOCKED_TEXT,
			 "port %s is blocked: zone %u is that of bridge %s",
			 d->name, d->next.wish, holder->name);
	else
		snprintf(text, BR_SG_BLOCKED_TEXT,
			 "port %s is blocked: another port of bridge %s names another zone than %u",
			 d->name, b->user.name, d->next.wish);
}

static struct sk_buff *blocked_event(struct br_sg_net *bn, struct sk_buff *skb,
				     const struct br_sg_dev *d, bool blocked)
{
	struct br_sg_event event = {
		.time = ktime_get_real_ns(),
		.kind = BR_SG_EVENT_PORT_STATE,
		.state = blocked ? BR_SG_PORT_BLOCKED : BR_SG_PORT_ACTIVE,
		.cause = blocked ? BR_SG_PORT_CAUSE_ZONE : 0,
	};

	strscpy(event.dev, d->name, sizeof(event.dev));
	return br_sg_nl_event_add(skb, bn->net, &event);
}

/* what was judged will be in force: tells of ports that it blocks, or lets go */
static void blocked_tell(struct br_sg_net *bn, struct br_sg_blocked *blocked)
{
	bool wanted = br_sg_nl_event_wanted(bn->net);
	char text[BR_SG_BLOCKED_TEXT];
	struct sk_buff *skb = NULL;
	struct br_sg_dev *d;
	bool was, is;

	list_for_each_entry(d, &bn->devs->touched, touched) {
		was = d->is.state == BR_SG_BIND_ZONE;
		is = d->next.state == BR_SG_BIND_ZONE;
		if (wanted && was != is && d->next.port)
			skb = blocked_event(bn, skb, d, is);
		if (!is || (was && d->is.port == d->next.port))
			continue;
		blocked_text(bn, d, text);
		/* one that was blocked is not reported again */
		if (!was)
			pr_notice_ratelimited("br_sg: %s\n", text);
		if (blocked && blocked->n++ < BR_SG_BLOCKED_MAX)
			memcpy(blocked->text[blocked->n - 1], text,
			       sizeof(text));
	}
	br_sg_nl_event_send(skb, bn->net);
}

/* what is touched is judged, and in force; or all is as it was */
static int bind_decide(struct br_sg_net *bn, struct br_sg_policy *policy,
		       struct br_sg_policy *shadow, struct br_sg_resume *resume,
		       struct br_sg_blocked *blocked)
{
	struct br_sg_snapshot *snap;
	int err;

	err = br_sg_judge(bn->devs, policy, resume, false);
	if (err)
		goto err_abandon;
	snap = br_sg_publish_prepare(bn, policy, shadow);
	err = PTR_ERR_OR_ZERO(snap);
	if (err)
		goto err_abandon;
	blocked_tell(bn, blocked);
	br_sg_publish(bn, snap);
	return 0;

err_abandon:
	br_sg_devs_abandon(bn->devs);
	return err;
}

static int zones_resume(struct br_sg_net *bn, struct br_sg_resume *resume)
{
	const char *bridge;
	unsigned long id;
	int err = 0;

	if (!resume)
		return 0;
	xa_for_each(&resume->zones, id, bridge) {
		err = br_sg_zone_resume(&bn->zones, bridge, id);
		if (err)
			break;
	}
	return err;
}

/* @dev will be on the bridge @master, in scratch */
static int dev_join(struct br_sg_net *bn, struct net_device *dev,
		    struct net_device *master)
{
	struct br_sg_dev_bridge *b;

	b = br_sg_dev_bridge_get(bn->devs, master, master->ifindex,
				 master->name);
	if (!b || !br_sg_dev_join(bn->devs, dev, dev->ifindex, dev->name, b))
		return -ENOMEM;
	return 0;
}

/*
 * The bridge ports there are, and devices that @resume knows and that are on no
 * bridge just now. With RTNL.
 */
static int devs_scan(struct br_sg_net *bn, struct br_sg_resume *resume)
{
	struct net_device *dev, *master;
	int err;

	for_each_netdev(bn->net, dev) {
		master = netdev_master_upper_dev_get(dev);
		if (master && netif_is_bridge_master(master)) {
			err = dev_join(bn, dev, master);
			if (err)
				return err;
		} else if (br_sg_resume_find(resume, dev->ifindex, dev->name) &&
			   !br_sg_dev_join(bn->devs, dev, dev->ifindex,
					   dev->name, NULL)) {
			return -ENOMEM;
		}
	}
	return 0;
}

static int port_touch(const char *dev, const struct br_sg_port *before,
		      const struct br_sg_port *after, void *arg)
{
	br_sg_devs_touch_name(arg, dev);
	return 0;
}

/* the devices to which a commit may mean something */
static void commit_touch(struct br_sg_net *bn, struct br_sg_policy *policy,
			 struct br_sg_policy *shadow, struct br_sg_resume *resume)
{
	if (resume || shadow != bn->shadow ||
	    !br_sg_config_defaults_same(bn->policy->config, policy->config))
		br_sg_devs_touch_all(bn->devs);
	else
		br_sg_policy_ports_diff(bn->policy, policy, port_touch,
					bn->devs);
}

static int commit_decide(struct br_sg_net *bn, struct br_sg_policy *policy,
			 struct br_sg_policy *shadow,
			 struct br_sg_resume *resume,
			 struct br_sg_blocked *blocked)
{
	bool first = !bn->devs;
	char whose[IFNAMSIZ];
	int err;

	if (br_sg_serial_taken(bn->devs, resume, whose))
		return -EEXIST;
	if (first)
		bn->devs = br_sg_devs_new(&bn->zones);
	if (!bn->devs)
		return -ENOMEM;
	err = zones_resume(bn, resume);
	if (!err && first)
		err = devs_scan(bn, resume);
	if (err) {
		br_sg_devs_abandon(bn->devs);
	} else {
		if (!first)
			commit_touch(bn, policy, shadow, resume);
		err = bind_decide(bn, policy, shadow, resume, blocked);
	}
	if (!err)
		br_sg_serials_seen(resume);
	else if (first)
		br_sg_publish_none(bn);
	return err;
}

int br_sg_bind_publish(struct br_sg_net *bn, struct br_sg_policy *policy,
		       struct br_sg_policy *shadow, struct br_sg_resume *resume,
		       u64 generation, struct br_sg_blocked *blocked)
{
	bool guards = br_sg_config_guards(policy->config);
	/* where there is no snapshot nobody has followed devices */
	bool first = guards && !bn->devs;
	int err = 0;

	if (first)
		rtnl_lock();
	mutex_lock(&bn->publish);
	if (guards)
		err = commit_decide(bn, policy, shadow, resume, blocked);
	else
		br_sg_publish_none(bn);
	if (err)
		goto out;
	br_sg_policy_put(bn->policy);
	bn->policy = policy;
	br_sg_policy_put(bn->shadow);
	bn->shadow = shadow;
	bn->generation = generation;
out:
	mutex_unlock(&bn->publish);
	if (first)
		rtnl_unlock();
	return err;
}

static int bind_refresh(struct br_sg_net *bn)
{
	return bind_decide(bn, bn->policy, bn->shadow, NULL, NULL);
}

/*
 * After a fact about @dev, which may be another bridge's port by it or none at all.
 * Without memory to show that, it is blocked until the next decision, which is about
 * all; other devices go on as they were.
 */
static void bind_fact(struct br_sg_net *bn, const struct net_device *dev)
{
	if (!bind_refresh(bn))
		return;
	br_sg_publish_void(bn, dev);
	bn->devs->stale = true;
}

static void bind_leave(struct br_sg_net *bn, struct net_device *dev)
{
	struct br_sg_dev *d = br_sg_dev_find(bn->devs, dev, dev->ifindex);

	if (!d || !d->is.bridge)
		return;
	br_sg_dev_leave(bn->devs, d);
	bind_fact(bn, dev);
}

/* who is refused is away, and who it was before */
static int bind_join(struct br_sg_net *bn, struct net_device *dev,
		     struct net_device *master)
{
	int err;

	/* if it is on one, nobody told that it has left it */
	bind_leave(bn, dev);
	err = dev_join(bn, dev, master);
	if (!err)
		return bind_refresh(bn);
	br_sg_devs_abandon(bn->devs);
	return err;
}

/*
 * A device goes, which has left its bridge or has it still where that was refused
 * after us; or a bridge goes, and what is on it has left it likewise.
 */
static void bind_gone(struct br_sg_net *bn, struct net_device *dev)
{
	struct br_sg_dev_bridge *b;
	struct br_sg_dev *d, *on;

	d = br_sg_dev_find(bn->devs, dev, dev->ifindex);
	b = br_sg_dev_bridge_find(bn->devs, dev, dev->ifindex);
	if (!b && !d)
		return;
	if (b) {
		/* whatever becomes of the snapshot: their bridge is not there */
		list_for_each_entry(on, &b->devs, on_bridge)
			br_sg_publish_void(bn, on->dev);
		br_sg_dev_bridge_gone(bn->devs, b);
	}
	if (d)
		br_sg_dev_gone(bn->devs, d);
	bind_fact(bn, dev);
}

static void bind_rename(struct br_sg_net *bn, struct net_device *dev)
{
	struct br_sg_dev_bridge *b;
	struct br_sg_dev *d;

	d = br_sg_dev_find(bn->devs, dev, dev->ifindex);
	b = br_sg_dev_bridge_find(bn->devs, dev, dev->ifindex);
	if (b)
		br_sg_dev_bridge_rename(bn->devs, b, dev->name);
	if (d)
		br_sg_dev_rename(bn->devs, d, dev->name);
	if (b || d)
		bind_fact(bn, dev);
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
	if (!bn->devs)
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
	const struct br_sg_identity *id;
	struct br_sg_binding binding;
	struct br_sg_dev *d;
	int err;

	list_for_each_entry(d, devs, node) {
		id = &d->is.id;
		if ((!id->serial && !id->renamed) || (*at)++ < *i)
			continue;
		memset(&binding, 0, sizeof(binding));
		strscpy(binding.dev, d->name, sizeof(binding.dev));
		binding.ifindex = d->ifindex;
		binding.renamed = id->renamed;
		if (!binding.renamed) {
			binding.serial = id->serial;
			binding.version = id->version;
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
	int err = 0;
	u32 at = 0;

	mutex_lock(&bn->publish);
	*moved = bn->moved;
	if (bn->devs)
		err = bind_walk_list(&bn->devs->devs, &at, i, fn, arg);
	if (bn->devs && !err)
		err = bind_walk_list(&bn->devs->away, &at, i, fn, arg);
	mutex_unlock(&bn->publish);
	return err;
}

static struct notifier_block bind_nb = {
	.notifier_call = bind_notify,
};

void br_sg_bind_net_exit(struct br_sg_net *bn)
{
	mutex_lock(&bn->publish);
	br_sg_publish_none(bn);
	br_sg_policy_put(bn->policy);
	bn->policy = NULL;
	br_sg_policy_put(bn->shadow);
	bn->shadow = NULL;
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
