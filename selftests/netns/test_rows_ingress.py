#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Ingress, row by row: what reaches a VM, and what is said of the rest."""
import frames as f
import harness

M1, FAR = "02:00:00:00:00:01", "02:00:00:00:00:99"
A, X, PAIR, SERVER = "10.1.0.2", "10.1.0.66", "10.2.0.7", "10.1.0.3"
A6, X6, PAIR6, SERVER6 = "fd00::2", "fd00::66", "fd02::7", "fe80::3"
LL, LLX, ALL = "fe80::ff:fe00:1", "fe80::66", "ff02::1"
MALL = "33:33:00:00:00:01"

CONFIG = """
default drop tap*
set add dns 192.0.2.53 fd00:53::/64
set add empty
group add web
group add none
group add peers
member add peers 10.9.0.0/24 fd09::9
rule add web ingress proto tcp dport 22 id 1
rule add web ingress proto udp dport 7000-7010 id 2
rule add web ingress ipv4 proto icmp icmp 8/0 id 3
rule add web ingress ipv6 proto icmpv6 icmp 128 id 4
rule add web ingress proto tcp remote set dns id 5
rule add web ingress proto tcp dport 5432 remote group peers id 6
rule add web ingress ipv4 proto gre remote 10.8.0.0/16 id 7
rule add web ingress ipv6 proto gre remote fd08::/32 id 8
rule add web ingress proto tcp dport 53 remote set empty id 9
rule add web ingress proto tcp dport 54 remote group none id 10
rule add web ingress remote group web id 11
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 \
pair 10.2.0.0/24 pair fd02::/64 ethertype 0x88b5 group web %s
port add tap2 off
port add tap3 trusted
port add tap4 mac 02:00:00:00:00:04 ip 10.1.0.4 group web
port add tap5 mac 02:00:00:00:00:05 ip 10.1.0.5 ip fd00::5
"""

t = harness.start()
node = harness.Node(t, taps=("tap1", "qvb"))
node.apply(CONFIG % "")
tap = "tap1"


def passes(name, frame, what):
    node.check(name, "qvb", frame, to=[tap], counts="%s ingress %s" % (tap, what))


def drops(name, frame, reason):
    node.check(name, "qvb", frame, counts="%s ingress [%s]" % (tap, reason))


def udp(src, dst, dport=7000, sport=1000, dmac=M1):
    return f.packet(FAR, dmac, src, dst, 17, f.udp(src, dst, sport, dport))


def tcp(src, dst, dport, sport=1000):
    return f.packet(FAR, M1, src, dst, 6, f.tcp(src, dst, sport, dport))


def nd(kind, src, dst, target=None, options=b"", **kw):
    return f.eth(MALL, FAR, 0x86dd, f.nd(src, dst, kind, target, options, **kw))


def icmp6(kind, src, dst, body=b"\0" * 20, **kw):
    return f.eth(MALL, FAR, 0x86dd, f.ipv6(src, dst, 58, f.icmp6(
        src, dst, kind, 0, body), **kw))


# ethertypes
for name, frame in (
        ("IPv4 with VID 5", f.vlan(udp(X, A), 5)),
        ("IPv4 with VID 0", f.vlan(udp(X, A), 0)),
        ("IPv6 with VID 0", f.vlan(udp(X6, A6), 0)),
        ("802.1ad", f.vlan(udp(X, A), 7, 0x88a8)),
        ("two tags", f.vlan(f.vlan(udp(X, A), 0), 0)),
        ("SNAP with IPv4", f.snap(udp(X, A))),
        ("SNAP with IPv6", f.snap(udp(X6, A6))),
        ("MPLS", f.eth(M1, FAR, 0x8847, b"\0\0\x11\x40" + udp(X, A)[14:])),
        ("PPPoE", f.eth(M1, FAR, 0x8864, b"\x11\0\0\1\0\x1e\0\x21" +
                        udp(X, A)[14:])),
        ("RARP with VID 0", f.vlan(f.eth(f.BROADCAST, FAR, 0x8035, b"\0" * 28),
                                   0)),
        ("RARP to a link-local group", f.eth("01:80:c2:00:00:00", FAR, 0x8035,
                                             b"\0" * 28)),
        ("an unknown ethertype", f.eth(M1, FAR, 0x1234, b"x" * 50))):
    drops(name, frame, "ethertype")
passes("a permitted ethertype", f.eth(M1, FAR, 0x88b5, b"x" * 50), "ethertype")
# a hypervisor announces a VM that has come to it
passes("RARP", f.eth(M1, FAR, 0x8035, b"\0" * 28), "ethertype")
passes("RARP to all", f.eth(f.BROADCAST, FAR, 0x8035, b"\0" * 28), "ethertype")
# a bridge with STP off forwards what is sent to its group address
drops("a BPDU", f.eth("01:80:c2:00:00:00", FAR, 38, b"\x42\x42\3" + b"\0" * 35),
      "ethertype")

