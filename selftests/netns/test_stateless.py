#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Ports of stateless groups: each packet by the rules, none by a connection.

    tap1 = VM A --+
    tap2 = VM B --+-- [br0: the host's] -- qvb
"""
import socket

import frames as f
import harness
from harness import conntrack, ip, sh, sysctl

VM, VM2, FAR, BR = ("02:00:00:00:00:01", "02:00:00:00:00:02",
                    "02:00:00:00:00:99", "02:00:00:00:00:fe")
ADDR = {4: ("10.1.0.2", "10.1.0.4", "10.1.0.66", "10.1.0.1"),
        6: ("fd00::2", "fd00::4", "fd00::66", "fd00::1")}
SIZE = {4: 400, 6: 1232}
CONFIG = """
default drop tap*
group add less stateless
rule add less egress proto udp dport 53 id 1
rule add less egress proto tcp dport 80 id 2
rule add less ingress proto udp dport 1053 id 3
rule add less ingress proto tcp dport 22 id 4
rule add less egress proto udp dport 7000 id 5
rule add less ingress proto tcp dport 1080 id 6
group add also stateless
rule add also egress proto udp dport 54 id 1
group add full
rule add full ingress proto udp dport 53 id 1
rule add full egress proto udp dport 1053 id 2
rule add full egress proto tcp dport 22 id 3
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 group less group also
"""
LESS = CONFIG + """port add tap2 mac 02:00:00:00:00:02 ip 10.1.0.4 ip fd00::4 \
group also
"""
MIXED = LESS.replace("group also\n", "group full\n").replace(
    "group less group full", "group less group also")

t = harness.start()
node = harness.Node(t)
node.apply(LESS)
ident = 0


def udp(src, dst, sport, dport, smac=VM, dmac=FAR, data=b"data"):
    global ident
    ident += 1
    kw = {} if f.is6(src) else {"ident": ident}
    return f.packet(smac, dmac, src, dst, 17,
                    f.udp(src, dst, sport, dport, data), **kw)


def tcp(src, dst, sport, dport, flags, smac=VM, dmac=FAR):
    return f.packet(smac, dmac, src, dst, 6,
                    f.tcp(src, dst, sport, dport, flags, 100, 100))


def cut(frame):
    if frame[12] == 8:
        return f.fragments4(frame, SIZE[4])
    return f.fragments6(frame, SIZE[6], ident)


def data(frames):
    """what the fragments carry, one behind the other"""
    return b"".join(x[34:] if x[12] == 8 else x[62:] for x in frames)


def fragments(name, sender, frame, to=(), counts=()):
    parts = cut(frame)
    node.count()
    came = node.send(sender, *parts)
    moved = {" ".join(k): v for k, v in node.count().items()}
    t.ok(all(data(out) == (data(parts) if tap in to else b"")
             for tap, out in came.items()) and moved == {c: 1 for c in counts},
         name, {k: [len(x) for x in v] for k, v in came.items()}, moved)


NOT_B = "tap2 ingress [no-rule]"
for family, (vm, vm2, far, _) in ADDR.items():
    name = "IPv%d: " % family
    for time in ("first", "second"):
        node.check(name + "the %s datagram is judged by the rules" % time,
                   "tap1", udp(vm, far, 1053, 53), to=["qvb"],
                   counts=["tap1 egress less 1", NOT_B])
    node.check(name + "by those of each group", "tap1", udp(vm, far, 1053, 54),
               to=["qvb"], counts=["tap1 egress also 1", NOT_B])
    node.check(name + "the answer too, by an ingress rule", "qvb",
               udp(far, vm, 53, 1053, FAR, VM), to=["tap1"],
               counts=["tap1 ingress less 3", NOT_B])
    node.check(name + "the answer without one is dropped", "qvb",
               udp(far, vm, 54, 1054, FAR, VM),
               counts=["tap1 ingress [no-rule]", NOT_B])
    node.check(name + "what no rule allows", "tap1", udp(vm, far, 1053, 55),
               counts="tap1 egress [no-rule]")
    # TCP's flags are nobody's here
    for flags in ("S", "SA", "A", "FA", "R", "PA"):
        node.check(name + "TCP %s by a rule" % flags, "tap1",
                   tcp(vm, far, 1080, 80, flags), to=["qvb"],
                   counts=["tap1 egress less 2", NOT_B])
        node.check(name + "TCP %s by a rule, towards the VM" % flags, "qvb",
                   tcp(far, vm, 80, 1080, flags, FAR, VM), to=["tap1"],
                   counts=["tap1 ingress less 6", NOT_B])
        node.check(name + "TCP %s without one" % flags, "qvb",
                   tcp(far, vm, 80, 1081, flags, FAR, VM),
                   counts=["tap1 ingress [no-rule]", NOT_B])
    node.check(name + "an answer to what a rule let in needs one", "tap1",
               tcp(vm, far, 22, 1080, "SA"), counts="tap1 egress [no-rule]")
    # an error is a packet like any other
    about = udp(vm, far, 1053, 53)[14:62]
    error = f.packet(FAR, VM, far, vm, 1, f.icmp(3, 3, b"\0" * 4, about)) \
        if family == 4 else f.packet(FAR, VM, far, vm, 58, f.icmp6(
            far, vm, 1, 4, b"\0" * 4 + about))
    node.check(name + "an ICMP error needs a rule", "qvb", error,
               counts=["tap1 ingress [no-rule]", NOT_B])
    t.equal(conntrack(), [], name + "none of this made a conntrack entry")

    # fragments
    big = b"0123456789" * 300
    fragments(name + "fragments by a rule", "tap1",
              udp(vm, far, 1053, 53, data=big), ["qvb"],
              ["tap1 egress less 1", NOT_B])
    fragments(name + "the answer's by a rule", "qvb",
              udp(far, vm, 53, 1053, FAR, VM, big), ["tap1"],
              ["tap1 ingress less 3", NOT_B])
    fragments(name + "fragments without one", "tap1",
              udp(vm, far, 1053, 55, data=big), [], ["tap1 egress [no-rule]"])
    fragments(name + "the answer's without one", "qvb",
              udp(far, vm, 53, 1055, FAR, VM, big), [],
              ["tap1 ingress [no-rule]", NOT_B])
    for which in (0, 1, -1):
        node.check(name + "a lone fragment (%d)" % which, "tap1",
                   cut(udp(vm, far, 1053, 53, data=big))[which])
        node.check(name + "a lone fragment towards the VM (%d)" % which, "qvb",
                   cut(udp(far, vm, 53, 1053, FAR, VM, big))[which])
    node.check(name + "fragments in another's name", "tap1",
               cut(udp(vm2, far, 1053, 53, data=big)),
               counts="tap1 egress [source]")
    t.equal(conntrack(), [], name + "nor did fragments make an entry")

# with the host's own stack
# first: an address that is there before is looked for, a second later
sysctl("net.ipv6.conf.br0.accept_dad", 0)
sysctl("net.ipv6.conf.br0.disable_ipv6", 0)
sh("nft", "-f", "-", stdin="""
table inet chatter {
	chain output {
		type filter hook output priority 0;
		meta l4proto igmp drop
		icmpv6 type { 131, 132, 133, 143 } drop
	}
}
""")
ip("link set br0 address %s\naddr add 10.1.0.1/24 dev br0\n"
   "addr add fd00::1/64 dev br0 nodad\n"
   "neigh add 10.1.0.2 lladdr %s dev br0 nud permanent\n"
   "neigh add fd00::2 lladdr %s dev br0 nud permanent" % (BR, VM, VM))
for family, (vm, _, _, host) in ADDR.items():
    name = "IPv%d: the host: " % family
    server = socket.socket(socket.AF_INET6 if family == 6 else socket.AF_INET,
                           socket.SOCK_DGRAM)
    server.bind((host, 53))
    server.setblocking(False)
    node.count()
    node.send("tap1", udp(vm, host, 1053, 53, VM, BR))
    moved = {" ".join(k): v for k, v in node.count().items()}
    t.ok(server.recvfrom(100)[1][1] == 1053 and
         moved == {"tap1 egress less 1": 1}, name + "reached by a rule", moved)
    for port, size, n, to, what in (
            (1053, 4, 1, 1, "less 3"), (1054, 4, 1, 0, "[no-rule]"),
            (1053, 3000, 3, 3, "less 3"), (1054, 3000, 3, 0, "[no-rule]")):
        server.sendto(b"x" * size, (vm, port))
        came = [x for x in node.taps["tap1"].recv() if x[:6] == f.mac(VM)]
        moved = {k: v for k, v in node.count().items() if k[0] == "tap1"}
        t.ok(len(came) == to and moved == {("tap1", "ingress", what): n},
             name + "%d bytes from it to port %d" % (size, port), came, moved)
    server.close()
sysctl("net.ipv6.conf.br0.disable_ipv6", 1)
ip("addr flush dev br0")
sh("conntrack", "-F")

# beside a port with connections
node.apply(MIXED)
for family, (vm, vm2, far, _) in ADDR.items():
    name = "IPv%d: beside a stateful port: " % family
    for time in ("first", "second"):
        node.check(name + "the %s datagram by the rules" % time, "tap1",
                   udp(vm, far, 1053, 7000), to=["qvb"],
                   counts=["tap1 egress less 5", NOT_B])
    node.check(name + "the entry there is admits no answer", "qvb",
               udp(far, vm, 7000, 1054, FAR, VM),
               counts=["tap1 ingress [no-rule]", NOT_B])
    t.ok(conntrack("dport=7000", "ipv%d " % family),
         name + "the bridge is tracked")
    node.check(name + "to it: each by its own", "tap1",
               udp(vm, vm2, 1053, 53, VM, VM2), to=["tap2", "qvb"],
               counts=["tap1 egress less 1", "tap2 ingress full 1"])
    node.check(name + "its answer needs no rule there, but one here", "tap2",
               udp(vm2, vm, 53, 1053, VM2, VM), to=["tap1", "qvb"],
               counts=["tap2 egress established", "tap1 ingress less 3"])
    node.check(name + "and on", "tap1", udp(vm, vm2, 1053, 53, VM, VM2),
               to=["tap2", "qvb"],
               counts=["tap1 egress less 1", "tap2 ingress established"])
    node.check(name + "an answer that has none here", "tap1",
               udp(vm, vm2, 1060, 53, VM, VM2), to=["tap2", "qvb"],
               counts=["tap1 egress less 1", "tap2 ingress full 1"])
    node.check(name + "is dropped here", "tap2",
               udp(vm2, vm, 53, 1060, VM2, VM), to=["qvb"],
               counts=["tap2 egress established", "tap1 ingress [no-rule]"])
    node.check(name + "from it", "tap2", udp(vm2, vm, 1061, 1053, VM2, VM),
               to=["tap1", "qvb"],
               counts=["tap2 egress full 2", "tap1 ingress less 3"])
    node.check(name + "and its answer needs a rule here", "tap1",
               udp(vm, vm2, 1053, 1061, VM, VM2),
               counts="tap1 egress [no-rule]")
    fragments(name + "fragments to it", "tap1",
              udp(vm, vm2, 1062, 53, VM, VM2, b"x" * 3000), ["tap2", "qvb"],
              ["tap1 egress less 1", "tap2 ingress full 1"])
    fragments(name + "and its answer's", "tap2",
              udp(vm2, vm, 53, 1062, VM2, VM, b"x" * 3000), ["qvb"],
              ["tap2 egress established", "tap1 ingress [no-rule]"])
    node.check(name + "a lone fragment", "tap1", cut(udp(
        vm, vm2, 1063, 53, VM, VM2, b"x" * 3000))[0])
    node.check(name + "TCP from it", "tap2", tcp(vm2, vm, 1064, 22, "S", VM2,
                                                 VM), to=["tap1", "qvb"],
               counts=["tap2 egress full 3", "tap1 ingress less 4"])

# a group becomes stateless, and stateful again
for family, (vm, vm2, far, _) in ADDR.items():
    name = "IPv%d: " % family
    stateful = MIXED.replace("group add less stateless", "group add less") \
        .replace("group add also stateless", "group add also")
    node.apply(stateful)
    node.check(name + "stateful: a rule admits a flow", "tap1",
               udp(vm, far, 1070, 7000), to=["qvb"],
               counts=["tap1 egress less 5", NOT_B])
    node.check(name + "its answer needs none", "qvb",
               udp(far, vm, 7000, 1070, FAR, VM), to=["tap1"],
               counts=["tap1 ingress established", NOT_B])
    node.apply(MIXED)
    node.check(name + "stateless now: it does", "qvb",
               udp(far, vm, 7000, 1070, FAR, VM),
               counts=["tap1 ingress [no-rule]", NOT_B])
    node.apply(stateful)
    node.check(name + "stateful again: the flow goes on", "qvb",
               udp(far, vm, 7000, 1070, FAR, VM), to=["tap1"],
               counts=["tap1 ingress established", NOT_B])

# never both on one port
node.apply(MIXED)
before = node.sgctl("save").stdout
for line in ("group less group full", "group full group less"):
    both = LESS.replace("group less group also", line)
    for code, r in ((1, node.sgctl("apply", "-", stdin=both, check=False)),
                    (2, node.sgctl("port", "set", "tap1", *line.split(),
                                   check=False))):
        t.ok(r.returncode == code and "stateless" in r.stderr and
             node.sgctl("save").stdout == before,
             "a port with both is refused, by %s, and nothing changes: %s" % (
                 "sgctl" if code == 1 else "the kernel", line),
             r.returncode, r.stderr)
r = node.sgctl("-b", "-", stdin="group replace also\n", check=False)
t.ok(r.returncode == 2 and "stateless" in r.stderr and
     node.sgctl("save").stdout == before,
     "so is a group that becomes stateful beside a stateless one",
     r.returncode, r.stderr)
t.done()
