// SPDX-License-Identifier: GPL-2.0
/*
 * The rules of a list of groups, compiled once and shared by its ports. A policy keeps
 * its rulesets by their list, with how many ports have each: the last one takes the
 * list with it.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/net.h>
#include <linux/sched.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "base/refuse.h"
#include "policy/budget.h"
#include "policy/compile.h"
#include "policy/owner.h"
#include "policy/ruleset.h"

/**
 * struct list - a list of groups that ports have; its key is a hash of the list
 * @ruleset: a reference; of that list, or of another one with the same hash, which no
 *	more than 2^-64 of all pairs have: that is then not shared
 * @ports: that have it
 */
struct list {
	struct br_sg_ruleset *ruleset;
	u64 ports;
};

static void lists_hold(const void *values, u32 n)
{
	const struct list *list = values;

	for (; n--; list++)
		br_sg_ruleset_get(list->ruleset);
}

static void lists_drop(const void *values, u32 n)
{
	const struct list *list = values;

	for (; n--; list++)
		br_sg_ruleset_put(list->ruleset);
}

const struct br_sg_tree_type br_sg_lists_type = {
	.key = sizeof(u64),
	.value = sizeof(struct list),
	.hold = lists_hold,
	.drop = lists_drop,
};

struct br_sg_ruleset *br_sg_ruleset_get(struct br_sg_ruleset *ruleset)
{
	refcount_inc(&ruleset->ref);
	return ruleset;
}

void br_sg_ruleset_put(struct br_sg_ruleset *ruleset)
{
	u32 i;
	int d;

	if (!ruleset || !refcount_dec_and_test(&ruleset->ref))
		return;
	for (d = 0; d < __BR_SG_DIRECTIONS; d++) {
		br_sg_table_put(ruleset->tables[d]);
		kvfree(ruleset->rules[d]);
	}
	for (i = 0; i < ruleset->n_groups; i++) {
		br_sg_rules_put(ruleset->groups[i].rules);
		br_sg_name_put(ruleset->groups[i].name);
	}
	kfree(ruleset->groups);
	kfree(ruleset);
}

/* what a rule's remote is; the names were checked before */
static void match_remote(const struct br_sg_policy *policy,
			 const struct br_sg_rule *rule,
			 struct br_sg_match *match)
{
	switch (rule->remote) {
	case BR_SG_RULE_PREFIX:
		match->remote = BR_SG_REMOTE_PREFIX;
		match->prefix = rule->prefix;
		break;
	case BR_SG_RULE_GROUP:
	case BR_SG_RULE_SET:
		match->remote = BR_SG_REMOTE_TAG;
		match->tag = br_sg_owner_tag(policy, rule->remote ==
					     BR_SG_RULE_SET, rule->name->s);
		break;
	default:
		match->remote = BR_SG_REMOTE_ANY;
	}
}

static int ruleset_compile(struct br_sg_ruleset *ruleset,
			   const struct br_sg_policy *policy, u8 direction)
{
	const struct br_sg_rules *rules;
	const struct br_sg_rule *rule;
	struct br_sg_rule_ref *refs;
	struct br_sg_match *matches;
	struct br_sg_table *table;
	u32 g, i, n = 0;

	for (g = 0; g < ruleset->n_groups; g++) {
		rules = ruleset->groups[g].rules;
		for (i = 0; i < rules->n; i++)
			n += rules->v[i].direction == direction;
	}
	refs = kvcalloc(n, sizeof(*refs), GFP_KERNEL_ACCOUNT);
	if (!refs)
		return -ENOMEM;
	ruleset->rules[direction] = refs;
	matches = kvcalloc(n + 1, sizeof(*matches), GFP_KERNEL_ACCOUNT);
	if (!matches)
		return -ENOMEM;
	n = 0;
	for (g = 0; g < ruleset->n_groups; g++) {
		rules = ruleset->groups[g].rules;
		for (i = 0; i < rules->n; i++) {
			rule = &rules->v[i];
			if (rule->direction != direction)
				continue;
			refs[n].group = g;
			refs[n].rule = i;
			matches[n].family = rule->family;
			matches[n].proto = rule->proto;
			matches[n].flags = rule->flags;
			matches[n].type = rule->type;
			matches[n].code = rule->code;
			matches[n].port_min = rule->port_min;
			matches[n].port_max = rule->port_max;
			match_remote(policy, rule, &matches[n]);
			n++;
		}
		cond_resched();
	}
	table = br_sg_table_build(matches, n);
	kvfree(matches);
	if (IS_ERR(table))
		return PTR_ERR(table);
	ruleset->tables[direction] = table;
	ruleset->n_rules[direction] = n;
	return 0;
}

