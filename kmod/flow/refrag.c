// SPDX-License-Identifier: GPL-2.0
/*
 * Bridge conntrack puts fragments together in PRE_ROUTING and cuts the packet again
 * in POST_ROUTING, into parts no longer than the longest that came. Of IPv6 it
 * makes no part shorter than 1,280 bytes, which every link takes: if the longest
 * was shorter, it frees the packet, and nobody is told.
 *
 *	an atomic fragment (RFC 6946), a whole packet with a fragment header that
 *	says so: not given to reassembly at all. We have conntrack look at it as it
 *	is, before bridge conntrack would, which leaves alone what has an entry. It
 *	leaves as it came.
 *	parts that all are too short: the packet is dropped [malformed] before it is
 *	lost, so that someone knows; at the port that sent it, or each that would
 *	get it.
 *
 * How long the longest part was, bridge conntrack keeps in the bridge's private part
 * of the skb. It shows from the packet, too, whose parts hang on its frag_list as
 * they came, without headers.
 */
#include <linux/in.h>
#include <linux/ipv6.h>
#include <linux/kernel.h>
#include <linux/skbuff.h>
#include <net/ipv6.h>

#include "flow/refrag.h"
#include "frame/frame.h"

bool br_sg_refrag_atomic(const struct sk_buff *skb)
{
	struct br_sg_frame frame;

	if (br_sg_refrag_plain(skb))
		return false;
	br_sg_frame_parse(&frame, skb);
	return frame.kind == BR_SG_FRAME_IPV6 && frame.atomic;
}

bool br_sg_refrag_loses(const struct sk_buff *skb)
{
	/* of all but the first: what came in front of their data */
	unsigned int head = sizeof(struct ipv6hdr) + sizeof(struct frag_hdr);
	unsigned int first = skb->len, longest = 0;
	const struct sk_buff *part;

	/* GRO has lists, too */
	if (skb->protocol != htons(ETH_P_IPV6) || skb_is_gso(skb))
		return false;
	skb_walk_frags(skb, part) {
		first -= part->len;
		longest = max(longest, head + part->len);
	}
	/* reassembly takes the fragment header away */
	longest = max_t(unsigned int, longest,
			first + sizeof(struct frag_hdr));
	/*
	 * With extension headers before the fragment header the others were longer
	 * than that. Then the first is the longest all the same, unless somebody
	 * plays with lengths.
	 */
	return longest < IPV6_MIN_MTU;
}
