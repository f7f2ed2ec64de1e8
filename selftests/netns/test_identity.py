#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a port has revoked stays revoked, whatever happens to its device: who a
device is goes with its instance, its name and its port line, and not with its
bridge. A connection that is still allowed goes on.

    tap1 = VM --+-- [br0] --- qvb: who is outside
"""
import json
import os
import time

import frames as f
import harness
from harness import ip

VM, FAR = "02:00:00:00:00:01", "02:00:00:00:00:99"
ADDR = {4: ("10.1.0.2", "10.9.0.7"), 6: ("fd00::2", "fd09::7")}
PORT = "port add tap1 mac %s ip 10.1.0.2 ip fd00::2 group %%s\n" % VM
# what is taken away is port 80; 81 stays, and the other side may send anything
RULE = "rule add %s %s proto %s dport 80 id %d\n"
STAYS = "rule add %s %s proto tcp dport 81 id 1\nrule add %s %s id 9\n"
BRIDGE = "link add br0 type bridge ageing_time 0 mcast_snooping 0\n" \
    "link set br0 up\nlink set tap1 master br0\nlink set qvb master br0"
OTHER = {"ingress": "egress", "egress": "ingress"}

t = harness.start()


class Flow:
    sport = 4000

    def __init__(self, proto, family, way, dport=80):
        Flow.sport += 1
        self.proto, self.family, self.way = proto, family, way
        self.ports = Flow.sport, dport
        vm, far = ADDR[family]
        self.ends = (far, vm) if way == "ingress" else (vm, far)
        self.opener = "qvb" if way == "ingress" else "tap1"
        self.name = "IPv%d %s %s" % (family, proto, way)

    def to(self, sender):
        return "tap1" if sender == "qvb" else "qvb"

    def packet(self, sender, flags="A", data=b"x", seq=2, ack=2):
        mine = sender == self.opener
        src, dst = self.ends if mine else self.ends[::-1]
        ports = self.ports if mine else self.ports[::-1]
        macs = (VM, FAR) if sender == "tap1" else (FAR, VM)
        if self.proto == "udp":
            return f.packet(*macs, src, dst, 17, f.udp(src, dst, *ports))
        return f.packet(*macs, src, dst, 6, f.tcp(
            src, dst, *ports, flags, seq, ack if "A" in flags else 0, data))

    def open(self, node):
        """every frame of its beginning comes out"""
        answerer = self.to(self.opener)
        steps = [(self.opener, "S", b"", 1), (answerer, "SA", b"", 1),
                 (self.opener, "A", b"x", 2), (answerer, "A", b"x", 2)]
        return all(node.send(sender, self.packet(sender, flags, data, seq))
                   [self.to(sender)] for sender, flags, data, seq in steps)

    def counter(self, sender, what):
        return "tap1 %s %s" % ("egress" if sender == "tap1" else "ingress",
                               what)


def cut(node, flow, name, *flags):
    """a packet of either side is dropped; of TCP all of @flags are, too"""
    for flag in flags if flow.proto == "tcp" else ("A",):
        for sender in "tap1", "qvb":
            node.check("%s: %s: %s by %s is dropped" % (flow.name, name, flag,
                                                        sender),
                       sender, flow.packet(sender, flag, b"x" if flag == "A"
                                           else b""),
                       counts=flow.counter(sender, "[revoked]"))


def rejoin(node):
    ip("link set tap1 nomaster\nlink set tap1 master br0")


def other_bridge(node):
    ip("link add br1 type bridge ageing_time 0 mcast_snooping 0\n"
       "link set br1 up\nlink set tap1 nomaster\nlink set tap1 master br1\n"
       "link set tap1 master br0\nlink del br1")


def down_up(node):
    ip("link set tap1 down\nlink set tap1 up")


def bridge_anew(node):
    ip("link del br0\n" + BRIDGE)


def bridge_renamed(node):
    ip("link set br0 down\nlink set br0 name br7\nlink set br7 up\n"
       "link set br7 down\nlink set br7 name br0\nlink set br0 up")


def netns(node):
    here = harness.netns_fd()
    harness.bare_netns()
    there = harness.netns_fd()
    harness.enter(here)
    ip("link set tap1 netns /proc/%d/fd/%d" % (os.getpid(), there))
    harness.enter(there)
    ip("link set tap1 netns /proc/%d/fd/%d" % (os.getpid(), here))
    harness.enter(here)
    os.close(there)
    ip("link set tap1 up master br0")


def rename(node):
    ip("link set tap1 down\nlink set tap1 name vm1\nlink set vm1 up\n"
       "link set vm1 down\nlink set vm1 name tap1\nlink set tap1 up")


def rename_away(node):
    """and comes back to its name while it is on no bridge"""
    ip("link set tap1 down\nlink set tap1 name vm1\nlink set vm1 nomaster\n"
       "link set vm1 name tap1\nlink set tap1 up master br0")


def line_at_once(node):
    node.sgctl("-b", "-", stdin="port del tap1\n" + node.port)


def line_twice(node):
    node.sgctl("port", "del", "tap1")
    node.sgctl("-b", "-", stdin=node.port)


def line_while_away(node):
    ip("link set tap1 nomaster")
    node.sgctl("-b", "-", stdin="port del tap1\n" + node.port)
    ip("link set tap1 master br0")


# event, does the port stay who it was?
EVENTS = [("left and rejoined", rejoin, True),
          ("on another bridge and back", other_bridge, True),
          ("down and up", down_up, True),
          ("the bridge made anew", bridge_anew, True),
          ("the bridge renamed and back", bridge_renamed, True),
          ("renamed and back", rename, True),
          ("renamed, away and back", rename_away, True),
          ("its line anew in one transaction", line_at_once, True),
          ("its line anew while it is away", line_while_away, True),
          ("in another netns and back", netns, False),
          ("its line anew in two transactions", line_twice, False)]


def node_of(way):
    harness.bare_netns()
    node = harness.Node(t, taps=("tap1", "qvb"))
    node.port = PORT % "g"
    node.rules = [RULE % ("g", way, "tcp", 2), RULE % ("g", way, "udp", 3)]
    node.head = "default drop tap*\ngroup add g\n" + \
        STAYS % ("g", way, "g", OTHER[way])
    node.apply(node.head + "".join(node.rules) + node.port)
    return node


def serial(node):
    return json.loads(node.sgctl("-j", "port", "show", "tap1").stdout)[
        0].get("serial")


def configure(node, rules):
    node.sgctl("apply", "-", stdin=node.head + "".join(rules) + node.port)


for event, do, same in EVENTS:
    for way in OTHER:
        node = node_of(way)
        flows = [Flow(p, v, way) for p in ("tcp", "udp") for v in ADDR]
        stays = [Flow("tcp", v, way, 81) for v in ADDR]
        t.ok(all([x.open(node) for x in flows + stays]),
             "%s, %s: connections are made" % (event, way))
        configure(node, [])
        for flow in flows:
            cut(node, flow, "the rule is gone", "A")
        before = serial(node)
        do(node)
        if same:
            t.equal(serial(node), before, event + ": it is who it was")
        else:
            t.ok(serial(node) != before, event + ": it is another")
        # a new line counts from nothing
        node.count()
        for flow in flows:
            cut(node, flow, event, "A", "R", "F", "S", "SA", "A")
        for flow in stays if same else ():
            for sender in flow.opener, flow.to(flow.opener):
                node.check("%s: %s: what is allowed goes on, by %s" % (
                    flow.name, event, sender), sender, flow.packet(sender),
                    to=[flow.to(sender)],
                    counts=flow.counter(sender, "established"))
        do(node)
        node.count()
        for flow in flows:
            cut(node, flow, event + " once more", "A")
        configure(node, node.rules)
        for flow in flows if same else ():
            for sender in flow.opener, flow.to(flow.opener):
                node.check("%s: %s: the rule is back, by %s" % (
                    flow.name, event, sender), sender, flow.packet(sender),
                    to=[flow.to(sender)],
                    counts=flow.counter(sender, "established"))
        for name in list(node.taps):
            node.remove(name)

# nobody has sent anything since the rule is gone: the word is as it was
SILENT = [("left", "link set tap1 nomaster", "link set tap1 master br0"),
          ("deleted", "link del br0", BRIDGE),
          ("renamed", "link set tap1 down\nlink set tap1 name vm1\nlink set vm1 up",
           "link set vm1 down\nlink set vm1 name tap1\nlink set tap1 up")]
for event, begin, end in SILENT:
    for way in OTHER:
        node = node_of(way)
        flows = [Flow(p, v, way) for p in ("tcp", "udp") for v in ADDR]
        t.ok(all([x.open(node) for x in flows]),
             "%s, %s: connections are made" % (event, way))
        ip(begin)
        configure(node, [])
        ip(end)
        node.count()
        for flow in flows:
            cut(node, flow, event + " when the rule went", "R", "A")
        for name in list(node.taps):
            node.remove(name)

# on another bridge when the rule went: its entries on the first know it not
node = node_of("ingress")
ip("link add br1 type bridge ageing_time 0 mcast_snooping 0\nlink set br1 up")
flows = [Flow(p, v, "ingress") for p in ("tcp", "udp") for v in ADDR]
t.ok(all([x.open(node) for x in flows]), "connections are made")
ip("link set tap1 master br1")
configure(node, [])
ip("link set tap1 master br0")
node.count()
for flow in flows:
    cut(node, flow, "on another bridge when the rule went", "R", "A")
for name in list(node.taps):
    node.remove(name)

# a new instance of the name is nobody: what was revoked may not come to life
# by its first packet, nor by what would end the entry
node = node_of("ingress")
flows = [Flow(p, v, "ingress") for p in ("tcp", "udp") for v in ADDR]
t.ok(all([x.open(node) for x in flows]), "connections are made")
configure(node, [])
for flow in flows:
    cut(node, flow, "the rule is gone", "A")
node.remove("tap1")
node.add("tap1")
node.count()
for flow in flows:
    cut(node, flow, "the next device of the name", "A", "R", "S", "A")
node.remove("tap1")
ip("link del br0")
ip("link add br0 type bridge ageing_time 0 mcast_snooping 0\n"
   "link set br0 up\nlink set qvb master br0")
node.add("tap1")
node.count()
for flow in flows:
    cut(node, flow, "on the bridge made anew", "R", "A")

for name in list(node.taps):
    node.remove(name)

# who wrote that the flow is revoked is no more, and the first packet afterwards is
# one that would end the entry, and that the port which has the address now is not
# handed: the frame is to another MAC, or no packet of the port has shown who it is
NOBODY = "02:00:00:00:00:55"


def elsewhere(frame):
    return f.mac(NOBODY) + frame[6:]


for event, do, same in EVENTS:
    if same:
        continue
    for way in OTHER:
        node = node_of(way)
        flows = [Flow("tcp", v, way) for v in ADDR]
        t.ok(all([x.open(node) for x in flows]),
             "%s, %s: connections are made" % (event, way))
        configure(node, [])
        for flow in flows:
            cut(node, flow, "the rule is gone", "A")
        do(node)
        for flow in flows:
            for flag in "R", "S", "F", "R", "SA", "S":
                came = node.send("qvb", elsewhere(flow.packet("qvb", flag, b"")))
                t.ok(not came["tap1"], "%s: %s: %s to another MAC" % (
                    flow.name, event, flag), came)
        node.count()
        for flow in flows:
            cut(node, flow, event + ", then R and S to another MAC", "A", "S", "A")
        do(node)
        node.count()
        for flow in flows:
            for flag in "S", "R", "S":
                node.check("%s: %s once more: %s by qvb, first of all" % (
                    flow.name, event, flag), "qvb", flow.packet("qvb", flag, b""),
                    counts=flow.counter("qvb", "[revoked]"))
            cut(node, flow, event + ", then R and S", "A")
        # what the rules allow again is a connection like any other
        do(node)
        configure(node, node.rules)
        for flow in flows:
            t.ok(flow.open(node), "%s: %s, the rule is back: the same ports again" %
                 (flow.name, event))
        for name in list(node.taps):
            node.remove(name)

# the same, the far end a guarded port of the bridge, which has a word of its own
class Neighbour(Flow):
    def __init__(self, *args):
        super().__init__(*args)
        if self.opener == "qvb":
            self.opener = "tap2"

    def to(self, sender):
        return "tap1" if sender == "tap2" else "tap2"


for way in OTHER:
    for flags in ("R", "S"), ("S", "F"), ("SA", "R"):
        node = node_of(way)
        node.add("tap2")
        node.head += "group add h\nrule add h egress\nrule add h ingress\n" \
            "port add tap2 mac %s ip 10.9.0.7 ip fd09::7 group h\n" % FAR
        configure(node, node.rules)
        flows = [Neighbour("tcp", v, way) for v in ADDR]
        t.ok(all([x.open(node) for x in flows]),
             "%s, by a guarded port: connections are made" % way)
        configure(node, [])
        for flow in flows:
            node.send("tap2", flow.packet("tap2"))
        line_twice(node)
        for flow in flows:
            name = "%s: its line anew, %s by a guarded port" % (
                flow.name, " and ".join(flags))
            came = [node.send("tap2", elsewhere(flow.packet("tap2", x, b"")))
                    for x in flags]
            t.ok(not any(x["tap1"] for x in came), name + ", to another MAC", came)
            came = [node.send("tap2", flow.packet("tap2", x, b"")) for x in flags]
            t.ok(not any(x["tap1"] for x in came), name, came)
            came = node.send("tap1", flow.packet("tap1"))
            t.ok(not came["tap2"] and not came["qvb"],
                 name + ", then data by tap1", came)
        configure(node, node.rules)
        for flow in flows:
            t.ok(flow.open(node), flow.name + ": the rule is back: the same ports "
                 "again, by a guarded port")
        for name in list(node.taps):
            node.remove(name)

# what it has opened on one bridge counts on the next, too
node = node_of("egress")
node.port = node.port.replace("tap1", "tap1 ct-limit 20")
configure(node, node.rules)
harness.sysctl("net.netfilter.nf_conntrack_udp_timeout", 3600)


def opened(n):
    """how many of @n new flows come out"""
    return sum(len(node.send("tap1", Flow("udp", 4, "egress").packet("tap1"))
                   ["qvb"]) for _ in range(n))


t.equal(opened(12), 12, "flows are opened")
ip("link add br1 type bridge ageing_time 0 mcast_snooping 0\nlink set br1 up\n"
   "link set tap1 master br1\nlink set qvb master br1")
some = opened(4)
# a recount may take place, or not
time.sleep(2)
t.equal(some + opened(40), 8, "on another bridge as many as are left")
ip("link set tap1 master br0\nlink set qvb master br0")
time.sleep(2)
t.equal(opened(20), 0, "and none when it is back")

# a renamed device is blocked, on whatever bridge
ip("link set tap1 down\nlink set tap1 name vm1\nlink set vm1 up")
udp = Flow("udp", 4, "egress")


def blocked(name):
    before = node.genl.status()[0]
    came = node.send("tap1", udp.packet("tap1"))["qvb"]
    t.ok(not came and node.genl.status()[0] == before + 1, name, came)


blocked("a renamed device is blocked")
ip("link set vm1 nomaster\nlink set vm1 master br0")
blocked("and stays so when it leaves the bridge and comes back")
ip("link set vm1 nomaster\nlink set vm1 down\nlink set vm1 name vm2\n"
   "link set vm2 up master br0")
blocked("and when it is renamed meanwhile")
node.sgctl("port", "del", "tap1")
blocked("and when the line of its old name is gone")
ip("link set vm2 nomaster\nlink set vm2 master br0")
blocked("and then leaves and comes back")
node.sgctl("port", "add", "vm2", "off")
t.ok(node.send("tap1", udp.packet("tap1"))["qvb"], "until a port line names it")
node.sgctl("flush")
t.done()
