// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a frame leaves to the kernel: of each kind of packet, a checksum that is to be
 * written at every byte of it, and every kind of GSO, against what the packet's author
 * knows of it; the short way never says yes to more. And headers in pages that user
 * space can still write to.
 */
#include <linux/in.h>

#include "frame/guard.h"
#include "pkt.h"
#include "frame/plain.h"
#include "tap.h"

static const u8 vm[6] = { 0xfa, 0x16, 0x3e, 0xdc, 0xbe, 0xeb };
static const u8 gw[6] = { 0xfa, 0x16, 0x3e, 0x00, 0x00, 0x01 };

static struct pkt p;
static struct br_sg_frame f;
static struct br_sg_addr a4, b4, a6, b6;

/* @field: where layer 4 has its checksum, -1: none of which may be left; @length: of
 * its header; both from its beginning, which is @ext behind the network header
 */
struct kind {
	const char *name;
	u8 family;
	u8 proto;
	int ext;
	int field;
	int length;
	u16 frag;
};

static const struct kind kinds[] = {
	{ "TCP", 4, IPPROTO_TCP, 0, 16, 20, 0 },
	{ "UDP", 4, IPPROTO_UDP, 0, 6, 8, 0 },
	{ "SCTP", 4, IPPROTO_SCTP, 0, 8, 12, 0 },
	{ "UDP-Lite", 4, IPPROTO_UDPLITE, 0, -1, 0, 0 },
	{ "DCCP", 4, IPPROTO_DCCP, 0, -1, 0, 0 },
	{ "ICMP", 4, IPPROTO_ICMP, 0, -1, 0, 0 },
	{ "GRE", 4, IPPROTO_GRE, 0, -1, 0, 0 },
	{ "first fragment", 4, IPPROTO_UDP, 0, -1, 0, 0x2000 },
	{ "TCP", 6, IPPROTO_TCP, 0, 16, 20, 0 },
	{ "TCP behind options", 6, IPPROTO_TCP, 8, 16, 20, 0 },
	{ "UDP", 6, IPPROTO_UDP, 0, 6, 8, 0 },
	{ "SCTP", 6, IPPROTO_SCTP, 0, 8, 12, 0 },
	{ "ICMPv6", 6, IPPROTO_ICMPV6, 0, -1, 0, 0 },
	{ "GRE", 6, IPPROTO_GRE, 0, -1, 0, 0 },
	{ "ARP", 0, 0, 0, -1, 0, 0 },
	{ "another ethertype", 1, 0, 0, -1, 0, 0 },
};

static void build(const struct kind *k)
{
	p.len = 0;
	p.ip = 0;
	if (!k->family) {
		pkt_eth(&p, gw, vm, 0x0806);
		pkt_arp(&p, 1, vm, &a4, gw, &b4);
		pkt_fill(&p, 0, 30);
		return;
	}
	if (k->family == 1) {
		pkt_eth(&p, gw, vm, 0x88b5);
		pkt_fill(&p, 0, 64);
		return;
	}
	if (k->family == 4) {
		pkt_eth(&p, gw, vm, 0x0800);
		pkt_ip4(&p, &a4, &b4, k->proto, 64, k->frag);
	} else {
		pkt_eth(&p, gw, vm, 0x86dd);
		pkt_ip6(&p, &a6, &b6, k->ext ? IPPROTO_DSTOPTS : k->proto, 64);
		if (k->ext)
			pkt_ext(&p, k->proto, 0);
	}
	switch (k->proto) {
	case IPPROTO_TCP:
		pkt_tcp(&p, 1000, 80, 0x10, 3004);
		break;
	case IPPROTO_UDP:
		pkt_udp(&p, 1000, 2000, k->frag ? 64 : 3000);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		pkt_icmp(&p, 128, 0, 64);
		break;
	case IPPROTO_UDPLITE:
		pkt_u32(&p, 1000 << 16 | 2000);
		pkt_fill(&p, 0, 64);
		break;
	default:
		pkt_fill(&p, 0, 64);
	}
	pkt_fix(&p);
}

