#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The shadow, frame by frame: what it would have done, row by row, whatever is in
force and whatever it is itself; and that it does nothing.

    tap1 = VM --+
                +-- [br0] --- qvb: who is outside
"""
import itertools

import frames as f
import harness

M1, M11, FAR = "02:00:00:00:00:01", "02:00:00:00:00:11", "02:00:00:00:00:99"
MALL = "33:33:00:00:00:01"
IPS = {4: dict(a="10.1.0.2", x="10.1.0.66", s="10.1.0.67", pair="10.2.0.7",
               own="10.2.0.9", other="10.3.0.3", icmp=1),
       6: dict(a="fd00::2", x="fd00::66", s="fe80::67", pair="fd02::7",
               own="fd02::9", other="fd03::3", icmp=58)}
LL, ALL, SOL = "fe80::ff:fe00:1", "ff02::1", "ff02::1:ff00:2"

# two ways to guard a port, and ways not to
HEAD = """
set add dns 10.1.0.66 fd00::66
group add web
group add db
port add tap9 mac 02:00:00:00:00:09
"""
CONFIGS = {
    "A": HEAD + """
rule add web egress proto udp dport 53 id 1
rule add web egress proto tcp id 2
rule add web ingress proto tcp dport 22 id 3
rule add web ingress proto udp remote set dns id 4
rule add web egress ipv4 proto icmp icmp 8 id 5
rule add web egress ipv6 proto icmpv6 icmp 128 id 6
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 pair 10.2.0.0/24 \
pair fd02::/64 ethertype 0x88b5 group web
""",
    "B": HEAD + """
