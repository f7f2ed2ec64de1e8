/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames by hand: a buffer to append to, and skbs of it. Lengths and checksums
 * that were left 0 are filled in by pkt_fix().
 */
#ifndef UNIT_PKT_H
#define UNIT_PKT_H

#include <linux/skbuff.h>
#include "frame/frame.h"

#define PKT_MAX	70000

struct pkt {
	int len;
	int ip;		/* offset of the IP header, 0: none */
	u8 b[PKT_MAX];
};

void pkt_bytes(struct pkt *pkt, const void *bytes, int n);
void pkt_fill(struct pkt *pkt, u8 byte, int n);
void pkt_u8(struct pkt *pkt, u8 v);
void pkt_u16(struct pkt *pkt, u16 v);
void pkt_u32(struct pkt *pkt, u32 v);
/* "aa 0b ff": hex, spaces ignored */
void pkt_hex(struct pkt *pkt, const char *hex);

void pkt_eth(struct pkt *pkt, const u8 *dst, const u8 *src, u16 ethertype);
void pkt_arp(struct pkt *pkt, u16 op, const u8 *sha, const struct br_sg_addr *spa,
	     const u8 *tha, const struct br_sg_addr *tpa);
/* @frag: flags and offset as on the wire */
void pkt_ip4(struct pkt *pkt, const struct br_sg_addr *src,
	     const struct br_sg_addr *dst, u8 proto, u8 ttl, u16 frag);
void pkt_ip6(struct pkt *pkt, const struct br_sg_addr *src,
	     const struct br_sg_addr *dst, u8 next, u8 hop_limit);
/* hop-by-hop, routing, destination options: 8 bytes and @more times 8 */
void pkt_ext(struct pkt *pkt, u8 next, u8 more);
void pkt_frag(struct pkt *pkt, u8 next, u16 frag);
void pkt_udp(struct pkt *pkt, u16 sport, u16 dport, int payload);
void pkt_tcp(struct pkt *pkt, u16 sport, u16 dport, u8 flags, int payload);
void pkt_icmp(struct pkt *pkt, u8 type, u8 code, int payload);
/* length fields and the IPv4 checksum, from what is there */
void pkt_fix(struct pkt *pkt);
/* the checksum alone */
void pkt_csum(struct pkt *pkt);

/* the address of a text, either family; aborts on a bad one */
struct br_sg_addr addr(const char *text);
struct br_sg_prefix prefix(const char *text);

/*
 * A frame as a bridge hook gets it: data at the network header. @page 0:
 * linear; else only the Ethernet header is, and pages of so many bytes follow.
 * The header offsets an skb has besides are nonsense, as a guest's may be.
 */
struct sk_buff *skb_make(const u8 *frame, int len, int page);
void skb_free(struct sk_buff *skb);
/* parses a linear one */
void pkt_parse(const struct pkt *pkt, struct br_sg_frame *frame);

#endif
