#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A port that comes to entries which it has no verdict on: whoever speaks first,
what its rules allow goes on, and what somebody else made in its name opens
nothing. What a port has revoked stays so under another serial.

    tap1 = VM A --+
    tap2 = VM B --+-- [br0] --+-- qvb: who is outside, and may lie
    tap3 = off  --+           +-- ext: takes a copy of everything
"""
import frames as f
import harness
from harness import conntrack, ip

MAC = {"a": "02:00:00:00:00:01", "b": "02:00:00:00:00:02",
       "x": "02:00:00:00:00:99"}
ADDR = {4: dict(a="10.1.0.2", x="10.9.0.7"), 6: dict(a="fd00::2", x="fd09::7")}
RULES = """rule add a egress proto tcp dport 80 id 1
rule add a ingress proto tcp dport 22 id 2
rule add a egress proto udp dport 53 id 3
rule add a ingress proto udp dport 7000 id 4
"""
PORT = "port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 group a\n"
HEAD = """default drop tap*
group add a
group add b
port add tap2 mac 02:00:00:00:00:02 ip 10.1.0.4 group b
port add tap3 off
"""
CONFIG = HEAD + RULES + PORT
OPEN = CONFIG + "rule add a egress id 5\n"
OFF = HEAD + "port add tap1 off\n"
GAPS = (("off", OFF), ("trusted", OFF.replace("tap1 off", "tap1 trusted")),
        ("stateless", CONFIG.replace(
            "group add a\n", "group add a stateless\nrule add a egress id 8\n"
            "rule add a ingress id 9\n")))
IN, OUT = "tap1 ingress established", "tap1 egress established"

t = harness.start()


class Flow:
    """its opener's packets and the answerer's"""
    last = 20000

    def __init__(self, v, proto, opener, port=None):
        Flow.last += 1
        self.v, self.proto, self.opener = v, proto, opener
        if port is None:
            port = {("tcp", "a"): 80, ("tcp", "x"): 22, ("udp", "a"): 53,
                    ("udp", "x"): 7000}[proto, opener]
        self.ports = Flow.last, port
        self.name = "IPv%d, %s from %s: " % (v, proto.upper(), {
            "a": "the VM", "x": "outside"}[opener])

    def packet(self, sender, flags="A", mac=None):
        other = "a" if sender == "x" else "x"
        ports = self.ports if sender == self.opener else self.ports[::-1]
        s, d = ADDR[self.v][sender], ADDR[self.v][other]
        if self.proto == "udp":
            data = 17, f.udp(s, d, *ports)
        else:
            seq = 1 if "S" in flags else 2
            data = 6, f.tcp(s, d, *ports, flags, seq, 2 if "A" in flags else 0,
                            b"" if flags in ("S", "SA", "R") else b"x")
        return f.packet(mac or MAC[sender], MAC[other], s, d, *data)

    def answerer(self):
        return "a" if self.opener == "x" else "x"

    def begin(self):
        """to the end of the handshake, whatever lets it by"""
        say = [(self.opener, "S"), (self.answerer(), "SA"), (self.opener, "A")]
        for who, flags in say[:2] if self.proto == "udp" else say:
            node.send(TAP[who], self.packet(who, flags))

    def check(self, why, sender, counts, flags="A", passes=True):
        if node.before is None:
            node.count()
        out = node.send(TAP[sender], self.packet(sender, flags))
        came = bool(out["qvb" if sender == "a" else "tap1"])
        moved = {" ".join(k): n for k, n in node.count().items()
                 if k[0] == "tap1"}
        t.equal((came, moved), (passes, {counts: 1}), self.name + why)

    def goes_on(self, why, first):
        for who in (first, "a" if first == "x" else "x") * 2:
            self.check("%s: %s speaks" % (why, {"a": "the VM",
                                               "x": "outside"}[who]), who,
                       OUT if who == "a" else IN)


TAP = {"a": "tap1", "x": "qvb"}


def each():
    return [(v, proto, opener) for v in ADDR for proto in ("tcp", "udp")
            for opener in ("a", "x")]


def new_node(*taps):
    harness.new_netns()
    return harness.Node(t, taps=taps)


# the answerer speaks first
node = new_node("tap1", "tap2", "tap3", "qvb", "ext")
for gap, config in GAPS:
    node.apply(CONFIG)
    flows = []
    for when in "begun before", "begun while":
        for x in each():
            flow = Flow(*x)
            flow.begin()
            flows.append((flow, "%s it was %s" % (when, gap)))
        node.apply(config)
    node.apply(CONFIG)
    node.count()
    for flow, why in flows:
        flow.goes_on(why, flow.answerer())
    # what no rule allows does not, whoever speaks
    node.apply(config)
    closed = []
    for v, proto, opener in each():
        flow = Flow(v, proto, opener, 99)
        flow.begin()
        closed.append(flow)
    node.apply(CONFIG)
    node.count()
    for flow in closed:
        for who in flow.answerer(), flow.opener, flow.answerer():
            flow.check("no rule allows it: does not go on", who,
                       "tap1 %s [no-rule]" % ("egress" if who == "a" else
                                              "ingress"), passes=False)
    # what came last was the request
    node.apply(config)
    asked = []
    for v, proto, opener in each():
        flow = Flow(v, proto, opener)
        node.send(TAP[opener], flow.packet(opener, "S"))
        asked.append(flow)
    node.apply(CONFIG)
    node.count()
    for flow in asked:
        who = flow.answerer()
        flow.check("asked while it was %s: the answer" % gap, who,
                   OUT if who == "a" else IN, "SA")
    # a request is no answer
    node.apply(config)
    requests = []
    for v in ADDR:
        flow = Flow(v, "tcp", "a")
        node.send("tap1", flow.packet("a", "S"))
        requests.append(flow)
    node.apply(CONFIG)
    node.count()
    for flow in requests:
        flow.check("begun while it was %s: a SYN to it" % gap, "x",
                   "tap1 ingress [no-rule]", "S", passes=False)

# entries that others make in A's name, and the port that may send anything
for when in "guarded", "off, and then guarded":
    for liar in "qvb", "tap3":
        node.apply(OPEN if when == "guarded" else OFF)
        flows = []
        for v in ADDR:
            for proto in "tcp", "udp":
                flow = Flow(v, proto, "a", 81)
                node.send(liar, flow.packet("a", "S", mac=MAC["x"]))
                flow.name = "%sby %s in its name while it is %s: " % (
                    flow.name, liar, when)
                flows.append(flow)
        node.apply(OPEN)
        node.count()
        for flow in flows:
            t.ok(conntrack("sport=%d dport=81" % flow.ports[0]),
                 flow.name + "there is an entry")
            for flags in "SA", "A", "S", "A":
                # conntrack's too: a SYN within a connection is invalid
                flow.check("%s is no answer" % flags, "x",
                           "tap1 ingress [%s]" % (
                               "invalid" if flags == "S" and flow.proto == "tcp"
                               else "no-rule"), flags, passes=False)
            flow.check("its own is", "a", "tap1 egress a 5")
            flow.check("and then it is answered", "x", IN,
                       "SA" if flow.proto == "tcp" else "A")

# where no port of the bridge is guarded nothing is tracked: the opener speaks first
node = new_node("tap1", "qvb", "ext")
alone = "\n".join(x for x in CONFIG.splitlines()
                  if "tap2" not in x and "tap3" not in x) + "\n"
node.apply(alone.replace(PORT, "port add tap1 off\n").replace(RULES, ""))
flows = [Flow(*x) for x in each()]
for flow in flows:
    flow.begin()
t.equal(len(conntrack("dport=22")), 0, "no port is guarded: no entry")
node.apply(alone)
node.count()
for flow in flows:
    one, two = ("egress", "ingress") if flow.opener == "a" else (
        "ingress", "egress")
    flow.check("no port was guarded: the answerer speaks first",
               flow.answerer(), "tap1 %s [no-rule]" % two, passes=False)
    flow.check("the opener does", flow.opener, "tap1 %s a %d" % (one, {
        ("tcp", "a"): 1, ("tcp", "x"): 2, ("udp", "a"): 3,
        ("udp", "x"): 4}[flow.proto, flow.opener]))
    flow.goes_on("after that", flow.answerer())


# revoked under one serial is revoked under the next
def rename():
    for name, other in ("tap1", "away"), ("away", "tap1"):
        ip("link set %s down\nlink set %s name %s\nlink set %s up" % (
            name, name, other, other))


def line():
    node.apply(HEAD + RULES)
    node.apply(denied)


denied = OPEN.replace("rule add a ingress proto tcp dport 22 id 2\n", "").replace(
    "rule add a ingress proto udp dport 7000 id 4\n", "")
for why, change in ("the device was renamed, and back", rename), (
        "its line was gone, and is back", line):
    for seen in True, False:
        node = new_node("tap1", "tap2", "tap3", "qvb", "ext")
        node.apply(OPEN)
        flows = [Flow(*x) for x in each() if x[2] == "x"]
        for flow in flows:
            flow.begin()
        node.apply(denied)
        name = why + (": " if seen else ", no packet meanwhile: ")
        for flow in flows if seen else ():
            flow.check("its rule is gone", "x", "tap1 ingress [revoked]",
                       passes=False)
        change()
        node.count()
        for flow in flows:
            for who in "axax":
                flow.check(name + "stays revoked", who, "tap1 %s [revoked]" % (
                    "egress" if who == "a" else "ingress"), passes=False)
            for flags in "RSA" if flow.proto == "tcp" else "":
                flow.check(name + flags + " of the VM too", "a",
                           "tap1 egress [revoked]", flags, passes=False)
        node.apply(OPEN)
        node.count()
        for flow in flows:
            flow.goes_on(name + "the rule is back", "a")
t.done()