rule add web egress proto udp dport 54 id 1
rule add web egress proto tcp id 2
rule add db ingress proto tcp id 3
rule add db egress ipv4 proto gre id 4
rule add db egress ipv6 proto gre id 5
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 ip 10.2.0.9 \
ip fd02::9 pair 10.3.0.3 mac 02:00:00:00:00:11 pair fd03::3 mac \
02:00:00:00:00:11 ethertype 0x88b6 dhcp-server 10.1.0.66 dhcp-server fd00::66 \
strict group web group db
""",
    "off": HEAD + "port add tap1 off\n",
    "trusted": HEAD + "port add tap1 trusted\n",
    "held": HEAD + "default drop tap*\n",
    "open": HEAD + "default drop tap*\ndefault accept tap1\n",
}
# in force, and the shadows that each has; where none differs that is said in SAME
PAIRS = {"A": ("A", "B", "off", "trusted", "held", "open"),
         "B": ("A", "B", "held"), "off": ("A", "B", "trusted", "held"),
         "trusted": ("A",), "held": ("A", "off", "open"),
         "open": ("A", "B", "held")}
SAME = (("A", "A"), ("B", "B"), ("off", "trusted"))
ALWAYS = {"off": "off", "trusted": "trusted", "held": "[unconfigured]",
          "open": "no port"}

t = harness.start()
sport = itertools.count(2000)


def udp(src, dst, dport, macs=(M1, FAR), sport_=None):
    return f.packet(*macs, src, dst, 17,
                    f.udp(src, dst, sport_ or next(sport), dport))


def tcp(src, dst, dport, macs=(M1, FAR), flags="S"):
    return f.packet(*macs, src, dst, 6,
                    f.tcp(src, dst, next(sport), dport, flags))


def nd(kind, src, dst, target=None, options=b"", **kw):
    return f.eth(MALL, M1, 0x86dd, f.nd(src, dst, kind, target, options, **kw))


OUT, IN = (M1, FAR), (FAR, M1)
# name, from where, frame, what A and B say; True: conntrack has to be asked
ROWS = [
    ("a permitted ethertype", "tap1", f.eth(FAR, M1, 0x88b5, b"x" * 50),
     "ethertype", "[ethertype]"),
    ("another permitted ethertype", "tap1", f.eth(FAR, M1, 0x88b6, b"x" * 50),
     "[ethertype]", "ethertype"),
    ("a permitted ethertype, in", "qvb", f.eth(M1, FAR, 0x88b5, b"x" * 50),
     "ethertype", "[ethertype]"),
    ("another permitted ethertype, in", "qvb",
     f.eth(M1, FAR, 0x88b6, b"x" * 50), "[ethertype]", "ethertype"),
    ("a VLAN tag", "tap1", f.vlan(f.arp(M1, M1, "10.1.0.2", "10.1.0.9"), 5),
     "[ethertype]", "[ethertype]"),
    ("a frame of no shape", "tap1", f.eth(FAR, M1, 0x0800, b"\x45\0\0"),
     "[malformed]", "[malformed]"),
    ("a frame of no shape, in", "qvb", f.eth(M1, FAR, 0x86dd, b"\x60\0\0"),
     "[malformed]", "[malformed]"),
    ("ARP", "tap1", f.arp(M1, M1, "10.1.0.2", "10.1.0.9"), "arp", "arp"),
    ("ARP of a pair", "tap1", f.arp(M1, M1, "10.2.0.7", "10.1.0.9"),
     "arp", "[arp]"),
    ("ARP of another MAC's pair", "tap1",
     f.arp(M11, M11, "10.3.0.3", "10.1.0.9"), "[mac]", "arp"),
    ("ARP, in", "qvb", f.arp(FAR, FAR, "10.1.0.9", "10.1.0.2"), "arp", "arp"),
    ("an RA of the VM", "tap1", nd(134, LL, ALL), "[ra]", "[ra]"),
    ("an NA for a pair", "tap1",
     nd(136, IPS[6]["a"], ALL, IPS[6]["pair"], f.nd_option(2, M1)),
     "nd", "[nd]"),
    ("DAD for a pair", "tap1", nd(135, "::", SOL, IPS[6]["pair"]),
     "nd-unspec", "[source]"),
    ("an RS", "tap1", nd(133, LL, "ff02::2"), "nd", "nd"),
    ("an RA, in", "qvb", f.eth(MALL, FAR, 0x86dd, f.nd("fe80::66", ALL, 134)),
     "ra", "ra"),
    ("an NS, in", "qvb", f.eth(MALL, FAR, 0x86dd,
                               f.nd("fd00::66", "fd00::2", 135, "fd00::2")),
     "nd", "nd"),
    ("an IGMP query", "qvb", f.packet(FAR, M1, "10.1.0.66", "224.0.0.1", 2,
                                      f.icmp(0x11, 100, b"\0" * 4, b"")),
     "igmp", "igmp"),
    ("a DHCP discover", "tap1",
     f.packet(M1, f.BROADCAST, "0.0.0.0", "255.255.255.255", 17,
              f.udp("0.0.0.0", "255.255.255.255", 68, 67)),
     "dhcp-unspec", "dhcp-unspec"),
]
for v, n in IPS.items():
    a, x = n["a"], n["x"]
    client, server = (68, 67) if v == 4 else (546, 547)

    def echo(src, dst, reply=False, v=v):
        """the identifier tells flows apart"""
        rest = bytes([5, 6, 0, next(sport) & 0xff])
        if v == 4:
            return f.packet(M1, FAR, src, dst, 1,
                            f.icmp(0 if reply else 8, 0, rest))
        return f.packet(M1, FAR, src, dst, 58, f.icmp6(
            src, dst, 129 if reply else 128, 0, rest + b"data"))

    ROWS += [("IPv%d: %s" % (v, row[0]),) + row[1:] for row in (
        ("another MAC", "tap1", udp(n["other"], x, 54, (M11, FAR)),
         "[mac]", "web 1"),
        ("no MAC of either", "tap1", udp(a, x, 53, (FAR, FAR)),
         "[mac]", "[mac]"),
        ("a pair's source", "tap1", tcp(n["pair"], x, 80), "web 2", "[source]"),
        ("a source of neither", "tap1", tcp(x, a, 80), "[source]", "[source]"),
        ("the pair's address from outside", "qvb", tcp(n["own"], a, 22, IN),
         "web 3", "[source]"),
        ("the port's address from outside", "qvb", tcp(a, a, 22, IN),
         "[source]", "[source]"),
        ("a DHCP server in the VM", "tap1", udp(a, x, client, OUT, server),
         "[dhcp]", "[dhcp]"),
        ("a DHCP client", "tap1", udp(a, x, server, OUT, client),
         "dhcp", "dhcp"),
        ("a DHCP server that is not given", "qvb",
         udp(n["s"], a, client, IN, server), "dhcp", "[no-rule]"),
        ("a DHCP server that is given", "qvb",
         udp(x, a, client, IN, server), "dhcp", "dhcp"),
        ("a rule of both", "tap1", tcp(a, x, 80), "web 2", "web 2"),
        ("a rule of A", "tap1", udp(a, x, 53), "web 1", "[no-rule]"),
        ("a rule of B", "tap1", udp(a, n["other"], 54), "[no-rule]", "web 1"),
        ("a rule of neither", "tap1", udp(a, n["other"], 55), "[no-rule]", "[no-rule]"),
        ("a group of B", "tap1", f.packet(M1, FAR, a, x, 47, b"\0" * 20),
         "[no-rule]", "db %d" % (4 if v == 4 else 5)),
        ("ping", "tap1", echo(a, x), "web %d" % (5 if v == 4 else 6),
         "[no-rule]"),
        ("a rule of both, in", "qvb", tcp(x, a, 22, IN), "web 3", "db 3"),
        ("a rule of B, in", "qvb", tcp(x, a, 23, IN), "[no-rule]", "db 3"),
        ("a set's member, in", "qvb", udp(x, a, 7, IN), "web 4", "[no-rule]"),
        ("no member of the set, in", "qvb", udp(n["pair"], a, 7, IN),
         "[no-rule]", "[no-rule]"),
        ("TCP in mid-stream", "tap1", tcp(a, x, 80, flags="A"),
         "web 2", "[invalid]", True),
        ("an ICMP error about no flow", "qvb", f.packet(
            FAR, M1, x, a, n["icmp"],
            f.icmp(3, 1, b"\0" * 4, udp(a, x, 99)[14:82]) if v == 4 else
            f.icmp6(x, a, 1, 0, b"\0" * 4 + udp(a, x, 99)[14:82])),
         "[invalid]", "[invalid]", True))]


def says(config, row):
    return ALWAYS.get(config) or row[3 + "AB".index(config)]


def drops(what):
    return what.startswith("[")


def direction_of(row):
    return "egress" if row[1] == "tap1" else "ingress"


def expected(real, shadow, row):
    """what the shadow counts"""
    a, b = says(real, row), says(shadow, row)
    if drops(a) == drops(b):
        return {}
    key = "tap1", direction_of(row)
    want = {key + ("would %s %s" % ("drop" if drops(b) else "accept", b),): 1}
    if drops(b) and a.split()[0] in ("web", "db"):
        want[key + ("would drop " + a,)] = 1
    return want


def shadow_counts(node, last={}):
    """what moved of the shadow's counters since the last call for this node"""
    now = {k: v[0] for k, v in node.genl.counters(shadow=True).items() if v[0]}
    before, last[node] = last.get(node, {}), now
    return {k: n - before.get(k, 0) for k, n in now.items()
            if n != before.get(k, 0)}


