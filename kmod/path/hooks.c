// SPDX-License-Identifier: GPL-2.0
/*
 * A frame's way
 *
 *	from a port			from the host's stack
 *	    |					|
 *	PRE_ROUTING -202 hook_pre		|
 *	    | guard; zone template; nothing	|
 *	    | that would revive what is revoked	|
 *	PRE_ROUTING -200 (conntrack)		|
 *	    | entry, reassembly			|
 *	PRE_ROUTING -198 hook_egress		|
 *	    | the sending port's verdict	|
 *	    +------------------+		|
 *	    |                  |		|
 *	    |		   LOCAL_IN last     LOCAL_OUT -150
 *	    |		   hook_local_in     hook_local_out
 *	    |                  | confirmed,     | guard; looked up
 *	    |                  | entry off      | in the zone
 *	    |					|
 *	POST_ROUTING -150 hook_ingress ---------+
 *	    | each receiving port's verdict
 *
 * Each has a short way, inline, for packets of known connections (plain.h, slot.h)
 * and a long one, *_long(), for everything. Not all that leaves by LOCAL_OUT comes
 * to POST_ROUTING: what the bridge says itself (BPDUs, multicast queries) does not,
 * it is judged where it is. state->in is unset in both.
 *
 * It is not FORWARD: br_netfilter takes frames out of that chain and brings them
 * back behind priorities 0 and -1, so that such a hook never sees them. And bridge
 * conntrack has a hook in POST_ROUTING anyhow, a chain less to walk.
 *
 * To have bridge conntrack at all is a thing of the whole netns. When only we
 * asked for it, frames of bridges that we have nothing to do with are marked
 * untracked before it and unmarked behind it, so that iptables' CT target and
 * everything else there works as if it were not on. When another asked too (an
 * nft rule with ct state in the bridge family), it is his to have. Conntrack
 * does not tell who asks; that its hook was there before ours, or that nftables
 * has a chain in the bridge family, is what there is to go by.
 */
#include <linux/etherdevice.h>
#include <linux/if_bridge.h>
#include <linux/if_vlan.h>
#include <linux/jiffies.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <linux/skbuff.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_labels.h>

#include "base/compat.h"
#include "flow/flow.h"
#include "flow/refrag.h"
#include "flow/shadow.h"
#include "flow/slot.h"
#include "frame/frame.h"
#include "frame/guard.h"
#include "frame/plain.h"
#include "netns/event.h"
#include "netns/net.h"
#include "path/hooks.h"
#include "policy/snapshot.h"

#define PRI_BEFORE_CONNTRACK	(-202)
#define PRI_AFTER_CONNTRACK	(-198)
#define PRI_FILTER		(-150)

static const struct br_sg_bind *bind_of(const struct br_sg_snapshot *snap,
					const struct net_device *dev)
{
	return snap ? br_sg_bind_find(snap, dev) : NULL;
}

static bool bind_filtered(const struct br_sg_bind *bind)
{
	return bind && bind->bridge && bind->bridge->filtered;
}

static bool frame_is_ip(const struct sk_buff *skb)
{
	return !skb_vlan_tag_present(skb) &&
	       (skb->protocol == htons(ETH_P_IP) ||
		skb->protocol == htons(ETH_P_IPV6));
}

/* conntrack is asked for what comes by a bridge whose ports keep state */
static bool bind_tracks(const struct br_sg_bind *bind)
{
	return bind_filtered(bind) && !bind->bridge->stateless;
}

static bool frame_is_fragment(const struct sk_buff *skb)
{
	struct br_sg_frame frame;

	br_sg_frame_parse(&frame, skb);
	return frame.flags & BR_SG_FRAME_FRAG;
}

static unsigned int drop(struct br_sg_net *bn, const struct br_sg_bind *bind,
			 u8 direction, enum br_sg_reason reason,
			 const struct br_sg_frame *frame, const struct sk_buff *skb)
{
	br_sg_counter_add(&bind->port->counters->reasons[direction][reason],
			  frame->packets, frame->bytes);
	br_sg_event_drop(bn, bind, direction, reason, skb);
	return NF_DROP;
}

