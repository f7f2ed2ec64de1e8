/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A frame as the fields that decide. frame.c fills it; guard.c and flow.c
 * judge by it.
 */
#ifndef BR_SG_FRAME_H
#define BR_SG_FRAME_H

#include <linux/bits.h>
#include <linux/if_ether.h>
#include <linux/types.h>

#include "match/addrset.h"

/**
 * enum br_sg_frame_kind - what it is
 * @BR_SG_FRAME_MALFORMED: not a well-formed frame, or ARP, IP or ND that
 *	cannot be parsed safely, or one that the kernel would change where it is
 *	judged (offload.h); no other field but the MACs, packets, fragments and
 *	bytes is to be relied on
 * @BR_SG_FRAME_TAGGED: an 802.1Q or 802.1ad tag, VID 0 too, in the skb's
 *	metadata or in band
 * @BR_SG_FRAME_LLC: 802.3 length in place of an ethertype: LLC, SNAP
 * @BR_SG_FRAME_OTHER: another ethertype, RARP too
 * @BR_SG_FRAME_ARP: ARP for IPv4 over Ethernet, 28 bytes present
 * @BR_SG_FRAME_IPV4: the IPv4 header is sound, and layer 4's where we know it
 * @BR_SG_FRAME_IPV6: the same, and the extension headers
 */
enum br_sg_frame_kind {
	BR_SG_FRAME_MALFORMED,
	BR_SG_FRAME_TAGGED,
	BR_SG_FRAME_LLC,
	BR_SG_FRAME_OTHER,
	BR_SG_FRAME_ARP,
	BR_SG_FRAME_IPV4,
	BR_SG_FRAME_IPV6,
};

/* a fragment; an atomic one (offset 0, no more) is a whole packet */
#define BR_SG_FRAME_FRAG	BIT(0)
/* its first fragment: layer 4 begins in it, 8 bytes of it on IPv4 */
#define BR_SG_FRAME_FIRST	BIT(1)
/* sport and dport are valid: TCP, UDP, UDP-Lite, SCTP, DCCP */
#define BR_SG_FRAME_PORTS	BIT(2)
/* type and code are valid: ICMP on IPv4, ICMPv6 on IPv6, IGMP on IPv4 too */
#define BR_SG_FRAME_ICMP	BIT(3)
/* TCP: SYN without ACK, RST and FIN */
#define BR_SG_FRAME_SYN		BIT(4)
/* NS, NA, redirect, whole: target is valid */
#define BR_SG_FRAME_ND_TARGET	BIT(5)
/* ND, whole: a link-layer address option, the address in lladdr */
#define BR_SG_FRAME_ND_LLADDR	BIT(6)
/* several link-layer options that differ, or one that is no Ethernet address;
 * options of length 0 or that overrun make the frame malformed
 */
#define BR_SG_FRAME_ND_BAD	BIT(7)

/* ICMPv6 types that decide; the kernel's names are in three headers */
enum br_sg_icmp6 {
	BR_SG_ICMP6_MLD_QUERY = 130,
	BR_SG_ICMP6_MLD_REPORT = 131,
	BR_SG_ICMP6_MLD_DONE = 132,
	BR_SG_ICMP6_RS = 133,
	BR_SG_ICMP6_RA = 134,
	BR_SG_ICMP6_NS = 135,
	BR_SG_ICMP6_NA = 136,
	BR_SG_ICMP6_REDIRECT = 137,
	BR_SG_ICMP6_MLD2_REPORT = 143,
};

/**
 * struct br_sg_frame - the fields that decide
 * @kind: what is valid below
 * @flags: BR_SG_FRAME_*
 * @proto: IP protocol behind the extension headers that conntrack skips (AH
 *	is one of them on IPv6, not on IPv4); of a fragment that is not the
 *	first, what its fragment header says, perhaps another extension header
 * @hop_limit: IPv6 hop limit, IPv4 TTL
 * @type: ICMP type
 * @code: ICMP code
 * @atomic: an IPv6 fragment header that says that it is no fragment
 * @ethertype: host order; of a tagged frame the outer tag's (0x8100, 0x88a8), of
 *	LLC the length field
 * @sport: source port, host order
 * @dport: destination port, host order
 * @arp_op: operation, host order
 * @dst: destination MAC
 * @src: source MAC
 * @arp_sha: ARP's sender MAC
 * @lladdr: link-layer address option of NS, NA, RS (and RA, redirect)
 * @saddr: IP source; ARP's sender address
 * @daddr: IP destination; ARP's target address
 * @target: ND's target
 * @nhoff: network header, offset from skb->data
 * @thoff: layer 4 header, offset from skb->data
 * @packets: 1, of a GSO frame its segments (what the guest said, for counters)
 * @fragments: 1 of a fragment, of a UDP datagram that the kernel will cut into
 *	fragments how many; else 0
 * @bytes: length with the Ethernet header; of a GSO frame what its segments
 *	have on the wire is not counted apart
 */
struct br_sg_frame {
	enum br_sg_frame_kind kind;
	u8 flags;
	u8 proto;
	u8 hop_limit;
	u8 type;
	u8 code;
	bool atomic;
	u16 ethertype;
	u16 sport;
	u16 dport;
	u16 arp_op;
	u8 dst[ETH_ALEN];
	u8 src[ETH_ALEN];
	u8 arp_sha[ETH_ALEN];
	u8 lladdr[ETH_ALEN];
	struct br_sg_addr saddr;
	struct br_sg_addr daddr;
	struct br_sg_addr target;
	int nhoff;
	int thoff;
	u32 packets;
	u32 fragments;
	u32 bytes;
};

struct sk_buff;

/*
 * Fills *@frame from @skb, whose MAC header is set and whose network header is
 * behind it, whatever skb->network_header and skb->transport_header say. Reads
 * by copy, each byte once, never pulls, never writes.
 */
void br_sg_frame_parse(struct br_sg_frame *frame, const struct sk_buff *skb);
/* only @packets and @bytes are filled: for frames that need no look at them */
void br_sg_frame_size(struct br_sg_frame *frame, const struct sk_buff *skb);

#endif
