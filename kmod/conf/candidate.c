// SPDX-License-Identifier: GPL-2.0
#include <linux/err.h>
#include <linux/slab.h>

#include "base/refuse.h"
#include "conf/candidate.h"

#define BR_SG_RULE_ID_MAX	0x7fffffff

static const struct {
	const char *noun;
	u32 max;
} nouns[__BR_SG_KINDS] = {
	[BR_SG_KIND_DEFAULT] = { "default pattern", BR_SG_MAX_DEFAULTS },
	[BR_SG_KIND_SET] = { "set", BR_SG_MAX_SETS },
	[BR_SG_KIND_GROUP] = { "group", BR_SG_MAX_GROUPS },
	[BR_SG_KIND_PORT] = { "port", BR_SG_MAX_PORTS },
};

static int candidate_exists(enum br_sg_kind kind, const char *key,
			    const struct nlattr *at,
				  struct netlink_ext_ack *extack)
{
	return br_sg_refuse(extack, at, -EEXIST,
			    "%s %s exists: delete it before, or replace it",
			    nouns[kind].noun, key);
}

static int candidate_missing(enum br_sg_kind kind, const char *key,
			     const struct nlattr *at,
				   struct netlink_ext_ack *extack)
{
	return br_sg_refuse(extack, at, -ENOENT, "%s %s does not exist",
			    nouns[kind].noun, key);
}

static int candidate_insert(struct br_sg_config *c, enum br_sg_kind kind,
			    const char *key, void *object,
				  const struct nlattr *at,
				  struct netlink_ext_ack *extack)
{
	if (br_sg_config_n(c, kind) >= nouns[kind].max)
		return br_sg_refuse(extack, at, -ENOSPC,
				    "no room for %s %s: there may be %u %ss",
				    nouns[kind].noun, key,
				    nouns[kind].max,
				    nouns[kind].noun);
	return br_sg_config_insert(c, kind, object);
}

int br_sg_candidate_default(struct br_sg_config *c, u8 op,
			    struct br_sg_default_conf *conf,
			    const struct nlattr *at,
			    struct netlink_ext_ack *extack)
{
	conf->txn = c->txn;
	if (!br_sg_config_default(c, conf->pattern))
		return candidate_insert(c, BR_SG_KIND_DEFAULT, conf->pattern,
					conf, at, extack);
	if (op == BR_SG_OP_ADD)
		return candidate_exists(BR_SG_KIND_DEFAULT, conf->pattern, at,
					extack);
	return br_sg_config_replace(c, BR_SG_KIND_DEFAULT, conf);
}

int br_sg_candidate_set(struct br_sg_config *c, u8 op,
			struct br_sg_set_conf *conf, const struct nlattr *at,
			struct netlink_ext_ack *extack)
{
	struct br_sg_set_conf *old;

	conf->txn = c->txn;
	if (!br_sg_config_set(c, conf->name->s))
		return candidate_insert(c, BR_SG_KIND_SET, conf->name->s, conf,
					at, extack);
	if (op == BR_SG_OP_ADD)
		return candidate_exists(BR_SG_KIND_SET, conf->name->s, at,
					extack);
	old = br_sg_config_set_edit(c, conf->name->s);
	if (!old)
		return -ENOMEM;
	old->txn = conf->txn;
	old->cookie = conf->cookie;
	br_sg_set_conf_put(conf);
	return 0;
}

int br_sg_candidate_group(struct br_sg_config *c, u8 op,
			  struct br_sg_group_conf *conf,
			  const struct nlattr *at,
			  struct netlink_ext_ack *extack)
{
	struct br_sg_group_conf *old;

	conf->txn = c->txn;
	if (!br_sg_config_group(c, conf->name->s))
		return candidate_insert(c, BR_SG_KIND_GROUP, conf->name->s,
					conf, at, extack);
	if (op == BR_SG_OP_ADD)
		return candidate_exists(BR_SG_KIND_GROUP, conf->name->s, at,
					extack);
	old = br_sg_config_group_edit(c, conf->name->s);
	if (!old)
		return -ENOMEM;
	old->txn = conf->txn;
	old->cookie = conf->cookie;
	old->stateless = conf->stateless;
	br_sg_group_conf_put(conf);
	return 0;
}

/*
 * A UUID that another port has may be free by the end of the transaction, unless the
 * other port was written in it as well; br_sg_config_validate() has the last word.
 */
int br_sg_candidate_port(struct br_sg_config *c, u8 op,
			 struct br_sg_port_conf *conf, const struct nlattr *at,
			 const struct nlattr *uuid_at,
			 struct netlink_ext_ack *extack)
{
	const struct br_sg_port_conf *other;
	bool exists;

