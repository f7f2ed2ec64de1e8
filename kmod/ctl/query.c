// SPDX-License-Identifier: GPL-2.0
/* What the control plane asks of the policy and the devices in force. */
#include <linux/netdevice.h>
#include <linux/string.h>

#include "ctl/query.h"
#include "flow/cap.h"
#include "netns/device.h"
#include "netns/net.h"
#include "policy/budget.h"
#include "policy/policy.h"
#include "policy/snapshot.h"

struct br_sg_policy *br_sg_query_policy(struct br_sg_net *bn, bool shadow)
{
	struct br_sg_policy *policy;

	mutex_lock(&bn->publish);
	policy = shadow ? bn->shadow : bn->policy;
	if (policy)
		br_sg_policy_get(policy);
	mutex_unlock(&bn->publish);
	return policy;
}

struct br_sg_config *br_sg_query_config(struct br_sg_net *bn)
{
	struct br_sg_config *config;

	mutex_lock(&bn->publish);
	config = br_sg_config_get(bn->policy ? bn->policy->config : bn->empty);
	mutex_unlock(&bn->publish);
	return config;
}

/*
 * The bind of @port, which names @dev. A device that has just been renamed may be
 * bound to another port still.
 */
static const struct br_sg_bind *port_bind(const struct br_sg_snapshot *snap,
					  const struct br_sg_port *port,
					  const struct net_device *dev)
{
	const struct br_sg_bind *bind = dev ? br_sg_bind_find(snap, dev) : NULL;

	return bind && bind->port == port ? bind : NULL;
}

static bool bind_active(const struct br_sg_bind *bind)
{
	if (bind->state == BR_SG_BIND_FILTER)
		return !br_sg_bridge_unfit(bind);
	return bind->state == BR_SG_BIND_OPEN;
}

/* why a port's device is not active */
static u8 bind_cause(const struct br_sg_bind *bind)
{
	switch (bind->state) {
	case BR_SG_BIND_ZONE:
		return BR_SG_PORT_CAUSE_ZONE;
	case BR_SG_BIND_FILTER:
		return BR_SG_PORT_CAUSE_VLAN;
	default:
		return BR_SG_PORT_CAUSE_MEMORY;
	}
}

void br_sg_query_port(struct br_sg_net *bn, const char *dev,
		      struct br_sg_port_info *info)
{
	const struct br_sg_snapshot *snap;
	const struct net_device *netdev;
	const struct br_sg_port *port;
	const struct br_sg_bind *bind;

	memset(info, 0, sizeof(*info));
	rcu_read_lock();
	snap = rcu_dereference(bn->snap);
	port = snap ? br_sg_policy_port(snap->policy, dev) : NULL;
	if (!port)
		goto out;
	info->version = port->version;
	netdev = dev_get_by_name_rcu(bn->net, dev);
	bind = port_bind(snap, port, netdev);
	if (!bind) {
		info->state = netdev ? BR_SG_PORT_UNBRIDGED :
				       BR_SG_PORT_WAITING;
		goto out;
	}
	info->state = BR_SG_PORT_ACTIVE;
	if (!bind_active(bind)) {
		info->state = BR_SG_PORT_BLOCKED;
		info->cause = bind_cause(bind);
	}
	info->ifindex = bind->ifindex;
	info->serial = bind->stamp >> BR_SG_SLOT_SERIAL_SHIFT;
	info->zone = bind->bridge->zone;
	strscpy(info->bridge, bind->bridge->name, sizeof(info->bridge));
	if (bind->state == BR_SG_BIND_FILTER) {
		info->ct_limit = br_sg_cap_limit(bind->port);
		info->ct_entries =
			atomic_read(&bind->port->counters->cap.entries);
	}
out:
	rcu_read_unlock();
}

bool br_sg_query_held(struct br_sg_net *bn, const char *dev,
		      struct br_sg_port_info *info)
{
	const struct br_sg_snapshot *snap;
	const struct br_sg_bind *bind;
	struct net_device *netdev, *master;
	bool held = false;

	memset(info, 0, sizeof(*info));
	rcu_read_lock();
	snap = rcu_dereference(bn->snap);
	netdev = snap ? dev_get_by_name_rcu(bn->net, dev) : NULL;
	bind = netdev ? br_sg_bind_find(snap, netdev) : NULL;
	if (!bind || READ_ONCE(bind->state) != BR_SG_BIND_UNCONFIGURED ||
	    br_sg_policy_port(snap->policy, dev))
		goto out;
	held = true;
	info->state = BR_SG_PORT_BLOCKED;
	/* what is blocked and matches no default has had another name */
	info->cause = br_sg_default_drops(snap->policy->config, dev) ?
		BR_SG_PORT_CAUSE_DEFAULT : BR_SG_PORT_CAUSE_RENAMED;
	info->ifindex = netdev->ifindex;
	master = netdev_master_upper_dev_get_rcu(netdev);
	if (master)
		strscpy(info->bridge, master->name, sizeof(info->bridge));
out:
	rcu_read_unlock();
	return held;
}

u32 br_sg_query_zones(struct br_sg_net *bn, u32 first,
		      struct br_sg_zone_info *info, u32 max)
{
	const struct br_sg_dev_bridge *b;
	struct br_sg_zone_info *zone;
	u32 n = 0;

