/* SPDX-License-Identifier: GPL-2.0 */
/* The rules of a list of groups, compiled once and shared by its ports. */
#ifndef BR_SG_RULESET_H
#define BR_SG_RULESET_H

#include <linux/hashtable.h>

struct br_sg_policy;
struct br_sg_refusal;
struct br_sg_port_conf;
struct br_sg_rule_counters;
struct br_sg_ruleset;

/* the rulesets of one compile, by group list; private to the compile */
struct br_sg_rulesets {
	DECLARE_HASHTABLE(lists, 10);
};

void br_sg_rulesets_init(struct br_sg_rulesets *sets);
void br_sg_rulesets_exit(struct br_sg_rulesets *sets);
/*
 * The ruleset of @conf's groups, shared with the ports of the same list that
 * asked before. @policy has its groups and tags compiled. A reference, or
 * ERR_PTR; E2BIG is explained in @refusal.
 */
struct br_sg_ruleset *br_sg_rulesets_get(struct br_sg_rulesets *sets,
					 const struct br_sg_policy *policy,
					 const struct br_sg_port_conf *conf,
				 struct br_sg_refusal *refusal);
/* lists one that there is, of @conf's groups; 0 or -ENOMEM */
int br_sg_rulesets_add(struct br_sg_rulesets *sets,
		       struct br_sg_ruleset *ruleset,
		       const struct br_sg_port_conf *conf);
struct br_sg_ruleset *br_sg_ruleset_get(struct br_sg_ruleset *ruleset);
/* NULL is fine */
void br_sg_ruleset_put(struct br_sg_ruleset *ruleset);
/*
 * Counters of @rules; what counted a rule in @old, which may be NULL, goes on
 * with it. NULL: no memory.
 */
struct br_sg_rule_counters *
br_sg_rule_counters_new(const struct br_sg_ruleset *rules,
			const struct br_sg_ruleset *old,
			const struct br_sg_rule_counters *old_counters);

#endif
