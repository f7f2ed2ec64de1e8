// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * frame.c on frames by hand: each kind whole, cut off at every length, with its
 * headers across pages of every size, and bent out of shape.
 */
#include <linux/in.h>
#include <linux/in6.h>

#include "pkt.h"
#include "tap.h"

static const u8 vm[6] = { 0xfa, 0x16, 0x3e, 0xdc, 0xbe, 0xeb };
static const u8 gw[6] = { 0xfa, 0x16, 0x3e, 0x00, 0x00, 0x01 };

static struct pkt p;
static struct br_sg_frame f;
static struct br_sg_addr a4, b4, a6, b6;

static void ip4(u8 proto, u16 frag)
{
	pkt_eth(&p, gw, vm, 0x0800);
	pkt_ip4(&p, &a4, &b4, proto, 64, frag);
}

static void ip6(u8 next)
{
	pkt_eth(&p, gw, vm, 0x86dd);
	pkt_ip6(&p, &a6, &b6, next, 255);
}

static u8 *ip(void)
{
	return p.b + p.ip;
}

static enum br_sg_frame_kind parse(void)
{
	pkt_parse(&p, &f);
	return f.kind;
}

/* one that the kernel will cut, parsed; to be freed */
static struct sk_buff *gso(u32 type, u16 size)
{
	struct sk_buff *skb = skb_make(p.b, p.len, 0);

	skb->shinfo.gso_size = size;
	skb->shinfo.gso_type = type;
	br_sg_frame_parse(&f, skb);
	return skb;
}

static bool malformed(void)
{
	return parse() == BR_SG_FRAME_MALFORMED;
}

/* options of RS, NS and so on: a link-layer address */
static void option(u8 type, const u8 *mac)
{
	pkt_u8(&p, type);
	pkt_u8(&p, 1);
	pkt_bytes(&p, mac, 6);
}

static void nd(u8 type)
{
	ip6(IPPROTO_ICMPV6);
	pkt_icmp(&p, type, 0, 0);
	if (type == BR_SG_ICMP6_RA)
		pkt_fill(&p, 0, 8);
	if (type >= BR_SG_ICMP6_NS)
		pkt_bytes(&p, a6.b, 16);
	if (type == BR_SG_ICMP6_REDIRECT)
		pkt_bytes(&p, b6.b, 16);
}

static void s_arp(void)
{
	pkt_eth(&p, gw, vm, 0x0806);
	pkt_arp(&p, 1, vm, &a4, gw, &b4);
}

static void s_tcp4(void)
{
	ip4(IPPROTO_TCP, 0);
	pkt_tcp(&p, 1234, 22, 2, 5);
}

static void s_udp4(void)
{
	ip4(IPPROTO_UDP, 0);
	pkt_udp(&p, 68, 67, 0);
}

static void s_udplite4(void)
{
	ip4(IPPROTO_UDPLITE, 0);
	pkt_udp(&p, 5, 6, 4);
}

static void s_sctp4(void)
{
	ip4(IPPROTO_SCTP, 0);
	pkt_udp(&p, 5, 6, 12);
}

static void s_dccp6(void)
{
	ip6(IPPROTO_DCCP);
	pkt_udp(&p, 5, 6, 12);
}

static void s_icmp4(void)
{
	ip4(IPPROTO_ICMP, 0);
	pkt_icmp(&p, 8, 0, 8);
}

static void s_igmp(void)
{
	ip4(IPPROTO_IGMP, 0);
	pkt_icmp(&p, 0x11, 0, 4);
}

static void s_gre4(void)
{
	ip4(IPPROTO_GRE, 0);
	pkt_fill(&p, 0, 8);
}

static void s_options4(void)
{
	ip4(IPPROTO_TCP, 0);
	ip()[0] = 0x4f;
	pkt_fill(&p, 1, 40);
	pkt_tcp(&p, 1234, 22, 0x12, 0);
}

static void s_tcp6(void)
{
	ip6(IPPROTO_TCP);
	pkt_tcp(&p, 1234, 22, 2, 3);
}

static void s_udp6(void)
{
	ip6(IPPROTO_UDP);
	pkt_udp(&p, 546, 547, 0);
}

static void s_chain6(void)
{
	ip6(IPPROTO_HOPOPTS);
	pkt_ext(&p, IPPROTO_DSTOPTS, 1);
	pkt_ext(&p, IPPROTO_ROUTING, 0);
	pkt_ext(&p, IPPROTO_AH, 2);
	pkt_hex(&p, "00 04 0000 00000001 00000002 000000000000000000000000");
	ip()[40 + 16 + 8 + 24] = IPPROTO_FRAGMENT;
	pkt_frag(&p, IPPROTO_TCP, 0);
	pkt_tcp(&p, 1234, 22, 2, 0);
}