static u64 name_hash(u64 hash, const struct br_sg_name *name)
{
	static siphash_key_t key;

	net_get_random_once(&key, sizeof(key));
	return siphash_2u64(hash, siphash(name->s, name->len, &key), &key);
}

/* in the byte order of keys: any will do, since nobody asks for their order */
static u64 conf_hash(const struct br_sg_port_conf *conf)
{
	u64 hash = 0;
	int i;

	for (i = 0; i < conf->n_groups; i++)
		hash = name_hash(hash, conf->groups[i]);
	return hash;
}

static struct br_sg_ruleset *ruleset_new(struct br_sg_compile *c,
					 const struct br_sg_port_conf *conf,
					 u64 hash)
{
	struct br_sg_ruleset_group *group;
	const struct br_sg_owner *owner;
	struct br_sg_ruleset *ruleset;
	int i, err = -ENOMEM;

	ruleset = kzalloc(sizeof(*ruleset), GFP_KERNEL_ACCOUNT);
	if (!ruleset)
		return ERR_PTR(-ENOMEM);
	refcount_set(&ruleset->ref, 1);
	ruleset->hash = hash;
	ruleset->groups = kcalloc(conf->n_groups + 1, sizeof(*ruleset->groups),
				  GFP_KERNEL_ACCOUNT);
	if (!ruleset->groups)
		goto err_put;
	for (i = 0; i < conf->n_groups; i++) {
		owner = br_sg_owner_group(c, conf->groups[i]);
		group = &ruleset->groups[ruleset->n_groups++];
		group->name = br_sg_name_get(owner->group_conf->name);
		group->rules = br_sg_rules_get(owner->group_conf->rules);
	}
	for (i = 0; i < __BR_SG_DIRECTIONS; i++) {
		err = ruleset_compile(ruleset, c->new, i);
		if (err)
			goto err_put;
	}
	br_sg_ruleset_count(ruleset);
	return ruleset;

err_put:
	br_sg_ruleset_put(ruleset);
	return ERR_PTR(err);
}

bool br_sg_ruleset_is(const struct br_sg_ruleset *ruleset,
		      const struct br_sg_port_conf *conf)
{
	int i;

	if (ruleset->n_groups != conf->n_groups)
		return false;
	for (i = 0; i < conf->n_groups; i++)
		if (!br_sg_name_same(ruleset->groups[i].name, conf->groups[i]))
			return false;
	return true;
}

/* are its rules those that its groups have now? */
static bool ruleset_holds(struct br_sg_compile *c,
			  const struct br_sg_ruleset *ruleset)
{
	const struct br_sg_owner *owner;
	u32 i;

	for (i = 0; i < ruleset->n_groups; i++) {
		owner = br_sg_owner_group(c, ruleset->groups[i].name);
		if (!owner ||
		    owner->group_conf->rules != ruleset->groups[i].rules)
			return false;
	}
	return true;
}

static struct br_sg_ruleset *compile_new(struct br_sg_compile *c,
					 const struct br_sg_port_conf *conf,
					 u64 hash)
{
	struct br_sg_ruleset *ruleset = ruleset_new(c, conf, hash);

	if (ruleset == ERR_PTR(-E2BIG))
		snprintf(c->refusal->text, sizeof(c->refusal->text),
			 "port \"%s\": the rules of its groups take more than %u bytes compiled: fewer rules, or fewer that overlap",
			 conf->dev, BR_SG_TABLE_BYTES);
	return ruleset;
}

/* @ruleset in the list's place of the one that it had */
static int lists_replace(struct br_sg_compile *c, u64 hash,
			 struct br_sg_ruleset *ruleset)
{
	struct list *list;
	int err;

	list = br_sg_tree_edit(&br_sg_lists_type, &c->new->lists, &hash);
	if (IS_ERR(list))
		return PTR_ERR(list);
	err = br_sg_budget_ruleset(c, list->ruleset, ruleset);
	if (err)
		return err;
	br_sg_ruleset_put(list->ruleset);
	list->ruleset = br_sg_ruleset_get(ruleset);
	return 0;
}

static int lists_add(struct br_sg_compile *c, u64 hash,
		     struct br_sg_ruleset *ruleset)
{
	struct list list = { .ruleset = ruleset };
	int err;

	err = br_sg_budget_ruleset(c, NULL, ruleset);
	if (!err)
		err = br_sg_tree_insert(&br_sg_lists_type, &c->new->lists,
					&hash, &list);
	if (!err)
		br_sg_ruleset_get(ruleset);
	return err;
}

