// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: what would the shadow have done?
 *
 * A shadow is a policy beside the one in force. Whatever a port in force decides
 * of a frame, the shadow is asked too, and a frame about which the two are not of
 * one mind is counted. The shadow writes no slot and no tombstone, and has no
 * connections of its own: it judges those of the port in force as a commit would
 * have them judged again.
 *
 *	in force		the shadow judges
 *	dropped by the guard	by its own guard, then as a new packet, that may also
 *				be an answer: conntrack was not asked
 *	accepted by a rule	its guard, then as new
 *	the port's slot says	its guard, then the flow, in the direction that
 *				admitted it, by that direction's tuple
 *	not filtered (off,	its guard, then the flow, in the direction in which
 *	trusted, stateless,	conntrack saw it begin; without conntrack, as a new
 *	no port line)		packet, or one that may be an answer
 *
 * Let "ingress tcp 22" be in force at port A, and not in the shadow:
 *
 *	X:1000 -> A:22 SYN	a rule accepts; would drop [no-rule]
 *	A:22 -> X:1000		the slot, admitted by ingress; no rule of the shadow
 *				admits X:1000 -> A:22: would drop [revoked]
 *
 * Both are counted for the rule in force too, which is what the shadow takes
 * away. A rule that only the shadow has shows in the first packet of each flow,
 * and never in a second, which does not come.
 *
 * Not judged: fragments, other than by who may send them (what they are part of
 * is judged when conntrack has put it together), which zone a bridge would have,
 * and the number of entries in conntrack's table.
 */
#include <linux/in.h>
#include <linux/skbuff.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_zones.h>

#include "flow/shadow.h"
#include "flow/slot.h"
#include "flow/slot_judge.h"
#include "netns/event.h"
#include "netns/net.h"
#include "policy/snapshot.h"

/* no port line and no default that drops it: not a step of a port */
#define VERDICT_PASS		__BR_SG_STEP_LAST
/* not for the shadow to say */
#define VERDICT_NONE		(__BR_SG_STEP_LAST + 1)

/**
 * struct shadow_packet - what is asked about
 * @bind: of the device
 * @end: what it is to the shadow
 * @real: what was decided
 * @direction: of the packet
 * @frame: the packet
 * @ct: its entry, or its master, that has @own; NULL: none
 * @own: the port's word in @ct
 * @admitted: the direction that admitted the flow
 * @ways: those whose rules admitted packets of the entry, a bit per direction
 * @known: it is a packet of a flow that was admitted before
 * @message: or speaks of one
 * @answer: it answers what the port has no verdict on
 */
struct shadow_packet {
	const struct br_sg_bind *bind;
	const struct br_sg_shadow_end *end;
	struct br_sg_verdict real;
	u8 direction;
	struct br_sg_frame frame;
	const struct nf_conn *ct;
	int own;
	u8 admitted;
	u8 ways;
	bool known;
	bool message;
	bool answer;
};

static bool bind_keeps_state(const struct br_sg_bind *bind)
{
	return READ_ONCE(bind->state) == BR_SG_BIND_FILTER &&
	       !bind->port->stateless;
}

/* the port's word in @ct, when it has one that says something; else 0 */
static u64 slot_of(const struct br_sg_bind *bind, const struct nf_conn *ct,
		   int own)
{
	unsigned long *words = br_sg_slot_words(ct);
	u64 slot = words ? READ_ONCE(words[own]) : 0;

	if (!(slot & BR_SG_SLOT_MARK) ||
	    slot >> BR_SG_SLOT_SERIAL_SHIFT !=
	    bind->stamp >> BR_SG_SLOT_SERIAL_SHIFT)
		return 0;
	return slot;
}

static void packet_admitted(struct shadow_packet *p, const struct nf_conn *ct,
			    int own, u64 slot)
{
	p->ct = ct;
	p->own = own;
	p->admitted = slot & BR_SG_SLOT_INGRESS ? BR_SG_INGRESS : BR_SG_EGRESS;
	p->ways = br_sg_slot_ways(slot);
	p->known = true;
}

/*
 * Whose flow it is. A packet that a rule accepted was the first that the port
 * saw, whatever its slot says now; what a helper expected goes by the master.
 */
