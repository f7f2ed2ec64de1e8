/* SPDX-License-Identifier: GPL-2.0 */
/* What conntrack puts together and does not cut again. */
#ifndef BR_SG_REFRAG_H
#define BR_SG_REFRAG_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>

/* may it have been put together of fragments? What is linear was not */
static inline bool br_sg_refrag_joined(const struct sk_buff *skb)
{
	return skb->data_len && skb_has_frag_list(skb);
}

/*
 * Of an untagged IP frame whose network header is at skb->data: is it for sure
 * without a fragment header of IPv6? A no says nothing.
 */
static inline bool br_sg_refrag_plain(const struct sk_buff *skb)
{
	const struct ipv6hdr *ip = (const struct ipv6hdr *)skb->data;

	if (skb->protocol == cpu_to_be16(ETH_P_IP))
		return true;
	return skb_headlen(skb) >= sizeof(*ip) &&
	       (ip->nexthdr == IPPROTO_TCP || ip->nexthdr == IPPROTO_UDP ||
		ip->nexthdr == IPPROTO_ICMPV6);
}

/*
 * Of such a frame before conntrack: an IPv6 packet with a fragment header that says
 * that it is no fragment?
 */
bool br_sg_refrag_atomic(const struct sk_buff *skb);
/*
 * Of a packet with a frag_list, that came by a bridge port and was through
 * conntrack: will the bridge lose it, since no part of it was long enough?
 */
bool br_sg_refrag_loses(const struct sk_buff *skb);

#endif
