/* SPDX-License-Identifier: GPL-2.0 */
/* The work of one commit, shared by policy.c, group.c, port.c, budget.c. */
#ifndef BR_SG_COMPILE_H
#define BR_SG_COMPILE_H

#include "policy/ruleset.h"

struct br_sg_config;
struct br_sg_group;
struct br_sg_policy;
struct br_sg_port;
struct br_sg_refusal;
struct br_sg_tag;

/**
 * struct br_sg_compile - work of one commit
 * @old: the policy in force, or NULL
 * @beside: of a shadow: the policy in force; NULL: of none
 * @new: the one being made
 * @config: of @new
 * @changed: per group of @config: what it allows is not what it was in @old
 * @any_changed: of any
 * @rules_changed: per group of @config: its rules are not those of @old
 * @shared: rulesets of this compile, to share
 * @listed: those that ports had before, and may keep, are in @shared
 * @id: of no other compile; what was counted in this one carries it
 * @budget: bytes that @new may take
 * @refusal: says what went beyond a limit
 */
struct br_sg_compile {
	const struct br_sg_policy *old;
	const struct br_sg_policy *beside;
	struct br_sg_policy *new;
	struct br_sg_config *config;
	bool *changed;
	bool any_changed;
	bool *rules_changed;
	struct br_sg_rulesets shared;
	bool listed;
	u64 id;
	u64 budget;
	struct br_sg_refusal *refusal;
};

/* index in @config, -1 for none */
int br_sg_group_index(const struct br_sg_config *config, const char *name);
/* each 0 or an errno; in this order: a step needs those before */
int br_sg_compile_groups(struct br_sg_compile *c);
int br_sg_compile_remotes(struct br_sg_compile *c);
void br_sg_compile_changes(struct br_sg_compile *c);
int br_sg_compile_ports(struct br_sg_compile *c);

/* the id of a set or group that some rule names as remote, or BR_SG_NO_TAG */
#define BR_SG_NO_TAG	U32_MAX
u32 br_sg_policy_tag(const struct br_sg_policy *policy, bool set,
		     const char *name);

/* NULL is fine */
void br_sg_tag_put(struct br_sg_tag *tag);
void br_sg_group_put(struct br_sg_group *group);
void br_sg_port_put(struct br_sg_port *port);

#endif
