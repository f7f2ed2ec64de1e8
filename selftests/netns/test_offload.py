#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What leaves is what was judged. A guest says in the header before its frame where
the kernel is to write the checksum, and how to cut the frame; whatever it says, the
bytes that arrive are those that the guard and the rules have seen, but for the
checksum of layer 4 and what is behind layer 4's header. Both directions, both
families, frames of known connections (the short ways) and of new ones."""
import struct
import time

import frames as f
import harness
import virtio
from virtio import (GSO_TCPV4, GSO_TCPV6, GSO_UDP, GSO_UDP_L4, NEEDS_CSUM,
                    VirtioTap, header)

VM, FAR = "02:00:00:00:00:01", "02:00:00:00:00:99"
CONFIG = """
group add web
%s
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 group web ethertype 0x88b5
""" % "\n".join(
    "rule add web %s proto %s" % (direction, proto)
    for direction in ("egress", "ingress")
    for proto in ("udp dport 53", "udp dport 4789", "tcp dport 80",
                  "sctp dport 80", "icmp", "icmpv6", "47", "4", "41", "50",
                  "udplite dport 53"))
ADDR = {4: ("10.1.0.2", "10.1.0.66"), 6: ("fd00::2", "fd00::66")}
# protocol -> where its checksum is, how long its header is
SUMS = {6: (16, 20), 17: (6, 8), 132: (8, 12)}

t = harness.start()
node = harness.Node(t, taps=())
for name in "tap1", "qvb":
    node.taps[name] = VirtioTap(name)
    harness.ip("link set %s up master br0" % name)
node.apply(CONFIG)


class Frame:
    """@bytes as they are written; @proto at @l4, or None: nothing of it may be left
    to the kernel"""

    def __init__(self, what, data, proto=None, l4=0):
        self.what, self.bytes, self.proto, self.l4 = what, data, proto, l4

    def allowed(self, start, offset):
        """may a sum be written there?"""
        if self.proto not in SUMS:
            return False
        field, length = SUMS[self.proto]
        at = start + offset - self.l4
        return at == field or at >= length

    def same(self, got, start, offset):
        """what has come is what was written, but for the checksum"""
        if len(got) != len(self.bytes):
            return False
        free = {start + offset, start + offset + 1}
        if self.proto in SUMS:
            field = self.l4 + SUMS[self.proto][0]
            free |= {field, field + 1}
        return all(a == b for i, (a, b) in enumerate(zip(self.bytes, got))
                   if i not in free)


def bases(family, sender, sport):
    """frames of each kind from the VM, or to it"""
    src, dst = ADDR[family] if sender == "tap1" else ADDR[family][::-1]
    smac, dmac = (VM, FAR) if sender == "tap1" else (FAR, VM)
    l4 = 54 if family == 6 else 34

    def packet(proto, payload, **kw):
        return f.packet(smac, dmac, src, dst, proto, payload, **kw)

    inner = f.packet(smac, dmac, "192.0.2.1", "192.0.2.2", 6,
                     f.tcp("192.0.2.1", "192.0.2.2", 5, 22, "S", data=b"y" * 30))
    udp = packet(17, f.udp(src, dst, sport, 53, b"x" * 40))
    yield Frame("UDP", udp, 17, l4)
    yield Frame("TCP", packet(6, f.tcp(src, dst, sport, 80, "S", data=b"x" * 40)),
                6, l4)
    yield Frame("SCTP", packet(132, f.sctp(sport, 80)), 132, l4)
    yield Frame("VXLAN", packet(17, f.udp(src, dst, sport, 4789, b"\x08" + b"\0" * 7 +
                                          inner)), 17, l4)
    yield Frame("GRE", packet(47, b"\0\0\x08\0" + inner[14:]), 47, l4)
    yield Frame("IP in IP", packet(4, inner[14:]), 4, l4)
    yield Frame("UDP-Lite", packet(136, f.udp(src, dst, sport, 53, b"x" * 40, 136)),
                136, l4)
    if family == 4:
        yield Frame("ICMP", packet(1, f.icmp(8, data=b"x" * 60)), 1, l4)
        yield Frame("ARP", f.arp(smac, smac, src, dst) + b"\0" * 30)
        yield Frame("options", packet(17, f.udp(src, dst, sport, 53, b"x" * 40),
                                      options=b"\1" * 8), 17, l4 + 8)
    else:
        yield Frame("ICMPv6", packet(58, f.icmp6(src, dst, 128,
                                                 body=b"x" * 60)), 58, l4)
        yield Frame("extension header", packet(60, f.ext(17) + f.udp(
            src, dst, sport, 53, b"x" * 40)), 17, l4 + 8)
    yield Frame("first fragment", f.fragments(
        packet(17, f.udp(src, dst, sport, 53, b"x" * 3000)), 1440)[0])
    yield Frame("tagged", f.vlan(udp, 5))
    yield Frame("SNAP", f.snap(udp))
    yield Frame("another ethertype", f.eth(dmac, smac, 0x88b5, udp[14:]))


def places(family, frame):
    """where a sum may be asked for: each field that decides, and behind them"""
    net = (14, 16, 20, 22, 24, 26, 28, 30, 32) if family == 4 else \
        (14, 18, 20, 22, 28, 36, 38, 46, 52)
    l4 = 54 if family == 6 else 34
    for at in (0, 4, 6, 10, 12) + net + tuple(range(l4, l4 + 24, 2)):
        if at + 2 <= len(frame.bytes):
            # summed from there, and from the header that it would be in
            for start in (at, 14 if at < l4 else l4):
                if start <= at:
                    yield start, at - start


def other(sender):
    return "qvb" if sender == "tap1" else "tap1"


def way(sender):
    return ("tap1", "egress" if sender == "tap1" else "ingress")


def judged(sender, frame, head):
    """(taken by the tap, what came out, reasons counted, accepted)"""
    node.drain()
    taken = node.taps[sender].send(frame, head)
    came = node.taps[other(sender)].recv()
    moved = node.count()
    reasons = {k[2] for k in moved if k[2].startswith("[")}
    return taken, came, reasons, moved


def learn(family, sport, proto):
    """a flow that the port knows, both ways"""
    vm, far = ADDR[family]
    for sender, src, dst, ports in (("tap1", vm, far, (sport, 53)),
                                    ("qvb", far, vm, (53, sport))):
        node.taps[sender].send(f.packet(
            *((VM, FAR) if sender == "tap1" else (FAR, VM)), src, dst, proto,
            f.udp(src, dst, *ports)), virtio.NONE)


asked = [0]


def sums(family, sender):
    name = "IPv%d, %s: " % (family, "out" if sender == "tap1" else "in")
    for frame in bases(family, sender, 1000):
        wrong, passed, shut, refused = [], 0, 0, 0
        for start, offset in places(family, frame):
            want = frame.allowed(start, offset)
            taken, came, reasons, moved = judged(sender, frame.bytes, header(
                NEEDS_CSUM, start=start, offset=offset))
            asked[0] += 1
            if not taken:
                refused += 1
                good = not came and not moved
            elif want:
                passed += 1
                good = not reasons and len(came) == 1 and \
                    frame.same(came[0], start, offset)
            else:
                shut += 1
                # of a sum that begins before the tag nothing is left behind it; of a
                # fragment to the VM conntrack waits for the rest
                good = not came and (
                    reasons == {"[malformed]"} or
                    (frame.what == "tagged" and reasons == {"[ethertype]"}) or
                    (frame.what == "first fragment" and sender == "qvb" and
                     not reasons))
            if not good:
                wrong.append("%d+%d: %s, %d came, %s" % (
                    start, offset, "taken" if taken else "refused", len(came),
                    sorted(moved)))
        t.ok(not wrong and (shut or frame.proto is None) and
             (passed or frame.proto not in SUMS),
             name + "%s: a sum is written where it belongs or not at all" %
             frame.what, passed, shut, refused, *wrong[:6])


def parts(family, sender):
    """the fragments of one datagram, with a sum left to the kernel in one or all"""
    name = "IPv%d, %s: " % (family, "out" if sender == "tap1" else "in")
    src, dst = ADDR[family] if sender == "tap1" else ADDR[family][::-1]
    smac, dmac = (VM, FAR) if sender == "tap1" else (FAR, VM)
    l4 = 54 if family == 6 else 34
    whole = f.packet(smac, dmac, src, dst, 17,
                     f.udp(src, dst, 1700, 53, b"x" * 2600))
    wrong = []
    tried = 0
    for heads in (True, False), (False, True), (True, True):
        for start, offset in ((l4, 2), (l4, 6), (l4, 0), (l4 + 8, 2), (14, l4 - 8),
                              (14, l4 - 18)):
            frames = f.fragments(whole, 1432)
            # each time another datagram to conntrack
            tried += 1
            if family == 4:
                frames = [x[:18] + struct.pack("!H", tried) + x[20:24] + b"\0\0" +
                          x[26:] for x in frames]
                frames = [x[:24] + struct.pack("!H", f.csum(x[14:34])) + x[26:]
                          for x in frames]
            else:
                frames = [x[:58] + struct.pack("!I", tried) + x[62:] for x in frames]
            node.drain()
            for frame, odd in zip(frames, heads):
                node.taps[sender].send(frame, header(
                    NEEDS_CSUM, start=start, offset=offset) if odd else virtio.NONE)
            came = node.taps[other(sender)].recv()
            asked[0] += 1
            got = joined(came, family, 17) if came else None
            # a sum of the data's own aside, it is what was sent
            good = not came or (got is not None and got[0][1] == whole[l4:l4 + 4] and
                                len(got[1]) == len(whole) - l4)
            if not good:
                wrong.append("%s %d+%d: %s" % (heads, start, offset,
                                               [x[:80].hex() for x in came]))
    node.count()
    t.ok(not wrong, name + "fragments, a sum left to the kernel in some: no other "
         "datagram comes of them", *wrong)


def forge(frame, start, offset, value):
    """the last word of @frame made so that what is written is @value"""
    frame = frame[:-2] + b"\0\0"
    have = f.csum(frame[start:])      # what would be written
    word = (have - value) % 0xffff
    return frame[:-2] + struct.pack("!H", word)


def forged(family, sender, known):
    """the sum of our choice as another port, address, ..."""
    src, dst = ADDR[family] if sender == "tap1" else ADDR[family][::-1]
    smac, dmac = (VM, FAR) if sender == "tap1" else (FAR, VM)
    l4 = 54 if family == 6 else 34
    sport, dport = 2000 + family, 53
    if known:
        learn(family, sport, 17)
        if sender == "qvb":
            sport, dport = dport, sport
    what = "IPv%d, %s, %s: " % (family, "out" if sender == "tap1" else "in",
                                "known" if known else "new")
    data = f.packet(smac, dmac, src, dst, 17,
                    f.udp(src, dst, sport, dport, b"x" * 60))
    node.count()
    came = judged(sender, data, virtio.NONE)[1]
    t.ok(came == [data], what + "a frame that leaves nothing to the kernel passes",
         came)
    for place, start, offset, value in (
            ("destination port", l4, 2, 22), ("source port", l4, 0, 22),
            ("address", l4 - 8, 6, 0x0a0a), ("protocol", 14, 8, 0x4006),
            ("ethertype", 12, 0, 0x8100), ("MAC", 6, 4, 0x0666)):
        bad = forge(data, start, offset, value)
        taken, came, reasons, moved = judged(sender, bad, header(
            NEEDS_CSUM, start=start, offset=offset))
        t.ok(not came and (reasons == {"[malformed]"} if taken else not moved),
             what + "its %s is not changed behind the guard's back" % place,
             taken, moved, *(x[:64].hex() for x in came))


def joined(frames, family, proto):
    """the data that arrive in @frames, segments or fragments, in order; None: one of
    them is not of the flow"""
    l4 = 54 if family == 6 else 34
    out, first = b"", None
    for x in frames:
        if family == 6 and x[20] == 44:
            offset = struct.unpack("!H", x[56:58])[0] & 0xfff8
            head, data = x[:20] + bytes([x[54]]) + x[22:54], x[62:]
        else:
            offset = (struct.unpack("!H", x[20:22])[0] & 0x1fff) * 8 \
                if family == 4 else 0
            head, data = x[:l4], x[l4:]
        # addresses, MACs, ethertype and protocol
        key = head[:14] + (head[23:24] + head[26:34] if family == 4 else
                           head[20:21] + head[22:54])
        if proto == 17 and (offset or (family == 4 and x[20] & 0x20) or
                            (family == 6 and x[20] == 44)):
            if offset != len(out):
                return None
            ports = first[1] if first else data[:4]
            out += data
        else:
            ports = data[:4]
            out += data[8 if proto == 17 else (data[12] >> 4) * 4:]
        first = first or (key, ports)
        if (key, ports) != first:
            return None
    return first, out


def cuts(family, sender):
    """each kind of GSO on each kind of frame"""
    src, dst = ADDR[family] if sender == "tap1" else ADDR[family][::-1]
    smac, dmac = (VM, FAR) if sender == "tap1" else (FAR, VM)
    l4 = 54 if family == 6 else 34
    name = "IPv%d, %s: " % (family, "out" if sender == "tap1" else "in")
    data = bytes(range(256)) * 12

    def packet(proto, payload):
        return f.packet(smac, dmac, src, dst, proto, payload)

    udp = packet(17, f.udp(src, dst, 1500, 53, data))
    kinds = [("TCP", packet(6, f.tcp(src, dst, 1500, 80, "A", data=data)), 6),
             ("UDP", udp, 17),
             ("GRE", packet(47, b"\0\0\x08\0" + data), 47),
             ("ICMP", packet(1, f.icmp(8, data=data)) if family == 4 else
              packet(58, f.icmp6(src, dst, 128, body=b"\0\1\0\1" + data)), 1),
             ("fragment", f.fragments(packet(17, f.udp(
                 src, dst, 1500, 53, data * 3)), 2048)[0], None),
             ("tagged", f.vlan(udp, 5), None),
             ("ARP", f.arp(smac, smac, "10.1.0.2", "10.1.0.66") + data, None)]
    cases = wrong = 0
    why = []
    for what, frame, proto in kinds:
        for gso in GSO_TCPV4, GSO_TCPV6, GSO_UDP, GSO_UDP_L4:
            for size in 4, 8, 9, 1000:
                for flags, start, offset in (
                        (0, 0, 0), (NEEDS_CSUM, l4, 16 if proto == 6 else 6),
                        (NEEDS_CSUM, l4 + 20, 16)):
                    taken, came, reasons, moved = judged(sender, frame, header(
                        flags, gso, size, start, offset, l4 + 20))
                    cases += 1
                    asked[0] += 1
                    good = not came
                    if came and proto in (6, 17):
                        got = joined(came, family, proto)
                        whole = udp[l4:l4 + 4] if proto == 17 else frame[l4:l4 + 4]
                        good = got is not None and got[0][1] == whole and \
                            not reasons
                        # UDP's header is data of the first fragment
                        arrived = got and (got[1][8:] if got[1][:4] == whole
                                           else got[1])
                        if flags and start + offset > l4 + 8:
                            # a sum in the data, which is the guest's own
                            good = good and len(arrived) == len(data)
                        else:
                            good = good and arrived == data
                    elif taken and not came:
                        # what the kernel itself can't cut is lost behind us
                        good = reasons in ({"[malformed]"}, set())
                    if not good:
                        wrong += 1
                        why.append("%s gso %d size %d csum %d %d+%d: %d came, %s" % (
                            what, gso, size, flags, start, offset, len(came),
                            sorted(moved)))
    t.ok(not wrong, name + "%d frames to be cut: what arrives is the flow that was "
         "judged" % cases, *why[:8])


def amplified():
    """what the kernel will cut into fragments counts as so many: 30,000 a second"""
    vm, far = ADDR[4]
    data = f.packet(VM, FAR, vm, far, 17, f.udp(vm, far, 1600, 53, b"x" * 59992))
    harness.ip("link set qvb down")
    node.count()
    begin = time.monotonic()
    for _ in range(40):
        node.taps["tap1"].send(data, header(0, GSO_UDP, 8, hdr_len=42))
    seconds = int(time.monotonic() - begin) + 2
    moved = node.count()
    shut = moved.get(("tap1", "egress", "[malformed]"), 0) // 7500
    t.ok(shut >= 40 - 4 * seconds and shut + 4 * seconds >= 4,
         "frames that would be 7,500 fragments each count as 7,500", seconds, moved)
    harness.ip("link set qvb up")


for family in ADDR:
    for sender in "tap1", "qvb":
        for known in False, True:
            forged(family, sender, known)
        sums(family, sender)
        parts(family, sender)
        cuts(family, sender)
amplified()
t.ok(asked[0] >= 200, "%d headers were tried" % asked[0])
t.done()
