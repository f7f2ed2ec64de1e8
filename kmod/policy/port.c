// SPDX-License-Identifier: GPL-2.0
/*
 * Ports of a policy: what a port may send from, the rules of its groups, its
 * counters. A port whose line or groups changed is a next version of itself;
 * one that is the same is shared, with its version, and re-judges nothing.
 */
#include <linux/err.h>
#include <linux/etherdevice.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "policy/budget.h"
#include "policy/compile.h"
#include "policy/owner.h"
#include "policy/ruleset.h"

void br_sg_port_put(struct br_sg_port *port)
{
	if (!port || !refcount_dec_and_test(&port->ref))
		return;
	br_sg_rule_counters_put(port->rules);
	br_sg_ruleset_put(port->ruleset);
	br_sg_counters_put(port->counters);
	br_sg_port_conf_put(port->conf);
	kfree(port);
}

static void ports_hold(const void *values, u32 n)
{
	struct br_sg_port *const *v = values;

	while (n--)
		refcount_inc(&(*v++)->ref);
}

static void ports_drop(const void *values, u32 n)
{
	struct br_sg_port *const *v = values;

	while (n--)
		br_sg_port_put(*v++);
}

const struct br_sg_tree_type br_sg_ports_type = {
	.key = IFNAMSIZ,
	.value = sizeof(void *),
	.hold = ports_hold,
	.drop = ports_drop,
};

/* the port's MAC, then each other that its pairs have */
static int conf_macs(struct br_sg_port_conf *conf)
{
	u8 (*macs)[ETH_ALEN];
	int i, k, n = 1;

	if (conf->macs)
		return 0;
	macs = kcalloc(conf->n_pairs + 1, sizeof(*macs), GFP_KERNEL_ACCOUNT);
	if (!macs)
		return -ENOMEM;
	ether_addr_copy(macs[0], conf->mac);
	for (i = 0; i < conf->n_pairs; i++) {
		for (k = 0; k < n; k++)
			if (ether_addr_equal(macs[k], conf->pairs[i].mac))
				break;
		if (k == n)
			ether_addr_copy(macs[n++], conf->pairs[i].mac);
	}
	conf->n_macs = n;
	conf->macs = macs;
	return 0;
}

static int port_guard(struct br_sg_port *port)
{
	struct br_sg_port_conf *conf = port->conf;
	struct br_sg_guard *guard = &port->guard;
	int i, err;

	err = conf_macs(conf);
	if (err)
		return err;
	ether_addr_copy(guard->mac, conf->mac);
	guard->any_source = conf->any_source;
	for (i = 0; i < conf->n_pairs; i++)
		guard->has_ipv6 |= conf->pairs[i].prefix.family == AF_INET6;
	guard->macs = (const u8 (*)[ETH_ALEN])conf->macs;
	guard->n_macs = conf->n_macs;
	guard->pairs = conf->pairs;
	guard->n_ips = conf->n_ips;
	guard->n_pairs = conf->n_pairs;
	guard->dhcp = conf->dhcp;
	guard->n_dhcp = conf->n_dhcp;
	guard->ethertypes = conf->ethertypes;
	guard->n_ethertypes = conf->n_ethertypes;
	br_sg_guard_plain_init(guard);
	return 0;
}

static int port_counters(struct br_sg_port *port, const struct br_sg_port *old)
{
	port->counters = old ? br_sg_counters_get(old->counters) :
			       br_sg_counters_new();
	if (!port->counters)
		return -ENOMEM;
	if (!port->ruleset)
		return 0;
	if (port->stateless && br_sg_counters_batch(port->counters))
		return -ENOMEM;
	if (old && old->ruleset == port->ruleset)
		port->rules = br_sg_rule_counters_get(old->rules);
	else
		port->rules = br_sg_rule_counters_new(port->ruleset,
						      old ? old->ruleset : NULL,
						      old ? old->rules : NULL);
	return port->rules ? 0 : -ENOMEM;
}

static int port_ruleset(struct br_sg_compile *c, struct br_sg_port *port,
			const struct br_sg_ruleset *old)
{
	const struct br_sg_owner *first;
	struct br_sg_ruleset *ruleset;

	if (port->mode != BR_SG_PORT_FILTER)
		return 0;
	ruleset = br_sg_ruleset_of(c, port->conf, old);
	if (IS_ERR(ruleset))
		return PTR_ERR(ruleset);
	port->ruleset = ruleset;
	if (port->conf->n_groups) {
		first = br_sg_owner_group(c, port->conf->groups[0]);
		port->stateless = first->group_conf->stateless;
	}
	return old && br_sg_ruleset_is(old, port->conf) ?
		0 : br_sg_ruleset_use(c, ruleset, true);
}

