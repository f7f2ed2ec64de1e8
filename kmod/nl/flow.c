// SPDX-License-Identifier: GPL-2.0
/*
 * FLOW_GET: the conntrack entries that ports have slots in.
 */
#include <linux/jiffies.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_zones.h>
#include <net/sock.h>

#include "flow/flows.h"
#include "nl/nl.h"

/**
 * struct br_sg_nl_flows - where the dump is, in netlink_callback.ctx
 * @config: in force when it began; pinned
 * @dev: of @config: the port that is asked for; NULL: all
 * @revoked: those only
 * @walk: of the table
 */
struct br_sg_nl_flows {
	struct br_sg_config *config;
	const char *dev;
	bool revoked;
	struct br_sg_flow_walk walk;
};

/* what the walk's callback works on */
struct br_sg_nl_flow_put {
	struct sk_buff *skb;
	const struct br_sg_nl_flows *flows;
	bool some;
};

static struct br_sg_nl_flows *br_sg_nl_flows(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct br_sg_nl_flows) > sizeof(cb->ctx));
	return (struct br_sg_nl_flows *)cb->ctx;
}

int br_sg_nl_flow_start(struct netlink_callback *cb)
{
	struct br_sg_nl_flows *flows = br_sg_nl_flows(cb);
	struct nlattr *tb[BR_SG_A_MAX + 1];
	struct br_sg_port_conf *conf;
	int err;

	err = br_sg_nl_parse(cb->nlh, tb, br_sg_flow_get_policy, 0,
			     cb->extack);
	if (err)
		return err;
	memset(flows, 0, sizeof(*flows));
	flows->revoked = tb[BR_SG_A_FLAGS] &&
			 nla_get_u32(tb[BR_SG_A_FLAGS]) & BR_SG_FLOW_F_REVOKED;
	flows->config = br_sg_query_config(br_sg_net(sock_net(cb->skb->sk)));
	if (!tb[BR_SG_A_PORT])
		return 0;
	conf = br_sg_nl_port_key(flows->config, tb[BR_SG_A_PORT], cb->extack);
	if (IS_ERR(conf)) {
		br_sg_config_put(flows->config);
		return PTR_ERR(conf);
	}
	flows->dev = conf->dev;
	return 0;
}

int br_sg_nl_flow_done(struct netlink_callback *cb)
{
	struct br_sg_nl_flows *flows = br_sg_nl_flows(cb);

	br_sg_flows_end(&flows->walk);
	br_sg_config_put(flows->config);
	return 0;
}

static bool br_sg_nl_flow_wanted(const struct br_sg_nl_flows *flows,
				 const struct br_sg_flow *flow)
{
	u32 i;

	for (i = 0; i < flow->n_ends; i++)
		if ((!flows->dev || !strcmp(flows->dev, flow->ends[i].dev)) &&
		    (!flows->revoked || flow->ends[i].revoked))
			return true;
	return false;
}

static int br_sg_nl_put_host(struct sk_buff *skb, int type, u16 family,
			     const union nf_inet_addr *addr)
{
	struct br_sg_prefix prefix = {
		.family = family,
		.len = br_sg_family_bits(family),
	};

	memcpy(prefix.addr.b, addr, family == AF_INET ? 4 : 16);
	return br_sg_nl_put_addr(skb, type, &prefix, NULL);
}

static int br_sg_nl_put_l4(struct sk_buff *skb,
			   const struct nf_conntrack_tuple *tuple)
{
	switch (tuple->dst.protonum) {
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return nla_put_u8(skb, BR_SG_TUPLE_A_ICMP_TYPE,
				  tuple->dst.u.icmp.type) ||
		       nla_put_u8(skb, BR_SG_TUPLE_A_ICMP_CODE,
				  tuple->dst.u.icmp.code) ||
		       nla_put_u16(skb, BR_SG_TUPLE_A_ICMP_ID,
				   ntohs(tuple->src.u.icmp.id));
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		return nla_put_u16(skb, BR_SG_TUPLE_A_SPORT,
				   ntohs(tuple->src.u.all)) ||
		       nla_put_u16(skb, BR_SG_TUPLE_A_DPORT,
				   ntohs(tuple->dst.u.all));
	}
	return 0;
}

