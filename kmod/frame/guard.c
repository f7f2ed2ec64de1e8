// SPDX-License-Identifier: GPL-2.0
/*
 * Steps 1 to 8 of a frame's way, in order; the first that decides counts. A verdict
 * is an int: 0 when none of them has decided, the step (enum br_sg_step) that accepts
 * the frame, or minus the reason (enum br_sg_reason) to drop it.
 *
 * A fragment is never accepted here, only dropped: the packet that it is part of is
 * judged again when conntrack has put it together.
 *
 * Most frames do not come here: plain.h has a copy of what these steps ask of ordinary
 * TCP and UDP. A check that is new here belongs there, too; test_plain() of
 * selftests/unit/test_guard.c compares the two.
 */
#include <linux/errno.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/kernel.h>
#include <linux/socket.h>
#include <linux/string.h>

#include "frame/guard.h"

#define IGMP_QUERY	0x11

static bool mac_equal(const u8 *a, const u8 *b)
{
	return !memcmp(a, b, ETH_ALEN);
}

static bool addr_is_unspec(const struct br_sg_addr *addr)
{
	return !addr->q[0] && !addr->q[1];
}

static bool addr_is_broadcast4(const struct br_sg_addr *addr)
{
	return addr->v4 == cpu_to_be32(INADDR_BROADCAST);
}

static bool addr_is_loopback6(const struct br_sg_addr *addr)
{
	return !addr->q[0] && !addr->w[2] && addr->w[3] == cpu_to_be32(1);
}

/*
 * Can this be one host's address at all? Not unspecified, multicast, broadcast
 * or loopback, though a pair of length 0 covers them too.
 */
static bool addr_is_host(u8 family, const struct br_sg_addr *addr)
{
	if (addr_is_unspec(addr))
		return false;
	if (family == AF_INET)
		return addr->b[0] != 127 && (addr->b[0] & 0xf0) != 0xe0 &&
		       !addr_is_broadcast4(addr);
	return addr->b[0] != 0xff && !addr_is_loopback6(addr);
}

/* fe80::/64 and the interface identifier that RFC 4291 makes of a MAC */
static bool addr_is_eui64(const struct br_sg_addr *addr, const u8 *mac)
{
	const u8 eui64[16] = {
		0xfe, 0x80, 0, 0, 0, 0, 0, 0,
		mac[0] ^ 0x02, mac[1], mac[2], 0xff,
		0xfe, mac[3], mac[4], mac[5],
	};

	return !memcmp(addr->b, eui64, sizeof(eui64));
}

static bool guard_has_mac(const struct br_sg_guard *guard, const u8 *mac)
{
	u16 i;

	for (i = 0; i < guard->n_macs; i++)
		if (mac_equal(guard->macs[i], mac))
			return true;
	return false;
}

static bool guard_has_ethertype(const struct br_sg_guard *guard, u16 ethertype)
{
	u16 i;

	for (i = 0; i < guard->n_ethertypes; i++)
		if (guard->ethertypes[i] == ethertype)
			return true;
	return false;
}

/* is there a pair of @mac, or of any when it is NULL, that covers @addr? */
static bool guard_has_pair(const struct br_sg_guard *guard, const u8 *mac,
			   u8 family, const struct br_sg_addr *addr)
{
	u16 i;

	if (!addr_is_host(family, addr))
		return false;
	for (i = 0; i < guard->n_pairs; i++) {
		const struct br_sg_pair *pair = &guard->pairs[i];

		if (br_sg_prefix_has(&pair->prefix, family, addr) &&
		    (!mac || mac_equal(pair->mac, mac)))
			return true;
	}
	return false;
}

static bool guard_has_eui64(const struct br_sg_guard *guard, const u8 *mac,
			    const struct br_sg_addr *addr)
{
	u16 i;

	for (i = 0; i < guard->n_macs; i++)
		if ((!mac || mac_equal(guard->macs[i], mac)) &&
		    addr_is_eui64(addr, guard->macs[i]))
			return true;
	return false;
}

