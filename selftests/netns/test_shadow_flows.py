#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections under a shadow: judged in the direction that admitted them, at each
end by its own; of what no port in force keeps, as conntrack saw it begin, or as
an answer; and what is in force takes no notice.

    tap1 = VM A --+
    tap2 = VM B --+-- [br0] --- qvb: who is outside
"""
import json
import socket

import frames as f
import harness
from harness import ip, sysctl

MAC = {"a": "02:00:00:00:00:01", "b": "02:00:00:00:00:02",
       "x": "02:00:00:00:00:99"}
ADDR = {4: dict(a="10.1.0.2", b="10.1.0.4", x="10.9.0.7", icmp=1,
                host="10.1.0.1"),
        6: dict(a="fd00::2", b="fd00::4", x="fd09::7", icmp=58,
                host="fd00::1")}
PORT = {"a": "port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2",
        "b": "port add tap2 mac 02:00:00:00:00:02 ip 10.1.0.4 ip fd00::4"}
SSH = "rule add a ingress proto tcp dport 22 id 1\n"
WEB = "rule add a egress proto tcp dport 80 id 2\n"
DNS = "rule add a egress proto udp dport 53 id 3\n"
PING = "rule add a egress proto icmp id 4\nrule add a egress proto icmpv6 id 5\n"
UDP = "rule add a ingress proto udp id 6\n"
HEAD = "default drop tap*\ngroup add a\ngroup add b\n"

t = harness.start()


def config(*rules, a="group a", b=None, head=HEAD):
    lines = [head] + list(rules)
    for who, how in (("a", a), ("b", b)):
        if how:
            lines.append("%s %s\n" % (PORT[who], how) if "off" not in how else
                         "port add %s off\n" % PORT[who].split()[2])
    return "".join(lines)


def tcp(v, src, dst, sport, dport, flags="S", data=b"", seq=1, ack=0):
    n = ADDR[v]
    return f.packet(MAC[src], MAC[dst], n[src], n[dst], 6, f.tcp(
        n[src], n[dst], sport, dport, flags, seq, ack, data))


def udp(v, src, dst, sport, dport):
    n = ADDR[v]
    return f.packet(MAC[src], MAC[dst], n[src], n[dst], 17,
                    f.udp(n[src], n[dst], sport, dport))


def echo(v, src, dst, reply=False):
    n, rest = ADDR[v], b"\5\1\0\1"
    if v == 4:
        body = f.icmp(0 if reply else 8, 0, rest)
    else:
        body = f.icmp6(n[src], n[dst], 129 if reply else 128, 0, rest)
    return f.packet(MAC[src], MAC[dst], n[src], n[dst], n["icmp"], body)


def error(v, src, dst, about):
    n, quoted = ADDR[v], about[14:14 + 68]
    body = f.icmp(3, 1, b"\0" * 4, quoted) if v == 4 else \
        f.icmp6(n[src], n[dst], 1, 0, b"\0" * 4 + quoted)
    return f.packet(MAC[src], MAC[dst], n[src], n[dst], n["icmp"], body)


class Shadowed(harness.Node):
    def __init__(self, real, shadow, taps=("tap1", "qvb")):
        harness.new_netns()
        super().__init__(t, taps=taps)
        self.apply(real)
        self.shadow(shadow)

    def shadow(self, text):
        self.sgctl("shadow", "apply", "-", stdin=text)
        self.last = {}

    def would(self):
        now = {k: v[0] for k, v in self.genl.counters(shadow=True).items()
               if v[0]}
        last, self.last = self.last, now
        return sorted("%s %s %s" % k if n - last.get(k, 0) == 1 else
                      "%s %s %s x%d" % (k + (n - last.get(k, 0),))
                      for k, n in now.items() if n != last.get(k, 0))

    def frame(self, name, sender, frame, counts, would=(), to=None):
        """what is in force does, and what the shadow would"""
        if to is None:
            dropped = any("[" in c for c in
                          ([counts] if isinstance(counts, str) else counts))
            to = [] if dropped else [x for x in self.taps if x != sender]
        self.check(name, sender, frame, to=to, counts=counts)
        t.equal(self.would(), sorted(would), name + ": the shadow")


def host_sends(node, v, dport):
    """a datagram of the host's to A: what it moves at tap1, what it would"""
    n, family = ADDR[v], (socket.AF_INET, socket.AF_INET6)[v == 6]
    harness.hush()
    if v == 6:
        sysctl("net.ipv6.conf.br0.accept_dad", 0)
        sysctl("net.ipv6.conf.br0.disable_ipv6", 0)
    ip("addr replace %s dev br0\n"
       "neigh replace %s lladdr %s dev br0 nud permanent" % (
           n["host"] + ("/64 nodad" if v == 6 else "/24"), n["a"], MAC["a"]))
    node.count()
    node.would()
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        s.bind((n["host"], 1000))
        s.sendto(b"x", (n["a"], dport))
    return ({" ".join(k): m for k, m in node.count().items()
             if k[0] == "tap1"}, node.would())


