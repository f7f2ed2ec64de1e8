// SPDX-License-Identifier: GPL-2.0
/* What a port's rules say of a frame and of a conntrack entry. */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/string.h>
#include <net/netfilter/nf_conntrack.h>

#include "flow/rules.h"
#include "frame/plain.h"
#include "policy/snapshot.h"

static bool proto_has_ports(u8 proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP ||
	       proto == IPPROTO_UDPLITE || proto == IPPROTO_SCTP ||
	       proto == IPPROTO_DCCP;
}

bool br_sg_tuple_lacks_ports(const struct nf_conntrack_tuple *tuple)
{
	return !tuple->src.u.all && !tuple->dst.u.all &&
	       proto_has_ports(tuple->dst.protonum);
}

/* the parser takes IGMP for ICMP; no rule and no error is IGMP */
static bool frame_is_icmp(const struct br_sg_frame *frame)
{
	return frame->flags & BR_SG_FRAME_ICMP &&
	       frame->proto == (frame->kind == BR_SG_FRAME_IPV4 ?
				IPPROTO_ICMP : IPPROTO_ICMPV6);
}

bool br_sg_frame_is_icmp_error(const struct br_sg_frame *frame)
{
	if (!frame_is_icmp(frame))
		return false;
	if (frame->kind == BR_SG_FRAME_IPV6)
		return frame->type < 128;
	return frame->type == 3 || frame->type == 4 || frame->type == 5 ||
	       frame->type == 11 || frame->type == 12;
}

bool br_sg_frame_is_message(const struct br_sg_frame *frame,
			    enum ip_conntrack_info ctinfo)
{
	return (ctinfo == IP_CT_RELATED || ctinfo == IP_CT_RELATED_REPLY) &&
	       frame->proto == (frame->kind == BR_SG_FRAME_IPV4 ?
				IPPROTO_ICMP : IPPROTO_ICMPV6);
}

bool br_sg_frame_has_no_state(const struct br_sg_frame *frame)
{
	/* to conntrack, "no next header" is an extension header with nothing behind */
	if (frame->kind == BR_SG_FRAME_IPV6 && frame->proto == IPPROTO_NONE)
		return true;
	if (!frame_is_icmp(frame) || br_sg_frame_is_icmp_error(frame))
		return false;
	if (frame->kind == BR_SG_FRAME_IPV6)
		return frame->type != 128 && frame->type != 129 &&
		       frame->type != 139 && frame->type != 140;
	return frame->type != 0 && frame->type != 8 &&
	       (frame->type < 13 || frame->type > 18);
}

static void key_from_frame(struct br_sg_key *key, u8 direction,
			   const struct br_sg_frame *frame)
{
	memset(key, 0, sizeof(*key));
	key->family = frame->kind == BR_SG_FRAME_IPV4 ? AF_INET : AF_INET6;
	key->proto = frame->proto;
	key->remote = direction == BR_SG_INGRESS ? frame->saddr : frame->daddr;
	if (frame->flags & BR_SG_FRAME_PORTS) {
		key->flags |= BR_SG_MATCH_PORT;
		key->dport = frame->dport;
	}
	if (frame_is_icmp(frame)) {
		key->flags |= BR_SG_MATCH_TYPE | BR_SG_MATCH_CODE;
		key->type = frame->type;
		key->code = frame->code;
	}
}

/* @tuple: of a packet that travels in @direction */
static void key_from_tuple(struct br_sg_key *key, u8 direction,
			   const struct nf_conntrack_tuple *tuple)
{
	const union nf_inet_addr *remote;

	memset(key, 0, sizeof(*key));
	key->family = tuple->src.l3num;
	key->proto = tuple->dst.protonum;
	remote = direction == BR_SG_INGRESS ? &tuple->src.u3 : &tuple->dst.u3;
	if (key->family == AF_INET)
		key->remote.v4 = remote->ip;
	else
		memcpy(key->remote.b, remote->all, sizeof(key->remote.b));
	if (proto_has_ports(key->proto)) {
		key->flags |= BR_SG_MATCH_PORT;
		key->dport = ntohs(tuple->dst.u.all);
	} else if (key->proto == IPPROTO_ICMP ||
		   key->proto == IPPROTO_ICMPV6) {
		key->flags |= BR_SG_MATCH_TYPE | BR_SG_MATCH_CODE;
		key->type = tuple->dst.u.icmp.type;
		key->code = tuple->dst.u.icmp.code;
	}
}

/*
 * Of a packet of @ct that travels in @direction, as the port that owns word @own
 * sends or receives it. br_netfilter's NAT comes between the two: what the port
 * sends has not been translated yet, and of what it receives the port is the one
 * that its own packets come from.
 */