static int br_sg_nl_put_tuple(struct sk_buff *skb, int type,
			      const struct nf_conntrack_tuple *tuple)
{
	u16 family = tuple->src.l3num;
	struct nlattr *nest;

	nest = nla_nest_start(skb, type);
	if (!nest ||
	    br_sg_nl_put_host(skb, BR_SG_TUPLE_A_SRC, family,
			      &tuple->src.u3) ||
	    br_sg_nl_put_host(skb, BR_SG_TUPLE_A_DST, family,
			      &tuple->dst.u3) ||
	    br_sg_nl_put_l4(skb, tuple))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int br_sg_nl_put_end(struct sk_buff *skb,
			    const struct br_sg_flow_end *end)
{
	struct nlattr *nest;

	nest = nla_nest_start(skb, BR_SG_FLOW_A_END);
	if (!nest ||
	    nla_put_string(skb, BR_SG_END_A_DEV, end->dev) ||
	    nla_put_u8(skb, BR_SG_END_A_DIRECTION, end->direction) ||
	    (end->revoked && nla_put_flag(skb, BR_SG_END_A_REVOKED)) ||
	    (end->again && nla_put_flag(skb, BR_SG_END_A_AGAIN)) ||
	    (end->counted && nla_put_flag(skb, BR_SG_END_A_COUNTED)) ||
	    nla_put_u16(skb, BR_SG_END_A_VERSION, end->version) ||
	    (end->group &&
	     (nla_put_string(skb, BR_SG_END_A_GROUP, end->group) ||
	      nla_put_u32(skb, BR_SG_END_A_ID, end->id))))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int br_sg_nl_put_entry(struct sk_buff *skb, const struct nf_conn *ct)
{
	const struct nf_conntrack_tuple *original, *reply;

	original = &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	reply = &ct->tuplehash[IP_CT_DIR_REPLY].tuple;
	if (nla_put_u16(skb, BR_SG_FLOW_A_ZONE, nf_ct_zone(ct)->id) ||
	    nla_put_u8(skb, BR_SG_FLOW_A_PROTO, nf_ct_protonum(ct)) ||
	    br_sg_nl_put_tuple(skb, BR_SG_FLOW_A_ORIGINAL, original) ||
	    br_sg_nl_put_tuple(skb, BR_SG_FLOW_A_REPLY, reply) ||
	    (nf_ct_protonum(ct) == IPPROTO_TCP &&
	     nla_put_u8(skb, BR_SG_FLOW_A_TCP_STATE,
			READ_ONCE(ct->proto.tcp.state))) ||
	    nla_put_u32(skb, BR_SG_FLOW_A_TIMEOUT, nf_ct_expires(ct) / HZ))
		return -EMSGSIZE;
	if ((test_bit(IPS_SEEN_REPLY_BIT, &ct->status) &&
	     nla_put_flag(skb, BR_SG_FLOW_A_SEEN_REPLY)) ||
	    (test_bit(IPS_ASSURED_BIT, &ct->status) &&
	     nla_put_flag(skb, BR_SG_FLOW_A_ASSURED)))
		return -EMSGSIZE;
	return 0;
}

static int br_sg_nl_put_flow(const struct br_sg_flow *flow, void *arg)
{
	struct br_sg_nl_flow_put *put = arg;
	struct sk_buff *skb = put->skb;
	struct nlattr *nest;
	u32 i;

	if (!br_sg_nl_flow_wanted(put->flows, flow))
		return 0;
	nest = nla_nest_start(skb, BR_SG_A_FLOW);
	if (!nest)
		return -EMSGSIZE;
	if (br_sg_nl_put_entry(skb, flow->ct))
		goto err_cancel;
	for (i = 0; i < flow->n_ends; i++)
		if (br_sg_nl_put_end(skb, &flow->ends[i]))
			goto err_cancel;
	nla_nest_end(skb, nest);
	put->some = true;
	return 0;

err_cancel:
	nla_nest_cancel(skb, nest);
	return -EMSGSIZE;
}

int br_sg_nl_flow_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct br_sg_nl_flows *flows = br_sg_nl_flows(cb);
	struct br_sg_nl_flow_put put = { .skb = skb, .flows = flows };
	void *head;
	int err;

	head = br_sg_nl_begin(skb, cb, flows->config->generation,
			      BR_SG_CMD_FLOW_GET);
	if (!head)
		return -EMSGSIZE;
	err = br_sg_flows_walk(br_sg_net(sock_net(skb->sk)), &flows->walk,
			       br_sg_nl_put_flow, &put);
	if (put.some) {
		genlmsg_end(skb, head);
		return skb->len;
	}
	genlmsg_cancel(skb, head);
	return err;
}
