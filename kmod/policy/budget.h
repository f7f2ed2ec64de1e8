/* SPDX-License-Identifier: GPL-2.0 */
/* What a policy takes, and the most that a netns may take. */
#ifndef BR_SG_BUDGET_H
#define BR_SG_BUDGET_H

#include <linux/types.h>

struct br_sg_compile;
struct br_sg_name;
struct br_sg_owner;
struct br_sg_port;
struct br_sg_ruleset;

/* bytes a netns may take: the module parameter "budget" */
u64 br_sg_budget(void);

/* what each takes: a name; an owner with its line; a port with its line */
size_t br_sg_name_bytes(const struct br_sg_name *name);
size_t br_sg_owner_bytes(const struct br_sg_owner *owner);
size_t br_sg_port_bytes(struct br_sg_compile *c,
			const struct br_sg_port *port);
/* sets @bytes and @vector_bytes of one that is being made */
void br_sg_ruleset_count(struct br_sg_ruleset *ruleset);

/*
 * Each moves the sum of what the compile makes: 0, or -ENOSPC, explained in its
 * refusal, when it is over the budget. An object in place of another, 0 bytes: there is
 * none; a ruleset likewise, NULL: none; of a shadow, what it counts about the rules in
 * force; all of the policy, when the rest is done.
 */
int br_sg_budget_move(struct br_sg_compile *c, size_t was, size_t is);
int br_sg_budget_ruleset(struct br_sg_compile *c,
			 const struct br_sg_ruleset *was,
			 const struct br_sg_ruleset *is);
int br_sg_budget_shadow(struct br_sg_compile *c);
int br_sg_budget_total(struct br_sg_compile *c);

#endif
