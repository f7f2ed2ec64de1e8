/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Is this frame the port's own to send, and may it receive it without a rule?
 * Steps 1 to 8 of a frame's way, both directions. Pure: no skb, no lock;
 * built in userspace too.
 */
#ifndef BR_SG_GUARD_H
#define BR_SG_GUARD_H

#include <linux/string.h>
#include <linux/br_sg.h>

#include "frame/frame.h"

/* UDP ports of DHCP and DHCPv6 */
#define BR_SG_DHCP4_SERVER	67
#define BR_SG_DHCP4_CLIENT	68
#define BR_SG_DHCP6_CLIENT	546
#define BR_SG_DHCP6_SERVER	547

/* an address or prefix with the MAC that may use it */
struct br_sg_pair {
	struct br_sg_prefix prefix;
	u8 mac[ETH_ALEN];
};

/**
 * struct br_sg_guard - what a port may send from, immutable
 * @mac: the port's own
 * @has_ipv6: the port has an IPv6 address or pair
 * @any_source: @mac may send from every address that is a host's; no more follows
 *	from it: to ARP and ND, RA and DHCP these are not the port's addresses
 * @n_macs: MACs of the port, its own first, each once
 * @n_ips: own addresses, the first so many of @pairs
 * @n_pairs: own addresses, then pairs
 * @n_dhcp: DHCP servers allowed; none of a family: any
 * @n_ethertypes: permitted besides ARP and IP
 * @macs: array
 * @pairs: array
 * @dhcp: array, host length
 * @ethertypes: array, host order
 * @plain4: a pair of one IPv4 address, for plain.h; NULL for none
 * @plain6: the same of IPv6
 *
 * Arrays belong to the guard's owner (the port).
 */
struct br_sg_guard {
	u8 mac[ETH_ALEN];
	bool has_ipv6;
	bool any_source;
	u16 n_macs;
	u16 n_ips;
	u16 n_pairs;
	u16 n_dhcp;
	u16 n_ethertypes;
	const u8 (*macs)[ETH_ALEN];
	const struct br_sg_pair *pairs;
	const struct br_sg_prefix *dhcp;
	const u16 *ethertypes;
	const struct br_sg_pair *plain4;
	const struct br_sg_pair *plain6;
};

/*
 * Both return 0: go on (conntrack, slot, rules); > 0: accept, the enum
 * br_sg_step; < 0: drop, minus the enum br_sg_reason.
 *
 * Egress is asked twice: of each frame before conntrack, fragments as they
 * come, and of the whole, reassembled packet after conntrack when the port's
 * slot does not admit it.
 */
int br_sg_guard_egress(const struct br_sg_guard *guard,
		       const struct br_sg_frame *frame);
int br_sg_guard_ingress(const struct br_sg_guard *guard,
			const struct br_sg_frame *frame);
/* sets @plain4 and @plain6, when all else is set */
void br_sg_guard_plain_init(struct br_sg_guard *guard);
/*
 * May @mac of the port send from this address? Step 5 for a whole packet,
 * without its exceptions for unspecified sources, which are never an address;
 * @mac NULL: any MAC of the port.
 */
bool br_sg_guard_source(const struct br_sg_guard *guard, const u8 *mac,
			u8 family, const struct br_sg_addr *addr);
/* is a frame towards the port for it, or a copy of a flood to another's MAC or
 * address? Only who has the address can send what answers it.
 */
bool br_sg_guard_addressed(const struct br_sg_guard *guard,
			   const struct br_sg_frame *frame);
/* the same of a frame to @mac whose packet goes to @addr */
bool br_sg_guard_is_for(const struct br_sg_guard *guard, const u8 *mac,
			u8 family, const struct br_sg_addr *addr);

/* 01:80:c2:00:00:0x: bridges, LACP, LLDP and the like, no VM's business */
static inline bool br_sg_mac_is_link_local(const u8 *mac)
{
	static const u8 group[] = { 0x01, 0x80, 0xc2, 0x00, 0x00 };

	return !memcmp(mac, group, sizeof(group)) && mac[5] < 0x10;
}

#endif
