#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a change no longer allows is cut within a packet, and stays cut: whatever
either side, or a third, sends then, conntrack's entry remains as it was when it
was revoked. When the rule is back, the connection goes on.

    tap1 = VM A --+
    tap2 = VM B --+-- [br0] --+-- qvb: who is outside
                              +-- the host
"""
import ipaddress
import socket

import frames as f
import harness
from harness import conntrack, ip

A_MAC, B_MAC, X_MAC, HOST_MAC = ("02:00:00:00:00:01", "02:00:00:00:00:02",
                                 "02:00:00:00:00:99", "02:00:00:00:00:80")
# p: another address of A's
ADDR = {4: dict(a="10.1.0.2", p="10.1.0.3", b="10.1.0.4", x="10.9.0.7"),
        6: dict(a="fd00::2", p="fd00::3", b="fd00::4", x="fd09::7")}
MACS = {ADDR[v]["a"]: A_MAC for v in ADDR} | \
    {ADDR[v]["p"]: A_MAC for v in ADDR} | {ADDR[v]["b"]: B_MAC for v in ADDR}
PAIRS = " pair 10.1.0.3 pair fd00::3"
SET = "set add dns 10.9.0.7 fd09::7\n"
MEMBERS = "member add peers 10.9.0.0/24 fd09::/64\n"
# in and out: the other side may send what it likes
HEAD = """
default drop tap*
%s%sgroup add peers
group add a
group add b
group add in
rule add in ingress id 1
group add out
rule add out egress id 1
""" % (SET, MEMBERS)
# what a revoked entry has; conntrack would give all but TCP harness.PATIENCE
TCP_TIME, OTHER_TIME = 5 * 24 * 3600, 180

t = harness.start()


def port_a(*groups):
    return "port add tap1 mac %s ip 10.1.0.2 ip fd00::2%s %s\n" % (
        A_MAC, PAIRS, " ".join("group " + g for g in groups))


PORT_B = "port add tap2 mac %s ip 10.1.0.4 ip fd00::4 group b\n" % B_MAC


def node_of(rules, *taps, ports):
    """a node of its own netns"""
    harness.new_netns()
    node = harness.Node(t, taps=taps)
    node.config = HEAD + "".join("rule add %s\n" % x for x in rules) + ports
    node.apply(node.config)
    return node


def change(node, old, new=""):
    """the configuration in force, but for a piece"""
    assert node.config.count(old) == 1, old
    node.sgctl("apply", "-", stdin=node.config.replace(old, new))


def packet(src, dst, proto, payload, src_mac=None):
    return f.packet(src_mac or MACS.get(src, X_MAC), MACS.get(dst, X_MAC),
                    src, dst, proto, payload)


def fragments(frame, size):
    """with an identification that no other datagram has"""
    fragments.ident += 1
    if frame[12:14] == b"\x86\xdd":
        return f.fragments6(frame, size, fragments.ident)
    return f.fragments4(frame[:18] + fragments.ident.to_bytes(2, "big") +
                        frame[20:], size)


fragments.ident = 100


def spoilt(frame):
    """with a wrong checksum of the IPv4 header, which conntrack does not read"""
    return frame[:24] + bytes([frame[24] ^ 0x55]) + frame[25:]


class Flow:
    """@opener, "tap1" or "qvb", opens it; frames both ways"""

    def __init__(self, opener, family, local="a"):
        n = ADDR[family]
        self.opener, self.family = opener, family
        self.answerer = "qvb" if opener == "tap1" else "tap1"
        self.src, self.dst = (n[local], n["x"]) if opener == "tap1" else \
            (n["x"], n[local])
        self.name = "IPv%d: %s %s the VM: " % (
            family, self.what, "from" if opener == "tap1" else "to")

    def end(self, sender):
        """addresses of what @sender sends"""
        return (self.src, self.dst) if sender == self.opener else \
            (self.dst, self.src)

    def direction(self, sender):
        return "tap1 " + ("egress" if sender == "tap1" else "ingress")

    def entry(self):
        """its conntrack entry's time and line; -1 if there is not just one"""
        lines = conntrack("ipv%d " % self.family, *self.words)
        if len(lines) != 1:
            return -1, "%d entries: %s" % (len(lines), lines)
        return int(lines[0].split()[4]), lines[0]

    def open(self, node, rule):
        node.check(self.name + "a rule admits it", self.opener, self.first(),
                   to=[self.answerer],
                   counts="%s %s" % (self.direction(self.opener), rule))
        node.check(self.name + "and its answer", self.answerer, self.answer(),
                   to=[self.opener],
                   counts=self.direction(self.answerer) + " established")
        self.goes_on(node, "it goes on")

    def goes_on(self, node, why):
        for sender, to in ((self.opener, self.answerer),
                           (self.answerer, self.opener)) * 2:
            node.check("%s%s, by %s" % (self.name, why, sender), sender,
                       self.data(sender), to=[to],
                       counts=self.direction(sender) + " established")

    def cut(self, node, why, sender, frame, n=1):
        """@n packets, dropped"""
        what = self.direction(sender) + " [revoked]"
        node.check("%s%s, by %s" % (self.name, why, sender), sender, frame,
                   counts=[(what, n)])

    def is_cut(self, node, why):
        for sender in self.opener, self.answerer:
            self.cut(node, why, sender, self.data(sender))
        self.stands(why)

    def stands(self, why):
        """the entry is there for as long as one that is revoked"""
        time, line = self.entry()
        least, most = self.times
        t.ok(least < time <= most and self.state in line,
             "%s%s: the entry stays, its time fixed" % (self.name, why),
             "%d to %d wanted" % self.times, line)


