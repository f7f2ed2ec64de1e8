// SPDX-License-Identifier: GPL-2.0
#include <linux/err.h>
#include <linux/slab.h>

#include "base/refuse.h"
#include "conf/candidate.h"

#define BR_SG_RULE_ID_MAX	0x7fffffff

static const struct {
	const char *noun;
	u32 max;
} br_sg_kinds[__BR_SG_KINDS] = {
	[BR_SG_KIND_DEFAULT] = { "default pattern", BR_SG_MAX_DEFAULTS },
	[BR_SG_KIND_SET] = { "set", BR_SG_MAX_SETS },
	[BR_SG_KIND_GROUP] = { "group", BR_SG_MAX_GROUPS },
	[BR_SG_KIND_PORT] = { "port", BR_SG_MAX_PORTS },
};

static int br_sg_candidate_exists(enum br_sg_kind kind, const char *key,
				  const struct nlattr *at,
				  struct netlink_ext_ack *extack)
{
	return br_sg_refuse(extack, at, -EEXIST,
			    "%s %s exists: delete it before, or replace it",
			    br_sg_kinds[kind].noun, key);
}

static int br_sg_candidate_missing(enum br_sg_kind kind, const char *key,
				   const struct nlattr *at,
				   struct netlink_ext_ack *extack)
{
	return br_sg_refuse(extack, at, -ENOENT, "%s %s does not exist",
			    br_sg_kinds[kind].noun, key);
}

static int br_sg_candidate_insert(struct br_sg_config *c, enum br_sg_kind kind,
				  u32 index, const char *key, void *object,
				  const struct nlattr *at,
				  struct netlink_ext_ack *extack)
{
	if (c->kinds[kind].n >= br_sg_kinds[kind].max)
		return br_sg_refuse(extack, at, -ENOSPC,
				    "no room for %s %s: there may be %u %ss",
				    br_sg_kinds[kind].noun, key,
				    br_sg_kinds[kind].max,
				    br_sg_kinds[kind].noun);
	return br_sg_config_insert(c, kind, index, object);
}

int br_sg_candidate_default(struct br_sg_config *c, u8 op,
			    struct br_sg_default_conf *conf,
			    const struct nlattr *at,
			    struct netlink_ext_ack *extack)
{
	u32 index;

	conf->txn = c->txn;
	if (!br_sg_config_find(c, BR_SG_KIND_DEFAULT, conf->pattern, &index))
		return br_sg_candidate_insert(c, BR_SG_KIND_DEFAULT, index,
					      conf->pattern, conf, at, extack);
	if (op == BR_SG_OP_ADD)
		return br_sg_candidate_exists(BR_SG_KIND_DEFAULT,
					      conf->pattern, at, extack);
	return br_sg_config_replace(c, BR_SG_KIND_DEFAULT, index, conf);
}

int br_sg_candidate_set(struct br_sg_config *c, u8 op,
			struct br_sg_set_conf *conf, const struct nlattr *at,
			struct netlink_ext_ack *extack)
{
	struct br_sg_set_conf *old;
	u32 index;

	conf->txn = c->txn;
	if (!br_sg_config_find(c, BR_SG_KIND_SET, conf->name->s, &index))
		return br_sg_candidate_insert(c, BR_SG_KIND_SET, index,
					      conf->name->s, conf, at, extack);
	if (op == BR_SG_OP_ADD)
		return br_sg_candidate_exists(BR_SG_KIND_SET, conf->name->s,
					      at, extack);
	old = br_sg_config_set_edit(c, index);
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
	u32 index;

	conf->txn = c->txn;
	if (!br_sg_config_find(c, BR_SG_KIND_GROUP, conf->name->s, &index))
		return br_sg_candidate_insert(c, BR_SG_KIND_GROUP, index,
					      conf->name->s, conf, at, extack);
	if (op == BR_SG_OP_ADD)
		return br_sg_candidate_exists(BR_SG_KIND_GROUP, conf->name->s,
					      at, extack);
	old = br_sg_config_group_edit(c, index);
	if (!old)
		return -ENOMEM;
	old->txn = conf->txn;
	old->cookie = conf->cookie;
	old->stateless = conf->stateless;
	br_sg_group_conf_put(conf);
	return 0;
}

