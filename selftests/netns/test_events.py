#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""sgctl monitor: every dropped frame is told, with what it was and why, so many a
second of a port and no more; and every commit.

    tap1 = VM A --+
    tap2 = VM B --+-- [br0]
    tap3        --+    no port line: the default drops it
    qvb         --+

Events go by a ring of the processor; the test stays on one, so that they come in
their order and the end of a row of them is a frame that is known.
"""
import json
import os
import subprocess
import time

import frames as f
import harness
from harness import SGCTL
from monitor import Monitor

A_MAC, B_MAC, X_MAC = ("02:00:00:00:00:01", "02:00:00:00:00:02",
                       "02:00:00:00:00:99")
A, B, X = "10.1.0.2", "10.1.0.4", "10.9.0.7"
A6, B6, X6 = "fd00::2", "fd00::4", "fd09::7"
RULE = "rule add web egress proto tcp dport 22 id 2\n"
CONFIG = """
default drop tap*
group add web
rule add web egress proto udp dport 53 id 1
%sport add tap1 mac %s ip %s ip %s group web
port add tap2 mac %s ip %s ip %s group web
""" % (RULE, A_MAC, A, A6, B_MAC, B, B6)
PER_SECOND = 10

os.sched_setaffinity(0, {0})
t = harness.start()


def frame(src_mac, dst_mac, src, dst, sport, dport):
    return f.packet(src_mac, dst_mac, src, dst, 17, f.udp(src, dst, sport, dport))


def next_second():
    """budgets are of a second of the kernel's; this is surely another"""
    time.sleep(1.1)


node = harness.Node(t, taps=("tap1", "tap2", "tap3", "qvb"))
node.apply(CONFIG)
m = Monitor("events")

ROWS = [
    ("no rule, egress", "tap1", frame(A_MAC, X_MAC, A, X, 1000, 80),
     dict(port="tap1", direction="egress", reason="no-rule", proto="udp",
          ethertype=0x800, source=A, destination=X, sport=1000, dport=80,
          src_mac=A_MAC, dst_mac=X_MAC)),
    ("no rule, egress, IPv6", "tap1", frame(A_MAC, X_MAC, A6, X6, 1000, 80),
     dict(port="tap1", direction="egress", reason="no-rule", proto="udp",
          ethertype=0x86dd, source=A6, destination=X6, sport=1000, dport=80)),
    ("another's address", "tap1", frame(A_MAC, X_MAC, B, X, 1000, 53),
     dict(port="tap1", direction="egress", reason="source", source=B)),
    ("another's MAC", "tap1", frame(B_MAC, X_MAC, A, X, 1000, 53),
     dict(port="tap1", direction="egress", reason="mac", src_mac=B_MAC)),
    ("ARP in another's name", "tap1", f.arp(A_MAC, A_MAC, B, X),
     dict(port="tap1", direction="egress", reason="arp", ethertype=0x806,
          source=B, destination=X)),
    ("a tag", "tap1", f.vlan(frame(A_MAC, X_MAC, A, X, 1000, 53), 5),
     dict(port="tap1", direction="egress", reason="ethertype",
          ethertype=0x8100)),
    ("no IPv4 header", "tap1", f.eth(X_MAC, A_MAC, 0x800, b"\x45\0"),
     dict(port="tap1", direction="egress", reason="malformed")),
    ("ping, no rule", "tap1",
     f.packet(A_MAC, X_MAC, A, X, 1, f.icmp(8)),
     dict(port="tap1", direction="egress", reason="no-rule", proto="icmp",
          icmp_type=8, icmp_code=0)),
    ("a device without port line", "tap3", frame(X_MAC, A_MAC, X, A, 1, 2),
     dict(port="tap3", direction="egress", reason="unconfigured")),
]
for i, (name, tap, what, want) in enumerate(ROWS):
    if not i % 4:
        next_second()
    node.send(tap, what)
    e = m.event()
    # as counters count it: the tag is no part of it
    want = dict(want, event="drop", withheld=0,
                bytes=len(what) - 4 * (want.get("ethertype") == 0x8100))
    t.equal({k: e.get(k) for k in want}, want, "told: " + name)
    t.ok(abs(e.get("time_ns", 0) / 1e9 - time.time()) < 600 * harness.SLOW,
         "with a time of today: " + name, e)
    if i == 5:
        t.ok("proto" not in e and "source" not in e,
             "and nothing of what cannot be told: " + name, e)

next_second()
node.send("qvb", frame(X_MAC, B_MAC, X, B, 7, 80))
heard = [m.event() for _ in range(3)]
t.equal({(e.get("port"), e.get("direction"), e.get("reason")) for e in heard},
        {("tap1", "ingress", "no-rule"), ("tap2", "ingress", "no-rule"),
         ("tap3", "ingress", "unconfigured")},
        "a flood is told by each port that drops its copy")

# a budget
next_second()
SENT = 200
# in one go: a machine that takes a second for the budget of one would not exceed it
node.send("tap1", *[frame(A_MAC, X_MAC, A, X, 1000 + i, 80) for i in range(SENT)])
node.send("tap2", frame(B_MAC, X_MAC, B, X, 9, 80))
heard = m.until(lambda e: e.get("port") == "tap2" or not e)
t.equal(heard[-1].get("withheld"), 0,
        "one port's flood takes nothing of another's budget")
