#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""No two live bridges share a conntrack zone, whatever they are or were called,
what lines name a zone, and what is resumed: no fragment and no entry of one is
another's.

    tap1 = VM --+-- [br1] --- out1: who is outside      and so on, the same
    tap2 = VM --+-- [br2] --- out2                      addresses on each
"""
import socket
import struct

import frames as f
import genl
import harness
from harness import conntrack, ip

N = genl.N
VM, FAR = "02:00:00:00:00:01", "02:00:00:00:00:99"
ADDR = {4: ("10.1.0.2", "10.1.0.66"), 6: ("fd00::2", "fd00::66")}
RULES = """default drop tap*
group add g
rule add g egress proto udp dport 53 id 1
rule add g egress proto udp dport 9 id 2
"""
LINE = "port add tap%d mac " + VM + " ip 10.1.0.2 ip fd00::2 group g%s\n"
PORTS = 4

t = harness.start()


class Bridges:
    """by number; each has had a tap and an uplink of its number at first"""

    def __init__(self, count=3, config=None):
        harness.bare_netns()
        self.node = harness.Node(t, taps=(), bridge="unused")
        self.names = {}
        for i in range(1, count + 1):
            self.make(i, "br%d" % i)
            self.node.add("tap%d" % i, "br%d" % i)
            self.node.add("out%d" % i, "br%d" % i)
        self.apply(*config or [""] * PORTS)

    def make(self, i, name, index=""):
        ip("link add %s %s type bridge ageing_time 0 mcast_snooping 0\n"
           "link set %s up" % (name, index, name))
        self.names[i] = name

    def remake(self, i, name, index=""):
        """with its ports"""
        self.make(i, name, index)
        ip("link set tap%d master %s\nlink set out%d master %s" % (
            i, name, i, name))

    def delete(self, i):
        ip("link del " + self.names.pop(i))

    def rename(self, i, name):
        ip("link set %s down\nlink set %s name %s\nlink set %s up" % (
            self.names[i], self.names[i], name, name))
        self.names[i] = name

    def apply(self, *words):
        """@words: what is added to the lines of tap1, tap2..."""
        self.node.apply(RULES + "".join(LINE % (i + 1, word)
                                        for i, word in enumerate(words)))

    def zones(self):
        """number of the bridge -> its zone, by STATUS"""
        zones = self.node.genl.status()[2]
        return {i: zones[name] for i, name in self.names.items()
                if name in zones}

    def kept(self):
        """[(zone, name)], by ZONE_GET, of bridges that are gone too"""
        g, out = genl.Genl(), []
        for msg in g.request(g.family, N["BR_SG_CMD_ZONE_GET"], b"",
                             genl.NLM_F_DUMP):
            for kind, data in genl.attrs(msg):
                if kind == N["BR_SG_A_ZONE"]:
                    a = dict(genl.attrs(data))
                    out.append((
                        struct.unpack("=H", a[N["BR_SG_ZONE_A_ID"]])[0],
                        a[N["BR_SG_ZONE_A_BRIDGE"]][:-1].decode()))
        return out

    @staticmethod
    def udp(sender, dport=53, sport=1000):
        """a datagram of the VM's, or the answer, of both families"""
        frames = []
        for family, (vm, far) in ADDR.items():
            if sender == "tap":
                frames.append(f.packet(VM, FAR, vm, far, 17, f.udp(
                    vm, far, sport, dport)))
            else:
                frames.append(f.packet(FAR, VM, far, vm, 17, f.udp(
                    far, vm, dport, sport)))
        return frames

    def apart(self, name, live=None):
        """each bridge with a port has a zone, and no other has it; that is what
        is shown, with the names that they have, and what entries are in"""
        live = live or set(self.names)
        zones = self.zones()
        kept = self.kept()
        why = []
        if set(zones) != live or len(set(zones.values())) != len(zones):
            why.append("zones %s of %s" % (zones, self.names))
        for i, zone in zones.items():
            if [x for x in kept if x[0] == zone] != [(zone, self.names[i])] or \
                    len([x for x in kept if x[1] == self.names[i]]) != 1:
                why.append("bridge %s has zone %d in %s" % (
                    self.names[i], zone, kept))
        for i in zones:
            for frame in self.udp("tap"):
                came = self.node.send("tap%d" % i, frame)
                if [x for x in came if came[x]] != ["out%d" % i]:
                    why.append("bridge %d: came out at %s" % (i, came))
            lines = conntrack("zone=%d " % zones[i], "dport=53 ")
            if len(lines) != 2:
                why.append("%d entries in zone %d" % (len(lines), zones[i]))
        t.ok(not why, name, *why)

    def close(self):
        self.node.sgctl("flush")
        for name in list(self.node.taps):
            self.node.remove(name)


