/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a port's rules say: of a frame, of a conntrack entry. Nothing is written
 * here; flow.c acts on it, shadow.c only counts.
 */
#ifndef BR_SG_RULES_H
#define BR_SG_RULES_H

#include <linux/types.h>
#include <linux/br_sg.h>
#include <linux/netfilter/nf_conntrack_common.h>

#include "frame/frame.h"

struct br_sg_port;
struct br_sg_remotes;
struct nf_conn;
struct nf_conntrack_tuple;
struct sk_buff;

/**
 * struct br_sg_verdict - what a port end decided
 * @code: > 0: accepted, the enum br_sg_step; < 0: dropped, minus the enum
 *	br_sg_reason; 0: accepted by a rule
 * @rule: then its index in the ruleset of that direction
 */
struct br_sg_verdict {
	int code;
	int rule;
};

static inline struct br_sg_verdict br_sg_verdict_step(int code)
{
	return (struct br_sg_verdict){ .code = code };
}

/* @rule < 0: none allows it */
static inline struct br_sg_verdict br_sg_verdict_rule(int rule)
{
	if (rule < 0)
		return br_sg_verdict_step(-BR_SG_REASON_NO_RULE);
	return (struct br_sg_verdict){ .rule = rule };
}

/* conntrack knows the protocol but not its ports: all such flows are one */
bool br_sg_tuple_lacks_ports(const struct nf_conntrack_tuple *tuple);
bool br_sg_frame_is_icmp_error(const struct br_sg_frame *frame);
/*
 * Does it speak of the entry that it carries, and is none of its packets? What
 * conntrack says decides, not the type: it knows types as errors that are none by
 * their number (ICMPv6 redirects), and may learn more. RELATED is also said of what
 * a helper expected; no helper expects ICMP.
 */
bool br_sg_frame_is_message(const struct br_sg_frame *frame,
			    enum ip_conntrack_info ctinfo);
/* ICMP that conntrack keeps no state for: ND, MLD, discovery and the like */
bool br_sg_frame_has_no_state(const struct br_sg_frame *frame);

/*
 * Each returns the index of a rule of @direction, or -1 for none. @remotes are
 * those of the port's policy.
 */

/* of the first packet that the port sees of a flow */
int br_sg_rules_frame(const struct br_sg_port *port,
		      const struct br_sg_remotes *remotes, u8 direction,
		      const struct br_sg_frame *frame);
/* the same of a plain packet (plain.h), without a struct br_sg_frame */
int br_sg_rules_plain(const struct br_sg_port *port,
		      const struct br_sg_remotes *remotes, u8 direction,
		      const struct sk_buff *skb);
/* the same by a tuple, of a packet that travels in @direction */
int br_sg_rules_tuple(const struct br_sg_port *port,
		      const struct br_sg_remotes *remotes, u8 direction,
		      const struct nf_conntrack_tuple *tuple);
/*
 * The same by the entry it has: a packet of @ct that travels in @direction, as the
 * port that owns word @own sends or receives it
 */
int br_sg_rules_flow(const struct br_sg_port *port,
		     const struct br_sg_remotes *remotes, u8 direction,
		     const struct nf_conn *ct, int own);
/*
 * The frame travels the other way: does the rule of @direction allow what it
 * answers?
 */
int br_sg_rules_answer(const struct br_sg_port *port,
		       const struct br_sg_remotes *remotes, u8 direction,
		       const struct br_sg_frame *frame);
/*
 * A packet whose entry knows no ports travels in @direction: is it of a flow that
 * the rules of one of @ways, a bit per direction, admit?
 */
bool br_sg_rules_ports(const struct br_sg_port *port,
		       const struct br_sg_remotes *remotes, u8 direction,
		       u8 ways, const struct br_sg_frame *frame);
/*
 * The flow of @ct, in which the port owns word @own, as one that was admitted in
 * @direction: by the rules, and egress by the port's addresses, since its own
 * packets are not the only ones of the flow. 0 too where the rules ask for ports
 * that the entry does not know: its packets tell.
 */
int br_sg_rules_entry(const struct br_sg_port *port,
		      const struct br_sg_remotes *remotes, u8 direction,
		      const struct nf_conn *ct, int own);

#endif
