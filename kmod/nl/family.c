// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family: its commands, and the transactions' own.
 */
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/slab.h>

#include "nl/nl.h"

static int br_sg_nl_begin_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct br_sg_net *bn = br_sg_net(genl_info_net(info));
	struct br_sg_config *base, *candidate;
	struct nlattr *tb[BR_SG_A_MAX + 1];
	u64 generation;
	u32 flags = 0;
	int err;

	err = br_sg_nl_parse(info->nlhdr, tb, br_sg_begin_policy, 0,
			     info->extack);
	if (err)
		return err;
	if (tb[BR_SG_A_FLAGS])
		flags = nla_get_u32(tb[BR_SG_A_FLAGS]);

	base = br_sg_query_config(bn);
	generation = base->generation;
	if (tb[BR_SG_A_GENERATION] &&
	    nla_get_u64(tb[BR_SG_A_GENERATION]) != generation) {
		br_sg_config_put(base);
		return br_sg_refuse(info->extack, tb[BR_SG_A_GENERATION],
				    -ESTALE, "generation %llu is in force",
				    (unsigned long long)generation);
	}
	candidate = flags & BR_SG_BEGIN_F_EMPTY ? br_sg_config_new() :
						  br_sg_config_copy(base);
	br_sg_config_put(base);
	if (!candidate)
		return -ENOMEM;
	err = br_sg_transaction_open(bn, skb, candidate, generation, info->extack);
	if (err)
		br_sg_config_put(candidate);
	return err;
}

static int br_sg_nl_abort_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct br_sg_net *bn = br_sg_net(genl_info_net(info));
	struct nlattr *tb[BR_SG_A_MAX + 1];
	struct br_sg_transaction *txn;

	/* not an error when there is none, so without the text of one */
	txn = br_sg_transaction_lock(bn, skb, NULL);
	if (!IS_ERR(txn)) {
		br_sg_transaction_close(bn, txn);
		br_sg_transaction_unlock(txn);
	}
	return br_sg_nl_parse(info->nlhdr, tb, br_sg_abort_policy, 0,
			      info->extack);
}

struct sk_buff *br_sg_nl_commit_reply(struct genl_info *info, void **head)
{
	struct sk_buff *reply;

	reply = genlmsg_new(2 * nla_total_size_64bit(sizeof(u64)) +
			    (BR_SG_BLOCKED_MAX + 1) *
			    nla_total_size(BR_SG_BLOCKED_TEXT), GFP_KERNEL);
	if (!reply)
		return NULL;
	*head = genlmsg_put_reply(reply, info, &br_sg_nl_family, 0,
				  info->genlhdr->cmd);
	if (!*head) {
		nlmsg_free(reply);
		return NULL;
	}
	return reply;
}

void br_sg_nl_commit_refuse(const struct br_sg_refusal *refusal, int err,
			    struct netlink_ext_ack *extack)
{
	if (*refusal->text)
		br_sg_refuse(extack, NULL, err, "%s", refusal->text);
	else if (err == -ESTALE)
		NL_SET_ERR_MSG(extack,
			       "another writer has committed since BEGIN");
	if (refusal->cookie)
		nl_set_extack_cookie_u64(extack, refusal->cookie);
}

static int br_sg_nl_put_blocked(struct sk_buff *skb,
				const struct br_sg_blocked *blocked)
{
	char more[BR_SG_BLOCKED_TEXT];
	u32 i, n = min_t(u32, blocked->n, BR_SG_BLOCKED_MAX);

	for (i = 0; i < n; i++)
		if (nla_put_string(skb, BR_SG_A_WARNING, blocked->text[i]))
			return -EMSGSIZE;
	if (n == blocked->n)
		return 0;
	snprintf(more, sizeof(more),
		 "%u more ports are blocked: PORT_GET shows which", blocked->n - n);
	return nla_put_string(skb, BR_SG_A_WARNING, more);
}

int br_sg_nl_commit_answer(struct genl_info *info, struct sk_buff *reply,
			   void *head, u64 generation,
			   const struct br_sg_blocked *blocked)
{
	if (WARN_ON_ONCE(nla_put_u64_64bit(reply, BR_SG_A_GENERATION,
					   generation, BR_SG_A_PAD) ||
			 br_sg_nl_put_blocked(reply, blocked))) {
		nlmsg_free(reply);
		return 0;
	}
	genlmsg_end(reply, head);
	/* it is in force, whether the answer gets through or not */
	genlmsg_reply(reply, info);
	return 0;
}

