// SPDX-License-Identifier: GPL-2.0
/*
 * Flows that a port end has revoked, looked up before conntrack sees a packet that
 * would move their state; tombstone.c says what becomes of their entries, flow.c why
 * they stay.
 */
#include <linux/in.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_zones.h>

#include "flow/flow.h"
#include "flow/revoked.h"
#include "flow/shadow.h"
#include "flow/slot.h"
#include "flow/slot_judge.h"
#include "flow/tombstone.h"
#include "netns/net.h"
#include "policy/snapshot.h"

bool br_sg_proto_has_state(u8 proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_SCTP ||
	       proto == IPPROTO_DCCP;
}

/* the port end that has revoked @ct; NULL: none has */
static const struct br_sg_bind *
entry_revoked(const struct br_sg_snapshot *snap, struct nf_conn *ct, int *own)
{
	unsigned long *words = br_sg_slot_words(ct);
	const struct br_sg_bind *bind;
	u64 slot;
	int i;

	for (i = 0; words && i < 2; i++) {
		bind = br_sg_slot_bind(snap, ct, READ_ONCE(words[i]));
		if (!bind || bind->port->stateless)
			continue;
		slot = br_sg_slot_read(snap, bind, ct, words, i);
		if (slot && br_sg_slot_verdict(ct, slot).code < 0) {
			*own = i;
			return bind;
		}
	}
	return NULL;
}

/*
 * The port that owns word @own of @ct is known, and has not written it: was the flow
 * revoked at its end, by one that is no more?
 */
static bool entry_inherited(const struct br_sg_snapshot *snap,
			    const struct br_sg_bind *bind,
			    const struct nf_conn *ct, int own)
{
	const unsigned long *words = br_sg_slot_words(ct);
	u64 slot = words ? READ_ONCE(words[own]) : 0;

	return br_sg_slot_revoked(slot) &&
	       READ_ONCE(bind->state) == BR_SG_BIND_FILTER &&
	       !bind->port->stateless &&
	       br_sg_slot_revoked(br_sg_slot_renewed(snap, bind, ct, own,
						     slot));
}

struct nf_conntrack_tuple_hash *br_sg_flow_find(const struct br_sg_bind *bind,
						struct net *net,
						const struct sk_buff *skb)
{
	struct nf_conntrack_tuple tuple;
	struct nf_conntrack_zone zone;
	u16 family;

	family = skb->protocol == htons(ETH_P_IP) ? NFPROTO_IPV4 :
						    NFPROTO_IPV6;
	if (!nf_ct_get_tuplepr(skb, skb_mac_offset(skb) + ETH_HLEN, family, net,
			       &tuple) ||
	    !br_sg_proto_has_state(tuple.dst.protonum))
		return NULL;
	nf_ct_zone_init(&zone, bind->bridge->zone, NF_CT_DEFAULT_ZONE_DIR, 0);
	return nf_conntrack_find_get(net, &zone, &tuple);
}

bool br_sg_entry_orphaned(const struct br_sg_snapshot *snap,
			  const struct nf_conn *ct, int i)
{
	const unsigned long *words = br_sg_slot_words(ct);
	u64 slot = words ? READ_ONCE(words[i]) : 0;

	return br_sg_slot_revoked(slot) &&
	       !br_sg_bind_by_serial(snap, br_sg_slot_serial(slot));
}

const struct br_sg_bind *
br_sg_flow_revoked(struct br_sg_net *bn, const struct br_sg_snapshot *snap,
		   const struct br_sg_bind *bind, u8 *direction,
		   const struct sk_buff *skb, bool *track)
{
	struct nf_conntrack_tuple_hash *h = br_sg_flow_find(bind, bn->net, skb);
	const struct br_sg_bind *end;
	struct nf_conn *ct, *of;
	int own, own_end;

	if (!h)
		return NULL;
	ct = nf_ct_tuplehash_to_ctrack(h);
	of = ct;
	end = entry_revoked(snap, of, &own);
	if (!end && ct->master) {
		of = ct->master;
		end = entry_revoked(snap, of, &own);
		if (end)
			br_sg_tomb_keep(ct, br_sg_tomb_state(ct));
	}
	own_end = br_sg_slot_own(NF_CT_DIRECTION(h) ? IP_CT_ESTABLISHED_REPLY :
					    IP_CT_ESTABLISHED, *direction);
	if (!end && entry_inherited(snap, bind, ct, own_end)) {
		end = bind;
		of = ct;
		own = own_end;
	}
	if (!end && *direction == BR_SG_EGRESS &&
	    br_sg_entry_orphaned(snap, ct, !own_end))
		*track = false;
	if (end && end != bind)
		*direction = BR_SG_INGRESS;
	if (end && unlikely(end->shadow))
		br_sg_shadow_compare_revoked(bn, end, *direction, of, own, skb);
	nf_ct_put(ct);
	return end;
}
