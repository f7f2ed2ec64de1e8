/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a transaction does to its candidate: every *_NEW and *_DEL once its
 * attributes have become an object. Each refuses with a text in the extended
 * ack that names the object, and @at as the offending attribute.
 */
#ifndef BR_SG_CANDIDATE_H
#define BR_SG_CANDIDATE_H

#include "conf/config.h"

/* these take over the caller's reference to @conf on success */
int br_sg_candidate_default(struct br_sg_config *c, u8 op,
			    struct br_sg_default_conf *conf,
			    const struct nlattr *at,
			    struct netlink_ext_ack *extack);
int br_sg_candidate_set(struct br_sg_config *c, u8 op,
			struct br_sg_set_conf *conf, const struct nlattr *at,
			struct netlink_ext_ack *extack);
int br_sg_candidate_group(struct br_sg_config *c, u8 op,
			  struct br_sg_group_conf *conf,
			  const struct nlattr *at,
			  struct netlink_ext_ack *extack);
/* @uuid_at: the attribute with the port's UUID */
int br_sg_candidate_port(struct br_sg_config *c, u8 op,
			 struct br_sg_port_conf *conf, const struct nlattr *at,
			 const struct nlattr *uuid_at,
			 struct netlink_ext_ack *extack);

/* a default, set, group or port goes, with all it has */
int br_sg_candidate_del(struct br_sg_config *c, enum br_sg_kind kind,
			const char *key, const struct nlattr *at,
			struct netlink_ext_ack *extack);

/**
 * struct br_sg_addrs - addresses of a set, or members of a group
 * @kind: BR_SG_KIND_SET or BR_SG_KIND_GROUP
 * @owner: its name
 * @cookie: of who sends them
 * @n: how many
 * @items: no two are equal
 */
struct br_sg_addrs {
	enum br_sg_kind kind;
	const char *owner;
	u32 cookie;
	u32 n;
	struct br_sg_prefix *items;
};

/* -EEXIST, -ENOENT without a text: *@bad is the index in @addrs->items */
int br_sg_candidate_addrs(struct br_sg_config *c, u8 op,
			  const struct br_sg_addrs *addrs,
			  const struct nlattr *at, u32 *bad,
			  struct netlink_ext_ack *extack);
int br_sg_candidate_addrs_del(struct br_sg_config *c,
			      const struct br_sg_addrs *addrs,
			      const struct nlattr *at, u32 *bad,
			      struct netlink_ext_ack *extack);

/*
 * @rule->id 0: the highest + 1. Takes over @rule's reference to a name on
 * success. @at is all of the rule, @group_at its group, @id_at its id or NULL.
 */
int br_sg_candidate_rule(struct br_sg_config *c, u8 op, const char *group,
			 struct br_sg_rule *rule, const struct nlattr *at,
			 const struct nlattr *group_at,
			 const struct nlattr *id_at,
			 struct netlink_ext_ack *extack);
int br_sg_candidate_rule_del(struct br_sg_config *c, const char *group, u32 id,
			     const struct nlattr *group_at,
			     const struct nlattr *id_at,
			     struct netlink_ext_ack *extack);

#endif