class Ported(Flow):
    """to port 80, each from a port that no other has"""
    sport = 5000

    def __init__(self, *args, **kw):
        super().__init__(*args, **kw)
        Ported.sport += 1
        self.ports = Ported.sport, 80
        # as conntrack shows them
        self.words = ("sport=%d dport=80 " % Ported.sport,
                      self.proto.split()[0] + " ")

    def ports_of(self, sender):
        return self.ports if sender == self.opener else self.ports[::-1]


class Tcp(Ported):
    what, state, proto = "TCP", "ESTABLISHED", "tcp dport 80"
    times = TCP_TIME - 3600, TCP_TIME

    def segment(self, sender, flags, data=b"", seq=3, ack=3, mac=None):
        src, dst = self.end(sender)
        return packet(src, dst, 6, f.tcp(
            src, dst, *self.ports_of(sender), flags, seq,
            ack if "A" in flags else 0, data), mac)

    def first(self):
        return self.segment(self.opener, "S", seq=1)

    def answer(self):
        return self.segment(self.answerer, "SA", seq=1, ack=2)

    def data(self, sender):
        return self.segment(sender, "A", b"x", 2, 2)

    def revivals(self, node):
        for sender in self.opener, self.answerer:
            for flags, name in (("R", "an in-window RST"), ("RA", "RST, ACK"),
                                ("S", "then SYN"), ("SA", "SYN, ACK"),
                                ("S", "SYN again"), ("FA", "FIN"),
                                ("R", "RST"), ("A", "data in mid-stream")):
                self.cut(node, name, sender, self.segment(sender, flags))
                self.stands(name)
            for flags in "R", "S":
                name = flags + " in fragments"
                self.cut(node, name, sender, fragments(
                    self.segment(sender, flags, b"x" * 16), 24))
                self.stands(name)
        if self.family == 4:
            self.hidden(node)
        for sender, to in ((self.opener, self.answerer),
                           (self.answerer, self.opener)):
            self.cut(node, "RST and data", sender, [
                self.segment(sender, "R"), self.segment(sender, "A", b"x"),
                self.segment(sender, "S", seq=7), self.data(sender)], 4)
            self.cut(node, "and the other", to, self.data(to))

    def hidden(self, node):
        """who is outside is not held to a whole header in the first fragment,
        and so conntrack is the first to see what it is; not of IPv6"""
        for flags in ("R", "S", "R", "FA") if self.opener == "qvb" else \
                ("R", "FA", "R"):
            name = flags + " whose flags are in a later fragment"
            self.cut(node, name, "qvb", fragments(self.segment("qvb", flags),
                                                  8))
            self.stands(name)
        for flags in ("R", "S", "FA", "S") if self.opener == "qvb" else \
                ("R", "FA"):
            name = flags + " that is malformed, but not to conntrack"
            self.cut(node, name, "qvb", spoilt(self.segment("qvb", flags)))
            self.stands(name)