static bool taken(struct sk_buff *skb)
{
	br_sg_frame_parse(&f, skb);
	return f.kind != BR_SG_FRAME_MALFORMED;
}

/* the short way, asked by a port that has all that these frames need */
static bool plain(const struct sk_buff *skb)
{
	struct br_sg_guard guard = {};

	return br_sg_plain_ingress(&guard, skb);
}

static void test_sums(void)
{
	int l4, at, start, wrong, yes, quick, short_yes;
	const struct kind *k;
	struct sk_buff *skb;
	size_t i;
	bool want;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		k = &kinds[i];
		build(k);
		l4 = ETH_HLEN + (k->family == 4 ? 20 : 40) + k->ext;
		wrong = 0;
		yes = 0;
		quick = 0;
		short_yes = 0;
		for (at = 0; at + 2 <= p.len && at < 160; at++) {
			for (start = 0; start <= at; start += start < l4 ? l4 : 7) {
				skb = skb_make(p.b, p.len, 0);
				skb->ip_summed = CHECKSUM_PARTIAL;
				/* both are offsets from skb->head, the frame's +2 */
				skb->csum_start = 2 + start;
				skb->csum_offset = at - start;
				want = k->field >= 0 && (at == l4 + k->field ||
							 at >= l4 + k->length);
				wrong += taken(skb) != want;
				yes += want;
				quick += plain(skb) && !want;
				short_yes += plain(skb);
				skb_free(skb);
			}
		}
		ok(!wrong && (yes > 0) == (k->field >= 0),
		   "IPv%d, %s: a sum may be written to %d places, %d wrong",
		   k->family, k->name, yes, wrong);
		ok(!quick && (short_yes > 0) ==
		   ((k->proto == IPPROTO_TCP || k->proto == IPPROTO_UDP) &&
		    !k->ext && !k->frag),
		   "IPv%d, %s: by the short way to its own place alone",
		   k->family, k->name);
	}
}

/* a tunnel's, which only a kernel can have wrapped */
static void test_tunnel(void)
{
	static const struct kind gre = { "GRE", 4, IPPROTO_GRE, 0, -1, 0, 0 };
	int l4 = ETH_HLEN + 20, at, wrong = 0;
	struct sk_buff *skb;

	build(&gre);
	for (at = 0; at + 2 <= p.len; at++) {
		skb = skb_make(p.b, p.len, 0);
		skb->ip_summed = CHECKSUM_PARTIAL;
		skb->encapsulation = true;
		skb->csum_start = 2 + at;
		wrong += taken(skb) != (at >= l4 + 8);
		skb_free(skb);
	}
	ok(!wrong, "GRE that a kernel has wrapped: a sum within what it carries");
	/* kinds[5] is ICMP: what an error quotes is judged */
	build(&kinds[5]);
	for (wrong = 0, at = 0; at + 2 <= p.len; at++) {
		skb = skb_make(p.b, p.len, 0);
		skb->ip_summed = CHECKSUM_PARTIAL;
		skb->encapsulation = true;
		skb->csum_start = 2 + at;
		wrong += taken(skb);
		skb_free(skb);
	}
	ok(!wrong, "ICMP, as if wrapped: a sum nowhere");
}

static bool gso_fits(const struct kind *k, u32 type, u16 size)
{
	if (k->family < 4 || k->frag)
		return false;
	switch (type) {
	case SKB_GSO_TCPV4:
		return k->family == 4 && k->proto == IPPROTO_TCP;
	case SKB_GSO_TCPV6:
		return k->family == 6 && k->proto == IPPROTO_TCP;
	case SKB_GSO_UDP_L4:
		return k->proto == IPPROTO_UDP;
	case SKB_GSO_UDP:
		return k->proto == IPPROTO_UDP && size % 8 == 0;
	case SKB_GSO_SCTP:
		return k->proto == IPPROTO_SCTP;
	default:
		return false;
	}
}