static unsigned int accept(const struct br_sg_bind *bind, u8 direction,
			   enum br_sg_step step,
			   const struct br_sg_frame *frame)
{
	struct br_sg_counters *counters = bind->port->counters;

	if (step == BR_SG_STEP_ESTABLISHED)
		br_sg_count_established(counters, direction, frame->packets,
					frame->bytes);
	else
		br_sg_counter_add(&counters->steps[direction][step],
				  frame->packets, frame->bytes);
	return NF_ACCEPT;
}

/* through PRE_ROUTING, where conntrack was asked? The host's own did not */
static bool frame_came_by_port(struct br_sg_net *bn,
			       const struct br_sg_bind *bind,
			       const struct sk_buff *skb)
{
	const struct net_device *dev;
	const struct br_sg_bind *in;

	dev = dev_get_by_index_rcu(bn->net, skb->skb_iif);
	in = dev ? bind_of(rcu_dereference(bn->snap), dev) : NULL;
	return in && in->bridge && in->bridge->dev == bind->bridge->dev;
}

/* that the bridge would lose, see refrag.c. What goes to or comes from the host it won't */
static noinline_for_stack bool
drop_lost(struct br_sg_net *bn, const struct br_sg_bind *bind, u8 direction,
	  const struct sk_buff *skb)
{
	struct br_sg_frame frame;

	if (!bind->port || !br_sg_refrag_loses(skb))
		return false;
	if (direction == BR_SG_EGRESS ? skb->pkt_type == PACKET_HOST :
					!frame_came_by_port(bn, bind, skb))
		return false;
	br_sg_frame_size(&frame, skb);
	drop(bn, bind, direction, BR_SG_REASON_MALFORMED, &frame, skb);
	return true;
}

/* apart, so that there is no frame on the stack of those that need none */
static noinline_for_stack unsigned int
accept_segments(const struct br_sg_bind *bind, u8 direction,
		const struct sk_buff *skb)
{
	struct br_sg_frame frame;

	br_sg_frame_size(&frame, skb);
	return accept(bind, direction, BR_SG_STEP_ESTABLISHED, &frame);
}

static unsigned int accept_established(struct br_sg_net *bn,
				       const struct br_sg_bind *bind,
				       u8 direction, const struct sk_buff *skb)
{
	if (unlikely(br_sg_refrag_joined(skb)) &&
	    drop_lost(bn, bind, direction, skb))
		return NF_DROP;
	if (unlikely(skb_is_gso(skb)))
		return accept_segments(bind, direction, skb);
	br_sg_count_established(bind->port->counters, direction, 1,
				skb->len + ETH_HLEN);
	return NF_ACCEPT;
}

static unsigned int conclude(struct br_sg_net *bn, const struct br_sg_bind *bind,
			     u8 direction, struct br_sg_verdict verdict,
			     const struct br_sg_frame *frame,
			     const struct sk_buff *skb)
{
	struct br_sg_rule_counter *rule;

	if (verdict.code < 0)
		return drop(bn, bind, direction, -verdict.code, frame, skb);
	if (verdict.code > 0)
		return accept(bind, direction, verdict.code, frame);
	rule = bind->port->rules->v[direction][verdict.rule];
	br_sg_counter_add(&rule->count, frame->packets, frame->bytes);
	return NF_ACCEPT;
}

/* what the rules did not count as the port's, or keep no verdict of */
static void count(const struct br_sg_bind *bind, u8 direction,
		  struct br_sg_verdict *verdict, const struct br_sg_frame *frame,
		  const struct sk_buff *skb)
{
	int reason;

	if (verdict->code < 0 || (!verdict->code && !bind->port->stateless))
		return;
	/* a copy of a flood */
	if (direction == BR_SG_INGRESS &&
	    !br_sg_guard_addressed(&bind->port->guard, frame))
		return;
	reason = br_sg_flow_count(bind, direction, skb);
	if (reason)
		verdict->code = -reason;
}

