#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What conntrack puts together and the bridge does not cut again: an IPv6 datagram
whose parts all are below 1,280 bytes is dropped with a reason, and an atomic fragment,
which is whole, comes out as it went in.

    tap1 = VM A --+
    tap2 = VM B --+-- [br0] -- qvb       tap4 is off
    tap4        --+
"""
import socket

import frames as f
import harness
from harness import ip, sysctl

VM, VM2, VM4, FAR, BR = ("02:00:00:00:00:%s" % x
                         for x in ("01", "02", "04", "99", "fe"))
A, B, D, X, H = "fd00::2", "fd00::4", "fd00::5", "fd00::66", "fd00::1"
CONFIG = """
default drop tap*
group add a
rule add a egress proto udp dport 53 id 1
rule add a egress proto tcp dport 80 id 2
rule add a ingress proto udp dport 7000 id 3
rule add a egress ipv6 proto icmpv6 icmp 128 id 4
rule add a ingress proto tcp dport 22 id 5
group add b
rule add b ingress proto udp dport 53 id 1
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 group a
port add tap2 mac 02:00:00:00:00:02 ip 10.1.0.4 ip fd00::4 group b
port add tap4 off
"""
# of the parts of a datagram but the last, with the IP header; what is less than
# 1,280 is lost
SHORT, LEAST = (56, 200, 800, 1272), (1280, 1432)

t = harness.start()
harness.hush()
sysctl("net.ipv6.conf.default.disable_ipv6", 0)
sysctl("net.ipv6.conf.default.accept_dad", 0)
sysctl("net.ipv6.conf.default.router_solicitations", 0)
node = harness.Node(t, taps=())
sysctl("net.ipv6.conf.default.disable_ipv6", 1)
for tap in ("tap1", "tap2", "qvb", "tap4"):
    node.add(tap)
ip("link set br0 address %s\naddr add %s/64 dev br0 nodad" % (BR, H))
ident = 0


def send(sender, frames):
    node.count()
    came = node.send(sender, *frames)
    return came, {" ".join(k): v for k, v in node.count().items()}


def data_of(frames):
    """the data of a datagram's parts, or of an only one"""
    parts = sorted((int.from_bytes(x[56:58], "big") & ~7, x[62:])
                   for x in frames)
    return b"".join(x for _, x in parts)


def check(name, sender, frames, to, counts, same=False):
    """@counts: by one each; @same: as it went in, to the byte"""
    came, moved = send(sender, frames)
    data = data_of(frames)
    good = all((out == frames if same else data_of(out) == data) if tap in to
               else not out for tap, out in came.items())
    t.ok(good and moved == {c: 1 for c in counts}, name,
         {k: [len(x) for x in v] for k, v in came.items()}, moved)


def udp(src, dst, macs, sport, dport, size):
    return f.packet(*macs, src, dst, 17,
                    f.udp(src, dst, sport, dport, b"u" * size))


def cut(frame, size):
    """into parts of @size bytes with their IP header"""
    global ident
    ident += 1
    return f.fragments6(frame, size - 48, ident)


def atomic(frame, before=b"", kind=None):
    """the same packet with a fragment header that says it is none; @before: a
    header of @kind before that"""
    global ident
    ident += 1
    proto, payload = frame[20], frame[54:]
    payload = before + f.frag6(proto, 0, 0, ident) + payload
    return frame[:18] + len(payload).to_bytes(2, "big") + \
        bytes([kind or 44]) + frame[21:54] + payload


