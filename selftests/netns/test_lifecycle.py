#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Devices come, are renamed, plugged again, moved and go: a port line holds from
the first frame of the device it names, and what was allowed on one device is
not on the next of its name."""
import ctypes
import fcntl
import json
import os
import socket
import struct

import frames as f
import harness
from harness import Tap, ip, link_up

VM, FAR, MX = "02:00:00:00:00:01", "02:00:00:00:00:99", "02:00:00:00:00:66"
DROP = "default drop tap*\n"
GROUP = """
group add web
rule add web egress proto udp dport 53 id 1
rule add web ingress proto tcp dport 22 id 2
"""
PORT = "port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 group web\n"
CONFIG = DROP + GROUP + PORT
ADDR = {4: ("10.1.0.2", "10.1.0.66"), 6: ("fd00::2", "fd00::66")}
SIOCBRADDIF, SIOCGIFINDEX = 0x89a2, 0x8933
PLUGS = harness.repeated(1000)

t = harness.start()
node = harness.Node(t, taps=("qvb",))
libc = ctypes.CDLL(None, use_errno=True)


def out(family, dport=53, src=None, sport=1000):
    vm, far = ADDR[family]
    return f.packet(VM, FAR, src or vm, far, 17,
                    f.udp(src or vm, far, sport, dport))


def back(family, sport=53, dport=1000):
    vm, far = ADDR[family]
    return f.packet(FAR, VM, far, vm, 17, f.udp(far, vm, sport, dport))


def port(dev="tap1"):
    shown = json.loads(node.sgctl("-j", "port", "show", dev).stdout)
    return shown[0] if isinstance(shown, list) else shown["ports"][0]


def state(dev="tap1"):
    return port(dev)["state"]


def blocked(name):
    """nothing passes either way, and it is counted [unconfigured]"""
    before = node.genl.status()[0]
    tap = next(x for x in node.taps if x != "qvb")
    came = node.send(tap, out(4), out(6))["qvb"]
    came += node.send("qvb", f.arp(FAR, FAR, "10.1.0.66", "10.1.0.2"))[tap]
    t.ok(not came and node.genl.status()[0] - before == 3, name, came,
         node.genl.status()[0] - before)


# before the device exists
node.apply(CONFIG)
t.equal(state(), "waiting", "a port line waits for its device")
node.add("tap1")
t.equal(state(), "active", "and is in force when it comes")
for family in ADDR:
    name = "IPv%d: " % family
    node.check(name + "its first frames are judged", "tap1", out(family, 54),
               counts="tap1 egress [no-rule]")
    node.check(name + "what a rule allows passes", "tap1", out(family),
               to=["qvb"], counts="tap1 egress web 1")
    node.check(name + "and is answered", "qvb", back(family), to=["tap1"],
               counts="tap1 ingress established")

# plugged again
first = port()["serial"]
node.remove("tap1")
t.equal(state(), "waiting", "the line waits again when the device is gone")
node.add("tap1")
t.ok(port()["serial"] != first, "the next device of the name has a new serial")
for family in ADDR:
    node.check("IPv%d: and inherits no connection, ingress" % family, "qvb",
               back(family), counts="tap1 ingress [no-rule]")
    node.check("IPv%d: nor an established egress" % family, "tap1",
               out(family), to=["qvb"], counts="tap1 egress web 1")

# renamed
ip("link set tap1 down\nlink set tap1 name tap9\nlink set tap9 up")
t.equal(state(), "waiting", "a renamed device is no more the port's")
blocked("it is blocked under its new name")
node.apply(GROUP + PORT)
blocked("without a default too, since it was guarded")
node.apply(CONFIG + PORT.replace("tap1", "tap9").replace("::2", "::3"))
t.equal(state("tap9"), "active", "until a port line names it")
ip("link set tap9 down\nlink set tap9 name tap1\nlink set tap1 up")
t.equal(state("tap1"), "active", "and its old line holds when it is back")
node.check("with its rules", "tap1", out(4, 54), counts="tap1 egress [no-rule]")
node.apply(CONFIG)

# bridges
zone = node.genl.status()[2]["br0"]
ip("link set tap1 nomaster")
t.equal(state(), "unbridged", "a device on no bridge is said to be")
ip("link add br1 type bridge ageing_time 0 mcast_snooping 0\n"
   "link set br1 up\nlink set tap1 master br1")
t.equal(port()["bridge"], "br1", "a port moves to another bridge")
t.ok(node.genl.status()[2] == {"br1": port()["zone_used"]} and
     port()["zone_used"] != zone, "which has a zone of its own")
ip("link set tap1 master br0")
t.equal(node.genl.status()[2], {"br0": zone}, "and back to the first's")
ip("link del br0\nlink add br0 type bridge ageing_time 0 mcast_snooping 0\n"
   "link set br0 up\nlink set tap1 master br0\nlink set qvb master br0")
t.equal(node.genl.status()[2], {"br0": zone},
        "a bridge made anew keeps its zone")
ip("link set br0 type bridge vlan_filtering 1")
t.equal(state(), "blocked", "a bridge that filters VLANs blocks the port")
node.count()
node.check("its frames are dropped", "tap1", out(4),
           counts="tap1 egress [zone]")
ip("link set br0 type bridge vlan_filtering 0")
node.check("until it does not", "tap1", out(4), to=["qvb"],
           counts="tap1 egress web 1")

# the line goes, the device stays
node.apply(DROP + GROUP)
blocked("a device whose line goes is blocked by the default")
node.apply(GROUP + "default drop tap*\ndefault accept tap1\n")
t.equal(node.send("tap1", out(4, 54))["qvb"], [out(4, 54)],
        "the most literal default decides")
node.apply(GROUP)
t.equal(node.send("tap1", out(4, 54))["qvb"], [out(4, 54)],
        "without a line and a default it is a port like any other")

# another netns
node.apply(CONFIG)
here = harness.netns_fd()
harness.new_netns()
there = harness.netns_fd()
harness.enter(here)
with open("/proc/self/ns/net"):
    ip("link set tap1 netns /proc/%d/fd/%d" % (os.getpid(), there))
t.equal(state(), "waiting", "a device that moves to another netns is gone here")
harness.enter(there)
other = harness.Node(t, taps=("qvb",))
other.taps["tap1"] = node.taps.pop("tap1")
ip("link set tap1 up master br0")
t.equal(other.send("tap1", out(4, 54))["qvb"], [out(4, 54)],
        "and nothing of here holds there")
other.apply(CONFIG)
other.check("what is configured there does", "tap1", out(4, 54),
            counts="tap1 egress [no-rule]")
harness.enter(here)

# the module stays as long as anything is configured
NONBLOCK = os.O_NONBLOCK
t.equal(libc.syscall(176, b"br_sg", NONBLOCK), -1,
        "the module cannot go while ports are configured")
node.sgctl("flush")
t.equal(libc.syscall(176, b"br_sg", NONBLOCK), -1,
        "nor while another netns has some")
harness.enter(there)
other.sgctl("flush")
for name in list(other.taps):
    other.remove(name)
harness.enter(here)

# a tap plugged again and again: nothing leaks at any moment
ctl = socket.socket()


def ioctl_if(request, name, value):
    """SIOCBRADDIF, flags: what ip would fork for"""
    return fcntl.ioctl(ctl, request, struct.pack("16si12x", name.encode(),
                                                 value))


def index(name):
    return struct.unpack("16si12x", ioctl_if(SIOCGIFINDEX, name, 0))[1]


SPOOFED = [out(4, src="10.1.0.7"), f.arp(MX, MX, "10.1.0.2", "10.1.0.66"),
           out(6, src="fd00::7")]
DENIED = [back(4, 9, 9), f.vlan(back(6, 9, 9), 0)]
leaks = []
tap = None


def traffic(step):
    for frame in SPOOFED:
        if tap:
            tap.send(frame)
    for frame in DENIED:
        node.taps["qvb"].send(frame)
    for frame in node.taps["qvb"].recv():
        leaks.append(("out", step, frame[:40].hex()))
    for frame in tap.recv() if tap else []:
        leaks.append(("in", step, frame[:40].hex()))


node.apply(DROP + GROUP)
node.drain()
bridge = "br0"
for i in range(PLUGS):
    # every tenth with its port line made or taken while it is plugged
    configure = i % 10 == 5
    if configure:
        node.sgctl("apply", "-", stdin=CONFIG if i % 20 == 5 else DROP + GROUP)
    tap = Tap("tap1")
    traffic("made")
    link_up("tap1")
    traffic("up")
    ioctl_if(SIOCBRADDIF, bridge, index("tap1"))
    traffic("enslaved")
    if configure:
        node.sgctl("apply", "-", stdin=DROP + GROUP if i % 20 == 5 else CONFIG)
        traffic("configured")
    tap.close()
    tap = None
    traffic("gone")
t.equal(leaks[:5], [], "a tap plugged %d times under traffic leaks no frame" %
        PLUGS)
t.ok(node.genl.status()[0] > PLUGS, "what it sent was dropped [unconfigured]")
node.sgctl("flush")
t.done()
