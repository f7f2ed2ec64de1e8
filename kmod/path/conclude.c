// SPDX-License-Identifier: GPL-2.0
/* What becomes of a frame that has been judged. */
#include "flow/shadow.h"
#include "netns/event.h"
#include "netns/net.h"
#include "path/conclude.h"

unsigned int br_sg_drop(struct br_sg_net *bn, const struct br_sg_bind *bind,
			u8 direction, enum br_sg_reason reason,
			const struct br_sg_frame *frame,
			const struct sk_buff *skb)
{
	br_sg_counter_add(&bind->port->counters->reasons[direction][reason],
			  frame->packets, frame->bytes);
	br_sg_event_drop(bn, bind, direction, reason, skb);
	return NF_DROP;
}

unsigned int br_sg_accept(const struct br_sg_bind *bind, u8 direction,
			  enum br_sg_step step, const struct br_sg_frame *frame)
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

unsigned int br_sg_accept_segments(const struct br_sg_bind *bind, u8 direction,
				   const struct sk_buff *skb)
{
	struct br_sg_frame frame;

	br_sg_frame_size(&frame, skb);
	return br_sg_accept(bind, direction, BR_SG_STEP_ESTABLISHED, &frame);
}

unsigned int br_sg_conclude(struct br_sg_net *bn, const struct br_sg_bind *bind,
			    u8 direction, struct br_sg_verdict verdict,
			    const struct br_sg_frame *frame,
			    const struct sk_buff *skb)
{
	if (verdict.code < 0)
		return br_sg_drop(bn, bind, direction, -verdict.code, frame,
				  skb);
	if (verdict.code > 0)
		return br_sg_accept(bind, direction, verdict.code, frame);
	return br_sg_accept_rule(bind, direction, verdict.rule, frame->packets,
				 frame->bytes);
}

unsigned int br_sg_conclude_flow(struct br_sg_net *bn,
				 const struct br_sg_bind *bind, u8 direction,
				 struct br_sg_verdict verdict,
				 const struct br_sg_frame *frame,
				 const struct sk_buff *skb)
{
	if (unlikely(bind->shadow))
		br_sg_shadow_compare(bn, bind, direction, verdict,
				     br_sg_bind_tracks(bind), skb);
	return br_sg_conclude(bn, bind, direction, verdict, frame, skb);
}

unsigned int br_sg_conclude_size(struct br_sg_net *bn,
				 const struct br_sg_bind *bind, u8 direction,
				 struct br_sg_verdict verdict,
				 const struct sk_buff *skb)
{
	struct br_sg_frame frame;

	br_sg_frame_size(&frame, skb);
	return br_sg_conclude(bn, bind, direction, verdict, &frame, skb);
}

void br_sg_shadow_early(struct br_sg_net *bn, const struct br_sg_bind *bind,
			u8 direction, unsigned int verdict, bool tracked,
			const struct sk_buff *skb)
{
	struct br_sg_verdict early = {
		.code = verdict == NF_ACCEPT ? BR_SG_STEP_OFF :
					       -BR_SG_REASON_ZONE,
	};

	br_sg_shadow_compare(bn, bind, direction, early, tracked, skb);
}