def round_of(stateless, watched):
    """all of it: what is new, what is established and what no rule allows"""
    global ident
    config = CONFIG
    if stateless:
        config = config.replace("group add a", "group add a stateless") \
                       .replace("group add b", "group add b stateless")
    node.apply(config)
    if watched:
        node.apply(config + "rule add b ingress proto udp dport 54\n")
    kind = "stateless, " if stateless else "watched, " if watched else ""
    base = 1000 + 5000 * stateless + 2500 * watched

    for n, size in enumerate(SHORT + LEAST):
        name = "%sparts of %d bytes: " % (kind, size)
        lost = size in SHORT
        total = size * 2 if size > 100 else 100
        sport = base + n
        for again in (False, True):
            est = again and not stateless
            # out of a VM
            parts = cut(udp(A, X, (VM, FAR), sport, 53, total), size)
            out = "tap1 egress " + ("established" if est else "a 1")
            copy = ["tap2 ingress b 1", "tap4 ingress off"]
            for order, what in ((parts, "in order"),
                                (parts[::-1], "the last first")):
                if order is not parts:
                    order = cut(udp(A, X, (VM, FAR), sport, 53, total),
                                size)[::-1]
                    out = "tap1 egress " + ("a 1" if stateless else
                                            "established")
                check(name + "out of a VM, %s%s" % (
                    what, ", once more" if again else ""), "tap1", order,
                    () if lost else ("qvb", "tap2", "tap4"),
                    ["tap1 egress [malformed]"] if lost else [out] + copy)
            # and in
            parts = cut(udp(X, A, (FAR, VM), sport, 7000, total), size)
            check(name + "to a VM%s" % (", once more" if again else ""), "qvb",
                  parts, () if lost else ("tap1", "tap4"),
                  ["tap1 ingress [malformed]", "tap2 ingress [malformed]",
                   "tap4 ingress [malformed]"] if lost else
                  ["tap1 ingress " + ("established" if est else "a 3"),
                   "tap2 ingress [no-rule]", "tap4 ingress off"])
        # an answer, where what is answered came whole
        node.send("tap1", udp(A, X, (VM, FAR), sport + 100, 53, 10))
        parts = cut(udp(X, A, (FAR, VM), 53, sport + 100, total), size)
        if not stateless:
            check(name + "an answer to a VM", "qvb", parts,
                  () if lost else ("tap1", "tap4"),
                  ["tap1 ingress [malformed]", "tap2 ingress [malformed]",
                   "tap4 ingress [malformed]"] if lost else
                  ["tap1 ingress established", "tap2 ingress [no-rule]",
                   "tap4 ingress off"])

    # an atomic fragment, of any size, comes out as it is
    options = (b"", None), (f.ext(44), 60), (f.ext(44), 0)
    for n, size in enumerate((0, 100, 1200, 1300)):
        for o, (before, nexthdr) in enumerate(options):
            name = "%satomic, %d bytes%s: " % (
                kind, size, ", behind options" if nexthdr is not None else "")
            sport = base + 1000 + 10 * n + o

            def one(src, dst, macs, sport, dport):
                frame = atomic(udp(src, dst, macs, sport, dport, size),
                               before)
                if nexthdr is not None:
                    frame = frame[:20] + bytes([nexthdr]) + frame[21:]
                return [frame]
            check(name + "out of a VM", "tap1",
                  one(A, X, (VM, FAR), sport, 53), ("qvb", "tap2", "tap4"),
                  ["tap1 egress a 1", "tap2 ingress b 1", "tap4 ingress off"],
                  True)
            check(name + "once more", "tap1",
                  one(A, X, (VM, FAR), sport, 53), ("qvb", "tap2", "tap4"),
                  ["tap1 egress " + ("a 1" if stateless else "established"),
                   "tap2 ingress b 1", "tap4 ingress off"], True)
            if not stateless:
                check(name + "its answer", "qvb",
                      one(X, A, (FAR, VM), 53, sport), ("tap1", "tap4"),
                      ["tap1 ingress established", "tap2 ingress [no-rule]",
                       "tap4 ingress off"], True)
                check(name + "and without the header, the same flow", "tap1",
                      [udp(A, X, (VM, FAR), sport, 53, 500)],
                      ("qvb", "tap2", "tap4"),
                      ["tap1 egress established", "tap2 ingress b 1",
                       "tap4 ingress off"], True)
            check(name + "what no rule allows", "tap1",
                  one(A, X, (VM, FAR), sport, 55), (),
                  ["tap1 egress [no-rule]"])
            check(name + "to a VM", "qvb", one(X, A, (FAR, VM), sport, 7000),
                  ("tap1", "tap4"), ["tap1 ingress a 3",
                                     "tap2 ingress [no-rule]",
                                     "tap4 ingress off"], True)
            check(name + "to a VM, no rule", "qvb",
                  one(X, A, (FAR, VM), sport, 7001), ("tap4",),
                  ["tap1 ingress [no-rule]", "tap2 ingress [no-rule]",
                   "tap4 ingress off"], True)
            check(name + "in another's name", "tap1",
                  one(B, X, (VM, FAR), sport, 53), (), ["tap1 egress [source]"])
            check(name + "of a port that is off", "tap4",
                  one(D, A, (VM4, VM), sport, 7000), ("tap1", "qvb"),
                  ["tap4 egress off", "tap1 ingress a 3",
                   "tap2 ingress [no-rule]"], True)

    # attacks: the same id twice says nothing of the other; a fragment's data is
    # not what an atomic one with its id has
    sport = base + 1200
    first = [atomic(udp(A, X, (VM, FAR), sport, 53, 100))]
    ident -= 1
    check(kind + "attack: the id of a packet that was let by", "tap1", first,
          ("qvb", "tap2", "tap4"), ["tap1 egress a 1", "tap2 ingress b 1",
                                    "tap4 ingress off"], True)
    check(kind + "attack: and what no rule allows by the same id", "tap1",
          [atomic(udp(A, X, (VM, FAR), sport, 55, 100))], (),
          ["tap1 egress [no-rule]"])
    bad = cut(udp(A, X, (VM, FAR), sport + 1, 55, 3000), 1432)
    ident -= 1
    came, moved = send("tap1", [bad[0], atomic(
        udp(A, X, (VM, FAR), sport + 2, 53, 100)), *bad[1:]])
    t.ok(len(came["qvb"]) == 1 and came["qvb"][0].endswith(b"u" * 100) and
         moved == {"tap1 egress a 1": 1, "tap1 egress [no-rule]": 1,
                   "tap2 ingress b 1": 1, "tap4 ingress off": 1},
         kind + "attack: an atomic fragment within a datagram of the same id",
         {k: [len(x) for x in v] for k, v in came.items()}, moved)
    # one long part among short ones is enough, whichever
    frame = udp(A, X, (VM, FAR), sport + 3, 53, 2400)
    for sizes in ((1232, 200, 976), (200, 1232, 976), (200, 976, 1232)):
        ident += 1
        parts, at, data = [], 0, frame[54:]
        for i, size in enumerate(sizes):
            last = i == len(sizes) - 1
            part = data[at:] if last else data[at:at + size]
            payload = f.frag6(17, at, not last, ident) + part
            parts.append(frame[:18] + len(payload).to_bytes(2, "big") +
                         b"\x2c" + frame[21:54] + payload)
            at += len(part)
        came, moved = send("tap1", parts)
        t.ok(data_of(came["qvb"]) == data and
             "tap1 egress [malformed]" not in moved,
             kind + "parts of %s bytes come out" % (sizes,),
             {k: [len(x) for x in v] for k, v in came.items()}, moved)


