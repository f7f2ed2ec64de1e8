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
 * Each has a short way, inline, for packets of known connections (plain.h, slot.h),
 * one for other plain packets, *_plain() and *_untracked(), which parses and asks
 * nothing twice, and a long one, *_long(), for everything. What is done with frames
 * of other bridges is in bracket.h.
 *
 * Not all that leaves by LOCAL_OUT comes to POST_ROUTING: what the bridge says itself
 * (BPDUs, multicast queries) does not, it is judged where it is. state->in is unset
 * in both.
 *
 * It is not FORWARD: br_netfilter takes frames out of that chain and brings them
 * back behind priorities 0 and -1, so that such a hook never sees them. And bridge
 * conntrack has a hook in POST_ROUTING anyhow, a chain less to walk.
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
#include "path/bracket.h"
#include "path/conclude.h"
#include "path/hooks.h"
#include "policy/snapshot.h"

#define PRI_BEFORE_CONNTRACK	(-202)
#define PRI_AFTER_CONNTRACK	(-198)
#define PRI_FILTER		(-150)

static __always_inline const struct br_sg_bind *
bind_of(const struct br_sg_snapshot *snap, const struct net_device *dev)
{
	return snap ? br_sg_bind_find(snap, dev) : NULL;
}

static bool frame_is_ip(const struct sk_buff *skb)
{
	return !skb_vlan_tag_present(skb) &&
	       (skb->protocol == htons(ETH_P_IP) ||
		skb->protocol == htons(ETH_P_IPV6));
}

/* conntrack is not asked for what comes by a bridge whose ports keep no state */
static bool bind_untracks(const struct br_sg_bind *bind)
{
	return br_sg_bind_filtered(bind) && bind->bridge->stateless;
}

static bool frame_is_fragment(const struct sk_buff *skb)
{
	struct br_sg_frame frame;

	br_sg_frame_parse(&frame, skb);
	return frame.flags & BR_SG_FRAME_FRAG;
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
	br_sg_drop(bn, bind, direction, BR_SG_REASON_MALFORMED, &frame, skb);
	return true;
}

static unsigned int accept_established(struct br_sg_net *bn,
				       const struct br_sg_bind *bind,
				       u8 direction, const struct sk_buff *skb)
{
	if (unlikely(br_sg_refrag_joined(skb)) &&
	    drop_lost(bn, bind, direction, skb))
		return NF_DROP;
	if (unlikely(skb_is_gso(skb)))
		return br_sg_accept_segments(bind, direction, skb);
	br_sg_count_established(bind->port->counters, direction, 1,
				skb->len + ETH_HLEN);
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

/* a plain packet that passed the guard, of a port on a bridge that keeps no state */
static __always_inline unsigned int
judge_untracked(struct br_sg_net *bn, const struct br_sg_snapshot *snap,
		const struct br_sg_bind *bind, u8 direction,
		const struct sk_buff *skb)
{
	int rule = br_sg_rules_by_skb(bind->port, snap->remotes, direction, skb);

	return br_sg_conclude_plain(bn, bind, direction,
				    br_sg_verdict_rule(rule), skb);
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
	br_sg_drop(bn, end, direction, BR_SG_REASON_REVOKED, &frame, skb);
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
		*verdict = br_sg_accept(bind, direction,
					bind->port->mode == BR_SG_PORT_OFF ?
					BR_SG_STEP_OFF : BR_SG_STEP_TRUSTED,
					&frame);
		return true;
	case BR_SG_BIND_ZONE:
		br_sg_frame_size(&frame, skb);
		*verdict = br_sg_drop(bn, bind, direction, BR_SG_REASON_ZONE,
				      &frame, skb);
		return true;
	}
	if (br_sg_bridge_unfit(bind)) {
		br_sg_frame_size(&frame, skb);
		*verdict = br_sg_drop(bn, bind, direction, BR_SG_REASON_ZONE,
				      &frame, skb);
		return true;
	}
	return false;
}

/* takes off whatever entry an IP frame carries: it goes by the bridge's zone */
static __always_inline void pre_zone(const struct br_sg_bridge *bridge,
				     struct sk_buff *skb)
{
	if (skb_nfct(skb))
		nf_reset_ct(skb);
	br_sg_zone_hang(bridge, skb);
}