/* the same, behind conntrack, and what the shadow says of it */
static unsigned int conclude_flow(struct br_sg_net *bn,
				  const struct br_sg_bind *bind, u8 direction,
				  struct br_sg_verdict verdict,
				  const struct br_sg_frame *frame,
				  const struct sk_buff *skb)
{
	if (unlikely(bind->shadow))
		br_sg_shadow_compare(bn, bind, direction, verdict,
				     bind_tracks(bind), skb);
	return conclude(bn, bind, direction, verdict, frame, skb);
}

/*
 * Of a flow that a port end has revoked nothing that moves conntrack's state
 * reaches conntrack. Counted at that end, whoever sent it; @direction is that of
 * the frame to @bind. Sets *@track to false if conntrack must not see it all the same.
 */
static bool drop_revoked(struct br_sg_net *bn, const struct br_sg_snapshot *snap,
			 const struct br_sg_bind *bind, u8 direction,
			 struct sk_buff *skb, bool *track)
{
	const struct br_sg_bind *end;
	struct br_sg_frame frame;

	end = br_sg_flow_revoked(bn, snap, bind, &direction, skb, track);
	if (likely(!end))
		return false;
	br_sg_frame_size(&frame, skb);
	drop(bn, end, direction, BR_SG_REASON_REVOKED, &frame, skb);
	return true;
}

/* a port's rules decide, and its bridge is one whose frames can be tracked */
static bool bind_guards(const struct br_sg_bind *bind)
{
	return READ_ONCE(bind->state) == BR_SG_BIND_FILTER &&
	       !br_sg_bridge_unfit(bind);
}

/*
 * What needs no look at the policy: true when it has decided. A port that is
 * not filtered, a blocked one, a device without a port line.
 */
static bool decide_early(struct br_sg_net *bn, const struct br_sg_bind *bind,
			 u8 direction, const struct sk_buff *skb,
			 unsigned int *verdict)
{
	struct br_sg_frame frame;

	switch (READ_ONCE(bind->state)) {
	case BR_SG_BIND_PASS:
		*verdict = NF_ACCEPT;
		return true;
	case BR_SG_BIND_UNCONFIGURED:
		br_sg_frame_size(&frame, skb);
		br_sg_counter_add(&bn->unconfigured, frame.packets,
				  frame.bytes);
		br_sg_event_drop(bn, bind, direction,
				 BR_SG_REASON_UNCONFIGURED, skb);
		*verdict = NF_DROP;
		return true;
	case BR_SG_BIND_OPEN:
		br_sg_frame_size(&frame, skb);
		*verdict = accept(bind, direction,
				  bind->port->mode == BR_SG_PORT_OFF ?
				  BR_SG_STEP_OFF : BR_SG_STEP_TRUSTED, &frame);
		return true;
	case BR_SG_BIND_ZONE:
		br_sg_frame_size(&frame, skb);
		*verdict = drop(bn, bind, direction, BR_SG_REASON_ZONE, &frame,
				skb);
		return true;
	}
	if (br_sg_bridge_unfit(bind)) {
		br_sg_frame_size(&frame, skb);
		*verdict = drop(bn, bind, direction, BR_SG_REASON_ZONE, &frame,
				skb);
		return true;
	}
	return false;
}

/*
 * Has the shadow compare what was decided before conntrack, or without it. What
 * of it @verdict was, drop or accept, is all that counts.
 */
static void shadow_early(struct br_sg_net *bn, const struct br_sg_bind *bind,
			 u8 direction, unsigned int verdict, bool tracked,
			 const struct sk_buff *skb)
{
	struct br_sg_verdict early = {
		.code = verdict == NF_ACCEPT ? BR_SG_STEP_OFF :
					       -BR_SG_REASON_ZONE,
	};

	br_sg_shadow_compare(bn, bind, direction, early, tracked, skb);
}

