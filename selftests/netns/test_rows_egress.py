#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Egress, row by row: what a VM may send, and what is said of the rest."""
import frames as f
import harness

M1, M2, M11, FAR, MX = ("02:00:00:00:00:01", "02:00:00:00:00:02",
                        "02:00:00:00:00:11", "02:00:00:00:00:99",
                        "02:00:00:00:00:66")
A, X, PAIR = "10.1.0.2", "10.1.0.66", "10.2.0.7"
A6, X6, PAIR6 = "fd00::2", "fd00::66", "fd02::7"
LL, LL11, LLX = "fe80::ff:fe00:1", "fe80::ff:fe00:11", "fe80::ff:fe00:66"
ALL, ROUTERS, SOL = "ff02::1", "ff02::2", "ff02::1:ff00:2"
MALL = "33:33:00:00:00:01"

CONFIG = """
default drop tap*
set add dns 192.0.2.53 fd00:53::/64
set add empty
group add web
group add none
group add peers
member add peers 10.9.0.0/24 fd09::9
rule add web egress proto udp dport 53 id 1
rule add web egress proto udp dport 7000-7010 id 2
rule add web egress ipv4 proto icmp icmp 8/0 id 3
rule add web egress ipv6 proto icmpv6 icmp 128 id 4
rule add web egress proto tcp remote set dns id 5
rule add web egress proto tcp dport 5432 remote group peers id 6
rule add web egress ipv4 proto gre remote 10.8.0.0/16 id 7
rule add web egress ipv6 proto gre remote fd08::/32 id 8
rule add web egress proto tcp dport 53 remote set empty id 9
rule add web egress proto tcp dport 54 remote group none id 10
rule add web egress proto udp dport 7005 id 11
rule add web egress ipv6 proto sctp dport 9 id 12
rule add web egress proto vrrp id 13
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 \
pair 10.2.0.0/24 pair fd02::/64 pair 10.3.0.3 mac 02:00:00:00:00:11 \
pair fd03::3 mac 02:00:00:00:00:11 ethertype 0x88b5 group web
port add tap2 off
port add tap3 trusted
port add tap4 mac 02:00:00:00:00:04 ip 10.1.0.4 group web
port add tap5 mac 02:00:00:00:00:05 ip 10.1.0.5 pair 0.0.0.0/0 pair ::/0 group web
"""

t = harness.start()
node = harness.Node(t, taps=("tap1", "qvb"))
node.apply(CONFIG)


def passes(name, frame, what):
    node.check(name, "tap1", frame, to=["qvb"], counts="tap1 egress " + what)


def drops(name, frame, reason):
    node.check(name, "tap1", frame, counts="tap1 egress [%s]" % reason)


def udp(src, dst, dport=53, sport=1000, mac=M1, dmac=FAR):
    return f.packet(mac, dmac, src, dst, 17, f.udp(src, dst, sport, dport))


def tcp(src, dst, dport, sport=1000):
    return f.packet(M1, FAR, src, dst, 6, f.tcp(src, dst, sport, dport))


def nd(kind, src, dst, target=None, options=b"", mac=M1, **kw):
    return f.eth(MALL, mac, 0x86dd, f.nd(src, dst, kind, target, options, **kw))


def icmp6(kind, src, dst, body=b"\0" * 20, **kw):
    return f.eth(MALL, M1, 0x86dd, f.ipv6(src, dst, 58, f.icmp6(
        src, dst, kind, 0, body), **kw))


