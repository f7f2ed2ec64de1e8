// SPDX-License-Identifier: GPL-2.0
/*
 * What a policy takes, and the budget that ends its compile.
 *
 * Counted are the configuration and what is compiled of it, each object with
 * the room that the slab allocator gives it. An object counts once, however
 * many refer to it: 100 ports with the groups "web db" are
 *
 *	2 owners	each with its line: rules, members, who refers to it
 *	1 ruleset	its tables, counted with the list that has it
 *	100 ports	each with its line and its counters
 *
 * The sum is kept from policy to policy: what a compile makes is added, what it takes
 * the place of is taken away, with the bytes that each has kept since it was made.
 * Trees know their own.
 *
 * The sum is not below what is there: versions of an address set count in full
 * though they share nodes, as the members by hand and those with local ports.
 *
 * A shadow may take what the policy in force leaves. It shares nothing with it but
 * what both were configured with, and that counts with each.
 *
 * Not counted: the snapshot (a cache line or two a device, and devices are not
 * configured here), candidates, the policy before until its readers are gone (a
 * commit may hold both), and what the kernel needs to keep account of objects
 * (8 bytes each for a memory cgroup).
 */
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>

#include "base/refuse.h"
#include "match/remotes.h"
#include "policy/budget.h"
#include "policy/compile.h"
#include "policy/owner.h"
#include "policy/snapshot.h"

#define BUDGET_DEFAULT	1024
#define BUDGET_MAX	1048576

/* in MiB; read and written by READ_ONCE() and WRITE_ONCE() */
static unsigned int budget = BUDGET_DEFAULT;

static int budget_set(const char *val, const struct kernel_param *kp)
{
	unsigned int mib;
	int err;

	err = kstrtouint(val, 0, &mib);
	if (err)
		return err;
	if (!mib || mib > BUDGET_MAX)
		return -EINVAL;
	WRITE_ONCE(budget, mib);
	return 0;
}

static const struct kernel_param_ops budget_ops = {
	.set = budget_set,
	.get = param_get_uint,
};

module_param_cb(budget, &budget_ops, &budget, 0644);
__MODULE_PARM_TYPE(budget, "uint");
MODULE_PARM_DESC(budget,
		 "MiB that the policy of a network namespace may take, 1 to 1048576 (default 1024)");

u64 br_sg_budget(void)
{
	return (u64)READ_ONCE(budget) << 20;
}

/*
 * What an object of @size occupies: kmalloc()'s sizes are powers of two, and 96
 * and 192. kvmalloc() falls back to single pages, so a large one may be less.
 */
static size_t room(size_t size)
{
	if (!size)
		return 0;
	if (size > 64 && size <= 96)
		return 96;
	if (size > 128 && size <= 192)
		return 192;
	return max_t(size_t, 8, roundup_pow_of_two(size));
}

static size_t array_room(size_t n, size_t size)
{
	return room(array_size(n, size));
}

size_t br_sg_name_bytes(const struct br_sg_name *name)
{
	return room(sizeof(*name) + name->len + 1);
}

static int budget_check(const struct br_sg_compile *c, u64 bytes)
{
	u64 sum = bytes + (c->beside ? c->beside->bytes : 0);

	if (sum <= c->budget)
		return 0;
	snprintf(c->refusal->text, sizeof(c->refusal->text),
		 "the policy %s %llu bytes or more, and %llu are allowed: raise budget, a parameter of module br_sg, which is %llu MiB",
		 c->beside ? "and its shadow take" : "takes", sum, c->budget,
		 c->budget >> 20);
	return -ENOSPC;
}

int br_sg_budget_move(struct br_sg_compile *c, size_t was, size_t is)
{
	c->new->objects += is;
	c->new->objects -= was;
	/* what is smaller than before cannot end it; br_sg_budget_total() has the last word */
	return is > was ? budget_check(c, c->new->objects) : 0;
}

int br_sg_budget_ruleset(struct br_sg_compile *c,
			 const struct br_sg_ruleset *was,
			 const struct br_sg_ruleset *is)
{
	c->new->vector_bytes += is ? is->vector_bytes : 0;
	c->new->vector_bytes -= was ? was->vector_bytes : 0;
	return br_sg_budget_move(c, was ? was->bytes : 0, is ? is->bytes : 0);
}

int br_sg_budget_total(struct br_sg_compile *c)
{
	const struct br_sg_config *config = c->config;
	struct br_sg_policy *new = c->new;
	int i;

	new->bytes = new->objects + room(sizeof(*config)) + room(sizeof(*new)) +
		     new->ports.bytes + new->owners.bytes + new->lists.bytes +
		     br_sg_remotes_bytes(new->remotes) + config->uuids.bytes;
	for (i = 0; i < __BR_SG_KINDS; i++)
		new->bytes += config->kinds[i].bytes;
	new->bytes += br_sg_config_n(config, BR_SG_KIND_DEFAULT) *
		      room(sizeof(struct br_sg_default_conf));
	return budget_check(c, new->bytes);
}

