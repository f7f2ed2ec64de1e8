#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A message (ICMP) about a connection opens, moves and closes none: all types, of
both families, quoting each protocol, both directions of it, both ways.

    tap1 = VM A --[br0]-- qvb: who is outside, and may lie
                    |
                  the host: confirms what is sent to its MAC
"""
import json

import frames as f
import harness
from harness import ip, sh

A_MAC, X_MAC = "02:00:00:00:00:01", "02:00:00:00:00:99"
ADDR = {4: dict(a="10.1.0.2", x="10.9.0.7"),
        6: dict(a="fd00::2", x="fd09::7")}
ICMP = {4: 1, 6: 58}
LL = {"a": "fe80::ff:fe00:1", "x": "fe80::99"}
REDIRECT = {4: 5, 6: 137}
# what conntrack may take for a message about another packet
ERRORS = {4: (3, 4, 5, 11, 12), 6: (1, 2, 3, 4, 137)}
OPEN = "rule add a egress id 9\n"
CONFIG = """
default drop tap*
group add a
rule add a ingress proto icmp id 1
rule add a ingress proto icmpv6 id 2
rule add a egress proto icmp id 3
rule add a egress proto icmpv6 id 4
%%sport add tap1 mac %s ip 10.1.0.2 ip fd00::2 group a
""" % A_MAC
IN, OUT = "tap1 ingress established", "tap1 egress established"

t = harness.start()


def payload(proto, src, dst, reply):
    """of a packet that X sends to A, or of A's answer: from port 1000 to 81"""
    ports = (81, 1000) if reply else (1000, 81)
    if proto == 6:
        return f.tcp(src, dst, *ports, "SA" if reply else "S", 1, 2 * reply)
    if proto == 17:
        return f.udp(src, dst, *ports)
    if proto == 1:
        return f.icmp(0 if reply else 8, 0, b"\5\1\0\1")
    if proto == 58:
        return f.icmp6(src, dst, 129 if reply else 128, 0, b"\5\1\0\1data")
    if proto == 132:
        return f.sctp(*ports) if not reply else f.sctp(
            *ports, b"\x02\0\0\x14" + b"\0\0\0\x01" + b"\0" * 12, 1)
    if proto == 47:
        return b"\0\0\x08\0" + b"data" * 4
    return b"data" * 5


def quotable(v):
    return (("TCP", 6), ("UDP", 17), ("ping", ICMP[v]), ("SCTP", 132),
            ("GRE", 47), ("protocol 200", 200))


def packet(v, proto, reply, opener="x", to=None):
    """of the flow that @opener, X or A, opens to the other"""
    other = "a" if opener == "x" else "x"
    src, dst = (other, opener) if reply else (opener, other)
    macs = {"a": A_MAC, "x": X_MAC}
    s, d = ADDR[v][src], ADDR[v][dst]
    return f.packet(macs[src], to or macs[dst], s, d, proto,
                    payload(proto, s, d, reply))


