/* SPDX-License-Identifier: GPL-2.0 */
/* The rules of a list of groups, compiled once and shared by its ports. */
#ifndef BR_SG_RULESET_H
#define BR_SG_RULESET_H

#include "policy/policy.h"

struct br_sg_compile;
struct br_sg_rule_counters;

/* a policy's lists of groups that ports have: list -> ruleset, and how many have it */
extern const struct br_sg_tree_type br_sg_lists_type;

/*
 * The ruleset of @conf's groups as they are now, shared with the ports of the same
 * list. @old: that of the port until now, or NULL. The compile's owners are settled. A
 * reference, or ERR_PTR; E2BIG is explained
 * in the compile's refusal.
 */
struct br_sg_ruleset *br_sg_ruleset_of(struct br_sg_compile *c,
				       const struct br_sg_port_conf *conf,
				       const struct br_sg_ruleset *old);
/* is it of @conf's groups? */
bool br_sg_ruleset_is(const struct br_sg_ruleset *ruleset,
		      const struct br_sg_port_conf *conf);
/* one port more, or less, has @ruleset, whose list may go with it; 0 or an errno */
int br_sg_ruleset_use(struct br_sg_compile *c,
		      const struct br_sg_ruleset *ruleset, bool more);
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
