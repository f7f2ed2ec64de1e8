// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every row of a frame's way as far as the guard goes, in both directions, from
 * bytes to verdict; then random descriptions, where the guard and the oracle
 * must agree. Port 0 is a usual one, see desc.c for the others.
 */
#include "desc.h"
#include "frame/plain.h"
#include "tap.h"

#define DROP(r)	(-BR_SG_REASON_##r)
#define PASS(s)	(BR_SG_STEP_##s)
#define GO_ON	0

#define EUI_OWN		"fe80::f816:3eff:fedc:beeb"
#define EUI_SECOND	"fe80::200:5eff:fe00:107"
#define EUI_OTHER	"fe80::f816:3eff:fedc:beec"
#define ALL4		"255.255.255.255"

struct row {
	const char *name;
	int port;
	int want;
	struct desc d;
};

#define ICMP6(t)	.kind = IP6, .proto = 58, .type = (t)
#define UDP(s, d)	.proto = 17, .sport = (s), .dport = (d)

static const struct row egress[] = {
	/* 1 */
	{ "IPv4 cut off", 0, DROP(MALFORMED), { .broken = CUT } },
	{ "IPv6 cut off", 0, DROP(MALFORMED), { .kind = IP6, .broken = CUT } },
	{ "ARP cut off", 0, DROP(MALFORMED), { .kind = ARP, .broken = CUT } },
	{ "ARP operation 3", 0, DROP(MALFORMED), { .kind = ARP, .broken = OP_3 } },
	{ "bad header checksum", 0, DROP(MALFORMED), { .broken = BAD_CSUM } },
	{ "UDP of 7 bytes", 0, DROP(MALFORMED), { .broken = SHORT_L4 } },
	{ "a loose source route", 0, DROP(MALFORMED), { .route = LOOSE } },
	{ "a strict source route", 0, DROP(MALFORMED), { .route = STRICT } },
	{ "a source route in a fragment", 0, DROP(MALFORMED), { .route = LOOSE, .frag = REST } },
	{ "a record of the route", 0, GO_ON, { .route = DONE } },
	{ "routing header 0 with a segment left", 0, DROP(MALFORMED),
	  { .kind = IP6, .route = LOOSE } },
	{ "routing header 4 with a segment left", 0, DROP(MALFORMED),
	  { .kind = IP6, .route = STRICT } },
	{ "routing header, later fragment", 0, DROP(MALFORMED),
	  { .kind = IP6, .route = LOOSE, .frag = REST } },
	{ "routing header, none left", 0, GO_ON, { .kind = IP6, .route = DONE } },
	{ "malformed comes before MAC", 0, DROP(MALFORMED), { .src = OTHER, .broken = CUT } },
	{ "ND option of length 0", 0, DROP(MALFORMED), { ICMP6(135), .broken = OPTION_0 } },
	{ "ND option too long", 0, DROP(MALFORMED), { ICMP6(136), .broken = OPTION_LONG } },
	/* 2 */
	{ "another's MAC, IPv4", 0, DROP(MAC), { .src = OTHER } },
	{ "another's MAC, IPv6", 0, DROP(MAC), { .src = OTHER, .kind = IP6 } },
	{ "another's MAC, ARP", 0, DROP(MAC), { .src = OTHER, .kind = ARP } },
	{ "another's MAC, DHCP", 0, DROP(MAC),
	  { .src = OTHER, .from = "0.0.0.0", .to = ALL4, UDP(68, 67) } },
	{ "another's MAC, DAD", 0, DROP(MAC),
	  { .src = OTHER, ICMP6(135), .from = "::", .to = "ff02::1:ff00:2" } },
	{ "another's MAC, LLDP", 0, DROP(MAC),
	  { .src = OTHER, .dst = LLDP, .kind = ETHER, .ethertype = 0x88cc } },
	{ "another's MAC, permitted ethertype", 0, DROP(MAC),
	  { .src = OTHER, .kind = ETHER, .ethertype = 0x8863 } },
	{ "another's MAC, RARP", 0, DROP(MAC),
	  { .src = OTHER, .kind = ETHER, .ethertype = 0x8035 } },
	{ "another's MAC, tagged", 0, DROP(MAC), { .src = OTHER, .tag = BAND_Q } },
	{ "broadcast as source", 0, DROP(MAC), { .src = BCAST } },
	{ "a pair's MAC on a port without it", 1, DROP(MAC), { .src = SECOND } },
	/* 3 */
	{ "tag in metadata", 0, DROP(ETHERTYPE), { .tag = META_Q } },
	{ "802.1ad tag in metadata", 0, DROP(ETHERTYPE), { .tag = META_AD } },
	{ "tag in band, VID 0", 0, DROP(ETHERTYPE), { .tag = BAND_Q } },
	{ "802.1ad tag in band", 0, DROP(ETHERTYPE), { .tag = BAND_AD, .kind = ARP } },
	{ "tag around what is cut off", 0, DROP(ETHERTYPE), { .tag = BAND_Q, .broken = CUT } },
	{ "tag around a permitted ethertype", 0, DROP(ETHERTYPE),
	  { .tag = META_Q, .kind = ETHER, .ethertype = 0x8863 } },
	{ "LLC and SNAP", 0, DROP(ETHERTYPE), { .kind = LLC } },
	{ "other ethertype", 0, DROP(ETHERTYPE), { .kind = ETHER, .ethertype = 0x88e5 } },
	{ "permitted ethertype", 0, PASS(ETHERTYPE), { .kind = ETHER, .ethertype = 0x8863 } },
	{ "permitted elsewhere", 1, DROP(ETHERTYPE), { .kind = ETHER, .ethertype = 0x8863 } },
	{ "to 01:80:c2:00:00:0e, permitted ethertype", 0, DROP(ETHERTYPE),
	  { .dst = LLDP, .kind = ETHER, .ethertype = 0x88cc } },
	{ "to 01:80:c2:00:00:0f, IPv4", 0, DROP(ETHERTYPE), { .dst = LLGROUP_F } },
	{ "to 01:80:c2:00:00:0e, ARP", 0, DROP(ETHERTYPE), { .dst = LLDP, .kind = ARP } },
	{ "to 01:80:c2:00:00:0e, RARP", 0, DROP(ETHERTYPE),
	  { .dst = LLDP, .kind = ETHER, .ethertype = 0x8035 } },
	{ "to 01:80:c2:00:00:10", 0, GO_ON, { .dst = LLGROUP_BEHIND } },
	{ "RARP", 0, PASS(ETHERTYPE), { .dst = BCAST, .kind = ETHER, .ethertype = 0x8035 } },
	{ "RARP, second MAC", 0, PASS(ETHERTYPE),
	  { .src = SECOND, .dst = BCAST, .kind = ETHER, .ethertype = 0x8035 } },
	/* 4 */
	{ "ARP", 0, PASS(ARP), { .kind = ARP } },
	{ "ARP reply", 0, PASS(ARP), { .kind = ARP, .op = 2 } },
	{ "ARP from the pair", 0, PASS(ARP), { .kind = ARP, .from = "10.9.200.1" } },
	{ "ARP from the second MAC's pair", 0, PASS(ARP),
	  { .src = SECOND, .kind = ARP, .from = "10.5.0.5" } },
	{ "ARP from the other MAC's pair", 0, DROP(ARP), { .kind = ARP, .from = "10.5.0.5" } },
	{ "ARP from another's address", 0, DROP(ARP), { .kind = ARP, .from = "10.1.0.9" } },
	{ "ARP with another sender MAC", 0, DROP(ARP),
	  { .kind = ARP, .sha_given = true, .sha = OTHER } },
	{ "ARP with the port's second MAC as sender", 0, DROP(ARP),
	  { .kind = ARP, .sha_given = true, .sha = SECOND } },
	{ "ARP probe for an own address", 0, PASS(ARP),
	  { .kind = ARP, .from = "0.0.0.0", .to = "10.1.0.2" } },
	{ "ARP probe for another's", 0, DROP(ARP),
	  { .kind = ARP, .from = "0.0.0.0", .to = "10.1.0.9" } },
	{ "ARP reply from 0.0.0.0", 0, DROP(ARP),
	  { .kind = ARP, .op = 2, .from = "0.0.0.0", .to = "10.1.0.2" } },
	{ "ARP, port without address", 1, DROP(ARP), { .kind = ARP } },
	{ "ARP, any address by a /0 pair", 2, PASS(ARP), { .kind = ARP, .from = "172.16.0.1" } },
	{ "ARP from multicast, /0", 2, DROP(ARP), { .kind = ARP, .from = "224.0.0.1" } },
	{ "ARP from 0.0.0.0 for broadcast, /0", 2, DROP(ARP),
	  { .kind = ARP, .from = "0.0.0.0", .to = ALL4 } },
	/* 5 */
	{ "IPv4 from its address", 0, GO_ON, { } },
	{ "IPv6 from its address", 0, GO_ON, { .kind = IP6 } },
	{ "IPv4 from another's", 0, DROP(SOURCE), { .from = "10.1.0.9" } },
	{ "IPv6 from another's", 0, DROP(SOURCE), { .kind = IP6, .from = "2001:db8::9" } },
	{ "fragment from another's", 0, DROP(SOURCE), { .from = "10.1.0.9", .frag = REST } },
	{ "IPv6 fragment from another's", 0, DROP(SOURCE),
	  { .kind = IP6, .from = "2001:db8::9", .frag = REST } },
	{ "IPv4 from the prefix", 0, GO_ON, { .from = "10.9.255.255" } },
	{ "IPv6 from the prefix", 0, GO_ON, { .kind = IP6, .from = "2001:db8:6::77" } },
	{ "the second MAC's address from the first", 0, DROP(SOURCE), { .from = "10.5.0.5" } },
	{ "the second MAC's address", 0, GO_ON, { .src = SECOND, .from = "10.5.0.5" } },
	{ "the first MAC's address from the second", 0, DROP(SOURCE), { .src = SECOND } },
	{ "IPv6, second MAC", 0, GO_ON, { .src = SECOND, .kind = IP6, .from = "2001:db8:5::1" } },
	{ "IPv6 on a port with IPv4 addresses only", 4, DROP(SOURCE), { .kind = IP6 } },
	{ "IPv4 on a port without", 3, DROP(SOURCE), { } },
	{ "its EUI-64", 0, GO_ON, { .kind = IP6, .from = EUI_OWN } },
	{ "its EUI-64, port without address", 1, GO_ON, { .kind = IP6, .from = EUI_OWN } },
	{ "its EUI-64, atomic fragment", 0, GO_ON,
	  { .kind = IP6, .from = EUI_OWN, .frag = ATOMIC } },
	{ "its EUI-64 in a fragment", 0, DROP(SOURCE),
	  { .kind = IP6, .from = EUI_OWN, .frag = FIRST } },
	{ "its EUI-64 in a fragment, pair fe80::/64", 3, GO_ON,
	  { .kind = IP6, .from = EUI_OWN, .frag = REST } },
	{ "the second MAC's EUI-64", 0, GO_ON, { .src = SECOND, .kind = IP6, .from = EUI_SECOND } },
	{ "the second MAC's EUI-64 from the first", 0, DROP(SOURCE),
	  { .kind = IP6, .from = EUI_SECOND } },
	{ "another's EUI-64", 0, DROP(SOURCE), { .kind = IP6, .from = EUI_OTHER } },
	{ "a privacy link-local", 0, DROP(SOURCE), { .kind = IP6, .from = "fe80::1234" } },
	{ "a privacy link-local, pair fe80::/64", 3, GO_ON, { .kind = IP6, .from = "fe80::1234" } },
	{ "anything by a /0 pair", 2, GO_ON, { .from = "8.8.8.8" } },
	{ "any IPv6 by a /0 pair", 2, GO_ON, { .kind = IP6, .from = "2620:fe::fe" } },
	{ "multicast, /0", 2, DROP(SOURCE), { .from = "224.0.0.5" } },
	{ "multicast 239, /0", 2, DROP(SOURCE), { .from = "239.255.255.255" } },
	{ "broadcast, /0", 2, DROP(SOURCE), { .from = ALL4 } },
	{ "loopback, /0", 2, DROP(SOURCE), { .from = "127.0.0.1" } },
	{ "0.0.0.0, /0", 2, DROP(SOURCE), { .from = "0.0.0.0" } },
	{ "IPv6 multicast, /0", 2, DROP(SOURCE), { .kind = IP6, .from = "ff02::1" } },
	{ "::1, /0", 2, DROP(SOURCE), { .kind = IP6, .from = "::1" } },
	{ "::, /0", 2, DROP(SOURCE), { .kind = IP6, .from = "::" } },
	{ "class E by /0", 2, GO_ON, { .from = "240.0.0.1" } },
	{ "any source", 5, GO_ON, { .from = "8.8.8.8" } },
	{ "any source, IPv6", 5, GO_ON, { .kind = IP6, .from = "2620:fe::fe" } },
	{ "any source, link-local", 5, GO_ON, { .kind = IP6, .from = "fe80::1234" } },
	{ "any source, class E", 5, GO_ON, { .from = "240.0.0.1" } },
	{ "any source in a fragment", 5, GO_ON, { .from = "8.8.8.8", .frag = REST } },
	{ "any source in a fragment, IPv6", 5, GO_ON,
	  { .kind = IP6, .from = "2620:fe::fe", .frag = FIRST } },
	{ "any source beside addresses", 6, GO_ON, { .from = "8.8.8.8" } },
	{ "any source, another's MAC", 5, DROP(MAC), { .src = OTHER, .from = "8.8.8.8" } },
	{ "any source, a pair's MAC", 6, DROP(SOURCE), { .src = SECOND, .from = "8.8.8.8" } },
	{ "any source, a pair's MAC and address", 6, GO_ON,
	  { .src = SECOND, .from = "10.5.0.5" } },
	{ "any source, multicast", 5, DROP(SOURCE), { .from = "224.0.0.5" } },
	{ "any source, broadcast", 5, DROP(SOURCE), { .from = ALL4 } },
	{ "any source, loopback", 5, DROP(SOURCE), { .from = "127.0.0.1" } },
	{ "any source, 0.0.0.0", 5, DROP(SOURCE), { .from = "0.0.0.0" } },
	{ "any source, IPv6 multicast", 5, DROP(SOURCE), { .kind = IP6, .from = "ff02::1" } },
	{ "any source, ::1", 5, DROP(SOURCE), { .kind = IP6, .from = "::1" } },
	{ "any source, ::", 5, DROP(SOURCE), { .kind = IP6, .from = "::" } },
	{ "any source, ARP", 5, DROP(ARP), { .kind = ARP, .from = "8.8.8.8" } },
	{ "any source, ARP of an address beside", 6, PASS(ARP), { .kind = ARP } },
	{ "any source, ARP of another", 6, DROP(ARP), { .kind = ARP, .from = "8.8.8.8" } },
	{ "any source, ARP probe", 5, DROP(ARP), { .kind = ARP, .from = "0.0.0.0", .to = "8.8.8.8" } },
	{ "any source, NS", 5, DROP(SOURCE), { ICMP6(135), .from = "2620:fe::fe" } },
	{ "any source, NS in a fragment", 5, DROP(SOURCE),
	  { ICMP6(135), .from = "2620:fe::fe", .frag = FIRST } },
	{ "any source, RS", 5, DROP(SOURCE), { ICMP6(133), .from = "fe80::1234" } },
	{ "any source, NS from the EUI-64", 5, PASS(ND), { ICMP6(135), .from = EUI_OWN } },
	{ "any source, NA for any target", 5, DROP(ND),
	  { ICMP6(136), .from = EUI_OWN, .target = "2620:fe::fe" } },
	{ "any source, NA from any source", 5, DROP(SOURCE),
	  { ICMP6(136), .from = "2620:fe::fe", .target = "2620:fe::fe" } },
	{ "any source, NA for the EUI-64", 5, PASS(ND),
	  { ICMP6(136), .from = EUI_OWN, .target = EUI_OWN } },
	{ "any source, DAD for any target", 5, DROP(SOURCE),
	  { ICMP6(135), .from = "::", .to = "ff02::1:ff00:9", .target = "2620:fe::fe" } },
	{ "any source, RA", 5, DROP(RA), { ICMP6(134), .from = EUI_OWN } },
	{ "any source, redirect", 5, DROP(RA), { .from = "8.8.8.8", .proto = 1, .type = 5 } },
	{ "any source, DHCP server", 5, DROP(DHCP), { .from = "8.8.8.8", UDP(67, 68) } },
	{ "any source, DHCP", 5, PASS(DHCP), { .from = "8.8.8.8", UDP(68, 67) } },
	{ "0.0.0.0", 0, DROP(SOURCE), { .from = "0.0.0.0" } },
	{ "DHCP from 0.0.0.0", 0, PASS(DHCP_UNSPEC),
	  { .from = "0.0.0.0", .to = ALL4, UDP(68, 67) } },
	{ "DHCP from 0.0.0.0, port without address", 1, PASS(DHCP_UNSPEC),
	  { .from = "0.0.0.0", .to = ALL4, UDP(68, 67) } },
	{ "DHCP from 0.0.0.0, second MAC", 0, PASS(DHCP_UNSPEC),
	  { .src = SECOND, .from = "0.0.0.0", .to = ALL4, UDP(68, 67) } },
	{ "DHCP from 0.0.0.0 to a server", 0, DROP(SOURCE),
	  { .from = "0.0.0.0", .to = "10.1.0.3", UDP(68, 67) } },
	{ "DHCP from 0.0.0.0, first fragment", 0, DROP(SOURCE),
	  { .from = "0.0.0.0", .to = ALL4, UDP(68, 67), .frag = FIRST } },
	{ "DHCP ports over TCP from 0.0.0.0", 0, DROP(SOURCE),
	  { .from = "0.0.0.0", .to = ALL4, .proto = 6, .sport = 68, .dport = 67 } },
	{ "DHCP server from 0.0.0.0", 0, DROP(SOURCE),
	  { .from = "0.0.0.0", .to = ALL4, UDP(67, 68) } },
	{ "DAD", 0, PASS(ND_UNSPEC), { ICMP6(135), .from = "::", .to = "ff02::1:ff00:2" } },
	{ "DAD for the EUI-64", 1, PASS(ND_UNSPEC),
	  { ICMP6(135), .from = "::", .to = "ff02::1:ffdc:beeb", .target = EUI_OWN } },
	{ "DAD for the second MAC's EUI-64", 0, PASS(ND_UNSPEC),
	  { ICMP6(135), .src = SECOND, .from = "::", .to = "ff02::1:ff00:107",
	    .target = EUI_SECOND } },
	{ "DAD inside a prefix", 0, PASS(ND_UNSPEC),
	  { ICMP6(135), .from = "::", .to = "ff02::1:ff00:9", .target = "2001:db8:6::9" } },
	{ "DAD for another's", 0, DROP(SOURCE),
	  { ICMP6(135), .from = "::", .to = "ff02::1:ff00:9", .target = "2001:db8::9" } },
	{ "DAD to unicast", 0, DROP(SOURCE), { ICMP6(135), .from = "::", .to = "2001:db8::9" } },
	{ "DAD to ff05::", 0, DROP(SOURCE), { ICMP6(135), .from = "::", .to = "ff05::1" } },
	{ "DAD in a fragment", 0, DROP(SOURCE),
	  { ICMP6(135), .from = "::", .to = "ff02::1:ff00:2", .frag = FIRST } },
	{ "DAD, atomic fragment", 0, DROP(ND),
	  { ICMP6(135), .from = "::", .to = "ff02::1:ff00:2", .frag = ATOMIC } },
	{ "DAD, hop limit 64", 0, DROP(ND),
	  { ICMP6(135), .from = "::", .to = "ff02::1:ff00:2", .ttl = 64 } },
	{ "MLDv1 report from ::", 0, PASS(ND_UNSPEC),
	  { ICMP6(131), .from = "::", .to = "ff02::1:ff00:2", .ttl = 1 } },
	{ "MLDv2 report from ::", 0, PASS(ND_UNSPEC),
	  { ICMP6(143), .from = "::", .to = "ff02::16", .ttl = 1 } },
	{ "MLDv2 report from :: to unicast", 0, DROP(SOURCE),
	  { ICMP6(143), .from = "::", .to = "2001:db8::9" } },
	{ "MLD done from ::", 0, DROP(SOURCE), { ICMP6(132), .from = "::", .to = "ff02::2" } },
	{ "RS from ::", 0, DROP(SOURCE), { ICMP6(133), .from = "::", .to = "ff02::2" } },
	{ "NA from ::", 0, DROP(SOURCE), { ICMP6(136), .from = "::", .to = "ff02::1" } },
	/* 6 */
	{ "NS", 0, PASS(ND), { ICMP6(135), .target = "2001:db8::9", .n_options = 1 } },
	{ "NS, hop limit 254", 0, DROP(ND), { ICMP6(135), .ttl = 254 } },
	{ "NS, code 1", 0, DROP(ND), { ICMP6(135), .code = 1 } },
	{ "NS with another's MAC", 0, DROP(ND),
	  { ICMP6(135), .n_options = 1, .options = { OTHER } } },
	{ "NS with the second MAC from the first", 0, DROP(ND),
	  { ICMP6(135), .n_options = 1, .options = { SECOND } } },
	{ "NS with own and another's", 0, DROP(ND),
	  { ICMP6(135), .n_options = 2, .options = { OTHER, OWN } } },
	{ "NS with own twice", 0, PASS(ND), { ICMP6(135), .n_options = 2 } },
	{ "NS in a fragment", 0, DROP(ND), { ICMP6(135), .frag = FIRST } },
	{ "NS, atomic fragment", 0, DROP(ND), { ICMP6(135), .frag = ATOMIC } },
	{ "NS behind extension headers", 0, PASS(ND), { ICMP6(135), .ext = 3 } },
	{ "NS with another's MAC behind them", 0, DROP(ND),
	  { ICMP6(135), .ext = 3, .n_options = 1, .options = { OTHER } } },
	{ "NA", 0, PASS(ND), { ICMP6(136), .n_options = 1 } },
	{ "NA without option", 0, PASS(ND), { ICMP6(136) } },
	{ "NA for the prefix", 0, PASS(ND), { ICMP6(136), .target = "2001:db8:6::77" } },
	{ "NA for the second MAC's prefix", 0, PASS(ND),
	  { ICMP6(136), .target = "2001:db8:5::77" } },
	{ "NA for the EUI-64", 0, PASS(ND), { ICMP6(136), .from = EUI_OWN, .target = EUI_OWN } },
	{ "NA for another's", 0, DROP(ND), { ICMP6(136), .target = "2001:db8::9" } },
	{ "NA for another's EUI-64", 0, DROP(ND), { ICMP6(136), .target = EUI_OTHER } },
	{ "NA for the router", 0, DROP(ND), { ICMP6(136), .target = "fe80::1" } },
	{ "NA for multicast, /0", 2, DROP(ND), { ICMP6(136), .target = "ff02::1" } },
	{ "NA for ::, /0", 2, DROP(ND), { ICMP6(136), .target = "::" } },
	{ "NA with another's MAC", 0, DROP(ND),
	  { ICMP6(136), .n_options = 1, .options = { OTHER } } },
	{ "NA, hop limit 1", 0, DROP(ND), { ICMP6(136), .ttl = 1 } },
	{ "NA in a fragment", 0, DROP(ND), { ICMP6(136), .frag = FIRST } },
	{ "RS", 0, PASS(ND), { ICMP6(133), .from = EUI_OWN, .to = "ff02::2", .n_options = 1 } },
	{ "RS with another's MAC", 0, DROP(ND),
	  { ICMP6(133), .from = EUI_OWN, .to = "ff02::2", .n_options = 1, .options = { OTHER } } },
	{ "RS, hop limit 64", 0, DROP(ND), { ICMP6(133), .ttl = 64 } },
	{ "RA", 0, DROP(RA), { ICMP6(134), .from = EUI_OWN, .to = "ff02::1" } },
	{ "RA in a fragment", 0, DROP(ND), { ICMP6(134), .frag = FIRST } },
	{ "RA, hop limit 64", 0, DROP(ND), { ICMP6(134), .ttl = 64 } },
	{ "RA, fe80::/64", 3, DROP(RA), { ICMP6(134), .from = "fe80::1", .to = "ff02::1" } },
	{ "redirect", 0, DROP(RA), { ICMP6(137) } },
	{ "redirect in a fragment", 0, DROP(ND), { ICMP6(137), .frag = FIRST } },
	{ "ICMPv4 redirect", 0, DROP(RA), { .proto = 1, .type = 5 } },
	{ "ICMPv4 redirect, first fragment", 0, DROP(RA),
	  { .proto = 1, .type = 5, .frag = FIRST } },
	/* 7 */
	{ "DHCP server", 0, DROP(DHCP), { UDP(67, 68) } },
	{ "DHCP server to broadcast", 0, DROP(DHCP), { .to = ALL4, UDP(67, 68) } },
	{ "DHCP server, first fragment", 0, DROP(DHCP), { UDP(67, 68), .frag = FIRST } },
	{ "DHCPv6 server", 0, DROP(DHCP), { .kind = IP6, UDP(547, 546) } },
	{ "DHCPv6 server from link-local", 0, DROP(DHCP),
	  { .kind = IP6, .from = EUI_OWN, UDP(547, 546) } },
	{ "DHCPv6 server behind an extension header", 0, DROP(DHCP),
	  { .kind = IP6, .ext = 1, UDP(547, 546) } },
	{ "DHCPv6 server, first fragment", 0, DROP(DHCP),
	  { .kind = IP6, UDP(547, 546), .frag = FIRST } },
	{ "67>68 over IPv6 is no DHCP", 0, GO_ON, { .kind = IP6, UDP(67, 68) } },
	{ "547>546 over IPv4 is no DHCP", 0, GO_ON, { UDP(547, 546) } },
	{ "67>68 over TCP is no DHCP", 0, GO_ON, { .proto = 6, .sport = 67, .dport = 68 } },
	/* 8 */
	{ "DHCP from its address", 0, PASS(DHCP), { .to = "10.1.0.3", UDP(68, 67) } },
	{ "DHCP in a fragment", 0, GO_ON, { .to = "10.1.0.3", UDP(68, 67), .frag = FIRST } },
	{ "DHCPv6", 0, PASS(DHCP),
	  { .kind = IP6, .from = EUI_OWN, .to = "ff02::1:2", UDP(546, 547) } },
	{ "DHCPv6, port without address", 1, PASS(DHCP),
	  { .kind = IP6, .from = EUI_OWN, .to = "ff02::1:2", UDP(546, 547) } },
	{ "DHCPv6 from ::", 0, DROP(SOURCE),
	  { .kind = IP6, .from = "::", .to = "ff02::1:2", UDP(546, 547) } },
	{ "MLDv1 report", 0, PASS(ND), { ICMP6(131), .ttl = 1 } },
	{ "MLD done", 0, PASS(ND), { ICMP6(132), .ttl = 1 } },
	{ "MLDv2 report", 0, PASS(ND), { ICMP6(143), .ttl = 1 } },
	{ "MLDv2 report in a fragment", 0, GO_ON, { ICMP6(143), .ttl = 1, .frag = FIRST } },
	{ "MLD query from a VM", 0, GO_ON, { ICMP6(130), .ttl = 1 } },
	{ "echo request", 0, GO_ON, { ICMP6(128) } },
	{ "IGMP report", 0, GO_ON, { .proto = 2, .type = 0x16 } },
	{ "TCP", 0, GO_ON, { .proto = 6, .dport = 22 } },
	{ "first fragment", 0, GO_ON, { .frag = FIRST } },
	{ "later fragment", 0, GO_ON, { .frag = REST } },
};

