/* SPDX-License-Identifier: GPL-2.0 */
/* What a policy takes, and the most that a netns may take. */
#ifndef BR_SG_BUDGET_H
#define BR_SG_BUDGET_H

#include <linux/types.h>

struct br_sg_compile;
struct br_sg_group;
struct br_sg_name;
struct br_sg_port;

/* bytes a netns may take: the module parameter "budget" */
u64 br_sg_budget(void);
size_t br_sg_name_bytes(const struct br_sg_name *name);

/* a compile begins: nothing is counted yet */
void br_sg_budget_init(struct br_sg_compile *c);
/*
 * Each adds to what the compile has come to: 0, or -ENOSPC, explained in its
 * refusal, when it is over. The config without its groups and ports, and the
 * policy's arrays; of a shadow, what it counts about the rules in force; a group
 * and what its line brought; the remotes; a port, what its line brought, and its
 * ruleset if no port before had it.
 */
int br_sg_budget_config(struct br_sg_compile *c);
int br_sg_budget_group(struct br_sg_compile *c, struct br_sg_group *group);
int br_sg_budget_shadow(struct br_sg_compile *c);
int br_sg_budget_remotes(struct br_sg_compile *c);
int br_sg_budget_port(struct br_sg_compile *c, struct br_sg_port *port);

#endif