static bool hook_is_conntrack(const struct nf_hook_ops *ops)
{
	return ops->hooknum == NF_BR_PRE_ROUTING &&
	       ops->priority == NF_IP_PRI_CONNTRACK;
}

/* is there such a hook in the bridge family? */
static bool bridge_has_hook(const struct net *net,
			    bool (*is)(const struct nf_hook_ops *ops))
{
	const struct nf_hook_entries *entries;
	struct nf_hook_ops **ops;
	unsigned int i, hook;

	for (hook = 0; hook < ARRAY_SIZE(net->nf.hooks_bridge); hook++) {
		entries = rcu_dereference(net->nf.hooks_bridge[hook]);
		if (!entries)
			continue;
		ops = nf_hook_entries_get_hook_ops(entries);
		for (i = 0; i < entries->num_hook_entries; i++)
			if (is(ops[i]))
				return true;
	}
	return false;
}

static noinline void bracket_ask(struct br_sg_net *bn, unsigned long now)
{
	WRITE_ONCE(bn->bracket, !bn->foreign &&
		   !bridge_has_hook(bn->net, br_sg_hook_is_nft));
	WRITE_ONCE(bn->bracket_at, now);
}

/* are frames of other bridges to be kept from conntrack? Asked once a tick */
static bool bracket(struct br_sg_net *bn)
{
	unsigned long now = jiffies;

	if (unlikely(READ_ONCE(bn->bracket_at) != now))
		bracket_ask(bn, now);
	return READ_ONCE(bn->bracket);
}

/* around conntrack, a frame of a bridge that we have nothing to do with */
static unsigned int bracket_open(struct br_sg_net *bn, struct sk_buff *skb)
{
	if (!skb_get_nfct(skb) && bracket(bn))
		nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	return NF_ACCEPT;
}

static unsigned int bracket_close(struct br_sg_net *bn, struct sk_buff *skb)
{
	/* the mark alone, no entry: nothing to put. As bracket_open() found it */
	if (skb_get_nfct(skb) == IP_CT_UNTRACKED && READ_ONCE(bn->bracket))
		skb_set_nfct(skb, 0);
	return NF_ACCEPT;
}

/* takes off whatever entry an IP frame carries: it goes by the bridge's zone */
static __always_inline void pre_zone(const struct br_sg_bridge *bridge,
				     struct sk_buff *skb)
{
	if (skb_nfct(skb))
		nf_reset_ct(skb);
	br_sg_zone_hang(bridge, skb);
}

/*
 * Conntrack now, for what bridge conntrack is not to see. It leaves alone what has
 * an entry; what gets none is marked, or it would ask again, for the zone of
 * nobody.
 */
static unsigned int pre_track(const struct br_sg_bridge *bridge,
			      struct sk_buff *skb,
			      const struct nf_hook_state *state)
{
	unsigned int verdict = br_sg_flow_track(bridge, skb, state);

	if (verdict == NF_ACCEPT && !skb_get_nfct(skb))
		nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	return verdict;
}

/* the guard's verdict, and for what is not IP that is all there is */
static unsigned int pre_guard(struct br_sg_net *bn,
			      const struct br_sg_bind *bind,
			      const struct sk_buff *skb)
{
	struct br_sg_frame frame;
	int code;

	br_sg_frame_parse(&frame, skb);
	code = br_sg_guard_egress(&bind->port->guard, &frame);
	if (code < 0)
		return drop(bn, bind, BR_SG_EGRESS, -code, &frame, skb);
	if (frame.fragments &&
	    !br_sg_fragments_allowed(bind->port->counters, frame.fragments))
		return drop(bn, bind, BR_SG_EGRESS, BR_SG_REASON_MALFORMED,
			    &frame, skb);
	if (code > 0 && frame.kind != BR_SG_FRAME_IPV4 &&
	    frame.kind != BR_SG_FRAME_IPV6)
		return accept(bind, BR_SG_EGRESS, code, &frame);
	return NF_ACCEPT;
}

/* an IP frame that ends and reopens no connection for sure */
static bool frame_is_steady(const struct sk_buff *skb)
{
	return br_sg_plain_steady(skb, skb->protocol == htons(ETH_P_IP));
}