static const struct row ingress[] = {
	{ "IPv4 cut off", 0, DROP(MALFORMED), { .src = OTHER, .from = "10.1.0.4", .broken = CUT } },
	{ "bad header checksum", 0, DROP(MALFORMED),
	  { .src = OTHER, .from = "10.1.0.4", .broken = BAD_CSUM } },
	{ "RA with option of length 0", 0, DROP(MALFORMED),
	  { .src = OTHER, ICMP6(134), .from = "fe80::1", .broken = OPTION_0 } },
	{ "tag in metadata", 0, DROP(ETHERTYPE),
	  { .src = OTHER, .from = "10.1.0.4", .tag = META_Q } },
	{ "tag in band", 0, DROP(ETHERTYPE), { .src = OTHER, .from = "10.1.0.4", .tag = BAND_AD } },
	{ "LLC", 0, DROP(ETHERTYPE), { .src = OTHER, .kind = LLC } },
	{ "other ethertype", 0, DROP(ETHERTYPE),
	  { .src = OTHER, .kind = ETHER, .ethertype = 0x88e5 } },
	{ "permitted ethertype", 0, PASS(ETHERTYPE),
	  { .src = OTHER, .kind = ETHER, .ethertype = 0x8863 } },
	{ "to 01:80:c2:00:00:0e", 0, DROP(ETHERTYPE),
	  { .src = OTHER, .dst = LLDP, .kind = ETHER, .ethertype = 0x88cc } },
	{ "RARP", 0, PASS(ETHERTYPE), { .src = OTHER, .kind = ETHER, .ethertype = 0x8035 } },
	{ "RARP to 01:80:c2:00:00:0e", 0, DROP(ETHERTYPE),
	  { .src = OTHER, .dst = LLDP, .kind = ETHER, .ethertype = 0x8035 } },
	{ "RARP in a tag", 0, DROP(ETHERTYPE),
	  { .src = OTHER, .tag = BAND_Q, .kind = ETHER, .ethertype = 0x8035 } },
	{ "a loose source route", 0, DROP(MALFORMED),
	  { .src = OTHER, .from = "10.1.0.4", .route = LOOSE } },
	{ "a strict source route", 0, DROP(MALFORMED),
	  { .src = OTHER, .from = "10.1.0.4", .route = STRICT } },
	{ "a source route in a fragment", 0, DROP(MALFORMED),
	  { .src = OTHER, .from = "10.1.0.4", .route = LOOSE, .frag = REST } },
	{ "a record of the route", 0, GO_ON,
	  { .src = OTHER, .from = "10.1.0.4", .route = DONE } },
	{ "routing header 0 with a segment left", 0, DROP(MALFORMED),
	  { .src = OTHER, .kind = IP6, .from = "2001:db8::4", .route = LOOSE } },
	{ "routing header 4 with a segment left", 0, DROP(MALFORMED),
	  { .src = OTHER, .kind = IP6, .from = "2001:db8::4", .route = STRICT } },
	{ "routing header, none left", 0, GO_ON,
	  { .src = OTHER, .kind = IP6, .from = "2001:db8::4", .route = DONE } },
	{ "its own MAC, ARP probe", 0, DROP(SOURCE),
	  { .dst = BCAST, .kind = ARP, .from = "0.0.0.0", .to = "10.1.0.2" } },
	{ "its own MAC, DAD", 0, DROP(SOURCE),
	  { .dst = MCAST, ICMP6(135), .from = "::", .to = "ff02::1:ff00:2" } },
	{ "its own MAC, NA", 0, DROP(SOURCE), { .dst = MCAST, ICMP6(136) } },
	{ "its own MAC, RARP", 0, DROP(SOURCE),
	  { .dst = BCAST, .kind = ETHER, .ethertype = 0x8035 } },
	{ "its own MAC, permitted ethertype", 0, DROP(SOURCE),
	  { .dst = BCAST, .kind = ETHER, .ethertype = 0x8863 } },
	{ "its own MAC, a tag", 0, DROP(SOURCE), { .tag = BAND_Q } },
	{ "its own MAC, DHCP reply", 0, DROP(SOURCE),
	  { .from = "10.1.0.3", .to = "10.1.0.2", UDP(67, 68) } },
	{ "its own MAC, another's address", 0, DROP(SOURCE), { .from = "10.1.0.4" } },
	{ "its own MAC, another's IPv6 address", 0, DROP(SOURCE),
	  { .kind = IP6, .from = "2001:db8::4" } },
	{ "its own MAC, cut off", 0, DROP(MALFORMED), { .broken = CUT } },
	{ "a pair's MAC may be another's too (VRRP)", 0, GO_ON,
	  { .src = SECOND, .from = "10.5.0.5", .to = "224.0.0.18", .proto = 112 } },
	{ "a pair's MAC, ARP", 0, PASS(ARP), { .src = SECOND, .kind = ARP, .from = "10.5.0.5" } },
	{ "NA that defends its address", 0, PASS(ND), { .src = OTHER, ICMP6(136) } },
	{ "NA that defends its address, options", 0, PASS(ND),
	  { .src = OTHER, ICMP6(136), .n_options = 1, .options = { OTHER } } },
	{ "NA that defends its address, atomic fragment", 0, DROP(ND),
	  { .src = OTHER, ICMP6(136), .frag = ATOMIC } },
	{ "NA in its name of another's address", 0, DROP(SOURCE),
	  { .src = OTHER, ICMP6(136), .target = "2001:db8::9" } },
	{ "NA that defends its address, hop limit 64", 0, DROP(SOURCE),
	  { .src = OTHER, ICMP6(136), .ttl = 64 } },
	{ "NA that defends its address, code 1", 0, DROP(SOURCE),
	  { .src = OTHER, ICMP6(136), .code = 1 } },
	{ "NA that defends its address, two MACs", 0, DROP(SOURCE),
	  { .src = OTHER, ICMP6(136), .n_options = 2, .options = { OTHER, SECOND } } },
	{ "NA that defends its address, in a fragment", 0, DROP(SOURCE),
	  { .src = OTHER, ICMP6(136), .frag = FIRST } },
	{ "NS in its name", 0, PASS(ND),
	  { .src = OTHER, ICMP6(135), .target = "2001:db8::9" } },
	{ "NS in its name, hop limit 64", 0, DROP(SOURCE), { .src = OTHER, ICMP6(135), .ttl = 64 } },
	{ "NS in its name, in a fragment", 0, DROP(SOURCE),
	  { .src = OTHER, ICMP6(135), .frag = FIRST } },
	{ "RS in its name", 0, DROP(SOURCE), { .src = OTHER, ICMP6(133) } },
	{ "echo in its name", 0, DROP(SOURCE), { .src = OTHER, ICMP6(128) } },
	{ "any source, RA", 5, DROP(RA), { .src = OTHER, ICMP6(134), .from = "fe80::1" } },
	{ "any source, DHCPv6 reply to any address", 5, GO_ON,
	  { .src = OTHER, .kind = IP6, .from = "fe80::3", .to = "2620:fe::fe", UDP(547, 546) } },
	{ "any source, DHCPv6 reply to link-local", 5, PASS(DHCP),
	  { .src = OTHER, .kind = IP6, .from = "fe80::3", .to = EUI_OWN, UDP(547, 546) } },
	{ "any source, DHCP reply to any address", 5, GO_ON,
	  { .src = OTHER, .from = "10.1.0.3", .to = "8.8.8.8", UDP(67, 68) } },
	{ "any source, DHCP reply to broadcast", 5, PASS(DHCP),
	  { .src = OTHER, .from = "10.1.0.3", .to = ALL4, UDP(67, 68) } },
	{ "RARP permitted", 2, PASS(ETHERTYPE),
	  { .src = OTHER, .kind = ETHER, .ethertype = 0x8035 } },
	{ "its own address as source", 0, DROP(SOURCE), { .src = OTHER } },
	{ "its own IPv6 address as source", 0, DROP(SOURCE), { .src = OTHER, .kind = IP6 } },
	{ "its own address in a fragment", 0, DROP(SOURCE), { .src = OTHER, .frag = REST } },
	{ "its own address in an RA", 0, DROP(SOURCE), { .src = OTHER, ICMP6(134) } },
	{ "a pair's address is no own one", 0, GO_ON, { .src = OTHER, .from = "10.9.0.1" } },
	{ "any source, /0 pair", 2, GO_ON, { .src = OTHER, .from = "10.1.0.4" } },
	{ "ARP", 0, PASS(ARP), { .src = OTHER, .kind = ARP, .from = "10.1.0.4" } },
	{ "ARP from its own address: a conflict", 0, PASS(ARP), { .src = OTHER, .kind = ARP } },
	{ "MLD query", 0, PASS(ND), { .src = OTHER, ICMP6(130), .from = "fe80::1", .ttl = 1 } },
	{ "NS", 0, PASS(ND), { .src = OTHER, ICMP6(135), .from = "2001:db8::4" } },
	{ "DAD of others", 0, PASS(ND), { .src = OTHER, ICMP6(135), .from = "::" } },
	{ "NA", 0, PASS(ND), { .src = OTHER, ICMP6(136), .from = "2001:db8::4" } },
	{ "NA in a fragment", 0, GO_ON,
	  { .src = OTHER, ICMP6(136), .from = "2001:db8::4", .frag = FIRST } },
	{ "redirect", 0, DROP(RA), { .src = OTHER, ICMP6(137), .from = "fe80::1" } },
	{ "redirect, hop limit 254", 0, DROP(RA),
	  { .src = OTHER, ICMP6(137), .from = "fe80::1", .ttl = 254 } },
	{ "redirect from a global address", 0, DROP(RA),
	  { .src = OTHER, ICMP6(137), .from = "2001:db8::1" } },
	{ "redirect in a fragment", 0, DROP(RA),
	  { .src = OTHER, ICMP6(137), .from = "fe80::1", .frag = FIRST } },
	{ "RS", 0, GO_ON, { .src = OTHER, ICMP6(133), .from = "2001:db8::4" } },
	{ "MLD report", 0, GO_ON, { .src = OTHER, ICMP6(143), .from = "2001:db8::4" } },
	{ "IGMP query", 0, PASS(IGMP),
	  { .src = OTHER, .from = "10.1.0.1", .proto = 2, .type = 0x11 } },
	{ "IGMP query in a fragment", 0, GO_ON,
	  { .src = OTHER, .from = "10.1.0.1", .proto = 2, .type = 0x11, .frag = FIRST } },
	{ "IGMP report", 0, GO_ON, { .src = OTHER, .from = "10.1.0.1", .proto = 2, .type = 0x16 } },
	{ "ICMP type 0x11 is no IGMP", 0, GO_ON,
	  { .src = OTHER, .from = "10.1.0.1", .proto = 1, .type = 0x11 } },
	{ "RA", 0, PASS(RA), { .src = OTHER, ICMP6(134), .from = "fe80::1" } },
	{ "RA from febf::", 0, PASS(RA), { .src = OTHER, ICMP6(134), .from = "febf::1" } },
	{ "RA from a global address", 0, DROP(RA),
	  { .src = OTHER, ICMP6(134), .from = "2001:db8::1" } },
	{ "RA, hop limit 254", 0, DROP(RA),
	  { .src = OTHER, ICMP6(134), .from = "fe80::1", .ttl = 254 } },
	{ "RA in a fragment", 0, DROP(RA),
	  { .src = OTHER, ICMP6(134), .from = "fe80::1", .frag = FIRST } },
	{ "RA, port with IPv4 only", 4, DROP(RA), { .src = OTHER, ICMP6(134), .from = "fe80::1" } },
	{ "RA, port without address", 1, DROP(RA),
	  { .src = OTHER, ICMP6(134), .from = "fe80::1" } },
	{ "DHCP reply", 0, PASS(DHCP),
	  { .src = OTHER, .from = "10.1.0.3", .to = "10.1.0.2", UDP(67, 68) } },
	{ "DHCP reply to broadcast", 0, PASS(DHCP),
	  { .src = OTHER, .from = "10.1.0.3", .to = ALL4, UDP(67, 68) } },
	{ "DHCP reply to another", 0, GO_ON,
	  { .src = OTHER, .from = "10.1.0.3", .to = "10.1.0.9", UDP(67, 68) } },
	{ "DHCP reply from another server", 0, GO_ON,
	  { .src = OTHER, .from = "10.1.0.99", .to = "10.1.0.2", UDP(67, 68) } },
	{ "DHCP reply from any server", 4, PASS(DHCP),
	  { .src = OTHER, .from = "10.1.0.99", .to = "10.1.0.2", UDP(67, 68) } },
	{ "DHCP reply, IPv6 server given", 2, PASS(DHCP),
	  { .src = OTHER, .from = "10.1.0.99", .to = "10.1.0.2", UDP(67, 68) } },
	{ "DHCP reply to multicast, /0", 2, GO_ON,
	  { .src = OTHER, .from = "10.1.0.99", .to = "224.0.0.1", UDP(67, 68) } },
	{ "DHCP reply in a fragment", 0, GO_ON,
	  { .src = OTHER, .from = "10.1.0.3", .to = "10.1.0.2", UDP(67, 68), .frag = FIRST } },
	{ "DHCP reply over TCP", 0, GO_ON,
	  { .src = OTHER, .from = "10.1.0.3", .to = "10.1.0.2", .proto = 6,
	    .sport = 67, .dport = 68 } },
	{ "DHCP request to the VM", 0, GO_ON,
	  { .src = OTHER, .from = "10.1.0.4", .to = "10.1.0.2", UDP(68, 67) } },
	{ "DHCPv6 reply", 0, PASS(DHCP),
	  { .src = OTHER, .kind = IP6, .from = "fe80::3", .to = EUI_OWN, UDP(547, 546) } },
	{ "DHCPv6 reply to any link-local", 0, PASS(DHCP),
	  { .src = OTHER, .kind = IP6, .from = "fe80::3", .to = "fe80::1234", UDP(547, 546) } },
	{ "DHCPv6 reply to fe80:1::", 0, GO_ON,
	  { .src = OTHER, .kind = IP6, .from = "fe80::3", .to = "fe80:1::1234", UDP(547, 546) } },
	{ "DHCPv6 reply to its address", 0, PASS(DHCP),
	  { .src = OTHER, .kind = IP6, .from = "fe80::3", .to = "2001:db8::2", UDP(547, 546) } },
	{ "DHCPv6 reply to another's", 0, GO_ON,
	  { .src = OTHER, .kind = IP6, .from = "fe80::3", .to = "2001:db8::9", UDP(547, 546) } },
	{ "DHCPv6 reply from another server", 0, GO_ON,
	  { .src = OTHER, .kind = IP6, .from = "fe80::9", .to = "2001:db8::2", UDP(547, 546) } },
	{ "DHCPv6 reply, IPv4 server given", 3, PASS(DHCP),
	  { .src = OTHER, .kind = IP6, .from = "fe80::9", .to = "2001:db8::2", UDP(547, 546) } },
	{ "TCP", 0, GO_ON,
	  { .src = OTHER, .from = "10.1.0.4", .to = "10.1.0.2", .proto = 6, .dport = 22 } },
	{ "ICMPv4 redirect, first fragment", 0, DROP(RA),
	  { .src = OTHER, .from = "10.1.0.1", .to = "10.1.0.2", .proto = 1, .type = 5,
	    .frag = FIRST } },
	{ "ICMPv4 redirect", 0, DROP(RA),
	  { .src = OTHER, .from = "10.1.0.1", .to = "10.1.0.2", .proto = 1, .type = 5 } },
	{ "later fragment", 0, GO_ON, { .src = OTHER, .from = "10.1.0.4", .frag = REST } },
};

