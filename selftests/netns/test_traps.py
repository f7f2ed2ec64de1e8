#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Ways around a bridge's hooks that others fell for: frames that conntrack
leaves with the zone's template, link-local groups, the forwarding database,
hairpins, raw sockets; zones that collide; ports nobody configured."""
import json
import socket

import frames as f
import harness
from harness import conntrack, ip, sh

VM, VM2, FAR, BR, MX = ("02:00:00:00:00:01", "02:00:00:00:00:02",
                        "02:00:00:00:00:99", "02:00:00:00:00:fe",
                        "02:00:00:00:00:66")
ADDR = {4: ("10.1.0.2", "10.1.0.66"), 6: ("fd00::2", "fd00::66")}
GROUP = """
group add web
rule add web egress proto udp dport 53 id 1
rule add web ingress proto udp dport 7000 id 2
"""
PORT = "port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 group web"
PORT2 = "port add tap2 mac 02:00:00:00:00:02 ip 10.1.0.4 ip fd00::4 group web"

t = harness.start()


def udp(src, dst, sport, dport, smac=VM, dmac=FAR):
    return f.packet(smac, dmac, src, dst, 17, f.udp(src, dst, sport, dport))


def other_netns(*taps):
    harness.new_netns()
    node = harness.Node(t, taps=taps)
    ip("link set br0 address " + BR)
    return node


# IP that conntrack lets by with the template still on it: to a guarded port it
# is dropped, to another it goes as it is, and the host's stack gets it
node = other_netns("tap1", "qvb", "ext")
node.apply(GROUP + PORT + "\n")
for family, (vm, far) in ADDR.items():
    for to, dmac in (("the VM", VM), ("the host", BR), ("all", f.BROADCAST)):
        good = udp(far, vm, 1000, 7000, FAR, dmac)
        bad = [good[:14] + bytes([0x75]) + good[15:], good[:30],
               good[:-1], good[:14]]
        if family == 4:
            bad.append(good[:14] + bytes([0x41]) + good[15:])
            bad.append(good[:16] + b"\xff\xff" + good[18:])
        else:
            bad.append(good[:18] + b"\xff\xff" + good[20:])
        reach = [] if to == "the host" else ["ext"]
        node.check("IPv%d: malformed IP from outside to %s" % (family, to),
                   "qvb", bad, to=reach,
                   counts=["tap1 ingress [malformed]"] if reach else [])
    # the host's stack asked for a copy of it all
    ip("link set br0 promisc on")
    good = udp(far, vm, 1000, 7000, FAR, VM)
    node.check("IPv%d: and with a promiscuous bridge" % family, "qvb",
               [good[:30], good[:-1]], to=["ext"],
               counts="tap1 ingress [malformed]")
    ip("link set br0 promisc off")
    node.check("IPv%d: what is well-formed goes on" % family, "qvb",
               [good], to=["tap1", "ext"], counts="tap1 ingress web 2")
    node.check("IPv%d: and to the host it does no harm either" % family, "qvb",
               udp(far, vm, 1000, 7001, FAR, BR), counts=[])
node.sgctl("flush")
t.ok(harness.unload_module(), "nothing holds the module after a flush: it goes")
t.ok(harness.load_module(), "and comes back")

# link-local groups: LLDP is no hook's, and no port's either
node = other_netns("tap1", "qvb")
node.apply(GROUP + PORT + "\n")
LLDP = b"\x02\7\4\2\0\0\0\0\1".ljust(46, b"\0")
node.check("LLDP of a VM goes nowhere", "tap1",
           f.eth("01:80:c2:00:00:0e", VM, 0x88cc, LLDP))
node.check("LLDP towards a VM neither", "qvb",
           f.eth("01:80:c2:00:00:0e", FAR, 0x88cc, LLDP))
BPDU = f.eth("01:80:c2:00:00:00", VM, 38, b"\x42\x42\3" + b"\0" * 35)
node.check("a VM's BPDU, on a bridge that knows no spanning tree", "tap1", BPDU,
           counts="tap1 egress [ethertype]")
for last in (1, 2, 3, 4, 0x0d, 0x0f):
    group = "01:80:c2:00:00:%02x" % last
    node.check("%s towards a VM goes nowhere" % group, "qvb",
               f.eth(group, FAR, 0x8809, b"\1" * 50))
# what is sent there alone cannot be permitted, what else is sent there is dropped
for ethertype in (0x8808, 0x8809, 0x888e, 0x88cc):
    r = node.sgctl("port", "set", "tap1", "ethertype", "0x%04x" % ethertype,
                   check=False)
    t.ok(r.returncode == 1 and "can't be permitted" in r.stderr and
         "01:80:c2:00:00:0" in r.stderr, "ethertype 0x%04x is refused" % ethertype,
         r.stderr)
    for way, sender, frame in (
            ("egress", "tap1", f.eth(FAR, VM, ethertype, LLDP)),
            ("ingress", "qvb", f.eth(VM, FAR, ethertype, LLDP))):
        node.check("0x%04x to one MAC, %s" % (ethertype, way), sender, frame,
                   counts="tap1 %s [ethertype]" % way)
node.sgctl("port", "set", "tap1", "ethertype", "0x88b5")
node.before = None
node.check("a permitted one passes out", "tap1", f.eth(FAR, VM, 0x88b5, LLDP),
           to=["qvb"], counts="tap1 egress ethertype")
node.check("and in", "qvb", f.eth(VM, FAR, 0x88b5, LLDP), to=["tap1"],
           counts="tap1 ingress ethertype")
# a bridge that is told to forward them
ip("link set br0 type bridge group_fwd_mask 0xfff8")
for last in (3, 4, 0x0d, 0x0e, 0x0f):
    group = "01:80:c2:00:00:%02x" % last
    node.check("forwarded on purpose, %s of a VM" % group, "tap1",
               f.eth(group, VM, 0x88cc, LLDP), counts="tap1 egress [ethertype]")
    node.check("forwarded on purpose, %s towards it" % group, "qvb",
               f.eth(group, FAR, 0x88cc, LLDP),
               counts="tap1 ingress [ethertype]")
    node.check("%s of a VM, of an ethertype that is permitted" % group, "tap1",
               f.eth(group, VM, 0x88b5, LLDP), counts="tap1 egress [ethertype]")
    node.check("%s towards it, likewise" % group, "qvb",
               f.eth(group, FAR, 0x88b5, LLDP),
               counts="tap1 ingress [ethertype]")
    for family, (vm, far) in ADDR.items():
        node.check("IPv%d to %s of a VM" % (family, group), "tap1",
                   udp(vm, far, 1000, 53, VM, group),
                   counts="tap1 egress [ethertype]")
        node.check("IPv%d to %s towards it" % (family, group), "qvb",
                   udp(far, vm, 1000, 7000, FAR, group),
                   counts="tap1 ingress [ethertype]")

# what is dropped teaches neither the forwarding database nor conntrack
node = other_netns("tap1", "qvb", "ext")
ip("link set br0 type bridge ageing_time 30000")
node.apply(GROUP + PORT + "\n")


def fdb():
    return {x["mac"] for x in json.loads(sh("bridge", "-j", "fdb").stdout)
            if x.get("ifname") == "tap1" and x.get("state") != "permanent"}


for family, (vm, far) in ADDR.items():
    name = "IPv%d: " % family
    node.check(name + "another's MAC", "tap1",
               udp(vm, far, 1000, 53, FAR, f.BROADCAST),
               counts="tap1 egress [mac]")
    node.check(name + "another's address", "tap1", udp(far, vm, 1000, 53),
               counts="tap1 egress [source]")
    t.equal((fdb(), conntrack()), (set(), []),
            name + "are learnt by neither bridge nor conntrack")
node.check("ARP with another's MAC", "tap1", f.arp(FAR, FAR, *ADDR[4]),
           counts="tap1 egress [mac]")
t.equal(fdb(), set(), "is not learnt either")
node.check("the VM's own frame", "tap1", udp(*ADDR[4], 1000, 53),
           to=["qvb", "ext"], counts="tap1 egress web 1")
t.equal(fdb(), {VM}, "is")

# a port that gets back what it sends
node = other_netns("tap1", "qvb")
sh("bridge", "link", "set", "dev", "tap1", "hairpin", "on")
node.apply(GROUP + PORT + "\n")
for family, (vm, far) in ADDR.items():
    frame = udp(vm, far, 1000, 53)
    node.count()
    node.drain()
    node.taps["tap1"].send(frame)
    moved = {" ".join(k): v for k, v in node.count().items()}
    came = {k: x.recv() for k, x in node.taps.items()}
    t.ok(came == {"tap1": [], "qvb": [frame]} and
         moved == {"tap1 egress web 1": 1, "tap1 ingress [source]": 1},
         "IPv%d: a hairpin is towards the VM like any other way" % family,
         came, moved)

# the host's raw sockets: what the frame is counts, not what its sender says
node = other_netns("tap1", "qvb")
node.apply(GROUP + PORT + "\n")
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
for family, (vm, far) in ADDR.items():
    real = 0x0800 if family == 4 else 0x86dd
    for says, dport, to, what in ((real, 7000, 1, "web 2"),
                                  (real, 7001, 0, "[no-rule]"),
                                  (0x1234, 7000, 0, "[invalid]"),
                                  (0x0806, 7000, 0, "[invalid]"),
                                  (0x0800 + 0x86dd - real, 7000, 0,
                                   "[invalid]")):
        frame = udp(far, vm, 1000, dport, BR, VM)
        node.count()
        node.drain()
        raw.sendto(frame, ("br0", says))
        came = node.taps["tap1"].recv()
        moved = {" ".join(k): v for k, v in node.count().items()}
        t.ok(len(came) == to and moved == {"tap1 ingress " + what: 1},
             "IPv%d: a raw socket's frame to port %d, sent as %04x" % (
                 family, dport, says), came, moved)
    frame = f.vlan(udp(far, vm, 1000, 7000, BR, VM), 0)
    node.count()
    raw.sendto(frame, ("br0", real))
    moved = {" ".join(k): v for k, v in node.count().items()}
    t.ok(not node.taps["tap1"].recv() and
         moved == {"tap1 ingress [ethertype]": 1},
         "IPv%d: nor does a tag in it help" % family, moved)
raw.close()

# zones
node = other_netns("tap1", "tap2", "qvb")
ip("link add br1 type bridge ageing_time 0 mcast_snooping 0\nlink set br1 up")
node.add("tap3", "br1")
node.add("qvc", "br1")
PORT3 = PORT.replace("tap1", "tap3")


def zones(*lines):
    node.apply(GROUP + "\n".join(lines) + "\n")
    return node.genl.status()[2]


def state(dev):
    shown = json.loads(node.sgctl("-j", "port", "show", dev).stdout)
    shown = shown[0] if isinstance(shown, list) else shown["ports"][0]
    return shown["state"]


# one of another's making, in the highest zone that there is
sh("conntrack", "-I", "-p", "udp", "-s", "192.0.2.1", "-d", "192.0.2.2",
   "--sport", "1", "--dport", "2", "-t", "600", "--zone", "65535")
used = zones(PORT, PORT3)
t.equal(sorted(used.values()), [65533, 65534],
        "automatic zones are the highest that nobody uses")
node.check("a flow on one bridge", "tap1", udp(*ADDR[4], 1000, 53),
           to=["tap2", "qvb"], counts="tap1 egress web 1")
node.check("the same on the other is another", "tap3", udp(*ADDR[4], 1000, 53),
           to=["qvc"], counts="tap3 egress web 1")
t.equal([len(conntrack("sport=1000 dport=53", "zone=%d " % z))
         for z in used.values()], [1, 1], "each in its bridge's zone")
node.check("and its answer on the other bridge is no answer", "qvc",
           udp(*ADDR[4][::-1], 53, 1001, FAR, VM),
           counts="tap3 ingress [no-rule]")
node.sgctl("flush")
t.equal(zones(PORT3), {"br1": used["br1"]},
        "a bridge has its zone again after a flush")
t.equal(zones(PORT, PORT3), used, "each its own")
t.equal(zones(PORT + " zone 77", PORT3), {"br0": 77, "br1": used["br1"]},
        "a port line's zone is its bridge's")
node.check("flows go on in it, as new ones", "tap1", udp(*ADDR[4], 1000, 53),
           to=["tap2", "qvb"], counts="tap1 egress web 1")
t.equal(len(conntrack("sport=1000 dport=53", "zone=77 ")), 1, "and are there")
t.equal(zones(PORT + " zone 77", PORT2, PORT3)["br0"], 77,
        "a port without one takes what another gives")
for family, (vm, far) in ADDR.items():
    zones(PORT + " zone 77", PORT2 + " zone 78", PORT3)
    t.equal((state("tap1"), state("tap2")), ("active", "blocked"),
            "of two ports that name different zones the later is blocked")
    vm2 = "fd00::4" if family == 6 else "10.1.0.4"
    node.check("IPv%d: what it sends is dropped" % family, "tap2",
               udp(vm2, far, 1000, 53, VM2), counts="tap2 egress [zone]")
    node.check("IPv%d: what it would get, too" % family, "qvb",
               udp(far, vm2, 1000, 7000, FAR, VM2), to=["tap1"],
               counts=["tap1 ingress web 2", "tap2 ingress [zone]"])
    zones(PORT + " zone 77", PORT2 + " zone 77", PORT3)
    t.equal(state("tap2"), "active", "until both name the same")
    # the other bridge's, automatic or given
    for zone in (zones(PORT, PORT2, PORT3)["br1"], 79):
        third = PORT3 + (" zone 79" if zone == 79 else "")
        zones(PORT + " zone 77", PORT2, third)
        zones(PORT + " zone %d" % zone, PORT2, third)
        t.equal((state("tap1"), state("tap3")), ("blocked", "active"),
                "a zone of another bridge blocks the port that names it")
        node.check("IPv%d: it sends nothing" % family, "tap1",
                   udp(vm, far, 1000, 53), counts="tap1 egress [zone]")
        node.check("IPv%d: and gets nothing" % family, "qvb",
                   udp(far, vm, 1005, 7000, FAR, VM), to=["tap2"],
                   counts=["tap1 ingress [zone]", "tap2 ingress web 2"])
        zones(PORT, PORT2, PORT3)

# ports that nobody configured
node = other_netns("tap1", "tap9", "qvb")
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)


def unconfigured(name, sender, frame, n, to=(), counts=()):
    before = node.genl.status()[0]
    node.check(name, sender, frame, to=to, counts=counts)
    t.equal(node.genl.status()[0] - before, n,
            name + ": %d counted [unconfigured]" % n)


for ours in (False, True):
    where = "beside a port of ours" if ours else "on a bridge without any"
    for family, (vm, far) in ADDR.items():
        node.apply("default drop tap9\n" + GROUP + (PORT + "\n") * ours)
        name = "IPv%d: %s: " % (family, where)
        unconfigured(name + "what it sends", "tap9",
                     udp(far, vm, 1000, 7000, MX, VM), 1)
        unconfigured(name + "ARP of it", "tap9",
                     f.arp(MX, MX, "10.1.0.9", "10.1.0.2"), 1)
        unconfigured(name + "a link-local group of it", "tap9",
                     f.eth("01:80:c2:00:00:02", MX, 0x8809, b"\1" * 50), 1)
        unconfigured(name + "what floods to it", "qvb",
                     udp(far, vm, 1002, 7000, FAR, VM), 1, to=["tap1"],
                     counts=["tap1 ingress web 2"] * ours)
        before = node.genl.status()[0]
        node.drain()
        raw.sendto(f.arp(BR, BR, "10.1.0.1", "10.1.0.9"), ("br0", 0x0806))
        t.ok(len(node.taps["qvb"].recv()) == 1 and
             len(node.taps["tap1"].recv()) == 1 and
             not node.taps["tap9"].recv() and
             node.genl.status()[0] - before == 1,
             name + "what the host sends")
        if not ours:
            t.equal(conntrack("sport=1002 dport=7000", "ipv%d " % family), [],
                    name + "nothing is tracked")
        node.apply("default drop tap9\ndefault accept tap*\n" + GROUP +
                   (PORT + "\n") * ours)
        unconfigured(name + "the default of another pattern is not its", "tap9",
                     udp(far, vm, 1000, 7000, MX, VM), 1)
        node.apply("default drop vnet*\n" + GROUP + (PORT + "\n") * ours)
        unconfigured(name + "without a default it is a port like any other",
                     "tap9", udp(far, vm, 1003, 9, MX, FAR), 0,
                     to=["qvb"] if ours else ["tap1", "qvb"],
                     counts=["tap1 ingress [no-rule]"] * ours)
t.done()