static size_t rules_bytes(const struct br_sg_rules *rules)
{
	return room(sizeof(*rules)) +
	       array_room(rules->n_alloc, sizeof(*rules->v)) +
	       array_room(rules->n_alloc, sizeof(*rules->hashes));
}

static size_t group_bytes(const struct br_sg_owner *owner)
{
	const struct br_sg_group_conf *conf = owner->group_conf;
	size_t bytes;

	bytes = room(sizeof(*conf)) + br_sg_name_bytes(conf->name) +
		rules_bytes(conf->rules) + br_sg_addrset_bytes(conf->members);
	if (owner->members != conf->members)
		bytes += br_sg_addrset_bytes(owner->members);
	return bytes;
}

static size_t set_bytes(const struct br_sg_owner *owner)
{
	const struct br_sg_set_conf *conf = owner->set_conf;

	return room(sizeof(*conf)) + br_sg_name_bytes(conf->name) +
	       br_sg_addrset_bytes(conf->addrs);
}

size_t br_sg_owner_bytes(const struct br_sg_owner *owner)
{
	return room(sizeof(*owner)) + owner->users.bytes + owner->deps.bytes +
	       owner->dep_bytes + owner->ports.bytes + owner->brought4.bytes +
	       owner->brought6.bytes +
	       (owner->tag ? room(sizeof(*owner->tag)) : 0) +
	       (owner->set ? set_bytes(owner) : group_bytes(owner));
}

void br_sg_ruleset_count(struct br_sg_ruleset *ruleset)
{
	struct br_sg_table_size size;
	int d;

	ruleset->bytes = room(sizeof(*ruleset)) +
			 array_room(ruleset->n_groups + 1,
				    sizeof(*ruleset->groups));
	ruleset->vector_bytes = 0;
	for (d = 0; d < __BR_SG_DIRECTIONS; d++) {
		size = br_sg_table_size(ruleset->tables[d]);
		ruleset->bytes += room(size.rules + size.vectors) +
				  array_room(ruleset->n_rules[d],
					     sizeof(*ruleset->rules[d]));
		ruleset->vector_bytes += size.vectors;
	}
}

static size_t port_conf_bytes(struct br_sg_compile *c,
			      const struct br_sg_port_conf *conf)
{
	const struct br_sg_owner *owner;
	size_t bytes;
	int i;

	bytes = room(sizeof(*conf)) +
		array_room(conf->n_pairs, sizeof(*conf->pairs)) +
		array_room(conf->n_groups, sizeof(*conf->groups)) +
		array_room(conf->n_dhcp, sizeof(*conf->dhcp)) +
		array_room(conf->n_ethertypes, sizeof(*conf->ethertypes)) +
		array_room(conf->n_pairs + 1, sizeof(*conf->macs));
	/* a name is the group's own, but if the port came before it */
	for (i = 0; i < conf->n_groups; i++) {
		owner = br_sg_owner_group(c, conf->groups[i]);
		if (!owner || owner->group_conf->name != conf->groups[i])
			bytes += br_sg_name_bytes(conf->groups[i]);
	}
	return bytes;
}

static size_t rule_counters_bytes(const struct br_sg_rule_counters *rules)
{
	size_t bytes;
	int d;

	if (!rules)
		return 0;
	bytes = room(sizeof(*rules));
	for (d = 0; d < __BR_SG_DIRECTIONS; d++)
		bytes += array_room(rules->n[d], sizeof(*rules->v[d])) +
			 rules->n[d] * room(sizeof(*rules->v[d][0]));
	return bytes;
}

/* as if the devices of all ports in force were there */
int br_sg_budget_shadow(struct br_sg_compile *c)
{
	const struct br_sg_port *port;
	struct br_sg_tree_iter it;
	u64 bytes = 0;

	if (!c->beside)
		return 0;
	for (port = br_sg_policy_port_first(&it, c->beside); port;
	     port = br_sg_policy_port_next(&it)) {
		bytes += room(sizeof(struct br_sg_shadow_counts)) +
			 rule_counters_bytes(port->rules);
		cond_resched();
	}
	return br_sg_budget_move(c, 0, bytes);
}

size_t br_sg_port_bytes(struct br_sg_compile *c,
			const struct br_sg_port *port)
{
	return room(sizeof(*port)) + port_conf_bytes(c, port->conf) +
	       room(sizeof(*port->counters)) + __BR_SG_DIRECTIONS *
	       num_possible_cpus() * sizeof(struct br_sg_pcpu_counter) +
	       (port->counters->batches ? num_possible_cpus() *
		sizeof(struct br_sg_rule_batches) : 0) +
	       rule_counters_bytes(port->rules);
}