for stateless, watched in ((False, False), (False, True), (True, False)):
    round_of(stateless, watched)

# what conntrack has no entry for does not come in by a fragment header
node.apply(CONFIG)
for name, frame, counts in (
        ("UDP with a wrong checksum", udp(A, X, (VM, FAR), 9000, 53, 99)[:-1] +
         b"?", ["tap1 egress [invalid]"]),
        ("TCP without a connection, ack and syn and fin", f.packet(
            VM, FAR, A, X, 6, f.tcp(A, X, 9000, 80, "SF")),
         ["tap1 egress [invalid]"]),
        ("an error about nothing", f.packet(VM, FAR, A, X, 58, f.icmp6(
            A, X, 1, 4, b"\0\0\0\0" + udp(X, A, (FAR, VM), 9, 9, 9)[14:])),
         ["tap1 egress [invalid]"])):
    check("atomic: " + name, "tap1", [atomic(frame)], (), counts)
check("atomic: TCP to a VM", "qvb", [atomic(f.packet(
    FAR, VM, X, A, 6, f.tcp(X, A, 9001, 22)))], ("tap1", "tap4"),
    ["tap1 ingress a 5", "tap2 ingress [no-rule]", "tap4 ingress off"], True)
check("atomic: its answer", "tap1", [atomic(f.packet(
    VM, FAR, A, X, 6, f.tcp(A, X, 22, 9001, "SA", 9, 2)))], ("qvb", "tap4"),
    ["tap1 egress established", "tap2 ingress [no-rule]", "tap4 ingress off"],
    True)
check("atomic: ping", "tap1", [atomic(f.packet(
    VM, FAR, A, X, 58, f.icmp6(A, X, 128)))], ("qvb", "tap4"),
    ["tap1 egress a 4", "tap2 ingress [no-rule]", "tap4 ingress off"], True)

