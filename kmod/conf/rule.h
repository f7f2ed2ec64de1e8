/* SPDX-License-Identifier: GPL-2.0 */
/* The rules of a group. */
#ifndef BR_SG_RULE_H
#define BR_SG_RULE_H

#include "conf/name.h"
#include "match/addrset.h"

enum br_sg_rule_remote {
	BR_SG_RULE_ANY,
	BR_SG_RULE_PREFIX,
	BR_SG_RULE_GROUP,
	BR_SG_RULE_SET,
};

/**
 * struct br_sg_rule - a rule, canonical: no bits that do not count
 * @id: 1 to 0x7fffffff; orders the rules of its group
 * @txn: of the candidate that wrote it
 * @cookie: see br_sg_cookie()
 * @direction: enum br_sg_direction
 * @family: AF_INET, AF_INET6 or 0 for both, after what proto and remote imply
 * @proto: 0: any
 * @flags: BR_SG_MATCH_* of table.h
 * @type: ICMP type
 * @code: ICMP code
 * @port_min: host order
 * @port_max: host order
 * @remote: which of the next two counts; a prefix /0 has become ANY with
 *	@family set
 * @prefix: BR_SG_RULE_PREFIX
 * @name: BR_SG_RULE_GROUP, BR_SG_RULE_SET: a reference
 */
struct br_sg_rule {
	u32 id;
	u32 txn;
	u32 cookie;
	u8 direction;
	u8 family;
	u8 proto;
	u8 flags;
	u8 type;
	u8 code;
	u16 port_min;
	u16 port_max;
	u8 remote;
	struct br_sg_prefix prefix;
	struct br_sg_name *name;
};

/**
 * struct br_sg_rules - the rules of a group, and of the rulesets compiled from it
 * @ref: of groups and rulesets; with more than one, or one that others can see, they
 *	are immutable
 * @n: how many, at most BR_SG_MAX_RULES
 * @n_alloc: room in @v and @hashes
 * @v: sorted by id
 * @hashes: of the content of each, to find an equal one without reading them all
 */
struct br_sg_rules {
	refcount_t ref;
	u32 n;
	u32 n_alloc;
	struct br_sg_rule *v;
	u32 *hashes;
};

/* both: NULL when out of memory; one reference, the caller's */
struct br_sg_rules *br_sg_rules_new(void);
struct br_sg_rules *br_sg_rules_clone(const struct br_sg_rules *rules);
struct br_sg_rules *br_sg_rules_get(struct br_sg_rules *rules);
/* NULL is fine */
void br_sg_rules_put(struct br_sg_rules *rules);

bool br_sg_rules_find(const struct br_sg_rules *rules, u32 id, u32 *index);
/* the same content but for the id? */
bool br_sg_rule_equal(const struct br_sg_rule *a, const struct br_sg_rule *b);
/* the same rules under the same ids? */
bool br_sg_rules_equal(const struct br_sg_rules *a, const struct br_sg_rules *b);
/* a rule of the same content but for the id, or NULL */
const struct br_sg_rule *br_sg_rules_find_equal(const struct br_sg_rules *rules,
						const struct br_sg_rule *rule);

/* To change them they must be private. */

/* takes over the rule's reference to a name on success; else -ENOMEM */
int br_sg_rules_insert(struct br_sg_rules *rules, u32 index,
		       const struct br_sg_rule *rule);
void br_sg_rules_replace(struct br_sg_rules *rules, u32 index,
			 const struct br_sg_rule *rule);
void br_sg_rules_remove(struct br_sg_rules *rules, u32 index);

#endif
