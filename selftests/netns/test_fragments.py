#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A datagram in fragments is judged as a whole, by what the whole is; what is
no whole never passes.

    tap1 = VM A --+
    tap2 = VM B --+-- [br0] -- qvb        tap3 -- [br1] -- qvc
"""
import ctypes
import os
import socket
import struct
import time

import frames as f
import harness
from harness import ip

VM, VM2, FAR = "02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:99"
ADDR = {4: ("10.1.0.2", "10.1.0.4", "10.1.0.66"),
        6: ("fd00::2", "fd00::4", "fd00::66")}
# what is left for data in 1,280 bytes, the least that an IPv6 path takes: see
# test_refrag.py
SIZE = {4: 400, 6: 1232}
# fragments a port may send in a second
LIMIT = 30000
CONFIG = """
default drop tap*
group add a
rule add a egress proto udp dport 53 id 1
rule add a egress proto tcp dport 80 id 2
rule add a ingress proto udp dport 7000 id 3
rule add a egress ipv4 proto icmp icmp 8 id 4
rule add a egress ipv6 proto icmpv6 icmp 128 id 5
rule add a egress proto udp dport 99 id 6
group add b
rule add b egress proto udp dport 53 id 1
rule add b ingress proto udp dport 99 id 2
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 group a
port add tap2 mac 02:00:00:00:00:02 ip 10.1.0.4 ip fd00::4 group b
port add tap3 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 group a
"""

t = harness.start()
node = harness.Node(t, taps=("tap1", "tap2", "qvb"))
ip("link add br1 type bridge ageing_time 0 mcast_snooping 0\nlink set br1 up")
node.add("tap3", "br1")
node.add("qvc", "br1")
node.apply(CONFIG)

ident = 100


def udp(src, dst, sport, dport, smac=VM, dmac=FAR, data=b"0123456789" * 400):
    """a datagram of three fragments and more, with an id of its own"""
    global ident
    ident += 1
    kw = {} if f.is6(src) else {"ident": ident}
    return f.packet(smac, dmac, src, dst, 17, f.udp(src, dst, sport, dport,
                                                    data), **kw)


def cut(frame, size=None):
    if frame[12] == 8:
        return f.fragments4(frame, size or SIZE[4])
    return f.fragments6(frame, size or SIZE[6], ident)


def parse(frame):
    """offset, whether more follow, data; what is the same in all fragments"""
    if frame[12] == 8:
        word, = struct.unpack_from("!H", frame, 20)
        return ((word & 0x1fff) * 8, bool(word & 0x2000), frame[34:],
                frame[:16] + frame[23:24] + frame[26:34])
    word, = struct.unpack_from("!H", frame, 56)
    return word & ~7, bool(word & 1), frame[62:], frame[:18] + frame[20:55]


def whole(frames):
    """the datagram that the fragments make, None when they make none"""
    parts = sorted(map(parse, frames))
    data = b""
    for i, (offset, more, part, same) in enumerate(parts):
        if offset != len(data) or more != (i < len(parts) - 1) or \
                same != parts[0][3]:
            return None
        data += part
    return (parts[0][3], data) if parts else None


def check(name, sender, frames, to=(), counts=()):
    """like Node.check(), but that fragments may be cut elsewhere; each counter
    moves by one, for the whole"""
    node.count()
    came = node.send(sender, *frames)
    moved = {" ".join(k): v for k, v in node.count().items()}
    want = whole(frames) if to else None
    longest = max(map(len, frames))
    good = all(whole(out) == want and max(map(len, out)) <= longest
               if tap in to else not out for tap, out in came.items())
    counts = [counts] if isinstance(counts, str) else counts
    return t.ok(good and moved == {c: 1 for c in counts}, name,
                {k: [len(x) for x in v] for k, v in came.items()}, moved)


for family, (vm, vm2, far) in ADDR.items():
    name = "IPv%d: " % family
    # from the VM
    check(name + "a datagram that a rule allows", "tap1",
          cut(udp(vm, far, 1000, 53)), to=["qvb"],
          counts=["tap1 egress a 1", "tap2 ingress [no-rule]"])
    check(name + "its answer, in fragments too", "qvb",
          cut(udp(far, vm, 53, 1000, FAR, VM)), to=["tap1"],
          counts=["tap1 ingress established", "tap2 ingress [no-rule]"])
    check(name + "and on", "tap1", cut(udp(vm, far, 1000, 53)), to=["qvb"],
          counts=["tap1 egress established", "tap2 ingress [no-rule]"])
    check(name + "the last fragment first", "tap1",
          cut(udp(vm, far, 1000, 53))[::-1], to=["qvb"],
          counts=["tap1 egress established", "tap2 ingress [no-rule]"])
    check(name + "one that no rule allows", "tap1",
          cut(udp(vm, far, 1000, 54)), counts="tap1 egress [no-rule]")
    check(name + "the last first does not help", "tap1",
          cut(udp(vm, far, 1000, 54))[::-1], counts="tap1 egress [no-rule]")
    # towards it
    check(name + "to the VM, by a rule", "qvb",
          cut(udp(far, vm, 1001, 7000, FAR, VM)), to=["tap1"],
          counts=["tap1 ingress a 3", "tap2 ingress [no-rule]"])
    check(name + "and its answer", "tap1", cut(udp(vm, far, 7000, 1001)),
          to=["qvb"],
          counts=["tap1 egress established", "tap2 ingress [no-rule]"])
    check(name + "to the VM, without one", "qvb",
          cut(udp(far, vm, 1001, 7001, FAR, VM)),
          counts=["tap1 ingress [no-rule]", "tap2 ingress [no-rule]"])
    # from VM to VM
    check(name + "from VM to VM", "tap1",
          cut(udp(vm, vm2, 1002, 99, VM, VM2)), to=["tap2", "qvb"],
          counts=["tap1 egress a 6", "tap2 ingress b 2"])
    check(name + "and back", "tap2", cut(udp(vm2, vm, 99, 1002, VM2, VM)),
          to=["tap1", "qvb"],
          counts=["tap2 egress established", "tap1 ingress established"])
    # protocols
    echo = b"\0\1\0\2" + b"x" * 3000
    ping = f.icmp(8, 0, echo) if family == 4 else f.icmp6(vm, far, 128, 0, echo)
    check(name + "a large ping", "tap1", cut(f.packet(
        VM, FAR, vm, far, 58 if family == 6 else 1, ping)), to=["qvb"],
        counts=["tap1 egress a %d" % (5 if family == 6 else 4),
                "tap2 ingress [no-rule]"])
    check(name + "TCP", "tap1", cut(f.packet(VM, FAR, vm, far, 6, f.tcp(
        vm, far, 1003, 80, data=b"x" * 3000))), to=["qvb"],
        counts=["tap1 egress a 2", "tap2 ingress [no-rule]"])
    check(name + "TCP to another port", "tap1", cut(f.packet(
        VM, FAR, vm, far, 6, f.tcp(vm, far, 1003, 81, data=b"x" * 3000))),
        counts="tap1 egress [no-rule]")

    # a part alone is nobody's
    for sender, src, dst, macs, sport, dport, what in (
            ("tap1", vm, far, (VM, FAR), 1000, 53, "of an allowed flow"),
            ("tap1", vm, far, (VM, FAR), 1009, 54, "of what no rule allows"),
            ("qvb", far, vm, (FAR, VM), 53, 1000, "towards the VM, allowed"),
            ("qvb", far, vm, (FAR, VM), 9, 9, "towards the VM, not allowed")):
        parts = cut(udp(src, dst, sport, dport, *macs))
        for i, which in ((0, "first"), (1, "middle"), (-1, "last")):
            alone = cut(udp(src, dst, sport, dport, *macs))[i]
            check(name + "a lone %s fragment %s" % (which, what), sender,
                  [alone])
        check(name + "all but the first %s" % what, sender, parts[1:])
    # of two datagrams at once, the parts mixed
    one = cut(udp(vm, far, 1000, 53))
    two = cut(udp(vm, far, 1004, 54))
    node.count()
    came = node.send("tap1", *[x for pair in zip(one, two) for x in pair])
    moved = {" ".join(k): v for k, v in node.count().items()}
    t.ok(whole(came["qvb"]) == whole(one) and not came["tap2"] and
         moved == {"tap1 egress established": 1, "tap1 egress [no-rule]": 1,
                   "tap2 ingress [no-rule]": 1},
         name + "two datagrams at once, one of them allowed", came, moved)

    # whose is it? asked of each fragment
    for what, frame, reason in (
            ("in another's name", udp(vm2, far, 1000, 53), "source"),
            ("with another's MAC", udp(vm, far, 1000, 53, VM2), "mac"),
            ("without an address", udp(
                "::" if family == 6 else "0.0.0.0",
                "ff02::1:2" if family == 6 else "255.255.255.255",
                546 if family == 6 else 68, 547 if family == 6 else 67),
             "source")):
        parts = cut(frame)
        node.check(name + "fragments " + what, "tap1", parts,
                   counts="tap1 egress [%s]" % reason)
    ports = (547, 546) if family == 6 else (67, 68)
    node.check(name + "a DHCP server's reply in fragments", "tap1",
               cut(udp(vm, far, *ports)),
               counts=[("tap1 egress [dhcp]", 1)])

# ND is not fragmented, whatever the fragment shows of it
vm, vm2, far = ADDR[6]
for kind, what in ((133, "RS"), (134, "RA"), (135, "NS"), (136, "NA"),
                   (137, "redirect")):
    target = None if kind in (133, 134) else vm
    frame = f.eth("33:33:00:00:00:01", VM, 0x86dd, f.nd(
        vm, "ff02::1", kind, target, f.nd_option(2, VM) +
        b"\x0e\1\0\0\0\0\0\0" * 200))
    node.check("ND in fragments: " + what, "tap1", cut(frame),
               counts=[("tap1 egress [nd]", 1)])
    node.check("ND in fragments, the first of 8 bytes: " + what, "tap1",
               cut(frame, 8)[:3], counts=[("tap1 egress [nd]", 1)])
    ident += 1
    node.check("ND in fragments behind options: " + what, "tap1", cut(f.eth(
        "33:33:00:00:00:01", VM, 0x86dd, f.ipv6(
            vm, "ff02::1", 60, f.ext(58) + frame[54:], hlim=255))),
        counts=[("tap1 egress [nd]", 1)])

# a first fragment that does not show what it is the first of
vm, vm2, far = ADDR[4]


def part4(data, offset, more, proto=17):
    return f.packet(VM, FAR, vm, far, proto, data, ident=ident,
                    frag=(0x2000 if more else 0) | offset // 8)


def part6(data, offset, more, proto=17, head=None):
    """@head: headers before the fragment header, as (kind, bytes)"""
    payload = f.frag6(proto, offset, more, ident) + data
    src, dst = ADDR[6][0], ADDR[6][2]
    return f.packet(VM, FAR, src, dst, 44, payload)


big = f.udp(vm, far, 1000, 53, b"x" * 100)
seg = f.tcp(vm, far, 1000, 80, data=b"x" * 100)
for what, parts in (
        ("of no data", [part4(b"", 0, True)]),
        ("of 4 bytes", [part4(big[:4], 0, True)]),
        ("of 7 bytes", [part4(big[:7], 0, True)]),
        ("whose length is no multiple of 8", [part4(big[:20], 0, True)]),
        ("TCP, the second over its header", [
            part4(seg[8:16], 8, True, 6), part4(seg[16:], 16, False, 6)]),
        ("TCP, the second at 16", [part4(seg[16:24], 16, True, 6)]),
        ("beyond 64 KiB", [part4(b"x" * 64, 65528, False),
                           part4(b"x" * 8, 65528, True)])):
    ident += 1
    node.check("IPv4: a fragment " + what, "tap1", parts,
               counts="tap1 egress [malformed]")
ident += 1
check("IPv4: TCP, the first of 24 bytes", "tap1",
      [part4(seg[:24], 0, True, 6), part4(seg[24:], 24, False, 6)], to=["qvb"],
      counts=["tap1 egress a 2", "tap2 ingress [no-rule]"])
src, dst = ADDR[6][0], ADDR[6][2]
big6 = f.udp(src, dst, 1000, 53, b"x" * 100)
seg6 = f.tcp(src, dst, 1000, 80, data=b"x" * 100)
for what, parts in (
        ("of no data", [part6(b"", 0, True)]),
        ("of 4 bytes", [part6(big6[:4], 0, True)]),
        ("of 8 bytes of TCP", [part6(seg6[:8], 0, True, 6)]),
        ("of 16 bytes of TCP", [part6(seg6[:16], 0, True, 6)]),
        ("whose TCP options are in the next", [part6(
            seg6[:12] + b"\x80" + seg6[13:24], 0, True, 6)]),
        ("whose length is no multiple of 8", [part6(big6[:20], 0, True)]),
        ("with half of an extension header", [part6(f.ext(17, 1)[:8], 0, True,
                                                    60)]),
        ("with an extension header and no more", [part6(f.ext(17), 0, True,
                                                        60)]),
        ("with half of layer 4 behind one", [part6(f.ext(6) + seg6[:8], 0, True,
                                                   60)]),
        ("of TCP, the second over its header", [part6(seg6[8:16], 8, True, 6)]),
        ("beyond 64 KiB", [part6(b"x" * 64, 65528, False)])):
    ident += 1
    node.check("IPv6: a fragment " + what, "tap1", parts,
               counts="tap1 egress [malformed]")

# what overlaps is not made whole, neither way
for family, (vm, vm2, far) in ADDR.items():
    part = part4 if family == 4 else part6
    for what, at in (("the second over the first", 8),
                     ("another first", 0), ("the last over the second", 1600)):
        for dport in (53, 54):
            ident += 1
            good = f.udp(vm, far, 1000, dport, b"x" * 3000)
            other = f.udp(vm, far, 1000, 107 - dport, b"y" * 3000)
            parts = [part(good[:1240], 0, True),
                     part(other[at:at + 1240], at, True),
                     part(good[1240:2480], 1240, True),
                     part(good[2480:], 2480, False)]
            node.count()
            came = node.send("tap1", *parts)
            moved = {" ".join(k): v for k, v in node.count().items()}
            out = came["qvb"]
            # conntrack ignores what comes twice
            if out and not at and dport == 53:
                out = whole(out)[1] != good
            t.ok(not out and not came["tap2"],
                 "IPv%d: overlapping fragments, %s, to port %d" % (
                     family, what, dport), came, moved)

# a fragment that is a whole packet
src, dst = ADDR[6][0], ADDR[6][2]
for sender, a, b, macs, dport, to, what in (
        ("tap1", src, dst, (VM, FAR), 53, "qvb", "tap1 egress established"),
        ("tap1", src, dst, (VM, FAR), 54, None, "tap1 egress [no-rule]"),
        ("qvb", dst, src, (FAR, VM), 7000, "tap1", "tap1 ingress a 3"),
        ("qvb", dst, src, (FAR, VM), 7001, None, "tap1 ingress [no-rule]")):
    for size in (1300, 100):
        ident += 1
        if sender == "qvb":
            sport = 2000 + size
        else:
            sport = 1000
        data = f.udp(a, b, sport, dport, b"x" * size)
        frame = f.packet(*macs, a, b, 44, f.frag6(17, 0, 0, ident) + data)
        node.count()
        came = node.send(sender, frame)
        moved = {" ".join(k): v for k, v in node.count().items()}
        counts = {what: 1}
        if sender == "qvb" or to:
            counts["tap2 ingress [no-rule]"] = 1
        out = came["qvb" if sender == "tap1" else "tap1"]
        t.ok(out == ([frame] if to else []) and moved == counts,
             "IPv6: an atomic fragment of %d bytes by %s to port %d" % (
                 size, sender, dport), came, moved)
ident += 1
inner = f.frag6(17, 0, 1, 9) + f.udp(dst, src, 1000, 7000, b"x" * 1272)
check("IPv6: a fragment inside of an atomic one is no whole packet", "qvb",
      [f.packet(FAR, VM, dst, src, 44, f.frag6(44, 0, 0, ident) + inner)],
      counts=["tap1 ingress [invalid]", "tap2 ingress [invalid]"])
node.check("IPv6: nor does a VM send one", "tap1",
           f.packet(VM, FAR, src, dst, 44, f.frag6(44, 0, 0, ident) +
                    f.frag6(17, 0, 1, 9) + big6),
           counts="tap1 egress [malformed]")

# the parts of one bridge and those of another are not put together
for family, (vm, vm2, far) in ADDR.items():
    name = "IPv%d: two bridges: " % family
    data = f.udp(vm, far, 3000, 53, b"x" * 3000)
    ident += 1
    parts = cut(f.packet(VM, FAR, vm, far, 17, data, **(
        {"ident": ident} if family == 4 else {})))
    check(name + "the first parts on one", "tap1", parts[:1])
    check(name + "the last on the other", "tap3", parts[1:])
    node.count()
    came = node.send("tap3", parts[0])
    moved = {" ".join(k): v for k, v in node.count().items()}
    t.ok(whole(came["qvc"]) == whole(parts) and not came["qvb"] and
         moved == {"tap3 egress a 1": 1}, name + "each by itself", came, moved)
    came = node.send("tap1", *parts[1:])
    moved = {" ".join(k): v for k, v in node.count().items()}
    t.ok(whole(came["qvb"]) == whole(parts) and not came["qvc"] and
         moved == {"tap1 egress a 1": 1, "tap2 ingress [no-rule]": 1},
         name + "and the other, too", came, moved)

# as many fragments as a VM can send: within the kernel, a system call
# for all. However long it takes, no second has more than its share.
BPF_PROG_LOAD, BPF_PROG_TEST_RUN, SYS_BPF = 5, 10, 321
libc = ctypes.CDLL(None, use_errno=True)


def bpf(cmd, attr):
    buf = ctypes.create_string_buffer(attr, 144)
    ret = libc.syscall(SYS_BPF, cmd, buf, len(buf))
    if ret < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return ret


def flood(dev, frame, n):
    """@dev receives a frame @n times, by an XDP program that passes it on"""
    def at(data):
        keep.append(ctypes.create_string_buffer(data, len(data)))
        return ctypes.addressof(keep[-1])
    keep = []
    pass_it = struct.pack("<BBhiBBhi", 0xb7, 0, 0, 2, 0x95, 0, 0, 0)
    prog = bpf(BPF_PROG_LOAD, struct.pack("=IIQQ", 6, 2, at(pass_it),
                                          at(b"GPL\0")))
    context = struct.pack("=6I", 0, len(frame), 0, socket.if_nametoindex(dev),
                          0, 0)
    bpf(BPF_PROG_TEST_RUN, struct.pack(
        "=4IQQ4IQQ3I", prog, 0, len(frame), 0, at(frame), 0, n, 0,
        len(context), 0, at(context), 0, 2, 0, 64))
    os.close(prog)


for family, (vm, vm2, far) in ADDR.items():
    name = "IPv%d: the fragment rate: " % family
    lone = cut(udp(vm, far, 1000, 53))[-1]
    sent = dropped = 0
    # what was sent before, in the second that runs, is of its share
    time.sleep(1.1)
    node.count()
    start = time.monotonic()
    flood("tap1", lone, LIMIT // 10)
    sent += LIMIT // 10
    # a kernel with KASAN and lockdep does not get there
    slow = harness.SLOW > 1 and time.monotonic() - start > 0.1
    while not slow and not dropped and sent < 40 * LIMIT:
        flood("tap1", lone, 2 * LIMIT)
        sent += 2 * LIMIT
        moved = {" ".join(k): v for k, v in node.count().items()}
        dropped += moved.get("tap1 egress [malformed]", 0)
    seconds = int(time.monotonic() - start) + 2
    if slow:
        t.skip(name + "beyond it they are dropped",
               "this kernel is too slow for %d a second" % LIMIT)
    else:
        t.ok(dropped and set(moved) == {"tap1 egress [malformed]"} and
             sent - dropped <= LIMIT * seconds,
             name + "beyond it they are dropped", sent, dropped, seconds, moved)
    t.ok(dropped < sent and sent - dropped > (0 if slow else LIMIT - 1000),
         name + "and only beyond it", sent, dropped)
    check(name + "another port does not notice", "tap2",
          cut(udp(vm2, far, 1000, 53, VM2)), to=["qvb"],
          counts=["tap2 egress b 1", "tap1 ingress [no-rule]"])
    check(name + "nor on another bridge", "tap3", cut(udp(vm, far, 1000, 53)),
          to=["qvc"], counts="tap3 egress a 1")
    node.check(name + "nor what the port sends in one piece", "tap1",
               udp(vm, far, 1000, 53, data=b"x"), to=["qvb"],
               counts=["tap1 egress established", "tap2 ingress [no-rule]"])
    check(name + "nor what comes to it", "qvb",
          cut(udp(far, vm, 53, 1000, FAR, VM)), to=["tap1"],
          counts=["tap1 ingress established", "tap2 ingress [no-rule]"])
t.done()