struct br_sg_ruleset *br_sg_ruleset_of(struct br_sg_compile *c,
				       const struct br_sg_port_conf *conf,
				       const struct br_sg_ruleset *old)
{
	u64 hash = old && br_sg_ruleset_is(old, conf) ? old->hash :
						       conf_hash(conf);
	struct br_sg_ruleset *ruleset;
	const struct list *list;
	int err = 0;

	list = br_sg_tree_find(&br_sg_lists_type, &c->new->lists, &hash);
	if (list && br_sg_ruleset_is(list->ruleset, conf) &&
	    ruleset_holds(c, list->ruleset))
		return br_sg_ruleset_get(list->ruleset);
	ruleset = compile_new(c, conf, hash);
	if (IS_ERR(ruleset))
		return ruleset;
	if (!list)
		err = lists_add(c, hash, ruleset);
	else if (br_sg_ruleset_is(list->ruleset, conf))
		err = lists_replace(c, hash, ruleset);
	if (err) {
		br_sg_ruleset_put(ruleset);
		return ERR_PTR(err);
	}
	return ruleset;
}

int br_sg_ruleset_use(struct br_sg_compile *c,
		      const struct br_sg_ruleset *ruleset, bool more)
{
	struct list *list;
	u32 i;
	int err;

	list = br_sg_tree_edit(&br_sg_lists_type, &c->new->lists,
			       &ruleset->hash);
	if (IS_ERR(list))
		return PTR_ERR(list);
	/* the other list of that hash */
	if (list->ruleset->n_groups != ruleset->n_groups)
		return 0;
	for (i = 0; i < ruleset->n_groups; i++)
		if (!br_sg_name_same(list->ruleset->groups[i].name,
				     ruleset->groups[i].name))
			return 0;
	list->ports += more ? 1 : -1;
	if (list->ports)
		return 0;
	err = br_sg_budget_ruleset(c, list->ruleset, NULL);
	return err ? err : br_sg_tree_remove(&br_sg_lists_type, &c->new->lists,
					     &ruleset->hash);
}

/* where the rules of the group that @old knows as @group begin; they are by group */
static u32 group_first(const struct br_sg_ruleset *old, int d, u32 group)
{
	u32 low = 0, high = old->n_rules[d];

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (old->rules[d][mid].group < group)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* which group of @old that is; its n_groups: none */
static u32 group_before(const struct br_sg_ruleset *old,
			const struct br_sg_name *name)
{
	u32 g;

	for (g = 0; g < old->n_groups; g++)
		if (br_sg_name_same(old->groups[g].name, name))
			break;
	return g;
}

/*
 * A counter goes on with its rule: same group, id and content. Both rulesets
 * list a group's rules by id, so within a group it is a merge.
 */
static int counters_fill(struct br_sg_rule_counters *counters, int d,
			 const struct br_sg_ruleset *rules,
			 const struct br_sg_ruleset *old,
			 const struct br_sg_rule_counters *old_counters)
{
	const struct br_sg_rule *rule, *was;
	struct br_sg_rule_counter *counter;
	u32 i, k = 0, group = U32_MAX, before = 0;

	for (i = 0; i < rules->n_rules[d]; i++) {
		if (rules->rules[d][i].group != group) {
			group = rules->rules[d][i].group;
			before = !old ? 0 :
				 group_before(old, rules->groups[group].name);
			k = old ? group_first(old, d, before) : 0;
		}
		rule = br_sg_ruleset_rule(rules, d, i);
		was = NULL;
		for (; old && k < old->n_rules[d] &&
		     old->rules[d][k].group == before; k++) {
			was = br_sg_ruleset_rule(old, d, k);
			if (was->id >= rule->id)
				break;
		}
		if (was && was->id == rule->id &&
		    (was == rule || br_sg_rule_equal(was, rule)))
			counter = br_sg_rule_counter_get(old_counters->v[d][k]);
		else
			counter = br_sg_rule_counter_new();
		if (!counter)
			return -ENOMEM;
		counters->v[d][i] = counter;
		counters->n[d]++;
	}
	return 0;
}

struct br_sg_rule_counters *
br_sg_rule_counters_new(const struct br_sg_ruleset *rules,
			const struct br_sg_ruleset *old,
			const struct br_sg_rule_counters *old_counters)
{
	struct br_sg_rule_counters *counters;
	int d;

	counters = kzalloc(sizeof(*counters), GFP_KERNEL_ACCOUNT);
	if (!counters)
		return NULL;
	refcount_set(&counters->ref, 1);
	for (d = 0; d < __BR_SG_DIRECTIONS; d++) {
		counters->v[d] = kvcalloc(rules->n_rules[d],
					  sizeof(*counters->v[d]),
					  GFP_KERNEL_ACCOUNT);
		if (!counters->v[d] ||
		    counters_fill(counters, d, rules, old, old_counters))
			goto err_put;
	}
	return counters;

err_put:
	br_sg_rule_counters_put(counters);
	return NULL;
}