static void s_rs(void)
{
	nd(BR_SG_ICMP6_RS);
	option(1, vm);
}

static void s_ra(void)
{
	nd(BR_SG_ICMP6_RA);
	option(1, vm);
}

static void s_ns(void)
{
	nd(BR_SG_ICMP6_NS);
	option(1, vm);
}

static void s_na(void)
{
	nd(BR_SG_ICMP6_NA);
	option(2, vm);
}

static void s_redirect(void)
{
	nd(BR_SG_ICMP6_REDIRECT);
	option(2, vm);
}

static void s_mld2(void)
{
	ip6(IPPROTO_HOPOPTS);
	pkt_hex(&p, "3a 00 05 02 0000 01 00");
	pkt_icmp(&p, 143, 0, 20);
}

static void s_none6(void)
{
	ip6(IPPROTO_NONE);
	pkt_fill(&p, 0, 3);
}

static void s_first4(void)
{
	ip4(IPPROTO_UDP, 0x2000);
	pkt_udp(&p, 9, 10, 8);
}

static void s_first6(void)
{
	ip6(IPPROTO_FRAGMENT);
	pkt_frag(&p, IPPROTO_TCP, 1);
	pkt_tcp(&p, 9, 10, 2, 12);
}

/*
 * @need: bytes behind the Ethernet header that a shorter packet of the kind
 * must have, when its length fields say so; what it has more is a multiple of
 * @step. No step: the kind has no length field.
 */
static const struct sample {
	const char *name;
	void (*make)(void);
	enum br_sg_frame_kind kind;
	int need;
	int step;
	u8 proto;
} samples[] = {
	{ "ARP", s_arp, BR_SG_FRAME_ARP, 28, 0, 0 },
	{ "TCP/IPv4", s_tcp4, BR_SG_FRAME_IPV4, 40, 1, IPPROTO_TCP },
	{ "UDP/IPv4", s_udp4, BR_SG_FRAME_IPV4, 28, 1, IPPROTO_UDP },
	{ "UDP-Lite/IPv4", s_udplite4, BR_SG_FRAME_IPV4, 28, 1, IPPROTO_UDPLITE },
	{ "SCTP/IPv4", s_sctp4, BR_SG_FRAME_IPV4, 32, 1, IPPROTO_SCTP },
	{ "DCCP/IPv6", s_dccp6, BR_SG_FRAME_IPV6, 52, 1, IPPROTO_DCCP },
	{ "ICMP", s_icmp4, BR_SG_FRAME_IPV4, 28, 1, IPPROTO_ICMP },
	{ "IGMP", s_igmp, BR_SG_FRAME_IPV4, 28, 1, IPPROTO_IGMP },
	{ "GRE/IPv4", s_gre4, BR_SG_FRAME_IPV4, 20, 1, IPPROTO_GRE },
	{ "IPv4 with options", s_options4, BR_SG_FRAME_IPV4, 80, 1, IPPROTO_TCP },
	{ "TCP/IPv6", s_tcp6, BR_SG_FRAME_IPV6, 60, 1, IPPROTO_TCP },
	{ "UDP/IPv6", s_udp6, BR_SG_FRAME_IPV6, 48, 1, IPPROTO_UDP },
	{ "IPv6 chain", s_chain6, BR_SG_FRAME_IPV6, 140, 1, IPPROTO_TCP },
	{ "RS", s_rs, BR_SG_FRAME_IPV6, 48, 8, IPPROTO_ICMPV6 },
	{ "RA", s_ra, BR_SG_FRAME_IPV6, 56, 8, IPPROTO_ICMPV6 },
	{ "NS", s_ns, BR_SG_FRAME_IPV6, 64, 8, IPPROTO_ICMPV6 },
	{ "NA", s_na, BR_SG_FRAME_IPV6, 64, 8, IPPROTO_ICMPV6 },
	{ "redirect", s_redirect, BR_SG_FRAME_IPV6, 80, 8, IPPROTO_ICMPV6 },
	{ "MLDv2", s_mld2, BR_SG_FRAME_IPV6, 56, 1, IPPROTO_ICMPV6 },
	{ "no next header", s_none6, BR_SG_FRAME_IPV6, 40, 1, IPPROTO_NONE },
	{ "first fragment IPv4", s_first4, BR_SG_FRAME_IPV4, 28, 8, IPPROTO_UDP },
	{ "first fragment IPv6", s_first6, BR_SG_FRAME_IPV6, 72, 8, IPPROTO_TCP },
};