/* is it an address of @mac, or of any MAC of the port when it is NULL? */
static bool mac_has_addr(const struct br_sg_guard *guard, const u8 *mac,
			 u8 family, const struct br_sg_addr *addr)
{
	return guard_has_pair(guard, mac, family, addr) ||
	       (family == AF_INET6 && guard_has_eui64(guard, mac, addr));
}

/* an address of the port, whichever of its MACs */
static bool guard_has_addr(const struct br_sg_guard *guard, u8 family,
			   const struct br_sg_addr *addr)
{
	return mac_has_addr(guard, NULL, family, addr);
}

/* whatever the port may send from with its own MAC, without having it */
static bool guard_any_source(const struct br_sg_guard *guard, const u8 *mac,
			     u8 family, const struct br_sg_addr *addr)
{
	return guard->any_source && (!mac || mac_equal(mac, guard->mac)) &&
	       addr_is_host(family, addr);
}

bool br_sg_guard_source(const struct br_sg_guard *guard, const u8 *mac,
			u8 family, const struct br_sg_addr *addr)
{
	return mac_has_addr(guard, mac, family, addr) ||
	       guard_any_source(guard, mac, family, addr);
}

/* one of its `ip` addresses */
static bool guard_has_own(const struct br_sg_guard *guard, u8 family,
			  const struct br_sg_addr *addr)
{
	u16 i;

	for (i = 0; i < guard->n_ips; i++)
		if (br_sg_prefix_has(&guard->pairs[i].prefix, family, addr))
			return true;
	return false;
}

/* no server of the family given: any */
static bool guard_has_dhcp(const struct br_sg_guard *guard, u8 family,
			   const struct br_sg_addr *addr)
{
	bool given = false;
	u16 i;

	for (i = 0; i < guard->n_dhcp; i++) {
		if (guard->dhcp[i].family != family)
			continue;
		if (br_sg_prefix_has(&guard->dhcp[i], family, addr))
			return true;
		given = true;
	}
	return !given;
}

static bool frame_is_whole(const struct br_sg_frame *frame)
{
	return !(frame->flags & BR_SG_FRAME_FRAG);
}

static u8 frame_family(const struct br_sg_frame *frame)
{
	return frame->kind == BR_SG_FRAME_IPV4 ? AF_INET : AF_INET6;
}

/* UDP from one port to the other; of a fragment, the first */
static bool frame_is_udp(const struct br_sg_frame *frame, u16 sport, u16 dport)
{
	return frame->proto == IPPROTO_UDP &&
	       frame->flags & BR_SG_FRAME_PORTS &&
	       frame->sport == sport && frame->dport == dport;
}

static bool frame_is_dhcp_request(const struct br_sg_frame *frame)
{
	if (frame->kind == BR_SG_FRAME_IPV4)
		return frame_is_udp(frame, BR_SG_DHCP4_CLIENT, BR_SG_DHCP4_SERVER);
	return frame_is_udp(frame, BR_SG_DHCP6_CLIENT, BR_SG_DHCP6_SERVER);
}

static bool frame_is_dhcp_reply(const struct br_sg_frame *frame)
{
	if (frame->kind == BR_SG_FRAME_IPV4)
		return frame_is_udp(frame, BR_SG_DHCP4_SERVER, BR_SG_DHCP4_CLIENT);
	return frame_is_udp(frame, BR_SG_DHCP6_SERVER, BR_SG_DHCP6_CLIENT);
}

/* 0 when the frame has no ICMPv6 type: none of those we ask for is 0 */
static u8 frame_icmp6_type(const struct br_sg_frame *frame)
{
	if (frame->kind == BR_SG_FRAME_IPV6 &&
	    frame->proto == IPPROTO_ICMPV6 && frame->flags & BR_SG_FRAME_ICMP)
		return frame->type;
	return 0;
}

/* RS, RA, NS, NA, redirect; of a fragment, the first */
static bool frame_is_nd(const struct br_sg_frame *frame)
{
	u8 type = frame_icmp6_type(frame);

	return type >= BR_SG_ICMP6_RS && type <= BR_SG_ICMP6_REDIRECT;
}