static void packet_flow(struct shadow_packet *p, const struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;
	const unsigned long *words;
	const struct nf_conn *ct;
	u64 slot;
	int i;

	ct = nf_ct_get(skb, &ctinfo);
	if (!ct || nf_ct_is_template(ct) || !p->bind->bridge ||
	    nf_ct_zone(ct)->id != p->bind->bridge->zone)
		return;
	p->ct = ct;
	p->own = br_sg_slot_own(ctinfo, p->direction);
	p->message = br_sg_frame_is_message(&p->frame, ctinfo);
	if (!bind_keeps_state(p->bind)) {
		p->admitted = CTINFO2DIR(ctinfo) == IP_CT_DIR_ORIGINAL ?
			      p->direction : !p->direction;
		p->ways = BIT(p->admitted);
		p->known = p->admitted != p->direction || p->message;
		return;
	}
	words = br_sg_slot_words(ct);
	p->answer = br_sg_slot_answers(p->bind, p->direction,
				       CTINFO2DIR(ctinfo), ct, p->own,
				       words ? READ_ONCE(words[p->own]) : 0);
	slot = p->real.code ? slot_of(p->bind, ct, p->own) : 0;
	if (slot)
		packet_admitted(p, ct, p->own, slot);
	for (i = 0; !p->known && ct->master && i < 2; i++) {
		slot = slot_of(p->bind, ct->master, i);
		if (slot)
			packet_admitted(p, ct->master, i, slot);
	}
}

static struct br_sg_verdict judge_new(const struct shadow_packet *p)
{
	const struct br_sg_port *port = p->end->port;

	return br_sg_verdict_rule(br_sg_rules_by_frame(port, p->end->remotes,
						       p->direction, &p->frame));
}

/* conntrack was not asked: what may be an answer is taken for one */
static struct br_sg_verdict judge_untracked(const struct shadow_packet *p)
{
	struct br_sg_verdict verdict = judge_new(p);

	if (verdict.code >= 0 || p->frame.flags & BR_SG_FRAME_SYN)
		return verdict;
	if (br_sg_frame_is_icmp_error(&p->frame) ||
	    br_sg_rules_for_request(p->end->port, p->end->remotes, !p->direction,
				    &p->frame) >= 0)
		return br_sg_verdict_step(BR_SG_STEP_ESTABLISHED);
	return verdict;
}

static struct br_sg_verdict judge_known(const struct shadow_packet *p)
{
	const struct br_sg_port *port = p->end->port;
	const struct br_sg_remotes *remotes = p->end->remotes;
	const struct br_sg_frame *frame = &p->frame;
	int rule;

	rule = br_sg_rules_for_flow(port, remotes, p->admitted, p->ct, p->own);
	if (rule < 0)
		return br_sg_verdict_step(-BR_SG_REASON_REVOKED);
	if (br_sg_tuple_lacks_ports(&p->ct->tuplehash[p->own].tuple) &&
	    !p->message &&
	    !br_sg_rules_allow_portless(port, remotes, p->direction, p->ways,
					frame))
		return br_sg_verdict_step(-BR_SG_REASON_NO_RULE);
	return br_sg_verdict_step(BR_SG_STEP_ESTABLISHED);
}

/* steps 9 to 11, as flow.c has them */
static struct br_sg_verdict judge_flow(const struct shadow_packet *p,
				       bool tracked)
{
	const struct br_sg_port *port = p->end->port;
	const struct br_sg_frame *frame = &p->frame;

	if (frame->flags & BR_SG_FRAME_FRAG)
		return br_sg_verdict_step(VERDICT_NONE);
	if (port->stateless)
		return judge_new(p);
	if (!p->ct && !tracked)
		return judge_untracked(p);
	if (!p->ct)
		return br_sg_frame_has_no_state(frame) ? judge_new(p) :
			br_sg_verdict_step(-BR_SG_REASON_INVALID);
	/* confirmed, it is made anew when it has no room */
	if (!br_sg_slot_words(p->ct) && !nf_ct_is_confirmed(p->ct))
		return br_sg_verdict_step(-BR_SG_REASON_INVALID);
	if (p->known)
		return judge_known(p);
	/* which word of its master is the port's only a slot tells */
	if (p->ct->master)
		return br_sg_verdict_step(bind_keeps_state(p->bind) ?
					  -BR_SG_REASON_INVALID : VERDICT_NONE);
	if (p->message || br_sg_frame_is_icmp_error(frame) ||
	    (port->strict && frame->proto == IPPROTO_TCP &&
	     !(frame->flags & BR_SG_FRAME_SYN)))
		return br_sg_verdict_step(-BR_SG_REASON_INVALID);
	if (p->answer && !(frame->flags & BR_SG_FRAME_SYN) &&
	    (p->direction == BR_SG_EGRESS ||
	     br_sg_guard_addressed(&port->guard, frame)) &&
	    br_sg_rules_for_flow(port, p->end->remotes, !p->direction, p->ct,
				 p->own) >= 0)
		return br_sg_verdict_step(BR_SG_STEP_ESTABLISHED);
	return judge_new(p);
}

/* the shadow's verdict, by all the steps */
static struct br_sg_verdict judge(const struct shadow_packet *p, bool tracked)
{
	const struct br_sg_shadow_end *end = p->end;
	const struct br_sg_port *port = end->port;
	int code;