int br_sg_candidate_port(struct br_sg_config *c, u8 op,
			 struct br_sg_port_conf *conf, const struct nlattr *at,
			 const struct nlattr *uuid_at,
			 struct netlink_ext_ack *extack)
{
	const struct br_sg_port_conf *other;
	bool exists;
	u32 index;

	conf->txn = c->txn;
	exists = br_sg_config_find(c, BR_SG_KIND_PORT, conf->dev, &index);
	if (exists && op == BR_SG_OP_ADD)
		return br_sg_candidate_exists(BR_SG_KIND_PORT, conf->dev, at,
					      extack);
	if (conf->has_uuid) {
		other = br_sg_config_port_uuid(c, conf->uuid);
		if (other && strcmp(other->dev, conf->dev))
			return br_sg_refuse(extack, uuid_at, -EEXIST,
					    "UUID %pUb of port %s is port %s's: it must be unique",
					    conf->uuid, conf->dev, other->dev);
	}
	if (exists)
		return br_sg_config_replace(c, BR_SG_KIND_PORT, index, conf);
	return br_sg_candidate_insert(c, BR_SG_KIND_PORT, index, conf->dev,
				      conf, at, extack);
}

int br_sg_candidate_del(struct br_sg_config *c, enum br_sg_kind kind,
			const char *key, const struct nlattr *at,
			struct netlink_ext_ack *extack)
{
	u32 index;

	if (!br_sg_config_find(c, kind, key, &index))
		return br_sg_candidate_missing(kind, key, at, extack);
	br_sg_config_remove(c, kind, index);
	return 0;
}

static struct br_sg_addrset *
br_sg_candidate_addrs_of(const struct br_sg_config *c, enum br_sg_kind kind,
			 u32 index)
{
	const struct br_sg_group_conf *group;
	const struct br_sg_set_conf *set;

	if (kind == BR_SG_KIND_SET) {
		set = c->sets.v[index];
		return set->addrs;
	}
	group = c->groups.v[index];
	return group->members;
}

/* @new takes the place of the owner's addresses, or is dropped */
static int br_sg_candidate_addrs_put(struct br_sg_config *c,
				     const struct br_sg_addrs *addrs,
				     u32 index, struct br_sg_addrset *new)
{
	struct br_sg_group_conf *group;
	struct br_sg_addrset **place;
	struct br_sg_set_conf *set;

	if (addrs->kind == BR_SG_KIND_SET) {
		set = br_sg_config_set_edit(c, index);
		if (!set)
			goto err_put;
		set->txn = c->txn;
		set->cookie = addrs->cookie;
		place = &set->addrs;
	} else {
		group = br_sg_config_group_edit(c, index);
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
	struct br_sg_addrset *old, *new;
	u32 index, count, others;

	if (!br_sg_config_find(c, addrs->kind, addrs->owner, &index))
		return br_sg_candidate_missing(addrs->kind, addrs->owner, at,
					       extack);
	old = br_sg_candidate_addrs_of(c, addrs->kind, index);
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
				    br_sg_kinds[addrs->kind].noun,
				    addrs->owner, count, BR_SG_MAX_ADDRS);
	}
	if (count > BR_SG_MAX_ADDRS_TOTAL - others) {
		br_sg_addrset_put(new);
		return br_sg_refuse(extack, at, -ENOSPC,
				    "no room for %u addresses of %s %s: all sets and groups together may have %u",
				    count, br_sg_kinds[addrs->kind].noun,
				    addrs->owner, BR_SG_MAX_ADDRS_TOTAL);
	}
	return br_sg_candidate_addrs_put(c, addrs, index, new);
}

int br_sg_candidate_addrs_del(struct br_sg_config *c,
			      const struct br_sg_addrs *addrs,
			      const struct nlattr *at, u32 *bad,
			      struct netlink_ext_ack *extack)
{
	struct br_sg_addrset *old, *new;
	u32 index;