static int br_sg_nl_commit(struct br_sg_net *bn, struct br_sg_transaction *txn,
			   u32 flags, u64 *generation,
			   struct br_sg_blocked *blocked,
			   struct netlink_ext_ack *extack)
{
	struct br_sg_refusal *refusal;
	int err;

	refusal = kzalloc(sizeof(*refusal), GFP_KERNEL);
	if (!refusal)
		return -ENOMEM;
	err = br_sg_commit(bn, txn->config, txn->resume, txn->base, flags,
			   generation, refusal, blocked);
	if (err)
		br_sg_nl_commit_refuse(refusal, err, extack);
	else if (!(flags & BR_SG_COMMIT_F_DRY_RUN))
		/* what was published belongs to the policy */
		txn->config = NULL;
	kfree(refusal);
	return err;
}

static int br_sg_nl_commit_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct br_sg_net *bn = br_sg_net(genl_info_net(info));
	struct nlattr *tb[BR_SG_A_MAX + 1];
	struct br_sg_transaction *txn;
	struct br_sg_blocked *blocked;
	struct sk_buff *reply;
	u64 generation = 0;
	u32 flags = 0;
	void *head;
	int err;

	txn = br_sg_transaction_lock(bn, skb, info->extack);
	if (IS_ERR(txn))
		return PTR_ERR(txn);
	err = br_sg_nl_parse(info->nlhdr, tb, br_sg_commit_policy, 0,
			     info->extack);
	if (err)
		goto out_close;
	if (tb[BR_SG_A_FLAGS])
		flags = nla_get_u32(tb[BR_SG_A_FLAGS]);
	err = -ENOMEM;
	blocked = kzalloc(sizeof(*blocked), GFP_KERNEL);
	if (!blocked)
		goto out_close;
	reply = br_sg_nl_commit_reply(info, &head);
	if (!reply)
		goto out_free;
	err = br_sg_nl_commit(bn, txn, flags, &generation, blocked,
			      info->extack);
	if (err)
		nlmsg_free(reply);
	else
		err = br_sg_nl_commit_answer(info, reply, head, generation,
					     blocked);
out_free:
	kfree(blocked);
out_close:
	br_sg_transaction_close(bn, txn);
	br_sg_transaction_unlock(txn);
	return err;
}

/*
 * The messages of a transaction take br_sg_nl_opaque and are parsed by
 * br_sg_nl_parse(), where a refusal ends the transaction. The others are parsed by
 * generic netlink.
 */
#define BR_SG_NL_CHANGE(command) {			\
	.cmd = BR_SG_CMD_##command,			\
	.flags = GENL_ADMIN_PERM,			\
	.policy = br_sg_nl_opaque,			\
	.maxattr = BR_SG_A_MAX,				\
	.doit = br_sg_nl_change_doit,			\
}

#define BR_SG_NL_DUMP(command, name) {			\
	.cmd = BR_SG_CMD_##command##_GET,		\
	.flags = GENL_ADMIN_PERM,			\
	.policy = br_sg_##name##_get_policy,		\
	.maxattr = BR_SG_A_MAX,				\
	.start = br_sg_nl_start,			\
	.dumpit = br_sg_nl_##name##_dump,		\
	.done = br_sg_nl_done,				\
}

