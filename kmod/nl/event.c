// SPDX-License-Identifier: GPL-2.0
/*
 * What is told without being asked for: EVENT_NTF and CONFIG_NTF.
 *
 * Who may configure may listen: the multicast groups take CAP_NET_ADMIN in the
 * user namespace of the netns, and nothing is told in a netns whose user
 * namespace is not the initial one.
 */
#include <net/net_namespace.h>

#include "netns/event.h"
#include "nl/nl.h"

const struct genl_multicast_group br_sg_nl_mcgrps[BR_SG_NL_MCGRPS] = {
	[BR_SG_NL_MCGRP_CONFIG] = { .name = BR_SG_MCGRP_CONFIG, BR_SG_MCGRP_FLAGS },
	[BR_SG_NL_MCGRP_EVENTS] = { .name = BR_SG_MCGRP_EVENTS, BR_SG_MCGRP_FLAGS },
};

/* the family is about to go, and nobody may be told */
static bool br_sg_nl_closing;

static bool br_sg_nl_listened(const struct net *net, unsigned int group)
{
	return net->user_ns == &init_user_ns && !READ_ONCE(br_sg_nl_closing) &&
	       genl_has_listeners(&br_sg_nl_family, (struct net *)net, group);
}

void br_sg_nl_event_close(void)
{
	WRITE_ONCE(br_sg_nl_closing, true);
	flush_workqueue(br_sg_wq);
}

bool br_sg_nl_event_wanted(const struct net *net)
{
	return br_sg_nl_listened(net, BR_SG_NL_MCGRP_EVENTS);
}

static int br_sg_nl_put_l3(struct sk_buff *skb, const struct br_sg_frame *frame)
{
	struct br_sg_prefix src = {}, dst = {};

	src.family = frame->kind == BR_SG_FRAME_IPV6 ? AF_INET6 : AF_INET;
	src.len = br_sg_family_bits(src.family);
	dst = src;
	src.addr = frame->saddr;
	dst.addr = frame->daddr;
	return br_sg_nl_put_addr(skb, BR_SG_TUPLE_A_SRC, &src, NULL) ||
	       br_sg_nl_put_addr(skb, BR_SG_TUPLE_A_DST, &dst, NULL);
}

