// SPDX-License-Identifier: GPL-2.0
/*
 * What a policy takes, summed while it is made, and the budget that ends it.
 *
 * Counted are the configuration and what is compiled of it, each object with
 * the room that the slab allocator gives it. An object counts once, however
 * many refer to it: 100 ports with the groups "web db" are
 *
 *	2 groups	rules, members; each is of one name, so met once
 *	1 ruleset	its tables; it knows the compile that counted it last, so
 *			the other 99 ports pass it by
 *	100 ports	each with its line and its counters
 *
 * A sum costs what there are objects, not what is in them: groups and ports
 * keep theirs from when they were made, trees and tables know their own.
 *
 * The sum is not below what is there: versions of an address set count in full
 * though they share nodes, as the members by hand and those with local ports.
 * A ruleset keeps the groups it was compiled from, as long as their rules are
 * those in force: one that is not in the config any more counts with it.
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

#include "base/refuse.h"
#include "match/remotes.h"
#include "policy/budget.h"
#include "policy/compile.h"
#include "policy/policy.h"
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

void br_sg_budget_init(struct br_sg_compile *c)
{
	static atomic64_t ids;

	c->id = atomic64_inc_return(&ids);
	c->budget = br_sg_budget();
}

static int budget_add(struct br_sg_compile *c, u64 bytes)
{
	u64 sum;

	c->new->bytes += bytes;
	sum = c->new->bytes + (c->beside ? c->beside->bytes : 0);
	if (sum <= c->budget)
		return 0;
	snprintf(c->refusal->text, sizeof(c->refusal->text),
		 "the policy %s %llu bytes or more, and %llu are allowed: raise budget, a parameter of module br_sg, which is %llu MiB",
		 c->beside ? "and its shadow take" : "takes", sum, c->budget,
		 c->budget >> 20);
	return -ENOSPC;
}

int br_sg_budget_config(struct br_sg_compile *c)
{
	const struct br_sg_config *config = c->config;
	const struct br_sg_policy *new = c->new;
	const struct br_sg_set_conf *set;
	u64 bytes;
	int i, err;
	u32 k;

	bytes = room(sizeof(*config)) + room(sizeof(*new));
	for (i = 0; i < __BR_SG_KINDS; i++)
		bytes += array_room(config->kinds[i].n_alloc, sizeof(void *));
	bytes += array_room(config->uuids.n_alloc, sizeof(void *));
	bytes += array_room(config->groups.n + 1, sizeof(*new->groups));
	bytes += array_room(config->groups.n + 1, sizeof(*new->group_tags));
	bytes += array_room(config->ports.n + 1, sizeof(*new->ports));
	bytes += array_room(config->sets.n + 1, sizeof(*new->set_tags));
	bytes += array_room(new->names_mask + 1, sizeof(*new->names));
	bytes += config->defaults.n * room(sizeof(struct br_sg_default_conf));
	err = budget_add(c, bytes);
	for (k = 0; !err && k < config->sets.n; k++) {
		set = config->sets.v[k];
		err = budget_add(c, room(sizeof(*set)) +
				 br_sg_name_bytes(set->name) +
				 br_sg_addrset_bytes(set->addrs));
	}
	return err;
}

static size_t group_conf_bytes(const struct br_sg_group_conf *conf)
{
	return room(sizeof(*conf)) +
	       array_room(conf->n_alloc, sizeof(*conf->rules)) +
	       array_room(conf->n_alloc, sizeof(*conf->hashes));
}

static size_t group_bytes(const struct br_sg_group *group)
{
	const struct br_sg_group_conf *conf = group->conf;
	size_t bytes;

	bytes = room(sizeof(*group)) + group_conf_bytes(conf) +
		group->dep_name_bytes + br_sg_name_bytes(conf->name) +
		br_sg_addrset_bytes(conf->members);
	if (group->members != conf->members)
		bytes += br_sg_addrset_bytes(group->members);
	/* as they grew */
	if (group->n_deps)
		bytes += array_room(2 * rounddown_pow_of_two(group->n_deps),
				    sizeof(*group->deps));
	return bytes;
}

