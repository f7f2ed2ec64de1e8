// SPDX-License-Identifier: GPL-2.0
/*
 * Ports of a policy: what a port may send from, the rules of its groups, its
 * counters. A port whose line or groups changed is a next version of itself;
 * one that is the same is shared, with its version, and re-judges nothing.
 */
#include <linux/etherdevice.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "policy/budget.h"
#include "policy/compile.h"
#include "policy/policy.h"
#include "policy/snapshot.h"

void br_sg_port_put(struct br_sg_port *port)
{
	if (!port || !refcount_dec_and_test(&port->ref))
		return;
	br_sg_rule_counters_put(port->rules);
	br_sg_ruleset_put(port->ruleset);
	br_sg_counters_put(port->counters);
	kfree(port->macs);
	br_sg_port_conf_put(port->conf);
	kfree(port);
}

static bool port_groups_changed(const struct br_sg_compile *c,
				const struct br_sg_port_conf *conf)
{
	int i;

	for (i = 0; i < conf->n_groups; i++)
		if (c->changed[br_sg_group_index(c->config, conf->groups[i]->s)])
			return true;
	return false;
}

static bool groups_same(const struct br_sg_port_conf *a,
			const struct br_sg_port_conf *b)
{
	int i;

	if (a->n_groups != b->n_groups)
		return false;
	for (i = 0; i < a->n_groups; i++)
		if (strcmp(a->groups[i]->s, b->groups[i]->s))
			return false;
	return true;
}

