#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""sgctl where the host's default socket buffers are as small as the kernel takes them:
net.core.*mem_default and *mem_max are of the initial network namespace, and are put
back."""
import json
import subprocess

import harness

SMALL = ("wmem_default", "wmem_max", "rmem_default", "rmem_max")
PORTS = 300
CONFIG = "".join(
    ["default drop tap*\n", "set add s " + " ".join(
        "10.%d.%d.0/24" % (i >> 8, i & 255) for i in range(20000)) + "\n"] +
    ["group add g%d\nmember add g%d 10.255.0.%d\nrule add g%d ingress proto tcp dport %d "
     "remote set s\n" % (i, i, i % 250, i, 1 + i) for i in range(64)] +
    # a port as large as one may be
    ["port add tap%d mac 02:00:00:00:%02x:%02x" % (i, i >> 8, i & 255) +
     ("".join(" group g%d" % g for g in range(64)) +
      "".join(" pair fd00:%x::/64 mac 02:00:00:00:00:99" % p for p in range(256))
      if i % 100 == 0 else " group g1") + "\n" for i in range(PORTS)])


def core(name, value=None):
    """what it was; a value below the least is refused, and so the least is looked for"""
    path = "/proc/sys/net/core/" + name
    r = harness.sh("nsenter", "-t", "1", "-n", "cat", path)
    if value is not None:
        harness.sh("nsenter", "-t", "1", "-n", "sh", "-c",
                   "echo %d > %s" % (value, path), check=False)
    return int(r.stdout)


def least(name):
    """sets the least that the kernel takes, and gives it"""
    low, high = 0, core(name)
    while high - low > 1:
        middle = (low + high) // 2
        core(name, middle)
        if core(name) == middle:
            high = middle
        else:
            low = middle
    core(name, high)
    return core(name)


t = harness.start()
node = harness.Node(t, taps=("tap0",))
was = {name: core(name) for name in SMALL}
try:
    now = {name: least(name) for name in SMALL}
    print("# " + " ".join("%s=%d" % x for x in now.items()))
    t.ok(all(now[x] <= 8192 for x in now), "buffers are as small as they may be", now)
    r = node.sgctl("apply", "-", stdin=CONFIG, check=False)
    t.equal((r.returncode, r.stderr), (0, ""), "apply")
    r = node.sgctl("diff", "-", stdin=CONFIG, check=False)
    t.equal((r.returncode, r.stdout[:300], r.stderr), (0, "", ""), "all of it is in force")
    r = node.sgctl("-j", "port", "show", check=False)
    t.equal((r.returncode, r.stderr, len(json.loads(r.stdout or "[]"))), (0, "", PORTS),
            "port show")
    for line in ("status", "save", "rule show", "set show s", "port show tap0",
                 "port chains tap0", "flow show", "-s port show", "-V",
                 "port set tap0 strict", "shadow apply -", "shadow drop", "flush"):
        r = node.sgctl(*line.split(), stdin=CONFIG, check=False)
        t.equal((r.returncode, r.stderr), (0, ""), line)
    # a transaction of one message that cannot be cut: a port
    r = node.sgctl("-b", "-", stdin="\n".join(
        x for x in CONFIG.splitlines() if not x.startswith("default")), check=False)
    t.equal((r.returncode, r.stderr), (0, ""), "a batch")
    monitor = subprocess.Popen([harness.SGCTL, "monitor", "config"], stdout=subprocess.PIPE,
                               text=True)
    first = monitor.stdout.readline()
    node.sgctl("flush")
    t.equal(int(monitor.stdout.readline().split()[1]), int(first.split()[1]) + 1, "monitor")
    monitor.terminate()
    monitor.wait()
    r = subprocess.run([harness.SGCTL, "-V"], user=65534, group=65534, extra_groups=[],
                       capture_output=True, text=True)
    t.ok(r.returncode == 0 and "not readable without CAP_NET_ADMIN" in r.stdout,
         "-V of who may not have larger ones", r.returncode, r.stdout, r.stderr)
finally:
    for name in ("wmem_max", "rmem_max", "wmem_default", "rmem_default"):
        core(name, was[name])
t.equal({name: core(name) for name in SMALL}, was, "buffers are as before")
t.done()