told = [e for e in heard if e.get("port") == "tap1"]
next_second()
node.send("tap1", frame(A_MAC, X_MAC, A, X, 9, 80))
told.append(m.event())
t.equal(len(told) + sum(e.get("withheld", 0) for e in told), SENT + 1,
        "what was not told is counted, to the frame")
spans = len({e.get("time_ns", 0) // 10 ** 9 for e in told}) + 1
t.ok(len(told) <= PER_SECOND * (spans + 1) and len(told) < SENT // 2 and
     told[-1].get("withheld", 0) > 0, "so many a second are told, no more",
     "%d told in %d seconds" % (len(told), spans))
t.equal(node.genl.counters()["tap1", "egress", "[no-rule]"][0],
        SENT + 1 + 3, "and counters count each")

# revoked
next_second()
syn = f.packet(A_MAC, X_MAC, A, X, 6, f.tcp(A, X, 5, 22))
node.send("tap1", syn)
node.apply(CONFIG.replace(RULE, ""))
node.send("tap1", syn)
e = m.until(lambda e: e.get("port") == "tap1" or not e)[-1]
t.equal((e.get("reason"), e.get("port"), e.get("dport"), e.get("proto")),
        ("revoked", "tap1", 22, "tcp"), "told: a flow whose rule is gone")
node.apply(CONFIG)
m.close()

# of one port
m = Monitor("port", "tap2")
next_second()
node.send("tap1", frame(A_MAC, X_MAC, A, X, 9, 80))
node.send("tap2", frame(B_MAC, X_MAC, B, X, 9, 80))
e = m.event()
t.equal((e.get("port"), e.get("event")), ("tap2", "drop"),
        "monitor port: of that one alone")
m.close()

# commits
m = Monitor("config")
first = m.event()
now = json.loads(node.sgctl("-j", "status").stdout)["generation"]
t.equal(first, dict(event="config", generation=now),
        "monitor begins with the generation in force")
node.sgctl("check", "-", stdin=CONFIG.replace(RULE, ""), check=False)
node.sgctl("set", "del", "none", check=False)
writers = [subprocess.Popen([SGCTL, "-b", "-"], stdin=subprocess.PIPE,
                            text=True) for _ in range(2)]
for i, w in enumerate(writers):
    w.stdin.write("set add s%d 10.0.0.%d\n" % (i, i))
    w.stdin.close()
for w in writers:
    w.wait()
node.sgctl("flush")
after = json.loads(node.sgctl("-j", "status").stdout)["generation"]
heard = m.until(lambda e: e.get("generation") == after or not e)
t.equal([e.get("generation") for e in heard], list(range(now + 1, after + 1)),
        "each commit is told, once, in order; what was refused or tried is not")
t.equal(after, now + 3, "(there were three)")
node.apply(CONFIG)
m.close()

# who listens where
here = harness.netns_fd()
harness.new_netns()
other = Monitor("events")
harness.enter(here)
m = Monitor("events")
next_second()
node.send("tap1", frame(A_MAC, X_MAC, A, X, 9, 80))
t.equal(m.event().get("port"), "tap1", "heard in its netns")
t.equal(other.line(0.2), None, "and in no other")
other.close()
m.close()
r = subprocess.run([SGCTL, "monitor"], user=65534, group=65534,
                   extra_groups=[], capture_output=True, text=True)
t.ok(r.returncode == 3 and "CAP_NET_ADMIN" in r.stderr,
     "who may not configure may not listen", r.returncode, r.stderr)

# text
m = Monitor(before=("-c=never",))
t.equal(m.line(), "generation %d" % (after + 1), "text: a commit")
next_second()
node.send("tap1", frame(A_MAC, X_MAC, A, X, 1000, 80))
line = m.line() or ""
t.equal(line[8:9] + line[13:], ".tap1 egress drop [no-rule] udp %s:1000 > "
        "%s:80 46 bytes %s > %s" % (A, X, A_MAC, X_MAC), "text: a drop")
node.send("tap1", *[frame(A_MAC, X_MAC, A6, X6, 1000, 80)] * 200)
next_second()
node.send("tap1", frame(A_MAC, X_MAC, A6, X6, 1001, 80))
while "1001" not in line:
    line = m.line()
t.ok(line.endswith("before it not told)") and "[%s]:1001 > [%s]:80" % (A6, X6)
     in line, "text: IPv6, and how many were not told", line)
m.close()

m = Monitor()
next_second()
node.send("tap1", f.arp(A_MAC, A_MAC, B, X))
harness.valid(t, "monitor", m.line(), m.line())
m.close()

# nobody reads: the kernel drops what is told, and nothing else
deaf = Monitor()
os.kill(deaf.p.pid, 19)
for i in range(3000):
    node.sgctl("-b", "/dev/null") if not i % 1000 else None
    node.send("tap1", frame(A_MAC, X_MAC, A, X, 1 + i, 80))
t.ok(node.send("tap1", frame(A_MAC, X_MAC, A, X, 1, 53))["qvb"],
     "a listener that does not read stops nobody")
deaf.close()
t.done()