# what a rule in force admitted and the shadow would not, and the other way round
for v in ADDR:
    name = "IPv%d: " % v
    node = Shadowed(config(SSH, WEB, DNS, PING), config(WEB))
    node.frame(name + "a SYN to the VM", "qvb", tcp(v, "x", "a", 1000, 22),
               "tap1 ingress a 1", ["tap1 ingress would drop [no-rule]",
                                    "tap1 ingress would drop a 1"])
    node.frame(name + "is answered", "tap1",
               tcp(v, "a", "x", 22, 1000, "SA", ack=2),
               "tap1 egress established",
               ["tap1 egress would drop [revoked]",
                "tap1 ingress would drop a 1"])
    node.frame(name + "and goes on", "qvb",
               tcp(v, "x", "a", 1000, 22, "A", seq=2, ack=2),
               "tap1 ingress established",
               ["tap1 ingress would drop [revoked]",
                "tap1 ingress would drop a 1"])
    node.frame(name + "a SYN of the VM", "tap1", tcp(v, "a", "x", 1001, 80),
               "tap1 egress a 2")
    node.frame(name + "its answer", "qvb",
               tcp(v, "x", "a", 80, 1001, "SA", ack=2),
               "tap1 ingress established")
    node.frame(name + "a ping", "tap1", echo(v, "a", "x"),
               "tap1 egress a %d" % (4 if v == 4 else 5),
               ["tap1 egress would drop [no-rule]",
                "tap1 egress would drop a %d" % (4 if v == 4 else 5)])
    node.frame(name + "its answer", "qvb", echo(v, "x", "a", True),
               "tap1 ingress established",
               ["tap1 ingress would drop [revoked]",
                "tap1 egress would drop a %d" % (4 if v == 4 else 5)])
    query = udp(v, "a", "x", 1002, 53)
    node.frame(name + "a query", "tap1", query, "tap1 egress a 3",
               ["tap1 egress would drop [no-rule]",
                "tap1 egress would drop a 3"])
    node.frame(name + "an ICMP error about it", "qvb",
               error(v, "x", "a", query), "tap1 ingress established",
               ["tap1 ingress would drop [revoked]",
                "tap1 egress would drop a 3"])
    # without the address that the flow is from
    node.shadow(config(SSH, WEB, DNS, PING).replace(
        "ip " + ADDR[v]["a"] + (" " if v == 4 else ""), "", 1))
    node.frame(name + "the VM's, from an address the shadow has not", "tap1",
               query, "tap1 egress established",
               ["tap1 egress would drop [source]",
                "tap1 egress would drop a 3"])
    node.frame(name + "to it", "qvb", udp(v, "x", "a", 53, 1002),
               "tap1 ingress established",
               ["tap1 ingress would drop [revoked]",
                "tap1 egress would drop a 3"])
    # the same policy: nothing
    node.shadow(config(SSH, WEB, DNS, PING))
    for sender, frame, counts in (
            ("qvb", udp(v, "x", "a", 53, 1002), "tap1 ingress established"),
            ("tap1", tcp(v, "a", "x", 1003, 80), "tap1 egress a 2"),
            ("tap1", udp(v, "a", "x", 1003, 54), "tap1 egress [no-rule]"),
            ("qvb", error(v, "x", "a", query), "tap1 ingress established")):
        node.frame(name + "the same policy as shadow", sender, frame, counts)

    # what is in force has revoked, the shadow would not have
    node = Shadowed(config(SSH, WEB, DNS), config(SSH, WEB, DNS))
    node.frame(name + "a connection", "qvb", tcp(v, "x", "a", 1000, 22),
               "tap1 ingress a 1")
    node.frame(name + "answered", "tap1",
               tcp(v, "a", "x", 22, 1000, "SA", ack=2),
               "tap1 egress established")
    node.sgctl("apply", "-", stdin=config(WEB, DNS))
    for sender, flags, direction in (
            ("qvb", "A", "ingress"), ("tap1", "A", "egress"),
            ("qvb", "R", "ingress"), ("tap1", "FA", "egress"),
            ("qvb", "S", "ingress")):
        frame = tcp(v, "x", "a", 1000, 22, flags, seq=2, ack=2) \
            if sender == "qvb" else \
            tcp(v, "a", "x", 22, 1000, flags, seq=2, ack=2)
        node.frame("%srevoked, %s %s" % (name, direction, flags), sender, frame,
                   "tap1 %s [revoked]" % direction,
                   ["tap1 %s would accept established" % direction])
    node.frame(name + "a rule that the shadow alone has", "qvb",
               tcp(v, "x", "a", 1005, 22), "tap1 ingress [no-rule]",
               ["tap1 ingress would accept a 1"])

    # both ends of one connection, each by its own
    both = ("rule add a egress proto udp id 1\n",
            "rule add b ingress proto udp id 1\n")
    real = config(*both, b="group b")
    node = Shadowed(real, config(both[0], b="group b"), ("tap1", "tap2"))
    node.frame(name + "between ports, the receiver's rule is not the shadow's",
               "tap1", udp(v, "a", "b", 1000, 53),
               ["tap1 egress a 1", "tap2 ingress b 1"],
               ["tap2 ingress would drop [no-rule]",
                "tap2 ingress would drop b 1"])
    node.frame(name + "between ports, the answer", "tap2",
               udp(v, "b", "a", 53, 1000),
               ["tap2 egress established", "tap1 ingress established"],
               ["tap2 egress would drop [revoked]",
                "tap2 ingress would drop b 1"])
    node.shadow(config(both[1], b="group b"))
    node.frame(name + "between ports, the sender's is not", "tap1",
               udp(v, "a", "b", 1000, 53),
               ["tap1 egress established", "tap2 ingress established"],
               ["tap1 egress would drop [revoked]",
                "tap1 egress would drop a 1"])

    # a port that is off: conntrack's entry, if the bridge has a port that filters
    node = Shadowed(config(both[1], a="off", b="group b"),
                    config(SSH, DNS, both[1], b="group b"), ("tap1", "tap2"))
    node.frame(name + "off, tracked: what the shadow allows", "tap1",
               udp(v, "a", "b", 1000, 53), ["tap1 egress off",
                                            "tap2 ingress b 1"])
    node.frame(name + "off, tracked: its answer", "tap2",
               udp(v, "b", "a", 53, 1000), ["tap2 egress established",
                                            "tap1 ingress off"])
    node.frame(name + "off, tracked: what it does not", "tap1",
               udp(v, "a", "b", 1000, 54), ["tap1 egress off",
                                            "tap2 ingress b 1"],
               ["tap1 egress would drop [no-rule]"])
    node.frame(name + "off, tracked: its answer", "tap2",
               udp(v, "b", "a", 54, 1000), ["tap2 egress established",
                                            "tap1 ingress off"],
               ["tap1 ingress would drop [revoked]"])
    # and without one: what may be an answer
    node = Shadowed(config(a="off"), config(SSH, WEB, DNS, PING))
    for what, sender, frame, would in (
            ("a query", "tap1", udp(v, "a", "x", 1000, 53), ""),
            ("its answer", "qvb", udp(v, "x", "a", 53, 1000), ""),
            ("no answer", "qvb", udp(v, "x", "a", 54, 1000), "[no-rule]"),
            ("a SYN to the VM", "qvb", tcp(v, "x", "a", 1000, 22), ""),
            ("its answer", "tap1", tcp(v, "a", "x", 22, 1000, "SA"), ""),
            ("a SYN from that port", "tap1", tcp(v, "a", "x", 22, 1000),
             "[no-rule]"),
            ("a ping", "tap1", echo(v, "a", "x"), ""),
            ("its answer", "qvb", echo(v, "x", "a", True), ""),
            ("a ping of another", "qvb", echo(v, "x", "a"), "[no-rule]"),
            ("an ICMP error", "qvb",
             error(v, "x", "a", udp(v, "a", "x", 1000, 53)), "")):
        way = "egress" if sender == "tap1" else "ingress"
        node.frame("%soff, untracked: %s" % (name, what), sender, frame,
                   "tap1 %s off" % way,
                   ["tap1 %s would drop %s" % (way, would)] if would else [])

    # stateless is judged packet by packet
    stateless = HEAD.replace("group add a", "group add a stateless")
    node = Shadowed(config(DNS), config(DNS, head=stateless))
    node.frame(name + "a query", "tap1", udp(v, "a", "x", 1000, 53),
               "tap1 egress a 3")
    node.frame(name + "needs a rule for its answer in a stateless shadow", "qvb",
               udp(v, "x", "a", 53, 1000), "tap1 ingress established",
               ["tap1 ingress would drop [no-rule]",
                "tap1 egress would drop a 3"])
    node = Shadowed(config(DNS, head=stateless), config(DNS))
    node.frame(name + "stateless in force: a query", "tap1",
               udp(v, "a", "x", 1000, 53), "tap1 egress a 3")
    node.frame(name + "stateless in force: its answer would pass", "qvb",
               udp(v, "x", "a", 53, 1000), "tap1 ingress [no-rule]",
               ["tap1 ingress would accept established"])

    # what conntrack puts together is judged once
    node = Shadowed(config(DNS), config(WEB))
    n = ADDR[v]
    big = f.packet(MAC["a"], MAC["x"], n["a"], n["x"], 17,
                   f.udp(n["a"], n["x"], 1000, 53, b"x" * 3000))
    node.send("tap1", *f.fragments(big, 1440))
    t.equal(node.would(), ["tap1 egress would drop [no-rule]",
                           "tap1 egress would drop a 3"],
            name + "fragments are one packet")


    # revoked by the receiver: what the sender would end it with
    node = Shadowed(config("rule add a egress proto tcp id 1\n",
                           "rule add b ingress proto tcp id 1\n", b="group b"),
                    config("rule add a egress proto tcp id 1\n",
                           "rule add b ingress proto tcp id 1\n", b="group b"),
                    ("tap1", "tap2"))
    node.frame(name + "between ports, a connection", "tap1",
               tcp(v, "a", "b", 1000, 22),
               ["tap1 egress a 1", "tap2 ingress b 1"])
    node.sgctl("rule", "del", "b", "id", "1")
    node.frame(name + "revoked by the receiver, the sender's RST", "tap1",
               tcp(v, "a", "b", 1000, 22, "R", seq=2),
               "tap2 ingress [revoked]",
               ["tap2 ingress would accept established"])

    # the host's own frames: conntrack is asked for them in LOCAL_OUT
    node = Shadowed(config(SSH, UDP), config(SSH))
    t.equal(host_sends(node, v, 7000),
            ({"tap1 ingress a 6": 1}, ["tap1 ingress would drop [no-rule]",
                                       "tap1 ingress would drop a 6"]),
            name + "the host's own")
    # but not for what goes to a port that is off, whatever the others are
    node = Shadowed(config(a="off", b="group b"),
                    config(UDP.replace("udp", "udp dport 7000"), b="group b"),
                    taps=("tap1", "tap2", "qvb"))
    t.equal(host_sends(node, v, 7000),
            ({"tap1 ingress off": 1}, []),
            name + "the host's own to a port that is off, which a rule allows")
    t.equal(host_sends(node, v, 7001),
            ({"tap1 ingress off": 1}, ["tap1 ingress would drop [no-rule]"]),
            name + "and which none does")