	mutex_lock(&bn->publish);
	if (!bn->devs)
		goto out;
	list_for_each_entry(b, &bn->devs->bridges, list) {
		if (!b->face.zone)
			continue;
		if (n >= first && n - first < max) {
			zone = &info[n - first];
			strscpy(zone->bridge, b->face.name,
				sizeof(zone->bridge));
			zone->zone = b->face.zone;
			zone->ports = b->on.ours;
		}
		n++;
	}
out:
	mutex_unlock(&bn->publish);
	return n > first ? n - first : 0;
}

void br_sg_query_figures(struct br_sg_net *bn, struct br_sg_figures *figures)
{
	const struct br_sg_snapshot *snap;
	struct br_sg_binds_at at = {};
	const struct br_sg_bind *bind;

	memset(figures, 0, sizeof(*figures));
	br_sg_counter_read(&bn->unconfigured, &figures->unconfigured_packets,
			   &figures->unconfigured_bytes);
	figures->bytes_max = br_sg_budget();
	mutex_lock(&bn->publish);
	if (bn->policy) {
		figures->bytes = bn->policy->bytes;
		figures->vector_bytes = bn->policy->vector_bytes;
	}
	if (bn->shadow) {
		figures->shadow = bn->shadow->config->generation;
		figures->shadow_base = bn->shadow->base;
		figures->shadow_bytes = bn->shadow->bytes;
	}
	mutex_unlock(&bn->publish);
	rcu_read_lock();
	snap = rcu_dereference(bn->snap);
	while (snap && (bind = br_sg_binds_next(snap, &at)))
		figures->ports_active += bind_active(bind);
	rcu_read_unlock();
}

static void count_rule(struct br_sg_count *count,
		       const struct br_sg_ruleset *ruleset,
		       const struct br_sg_counters *counters,
		       const struct br_sg_rule_counters *rules, int d, u32 i)
{
	count->group = br_sg_ruleset_group(ruleset, d, i)->name->s;
	count->id = br_sg_ruleset_rule(ruleset, d, i)->id;
	br_sg_rule_counter_read(counters, d, rules->v[d][i], &count->packets,
				&count->bytes);
}

bool br_sg_query_counter(const struct br_sg_port *port, u32 i,
			 struct br_sg_count *count)
{
	const struct br_sg_counters *counters = port->counters;
	u32 n;
	int d;

	memset(count, 0, sizeof(*count));
	count->dev = port->conf->dev;
	for (d = 0; d < __BR_SG_DIRECTIONS; d++) {
		count->direction = d;
		if (i < BR_SG_STEP_MAX) {
			count->step = i + 1;
			if (count->step == BR_SG_STEP_ESTABLISHED)
				br_sg_established_read(counters, d,
						       &count->packets,
						       &count->bytes);
			else
				br_sg_counter_read(&counters->steps[d][i + 1],
						   &count->packets,
						   &count->bytes);
			return true;
		}
		i -= BR_SG_STEP_MAX;
		if (i < BR_SG_REASON_MAX) {
			count->reason = i + 1;
			br_sg_counter_read(&counters->reasons[d][i + 1],
					   &count->packets, &count->bytes);
			return true;
		}
		i -= BR_SG_REASON_MAX;
		n = port->ruleset ? port->ruleset->n_rules[d] : 0;
		if (i < n) {
			count_rule(count, port->ruleset, counters, port->rules,
				   d, i);
			return true;
		}
		i -= n;
	}
	return false;
}

/* the @i-th: without a port line what became of that, then rules in force */
static bool end_count_at(const struct br_sg_shadow_end *end, u32 i,
			 struct br_sg_count *count)
{
	const struct br_sg_shadow_counts *counts = end->counts;
	int d;

	memset(count, 0, sizeof(*count));
	count->dev = end->dev;
	for (d = 0; d < __BR_SG_DIRECTIONS; d++) {
		count->direction = d;
		if (!end->port && !i--) {
			count->would = BR_SG_WOULD_ACCEPT;
			if (end->drops) {
				count->would = BR_SG_WOULD_DROP;
				count->reason = BR_SG_REASON_UNCONFIGURED;
			}
			br_sg_counter_read(&counts->none[d], &count->packets,
					   &count->bytes);
			return true;
		}
		if (!counts->rules)
			continue;
		if (i < counts->rules->n[d]) {
			count->would = BR_SG_WOULD_DROP;
			/* the shadow counts in no batches */
			count_rule(count, counts->ruleset, NULL, counts->rules,
				   d, i);
			return true;
		}
		i -= counts->rules->n[d];
	}
	return false;
}

bool br_sg_query_shadow_dev_counter(struct br_sg_net *bn, u32 slot, const char *dev,
				    u32 i, int (*fn)(const struct br_sg_count *count,
					       void *arg), void *arg, int *ret)
{
	const struct br_sg_snapshot *snap;
	const struct br_sg_bind *bind;
	struct br_sg_count count;
	bool there = false;

	rcu_read_lock();
	snap = rcu_dereference(bn->snap);
	bind = snap ? br_sg_binds_slot(snap, slot) : NULL;
	if (bind && bind->shadow && (!dev || !strcmp(dev, bind->shadow->dev)))
		there = end_count_at(bind->shadow, i, &count);
	if (there)
		*ret = fn(&count, arg);
	rcu_read_unlock();
	return there;
}

u32 br_sg_query_shadow_devs(struct br_sg_net *bn)
{
	const struct br_sg_snapshot *snap;
	u32 n;

	rcu_read_lock();
	snap = rcu_dereference(bn->snap);
	n = snap && snap->shadow ? br_sg_binds_slots(snap) : 0;
	rcu_read_unlock();
	return n;
}