def node_with(real, shadow=None):
    harness.new_netns()
    node = harness.Node(t, taps=("tap1", "qvb"))
    node.apply(real)
    if shadow is not None:
        node.sgctl("shadow", "apply", "-", stdin=shadow)
    return node


def run(real, shadow, alone):
    """all rows, each by itself: what came out and was counted is as without a
    shadow, and the shadow counts what it should"""
    node = node_with(CONFIGS[real], shadow and CONFIGS[shadow])
    node.count()
    tracked = real in ("A", "B")
    seen, wrong, differ = [], [], 0
    for row in ROWS:
        came = node.send(row[1], row[2])
        moved = node.count()
        unconfigured = node.genl.status()[0]
        seen.append((came, moved, unconfigured))
        key = "tap1", direction_of(row), says(real, row)
        if moved != ({key: 1} if real not in ("held", "open") else {}):
            wrong.append((row[0], "in force", moved))
        if not shadow:
            continue
        got = shadow_counts(node)
        want = expected(real, shadow, row)
        differ += bool(want)
        if got != want and (tracked or len(row) == 5):
            wrong.append((row[0], "got", got, "want", want))
    if alone and seen != alone:
        wrong.append(("what is in force", [
            (row[0], x, y) for row, x, y in zip(ROWS, seen, alone) if x != y]))
    name = "%s in force" % real
    if shadow:
        name += ", %s its shadow: %d of %d rows differ" % (shadow, differ,
                                                           len(ROWS))
    t.ok(not wrong and (not shadow or
                        bool(differ) == ((real, shadow) not in SAME)),
         name, *wrong)
    return seen


for real, shadows in PAIRS.items():
    alone = run(real, None, None)
    for shadow in shadows:
        run(real, shadow, alone)
t.done()
