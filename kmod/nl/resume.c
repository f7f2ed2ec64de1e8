// SPDX-License-Identifier: GPL-2.0
/*
 * Bindings and zones: shown, and taken back by a transaction; see resume.h.
 */
#include <linux/slab.h>
#include <net/sock.h>

#include "netns/bind.h"
#include "nl/nl.h"

static int br_sg_nl_resume_make(struct br_sg_resume **resume)
{
	if (!*resume)
		*resume = br_sg_resume_new();
	return *resume ? 0 : -ENOMEM;
}

static int br_sg_nl_binding_parse(struct br_sg_binding *binding,
				  struct nlattr **tb, const struct nlattr *nest,
				  struct netlink_ext_ack *extack)
{
	const struct nlattr *renamed = tb[BR_SG_BINDING_A_RENAMED];

	if (!tb[BR_SG_BINDING_A_DEV])
		return br_sg_nl_missing(extack, nest, BR_SG_BINDING_A_DEV,
					"DEV");
	if (!tb[BR_SG_BINDING_A_IFINDEX])
		return br_sg_nl_missing(extack, nest, BR_SG_BINDING_A_IFINDEX,
					"IFINDEX");
	strscpy(binding->dev, nla_data(tb[BR_SG_BINDING_A_DEV]),
		sizeof(binding->dev));
	binding->ifindex = nla_get_u32(tb[BR_SG_BINDING_A_IFINDEX]);
	if (renamed) {
		if (tb[BR_SG_BINDING_A_SERIAL] ||
		    tb[BR_SG_BINDING_A_POLICY_VERSION]) {
			NL_SET_ERR_MSG_ATTR(extack, renamed,
					    "a renamed device has no SERIAL and no POLICY_VERSION");
			return -EINVAL;
		}
		binding->renamed = true;
		return 0;
	}
	if (!tb[BR_SG_BINDING_A_SERIAL])
		return br_sg_nl_missing(extack, nest, BR_SG_BINDING_A_SERIAL,
					"SERIAL or RENAMED");
	if (!tb[BR_SG_BINDING_A_POLICY_VERSION])
		return br_sg_nl_missing(extack, nest,
					BR_SG_BINDING_A_POLICY_VERSION,
					"POLICY_VERSION");
	binding->serial = nla_get_u32(tb[BR_SG_BINDING_A_SERIAL]);
	binding->version = nla_get_u16(tb[BR_SG_BINDING_A_POLICY_VERSION]);
	return 0;
}

int br_sg_nl_binding_resume(struct br_sg_resume **resume,
			    const struct nlattr *nest,
			    struct netlink_ext_ack *extack)
{
	struct nlattr *tb[BR_SG_BINDING_A_MAX + 1];
	struct br_sg_binding binding = {};
	int err;

	err = br_sg_nl_nest(nest, tb, BR_SG_BINDING_A_MAX, 0, extack);
	if (!err)
		err = br_sg_nl_binding_parse(&binding, tb, nest, extack);
	if (!err)
		err = br_sg_nl_resume_make(resume);
	if (err)
		return err;
	err = br_sg_resume_add(*resume, &binding);
	switch (err) {
	case -EEXIST:
		return br_sg_refuse(extack, tb[BR_SG_BINDING_A_IFINDEX], err,
				    "device %u is there already",
				    binding.ifindex);
	case -EBUSY:
		return br_sg_refuse(extack, tb[BR_SG_BINDING_A_SERIAL], -EEXIST,
				    "serial %u is there already",
				    binding.serial);
	case -E2BIG:
		return br_sg_refuse(extack, nest, err,
				    "a transaction may resume %u bindings",
				    BR_SG_MAX_BINDINGS);
	}
	return err;
}

int br_sg_nl_zone_resume(struct br_sg_resume **resume,
			 const struct nlattr *nest,
			 struct netlink_ext_ack *extack)
{
	struct nlattr *tb[BR_SG_ZONE_A_MAX + 1];
	u16 id;
	int err;

