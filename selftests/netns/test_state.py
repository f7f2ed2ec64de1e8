#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""State belongs to a port's end, not to conntrack's entry: what another let
through opens nothing and breaks nothing, and a change of the rules is obeyed by
the next packet.

    tap1 = VM A --+
    tap2 = VM B --+-- [br0] --+-- qvb: who is outside, and may lie
                  |           +-- ext: takes a copy of everything
"""
import os

import frames as f
import harness
from harness import conntrack, sh, sysctl

A_MAC, B_MAC, X_MAC = ("02:00:00:00:00:01", "02:00:00:00:00:02",
                       "02:00:00:00:00:99")
ADDR = {4: dict(a="10.1.0.2", b="10.1.0.4", m="10.9.0.7", x="10.1.0.66",
                y="10.1.0.67", icmp=1),
        6: dict(a="fd00::2", b="fd00::4", m="fd09::7", x="fd00::66",
                y="fd00::67", icmp=58)}
PORT_A = "port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 group a"
PORT_B = "port add tap2 mac 02:00:00:00:00:02 ip 10.1.0.4 ip fd00::4 group b"
HEAD = """
default drop tap*
set add dns 10.1.0.66 fd00::66
group add a
group add b
group add peers
member add peers 10.9.0.0/24 fd09::/64
"""

t = harness.start()


def node_of(rules, *taps, ports=(PORT_A, PORT_B)):
    """a node of its own netns"""
    harness.new_netns()
    node = harness.Node(t, taps=taps)
    node.config = HEAD + "\n".join(
        "rule add %s" % line.strip() for line in rules.strip().splitlines()
    ) + "\n" + "\n".join(ports) + "\n"
    node.apply(node.config)
    return node


def change(node, old, new):
    """the configuration in force, but for a line"""
    assert node.config.count(old) == 1, old
    node.sgctl("apply", "-", stdin=node.config.replace(old, new))


def macs(src, dst):
    table = {ADDR[4]["a"]: A_MAC, ADDR[6]["a"]: A_MAC, ADDR[4]["b"]: B_MAC,
             ADDR[6]["b"]: B_MAC}
    return table.get(src, X_MAC), table.get(dst, X_MAC)


def tcp(src, dst, sport, dport, flags="S", data=b"", seq=1, ack=0, mac=None):
    return f.packet(*(mac or macs(src, dst)), src, dst, 6,
                    f.tcp(src, dst, sport, dport, flags, seq, ack, data))


def udp(src, dst, sport, dport, mac=None, data=b"data"):
    return f.packet(*(mac or macs(src, dst)), src, dst, 17,
                    f.udp(src, dst, sport, dport, data))


def error(src, dst, about, kind, code=0):
    """an ICMP error that quotes the frame @about"""
    quoted = about[14:14 + 68]
    if f.is6(src):
        return f.packet(*macs(src, dst), src, dst, 58,
                        f.icmp6(src, dst, kind, code, b"\0\0\5\0" + quoted))
    return f.packet(*macs(src, dst), src, dst, 1,
                    f.icmp(kind, code, b"\0" * 4, quoted))


# a SYN of an outsider in a member's name, and its copy elsewhere
node = node_of("""
a ingress proto tcp dport 22 remote group peers id 1
a egress proto udp dport 53 id 2
a egress proto tcp dport 80 id 3
""", "tap1", "qvb", "ext", ports=(PORT_A,))
for family, n in ADDR.items():
    name = "IPv%d: " % family
    a, m, x, y = n["a"], n["m"], n["x"], n["y"]
    node.check(name + "a SYN in a member's name to a closed port", "qvb",
               tcp(m, a, 1000, 81), to=["ext"],
               counts="tap1 ingress [no-rule]")
    t.ok(conntrack("sport=1000 dport=81"),
         name + "its copy elsewhere makes an entry")
    node.check(name + "the port's answer is judged as its own", "tap1",
               tcp(a, m, 81, 1000, "SA", ack=2), counts="tap1 egress [no-rule]")
    node.check(name + "and what would complete it is dropped", "qvb",
               tcp(m, a, 1000, 81, "A", seq=2, ack=2), to=["ext"],
               counts="tap1 ingress [no-rule]")
    node.check(name + "data too", "qvb",
               tcp(m, a, 1000, 81, "A", b"GET /", 2, 2), to=["ext"],
               counts="tap1 ingress [no-rule]")
    node.check(name + "a SYN in a member's name to another host", "qvb",
               tcp(m, y, 1001, 81), to=["ext"],
               counts="tap1 ingress [no-rule]")
    node.check(name + "is not answered in that host's name", "tap1",
               tcp(y, m, 81, 1001, "SA", mac=(A_MAC, X_MAC)),
               counts="tap1 egress [source]")
    node.check(name + "a SYN in the port's own name, from outside", "qvb",
               tcp(a, x, 1002, 81, mac=(X_MAC, X_MAC)), to=["ext"],
               counts="tap1 ingress [source]")
    node.check(name + "its answer does not reach the port", "qvb",
               tcp(x, a, 81, 1002, "SA", seq=1, ack=2), to=["ext"],
               counts="tap1 ingress [no-rule]")
    node.check(name + "nor opens it the port's egress", "tap1",
               tcp(a, x, 1002, 81, "A", seq=2, ack=2),
               counts="tap1 egress [no-rule]")
    node.check(name + "a datagram in the port's own name", "qvb",
               udp(a, x, 1003, 54, mac=(X_MAC, X_MAC)), to=["ext"],
               counts="tap1 ingress [source]")
    node.check(name + "nor does its answer", "qvb", udp(x, a, 54, 1003),
               to=["ext"], counts="tap1 ingress [no-rule]")
    # where a rule does allow it, the entry that is there does not hinder
    node.check(name + "an allowed SYN on an entry of another's making", "qvb",
               tcp(a, x, 1004, 80, mac=(X_MAC, X_MAC)), to=["ext"],
               counts="tap1 ingress [source]")
    node.check(name + "passes by its rule", "tap1", tcp(a, x, 1004, 80),
               to=["qvb", "ext"], counts="tap1 egress a 3")
    node.check(name + "and is answered", "qvb",
               tcp(x, a, 80, 1004, "SA", seq=1, ack=2), to=["tap1", "ext"],
               counts="tap1 ingress established")

# copies of a flood, judged port by port
node = node_of("""
a ingress proto tcp dport 22 id 1
a egress proto udp dport 53 id 2
a ingress proto udp dport 7000 id 3
b ingress proto tcp dport 22 id 1
b ingress proto tcp dport 81 id 2
b egress proto udp dport 54 id 3
""", "tap1", "tap2", "qvb")
for family, n in ADDR.items():
    name = "IPv%d: " % family
    a, b, x = n["a"], n["b"], n["x"]
    node.check(name + "a copy that another port's rule allows", "qvb",
               tcp(x, a, 1000, 81), to=["tap2"],
               counts=["tap1 ingress [no-rule]", "tap2 ingress b 2"])
    node.check(name + "opens nothing from the port", "tap1",
               tcp(a, x, 81, 1000, "SA", ack=2),
               counts="tap1 egress [no-rule]")
    node.check(name + "nor towards it", "qvb",
               tcp(x, a, 1000, 81, "A", b"x", 2, 2), to=["tap2"],
               counts=["tap1 ingress [no-rule]", "tap2 ingress b 2"])
    node.check(name + "nor for the other port, in its name", "tap2",
               tcp(a, x, 81, 1000, "SA", mac=(B_MAC, X_MAC)),
               counts="tap2 egress [source]")
    # both allow it: the copy must not take the port's place in the entry
    for vm, mine, copy in ((a, "tap1", "tap2"), (b, "tap2", "tap1")):
        rule = {"tap1": "tap1 ingress a 1", "tap2": "tap2 ingress b 1"}
        who = "%s%s: " % (name, mine)
        node.check(who + "a connection whose SYN another port takes too", "qvb",
                   tcp(x, vm, 1001, 22), to=["tap1", "tap2"],
                   counts=rule.values())
        node.check(who + "is answered without an egress rule", mine,
                   tcp(vm, x, 22, 1001, "SA", ack=2), to=["qvb"],
                   counts=[mine + " egress established",
                           copy + " ingress [no-rule]"])
        node.check(who + "and goes on", "qvb",
                   tcp(x, vm, 1001, 22, "A", seq=2, ack=2),
                   to=["tap1", "tap2"],
                   counts=[mine + " ingress established", rule[copy]])
        node.check(who + "both ways", mine,
                   tcp(vm, x, 22, 1001, "A", b"x", 2, 2), to=["qvb"],
                   counts=[mine + " egress established",
                           copy + " ingress [no-rule]"])
        # sent to the other's MAC on purpose
        node.check(who + "nor does one sent to another's MAC take it", "qvb",
                   tcp(x, vm, 1001, 22, "A", seq=2, ack=3,
                       mac=(X_MAC, B_MAC if vm == a else A_MAC)),
                   to=["tap1", "tap2"],
                   counts=[mine + " ingress established", rule[copy]])
        node.check(who + "it is still the port's", mine,
                   tcp(vm, x, 22, 1001, "A", b"x", 3, 2), to=["qvb"],
                   counts=[mine + " egress established",
                           copy + " ingress [no-rule]"])
    # the port's own, whose answer's copies the other drops
    node.check(name + "a datagram of the port's", "tap1", udp(a, x, 1002, 53),
               to=["qvb"], counts=["tap1 egress a 2", "tap2 ingress [no-rule]"])
    for _ in range(2):
        node.check(name + "its answers, dropped elsewhere, reach it", "qvb",
                   udp(x, a, 53, 1002), to=["tap1"],
                   counts=["tap1 ingress established",
                           "tap2 ingress [no-rule]"])
    node.check(name + "and it goes on", "tap1", udp(a, x, 1002, 53),
               to=["qvb"],
               counts=["tap1 egress established", "tap2 ingress [no-rule]"])
    # to all: to each by its own rules, and no answer is owed to it
    group = ("10.1.0.255", f.BROADCAST) if family == 4 else \
        ("ff02::99", "33:33:00:00:00:99")
    node.check(name + "a datagram to all", "qvb",
               udp(x, group[0], 1003, 7000, mac=(X_MAC, group[1])),
               to=["tap1"],
               counts=["tap1 ingress a 3", "tap2 ingress [no-rule]"])
    node.check(name + "opens no answer", "tap1", udp(a, x, 7000, 1003),
               counts="tap1 egress [no-rule]")

# two guarded ports: both ends in one entry
for family, n in ADDR.items():
    name = "IPv%d: from VM to VM, " % family
    a, b, x = n["a"], n["b"], n["x"]
    node.check(name + "the sender's rules forbid", "tap1",
               tcp(a, b, 2000, 22), counts="tap1 egress [no-rule]")
    node.check(name + "the receiver's forbid", "tap1", udp(a, b, 2000, 53),
               to=["qvb"],
               counts=["tap1 egress a 2", "tap2 ingress [no-rule]"])
    node.check(name + "and the answer of who got nothing is its own", "tap2",
               udp(b, a, 53, 2000), counts="tap2 egress [no-rule]")
BOTH = """
a egress proto udp dport 53 id 1
b ingress proto udp dport 53 id 1
"""
for gone, who in (("a egress proto udp dport 53 id 1", "sender"),
                  ("b ingress proto udp dport 53 id 1", "receiver")):
    node = node_of(BOTH, "tap1", "tap2", "qvb")
    for family, n in ADDR.items():
        name = "IPv%d: from VM to VM, " % family
        a, b = n["a"], n["b"]
        node.check(name + "both allow", "tap1", udp(a, b, 2001, 53),
                   to=["tap2", "qvb"],
                   counts=["tap1 egress a 1", "tap2 ingress b 1"])
        node.check(name + "the answer", "tap2", udp(b, a, 53, 2001),
                   to=["tap1", "qvb"], counts=["tap2 egress established",
                                               "tap1 ingress established"])
        t.equal(len(conntrack("ipv%d " % family, "sport=2001")), 1,
                name + "there is one entry")
        change(node, "rule add %s\n" % gone, "")
        if who == "sender":
            node.check(name + "the sender's rule is gone", "tap1",
                       udp(a, b, 2001, 53), counts="tap1 egress [revoked]")
            node.check(name + "the answer too", "tap2", udp(b, a, 53, 2001),
                       to=["qvb"], counts=["tap2 egress established",
                                           "tap1 ingress [revoked]"])
        else:
            node.check(name + "the receiver's rule is gone", "tap1",
                       udp(a, b, 2001, 53), to=["qvb"],
                       counts=["tap1 egress established",
                               "tap2 ingress [revoked]"])
            node.check(name + "the answer too", "tap2", udp(b, a, 53, 2001),
                       counts="tap2 egress [revoked]")
        node.apply(node.config)
        node.check(name + "and it is back", "tap1", udp(a, b, 2001, 53),
                   to=["tap2", "qvb"], counts=["tap1 egress established",
                                               "tap2 ingress established"])

# ICMP errors: of the port's own flows, whoever else may send ICMP
node = node_of("""
a egress proto udp dport 53 id 1
a ingress proto udp dport 7000 id 2
a egress proto icmp id 3
a ingress proto icmp id 4
a egress proto icmpv6 id 5
a ingress proto icmpv6 id 6
b egress proto udp dport 53 id 1
b egress proto icmp id 2
b ingress proto icmp id 3
b egress proto icmpv6 id 4
b ingress proto icmpv6 id 5
""", "tap1", "tap2", "qvb")
ERRORS = {4: ((3, 0), (3, 1), (3, 3), (3, 4), (11, 0), (12, 0)),
          6: ((1, 0), (1, 4), (2, 0), (3, 0), (4, 1))}
for family, n in ADDR.items():
    a, b, x = n["a"], n["b"], n["x"]
    mine, answer = udp(a, x, 3000, 53), udp(x, a, 53, 3000)
    node.check("IPv%d: a flow of A" % family, "tap1", mine, to=["qvb"],
               counts=["tap1 egress a 1", "tap2 ingress [no-rule]"])
    theirs = udp(x, a, 3001, 7000)
    node.check("IPv%d: a flow to A" % family, "qvb", theirs, to=["tap1"],
               counts=["tap1 ingress a 2", "tap2 ingress [no-rule]"])
    others = udp(b, x, 3002, 53)
    node.check("IPv%d: a flow of B" % family, "tap2", others, to=["qvb"],
               counts=["tap2 egress b 1", "tap1 ingress [no-rule]"])
    for kind, code in ERRORS[family]:
        name = "IPv%d: ICMP error %d/%d: " % (family, kind, code)
        node.check(name + "of a router, about A's flow", "qvb",
                   error(n["y"], a, mine, kind, code), to=["tap1"],
                   counts=["tap1 ingress established",
                           "tap2 ingress [invalid]"])
        node.check(name + "of A, about a flow to it", "tap1",
                   error(a, x, theirs, kind, code), to=["qvb"],
                   counts=["tap1 egress established",
                           "tap2 ingress [invalid]"])
        node.check(name + "of B, about A's flow, to A", "tap2",
                   error(b, a, mine, kind, code),
                   counts="tap2 egress [invalid]")
        node.check(name + "of B, about A's flow, to its peer", "tap2",
                   error(b, x, answer, kind, code),
                   counts="tap2 egress [invalid]")
        node.check(name + "from outside to A, about B's flow", "qvb",
                   error(n["y"], a, others, kind, code),
                   counts=["tap1 ingress [invalid]", "tap2 ingress [invalid]"])
        node.check(name + "about no flow", "qvb",
                   error(n["y"], a, udp(a, x, 3009, 53), kind, code),
                   counts=["tap1 ingress [invalid]", "tap2 ingress [invalid]"])
    node.check("IPv%d: the flows go on" % family, "qvb", answer, to=["tap1"],
               counts=["tap1 ingress established", "tap2 ingress [no-rule]"])
for family, n in ADDR.items():
    change(node, "rule add a egress proto udp dport 53 id 1\n", "")
    node.check("IPv%d: an ICMP error about a flow that is revoked" % family,
               "qvb", error(n["y"], n["a"], udp(n["a"], n["x"], 3000, 53),
                            *ERRORS[family][0]),
               counts=["tap1 ingress [revoked]", "tap2 ingress [invalid]"])
    node.apply(node.config)

# other protocols
node = node_of("""
a egress proto udplite dport 7 id 1
a ingress proto udplite dport 9 id 2
a egress proto sctp dport 7 id 3
a ingress proto sctp dport 9 id 4
a egress proto dccp dport 7 id 5
a ingress proto dccp dport 9 id 6
a egress proto gre id 7
a egress ipv4 proto ah id 8
a egress ipv6 proto udp dport 53 id 9
a ingress proto esp id 10
""", "tap1", "qvb", ports=(PORT_A,))


def udplite(src, dst, sport, dport):
    return 136, f.udp(src, dst, sport, dport, proto=136)


def sctp(src, dst, sport, dport, answer=False):
    # INIT; INIT ACK with a cookie, for the peer's tag
    if answer:
        return 132, f.sctp(sport, dport, b"\2\0\0\x1c\0\0\0\2" + b"\0" * 8 +
                           b"\0\0\0\1\0\7\0\x08abcd", vtag=1)
    return 132, f.sctp(sport, dport)


def dccp(src, dst, sport, dport, answer=False):
    if answer:
        return 33, f.dccp(src, dst, sport, dport, 1, 1,
                          b"\0\0\0\0\0\0\0\1\0\0\0\1")
    return 33, f.dccp(src, dst, sport, dport)


def l4(build, src, dst, *args, **kw):
    return f.packet(*macs(src, dst), src, dst, *build(src, dst, *args, **kw))


# 7.2 has no tracker for UDP-Lite and DCCP
TRACKED = os.path.exists("/proc/sys/net/netfilter/nf_conntrack_dccp_loose")
# conntrack takes its checksum for UDP's: a good one is wrong for it
sysctl("net.netfilter.nf_conntrack_checksum", 0)
for family, n in ADDR.items():
    a, x = n["a"], n["x"]
    for what, build, out, into in (("UDP-Lite", udplite, 1, 2),
                                   ("SCTP", sctp, 3, 4), ("DCCP", dccp, 5, 6)):
        name = "IPv%d: %s " % (family, what)
        answer = {} if build is udplite else {"answer": True}
        node.check(name + "to a port that a rule allows", "tap1",
                   l4(build, a, x, 4000, 7), to=["qvb"],
                   counts="tap1 egress a %d" % out)
        node.check(name + "is answered", "qvb",
                   l4(build, x, a, 7, 4000, **answer), to=["tap1"],
                   counts="tap1 ingress established")
        node.check(name + "to another", "tap1", l4(build, a, x, 4000, 8),
                   counts="tap1 egress [no-rule]")
        node.check(name + "from a port that a rule allows as the other end's",
                   "tap1", l4(build, a, x, 7, 4001),
                   counts="tap1 egress [no-rule]")
        if build is udplite:
            # of a flood: nobody has been admitted by it
            node.check(name + "towards another's MAC", "qvb",
                       f.packet(X_MAC, B_MAC, x, a, *build(x, a, 4002, 9)),
                       to=["tap1"], counts="tap1 ingress a %d" % into)
            node.check(name + "is not the VM's to answer", "tap1",
                       l4(build, a, x, 9, 4002),
                       counts="tap1 egress [no-rule]")
        node.check(name + "towards the VM", "qvb", l4(build, x, a, 4002, 9),
                   to=["tap1"], counts="tap1 ingress a %d" % into)
        node.check(name + "is answered too", "tap1",
                   l4(build, a, x, 9, 4002, **answer), to=["qvb"],
                   counts="tap1 egress established")
        node.check(name + "towards another port of it", "qvb",
                   l4(build, x, a, 4002, 10), counts="tap1 ingress [no-rule]")
        if build is not udplite:
            continue
        # without a tracker both are one entry
        for what, config, out, into in (
                ("another policy: ", node.config + "rule add a egress proto 99\n",
                 "established", "established"),
                ("without the ingress rule: ", node.config.replace(
                    "rule add a ingress proto udplite dport 9 id 2\n", ""),
                 "established", "[revoked]" if TRACKED else "[no-rule]")):
            node.sgctl("apply", "-", stdin=config)
            node.check(name + what + "what the VM began, its packets", "tap1",
                       l4(build, a, x, 4000, 7), to=["qvb"],
                       counts="tap1 egress " + out)
            node.check(name + what + "and answers", "qvb",
                       l4(build, x, a, 7, 4000), to=["tap1"],
                       counts="tap1 ingress " + out)
            to = into == "established"
            node.check(name + what + "what others began, their packets", "qvb",
                       l4(build, x, a, 4002, 9), to=["tap1"] * to,
                       counts="tap1 ingress " + into)
            node.check(name + what + "and answers of the VM", "tap1",
                       l4(build, a, x, 9, 4002), to=["qvb"] * to,
                       counts="tap1 egress " + into)
        node.apply(node.config)
    name = "IPv%d: " % family
    gre = b"\0\0\x08\0" + b"\0" * 24

    def plain(proto, src, dst, data):
        return f.packet(*macs(src, dst), src, dst, proto, data)
    node.check(name + "GRE by its protocol", "tap1", plain(47, a, x, gre),
               to=["qvb"], counts="tap1 egress a 7")
    node.check(name + "and its answer", "qvb", plain(47, x, a, gre),
               to=["tap1"], counts="tap1 ingress established")
    node.check(name + "GRE of another", "qvb", plain(47, n["y"], a, gre),
               counts="tap1 ingress [no-rule]")
    node.check(name + "ESP by its protocol", "qvb",
               plain(50, x, a, b"\0" * 40), to=["tap1"],
               counts="tap1 ingress a 10")
    node.check(name + "and its answer", "tap1", plain(50, a, x, b"\0" * 40),
               to=["qvb"], counts="tap1 egress established")
    node.check(name + "ESP to another", "tap1",
               plain(50, a, n["y"], b"\0" * 40), counts="tap1 egress [no-rule]")
n = ADDR[4]
data = f.ah(17) + f.udp(n["a"], n["x"], 4100, 53)
node.check("IPv4: AH is a protocol, and what is in it is not looked at", "tap1",
           f.packet(A_MAC, X_MAC, n["a"], n["x"], 51, data), to=["qvb"],
           counts="tap1 egress a 8")
node.check("IPv4: and is answered", "qvb",
           f.packet(X_MAC, A_MAC, n["x"], n["a"], 51, data), to=["tap1"],
           counts="tap1 ingress established")
n = ADDR[6]
for dport, to, what in ((53, ["qvb"], "a 9"), (54, [], "[no-rule]")):
    data = f.ah(17) + f.udp(n["a"], n["x"], 4100, dport)
    node.check("IPv6: behind AH the ports count, %d" % dport, "tap1",
               f.packet(A_MAC, X_MAC, n["a"], n["x"], 51, data), to=to,
               counts="tap1 egress " + what)
data = f.ah(17) + f.udp(n["x"], n["a"], 53, 4100)
node.check("IPv6: and the answer to them", "qvb",
           f.packet(X_MAC, A_MAC, n["x"], n["a"], 51, data), to=["tap1"],
           counts="tap1 ingress established")

# a change of the rules
RULES = """
a egress proto tcp dport 80 remote set dns id 1
a egress proto udp dport 53 id 2
a ingress proto tcp dport 22 remote group peers id 3
a ingress proto udp dport 7000 id 4
a egress ipv4 proto icmp icmp 8 id 5
a egress ipv6 proto icmpv6 icmp 128 id 6
"""
node = node_of(RULES, "tap1", "qvb", ports=(PORT_A,))


def flows(n):
    """name, the rule's line, who opens it, its packets to and fro"""
    a, x, m, v6 = n["a"], n["x"], n["m"], n["icmp"] == 58
    lines = RULES.strip().splitlines()

    def echo(src, dst, kind):
        return f.packet(*macs(src, dst), src, dst, n["icmp"],
                        f.icmp6(src, dst, kind) if v6 else f.icmp(kind))
    return (("TCP from the VM", lines[0], "tap1", [
                 tcp(a, x, 5000, 80), tcp(x, a, 80, 5000, "SA", ack=2),
                 tcp(a, x, 5000, 80, "A", b"x", 2, 2),
                 tcp(x, a, 80, 5000, "A", b"x", 2, 3)]),
            ("UDP from the VM", lines[1], "tap1", [
                 udp(a, x, 5001, 53), udp(x, a, 53, 5001)] * 2),
            ("ping from the VM", lines[5 if v6 else 4], "tap1", [
                echo(a, x, 128 if v6 else 8), echo(x, a, 129 if v6 else 0)
            ] * 2),
            ("TCP to the VM", lines[2], "qvb", [
                 tcp(m, a, 5002, 22), tcp(a, m, 22, 5002, "SA", ack=2),
                 tcp(m, a, 5002, 22, "A", b"x", 2, 2),
                 tcp(a, m, 22, 5002, "A", b"x", 2, 3)]),
            ("UDP to the VM", lines[3], "qvb", [
                 udp(x, a, 5003, 7000), udp(a, x, 7000, 5003)] * 2))