	conf->txn = c->txn;
	exists = br_sg_config_port(c, conf->dev);
	if (exists && op == BR_SG_OP_ADD)
		return candidate_exists(BR_SG_KIND_PORT, conf->dev, at, extack);
	other = br_sg_config_uuid_rival(c, conf);
	if (other && other->txn == c->txn)
		return br_sg_refuse(extack, uuid_at, -EEXIST,
				    "UUID %pUb of port %s is port %s's: it must be unique",
				    conf->uuid, conf->dev, other->dev);
	if (exists)
		return br_sg_config_replace(c, BR_SG_KIND_PORT, conf);
	return candidate_insert(c, BR_SG_KIND_PORT, conf->dev, conf, at,
				extack);
}

int br_sg_candidate_del(struct br_sg_config *c, enum br_sg_kind kind,
			const char *key, const struct nlattr *at,
			struct netlink_ext_ack *extack)
{
	if (!br_sg_config_find(c, kind, key))
		return candidate_missing(kind, key, at, extack);
	return br_sg_config_remove(c, kind, key);
}

/* of the owner, or NULL: there is none of that name */
static struct br_sg_addrset *addrs_of(const struct br_sg_config *c,
				      const struct br_sg_addrs *addrs)
{
	const struct br_sg_group_conf *group;
	const struct br_sg_set_conf *set;

	if (addrs->kind == BR_SG_KIND_SET) {
		set = br_sg_config_set(c, addrs->owner);
		return set ? set->addrs : NULL;
	}
	group = br_sg_config_group(c, addrs->owner);
	return group ? group->members : NULL;
}

/* @new takes the place of the owner's addresses, or is dropped */
static int addrs_put(struct br_sg_config *c, const struct br_sg_addrs *addrs,
		     struct br_sg_addrset *new)
{
	struct br_sg_group_conf *group;
	struct br_sg_addrset **place;
	struct br_sg_set_conf *set;

	if (addrs->kind == BR_SG_KIND_SET) {
		set = br_sg_config_set_edit(c, addrs->owner);
		if (!set)
			goto err_put;
		set->txn = c->txn;
		set->cookie = addrs->cookie;
		place = &set->addrs;
	} else {
		group = br_sg_config_group_edit(c, addrs->owner);
		if (!group)
			goto err_put;
		group->txn = c->txn;
		group->cookie = addrs->cookie;
		place = &group->members;
	}
	c->n_addrs -= br_sg_addrset_count(*place);
	c->n_addrs += br_sg_addrset_count(new);
	br_sg_addrset_put(*place);
	*place = new;
	return 0;

err_put:
	br_sg_addrset_put(new);
	return -ENOMEM;
}

int br_sg_candidate_addrs(struct br_sg_config *c, u8 op,
			  const struct br_sg_addrs *addrs,
			  const struct nlattr *at, u32 *bad,
			  struct netlink_ext_ack *extack)
{
	struct br_sg_addrset *old = addrs_of(c, addrs), *new;
	u32 count, others;

	if (!old)
		return candidate_missing(addrs->kind, addrs->owner, at, extack);
	new = br_sg_addrset_insert(old, addrs->items, addrs->n,
				   op == BR_SG_OP_REPLACE, bad);
	if (IS_ERR(new))
		return PTR_ERR(new);
	count = br_sg_addrset_count(new);
	others = c->n_addrs - br_sg_addrset_count(old);
	if (count > BR_SG_MAX_ADDRS) {
		br_sg_addrset_put(new);
		return br_sg_refuse(extack, at, -E2BIG,
				    "%s %s would have %u addresses: it may have %u",
				    nouns[addrs->kind].noun,
				    addrs->owner, count, BR_SG_MAX_ADDRS);
	}
	if (count > BR_SG_MAX_ADDRS_TOTAL - others) {
		br_sg_addrset_put(new);
		return br_sg_refuse(extack, at, -ENOSPC,
				    "no room for %u addresses of %s %s: all sets and groups together may have %u",
				    count, nouns[addrs->kind].noun,
				    addrs->owner, BR_SG_MAX_ADDRS_TOTAL);
	}
	return addrs_put(c, addrs, new);
}

int br_sg_candidate_addrs_del(struct br_sg_config *c,
			      const struct br_sg_addrs *addrs,
			      const struct nlattr *at, u32 *bad,
			      struct netlink_ext_ack *extack)
{
	struct br_sg_addrset *old = addrs_of(c, addrs), *new;

