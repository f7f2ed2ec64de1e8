#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Conntrack entries that were in the zone before br_sg was have no room for what
its ports decide. What the rules allow of them goes on, tracked anew.

    tap1 = VM A --+
    tap2 = VM B --+-- [br0] --+-- qvb: who is outside
                              +-- ext: takes a copy of everything
"""
import frames as f
import harness
from harness import conntrack, sh

MAC = {"a": "02:00:00:00:00:01", "x": "02:00:00:00:00:99"}
ADDR = {4: dict(a="10.1.0.2", x="10.9.0.7"), 6: dict(a="fd00::2", x="fd09::7")}
TAP = {"a": "tap1", "x": "qvb"}
OTHER = {"a": "x", "x": "a"}
WAY = {"a": "egress", "x": "ingress"}
RULE = {("tcp", "a"): (80, 1), ("tcp", "x"): (22, 2),
        ("udp", "a"): (53, 3), ("udp", "x"): (7000, 4)}
CONFIG = """default drop tap*
group add a
group add b
rule add b ingress id 1
rule add a egress proto tcp dport 80 id 1
rule add a ingress proto tcp dport 22 id 2
rule add a egress proto udp dport 53 id 3
rule add a ingress proto udp dport 7000 id 4
rule add a ingress proto icmp id 5
rule add a ingress proto icmpv6 id 6
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 group a zone 77
port add tap2 mac 02:00:00:00:00:02 ip 10.1.0.4 ip fd00::4 group b zone 77
"""
STRICT = CONFIG.replace("group a zone 77", "group a zone 77 strict")
# somebody else's way to track what comes by a bridge
TRACKED = """table bridge other {
	chain zone {
		type filter hook prerouting priority -250;
		ct zone set 77
	}
	chain state {
		type filter hook prerouting priority 0;
		ct state new accept
	}
}
"""

t = harness.start()


class Flow:
    last = 20000

    def __init__(self, v, proto, opener, port=None):
        Flow.last += 1
        self.v, self.proto, self.opener = v, proto, opener
        self.port, self.rule = RULE[proto, opener]
        self.ports = Flow.last, port or self.port
        self.name = "IPv%d, %s from %s: " % (v, proto.upper(), {
            "a": "the VM", "x": "outside"}[opener])

    def packet(self, sender, flags="A"):
        ports = self.ports if sender == self.opener else self.ports[::-1]
        s, d = ADDR[self.v][sender], ADDR[self.v][OTHER[sender]]
        if self.proto == "udp":
            data = 17, f.udp(s, d, *ports)
        else:
            data = 6, f.tcp(s, d, *ports, flags, 1 if "S" in flags else 2,
                            2 if "A" in flags else 0,
                            b"" if "S" in flags else b"x")
        return f.packet(MAC[sender], MAC[OTHER[sender]], s, d, *data)

    def begin(self):
        for who, flags in ((self.opener, "S"), (OTHER[self.opener], "SA"),
                           (self.opener, "A")):
            node.send(TAP[who], self.packet(who, flags))

    def check(self, why, sender, what, passes=True):
        out = node.send(TAP[sender], self.packet(sender))
        came = bool(out[TAP[OTHER[sender]]])
        moved = {" ".join(k): n for k, n in node.count().items()
                 if k[0] == "tap1"}
        t.equal((came, moved), (passes, {"tap1 %s %s" % (
            WAY[sender], what): 1}), self.name + why)

    def entries(self):
        return conntrack("sport=%d " % self.ports[0])


def before(config, *ports):
    """a node with entries of before, and what they are of"""
    global node
    harness.new_netns()
    node = harness.Node(t, taps=("tap1", "tap2", "qvb", "ext"))
    r = sh("nft", "-f", "-", stdin=TRACKED, check=False)
    if r.returncode:
        t.skip("entries of before", "nft cannot make them: " + r.stderr[:80])
        t.done()
    flows = [Flow(v, proto, opener, port) for v in ADDR
             for proto in ("tcp", "udp") for opener in ("a", "x")
             for port in ports or (None,)]
    for flow in flows:
        flow.begin()
        t.ok(len(flow.entries()) == 1 and "zone=77" in flow.entries()[0],
             flow.name + "an entry in the zone", *flow.entries())
    sh("nft", "delete table bridge other")
    node.apply(config)
    node.count()
    return flows


for first in "opener", "answerer":
    for flow in before(CONFIG):
        opener, answerer = flow.opener, OTHER[flow.opener]
        name = "the %s speaks first: " % first
        if first == "answerer":
            # the VM's answers are its own; of what comes to it, its entry says
            # no more than that somebody sent in its name
            if answerer == "a":
                flow.check(name + "it answers", "a", "established")
            else:
                for i in range(2):
                    flow.check(name + "nothing says that the VM asked", "x",
                               "[no-rule]", False)
        if first == "opener" or answerer == "x":
            flow.check(name + "as new", opener, "a %d" % flow.rule)
        for i in range(2):
            flow.check(name + "the opener", opener, "established")
            flow.check(name + "the answerer", answerer, "established")
        t.equal(len(flow.entries()), 1, flow.name + name + "one entry")

# what no rule allows does not go on, nor is its entry touched
for flow in before(CONFIG, 99):
    for who in "axax":
        flow.check("no rule allows it", who, "[no-rule]", False)
    t.equal(len(flow.entries()), 1, flow.name + "its entry stays")

# strict: what is not known is not taken up
for flow in before(STRICT):
    if flow.proto == "tcp":
        for who in "ax":
            flow.check("strict", who, "[invalid]", False)
    else:
        flow.check("strict", flow.opener, "a %d" % flow.rule)

# a message about it neither passes nor ends it
for flow in before(CONFIG):
    quoted = flow.packet("a")[14:14 + 68]
    s, d = ADDR[flow.v]["x"], ADDR[flow.v]["a"]
    data = (1, f.icmp(3, 1, b"\0" * 4, quoted)) if flow.v == 4 else (
        58, f.icmp6(s, d, 1, 0, b"\0" * 4 + quoted))
    node.check(flow.name + "a message about it", "qvb",
               f.packet(MAC["x"], MAC["a"], s, d, *data),
               to=["tap2", "ext"] if 0 else ["ext"],
               counts=["tap1 ingress [invalid]", "tap2 ingress [invalid]"])
    t.equal(len(flow.entries()), 1, flow.name + "its entry stays")

# the copy that another port gets does not end it either
for flow in before(CONFIG, 99):
    if flow.opener == "x":
        out = node.send("qvb", flow.packet("x"))
        t.equal((len(out["tap1"]), len(out["tap2"]), len(flow.entries())),
                (0, 1, 1), flow.name + "a copy elsewhere passes by its rule")
        t.ok("zone=77" in flow.entries()[0], flow.name + "its entry stays")
t.done()
