#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the rules decide packet by packet: a port without state, and a frame that is
flooded to a port though it is another's or a multicast group's. The rule's counter
is exact, whatever order the packets come in, whichever processor has them and
whatever is committed meanwhile; and nothing of it opens a flow.

    tap1 = VM A --+
    tap2 = VM B --+-- [br0] -- qvb
"""
import os
import threading

import frames as f
import harness
from harness import Queue, conntrack, sh

VM, VM2, FAR, NONE = ("02:00:00:00:00:01", "02:00:00:00:00:02",
                      "02:00:00:00:00:99", "02:00:00:00:00:77")
ADDR = {4: ("10.1.0.2", "10.1.0.66", "10.1.0.77", "239.1.1.1",
            "01:00:5e:01:01:01"),
        6: ("fd00::2", "fd00::66", "fd00::77", "ff15::1", "33:33:00:00:00:01")}
RULES = "".join("rule add g %s proto udp dport %d id %d\n" % (way, 5000 + i, i + k)
                for k, way in ((1, "ingress"), (11, "egress")) for i in range(4))
CONFIG = "default drop tap*\ngroup add g%s\n" + RULES + """\
rule add g ingress proto tcp dport 22 id 30
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 group g
"""
LESS, FULL = CONFIG % " stateless", CONFIG % ""

t = harness.start()
node = harness.Node(t, taps=("tap1", "qvb"))
node.apply(LESS)
cpus = sorted(os.sched_getaffinity(0))


def udp(family, out, i, sport=1000):
    """for rule @i of that way"""
    vm, far = ADDR[family][:2]
    if out:
        return f.packet(VM, FAR, vm, far, 17, f.udp(vm, far, sport, 5000 + i))
    return f.packet(FAR, VM, far, vm, 17, f.udp(far, vm, sport, 5000 + i))


def totals():
    """{rule: (packets, bytes)}, none of them 0"""
    return {int(k[2].split()[1]): v for k, v in node.genl.counters().items()
            if k[2].startswith("g ") and v[0]}


def send(out, frames):
    node.drain()
    for x in frames:
        node.taps["tap1" if out else "qvb"].send(x)
    node.drain()


# orders: one rule, two in turn, a few of each, all at random enough
ORDERS = {"one rule": [0] * 40, "two in turn": [0, 1] * 40,
          "one often, one seldom": ([2] * 7 + [3]) * 10,
          "four by and by": [0] * 20 + [1] * 20 + [2] * 20 + [3] * 20,
          "mixed": [(i * i + i // 3) % 4 for i in range(97)]}
for family in ADDR:
    for out in (False, True):
        for name, order in ORDERS.items():
            before, size = totals(), len(udp(family, out, 0))
            send(out, [udp(family, out, i) for i in order])
            want = dict(before)
            for i in order:
                n, b = want.get(i + (11 if out else 1), (0, 0))
                want[i + (11 if out else 1)] = (n + 1, b + size)
            t.equal(totals(), want, "IPv%d, %s: %s: each rule has its packets and "
                    "bytes" % (family, "egress" if out else "ingress", name))

# each processor counts for itself
before = totals()
for turn in range(3):
    for cpu in cpus:
        os.sched_setaffinity(0, [cpu])
        send(True, [udp(4, True, i) for i in (0, 0, 1, 0)])
os.sched_setaffinity(0, cpus)
now = totals()
t.equal([now[i][0] - before[i][0] for i in (11, 12)],
        [9 * len(cpus), 3 * len(cpus)],
        "sent on %d processors: the sum is right" % len(cpus))

# a commit amidst it
send(True, [udp(4, True, 1)] * 30)
before = totals()
node.sgctl("rule", "add", "g", "egress", "proto", "udp", "dport", "9", "id", "40")
t.equal(totals(), before, "a commit takes nothing from rules that stay")
send(True, [udp(4, True, 1)] * 3)
t.equal(totals()[12][0] - before[12][0], 3, "and they count on")
node.sgctl("rule", "del", "g", "id", "12")
t.ok(12 not in totals(), "a rule that is gone has no counter")
node.sgctl("rule", "add", "g", "egress", "proto", "udp", "dport", "5001", "id", "12")
t.ok(12 not in totals(), "and begins anew when it comes back")
send(True, [udp(4, True, 1)] * 2)
t.equal(totals().get(12, (0,))[0], 2, "with what it lets by from then on")
before = totals()
node.apply(FULL)
t.equal(totals(), before, "nor does it take any when the group begins to keep state")
send(True, [udp(4, True, 0, 1000 + i) for i in range(5)])
node.apply(LESS)
send(True, [udp(4, True, 0, 2000 + i) for i in range(5)])
t.equal(totals()[11][0] - before[11][0], 10, "or stops, and flows count beside packets")

# a reader sees no counter run backwards
stop, backwards, seen = threading.Event(), [], [0]


def reader():
    last = {}
    while not stop.is_set():
        now = totals()
        backwards.extend((k, last[k], now.get(k)) for k in last
                         if k not in now or now[k] < last[k])
        last = now
        seen[0] += 1


thread = threading.Thread(target=reader)
thread.start()
for turn in range(harness.repeated(60)):
    send(True, [udp(4, True, i % 3) for i in range(100)])
stop.set()
thread.join()
t.ok(not backwards and seen[0], "counters that are read while they move run forwards",
     seen, backwards[:3])

# what a queue held before the verdict is counted once, by the rules
sh("nft", "-f", "-", stdin="table bridge hold {\n\tchain c {\n\t\ttype filter hook "
   "prerouting priority -200; iifname tap1 udp dport 5000-5009 queue num 0\n\t}\n}\n")
queue = Queue()
for family in ADDR:
    for i, what in ((0, "g 11"), (7, "[no-rule]")):
        node.count()
        node.drain()
        node.taps["tap1"].send(udp(family, True, i))
        held = queue.held()
        # another plain frame of this processor, while it waits
        send(False, [udp(family, False, 2)])
        queue.release(held)
        t.equal(node.count(), {("tap1", "egress", what): 1,
                               ("tap1", "ingress", "g 3"): 1},
                "IPv%d: a frame that was held: %s, once" % (family, what))
queue.close()
sh("nft", "delete", "table", "bridge", "hold")

# floods: by the rules each time, and nothing is opened
for config, name in ((FULL, "stateful"), (LESS, "stateless")):
    node.apply(config)
    sh("conntrack", "-F")
    for family, (vm, far, other, group, gmac) in ADDR.items():
        for what, dst, mac in (("another station's", other, NONE),
                               ("a group's", group, gmac),
                               ("another's by the port's MAC", other, VM),
                               ("the port's by another MAC", vm, NONE)):
            for port, to, count in ((5000, ["tap1"], "g 1"), (5009, [], "[no-rule]")):
                frame = f.packet(FAR, mac, far, dst, 17, f.udp(far, dst, 700, port))
                for time in ("first", "next"):
                    node.check("IPv%d, %s: %s, port %d: the %s packet by the rules" % (
                        family, name, what, port, time), "qvb", frame, to=to,
                        counts="tap1 ingress " + count)
        # a SYN to a copy, then what would answer it
        syn = f.packet(FAR, NONE, far, vm, 6, f.tcp(far, vm, 700, 22, "S"))
        node.check("IPv%d, %s: a copy of a SYN by the rules" % (family, name), "qvb",
                   syn, to=["tap1"], counts="tap1 ingress g 30")
        node.check("IPv%d, %s: opens nothing to answer by" % (family, name), "tap1",
                   f.packet(VM, FAR, vm, far, 6, f.tcp(vm, far, 22, 700, "SA")),
                   counts="tap1 egress [no-rule]")
        node.check("IPv%d, %s: link-local groups stay out" % (family, name), "qvb",
                   f.packet(FAR, "01:80:c2:00:00:05", far, vm, 17,
                            f.udp(far, vm, 700, 5000)))
        node.check("IPv%d, %s: and in" % (family, name), "tap1",
                   f.packet(VM, "01:80:c2:00:00:05", vm, far, 17,
                            f.udp(vm, far, 700, 5000)),
                   counts="tap1 egress [ethertype]")
        node.check("IPv%d, %s: a group that only begins so is a group" % (family, name),
                   "tap1", f.packet(VM, "01:80:c2:00:00:10", vm, group, 17,
                                    f.udp(vm, group, 700, 5003)), to=["qvb"],
                   counts="tap1 egress g 14")
        node.check("IPv%d, %s: the VM's own to a group" % (family, name), "tap1",
                   f.packet(VM, gmac, vm, group, 17, f.udp(vm, group, 700, 5002)),
                   to=["qvb"], counts="tap1 egress g 13")
        node.check("IPv%d, %s: a source that is the port's own" % (family, name), "qvb",
                   f.packet(FAR, gmac, vm, group, 17, f.udp(vm, group, 700, 5000)),
                   counts="tap1 ingress [source]")
    if name == "stateless":
        t.equal(conntrack(), [], "no state, no entry")

# a strict port has no use for a copy in mid-stream
node.apply(FULL.replace("ip fd00::2", "ip fd00::2 strict"))
for family, (vm, far, *_) in ADDR.items():
    node.check("IPv%d, strict: a copy in mid-stream" % family, "qvb",
               f.packet(FAR, NONE, far, vm, 6, f.tcp(far, vm, 701, 22, "A")),
               counts="tap1 ingress [invalid]")
t.done()
