/* SPDX-License-Identifier: GPL-2.0 */
/* Conntrack: the zone's entry, a port end's slot in it, and the rules. */
#ifndef BR_SG_FLOW_H
#define BR_SG_FLOW_H

#include <linux/types.h>

#include "flow/rules.h"
#include "frame/frame.h"

struct br_sg_bind;
struct br_sg_bridge;
struct br_sg_net;
struct br_sg_snapshot;
struct nf_hook_state;
struct sk_buff;

/*
 * @snap: that @bind is of; the remotes of its port's policy and the other ends of a
 * flow are asked for there, and nowhere else.
 */

/*
 * Tracks a frame of the host's own stack, which no bridge hook does, in the
 * bridge's zone. Returns a netfilter verdict.
 */
unsigned int br_sg_flow_track(const struct br_sg_bridge *bridge,
			      struct sk_buff *skb,
			      const struct nf_hook_state *state);
/* does the packet carry an entry of the zone of @bind's bridge? */
bool br_sg_flow_tracked(const struct br_sg_bind *bind,
			const struct sk_buff *skb);
/*
 * Before conntrack sees it, of an untagged IP frame that may move a connection's
 * state, and that travels in *@direction at @bind: is its flow one that a port end
 * of the bridge has revoked? That end, with *@direction as it sees it, or NULL. If
 * it was revoked by who is no more, at the end that the packet is for, *@track is set
 * to false: that end has to see it first, and conntrack must not.
 */
const struct br_sg_bind *
br_sg_flow_revoked(struct br_sg_net *bn, const struct br_sg_snapshot *snap,
		   const struct br_sg_bind *bind, u8 *direction,
		   const struct sk_buff *skb, bool *track);
/* steps 9 to 11 */
struct br_sg_verdict br_sg_flow_judge(const struct br_sg_snapshot *snap,
				      const struct br_sg_bind *bind,
				      u8 direction,
				      const struct br_sg_frame *frame,
				      struct sk_buff *skb);
/*
 * The same for a plain packet (plain.h) that passed the guard, and that goes to the
 * port itself if it goes to the port at all: one that is the first that the port sees
 * of a connection, by the entry's tuple and without a look at the packet, and each of
 * a stateless port, by the packet. False: go the long way; *@verdict is not set.
 */
bool br_sg_flow_judge_plain(const struct br_sg_snapshot *snap,
			    const struct br_sg_bind *bind, u8 direction,
			    const struct sk_buff *skb,
			    struct br_sg_verdict *verdict);
/*
 * The same for a plain packet towards the port that is not for it, a copy of a
 * flood: no verdict of the rules is kept of it. False: go the long way.
 */
bool br_sg_flow_judge_copy(const struct br_sg_snapshot *snap,
			   const struct br_sg_bind *bind,
			   const struct sk_buff *skb,
			   struct br_sg_verdict *verdict);
/*
 * The same for a fragment that the host made, ingress. It cannot be tracked
 * again; the host's own entry, which it carries, knows the tuple. One with an
 * entry of the bridge's zone came by a port and is of no whole packet.
 */
struct br_sg_verdict
br_sg_flow_judge_fragment(const struct br_sg_snapshot *snap,
			  const struct br_sg_bind *bind,
			  const struct br_sg_frame *frame,
			  const struct sk_buff *skb);
/*
 * What a port that is off or trusted has sent, or was sent first: its word says so,
 * for when it filters. Not charged.
 */
void br_sg_flow_seen(const struct br_sg_snapshot *snap,
		     const struct br_sg_bind *bind, u8 direction,
		     const struct sk_buff *skb);
/*
 * A packet that is accepted without a verdict of the rules that is kept: if it
 * makes an entry that is one of the port's. 0, or enum br_sg_reason: the port may
 * have no more.
 */
int br_sg_flow_count(const struct br_sg_bind *bind, u8 direction,
		     const struct sk_buff *skb);

#endif
