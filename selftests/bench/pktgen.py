# SPDX-License-Identifier: GPL-2.0-or-later
"""Streams of packets over a Lab, and what one of them takes.

With QEMU's icount a nanosecond of the guest is an instruction; under User Mode
Linux it is one. pktgen's own work for a packet is in the figure; differences
are what counts.
"""
import os
import re
import struct
import time

import lab

DIR = "/proc/net/pktgen/"


class PktgenError(Exception):
    pass


def write(name, *lines):
    for line in lines:
        try:
            with open(DIR + name, "w") as f:
                f.write(line + "\n")
        except OSError as e:
            raise PktgenError("pktgen %s: %s: %s" % (name, line, e)) from None


class Stream:
    """pktgen from one end of the lab: packets of the established flow, or, with
    @new, each of a flow of its own to the port @dport of the other end, or, to
    @elsewhere, a key of lab.ELSEWHERE, of one flow to that port there"""

    def __init__(self, road, family, dport, new=False, outward=True,
                 elsewhere=None):
        self.road, self.new = road, new
        self.ns = road.home if outward else road.far
        self.dev = "a0" if outward else "b0"
        src, dst, sport = lab.VM[family], lab.WORLD[family], lab.PORT
        smac, dmac = lab.VM_MAC, lab.WORLD_MAC
        if not outward:
            src, dst, smac, dmac = dst, src, dmac, smac
            if not new and not elsewhere:
                sport, dport = dport, sport
        if elsewhere:
            dmac, dst = lab.ELSEWHERE[elsewhere, family]
        six = "6" if family == 6 else ""
        self.conf = [
            "count 1", "delay 0", "clone_skb 0", "pkt_size %d" % (
                84 if six else 64),
            "src_mac " + smac, "dst_mac " + dmac,
            "dst%s %s" % (six, dst)]
        if six:
            self.conf.append("src6 " + src)
        else:
            self.conf += ["src_min " + src, "src_max " + src]
        self.conf += ["udp_dst_min %d" % dport, "udp_dst_max %d" % dport]
        low, high = (1024, 65535) if new else (sport, sport)
        self.conf += ["udp_src_min %d" % low, "udp_src_max %d" % high]

        # the namespace has a pktgen of its own, for as long as it is there:
        # to take a device off takes an eighth of a second
        lab.enter(self.ns)
        write("kpktgend_0", "add_device " + self.dev)
        write(self.dev, *self.conf)
        lab.enter(road.home)

    def run(self, count):
        """nanoseconds for @count packets"""
        if self.new:
            lab.sh("conntrack", "-F")
            time.sleep(0.05)    # what RCU frees then is not of the packets
        lab.enter(self.ns)
        try:
            write(self.dev, "count %d" % count)
            write("pgctrl", "start")
            with open(DIR + self.dev) as f:
                text = f.read()
        finally:
            lab.enter(self.road.home)
        m = re.search(r"Result: OK: (\d+)\(c(\d+)\+d(\d+)\) usec, (\d+)", text)
        if not m or int(m.group(4)) != count:
            raise PktgenError("pktgen says: " + text[-300:])
        return int(m.group(1)) * 1000


class GsoStream:
    """the VM's write of one TCP super-packet, again and again"""

    def __init__(self, road, family, dport=2000):
        self.road = road
        data = bytes(lab.GSO_BYTES)
        f = lab.tcp(family, lab.PORT, dport, 1001, 5001, 0x10, True, data,
                    partial=True)
        head = 14 + (20 if family == 4 else 40)
        self.frame = struct.pack(
            "<BBHHHHH", lab.NEEDS_CSUM,
            lab.GSO_TCPV4 if family == 4 else lab.GSO_TCPV6, head + 20,
            lab.GSO_SIZE, head, 16, 0) + f

    def run(self, count):
        fd, data, write_ = self.road.tap, self.frame, os.write
        start = time.monotonic_ns()
        for _ in range(count):
            write_(fd, data)
        return time.monotonic_ns() - start