static bool frame_is_icmp_redirect(const struct br_sg_frame *frame)
{
	return frame->kind == BR_SG_FRAME_IPV4 &&
	       frame->proto == IPPROTO_ICMP &&
	       frame->flags & BR_SG_FRAME_ICMP && frame->type == 5;
}

static int egress_arp(const struct br_sg_guard *guard,
		      const struct br_sg_frame *frame)
{
	bool ok;

	if (!mac_equal(frame->arp_sha, frame->src))
		return -BR_SG_REASON_ARP;
	/* RFC 5227: a probe is a request */
	if (addr_is_unspec(&frame->saddr))
		ok = frame->arp_op == 1 &&
		     guard_has_addr(guard, AF_INET, &frame->daddr);
	else
		ok = guard_has_pair(guard, frame->src, AF_INET, &frame->saddr);
	return ok ? BR_SG_STEP_ARP : -BR_SG_REASON_ARP;
}

/* who has no address yet may ask for one, and whether it is taken */
static bool egress_unspec_ok(const struct br_sg_guard *guard,
			     const struct br_sg_frame *frame)
{
	if (frame->kind == BR_SG_FRAME_IPV4)
		return frame_is_dhcp_request(frame) &&
		       addr_is_broadcast4(&frame->daddr);

	if (frame->daddr.b[0] != 0xff || frame->daddr.b[1] != 0x02)
		return false;
	switch (frame_icmp6_type(frame)) {
	case BR_SG_ICMP6_MLD_REPORT:
	case BR_SG_ICMP6_MLD2_REPORT:
		return true;
	case BR_SG_ICMP6_NS:
		return frame->flags & BR_SG_FRAME_ND_TARGET &&
		       guard_has_addr(guard, AF_INET6, &frame->target);
	default:
		return false;
	}
}

/*
 * Step 5. Of a fragment only a pair proves the source: the exceptions, the
 * EUI-64 link-local among them, are for whole packets. Who may send from any
 * address may do so in fragments too, but for ND: a neighbour believes of an NS
 * or RS, too, that its source is at its MAC.
 */
static int egress_source(const struct br_sg_guard *guard,
			 const struct br_sg_frame *frame)
{
	u8 family = frame_family(frame);
	bool ok;

	if (!frame_is_whole(frame))
		ok = guard_has_pair(guard, frame->src, family, &frame->saddr);
	else if (addr_is_unspec(&frame->saddr))
		ok = egress_unspec_ok(guard, frame);
	else
		ok = mac_has_addr(guard, frame->src, family, &frame->saddr);
	if (!ok && !frame_is_nd(frame))
		ok = guard_any_source(guard, frame->src, family, &frame->saddr);
	return ok ? 0 : -BR_SG_REASON_SOURCE;
}

/* step 6 */
static int egress_nd(const struct br_sg_guard *guard,
		     const struct br_sg_frame *frame)
{
	u8 type = frame_icmp6_type(frame);

	if (frame_is_icmp_redirect(frame))
		return -BR_SG_REASON_RA;
	if (!frame_is_nd(frame))
		return 0;
	if (!frame_is_whole(frame))
		return -BR_SG_REASON_ND;
	/* RFC 4861: receivers ignore any other hop limit and code */
	if (frame->hop_limit != 255 || frame->code)
		return -BR_SG_REASON_ND;
	if (type == BR_SG_ICMP6_RA || type == BR_SG_ICMP6_REDIRECT)
		return -BR_SG_REASON_RA;
	if (type == BR_SG_ICMP6_NA &&
	    (!(frame->flags & BR_SG_FRAME_ND_TARGET) ||
	     !guard_has_addr(guard, AF_INET6, &frame->target)))
		return -BR_SG_REASON_ND;
	if (frame->flags & BR_SG_FRAME_ND_BAD)
		return -BR_SG_REASON_ND;
	if (frame->flags & BR_SG_FRAME_ND_LLADDR &&
	    !mac_equal(frame->lladdr, frame->src))
		return -BR_SG_REASON_ND;
	return 0;
}

