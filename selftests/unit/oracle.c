// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guard's verdict on a description, sentence by sentence as the design has
 * it (docs: a frame's way, steps 1 to 8). Addresses are texts here until they
 * are compared bit by bit; nothing of guard.c or frame.c is used.
 */
#include <arpa/inet.h>
#include <stdio.h>

#include "desc.h"

/* these return, as a sentence of the design ends the matter */
#define DROP(reason)	return -BR_SG_REASON_##reason
#define ACCEPT(step)	return BR_SG_STEP_##step
#define GO_ON		return 0

static int bits_of(const char *text, unsigned char *out)
{
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;

	memset(out, 0, 16);
	if (inet_pton(family, text, out) != 1)
		abort();
	return family == AF_INET6 ? 128 : 32;
}

static bool within(const char *text, const char *range)
{
	unsigned char a[16], r[16];
	char base[64];
	int len, i, width;

	snprintf(base, sizeof(base), "%s", range);
	len = strchr(base, '/') ? atoi(strchr(base, '/') + 1) : -1;
	base[strcspn(base, "/")] = 0;
	width = bits_of(base, r);
	if (bits_of(text, a) != width)
		return false;
	if (len < 0)
		len = width;
	for (i = 0; i < len; i++)
		if ((a[i / 8] ^ r[i / 8]) >> (7 - i % 8) & 1)
			return false;
	return true;
}

static bool is(const char *text, const char *other)
{
	return within(text, other);
}

static bool never_a_source(const char *a)
{
	static const char * const never[] = {
		"0.0.0.0", "127.0.0.0/8", "224.0.0.0/4", "255.255.255.255",
		"::", "::1", "ff00::/8",
	};
	size_t i;

	for (i = 0; i < sizeof(never) / sizeof(*never); i++)
		if (within(a, never[i]))
			return true;
	return false;
}

/* fe80::f816:3eff:fedc:beeb of fa:16:3e:dc:be:eb */
static bool is_link_local_of(const char *a, enum mac mac)
{
	static const char * const eui[] = {
		[OWN] = "fe80::f816:3eff:fedc:beeb",
		[SECOND] = "fe80::200:5eff:fe00:107",
	};

	return mac <= SECOND && is(a, eui[mac]);
}

static bool paired(const struct unit_port *port, const char *a, int mac)
{
	int i;

	for (i = 0; i < port->n_pairs; i++)
		if (within(a, port->pairs[i].prefix) && !never_a_source(a) &&
		    (mac < 0 || (int)port->pairs[i].mac == mac))
			return true;
	return false;
}

static bool address_of(const struct unit_port *port, const char *a)
{
	int i;

	for (i = 0; i < port->n_macs; i++)
		if (is_link_local_of(a, i))
			return true;
	return paired(port, a, -1);
}

static bool is_malformed(const struct desc *d)
{
	bool icmp = d->proto == 58 && d->kind == IP6;
	bool nd = icmp && d->type >= 133 && d->type <= 137;
	bool known = d->proto == 0 || d->proto == 6 || d->proto == 17 ||
		     icmp || (d->kind == IP4 && (d->proto == 1 || d->proto == 2));

	if (d->tag != NO_TAG || d->kind == LLC || d->kind == ETHER)
		return false;
	/* whither it goes in truth is not to be seen in its destination */
	if (d->kind != ARP && (d->route == LOOSE || d->route == STRICT))
		return true;
	switch (d->broken) {
	case CUT:
		return true;
	case OP_3:
		return d->kind == ARP;
	case BAD_CSUM:
		return d->kind == IP4;
	case SHORT_L4:
		/* a first fragment is filled up to 8 bytes */
		if (d->kind == ARP || d->frag == REST)
			return false;
		if (d->frag == FIRST)
			return d->kind == IP6 && d->proto == 6;
		return known;
	case OPTION_0:
	case OPTION_LONG:
		/* what is fragmented has no end of options */
		return nd && (d->frag == WHOLE || d->frag == ATOMIC);
	default:
		return false;
	}
}

static bool has_ethertype(const struct unit_port *port, u16 ethertype)
{
	int i;

	for (i = 0; i < 3; i++)
		if (port->ethertypes[i] && port->ethertypes[i] == ethertype)
			return true;
	return false;
}

/* whole packets, and the fragment that has the layer 4 header */
static bool icmp6(const struct desc *d, int type)
{
	return d->kind == IP6 && d->proto == 58 && d->frag != REST &&
	       d->type == type;
}

static bool udp(const struct desc *d, int sport, int dport)
{
	return (d->proto == 17 || d->proto == 0) && d->frag != REST &&
	       d->sport == sport && d->dport == dport;
}

int oracle_egress(const struct unit_port *port, const struct desc *d)
{
	bool whole = d->frag == WHOLE || d->frag == ATOMIC;
	const char *from = desc_from(d), *to = desc_to(d);
	const char *target = d->target ? d->target : "2001:db8::2";
	bool nd = false, ok;
	int i;

	/* 1 */
	if (is_malformed(d))
		DROP(MALFORMED);
	/* 2 */
	if ((int)d->src >= port->n_macs)
		DROP(MAC);
	/* 3 */
	if (d->dst == LLDP || d->dst == LLGROUP_F)
		DROP(ETHERTYPE);
	if (d->tag != NO_TAG || d->kind == LLC)
		DROP(ETHERTYPE);
	if (d->kind == ETHER) {
		if (d->ethertype == 0x8035 || has_ethertype(port, d->ethertype))
			ACCEPT(ETHERTYPE);
		DROP(ETHERTYPE);
	}
	/* 4 */
	if (d->kind == ARP) {
		if (d->sha_given && d->sha != d->src)
			DROP(ARP);
		if (is(from, "0.0.0.0") && d->op <= 1 && address_of(port, to))
			ACCEPT(ARP);
		if (paired(port, from, d->src))
			ACCEPT(ARP);
		DROP(ARP);
	}
	/* 5 */
	ok = paired(port, from, d->src);
	if (whole && is(from, "0.0.0.0") && udp(d, 68, 67) &&
	    is(to, "255.255.255.255"))
		ok = true;
	if (whole && is(from, "::") && within(to, "ff02::/16") &&
	    (icmp6(d, 131) || icmp6(d, 143) ||
	     (icmp6(d, 135) && address_of(port, target))))
		ok = true;
	if (whole && is_link_local_of(from, d->src))
		ok = true;
	for (i = 133; i <= 137; i++)
		nd |= icmp6(d, i);
	/* ND says whose an address is, so that it goes by those the port has */
	if (port->any_source && d->src == OWN && !never_a_source(from) && !nd)
		ok = true;
	if (!ok)
		DROP(SOURCE);
	/* 6 */
	if (nd && (d->frag != WHOLE || (d->ttl && d->ttl != 255) || d->code))
		DROP(ND);
	if (icmp6(d, 134) || icmp6(d, 137))
		DROP(RA);
	if (d->kind == IP4 && d->proto == 1 && d->frag != REST && d->type == 5)
		DROP(RA);
	if (icmp6(d, 136) && !address_of(port, target))
		DROP(ND);
	for (i = 0; nd && i < d->n_options; i++)
		if (d->options[i] != d->src)
			DROP(ND);
	/* 7 */
	if (d->kind == IP4 ? udp(d, 67, 68) : udp(d, 547, 546))
		DROP(DHCP);
	/* 8 */
	if (!whole)
		GO_ON;
	if (d->kind == IP4 && udp(d, 68, 67)) {
		if (is(from, "0.0.0.0"))
			ACCEPT(DHCP_UNSPEC);
		ACCEPT(DHCP);
	}
	if (d->kind == IP6 && udp(d, 546, 547))
		ACCEPT(DHCP);
	if (icmp6(d, 131) || icmp6(d, 132) || icmp6(d, 133) || icmp6(d, 135) ||
	    icmp6(d, 136) || icmp6(d, 143)) {
		if (is(from, "::"))
			ACCEPT(ND_UNSPEC);
		ACCEPT(ND);
	}
	GO_ON;
}

static bool server_ok(const struct unit_port *port, const struct desc *d)
{
	bool listed = false, any = false;
	int i;

	for (i = 0; i < 3 && port->dhcp[i]; i++) {
		if (!!strchr(port->dhcp[i], ':') != (d->kind == IP6))
			continue;
		any = true;
		listed |= is(desc_from(d), port->dhcp[i]);
	}
	return !any || listed;
}

int oracle_ingress(const struct unit_port *port, const struct desc *d)
{
	const char *from = desc_from(d), *to = desc_to(d);
	const char *target = d->target ? d->target : "2001:db8::2";
	bool whole = d->frag == WHOLE || d->frag == ATOMIC;
	bool ipv6 = false, own = false, claimed = false, nd = false;
	int i;

	if (is_malformed(d))
		DROP(MALFORMED);
	/* its own frame, come back */
	if (d->src == OWN)
		DROP(SOURCE);
	if (d->dst == LLDP || d->dst == LLGROUP_F || d->tag != NO_TAG ||
	    d->kind == LLC)
		DROP(ETHERTYPE);
	if (d->kind == ETHER) {
		if (d->ethertype == 0x8035 || has_ethertype(port, d->ethertype))
			ACCEPT(ETHERTYPE);
		DROP(ETHERTYPE);
	}
	if (d->kind == ARP)
		ACCEPT(ARP);
	for (i = 0; i < port->n_ips; i++) {
		own |= is(from, port->pairs[i].prefix);
		claimed |= is(target, port->pairs[i].prefix);
	}
	for (i = 133; i <= 137; i++)
		nd |= icmp6(d, i);
	if (d->frag == ATOMIC && nd)
		DROP(ND);
	/* another says it is his: an NS that asks, an NA that defends */
	if (own && d->frag == WHOLE && (d->ttl == 0 || d->ttl == 255) && !d->code &&
	    !(d->n_options == 2 && d->options[0] != d->options[1]) &&
	    (icmp6(d, 135) || (icmp6(d, 136) && claimed)))
		ACCEPT(ND);
	if (own)
		DROP(SOURCE);
	if (whole && (icmp6(d, 130) || icmp6(d, 135) || icmp6(d, 136)))
		ACCEPT(ND);
	if (whole && d->kind == IP4 && d->proto == 2 && d->type == 0x11)
		ACCEPT(IGMP);
	if (icmp6(d, 137) || (d->kind == IP4 && d->proto == 1 &&
			       d->frag != REST && d->type == 5))
		DROP(RA);
	for (i = 0; i < port->n_pairs; i++)
		ipv6 |= !!strchr(port->pairs[i].prefix, ':');
	if (icmp6(d, 134)) {
		if (whole && within(from, "fe80::/10") &&
		    (!d->ttl || d->ttl == 255) && ipv6 && !d->code &&
		    !(d->n_options == 2 && d->options[0] != d->options[1]))
			ACCEPT(RA);
		DROP(RA);
	}
	if (whole && d->kind == IP4 && udp(d, 67, 68) && server_ok(port, d) &&
	    (address_of(port, to) || is(to, "255.255.255.255")))
		ACCEPT(DHCP);
	if (whole && d->kind == IP6 && udp(d, 547, 546) && server_ok(port, d) &&
	    (address_of(port, to) || within(to, "fe80::/64")))
		ACCEPT(DHCP);
	GO_ON;
}