	if (!old)
		return candidate_missing(addrs->kind, addrs->owner, at, extack);
	new = br_sg_addrset_remove(old, addrs->items, addrs->n, bad);
	if (IS_ERR(new))
		return PTR_ERR(new);
	return addrs_put(c, addrs, new);
}

/* a name that the config has is shared, so that a million rules cost little */
static void candidate_share(const struct br_sg_config *c,
			    const struct br_sg_group_conf *group,
				  struct br_sg_rule *rule)
{
	struct br_sg_name *name = NULL;

	if (rule->remote == BR_SG_RULE_GROUP) {
		const struct br_sg_group_conf *remote;

		remote = !strcmp(rule->name->s, group->name->s) ?
			 group : br_sg_config_group(c, rule->name->s);
		if (remote)
			name = remote->name;
	} else if (rule->remote == BR_SG_RULE_SET) {
		const struct br_sg_set_conf *remote;

		remote = br_sg_config_set(c, rule->name->s);
		if (remote)
			name = remote->name;
	}
	if (!name || name == rule->name)
		return;
	br_sg_name_put(rule->name);
	rule->name = br_sg_name_get(name);
}

/* the rules of a group, to be changed; NULL: out of memory */
static struct br_sg_rules *rules_edit(struct br_sg_config *c, const char *group)
{
	struct br_sg_group_conf *conf = br_sg_config_group_edit(c, group);

	return conf ? br_sg_group_rules_edit(conf) : NULL;
}

int br_sg_candidate_rule(struct br_sg_config *c, u8 op, const char *group,
			 struct br_sg_rule *rule, const struct nlattr *at,
			 const struct nlattr *group_at,
			 const struct nlattr *id_at,
			 struct netlink_ext_ack *extack)
{
	const struct br_sg_group_conf *conf = br_sg_config_group(c, group);
	const struct br_sg_rule *equal;
	struct br_sg_rules *rules;
	bool exists = false;
	u32 index;
	int err;

	if (!conf)
		return candidate_missing(BR_SG_KIND_GROUP, group, group_at,
					 extack);
	rules = conf->rules;
	if (rule->id) {
		exists = br_sg_rules_find(rules, rule->id, &index);
	} else {
		index = rules->n;
		rule->id = index ? rules->v[index - 1].id + 1 : 1;
		if (rule->id > BR_SG_RULE_ID_MAX)
			return br_sg_refuse(extack, at, -ENOSPC,
					    "group %s has a rule with the highest id, %u: give this rule an id",
					    group, BR_SG_RULE_ID_MAX);
	}
	if (exists && op == BR_SG_OP_ADD)
		return br_sg_refuse(extack, id_at, -EEXIST,
				    "group %s has a rule %u: delete it before, or replace it",
				    group, rule->id);
	equal = br_sg_rules_find_equal(rules, rule);
	if (equal && !(exists && equal == &rules->v[index]))
		return br_sg_refuse(extack, at, -EEXIST,
				    "rule %u of group %s says the same: each rule may be there once",
				    equal->id, group);
	if (!exists && rules->n >= BR_SG_MAX_RULES)
		return br_sg_refuse(extack, at, -E2BIG,
				    "group %s has %u rules: it may have no more",
				    group, BR_SG_MAX_RULES);
	if (!exists && c->n_rules >= BR_SG_MAX_RULES_TOTAL)
		return br_sg_refuse(extack, at, -ENOSPC,
				    "no room for a rule of group %s: all groups together may have %u",
				    group, BR_SG_MAX_RULES_TOTAL);

	rule->txn = c->txn;
	candidate_share(c, conf, rule);
	rules = rules_edit(c, group);
	if (!rules)
		return -ENOMEM;
	if (exists) {
		br_sg_rules_replace(rules, index, rule);
		return 0;
	}
	err = br_sg_rules_insert(rules, index, rule);
	if (!err)
		c->n_rules++;
	return err;
}

int br_sg_candidate_rule_del(struct br_sg_config *c, const char *group, u32 id,
			     const struct nlattr *group_at,
			     const struct nlattr *id_at,
			     struct netlink_ext_ack *extack)
{
	const struct br_sg_group_conf *conf = br_sg_config_group(c, group);
	struct br_sg_rules *rules;
	u32 index;

	if (!conf)
		return candidate_missing(BR_SG_KIND_GROUP, group, group_at,
					 extack);
	if (!br_sg_rules_find(conf->rules, id, &index))
		return br_sg_refuse(extack, id_at, -ENOENT,
				    "group %s has no rule %u", group, id);
	rules = rules_edit(c, group);
	if (!rules)
		return -ENOMEM;
	br_sg_rules_remove(rules, index);
	c->n_rules--;
	return 0;
}