static void check_row(const struct row *row, bool out)
{
	const struct unit_port *port = &unit_ports[row->port];
	const struct br_sg_guard *guard = unit_guard(row->port);
	struct br_sg_frame frame;
	int got, oracle;

	desc_parse(&row->d, &frame);
	got = out ? br_sg_guard_egress(guard, &frame) :
		    br_sg_guard_ingress(guard, &frame);
	oracle = out ? oracle_egress(port, &row->d) :
		       oracle_ingress(port, &row->d);
	if (!ok(got == row->want && oracle == row->want, "%s: %s",
		out ? "egress" : "ingress", row->name))
		printf("# want %d, got %d, oracle %d\n", row->want, got, oracle);
}

static const char * const some_addrs[] = {
	"10.1.0.2", "10.1.0.4", "10.9.0.0", "10.9.255.255", "10.10.0.0",
	"10.5.0.5", "10.1.0.3", "0.0.0.0", ALL4, "127.0.0.1", "128.0.0.0",
	"223.255.255.255", "224.0.0.1", "239.1.1.1", "240.0.0.0", "8.8.8.8",
};

static const char * const some_addrs6[] = {
	"2001:db8::2", "2001:db8::4", "2001:db8:5::1", "2001:db8:6::1", "::",
	"::1", "ff02::1", "ff02::16", "ff05::2", "ff03::1", "fe80::3",
	EUI_OWN, EUI_SECOND, EUI_OTHER, "fe80::1234", "fe80:1::3", "febf::1",
	"fec0::1", "2001:db8:5:1::", "fe00::1", "::a00:1",
};

