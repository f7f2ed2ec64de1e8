// SPDX-License-Identifier: GPL-2.0-or-later
/* From descriptions to bytes, and the ports that are asked; see desc.h. */
#include <linux/in.h>
#include <linux/in6.h>
#include <stdio.h>

#include "desc.h"

const u8 macs[N_MACS][ETH_ALEN] = {
	[OWN] = { 0xfa, 0x16, 0x3e, 0xdc, 0xbe, 0xeb },
	[SECOND] = { 0x00, 0x00, 0x5e, 0x00, 0x01, 0x07 },
	[OTHER] = { 0xfa, 0x16, 0x3e, 0xdc, 0xbe, 0xec },
	[BCAST] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
	[LLDP] = { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e },
	[LLGROUP_F] = { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x0f },
	[LLGROUP_BEHIND] = { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x10 },
	[MCAST] = { 0x33, 0x33, 0x00, 0x00, 0x00, 0x01 },
};

const struct unit_port unit_ports[N_UNIT_PORTS] = {
	{
		.name = "usual", .n_macs = 2, .n_ips = 2, .n_pairs = 6,
		.pairs = {
			{ "10.1.0.2", OWN }, { "2001:db8::2", OWN },
			{ "10.9.0.0/16", OWN }, { "10.5.0.5", SECOND },
			{ "2001:db8:5::/64", SECOND },
			{ "2001:db8:6::/64", OWN },
		},
		.dhcp = { "10.1.0.3", "fe80::3" },
		.ethertypes = { 0x8863, 0x88cc },
	},
	{ .name = "no address", .n_macs = 1 },
	{
		.name = "pairs /0", .n_macs = 1, .n_ips = 1, .n_pairs = 3,
		.pairs = {
			{ "10.1.0.2", OWN }, { "0.0.0.0/0", OWN },
			{ "::/0", OWN },
		},
		.dhcp = { "fe80::3" },
		.ethertypes = { 0x8035 },
	},
	{
		.name = "IPv6 only", .n_macs = 1, .n_ips = 1, .n_pairs = 2,
		.pairs = { { "2001:db8::2", OWN }, { "fe80::/64", OWN } },
		.dhcp = { "10.1.0.3" },
	},
	{
		.name = "IPv4 only", .n_macs = 1, .n_ips = 1, .n_pairs = 1,
		.pairs = { { "10.1.0.2", OWN } },
	},
	{ .name = "any source", .n_macs = 1, .any_source = true },
	{
		.name = "any source and addresses", .n_macs = 2, .n_ips = 1,
		.n_pairs = 2, .any_source = true,
		.pairs = { { "10.1.0.2", OWN }, { "10.5.0.5", SECOND } },
	},
};

const struct br_sg_guard *unit_guard(int n)
{
	static struct {
		struct br_sg_guard guard;
		struct br_sg_pair pairs[6];
		struct br_sg_prefix dhcp[3];
	} all[N_UNIT_PORTS];
	const struct unit_port *port = &unit_ports[n];
	struct br_sg_guard *g = &all[n].guard;
	int i;

	memcpy(g->mac, macs[OWN], ETH_ALEN);
	g->n_macs = port->n_macs;
	g->any_source = port->any_source;
	g->macs = &macs[OWN];
	g->n_ips = port->n_ips;
	g->n_pairs = port->n_pairs;
	g->pairs = all[n].pairs;
	for (i = 0; i < port->n_pairs; i++) {
		all[n].pairs[i].prefix = prefix(port->pairs[i].prefix);
		memcpy(all[n].pairs[i].mac, macs[port->pairs[i].mac], ETH_ALEN);
		if (all[n].pairs[i].prefix.family == AF_INET6)
			g->has_ipv6 = true;
	}
	for (i = 0; port->dhcp[i]; i++)
		all[n].dhcp[i] = prefix(port->dhcp[i]);
	g->n_dhcp = i;
	g->dhcp = all[n].dhcp;
	for (i = 0; port->ethertypes[i]; i++)
		;
	g->n_ethertypes = i;
	g->ethertypes = port->ethertypes;
	br_sg_guard_plain_init(g);
	return g;
}

const char *desc_from(const struct desc *d)
{
	return d->from ? d->from : d->kind == IP6 ? "2001:db8::2" : "10.1.0.2";
}

const char *desc_to(const struct desc *d)
{
	return d->to ? d->to : d->kind == IP6 ? "2001:db8::4" : "10.1.0.4";
}

static void build_l4(const struct desc *d, struct pkt *p)
{
	u8 proto = d->proto ? d->proto : IPPROTO_UDP;
	struct br_sg_addr a;
	int i, n = p->len;

	if (d->frag == REST) {
		pkt_fill(p, 0xaa, 24);
		return;
	}
	switch (proto) {
	case IPPROTO_TCP:
		pkt_tcp(p, d->sport, d->dport, d->tcp ? d->tcp : 0x02, 4);
		break;
	case IPPROTO_UDP:
		pkt_udp(p, d->sport, d->dport, 8);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_IGMP:
		pkt_icmp(p, d->type, d->code, 0);
		break;
	case IPPROTO_ICMPV6:
		pkt_icmp(p, d->type, d->code, 0);
		if (d->type == 134)
			pkt_fill(p, 0, 8);
		if (d->type >= 135 && d->type <= 137) {
			a = addr(d->target ? d->target : "2001:db8::2");
			pkt_bytes(p, a.b, 16);
		}
		if (d->type == 137)
			pkt_bytes(p, a.b, 16);
		if (d->type < 133 || d->type > 137)
			break;
		for (i = 0; i < d->n_options; i++) {
			pkt_u8(p, 1 + (d->type == 136));
			pkt_u8(p, 1);
			pkt_bytes(p, macs[d->options[i]], ETH_ALEN);
		}
		if (d->broken == OPTION_0)
			pkt_hex(p, "0100 000000000000");
		if (d->broken == OPTION_LONG)
			pkt_hex(p, "0102 000000000000");
		break;
	default:
		pkt_fill(p, 0, 16);
		break;
	}
	if (d->broken == SHORT_L4)
		p->len = n + 7;
	/* fragments that others follow are of whole eights */
	if (d->frag == FIRST)
		while ((p->len - n) % 8)
			pkt_u8(p, 0);
}

