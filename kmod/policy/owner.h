/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sets and groups of a policy, "owners" of addresses: what each has, and who refers
 * to it, so that a change is followed to what depends on it and to nothing else.
 */
#ifndef BR_SG_OWNER_H
#define BR_SG_OWNER_H

#include "policy/policy.h"

struct br_sg_compile;

/**
 * struct br_sg_tag - of a set or group that some rule names as remote
 * @ref: of owners
 * @id: not another's as long as this is there
 */
struct br_sg_tag {
	refcount_t ref;
	u32 id;
};

/**
 * struct br_sg_owner - a set or group
 * @ref: of policies, and of the compile that made it
 * @set: it is a set
 * @set_conf: of a set: its line, a reference
 * @group_conf: of a group, likewise
 * @members: its addresses, those of local ports included; a reference
 * @tag: a reference; NULL: no rule names it
 * @users: names of the groups whose rules name it
 * @deps: of a group: the owners that its rules name; the values are the names as
 *	the rules have them
 * @ports: of a group: devices of the ports that have it
 * @brought4: of a group: IPv4 addresses of those ports; see members.c
 * @brought6: likewise, IPv6
 * @dep_bytes: names of @deps that are not the owner's own
 * @bytes: what it takes, with its line; see budget.c
 *
 * Immutable once the compile that made it is over. The rest belongs to that compile:
 *
 * @made: its id
 * @touched: the next that it made
 * @was: the owner of that name in the policy before, no reference; NULL: none
 * @gone: there is no such line any more
 * @rules_moved: its rules are not those of @was, or it is new or gone
 */
struct br_sg_owner {
	refcount_t ref;
	bool set;
	struct br_sg_set_conf *set_conf;
	struct br_sg_group_conf *group_conf;
	struct br_sg_addrset *members;
	struct br_sg_tag *tag;
	struct br_sg_tree users;
	struct br_sg_tree deps;
	struct br_sg_tree ports;
	struct br_sg_tree brought4;
	struct br_sg_tree brought6;
	size_t dep_bytes;
	size_t bytes;
	u64 made;
	struct br_sg_owner *touched;
	const struct br_sg_owner *was;
	bool gone;
	bool rules_moved;
};

extern const struct br_sg_tree_type br_sg_owners_type;
/* names of groups, without values */
extern const struct br_sg_tree_type br_sg_users_type;

/* NULL: none of that name */
const struct br_sg_owner *br_sg_owner_find(const struct br_sg_policy *policy,
					   bool set, const char *name);
/* a group in the policy that is made, by a name as ports have it; NULL: none */
struct br_sg_owner *br_sg_owner_group(struct br_sg_compile *c,
				      const struct br_sg_name *name);
/* the same, to be changed in place; an ERR_PTR: -ENOENT, -ENOMEM */
struct br_sg_owner *br_sg_owner_group_edit(struct br_sg_compile *c,
					   const struct br_sg_name *name);
/*
 * The owner of that name in the policy that is made, to be changed in place;
 * an ERR_PTR: -ENOENT, -ENOMEM
 */
struct br_sg_owner *br_sg_owner_edit(struct br_sg_compile *c, bool set,
				     const char *name);
/*
 * The id of a set or group that some rule names as remote, or BR_SG_NO_TAG.
 */
#define BR_SG_NO_TAG	U32_MAX
u32 br_sg_owner_tag(const struct br_sg_policy *policy, bool set,
		    const char *name);

/* Steps of a compile, each 0 or an errno; in this order. */

/* lines of sets and groups that came, changed or go, and whom their rules name */
int br_sg_owners_compile(struct br_sg_compile *c);
/* ports that came, changed or go: members.c */
int br_sg_members_compile(struct br_sg_compile *c);
/* what follows for members, tags, remotes, and which ports are dirty */
int br_sg_owners_settle(struct br_sg_compile *c);
/* when it is over, whatever came of it */
void br_sg_owners_forget(struct br_sg_compile *c);

/*
 * members.c: the members of a group that a compile has made; one reference, or an
 * ERR_PTR
 */
struct br_sg_addrset *br_sg_members_of(const struct br_sg_owner *group);
extern const struct br_sg_tree_type br_sg_brought4_type, br_sg_brought6_type;

#endif
