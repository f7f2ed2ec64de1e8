/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel writes into a frame after it was judged
 *
 * A frame may leave work to the kernel or to the network card, which is done when it
 * leaves by a device that cannot do it: the checksum of layer 4 (CHECKSUM_PARTIAL) and
 * the cutting into segments or fragments (GSO). Both are done as the skb's metadata
 * says, and a guest says that in the virtio_net_hdr before its frame: a sum that
 * "begins" at the UDP header and is to be stored 2 bytes into it is a new destination
 * port, behind our back. So frame.c, and plain.h on the short way, refuse what would
 * change anything that was judged:
 *
 *	eth  IPv4            UDP                   data
 *	|    |               |      v csum_start + csum_offset
 *	dddddssssss4500..sdsdssdd..cc              here, or here ------>
 *	                           ^ the checksum of the header that was judged
 */
#ifndef BR_SG_OFFLOAD_H
#define BR_SG_OFFLOAD_H

#include <linux/in.h>
#include <linux/skbuff.h>

/* conntrack reads as much of a tunnel's header: GRE's, with the key of version 1 */
#define BR_SG_OFFLOAD_TUNNEL_MIN	8

#define BR_SG_OFFLOAD_UDP_TUNNEL	(SKB_GSO_UDP_TUNNEL | \
					 SKB_GSO_UDP_TUNNEL_CSUM)
#define BR_SG_OFFLOAD_TUNNEL		(SKB_GSO_GRE | SKB_GSO_GRE_CSUM | \
					 SKB_GSO_IPXIP4 | SKB_GSO_IPXIP6 | \
					 SKB_GSO_ESP)

/* where a protocol's header has the checksum; -1: nobody may leave it to the kernel */
static inline int br_sg_offload_csum(u8 proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return 16;
	case IPPROTO_UDP:
		return 6;
	case IPPROTO_SCTP:
		return 8;
	default:
		return -1;
	}
}

/*
 * Protocols that carry a packet which nobody judges. An ICMP error carries one, too,
 * but conntrack goes by it.
 */
static inline bool br_sg_offload_wraps(u8 proto)
{
	return proto == IPPROTO_GRE || proto == IPPROTO_IPIP ||
	       proto == IPPROTO_IPV6 || proto == IPPROTO_ESP;
}

/*
 * Of TCP and UDP, whose header is at @l4 in the linear part: does the frame leave
 * nothing to the kernel, or the checksum in its place and TCP's segments, as most
 * guests do? A no says nothing: frame.c looks closer. @tcp_gso: the family's type.
 */
static inline bool br_sg_offload_plain(const struct sk_buff *skb, u8 proto,
				       const void *l4, u32 tcp_gso)
{
	if (skb->ip_summed == CHECKSUM_PARTIAL &&
	    skb->head + skb->csum_start + skb->csum_offset !=
	    (const u8 *)l4 + br_sg_offload_csum(proto))
		return false;
	if (likely(!skb_is_gso(skb)))
		return true;
	return proto == IPPROTO_TCP &&
	       (skb_shinfo(skb)->gso_type &
		~(SKB_GSO_DODGY | SKB_GSO_TCP_ECN)) == tcp_gso;
}

#endif