def message(v, kind, sender, about, code=0):
    """of @sender, X or A, to the other; quotes the frame @about"""
    other = "a" if sender == "x" else "x"
    macs = {"a": A_MAC, "x": X_MAC}
    s, d = ADDR[v][sender], ADDR[v][other]
    quoted = about[14:14 + 80]
    if v == 4:
        data = f.ipv4(s, d, 1, f.icmp(kind, code, b"\0" * 4, quoted))
        return f.eth(macs[other], macs[sender], 0x0800, data)
    if kind == 137:
        s = LL[sender]
        quoted += b"\0" * (-len(quoted) % 8)
        body = b"\0" * 4 + f.ip6(LL[sender]) + about[38:54] + \
            bytes([4, (len(quoted) + 8) // 8]) + b"\0" * 6 + quoted
    else:
        body = b"\0\0\5\0" + quoted
    data = f.ipv6(s, d, 58, f.icmp6(s, d, kind, code, body),
                  hlim=255 if kind == 137 else 64)
    return f.eth(macs[other], macs[sender], 0x86dd, data)


def flows(v, proto):
    """what ports have written in the entries of the protocol between A and X"""
    found = []
    for x in json.loads(node.sgctl("-j", "flow", "show").stdout):
        names = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6",
                 "132": "sctp", "47": "gre"}
        o = x["original"]
        if str(x["proto"]) not in (str(proto), names.get(str(proto))):
            continue
        # of messages that look like a ping conntrack makes entries of their own
        if proto == ICMP[v] and o.get("icmp_id") != 0x501:
            continue
        if {o["source"], o["destination"]} == set(ADDR[v].values()):
            found.append((o, x["ends"]))
    return found


def barrage(v, proto, opener):
    """each type, either packet quoted, to and from A; those that came through"""
    through = []
    for sender, tap, to in ("x", "qvb", "tap1"), ("a", "tap1", "qvb"):
        for reply in False, True:
            about = packet(v, proto, reply, opener)
            for kind in range(256):
                node.taps[tap].send(message(v, kind, sender, about))
                if node.taps[to].recv():
                    through.append((kind, sender, reply))
        node.drain()
    node.count()
    return through


node = harness.Node(t, taps=("tap1", "qvb"))
HOST = "02:00:00:00:00:80"
ip("link set br0 address " + HOST)
node.apply(CONFIG % "")
for v in ADDR:
    for name, proto in quotable(v):
        name = "IPv%d, %s: " % (v, name)
        ping = proto == ICMP[v]
        # somebody else's entry: the host's MAC, A's address
        node.send("qvb", packet(v, proto, False, to=HOST))
        t.equal(flows(v, proto), [], name + "an entry that is not A's")
        through = barrage(v, proto, "x")
        bad = [x for x in through if x[0] in ERRORS[v]]
        t.ok(not bad, name + "no message about it passes", bad)
        t.equal(flows(v, proto), [], name + "none gives A a word in it")
        if ping:
            continue
        for i in range(2):
            node.check(name + "what opens it is dropped", "qvb",
                       packet(v, proto, False),
                       counts="tap1 ingress [no-rule]")
            node.check(name + "and what answers", "tap1",
                       packet(v, proto, True), counts="tap1 egress [no-rule]")

# A's own flow: what is said of it passes, and moves nothing
for v in ADDR:
    for name, proto in quotable(v):
        name = "IPv%d, A's %s: " % (v, name)
        sh("conntrack", "-F")
        node.apply(CONFIG % OPEN)
        node.send("tap1", packet(v, proto, False, "a"))
        before = flows(v, proto)
        t.equal(len(before), 1, name + "is A's")
        through = barrage(v, proto, "a")
        t.equal(flows(v, proto), before, name + "no message moves A's word")
        # the quoted packet must have been sent to who speaks of it
        want = [(k, s, r) for s, r in (("x", False), ("a", True))
                for k in ERRORS[v] if k != REDIRECT[v]]
        t.equal(sorted(x for x in through if x[0] in ERRORS[v]),
                sorted(want), name + "errors about it pass, redirects do not")
        for kind in ERRORS[v]:
            ra = kind == REDIRECT[v]
            node.check(name + "type %d from outside" % kind, "qvb",
                       message(v, kind, "x", packet(v, proto, False, "a")),
                       to=[] if ra else ["tap1"],
                       counts="tap1 ingress [ra]" if ra else IN)
            node.check(name + "type %d, nothing that A sent" % kind, "qvb",
                       message(v, kind, "x", packet(v, proto, True, "a")),
                       counts="tap1 ingress [ra]" if ra else
                       "tap1 ingress [invalid]")
        if proto == ICMP[v]:
            continue
        # revoked, and not yet seen so by a packet of its own
        node.apply(CONFIG % "")
        again = flows(v, proto)
        kind = ERRORS[v][0]
        about = packet(v, proto, False, "a"), packet(v, proto, True, "a")
        node.check(name + "its rule is gone: a message about it", "qvb",
                   message(v, kind, "x", about[0]),
                   counts="tap1 ingress [revoked]")
        node.check(name + "of A, too", "tap1",
                   message(v, kind, "a", about[1]),
                   counts="tap1 egress [revoked]")
        t.equal(flows(v, proto), again, name + "they do not write that either")
        node.check(name + "its own packet", "tap1", about[0],
                   counts="tap1 egress [revoked]")
        revoked = flows(v, proto)
        t.ok(len(revoked) == 1 and revoked[0][1][0]["revoked"],
             name + "is revoked", revoked)
        through = barrage(v, proto, "a")
        t.ok(not [x for x in through if x[0] in ERRORS[v]],
             name + "no message about it passes", through)
        t.equal(flows(v, proto), revoked, name + "nor moves it")

# redirects, whatever they speak of
node.apply(CONFIG % OPEN)
for v in ADDR:
    for about in (packet(v, 6, False, "a"), packet(v, 17, False, "a"),
                  packet(v, 6, False, "x"), b"\0" * 80):
        for code in 0, 1:
            node.check("IPv%d: a redirect to the VM" % v, "qvb",
                       message(v, REDIRECT[v], "x", about, code),
                       counts="tap1 ingress [ra]")
            node.check("IPv%d: and from it" % v, "tap1",
                       message(v, REDIRECT[v], "a", about, code),
                       counts="tap1 egress [nd]" if v == 6 and code else
                       "tap1 egress [ra]")
t.done()