static int port_guard(struct br_sg_port *port)
{
	struct br_sg_port_conf *conf = port->conf;
	struct br_sg_guard *guard = &port->guard;
	int i, k;

	port->macs = kcalloc(conf->n_pairs + 1, sizeof(*port->macs),
			     GFP_KERNEL_ACCOUNT);
	if (!port->macs)
		return -ENOMEM;
	ether_addr_copy(guard->mac, conf->mac);
	ether_addr_copy(port->macs[0], conf->mac);
	guard->n_macs = 1;
	guard->any_source = conf->any_source;
	for (i = 0; i < conf->n_pairs; i++) {
		guard->has_ipv6 |= conf->pairs[i].prefix.family == AF_INET6;
		for (k = 0; k < guard->n_macs; k++)
			if (ether_addr_equal(port->macs[k],
					     conf->pairs[i].mac))
				break;
		if (k == guard->n_macs)
			ether_addr_copy(port->macs[guard->n_macs++],
					conf->pairs[i].mac);
	}
	guard->macs = (const u8 (*)[ETH_ALEN])port->macs;
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

/*
 * A counter goes on with its rule: same group, id and content. Both rulesets
 * list a group's rules by id, so within a group it is a merge.
 */
static struct br_sg_rule_counter *
counter_of(const struct br_sg_ruleset *old,
	   const struct br_sg_rule_counters *counters, int d,
	   const struct br_sg_ruleset *rules, u32 index, u32 *at)
{
	const struct br_sg_name *name, *old_name;
	const struct br_sg_rule *rule, *was;
	u32 i, k;

	name = br_sg_ruleset_group(rules, d, index)->name;
	rule = br_sg_ruleset_rule(rules, d, index);
	for (k = 0; old && k < old->n_rules[d]; k++) {
		i = (*at + k) % old->n_rules[d];
		was = br_sg_ruleset_rule(old, d, i);
		if (was->id != rule->id)
			continue;
		old_name = br_sg_ruleset_group(old, d, i)->name;
		if (old_name != name && strcmp(old_name->s, name->s))
			continue;
		*at = i + 1;
		if (was != rule && !br_sg_rule_equal(was, rule))
			break;
		return br_sg_rule_counter_get(counters->v[d][i]);
	}
	return br_sg_rule_counter_new();
}

struct br_sg_rule_counters *
br_sg_rule_counters_new(const struct br_sg_ruleset *rules,
			const struct br_sg_ruleset *old,
			const struct br_sg_rule_counters *old_counters)
{
	struct br_sg_rule_counters *counters;
	u32 i, at;
	int d;

	counters = kzalloc(sizeof(*counters), GFP_KERNEL_ACCOUNT);
	if (!counters)
		return NULL;
	refcount_set(&counters->ref, 1);
	for (d = 0; d < __BR_SG_DIRECTIONS; d++) {
		counters->v[d] = kvcalloc(rules->n_rules[d],
					  sizeof(*counters->v[d]),
					  GFP_KERNEL_ACCOUNT);
		if (!counters->v[d])
			goto err_put;
		for (i = 0, at = 0; i < rules->n_rules[d]; i++) {
			counters->v[d][i] = counter_of(old, old_counters, d,
						       rules, i, &at);
			if (!counters->v[d][i])
				goto err_put;
			counters->n[d]++;
		}
	}
	return counters;

err_put:
	br_sg_rule_counters_put(counters);
	return NULL;
}

static int port_counters(struct br_sg_port *port, const struct br_sg_port *old)
{
	port->counters = old ? br_sg_counters_get(old->counters) :
			       br_sg_counters_new();
	if (!port->counters)
		return -ENOMEM;
	if (!port->ruleset)
		return 0;
	if (old && old->ruleset == port->ruleset)
		port->rules = br_sg_rule_counters_get(old->rules);
	else
		port->rules = br_sg_rule_counters_new(port->ruleset,
						      old ? old->ruleset : NULL,
						      old ? old->rules : NULL);
	return port->rules ? 0 : -ENOMEM;
}

/* the ruleset that @old has, as long as the rules of its groups are the same */
static bool port_keeps_rules(const struct br_sg_compile *c,
			     const struct br_sg_port *old)
{
	int i, g;

	if (!old->ruleset)
		return false;
	for (i = 0; i < old->conf->n_groups; i++) {
		g = br_sg_group_index(c->config, old->conf->groups[i]->s);
		if (g < 0 || c->rules_changed[g])
			return false;
	}
	return true;
}

/*
 * A ruleset that no port of this compile has asked for: those that ports had
 * before and may keep are listed first, once, since a new port may share one.
 */
static struct br_sg_ruleset *port_ruleset(struct br_sg_compile *c,
					  const struct br_sg_port_conf *conf)
{
	const struct br_sg_array *ports;
	struct br_sg_port *old;
	int err;
	u32 i;

	if (c->old && !c->listed) {
		ports = &c->old->config->ports;
		for (i = 0; i < ports->n; i++) {
			old = c->old->ports[i];
			if (!old->ruleset || old->ruleset->listed == c->id)
				continue;
			old->ruleset->listed = c->id;
			if (!port_keeps_rules(c, old))
				continue;
			err = br_sg_rulesets_add(&c->shared, old->ruleset,
						 old->conf);
			if (err)
				return ERR_PTR(err);
		}
		c->listed = true;
	}
	return br_sg_rulesets_get(&c->shared, c->new, conf, c->refusal);
}

static int compile_port(struct br_sg_compile *c, u32 i, struct br_sg_port *old)
{
	struct br_sg_port_conf *conf = c->config->ports.v[i];
	struct br_sg_port *port;
	int err;

	if (old && old->conf == conf &&
	    (!c->any_changed || !port_groups_changed(c, conf))) {
		refcount_inc(&old->ref);
		c->new->ports[i] = old;
		return br_sg_budget_port(c, old);
	}
	port = kzalloc(sizeof(*port), GFP_KERNEL_ACCOUNT);
	if (!port)
		return -ENOMEM;
	refcount_set(&port->ref, 1);
	port->conf = br_sg_port_conf_get(conf);
	c->new->ports[i] = port;
	port->mode = conf->mode;
	port->strict = conf->strict;
	if (old) {
		port->version = old->version + 1;
		port->epoch = old->epoch + !port->version;
	}
	if (conf->mode == BR_SG_PORT_FILTER) {
		if (old && groups_same(old->conf, conf) &&
		    port_keeps_rules(c, old))
			port->ruleset = br_sg_ruleset_get(old->ruleset);
		else
			port->ruleset = port_ruleset(c, conf);
		if (IS_ERR(port->ruleset)) {
			err = PTR_ERR(port->ruleset);
			port->ruleset = NULL;
			return err;
		}
		port->stateless = port->ruleset->n_groups &&
				  port->ruleset->groups[0]->stateless;
	}
	/* a version that has run out begins with a new serial */
	port->since = port->version;
	if (old && old->mode == BR_SG_PORT_FILTER && !old->stateless)
		port->since = port->version ? old->since : 0;
	err = port_guard(port);
	if (!err)
		err = port_counters(port, old);
	return err ? err : br_sg_budget_port(c, port);
}

int br_sg_compile_ports(struct br_sg_compile *c)
{
	struct br_sg_config_walk w;
	int err = 0;

	br_sg_config_walk_begin(&w, c->old ? c->old->config : NULL, c->config,
				BR_SG_KIND_PORT);
	while (!err && br_sg_config_walk(&w)) {
		if (!w.after)
			continue;
		err = compile_port(c, w.index, w.before ?
				   c->old->ports[w.index_before] : NULL);
		cond_resched();
	}
	return err;
}
