// SPDX-License-Identifier: GPL-2.0
/* Does a configuration hold together as a whole? */
#include <linux/errno.h>
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "base/refuse.h"
#include "policy/compile.h"
#include "policy/owner.h"
#include "policy/validate.h"

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

#define FOUND_BITS	5

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
	struct br_sg_tree_iter it;
	u32 k;

	for (group = br_sg_config_first(&it, config, BR_SG_KIND_GROUP); group;
	     group = br_sg_config_next(&it)) {
		for (k = 0; k < group->rules->n; k++) {
			rule = &group->rules->v[k];
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
	struct br_sg_tree_iter it;
	int k;

	for (port = br_sg_config_first(&it, config, BR_SG_KIND_PORT); port;
	     port = br_sg_config_next(&it)) {
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

/**
 * struct check - a validation
 * @config: what is to hold together
 * @policy: in force, or NULL
 * @base: its config, or NULL
 * @refusal: takes the text
 * @groups: of @config, those that were found last, by a hash of the name's address:
 *	most ports of a group share its name
 */
struct check {
	const struct br_sg_config *config;
	const struct br_sg_policy *policy;
	const struct br_sg_config *base;
	struct br_sg_refusal *refusal;
	struct {
		const struct br_sg_name *name;
		const struct br_sg_group_conf *group;
	} groups[1 << FOUND_BITS];
};

static const struct br_sg_group_conf *find_group(struct check *check,
						 const struct br_sg_name *name)
{
	u32 i = hash_ptr((void *)name, FOUND_BITS);

	if (check->groups[i].name != name) {
		check->groups[i].name = name;
		check->groups[i].group = br_sg_config_group(check->config,
							    name->s);
	}
	return check->groups[i].group;
}

static int check_group(struct check *check,
		       const struct br_sg_group_conf *group)
{
	const struct br_sg_config *config = check->config, *base = check->base;
	struct br_sg_refusal *refusal = check->refusal;
	const struct br_sg_rule *rule;
	u32 i;

	for (i = 0; i < group->rules->n; i++) {
		rule = &group->rules->v[i];
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

static int check_port(struct check *check,
		      const struct br_sg_port_conf *port)
{
	const struct br_sg_config *config = check->config, *base = check->base;
	struct br_sg_refusal *refusal = check->refusal;
	const struct br_sg_group_conf *first = NULL, *group;
	u32 rules = 0;
	int i;

	for (i = 0; i < port->n_groups; i++) {
		group = find_group(check, port->groups[i]);
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
		rules += group->rules->n;
	}
	if (rules > BR_SG_MAX_RULES)
		return refuse(refusal, br_sg_cookie(config, port),
				      -E2BIG,
				      "port %s: its groups have %u rules, at most %u are allowed",
			      port->dev, rules, BR_SG_MAX_RULES);
	return 0;
}

static int check_uuid(struct check *check,
		      const struct br_sg_port_conf *port)
{
	const struct br_sg_port_conf *other;

	other = br_sg_config_uuid_rival(check->config, port);
	if (!other)
		return 0;
	return refuse(check->refusal, br_sg_cookie(check->config, port),
		      -EEXIST,
		      "UUID %pUb of port %s is port %s's: it must be unique",
		      port->uuid, port->dev, other->dev);
}

/* @fn of each key of a set of names, until it returns other than 0 */
static int each(struct check *check, const struct br_sg_tree_type *type,
		const struct br_sg_tree *tree,
		int (*fn)(struct check *check, const char *name))
{
	static const char least[BR_SG_NAME_MAX + 1];
	struct br_sg_tree_iter it;
	int err = 0;
	bool there;

	br_sg_tree_iter_init(&it, type, tree);
	for (there = br_sg_tree_seek_ge(&it, least); there && !err;
	     there = br_sg_tree_next(&it)) {
		err = fn(check, br_sg_tree_iter_key(&it));
		cond_resched();
	}
	return err;
}

/* those that are not the same as before are looked at for that */
static int unchanged_group(struct check *check, const char *name)
{
	const struct br_sg_group_conf *group;

	group = br_sg_config_group(check->config, name);
	return group && group == br_sg_config_group(check->base, name) ?
		check_group(check, group) : 0;
}

static int unchanged_port(struct check *check, const char *dev)
{
	const struct br_sg_port_conf *port;

	port = br_sg_config_port(check->config, dev);
	return port && port == br_sg_config_port(check->base, dev) ?
		check_port(check, port) : 0;
}

/* what goes must not be named by a group that stays as it is */
static int check_users(struct check *check, bool set, const char *name)
{
	const struct br_sg_owner *owner;

	owner = br_sg_owner_find(check->policy, set, name);
	return each(check, &br_sg_users_type, &owner->users, unchanged_group);
}

static int set_line(void *was, void *is, void *arg)
{
	const struct br_sg_set_conf *before = was;

	return is ? 0 : check_users(arg, true, before->name->s);
}

static int group_line(void *was, void *is, void *arg)
{
	const struct br_sg_group_conf *before = was;

	cond_resched();
	return is ? check_group(arg, is) :
		    check_users(arg, false, before->name->s);
}

static int port_line(void *was, void *is, void *arg)
{
	int err;

	cond_resched();
	if (!is)
		return 0;
	err = check_port(arg, is);
	return err ? err : check_uuid(arg, is);
}

/*
 * Ports that stay as they are notice a group that goes, has more rules, or is stateful
 * in place of stateless.
 */
static int group_shape(void *was, void *is, void *arg)
{
	const struct br_sg_group_conf *before = was, *after = is;
	struct check *check = arg;
	const struct br_sg_owner *owner;

	if (!before || (after && after->rules->n <= before->rules->n &&
			after->stateless == before->stateless))
		return 0;
	owner = br_sg_owner_find(check->policy, false, before->name->s);
	return each(check, &br_sg_devs_type, &owner->ports, unchanged_port);
}

int br_sg_validate(const struct br_sg_config *config,
		   const struct br_sg_policy *base,
		   struct br_sg_refusal *refusal)
{
	struct check check = {
		.config = config,
		.policy = base,
		.base = base ? base->config : NULL,
		.refusal = refusal,
	};
	int err;

	err = br_sg_config_diff(check.base, config, BR_SG_KIND_GROUP,
				group_line, &check);
	if (!err)
		err = br_sg_config_diff(check.base, config, BR_SG_KIND_SET,
					set_line, &check);
	if (!err)
		err = br_sg_config_diff(check.base, config, BR_SG_KIND_PORT,
					port_line, &check);
	if (!err)
		err = br_sg_config_diff(check.base, config, BR_SG_KIND_GROUP,
					group_shape, &check);
	return err;
}
