#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""All 256 protocols: on a stateful port a rule "proto N" lets a whole packet of
protocol N by, in its direction and family and in no other, or it is refused with a
sentence. And ICMP types, which are what they say."""
import frames as f
import harness

VM, FAR = "02:00:00:00:00:01", "02:00:00:00:00:99"
ADDR = {4: ("10.1.0.2", "10.1.0.66"), 6: ("fd00::2", "fd00::66")}
WAYS = (("tap1", "qvb", "egress"), ("qvb", "tap1", "ingress"))
# to IPv6 these are headers in front of a packet's protocol
EXTENSIONS = (43, 44, 51, 60)
# the ICMP of one family; to the other it is refused, as ever
REFUSED = {4: (58,), 6: (1,) + EXTENSIONS}
PORT = """default drop tap*
group add g
%s
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 group g \
ct-limit 100000
"""

t = harness.start()
node = harness.Node(t, taps=("tap1", "qvb"))
# conntrack takes UDP-Lite's checksum for UDP's
harness.sysctl("net.netfilter.nf_conntrack_checksum", 0)
ident = 0


def body(proto, src, dst):
    """what is behind the IP header; each time another flow"""
    global ident
    ident += 1
    sport = 1024 + ident
    if proto in (17, 136):
        return f.udp(src, dst, sport, 53, proto=proto)
    if proto == 6:
        return f.tcp(src, dst, sport, 53)
    if proto == 132:
        return f.sctp(sport, 53)
    if proto == 33:
        return f.dccp(src, dst, sport, 53)
    if proto in (1, 2):
        return f.icmp(8 if proto == 1 else 0x22, 0,
                      bytes([0, 0, ident >> 8, ident & 255]))
    if proto == 58 and ":" in src:
        return f.icmp6(src, dst, 128, 0, bytes([ident >> 8, ident & 255, 0, 1]))
    return b"\0" * 24


def frame(way, family, proto, data=None, far=None):
    vm = ADDR[family][0]
    far = far or ADDR[family][1]
    smac, dmac, src, dst = (VM, FAR, vm, far) if way == "egress" else \
        (FAR, VM, far, vm)
    if data is None:
        data = body(proto, src, dst)
    return f.packet(smac, dmac, src, dst, proto, data)


def hosts(series, family):
    """of the other side, one for each protocol and series: conntrack knows most
    protocols by their addresses alone"""
    return ("10.%d.0.%%d" if family == 4 else "fd%02d::%%x") % series


# each is let by, by its own rule and no other
series = 1
for sender, receiver, way in WAYS:
    node.apply(PORT % "\n".join(
        "rule add g %s ipv%d proto %d id %d" % (way, family, n, family * 1000 + n)
        for family in ADDR for n in range(1, 256) if n not in REFUSED[family]))
    for family in ADDR:
        far = hosts(series, family)
        sent = [n for n in range(1, 256) if n not in REFUSED[family]]
        frames = [frame(way, family, n, far=far % n) for n in sent]
        node.check("IPv%d %s: a rule for each protocol lets its packet by" % (
            family, way), sender, frames, to=[receiver],
            counts=[("tap1 %s g %d" % (way, family * 1000 + n), 1)
                    for n in sent])
    back = "ingress" if way == "egress" else "egress"
    for family in ADDR:
        far = hosts(series + 1, family)
        # without its request an answer is invalid, not unknown
        node.check("IPv%d %s: and none the other way" % (family, back), receiver,
                   [frame(back, family, n, far=far % n) for n in range(1, 256)
                    if n not in REFUSED[family]],
                   counts=[("tap1 %s [no-rule]" % back,
                            255 - len(REFUSED[family]))])
    # 0 is any protocol, also 0
    node.apply(PORT % ("rule add g %s proto 0 id 7" % way))
    for family in ADDR:
        far = hosts(series + 2, family)
        sent = [n for n in range(256) if n not in REFUSED[family] and
                (n or family == 4)]
        node.check("IPv%d %s: protocol 0 is any" % (family, way), sender,
                   [frame(way, family, n, far=far % n) for n in sent],
                   to=[receiver], counts=[("tap1 %s g 7" % way, len(sent))])
    series += 3
for family in ADDR:
    refused = []
    for n in range(256):
        r = node.sgctl("check", "-", check=False, stdin=PORT % (
            "rule add g ingress ipv%d proto %d" % (family, n)))
        if r.returncode not in (0, 4) and "proto " in r.stderr:
            refused.append(n)
    t.equal(tuple(refused), REFUSED[family],
            "IPv%d: what cannot be matched is refused" % family)

# without a family a rule means both
for proto in EXTENSIONS:
    for line, good in (("proto %d", False), ("ipv6 proto %d", False),
                       ("proto %d remote fd00::/8", False),
                       ("ipv4 proto %d", True),
                       ("proto %d remote 10.0.0.0/8", True)):
        r = node.sgctl("check", "-", check=False,
                       stdin=PORT % ("rule add g ingress " + line % proto))
        t.ok((r.returncode in (0, 4)) == good and
             (good or "extension header" in r.stderr and "ipv4" in r.stderr),
             "rule " + line % proto + (" is taken" if good else " is refused"),
             r.stderr)
for name, proto in (("ipv6-route", 43), ("ipv6-frag", 44), ("ah", 51),
                    ("ipv6-opts", 60)):
    r = node.sgctl("rule", "add", "g", "egress", "ipv6", "proto", name,
                   check=False)
    t.ok(r.returncode == 1 and "proto " + name in r.stderr and
         "extension header" in r.stderr, name + " is refused on the line too",
         r.stderr)

# no next header: judged per packet, in its own direction and by its own rule
for rule, ways in (("ingress", ("ingress",)), ("egress", ("egress",)),
                   ("", ())):
    node.apply(PORT % ("rule add g %s ipv6 proto ipv6-nonxt id 7" % rule
                       if rule else ""))
    for sender, receiver, way in WAYS:
        for what, data in (("nothing", b""), ("data", b"x" * 100)):
            node.check("rule %s: no next header, %s behind it, %s" % (
                rule or "none", what, way), sender, frame(way, 6, 59, data),
                to=[receiver] if way in ways else (),
                counts="tap1 %s %s" % (way, "g 7" if way in ways else
                                       "[no-rule]"))
node.apply(PORT % "rule add g egress id 7")
node.check("any protocol is that one too", "tap1", frame("egress", 6, 59, b""),
           to=["qvb"], counts="tap1 egress g 7")
node.check("it opens nothing the other way", "qvb",
           frame("ingress", 6, 59, b""), counts="tap1 ingress [no-rule]")
node.check("nor from another's address", "tap1", f.packet(
    VM, FAR, "fd00::9", "fd00::66", 59), counts="tap1 egress [source]")
node.apply(PORT % "rule add g egress ipv6 proto ipv6-nonxt remote fd01::/16 id 7")
node.check("its remote counts", "tap1", frame("egress", 6, 59, b""),
           counts="tap1 egress [no-rule]")
node.check("and lets by", "tap1", f.packet(VM, FAR, "fd00::2", "fd01::1", 59),
           to=["qvb"], counts="tap1 egress g 7")
node.apply(PORT % "rule add g egress ipv6 proto icmpv6 id 7")
node.check("another protocol's rule does not", "tap1",
           frame("egress", 6, 59, b""), counts="tap1 egress [no-rule]")
node.check("nor for a hundred bytes that look like ICMPv6", "tap1", frame(
    "egress", 6, 59, f.icmp6(*ADDR[6], 128)), counts="tap1 egress [no-rule]")

# type 255 is a type: iptables takes it for any, and opened all of ICMP
for family, proto, build in (
        (4, "icmp", lambda src, dst, kind: (1, f.icmp(kind))),
        (6, "icmpv6", lambda src, dst, kind: (58, f.icmp6(src, dst, kind)))):
    for sender, receiver, way in WAYS:
        node.apply(PORT % ("rule add g %s proto %s icmp 255 id 7" % (way, proto)))
        vm, far = ADDR[family]
        src, dst = (vm, far) if way == "egress" else (far, vm)
        name = "IPv%d %s: icmp 255: " % (family, way)
        node.check(name + "type 255", sender,
                   frame(way, family, *build(src, dst, 255)), to=[receiver],
                   counts="tap1 %s g 7" % way)
        for kind in (8, 9, 13, 17, 254) if family == 4 else (128, 139, 144, 254):
            node.check(name + "not type %d" % kind, sender,
                       frame(way, family, *build(src, dst, kind)),
                       counts="tap1 %s [no-rule]" % way)
        node.apply(PORT % ("rule add g %s proto %s icmp 8 id 7" % (way, proto)))
        node.check(name + "and of 8 it is none", sender,
                   frame(way, family, *build(src, dst, 255)),
                   counts="tap1 %s [no-rule]" % way)
t.done()
