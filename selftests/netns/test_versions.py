#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What judges a port's flows again, and what leaves them alone: a member that is lost
moves the policy version of the ports whose rules name its group, one that comes does
not, and lets pass what was revoked all the same. Nobody else's version moves."""
import json

import frames as f
import harness

FAR, VM = "02:00:00:00:00:99", "02:00:00:00:00:01"
DST = {4: "10.1.0.2", 6: "fd00::2"}
# by hand; of one local port; of two local ports
HAND, ONE, TWO = ({4: "10.2.0.%d" % i, 6: "fd02::%x" % i} for i in (1, 2, 3))
CONFIG = """
group add peers
group add web
rule add web ingress id 1 proto udp dport 7000 remote group peers
rule add web ingress id 2 proto udp dport 7001 remote set jump
set add jump 10.3.0.0/16 fd03::/64
group add other
rule add other ingress id 1 proto udp dport 7000
port add tap1 mac %s ip 10.1.0.2 ip fd00::2 group web
port add tap2 mac 02:00:00:00:00:02 ip 10.1.0.3 group other
""" % VM


def absent(dev, mac, member):
    return "port add %s mac 02:00:00:00:01:%02x ip %s ip %s group peers" % (
        dev, mac, member[4], member[6])


JUMP = "set replace jump 10.3.0.0/16 fd03::/64"
t = harness.start()
node = harness.Node(t, taps=("tap1", "qvb"))
# another's, on a bridge of its own
harness.ip("link add br1 type bridge\nlink set br1 up")
node.add("tap2", "br1")
node.apply(CONFIG)


def versions():
    ports = json.loads(node.sgctl("-j", "port", "show").stdout)
    return {p["dev"]: p["policy_version"] for p in ports if "policy_version" in p}


class Flow:
    """of a member to the VM, opened at once"""
    sport = 2000

    def __init__(self, member, family, dport=7000):
        Flow.sport += 1
        self.name, self.dport, self.sport = "IPv%d" % family, dport, Flow.sport
        self.src, self.dst = member[family], DST[family]
        node.check("%s from %s opens" % (self.name, self.src), "qvb", self.frame(),
                   to=("tap1",), counts="tap1 ingress " + self.rule())
        node.before = None

    def rule(self):
        return "web %d" % (self.dport - 6999)

    def frame(self, back=False):
        a, b = ("dst", "src") if back else ("src", "dst")
        src, dst = getattr(self, a), getattr(self, b)
        ports = (self.dport, self.sport) if back else (self.sport, self.dport)
        macs = (VM, FAR) if back else (FAR, VM)
        return f.packet(*macs, src, dst, 17, f.udp(src, dst, *ports))

    def goes(self, what, passes=True):
        for back in (False, True):
            name = "%s: %s: %s" % (self.name, what, "answer" if back else "packet")
            node.before = None
            where = "tap1 egress" if back else "tap1 ingress"
            if passes:
                node.check(name, "tap1" if back else "qvb", self.frame(back),
                           to=("qvb",) if back else ("tap1",),
                           counts=where + " established")
            else:
                node.check(name, "tap1" if back else "qvb", self.frame(back),
                           counts=where + " [revoked]")


def change(what, *lines, moves=False):
    """@lines in one transaction; tap1's version moves by one, or none does"""
    before = versions()
    node.sgctl("-b", "-", stdin="\n".join(lines) + "\n")
    want = dict(before)
    if moves:
        want["tap1"] += 1
    after = versions()
    t.ok({d: after.get(d) for d in ("tap1", "tap2")} ==
         {d: want.get(d) for d in ("tap1", "tap2")},
         "%s: %s" % (what, "tap1 judges again" if moves else "nobody judges again"),
         "before %s" % before, "after  %s" % after)


for v in (4, 6):
    tag = "IPv%d" % v
    change(tag + ": a member by hand comes", "member add peers " + HAND[v])
    flow = Flow(HAND, v)
    change(tag + ": another comes", "member add peers " + {4: "10.2.9.9", 6: "fd02::9:9"}[v])
    flow.goes("another member has come")
    change(tag + ": the other is lost", "member del peers " +
           {4: "10.2.9.9", 6: "fd02::9:9"}[v], moves=True)
    flow.goes("the other was lost")
    change(tag + ": it is lost itself", "member del peers " + HAND[v], moves=True)
    flow.goes("lost", passes=False)
    flow.goes("lost, once more", passes=False)
    change(tag + ": it comes back", "member add peers " + HAND[v])
    flow.goes("back without a version")
    change(tag + ": goes and comes in one transaction",
           "member del peers " + HAND[v], "member add peers " + HAND[v])
    flow.goes("gone and come at once")
    # two members in one transaction: one comes, one is lost
    change(tag + ": one for the other", "member del peers " + HAND[v],
           "member add peers " + {4: "10.2.8.8", 6: "fd02::8:8"}[v], moves=True)
    flow.goes("another in its place", passes=False)
    change(tag + ": as it was", "member add peers " + HAND[v])
    flow.goes("back beside the other")

    # a set: what it covers with another prefix counts as lost, to be sure
    jump = Flow({4: "10.3.0.7", 6: "fd03::7"}, v, 7001)
    change(tag + ": a set gets more", JUMP + " 10.4.0.0/16 fd04::/64")
    jump.goes("the set has more")
    change(tag + ": a set has less", JUMP, moves=True)
    jump.goes("the set has less")

# what local ports bring
change("a local port comes", absent("pc1", 1, ONE))
change("and two with one address", absent("pc2", 2, TWO), absent("pc3", 3, TWO))
flows = [Flow(ONE, 4), Flow(ONE, 6)], [Flow(TWO, 4), Flow(TWO, 6)]
change("one of two goes", "port del pc2")
for flow in flows[1]:
    flow.goes("the other port brings it still")
change("its line changes, and not its addresses", "port set pc3 strict")
change("the last goes", "port del pc3", moves=True)
for flow in flows[1]:
    flow.goes("no port brings it", passes=False)
for flow in flows[0]:
    flow.goes("it is another's")
change("by hand what a port brings", "member add peers %s %s" % (ONE[4], ONE[6]))
change("and the port goes", "port del pc1")
for flow in flows[0]:
    flow.goes("it is there by hand")
change("and by hand no more", "member del peers %s %s" % (ONE[4], ONE[6]), moves=True)
for flow in flows[0]:
    flow.goes("it is nobody's", passes=False)
change("a port brings them again", absent("pc4", 4, ONE))
for flow in flows[0]:
    flow.goes("back with a port")
change("another address takes its place",
       "port set pc4 ip %s ip %s" % (TWO[4], TWO[6]), moves=True)
for flow in flows[0]:
    flow.goes("the port has others", passes=False)
for flow in flows[1]:
    flow.goes("and brings these")
# a port line is a version of its own port
before = versions()
node.sgctl("port", "set", "tap2", "strict")
after = versions()
t.ok(after["tap2"] == before["tap2"] + 1 and after["tap1"] == before["tap1"],
     "a port's own line is its own version", before, after)
t.done()
