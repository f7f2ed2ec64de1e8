#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A port has its share of conntrack's table and no more, as who opens flows and as
who they are opened to; nobody else notices.

    tap1 = VM A --+
    tap2 = VM B --+-- [br0] --+-- qvb: who is outside
    tap3 = VM C --+           +-- the host
"""
import json
import os
import select
import socket
import subprocess
import time

import frames as f
import harness

MACS = {"a": "02:00:00:00:00:01", "b": "02:00:00:00:00:02",
        "c": "02:00:00:00:00:03", "x": "02:00:00:00:00:99"}
ADDR = {4: dict(a="10.1.0.2", b="10.1.0.4", c="10.1.0.6", x="10.9.0.7"),
        6: dict(a="fd00::2", b="fd00::4", c="fd00::6", x="fd09::7")}
LIMIT_A, LIMIT_B = 100, 50
UDP_IN = "rule add g ingress proto udp dport 1-9999 id 3\n"
CONFIG = """
group add g
rule add g egress proto udp id 1
rule add g egress proto tcp id 2
%srule add g ingress proto tcp id 4
group add s stateless
rule add s egress proto udp id 1
rule add s ingress proto udp id 2
port add tap1 mac %s ip 10.1.0.2 ip fd00::2 group g ct-limit %d
port add tap2 mac %s ip 10.1.0.4 ip fd00::4 group g ct-limit %d
port add tap3 mac %s ip 10.1.0.6 ip fd00::6 group %%s ct-limit 20
""" % (UDP_IN, MACS["a"], LIMIT_A, MACS["b"], LIMIT_B, MACS["c"])
PARAMETER = "/sys/module/br_sg/parameters/ct_limit"
TAP = {"a": "tap1", "b": "tap2", "c": "tap3", "x": "qvb"}

t = harness.start()


def udp(family, src, dst, sport, dport):
    a = ADDR[family]
    return f.packet(MACS[src], MACS[dst], a[src], a[dst], 17,
                    f.udp(a[src], a[dst], sport, dport))


def tcp(family, src, dst, sport, dport, flags="S", seq=1, ack=0):
    a = ADDR[family]
    return f.packet(MACS[src], MACS[dst], a[src], a[dst], 6,
                    f.tcp(a[src], a[dst], sport, dport, flags, seq, ack))


def passed(node, src, dst, frames):
    """those of them that came out at @dst"""
    out = []
    for frame in frames:
        if node.send(TAP[src], frame)[TAP[dst]]:
            out.append(frame)
    return out


def dhcp(i):
    server = "10.8.0.%d" % (i + 1)
    return f.packet(MACS["c"], MACS["x"], ADDR[4]["c"], server, 17,
                    f.udp(ADDR[4]["c"], server, 68, 67))


def same(out, want, name):
    """frames, of which there are many"""
    t.ok(out == want, name, "%d frames, %d expected" % (len(out), len(want)))


def port(node, dev):
    return json.loads(node.sgctl("-j", "port", "show", dev).stdout)[0]


def entries(node, dev):
    return port(node, dev)["ct_entries"]


def forget(*also):
    subprocess.run(["conntrack", "-F"], capture_output=True, check=True)


def fill(node, src, dst, flows, limit):
    """opens them until @limit are open; their numbers, and how many tries failed.
    That there is room again is noticed when the table is counted."""
    end = harness.deadline(120)
    there, failed = set(), 0
    while True:
        for i, frame in enumerate(flows):
            if i in there:
                continue
            if passed(node, src, dst, [frame]):
                there.add(i)
            else:
                failed += 1
        if len(there) >= limit or time.monotonic() > end:
            return sorted(there), failed
        time.sleep(0.1)


def settle(node, src, frame, dst):
    """until the count has noticed that entries are gone; true: it did"""
    end = harness.deadline(120)
    while time.monotonic() < end:
        if passed(node, src, dst, [frame]):
            return True
        time.sleep(0.1)
    return False


node = harness.Node(t, taps=("tap1", "tap2", "tap3", "qvb"))
node.apply(CONFIG % "g")

# who opens
flows = [udp(4 if i % 2 else 6, "a", "x", 1000 + i, 53) for i in range(150)]
node.count()
same(passed(node, "a", "x", flows), flows[:LIMIT_A],
     "the port opens as many as it may, of both families together")
there = range(LIMIT_A)
t.equal(node.count().get(("tap1", "egress", "[ct-limit]")), 150 - LIMIT_A,
        "the others are dropped [ct-limit], and counted")
mine = [flows[i] for i in there]
same(passed(node, "a", "x", flows), mine, "what has an entry goes on")
node.count()
back = [udp(4 if i % 2 else 6, "x", "a", 53, 1000 + i) for i in range(150)]
same(passed(node, "x", "a", back), [back[i] for i in there],
     "so do its answers")
same(passed(node, "x", "a", [udp(4, "x", "a", 7, 80)]), [],
     "nobody opens one to it either")
t.equal(node.count().get(("tap1", "ingress", "[ct-limit]")), 150 - LIMIT_A + 1,
        "[ct-limit] too, and what would be answers to what it could not open")
t.equal(len(passed(node, "b", "x", [udp(4, "b", "x", i, 53)
                                    for i in range(1, 41)])), 40,
        "another port opens its own")
t.equal(entries(node, "tap1"), LIMIT_A, "port show says how many it has")
t.equal(port(node, "tap1")["ct_limit_used"], LIMIT_A, "and may have")
text = node.sgctl("port", "show", "tap1").stdout
t.ok("    ct-limit %d\n" % LIMIT_A in text and
     "    conntrack entries %d of %d\n" % (LIMIT_A, LIMIT_A) in text,
     "as text", text)
t.ok(" ct-limit %d" % LIMIT_A in node.sgctl("save").stdout, "save has it")

# of entries that are gone
forget()
t.ok(settle(node, "a", flows[120], "x"),
     "when they are gone the port opens new ones")
there, _ = fill(node, "a", "x", flows, LIMIT_A)
t.equal(len(there), LIMIT_A, "as many as before")
forget()

# who is opened to
settle(node, "b", udp(4, "b", "x", 1, 53), "x")
forget()
node.count()
flows = [udp(4 if i % 2 else 6, "x", "b", 1000 + i, 80) for i in range(120)]
into = passed(node, "x", "b", flows)
lost = node.count().get(("tap2", "ingress", "[ct-limit]"), 0)
t.ok(len(into) <= LIMIT_B and len(into) + lost == 120 and len(into) > 8,
     "who scans it from outside fills its share and no more",
     "%d came in, %d dropped" % (len(into), lost))
same(passed(node, "x", "b", into), into, "what came in goes on")
settle(node, "a", udp(4, "a", "x", 1, 53), "x")
t.equal(len(passed(node, "a", "x", [udp(4, "a", "x", 2 + i, 53)
                                    for i in range(30)])), 30,
        "another port opens flows meanwhile")
more = passed(node, "b", "x", [udp(4, "b", "x", 5000 + i, 53)
                               for i in range(20)])
t.ok(len(into) + len(more) <= LIMIT_B, "but it does not", len(more))

# between two ports of a bridge: both pay
node.count()
out = passed(node, "a", "b", [udp(4, "a", "b", 2000 + i, 90) for i in range(9)])
t.equal((len(out), node.count().get(("tap2", "ingress", "[ct-limit]"))), (0, 9),
        "a port that may opens none to one that may not")

# what passes without a rule
node.apply(CONFIG % "g")
forget()

flows = [dhcp(i) for i in range(60)]
there, _ = fill(node, "c", "x", flows, 20)
out = [flows[i] for i in there]
t.equal(len(out), 20, "DHCP to as many servers as the port may have entries")
shown = json.loads(node.sgctl("-j", "flow", "show", "port", "tap3").stdout)
t.equal([len(shown), all(e["counted"] and "group" not in e
                         for x in shown for e in x["ends"])], [20, True],
        "flow show has them as counted")
text = node.sgctl("flow", "show", "port", "tap3").stdout
t.equal(text.count("[counted]"), 20, "as text")
harness.valid(t, "flow-show", json.dumps(shown))
node.count()
same(passed(node, "c", "x", out[:5]), out[:5], "what has an entry goes on")
t.equal({k: v for k, v in node.count().items() if k[:2] == ("tap3", "egress")},
        {("tap3", "egress", "dhcp"): 5},
        "each packet of them is judged for itself")
forget()

# stateless beside stateful
node.apply(CONFIG % "s")
settle(node, "c", dhcp(0), "x")
forget()
out = passed(node, "c", "x", [udp(4, "c", "x", 100 + i, 53) for i in range(60)])
out += passed(node, "x", "c", [udp(4, "x", "c", 100 + i, 54) for i in range(60)])
t.ok(0 < len(out) <= 20, "a stateless port beside a stateful one", len(out))
node.apply(CONFIG % "g")
forget()

# TCP: half open, full, and revoked
node.apply((CONFIG % "g").replace("ct-limit %d" % LIMIT_A, "ct-limit 10"))
settle(node, "a", tcp(4, "a", "x", 1, 2), "x")
forget()
syns = [tcp(4, "a", "x", 3000 + i, 22) for i in range(30)]
there, _ = fill(node, "a", "x", syns, 10)
out = [syns[i] for i in there]
t.equal(len(out), 10, "a SYN flood")
node.apply((CONFIG % "g").replace("ct-limit %d" % LIMIT_A, "ct-limit 10").replace(
    "rule add g egress proto tcp id 2\n", ""))
same(passed(node, "a", "x", out), [], "its rule is gone: revoked")
same(passed(node, "a", "x", [udp(4, "a", "x", 9 + i, 53) for i in range(9)]), [],
     "tombstones count")
node.apply(CONFIG % "g")
forget()

# off and trusted have none
node.apply((CONFIG % "g").replace("port add tap3 mac", "port add tap3 off mac"))
flows = [udp(4, "c", "x", 100 + i, 53) for i in range(200)]
same(passed(node, "c", "x", flows), flows, "a port that is off has no limit")
t.ok("ct_limit_used" not in port(node, "tap3"), "and shows none")
node.apply(CONFIG % "g")
forget()

# the limit of who has none
bare = (CONFIG % "g").replace(" ct-limit %d" % LIMIT_A, "")
node.apply(bare)
most = int(open("/proc/sys/net/netfilter/nf_conntrack_max").read())
t.equal(port(node, "tap1")["ct_limit_used"], max(most // 8, 1024),
        "without ct-limit: an eighth of conntrack's")
with open(PARAMETER, "w") as p:
    p.write("7")
t.equal((port(node, "tap1")["ct_limit_used"], port(node, "tap2")["ct_limit_used"]),
        (7, LIMIT_B), "the module's parameter, of ports that have none")
settle(node, "a", udp(4, "a", "x", 1, 53), "x")
forget()
flows = [udp(4, "a", "x", 100 + i, 53) for i in range(20)]
t.equal(len(fill(node, "a", "x", flows, 7)[0]), 7, "and it holds")
for bad in "-1", "2147483648", "x":
    try:
        with open(PARAMETER, "w") as p:
            p.write(bad)
        t.ok(False, "ct_limit=%s is refused" % bad)
    except OSError:
        t.ok(True, "ct_limit=%s is refused" % bad)
with open(PARAMETER, "w") as p:
    p.write("0")
node.apply(CONFIG % "g")
forget()

# a warning
m = subprocess.Popen([harness.SGCTL, "-j", "monitor"], stdout=subprocess.PIPE)


def event(seconds=120):
    """the next that is no drop and no commit"""
    end = harness.deadline(seconds)
    while time.monotonic() < end:
        if select.select([m.stdout], [], [], 0.1)[0]:
            e = json.loads(m.stdout.readline())
            if e["event"] not in ("drop", "config"):
                return e
    return None


first = json.loads(m.stdout.readline())
t.equal(first["event"], "config", "(the monitor listens)")
passed(node, "a", "x", [udp(4, "a", "x", 100 + i, 53) for i in range(60)])
t.equal(event(1.5), None, "at 60 % no warning")
time.sleep(1.1)
passed(node, "a", "x", [udp(4, "a", "x", 200 + i, 53) for i in range(25)])
e = event() or {}
t.equal((e.get("event"), e.get("port"), e.get("limit")),
        ("ct-near", "tap1", LIMIT_A), "above 80 % there is one")
t.ok(80 <= e.get("entries", 0) <= LIMIT_A, "that says how many they are", e)
time.sleep(1.1)
passed(node, "a", "x", [udp(4, "a", "x", 300, 53)])
t.equal(event(1.5), None, "and no second one")
forget()
settle(node, "a", udp(4, "a", "x", 1, 53), "x")
time.sleep(1.1)
end = harness.deadline(120)
while entries(node, "tap1") > 70 and time.monotonic() < end:
    passed(node, "a", "x", [udp(4, "a", "x", 1, 53)])
    forget()
    time.sleep(0.3)
passed(node, "a", "x", [udp(4, "a", "x", 400 + i, 53) for i in range(95)])
e = event() or {}
t.equal(e.get("event"), "ct-near", "when it comes back there is another", )
m.kill()
m.wait()
forget()

# the table is resized while it is counted; entries come and go
here = harness.netns_fd()
first_netns = os.open("/proc/1/ns/net", os.O_RDONLY)
stop = time.monotonic() + 5
sizes = [1024, 4096, 2048, 65536]
harness.enter(first_netns)
BUCKETS = "/proc/sys/net/netfilter/nf_conntrack_buckets"
before = open(BUCKETS).read()
harness.enter(here)
i = 0
while time.monotonic() < stop:
    passed(node, "a", "x", [udp(4, "a", "x", 1 + (i * 50 + k) % 60000, 53)
                            for k in range(50)])
    harness.enter(first_netns)
    harness.sysctl("net.netfilter.nf_conntrack_buckets", sizes[i % 4])
    harness.enter(here)
    if not i % 5:
        forget()
    i += 1
harness.enter(first_netns)
with open(BUCKETS, "w") as b:
    b.write(before)
harness.enter(here)
forget()
t.ok(settle(node, "a", udp(4, "a", "x", 1, 53), "x"),
     "the table was resized %d times meanwhile" % i)

# a guest at its cap, and everybody else
forget()
settle(node, "a", udp(4, "a", "x", 1, 53), "x")
forget()
harness.ip("addr add 10.1.0.1/16 dev br0\nneigh add 10.9.0.7 lladdr %s dev br0\n"
           "route add 10.9.0.0/16 dev br0" % MACS["x"])
host = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
good = hosts = 0
for i in range(1000):
    node.send("tap1", tcp(4, "a", "x", 1024 + i, 80))
    node.send("tap1", udp(4 if i % 2 else 6, "a", "x", 1024 + i, 1 + i))
    if i % 25:
        continue
    good += len(passed(node, "b", "x", [udp(4, "b", "x", 100 + i, 53)]))
    node.drain()
    host.sendto(b"x", ("10.9.0.7", 2000 + i))
    hosts += bool(node.taps["qvb"].recv())
t.equal((good, hosts), (40, 40),
        "SYN flood and UDP scan at the cap: another port and the host open all "
        "of their flows")
mine = len(harness.conntrack("src=%s" % ADDR[4]["a"])) + len(harness.conntrack(
    "src=fd00:0000:0000:0000:0000:0000:0000:0002"))
t.ok(mine <= LIMIT_A, "and the table has no more of the guest's than it may",
     mine)
t.done()
