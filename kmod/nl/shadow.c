// SPDX-License-Identifier: GPL-2.0
/*
 * What becomes of a shadow: SHADOW_COMMIT, SHADOW_DROP. One is made by COMMIT and
 * read by the *_GET, with a flag.
 */
#include <linux/slab.h>

#include "nl/nl.h"

int br_sg_nl_shadow_commit_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct br_sg_net *bn = br_sg_net(genl_info_net(info));
	struct nlattr *tb[BR_SG_A_MAX + 1];
	struct br_sg_blocked *blocked;
	struct br_sg_refusal *refusal;
	u64 generation, number = 0;
	struct sk_buff *reply;
	void *head;
	int err;

	err = br_sg_nl_parse(info->nlhdr, tb, br_sg_shadow_commit_policy, 0,
			     info->extack);
	if (err)
		return err;
	if (tb[BR_SG_A_GENERATION])
		number = nla_get_u64(tb[BR_SG_A_GENERATION]);
	err = -ENOMEM;
	blocked = kzalloc(sizeof(*blocked), GFP_KERNEL);
	refusal = kzalloc(sizeof(*refusal), GFP_KERNEL);
	if (!blocked || !refusal)
		goto out_free;
	reply = br_sg_nl_commit_reply(info, &head);
	if (!reply)
		goto out_free;
	err = br_sg_commit_shadow(bn, number, &generation, refusal, blocked);
	if (err) {
		nlmsg_free(reply);
		br_sg_nl_commit_refuse(refusal, err, info->extack);
	} else {
		err = br_sg_nl_commit_answer(info, reply, head, generation,
					     blocked);
	}
out_free:
	kfree(refusal);
	kfree(blocked);
	return err;
}

int br_sg_nl_shadow_drop_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct br_sg_net *bn = br_sg_net(genl_info_net(info));
	struct br_sg_refusal *refusal;
	int err;

	refusal = kzalloc(sizeof(*refusal), GFP_KERNEL);
	if (!refusal)
		return -ENOMEM;
	err = br_sg_commit_shadow_drop(bn, refusal);
	if (err)
		br_sg_nl_commit_refuse(refusal, err, info->extack);
	kfree(refusal);
	return err;
}
