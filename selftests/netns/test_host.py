#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames to and from the host's own stack on a guarded bridge."""
import select
import socket
import struct
import time

import frames as f
import harness
from harness import ip, sysctl

VM = "02:00:00:00:00:01"
FAR = "02:00:00:00:00:99"
V4 = dict(vm="10.1.0.2", host="10.1.0.1", other="10.1.0.66", proto=1, echo=8,
          reply=0)
V6 = dict(vm="fd00::2", host="fd00::1", other="fd00::66", proto=58, echo=128,
          reply=129)

CONFIG = """
default drop tap*
group add web
rule add web egress proto udp dport 53 id 1
rule add web egress proto tcp dport 80 id 2
rule add web egress ipv4 proto icmp icmp 8 id 3
rule add web egress ipv6 proto icmpv6 icmp 128 id 4
rule add web ingress proto tcp dport 22 id 5
rule add web ingress proto udp dport 7000 id 6
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 group web
"""

t = harness.start()
harness.hush()
sysctl("net.ipv6.conf.default.disable_ipv6", 0)
sysctl("net.ipv6.conf.all.disable_ipv6", 0)
sysctl("net.ipv6.conf.default.accept_dad", 0)
sysctl("net.ipv6.conf.default.router_solicitations", 0)
node = harness.Node(t, taps=())
sysctl("net.ipv6.conf.default.disable_ipv6", 1)
for tap in ("tap1", "qvb"):
    node.add(tap)
ip("link set br0 address 02:00:00:00:00:fe\n"
   "addr add 10.1.0.1/24 dev br0\n"
   "addr add fd00::1/64 dev br0 nodad\n"
   "neigh add 10.1.0.2 lladdr %s dev br0 nud permanent\n"
   "neigh add fd00::2 lladdr %s dev br0 nud permanent" % (VM, VM))
BR = "02:00:00:00:00:fe"
node.apply(CONFIG)


def quiet():
    """what came before is none of a test's"""
    node.drain()
    node.count()


def mine(frames, dst=VM):
    return [x for x in frames if x[:6] == f.mac(dst)]


def to_host(a, proto, payload, src=None):
    return f.packet(VM, BR, src or a["vm"], a["host"], proto, payload)


def moved(*want):
    """the counters that moved are these, one packet each"""
    got = {" ".join(k): v for k, v in node.count().items()}
    return got == {w: 1 for w in want}, got


def expect(name, good, *want):
    same, got = moved(*want)
    t.ok(good and same, name, "came as expected: %s" % good,
         "counters: %s" % got)


def listener(a, kind, port):
    s = socket.socket(socket.AF_INET6 if ":" in a["host"] else socket.AF_INET,
                      kind)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((a["host"], port))
    s.setblocking(False)
    return s


def readable(s):
    return bool(select.select([s], [], [], 0)[0])


def flags(frame):
    return frame[14 + (40 if frame[12] == 0x86 else 20) + 13]


