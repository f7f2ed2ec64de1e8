#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""iptables translates bridged frames where br_netfilter hands them to it: a
port's ingress rules are asked of what the VM receives, when the connection is
new and when it is judged again."""
import os
import struct
import subprocess

import frames as f
import harness
from harness import sysctl

VM, FAR = "02:00:00:00:00:01", "02:00:00:00:00:99"
ADDR = {4: ("10.1.0.2", "10.1.0.66"), 6: ("fd00::2", "fd00::66")}
PROTO = {"tcp": 6, "udp": 17}
CONFIG = """
group add web
rule add web ingress proto tcp dport 22
rule add web ingress proto udp dport 22
rule add web ingress proto tcp dport 2224
rule add web ingress proto udp dport 2224
%s
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 group web
"""

MODULES = ("br_netfilter", "iptable_nat", "ip6table_nat")

t = harness.start()
BRNF = "/sys/module/br_netfilter"
# it takes every bridge's frames: where it was not, it goes again
mine = not os.path.isdir(BRNF)
if subprocess.run(["modprobe", "-a", *MODULES], capture_output=True).returncode:
    t.skip("NAT of bridged frames", "there is no br_netfilter or no iptables")
    t.done()
node = harness.Node(t, taps=("tap1", "qvb"))
for name in ("iptables", "ip6tables"):
    sysctl("net.bridge.bridge-nf-call-" + name, 1)
for family, (vm, _) in ADDR.items():
    for proto in PROTO:
        for port in (2222, 2224):
            harness.sh("iptables-legacy" if family == 4 else "ip6tables-legacy",
                       "-t", "nat", "-A", "PREROUTING", "-p", proto, "--dport",
                       str(port), "-j", "DNAT", "--to-destination",
                       ("%s:%d" if family == 4 else "[%s]:%d") % (
                           vm, port - 2200))


def segment(proto, src, dst, sport, dport, **tcp):
    if proto == "udp":
        return f.udp(src, dst, sport, dport)
    return f.tcp(src, dst, sport, dport, **tcp)


def ports(frame):
    at = 34 if frame[12:14] == b"\x08\0" else 54
    return struct.unpack_from("!HH", frame, at)


def passes(name, sender, frame, receiver, want, *counts):
    node.count()
    came = [ports(x) for x in node.send(sender, frame)[receiver]]
    moved = {" ".join(k): v for k, v in node.count().items()}
    t.ok(came == want and moved == {c: 1 for c in counts}, name, came, moved)


node.apply(CONFIG % "")
n = 3000
for family, (vm, far) in ADDR.items():
    for proto, number in PROTO.items():
        n += 10
        name = "IPv%d %s: " % (family, proto)
        rule = 1 if proto == "tcp" else 2

        def towards(dport, **tcp):
            return f.packet(FAR, VM, far, vm, number,
                            segment(proto, far, vm, n, dport, **tcp))

        answer = f.packet(VM, FAR, vm, far, number, segment(
            proto, vm, far, 22, n, flags="SA", seq=9, ack=2)
            if proto == "tcp" else f.udp(vm, far, 22, n))
        passes(name + "the rule for what the VM receives admits it", "qvb",
               towards(2222), "tap1", [(n, 22)],
               "tap1 ingress web %d" % rule)
        passes(name + "the answer leaves as from the port that was asked",
               "tap1", answer, "qvb", [(2222, n)], "tap1 egress established")
        passes(name + "and it goes on", "qvb",
               towards(2222, flags="A", seq=2, ack=10), "tap1", [(n, 22)],
               "tap1 ingress established")
        # a new version of the port: all it has is judged again
        node.apply(CONFIG % "rule add web ingress proto 99")
        passes(name + "after a change elsewhere too", "qvb",
               towards(2222, flags="A", seq=2, ack=10), "tap1", [(n, 22)],
               "tap1 ingress established")
        node.apply(CONFIG % "")
        passes(name + "a rule for what was sent does not", "qvb",
               towards(2224), "tap1", [], "tap1 ingress [no-rule]")
node.sgctl("flush")
if mine:
    subprocess.run(["rmmod", "br_netfilter"], capture_output=True)
t.equal(os.path.isdir(BRNF), not mine, "br_netfilter is as it was found")
t.done()