static void test_samples(void)
{
	struct br_sg_frame whole;
	struct sk_buff *skb;
	int n, page;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(samples); i++) {
		const struct sample *s = &samples[i];
		bool good;

		s->make();
		pkt_fix(&p);
		good = parse() == s->kind && f.proto == s->proto &&
		       !memcmp(f.src, vm, 6) && !memcmp(f.dst, gw, 6) &&
		       f.bytes == (u32)p.len && f.packets == 1 && !f.nhoff;
		ok(good, "%s: whole", s->name);
		whole = f;

		pkt_fill(&p, 0x55, 20);
		good = parse() == s->kind;
		f.bytes -= 20;
		ok(good && !memcmp(&f, &whole, sizeof(f)), "%s: padded", s->name);
		p.len -= 20;

		good = true;
		for (page = 1; page <= p.len; page++) {
			skb = skb_make(p.b, p.len, page);
			br_sg_frame_parse(&f, skb);
			good &= !memcmp(&f, &whole, sizeof(f));
			skb_free(skb);
		}
		ok(good, "%s: in pages of 1 to %d bytes", s->name, p.len);

		/* as sent by one who lies about the length, or is cut off */
		n = p.len;
		good = true;
		for (p.len = 0; p.len < n; p.len++) {
			good &= malformed();
			for (page = 1; page < 30; page += 7) {
				skb = skb_make(p.b, p.len, page);
				br_sg_frame_parse(&f, skb);
				good &= f.kind == BR_SG_FRAME_MALFORMED;
				skb_free(skb);
			}
		}
		ok(good, "%s: cut off at 0 to %d", s->name, n - 1);

		/* by one who says so in the length fields */
		if (!s->step)
			continue;
		good = true;
		for (p.len = 14; p.len < n; p.len++) {
			int len = p.len - 14;
			bool valid = len >= s->need &&
				     (len - s->need) % s->step == 0;

			if (len > 6)
				pkt_fix(&p);
			/* UDP has a length of its own */
			if (s->proto == IPPROTO_UDP &&
			    !(whole.flags & BR_SG_FRAME_FRAG))
				valid = false;
			if (malformed() == valid) {
				good = false;
				printf("# %s: %d of %d\n", s->name, len, n - 14);
			}
		}
		ok(good, "%s: shorter, with the length fields right", s->name);
	}
}

static void test_ether(void)
{
	struct sk_buff *skb;
	u16 mac;

	s_tcp4();
	pkt_fix(&p);
	skb = skb_make(p.b, p.len, 0);
	mac = skb->mac_header;
	skb->mac_header = ~0;
	br_sg_frame_parse(&f, skb);
	ok(f.kind == BR_SG_FRAME_MALFORMED, "no MAC header");
	skb->mac_header = mac;
	skb->vlan_present = true;
	skb->vlan_proto = cpu_to_be16(0x8100);
	br_sg_frame_parse(&f, skb);
	ok(f.kind == BR_SG_FRAME_TAGGED && f.ethertype == 0x8100,
	   "tag in metadata, VID 0");
	skb->vlan_proto = cpu_to_be16(0x88a8);
	br_sg_frame_parse(&f, skb);
	ok(f.kind == BR_SG_FRAME_TAGGED && f.ethertype == 0x88a8,
	   "802.1ad tag in metadata");
	skb->vlan_present = false;
	/* data at the MAC header: the network header is behind it */
	skb->data -= 14;
	skb->len += 14;
	br_sg_frame_parse(&f, skb);
	ok(f.kind == BR_SG_FRAME_IPV4 && f.nhoff == 14 && f.thoff == 34 &&
	   f.bytes == (u32)p.len, "data at the MAC header");
	skb->data += 20;
	skb->len -= 20;
	br_sg_frame_parse(&f, skb);
	ok(f.kind == BR_SG_FRAME_MALFORMED, "data behind the network header");
	skb->data -= 6;
	skb->len += 6;
	skb_free(skb);

	pkt_eth(&p, gw, vm, 0x8100);
	pkt_hex(&p, "0000 0800 4500");
	ok(parse() == BR_SG_FRAME_TAGGED && f.ethertype == 0x8100, "VLAN 0 in band");
	pkt_eth(&p, gw, vm, 0x88a8);
	pkt_hex(&p, "0005 8100 0006 0800");
	ok(parse() == BR_SG_FRAME_TAGGED && f.ethertype == 0x88a8, "QinQ in band");
	pkt_eth(&p, gw, vm, 0x8100);
	ok(parse() == BR_SG_FRAME_TAGGED, "a tag with nothing behind it");
	pkt_eth(&p, gw, vm, 0x0026);
	pkt_hex(&p, "aaaa03 000000 0800 45000014");
	ok(parse() == BR_SG_FRAME_LLC, "SNAP");
	pkt_eth(&p, gw, vm, 0x05ff);
	ok(parse() == BR_SG_FRAME_LLC, "0x05ff is a length");
	pkt_eth(&p, gw, vm, 0x0600);
	ok(parse() == BR_SG_FRAME_OTHER, "0x0600 is an ethertype");
	pkt_eth(&p, gw, vm, 0);
	ok(parse() == BR_SG_FRAME_LLC, "length 0");
	pkt_eth(&p, gw, vm, 0x8035);
	ok(parse() == BR_SG_FRAME_OTHER && f.ethertype == 0x8035, "RARP");
}

