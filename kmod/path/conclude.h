/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What becomes of a frame that has been judged: counted, told, and netfilter's
 * verdict. Each returns NF_ACCEPT or NF_DROP.
 */
#ifndef BR_SG_CONCLUDE_H
#define BR_SG_CONCLUDE_H

#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>

#include "base/counter.h"
#include "flow/rules.h"
#include "frame/frame.h"
#include "policy/snapshot.h"

struct br_sg_net;

/* on a bridge with a port that filters, which is the one with a zone */
static inline bool br_sg_bind_filtered(const struct br_sg_bind *bind)
{
	return bind && bind->bridge && bind->bridge->filtered;
}

/* conntrack is asked for what comes by a bridge whose ports keep state */
static inline bool br_sg_bind_tracks(const struct br_sg_bind *bind)
{
	return br_sg_bind_filtered(bind) && !bind->bridge->stateless;
}

unsigned int br_sg_drop(struct br_sg_net *bn, const struct br_sg_bind *bind,
			u8 direction, enum br_sg_reason reason,
			const struct br_sg_frame *frame,
			const struct sk_buff *skb);
unsigned int br_sg_accept(const struct br_sg_bind *bind, u8 direction,
			  enum br_sg_step step,
			  const struct br_sg_frame *frame);
/*
 * A GSO frame of a known connection. A function of its own, so that other packets
 * have no struct br_sg_frame on their stack.
 */
unsigned int br_sg_accept_segments(const struct br_sg_bind *bind, u8 direction,
				   const struct sk_buff *skb);
unsigned int br_sg_conclude(struct br_sg_net *bn, const struct br_sg_bind *bind,
			    u8 direction, struct br_sg_verdict verdict,
			    const struct br_sg_frame *frame,
			    const struct sk_buff *skb);
/* the same behind conntrack, where the shadow is asked too */
unsigned int br_sg_conclude_flow(struct br_sg_net *bn,
				 const struct br_sg_bind *bind, u8 direction,
				 struct br_sg_verdict verdict,
				 const struct br_sg_frame *frame,
				 const struct sk_buff *skb);
/* br_sg_conclude() for a frame whose size is not known yet */
unsigned int br_sg_conclude_size(struct br_sg_net *bn,
				 const struct br_sg_bind *bind, u8 direction,
				 struct br_sg_verdict verdict,
				 const struct sk_buff *skb);
/*
 * Has the shadow compare what was decided before conntrack, or without it. All
 * that counts of @verdict is whether it is NF_ACCEPT.
 */
void br_sg_shadow_early(struct br_sg_net *bn, const struct br_sg_bind *bind,
			u8 direction, unsigned int verdict, bool tracked,
			const struct sk_buff *skb);

/* a packet that a rule accepts, of a flow that the port keeps no verdict of */
static __always_inline unsigned int
br_sg_accept_rule(const struct br_sg_bind *bind, u8 direction, int rule,
		  u32 packets, u32 bytes)
{
	const struct br_sg_port *port = bind->port;

	br_sg_count_rule(port->counters, direction,
			 port->rules->v[direction][rule], packets, bytes);
	return NF_ACCEPT;
}

/*
 * br_sg_conclude() on the short way, where there is no shadow. Most such packets are
 * no GSO frames, and a rule accepts them.
 */
static __always_inline unsigned int
br_sg_conclude_plain(struct br_sg_net *bn, const struct br_sg_bind *bind,
		     u8 direction, struct br_sg_verdict verdict,
		     const struct sk_buff *skb)
{
	if (unlikely(verdict.code || skb_is_gso(skb)))
		return br_sg_conclude_size(bn, bind, direction, verdict, skb);
	return br_sg_accept_rule(bind, direction, verdict.rule, 1,
				 skb->len + ETH_HLEN);
}

#endif