	if (!port)
		return br_sg_verdict_step(end->drops ?
					  -BR_SG_REASON_UNCONFIGURED :
					  VERDICT_PASS);
	if (port->mode == BR_SG_PORT_OFF)
		return br_sg_verdict_step(BR_SG_STEP_OFF);
	if (port->mode == BR_SG_PORT_TRUSTED)
		return br_sg_verdict_step(BR_SG_STEP_TRUSTED);
	if (end->blocked ||
	    (READ_ONCE(p->bind->state) != BR_SG_BIND_UNCONFIGURED &&
	     br_vlan_enabled(end->bridge)))
		return br_sg_verdict_step(-BR_SG_REASON_ZONE);
	code = p->direction == BR_SG_INGRESS ?
	       br_sg_guard_ingress(&port->guard, &p->frame) :
	       br_sg_guard_egress(&port->guard, &p->frame);
	return code ? br_sg_verdict_step(code) : judge_flow(p, tracked);
}

static void count(struct br_sg_counter *counter,
		  const struct br_sg_frame *frame)
{
	br_sg_counter_add(counter, frame->packets, frame->bytes);
}

/* the rule in force that let it by, the packet itself or its flow */
static void count_rule(const struct shadow_packet *p)
{
	const struct br_sg_rule_counters *rules = p->end->counts->rules;
	u8 direction = p->direction;
	u32 rule = p->real.rule;
	u64 slot;

	if (!rules)
		return;
	if (p->real.code) {
		if (p->real.code != BR_SG_STEP_ESTABLISHED || !p->known)
			return;
		slot = slot_of(p->bind, p->ct, p->own);
		/* another version's index is of other rules */
		if ((slot & (BR_SG_SLOT_STAMP | BR_SG_SLOT_MARK)) !=
		    (p->bind->stamp | BR_SG_SLOT_ALLOWED))
			return;
		direction = p->admitted;
		rule = slot & BR_SG_SLOT_RULE;
	}
	if (rule < rules->n[direction])
		count(&rules->v[direction][rule]->count, &p->frame);
}

static void count_difference(const struct shadow_packet *p,
			     struct br_sg_verdict verdict)
{
	const struct br_sg_port *port = p->end->port;
	u8 direction = p->direction;

	if (!port)
		count(&p->end->counts->none[direction], &p->frame);
	else if (verdict.code < 0)
		count(&port->counters->reasons[direction][-verdict.code],
		      &p->frame);
	else if (!verdict.code)
		count(&port->rules->v[direction][verdict.rule]->count,
		      &p->frame);
	else if (verdict.code == BR_SG_STEP_ESTABLISHED)
		br_sg_count_established(port->counters, direction,
					p->frame.packets, p->frame.bytes);
	else
		count(&port->counters->steps[direction][verdict.code],
		      &p->frame);
	if (verdict.code < 0)
		count_rule(p);
}

static void compare(struct br_sg_net *bn, const struct shadow_packet *p,
		    bool tracked)
{
	struct br_sg_verdict verdict = judge(p, tracked);
	bool dropped = p->real.code < 0;
	bool drops = verdict.code < 0;

	if (verdict.code == VERDICT_NONE || drops == dropped)
		return;
	count_difference(p, verdict);
	br_sg_event_would(bn, p->bind, p->direction,
			  drops ? -verdict.code : 0, &p->frame);
}

void br_sg_shadow_compare(struct br_sg_net *bn, const struct br_sg_bind *bind,
			  u8 direction, struct br_sg_verdict verdict,
			  bool tracked, const struct sk_buff *skb)
{
	struct shadow_packet p = {
		.bind = bind,
		.end = bind->shadow,
		.real = verdict,
		.direction = direction,
	};

	/* how many entries a port has is not the shadow's to say */
	if (verdict.code == -BR_SG_REASON_CT_LIMIT)
		return;
	br_sg_frame_parse(&p.frame, skb);
	if (tracked)
		packet_flow(&p, skb);
	compare(bn, &p, tracked);
}

void br_sg_shadow_compare_revoked(struct br_sg_net *bn,
				  const struct br_sg_bind *bind, u8 direction,
				  const struct nf_conn *ct, int own,
				  const struct sk_buff *skb)
{
	struct shadow_packet p = {
		.bind = bind,
		.end = bind->shadow,
		.real = br_sg_verdict_step(-BR_SG_REASON_REVOKED),
		.direction = direction,
	};
	u64 slot = slot_of(bind, ct, own);

	if (!slot)
		return;
	br_sg_frame_parse(&p.frame, skb);
	packet_admitted(&p, ct, own, slot);
	compare(bn, &p, true);
}