# 2: the MAC, whatever is in the frame
for name, frame in (
        ("IPv4", udp(A, X, mac=MX)), ("IPv6", udp(A6, X6, mac=MX)),
        ("ARP", f.arp(MX, MX, A, X)), ("RARP", f.eth(f.BROADCAST, MX, 0x8035)),
        ("a DHCP discover", udp("0.0.0.0", "255.255.255.255", 67, 68, mac=MX)),
        ("DAD", nd(135, "::", SOL, A6, mac=MX)),
        ("a VLAN tag", f.vlan(udp(A, X, mac=MX), 5)),
        ("an unknown ethertype", f.eth(FAR, MX, 0x1234, b"x" * 50)),
        ("a permitted ethertype", f.eth(FAR, MX, 0x88b5, b"x" * 50))):
    drops("%s from another MAC" % name, frame, "mac")

# 3: ethertypes
for name, frame in (
        ("IPv4 with VID 5", f.vlan(udp(A, X), 5)),
        ("IPv4 with VID 0", f.vlan(udp(A, X), 0)),
        ("IPv6 with VID 5", f.vlan(udp(A6, X6), 5)),
        ("IPv6 with VID 0", f.vlan(udp(A6, X6), 0)),
        ("802.1ad", f.vlan(udp(A, X), 7, 0x88a8)),
        ("two tags", f.vlan(f.vlan(udp(A, X), 0), 0)),
        ("ARP with VID 0", f.vlan(f.arp(M1, M1, A, X), 0)),
        ("SNAP with IPv4", f.snap(udp(A, X))),
        ("SNAP with IPv6", f.snap(udp(A6, X6))),
        ("LLC", f.eth(FAR, M1, 60, b"\x42\x42\3".ljust(60, b"\0"))),
        ("MPLS", f.eth(FAR, M1, 0x8847, b"\0\0\x11\x40" + udp(A, X)[14:])),
        ("PPPoE", f.eth(FAR, M1, 0x8864, b"\x11\0\0\1\0\x1e\0\x21" +
                        udp(A, X)[14:])),
        ("EAPOL", f.eth(FAR, M1, 0x888e, b"\1\1\0\0")),
        ("an unknown ethertype", f.eth(FAR, M1, 0x1234, b"x" * 50)),
        ("a link-local group address",
         f.eth("01:80:c2:00:00:03", M1, 0x88b5, b"x" * 50))):
    drops(name, frame, "ethertype")
passes("RARP of the port's MAC", f.eth(f.BROADCAST, M1, 0x8035, b"\0" * 28),
       "ethertype")
passes("RARP of a pair's MAC", f.eth(f.BROADCAST, M11, 0x8035, b"\0" * 28),
       "ethertype")
passes("a permitted ethertype", f.eth(FAR, M1, 0x88b5, b"x" * 50), "ethertype")

# 4: ARP
for name, frame in (
        ("request", f.arp(M1, M1, A, X)),
        ("reply", f.arp(M1, M1, A, X, 2, FAR, FAR)),
        ("announcement", f.arp(M1, M1, A, A)),
        ("in the name of a prefix pair", f.arp(M1, M1, PAIR, X)),
        ("in the name of a pair with its MAC", f.arp(M11, M11, "10.3.0.3", X)),
        ("probe for its address", f.arp(M1, M1, "0.0.0.0", A)),
        ("probe for a pair's address", f.arp(M1, M1, "0.0.0.0", PAIR))):
    passes("ARP " + name, frame, "arp")
for name, frame in (
        ("in another's name", f.arp(M1, M1, X, A)),
        ("reply in another's name", f.arp(M1, M1, X, A, 2, FAR, FAR)),
        ("with another's MAC in it", f.arp(M1, MX, A, X)),
        ("with a pair's address and the port's MAC",
         f.arp(M1, M1, "10.3.0.3", X)),
        ("with the port's address and a pair's MAC", f.arp(M11, M11, A, X)),
        ("probe for another's address", f.arp(M1, M1, "0.0.0.0", X)),
        ("reply from 0.0.0.0", f.arp(M1, M1, "0.0.0.0", A, 2))):
    drops("ARP " + name, frame, "arp")

