#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What STATUS says of the module, what it says when it cuts, and what becomes of
generations when the module is loaded anew. And reading in order to write back."""
import json
import os
import re
import struct
import time

import genl
import harness
from harness import ip
from genl import N, attr, attrs

BRIDGES = 850       # more than a message holds
PORT = ("port add tap1 uuid 6f0a7d1e-0000-4000-8000-000000000001 mac 02:00:00:00:00:01 "
        "ip 10.1.0.2 pair 10.2.0.0/24 mac 02:00:00:00:00:09 group web "
        "dhcp-server 10.1.0.1 ethertype 0x88b5 zone 77 ct-limit 999 any-source strict\n")
CONFIG = """default drop tap*
set add s 10.9.0.1
group add web
member add web 10.0.0.9
rule add web egress id 1
""" + PORT
GET_F_CONFIG = 2

t = harness.start()
node = harness.Node(t, taps=("tap1",))


def status():
    r = node.sgctl("-j", "status")
    harness.valid(t, "status", r.stdout)
    return json.loads(r.stdout)


# features and errata
now = status()
t.equal(sorted(now["features"]), sorted(v for k, v in genl.names("BR_SG_FEATURE_").items()),
        "status: every feature of the header")
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/errata.md"),
          encoding="utf-8") as f:
    ERRATA = [int(n) for n in re.findall(r"^## (\d+)\. ", f.read(), re.M)]
t.equal(now["errata"], ERRATA, "status: every erratum of docs/errata.md")
out = node.sgctl("status").stdout
t.ok("\nfeatures  shadow " in out and "\nerrata    mended: 1 2 3 " in out, "and as text", out)
t.equal((now["generation"], now["zones"], "zones_left_out" in now), (0, [], False),
        "nothing was ever configured: generation 0")


# what is read in order to be sent back
def get(cmd, flags, **kind):
    """the attributes of all objects, nests as {type: payload}"""
    node.genl._post(node.genl.family, N["BR_SG_CMD_" + cmd],
                    attr(N["BR_SG_A_FLAGS"], struct.pack("=I", flags)), genl.NLM_F_DUMP)
    return [(k, set(a for a, _ in attrs(nest))) for msg in node.genl._answers()
            for k, nest in attrs(msg) if k != N["BR_SG_A_GENERATION"] and k != N["BR_SG_A_PAD"]]


node.apply(CONFIG)
READ_ONLY = {
    "PORT": ["STATE", "IFINDEX", "BRIDGE", "ZONE_USED", "SERIAL", "POLICY_VERSION",
             "CT_LIMIT_USED", "CT_ENTRIES"],
    "SET": ["COUNT"], "GROUP": ["COUNT", "RULES"],
    "DEFAULT": [], "ADDRS": [], "RULE": [],
}
for name, read_only in READ_ONLY.items():
    numbers = {N["BR_SG_%s_A_%s" % (name, n)] for n in read_only}
    full, bare = get(name + "_GET", 0), get(name + "_GET", GET_F_CONFIG)
    t.equal(bare, [(k, a - numbers) for k, a in full],
            "GET_F_CONFIG: %s has all but what is read only" % name)
    t.ok(full and all(numbers <= a for _, a in full), "(which it has without)", full)
before = node.sgctl("save").stdout
node.sgctl("port", "set", "tap1", "strict")
t.equal((node.sgctl("save").stdout, before), (before, CONFIG), "port set sends back all that a port may have")

# the generation of a module that is loaded anew
first = status()["generation"]
node.sgctl("flush")
last = status()["generation"]
seen = set(range(first, last + 1))
if not os.path.exists(harness.MODULE):
    t.skip("generations over a reload", "the module is not this tree's")
else:
    for _ in range(3):
        node.genl.s.close()
        t.ok(harness.unload_module() and harness.load_module(), "the module is loaded anew")
        node.genl = genl.Genl()
        t.equal(status()["generation"], 0, "and has no configuration")
        node.apply(CONFIG)
        fresh = status()["generation"]
        t.ok(fresh not in seen and fresh < 1 << 53,
             "the first one has a number that no other had", fresh, seen)
        # a controller that read before, and would write on top of what it has not read
        stale = []
        for old in (0, *seen):
            try:
                node.genl.request(node.genl.family, N["BR_SG_CMD_BEGIN"],
                                  attr(N["BR_SG_A_GENERATION"], struct.pack("=Q", old)))
                node.genl.request(node.genl.family, N["BR_SG_CMD_ABORT"])
            except OSError as e:
                stale.append(e.errno)
        t.equal(stale, [116] * (1 + len(seen)), "BEGIN of one of before is ESTALE")
        node.sgctl("shadow", "apply", "-", stdin=CONFIG)
        number = status()["shadow"]
        node.sgctl("flush")
        seen |= set(range(fresh, status()["generation"] + 1)) | {number}

# a host whose clock is set back, or that has none and begins in 1970 each time
if not os.path.exists(harness.MODULE):
    t.skip("generations of a clock that stands still", "the module is not this tree's")
else:
    real, ticks = time.time(), time.monotonic()
    for clock in (315532800, 315532800, 1893456000, 1893455940):
        node.genl.s.close()
        t.ok(harness.unload_module() and harness.load_module(), "the module is loaded anew")
        time.clock_settime(time.CLOCK_REALTIME, clock)
        node.genl = genl.Genl()
        node.apply(CONFIG)
        fresh = status()["generation"]
        t.ok(fresh not in seen and 0 < fresh < 1 << 53,
             "at %d the first one is of its own, too" % clock, fresh, seen)
        node.sgctl("flush")
        seen |= set(range(fresh, status()["generation"] + 1))
    time.clock_settime(time.CLOCK_REALTIME, real + time.monotonic() - ticks)

# cut
names = ["bridge-%08d" % i for i in range(BRIDGES)]
ip("".join("link add %s type bridge\nlink add d%d type dummy\nlink set d%d master %s\n" %
           (b, i, i, b) for i, b in enumerate(names)))
node.sgctl("-b", "-", stdin="port add tap1 mac 02:00:00:00:00:01\n" + "".join(
    "port add d%d mac 02:00:00:01:%02x:%02x\n" % (i, i >> 8, i & 255)
    for i in range(BRIDGES)))
now = status()
t.ok(700 < len(now["zones"]) < BRIDGES and
     len(now["zones"]) + now["zones_left_out"] == BRIDGES + 1,
     "status says how many zones it has left out", len(now["zones"]), now.get("zones_left_out"))
t.ok("\nand %d more bridges" % now["zones_left_out"] in node.sgctl("status").stdout,
     "as text, too")
node.sgctl("flush")
t.done()