class Udp(Ported):
    what, state, proto = "UDP", "udp", "udp dport 80"
    times = 0, OTHER_TIME

    def data(self, sender):
        src, dst = self.end(sender)
        return packet(src, dst, 17, f.udp(src, dst, *self.ports_of(sender)))

    def first(self):
        return self.data(self.opener)

    def answer(self):
        return self.data(self.answerer)

    def revivals(self, node):
        self.errors(node)

    def errors(self, node):
        """ICMP errors that speak of it, of either end"""
        for sender, about in ((self.opener, self.answerer),
                              (self.answerer, self.opener)):
            src, dst = self.end(sender)
            quoted = self.data(about)[14:14 + 68]
            if self.family == 6:
                error = 58, f.icmp6(src, dst, 1, 4, b"\0" * 4 + quoted)
            else:
                error = 1, f.icmp(3, 3, b"\0" * 4, quoted)
            self.cut(node, "an ICMP error", sender, packet(src, dst, *error))


class Echo(Udp):
    what, state, times = "ping", "icmp", (0, OTHER_TIME)
    ident = 0x500

    def __init__(self, *args, **kw):
        super().__init__(*args, **kw)
        Echo.ident += 1
        self.id = Echo.ident
        self.proto = "icmp icmp 8" if self.family == 4 else "icmpv6 icmp 128"
        self.words = "id=%d " % self.id, "src=%s dst=%s type=%d " % (
            *(ipaddress.ip_address(x).exploded for x in self.end(self.opener)),
            8 if self.family == 4 else 128)

    def echo(self, src, dst, reply):
        rest = self.id.to_bytes(2, "big") + b"\0\1"
        if self.family == 6:
            return packet(src, dst, 58, f.icmp6(src, dst, 128 + reply, 0,
                                                rest + b"data"))
        return packet(src, dst, 1, f.icmp(0 if reply else 8, 0, rest))

    def data(self, sender):
        return self.echo(*self.end(sender), sender == self.answerer)

    def revivals(self, node):
        self.errors(node)
        # the id the other way is another flow, its own
        there, back = self.end(self.answerer), self.end(self.opener)
        rule = "in 1" if self.answerer == "qvb" else "out 1"
        node.check(self.name + "the id the other way", self.answerer,
                   self.echo(*there, False), to=[self.opener],
                   counts=self.direction(self.answerer) + " " + rule)
        node.check(self.name + "and its answer", self.opener,
                   self.echo(*back, True), to=[self.answerer],
                   counts=self.direction(self.opener) + " established")


class Sctp(Tcp):
    """INIT, INIT ACK, COOKIE ECHO, COOKIE ACK make one"""
    what, proto = "SCTP", "sctp dport 80"
    times = 0, OTHER_TIME

    def chunk(self, sender, kind, body=b"", vtag=None):
        # 1 is the opener's tag, 2 the answerer's: a packet has the receiver's
        if vtag is None:
            vtag = 2 if sender == self.opener else 1
        data = bytes([kind, 0]) + (4 + len(body)).to_bytes(2, "big") + body
        return packet(*self.end(sender), 132, f.sctp(
            *self.ports_of(sender), data, vtag))

    def init(self, sender, kind=1, tag=1, vtag=0):
        body = tag.to_bytes(4, "big") + b"\0\1\0\0\0\1\0\1\0\0\0\1"
        if kind == 2:
            body += b"\0\7\0\x08abcd"
        return self.chunk(sender, kind, body, vtag)

    def first(self):
        return self.init(self.opener)

    def answer(self):
        return self.init(self.answerer, 2, 2, 1)

    def open(self, node, rule):
        node.check(self.name + "a rule admits it", self.opener, self.first(),
                   to=[self.answerer],
                   counts="%s %s" % (self.direction(self.opener), rule))
        for name, sender, frame in (
                ("INIT ACK", self.answerer, self.answer()),
                ("COOKIE ECHO", self.opener,
                 self.chunk(self.opener, 10, b"abcd")),
                ("COOKIE ACK", self.answerer, self.chunk(self.answerer, 11))):
            node.check(self.name + name, sender, frame, to=[
                self.answerer if sender == self.opener else self.opener],
                counts=self.direction(sender) + " established")
        self.goes_on(node, "it goes on")

    def data(self, sender):
        return self.chunk(sender, 0, b"\0\0\0\1\0\0\0\0\0\0\0\0abcd")

    def revivals(self, node):
        for sender in self.opener, self.answerer:
            for name, frame in (("ABORT", self.chunk(sender, 6)),
                                ("INIT", self.init(sender, tag=77)),
                                ("SHUTDOWN", self.chunk(sender, 7,
                                                        b"\0\0\0\1"))):
                self.cut(node, name, sender, frame)
                self.stands(name)