for a in (V4, V6):
    fam = "IPv6" if a is V6 else "IPv4"
    quiet()
    dns = listener(a, socket.SOCK_DGRAM, 53)
    frame = to_host(a, 17, f.udp(a["vm"], a["host"], 1000, 53))
    node.send("tap1", frame)
    expect(fam + ": the VM reaches the host's own address by an egress rule",
           readable(dns) and dns.recvfrom(100)[1][1] == 1000,
           "tap1 egress web 1")
    dns.sendto(b"answer", (a["vm"], 1000))
    expect(fam + ": the host's answer needs no ingress rule",
           len(mine(node.taps["tap1"].recv())) == 1,
           "tap1 ingress established")

    closed = listener(a, socket.SOCK_DGRAM, 99)
    node.send("tap1", to_host(a, 17, f.udp(a["vm"], a["host"], 1000, 99)))
    expect(fam + ": without an egress rule the host sees nothing",
           not readable(closed), "tap1 egress [no-rule]")
    node.send("tap1", to_host(a, 17, f.udp(a["other"], a["host"], 1000, 53),
                              src=a["other"]))
    expect(fam + ": a spoofed source does not reach the host",
           not readable(dns), "tap1 egress [source]")

    echo = f.icmp(8) if a is V4 else f.icmp6(a["vm"], a["host"], 128)
    node.drain()
    node.taps["tap1"].send(to_host(a, a["proto"], echo))
    expect(fam + ": ping of the host is answered",
           len(mine(node.taps["tap1"].recv())) == 1,
           "tap1 egress web %d" % (3 if a is V4 else 4),
           "tap1 ingress established")

    web = listener(a, socket.SOCK_STREAM, 80)
    web.listen(1)
    node.taps["tap1"].send(to_host(a, 6, f.tcp(a["vm"], a["host"], 2000, 80)))
    synack = mine(node.taps["tap1"].recv())
    expect(fam + ": TCP to the host, SYN and its answer",
           len(synack) == 1 and flags(synack[0]) == 0x12,
           "tap1 egress web 2", "tap1 ingress established")
    off = 14 + (40 if a is V6 else 20)
    seq = struct.unpack_from("!I", synack[0], off + 4)[0]
    node.taps["tap1"].send(to_host(a, 6, f.tcp(a["vm"], a["host"], 2000, 80,
                                               "A", 2, seq + 1)))
    expect(fam + ": TCP to the host, the connection is made", readable(web),
           "tap1 egress established")
    web.close()
    quiet()

    ssh = socket.socket(web.family, socket.SOCK_STREAM)
    ssh.setblocking(False)
    ssh.connect_ex((a["vm"], 22))
    syn = mine(node.taps["tap1"].recv())
    expect(fam + ": the host's new connection goes by an ingress rule",
           len(syn) == 1, "tap1 ingress web 5")
    sport, seq = struct.unpack_from("!HxxI", syn[0], off)
    node.taps["tap1"].send(to_host(a, 6, f.tcp(a["vm"], a["host"], 22, sport,
                                               "SA", 100, seq + 1)))
    expect(fam + ": and the VM's answer needs no egress rule",
           bool(select.select([], [ssh], [], 0)[1]) and
           ssh.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0,
           "tap1 egress established", "tap1 ingress established")
    # with a reset: no FIN that is sent again later, into another test
    ssh.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    ssh.close()
    quiet()
    dns.sendto(b"new", (a["vm"], 9))
    expect(fam + ": without one the VM sees nothing of the host",
           not mine(node.taps["tap1"].recv()), "tap1 ingress [no-rule]")

    # the host cuts 3,000 bytes into three
    big = b"x" * 3000
    dns.sendto(big, (a["vm"], 7000))
    parts = mine(node.taps["tap1"].recv())
    got = {" ".join(k): v for k, v in node.count().items()}
    t.ok(len(parts) == 3 and sum(got.values()) == 3 and
         set(got) <= {"tap1 ingress web 6", "tap1 ingress established"},
         fam + ": fragments that the host makes pass by the ports of the whole",
         len(parts), got)
    dns.sendto(big, (a["vm"], 7001))
    parts = mine(node.taps["tap1"].recv())
    got = {" ".join(k): v for k, v in node.count().items()}
    t.ok(not parts and got == {"tap1 ingress [no-rule]": 3},
         fam + ": and are dropped where those have no rule", len(parts), got)
    node.send("tap1", to_host(a, 17, f.udp(a["vm"], a["host"], 1001, 53)))
    node.count()
    while readable(dns):
        dns.recvfrom(65536)
    dns.sendto(big, (a["vm"], 1001))
    parts = mine(node.taps["tap1"].recv())
    got = {" ".join(k): v for k, v in node.count().items()}
    t.ok(len(parts) == 3 and got == {"tap1 ingress established": 3},
         fam + ": fragments of an answer pass by the slot", len(parts), got)
    dns.close()
    closed.close()

# link-local group addresses reach LOCAL_IN without PRE_ROUTING
for last, what in ((2, "LACP"), (3, "EAPOL"), (0x0d, "a reserved one")):
    node.check("%s to a link-local group address is dropped" % what, "tap1",
               f.eth("01:80:c2:00:00:%02x" % last, VM, 0x8809, b"\1" * 50),
               counts="tap1 egress [ethertype]")

