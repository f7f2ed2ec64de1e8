// SPDX-License-Identifier: GPL-2.0
/* The rules of a list of groups, compiled once and shared by its ports. */
#include <linux/jhash.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "base/refuse.h"
#include "policy/compile.h"
#include "policy/policy.h"
#include "policy/ruleset.h"
#include "policy/snapshot.h"

struct listed {
	struct hlist_node node;
	struct br_sg_ruleset *ruleset;
};

void br_sg_rulesets_init(struct br_sg_rulesets *sets)
{
	hash_init(sets->lists);
}

void br_sg_rulesets_exit(struct br_sg_rulesets *sets)
{
	struct hlist_node *next;
	struct listed *listed;
	int i;

	hash_for_each_safe(sets->lists, i, next, listed, node) {
		br_sg_ruleset_put(listed->ruleset);
		kfree(listed);
	}
}

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
	for (i = 0; i < ruleset->n_groups; i++)
		br_sg_group_conf_put(ruleset->groups[i]);
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
		match->tag = br_sg_policy_tag(policy, rule->remote ==
					      BR_SG_RULE_SET, rule->name->s);
		break;
	default:
		match->remote = BR_SG_REMOTE_ANY;
	}
}

static int ruleset_compile(struct br_sg_ruleset *ruleset,
			   const struct br_sg_policy *policy, u8 direction)
{
	const struct br_sg_group_conf *group;
	const struct br_sg_rule *rule;
	struct br_sg_rule_ref *refs;
	struct br_sg_match *matches;
	struct br_sg_table *table;
	u32 g, i, n = 0;

	for (g = 0; g < ruleset->n_groups; g++) {
		group = ruleset->groups[g];
		for (i = 0; i < group->n_rules; i++)
			n += group->rules[i].direction == direction;
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
		group = ruleset->groups[g];
		for (i = 0; i < group->n_rules; i++) {
			rule = &group->rules[i];
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
	}
	table = br_sg_table_build(matches, n);
	kvfree(matches);
	if (IS_ERR(table))
		return PTR_ERR(table);
	ruleset->tables[direction] = table;
	ruleset->n_rules[direction] = n;
	return 0;
}

static struct br_sg_ruleset *ruleset_new(const struct br_sg_policy *policy,
					 const struct br_sg_port_conf *conf)
{
	struct br_sg_ruleset *ruleset;
	int i, err = -ENOMEM;

	ruleset = kzalloc(sizeof(*ruleset), GFP_KERNEL_ACCOUNT);
	if (!ruleset)
		return ERR_PTR(-ENOMEM);
	refcount_set(&ruleset->ref, 1);
	ruleset->groups = kcalloc(conf->n_groups + 1, sizeof(*ruleset->groups),
				  GFP_KERNEL_ACCOUNT);
	if (!ruleset->groups)
		goto err_put;
	for (i = 0; i < conf->n_groups; i++) {
		struct br_sg_group_conf *group;

		group = br_sg_config_group(policy->config, conf->groups[i]->s);
		ruleset->groups[ruleset->n_groups++] =
			br_sg_group_conf_get(group);
	}
	for (i = 0; i < __BR_SG_DIRECTIONS; i++) {
		err = ruleset_compile(ruleset, policy, i);
		if (err)
			goto err_put;
	}
	return ruleset;

err_put:
	br_sg_ruleset_put(ruleset);
	return ERR_PTR(err);
}

static bool ruleset_is(const struct br_sg_ruleset *ruleset,
		       const struct br_sg_port_conf *conf)
{
	int i;

	if (ruleset->n_groups != conf->n_groups)
		return false;
	for (i = 0; i < conf->n_groups; i++)
		if (strcmp(ruleset->groups[i]->name->s, conf->groups[i]->s))
			return false;
	return true;
}

static u32 list_hash(const struct br_sg_port_conf *conf)
{
	u32 hash = 0;
	int i;

	for (i = 0; i < conf->n_groups; i++)
		hash = jhash(conf->groups[i]->s, conf->groups[i]->len, hash);
	return hash;
}

static struct br_sg_ruleset *list_find(const struct br_sg_rulesets *sets,
				       const struct br_sg_port_conf *conf,
				       u32 hash)
{
	struct listed *listed;

	hash_for_each_possible(sets->lists, listed, node, hash)
		if (ruleset_is(listed->ruleset, conf))
			return listed->ruleset;
	return NULL;
}

int br_sg_rulesets_add(struct br_sg_rulesets *sets,
		       struct br_sg_ruleset *ruleset,
		       const struct br_sg_port_conf *conf)
{
	u32 hash = list_hash(conf);
	struct listed *listed;

	if (list_find(sets, conf, hash))
		return 0;
	listed = kzalloc(sizeof(*listed), GFP_KERNEL_ACCOUNT);
	if (!listed)
		return -ENOMEM;
	listed->ruleset = br_sg_ruleset_get(ruleset);
	hash_add(sets->lists, &listed->node, hash);
	return 0;
}

struct br_sg_ruleset *br_sg_rulesets_get(struct br_sg_rulesets *sets,
					 const struct br_sg_policy *policy,
					 const struct br_sg_port_conf *conf,
					 struct br_sg_refusal *refusal)
{
	struct br_sg_ruleset *ruleset = list_find(sets, conf, list_hash(conf));
	int err;

	if (ruleset)
		return br_sg_ruleset_get(ruleset);
	ruleset = ruleset_new(policy, conf);
	if (IS_ERR(ruleset)) {
		if (PTR_ERR(ruleset) == -E2BIG)
			snprintf(refusal->text, sizeof(refusal->text),
				 "port \"%s\": the rules of its groups take more than %u bytes compiled: fewer rules, or fewer that overlap",
				 conf->dev, BR_SG_TABLE_BYTES);
		return ruleset;
	}
	err = br_sg_rulesets_add(sets, ruleset, conf);
	if (err) {
		br_sg_ruleset_put(ruleset);
		return ERR_PTR(err);
	}
	return ruleset;
}