# how a flow loses what allows it: name, remote, what goes, what comes for it
CAUSES = (
    ("the rule", "", None, ""),
    ("the member", "remote group peers ", MEMBERS, ""),
    ("the set's address", "remote set dns ", SET, "set add dns\n"),
    ("the pair", "", PAIRS, ""),
    ("the group", "", "group a ", ""),
)
WAYS = (("tap1", "egress", "in"), ("qvb", "ingress", "out"))


def by_cause(opener, direction, free, kind, cause, remote, gone, instead):
    flows = [kind(opener, v, "p" if cause == "the pair" else "a")
             for v in ADDR]
    rules = ["a %s proto %s %sid %d" % (direction, x.proto, remote, i + 1)
             for i, x in enumerate(flows)]
    # ICMP's two families are two protocols
    if kind is not Echo:
        rules[1:] = []
    node = node_of(rules, "tap1", "qvb", ports=port_a("a", free))
    if gone is None:
        gone = "".join("rule add %s\n" % x for x in rules)
    for i, flow in enumerate(flows):
        flow.open(node, "a %d" % (i + 1 if kind is Echo else 1))
    change(node, gone, instead)
    for flow in flows:
        if cause == "the pair":
            # its packets are not its to send any more
            node.check(flow.name + "the pair is gone, by tap1", "tap1",
                       flow.data("tap1"), counts="tap1 egress [source]")
            flow.cut(node, "the pair is gone", "qvb", flow.data("qvb"))
            flow.stands("the pair is gone")
            continue
        flow.is_cut(node, cause + " is gone")
        if cause == "the rule":
            flow.revivals(node)
            flow.is_cut(node, "after all that")
    node.apply(node.config)
    for flow in flows:
        flow.goes_on(node, cause + " is back")
        if kind in (Tcp, Sctp):
            t.ok("ESTABLISHED" in flow.entry()[1], flow.name + "as it was",
                 flow.entry())
        else:
            t.ok(flow.entry()[0] > OTHER_TIME,
                 flow.name + "and its time is conntrack's again", flow.entry())


for way in WAYS:
    for kind in Tcp, Udp, Echo, Sctp:
        for cause in CAUSES:
            # ingress is not asked for the address that it is sent to
            if cause[0] != "the pair" or way[0] == "tap1":
                by_cause(*way, kind, *cause)

for opener, direction, free in WAYS:
    rule = "a %s proto tcp dport 80 id 1" % direction
    # the first packet after the change is one that would end it
    for first in "R", "FA", "S":
        for sender in "tap1", "qvb":
            flows = [Tcp(opener, v) for v in ADDR]
            node = node_of([rule], "tap1", "qvb", ports=port_a("a", free))
            for flow in flows:
                flow.open(node, "a 1")
            change(node, "rule add %s\n" % rule)
            for flow in flows:
                name = "first of all %s by %s" % (first, sender)
                flow.cut(node, name, sender, flow.segment(sender, first))
                flow.stands(name)
                flow.is_cut(node, "then data")
            node.apply(node.config)
            for flow in flows:
                flow.goes_on(node, "the rule is back")
    # nobody has answered: conntrack would delete it on a RST
    flows = [Tcp(opener, v) for v in ADDR]
    node = node_of([rule], "tap1", "qvb", ports=port_a("a", free))
    for flow in flows:
        node.check(flow.name + "picked up in mid-stream", opener,
                   flow.data(opener), to=[flow.answerer],
                   counts=flow.direction(opener) + " a 1")
    change(node, "rule add %s\n" % rule)
    for flow in flows:
        name = "unanswered, a RST"
        flow.cut(node, name, opener, flow.segment(opener, "R", seq=3))
        flow.stands(name)
        if flow.family == 4:
            flow.cut(node, name + " in fragments", "qvb",
                     fragments(flow.segment("qvb", "R"), 8))
            flow.stands(name + " in fragments")
        flow.is_cut(node, name)
    node.apply(node.config)
    for flow in flows:
        flow.goes_on(node, "the rule is back")