def fragments(frame, ident):
    """IPv6's first is as long as those that conntrack cuts again"""
    if frame[12:14] == b"\x86\xdd":
        return f.fragments6(frame, 1240, ident)
    return f.fragments4(frame[:18] + ident.to_bytes(2, "big") + frame[20:], 760)


def strangers(b, one, other, name):
    """a datagram half of which is sent on bridge @one and half on @other comes
    out nowhere, and what one opened is not open on the other"""
    node = b.node
    strangers.ident += 1
    ident = strangers.ident
    for family, (vm, far) in ADDR.items():
        whole = f.packet(VM, FAR, vm, far, 17, f.udp(
            vm, far, ident, 9, b"secret" * 200 + b"x" * 264))
        first, *rest = fragments(whole, ident)
        came = node.send("tap%d" % one, first)
        after = node.send("tap%d" % other, *rest)
        t.ok(not any(came.values()) and not any(after.values()),
             "%s: IPv%d: no fragment completes another bridge's" % (
                 name, family), came, after)
        came = node.send("tap%d" % one, *rest)["out%d" % one]
        t.equal([len(x) for x in came], [len(x) for x in (first, *rest)],
                "%s: IPv%d: and its own do" % (name, family))
    far = "out%d" % other
    for frame, answer in zip(b.udp("tap", 9, ident), b.udp("out", 9, ident)):
        t.ok(node.send("tap%d" % one, frame)["out%d" % one] == [frame],
             name + ": a flow is opened")
        node.count()
        node.check(name + ": and has no answers on the other bridge", far,
                   answer, counts="tap%d ingress [no-rule]" % other)
        node.check(name + ": but on its own", "out%d" % one, answer,
                   to=["tap%d" % one],
                   counts="tap%d ingress established" % one)


strangers.ident = 2000

# a bridge is renamed, another takes its name, a third comes, and nobody has
# sent anything: there are no entries that could tell
b = Bridges(1)
b.rename(1, "old")
for i, name in (2, "br1"), (3, "br3"):
    b.make(i, name)
    b.node.add("tap%d" % i, name)
    b.node.add("out%d" % i, name)
for one, other in (1, 2), (1, 3), (2, 3), (3, 1):
    strangers(b, one, other, "bridges %d and %d" % (one, other))
b.apart("three bridges, one renamed")
b.close()

# the same while frames come and go
b = Bridges(1)
b.apart("one bridge")
first = b.zones()[1]
b.rename(1, "old")
t.equal(b.zones(), {1: first}, "a bridge that is renamed keeps its zone")
b.make(2, "br1")
b.node.add("tap2", "br1")
b.node.add("out2", "br1")
b.apart("another has its name")
b.make(3, "br3")
b.node.add("tap3", "br3")
b.node.add("out3", "br3")
b.apart("a third comes")
b.close()

# names go round
b = Bridges(3)
before = b.zones()
b.apart("three bridges")
b.rename(1, "tmp")
b.rename(2, "br1")
b.rename(3, "br2")
b.rename(1, "br3")
b.apart("names in a circle")
t.equal(b.zones(), before, "each has the zone that it had")
strangers(b, 1, 3, "names in a circle")
b.make(4, "br4")
b.node.add("tap4", "br4")
b.node.add("out4", "br4")
b.apart("a fourth comes")

# what is not there any more waits under the last name that it had
gone = b.zones()[1]
b.delete(1)
b.apart("one is deleted")
t.ok((gone, "br3") in b.kept(), "its zone waits under its last name", b.kept())
b.remake(1, "br1x")
b.apart("another takes its ports")
t.ok(b.zones()[1] != gone, "and not its zone")
b.delete(1)
b.remake(1, "br3")
b.apart("one of its name comes")
t.equal(b.zones()[1], gone, "and has its zone")
b.delete(1)
b.rename(4, "br3")
b.apart("one that has a zone is given the name")
t.ok(gone not in [x[0] for x in b.kept()],
     "nothing waits for the name any more", b.kept())
b.remake(1, "br9")
b.apart("yet another comes")
t.ok(b.zones()[1] != gone,
     "it has not what has just been left: fragments may be there")
b.close()

