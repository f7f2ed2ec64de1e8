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

/* does conntrack know the protocol but not its ports, so that all flows are one? */
bool br_sg_tuple_lacks_ports(const struct nf_conntrack_tuple *tuple);
bool br_sg_frame_is_icmp_error(const struct br_sg_frame *frame);
/*
 * Is it an ICMP message about the entry that it carries, and no packet of that
 * flow? What conntrack says decides, not the type: conntrack takes some types for
 * errors by their number (ICMPv6 redirects), and may learn more. It says RELATED of
 * what a helper expected too, but no helper expects ICMP.
 */
bool br_sg_frame_is_message(const struct br_sg_frame *frame,
			    enum ip_conntrack_info ctinfo);
/* is it ICMP that conntrack keeps no state for: ND, MLD, discovery and the like? */
bool br_sg_frame_has_no_state(const struct br_sg_frame *frame);

/*
 * The rules of a port. Those that return an int return the index of the first rule
 * of @direction that matches, or -1 for none. @remotes are of the port's policy.
 *
 * by_...: of one packet that travels in @direction, from what is at hand of it:
 */
int br_sg_rules_by_frame(const struct br_sg_port *port,
			 const struct br_sg_remotes *remotes, u8 direction,
			 const struct br_sg_frame *frame);
/* a plain packet (plain.h), which needs no struct br_sg_frame */
int br_sg_rules_by_skb(const struct br_sg_port *port,
		       const struct br_sg_remotes *remotes, u8 direction,
		       const struct sk_buff *skb);
int br_sg_rules_by_tuple(const struct br_sg_port *port,
			 const struct br_sg_remotes *remotes, u8 direction,
			 const struct nf_conntrack_tuple *tuple);
/*
 * Its entry, as the port sees the packet before and behind br_netfilter's NAT. @own
 * is the port's direction in @ct, see br_sg_slot_own()
 */
int br_sg_rules_by_entry(const struct br_sg_port *port,
			 const struct br_sg_remotes *remotes, u8 direction,
			 const struct nf_conn *ct, int own);
/*
 * for_...: of something else than the packet at hand. @frame travels against
 * @direction: the rule of @direction for the request that @frame answers.
 */
int br_sg_rules_for_request(const struct br_sg_port *port,
			    const struct br_sg_remotes *remotes, u8 direction,
			    const struct br_sg_frame *frame);
/*
 * The flow of @ct as one that was admitted in @direction: what the rules say, and in
 * egress also whether the port may still send from the flow's source, since not all
 * of the flow's packets are the port's own. 0 too where the rules ask for ports that
 * the entry does not have: there each packet is judged by its own.
 */
int br_sg_rules_for_flow(const struct br_sg_port *port,
			 const struct br_sg_remotes *remotes, u8 direction,
			 const struct nf_conn *ct, int own);
/*
 * A packet that travels in @direction and whose entry has no ports: is it of a flow
 * that the rules of one of @ways admit? @ways has a bit for each direction.
 */
bool br_sg_rules_allow_portless(const struct br_sg_port *port,
				const struct br_sg_remotes *remotes,
				u8 direction, u8 ways,
				const struct br_sg_frame *frame);

#endif