# what comes to the host without PRE_ROUTING, and a bridge that filters VLANs
node = Shadowed(config(DNS), config(a="off"))
node.frame("a link-local group address", "tap1",
           f.eth("01:80:c2:00:00:03", MAC["a"], 0x888e, b"\1\1\0\0"),
           "tap1 egress [ethertype]", ["tap1 egress would accept off"])
ip("link set br0 type bridge vlan_filtering 1")
node.frame("a bridge that filters VLANs", "tap1", udp(4, "a", "x", 1000, 53),
           "tap1 egress [zone]", ["tap1 egress would accept off"])
node.frame("a bridge that filters VLANs, in", "qvb",
           udp(4, "x", "a", 53, 1000),
           "tap1 ingress [zone]", ["tap1 ingress would accept off"])
node.shadow(config(DNS))
node.frame("is the same to a shadow that filters", "tap1",
           udp(4, "a", "x", 1000, 53), "tap1 egress [zone]")
node.sgctl("apply", "-", stdin=config(a="off"))
node.frame("and it would not do under an off port", "tap1",
           udp(4, "a", "x", 1000, 53), "tap1 egress off",
           ["tap1 egress would drop [zone]"])

# a zone that a port cannot have
real = config(DNS, a="group a zone 7", b="group b zone 8")
node = Shadowed(real, real, ("tap1", "tap2"))
node.frame("a port of another zone", "tap2", udp(4, "b", "a", 1000, 53),
           "tap2 egress [zone]")