# 5: source addresses
for name, frame in (
        ("its own", udp(A, X)), ("its own, IPv6", udp(A6, X6)),
        ("of a prefix pair", udp(PAIR, X)),
        ("of a prefix pair, IPv6", udp(PAIR6, X6)),
        ("of a pair with its MAC", udp("10.3.0.3", X, mac=M11)),
        ("of a pair with its MAC, IPv6", udp("fd03::3", X6, mac=M11)),
        ("the link-local of its MAC", udp(LL, "fe80::9")),
        ("the link-local of a pair's MAC", udp(LL11, "fe80::9", mac=M11))):
    passes("source " + name, frame, "web 1")
for name, frame in (
        ("another's", udp(X, A)), ("another's, IPv6", udp(X6, A6)),
        ("of a pair with the port's MAC", udp("10.3.0.3", X)),
        ("of a pair with the port's MAC, IPv6", udp("fd03::3", X6)),
        ("the port's with a pair's MAC", udp(A, X, mac=M11)),
        ("the port's with a pair's MAC, IPv6", udp(A6, X6, mac=M11)),
        ("another's link-local", udp(LLX, "fe80::9")),
        ("the link-local of a pair's MAC with the port's", udp(LL11, "fe80::9")),
        ("multicast", udp("224.0.0.1", X)), ("broadcast",
                                             udp("255.255.255.255", X)),
        ("loopback", udp("127.0.0.1", X)), ("multicast, IPv6", udp(ALL, X6)),
        ("loopback, IPv6", udp("::1", X6)), ("unspecified", udp("0.0.0.0", X)),
        ("unspecified, IPv6", udp("::", X6)),
        ("unspecified, DHCP but not to broadcast", udp("0.0.0.0", X, 67, 68)),
        ("unspecified, ND but not to ff02::/16",
         nd(135, "::", X6, A6)),
        ("unspecified, NS for another's address", nd(135, "::", SOL, X6)),
        ("unspecified, NA", nd(136, "::", ALL, A6)),
        ("unspecified, RS", nd(133, "::", ROUTERS)),
        ("unspecified, MLD done", icmp6(132, "::", ROUTERS))):
    drops("source " + name, frame, "source")

# 6: neighbour discovery
own = f.nd_option(2, M1)
for name, frame in (
        ("NA for its address", nd(136, A6, ALL, A6, own)),
        ("NA for an address of a prefix pair", nd(136, A6, ALL, PAIR6, own)),
        ("NA for its link-local", nd(136, LL, ALL, LL, own)),
        ("NS", nd(135, A6, SOL, X6, f.nd_option(1, M1))),
        ("NS without an option", nd(135, A6, SOL, X6)),
        ("RS", nd(133, LL, ROUTERS, None, f.nd_option(1, M1))),
        ("MLD report", icmp6(131, LL, ALL, hlim=1)),
        ("MLD done", icmp6(132, LL, ROUTERS, hlim=1)),
        ("MLDv2 report", icmp6(143, LL, "ff02::16", hlim=1))):
    passes(name, frame, "nd")
for name, frame in (
        ("DAD", nd(135, "::", SOL, A6)),
        ("DAD for an address of a pair", nd(135, "::", SOL, "fd03::3")),
        ("MLD report from ::", icmp6(131, "::", ALL, hlim=1)),
        ("MLDv2 report from ::", icmp6(143, "::", "ff02::16", hlim=1))):
    passes(name, frame, "nd-unspec")
