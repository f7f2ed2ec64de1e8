#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A port that does not get the zone that its line names says so: in `port show`, in
an event, and in a warning of the commit that blocked it. And every bridge gets some
zone, however many were in use before.

    tap1 = VM --+-- [br1]      tap2, tap4 = VMs --+-- [br2]
"""
import json
import struct

import genl
import harness
from harness import ip
from monitor import Monitor

N = genl.N
NESTED = 0x8000
HEAD = "group add g\nrule add g egress id 1\n"
LINE = "port add tap%d mac 02:00:00:00:00:%02x ip 10.1.0.%d group g%s\n"

t = harness.start()
node = harness.Node(t, taps=(), bridge="unused")
for number in 1, 2:
    ip("link add br%d type bridge\nlink set br%d up" % (number, number))
for tap, bridge in (1, 1), (2, 2), (4, 2):
    node.add("tap%d" % tap, "br%d" % bridge)


def config(*words):
    """@words: (number of a tap, what is added to its line)"""
    return HEAD + "".join(LINE % (n, n, n, word) for n, word in words)


def apply(*words, options=()):
    return node.sgctl("apply", *options, "-", stdin=config(*words))


def shown(dev):
    return json.loads(node.sgctl("-j", "port", "show", dev).stdout)[0]


def state(monitor):
    """the next event of a port's state: the host's own frames are dropped between"""
    e = {"event": "drop"}
    while e.get("event") == "drop":
        e = monitor.event()
    return [e.get(x) for x in ("event", "port", "state", "cause")]


heard, words = Monitor("events"), Monitor("events", before=())
r = apply((1, " zone 7"), (2, " zone 7"))
TAKEN = "Warning: port tap2 is blocked: zone 7 is that of bridge br1\n"
t.equal(r.stderr, TAKEN, "the apply that blocks a port warns of it")
got = shown("tap2")
t.equal((got["state"], got["cause"]), ("blocked", "zone"), "port show says so")
BLOCKED = ["port-state", "tap2", "blocked", "zone"]
ACTIVE = ["port-state", "tap2", "active", None]
t.equal(state(heard), BLOCKED, "an event does")
line = words.line()
while line and "blocked" not in line:
    line = words.line()
t.ok((line or "").split(" ", 1)[1:] == ["tap2 blocked [zone]"], "in words, too", line)
r = apply((1, " zone 7"), (2, " zone 7"))
t.equal(r.stderr, "", "what is blocked already and not touched is no news")
r = apply((1, " zone 7"), (2, " zone 7 strict"), options=("-q",))
t.equal(r.stderr, TAKEN, "a commit that changes it and leaves it so warns, -q or not")
r = apply((1, " zone 8"), (2, " zone 7 strict"))
t.equal((r.stderr, shown("tap2")["state"], shown("tap2")["zone_used"]),
        ("", "active", 7), "who was in its way has moved: it is active")
t.equal(state(heard), ACTIVE, "an event says that, too")
r = apply((1, " zone 8"), (2, " zone 7"), (4, " zone 9"))
t.equal(r.stderr, "Warning: port tap4 is blocked: another port of bridge br2 "
        "names another zone than 9\n", "two ports of a bridge name two zones")
t.equal(state(heard), ["port-state", "tap4", "blocked", "zone"], "an event")
ip("link set tap2 nomaster")
t.equal(state(heard), ["port-state", "tap4", "active", None],
        "the other leaves: it is not blocked any more")
t.equal(shown("tap4")["zone_used"], 9, "and has its zone")
ip("link set tap2 master br2")
t.equal(state(heard), BLOCKED, "who comes back finds it given")
node.sgctl("port", "set", "tap4", "zone", "8")
t.equal((state(heard), state(heard)),
        (["port-state", "tap4", "blocked", "zone"], ACTIVE),
        "and has it when the other wishes another's")
r = apply((1, " zone 20"), (2, " zone 8"))
t.equal((r.stderr, shown("tap1")["zone_used"], shown("tap2")["zone_used"]),
        ("", 20, 8), "zones move on in one commit")
heard.close()
words.close()
harness.valid(t, "monitor", *heard.lines)

# a shadow that comes into force warns, too
node.sgctl("shadow", "apply", "-", stdin=config((1, " zone 8"), (2, " zone 8")))
r = node.sgctl("shadow", "commit", check=False)
t.ok(r.returncode == 0 and r.stderr.startswith("Warning: port tap1 is blocked: "),
     "a shadow that comes into force warns", r.returncode, r.stderr)

# more than are named
apply((1, ""))
r = apply((1, " zone 7"))
for number in range(20, 32):
    node.add("tap%d" % number, "br2")
r = apply((1, " zone 7"), *[(n, " zone 7") for n in range(20, 32)])
lines = r.stderr.splitlines()
t.ok(len(lines) == 9 and lines[8].startswith("Warning: 4 more ports are blocked"),
     "of many the first are named, and how many more there are", r.stderr)
node.sgctl("flush")


# zones run out
def zones(*pairs):
    return b"".join(genl.attr(
        N["BR_SG_A_ZONE"] | NESTED, genl.attr(
            N["BR_SG_ZONE_A_BRIDGE"], name.encode() + b"\0") + genl.attr(
                N["BR_SG_ZONE_A_ID"], struct.pack("=H", zone)))
        for zone, name in pairs)


t.ok(harness.unload_module() and harness.load_module(), "the module is new")
node.genl = genl.Genl()
node.sgctl("apply", "-", stdin=config((1, "")))
mine = shown("tap1")["zone_used"]
g = genl.Genl()
g.request(g.family, N["BR_SG_CMD_BEGIN"])
for at in range(1, 65536, 1000):
    g.request(g.family, N["BR_SG_CMD_ZONE_RESUME"], zones(
        *[(z, "gone%d" % z) for z in range(at, min(at + 1000, 65536))
          if z != mine]))
g.request(g.family, N["BR_SG_CMD_COMMIT"])
kept = 0
for message in g.request(g.family, N["BR_SG_CMD_ZONE_GET"], b"", genl.NLM_F_DUMP):
    kept += sum(kind == N["BR_SG_A_ZONE"] for kind, _ in genl.attrs(message))
t.equal(kept, 65535, "every zone is a bridge's, or waits for one that is gone")
# who waits the longest has an entry
harness.sh("conntrack", "-I", "-p", "udp", "-s", "192.0.2.1", "-d", "192.0.2.2",
           "--sport", "1", "--dport", "2", "-t", "600", "-w", "1")
r = node.sgctl("port", "add", "tap2", "mac", "02:00:00:00:00:02", "ip", "10.1.0.2",
               "group", "g", check=False)
t.ok(r.returncode == 0 and shown("tap2")["state"] == "active",
     "the next bridge gets one all the same", r.stderr)
t.equal(shown("tap2")["zone_used"], 2, "which waited longest and has no entries")
t.equal(shown("tap1")["zone_used"], mine, "a live bridge keeps its own")
ip("link add br3 type bridge\nlink set br3 up\nlink set tap4 nomaster")
r = harness.sh("ip", "link", "set", "tap4", "master", "br3", check=False)
node.sgctl("port", "add", "tap4", "mac", "02:00:00:00:00:04", "ip", "10.1.0.4",
           "group", "g")
t.ok(r.returncode == 0 and shown("tap4")["zone_used"] == 3,
     "and so does a bridge made after it", r.stderr, shown("tap4"))
ip("link add gone77 type bridge\nlink set gone77 up\nlink set tap4 master gone77")
t.equal(shown("tap4")["zone_used"], 77, "one that comes back has what waits for it")
t.equal(len(harness.conntrack("zone=1 ")), 1, "an entry of one that waits stays")
node.sgctl("flush")
t.done()
