#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The smallest limits of conntrack entries, 1 to 20: each holds, to the entry, and each
warns when it is nearly reached, and again when it is reached once more.

    tap1 (ct-limit 1) ... tap20 (ct-limit 20) -- [br0] -- qvb
"""
import json
import select
import subprocess
import time

import frames as f
import harness

MOST = 20
FAR, ADDR = "02:00:00:00:00:99", {4: "10.9.0.7", 6: "fd09::7"}
LIMITS = range(1, MOST + 1)

t = harness.start()
node = harness.Node(t, taps=["tap%d" % i for i in LIMITS] + ["qvb"])


def mac(i):
    return "02:00:00:00:01:%02x" % i


node.apply("group add g\nrule add g egress proto udp id 1\n" + "".join(
    "port add tap%d mac %s ip 10.1.0.%d ip fd00::%x group g ct-limit %d\n" % (
        i, mac(i), i, i, i) for i in LIMITS))


def flow(i, n):
    """the @n'th flow of port @i, of either family in turn"""
    family = 4 if n % 2 else 6
    src = "10.1.0.%d" % i if family == 4 else "fd00::%x" % i
    return f.packet(mac(i), FAR, src, ADDR[family], 17,
                    f.udp(src, ADDR[family], 1000 + n, 53))


def passes(i, n):
    return bool(node.send("tap%d" % i, flow(i, n))["qvb"])


monitor = subprocess.Popen([harness.SGCTL, "-j", "monitor"],
                           stdout=subprocess.PIPE, bufsize=0)
monitor.stdout.readline()
left = b""


def warnings(ports):
    """{port: [entries, limit]}, one of each of @ports; or those that came"""
    global left
    found = {}
    end = harness.deadline(60)
    while set(found) != set(ports) and time.monotonic() < end:
        if select.select([monitor.stdout], [], [], 0.1)[0]:
            left += monitor.stdout.read(1 << 16)
        *lines, left = left.split(b"\n")
        for line in lines:
            e = json.loads(line)
            if e["event"] == "ct-near":
                found.setdefault(e["port"], []).append(
                    (e["entries"], e["limit"]))
    return found


for turn in range(3):
    # that there is room again is noticed when the table is counted
    there = {i: set() for i in LIMITS}
    end = harness.deadline(120)
    while time.monotonic() < end and any(len(there[i]) < i for i in LIMITS):
        for i in LIMITS:
            for n in range(i):
                if n not in there[i] and passes(i, n):
                    there[i].add(n)
    t.equal({i: len(x) for i, x in there.items()}, {i: i for i in LIMITS},
            "turn %d: a port with ct-limit N has N entries" % turn)
    t.equal([i for i in LIMITS if passes(i, 500)], [],
            "turn %d: and no more" % turn)
    found = warnings(["tap%d" % i for i in LIMITS])
    t.equal(sorted(i for i in LIMITS if "tap%d" % i not in found), [],
            "turn %d: each is told to be near its limit" % turn)
    t.equal({p: x for p, x in found.items() if any(
        limit != int(p[3:]) or not limit * 4 <= entries * 5 <= limit * 5
        for entries, limit in x)}, {},
            "turn %d: with 80 %% of it or more" % turn)
    t.equal({p: x for p, x in found.items() if len(x) != 1}, {},
            "turn %d: once" % turn)
    subprocess.run(["conntrack", "-F"], capture_output=True, check=True)
monitor.kill()
monitor.wait()
t.done()