#define ANY(array)	array[rnd_below(ARRAY_SIZE(array))]

static void rnd_desc(struct desc *d)
{
	static const u8 types[] = {
		0, 5, 8, 0x11, 128, 130, 131, 132, 133, 134, 135, 136, 137, 143,
	};
	static const u16 ports[] = { 67, 68, 546, 547, 22 };
	static const u16 ethertypes[] = {
		0x8035, 0x8863, 0x88cc, 0x88e5, 0x0600, 0x9100, 0x8864,
	};
	static const u8 protos[] = { 1, 2, 6, 17, 17, 58, 58, 58, 47, 136 };
	static const u16 pairs[][2] = {
		{ 67, 68 }, { 68, 67 }, { 546, 547 }, { 547, 546 },
	};
	int i;

	memset(d, 0, sizeof(*d));
	d->src = rnd_below(10) ? rnd_below(2) * rnd_below(2) : rnd_below(N_MACS);
	d->dst = rnd_below(N_MACS);
	if (d->dst >= LLDP && rnd_below(4))
		d->dst = BCAST;
	d->tag = rnd_below(30) ? NO_TAG : rnd_below(N_TAGS);
	d->kind = rnd_below(10) ? rnd_below(3) : rnd_below(N_KINDS);
	if (d->kind == ARP && rnd_below(2))
		d->kind = IP6;
	d->ethertype = ANY(ethertypes);
	d->broken = rnd_below(10) ? SOUND : rnd_below(N_BROKEN);
	d->op = rnd_below(3);
	d->sha_given = !rnd_below(3);
	d->sha = rnd_below(3);
	d->from = d->kind == IP6 ? ANY(some_addrs6) : ANY(some_addrs);
	d->to = d->kind == IP6 ? ANY(some_addrs6) : ANY(some_addrs);
	if (!rnd_below(3))
		d->from = NULL;
	d->proto = ANY(protos);
	/* the oracle does not know the length of these */
	if (d->proto == 136 && d->broken == SHORT_L4)
		d->proto = 47;
	d->ttl = rnd_below(8) ? 255 : rnd_below(256);
	d->sport = ANY(ports);
	d->dport = ANY(ports);
	if (rnd_below(2)) {
		i = rnd_below(ARRAY_SIZE(pairs));
		d->sport = pairs[i][0];
		d->dport = pairs[i][1];
	}
	d->type = rnd_below(20) ? ANY(types) : rnd_below(256);
	d->code = rnd_below(10) ? 0 : rnd_below(256);
	d->frag = rnd_below(4) ? WHOLE : rnd_below(N_FRAGS);
	d->ext = rnd_below(6) ? 0 : rnd_below(11);
	d->route = rnd_below(12) ? NO_ROUTE : rnd_below(N_ROUTES);
	d->target = ANY(some_addrs6);
	d->n_options = rnd_below(OPTIONS_MAX + 1);
	for (i = 0; i < d->n_options; i++)
		d->options[i] = rnd_below(3) ? d->src : rnd_below(3);
}

