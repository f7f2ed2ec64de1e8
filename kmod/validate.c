// SPDX-License-Identifier: GPL-2.0
/* Does a configuration hold together as a whole? */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "config.h"
#include "policy.h"
#include "validate.h"

static __printf(4, 5)
int refuse(struct br_sg_refusal *refusal, u32 cookie, int err,
	   const char *fmt, ...)
{
	va_list args;

	refusal->cookie = cookie;
	va_start(args, fmt);
	vsnprintf(refusal->text, sizeof(refusal->text), fmt, args);
	va_end(args);
	return err;
}

static int check_group(const struct br_sg_config *config,
		       const struct br_sg_group_conf *group,
		       struct br_sg_refusal *refusal)
{
	const struct br_sg_rule *rule;
	u32 i;

	for (i = 0; i < group->n_rules; i++) {
		rule = &group->rules[i];
		if (rule->remote == BR_SG_RULE_GROUP &&
		    !br_sg_config_group(config, rule->name->s))
			return refuse(refusal, br_sg_cookie(config, rule),
				      -ENOENT,
				      "rule %u of group \"%s\": remote group \"%s\" does not exist",
				      rule->id, group->name->s, rule->name->s);
		if (rule->remote == BR_SG_RULE_SET &&
		    !br_sg_config_set(config, rule->name->s))
			return refuse(refusal, br_sg_cookie(config, rule),
				      -ENOENT,
				      "rule %u of group \"%s\": set \"%s\" does not exist",
				      rule->id, group->name->s, rule->name->s);
	}
	return 0;
}

static int check_port(const struct br_sg_config *config,
		      const struct br_sg_port_conf *port,
		      struct br_sg_refusal *refusal)
{
	const struct br_sg_group_conf *first = NULL, *group;
	u32 rules = 0;
	int i;

	for (i = 0; i < port->n_groups; i++) {
		group = br_sg_config_group(config, port->groups[i]->s);
		if (!group)
			return refuse(refusal, br_sg_cookie(config, port),
				      -ENOENT,
				      "port %s: group \"%s\" does not exist",
				      port->dev, port->groups[i]->s);
		if (!first)
			first = group;
		if (group->stateless != first->stateless)
			return refuse(refusal, br_sg_cookie(config, port),
				      -EINVAL,
				      "port %s: group \"%s\" is %s and \"%s\" is not: a port's groups are all stateful or all stateless",
				      port->dev, group->name->s,
				      group->stateless ? "stateless" : "stateful",
				      first->name->s);
		rules += group->n_rules;
	}
	if (rules > BR_SG_MAX_RULES)
		return refuse(refusal, br_sg_cookie(config, port),
				      -E2BIG,
				      "port %s: its groups have %u rules, at most %u are allowed",
			      port->dev, rules, BR_SG_MAX_RULES);
	return 0;
}

/* has @base this very object under that name? */
static bool group_known(const struct br_sg_config *base,
			const struct br_sg_group_conf *group)
{
	return base && br_sg_config_group(base, group->name->s) == group;
}

/* is every set and group of @base still here? Then old references hold */
static bool names_kept(const struct br_sg_config *config,
		       const struct br_sg_config *base)
{
	const struct br_sg_group_conf *group;
	const struct br_sg_set_conf *set;
	u32 i;

	for (i = 0; i < base->groups.n; i++) {
		group = base->groups.v[i];
		if (!br_sg_config_group(config, group->name->s))
			return false;
	}
	for (i = 0; i < base->sets.n; i++) {
		set = base->sets.v[i];
		if (!br_sg_config_set(config, set->name->s))
			return false;
	}
	return true;
}

static bool port_known(const struct br_sg_config *config,
		       const struct br_sg_config *base,
		       const struct br_sg_port_conf *port)
{
	int i;

	if (!base || br_sg_config_port(base, port->dev) != port)
		return false;
	for (i = 0; i < port->n_groups; i++)
		if (br_sg_config_group(config, port->groups[i]->s) !=
		    br_sg_config_group(base, port->groups[i]->s))
			return false;
	return true;
}

int br_sg_config_validate(const struct br_sg_config *config,
			  const struct br_sg_config *base,
			  struct br_sg_refusal *refusal)
{
	const struct br_sg_group_conf *group;
	const struct br_sg_port_conf *port;
	bool kept;
	int err;
	u32 i;

	kept = base && names_kept(config, base);
	for (i = 0; i < config->groups.n; i++) {
		group = config->groups.v[i];
		if (kept && group_known(base, group))
			continue;
		err = check_group(config, group, refusal);
		if (err)
			return err;
	}
	for (i = 0; i < config->ports.n; i++) {
		port = config->ports.v[i];
		if (port_known(config, base, port))
			continue;
		err = check_port(config, port, refusal);
		if (err)
			return err;
	}
	return 0;
}
