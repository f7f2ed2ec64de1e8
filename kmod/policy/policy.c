// SPDX-License-Identifier: GPL-2.0
/*
 * Configuration -> policy: rules compiled, members gathered, and whatever a
 * commit does not touch taken over from the policy before.
 *
 * Objects of a configuration are immutable, so "the same" is a comparison of
 * pointers. What is not the same object in two configurations is found by what their
 * trees do not share, and from there it is followed to what depends on it:
 *
 *	lines of sets and groups	owner.c	who names whom
 *	lines of ports			members.c	who brings what
 *	and what follows: owners	owner.c	members, tags, remotes
 *			  ports		port.c	the next version of each that is dirty
 *
 * A changed port gets a next version; one that is the same is shared, with its
 * version, and re-judges nothing. No step looks at all ports or all groups.
 */
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "match/remotes.h"
#include "policy/budget.h"
#include "policy/compile.h"
#include "policy/owner.h"
#include "policy/ruleset.h"

struct br_sg_policy *br_sg_policy_get(struct br_sg_policy *policy)
{
	refcount_inc(&policy->ref);
	return policy;
}

void br_sg_policy_put(struct br_sg_policy *policy)
{
	if (!policy || !refcount_dec_and_test(&policy->ref))
		return;
	br_sg_tree_drop(&br_sg_ports_type, &policy->ports);
	br_sg_tree_drop(&br_sg_lists_type, &policy->lists);
	br_sg_tree_drop(&br_sg_owners_type, &policy->owners);
	br_sg_remotes_put(policy->remotes);
	br_sg_config_put(policy->config);
	kfree(policy);
}

struct br_sg_port *br_sg_policy_port(const struct br_sg_policy *policy,
				     const char *dev)
{
	struct br_sg_port *const *port;
	char key[IFNAMSIZ];

	strscpy_pad(key, dev, sizeof(key));
	port = br_sg_tree_find(&br_sg_ports_type, &policy->ports, key);
	return port ? *port : NULL;
}

static struct br_sg_port *iter_port(struct br_sg_tree_iter *it, bool there)
{
	return there ? *(struct br_sg_port *const *)br_sg_tree_iter_value(it) :
		       NULL;
}

struct br_sg_port *br_sg_policy_port_first(struct br_sg_tree_iter *it,
					   const struct br_sg_policy *policy)
{
	static const char least[IFNAMSIZ];

	br_sg_tree_iter_init(it, &br_sg_ports_type, &policy->ports);
	return iter_port(it, br_sg_tree_seek_ge(it, least));
}

struct br_sg_port *br_sg_policy_port_next(struct br_sg_tree_iter *it)
{
	return iter_port(it, br_sg_tree_next(it));
}

/* what br_sg_tree_diff() hands on */
struct ports_diff {
	int (*fn)(const char *dev, const struct br_sg_port *before,
		  const struct br_sg_port *after, void *arg);
	void *arg;
};

static int diff_port(const void *dev, const void *was, const void *is,
		     void *arg)
{
	const struct ports_diff *diff = arg;

	return diff->fn(dev, was ? *(struct br_sg_port *const *)was : NULL,
			is ? *(struct br_sg_port *const *)is : NULL, diff->arg);
}

int br_sg_policy_ports_diff(const struct br_sg_policy *before,
			    const struct br_sg_policy *after,
			    int (*fn)(const char *dev,
				      const struct br_sg_port *before,
				      const struct br_sg_port *after,
				      void *arg),
			    void *arg)
{
	struct ports_diff diff = { .fn = fn, .arg = arg };
	static const struct br_sg_tree none;

	return br_sg_tree_diff(&br_sg_ports_type,
			       before ? &before->ports : &none, &after->ports,
			       diff_port, &diff);
}

static int compile(struct br_sg_compile *c)
{
	int err;

	err = br_sg_budget_shadow(c);
	if (!err)
		err = br_sg_owners_compile(c);
	if (!err)
		err = br_sg_members_compile(c);
	if (!err)
		err = br_sg_owners_settle(c);
	if (!err)
		err = br_sg_compile_ports(c);
	return err ? err : br_sg_budget_total(c);
}

struct br_sg_policy *br_sg_policy_new(const struct br_sg_policy *old,
				      const struct br_sg_policy *beside,
				      struct br_sg_config *config,
				      struct br_sg_refusal *refusal)
{
	static atomic64_t ids;
	struct br_sg_policy *policy = NULL;
	struct br_sg_compile *c;
	int err = -ENOMEM;

	c = kzalloc(sizeof(*c), GFP_KERNEL);
	if (!c)
		return ERR_PTR(-ENOMEM);
	c->touched_end = &c->touched;
	c->old = old;
	c->beside = beside;
	c->config = config;
	c->id = atomic64_inc_return(&ids);
	c->budget = br_sg_budget();
	c->refusal = refusal;
	policy = kzalloc(sizeof(*policy), GFP_KERNEL_ACCOUNT);
	if (!policy)
		goto out;
	refcount_set(&policy->ref, 1);
	policy->config = br_sg_config_get(config);
	c->new = policy;
	if (old) {
		br_sg_tree_share(&policy->ports, &old->ports);
		br_sg_tree_share(&policy->owners, &old->owners);
		br_sg_tree_share(&policy->lists, &old->lists);
		policy->objects = old->objects;
		policy->vector_bytes = old->vector_bytes;
	}
	err = compile(c);
	br_sg_owners_forget(c);
	br_sg_tree_drop(&br_sg_devs_type, &c->dirty);
	if (err)
		br_sg_policy_put(policy);
out:
	kfree(c);
	return err ? ERR_PTR(err) : policy;
}

struct br_sg_port *br_sg_policy_port_at(const struct br_sg_policy *policy,
					u32 i)
{
	return *(struct br_sg_port *const *)br_sg_tree_value(&br_sg_ports_type,
							    &policy->ports, i);
}
