#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames as virtio guests send them: one of many segments, its checksum left to
the host, and metadata that the guest made up."""
import frames as f
import harness
import virtio
from harness import ip
from virtio import GSO_NONE, GSO_TCPV4, GSO_TCPV6, NEEDS_CSUM, VirtioTap

VM, FAR = "02:00:00:00:00:01", "02:00:00:00:00:99"
CONFIG = """
group add web
rule add web egress proto tcp dport 80 id 1
rule add web ingress proto tcp dport 22 id 2
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 group web
"""
ADDR = {4: ("10.1.0.2", "10.1.0.66"), 6: ("fd00::2", "fd00::66")}

t = harness.start()
node = harness.Node(t, taps=("qvb",))


def header(family, gso_type, gso_size, flags=NEEDS_CSUM, start=None, hdr=None):
    l4 = 14 + (40 if family == 6 else 20)
    return virtio.header(flags, gso_type, gso_size,
                         l4 if start is None else start, 16,
                         l4 + 20 if hdr is None else hdr)


tap = node.taps["tap1"] = VirtioTap("tap1")
ip("link set tap1 up master br0")
node.apply(CONFIG)

for family, (vm, far) in ADDR.items():
    name = "IPv%d: " % family
    gso = GSO_TCPV4 if family == 4 else GSO_TCPV6

    def tcp(flags, seq, data=b"", dport=80, src=vm):
        return f.packet(VM, FAR, src, far, 6,
                        f.tcp(src, far, 1000, dport, flags, seq, 1, data))
    tap.header = header(family, GSO_NONE, 0)
    node.count()
    out = node.send("tap1", tcp("S", 1))["qvb"]
    t.ok(len(out) == 1 and node.count() == {("tap1", "egress", "web 1"): 1},
         name + "a checksum that the guest left to the host is no fault")
    tap.header = virtio.NONE
    node.send("qvb", f.packet(FAR, VM, far, vm, 6,
                              f.tcp(far, vm, 80, 1000, "SA", 1, 2)))
    node.send("tap1", tcp("A", 2))
    node.count()
    before = node.genl.counters()["tap1", "egress", "established"]
    tap.header = header(family, gso, 1000)
    out = node.send("tap1", tcp("A", 2, b"x" * 3500))["qvb"]
    after = node.genl.counters()["tap1", "egress", "established"]
    t.ok(len(out) == 4, name + "a frame of four segments passes as four",
         [len(x) for x in out])
    t.equal((after[0] - before[0], after[1] - before[1]),
            (4, len(tcp("A", 2, b"x" * 3500))),
            name + "and counts as four packets, with the bytes of the frame")
    node.count()
    out = node.send("tap1", tcp("S", 1, b"x" * 3500, dport=81))["qvb"]
    t.ok(not out and node.count() == {("tap1", "egress", "[no-rule]"): 4},
         name + "one that no rule allows is dropped, as four")
    out = node.send("tap1", tcp("S", 1, b"x" * 3500, src=far))["qvb"]
    t.ok(not out and node.count() == {("tap1", "egress", "[source]"): 4},
         name + "a spoofed one too")

    def shut(what, data, packets, reason="[no-rule]", refusable=False):
        node.drain()
        taken = tap.send(tcp("S", 1, data, dport=81))
        came = node.taps["qvb"].recv()
        moved = node.count()
        want = {("tap1", "egress", reason): packets} \
            if taken or not refusable else {}
        t.ok(not came and moved == want, name + what, came, moved)
    # csum_start becomes the transport header: it must not move what is judged
    l4 = 14 + (40 if family == 6 else 20)
    for start in (14, l4 - 8, l4 + 20):
        tap.header = header(family, GSO_NONE, 0, start=start)
        # the sum is written 16 bytes on: into the headers, or behind them. That
        # it begins within the network header since 7.2 the tap itself refuses
        shut("nor does a checksum offset of %d open a port" % start,
             b"x" * 100, 1, "[no-rule]" if start > l4 else "[malformed]",
             refusable=start < l4)
    # the linear part is as short as the guest wants it
    for hdr in (14, 34, 60):
        tap.header = header(family, gso, 1000, hdr=hdr)
        shut("nor a linear part of %d bytes" % hdr, b"x" * 3500, 4)
t.done()