static void key_from_entry(struct br_sg_key *key, u8 direction,
			   const struct nf_conn *ct, int own)
{
	const struct nf_conntrack_tuple *mine = &ct->tuplehash[own].tuple;

	if (direction == BR_SG_EGRESS) {
		key_from_tuple(key, direction, mine);
		return;
	}
	key_from_tuple(key, direction, &ct->tuplehash[!own].tuple);
	if (key->flags & BR_SG_MATCH_PORT)
		key->dport = ntohs(mine->src.u.all);
}

static int rules_lookup(const struct br_sg_port *port,
			const struct br_sg_remotes *remotes, u8 direction,
			struct br_sg_key *key)
{
	const struct br_sg_table *table;

	table = port->ruleset->tables[direction];
	if (br_sg_table_has_tags(table))
		key->tags = br_sg_remotes_find(remotes, key->family,
					       &key->remote);
	return br_sg_table_lookup(table, key);
}

int br_sg_rules_by_frame(const struct br_sg_port *port,
			 const struct br_sg_remotes *remotes, u8 direction,
			 const struct br_sg_frame *frame)
{
	struct br_sg_key key;

	key_from_frame(&key, direction, frame);
	return rules_lookup(port, remotes, direction, &key);
}

int br_sg_rules_by_skb(const struct br_sg_port *port,
		       const struct br_sg_remotes *remotes, u8 direction,
		       const struct sk_buff *skb)
{
	struct br_sg_key key;

	br_sg_plain_key(skb, direction, &key);
	return rules_lookup(port, remotes, direction, &key);
}

int br_sg_rules_by_tuple(const struct br_sg_port *port,
			 const struct br_sg_remotes *remotes, u8 direction,
			 const struct nf_conntrack_tuple *tuple)
{
	struct br_sg_key key;

	key_from_tuple(&key, direction, tuple);
	return rules_lookup(port, remotes, direction, &key);
}

int br_sg_rules_by_entry(const struct br_sg_port *port,
			 const struct br_sg_remotes *remotes, u8 direction,
			 const struct nf_conn *ct, int own)
{
	struct br_sg_key key;

	key_from_entry(&key, direction, ct, own);
	return rules_lookup(port, remotes, direction, &key);
}

/* what an ICMP message answers; false: it is no answer */
static bool icmp_request(bool v6, u8 *type)
{
	if (v6) {
		if (*type != 129 && *type != 140)
			return false;
		*type -= 1;
		return true;
	}
	switch (*type) {
	case 0:
		*type = 8;
		return true;
	case 14:
	case 16:
	case 18:
		*type -= 1;
		return true;
	default:
		return false;
	}
}

int br_sg_rules_for_request(const struct br_sg_port *port,
			    const struct br_sg_remotes *remotes, u8 direction,
			    const struct br_sg_frame *frame)
{
	struct br_sg_key key;

	key_from_frame(&key, !direction, frame);
	key.dport = frame->sport;
	if (key.flags & BR_SG_MATCH_TYPE &&
	    !icmp_request(frame->kind == BR_SG_FRAME_IPV6, &key.type))
		return -1;
	return rules_lookup(port, remotes, direction, &key);
}

bool br_sg_rules_allow_portless(const struct br_sg_port *port,
				const struct br_sg_remotes *remotes, u8 direction,
				u8 ways, const struct br_sg_frame *frame)
{
	if (ways & BIT(direction) &&
	    br_sg_rules_by_frame(port, remotes, direction, frame) >= 0)
		return true;
	return ways & BIT(!direction) &&
	       br_sg_rules_for_request(port, remotes, !direction, frame) >= 0;
}

int br_sg_rules_for_flow(const struct br_sg_port *port,
			 const struct br_sg_remotes *remotes, u8 direction,
			 const struct nf_conn *ct, int own)
{
	const struct nf_conntrack_tuple *tuple = &ct->tuplehash[own].tuple;
	struct br_sg_addr source = {};
	struct br_sg_key key;
	int rule;

	key_from_entry(&key, direction, ct, own);
	if (br_sg_tuple_lacks_ports(tuple))
		key.flags &= ~BR_SG_MATCH_PORT;
	rule = rules_lookup(port, remotes, direction, &key);
	if (rule < 0 && br_sg_tuple_lacks_ports(tuple))
		rule = 0;
	if (rule < 0 || direction == BR_SG_INGRESS)
		return rule;
	if (key.family == AF_INET)
		source.v4 = tuple->src.u3.ip;
	else
		memcpy(source.b, tuple->src.u3.all, sizeof(source.b));
	return br_sg_guard_source(&port->guard, NULL, key.family, &source) ?
	       rule : -1;
}