	if (!br_sg_config_find(c, addrs->kind, addrs->owner, &index))
		return br_sg_candidate_missing(addrs->kind, addrs->owner, at,
					       extack);
	old = br_sg_candidate_addrs_of(c, addrs->kind, index);
	new = br_sg_addrset_remove(old, addrs->items, addrs->n, bad);
	if (IS_ERR(new))
		return PTR_ERR(new);
	return br_sg_candidate_addrs_put(c, addrs, index, new);
}

/* a name that the config has is shared, so that a million rules cost little */
static void br_sg_candidate_share(const struct br_sg_config *c,
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

int br_sg_candidate_rule(struct br_sg_config *c, u8 op, const char *group,
			 struct br_sg_rule *rule, const struct nlattr *at,
			 const struct nlattr *group_at,
			 const struct nlattr *id_at,
			 struct netlink_ext_ack *extack)
{
	const struct br_sg_rule *equal;
	struct br_sg_group_conf *conf;
	bool exists = false;
	u32 index;
	int err;

	if (!br_sg_config_find(c, BR_SG_KIND_GROUP, group, &index))
		return br_sg_candidate_missing(BR_SG_KIND_GROUP, group,
					       group_at, extack);
	conf = br_sg_config_group_edit(c, index);
	if (!conf)
		return -ENOMEM;

	if (rule->id) {
		exists = br_sg_group_rule_find(conf, rule->id, &index);
	} else {
		index = conf->n_rules;
		rule->id = index ? conf->rules[index - 1].id + 1 : 1;
		if (rule->id > BR_SG_RULE_ID_MAX)
			return br_sg_refuse(extack, at, -ENOSPC,
					    "group %s has a rule with the highest id, %u: give this rule an id",
					    group, BR_SG_RULE_ID_MAX);
	}
	if (exists && op == BR_SG_OP_ADD)
		return br_sg_refuse(extack, id_at, -EEXIST,
				    "group %s has a rule %u: delete it before, or replace it",
				    group, rule->id);
	equal = br_sg_group_rule_equal(conf, rule);
	if (equal && !(exists && equal == &conf->rules[index]))
		return br_sg_refuse(extack, at, -EEXIST,
				    "rule %u of group %s says the same: each rule may be there once",
				    equal->id, group);

	rule->txn = c->txn;
	br_sg_candidate_share(c, conf, rule);
	if (exists) {
		br_sg_group_rule_replace(conf, index, rule);
		return 0;
	}
	if (conf->n_rules >= BR_SG_MAX_RULES)
		return br_sg_refuse(extack, at, -E2BIG,
				    "group %s has %u rules: it may have no more",
				    group, BR_SG_MAX_RULES);
	if (c->n_rules >= BR_SG_MAX_RULES_TOTAL)
		return br_sg_refuse(extack, at, -ENOSPC,
				    "no room for a rule of group %s: all groups together may have %u",
				    group, BR_SG_MAX_RULES_TOTAL);
	err = br_sg_group_rule_insert(conf, index, rule);
	if (err)
		return err;
	c->n_rules++;
	return 0;
}

int br_sg_candidate_rule_del(struct br_sg_config *c, const char *group, u32 id,
			     const struct nlattr *group_at,
			     const struct nlattr *id_at,
			     struct netlink_ext_ack *extack)
{
	struct br_sg_group_conf *conf;
	u32 index;

	if (!br_sg_config_find(c, BR_SG_KIND_GROUP, group, &index))
		return br_sg_candidate_missing(BR_SG_KIND_GROUP, group,
					       group_at, extack);
	conf = br_sg_config_group_edit(c, index);
	if (!conf)
		return -ENOMEM;
	if (!br_sg_group_rule_find(conf, id, &index))
		return br_sg_refuse(extack, id_at, -ENOENT,
				    "group %s has no rule %u", group, id);
	br_sg_group_rule_remove(conf, index);
	c->n_rules--;
	return 0;
}