def direction(sender):
    return "tap1 " + ("egress" if sender == "tap1" else "ingress")


def other(sender):
    return "qvb" if sender == "tap1" else "tap1"


def goes_on(name, sender, packets):
    """to and fro, @sender begins"""
    node.check(name, sender, packets[0], to=[other(sender)],
               counts=direction(sender) + " established")
    node.check(name + ", the other way", other(sender), packets[1],
               to=[sender], counts=direction(other(sender)) + " established")


def revoked(name, sender, packets):
    node.check(name, sender, packets[0],
               counts=direction(sender) + " [revoked]")
    node.check(name + ", the other way", other(sender), packets[1],
               counts=direction(other(sender)) + " [revoked]")


CHANGES = (("address of the set", "set dns", " 10.1.0.66 fd00::66"),
           ("group's member", "group peers",
            "member add peers 10.9.0.0/24 fd09::/64\n"))


def each(pair, check, name):
    """one check for either family"""
    for family, (what, _, sender, p) in zip(ADDR, pair):
        check("IPv%d: %s: %s" % (family, what, name), sender, p[2:])


for pair in zip(*map(flows, ADDR.values())):
    for family, (what, line, sender, p) in zip(ADDR, pair):
        name = "IPv%d: %s: " % (family, what)
        node.check(name + "a rule admits it", sender, p[0], to=[other(sender)],
                   counts="%s a %s" % (direction(sender), line.split()[-1]))
        node.check(name + "and its answer", other(sender), p[1], to=[sender],
                   counts=direction(other(sender)) + " established")
        goes_on(name + "it goes on", sender, p[2:])
    lines = sorted({x[1] for x in pair})
    one = lines[0]
    # a change that takes away what the rule says
    gone = [("rule", "".join("rule add %s\n" % x for x in lines))]
    gone += [(thing, text) for thing, remote, text in CHANGES if remote in one]
    for thing, text in gone:
        change(node, text, "")
        each(pair, revoked, "the %s is gone" % thing)
        each(pair, revoked, "and stays so")
        node.apply(node.config)
        each(pair, goes_on, "the %s is back" % thing)
    other_way = "egress" if pair[0][2] == "qvb" else "ingress"
    for new, check, name in (
            ("".join("rule add %s\n" % x.replace("id ", "id 2")
                     for x in lines), goes_on, "another rule allows the same"),
            ("rule add a %s\n" % one.split()[1], goes_on, "a rule allows all"),
            # one that would allow the answers: nobody may begin it so
            ("rule add a %s\n" % other_way, revoked,
             "a rule for the other direction")):
        change(node, gone[0][1], new)
        each(pair, check, name)
    node.apply(node.config)
    each(pair, goes_on, "as before")