static int br_sg_nl_put_frame_tuple(struct sk_buff *skb,
				    const struct br_sg_frame *frame)
{
	struct nlattr *nest;

	nest = nla_nest_start(skb, BR_SG_EVENT_A_TUPLE);
	if (!nest || br_sg_nl_put_l3(skb, frame))
		return -EMSGSIZE;
	if (frame->flags & BR_SG_FRAME_PORTS &&
	    (nla_put_u16(skb, BR_SG_TUPLE_A_SPORT, frame->sport) ||
	     nla_put_u16(skb, BR_SG_TUPLE_A_DPORT, frame->dport)))
		return -EMSGSIZE;
	if (frame->flags & BR_SG_FRAME_ICMP &&
	    (nla_put_u8(skb, BR_SG_TUPLE_A_ICMP_TYPE, frame->type) ||
	     nla_put_u8(skb, BR_SG_TUPLE_A_ICMP_CODE, frame->code)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int br_sg_nl_put_frame(struct sk_buff *skb,
			      const struct br_sg_frame *frame)
{
	bool ip = frame->kind == BR_SG_FRAME_IPV4 ||
		  frame->kind == BR_SG_FRAME_IPV6;

	return nla_put_u32(skb, BR_SG_EVENT_A_BYTES, frame->bytes) ||
	       nla_put(skb, BR_SG_EVENT_A_SRC_MAC, ETH_ALEN, frame->src) ||
	       nla_put(skb, BR_SG_EVENT_A_DST_MAC, ETH_ALEN, frame->dst) ||
	       nla_put_u16(skb, BR_SG_EVENT_A_ETHERTYPE, frame->ethertype) ||
	       (ip && nla_put_u8(skb, BR_SG_EVENT_A_PROTO, frame->proto)) ||
	       ((ip || frame->kind == BR_SG_FRAME_ARP) &&
		br_sg_nl_put_frame_tuple(skb, frame)) ? -EMSGSIZE : 0;
}

static bool br_sg_nl_event_of_frame(const struct br_sg_event *event)
{
	return event->kind == BR_SG_EVENT_DROP ||
	       event->kind == BR_SG_EVENT_WOULD_DROP ||
	       event->kind == BR_SG_EVENT_WOULD_ACCEPT;
}

static int br_sg_nl_put_event(struct sk_buff *skb,
			      const struct br_sg_event *event)
{
	struct nlattr *nest;

	nest = nla_nest_start(skb, BR_SG_A_EVENT);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u8(skb, BR_SG_EVENT_A_KIND, event->kind) ||
	    nla_put_u64_64bit(skb, BR_SG_EVENT_A_TIME, event->time,
			      BR_SG_EVENT_A_PAD) ||
	    nla_put_string(skb, BR_SG_EVENT_A_DEV, event->dev) ||
	    (event->withheld &&
	     nla_put_u32(skb, BR_SG_EVENT_A_WITHHELD, event->withheld)))
		goto err_cancel;
	if (br_sg_nl_event_of_frame(event) &&
	    (nla_put_u8(skb, BR_SG_EVENT_A_DIRECTION, event->direction) ||
	     (event->reason &&
	      nla_put_u8(skb, BR_SG_EVENT_A_REASON, event->reason)) ||
	     br_sg_nl_put_frame(skb, &event->frame)))
		goto err_cancel;
	if (event->kind == BR_SG_EVENT_CT_NEAR &&
	    (nla_put_u32(skb, BR_SG_EVENT_A_ENTRIES, event->entries) ||
	     nla_put_u32(skb, BR_SG_EVENT_A_LIMIT, event->limit)))
		goto err_cancel;
	if (event->kind == BR_SG_EVENT_PORT_STATE &&
	    (nla_put_u8(skb, BR_SG_EVENT_A_STATE, event->state) ||
	     (event->cause &&
	      nla_put_u8(skb, BR_SG_EVENT_A_CAUSE, event->cause))))
		goto err_cancel;
	nla_nest_end(skb, nest);
	return 0;

err_cancel:
	nla_nest_cancel(skb, nest);
	return -EMSGSIZE;
}

static struct sk_buff *br_sg_nl_ntf(u8 cmd)
{
	struct sk_buff *skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);

	if (skb && !genlmsg_put(skb, 0, 0, &br_sg_nl_family, 0, cmd)) {
		nlmsg_free(skb);
		return NULL;
	}
	return skb;
}

static void br_sg_nl_tell(struct sk_buff *skb, struct net *net,
			  unsigned int group)
{
	struct nlmsghdr *nlh = nlmsg_hdr(skb);

	genlmsg_end(skb, genlmsg_data(nlmsg_data(nlh)));
	genlmsg_multicast_netns(&br_sg_nl_family, net, skb, 0, group,
				GFP_KERNEL);
}

void br_sg_nl_event_send(struct sk_buff *skb, struct net *net)
{
	if (!skb)
		return;
	if (br_sg_nl_event_wanted(net))
		br_sg_nl_tell(skb, net, BR_SG_NL_MCGRP_EVENTS);
	else
		nlmsg_free(skb);
}

struct sk_buff *br_sg_nl_event_add(struct sk_buff *skb, struct net *net,
				   const struct br_sg_event *event)
{
	if (skb && !br_sg_nl_put_event(skb, event))
		return skb;
	br_sg_nl_event_send(skb, net);
	skb = br_sg_nl_ntf(BR_SG_CMD_EVENT_NTF);
	/* an empty message has room for one */
	if (skb)
		br_sg_nl_put_event(skb, event);
	else
		genl_set_err(&br_sg_nl_family, net, 0, BR_SG_NL_MCGRP_EVENTS,
			     -ENOBUFS);
	return skb;
}

void br_sg_nl_config_notify(struct net *net, u64 generation)
{
	struct sk_buff *skb;

	if (!br_sg_nl_listened(net, BR_SG_NL_MCGRP_CONFIG))
		return;
	skb = br_sg_nl_ntf(BR_SG_CMD_CONFIG_NTF);
	if (skb && !nla_put_u64_64bit(skb, BR_SG_A_GENERATION, generation,
				      BR_SG_A_PAD)) {
		br_sg_nl_tell(skb, net, BR_SG_NL_MCGRP_CONFIG);
		return;
	}
	/* it finds that it has missed one, and asks */
	nlmsg_free(skb);
	genl_set_err(&br_sg_nl_family, net, 0, BR_SG_NL_MCGRP_CONFIG, -ENOBUFS);
}

static int br_sg_nl_put_shadow(struct sk_buff *skb, u64 generation, u64 number,
			       u8 change)
{
	struct nlattr *nest;

	if (nla_put_u64_64bit(skb, BR_SG_A_GENERATION, generation, BR_SG_A_PAD))
		return -EMSGSIZE;
	nest = nla_nest_start(skb, BR_SG_A_SHADOW);
	if (!nest || nla_put_u8(skb, BR_SG_SHADOW_A_CHANGE, change) ||
	    nla_put_u64_64bit(skb, BR_SG_SHADOW_A_NUMBER, number,
			      BR_SG_SHADOW_A_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

void br_sg_nl_shadow_notify(struct net *net, u64 generation, u64 number,
			    u8 change)
{
	struct sk_buff *skb;

	if (!br_sg_nl_listened(net, BR_SG_NL_MCGRP_CONFIG))
		return;
	skb = br_sg_nl_ntf(BR_SG_CMD_SHADOW_NTF);
	if (skb && !br_sg_nl_put_shadow(skb, generation, number, change)) {
		br_sg_nl_tell(skb, net, BR_SG_NL_MCGRP_CONFIG);
		return;
	}
	nlmsg_free(skb);
	genl_set_err(&br_sg_nl_family, net, 0, BR_SG_NL_MCGRP_CONFIG, -ENOBUFS);
}