static noinline_for_stack unsigned int
pre_long(struct br_sg_net *bn, const struct br_sg_snapshot *snap,
	 const struct br_sg_bind *bind, struct sk_buff *skb, const struct nf_hook_state *state)
{
	unsigned int verdict = NF_ACCEPT;
	bool track;

	if (!decide_early(bn, bind, BR_SG_EGRESS, skb, &verdict))
		verdict = pre_guard(bn, bind, skb);
	/* an IP frame that goes on is compared behind conntrack */
	if (unlikely(bind->shadow) &&
	    (verdict != NF_ACCEPT || !frame_is_ip(skb)))
		shadow_early(bn, bind, BR_SG_EGRESS, verdict, false, skb);
	if (verdict != NF_ACCEPT)
		return verdict;
	if (!bind_filtered(bind))
		return bracket_open(bn, skb);
	track = frame_is_ip(skb) &&
		(!bind->bridge->stateless || frame_is_fragment(skb));
	if (track && bind->watched && !frame_is_steady(skb) &&
	    drop_revoked(bn, snap, bind, BR_SG_EGRESS, skb, &track))
		return NF_DROP;
	if (track && br_sg_refrag_atomic(skb))
		return pre_track(bind->bridge, skb, state);
	if (track) {
		pre_zone(bind->bridge, skb);
		return NF_ACCEPT;
	}
	nf_reset_ct(skb);
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	return NF_ACCEPT;
}

/**
 * struct plain - the frame that hook_pre() of this processor found plain last
 * @skb: it; NULL: the last was not plain, or not of a port of ours, so that an
 *	address that is used again says nothing
 * @bind: by whose guard, so of which policy
 *
 * hook_egress(), which sees the frame behind conntrack, need not ask the guard
 * again. Both are only compared, never followed.
 */
struct plain {
	const struct sk_buff *skb;
	const struct br_sg_bind *bind;
};

static DEFINE_PER_CPU(struct plain, plain);

static bool plain_already(const struct br_sg_bind *bind,
			  const struct sk_buff *skb)
{
	return this_cpu_read(plain.skb) == skb &&
	       this_cpu_read(plain.bind) == bind;
}

/* a frame that needs nothing but the zone */
static bool pre_plain(const struct br_sg_bind *bind, const struct sk_buff *skb)
{
	if (READ_ONCE(bind->state) == BR_SG_BIND_PASS)
		return frame_is_ip(skb) && br_sg_refrag_plain(skb);
	return bind_guards(bind) &&
	       br_sg_plain_egress(&bind->port->guard, skb);
}

static unsigned int hook_pre(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state)
{
	struct br_sg_net *bn = priv;
	const struct br_sg_snapshot *snap = rcu_dereference(bn->snap);
	const struct br_sg_bind *bind = bind_of(snap, state->in);

	if (!bind) {
		this_cpu_write(plain.skb, NULL);
		return bracket_open(bn, skb);
	}
	if (bind->tracked && pre_plain(bind, skb) &&
	    (!bind->watched || frame_is_steady(skb))) {
		this_cpu_write(plain.bind, bind);
		this_cpu_write(plain.skb, skb);
		pre_zone(bind->bridge, skb);
		return NF_ACCEPT;
	}
	this_cpu_write(plain.skb, NULL);
	return pre_long(bn, snap, bind, skb, state);
}