# what is outside can have its fragments in conntrack's hands before the change
rule = "a ingress proto tcp dport 80 id 1"
for closing in "R", "FA":
    node = node_of([rule], "tap1", "qvb", ports=port_a("a", "out"))
    flow = Tcp("qvb", 4)
    flow.open(node, "a 1")
    late = [fragments(flow.segment("qvb", flags, seq=2), 8)
            for flags in (closing, "S", closing, "S")]
    for first, *_ in late:
        node.check(flow.name + "a first fragment", "qvb", first)
    change(node, "rule add %s\n" % rule)
    for flags, (_, *rest) in zip((closing, "S") * 2, late):
        name = "%s whose first fragment came before the change" % flags
        flow.cut(node, name, "qvb", rest)
        flow.stands(name)
    flow.is_cut(node, "after that")
    node.apply(node.config)
    flow.goes_on(node, "the rule is back")

# nobody has answered: conntrack would delete it
node = node_of([rule], "tap1", "qvb", ports=port_a("a", "out"))
flow = Tcp("qvb", 4)
node.check(flow.name + "picked up in mid-stream", "qvb", flow.data("qvb"),
           to=["tap1"], counts="tap1 ingress a 1")
first, *rest = fragments(flow.segment("qvb", "R"), 8)
node.check(flow.name + "a first fragment", "qvb", first)
change(node, "rule add %s\n" % rule)
flow.cut(node, "unanswered", "qvb", flow.data("qvb"))
flow.cut(node, "a RST whose first fragment came before", "qvb", rest)
flow.is_cut(node, "unanswered, after that")

# one that was ending is not the easier to get rid of, and one that was beginning
# goes on
for opener, direction, free in WAYS:
    rule = "a %s proto tcp dport 80 id 1" % direction
    node = node_of([rule], "tap1", "qvb", ports=port_a("a", free))
    flows = [Tcp(opener, v) for v in ADDR]
    for flow in flows:
        flow.open(node, "a 1")
        node.check(flow.name + "it is ending", opener,
                   flow.segment(opener, "FA", seq=3), to=[flow.answerer],
                   counts=flow.direction(opener) + " established")
        t.ok("FIN_WAIT" in flow.entry()[1], flow.name + "conntrack saw it",
             flow.entry())
    begun = [Tcp(opener, v) for v in ADDR]
    for flow in begun:
        node.check(flow.name + "SYN", opener, flow.first(), to=[flow.answerer],
                   counts=flow.direction(opener) + " a 1")
    change(node, "rule add %s\n" % rule)
    for flow in flows:
        flow.is_cut(node, "revoked while it was ending")
    for flow in begun:
        flow.cut(node, "revoked while it began", opener, flow.first())
        flow.cut(node, "revoked while it began", flow.answerer, flow.answer())
        least, most = flow.times
        t.ok(least < flow.entry()[0] <= most and "SYN_SENT" in flow.entry()[1],
             flow.name + "the entry stays as it was", flow.entry())
    node.apply(node.config)
    for flow in flows:
        flow.goes_on(node, "the rule is back")
    for flow in begun:
        node.check(flow.name + "it is answered", flow.answerer, flow.answer(),
                   to=[opener],
                   counts=flow.direction(flow.answerer) + " established")
        flow.goes_on(node, "the rule is back")

# who is outside, in the VM's name: its RST, FIN and SYN do not count either
rule = "a ingress proto tcp dport 80 id 1"
node = node_of([rule], "tap1", "qvb", ports=port_a("a", "out"))
flows = [Tcp("qvb", v) for v in ADDR]
for flow in flows:
    flow.open(node, "a 1")
change(node, "rule add %s\n" % rule)
for flow in flows:
    for flags in "R", "S", "F", "S":
        node.check("%s%s in the VM's name" % (flow.name, flags), "qvb",
                   flow.segment("tap1", flags, mac=X_MAC),
                   counts="tap1 ingress [revoked]")
        flow.stands(flags + " in the VM's name")
    flow.is_cut(node, "after that")