/* takes off whatever entry a frame carries, and keeps conntrack off it */
static void untrack(struct sk_buff *skb)
{
	if (skb_nfct(skb))
		nf_reset_ct(skb);
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
}

static bool frame_is_untracked(const struct sk_buff *skb)
{
	return skb_get_nfct(skb) == IP_CT_UNTRACKED;
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
		return br_sg_drop(bn, bind, BR_SG_EGRESS, -code, &frame, skb);
	if (frame.fragments &&
	    !br_sg_fragments_allowed(bind->port->counters, frame.fragments))
		return br_sg_drop(bn, bind, BR_SG_EGRESS,
				  BR_SG_REASON_MALFORMED, &frame, skb);
	if (code > 0 && frame.kind != BR_SG_FRAME_IPV4 &&
	    frame.kind != BR_SG_FRAME_IPV6)
		return br_sg_accept(bind, BR_SG_EGRESS, code, &frame);
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
		br_sg_shadow_early(bn, bind, BR_SG_EGRESS, verdict, false, skb);
	if (verdict != NF_ACCEPT)
		return verdict;
	if (!br_sg_bind_filtered(bind)) {
		br_sg_bracket_open(bn, skb);
		return NF_ACCEPT;
	}
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
	untrack(skb);
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

/*
 * In a softirq no other frame comes between. What comes back from NFQUEUE is in
 * none, and may have the address of one that was found plain since.
 */
static bool plain_already(const struct br_sg_bind *bind,
			  const struct sk_buff *skb)
{
	return in_softirq() && this_cpu_read(plain.skb) == skb &&
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

/* a frame that is not even for conntrack, where only fragments are */
static bool pre_whole(const struct br_sg_bind *bind, const struct sk_buff *skb)
{
	if (!bind_untracks(bind) || bind->shadow)
		return false;
	if (READ_ONCE(bind->state) == BR_SG_BIND_PASS)
		return frame_is_ip(skb) && br_sg_plain_whole(skb);
	return bind_guards(bind) &&
	       br_sg_plain_egress(&bind->port->guard, skb);
}

/* apart, as all short ways without an entry: that of known connections stays short */
static noinline unsigned int pre_untracked(struct br_sg_net *bn,
					   const struct br_sg_snapshot *snap,
					   const struct br_sg_bind *bind,
					   struct sk_buff *skb,
					   const struct nf_hook_state *state)
{
	if (pre_whole(bind, skb)) {
		this_cpu_write(plain.bind, bind);
		this_cpu_write(plain.skb, skb);
		untrack(skb);
		return NF_ACCEPT;
	}
	this_cpu_write(plain.skb, NULL);
	return pre_long(bn, snap, bind, skb, state);
}

static unsigned int hook_pre(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state)
{
	struct br_sg_net *bn = priv;
	const struct br_sg_snapshot *snap = rcu_dereference(bn->snap);
	const struct br_sg_bind *bind = bind_of(snap, state->in);

	if (!bind) {
		this_cpu_write(plain.skb, NULL);
		br_sg_bracket_open(bn, skb);
		return NF_ACCEPT;
	}
	if (bind->tracked && pre_plain(bind, skb) &&
	    (!bind->watched || frame_is_steady(skb))) {
		this_cpu_write(plain.bind, bind);
		this_cpu_write(plain.skb, skb);
		pre_zone(bind->bridge, skb);
		return NF_ACCEPT;
	}
	return pre_untracked(bn, snap, bind, skb, state);
}

static noinline_for_stack unsigned int
egress_long(struct br_sg_net *bn, const struct br_sg_snapshot *snap,
	    const struct br_sg_bind *bind, struct sk_buff *skb)
{
	bool guards = READ_ONCE(bind->state) == BR_SG_BIND_FILTER;
	struct br_sg_verdict verdict = {};
	struct br_sg_frame frame;

	if (unlikely(bind->shadow) && !guards && frame_is_ip(skb))
		br_sg_shadow_early(bn, bind, BR_SG_EGRESS, NF_ACCEPT,
				   br_sg_bind_tracks(bind), skb);
	if (!br_sg_bind_filtered(bind)) {
		br_sg_bracket_close(bn, skb);
		return NF_ACCEPT;
	}
	if (!frame_is_ip(skb))
		return NF_ACCEPT;
	if (bind->bridge->stateless)
		untrack(skb);
	if (unlikely(br_sg_refrag_joined(skb)) &&
	    drop_lost(bn, bind, BR_SG_EGRESS, skb))
		return NF_DROP;
	if (!guards) {
		if (READ_ONCE(bind->state) == BR_SG_BIND_OPEN)
			br_sg_flow_seen(snap, bind, BR_SG_EGRESS, skb);
		return NF_ACCEPT;
	}
	/* asked again: the reassembled packet shows what its fragments hid */
	br_sg_frame_parse(&frame, skb);
	verdict.code = br_sg_guard_egress(&bind->port->guard, &frame);
	if (!verdict.code)
		verdict = br_sg_flow_judge(snap, bind, BR_SG_EGRESS, &frame, skb);
	count(bind, BR_SG_EGRESS, &verdict, &frame, skb);
	return br_sg_conclude_flow(bn, bind, BR_SG_EGRESS, verdict, &frame, skb);
}

/* what no slot admits: a flow's first packet, a port without state beside others */
static noinline unsigned int egress_plain(struct br_sg_net *bn,
					  const struct br_sg_snapshot *snap,
					  const struct br_sg_bind *bind,
					  struct sk_buff *skb)
{
	struct br_sg_verdict verdict;

	if (unlikely(br_sg_refrag_joined(skb)) ||
	    !(plain_already(bind, skb) ||
	      br_sg_plain_egress(&bind->port->guard, skb)) ||
	    !br_sg_flow_judge_plain(snap, bind, BR_SG_EGRESS, skb, &verdict))
		return egress_long(bn, snap, bind, skb);
	return br_sg_conclude_plain(bn, bind, BR_SG_EGRESS, verdict, skb);
}

/* where ports keep no state */
static noinline unsigned int egress_untracked(struct br_sg_net *bn,
					      const struct br_sg_snapshot *snap,
					      const struct br_sg_bind *bind,
					      struct sk_buff *skb)
{
	u8 bound = READ_ONCE(bind->state);

	if (unlikely(bind->shadow) || !frame_is_untracked(skb) ||
	    !bind_untracks(bind))
		return egress_long(bn, snap, bind, skb);
	if (bound == BR_SG_BIND_PASS)
		return NF_ACCEPT;
	if (bound == BR_SG_BIND_FILTER && plain_already(bind, skb))
		return judge_untracked(bn, snap, bind, BR_SG_EGRESS, skb);
	return egress_long(bn, snap, bind, skb);
}

static unsigned int hook_egress(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	struct br_sg_net *bn = priv;
	const struct br_sg_snapshot *snap = rcu_dereference(bn->snap);
	const struct br_sg_bind *bind = bind_of(snap, state->in);
	u8 bound;

	if (!bind) {
		br_sg_bracket_close(bn, skb);
		return NF_ACCEPT;
	}
	if (bind->tracked) {
		bound = READ_ONCE(bind->state);
		if (bound == BR_SG_BIND_PASS)
			return NF_ACCEPT;
		if (bound != BR_SG_BIND_FILTER)
			return egress_long(bn, snap, bind, skb);
		if (br_sg_slot_admits(bind, BR_SG_EGRESS, skb))
			return accept_established(bn, bind, BR_SG_EGRESS, skb);
		return egress_plain(bn, snap, bind, skb);
	}
	return egress_untracked(bn, snap, bind, skb);
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
		untrack(skb);
		return true;
	}
	*verdict = NF_DROP;
	if (bind->watched &&
	    drop_revoked(bn, snap, bind, BR_SG_INGRESS, skb, &track))
		return false;
	if (br_sg_flow_track(bind->bridge, skb, state) == NF_ACCEPT)
		return true;
	*verdict = br_sg_conclude_flow(bn, bind, BR_SG_INGRESS,
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
	return br_sg_bind_tracks(bind) && !br_sg_flow_tracked(bind, skb) &&
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
			br_sg_shadow_early(bn, bind, BR_SG_INGRESS, early,
					   br_sg_bind_tracks(bind) &&
					   frame_came_by_port(bn, bind, skb),
					   skb);
		if (READ_ONCE(bind->state) == BR_SG_BIND_OPEN &&
		    br_sg_bind_tracks(bind))
			br_sg_flow_seen(snap, bind, BR_SG_INGRESS, skb);
		return early;
	}
	br_sg_frame_parse(&frame, skb);
	verdict.code = br_sg_guard_ingress(&bind->port->guard, &frame);
	if (!verdict.code && host_missed(bn, bind, skb) &&
	    !host_track(bn, snap, bind, &frame, skb, state, &early))
		return early;
	/* the host's: of others' conntrack lets none by that is a packet's part */
	if (!verdict.code && frame.flags & BR_SG_FRAME_FRAG) {
		verdict = br_sg_flow_judge_fragment(snap, bind, &frame, skb);
		return br_sg_conclude_flow(bn, bind, BR_SG_INGRESS, verdict,
					   &frame, skb);
	}
	if (!verdict.code)
		verdict = br_sg_flow_judge(snap, bind, BR_SG_INGRESS, &frame, skb);
	count(bind, BR_SG_INGRESS, &verdict, &frame, skb);
	return br_sg_conclude_flow(bn, bind, BR_SG_INGRESS, verdict, &frame, skb);
}

/* a plain packet that passed the guard: true if that is all there is to ask */
static bool judge_plain_ingress(const struct br_sg_snapshot *snap,
				const struct br_sg_bind *bind,
				const struct sk_buff *skb,
				struct br_sg_verdict *verdict)
{
	const struct br_sg_guard *guard = &bind->port->guard;

	if (br_sg_plain_addressed(guard, skb))
		return br_sg_flow_judge_plain(snap, bind, BR_SG_INGRESS, skb,
					      verdict);
	return !br_sg_plain_is_for(guard, skb) &&
	       br_sg_flow_judge_copy(snap, bind, skb, verdict);
}

/* the same, of a port that filters; here come the copies of floods, too */
static noinline unsigned int ingress_plain(struct br_sg_net *bn,
					   const struct br_sg_snapshot *snap,
					   const struct br_sg_bind *bind,
					   struct sk_buff *skb,
					   const struct nf_hook_state *state)
{
	struct br_sg_verdict verdict;

	if (unlikely(br_sg_refrag_joined(skb)) ||
	    !br_sg_plain_ingress(&bind->port->guard, skb) ||
	    !judge_plain_ingress(snap, bind, skb, &verdict))
		return ingress_long(bn, snap, bind, skb, state);
	return br_sg_conclude_plain(bn, bind, BR_SG_INGRESS, verdict, skb);
}

static noinline unsigned int
ingress_untracked(struct br_sg_net *bn, const struct br_sg_snapshot *snap,
		  const struct br_sg_bind *bind, struct sk_buff *skb,
		  const struct nf_hook_state *state)
{
	if (unlikely(br_sg_refrag_joined(skb)) ||
	    !br_sg_plain_ingress(&bind->port->guard, skb))
		return ingress_long(bn, snap, bind, skb, state);
	return judge_untracked(bn, snap, bind, BR_SG_INGRESS, skb);
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
	if (bind_guards(bind)) {
		if (br_sg_slot_admits(bind, BR_SG_INGRESS, skb) &&
		    br_sg_plain_ingress(&bind->port->guard, skb))
			return accept_established(bn, bind, BR_SG_INGRESS, skb);
		if (frame_is_untracked(skb) && bind_untracks(bind))
			return ingress_untracked(bn, snap, bind, skb, state);
		return ingress_plain(bn, snap, bind, skb, state);
	}
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
			br_sg_shadow_early(bn, bind, BR_SG_INGRESS, NF_DROP,
					   false, skb);
		return br_sg_conclude(bn, bind, BR_SG_INGRESS, verdict, &frame, skb);
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
			br_sg_shadow_early(bn, bind, BR_SG_EGRESS,
					   early ? verdict : NF_DROP, false,
					   skb);
		if (early)
			return verdict;
		br_sg_frame_parse(&frame, skb);
		return br_sg_drop(bn, bind, BR_SG_EGRESS,
				  frame.kind == BR_SG_FRAME_MALFORMED ?
				  BR_SG_REASON_MALFORMED :
				  BR_SG_REASON_ETHERTYPE,
				  &frame, skb);
	}
	if (!br_sg_bind_filtered(bind))
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
	bn->foreign = br_sg_bracket_foreign(bn->net);
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