# the port's own address from outside
drops("a source that is the port's own", udp(A, A), "source")
drops("a source that is the port's own, IPv6", udp(A6, A6), "source")
drops("the port's own address in a member's rule", tcp(A, A, 22), "source")
passes("a source that is a pair's may be elsewhere", udp(PAIR, A), "web 2")
passes("a source that is a pair's may be elsewhere, IPv6", udp(PAIR6, A6),
       "web 2")

# ARP
for name, frame in (
        ("request", f.arp(FAR, FAR, X, A)),
        ("reply", f.arp(FAR, FAR, X, A, 2, M1, M1)),
        ("in the port's own name", f.arp(FAR, FAR, A, A)),
        ("probe for the port's address", f.arp(FAR, FAR, "0.0.0.0", A))):
    passes("ARP " + name, frame, "arp")

# another says by ND that the port's address is his: as with ARP, it must learn so
LLA = "fe80::99"
for name, frame in (
        ("an NA that defends it", nd(136, A6, ALL, A6, f.nd_option(2, FAR))),
        ("the same to the port alone", f.eth(M1, FAR, 0x86dd, f.nd(
            A6, A6, 136, A6, f.nd_option(2, FAR)))),
        ("an NA without options", nd(136, A6, ALL, A6)),
        ("an NA from his link-local", nd(136, LLA, ALL, A6,
                                         f.nd_option(2, FAR))),
        ("an NS in its name", nd(135, A6, ALL, X6, f.nd_option(1, FAR))),
        ("his DAD of it", nd(135, "::", ALL, A6))):
    passes("the port's address is another's: " + name, frame, "nd")
for name, frame in (
        ("an NA of hop limit 254", nd(136, A6, ALL, A6, f.nd_option(2, FAR),
                                      hlim=254)),
        ("an NA of code 1", nd(136, A6, ALL, A6, code=1)),
        ("an NA of another address", nd(136, A6, ALL, X6)),
        ("an NA with two MACs", nd(136, A6, ALL, A6, f.nd_option(2, FAR) +
                                   f.nd_option(2, M1))),
        ("an NS of hop limit 64", nd(135, A6, ALL, X6, hlim=64)),
        ("an RS", nd(133, A6, ALL)), ("an RA", nd(134, A6, ALL)),
        ("a redirect", nd(137, A6, ALL, X6)),
        ("MLD", icmp6(131, A6, ALL, hlim=1)),
        ("an echo", f.packet(FAR, M1, A6, A6, 58, f.icmp6(A6, A6, 128)))):
    drops("in the port's own name: " + name, frame, "source")

# ND, MLD, IGMP
for name, frame in (
        ("NS", nd(135, X6, A6, A6, f.nd_option(1, FAR))),
        ("DAD of another", nd(135, "::", ALL, X6)),
        ("NA", nd(136, X6, ALL, X6, f.nd_option(2, FAR))),
        ("MLD query", icmp6(130, LLX, ALL, hlim=1))):
    passes(name, frame, "nd")
passes("IGMP query", f.packet(FAR, M1, X, "224.0.0.1", 2,
                              f.icmp(0x11, 100, b"\0" * 4, b"")), "igmp")
for name, frame, reason in (
        ("IGMP report", f.packet(FAR, M1, X, "224.0.0.22", 2,
                                 f.icmp(0x22, 0, b"\0" * 4, b"")), "no-rule"),
        ("MLD report", icmp6(131, LLX, ALL, hlim=1), "no-rule"),
        ("RS", nd(133, LLX, ALL), "no-rule")):
    drops(name, frame, reason)

# RA
passes("RA from a link-local source", nd(134, LLX, ALL), "ra")
drops("RA from another source", nd(134, X6, ALL), "ra")
drops("RA with hop limit 254", nd(134, LLX, ALL, hlim=254), "ra")

# DHCP
for name, frame in (
        ("to the port's address", udp(SERVER, A, 68, 67)),
        ("to a pair's address", udp(SERVER, PAIR, 68, 67)),
        ("to broadcast", udp(SERVER, "255.255.255.255", 68, 67,
                             dmac=f.BROADCAST)),
        ("DHCPv6 to the port's address", udp(SERVER6, A6, 546, 547)),
        ("DHCPv6 to a link-local", udp(SERVER6, LL, 546, 547))):
    passes("DHCP reply " + name, frame, "dhcp")
for name, frame in (
        ("to another address", udp(SERVER, X, 68, 67)),
        ("DHCPv6 to another address", udp(SERVER6, X6, 546, 547)),
        ("a discover", udp("0.0.0.0", "255.255.255.255", 67, 68,
                           dmac=f.BROADCAST)),
        ("a DHCPv6 solicit", udp(LLX, "ff02::1:2", 547, 546))):
    drops("DHCP " + name, frame, "no-rule")
node.apply(CONFIG % ("dhcp-server %s dhcp-server %s" % (SERVER, SERVER6)))
for name, frame in (
        ("DHCP", udp(SERVER, A, 68, 67)), ("DHCPv6", udp(SERVER6, A6, 546, 547))):
    passes(name + " reply from the server given", frame, "dhcp")