# a promiscuous bridge takes a copy of everything
ip("link set br0 promisc on")
for a in (V4, V6):
    fam = "IPv6" if a is V6 else "IPv4"
    quiet()
    far = f.packet(VM, FAR, a["vm"], a["other"], 17,
                   f.udp(a["vm"], a["other"], 1000, 53))
    node.check(fam + ": a promiscuous bridge counts a frame once", "tap1", far,
               to=["qvb"], counts="tap1 egress web 1")
    node.check(fam + ": and keeps its connections", "qvb",
               f.packet(FAR, VM, a["other"], a["vm"], 17,
                        f.udp(a["other"], a["vm"], 53, 1000)),
               to=["tap1"], counts="tap1 ingress established")
    node.check(fam + ": and drops what no rule allows", "qvb",
               f.packet(FAR, VM, a["other"], a["vm"], 17,
                        f.udp(a["other"], a["vm"], 53, 9)),
               counts="tap1 ingress [no-rule]")
ip("link set br0 promisc off")

# what the bridge says of its own goes by LOCAL_OUT alone: judged there, and once
node.add("tap2")
node.apply(CONFIG + "port add tap2 off\n")


def says(on, off, kind):
    """what comes of @kind between two ip commands: {tap: frames}, {counter: n}"""
    quiet()
    ip(on)
    end = harness.deadline(120)
    moved = {}
    while not moved and time.monotonic() < end:
        time.sleep(0.1)
        moved = node.count()
    ip(off)
    for key, n in node.count().items():
        moved[key] = moved.get(key, 0) + n
    return ({tap: len([x for x in node.taps[tap].recv() if kind(x)])
             for tap in ("tap1", "tap2")},
            {" ".join(key): n for key, n in moved.items()})


came, counted = says("link set br0 type bridge hello_time 100 stp_state 1",
                     "link set br0 type bridge stp_state 0",
                     lambda x: x[:6] == f.mac("01:80:c2:00:00:00"))
t.ok(not came["tap1"] and came["tap2"] and
     counted == {"tap1 ingress [ethertype]": came["tap2"],
                 "tap2 ingress off": came["tap2"]},
     "the bridge's BPDU: not to a VM, to a port that is off", came, counted)
for ethertype, fam, step in ((b"\x08\x00", "IGMP", "igmp"),
                             (b"\x86\xdd", "MLD", "nd")):
    came, counted = says("link set br0 type bridge mcast_snooping 1 "
                         "mcast_querier 1",
                         "link set br0 type bridge mcast_querier 0",
                         lambda x: x[12:14] == ethertype)
    t.ok(came["tap1"] and came["tap2"] == came["tap1"] and
         counted.get("tap1 ingress " + step) == came["tap1"] and
         not [c for c in counted if "[" in c],
         "the bridge's %s query reaches the VM" % fam, came, counted)

# who looks at a frame between LOCAL_OUT and POST_ROUTING may hold it for long
HOLD = """
table bridge hold {
	chain output {
		type filter hook output priority 0;
		oifname tap1 udp dport 7000-7001 queue num 0
	}
}
"""
for a in (V4, V6):
    fam = "IPv6" if a is V6 else "IPv4"
    for before in ("port add tap1 off\n", "", CONFIG):
        for dport, what in ((7000, "web 6"), (7001, "[no-rule]")):
            node.apply(before or "default accept tap9\n")
            harness.sh("nft", "-f", "-", stdin=HOLD)
            queue = harness.Queue()
            sender = listener(a, socket.SOCK_DGRAM, 53)
            sender.sendto(b"x", (a["vm"], dport))
            held = queue.held()
            node.apply(CONFIG)
            quiet()
            queue.release(held)
            end = harness.deadline(120)
            moved = {}
            while not moved and time.monotonic() < end:
                moved = {" ".join(k): v for k, v in node.count().items()
                         if k[0] == "tap1"}
            came = len(mine(node.taps["tap1"].recv()))
            t.equal((moved, came), ({"tap1 ingress " + what: 1},
                                    "[" not in what),
                    "%s: a host's frame to port %d, held while the port %s" % (
                        fam, dport, "stays guarded" if before == CONFIG else
                        "comes to be guarded, %s before" % (
                            before.strip() or "not known")))
            sender.close()
            queue.close()
            harness.sh("nft", "delete", "table", "bridge", "hold")
t.done()
