#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Each processor has zone templates of its own, which are alike: parts of a datagram
that come by different processors are one, and what is held with a template outlives
the bridge.
"""
import os

import frames as f
import harness
import leaks
from harness import ip

VM, FAR = "02:00:00:00:00:01", "02:00:00:00:00:99"
ADDR = {4: ("10.1.0.2", "10.1.0.66"), 6: ("fd00::2", "fd00::66")}
CONFIG = """default drop tap*
group add web
rule add web egress proto udp dport 53 id 1
rule add web ingress proto udp dport 7000 id 2
"""
PORT = "port add tap%d mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 group web\n"
BRIDGES = 40
CPUS = sorted(os.sched_getaffinity(0))

t = harness.start()
node = harness.Node(t, taps=("tap1", "qvb"))
node.apply(CONFIG + PORT % 1)


def on(cpu, what, *args):
    os.sched_setaffinity(0, [cpu])
    try:
        return what(*args)
    finally:
        os.sched_setaffinity(0, CPUS)


def udp(family, sport, dport, out=True):
    vm, far = ADDR[family]
    a, b, macs = (vm, far, (VM, FAR)) if out else (far, vm, (FAR, VM))
    return f.packet(*macs, a, b, 17, f.udp(a, b, sport, dport, b"x" * 3000))


def moved():
    return {" ".join(k): v for k, v in node.count().items()}


# parts by any processor make one, in any order of processors
for family in ADDR:
    for out, sender, to, by in ((True, "tap1", "qvb", "tap1 egress web 1"),
                                (False, "qvb", "tap1", "tap1 ingress web 2")):
        for first in range(len(CPUS)):
            frame = udp(family, 3000 + first, 53 if out else 7000, out)
            node.drain()
            node.count()
            for i, part in enumerate(f.fragments(frame, 1232)):
                on(CPUS[(first + i) % len(CPUS)], node.taps[sender].send, part)
            came = len(node.taps[to].recv())
            got = moved()
            t.ok(came == 3 and got == {by: 1},
                 "IPv%d: parts of a datagram by %s, each by the next of %d "
                 "processors from %d on" % (family, sender, len(CPUS), first),
                 came, got)


def bridges(n):
    """@n bridges with a guarded port each; what they take of the slabs that
    hold templates, of either kind"""
    before = leaks.objects()
    for i in range(n):
        ip("link add bt%d type bridge\nlink set bt%d up" % (i, i))
        node.add("tap%d" % (10 + i), "bt%d" % i)
    made = leaks.objects()
    node.apply(CONFIG + PORT % 1 +
               "".join(PORT % (10 + i) for i in range(n)))
    guarded = leaks.objects()
    return before, sum(guarded.get(k, 0) - made.get(k, 0)
                       for k in ("kmalloc-256", "kmalloc-cg-256"))


def hold(n):
    """by each processor a part of a datagram that never becomes whole"""
    for i in range(n):
        for cpu in CPUS:
            for family in ADDR:
                part = f.fragments(udp(family, 4000 + i, 53), 1232)[0]
                on(cpu, node.taps["tap%d" % (10 + i)].send, part)


def gone(n):
    node.apply(CONFIG + PORT % 1)
    for i in range(n):
        node.remove("tap%d" % (10 + i))
        ip("link del bt%d" % i)


bridges(BRIDGES)    # what is made once is there
gone(BRIDGES)
before, taken = bridges(BRIDGES)
if harness.SLOW > 1:
    t.skip("a bridge has a template for each processor",
           "a debug kernel's objects are larger")
else:
    t.ok(BRIDGES * len(CPUS) <= taken < BRIDGES * (len(CPUS) + 2),
         "a bridge has a template for each processor", taken, CPUS)
gone(BRIDGES)
GROWTH = "and none is left when the bridges are gone"
if harness.SLOW > 1:
    t.skip(GROWTH, "a debug kernel's trackers keep what was released")
else:
    t.equal(leaks.grown(before, BRIDGES // 2), {}, GROWTH)

# what is held
harness.sysctl("net.ipv4.ipfrag_time", 1)
harness.sysctl("net.netfilter.nf_conntrack_frag6_timeout", 1)
before, _ = bridges(BRIDGES)
hold(BRIDGES)
gone(BRIDGES)
GROWTH = "nor when reassembly held them"
if harness.SLOW > 1:
    t.skip(GROWTH, "a debug kernel's trackers keep what was released")
else:
    t.equal(leaks.grown(before, BRIDGES // 2), {}, GROWTH)
node.check("and a port is guarded as before", "tap1",
           f.packet(VM, FAR, *ADDR[4], 17, f.udp(*ADDR[4], 1000, 54)),
           counts="tap1 egress [no-rule]")
t.done()
