// SPDX-License-Identifier: GPL-2.0
/* Does a configuration hold together as a whole? */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "base/refuse.h"
#include "conf/config.h"
#include "conf/validate.h"

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

static bool remote_there(const struct br_sg_config *config, u8 remote,
			 const char *name)
{
	return remote == BR_SG_RULE_GROUP ?
		(bool)br_sg_config_group(config, name) :
		(bool)br_sg_config_set(config, name);
}

/* room for how many users have not been named */
#define USERS_MORE	sizeof(" and 4294967295 more rules, 4294967295 more ports")

/**
 * struct users - who uses a group or set that is not there any more
 * @refusal: names them, as far as there is room
 * @len: of its text
 * @rules: rules that it does not name
 * @ports: ports, likewise
 */
struct users {
	struct br_sg_refusal *refusal;
	size_t len;
	u32 rules;
	u32 ports;
};

static __printf(3, 4)
void user_add(struct users *users, u32 *more, const char *fmt, ...)
{
	size_t room = sizeof(users->refusal->text) - users->len;
	char *at = users->refusal->text + users->len;
	va_list args;
	size_t n;

	va_start(args, fmt);
	n = vsnprintf(at, room, fmt, args);
	va_end(args);
	/* none behind one that did not fit, so that the first are named */
	if (users->rules || users->ports || n + USERS_MORE > room) {
		*at = '\0';
		(*more)++;
		return;
	}
	users->len += n;
}

static void users_rules(const struct br_sg_config *config, u8 remote,
			const char *name, struct users *users)
{
	const struct br_sg_group_conf *group;
	const struct br_sg_rule *rule;
	u32 i, k;

	for (i = 0; i < config->groups.n; i++) {
		group = config->groups.v[i];
		for (k = 0; k < group->n_rules; k++) {
			rule = &group->rules[k];
			if (rule->remote == remote &&
			    !strcmp(rule->name->s, name))
				user_add(users, &users->rules,
					 " rule %u of group \"%s\",", rule->id,
					 group->name->s);
		}
		cond_resched();
	}
}

static void users_ports(const struct br_sg_config *config, const char *name,
			struct users *users)
{
	const struct br_sg_port_conf *port;
	u32 i;
	int k;

	for (i = 0; i < config->ports.n; i++) {
		port = config->ports.v[i];
		for (k = 0; k < port->n_groups; k++)
			if (!strcmp(port->groups[k]->s, name))
				user_add(users, &users->ports, " port %s,",
					 port->dev);
		cond_resched();
	}
}

/*
 * What the transaction took away is refused with all that use it: who asked for
 * that has to know them. @cookie: of the one that was found first.
 */
static int refuse_users(const struct br_sg_config *config, u8 remote,
			const char *name, u32 cookie,
			struct br_sg_refusal *refusal)
{
	struct users users = { .refusal = refusal };
	char more[USERS_MORE] = "";
	size_t n = 0;

	refuse(refusal, cookie, 0, "%s \"%s\" cannot go, it is in use: by",
	       remote == BR_SG_RULE_GROUP ? "group" : "set", name);
	users.len = strlen(refusal->text);
	users_rules(config, remote, name, &users);
	if (remote == BR_SG_RULE_GROUP)
		users_ports(config, name, &users);
	if (users.rules)
		n = scnprintf(more, sizeof(more), " and %u more rule%s",
			      users.rules, users.rules > 1 ? "s" : "");
	if (users.ports)
		scnprintf(more + n, sizeof(more) - n, "%s %u more port%s",
			  n ? "," : " and", users.ports,
			  users.ports > 1 ? "s" : "");
	/* over the comma behind the last */
	strscpy(refusal->text + users.len - 1, more,
		sizeof(refusal->text) - users.len + 1);
	return -ENOENT;
}

static int check_group(const struct br_sg_config *config,
		       const struct br_sg_config *base,
		       const struct br_sg_group_conf *group,
		       struct br_sg_refusal *refusal)
{
	const struct br_sg_rule *rule;
	u32 i;

	for (i = 0; i < group->n_rules; i++) {
		rule = &group->rules[i];
		if ((rule->remote != BR_SG_RULE_GROUP &&
		     rule->remote != BR_SG_RULE_SET) ||
		    remote_there(config, rule->remote, rule->name->s))
			continue;
		if (base && remote_there(base, rule->remote, rule->name->s))
			return refuse_users(config, rule->remote, rule->name->s,
					    br_sg_cookie(config, rule),
					    refusal);
		return refuse(refusal, br_sg_cookie(config, rule), -ENOENT,
			      "rule %u of group \"%s\": remote %s \"%s\" does not exist",
			      rule->id, group->name->s,
			      rule->remote == BR_SG_RULE_GROUP ? "group" : "set",
			      rule->name->s);
	}
	return 0;
}

static int check_port(const struct br_sg_config *config,
		      const struct br_sg_config *base,
		      const struct br_sg_port_conf *port,
		      struct br_sg_refusal *refusal)
{
	const struct br_sg_group_conf *first = NULL, *group;
	u32 rules = 0;
	int i;

	for (i = 0; i < port->n_groups; i++) {
		group = br_sg_config_group(config, port->groups[i]->s);
		if (!group && base &&
		    br_sg_config_group(base, port->groups[i]->s))
			return refuse_users(config, BR_SG_RULE_GROUP,
					    port->groups[i]->s,
					    br_sg_cookie(config, port),
					    refusal);
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
		err = check_group(config, base, w.after, refusal);
		if (err)
			return err;
	}
	br_sg_config_walk_begin(&w, base, config, BR_SG_KIND_PORT);
	while (br_sg_config_walk(&w)) {
		if (!w.after || (w.before == w.after && !d.shape))
			continue;
		err = check_port(config, base, w.after, refusal);
		if (err)
			return err;
	}
	return 0;
}