# changes that do not concern it: not one packet is lost
before = node.genl.counters()
sent = 0
for i in range(20):
    node.sgctl("apply", "-", stdin=node.config + """
group add z%d
rule add z%d ingress
rule add a ingress proto tcp dport %d id 30
port add tap7 mac 02:00:00:00:00:07 ip 10.1.0.%d group z%d group a
""" % (i, i, 100 + i, 100 + i, i))
    for n in ADDR.values():
        for _, _, sender, p in flows(n):
            out = node.send(sender, p[2])[other(sender)]
            back = node.send(other(sender), p[3])[sender]
            sent += out == [p[2]] and back == [p[3]]
after = node.genl.counters()
t.equal(sent, 20 * 10, "20 changes that do not concern 10 flows: all pass")
moved = {" ".join(k): v[0] - before.get(k, (0, 0))[0] for k, v in after.items()
         if v[0] != before.get(k, (0, 0))[0]}
t.equal(moved, {"tap1 egress established": 200,
                "tap1 ingress established": 200}, "and by no rule again")

# an address is taken from the port
node.apply(node.config)
for family, n in ADDR.items():
    name = "IPv%d: " % family
    change(node, " ip %s" % n["a"], "")
    sender, p = [(s, p) for what, _, s, p in flows(n)
                 if what == "UDP from the VM"][0]
    node.check(name + "the port's address is gone", "tap1", p[2],
               counts="tap1 egress [source]")
    node.check(name + "and the flow it began, too", "qvb", p[3],
               counts="tap1 ingress [revoked]")
    node.apply(node.config)
    goes_on(name + "the address is back", sender, p[2:])