static noinline_for_stack unsigned int
egress_long(struct br_sg_net *bn, const struct br_sg_snapshot *snap,
	    const struct br_sg_bind *bind, struct sk_buff *skb)
{
	bool guards = READ_ONCE(bind->state) == BR_SG_BIND_FILTER;
	struct br_sg_verdict verdict = {};
	struct br_sg_frame frame;

	if (unlikely(bind->shadow) && !guards && frame_is_ip(skb))
		shadow_early(bn, bind, BR_SG_EGRESS, NF_ACCEPT,
			     bind_tracks(bind), skb);
	if (!bind_filtered(bind))
		return bracket_close(bn, skb);
	if (!frame_is_ip(skb))
		return NF_ACCEPT;
	if (bind->bridge->stateless) {
		nf_reset_ct(skb);
		nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	}
	if (unlikely(br_sg_refrag_joined(skb)) &&
	    drop_lost(bn, bind, BR_SG_EGRESS, skb))
		return NF_DROP;
	if (!guards) {
		if (READ_ONCE(bind->state) == BR_SG_BIND_OPEN)
			br_sg_flow_seen(snap, bind, BR_SG_EGRESS, skb);
		return NF_ACCEPT;
	}
	if ((plain_already(bind, skb) ||
	     br_sg_plain_egress(&bind->port->guard, skb)) &&
	    br_sg_flow_judge_plain(snap, bind, BR_SG_EGRESS, skb, &verdict)) {
		br_sg_frame_size(&frame, skb);
		return conclude_flow(bn, bind, BR_SG_EGRESS, verdict, &frame,
				     skb);
	}
	/* asked again: the reassembled packet shows what its fragments hid */
	br_sg_frame_parse(&frame, skb);
	verdict.code = br_sg_guard_egress(&bind->port->guard, &frame);
	if (!verdict.code)
		verdict = br_sg_flow_judge(snap, bind, BR_SG_EGRESS, &frame, skb);
	count(bind, BR_SG_EGRESS, &verdict, &frame, skb);
	return conclude_flow(bn, bind, BR_SG_EGRESS, verdict, &frame, skb);
}

static unsigned int hook_egress(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	struct br_sg_net *bn = priv;
	const struct br_sg_snapshot *snap = rcu_dereference(bn->snap);
	const struct br_sg_bind *bind = bind_of(snap, state->in);
	u8 bound;

	if (!bind)
		return bracket_close(bn, skb);
	if (bind->tracked) {
		bound = READ_ONCE(bind->state);
		if (bound == BR_SG_BIND_PASS)
			return NF_ACCEPT;
		if (bound == BR_SG_BIND_FILTER &&
		    br_sg_slot_admits(bind, BR_SG_EGRESS, skb))
			return accept_established(bn, bind, BR_SG_EGRESS, skb);
	}
	return egress_long(bn, snap, bind, skb);
}

/*
 * The host's own frame, which the guard lets through. Its entry, if it has one,
 * is of the host's stack and has done its work there; on the bridge it goes by
 * the bridge's zone. But a fragment by the host's, which knows its ports. False:
 * it is dropped, as *@verdict says.
 */
static bool host_track(struct br_sg_net *bn, const struct br_sg_snapshot *snap,
		       const struct br_sg_bind *bind, const struct br_sg_frame *frame,
		       struct sk_buff *skb, const struct nf_hook_state *state,
		       unsigned int *verdict)
{
	bool track;

	if (!frame_is_ip(skb) || frame->flags & BR_SG_FRAME_FRAG)
		return true;
	if (bind->bridge->stateless) {
		nf_reset_ct(skb);
		nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
		return true;
	}
	*verdict = NF_DROP;
	if (bind->watched &&
	    drop_revoked(bn, snap, bind, BR_SG_INGRESS, skb, &track))
		return false;
	if (br_sg_flow_track(bind->bridge, skb, state) == NF_ACCEPT)
		return true;
	*verdict = conclude_flow(bn, bind, BR_SG_INGRESS,
				 br_sg_verdict_step(-BR_SG_REASON_INVALID),
				 frame, skb);
	return false;
}

/*
 * The host's own and not tracked: the bridge says it itself, or the port is
 * guarded since it was in LOCAL_OUT.
 */
static bool host_missed(struct br_sg_net *bn, const struct br_sg_bind *bind,
			const struct sk_buff *skb)
{
	return bind_tracks(bind) && !br_sg_flow_tracked(bind, skb) &&
	       !frame_came_by_port(bn, bind, skb);
}