static const struct genl_ops br_sg_nl_ops[] = {
	{
		.cmd = BR_SG_CMD_STATUS_GET,
		.flags = GENL_ADMIN_PERM,
		.policy = br_sg_status_get_policy,
		.maxattr = BR_SG_A_MAX,
		.doit = br_sg_nl_status_doit,
	},
	{
		.cmd = BR_SG_CMD_BEGIN,
		.flags = GENL_ADMIN_PERM,
		.policy = br_sg_begin_policy,
		.maxattr = BR_SG_A_MAX,
		.doit = br_sg_nl_begin_doit,
	},
	{
		.cmd = BR_SG_CMD_COMMIT,
		.flags = GENL_ADMIN_PERM,
		.policy = br_sg_nl_opaque,
		.maxattr = BR_SG_A_MAX,
		.doit = br_sg_nl_commit_doit,
	},
	{
		.cmd = BR_SG_CMD_ABORT,
		.flags = GENL_ADMIN_PERM,
		.policy = br_sg_nl_opaque,
		.maxattr = BR_SG_A_MAX,
		.doit = br_sg_nl_abort_doit,
	},
	BR_SG_NL_CHANGE(FLUSH),
	BR_SG_NL_CHANGE(DEFAULT_NEW),
	BR_SG_NL_CHANGE(DEFAULT_DEL),
	BR_SG_NL_DUMP(DEFAULT, default),
	BR_SG_NL_CHANGE(SET_NEW),
	BR_SG_NL_CHANGE(SET_DEL),
	BR_SG_NL_DUMP(SET, set),
	BR_SG_NL_CHANGE(GROUP_NEW),
	BR_SG_NL_CHANGE(GROUP_DEL),
	BR_SG_NL_DUMP(GROUP, group),
	BR_SG_NL_CHANGE(ADDRS_NEW),
	BR_SG_NL_CHANGE(ADDRS_DEL),
	BR_SG_NL_DUMP(ADDRS, addrs),
	BR_SG_NL_CHANGE(RULE_NEW),
	BR_SG_NL_CHANGE(RULE_DEL),
	BR_SG_NL_DUMP(RULE, rule),
	BR_SG_NL_CHANGE(PORT_NEW),
	BR_SG_NL_CHANGE(PORT_DEL),
	{
		.cmd = BR_SG_CMD_PORT_GET,
		.flags = GENL_ADMIN_PERM,
		.policy = br_sg_port_get_policy,
		.maxattr = BR_SG_A_MAX,
		.doit = br_sg_nl_port_doit,
		.start = br_sg_nl_port_start,
		.dumpit = br_sg_nl_port_dump,
		.done = br_sg_nl_done,
	},
	{
		.cmd = BR_SG_CMD_COUNTER_GET,
		.flags = GENL_ADMIN_PERM,
		.policy = br_sg_counter_get_policy,
		.maxattr = BR_SG_A_MAX,
		.start = br_sg_nl_counter_start,
		.dumpit = br_sg_nl_counter_dump,
		.done = br_sg_nl_done,
	},
	{
		.cmd = BR_SG_CMD_FLOW_GET,
		.flags = GENL_ADMIN_PERM,
		.policy = br_sg_flow_get_policy,
		.maxattr = BR_SG_A_MAX,
		.start = br_sg_nl_flow_start,
		.dumpit = br_sg_nl_flow_dump,
		.done = br_sg_nl_flow_done,
	},
	{
		.cmd = BR_SG_CMD_SHADOW_COMMIT,
		.flags = GENL_ADMIN_PERM,
		.policy = br_sg_shadow_commit_policy,
		.maxattr = BR_SG_A_MAX,
		.doit = br_sg_nl_shadow_commit_doit,
	},
	{
		.cmd = BR_SG_CMD_SHADOW_DROP,
		.flags = GENL_ADMIN_PERM,
		.policy = br_sg_shadow_drop_policy,
		.maxattr = BR_SG_A_MAX,
		.doit = br_sg_nl_shadow_drop_doit,
	},
	BR_SG_NL_DUMP(BINDING, binding),
	BR_SG_NL_CHANGE(BINDING_RESUME),
	BR_SG_NL_DUMP(ZONE, zone),
	BR_SG_NL_CHANGE(ZONE_RESUME),
};

struct genl_family br_sg_nl_family __ro_after_init = {
	.name = BR_SG_GENL_NAME,
	.version = BR_SG_GENL_VERSION,
	.module = THIS_MODULE,
	.ops = br_sg_nl_ops,
	.n_ops = ARRAY_SIZE(br_sg_nl_ops),
	.mcgrps = br_sg_nl_mcgrps,
	.n_mcgrps = BR_SG_NL_MCGRPS,
	.netnsok = true,
	.parallel_ops = true,
};

static int br_sg_nl_event(struct notifier_block *nb, unsigned long event,
			  void *ptr)
{
	const struct netlink_notify *notify = ptr;

	if (event == NETLINK_URELEASE && notify->protocol == NETLINK_GENERIC)
		br_sg_transaction_release(br_sg_net(notify->net), notify->portid);
	return NOTIFY_DONE;
}

static struct notifier_block br_sg_nl_notifier = {
	.notifier_call = br_sg_nl_event,
};

int __init br_sg_netlink_init(void)
{
	int err;

	err = netlink_register_notifier(&br_sg_nl_notifier);
	if (err)
		return err;
	err = genl_register_family(&br_sg_nl_family);
	if (err)
		netlink_unregister_notifier(&br_sg_nl_notifier);
	return err;
}

void br_sg_netlink_exit(void)
{
	br_sg_nl_event_close();
	genl_unregister_family(&br_sg_nl_family);
	netlink_unregister_notifier(&br_sg_nl_notifier);
	br_sg_refuse_exit();
}

MODULE_ALIAS_GENL_FAMILY(BR_SG_GENL_NAME);