# a connection that conntrack's helper expects, by the one that announced it
node = node_of("""
a egress proto tcp dport 21 id 1
""", "tap1", "qvb", ports=(PORT_A,))
FTP = """
table bridge helpers {
	ct helper ftp { type "ftp" protocol tcp; l3proto %s; }
	chain pre {
		type filter hook prerouting priority -190;
		tcp dport 21 ct helper set "ftp"
	}
}
"""
for family, n in ADDR.items():
    name = "IPv%d: FTP: " % family
    a, x = n["a"], n["x"]
    sh("modprobe", "nf_conntrack_ftp", check=False)
    if sh("nft", "-f", "-", stdin=FTP % ("ip6" if family == 6 else "ip"),
          check=False).returncode:
        t.skip(name + "the data connection", "no helper in the bridge family")
        continue
    node.check(name + "the VM's connection", "tap1", tcp(a, x, 7000, 21),
               to=["qvb"], counts="tap1 egress a 1")
    node.check(name + "is answered", "qvb", tcp(x, a, 21, 7000, "SA", ack=2),
               to=["tap1"], counts="tap1 ingress established")
    goes_on(name + "and goes on", "tap1",
            [tcp(a, x, 7000, 21, "A", b"USER u\r\n", 2, 2),
             tcp(x, a, 21, 7000, "A", b"331 word?\r\n", 2, 10)])
    node.check(name + "data before it is announced", "qvb",
               tcp(x, a, 20, 1025), counts="tap1 ingress [no-rule]")
    told = "EPRT |2|%s|1026|\r\n" % a if family == 6 else \
        "PORT %s,4,2\r\n" % a.replace(".", ",")
    node.check(name + "the VM tells a port", "tap1",
               tcp(a, x, 7000, 21, "A", told.encode(), 10, 13), to=["qvb"],
               counts="tap1 egress established")
    node.check(name + "the data connection to it", "qvb", tcp(x, a, 20, 1026),
               to=["tap1"], counts="tap1 ingress established")
    node.check(name + "is answered", "tap1", tcp(a, x, 1026, 20, "SA", ack=2),
               to=["qvb"], counts="tap1 egress established")
    change(node, "rule add a egress proto tcp dport 21 id 1\n", "")
    revoked(name + "it goes with the one that announced it", "qvb",
            [tcp(x, a, 20, 1026, "A", b"x", 2, 2),
             tcp(a, x, 1026, 20, "A", b"x", 2, 2)])
    node.apply(node.config)
    sh("nft", "flush", "ruleset")