	err = br_sg_nl_nest(nest, tb, BR_SG_ZONE_A_MAX, 0, extack);
	if (err)
		return err;
	if (!tb[BR_SG_ZONE_A_BRIDGE])
		return br_sg_nl_missing(extack, nest, BR_SG_ZONE_A_BRIDGE,
					"BRIDGE");
	if (!tb[BR_SG_ZONE_A_ID])
		return br_sg_nl_missing(extack, nest, BR_SG_ZONE_A_ID, "ID");
	err = br_sg_nl_resume_make(resume);
	if (err)
		return err;
	id = nla_get_u16(tb[BR_SG_ZONE_A_ID]);
	err = br_sg_resume_add_zone(*resume, nla_data(tb[BR_SG_ZONE_A_BRIDGE]),
				    id);
	if (err == -EEXIST)
		br_sg_refuse(extack, tb[BR_SG_ZONE_A_ID], err,
			     "zone %u is there already", id);
	return err;
}

static int br_sg_nl_put_binding(const struct br_sg_binding *binding, void *arg)
{
	struct sk_buff *skb = arg;
	struct nlattr *nest;

	nest = nla_nest_start(skb, BR_SG_A_BINDING);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_string(skb, BR_SG_BINDING_A_DEV, binding->dev) ||
	    nla_put_u32(skb, BR_SG_BINDING_A_IFINDEX, binding->ifindex))
		goto err_cancel;
	if (binding->renamed && nla_put_flag(skb, BR_SG_BINDING_A_RENAMED))
		goto err_cancel;
	if (!binding->renamed &&
	    (nla_put_u32(skb, BR_SG_BINDING_A_SERIAL, binding->serial) ||
	     nla_put_u16(skb, BR_SG_BINDING_A_POLICY_VERSION,
			 binding->version)))
		goto err_cancel;
	nla_nest_end(skb, nest);
	return 0;

err_cancel:
	nla_nest_cancel(skb, nest);
	return -EMSGSIZE;
}

/* by place, so it is inconsistent as soon as a place may be another's */
int br_sg_nl_binding_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct br_sg_nl_dump *dump = br_sg_nl_dump(cb);
	struct br_sg_net *bn = br_sg_net(sock_net(skb->sk));
	u32 first = dump->i, moved;
	void *head;
	int err;

	head = br_sg_nl_head(skb, cb, dump->config->generation,
			     BR_SG_CMD_BINDING_GET);
	if (!head)
		return -EMSGSIZE;
	err = br_sg_bind_walk(bn, &dump->i, br_sg_nl_put_binding, skb, &moved);
	/* told with this message, or with the dump's end */
	cb->seq = moved ? : 1;
	if (dump->i == first) {
		genlmsg_cancel(skb, head);
		return err;
	}
	genl_dump_check_consistent(cb, head);
	genlmsg_end(skb, head);
	return skb->len;
}

static int br_sg_nl_put_kept_zone(struct sk_buff *skb, u16 id,
				  const char *bridge)
{
	struct nlattr *nest;

	nest = nla_nest_start(skb, BR_SG_A_ZONE);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_string(skb, BR_SG_ZONE_A_BRIDGE, bridge) ||
	    nla_put_u16(skb, BR_SG_ZONE_A_ID, id)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

/* by zone: one that comes or goes meanwhile is shown or not */
int br_sg_nl_zone_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct br_sg_nl_dump *dump = br_sg_nl_dump(cb);
	struct br_sg_net *bn = br_sg_net(sock_net(skb->sk));
	char bridge[IFNAMSIZ];
	u32 first = dump->i;
	void *head;
	int err = 0;
	u16 id;

	head = br_sg_nl_begin(skb, cb, dump->config->generation,
			      BR_SG_CMD_ZONE_GET);
	if (!head)
		return -EMSGSIZE;
	while (!err) {
		mutex_lock(&bn->publish);
		id = br_sg_zone_next(&bn->zones, dump->i + 1, bridge);
		mutex_unlock(&bn->publish);
		if (!id)
			break;
		err = br_sg_nl_put_kept_zone(skb, id, bridge);
		if (!err)
			dump->i = id;
		cond_resched();
	}
	if (dump->i == first) {
		genlmsg_cancel(skb, head);
		return err;
	}
	genlmsg_end(skb, head);
	return skb->len;
}
