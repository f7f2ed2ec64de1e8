#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The host tracks, translates and filters for itself behind a guarded bridge,
as it does without br_sg: MASQUERADE, DNAT and a firewall that drops INVALID.

    vm1 = tap1 --[br0 10.1.0.1]-- host, nft --- wan 192.0.2.1 = wan
"""
import struct

import frames as f
import harness
from harness import ip, sh, sysctl

VM, BR = "02:00:00:00:00:01", "02:00:00:00:00:fe"
WAN, ROUTER = "02:00:00:00:01:01", "02:00:00:00:01:09"
A, GW, OUT, PEER = "10.1.0.2", "10.1.0.1", "192.0.2.1", "192.0.2.9"

NFT = """
table ip nat {
	chain post {
		type nat hook postrouting priority 100;
		oifname "wan" masquerade
	}
	chain pre {
		type nat hook prerouting priority -100;
		iifname "wan" tcp dport 2222 dnat to 10.1.0.2:22
	}
}
table inet fw {
	chain in {
		type filter hook input priority 0; policy drop;
		ct state invalid counter drop
		ct state established accept
	}
	chain forward {
		type filter hook forward priority 0; policy drop;
		ct state invalid counter drop
		ct state established,related accept
		iifname "br0" ct state new accept
		ct status dnat accept
	}
}
"""
CONFIG = """
default drop tap*
group add web
rule add web egress
rule add web ingress proto tcp dport 22
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 group web
"""

t = harness.start()
node = harness.Node(t, taps=("tap1", "qvb"))
node.add("wan", bridge=None)
ip("link set br0 address %s\nlink set wan address %s\n"
   "addr add 10.1.0.1/24 dev br0\naddr add 192.0.2.1/24 dev wan\n"
   "neigh add 10.1.0.2 lladdr %s dev br0 nud permanent\n"
   "neigh add 192.0.2.9 lladdr %s dev wan nud permanent" % (
       BR, WAN, VM, ROUTER))
sysctl("net.ipv4.ip_forward", 1)
sh("nft", "-f", "-", stdin=NFT)


def parse(frame):
    """source, destination, protocol, source port, destination port, the rest"""
    head = frame[14:34]
    sport, dport = struct.unpack_from("!HH", frame, 34)
    return (".".join(map(str, head[12:16])), ".".join(map(str, head[16:20])),
            head[9], sport, dport, frame)


def came(tap, dst):
    return [parse(x) for x in node.taps[tap].recv() if x[:6] == f.mac(dst)]


def round_of(where, sport):
    """one round of connections; @where names it, @sport keeps them apart"""
    node.drain()
    node.taps["tap1"].send(f.packet(VM, BR, A, PEER, 17,
                                    f.udp(A, PEER, sport, 53)))
    out = came("wan", ROUTER)
    good = len(out) == 1 and out[0][:3] == (OUT, PEER, 17)
    t.ok(good, where + ": the VM's packet leaves with the host's address", out)
    if good:
        node.taps["wan"].send(f.packet(ROUTER, WAN, PEER, OUT, 17,
                                       f.udp(PEER, OUT, 53, out[0][3])))
    back = came("tap1", VM)
    t.ok(len(back) == 1 and back[0][:5] == (PEER, A, 17, 53, sport),
         where + ": and the answer finds the VM", back)

    node.taps["tap1"].send(f.packet(VM, BR, A, PEER, 6,
                                    f.tcp(A, PEER, sport, 80)))
    out = came("wan", ROUTER)
    if t.ok(len(out) == 1 and out[0][0] == OUT,
            where + ": TCP through MASQUERADE, SYN", out):
        node.taps["wan"].send(f.packet(ROUTER, WAN, PEER, OUT, 6,
                                       f.tcp(PEER, OUT, 80, out[0][3], "SA",
                                             7, 2)))
    back = came("tap1", VM)
    t.ok(len(back) == 1 and back[0][4] == sport,
         where + ": TCP through MASQUERADE, SYN-ACK", back)
    node.taps["tap1"].send(f.packet(VM, BR, A, PEER, 6, f.tcp(
        A, PEER, sport, 80, "A", 2, 8)))
    t.equal(len(came("wan", ROUTER)), 1,
            where + ": TCP through MASQUERADE, ACK")

    node.taps["wan"].send(f.packet(ROUTER, WAN, PEER, OUT, 6,
                                   f.tcp(PEER, OUT, sport, 2222)))
    into = came("tap1", VM)
    t.ok(len(into) == 1 and into[0][:5] == (PEER, A, 6, sport, 22),
         where + ": DNAT reaches the VM", into)
    node.taps["tap1"].send(f.packet(VM, BR, A, PEER, 6, f.tcp(
        A, PEER, 22, sport, "SA", 9, 2)))
    out = came("wan", ROUTER)
    t.ok(len(out) == 1 and out[0][:5] == (OUT, PEER, 6, 2222, sport),
         where + ": and its answer leaves as the host's", out)

    # no connection: INVALID to the host, which has rules for that
    node.taps["tap1"].send(f.packet(VM, BR, A, PEER, 6, f.tcp(
        A, PEER, sport + 1, 81, "RA", 5, 5)))
    t.equal(came("wan", ROUTER), [], where + ": an INVALID packet is dropped")


round_of("without br_sg", 1000)
node.apply(CONFIG)
round_of("guarded", 1100)
ip("link set br0 promisc on")
round_of("guarded, promiscuous bridge", 1200)
ip("link set br0 promisc off")
node.count()
node.taps["wan"].send(f.packet(ROUTER, WAN, PEER, OUT, 6,
                               f.tcp(PEER, OUT, 1300, 2222)))
t.equal({" ".join(k): v for k, v in node.count().items()
         if k[1] == "ingress"}, {"tap1 ingress web 2": 1},
        "a connection by DNAT is the VM's ingress rule's")
node.apply(CONFIG.replace("dport 22\n", "dport 23\n"))
node.drain()
node.taps["wan"].send(f.packet(ROUTER, WAN, PEER, OUT, 6,
                               f.tcp(PEER, OUT, 1301, 2222)))
t.equal(came("tap1", VM), [], "and without one it does not reach the VM")
node.sgctl("flush")
round_of("after flush", 1400)
t.done()
