/* SPDX-License-Identifier: GPL-2.0 */
/* Effective members of groups: what a commit makes of what they were. */
#ifndef BR_SG_MEMBERS_H
#define BR_SG_MEMBERS_H

#include <linux/types.h>

struct br_sg_addrset;
struct br_sg_compile;
struct br_sg_group_conf;
struct br_sg_prefix;

/**
 * struct br_sg_members_list - addresses, by group
 * @n: items in all
 * @end: per group of the config: how many; then where its items end
 * @items: of group 0, of group 1...; NULL while they are counted
 */
struct br_sg_members_list {
	u32 n;
	u32 *end;
	struct br_sg_prefix *items;
};

/**
 * struct br_sg_members - work of one commit, who makes it has it alone
 * @came: may be there already
 * @gone: was there; sorted by group, each once: see @n_gone
 * @n_gone: per group: of its items in @gone those that count
 * @kept: per item of @gone: a port brings it still
 */
struct br_sg_members {
	struct br_sg_members_list came;
	struct br_sg_members_list gone;
	u32 *n_gone;
	bool *kept;
};

/* @m is all zero; 0 or -ENOMEM; free it in either case */
int br_sg_members_gather(const struct br_sg_compile *c, struct br_sg_members *m);
void br_sg_members_free(struct br_sg_members *m);
bool br_sg_members_changed(const struct br_sg_members *m, u32 group);
/*
 * The members of the group that is @conf and has that index; @before: what they
 * were, NULL if there was no such group. Once for each group. One reference, or
 * ERR_PTR().
 */
struct br_sg_addrset *br_sg_members_of(const struct br_sg_members *m,
				       struct br_sg_group_conf *conf, u32 group,
				       struct br_sg_addrset *before);

#endif