static noinline_for_stack unsigned int
ingress_long(struct br_sg_net *bn, const struct br_sg_snapshot *snap,
	     const struct br_sg_bind *bind, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct br_sg_verdict verdict = {};
	struct br_sg_frame frame;
	unsigned int early;

	if (unlikely(br_sg_refrag_joined(skb)) &&
	    drop_lost(bn, bind, BR_SG_INGRESS, skb))
		return NF_DROP;
	if (decide_early(bn, bind, BR_SG_INGRESS, skb, &early)) {
		if (unlikely(bind->shadow))
			shadow_early(bn, bind, BR_SG_INGRESS, early,
				     bind_tracks(bind) &&
				     frame_came_by_port(bn, bind, skb), skb);
		if (READ_ONCE(bind->state) == BR_SG_BIND_OPEN &&
		    bind_tracks(bind))
			br_sg_flow_seen(snap, bind, BR_SG_INGRESS, skb);
		return early;
	}
	if (br_sg_plain_ingress(&bind->port->guard, skb) &&
	    br_sg_plain_addressed(&bind->port->guard, skb) &&
	    br_sg_flow_judge_plain(snap, bind, BR_SG_INGRESS, skb, &verdict)) {
		br_sg_frame_size(&frame, skb);
		return conclude_flow(bn, bind, BR_SG_INGRESS, verdict, &frame,
				     skb);
	}
	br_sg_frame_parse(&frame, skb);
	verdict.code = br_sg_guard_ingress(&bind->port->guard, &frame);
	if (!verdict.code && host_missed(bn, bind, skb) &&
	    !host_track(bn, snap, bind, &frame, skb, state, &early))
		return early;
	/* the host's: of others' conntrack lets none by that is a packet's part */
	if (!verdict.code && frame.flags & BR_SG_FRAME_FRAG) {
		verdict = br_sg_flow_judge_fragment(snap, bind, &frame, skb);
		return conclude_flow(bn, bind, BR_SG_INGRESS, verdict, &frame,
				     skb);
	}
	if (!verdict.code)
		verdict = br_sg_flow_judge(snap, bind, BR_SG_INGRESS, &frame, skb);
	count(bind, BR_SG_INGRESS, &verdict, &frame, skb);
	return conclude_flow(bn, bind, BR_SG_INGRESS, verdict, &frame, skb);
}

static unsigned int hook_ingress(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	struct br_sg_net *bn = priv;
	const struct br_sg_snapshot *snap = rcu_dereference(bn->snap);
	const struct br_sg_bind *bind = bind_of(snap, state->out);

	if (!bind)
		return NF_ACCEPT;
	if (unlikely(bind->shadow))
		return ingress_long(bn, snap, bind, skb, state);
	if (READ_ONCE(bind->state) == BR_SG_BIND_PASS)
		return NF_ACCEPT;
	if (bind_guards(bind) && br_sg_slot_admits(bind, BR_SG_INGRESS, skb) &&
	    br_sg_plain_ingress(&bind->port->guard, skb))
		return accept_established(bn, bind, BR_SG_INGRESS, skb);
	return ingress_long(bn, snap, bind, skb, state);
}

/* POST_ROUTING decides about the frame, except where it does not come to it */
static unsigned int hook_local_out(void *priv, struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	struct br_sg_net *bn = priv;
	const struct br_sg_snapshot *snap = rcu_dereference(bn->snap);
	const struct br_sg_bind *bind = bind_of(snap, state->out);
	struct br_sg_verdict verdict = {};
	struct br_sg_frame frame;
	unsigned int tracked;

	if (!bind)
		return NF_ACCEPT;
	if (state->okfn != br_forward_finish)
		return ingress_long(bn, snap, bind, skb, state);
	if (!bind_guards(bind))
		return NF_ACCEPT;
	br_sg_frame_parse(&frame, skb);
	verdict.code = br_sg_guard_ingress(&bind->port->guard, &frame);
	if (verdict.code < 0) {
		if (unlikely(bind->shadow))
			shadow_early(bn, bind, BR_SG_INGRESS, NF_DROP, false, skb);
		return conclude(bn, bind, BR_SG_INGRESS, verdict, &frame, skb);
	}
	return host_track(bn, snap, bind, &frame, skb, state, &tracked) ? NF_ACCEPT : tracked;
}

