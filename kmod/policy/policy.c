// SPDX-License-Identifier: GPL-2.0
/*
 * Configuration -> policy: rules compiled, members gathered, and whatever a
 * commit does not touch taken over from the policy before.
 *
 * Objects of a configuration are immutable, so "the same" is a comparison of
 * pointers, and from there it spreads:
 *
 *	group's members <- its member lines, and addresses of its ports
 *	ruleset changed <- a group's rules; not members, which it knows by tag
 *	port changed	<- its line, its ruleset, or members of what that names
 *
 * A changed port gets a next version; one that is the same is shared, with its
 * version, and re-judges nothing.
 */
#include <linux/etherdevice.h>
#include <linux/jhash.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "match/remotes.h"
#include "base/refuse.h"
#include "match/remotes.h"
#include "policy/budget.h"
#include "policy/compile.h"
#include "policy/policy.h"
#include "policy/ruleset.h"
#include "policy/snapshot.h"

struct br_sg_policy *br_sg_policy_get(struct br_sg_policy *policy)
{
	refcount_inc(&policy->ref);
	return policy;
}

void br_sg_policy_put(struct br_sg_policy *policy)
{
	u32 i;

	if (!policy || !refcount_dec_and_test(&policy->ref))
		return;
	for (i = 0; policy->ports && i < policy->config->ports.n; i++)
		br_sg_port_put(policy->ports[i]);
	for (i = 0; policy->groups && i < policy->config->groups.n; i++)
		br_sg_group_put(policy->groups[i]);
	for (i = 0; policy->group_tags && i < policy->config->groups.n; i++)
		br_sg_tag_put(policy->group_tags[i]);
	for (i = 0; policy->set_tags && i < policy->config->sets.n; i++)
		br_sg_tag_put(policy->set_tags[i]);
	br_sg_remotes_put(policy->remotes);
	kvfree(policy->group_tags);
	kvfree(policy->set_tags);
	kvfree(policy->ports);
	kvfree(policy->groups);
	kvfree(policy->names);
	br_sg_config_put(policy->config);
	kfree(policy);
}

static u32 name_slot(const struct br_sg_policy *policy, const char *dev)
{
	return jhash(dev, strnlen(dev, IFNAMSIZ), 0) & policy->names_mask;
}

int br_sg_policy_port_index(const struct br_sg_policy *policy, const char *dev)
{
	const struct br_sg_port_conf *conf;
	u32 i = name_slot(policy, dev);

	for (; policy->names[i]; i = (i + 1) & policy->names_mask) {
		conf = policy->config->ports.v[policy->names[i] - 1];
		if (!strcmp(conf->dev, dev))
			return policy->names[i] - 1;
	}
	return -1;
}

struct br_sg_port *br_sg_policy_port(const struct br_sg_policy *policy,
				     const char *dev)
{
	int i = br_sg_policy_port_index(policy, dev);

	return i < 0 ? NULL : policy->ports[i];
}

int br_sg_policy_ports_diff(const struct br_sg_policy *before,
			    const struct br_sg_policy *after,
			    int (*fn)(const char *dev,
				      const struct br_sg_port *before,
				      const struct br_sg_port *after,
				      void *arg),
			    void *arg)
{
	const struct br_sg_port *was, *is;
	struct br_sg_config_walk w;
	int err = 0;

	br_sg_config_walk_begin(&w, before ? before->config : NULL,
				after->config, BR_SG_KIND_PORT);
	while (!err && br_sg_config_walk(&w)) {
		was = w.before ? before->ports[w.index_before] : NULL;
		is = w.after ? after->ports[w.index] : NULL;
		if (was != is)
			err = fn((is ? is : was)->conf->dev, was, is, arg);
	}
	return err;
}

static int policy_index_names(struct br_sg_policy *policy)
{
	const struct br_sg_array *ports = &policy->config->ports;
	const struct br_sg_port_conf *conf;
	u32 slots, i, s;

	slots = roundup_pow_of_two(2 * ports->n + 2);
	policy->names = kvcalloc(slots, sizeof(*policy->names),
				 GFP_KERNEL_ACCOUNT);
	if (!policy->names)
		return -ENOMEM;
	policy->names_mask = slots - 1;
	for (i = 0; i < ports->n; i++) {
		conf = ports->v[i];
		s = name_slot(policy, conf->dev);
		while (policy->names[s])
			s = (s + 1) & policy->names_mask;
		policy->names[s] = i + 1;
	}
	return 0;
}

static int compile(struct br_sg_compile *c)
{
	const struct br_sg_config *config = c->config;
	struct br_sg_policy *new = c->new;
	int err;

	new->groups = kvcalloc(config->groups.n + 1, sizeof(*new->groups),
			       GFP_KERNEL_ACCOUNT);
	new->ports = kvcalloc(config->ports.n + 1, sizeof(*new->ports),
			      GFP_KERNEL_ACCOUNT);
	new->group_tags = kvcalloc(config->groups.n + 1,
				   sizeof(*new->group_tags),
				   GFP_KERNEL_ACCOUNT);
	new->set_tags = kvcalloc(config->sets.n + 1, sizeof(*new->set_tags),
				 GFP_KERNEL_ACCOUNT);
	c->changed = kvcalloc(config->groups.n + 1, sizeof(bool),
			      GFP_KERNEL_ACCOUNT);
	c->rules_changed = kvcalloc(config->groups.n + 1, sizeof(bool),
				    GFP_KERNEL_ACCOUNT);
	if (!new->groups || !new->ports || !new->group_tags ||
	    !new->set_tags || !c->changed || !c->rules_changed)
		return -ENOMEM;
	err = policy_index_names(new);
	if (err)
		return err;
	err = br_sg_budget_config(c);
	if (!err)
		err = br_sg_budget_shadow(c);
	if (err)
		return err;
	err = br_sg_compile_groups(c);
	if (err)
		return err;
	err = br_sg_compile_remotes(c);
	if (err)
		return err;
	err = br_sg_budget_remotes(c);
	if (err)
		return err;
	br_sg_compile_changes(c);
	return br_sg_compile_ports(c);
}

struct br_sg_policy *br_sg_policy_new(const struct br_sg_policy *old,
				      const struct br_sg_policy *beside,
				      struct br_sg_config *config,
				      struct br_sg_refusal *refusal)
{
	struct br_sg_policy *policy;
	struct br_sg_compile *c;
	int err = -ENOMEM;

	c = kzalloc(sizeof(*c), GFP_KERNEL_ACCOUNT);
	policy = kzalloc(sizeof(*policy), GFP_KERNEL_ACCOUNT);
	if (!c || !policy) {
		kfree(policy);
		goto out;
	}
	refcount_set(&policy->ref, 1);
	policy->config = br_sg_config_get(config);
	c->old = old;
	c->beside = beside;
	c->new = policy;
	c->config = config;
	c->refusal = refusal;
	br_sg_rulesets_init(&c->shared);
	br_sg_budget_init(c);
	err = compile(c);
	br_sg_rulesets_exit(&c->shared);
	kvfree(c->changed);
	kvfree(c->rules_changed);
	if (err)
		br_sg_policy_put(policy);
out:
	kfree(c);
	return err ? ERR_PTR(err) : policy;
}