/* a row, but for a field or two: random frames alone seldom get far */
static void rnd_near_row(struct desc *d, bool out)
{
	struct desc other;
	int n = rnd_below(3);

	*d = out ? ANY(egress).d : ANY(ingress).d;
	while (n--) {
		rnd_desc(&other);
		switch (rnd_below(13)) {
		case 0:
			d->src = other.src;
			break;
		case 1:
			d->dst = other.dst;
			break;
		case 2:
			d->tag = other.tag;
			break;
		case 3:
			d->broken = d->proto == 136 ? SOUND : other.broken;
			break;
		case 4:
			d->from = d->kind == IP6 ? ANY(some_addrs6) :
						   ANY(some_addrs);
			break;
		case 5:
			d->to = d->kind == IP6 ? ANY(some_addrs6) :
						 ANY(some_addrs);
			break;
		case 6:
			d->type = other.type;
			break;
		case 7:
			d->ttl = other.ttl;
			d->code = other.code;
			break;
		case 8:
			d->frag = other.frag;
			break;
		case 9:
			d->target = other.target;
			break;
		case 10:
			d->n_options = other.n_options;
			memcpy(d->options, other.options, sizeof(d->options));
			break;
		case 11:
			d->ext = other.ext;
			break;
		case 12:
			d->route = other.route;
			break;
		}
	}
}