def between(family, gone, at, rules):
    """two guarded ports: the end that revokes says so, and no other"""
    n = ADDR[family]
    node = node_of(rules, "tap1", "tap2", ports=port_a("a") + PORT_B)
    name = "IPv%d: from VM to VM, %s revokes: " % (family, at)

    def segment(sender, flags, data=b"", seq=3, ack=3):
        way = 1 if sender == "tap1" else -1
        src, dst = (n["a"], n["b"])[::way]
        return packet(src, dst, 6, f.tcp(
            src, dst, *(7000, 80)[::way], flags, seq,
            ack if "A" in flags else 0, data))
    both = {"tap1": ["tap1 egress established", "tap2 ingress established"],
            "tap2": ["tap2 egress established", "tap1 ingress established"]}
    pairs = ("tap1", "tap2"), ("tap2", "tap1")
    node.check(name + "SYN", "tap1", segment("tap1", "S", seq=1), to=["tap2"],
               counts=["tap1 egress a 1", "tap2 ingress b 1"])
    node.check(name + "SYN, ACK", "tap2", segment("tap2", "SA", seq=1, ack=2),
               to=["tap1"], counts=both["tap2"])
    for sender, other in pairs:
        node.check(name + "data by " + sender, sender,
                   segment(sender, "A", b"x", 2, 2), to=[other],
                   counts=both[sender])
    change(node, "rule add %s\n" % gone)
    for flags in "R", "S", "FA", "S":
        for sender in both:
            node.check("%s%s by %s" % (name, flags, sender), sender,
                       segment(sender, flags), counts="%s %s [revoked]" % (
                           at, "egress" if sender == at else "ingress"))
    lines = conntrack("sport=7000 ", "ESTABLISHED")
    t.ok(len(lines) == 1 and int(lines[0].split()[4]) > TCP_TIME - 3600,
         name + "the entry stays", lines)
    node.apply(node.config)
    for sender, other in pairs:
        node.check(name + "it is back, by " + sender, sender,
                   segment(sender, "A", b"x", 2, 2), to=[other],
                   counts=both[sender])


def by_both(family):
    """two ends that revoke: the flow is not allowed before both allow it"""
    n = ADDR[family]
    rules = ["a egress proto udp dport 80 id 1",
             "b ingress proto udp dport 80 id 1"]
    node = node_of(rules, "tap1", "tap2", ports=port_a("a", "in") + PORT_B)
    name = "IPv%d: from VM to VM, both revoke: " % family
    there, back = (packet(src, dst, 17, f.udp(src, dst, *ports))
                   for src, dst, ports in ((n["a"], n["b"], (7100, 80)),
                                           (n["b"], n["a"], (80, 7100))))
    node.check(name + "it is new", "tap1", there, to=["tap2"],
               counts=["tap1 egress a 1", "tap2 ingress b 1"])
    node.check(name + "an answer", "tap2", back, to=["tap1"],
               counts=["tap2 egress established", "tap1 ingress established"])
    none = "".join("rule add %s\n" % x for x in rules)
    change(node, none)
    node.check(name + "there", "tap1", there, counts="tap1 egress [revoked]")
    node.check(name + "and back", "tap2", back, counts="tap2 egress [revoked]")
    change(node, none, "rule add %s\n" % rules[0])
    for i in range(2):
        node.check(name + "one allows it, there", "tap1", there, counts=[
            "tap1 egress established", "tap2 ingress [revoked]"])
        node.check(name + "one allows it, back", "tap2", back,
                   counts="tap2 egress [revoked]")
        lines = conntrack("sport=7100 ")
        t.ok(len(lines) == 1 and 0 < int(lines[0].split()[4]) <= OTHER_TIME,
             name + "the entry stays, its time fixed", lines)
    node.apply(node.config)
    node.check(name + "both allow it, there", "tap1", there, to=["tap2"],
               counts=["tap1 egress established", "tap2 ingress established"])
    node.check(name + "both allow it, back", "tap2", back, to=["tap1"],
               counts=["tap2 egress established", "tap1 ingress established"])


for family in ADDR:
    by_both(family)
RULES = ["a egress proto tcp dport 80 id 1", "b ingress proto tcp dport 80 id 1"]
for family in ADDR:
    between(family, RULES[0], "tap1", RULES)
    between(family, RULES[1], "tap2", RULES)