node.shadow(config(DNS, "rule add b egress id 1\n", a="group a zone 7",
                   b="group b"))
node.frame("which the shadow does not ask for", "tap2",
           udp(4, "b", "a", 1000, 53), "tap2 egress [zone]",
           ["tap2 egress would accept b 1"])

# nothing of what is in force depends on a shadow
def sequence(shadow):
    """what came out, what was counted and what conntrack holds afterwards"""
    harness.new_netns()
    node = harness.Node(t, taps=("tap1", "tap2", "qvb"))
    node.apply(config(SSH, WEB, DNS, PING,
                      "rule add b ingress proto udp dport 53 id 1\n",
                      b="group b"))
    if shadow:
        node.sgctl("shadow", "apply", "-", stdin=shadow)
    out = []
    for rules in ((), (SSH,), (SSH, DNS)):
        if rules:
            node.sgctl("apply", "-", stdin=config(
                *(x for x in (SSH, WEB, DNS, PING) if x not in rules),
                "rule add b ingress proto udp dport 53 id 1\n", b="group b"))
        for v in ADDR:
            for sender, frame in (
                    ("qvb", tcp(v, "x", "a", 1000, 22)),
                    ("tap1", tcp(v, "a", "x", 22, 1000, "SA", ack=2)),
                    ("qvb", tcp(v, "x", "a", 1000, 22, "A", seq=2, ack=2)),
                    ("tap1", udp(v, "a", "b", 1001, 53)),
                    ("tap2", udp(v, "b", "a", 53, 1001)),
                    ("tap1", echo(v, "a", "x")),
                    ("qvb", echo(v, "x", "a", True)),
                    ("tap2", udp(v, "b", "x", 1002, 53)),
                    ("tap1", udp(v, "b", "x", 1002, 53)),
                    ("qvb", tcp(v, "x", "a", 1000, 22, "R", seq=2))):
                out.append(node.send(sender, frame))
    flows = json.loads(node.sgctl("-j", "flow", "show").stdout)
    for flow in flows:
        # what time has to do with
        del flow["timeout"]
    flows.sort(key=str)
    counters = {k: v for k, v in node.genl.counters().items() if v[0]}
    return out, counters, flows


alone = sequence(None)
for what, shadow in (
        ("that lets all by", config(a="off", b="off")),
        ("that drops all", "default drop *\n"),
        ("of other rules", config(WEB, b="group b")),
        ("that is the same", config(SSH, WEB, DNS, PING, b="group b"))):
    for part, got, want in zip(("frames", "counters", "flows"),
                               sequence(shadow), alone):
        t.equal(got, want, "a shadow %s: %s are as without" % (what, part))
t.done()