int br_sg_budget_group(struct br_sg_compile *c, struct br_sg_group *group)
{
	if (!group->bytes)
		group->bytes = group_bytes(group);
	group->conf->counted = c->id;
	return budget_add(c, group->bytes);
}

int br_sg_budget_remotes(struct br_sg_compile *c)
{
	u64 bytes = br_sg_remotes_bytes(c->new->remotes);
	u32 i;

	for (i = 0; i < c->config->groups.n; i++)
		if (c->new->group_tags[i])
			bytes += room(sizeof(struct br_sg_tag));
	for (i = 0; i < c->config->sets.n; i++)
		if (c->new->set_tags[i])
			bytes += room(sizeof(struct br_sg_tag));
	return budget_add(c, bytes);
}

/* a group that a ruleset keeps and the config has another in place of */
static size_t kept_bytes(const struct br_sg_compile *c,
			 const struct br_sg_group_conf *conf)
{
	int i = br_sg_group_index(c->config, conf->name->s);
	const struct br_sg_group *now = i < 0 ? NULL : c->new->groups[i];
	size_t bytes = group_conf_bytes(conf);

	if (!now || (conf->members != now->members &&
		     conf->members != now->conf->members))
		bytes += br_sg_addrset_bytes(conf->members);
	return bytes;
}

static int budget_ruleset(struct br_sg_compile *c,
			  struct br_sg_ruleset *ruleset)
{
	struct br_sg_table_size size;
	u64 bytes;
	u32 i;
	int d;

	if (ruleset->counted == c->id)
		return 0;
	ruleset->counted = c->id;
	bytes = room(sizeof(*ruleset)) +
		array_room(ruleset->n_groups + 1, sizeof(*ruleset->groups));
	for (d = 0; d < __BR_SG_DIRECTIONS; d++) {
		size = br_sg_table_size(ruleset->tables[d]);
		bytes += room(size.rules + size.vectors) +
			 array_room(ruleset->n_rules[d],
				    sizeof(*ruleset->rules[d]));
		c->new->vector_bytes += size.vectors;
	}
	for (i = 0; i < ruleset->n_groups; i++) {
		struct br_sg_group_conf *conf = ruleset->groups[i];

		if (conf->counted == c->id)
			continue;
		conf->counted = c->id;
		bytes += kept_bytes(c, conf);
	}
	return budget_add(c, bytes);
}

static size_t port_conf_bytes(const struct br_sg_compile *c,
			      const struct br_sg_port_conf *conf)
{
	size_t bytes;
	int i, g;

	bytes = room(sizeof(*conf)) +
		array_room(conf->n_pairs, sizeof(*conf->pairs)) +
		array_room(conf->n_groups, sizeof(*conf->groups)) +
		array_room(conf->n_dhcp, sizeof(*conf->dhcp)) +
		array_room(conf->n_ethertypes, sizeof(*conf->ethertypes));
	/* a name is the group's own, but if the port came before it */
	for (i = 0; i < conf->n_groups; i++) {
		g = br_sg_group_index(c->config, conf->groups[i]->s);
		if (g < 0 || c->new->groups[g]->conf->name != conf->groups[i])
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
	const struct br_sg_policy *beside = c->beside;
	u64 bytes = 0;
	u32 i;

	for (i = 0; beside && i < beside->config->ports.n; i++)
		bytes += room(sizeof(struct br_sg_shadow_counts)) +
			 rule_counters_bytes(beside->ports[i]->rules);
	return budget_add(c, bytes);
}

static size_t port_bytes(const struct br_sg_compile *c,
			 const struct br_sg_port *port)
{
	return room(sizeof(*port)) + port_conf_bytes(c, port->conf) +
	       array_room(port->conf->n_pairs + 1, sizeof(*port->macs)) +
	       room(sizeof(*port->counters)) + __BR_SG_DIRECTIONS *
	       num_possible_cpus() * sizeof(struct br_sg_pcpu_counter) +
	       rule_counters_bytes(port->rules);
}

int br_sg_budget_port(struct br_sg_compile *c, struct br_sg_port *port)
{
	int err;

	if (!port->bytes)
		port->bytes = port_bytes(c, port);
	err = budget_add(c, port->bytes);
	if (!err && port->ruleset)
		err = budget_ruleset(c, port->ruleset);
	return err;
}
