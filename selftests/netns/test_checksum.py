#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames whose TCP, UDP or ICMP checksum is wrong: docs/differences.md's row.

conntrack calls them INVALID and they are dropped [invalid], though a rule fits;
with the sysctl that the row names they pass by the rule. Both families, both ways."""
import frames as f
import harness

t = harness.start()
VM, FAR = "02:00:00:00:00:01", "02:00:00:00:00:07"
ADDR = {4: ("10.1.0.2", "10.1.0.66"), 6: ("fd00::2", "fd00::66")}
CHECKSUM = "net.netfilter.nf_conntrack_checksum"
node = harness.Node(t, taps=("tap1", "qvb"))
node.apply("group add web\nrule add web egress id 1\nrule add web ingress id 2\n"
           "port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 group web\n")
sports = iter(range(5000, 60000))


def payload(kind, src, dst):
    """a new flow's first packet and where its checksum is"""
    sport = next(sports)
    if kind == "tcp":
        return 6, f.tcp(src, dst, sport, 80), 16
    if kind == "udp":
        return 17, f.udp(src, dst, sport, 53), 6
    rest = sport.to_bytes(2, "big") + b"\0\1"
    if ":" in src:
        return 58, f.icmp6(src, dst, 128, 0, rest + b"data"), 2
    return 1, f.icmp(8, rest=rest), 2


def frame(kind, family, way, spoil):
    vm, far = ADDR[family]
    src, dst, smac, dmac = (vm, far, VM, FAR) if way == "egress" else \
        (far, vm, FAR, VM)
    proto, data, at = payload(kind, src, dst)
    if spoil:
        data = data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1:]
    return f.packet(smac, dmac, src, dst, proto, data)


def table(say, wrong_passes):
    for family in ADDR:
        for kind in ("tcp", "udp", "icmp"):
            for way, sender, to, rule in (("egress", "tap1", "qvb", 1),
                                          ("ingress", "qvb", "tap1", 2)):
                name = "IPv%d: %s, %s: " % (family, kind, way)
                node.check(name + "a right checksum passes" + say, sender,
                           frame(kind, family, way, False), to=[to],
                           counts="tap1 %s web %d" % (way, rule))
                node.check(name + "a wrong one %s" % (
                    "passes by the rule" if wrong_passes else
                    "is [invalid]") + say, sender,
                           frame(kind, family, way, True),
                           to=[to] if wrong_passes else (),
                           counts="tap1 %s %s" % (way, "web %d" % rule if
                                                  wrong_passes else "[invalid]"))


table("", False)
# UDP without a checksum has none that is wrong, for conntrack over IPv6 too
for family in ADDR:
    for way, sender, to, rule in (("egress", "tap1", "qvb", 1),
                                  ("ingress", "qvb", "tap1", 2)):
        good = frame("udp", family, way, False)
        at = 14 + (20 if family == 4 else 40) + 6
        node.check("IPv%d: udp, %s: no checksum" % (family, way), sender,
                   good[:at] + b"\0\0" + good[at + 2:],
                   to=[to], counts="tap1 %s web %d" % (way, rule))
harness.sysctl(CHECKSUM, 0)
table(", nf_conntrack_checksum=0", True)
harness.sysctl(CHECKSUM, 1)
node.check("the sysctl back: [invalid] again", "tap1", frame("udp", 4, "egress", True),
           counts="tap1 egress [invalid]")
t.done()