for name, frame in (
        ("NA for another's address", nd(136, A6, ALL, X6, own)),
        ("NA for another's link-local", nd(136, LL, ALL, LLX, own)),
        ("NA with another's MAC", nd(136, A6, ALL, A6, f.nd_option(2, MX))),
        ("NS with another's MAC", nd(135, A6, SOL, X6, f.nd_option(1, MX))),
        ("RS with another's MAC", nd(133, LL, ROUTERS, None,
                                     f.nd_option(1, MX))),
        ("NA with two MACs", nd(136, A6, ALL, A6, own + f.nd_option(2, MX))),
        ("NA with hop limit 254", nd(136, A6, ALL, A6, own, hlim=254)),
        ("NS with hop limit 1", nd(135, A6, SOL, X6, hlim=1)),
        ("NS with code 1", nd(135, A6, SOL, X6, code=1)),
        ("NA behind an extension header", f.eth(
            MALL, M1, 0x86dd, f.ipv6(A6, ALL, 60, f.ext(58) + f.nd(
                A6, ALL, 136, X6)[40:], hlim=255)))):
    drops(name, frame, "nd")
for name, frame in (
        ("RA from a VM", nd(134, LL, ALL)),
        ("ICMPv6 redirect from a VM", nd(137, LL, ALL, X6)),
        ("RA behind an extension header", f.eth(
            MALL, M1, 0x86dd, f.ipv6(LL, ALL, 60, f.ext(58) + f.nd(
                LL, ALL, 134)[40:], hlim=255))),
        ("ICMP redirect from a VM", f.packet(M1, FAR, A, X, 1, f.icmp(5)))):
    drops(name, frame, "ra")

# 7 and 8: DHCP
drops("a DHCP server's reply from a VM", udp(A, X, 68, 67), "dhcp")
drops("a DHCP server's reply from a VM to broadcast",
      udp(A, "255.255.255.255", 68, 67), "dhcp")
drops("a DHCPv6 server's reply from a VM", udp(A6, X6, 546, 547), "dhcp")
passes("a DHCP discover", udp("0.0.0.0", "255.255.255.255", 67, 68,
                              dmac=f.BROADCAST), "dhcp-unspec")
passes("a DHCP renewal", udp(A, X, 67, 68), "dhcp")
node.check("an answered one is no connection: another server's reply", "qvb",
           f.packet(FAR, M1, X, A, 17, f.udp(X, A, 66, 68)),
           counts="tap1 ingress [no-rule]")
passes("a DHCPv6 solicit", udp(LL, "ff02::1:2", 547, 546), "dhcp")

# 11: rules
for n, (name, frame, rule) in enumerate((
        ("the first port of a range", udp(A, X, 7000), 2),
        ("the last port of a range", udp(A, X, 7010), 2),
        ("of two that match, the first", udp(A, X, 7005), 2),
        ("the first port of a range, IPv6", udp(A6, X6, 7000), 2),
        ("the last port of a range, IPv6", udp(A6, X6, 7010), 2),
        ("ICMP type and code", f.packet(M1, FAR, A, X, 1, f.icmp(8)), 3),
        ("ICMPv6 type", f.packet(M1, FAR, A6, X6, 58,
                                 f.icmp6(A6, X6, 128)), 4),
        ("an address of a set", tcp(A, "192.0.2.53", 1), 5),
        ("a prefix of a set", tcp(A6, "fd00:53::77", 1), 5),
        ("a group's member by prefix", tcp(A, "10.9.0.200", 5432), 6),
        ("a group's member", tcp(A6, "fd09::9", 5432), 6),
        ("a prefix", f.packet(M1, FAR, A, "10.8.255.255", 47, b"\0" * 20), 7),
        ("a prefix, IPv6", f.packet(M1, FAR, A6, "fd08::1", 47, b"\0" * 20), 8),
        ("one family", f.packet(M1, FAR, A6, X6, 132, f.sctp(1, 9)), 12),
        ("a protocol without ports", f.packet(M1, FAR, A, X, 112, b"\0" * 8),
         13),
        ("a protocol without ports, IPv6",
         f.packet(M1, FAR, A6, X6, 112, b"\0" * 8), 13))):
    passes("rule: " + name, frame, "web %d" % rule)
