#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a program of the host sends by a packet socket into a guarded bridge: its
frames come with little of them in the skb's linear part, the Ethernet header alone,
or with padding behind the packet. They are judged as they would be in one piece.
"""
import socket
import struct

import frames as f
import harness
from harness import ip

VM, HOST = "02:00:00:00:00:01", "02:00:00:00:00:fe"
ADDR = {4: ("10.1.0.2", "10.1.0.1"), 6: ("fd00::2", "fd00::1")}
SOL_PACKET, PACKET_VNET_HDR = 263, 15
MTU = 9000
# beyond a page the kernel keeps as linear what the sender says is header
LONG = 6000
CONFIG = """default drop tap*
group add web
rule add web egress proto udp dport 53 id 1
rule add web egress proto tcp dport 80 id 2
rule add web ingress proto udp dport 7000 id 3
rule add web ingress proto tcp dport 22 id 4
rule add web ingress ipv4 proto icmp icmp 8 id 5
rule add web ingress ipv6 proto icmpv6 icmp 128 id 6
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 group web
"""

t = harness.start()
node = harness.Node(t, taps=("tap1", "qvb"))
ip("link set tap1 mtu %d\nlink set qvb mtu %d\n"
   "link set br0 mtu %d address %s" % (MTU, MTU, MTU, HOST))
node.apply(CONFIG)
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
sock.bind(("br0", 0))
sock.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)


def host_sends(frame, linear=14):
    """@linear: how much of it is said to be header"""
    sock.send(struct.pack("=BBHHHH", 0, 0, linear, 0, 0, 0) + frame)


def check(name, frame, counts, passes, linear=14, padding=0):
    node.drain()
    node.count()
    host_sends(frame + b"\xee" * padding, linear)
    came = node.taps["tap1"].recv()
    moved = {" ".join(k): v for k, v in node.count().items()}
    # padding may go or stay, the packet does not change
    good = [x[:len(frame)] for x in came] == ([frame] if passes else [])
    t.ok(good and moved == {counts: 1}, name, [x[:80].hex() for x in came],
         moved)


def of(family, proto, payload):
    vm, host = ADDR[family]
    return f.packet(HOST, VM, host, vm, proto, payload)


def tcp(family, sport, dport, flags="S", options=b"", data=b"", **kw):
    """with options, which frames.tcp() has not"""
    vm, host = ADDR[family]
    seg = f.tcp(host, vm, sport, dport, flags, **kw)
    head = seg[:12] + bytes([(5 + len(options) // 4) << 4]) + seg[13:16] + \
        b"\0\0" + seg[18:20] + options
    c = f.csum(f._pseudo(host, vm, 6, len(head) + len(data)) + head + data)
    return of(family, 6, head[:16] + struct.pack("!H", c) + head[18:] + data)


OPTIONS = b"\2\4\x05\xb4\4\2\x08\x0a\0\0\0\1\0\0\0\0\1\3\3\7"


def errors(family, quoted):
    """ICMP errors that quote @quoted, an IP packet, padded to be long"""
    vm, host = ADDR[family]
    rest = quoted + b"q" * LONG
    if family == 4:
        return [("ICMP %d/%d" % (kind, code), of(4, 1, f.icmp(
            kind, code, b"\0\0\5\0", rest)))
            for kind, code in ((3, 1), (3, 3), (3, 4), (11, 0), (12, 0))]
    return [("ICMPv6 %d/%d" % (kind, code), of(6, 58, f.icmp6(
        host, vm, kind, code, b"\0\0\5\0" + rest)))
        for kind, code in ((1, 1), (1, 4), (2, 0), (3, 0), (4, 0))]


for family, (vm, host) in ADDR.items():
    name = "IPv%d: " % family
    echo = f.icmp(8, data=b"e" * LONG) if family == 4 else \
        f.icmp6(host, vm, 128, 0, b"\0\5\0\1" + b"e" * LONG)
    icmp, rule = (1, "web 5") if family == 4 else (58, "web 6")
    bad = echo[:-1] + b"?"
    # how much of the frame is linear: none of IP, half of it, all of it, half of
    # layer 4, of which conntrack takes a copy
    for linear in (14, 24, 34 if family == 4 else 54, 58, 100):
        what = name + "%d bytes linear: " % linear
        check(what + "UDP that a rule allows", of(family, 17, f.udp(
            host, vm, 1000 + linear, 7000, b"u" * LONG)),
            "tap1 ingress web 3", True, linear)
        check(what + "and no rule", of(family, 17, f.udp(
            host, vm, 1000 + linear, 7001, b"u" * LONG)),
            "tap1 ingress [no-rule]", False, linear)
        check(what + "TCP with options", tcp(
            family, 2000 + linear, 22, "S", OPTIONS, b"t" * LONG),
            "tap1 ingress web 4", True, linear)
        check(what + "TCP with options, no rule", tcp(
            family, 2000 + linear, 23, "S", OPTIONS, b"t" * LONG),
            "tap1 ingress [no-rule]", False, linear)
        check(what + "ping", of(family, icmp, echo),
            "tap1 ingress " + (rule if linear == 14 else "established"), True,
            linear)
        check(what + "ping with a wrong checksum", of(family, icmp, bad),
              "tap1 ingress [invalid]", False, linear)

        # errors pass by the slot of what they speak of
        flow = f.packet(VM, HOST, vm, host, 17,
                        f.udp(vm, host, 3000 + linear, 53))
        node.send("tap1", flow)
        for kind, frame in errors(family, flow[14:]):
            check(what + kind + " about a connection", frame,
                  "tap1 ingress established", True, linear)
        other = f.packet(VM, HOST, vm, host, 17,
                         f.udp(vm, host, 3000 + linear, 54))
        for kind, frame in errors(family, other[14:]):
            check(what + kind + " about none", frame,
                  "tap1 ingress [invalid]", False, linear)
        # the host is not whom the quoted packet was for, nor is the VM
        kind, frame = errors(family, f.packet(
            VM, HOST, host, vm, 17,
            f.udp(host, vm, 53, 3000 + linear))[14:])[0]
        check(what + kind + " that quotes what goes to the VM itself", frame,
              "tap1 ingress [invalid]", False, linear)

    # padding is no part of the packet
    for padding in (1, 18, 200):
        what = name + "%d bytes of padding: " % padding
        check(what + "UDP that a rule allows", of(family, 17, f.udp(
            host, vm, 4000 + padding, 7000, b"u")), "tap1 ingress web 3", True,
            padding=padding)
        check(what + "and no rule", of(family, 17, f.udp(
            host, vm, 4000 + padding, 7001, b"u")), "tap1 ingress [no-rule]",
            False, padding=padding)
        check(what + "TCP with options", tcp(
            family, 5000 + padding, 22, "S", OPTIONS), "tap1 ingress web 4",
            True, padding=padding)
        check(what + "a long one, none of it linear", of(family, 17, f.udp(
            host, vm, 4300 + padding, 7000, b"u" * LONG)),
            "tap1 ingress web 3", True, 14, padding)
        # what follows counts from where the segment ended, not the padding
        answer = f.packet(VM, HOST, vm, host, 6, f.tcp(
            vm, host, 22, 5000 + padding, "SA", 100, 2))
        node.check(what + "its answer", "tap1", answer,
                   counts="tap1 egress established")
        check(what + "and on", tcp(family, 5000 + padding, 22, "A", b"",
                                   seq=2, ack=101),
              "tap1 ingress established", True, padding=padding)

    # cut short: what the header says is not there
    whole = of(family, 17, f.udp(host, vm, 6000, 7000, b"u" * LONG))
    check(name + "a packet shorter than it says", whole[:-100],
          "tap1 ingress [malformed]", False)
    check(name + "no more of it than the IP header",
          whole[:34 if family == 4 else 54], "tap1 ingress [malformed]", False)
t.done()
