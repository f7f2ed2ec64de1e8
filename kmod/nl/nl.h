/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the netlink side share: family.c (operations), transaction.c
 * (transactions), attr_policy.c (what attributes may be), attr.c (attributes to
 * values), change.c (*_NEW, *_DEL), port.c (ports), get.c (dumps), flow.c (that of
 * flows), features.c (what the module can do), shadow.c, resume.c (serials and zones of
 * before) and event.c (what is told unasked).
 */
#ifndef BR_SG_NL_H
#define BR_SG_NL_H

#include <linux/bits.h>
#include <linux/err.h>
#include <net/genetlink.h>

#include "base/compat.h"
#include "base/refuse.h"
#include "conf/config.h"
#include "ctl/commit.h"
#include "ctl/query.h"
#include "netns/bind.h"
#include "netns/net.h"
#include "netns/resume.h"
#include "nl/family.h"
#include "policy/policy.h"

extern struct genl_family br_sg_nl_family;

/* attr_policy.c: what each command may carry at top level ... */
extern const struct nla_policy br_sg_status_get_policy[BR_SG_A_MAX + 1];
extern const struct nla_policy br_sg_begin_policy[BR_SG_A_MAX + 1];
extern const struct nla_policy br_sg_commit_policy[BR_SG_A_MAX + 1];
extern const struct nla_policy br_sg_abort_policy[BR_SG_A_MAX + 1];
extern const struct nla_policy br_sg_flush_policy[BR_SG_A_MAX + 1];
extern const struct nla_policy br_sg_default_new_policy[BR_SG_A_MAX + 1];
extern const struct nla_policy br_sg_default_del_policy[BR_SG_A_MAX + 1];
extern const struct nla_policy br_sg_default_get_policy[BR_SG_A_MAX + 1];
extern const struct nla_policy br_sg_set_new_policy[BR_SG_A_MAX + 1];
extern const struct nla_policy br_sg_set_del_policy[BR_SG_A_MAX + 1];
extern const struct nla_policy br_sg_set_get_policy[BR_SG_A_MAX + 1];
extern const struct nla_policy br_sg_group_new_policy[BR_SG_A_MAX + 1];
extern const struct nla_policy br_sg_group_del_policy[BR_SG_A_MAX + 1];
extern const struct nla_policy br_sg_group_get_policy[BR_SG_A_MAX + 1];
extern const struct nla_policy br_sg_addrs_new_policy[BR_SG_A_MAX + 1];
extern const struct nla_policy br_sg_addrs_del_policy[BR_SG_A_MAX + 1];
extern const struct nla_policy br_sg_addrs_get_policy[BR_SG_A_MAX + 1];
extern const struct nla_policy br_sg_rule_new_policy[BR_SG_A_MAX + 1];
extern const struct nla_policy br_sg_rule_del_policy[BR_SG_A_MAX + 1];
extern const struct nla_policy br_sg_rule_get_policy[BR_SG_A_MAX + 1];
extern const struct nla_policy br_sg_port_new_policy[BR_SG_A_MAX + 1];
extern const struct nla_policy br_sg_port_del_policy[BR_SG_A_MAX + 1];
extern const struct nla_policy br_sg_port_get_policy[BR_SG_A_MAX + 1];
extern const struct nla_policy br_sg_counter_get_policy[BR_SG_A_MAX + 1];
extern const struct nla_policy br_sg_flow_get_policy[BR_SG_A_MAX + 1];
extern const struct nla_policy br_sg_shadow_commit_policy[BR_SG_A_MAX + 1];
extern const struct nla_policy br_sg_shadow_drop_policy[BR_SG_A_MAX + 1];
extern const struct nla_policy br_sg_binding_get_policy[BR_SG_A_MAX + 1];
extern const struct nla_policy br_sg_binding_resume_policy[BR_SG_A_MAX + 1];
extern const struct nla_policy br_sg_zone_get_policy[BR_SG_A_MAX + 1];
extern const struct nla_policy br_sg_zone_resume_policy[BR_SG_A_MAX + 1];
/* ... and what generic netlink checks before a transaction's own messages */
extern const struct nla_policy br_sg_nl_opaque[BR_SG_A_MAX + 1];

/* attr.c */

/*
 * Parses a message strictly. What is not in @repeated is refused when it is
 * there twice; of the others @tb has the first.
 */
int br_sg_nl_parse(const struct nlmsghdr *nlh, struct nlattr **tb,
		   const struct nla_policy *policy, u32 repeated,
		   struct netlink_ext_ack *extack);
