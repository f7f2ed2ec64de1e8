#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The same frames have the same verdicts with br_netfilter absent, loaded, and
loaded with bridge-nf-call-iptables=1, whichever came first. br_netfilter takes
IP frames out of FORWARD and brings them back behind priorities 0 and -1: a hook
there is never asked."""
import subprocess

import frames as f
import harness
from harness import sysctl

VM, VM2, FAR = "02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:99"
CONFIG = """
default drop tap*
group add web
rule add web egress
rule add web ingress proto tcp dport 22
rule add web ingress proto udp dport 7000
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 group web
port add tap2 mac 02:00:00:00:00:02 ip 10.1.0.4 ip fd00::4 group web
"""
ADDR = {4: ("10.1.0.2", "10.1.0.4", "10.1.0.66"),
        6: ("fd00::2", "fd00::4", "fd00::66")}

t = harness.start()


def modprobe(*args):
    return subprocess.run(["modprobe", *args], capture_output=True).returncode == 0


def data(fragment):
    """what a fragment carries, and where it belongs"""
    if fragment[12:14] == b"\x08\0":
        return fragment[20:22], fragment[34:]
    return fragment[56:58], fragment[62:]


def frames_of(node, where, sport):
    for family, (vm, vm2, far) in ADDR.items():
        name = "%s, IPv%d: " % (where, family)
        mtu = 1480 if family == 4 else 1448

        def udp(src, dst, sport, dport, smac, dmac, data=b"data"):
            return f.packet(smac, dmac, src, dst, 17,
                            f.udp(src, dst, sport, dport, data))
        node.check(name + "egress allowed", "tap1",
                   udp(vm, far, sport, 53, VM, FAR), to=["qvb"],
                   counts=["tap1 egress web 1", "tap2 ingress [no-rule]"])
        node.check(name + "its answer", "qvb",
                   udp(far, vm, 53, sport, FAR, VM), to=["tap1"],
                   counts=["tap1 ingress established",
                           "tap2 ingress [no-rule]"])
        node.check(name + "and on", "tap1", udp(vm, far, sport, 53, VM, FAR),
                   to=["qvb"], counts=["tap1 egress established",
                                       "tap2 ingress [no-rule]"])
        node.check(name + "ingress allowed", "qvb",
                   f.packet(FAR, VM, far, vm, 6, f.tcp(far, vm, sport, 22)),
                   to=["tap1", "tap2"],
                   counts=["tap1 ingress web 2", "tap2 ingress web 2"])
        node.check(name + "ingress without a rule is dropped", "qvb",
                   f.packet(FAR, VM, far, vm, 6, f.tcp(far, vm, sport, 23)),
                   counts=["tap1 ingress [no-rule]", "tap2 ingress [no-rule]"])
        node.check(name + "a spoofed source", "tap1",
                   udp(far, vm2, sport, 53, VM, VM2),
                   counts="tap1 egress [source]")
        node.check(name + "a VLAN tag", "tap1",
                   f.vlan(udp(vm, far, sport, 53, VM, FAR), 0),
                   counts="tap1 egress [ethertype]")
        node.check(name + "a VLAN tag towards the VM", "qvb",
                   f.vlan(f.packet(FAR, VM, far, vm, 6,
                                   f.tcp(far, vm, sport, 22)), 0),
                   counts=["tap1 ingress [ethertype]",
                           "tap2 ingress [ethertype]"])
        node.check(name + "from VM to VM", "tap1",
                   udp(vm, vm2, sport, 7000, VM, VM2), to=["tap2", "qvb"],
                   counts=["tap1 egress web 1", "tap2 ingress web 3"])
        node.check(name + "and back", "tap2",
                   udp(vm2, vm, 7000, sport, VM2, VM), to=["tap1", "qvb"],
                   counts=["tap2 egress established",
                           "tap1 ingress established"])
        # as large as they can be: br_netfilter cuts by the MTU, and IPv6 loses
        # its fragment id; the data is the same
        frags = f.fragments(udp(vm, far, sport + 1, 53, VM, FAR, b"x" * 2000),
                            mtu)
        node.count()
        out = node.send("tap1", *frags)
        moved = {" ".join(k): v for k, v in node.count().items()}
        t.ok([data(x) for x in out["qvb"]] == [data(x) for x in frags] and
             not out["tap2"] and moved == {"tap1 egress web 1": 1,
                                           "tap2 ingress [no-rule]": 1},
             name + "fragments allowed", [len(x) for x in frags],
             {k: [len(x) for x in v] for k, v in out.items()}, moved)
        frags = f.fragments(udp(far, vm, sport, 99, FAR, VM, b"x" * 2000), mtu)
        node.check(name + "fragments of what no rule allows", "qvb", frags,
                   counts=[("tap1 ingress [no-rule]", 1),
                           ("tap2 ingress [no-rule]", 1)])


def call_iptables(value):
    for name in ("iptables", "ip6tables", "arptables"):
        sysctl("net.bridge.bridge-nf-call-" + name, value)


subprocess.run(["rmmod", "br_netfilter"], capture_output=True)
node = harness.Node(t)
node.apply(CONFIG)
frames_of(node, "br_netfilter absent", 1000)
if modprobe("br_netfilter"):
    call_iptables(0)
    frames_of(node, "loaded, calls off", 1100)
    call_iptables(1)
    frames_of(node, "loaded after us, calls on", 1200)
    # its hooks are registered with the netns' first bridge: here before ours
    harness.new_netns()
    second = harness.Node(t)
    call_iptables(1)
    second.apply(CONFIG)
    frames_of(second, "loaded before us, calls on", 1300)
    # and here ours are there before its
    harness.new_netns()
    harness.sh(harness.SGCTL, "apply", "-", stdin=CONFIG)
    third = harness.Node(t)
    call_iptables(1)
    frames_of(third, "configured before the first bridge, calls on", 1400)
    subprocess.run(["rmmod", "br_netfilter"], capture_output=True)
else:
    t.skip("with br_netfilter loaded", "there is none")
t.done()