static void test_random(bool out)
{
	int seen[64] = {}, got, want, i, kinds = 0, wrong = 0;
	struct br_sg_frame frame;
	struct desc d;

	for (i = 0; i < 300000; i++) {
		int port = rnd_below(N_UNIT_PORTS);

		if (i % 2)
			rnd_near_row(&d, out);
		else
			rnd_desc(&d);
		desc_parse(&d, &frame);
		got = out ? br_sg_guard_egress(unit_guard(port), &frame) :
			    br_sg_guard_ingress(unit_guard(port), &frame);
		want = out ? oracle_egress(&unit_ports[port], &d) :
			     oracle_ingress(&unit_ports[port], &d);
		seen[32 + want]++;
		if (got == want)
			continue;
		if (!wrong++) {
			printf("# port %s: got %d, oracle %d\n",
			       unit_ports[port].name, got, want);
			desc_print(&d);
		}
	}
	for (i = 0; i < 64; i++)
		kinds += !!seen[i];
	ok(!wrong, "%s: %d random frames, %d wrong, %d different verdicts",
	   out ? "egress" : "ingress", 300000, wrong, kinds);
	ok(kinds == (out ? 15 : 12), "%s: every verdict came up",
	   out ? "egress" : "ingress");
	for (i = 0; i < 64; i++)
		if (seen[i])
			printf("# %d: %d\n", i - 32, seen[i]);
}

