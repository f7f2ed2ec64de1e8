#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""An uplink that loops brings a VM's own frames back. None reaches it, or its own
probe tells it that its address is taken. What two ports share, as routers with a
virtual MAC do, still comes from one to the other."""
import frames as f
import harness

M1, M2, FAR, V = ("02:00:00:00:00:01", "02:00:00:00:00:02",
                  "02:00:00:00:00:99", "00:00:5e:00:01:07")
A, B, VIP, X = "10.1.0.2", "10.1.0.4", "10.1.0.7", "10.1.0.66"
A6, X6, LL, VIP6 = "fd00::2", "fd00::66", "fe80::ff:fe00:1", "fd00::7"
SOL, MSOL, ALL, MALL = ("ff02::1:ff00:2", "33:33:ff:00:00:02", "ff02::1",
                        "33:33:00:00:00:01")
CONFIG = """default drop tap*
group add g
rule add g egress id 1
rule add g ingress id 2
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 \
pair 10.1.0.7 mac 00:00:5e:00:01:07 pair fd00::7 mac 00:00:5e:00:01:07 \
pair 10.5.0.0/16 pair fd05::/64 ethertype 0x88b5 group g
port add tap2 mac 02:00:00:00:00:02 ip 10.1.0.4 ip fd00::4 \
pair 10.1.0.7 mac 00:00:5e:00:01:07 pair fd00::7 mac 00:00:5e:00:01:07 group g
"""

t = harness.start()
node = harness.Node(t, taps=("tap1", "qvb"))
node.apply(CONFIG)


def udp(src, dst, mac, dmac=FAR, sport=1000, dport=53):
    return f.packet(mac, dmac, src, dst, 17, f.udp(src, dst, sport, dport))


def nd(kind, src, dst, target, mac=M1, dmac=MSOL, options=b""):
    return f.eth(dmac, mac, 0x86dd, f.nd(src, dst, kind, target, options))


# what the VM sends comes out at the uplink, and back by the loop
for name, frame, step in (
        ("its ARP probe", f.arp(M1, M1, "0.0.0.0", A), "arp"),
        ("its ARP announcement", f.arp(M1, M1, A, A), "arp"),
        ("its ARP announcement as a reply", f.arp(M1, M1, A, A, 2), "arp"),
        ("its ARP request", f.arp(M1, M1, A, X), "arp"),
        ("its DAD", nd(135, "::", SOL, A6), "nd-unspec"),
        ("its DAD of its link-local", nd(135, "::", "ff02::1:ff00:1", LL),
         "nd-unspec"),
        ("its NA to all", nd(136, A6, ALL, A6, dmac=MALL,
                             options=f.nd_option(2, M1)), "nd"),
        ("its NA of its link-local", nd(136, LL, ALL, LL, dmac=MALL), "nd"),
        ("its NS", nd(135, A6, SOL, X6), "nd"),
        ("its NS from its link-local", nd(135, LL, SOL, X6), "nd"),
        ("RARP in its name", f.eth(f.BROADCAST, M1, 0x8035, b"\0" * 28),
         "ethertype"),
        ("a permitted ethertype", f.eth(f.BROADCAST, M1, 0x88b5, b"x" * 50),
         "ethertype"),
        ("UDP to multicast", udp(A, "224.1.2.3", M1, "01:00:5e:01:02:03"),
         "g 1"),
        ("UDP to whom nobody knows", udp(A, X, M1, sport=1001), "g 1"),
        ("UDP of a pair's address", udp("10.5.0.1", X, M1), "g 1"),
        ("UDP of a pair's IPv6 address", udp("fd05::1", X6, M1), "g 1"),
        ("TCP of a pair's address", f.packet(
            M1, FAR, "10.5.0.1", X, 6, f.tcp("10.5.0.1", X, 9, 80)), "g 1"),
        ("a DHCP discover", udp("0.0.0.0", "255.255.255.255", M1, f.BROADCAST,
                                68, 67), "dhcp-unspec")):
    node.check("out goes " + name, "tap1", frame, to=["qvb"],
               counts="tap1 egress " + step)
    node.check("back comes " + name, "qvb", frame, counts="tap1 ingress [source]")

# a connection that stands is no way in: neither the opener's packet nor an answer
for src, dst in (("10.5.0.2", X), ("fd05::2", X6)):
    out = udp(src, dst, M1, sport=2000)
    node.check("%s opens" % src, "tap1", out, to=["qvb"],
               counts="tap1 egress g 1")
    answer = udp(dst, src, FAR, M1, 53, 2000)
    node.check("and is answered", "qvb", answer, to=["tap1"],
               counts="tap1 ingress established")
    node.check("but not with its own MAC", "qvb",
               f.mac(M1) + f.mac(M1) + answer[12:],
               counts="tap1 ingress [source]")
    node.check("nor by its own packet, come back", "qvb", out,
               counts="tap1 ingress [source]")
    node.check("and is answered still", "qvb", answer, to=["tap1"],
               counts="tap1 ingress established")
    # a bit of the MAC is enough
    for n in (0, 3, 4, 5):
        mac = bytearray(f.mac(M1))
        mac[n] ^= 4
        frame = answer[:6] + bytes(mac) + answer[12:]
        node.check("a MAC that differs in byte %d" % n, "qvb", frame,
                   to=["tap1"], counts="tap1 ingress established")
node.check("tagged and with its own MAC it is dropped too", "qvb",
           f.vlan(udp(A, X, M1), 0), counts="tap1 ingress [source]")
node.check("what cannot be parsed is malformed first", "qvb",
           udp(A, X, M1)[:20], counts="tap1 ingress [malformed]")

# another's are let by: his DAD and what tells of a conflict
for name, frame in (
        ("probe", f.arp(FAR, FAR, "0.0.0.0", A)),
        ("announcement", f.arp(FAR, FAR, A, A))):
    node.check("another's ARP " + name, "qvb", frame, to=["tap1"],
               counts="tap1 ingress arp")
for name, frame in (
        ("DAD", nd(135, "::", SOL, A6, FAR)),
        ("NA of the same address", nd(136, A6, ALL, A6, FAR, MALL))):
    node.check("another's " + name, "qvb", frame, to=["tap1"],
               counts="tap1 ingress nd")

# two routers: the backup hears the master by the MAC that both have
node.add("tap2")
adv = f.packet(V, "01:00:5e:00:00:12", VIP, "224.0.0.18", 112, b"\x21" * 20)
adv6 = f.packet(V, "33:33:00:00:00:12", VIP6, "ff02::12", 112, b"\x31" * 20)
for master, backup in (("tap1", "tap2"), ("tap2", "tap1")):
    for name, frame in (("VRRP", adv), ("VRRP, IPv6", adv6)):
        node.check("%s of %s reaches %s" % (name, master, backup), master, frame,
                   to=["qvb", backup], counts=["%s egress g 1" % master,
                                               "%s ingress g 2" % backup])
    node.check("the master's announcement of the virtual address", master,
               f.arp(V, V, VIP, VIP), to=["qvb", backup],
               counts=["%s egress arp" % master, "%s ingress arp" % backup])
t.done()
