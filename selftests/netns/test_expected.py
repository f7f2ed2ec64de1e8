#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections that a conntrack helper expects (FTP's data) pass by the port's
word on the connection that spoke of them, and are revoked and come back with it.

    tap1 = VM A --[br0]-- qvb: the server; nft assigns the helper
"""
import frames as f
import harness
from harness import conntrack, sh

A_MAC, X_MAC = "02:00:00:00:00:01", "02:00:00:00:00:99"
A, X = "10.1.0.2", "10.9.0.7"
RULE = "rule add a egress proto tcp dport 21 id 1\n"
CONFIG = """
default drop tap*
group add a
%sport add tap1 mac %s ip %s group a
""" % (RULE, A_MAC, A)
HELPER = """
table bridge ftp {
	ct helper ftp { type "ftp" protocol tcp; }
	chain helped {
		type filter hook prerouting priority -190;
		tcp dport 21 ct helper set "ftp"
	}
}
"""
TCP_TIME = 5 * 24 * 3600

t = harness.start()


def segment(src, dst, ports, flags, seq=1, ack=0, data=b""):
    macs = (A_MAC, X_MAC) if src == A else (X_MAC, A_MAC)
    return f.packet(*macs, src, dst, 6,
                    f.tcp(src, dst, *ports, flags, seq, ack, data))


def control(flags, seq=1, ack=0, data=b""):
    return segment(A, X, (5000, 21), flags, seq, ack, data)


def data_in(flags, seq=1, ack=0, data=b""):
    return segment(X, A, (20, 10000), flags, seq, ack, data)


def data_out(flags, seq=1, ack=0, data=b""):
    return segment(A, X, (10000, 20), flags, seq, ack, data)


if sh("modprobe", "-a", "nf_conntrack_ftp", "nf_tables",
      check=False).returncode:
    t.skip("FTP's helper", "no nf_conntrack_ftp here")
    t.done()
harness.new_netns()
node = harness.Node(t, taps=("tap1", "qvb"))
r = sh("nft", "-f", "-", stdin=HELPER, check=False)
if r.returncode:
    t.skip("FTP's helper", "nft cannot assign it: " + r.stderr[:80])
    t.done()
node.apply(CONFIG)
IN, OUT = "tap1 ingress established", "tap1 egress established"

node.check("what nobody expects is new", "qvb", data_in("S"),
           counts="tap1 ingress [no-rule]")
node.check("SYN", "tap1", control("S"), to=["qvb"], counts="tap1 egress a 1")
node.check("SYN, ACK", "qvb", segment(X, A, (21, 5000), "SA", 1, 2),
           to=["tap1"], counts=IN)
node.check("USER", "tap1", control("A", 2, 2, b"USER x\r\n"), to=["qvb"],
           counts=OUT)
node.check("PORT", "tap1", control("A", 10, 2, b"PORT 10,1,0,2,39,16\r\n"),
           to=["qvb"], counts=OUT)
node.check("the data's SYN is expected", "qvb", data_in("S"), to=["tap1"],
           counts=IN)
node.check("its answer", "tap1", data_out("SA", 1, 2), to=["qvb"], counts=OUT)
for i in range(2):
    node.check("data", "qvb", data_in("A", 2, 2, b"x"), to=["tap1"], counts=IN)
    node.check("data the other way", "tap1", data_out("A", 2, 2, b"x"),
               to=["qvb"], counts=OUT)


def revoked(name):
    for flags in "A", "R", "S", "FA", "S", "A":
        for sender, make, what in (("qvb", data_in, "ingress"),
                                   ("tap1", data_out, "egress")):
            node.check("%s %s by %s" % (name, flags, sender), sender,
                       make(flags, 3, 3 if "A" in flags else 0),
                       counts="tap1 %s [revoked]" % what)
    lines = conntrack("tcp ", "sport=20 dport=10000 ")
    t.ok(len(lines) == 1 and "ESTABLISHED" in lines[0] and
         int(lines[0].split()[4]) > TCP_TIME - 3600,
         name + " the entry stays", lines)


node.sgctl("apply", "-", stdin=CONFIG.replace(RULE, ""))
revoked("the rule is gone:")
node.check("what expected it too", "tap1", control("A", 31, 2, b"x"),
           counts="tap1 egress [revoked]")
node.apply(CONFIG)
for i in range(2):
    node.check("the rule is back: data", "qvb", data_in("A", 2, 2, b"x"),
               to=["tap1"], counts=IN)
    node.check("the rule is back: the other way", "tap1",
               data_out("A", 2, 2, b"x"), to=["qvb"], counts=OUT)
lines = conntrack("tcp ", "sport=20 dport=10000 ")
t.ok(len(lines) == 1, "one entry", lines)
t.done()