/* the function by itself, which other files ask too */
static void test_source(void)
{
	static const struct {
		int port;
		int mac;	/* -1: any */
		const char *addr;
		bool want;
	} rows[] = {
		{ 0, OWN, "10.1.0.2", true }, { 0, SECOND, "10.1.0.2", false },
		{ 0, -1, "10.1.0.2", true }, { 0, -1, "10.5.0.5", true },
		{ 0, OWN, "10.5.0.5", false }, { 0, -1, "10.1.0.3", false },
		{ 0, OWN, EUI_OWN, true }, { 0, OWN, EUI_SECOND, false },
		{ 0, -1, EUI_SECOND, true }, { 0, -1, EUI_OTHER, false },
		{ 0, OTHER, EUI_OTHER, false }, { 1, -1, EUI_OWN, true },
		{ 2, OWN, "0.0.0.0", false }, { 2, OWN, "::", false },
		{ 2, -1, "255.255.255.255", false }, { 2, -1, "ff02::1", false },
		{ 2, -1, "1.1.1.1", true }, { 2, -1, "::2", true },
		{ 4, -1, "::2", false }, { 3, -1, "1.1.1.1", false },
		{ 5, OWN, "1.1.1.1", true }, { 5, -1, "2620::1", true },
		{ 5, OTHER, "1.1.1.1", false }, { 5, OWN, "224.0.0.1", false },
		{ 5, -1, "127.0.0.1", false }, { 5, -1, "ff02::1", false },
		{ 5, OWN, "0.0.0.0", false }, { 5, OWN, "::", false },
		{ 6, OWN, "1.1.1.1", true }, { 6, SECOND, "1.1.1.1", false },
		{ 6, SECOND, "10.5.0.5", true }, { 6, -1, "1.1.1.1", true },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct br_sg_prefix p = prefix(rows[i].addr);

		ok(br_sg_guard_source(unit_guard(rows[i].port),
				      rows[i].mac < 0 ? NULL : macs[rows[i].mac],
				      p.family, &p.addr) == rows[i].want,
		   "source: port %s, MAC %d, %s",
		   unit_ports[rows[i].port].name, rows[i].mac, rows[i].addr);
	}
}