# the host's own frames go another way
rule = "a ingress proto tcp dport 80 id 1"
node = node_of([rule], "tap1", ports=port_a("a", "out"))
ip("link set br0 address " + HOST_MAC)
host = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
host.bind(("br0", 0))


class Host:
    """br0, seen as a tap"""

    def send(self, frame):
        host.send(frame)

    def recv(self):
        return []


node.taps["host"] = Host()
for family in ADDR:
    flow = Tcp("qvb", family)
    node.check(flow.name + "the host's SYN", "host", flow.first(),
               to=["tap1"], counts="tap1 ingress a 1")
    node.check(flow.name + "is answered", "tap1", flow.answer(),
               counts="tap1 egress established")
    node.check(flow.name + "and goes on", "host", flow.data("qvb"),
               to=["tap1"], counts="tap1 ingress established")
    change(node, "rule add %s\n" % rule)
    for flags in "R", "S", "FA", "S":
        node.check("%s%s by the host" % (flow.name, flags), "host",
                   flow.segment("qvb", flags), counts="tap1 ingress [revoked]")
        flow.stands(flags + " by the host")
    node.check(flow.name + "data by the host", "host", flow.data("qvb"),
               counts="tap1 ingress [revoked]")
    node.check(flow.name + "data by the VM", "tap1", flow.data("tap1"),
               counts="tap1 egress [revoked]")
    node.apply(node.config)
    node.check(flow.name + "the rule is back", "host", flow.data("qvb"),
               to=["tap1"], counts="tap1 ingress established")

# what is still allowed loses nothing while others are revoked and come back
RULES = ["a egress proto tcp dport 80 id 1", "a egress proto udp dport 80 id 2",
         "a egress proto udp dport 81 id 3"]
node = node_of(RULES, "tap1", "qvb", ports=port_a("a"))
kept = [kind("tap1", v) for kind in (Tcp, Udp) for v in ADDR]
for flow in kept:
    flow.open(node, "a 1" if flow.what == "TCP" else "a 2")
lost = {v: packet(n["a"], n["x"], 17, f.udp(n["a"], n["x"], 8000, 81))
        for v, n in ADDR.items()}
for v in ADDR:
    node.check("IPv%d: one that will be revoked" % v, "tap1", lost[v],
               to=["qvb"], counts="tap1 egress a 3")
before = node.genl.counters()
passed = dropped = 0
for i in range(20):
    change(node, "rule add %s\n" % RULES[2])
    for v in ADDR:
        dropped += node.send("tap1", lost[v])["qvb"] == []
    for flow in kept:
        for sender, to in (("tap1", "qvb"), ("qvb", "tap1")):
            frame = flow.data(sender)
            passed += node.send(sender, frame)[to] == [frame]
    node.sgctl("apply", "-", stdin=node.config)
    for v in ADDR:
        passed += node.send("tap1", lost[v])["qvb"] == [lost[v]]
t.equal((passed, dropped), (20 * 10, 20 * 2),
        "20 times revoked and back: each packet's verdict is the rules' of then")
# the rule that came back counts from 0
moved = {" ".join(k): v[0] - before.get(k, (0, 0))[0]
         for k, v in node.genl.counters().items()
         if v[0] != before.get(k, (0, 0))[0] and k[2] != "a 3"}
t.equal(moved, {"tap1 egress established": 120,
                "tap1 ingress established": 80,
                "tap1 egress [revoked]": 40}, "and counted so")

# a device that takes the place of one that revoked a flow inherits nothing
node = node_of(RULES[1:2], "tap1", "qvb", ports=port_a("a"))
flows = [Udp("tap1", v) for v in ADDR]
for flow in flows:
    flow.open(node, "a 2")
change(node, "rule add %s\n" % RULES[1])
for flow in flows:
    flow.is_cut(node, "the rule is gone")
node.remove("tap1")
node.add("tap1")
node.apply(node.config)
for flow in flows:
    node.check(flow.name + "a new device's, by the rules", "tap1",
               flow.first(), to=["qvb"], counts="tap1 egress a 2")
    flow.goes_on(node, "it goes on")
    t.ok(flow.entry()[0] > OTHER_TIME,
         flow.name + "and its time is conntrack's", flow.entry())
t.done()
