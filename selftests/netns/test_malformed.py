#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames that are not well-formed, from the VM and towards it: each is dropped
with its reason, or, when only what is behind the headers is missing, judged as
what is left of it."""
import struct

import frames as f
import harness

VM, FAR = "02:00:00:00:00:01", "02:00:00:00:00:99"
ADDR = {4: ("10.1.0.2", "10.1.0.66"), 6: ("fd00::2", "fd00::66")}
LL, LLX, ALL, MALL = ("fe80::ff:fe00:1", "fe80::66", "ff02::1",
                      "33:33:00:00:00:01")
CONFIG = """
default drop tap*
group add all
rule add all egress id 1
rule add all ingress id 2
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 group all
"""

t = harness.start()
node = harness.Node(t, taps=("tap1", "qvb"))
node.apply(CONFIG)
WAYS = (("tap1", "qvb", "egress", "from the VM"),
        ("qvb", "tap1", "ingress", "towards the VM"))


def ends(way, family=4):
    """MAC and address of who sends and who receives"""
    vm, far = ADDR[family]
    return (VM, FAR, vm, far) if way == "egress" else (FAR, VM, far, vm)


def drops(name, sender, way, frames, reason="malformed"):
    node.check(name, sender, frames, counts="tap1 %s [%s]" % (way, reason))


def stops(name, sender, receiver, frames):
    """conntrack may have dropped some, or wait for more: none comes out"""
    came = node.send(sender, *frames)[receiver]
    t.ok(not came, name, *[x.hex() for x in came[:3]])
    node.count()


def passes(name, sender, receiver, way, frames, what):
    node.check(name, sender, frames, to=[receiver],
               counts="tap1 %s %s" % (way, what))


def rule(way):
    return "all 1" if way == "egress" else "all 2"


def resized4(frame, size):
    """an IPv4 frame of @size bytes behind the MAC header, whose length field
    says so too"""
    packet = frame[14:14 + size]
    head = packet[:2] + struct.pack("!H", size) + packet[4:10] + b"\0\0" + \
        packet[12:20]
    return frame[:14] + head[:10] + struct.pack("!H", f.csum(head)) + \
        head[12:] + packet[20:]


def resized6(frame, size):
    packet = frame[14:14 + size]
    return frame[:14] + packet[:4] + struct.pack("!H", size - 40) + packet[6:]


def layer4(way, family):
    """name, a packet with 4 bytes of data, the least that layer 4 must have"""
    _, _, src, dst = ends(way, family)
    out = [("TCP", 6, f.tcp(src, dst, 1000, 80, "S", data=b"data"), 20),
           ("SCTP", 132, f.sctp(1000, 80, b"\1\0\0\x14" + b"\0\0\0\1" +
                                b"\0" * 12), 12),
           ("DCCP", 33, f.dccp(src, dst, 1000, 80), 12),
           ("a protocol of no known header", 99, b"data", 0)]
    if family == 4:
        out += [("ICMP", 1, f.icmp(8), 8),
                ("IGMP", 2, f.icmp(0x22, 0, b"\0" * 4, b"data"), 8)]
    else:
        out.append(("ICMPv6", 58, f.icmp6(src, dst, 128), 8))
    return out


# cut at every length: first the frame alone, then with its length field
for sender, receiver, way, whither in WAYS:
    for family in ADDR:
        smac, dmac, src, dst = ends(way, family)
        resized, net = (resized4, 20) if family == 4 else (resized6, 40)
        for what, proto, data, least in layer4(way, family):
            name = "IPv%d %s, %s: " % (family, what, whither)
            frame = f.packet(smac, dmac, src, dst, proto, data)
            drops(name + "cut at every length", sender, way,
                  [frame[:n] for n in range(14, len(frame))])
            short = [resized(frame, n) for n in range(net, net + least)]
            if what == "DCCP" and way == "ingress":
                stops(name + "too short for its header", sender, receiver,
                      short)
            elif least:
                drops(name + "too short for its header", sender, way, short)
        # one whose header is all there may end anywhere behind it
        frame = f.packet(smac, dmac, src, dst, 99, b"x" * 8)
        name = "IPv%d, %s: " % (family, whither)
        cut = [resized(frame, n) for n in range(net, net + 8)]
        node.count()
        came = node.send(sender, *cut)[receiver]
        t.ok(came == cut and sum(node.count().values()) == len(cut),
             name + "what no header is missing of passes", len(came))
        # UDP has a length of its own
        udp = f.udp(src, dst, 1000, 53, b"x" * 8)
        frame = f.packet(smac, dmac, src, dst, 17, udp)
        drops(name + "UDP cut at every length", sender, way,
              [frame[:n] for n in range(14, len(frame))] +
              [resized(frame, n) for n in range(net, net + len(udp))])
        drops(name + "UDP with a length below its header's or above what is "
              "there", sender, way, [f.packet(
                  smac, dmac, src, dst, 17, udp[:4] + struct.pack("!H", n) +
                  udp[6:]) for n in (0, 7, 17, 0xffff)])
        # conntrack looks at layer 4's checksum
        for what, proto, data, at in (
                ("TCP", 6, f.tcp(src, dst, 1000, 81), 16), ("UDP", 17, udp, 6),
                ("ICMP", 1, f.icmp(8), 2) if family == 4 else
                ("ICMPv6", 58, f.icmp6(src, dst, 128), 2)):
            drops(name + "a wrong checksum of %s" % what, sender, way, [
                f.packet(smac, dmac, src, dst, proto, data[:at] + bytes(
                    [data[at] ^ 1]) + data[at + 1:])], "invalid")
        # TCP says how long its header is
        tcp = f.tcp(src, dst, 1000, 80)
        drops(name + "TCP whose header is shorter than can be or longer than "
              "the packet", sender, way, [f.packet(
                  smac, dmac, src, dst, 6, tcp[:12] + bytes([n << 4]) +
                  tcp[13:]) for n in (0, 1, 4, 6, 15)])

# the IPv4 header
for sender, receiver, way, whither in WAYS:
    smac, dmac, src, dst = ends(way)
    udp = f.udp(src, dst, 1000, 53)
    name = "IPv4, %s: " % whither

    def packet(**kw):
        return f.packet(smac, dmac, src, dst, 17, udp, **kw)
    good = packet()
    drops(name + "a checksum wrong by a bit", sender, way, [
        good[:24] + bytes([good[24] ^ 1 << n]) + good[25:] for n in range(8)])
    drops(name + "version 0 to 15 but 4", sender, way,
          [packet(version=n) for n in range(16) if n != 4])
    drops(name + "header length 0 to 4 words, and beyond the packet", sender,
          way, [packet(ihl=n) for n in (0, 1, 2, 3, 4, 9, 15)])
    drops(name + "total length below the header's or beyond the frame", sender,
          way, [packet(tot_len=n) for n in
                (0, 1, 19, 20, 27, len(good) - 13, 0xffff)])
    drops(name + "options cut at every length", sender, way, [
        packet(options=b"\1" * 40)[:n] for n in range(15, 14 + 60)])
    # the destination of a source route is its next stop only
    route = b"\x07\x04" + f.ip4("10.1.0.9")
    for what, options in (
            ("loose", b"\x83" + route + b"\0"),
            ("strict", b"\x89" + route + b"\0"),
            ("used up", b"\x83\x07\x08" + f.ip4("10.1.0.9") + b"\0"),
            ("behind no-operation", b"\1\x83" + route),
            ("behind another option", b"\x94\4\0\0\x89" + route + b"\0"),
            ("without a length", b"\1\1\1\x83"),
            ("of an odd length", b"\x83\0\0\0")):
        drops(name + "a source route, " + what, sender, way,
              [packet(options=options)])
    data = f.udp(src, dst, 1000, 53, b"x" * 24)
    parts = [f.packet(smac, dmac, src, dst, 17, part, frag=frag, ident=77,
                      options=b"\x83" + route + b"\0")
             for part, frag in ((data[:16], 0x2000), (data[16:], 2))]
    # conntrack has put together what comes to the VM
    node.check(name + "a source route in fragments", sender, parts,
               counts=[("tap1 %s [malformed]" % way,
                        2 if way == "egress" else 1)])
    # what hosts and routers do with other options is theirs: no way around
    for what, options in (("no-operation", b"\1\1\1\0"),
                          ("the bytes of a source route in another",
                           b"\x94\4\x83\x89"),
                          ("a source route behind the end", b"\0\x83\7\4"),
                          ("record route", b"\x07\x07\x04" + b"\0" * 5),
                          ("router alert", b"\x94\4\0\0"),
                          ("40 bytes of them", b"\1" * 40),
                          ("one that overruns", b"\x44\x28\5\0")):
        node.count()
        frame = f.packet(smac, dmac, src, dst, 17, f.udp(
            src, dst, 2000 + len(options), 53), options=options)
        came = node.send(sender, frame)[receiver]
        moved = {" ".join(k): v for k, v in node.count().items()}
        t.ok(came == [frame] and list(moved.values()) == [1] and
             set(moved) <= {"tap1 %s %s" % (way, rule(way)),
                            "tap1 %s established" % way},
             name + "options, %s: judged by the ports behind them" % what,
             came, moved)
    drops(name + "from a wrong source options do not help" if way == "egress"
          else name + "in the VM's own name options do not help", sender, way,
          [f.packet(smac, dmac, "10.1.0.9" if way == "egress" else dst, dst, 17,
                    udp, options=b"\x07\x07\x04" + f.ip4(src) + b"\0")],
          "source")
    passes(name + "a good one", sender, receiver, way, [good], rule(way))
    # conntrack takes it off
    node.check(name + "padding behind the packet is not looked at", sender,
               good + b"\xff" * 20, to=[receiver], got=[good],
               counts="tap1 %s established" % way)

# the IPv6 header and what is behind it
for sender, receiver, way, whither in WAYS:
    smac, dmac, src, dst = ends(way, 6)
    name = "IPv6, %s: " % whither
    sport = 3000

    def chain(*headers, last=17, data=None):
        """headers as (kind, bytes but for the first), then UDP"""
        global sport
        sport += 1
        payload = f.udp(src, dst, sport, 53) if data is None else data
        kinds = [k for k, _ in headers] + [last]
        for i in range(len(headers) - 1, -1, -1):
            payload = bytes([kinds[i + 1]]) + headers[i][1] + payload
        return f.packet(smac, dmac, src, dst, kinds[0], payload)

    def ext(kind, length=0):
        return kind, f.ext(0, length)[1:]
    good = chain()
    drops(name + "version 0 to 15 but 6", sender, way, [
        good[:14] + bytes([n << 4]) + good[15:] for n in range(16) if n != 6])
    drops(name + "payload length beyond the frame", sender, way, [
        good[:18] + struct.pack("!H", n) + good[20:] for n in
        (len(good) - 53, 0xffff)])
    drops(name + "payload length short of layer 4", sender, way, [
        good[:18] + struct.pack("!H", n) + good[20:] for n in range(8)])
    ah = 51, f.ah(0)[1:]
    for what, headers in (
            ("hop-by-hop", [ext(0)]), ("destination options", [ext(60)]),
            ("a routing header", [ext(43)]), ("AH", [ah]),
            ("hop-by-hop, options, routing, AH, options",
             [ext(0), ext(60), ext(43), ah, ext(60)]),
            ("twelve of them", [ext(0)] + [ext(60)] * 11)):
        passes(name + "behind %s the ports count" % what, sender, receiver, way,
               [chain(*headers)], rule(way))
    # a routing header: whither it goes in truth is in there
    def routing(kind, left, more=b""):
        return 43, bytes([len(more) // 8, kind, left]) + bytes(4) + more
    stop = f.ip6("fd00::9")
    for kind in (0, 1, 2, 3, 4, 5, 253, 255):
        drops(name + "a routing header %d with segments left" % kind, sender,
              way, [chain(routing(kind, 1, stop)),
                    chain(routing(kind, 255, stop + stop)),
                    chain(routing(kind, 1)), chain(ext(60), routing(kind, 1)),
                    chain(routing(kind, 0), routing(kind, 2, stop)),
                    chain((44, bytes(7)), routing(kind, 1, stop))])
        passes(name + "a routing header %d, used up" % kind, sender, receiver,
               way, [chain(routing(kind, 0, stop))], rule(way))
    for what, headers in (
            ("hop-by-hop that is not the first", [ext(60), ext(0)]),
            ("hop-by-hop twice", [ext(0), ext(0)]),
            ("thirteen headers", [ext(0)] + [ext(60)] * 12),
            ("a hundred headers", [ext(60)] * 100)):
        drops(name + what, sender, way, [chain(*headers)])
    for kind in (0, 43, 44, 60, 51):
        whole = chain((kind, f.ext(0)[1:] if kind not in (44, 51) else
                       bytes(7) if kind == 44 else f.ah(0)[1:]))
        at = 14 + 40
        cut = [whole[:n] for n in range(at, len(whole))] + \
            [resized6(whole, n - 14) for n in range(at, at + 8)]
        if kind == 44 and way == "ingress":
            stops(name + "a fragment header cut at every length", sender,
                  receiver, cut)
            continue
        drops(name + "a header of kind %d cut at every length" % kind, sender,
              way, cut)
        if kind != 44:
            drops(name + "a header of kind %d that overruns" % kind, sender,
                  way, [whole[:at + 1] + bytes([n]) + whole[at + 2:]
                        for n in (16, 60, 255)])
    passes(name + "no next header is a protocol", sender, receiver, way,
           [chain(last=59, data=b""), chain(last=59, data=b"x" * 8),
            chain(ext(60), last=59, data=b"")], rule(way))
    passes(name + "a protocol that nobody knows is judged by its number",
           sender, receiver, way,
           [chain(last=253 + (way == "ingress"), data=b"x")], rule(way))
    # ESP and what nobody knows end the chain: what is behind is not looked at
    for last in (50, 135, 139, 140, 253):
        drops(name + "behind %d there is no way around, %s" % (
            last, "a spoofed source" if way == "egress" else "the VM's own"),
            sender, way, [f.packet(
                smac, dmac, "fd00::9" if way == "egress" else dst, dst, last,
                f.udp(src, dst, 1, 2))], "source")

# neighbour discovery: what cannot be read cannot be checked
own = f.nd_option(1, VM)


def nd_frames(way, options, kinds=(133, 135, 136)):
    out = []
    for kind in kinds:
        target = None if kind in (133, 134) else "fd00::2"
        out.append(f.eth(MALL, VM if way == "egress" else FAR, 0x86dd, f.nd(
            LL if way == "egress" else LLX, ALL, kind, target, options)))
    return out


for sender, receiver, way, whither in WAYS:
    name = "ND, %s: " % whither
    kinds = (133, 134, 135, 136, 137)
    for what, options in (("an option of length 0", b"\1\0" + b"\0" * 6),
                          ("an option of length 0 behind a good one",
                           b"\x0e\1" + b"\0" * 6 + b"\5\0"),
                          ("an option that overruns", b"\1\2" + b"\0" * 6),
                          ("an option that overruns by much", b"\5\xff" +
                           b"\0" * 30),
                          ("half an option", b"\1"),
                          ("an option short of a byte", f.nd_option(
                              1, VM)[:7]),
                          ("65 options", b"\x0e\1\0\0\0\0\0\0" * 65)):
        drops(name + what, sender, way, nd_frames(way, options, kinds))
    for frame in nd_frames(way, b"", kinds):
        kind = frame[54]
        body = {133: 8, 134: 16, 135: 24, 136: 24, 137: 40}[kind]
        short = []
        for n in range(40, 40 + body):
            head = frame[14:14 + n]
            src, dst = (LL if way == "egress" else LLX), ALL
            # a good checksum, so that it is not that which drops it
            msg = head[40:42] + b"\0\0" + head[44:]
            short.append(frame[:14] + f.ipv6(src, dst, 58, f.icmp6(
                src, dst, kind, 0, msg[4:]) if n >= 44 else head[40:],
                hlim=255))
        drops(name + "type %d, every length that is too short" % kind, sender,
              way, short)
    bad = f.nd_option(1, VM)[:2] + bytes(6)
    two = own + bad
    if way == "egress":
        drops(name + "two link-layer options that differ", sender, way,
              nd_frames(way, two), "nd")
        drops(name + "a link-layer option of another length", sender, way,
              nd_frames(way, b"\1\2" + b"\0" * 14), "nd")
        passes(name + "64 options, one of them its MAC", sender, receiver, way,
               nd_frames(way, b"\x0e\1\0\0\0\0\0\0" * 63 + own), "nd")

# ARP
for sender, receiver, way, whither in WAYS:
    smac, _, src, dst = ends(way)
    name = "ARP, %s: " % whither
    good = f.arp(smac, smac, src, dst)
    drops(name + "cut at every length", sender, way,
          [good[:n] for n in range(14, len(good))])
    for what, head in (("hardware type", (0, 0x0800, 6, 4)),
                       ("hardware type IEEE 802", (6, 0x0800, 6, 4)),
                       ("hardware type InfiniBand", (32, 0x0800, 20, 4)),
                       ("protocol IPv6", (1, 0x86dd, 6, 16)),
                       ("protocol ARP", (1, 0x0806, 6, 4)),
                       ("hardware address length", (1, 0x0800, 0, 4)),
                       ("hardware address length 8", (1, 0x0800, 8, 4)),
                       ("protocol address length 0", (1, 0x0800, 6, 0)),
                       ("protocol address length 16", (1, 0x0800, 6, 16))):
        drops(name + "another %s" % what, sender, way,
              [f.arp(smac, smac, src, dst, head=head) + b"\0" * 40])
    drops(name + "an operation that is neither request nor reply", sender, way,
          [f.arp(smac, smac, src, dst, op) for op in
           (0, 3, 4, 8, 9, 10, 0x100, 0xffff)])
    passes(name + "padding is not looked at", sender, receiver, way,
           [good + b"\xff" * 18], "arp")

# what is no IP, or hides it
for sender, receiver, way, whither in WAYS:
    for family in ADDR:
        smac, dmac, src, dst = ends(way, family)
        udp = f.packet(smac, dmac, src, dst, 17, f.udp(src, dst, 4000, 53))
        name = "IPv%d, %s: " % (family, whither)
        drops(name + "tags, their frame cut at every length", sender, way,
              [f.vlan(udp, vid)[:n] for vid in (0, 1, 4095, 0xe000)
               for n in range(20, len(udp), 7)], "ethertype")
        drops(name + "LLC and SNAP, cut at every length", sender, way,
              [f.snap(udp)[:n] for n in range(14, len(udp), 3)], "ethertype")
        drops(name + "a length field that is none, 0x0600 is not", sender, way,
              [udp[:12] + struct.pack("!H", n) + udp[14:]
               for n in (0, 1, 46, 1500, 1535, 0x0600, 0x8870)], "ethertype")
        drops(name + "the other family's ethertype", sender, way, [
            udp[:12] + (b"\x86\xdd" if family == 4 else b"\x08\0") + udp[14:]])
        drops(name + "in ARP's ethertype", sender, way,
              [udp[:12] + b"\x08\x06" + udp[14:]])
    drops("an ethertype alone, %s" % whither, sender, way,
          [f.eth(dmac, smac, e) for e in (0x0800, 0x86dd, 0x0806)])
t.done()