/* step 8: what a VM needs to be on the network at all */
static int egress_accept(const struct br_sg_frame *frame)
{
	bool unspec = addr_is_unspec(&frame->saddr);

	if (!frame_is_whole(frame))
		return 0;
	if (frame_is_dhcp_request(frame))
		return unspec ? BR_SG_STEP_DHCP_UNSPEC : BR_SG_STEP_DHCP;
	switch (frame_icmp6_type(frame)) {
	case BR_SG_ICMP6_MLD_REPORT:
	case BR_SG_ICMP6_MLD_DONE:
	case BR_SG_ICMP6_RS:
	case BR_SG_ICMP6_NS:
	case BR_SG_ICMP6_NA:
	case BR_SG_ICMP6_MLD2_REPORT:
		return unspec ? BR_SG_STEP_ND_UNSPEC : BR_SG_STEP_ND;
	default:
		return 0;
	}
}

/*
 * Step 3, both ways: what is neither ARP nor IP, and whither no VM sends. RARP is
 * a hypervisor's announcement after a migration.
 */
static int ethertype(const struct br_sg_guard *guard,
		     const struct br_sg_frame *frame)
{
	if (br_sg_mac_is_link_local(frame->dst))
		return -BR_SG_REASON_ETHERTYPE;
	switch (frame->kind) {
	case BR_SG_FRAME_ARP:
	case BR_SG_FRAME_IPV4:
	case BR_SG_FRAME_IPV6:
		return 0;
	case BR_SG_FRAME_OTHER:
		if (frame->ethertype == ETH_P_RARP ||
		    guard_has_ethertype(guard, frame->ethertype))
			return BR_SG_STEP_ETHERTYPE;
		return -BR_SG_REASON_ETHERTYPE;
	default:
		return -BR_SG_REASON_ETHERTYPE;
	}
}

/* ND goes without any fragment header (RFC 6980), in a packet that is whole, too */
static bool atomic_nd(const struct br_sg_frame *frame)
{
	return frame->atomic && frame_is_nd(frame);
}

int br_sg_guard_egress(const struct br_sg_guard *guard,
		       const struct br_sg_frame *frame)
{
	int verdict;

	if (frame->kind == BR_SG_FRAME_MALFORMED)
		return -BR_SG_REASON_MALFORMED;
	if (!guard_has_mac(guard, frame->src))
		return -BR_SG_REASON_MAC;
	verdict = ethertype(guard, frame);
	if (verdict)
		return verdict;
	if (frame->kind == BR_SG_FRAME_ARP)
		return egress_arp(guard, frame);
	verdict = egress_source(guard, frame);
	if (verdict)
		return verdict;
	if (atomic_nd(frame))
		return -BR_SG_REASON_ND;
	verdict = egress_nd(guard, frame);
	if (verdict)
		return verdict;
	if (frame_is_dhcp_reply(frame))
		return -BR_SG_REASON_DHCP;
	return egress_accept(frame);
}

bool br_sg_guard_is_for(const struct br_sg_guard *guard, const u8 *mac,
			u8 family, const struct br_sg_addr *addr)
{
	/* what may be sent from any address is answered at any */
	if (guard_any_source(guard, mac, family, addr))
		return true;
	/* a group MAC with an address of ours too: load balancers do so */
	return (mac[0] & 1 || guard_has_mac(guard, mac)) &&
	       guard_has_addr(guard, family, addr);
}

bool br_sg_guard_addressed(const struct br_sg_guard *guard,
			   const struct br_sg_frame *frame)
{
	return br_sg_guard_is_for(guard, frame->dst, frame_family(frame),
				  &frame->daddr);
}

static bool ingress_ra_ok(const struct br_sg_guard *guard,
			  const struct br_sg_frame *frame)
{
	return guard->has_ipv6 && frame_is_whole(frame) &&
	       frame->hop_limit == 255 && !frame->code &&
	       !(frame->flags & BR_SG_FRAME_ND_BAD) &&
	       frame->saddr.b[0] == 0xfe && (frame->saddr.b[1] & 0xc0) == 0x80;
}