/* the same of a nest that has passed its policy; @tb[max + 1] */
int br_sg_nl_nest(const struct nlattr *nest, struct nlattr **tb, int max,
		  u32 repeated, struct netlink_ext_ack *extack);
/* refuses what is there but is not in @allowed */
int br_sg_nl_only(struct nlattr *const *tb, int max, u32 allowed,
		  struct netlink_ext_ack *extack);
u32 br_sg_nl_count(const struct nlattr *nest, int type);

static inline u32 br_sg_nl_cookie(const struct nlattr *attr)
{
	return attr ? nla_get_u32(attr) : 0;
}

/* refuses a nest that lacks an attribute */
#define br_sg_nl_missing(extack, nest, type, text) ({			\
	struct netlink_ext_ack *__ack = (extack);			\
	const struct nlattr *__nest = (nest);				\
									\
	NL_SET_ERR_MSG_ATTR(__ack, __nest, text " is missing");		\
	NL_SET_ERR_ATTR_MISS(__ack, __nest, type);			\
	-EINVAL;							\
})

#define BR_SG_NL_HOST		BIT(0)	/* one address, no prefix */
#define BR_SG_NL_UNICAST	BIT(1)	/* that a host can have */
#define BR_SG_NL_MAC		BIT(2)	/* a MAC may be there */

/* @mac: BR_SG_NL_MAC only; left alone when there is none */
int br_sg_nl_addr(const struct nlattr *nest, u32 flags,
		  struct br_sg_prefix *prefix, u8 *mac,
		  struct netlink_ext_ack *extack);
int br_sg_nl_put_addr(struct sk_buff *skb, int type,
		      const struct br_sg_prefix *prefix, const u8 *mac);

/**
 * struct br_sg_transaction - see transaction.c
 * @list: the netns' transactions
 * @ref: of the list and of who works on it
 * @lock: protects @config and @resume; a message at a time
 * @sk: the socket it belongs to, to be compared only
 * @portid: of @sk
 * @closed: it has ended; written under the netns' lock
 * @config: the candidate, ours alone
 * @resume: what it resumes, ours alone; NULL: nothing
 * @base: the generation it was made of
 */
struct br_sg_transaction {
	struct list_head list;
	refcount_t ref;
	struct mutex lock;	/* the candidate and what it resumes */
	struct sock *sk;
	u32 portid;
	bool closed;
	struct br_sg_config *config;
	struct br_sg_resume *resume;
	u64 base;
};

int br_sg_transaction_open(struct br_sg_net *bn, struct sk_buff *skb,
			   struct br_sg_config *config, u64 base,
			   struct netlink_ext_ack *extack);
/* ERR_PTR(-EBADFD), or the transaction of the sender, locked */
struct br_sg_transaction *br_sg_transaction_lock(struct br_sg_net *bn,
						 struct sk_buff *skb,
						 struct netlink_ext_ack *extack);
void br_sg_transaction_unlock(struct br_sg_transaction *txn);
/* the locked one: it ends, and its candidate goes if it still has it */
void br_sg_transaction_close(struct br_sg_net *bn, struct br_sg_transaction *txn);
/* for the notifier of sockets */
void br_sg_transaction_release(struct br_sg_net *bn, u32 portid);

/* change.c */
int br_sg_nl_change_doit(struct sk_buff *skb, struct genl_info *info);
/* what the nest of one object says, applied; port.c */
int br_sg_nl_port_new(struct br_sg_config *c, u8 op, const struct nlattr *nest,
		      struct netlink_ext_ack *extack);
int br_sg_nl_port_del(struct br_sg_config *c, u8 op, const struct nlattr *nest,
		      struct netlink_ext_ack *extack);
/* the port that a nest of DEV or UUID names; port.c */
struct br_sg_port_conf *br_sg_nl_port_key(const struct br_sg_config *c,
					  const struct nlattr *nest,
					  struct netlink_ext_ack *extack);
/* a device that is blocked without a port line; port.c */
int br_sg_nl_put_held(struct sk_buff *skb, const char *dev,
		      const struct br_sg_port_info *info);
/* @bn: NULL: of a shadow, without what is of the port in force; port.c */
int br_sg_nl_put_port(struct sk_buff *skb, struct br_sg_net *bn,
		      const struct br_sg_port_conf *conf);
size_t br_sg_nl_port_size(const struct br_sg_port_conf *conf);