# a bridge without ports is live all the same
b = Bridges(2)
before = b.zones()
ip("link set tap1 nomaster\nlink set out1 nomaster")
b.rename(1, "lone")
b.make(3, "br1")
b.node.add("tap3", "br1")
b.node.add("out3", "br1")
b.apart("a bridge without ports has lost its name to another", {2, 3})
ip("link set tap1 master lone\nlink set out1 master lone")
b.apart("its ports are back")
t.equal(b.zones()[1], before[1], "and its zone is as before")
ip("link set tap1 nomaster\nlink set out1 nomaster\nlink del lone")
del b.names[1]
b.remake(1, "br5")
b.apart("it is gone, and another has its ports")
t.ok(b.zones()[1] != before[1], "and another zone")
index = socket.if_nametoindex("br5")
was = b.zones()[1]
b.delete(1)
b.remake(1, "br6", "index %d" % index)
b.apart("one of the same number, under another name")
t.ok(b.zones()[1] != was, "and another zone again")
b.close()

# given zones
b = Bridges(3, [" zone 7", "", "", ""])
t.equal(b.zones()[1], 7, "a line names the zone")
b.apart("a zone is given")
b.rename(1, "old")
b.rename(2, "br1")
b.apply(" zone 7", " zone 7", " zone 7", "")
b.apart("two lines name that of another bridge", {1})
t.equal(b.zones(), {1: 7}, "who has it keeps it")
b.node.count()
b.node.check("the others are blocked", "tap2", b.udp("tap")[0],
             counts="tap2 egress [zone]")
b.apply("", " zone 7", "", "")
t.equal(b.zones()[1], 7, "a bridge keeps what it was given")
b.apart("its line names it no more", {1, 3})
auto = b.zones()[3]
b.apply(" zone %d" % auto, " zone 8", "", "")
b.apart("a line names what another bridge has chosen", {2, 3})
t.equal((b.zones()[2], b.zones()[3]), (8, auto), "who has chosen it keeps it")
b.apply(" zone 8", " zone 7", "", "")
b.apart("two bridges change zones at once")
t.equal((b.zones()[1], b.zones()[2]), (8, 7), "as their lines say")
b.apply(" zone 8", " zone 9", " zone 7", "")
b.apart("one goes on, another takes its place")
b.delete(1)
b.apply("", " zone 8", "", "")
b.apart("the zone of one that is gone")
b.remake(1, "old")
b.apart("which comes back")
t.ok(b.zones()[1] not in (7, 8), "and has another", b.zones())
strangers(b, 1, 2, "who has come back")
b.close()

# resumed ones
b = Bridges(3)
b.rename(1, "old")
b.rename(2, "br1")


def zone(name, number):
    return genl.attr(N["BR_SG_A_ZONE"] | 0x8000, genl.attr(
        N["BR_SG_ZONE_A_BRIDGE"], name.encode() + b"\0") + genl.attr(
            N["BR_SG_ZONE_A_ID"], struct.pack("=H", number)))


def resume(*zones, port=None):
    g = genl.Genl()
    g.request(g.family, N["BR_SG_CMD_BEGIN"])
    if port:
        g.request(g.family, N["BR_SG_CMD_PORT_NEW"], genl.attr(
            N["BR_SG_A_OP"], b"\1") + genl.attr(
                N["BR_SG_A_PORT"] | 0x8000,
                genl.attr(N["BR_SG_PORT_A_DEV"], port.encode() + b"\0") +
                genl.attr(N["BR_SG_PORT_A_MAC"], f.mac(VM))))
    g.request(g.family, N["BR_SG_CMD_ZONE_RESUME"], b"".join(
        zone(*x) for x in zones))
    g.request(g.family, N["BR_SG_CMD_COMMIT"])


before = b.zones()
resume(("br1", before[1]), ("br2", before[2]), ("later", before[3]),
       ("old", 300), ("br3", 301), ("later", 302), ("later", 303))
t.equal(b.zones(), before, "a live bridge keeps its zone, whatever is resumed")
b.apart("zones are resumed")
t.equal([x for x in b.kept() if x[0] not in before.values()], [(302, "later")],
        "what is resumed waits for its bridge")
b.rename(1, "later")
b.apart("a live bridge takes the name that it waits for")
t.equal(b.zones(), before, "and keeps its zone")
saved = b.kept()
b.node.sgctl("flush")
t.ok(harness.unload_module() and harness.load_module(), "the module is new")
b.node.genl = genl.Genl()
resume(*[(name, number) for number, name in saved], port="tap1")
b.apply("", "", "", "")
t.equal(b.zones(), before, "each bridge has what was shown of it")
b.apart("after it is resumed")
b.close()
t.done()