/* the next after @old's; one that has run out begins anew with a new serial */
static void port_version(struct br_sg_port *port, const struct br_sg_port *old)
{
	port->version = old->version + 1;
	port->epoch = old->epoch + !port->version;
	port->since = port->version;
	if (old->mode == BR_SG_PORT_FILTER && !old->stateless)
		port->since = port->version ? old->since : 0;
}

/* the next version of @old, or the first of a port that is new */
static struct br_sg_port *port_new(struct br_sg_compile *c,
				   struct br_sg_port_conf *conf,
				   const struct br_sg_port *old)
{
	struct br_sg_port *port;
	int err;

	port = kzalloc(sizeof(*port), GFP_KERNEL_ACCOUNT);
	if (!port)
		return ERR_PTR(-ENOMEM);
	refcount_set(&port->ref, 1);
	port->conf = br_sg_port_conf_get(conf);
	port->mode = conf->mode;
	port->strict = conf->strict;
	port->made = c->id;
	if (old)
		port_version(port, old);
	err = port_ruleset(c, port, old ? old->ruleset : NULL);
	if (!err)
		err = port_guard(port);
	if (!err)
		err = port_counters(port, old);
	if (err) {
		br_sg_port_put(port);
		return ERR_PTR(err);
	}
	port->bytes = br_sg_port_bytes(c, port);
	return port;
}

/* @port, whose reference it takes, in the place of @old; either may be NULL */
static int port_put_in(struct br_sg_compile *c, const char *dev,
		       const struct br_sg_port *old, struct br_sg_port *port)
{
	struct br_sg_port **place;
	int err;

	err = br_sg_budget_move(c, old ? old->bytes : 0,
				port ? port->bytes : 0);
	if (err)
		goto err_put;
	if (!old) {
		err = br_sg_tree_insert(&br_sg_ports_type, &c->new->ports, dev,
					&port);
		if (err)
			goto err_put;
		return 0;
	}
	if (!port)
		return br_sg_tree_remove(&br_sg_ports_type, &c->new->ports,
					 dev);
	place = br_sg_tree_edit(&br_sg_ports_type, &c->new->ports, dev);
	if (IS_ERR(place)) {
		err = PTR_ERR(place);
		goto err_put;
	}
	br_sg_port_put(*place);
	*place = port;
	return 0;

err_put:
	br_sg_port_put(port);
	return err;
}

static int compile_port(struct br_sg_compile *c, const char *dev)
{
	struct br_sg_port_conf *conf = br_sg_config_port(c->config, dev);
	struct br_sg_port *port = NULL, *old;
	int err;

	old = c->old ? br_sg_policy_port(c->old, dev) : NULL;
	if (conf) {
		port = port_new(c, conf, old);
		if (IS_ERR(port))
			return PTR_ERR(port);
	}
	err = port_put_in(c, dev, old, port);
	/* one that has the list still is counted as before */
	if (!err && old && old->ruleset &&
	    !(port && port->ruleset && br_sg_ruleset_is(old->ruleset, conf)))
		err = br_sg_ruleset_use(c, old->ruleset, false);
	return err;
}

int br_sg_port_age(struct br_sg_compile *c, const char *dev)
{
	struct br_sg_port **place, *old, *port;

	place = br_sg_tree_edit(&br_sg_ports_type, &c->new->ports, dev);
	if (IS_ERR(place))
		return place == ERR_PTR(-ENOENT) ? 0 : PTR_ERR(place);
	old = *place;
	if (old->made == c->id)
		return 0;
	port = kmemdup(old, sizeof(*old), GFP_KERNEL_ACCOUNT);
	if (!port)
		return -ENOMEM;
	refcount_set(&port->ref, 1);
	br_sg_port_conf_get(port->conf);
	if (port->ruleset) {
		br_sg_ruleset_get(port->ruleset);
		br_sg_rule_counters_get(port->rules);
	}
	br_sg_counters_get(port->counters);
	port->made = c->id;
	port_version(port, old);
	*place = port;
	br_sg_port_put(old);
	return 0;
}

int br_sg_compile_dirty(struct br_sg_compile *c, const char *dev)
{
	char key[IFNAMSIZ];
	int err;

	strscpy_pad(key, dev, sizeof(key));
	err = br_sg_tree_insert(&br_sg_devs_type, &c->dirty, key, NULL);
	return err == -EEXIST ? 0 : err;
}

int br_sg_compile_ports(struct br_sg_compile *c)
{
	static const char least[IFNAMSIZ];
	struct br_sg_tree_iter it;
	int err = 0;
	bool there;

	br_sg_tree_iter_init(&it, &br_sg_devs_type, &c->dirty);
	for (there = br_sg_tree_seek_ge(&it, least); there && !err;
	     there = br_sg_tree_next(&it)) {
		err = compile_port(c, br_sg_tree_iter_key(&it));
		cond_resched();
	}
	return err;
}