/**
 * struct br_sg_nl_dump - where a dump is, in netlink_callback.ctx
 * @config: in force, or the shadow's
 * @policy: pinned, and @config with it; NULL: nothing is configured, and @config is
 *	pinned
 * @shadow: it is the shadow that is dumped
 * @bare: without what is read only
 * @dev: of @config: COUNTER_GET of one port; NULL: of all
 * @i: index of the object: of sets, then groups where both are dumped; of a
 *	shadow's counters of ports, then devices
 * @j: index in the object, of what is dumped of it
 * @end: index of the object behind the last
 */
struct br_sg_nl_dump {
	struct br_sg_config *config;
	struct br_sg_policy *policy;
	bool shadow;
	bool bare;
	const char *dev;
	u32 i;
	u32 j;
	u32 end;
};

static inline struct br_sg_nl_dump *br_sg_nl_dump(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct br_sg_nl_dump) > sizeof(cb->ctx));
	return (struct br_sg_nl_dump *)cb->ctx;
}

/* get.c: a message of a dump that shows one configuration; NULL: no room */
void *br_sg_nl_begin(struct sk_buff *skb, struct netlink_callback *cb,
		     u64 generation, u8 cmd);
/* the same of one that says by itself whether it is consistent */
void *br_sg_nl_head(struct sk_buff *skb, struct netlink_callback *cb,
		    u64 generation, u8 cmd);
int br_sg_nl_status_doit(struct sk_buff *skb, struct genl_info *info);
int br_sg_nl_port_doit(struct sk_buff *skb, struct genl_info *info);
int br_sg_nl_start(struct netlink_callback *cb);
int br_sg_nl_port_start(struct netlink_callback *cb);
int br_sg_nl_counter_start(struct netlink_callback *cb);
int br_sg_nl_done(struct netlink_callback *cb);
int br_sg_nl_default_dump(struct sk_buff *skb, struct netlink_callback *cb);
int br_sg_nl_set_dump(struct sk_buff *skb, struct netlink_callback *cb);
int br_sg_nl_group_dump(struct sk_buff *skb, struct netlink_callback *cb);
int br_sg_nl_addrs_dump(struct sk_buff *skb, struct netlink_callback *cb);
int br_sg_nl_rule_dump(struct sk_buff *skb, struct netlink_callback *cb);
int br_sg_nl_port_dump(struct sk_buff *skb, struct netlink_callback *cb);
int br_sg_nl_counter_dump(struct sk_buff *skb, struct netlink_callback *cb);

/* family.c: made before the commit, so that what is published can be answered */
struct sk_buff *br_sg_nl_commit_reply(struct genl_info *info, void **head);
/* takes over @reply; 0 */
int br_sg_nl_commit_answer(struct genl_info *info, struct sk_buff *reply,
			   void *head, u64 generation,
			   const struct br_sg_blocked *blocked);
void br_sg_nl_commit_refuse(const struct br_sg_refusal *refusal, int err,
			    struct netlink_ext_ack *extack);

/* features.c: what STATUS says of the module, not of the network namespace */
int br_sg_nl_put_features(struct sk_buff *skb);

/* shadow.c */
int br_sg_nl_shadow_commit_doit(struct sk_buff *skb, struct genl_info *info);
int br_sg_nl_shadow_drop_doit(struct sk_buff *skb, struct genl_info *info);

/* event.c: the family's multicast groups */
enum br_sg_nl_mcgrp {
	BR_SG_NL_MCGRP_CONFIG,
	BR_SG_NL_MCGRP_EVENTS,
	BR_SG_NL_MCGRPS
};

extern const struct genl_multicast_group br_sg_nl_mcgrps[BR_SG_NL_MCGRPS];
/* from here on nobody is told anything */
void br_sg_nl_event_close(void);

/* resume.c: see resume.h; @resume is made when there is none */
int br_sg_nl_binding_resume(struct br_sg_resume **resume,
			    const struct nlattr *nest,
			    struct netlink_ext_ack *extack);
int br_sg_nl_zone_resume(struct br_sg_resume **resume,
			 const struct nlattr *nest,
			 struct netlink_ext_ack *extack);
int br_sg_nl_binding_dump(struct sk_buff *skb, struct netlink_callback *cb);
int br_sg_nl_zone_dump(struct sk_buff *skb, struct netlink_callback *cb);

/* flow.c */
int br_sg_nl_flow_start(struct netlink_callback *cb);
int br_sg_nl_flow_dump(struct sk_buff *skb, struct netlink_callback *cb);
int br_sg_nl_flow_done(struct netlink_callback *cb);

#endif