static bool ingress_dhcp_ok(const struct br_sg_guard *guard,
			    const struct br_sg_frame *frame)
{
	static const u8 fe80[8] = { 0xfe, 0x80 };
	u8 family = frame_family(frame);

	if (!frame_is_dhcp_reply(frame) ||
	    !guard_has_dhcp(guard, family, &frame->saddr))
		return false;
	if (guard_has_addr(guard, family, &frame->daddr))
		return true;
	if (family == AF_INET)
		return addr_is_broadcast4(&frame->daddr);
	return !memcmp(frame->daddr.b, fe80, sizeof(fe80));
}

/*
 * Does another say by ND that an address of the port is his? An NA that defends
 * it, which duplicate address detection waits for, or an NS that asks in its name.
 */
static bool ingress_nd_claims(const struct br_sg_guard *guard,
			      const struct br_sg_frame *frame)
{
	u8 type = frame_icmp6_type(frame);

	if (!frame_is_whole(frame) || frame->hop_limit != 255 || frame->code ||
	    frame->flags & BR_SG_FRAME_ND_BAD)
		return false;
	return type == BR_SG_ICMP6_NS ||
	       (type == BR_SG_ICMP6_NA &&
		guard_has_own(guard, AF_INET6, &frame->target));
}

int br_sg_guard_ingress(const struct br_sg_guard *guard,
			const struct br_sg_frame *frame)
{
	int verdict;

	if (frame->kind == BR_SG_FRAME_MALFORMED)
		return -BR_SG_REASON_MALFORMED;
	/*
	 * What the port sent itself, come back by a loop: its own probe tells it
	 * that its address is taken. A pair's MAC may be elsewhere too (VRRP).
	 */
	if (mac_equal(frame->src, guard->mac))
		return -BR_SG_REASON_SOURCE;
	verdict = ethertype(guard, frame);
	if (verdict)
		return verdict;
	/* in another's name too: the VM must learn that its address is taken */
	if (frame->kind == BR_SG_FRAME_ARP)
		return BR_SG_STEP_ARP;
	if (atomic_nd(frame))
		return -BR_SG_REASON_ND;
	if (guard_has_own(guard, frame_family(frame), &frame->saddr))
		return ingress_nd_claims(guard, frame) ? BR_SG_STEP_ND :
							 -BR_SG_REASON_SOURCE;

	/* who may tell a VM its routes is not for the bridge to know */
	if (frame_is_icmp_redirect(frame) ||
	    frame_icmp6_type(frame) == BR_SG_ICMP6_REDIRECT)
		return -BR_SG_REASON_RA;
	if (frame_icmp6_type(frame) == BR_SG_ICMP6_RA)
		return ingress_ra_ok(guard, frame) ? BR_SG_STEP_RA :
						     -BR_SG_REASON_RA;
	if (!frame_is_whole(frame))
		return 0;
	switch (frame_icmp6_type(frame)) {
	case BR_SG_ICMP6_MLD_QUERY:
	case BR_SG_ICMP6_NS:
	case BR_SG_ICMP6_NA:
		return BR_SG_STEP_ND;
	}
	if (frame->kind == BR_SG_FRAME_IPV4 && frame->proto == IPPROTO_IGMP &&
	    frame->type == IGMP_QUERY)
		return BR_SG_STEP_IGMP;
	if (ingress_dhcp_ok(guard, frame))
		return BR_SG_STEP_DHCP;
	return 0;
}

void br_sg_guard_plain_init(struct br_sg_guard *guard)
{
	const struct br_sg_pair *pair;
	u16 i;

	guard->plain4 = NULL;
	guard->plain6 = NULL;
	for (i = 0; i < guard->n_pairs; i++) {
		pair = &guard->pairs[i];
		if (pair->prefix.len != br_sg_family_bits(pair->prefix.family) ||
		    !addr_is_host(pair->prefix.family, &pair->prefix.addr))
			continue;
		if (pair->prefix.family == AF_INET && !guard->plain4)
			guard->plain4 = pair;
		if (pair->prefix.family == AF_INET6 && !guard->plain6)
			guard->plain6 = pair;
	}
}
