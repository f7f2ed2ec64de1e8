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

/**
 * struct differences - what an old reference has to be checked for
 * @gone: a set or group is not there any more
 * @shape: a group is not there any more, has more rules or is stateful in
 *	place of stateless
 */
struct differences {
	bool gone;
	bool shape;
};

static struct differences differ(const struct br_sg_config *config,
				 const struct br_sg_config *base)
{
	const struct br_sg_group_conf *before, *after;
	struct differences d = {};
	struct br_sg_config_walk w;

	br_sg_config_walk_begin(&w, base, config, BR_SG_KIND_SET);
	while (br_sg_config_walk(&w))
		d.gone |= !w.after;
	br_sg_config_walk_begin(&w, base, config, BR_SG_KIND_GROUP);
	while (br_sg_config_walk(&w)) {
		before = w.before;
		after = w.after;
		if (!after)
			d.gone = true;
		else if (before && (before->n_rules < after->n_rules ||
				    before->stateless != after->stateless))
			d.shape = true;
	}
	d.shape |= d.gone;
	return d;
}

/* what is the same object as in @base, and refers to what is, holds still */
int br_sg_config_validate(const struct br_sg_config *config,
			  const struct br_sg_config *base,
			  struct br_sg_refusal *refusal)
{
	struct differences d = differ(config, base);
	struct br_sg_config_walk w;
	int err;

	br_sg_config_walk_begin(&w, base, config, BR_SG_KIND_GROUP);
	while (br_sg_config_walk(&w)) {
		if (!w.after || (w.before == w.after && !d.gone))
			continue;
		err = check_group(config, w.after, refusal);
		if (err)
			return err;
	}
	br_sg_config_walk_begin(&w, base, config, BR_SG_KIND_PORT);
	while (br_sg_config_walk(&w)) {
		if (!w.after || (w.before == w.after && !d.shape))
			continue;
		err = check_port(config, w.after, refusal);
		if (err)
			return err;
	}
	return 0;
}