# TCP in mid-stream
node = node_of("""
a egress proto tcp dport 80 id 1
a ingress proto tcp dport 22 id 2
""", "tap1", "qvb", ports=(PORT_A,))
for strict in (False, True):
    if strict:
        change(node, PORT_A, PORT_A + " strict")
        node.count()
    for family, n in ADDR.items():
        name = "IPv%d: %sTCP " % (family, "strict: " if strict else "")
        a, x, sport = n["a"], n["x"], 6000 + strict
        for sender, src, dst, dport, rule in (("tap1", a, x, 80, 1),
                                              ("qvb", x, a, 22, 2)):
            frame = tcp(src, dst, sport, dport, "A", b"x", 100, 100)
            if strict:
                node.check(name + "in mid-stream is dropped, by " + sender,
                           sender, frame,
                           counts=direction(sender) + " [invalid]")
                goes_on(name + "picked up before goes on, by " + sender, sender,
                        [tcp(src, dst, sport - 1, dport, "A", b"x", 101, 101),
                         tcp(dst, src, dport, sport - 1, "A", b"x", 101, 102)])
                sport += 2
                node.check(name + "from its SYN on, by " + sender, sender,
                           tcp(src, dst, sport, dport), to=[other(sender)],
                           counts="%s a %d" % (direction(sender), rule))
                node.check(name + "is answered", other(sender),
                           tcp(dst, src, dport, sport, "SA", ack=2),
                           to=[sender],
                           counts=direction(other(sender)) + " established")
                goes_on(name + "and goes on", sender, [
                    tcp(src, dst, sport, dport, "A", b"x", 2, 2),
                    tcp(dst, src, dport, sport, "A", b"x", 2, 3)])
                sport -= 2
            else:
                node.check(name + "in mid-stream, by a rule, by " + sender,
                           sender, frame, to=[other(sender)],
                           counts="%s a %d" % (direction(sender), rule))
                goes_on(name + "and goes on, by " + sender, sender, [
                    tcp(src, dst, sport, dport, "A", b"x", 101, 101),
                    tcp(dst, src, dport, sport, "A", b"x", 101, 102)])
                frame = tcp(src, dst, sport, dport + 1, "A", b"x", 100, 100)
                node.check(name + "in mid-stream without one, by " + sender,
                           sender, frame,
                           counts=direction(sender) + " [no-rule]")

