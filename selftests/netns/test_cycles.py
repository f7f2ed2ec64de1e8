#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The module and network namespaces come and go, many times each, with
frames on their way: none passes that must not, and nothing is left behind."""
import os
import select
import signal
import socket
import time

import frames as f
import harness
from harness import conntrack, ip, objects, sh, sysctl

CYCLES = harness.repeated(100)
# by then what is made once is there
WARM = 10
VM, FAR = "02:00:00:00:00:01", "02:00:00:00:00:99"
ADDR = {4: ("10.1.0.2", "10.1.0.66"), 6: ("fd00::2", "fd00::66")}
CONFIG = """
default drop tap*
set add dns 10.1.0.66 fd00::66
group add web
rule add web egress proto udp dport 53 remote set dns id 1
rule add web ingress proto udp dport 7000 id 2
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 group web
port add tap2 mac 02:00:00:00:00:02 ip 10.1.0.4 ip fd00::4 group web
"""
GOOD, BAD = b"allowed", b"not allowed"


def udp(src, dst, sport, dport, data, macs=(VM, FAR)):
    return f.packet(*macs, src, dst, 17, f.udp(src, dst, sport, dport, data))


def out(family, sport=1000):
    vm, far = ADDR[family]
    return udp(vm, far, sport, 53, GOOD)


def denied(family):
    vm, far = ADDR[family]
    return [udp(vm, far, 1000, 54, BAD), udp(far, vm, 1000, 53, BAD),
            udp(vm, far, 1000, 53, BAD, (FAR, FAR)),
            f.vlan(udp(vm, far, 1000, 53, BAD), 0)]


def refcnt(module):
    with open("/sys/module/%s/refcnt" % module) as file:
        return int(file.read())


def holders():
    return {m: refcnt(m) for m in ("nf_conntrack", "nf_conntrack_bridge",
                                   "bridge")}


t = harness.start()
node = harness.Node(t, taps=("tap1", "qvb"))
t.ok(harness.unload_module(), "the module goes")
sh("conntrack", "-F")   # loads a module that holds another
before = holders()
sysctl("net.ipv4.ipfrag_time", 1)
sysctl("net.netfilter.nf_conntrack_frag6_timeout", 1)

# run.sh says why; without it a CPU's slab of 512 is as good as a leak
if harness.SLOW == 1:
    with open("/sys/kernel/slab/kmalloc-8/sanity_checks") as file:
        t.equal(file.read().strip(), "1", "objects in use are counted exactly")

# the module comes and goes
wrong, samples = [], []
for i in range(CYCLES):
    for family in ADDR:
        every = [out(family, 2000)] + denied(family)
        if len(node.send("tap1", *every)["qvb"]) != len(every):
            wrong.append((i, "without the module not all passes"))
    if conntrack("sport=2000"):
        wrong.append((i, "without the module frames are tracked"))
    if not harness.insert_module():
        wrong.append((i, "it does not load"))
        break
    node.genl = harness.genl.Genl()
    node.sgctl("apply", "-", stdin=CONFIG)
    for family in ADDR:
        vm, far = ADDR[family]
        if node.send("tap1", *denied(family), out(family))["qvb"] != \
                [out(family)]:
            wrong.append((i, "with it the wrong frames pass, IPv%d" % family))
        back = udp(far, vm, 53, 1000, GOOD, (FAR, VM))
        if node.send("qvb", udp(far, vm, 53, 1001, BAD, (FAR, VM)),
                     back)["tap1"] != [back]:
            wrong.append((i, "or to the VM, IPv%d" % family))
        # left in the reassembly, with a template
        node.send("tap1", f.fragments(udp(vm, far, 1000, 53, b"x" * 3000),
                                      1232)[0])
    if i % 10 == 5:
        # the device goes before the configuration does
        node.remove("tap1")
    node.sgctl("flush")
    if i % 10 == 5:
        node.add("tap1")
    if not harness.unload_module():
        wrong.append((i, "it does not go"))
        break
    if i == WARM:
        first = objects()
    if i >= WARM and (i - WARM) % 10 == 0:
        samples.append(objects())
t.equal(wrong[:5], [], "the module is loaded, configured, passed by traffic, "
        "flushed and removed %d times" % CYCLES)
t.equal(holders(), before, "other modules are held as before")
# what waits in the reassembly goes when its time is over
deadline = harness.deadline(90)
while harness.SLOW == 1:
    last = objects()
    grown = {k: (n, last[k]) for k, n in first.items()
             if last[k] - n >= CYCLES - WARM - 1}
    if not grown or time.monotonic() > deadline:
        break
    time.sleep(1)
GROWTH = "memory does not grow by the cycle"
if harness.SLOW > 1:
    t.skip(GROWTH, "a debug kernel's trackers keep what was released")
else:
    t.ok(not grown, GROWTH, *[
        "%s: %d, %s, at last %d" % (k, first[k], [s.get(k) for s in samples],
                                    last[k]) for k in grown])

# namespaces come and go, with a sender at their doors: aN is the other end
# of the VM's port, bN that of the bridge's port to the world
here = harness.netns_fd()


def doors(letters):
    return [name for _, name in socket.if_nameindex()
            if name[0] in letters and name[1:].isdigit()]


def sender(results):
    """sends at whatever door is there, and looks at what comes out"""
    running = True

    def stop(*_):
        nonlocal running
        running = False
    signal.signal(signal.SIGTERM, stop)
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    s.setblocking(False)
    every = [x for family in ADDR for x in [out(family)] + denied(family)]
    passed, leaked = 0, []
    while running:
        names = doors("a")
        for name in names:
            for frame in every:
                try:
                    s.sendto(frame, (name, 0))
                except OSError:
                    break
        while True:
            try:
                frame, who = s.recvfrom(2048)
            except OSError:
                break
            # those that we sent are seen here, too
            if who[2] == socket.PACKET_OUTGOING:
                continue
            if frame.endswith(BAD):
                leaked.append(frame.hex())
            passed += frame.endswith(GOOD)
        if not names:
            select.select([], [], [], 0.001)
    os.write(results, ("%d %s" % (passed, " ".join(leaked[:3]))).encode())
    os._exit(0)


t.ok(harness.load_module(), "the module is loaded")
results, end = os.pipe()
child = os.fork()
if not child:
    sender(end)
wrong = []
for i in range(CYCLES):
    harness.bare_netns()
    door = "/proc/%d/fd/%d" % (os.getpid(), here)
    sh(harness.SGCTL, "apply", "-", stdin=CONFIG)
    ip("link add br0 type bridge ageing_time 0 mcast_snooping 0\n"
       "link set br0 up\n"
       "link add tap1 type veth peer name a%d netns %s\n"
       "link add qvb type veth peer name b%d netns %s\n"
       "link set qvb up master br0\nlink set tap1 up master br0" % (
           i, door, i, door))
    genl = harness.genl.Genl()
    there = harness.netns_fd()
    harness.enter(here)
    harness.link_up("a%d" % i)
    harness.link_up("b%d" % i)
    harness.enter(there)
    # until frames are on their way
    deadline = harness.deadline(60)
    while not genl.counters().get(("tap1", "egress", "established"), [0])[0]:
        if time.monotonic() > deadline:
            wrong.append((i, "no frame passes"))
            break
    # and it goes
    genl.s.close()
    harness.enter(here)
    os.close(there)
    if wrong:
        break
deadline = harness.deadline(120)
while doors("ab") and time.monotonic() < deadline:
    time.sleep(0.05)
os.kill(child, signal.SIGTERM)
passed, _, leaked = os.read(results, 1 << 16).decode().partition(" ")
os.waitpid(child, 0)
t.equal(wrong[:5], [], "%d namespaces come, with a guarded bridge, and go "
        "under traffic" % CYCLES)
t.equal(doors("ab"), [],
        "none of their devices is left")
t.ok(int(passed) >= CYCLES, "frames passed", passed)
t.equal(leaked, "", "and none that must not")
t.ok(harness.unload_module(), "nothing holds the module")
t.equal(holders(), before, "nor are other modules held")
t.done()
