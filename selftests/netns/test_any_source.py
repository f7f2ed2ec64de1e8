#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A port with "any-source" may send from every host's address with its own MAC,
and is answered there. Nothing else follows from it: ARP, ND, RA, DHCP and groups go
by the addresses it has."""
import json

import frames as f
import harness

M1, M11, FAR, MX = ("02:00:00:00:00:01", "02:00:00:00:00:11",
                    "02:00:00:00:00:99", "02:00:00:00:00:66")
R, X, A = "203.0.113.5", "198.51.100.7", "10.1.0.2"
R6, X6, A6 = "fd77::5", "fd88::7", "fd00::2"
LL, ALL, SOL, MALL = ("fe80::ff:fe00:1", "ff02::1", "ff02::1:ff00:5",
                      "33:33:00:00:00:01")
CONFIG = """default drop tap*
group add g
rule add g egress proto tcp dport 80 id 1
rule add g egress proto udp dport 53 id 2
rule add g ingress proto tcp dport 22 id 3
rule add g ingress proto udp remote group g id 4
rule add g egress ipv6 proto ipv6-nonxt id 5
%sport add tap1 mac 02:00:00:00:00:01%s group g
"""
ALONE = " any-source"
BESIDE = (" ip 10.1.0.2 ip fd00::2 pair 10.3.0.3 mac 02:00:00:00:00:11 "
          "pair fd03::3 mac 02:00:00:00:00:11 any-source")
BIG = b"x" * 2000

t = harness.start()
node = harness.Node(t, taps=("tap1", "qvb"))


def apply(words, more=""):
    node.apply(CONFIG % (more, words))


def egress(name, frame, what, to=True):
    node.check(name, "tap1", frame, to=["qvb"] if to else [],
               counts="tap1 egress " + what)


def ingress(name, frame, what, to=True):
    node.check(name, "qvb", frame, to=["tap1"] if to else [],
               counts="tap1 ingress " + what)


def udp(src, dst, dport=53, sport=1000, mac=M1, dmac=FAR, data=b"data"):
    return f.packet(mac, dmac, src, dst, 17, f.udp(src, dst, sport, dport, data))


def tcp(src, dst, dport, sport, flags="S", mac=M1, dmac=FAR, seq=1, ack=0):
    return f.packet(mac, dmac, src, dst, 6,
                    f.tcp(src, dst, sport, dport, flags, seq, ack))


def nd(kind, src, dst, target=None, options=b"", mac=M1):
    return f.eth(MALL, mac, 0x86dd, f.nd(src, dst, kind, target, options))


# without the word there is no such source, nor is a /0 pair the same
apply("")
for src, dst in ((R, X), (R6, X6)):
    egress("no any-source: from %s" % src, udp(src, dst), "[source]", False)

for what, words in (("alone", ALONE), ("beside addresses", BESIDE)):
    apply(words)
    # other hosts than before, so that their flows are new
    X, X6 = X[:-1] + str(len(what)), X6[:-1] + "%x" % len(what)
    name = "any-source %s: " % what
    # out, and the answers; the slots hold
    for src, dst in ((R, X), (R6, X6)):
        egress(name + "UDP from %s" % src, udp(src, dst), "g 2")
        ingress(name + "its answer", udp(dst, src, 1000, 53, FAR, M1),
                "established")
        egress(name + "again", udp(src, dst), "established")
        egress(name + "TCP from %s" % src, tcp(src, dst, 80, 2000), "g 1")
        ingress(name + "its answer", tcp(dst, src, 2000, 80, "SA", FAR, M1, 1, 2),
                "established")
        egress(name + "and on", tcp(src, dst, 80, 2000, "A", seq=2, ack=2),
               "established")
        ingress(name + "to %s" % src, tcp(dst, src, 22, 3000, "S", FAR, M1),
                "g 3")
        egress(name + "and its answer",
               tcp(src, dst, 3000, 22, "SA", seq=1, ack=2), "established")
        egress(name + "what no rule allows", udp(src, dst, 54), "[no-rule]",
               False)
        ingress(name + "what no rule allows, towards it",
                udp(dst, src, 54, 999, FAR, M1), "[no-rule]", False)
        # in fragments too: the rules see the whole
        frag = f.fragments(udp(src, dst, sport=1001, data=BIG), 1304)
        node.count()
        came = node.send("tap1", *frag)["qvb"]
        # conntrack gives IPv6 fragments another number
        t.equal(([len(x) for x in came], node.count()),
                ([len(x) for x in frag], {("tap1", "egress", "g 2"): 1}),
                name + "in fragments from %s" % src)
        frag = f.fragments(udp(src, dst, 54, 1002, data=BIG), 1304)
        node.check(name + "in fragments, no rule", "tap1", frag,
                   counts=[("tap1 egress [no-rule]", 1)])
        # another's MAC, a pair's, and what is no host's address
        egress(name + "from another MAC", udp(src, dst, mac=MX), "[mac]", False)
        if words == BESIDE:
            egress(name + "from a pair's MAC", udp(src, dst, mac=M11),
                   "[source]", False)
            pair = "10.3.0.3" if "." in src else "fd03::3"
            egress(name + "from a pair's MAC and address",
                   udp(pair, dst, sport=1003, mac=M11), "g 2")
        # a copy of what is for another's MAC opens nothing: its answer is not
        # an answer
        ingress(name + "a copy to another's MAC",
                tcp(dst, src, 22, 3001, "S", FAR, MX), "g 3")
        egress(name + "is not the port's to answer",
               tcp(src, dst, 3001, 22, "SA", seq=1, ack=2), "[no-rule]", False)
    for src in ("224.0.0.5", "239.1.1.1", "255.255.255.255", "127.0.0.1",
                "0.0.0.0"):
        egress(name + "from " + src, udp(src, X), "[source]", False)
    for src in ("ff02::1", "::1", "::"):
        egress(name + "from " + src, udp(src, X6), "[source]", False)
    egress(name + "from another's link-local", udp("fe80::1234", X6, sport=1005),
           "g 2")
    egress(name + "no next header", f.packet(M1, FAR, R6, X6, 59), "g 5")

    # ARP and ND: only by addresses that it has
    for arp, frame in (("request", f.arp(M1, M1, R, X)),
                       ("reply", f.arp(M1, M1, R, X, 2, FAR, FAR)),
                       ("announcement", f.arp(M1, M1, R, R)),
                       ("probe", f.arp(M1, M1, "0.0.0.0", R))):
        egress(name + "ARP %s of any address" % arp, frame, "[arp]", False)
    own, opt = f.nd_option(2, M1), f.nd_option(1, M1)
    for kind, frame, reason in (
            ("NA", nd(136, R6, ALL, R6, own), "source"),
            ("NA from its link-local", nd(136, LL, ALL, R6, own), "nd"),
            ("NS that teaches a MAC", nd(135, R6, SOL, X6, opt), "source"),
            ("NS", nd(135, R6, SOL, X6), "source"),
            ("RS", nd(133, R6, ALL, None, opt), "source"),
            ("DAD", nd(135, "::", SOL, R6), "source"),
            ("RA", nd(134, R6, ALL), "source"),
            ("RA from its link-local", nd(134, LL, ALL), "ra"),
            ("redirect", nd(137, R6, ALL, X6), "source")):
        egress(name + "%s of any address" % kind, frame, "[%s]" % reason, False)
    frag = f.fragments(nd(135, R6, SOL, X6, opt), 16)
    node.check(name + "NS of any address in fragments", "tap1", frag[:1],
               counts="tap1 egress [source]")
    egress(name + "NA of its link-local", nd(136, LL, ALL, LL, own), "nd")
    egress(name + "DAD of its link-local", nd(135, "::", SOL, LL), "nd-unspec")
    egress(name + "ICMP redirect", f.packet(M1, FAR, R, X, 1, f.icmp(5)), "[ra]",
           False)
    egress(name + "DHCP server", udp(R, X, 68, 67), "[dhcp]", False)
    egress(name + "DHCPv6 server", udp(R6, X6, 546, 547), "[dhcp]", False)
    if words == BESIDE:
        egress(name + "ARP of its address", f.arp(M1, M1, A, X), "arp")
        egress(name + "NA of its address", nd(136, A6, ALL, A6, own), "nd")

    # RA, DHCP: as without the word
    ra = nd(134, "fe80::66", ALL, mac=FAR)
    if words == ALONE:
        ingress(name + "an RA", ra, "[ra]", False)
    else:
        ingress(name + "an RA, for its IPv6 address", ra, "ra")
    ingress(name + "DHCP reply to any address",
            udp("10.1.0.3", R, 68, 67, FAR, M1), "[no-rule]", False)
    ingress(name + "DHCPv6 reply to any address",
            udp("fe80::3", R6, 546, 547, FAR, M1), "[no-rule]", False)
    ingress(name + "DHCP reply to broadcast",
            udp("10.1.0.3", "255.255.255.255", 68, 67, FAR, f.BROADCAST), "dhcp")
    ingress(name + "ARP for any address", f.arp(FAR, FAR, X, R), "arp")

    # no member of its group: another port of it is, by its address
    ingress(name + "any address is no member",
            udp(R, X, 7, 8, FAR, M1), "[no-rule]", False)
    if words == BESIDE:
        apply(words, "port add tap7 mac 02:00:00:00:00:07 ip 10.1.0.7 group g\n")
        ingress(name + "an address of a port of the group is",
                udp("10.1.0.7", X, 7, 8, FAR, M1), "g 4")

# taken away and put back: what was opened from any address follows
for src, dst in ((R, X), (R6, X6)):
    apply(ALONE)
    egress("from %s, a flow" % src, udp(src, dst, sport=4000), "g 2")
    ingress("and its answer", udp(dst, src, 4000, 53, FAR, M1), "established")
    apply("")
    egress("the word is gone: no more from %s" % src, udp(src, dst, sport=4000),
           "[source]", False)
    ingress("nor an answer", udp(dst, src, 4000, 53, FAR, M1), "[revoked]", False)
    apply(ALONE)
    ingress("it is back: so is the flow", udp(dst, src, 4000, 53, FAR, M1),
            "established")
    egress("both ways", udp(src, dst, sport=4000), "established")

# what the tool says of it
node.apply("port add tap1 mac 02:00:00:00:00:01 any-source strict\n"
           "port add tap2 mac 02:00:00:00:00:02 ip 10.1.0.2\n")
text = node.sgctl("save").stdout
t.ok("port add tap1 mac 02:00:00:00:00:01 any-source strict\n" in text and
     text.count("any-source") == 1, "save prints it", text)
t.equal(node.sgctl("diff", "-", stdin=text).returncode, 0,
        "and apply takes what save printed")
saved = node.sgctl("-j", "save").stdout
t.equal([p.get("any_source") for p in json.loads(saved)["ports"]], [True, None],
        "JSON too")
harness.valid(t, "config", saved)
t.equal(node.sgctl("diff", "-", stdin=saved).returncode, 0,
        "and JSON is taken back")
harness.valid(t, "port-show", node.sgctl("-j", "port", "show").stdout)
t.ok("    any-source\n" in node.sgctl("port", "show", "tap1").stdout,
     "port show names it")
chains = node.sgctl("port", "chains", "tap1").stdout
t.ok("MAC 02:00:00:00:00:01, but not ND" in chains, "port chains has a row for it",
     chains)
node.sgctl("port", "set", "tap1", "no", "any-source")
t.ok("any-source" not in node.sgctl("save").stdout, "set takes it away")
node.sgctl("port", "set", "tap2", "any-source")
t.ok("ip 10.1.0.2 any-source\n" in node.sgctl("save").stdout, "set gives it")
r = node.sgctl("diff", "-", check=False, stdin="port add tap1 mac "
               "02:00:00:00:00:01 strict\nport add tap2 mac 02:00:00:00:00:02 "
               "ip 10.1.0.2\n")
t.ok(r.returncode == 4 and "tap2" in r.stdout and "tap1" not in r.stdout,
     "diff sees it", r.stdout)
r = node.sgctl("port", "add", "tap3", "any-source", check=False)
t.ok(r.returncode == 1 and "mac" in r.stderr, "it needs a mac", r.stderr)
r = node.sgctl("port", "add", "tap3", "mac", "02:00:00:00:00:03", "any-source",
               "any-source", check=False)
t.ok(r.returncode == 1 and "any-source" in r.stderr, "twice is refused", r.stderr)
node.sgctl("port", "add", "tap3", "any-source", "off")
t.ok("port add tap3 any-source off\n" in node.sgctl("save").stdout,
     "off keeps it for later")
t.done()