static void test_gso(void)
{
	static const u32 types[] = {
		0, SKB_GSO_TCPV4, SKB_GSO_TCPV6, SKB_GSO_UDP, SKB_GSO_UDP_L4,
		SKB_GSO_SCTP, SKB_GSO_GRE, SKB_GSO_IPXIP4, SKB_GSO_ESP,
	};
	static const u16 sizes[] = { 1, 7, 8, 9, 12, 1000, 1440 };
	u32 pieces;
	const struct kind *k;
	struct sk_buff *skb;
	size_t i, t, s;
	bool want, got;
	int wrong;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		k = &kinds[i];
		build(k);
		wrong = 0;
		for (t = 0; t < ARRAY_SIZE(types); t++) {
			for (s = 0; s < ARRAY_SIZE(sizes); s++) {
				skb = skb_make(p.b, p.len, 0);
				skb->shinfo.gso_size = sizes[s];
				skb->shinfo.gso_type = types[t] | SKB_GSO_DODGY;
				want = gso_fits(k, types[t], sizes[s]);
				got = taken(skb);
				wrong += got != want;
				wrong += plain(skb) && !want;
				pieces = 3008 / sizes[s] + !!(3008 % sizes[s]);
				if (got && types[t] == SKB_GSO_UDP)
					wrong += f.fragments != pieces ||
						 f.packets != pieces;
				else if (got)
					wrong += f.fragments != 0;
				skb_free(skb);
			}
		}
		ok(!wrong, "IPv%d, %s: to be cut as what it is, or not at all",
		   k->family, k->name);
	}
}

static void test_udp_tunnel(void)
{
	static const struct kind udp = { "UDP", 4, IPPROTO_UDP, 0, 6, 8, 0 };
	static const struct kind tcp = { "TCP", 4, IPPROTO_TCP, 0, 16, 20, 0 };
	int at, l4 = ETH_HLEN + 20, wrong = 0;
	struct sk_buff *skb;

	for (at = 0; at < 100; at++) {
		build(&udp);
		skb = skb_make(p.b, p.len, 0);
		skb->shinfo.gso_size = 1000;
		skb->shinfo.gso_type = SKB_GSO_TCPV6 | SKB_GSO_UDP_TUNNEL;
		skb->encapsulation = true;
		skb->inner_mac_header = 2 + at;
		wrong += taken(skb) != (at >= l4 + 8);
		skb_free(skb);
		build(&tcp);
		skb = skb_make(p.b, p.len, 0);
		skb->shinfo.gso_size = 1000;
		skb->shinfo.gso_type = SKB_GSO_TCPV4 | SKB_GSO_UDP_TUNNEL_CSUM;
		skb->encapsulation = true;
		skb->inner_mac_header = 2 + at;
		wrong += taken(skb);
		skb_free(skb);
	}
	ok(!wrong, "a UDP tunnel: what it carries begins behind UDP's header");
}

/* with zerocopy the guest may write what we have read already */
static void test_shared(void)
{
	struct sk_buff *skb;
	size_t i;
	bool got;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct kind *k = &kinds[i];

		if (k->family == 1)
			continue;
		build(k);
		/* the Ethernet header alone is the kernel's own */
		skb = skb_make(p.b, p.len, 32);
		skb->shinfo.shared = true;
		got = taken(skb);
		skb->shinfo.shared = false;
		ok(!got && taken(skb),
		   "IPv%d, %s: no header that user space can still write to",
		   k->family, k->name);
		skb_free(skb);
	}
	/* the data is nobody's to judge */
	build(&kinds[0]);
	skb = skb_make(p.b, p.len, 0);
	skb->data_len = 2900;
	skb->shinfo.shared = true;
	ok(taken(skb), "data that user space can still write to is no fault");
	skb->data_len = 0;
	skb_free(skb);
}

int main(void)
{
	a4 = addr("10.1.0.2");
	b4 = addr("10.1.0.66");
	a6 = addr("fd00::2");
	b6 = addr("fd00::66");
	test_sums();
	test_tunnel();
	test_gso();
	test_udp_tunnel();
	test_shared();
	return tap_plan();
}