/* is it for the port, or a copy of what is another's? */
static void test_addressed(void)
{
	static const u8 group[ETH_ALEN] = { 0x03, 0xbf, 0x0a, 0x01, 0x00, 0x02 };
	static const struct {
		int port;
		int mac;	/* -1: a group's */
		const char *addr;
		bool want;
	} rows[] = {
		{ 0, OWN, "10.1.0.2", true }, { 0, SECOND, "10.1.0.2", true },
		{ 0, -1, "10.1.0.2", true }, { 0, OTHER, "10.1.0.2", false },
		{ 0, OWN, "10.1.0.3", false }, { 0, -1, "10.1.0.3", false },
		{ 0, OWN, EUI_OWN, true }, { 0, OWN, EUI_OTHER, false },
		{ 0, -1, "255.255.255.255", false }, { 2, OWN, "1.1.1.1", true },
		{ 2, -1, "224.0.0.1", false }, { 2, -1, "ff02::1", false },
		{ 4, OWN, "::2", false },
		{ 5, OWN, "1.1.1.1", true }, { 5, OWN, "2620::1", true },
		{ 5, OTHER, "1.1.1.1", false }, { 5, -1, "1.1.1.1", false },
		{ 5, OWN, "255.255.255.255", false }, { 5, OWN, "ff02::1", false },
		{ 6, SECOND, "1.1.1.1", false }, { 6, SECOND, "10.5.0.5", true },
		{ 6, -1, "10.5.0.5", true }, { 6, -1, "1.1.1.1", false },
	};
	struct br_sg_frame frame;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct br_sg_prefix p = prefix(rows[i].addr);

		memset(&frame, 0, sizeof(frame));
		frame.kind = p.family == AF_INET ? BR_SG_FRAME_IPV4 :
						   BR_SG_FRAME_IPV6;
		memcpy(frame.dst, rows[i].mac < 0 ? group : macs[rows[i].mac],
		       ETH_ALEN);
		frame.daddr = p.addr;
		ok(br_sg_guard_addressed(unit_guard(rows[i].port), &frame) ==
		   rows[i].want, "addressed: port %s, MAC %d, %s",
		   unit_ports[rows[i].port].name, rows[i].mac, rows[i].addr);
	}
}

/* TCP with SYN, FIN or RST, SCTP, DCCP: conntrack would move a state */
static bool desc_moves(const struct desc *d)
{
	if (d->kind != IP4 && d->kind != IP6)
		return false;
	if (d->proto == IPPROTO_SCTP || d->proto == IPPROTO_DCCP)
		return true;
	return d->proto == IPPROTO_TCP && (!d->tcp || d->tcp & 0x07);
}

/* of a plain packet: what the short way asks, by the fields of the frame */
static bool same_asked(const struct br_sg_guard *guard,
		       const struct br_sg_frame *frame,
		       const struct sk_buff *skb, bool out)
{
	struct br_sg_key key;

	br_sg_plain_key(skb, out ? BR_SG_EGRESS : BR_SG_INGRESS, &key);
	return key.family == (frame->kind == BR_SG_FRAME_IPV4 ? AF_INET :
							       AF_INET6) &&
	       key.proto == frame->proto && key.flags == BR_SG_MATCH_PORT &&
	       key.dport == frame->dport &&
	       !memcmp(&key.remote, out ? &frame->daddr : &frame->saddr,
		       sizeof(key.remote)) &&
	       br_sg_plain_is_for(guard, skb) ==
	       br_sg_guard_addressed(guard, frame) &&
	       (!br_sg_plain_addressed(guard, skb) ||
		br_sg_guard_addressed(guard, frame));
}

/*
 * The short way says yes only where the long one says 0, and does say it: to
 * all TCP and UDP but DHCP from the port's first address of a family. What is
 * steady moves no state, and of the plain all that move none are.
 */
static void test_plain(bool out)
{
	int i, yes = 0, wrong = 0, missed = 0, unsteady = 0, moves = 0;
	int strange = 0;
	const struct br_sg_guard *guard;
	struct br_sg_frame frame;
	struct sk_buff *skb;
	struct desc d;

	for (i = 0; i < 300000; i++) {
		int port = rnd_below(N_UNIT_PORTS), verdict;
		bool plain, simple, steady;

		if (i % 2)
			rnd_near_row(&d, out);
		else
			rnd_desc(&d);
		if (i % 3) {
			/* most random frames are anything but plain */
			d.proto = i % 5 ? 6 : 17;
			d.from = out ? NULL : d.from;
			d.src = out ? OWN : d.src;
			d.frag = WHOLE;
			d.ext = 0;
			d.route = i % 13 ? NO_ROUTE : d.route;
			d.tag = NO_TAG;
			d.kind = i % 7 < 4 ? IP4 : IP6;
			d.broken = i % 11 ? SOUND : d.broken;
		}
		d.tcp = rnd_below(0x40);
		guard = unit_guard(port);
		skb = desc_skb(&d);
		br_sg_frame_parse(&frame, skb);
		verdict = out ? br_sg_guard_egress(guard, &frame) :
				br_sg_guard_ingress(guard, &frame);
		plain = out ? br_sg_plain_egress(guard, skb) :
			      br_sg_plain_ingress(guard, skb);
		if (plain && !same_asked(guard, &frame, skb, out) && !strange++)
			desc_print(&d);
		steady = d.tag == NO_TAG && (d.kind == IP4 || d.kind == IP6) &&
			 br_sg_plain_steady(skb, d.kind == IP4);
		if (d.tag == NO_TAG && (d.kind == IP4 || d.kind == IP6) &&
		    br_sg_plain_whole(skb) && frame.flags & BR_SG_FRAME_FRAG &&
		    !wrong++)
			desc_print(&d);
		skb_free(skb);
		yes += plain;
		moves += plain && desc_moves(&d);
		if (((steady && (desc_moves(&d) || d.frag == FIRST)) ||
		     (plain && steady == desc_moves(&d))) && !unsteady++)
			desc_print(&d);
		if (plain && (verdict || frame.flags & BR_SG_FRAME_FRAG) &&
		    !wrong++)
			desc_print(&d);
		simple = !verdict && d.frag == WHOLE && !d.ext && !d.route &&
			 d.broken == SOUND &&
			 (frame.proto == 6 ||
			  (frame.proto == 17 && frame.dport > 1000)) &&
			 (!out || (!d.from && d.src == OWN &&
				   (frame.kind == BR_SG_FRAME_IPV4 ?
				    guard->plain4 == guard->pairs :
				    guard->plain6 && !memcmp(frame.saddr.b,
				    guard->plain6->prefix.addr.b, 16) &&
				    !memcmp(guard->plain6->mac, frame.src,
					    ETH_ALEN))));
		if (simple && !plain && !missed++)
			desc_print(&d);
	}
	ok(!wrong, "%s: the short way is of %d frames none that the long way decides",
	   out ? "egress" : "ingress", yes);
	ok(!unsteady && moves > 1000 && moves < yes - 1000,
	   "%s: of these %d move a state, and no other frame is taken for one that does not",
	   out ? "egress" : "ingress", moves);
	ok(!strange, "%s: the rules are asked the same of each of these, and whether it is for the port",
	   out ? "egress" : "ingress");
	ok(!missed && yes > 1000, "%s: %d of 300000 take the short way, %d that should do not",
	   out ? "egress" : "ingress", yes, missed);
}

int main(int argc, char **argv)
{
	size_t i;

	rnd_seed(argc, argv);
	for (i = 0; i < ARRAY_SIZE(egress); i++)
		check_row(&egress[i], true);
	for (i = 0; i < ARRAY_SIZE(ingress); i++)
		check_row(&ingress[i], false);
	test_source();
	test_addressed();
	test_random(true);
	test_random(false);
	test_plain(true);
	test_plain(false);
	return tap_plan();
}