static void test_arp(void)
{
	static const struct {
		int at;
		u8 value;
		bool good;
		const char *name;
	} rows[] = {
		{ 0, 1, false, "htype 0x0101" }, { 1, 6, false, "htype 6" },
		{ 2, 0x86, false, "ptype 0x8600" }, { 3, 6, false, "ptype 0x0806" },
		{ 4, 0, false, "hlen 0" }, { 4, 5, false, "hlen 5" },
		{ 4, 8, false, "hlen 8" }, { 4, 255, false, "hlen 255" },
		{ 5, 0, false, "plen 0" }, { 5, 3, false, "plen 3" },
		{ 5, 16, false, "plen 16" },
		{ 6, 1, false, "op 0x0101" }, { 7, 0, false, "op 0" },
		{ 7, 1, true, "op 1" }, { 7, 2, true, "op 2" },
		{ 7, 3, false, "op 3" }, { 7, 8, false, "op 8" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		s_arp();
		p.b[14 + rows[i].at] = rows[i].value;
		pkt_fill(&p, 0, 18);
		ok(malformed() != rows[i].good, "ARP: %s", rows[i].name);
	}
	s_arp();
	parse();
	ok(!memcmp(f.arp_sha, vm, 6) && br_sg_addr_equal(&f.saddr, &a4) &&
	   br_sg_addr_equal(&f.daddr, &b4) && f.arp_op == 1, "ARP: fields");
}

static void test_ip4(void)
{
	struct sk_buff *skb;
	int i;

	s_tcp4();
	pkt_fix(&p);
	parse();
	ok(br_sg_addr_equal(&f.saddr, &a4) && br_sg_addr_equal(&f.daddr, &b4) &&
	   f.hop_limit == 64 && f.thoff == 20 && f.sport == 1234 &&
	   f.dport == 22 && f.flags == (BR_SG_FRAME_PORTS | BR_SG_FRAME_SYN),
	   "IPv4: fields");
	for (i = 0; i < 16; i++) {
		s_tcp4();
		pkt_fix(&p);
		ip()[0] = i << 4 | 5;
		pkt_csum(&p);
		if (i != 4 && !malformed())
			break;
		s_tcp4();
		pkt_fix(&p);
		ip()[0] = 0x40 | i;
		pkt_csum(&p);
		if (i != 5 && !malformed())
			break;
	}
	ok(i == 16, "IPv4: every other version and header length");
	s_tcp4();
	pkt_fix(&p);
	ip()[10] ^= 1;
	ok(malformed(), "IPv4: checksum");
	for (i = 0; i < 20; i++) {
		s_tcp4();
		pkt_fix(&p);
		ip()[2] = 0;
		ip()[3] = i;
		pkt_csum(&p);
		if (!malformed())
			break;
	}
	ok(i == 20, "IPv4: total length 0 to 19");

	s_tcp4();
	pkt_fix(&p);
	ip()[2] = 0;
	ip()[3] = 0;
	pkt_csum(&p);
	skb = gso(SKB_GSO_TCPV4, 1);
	ok(f.kind == BR_SG_FRAME_IPV4 && f.packets == 5, "BIG TCP: length 0, GSO");
	skb_free(skb);
	s_udp4();
	pkt_fix(&p);
	ip()[2] = 0;
	ip()[3] = 0;
	pkt_csum(&p);
	skb = gso(SKB_GSO_UDP_L4, 1000);
	ok(f.kind == BR_SG_FRAME_MALFORMED, "length 0, GSO, but UDP");
	skb_free(skb);

	s_tcp4();
	ip()[20 + 12] = 0x40;
	pkt_fix(&p);
	ok(malformed(), "TCP: data offset 4");
	s_tcp4();
	ip()[20 + 12] = 0x70;
	pkt_fix(&p);
	ok(malformed(), "TCP: data offset behind the end");
	s_tcp4();
	ip()[20 + 13] = 0x12;
	pkt_fix(&p);
	ok(!malformed() && !(f.flags & BR_SG_FRAME_SYN), "TCP: SYN and ACK");
	for (i = 0; i < 12; i++) {
		ip4(IPPROTO_UDP, 0);
		pkt_udp(&p, 1, 2, 2);
		ip()[20 + 5] = i;
		pkt_fix(&p);
		if (malformed() != (i < 8 || i > 10))
			break;
	}
	ok(i == 12, "UDP: length 8 to what is there");
	ip4(IPPROTO_ICMPV6, 0);
	pkt_icmp(&p, 135, 0, 0);
	pkt_fix(&p);
	ok(!malformed() && !f.flags, "ICMPv6 on IPv4 is no ICMP");
	ip6(IPPROTO_ICMP);
	pkt_icmp(&p, 5, 0, 0);
	pkt_fix(&p);
	ok(!malformed() && !f.flags, "ICMP on IPv6 is no ICMP");
	ip4(IPPROTO_AH, 0);
	pkt_hex(&p, "06 04 0000 00000001 00000002 000000000000000000000000");
	pkt_tcp(&p, 1, 2, 2, 0);
	pkt_fix(&p);
	ok(!malformed() && f.proto == IPPROTO_AH && !f.flags, "AH on IPv4 is layer 4");
}

/* @want: flags, or -1 malformed */
static void frag4(const char *name, u8 proto, u16 frag, int payload, int want)
{
	int n;

	ip4(proto, frag);
	n = p.len;
	pkt_hex(&p, "0005 0006 0100 0000 0000 0000 50 02 0000 0000 0000");
	if (payload < 20)
		p.len = n + payload;
	else
		pkt_fill(&p, 0xaa, payload - 20);
	pkt_fix(&p);
	pkt_parse(&p, &f);
	ok(want < 0 ? f.kind == BR_SG_FRAME_MALFORMED :
		      f.kind == BR_SG_FRAME_IPV4 && f.flags == want,
	   "IPv4 fragment: %s", name);
}

static void frag6(const char *name, u8 next, u16 frag, int payload, int want)
{
	int n;

	ip6(IPPROTO_DSTOPTS);
	pkt_ext(&p, IPPROTO_FRAGMENT, 0);
	pkt_frag(&p, next, frag);
	n = p.len;
	if (next == IPPROTO_DSTOPTS)
		pkt_ext(&p, IPPROTO_TCP, 0);
	pkt_hex(&p, "0005 0006 0100 0000 0000 0000 50 02 0000 0000 0000");
	if (p.len > n + payload)
		p.len = n + payload;
	else
		pkt_fill(&p, 0xaa, payload - (p.len - n));
	pkt_fix(&p);
	pkt_parse(&p, &f);
	ok(want < 0 ? f.kind == BR_SG_FRAME_MALFORMED :
		      f.kind == BR_SG_FRAME_IPV6 && f.flags == want,
	   "IPv6 fragment: %s", name);
}

static void test_frags(void)
{
	const int more = 0x2000, first = BR_SG_FRAME_FRAG | BR_SG_FRAME_FIRST;
	const int ports = first | BR_SG_FRAME_PORTS;
	struct sk_buff *skb;

	frag4("first, UDP, 8 bytes", IPPROTO_UDP, more, 8, ports);
	frag4("first, TCP, 8 bytes", IPPROTO_TCP, more, 8, ports);
	frag4("first, TCP, 24 bytes", IPPROTO_TCP, more, 24,
	      ports | BR_SG_FRAME_SYN);
	frag4("first, no layer 4", IPPROTO_UDP, more, 0, -1);
	frag4("first, 7 bytes", IPPROTO_UDP, more, 7, -1);
	frag4("first, 12 bytes: not by 8", IPPROTO_UDP, more, 12, -1);
	frag4("first, GRE, 8 bytes", IPPROTO_GRE, more, 8, first);
	frag4("first, GRE, none", IPPROTO_GRE, more, 0, -1);
	frag4("first, ICMP", IPPROTO_ICMP, more, 8, first | BR_SG_FRAME_ICMP);
	frag4("TCP at 8 overlaps", IPPROTO_TCP, more | 1, 24, -1);
	frag4("TCP at 8 overlaps, last", IPPROTO_TCP, 1, 24, -1);
	frag4("TCP at 16 overlaps", IPPROTO_TCP, 2, 24, -1);
	frag4("TCP at 24", IPPROTO_TCP, 3, 24, BR_SG_FRAME_FRAG);
	frag4("UDP at 8", IPPROTO_UDP, 1, 5, BR_SG_FRAME_FRAG);
	frag4("SCTP at 8 overlaps", IPPROTO_SCTP, 1, 8, -1);
	frag4("empty last", IPPROTO_UDP, 100, 0, -1);
	frag4("middle, not by 8", IPPROTO_UDP, more | 100, 13, -1);
	frag4("last, not by 8", IPPROTO_UDP, 100, 13, BR_SG_FRAME_FRAG);
	frag4("beyond 65535", IPPROTO_UDP, 0x1fff, 20, -1);
	frag4("to 65536", IPPROTO_UDP, 0x1fff, 8, -1);
	frag4("to 65535", IPPROTO_UDP, 0x1fff, 7, BR_SG_FRAME_FRAG);
	frag4("do not fragment", IPPROTO_UDP, 0x4000, 1, -1);

	frag6("atomic is whole", IPPROTO_TCP, 0, 20,
	      BR_SG_FRAME_PORTS | BR_SG_FRAME_SYN);
	frag6("first, TCP", IPPROTO_TCP, 1, 24, ports | BR_SG_FRAME_SYN);
	frag6("first, TCP, 16 bytes", IPPROTO_TCP, 1, 16, -1);
	frag6("first, UDP, 8 bytes", IPPROTO_UDP, 1, 8, ports);
	frag6("first, chain without layer 4", IPPROTO_DSTOPTS, 1, 8, -1);
	frag6("first, chain with half of TCP", IPPROTO_DSTOPTS, 1, 24, -1);
	frag6("first, chain with TCP", IPPROTO_DSTOPTS, 1, 32,
	      ports | BR_SG_FRAME_SYN);
	frag6("first, not by 8", IPPROTO_UDP, 1, 12, -1);
	frag6("first, GRE, 8 bytes", IPPROTO_GRE, 1, 8, first);
	frag6("first, nothing", IPPROTO_GRE, 1, 0, -1);
	frag6("TCP at 8 overlaps", IPPROTO_TCP, 8, 24, -1);
	frag6("TCP at 24", IPPROTO_TCP, 24, 24, BR_SG_FRAME_FRAG);
	frag6("middle", IPPROTO_UDP, 801, 16, BR_SG_FRAME_FRAG);
	frag6("middle, not by 8", IPPROTO_UDP, 801, 15, -1);
	frag6("last, odd", IPPROTO_UDP, 800, 15, BR_SG_FRAME_FRAG);
	frag6("empty last", IPPROTO_UDP, 800, 0, -1);
	frag6("beyond 65535", IPPROTO_UDP, 0xfff8, 20, -1);
	frag6("middle of a chain", IPPROTO_DSTOPTS, 800, 15, BR_SG_FRAME_FRAG);
	frag6("first, ICMPv6 NS: options are not walked", IPPROTO_ICMPV6, 1, 24,
	      first | BR_SG_FRAME_ICMP);

	ip6(IPPROTO_FRAGMENT);
	pkt_frag(&p, IPPROTO_DSTOPTS, 1);
	pkt_ext(&p, IPPROTO_GRE, 0);
	pkt_fix(&p);
	ok(malformed(), "IPv6 fragment: first, nothing behind the chain");
	ip6(IPPROTO_FRAGMENT);
	pkt_frag(&p, IPPROTO_FRAGMENT, 0);
	pkt_frag(&p, IPPROTO_UDP, 0);
	pkt_udp(&p, 1, 2, 0);
	pkt_fix(&p);
	ok(malformed(), "IPv6 fragment: header twice");
	s_first4();
	pkt_fix(&p);
	skb = gso(SKB_GSO_UDP, 8);
	ok(f.kind == BR_SG_FRAME_MALFORMED, "a fragment that is GSO");
	skb_free(skb);
}

/* @n destination options headers, then UDP */
static bool chain_is_malformed(int n)
{
	ip6(IPPROTO_DSTOPTS);
	while (n--)
		pkt_ext(&p, n ? IPPROTO_DSTOPTS : IPPROTO_UDP, 0);
	pkt_udp(&p, 1, 2, 0);
	pkt_fix(&p);
	return malformed();
}

/* is it, with these options in front of UDP? */
static bool options_are_malformed(const char *hex)
{
	ip4(IPPROTO_UDP, 0);
	pkt_hex(&p, hex);
	ip()[0] = 0x40 | (p.len - p.ip) / 4;
	pkt_udp(&p, 1, 2, 0);
	pkt_fix(&p);
	return malformed();
}

static void test_options4(void)
{
	/* a source route, and where it may stand; what it points to does not count */
	static const char * const routes[] = {
		"83 07 04 0a010009 00", "89 07 04 0a010009 00",
		"83 07 08 0a010009 00", "89 07 ff 0a010009 00",
		"01 83 07 04 0a010009", "01010101 83 03 04 00",
		"07 07 04 00000000 83 07 04 0a010009 0000",
		"44 04 05 00 89 07 04 0a010009 00", "94 04 0000 83 03 04 01",
		"83 00 0000", "83 01 0000", "83 ff 0000", "010101 83", "89 000000",
		"07 27 04 0a010009 0a010009 0a010009 0a010009 0a010009 0a010009 "
		"0a010009 0a010009 0a010009 83",
	};
	/* the bytes of one, where no option begins */
	static const char * const others[] = {
		"01 01 01 00", "07 07 04 00000000 00", "94 04 0000", "44 04 05 00",
		"00 83 07 04 0a010009", "01 00 83 00", "07 07 04 83070400 00",
		"94 04 8389", "44 08 05 00 83898389", "82 0b 8383838383838383 83 00",
		"44 28 83 00", "44 00 83 00", "44 01 83 00", "07 ff 83 89",
		"03 03 83 00", "09 03 89 00", "0304 8989",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(routes); i++)
		ok(options_are_malformed(routes[i]), "IPv4: a source route: %s",
		   routes[i]);
	for (i = 0; i < ARRAY_SIZE(others); i++)
		ok(!options_are_malformed(others[i]), "IPv4: no source route: %s",
		   others[i]);
}

static void test_ip6(void)
{
	struct sk_buff *skb;
	int i;

	s_chain6();
	pkt_fix(&p);
	parse();
	ok(br_sg_addr_equal(&f.saddr, &a6) && br_sg_addr_equal(&f.daddr, &b6) &&
	   f.hop_limit == 255 && f.thoff == 40 + 16 + 8 + 24 + 24 + 8 &&
	   f.dport == 22 && f.flags == (BR_SG_FRAME_PORTS | BR_SG_FRAME_SYN),
	   "IPv6: fields behind a chain");
	for (i = 0; i < 16; i++) {
		s_tcp6();
		pkt_fix(&p);
		ip()[0] = i << 4;
		if (malformed() == (i == 6))
			break;
	}
	ok(i == 16, "IPv6: every other version");
	ok(!chain_is_malformed(12), "IPv6: 12 headers");
	ok(chain_is_malformed(13), "IPv6: 13 headers");
	ok(chain_is_malformed(1000), "IPv6: 1000 headers");
	ip6(IPPROTO_DSTOPTS);
	pkt_ext(&p, IPPROTO_HOPOPTS, 0);
	pkt_ext(&p, IPPROTO_UDP, 0);
	pkt_udp(&p, 1, 2, 0);
	pkt_fix(&p);
	ok(malformed(), "IPv6: hop-by-hop options not first");
	ip6(IPPROTO_HOPOPTS);
	pkt_ext(&p, IPPROTO_HOPOPTS, 0);
	pkt_ext(&p, IPPROTO_UDP, 0);
	pkt_udp(&p, 1, 2, 0);
	pkt_fix(&p);
	ok(malformed(), "IPv6: hop-by-hop options twice");
	ip6(IPPROTO_DSTOPTS);
	pkt_ext(&p, IPPROTO_UDP, 0);
	pkt_udp(&p, 1, 2, 0);
	pkt_fix(&p);
	ip()[41] = 2;
	ok(malformed(), "IPv6: an extension header behind the end");
	for (i = 0; i < 0x10000; i++) {
		ip6(IPPROTO_ROUTING);
		pkt_ext(&p, IPPROTO_UDP, i & 1);
		p.b[p.ip + 42] = i >> 8;
		p.b[p.ip + 43] = i & 0xff;
		pkt_udp(&p, 1, 2, 0);
		pkt_fix(&p);
		if (malformed() != !!(i & 0xff))
			break;
	}
	ok(i == 0x10000, "IPv6: a routing header of any type, if it has segments left");
	for (i = 0; i < 2; i++) {
		ip6(IPPROTO_FRAGMENT);
		pkt_frag(&p, IPPROTO_ROUTING, 1);
		pkt_ext(&p, IPPROTO_UDP, 0);
		p.b[p.ip + 40 + 8 + 3] = i;
		pkt_udp(&p, 1, 2, 8);
		pkt_fix(&p);
		if (malformed() != i)
			break;
	}
	ok(i == 2, "IPv6: a routing header behind the first fragment's");
	for (i = 50; i < 256; i++) {
		if (i == IPPROTO_AH || i == IPPROTO_ICMPV6 ||
		    i == IPPROTO_DSTOPTS || i == IPPROTO_SCTP ||
		    i == IPPROTO_UDPLITE)
			continue;
		ip6(i);
		pkt_fill(&p, 0, 1);
		pkt_fix(&p);
		if (malformed() || f.flags || f.proto != i || f.thoff != 40)
			break;
	}
	ok(i == 256, "IPv6: ESP, no next header, mobility and unknown ones stop");

	/* jumbograms */
	ip6(IPPROTO_HOPOPTS);
	pkt_hex(&p, "06 00 c2 04 00 00 00 1d");
	pkt_tcp(&p, 1, 2, 2, 1);
	ok(malformed(), "IPv6: jumbogram");
	skb = gso(SKB_GSO_TCPV6, 1400);
	ok(f.kind == BR_SG_FRAME_IPV6 && f.proto == IPPROTO_TCP && f.dport == 2,
	   "IPv6: jumbogram by GSO");
	skb_free(skb);
	ip6(IPPROTO_NONE);
	ok(!malformed(), "IPv6: nothing at all");
	ip6(IPPROTO_TCP);
	pkt_fill(&p, 0, 40);
	ok(malformed(), "IPv6: TCP behind length 0");
}

static void test_nd(void)
{
	int i;

	s_ns();
	pkt_fix(&p);
	parse();
	ok(f.type == 135 && br_sg_addr_equal(&f.target, &a6) &&
	   !memcmp(f.lladdr, vm, 6) &&
	   f.flags == (BR_SG_FRAME_ICMP | BR_SG_FRAME_ND_TARGET |
		       BR_SG_FRAME_ND_LLADDR), "ND: fields");
	s_ns();
	option(1, vm);
	pkt_fix(&p);
	ok(!malformed() && !(f.flags & BR_SG_FRAME_ND_BAD), "ND: the same twice");
	s_ns();
	option(2, gw);
	pkt_fix(&p);
	ok(!malformed() && f.flags & BR_SG_FRAME_ND_BAD, "ND: two that differ");
	s_ns();
	pkt_hex(&p, "01 00 000000000000");
	pkt_fix(&p);
	ok(malformed(), "ND: option of length 0");
	s_ns();
	pkt_hex(&p, "0e 02 000000000000");
	pkt_fix(&p);
	ok(malformed(), "ND: option behind the end");
	s_ns();
	pkt_hex(&p, "0e");
	pkt_fix(&p);
	ok(malformed(), "ND: half an option");
	nd(BR_SG_ICMP6_NS);
	pkt_hex(&p, "01 02 fa163edcbeeb 0000000000000000");
	pkt_fix(&p);
	ok(!malformed() && f.flags & BR_SG_FRAME_ND_BAD,
	   "ND: link-layer option of 16 bytes");
	s_ns();
	pkt_hex(&p, "0e 01 010203040506");
	pkt_fix(&p);
	ok(!malformed() && !(f.flags & BR_SG_FRAME_ND_BAD), "ND: nonce");
	nd(BR_SG_ICMP6_RA);
	for (i = 0; i < 64; i++)
		pkt_hex(&p, "05 01 0000 000005dc");
	pkt_fix(&p);
	ok(!malformed(), "ND: 64 options");
	pkt_hex(&p, "05 01 0000 000005dc");
	pkt_fix(&p);
	ok(malformed(), "ND: 65 options");
}

static void test_gso(void)
{
	struct sk_buff *skb;

	ip4(IPPROTO_TCP, 0);
	pkt_tcp(&p, 1, 2, 0x10, 1401);
	pkt_fix(&p);
	skb = skb_make(p.b, p.len, 128);
	skb->shinfo.gso_size = 700;
	br_sg_frame_parse(&f, skb);
	ok(f.packets == 3 && f.bytes == (u32)p.len, "GSO: segments from the size");
	skb->shinfo.gso_segs = 9;
	br_sg_frame_parse(&f, skb);
	ok(f.packets == 9, "GSO: segments as said");
	skb->shinfo.gso_segs = 0;
	skb->shinfo.gso_size = 0xffff;
	br_sg_frame_parse(&f, skb);
	ok(f.packets == 1, "GSO: one at least");
	skb_free(skb);
	ip4(IPPROTO_TCP, 0);
	pkt_tcp(&p, 1, 2, 0x10, 0);
	pkt_fix(&p);
	skb = gso(SKB_GSO_TCPV4, 1);
	ok(f.packets == 1, "GSO: without data");
	skb_free(skb);
}

int main(void)
{
	a4 = addr("10.1.0.2");
	b4 = addr("10.1.0.4");
	a6 = addr("2001:db8::2");
	b6 = addr("2001:db8::4");
	test_samples();
	test_ether();
	test_arp();
	test_ip4();
	test_options4();
	test_ip6();
	test_frags();
	test_nd();
	test_gso();
	return tap_plan();
}