static u16 band(const struct desc *d)
{
	return d->tag == BAND_Q ? 0x8100 : d->tag == BAND_AD ? 0x88a8 : 0;
}

/* IPv4: eight bytes of options */
static void build_options(const struct desc *d, struct pkt *p)
{
	static const char * const options[] = {
		[DONE] = "01 07 07 04 00000000", [LOOSE] = "01 83 07 04 0a010009",
		[STRICT] = "89 07 04 0a010009 00",
	};

	if (d->route == NO_ROUTE)
		return;
	p->b[p->ip] = 0x47;
	pkt_hex(p, options[d->route]);
}

void desc_build(const struct desc *d, struct pkt *p)
{
	static const u16 ethertypes[] = { 0x0800, 0x86dd, 0x0806, 0, 0x0020 };
	static const u16 frags4[] = { 0x4000, 0x4000, 0x2000, 0x2010 };
	static const u16 frags6[] = { 0, 0, 1, 129 };
	struct br_sg_addr from = addr(desc_from(d)), to = addr(desc_to(d));
	u16 ethertype = d->kind == ETHER ? d->ethertype : ethertypes[d->kind];
	u8 proto = d->proto ? d->proto : IPPROTO_UDP;
	u8 ttl = d->ttl ? d->ttl : 255, next;
	int i;

	pkt_eth(p, macs[d->dst], macs[d->src], band(d) ? band(d) : ethertype);
	if (band(d)) {
		pkt_u16(p, 0);
		pkt_u16(p, ethertype);
	}
	switch (d->kind) {
	case ARP:
		pkt_arp(p, d->broken == OP_3 ? 3 : d->op ? d->op : 1,
			macs[d->sha_given ? d->sha : d->src], &from,
			macs[BCAST], &to);
		break;
	case IP4:
		pkt_ip4(p, &from, &to, proto, ttl, frags4[d->frag]);
		build_options(d, p);
		build_l4(d, p);
		break;
	case IP6:
		next = d->ext ? IPPROTO_DSTOPTS :
		       d->frag != WHOLE ? IPPROTO_FRAGMENT : proto;
		pkt_ip6(p, &from, &to, d->route ? IPPROTO_ROUTING : next, ttl);
		if (d->route) {
			pkt_ext(p, next, 0);
			/* type and segments left */
			p->b[p->len - 6] = d->route == STRICT ? 4 : 0;
			p->b[p->len - 5] = d->route == DONE ? 0 : 1;
		}
		for (i = 1; i <= d->ext; i++)
			pkt_ext(p, i < d->ext ? IPPROTO_DSTOPTS :
				d->frag != WHOLE ? IPPROTO_FRAGMENT : proto, 0);
		if (d->frag != WHOLE)
			pkt_frag(p, proto, frags6[d->frag]);
		build_l4(d, p);
		break;
	case LLC:
		pkt_hex(p, "aaaa03 000000 0800 45000014");
		break;
	default:
		pkt_fill(p, 0, 28);
		break;
	}
	pkt_fix(p);
	if (d->broken == BAD_CSUM && d->kind == IP4)
		p->b[p->ip + 10] ^= 0x40;
	if (d->broken == CUT)
		p->len = 14 + 6;
}

struct sk_buff *desc_skb(const struct desc *d)
{
	static struct pkt p;
	struct sk_buff *skb;

	desc_build(d, &p);
	skb = skb_make(p.b, p.len, 0);
	if (d->tag == META_Q || d->tag == META_AD) {
		skb->vlan_present = true;
		skb->vlan_proto = cpu_to_be16(d->tag == META_Q ? 0x8100 : 0x88a8);
	}
	return skb;
}

void desc_parse(const struct desc *d, struct br_sg_frame *frame)
{
	struct sk_buff *skb = desc_skb(d);

	br_sg_frame_parse(frame, skb);
	skb_free(skb);
}

void desc_print(const struct desc *d)
{
	printf("#  src %d dst %d tag %d kind %d ethertype 0x%04x broken %d\n",
	       d->src, d->dst, d->tag, d->kind, d->ethertype, d->broken);
	printf("#  op %d sha %d (%d) from %s to %s proto %d ttl %d ports %d>%d\n",
	       d->op, d->sha, d->sha_given, desc_from(d), desc_to(d), d->proto,
	       d->ttl, d->sport, d->dport);
	printf("#  icmp %d/%d frag %d route %d ext %d target %s options %d: %d %d\n",
	       d->type, d->code, d->frag, d->route, d->ext, d->target ? d->target : "-",
	       d->n_options, d->options[0], d->options[1]);
}