/*
 * Towards the host's stack. A frame to a link-local group address comes here
 * without PRE_ROUTING. What was tracked for the bridge is confirmed, since no
 * POST_ROUTING will, and taken off, so that the host tracks it for itself.
 */
static unsigned int hook_local_in(void *priv, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	struct br_sg_net *bn = priv;
	const struct br_sg_bind *bind = bind_of(rcu_dereference(bn->snap), state->in);
	unsigned int verdict = NF_ACCEPT;
	struct br_sg_frame frame;
	bool early;

	if (!bind)
		return NF_ACCEPT;
	if (is_link_local_ether_addr(eth_hdr(skb)->h_dest) &&
	    skb->dev == state->in) {
		early = decide_early(bn, bind, BR_SG_EGRESS, skb, &verdict);
		if (unlikely(bind->shadow))
			shadow_early(bn, bind, BR_SG_EGRESS,
				     early ? verdict : NF_DROP, false, skb);
		if (early)
			return verdict;
		br_sg_frame_parse(&frame, skb);
		return drop(bn, bind, BR_SG_EGRESS,
			    frame.kind == BR_SG_FRAME_MALFORMED ?
			    BR_SG_REASON_MALFORMED : BR_SG_REASON_ETHERTYPE,
			    &frame, skb);
	}
	if (!bind_filtered(bind))
		return NF_ACCEPT;
	if (skb_nfct(skb) && skb->pkt_type == PACKET_HOST)
		verdict = nf_conntrack_confirm(skb);
	if (verdict == NF_ACCEPT)
		nf_reset_ct(skb);
	return verdict;
}

#define HOOK(fn, num, pri) {			\
	.hook		= fn,			\
	.pf		= NFPROTO_BRIDGE,	\
	.hooknum	= num,			\
	.priority	= pri,			\
}

static const struct nf_hook_ops hook_ops[] = {
	HOOK(hook_pre, NF_BR_PRE_ROUTING, PRI_BEFORE_CONNTRACK),
	HOOK(hook_egress, NF_BR_PRE_ROUTING, PRI_AFTER_CONNTRACK),
	HOOK(hook_ingress, NF_BR_POST_ROUTING, PRI_FILTER),
	HOOK(hook_local_out, NF_BR_LOCAL_OUT, PRI_FILTER),
	HOOK(hook_local_in, NF_BR_LOCAL_IN, INT_MAX - 1),
};

int br_sg_hooks_register(struct br_sg_net *bn)
{
	u32 i;
	int err;

	rcu_read_lock();
	bn->foreign = bridge_has_hook(bn->net, hook_is_conntrack);
	rcu_read_unlock();
	err = nf_ct_netns_get(bn->net, NFPROTO_BRIDGE);
	if (err)
		return err;
	/* entries made from now on have room for slots */
	err = nf_connlabels_get(bn->net, 127);
	if (err)
		goto err_put;
	memcpy(bn->hooks, hook_ops, sizeof(hook_ops));
	for (i = 0; i < ARRAY_SIZE(hook_ops); i++)
		bn->hooks[i].priv = bn;
	err = nf_register_net_hooks(bn->net, bn->hooks, ARRAY_SIZE(hook_ops));
	if (err)
		goto err_labels;
	return 0;

err_labels:
	nf_connlabels_put(bn->net);
err_put:
	nf_ct_netns_put(bn->net, NFPROTO_BRIDGE);
	return err;
}

void br_sg_hooks_unregister(struct br_sg_net *bn)
{
	nf_unregister_net_hooks(bn->net, bn->hooks, ARRAY_SIZE(hook_ops));
	nf_connlabels_put(bn->net);
	nf_ct_netns_put(bn->net, NFPROTO_BRIDGE);
}