for name, frame in (
        ("DHCP", udp(X, A, 68, 67)), ("DHCPv6", udp(LLX, A6, 546, 547)),
        ("DHCP to broadcast", udp(X, "255.255.255.255", 68, 67))):
    drops(name + " reply from another server", frame, "no-rule")
node.apply(CONFIG % ("dhcp-server " + SERVER))
passes("DHCPv6 reply from anyone when only an IPv4 server is given",
       udp(LLX, A6, 546, 547), "dhcp")
node.apply(CONFIG % "")

# rules
for name, frame, rule in (
        ("a port", tcp(X, A, 22), 1), ("a port, IPv6", tcp(X6, A6, 22), 1),
        ("the first port of a range", udp(X, A, 7000), 2),
        ("the last port of a range", udp(X, A, 7010), 2),
        ("the last port of a range, IPv6", udp(X6, A6, 7010), 2),
        ("ICMP echo", f.packet(FAR, M1, X, A, 1, f.icmp(8)), 3),
        ("ICMPv6 echo", f.packet(FAR, M1, X6, A6, 58, f.icmp6(X6, A6, 128)), 4),
        ("an address of a set", tcp("192.0.2.53", A, 1), 5),
        ("a prefix of a set", tcp("fd00:53::77", A6, 1), 5),
        ("a group's member by prefix", tcp("10.9.0.200", A, 5432), 6),
        ("a group's member", tcp("fd09::9", A6, 5432), 6),
        ("a prefix", f.packet(FAR, M1, "10.8.0.0", A, 47, b"\0" * 20), 7),
        ("a prefix, IPv6", f.packet(FAR, M1, "fd08::1", A6, 47, b"\0" * 20), 8),
        ("the address of another local port of the group",
         tcp("10.1.0.4", A, 9), 11),
        ("any protocol of it", f.packet(FAR, M1, "10.1.0.4", A, 50, b"\0" * 20),
         11),
        ("any port of it", udp("10.1.0.4", A, 1), 11)):
    passes("rule: " + name, frame, "web %d" % rule)
for name, frame in (
        ("the port below", tcp(X, A, 21)), ("the port above", tcp(X6, A6, 23)),
        ("above a range", udp(X, A, 7011)),
        ("above a range, IPv6", udp(X6, A6, 7011)),
        ("another protocol", udp(X, A, 22)),
        ("another protocol, IPv6", udp(X6, A6, 22)),
        ("another ICMP type", f.packet(FAR, M1, X, A, 1, f.icmp(13))),
        ("no address of the set", tcp("192.0.2.52", A, 1)),
        ("no address of the set, IPv6", tcp("fd00:52::1", A6, 1)),
        ("no member", tcp("10.9.1.0", A, 5432)),
        ("no member, IPv6", tcp("fd09::8", A6, 5432)),
        ("outside of the prefix",
         f.packet(FAR, M1, "10.9.0.0", A, 47, b"\0" * 20)),
        ("a prefix pair of the group's port is no member",
         tcp("10.2.0.9", A, 9)),
        ("a local port of no group is no member", tcp("10.1.0.5", A, 9)),
        ("an empty set matches nothing", tcp(X, A, 53)),
        ("an empty set matches nothing, IPv6", tcp(X6, A6, 53)),
        ("an empty group matches nothing", tcp(X, A, 54)),
        ("ICMP router discovery", f.packet(FAR, M1, X, A, 1, f.icmp(9))),
        ("ICMPv6 that conntrack keeps no state for", icmp6(144, X6, A6))):
    drops("no rule: " + name, frame, "no-rule")

# other modes; a port without groups; a port without IPv6 addresses
runt, runt6 = udp(X, A)[:30], udp(X6, A6)[:50]
bad = udp(X, A)[:24] + b"\0\0" + udp(X, A)[26:]
frames = (udp(A, X), f.vlan(udp(X6, A6), 5), f.eth(M1, FAR, 0x1234, b"x" * 50),
          nd(134, X6, ALL), tcp(X, A, 9), runt, runt6, bad)
for tap, what in (("tap2", "off"), ("tap3", "trusted")):
    node.remove(next(x for x in node.taps if x != "qvb"))
    node.add(tap)
    for i, frame in enumerate(frames):
        passes("%s: anything passes (%d)" % (what, i), frame, what)
    # but not into a port that is filtered
    node.add("tap4")
    for i, frame in enumerate(frames[-3:]):
        node.check("%s: from it, cut off or of a bad checksum (%d)" % (what, i),
                   tap, frame, to=["qvb"],
                   counts=["%s egress %s" % (tap, what),
                           "tap4 ingress [malformed]"])
    node.remove("tap4")
node.remove(tap)
tap = "tap4"
node.add(tap)
drops("RA to a port without IPv6 addresses", nd(134, LLX, ALL), "ra")
node.remove(tap)
tap = "tap5"
node.add(tap)
for name, frame in (("IPv4", tcp(X, A, 22)), ("IPv6", tcp(X6, A6, 22))):
    drops("a port without groups receives nothing, " + name, frame, "no-rule")
passes("but ARP", f.arp(FAR, FAR, X, A), "arp")
passes("and ND", nd(135, X6, A6, A6), "nd")
t.done()
