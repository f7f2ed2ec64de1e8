#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a commit costs does not depend on conntrack's table: of 100,000 entries in
the bridge's zone, and of as many elsewhere, it looks at none.

In a VM whose clock counts instructions (run.sh -i); where it counts time nothing
is decided by it."""
import os
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../netns"))
import frames as f      # noqa: E402
import genl             # noqa: E402
import harness          # noqa: E402
from harness import sh  # noqa: E402

ENTRIES = int(os.environ.get("BR_SG_ENTRIES", "100000"))
ROUNDS = 31
VM, FAR = "02:00:00:00:00:01", "02:00:00:00:00:99"
A, X = "10.1.0.2", "10.1.0.66"
CONFIG = """
default drop tap*
group add web
rule add web egress id 1
group add other
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip 10.1.0.3 group web ct-limit 1000000
port add tap3 mac 02:00:00:00:00:01 ip 10.1.0.2 ip 10.1.0.3 group other group web \
ct-limit 1000000
"""
N, attr = genl.N, genl.attr

if not harness.load_module():
    sys.exit(harness.SKIP)
with open("/proc/sys/net/netfilter/nf_conntrack_max", "w") as file:
    file.write(str(4 * ENTRIES))
with open("/sys/module/nf_conntrack/parameters/hashsize", "w") as file:
    file.write(str(ENTRIES))
t = harness.start()
node = harness.Node(t, taps=("tap1", "qvb"))
harness.ip("link add br1 type bridge ageing_time 0 mcast_snooping 0\n"
           "link set br1 up")
node.add("tap3", "br1")
node.add("out3", "br1")
harness.sysctl("net.netfilter.nf_conntrack_udp_timeout", 100000)
node.apply(CONFIG)


def rule(port_min):
    """of group web, which both ports have"""
    return attr(N["BR_SG_A_OP"], b"\2") + attr(
        N["BR_SG_A_RULE"] | 0x8000,
        attr(N["BR_SG_RULE_A_GROUP"], b"web\0") +
        attr(N["BR_SG_RULE_A_ID"], (2).to_bytes(4, "little")) +
        attr(N["BR_SG_RULE_A_DIRECTION"], b"\0") +
        attr(N["BR_SG_RULE_A_PROTO"], b"\6") +
        attr(N["BR_SG_RULE_A_PORT_MIN"], port_min.to_bytes(2, "little")) +
        attr(N["BR_SG_RULE_A_PORT_MAX"], port_min.to_bytes(2, "little")))


def commit():
    """nanoseconds of a transaction that changes a rule of both ports"""
    client = node.genl
    commit.n += 1
    data = rule(commit.n)
    begin = time.monotonic_ns()
    client.request(client.family, N["BR_SG_CMD_BEGIN"])
    client.request(client.family, N["BR_SG_CMD_RULE_NEW"], data)
    client.request(client.family, N["BR_SG_CMD_COMMIT"])
    return time.monotonic_ns() - begin


commit.n = 0


def entries():
    with open("/proc/sys/net/netfilter/nf_conntrack_count") as file:
        return int(file.read())


def fill(tap, src, want):
    """@want entries, each of another port"""
    before = entries()
    head = f.udp(src, X, 1, 53)
    for n in range(want):
        data = (1024 + n % 60000).to_bytes(2, "big") + \
            (53 + n // 60000).to_bytes(2, "big") + head[4:6] + b"\0\0" + head[8:]
        node.taps[tap].send(template[src] + data)
        if not n % 256:
            node.drain()
    node.drain()
    return entries() - before


template = {src: f.packet(VM, FAR, src, X, 17, f.udp(src, X, 1, 53))[:34]
            for src in (A, "10.1.0.3")}
for _ in range(5):
    commit()
empty = statistics.median(commit() for _ in range(ROUNDS))
# the two ports' zones
inside = fill("tap1", A, ENTRIES)
t.ok(inside >= ENTRIES * 99 // 100, "%d entries in the zone" % ENTRIES, inside)
full = statistics.median(commit() for _ in range(ROUNDS))
other = fill("tap3", "10.1.0.3", ENTRIES)
t.ok(other >= ENTRIES * 99 // 100, "and %d in another" % ENTRIES, other)
both = statistics.median(commit() for _ in range(ROUNDS))
# what a look at each would cost at least
begin = time.monotonic_ns()
seen = sum(len(x) > 0 for x in node.genl.request(
    node.genl.family, N["BR_SG_CMD_FLOW_GET"], b"", genl.NLM_F_DUMP))
walk = time.monotonic_ns() - begin
print("# a commit: %d, %d, %d ns; a dump of the flows: %d ns" % (
    empty, full, both, walk))
NAME = "a commit costs the same with a full table"
if os.environ.get("BR_SG_ICOUNT"):
    t.ok(full < 2 * empty and both < 2 * empty, NAME, empty, full, both)
    # and the measure would have seen a look at each entry
    t.ok(seen and walk > 10 * empty, "which is not what a look at it costs",
         walk, empty)
else:
    t.skip(NAME, "the clock counts time")
sh("conntrack", "-F")
node.sgctl("flush")
t.done()
