#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Other bridges of the netns see what they saw before br_sg.

    tap1 --[br0]-- qvb        guarded
    veth-a --[br1]-- veth-b        nothing of ours
"""
import json
import os
import subprocess

import frames as f
import harness
from harness import conntrack, ip, sh, sysctl

A, B = "02:00:00:00:0a:01", "02:00:00:00:0b:01"
CONFIG = """
default drop tap*
group add web
rule add web egress
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 group web
"""
NFT = """
table bridge fw {
	counter new { }
	counter established { }
	counter invalid { }
	counter untracked { }
	chain forward {
		type filter hook forward priority 0;
		ct state new counter name new accept
		ct state established counter name established accept
		ct state invalid counter name invalid
		ct state untracked counter name untracked
	}
}
"""

t = harness.start()
node = harness.Node(t, taps=("tap1", "qvb"))
ip("link add br1 type bridge ageing_time 0 mcast_snooping 0\nlink set br1 up")
node.add("veth-a", "br1")
node.add("veth-b", "br1")


def udp(family, src, dst, sport, dport):
    x, y = ("10.9.0.%d", "fd09::%d")[family == 6], (src, dst)
    return f.packet(*((A, B) if src == 1 else (B, A)), x % y[0], x % y[1], 17,
                    f.udp(x % y[0], x % y[1], sport, dport))


def talk(family, sport):
    """three packets: a new one, its answer, and again; all that came out"""
    out = node.send("veth-a", udp(family, 1, 2, sport, 53))["veth-b"]
    out += node.send("veth-b", udp(family, 2, 1, 53, sport))["veth-a"]
    return out + node.send("veth-a", udp(family, 1, 2, sport, 53))["veth-b"]


def nft_counters():
    out = json.loads(sh("nft", "-j", "list", "counters").stdout)
    return {c["counter"]["name"]: c["counter"]["packets"]
            for c in out["nftables"] if "counter" in c}


def fresh():
    """no configuration, no nft, no entries"""
    node.sgctl("flush")
    sh("nft", "flush", "ruleset")
    subprocess.run(["conntrack", "-F"], capture_output=True)


SEEN = {"new": 1, "established": 2, "invalid": 0, "untracked": 0}

for family in (4, 6):
    fam = "IPv%d: " % family
    # what is to be seen, without br_sg
    sh("nft", "-f", "-", stdin=NFT)
    t.ok(len(talk(family, 1001)) == 3, fam + "without br_sg all pass")
    t.equal(nft_counters(), SEEN, fam + "nft's ct state without br_sg")
    fresh()

    sh("nft", "-f", "-", stdin=NFT)
    node.apply(CONFIG)
    t.ok(len(talk(family, 1002)) == 3, fam + "nft loaded first: all pass")
    t.equal(nft_counters(), SEEN, fam + "nft loaded first sees the same states")
    fresh()

    node.apply(CONFIG)
    # what runs before nft comes must not hold what comes after
    talk(family, 1003)
    sh("nft", "-f", "-", stdin=NFT)
    os.sched_yield()
    t.ok(len(talk(family, 1004)) == 3, fam + "nft loaded later: all pass")
    t.equal(nft_counters(), SEEN, fam + "nft loaded later sees the same states")
    fresh()

    node.apply(CONFIG)
    t.ok(len(talk(family, 1005)) == 3, fam + "another bridge passes frames")
    t.equal(conntrack("sport=1005"), [],
            fam + "and has no conntrack entries because of us")
    frags = f.fragments(f.packet(A, B, "10.9.0.1", "10.9.0.2", 17, f.udp(
        "10.9.0.1", "10.9.0.2", 5, 6, b"x" * 2000)) if family == 4 else
        f.packet(A, B, "fd09::1", "fd09::2", 17, f.udp(
            "fd09::1", "fd09::2", 5, 6, b"x" * 2000)), 1000)
    out = node.send("veth-a", *frags)["veth-b"]
    t.equal(out, frags, fam + "and its fragments pass as they are, one by one")
    t.equal(node.send("veth-a", frags[-1])["veth-b"], frags[-1:],
            fam + "a lone one too")
    fresh()

    node.apply("port add tap1 off\nport add qvb trusted\n")
    node.send("tap1", udp(family, 1, 2, 1006, 53))
    t.equal(conntrack("sport=1006"), [],
            fam + "a bridge whose ports are all off or trusted is not tracked")
    fresh()

# iptables' CT target: only with br_netfilter does it see bridged frames
if subprocess.run(["modprobe", "br_netfilter"],
                  capture_output=True).returncode == 0:
    for name in ("iptables", "ip6tables"):
        sysctl("net.bridge.bridge-nf-call-" + name, 1)
    for family, tables in ((4, "iptables"), (6, "ip6tables")):
        fam = "IPv%d: " % family
        raw = [tables, "-t", "raw"]
        sh(*raw, "-A", "PREROUTING", "-i", "br1", "-p", "udp", "--dport",
           "53", "-j", "CT", "--zone", "77")
        sh(*raw, "-A", "PREROUTING", "-i", "br1", "-p", "udp", "--dport",
           "54", "-j", "CT", "--notrack")
        # a rule that needs conntrack, so that it is on without us
        sh(tables, "-A", "FORWARD", "-m", "conntrack", "--ctstate",
           "ESTABLISHED", "-j", "ACCEPT")
        for who, sport in (("without br_sg", 2001), ("with br_sg", 2002)):
            if sport == 2002:
                node.apply(CONFIG)
            node.send("veth-a", udp(family, 1, 2, sport, 53))
            zones = ["zone=77" in e for e in conntrack("sport=%d" % sport)]
            t.equal(zones, [True], fam + who +
                    " iptables' CT --zone is what the other bridge gets")
            out = node.send("veth-a", udp(family, 1, 2, sport, 54))["veth-b"]
            t.ok(len(out) == 1 and not conntrack("sport=%d dport=54" % sport),
                 fam + who + " CT --notrack is too")
        node.sgctl("flush")
        for table in ("raw", "filter"):
            sh(tables, "-t", table, "-F")
        subprocess.run(["conntrack", "-F"], capture_output=True)
    subprocess.run(["rmmod", "br_netfilter"], capture_output=True)
else:
    t.skip("iptables' CT target on another bridge", "no br_netfilter")
t.done()