for name, frame in (
        ("the port below a range", udp(A, X, 6999)),
        ("the port above a range", udp(A, X, 7011)),
        ("the port above a range, IPv6", udp(A6, X6, 7011)),
        ("another protocol", tcp(A, X, 53)),
        ("another protocol, IPv6", tcp(A6, X6, 53)),
        ("another ICMP type", f.packet(M1, FAR, A, X, 1, f.icmp(13))),
        ("another ICMPv6 type", icmp6(139, A6, X6)),
        ("an address that is not in the set", tcp(A, "192.0.2.54", 1)),
        ("an address that is not in the set, IPv6", tcp(A6, "fd00:54::1", 1)),
        ("an address that is no member", tcp(A, "10.9.1.0", 5432)),
        ("an address that is no member, IPv6", tcp(A6, "fd09::8", 5432)),
        ("a member, but another port", tcp(A, "10.9.0.1", 5433)),
        ("outside of the prefix",
         f.packet(M1, FAR, A, "10.7.255.255", 47, b"\0" * 20)),
        ("outside of the prefix, IPv6",
         f.packet(M1, FAR, A6, "fd09::1", 47, b"\0" * 20)),
        ("an empty set matches nothing", tcp(A, X, 53)),
        ("an empty group matches nothing", tcp(A, X, 54)),
        ("an empty group matches nothing, IPv6", tcp(A6, X6, 54)),
        ("the other family", f.packet(M1, FAR, A, X, 132, f.sctp(1, 9))),
        ("ICMPv6 that conntrack keeps no state for", icmp6(144, A6, X6)),
        ("IGMP", f.packet(M1, FAR, A, "224.0.0.22", 2, f.icmp(0x22)))):
    drops("no rule: " + name, frame, "no-rule")

# port security off and trusted; a port of IPv4 addresses only; no port line
spoofs = (udp(X, A, mac=MX), udp(X6, A6, mac=MX), f.vlan(udp(A, X), 5),
          f.arp(MX, MX, X, A), f.eth(FAR, MX, 0x1234, b"x" * 50),
          udp(A, X, 68, 67), nd(134, LLX, ALL, mac=MX))
for tap, what in (("tap2", "off"), ("tap3", "trusted")):
    node.remove(next(x for x in node.taps if x != "qvb"))
    node.add(tap)
    for i, frame in enumerate(spoofs):
        node.check("%s: anything passes (%d)" % (what, i), tap, frame,
                   to=["qvb"], counts="%s egress %s" % (tap, what))
node.remove("tap3")
node.add("tap4")
M4 = "02:00:00:00:00:04"
node.check("a port without IPv6 addresses has its link-local", "tap4",
           udp("fe80::ff:fe00:4", "fe80::9", mac=M4), to=["qvb"],
           counts="tap4 egress web 1")
node.check("and no other IPv6 source", "tap4", udp(A6, X6, mac=M4),
           counts="tap4 egress [source]")
node.remove("tap4")
node.add("tap9")
before = node.genl.status()[0]
for i, frame in enumerate(spoofs + (udp(A, X),)):
    node.check("without a port line nothing passes (%d)" % i, "tap9", frame)
t.equal(node.genl.status()[0] - before, len(spoofs) + 1,
        "and each is counted [unconfigured]")
# a /0 pair covers every address that a host can have
node.add("tap5")
for src, dst in (("198.51.100.7", X), ("fd88::7", X6)):
    node.check("a /0 pair: from %s" % src, "tap5", udp(
        src, dst, mac="02:00:00:00:00:05"), to=["qvb"],
               counts="tap5 egress web 1")
for src, dst in (("224.0.0.5", X), ("239.1.1.1", X), ("255.255.255.255", X),
                 ("127.0.0.1", X), ("0.0.0.0", X), ("ff02::1", X6),
                 ("ff0e::1", X6), ("::1", X6), ("::", X6)):
    node.check("a /0 pair: not from %s" % src, "tap5", udp(
        src, dst, mac="02:00:00:00:00:05"), counts="tap5 egress [source]")
t.done()
