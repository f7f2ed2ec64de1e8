/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A policy: a configuration compiled. Like the configuration it is a few trees of
 * objects, which it shares with the policy before as far as they are the same.
 *
 *	policy ---> ports: device -> port ---> ruleset ---> tables
 *	   |--> owners: set or group -> its addresses, its tag, and who refers to it
 *	   |--> lists: list of groups -> ruleset
 *	   '--> remotes: address -> tags
 */
#ifndef BR_SG_POLICY_H
#define BR_SG_POLICY_H

#include "base/counter.h"
#include "conf/config.h"
#include "frame/guard.h"
#include "match/table.h"

struct br_sg_refusal;
struct br_sg_remotes;

/**
 * struct br_sg_rule_ref - which rule a table's index is
 * @group: index in the ruleset's groups
 * @rule: index in that group's rules
 */
struct br_sg_rule_ref {
	u16 group;
	u16 rule;
};

/**
 * struct br_sg_ruleset - the rules of a list of groups, shared by its ports; immutable
 * @ref: of ports and lists
 * @hash: of the list of groups
 * @n_groups: length of @groups
 * @groups: a name and its rules, a reference to each; @rules refers to them
 * @tables: compiled, per direction
 * @n_rules: rules per direction
 * @rules: in the order of the table's indices
 * @bytes: what it takes, without the rules of its groups; see budget.c
 * @vector_bytes: of them bit vectors
 */
struct br_sg_ruleset {
	refcount_t ref;
	u32 n_groups;
	u64 hash;
	struct br_sg_ruleset_group {
		struct br_sg_name *name;
		struct br_sg_rules *rules;
	} *groups;
	struct br_sg_table *tables[__BR_SG_DIRECTIONS];
	u32 n_rules[__BR_SG_DIRECTIONS];
	struct br_sg_rule_ref *rules[__BR_SG_DIRECTIONS];
	size_t bytes;
	size_t vector_bytes;
};

/* the rule that a table of @direction knows as @i, and its group */
static inline const struct br_sg_ruleset_group *
br_sg_ruleset_group(const struct br_sg_ruleset *ruleset, int direction, u32 i)
{
	return &ruleset->groups[ruleset->rules[direction][i].group];
}

static inline const struct br_sg_rule *
br_sg_ruleset_rule(const struct br_sg_ruleset *ruleset, int direction, u32 i)
{
	const struct br_sg_rule_ref *ref = &ruleset->rules[direction][i];

	return &ruleset->groups[ref->group].rules->v[ref->rule];
}

/**
 * struct br_sg_port - one version of a port's policy; immutable but for counters
 * @ref: of policies
 * @conf: the port line, a reference
 * @guard: what it may send from
 * @ruleset: a reference; NULL unless mode is FILTER
 * @rules: the counters of @ruleset's rules on this port, a reference; NULL
 *	like it
 * @counters: a reference
 * @mode: enum br_sg_port_mode
 * @stateless: its groups are
 * @strict: TCP in mid-stream is dropped
 * @version: of its policy, see "slot" in linux/br_sg.h
 * @since: the version since which it follows its flows; before, it was off,
 *	trusted or stateless
 * @epoch: moves when @version has run out: a new serial then
 * @bytes: what it takes, with @conf and without @ruleset; see budget.c
 * @made: the compile that made it
 */
struct br_sg_port {
	refcount_t ref;
	struct br_sg_port_conf *conf;
	struct br_sg_guard guard;
	struct br_sg_ruleset *ruleset;
	struct br_sg_rule_counters *rules;
	struct br_sg_counters *counters;
	u8 mode;
	bool stateless;
	bool strict;
	u16 version;
	u16 since;
	u32 epoch;
	size_t bytes;
	u64 made;
};

/**
 * struct br_sg_policy - a configuration compiled; immutable but for counters
 * @ref: of snapshots, and of who works on one
 * @base: of a shadow: the generation it was made from; else 0
 * @config: a reference
 * @ports: struct br_sg_port by device name
 * @owners: struct br_sg_owner by kind and name; see owner.h
 * @lists: rulesets by their list of groups; see ruleset.c
 * @remotes: address -> tags of owners
 * @objects: bytes of what the trees refer to; see budget.c
 * @bytes: what it takes, with @config
 * @vector_bytes: of them the bit vectors of tables
 */
struct br_sg_policy {
	refcount_t ref;
	u64 base;
	struct br_sg_config *config;
	struct br_sg_tree ports;
	struct br_sg_tree owners;
	struct br_sg_tree lists;
	struct br_sg_remotes *remotes;
	u64 objects;
	u64 bytes;
	u64 vector_bytes;
};

struct br_sg_policy *br_sg_policy_get(struct br_sg_policy *policy);
/* NULL is fine; the memory goes at once: wait for readers before */
void br_sg_policy_put(struct br_sg_policy *policy);

/* a group's members, those of local ports included; no reference; NULL: none
 * of that name
 */
struct br_sg_addrset *
br_sg_policy_group_members(const struct br_sg_policy *policy,
			   const char *group);
/* the port that names @dev; no reference; NULL: none */
struct br_sg_port *br_sg_policy_port(const struct br_sg_policy *policy,
				     const char *dev);
/* the @i-th in the order of their devices' names; there is one */
struct br_sg_port *br_sg_policy_port_at(const struct br_sg_policy *policy,
					u32 i);
/* all ports in the order of their devices' names; NULL: no more */
struct br_sg_port *br_sg_policy_port_first(struct br_sg_tree_iter *it,
					   const struct br_sg_policy *policy);
struct br_sg_port *br_sg_policy_port_next(struct br_sg_tree_iter *it);
/*
 * Calls @fn for each device whose port is not the same object in @before, which may
 * be NULL, and @after; NULL: it has none there. Ends when @fn returns other than 0,
 * with that.
 */
int br_sg_policy_ports_diff(const struct br_sg_policy *before,
			    const struct br_sg_policy *after,
			    int (*fn)(const char *dev,
				      const struct br_sg_port *before,
				      const struct br_sg_port *after,
				      void *arg),
			    void *arg);
/*
 * Compiles @config, which holds together. What it shares with @old, the policy that
 * it takes the place of, or NULL, is taken over. @beside: of a shadow, what it stands
 * beside. A reference, or ERR_PTR; what went beyond a limit is in @refusal.
 */
struct br_sg_policy *br_sg_policy_new(const struct br_sg_policy *old,
				      const struct br_sg_policy *beside,
				      struct br_sg_config *config,
				      struct br_sg_refusal *refusal);

#endif