# a copy of a flood that a neighbour's rule would let in says nothing of the window
node = node_of("""
    a egress proto tcp dport 80 id 1
    b ingress proto tcp id 2
""", "tap1", "tap2", "qvb")
for family in 4, 6:
    a, x = ADDR[family]["a"], ADDR[family]["x"]
    name = "IPv%d: out of window, " % family
    for sender, frame in (
            ("tap1", tcp(a, x, 1000, 80, seq=1 << 30)),
            ("qvb", tcp(x, a, 80, 1000, "SA", seq=1 << 30,
                        ack=(1 << 30) + 1)),
            ("tap1", tcp(a, x, 1000, 80, "A", seq=(1 << 30) + 1,
                         ack=(1 << 30) + 1))):
        t.ok(node.send(sender, frame)["qvb" if sender == "tap1" else "tap1"],
             name + "(the connection)")
    node.count()
    wild = tcp(x, a, 80, 1000, "A", b"evil", seq=3 << 29, ack=(1 << 30) + 1)
    for i in range(3):
        node.check(name + "to A, %d" % i, "qvb", wild,
                   counts=["tap1 ingress [invalid]", "tap2 ingress [invalid]"])
    node.check(name + "what is in it passes", "qvb",
               tcp(x, a, 80, 1000, "A", b"good", seq=(1 << 30) + 1,
                   ack=(1 << 30) + 1), to=["tap1", "tap2"],
               counts=["tap1 ingress established", "tap2 ingress b 2"])
t.done()