# a rule that goes is obeyed
node.send("tap1", atomic(udp(A, X, (VM, FAR), 9100, 53, 9)))
node.apply(CONFIG.replace("rule add a egress proto udp dport 53 id 1\n", ""))
check("atomic: of a revoked flow", "tap1",
      [atomic(udp(A, X, (VM, FAR), 9100, 53, 9))], (),
      ["tap1 egress [revoked]"])
node.apply(CONFIG)

# nor does what ends a revoked connection, or begins it anew, come to conntrack so
def tcp(src, dst, macs, sport, dport, flags):
    return f.packet(*macs, src, dst, 6, f.tcp(
        src, dst, sport, dport, flags, 2, 2 if "A" in flags else 0))


node.send("tap1", tcp(A, X, (VM, FAR), 9300, 80, "S"))
node.send("qvb", tcp(X, A, (FAR, VM), 80, 9300, "SA"))
node.send("tap1", tcp(A, X, (VM, FAR), 9300, 80, "A"))
node.apply(CONFIG.replace("rule add a egress proto tcp dport 80 id 2\n", ""))
for sender, src, dst, macs, ports, way in (
        ("tap1", A, X, (VM, FAR), (9300, 80), "egress"),
        ("qvb", X, A, (FAR, VM), (80, 9300), "ingress")):
    for flags in ("R", "RA", "S", "FA", "S", "A"):
        frame = atomic(tcp(src, dst, macs, *ports, flags))
        came, moved = send(sender, [frame])
        mine = {k: v for k, v in moved.items() if k.startswith("tap1")}
        t.ok(not came.get("tap1") and (sender == "qvb" or not came["qvb"]) and
             mine == {"tap1 %s [revoked]" % way: 1},
             "atomic: %s of a revoked connection, by %s" % (flags, sender),
             came, moved)
node.apply(CONFIG)
check("atomic: and when the rule is back it goes on", "tap1",
      [tcp(A, X, (VM, FAR), 9300, 80, "A")], ("qvb", "tap4"),
      ["tap1 egress established", "tap2 ingress [no-rule]",
       "tap4 ingress off"], True)

# ND goes without a fragment header (RFC 6980)
for kind, what in ((133, "RS"), (134, "RA"), (135, "NS"), (136, "NA"),
                   (137, "redirect")):
    for sender, src, mac, reason in (("tap1", A, VM, "tap1 egress [nd]"),
                                     ("qvb", "fe80::9", FAR, None)):
        nd = f.eth("33:33:00:00:00:01", mac, 0x86dd, f.nd(
            src, "ff02::1", kind, None if kind in (133, 134) else src,
            f.nd_option(1, mac)))
        check("atomic: %s by %s" % (what, sender), sender, [atomic(nd)],
              () if reason else ("tap4",),
              [reason] if reason else ["tap1 ingress [nd]", "tap2 ingress [nd]",
                                       "tap4 ingress off"], not reason)

# up to the host nothing is cut again: what is short arrives
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind((H, 53))
s.settimeout(120 * harness.SLOW)
for size in SHORT + LEAST:
    came, moved = send("tap1", cut(udp(
        A, H, (VM, BR), 9200 + size, 53, 2000), size))
    t.ok(moved == {"tap1 egress a 1": 1} and s.recv(4000) == b"u" * 2000,
         "parts of %d bytes to the host" % size, moved)
frame = atomic(udp(A, H, (VM, BR), 9201, 53, 100))
came, moved = send("tap1", [frame])
t.ok(moved == {"tap1 egress a 1": 1} and s.recv(4000) == b"u" * 100,
     "atomic to the host", moved)

# IPv4 has no least
for size in (48, 400):
    frame = f.packet(VM, FAR, "10.1.0.2", "10.1.0.66", 17, f.udp(
        "10.1.0.2", "10.1.0.66", 9000 + size, 53, b"u" * 900))
    came, moved = send("tap1", f.fragments4(frame, size))
    t.ok(len(came["qvb"]) == -(-908 // size) and moved == {
        "tap1 egress a 1": 1, "tap2 ingress b 1": 1, "tap4 ingress off": 1},
        "IPv4: parts of %d bytes come out" % size, len(came["qvb"]), moved)
t.done()
