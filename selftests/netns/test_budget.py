#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a configuration takes is counted, and beyond the budget nothing of it
comes into force."""
import json

import frames as f
import harness

VM, FAR = "02:00:00:00:00:01", "02:00:00:00:00:99"
A, X = "10.1.0.2", "10.1.0.66"
PARAMETER = "/sys/module/br_sg/parameters/budget"
MIB = 1 << 20
SMALL = """group add web
rule add web egress
rule add web ingress proto tcp dport 22
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 group web
"""

t = harness.start()
node = harness.Node(t)


def budget(mib=None):
    if mib is None:
        with open(PARAMETER) as file:
            return int(file.read())
    with open(PARAMETER, "w") as file:
        file.write(str(mib))
    return mib


def status():
    return json.loads(node.sgctl("-j", "status").stdout)


def memory():
    s = status()
    return s["bytes"], s["vector_bytes"]


def batch(text, check=True):
    return node.sgctl("-b", "-", stdin=text, check=check)


def udp(sport, dport, out=True):
    a, b = (A, X) if out else (X, A)
    return f.packet(*((VM, FAR) if out else (FAR, VM)), a, b, 17,
                    f.udp(a, b, sport, dport))


def rules(group, n, step=2):
    """ranges that overlap, so that there are vectors"""
    return "".join(
        "rule add %s ingress proto tcp dport %d-%d remote 10.%d.%d.0/24\n" % (
            group, i * step + 1, i * step + 40, i >> 8 & 15, i & 255)
        for i in range(n))


def refused(r, mib):
    """exit status and message of a configuration beyond the budget"""
    return (r.returncode == 2 and "%d are allowed" % (mib * MIB) in r.stderr and
            "raise budget, a parameter of module br_sg, which is %d MiB" % mib
            in r.stderr)


def large(n):
    """more than 1 MiB of one kind of object"""
    return {
        "members": "".join("set add big%d %s\n" % (k, " ".join(
            "10.%d.%d.%d" % (i >> 16, i >> 8 & 255, i & 255)
            for i in range(n * 3000))) for k in range(2)),
        "rules": "".join("group add big%d\n" % i + rules("big%d" % i, 256)
                         for i in range(n * 2)),
        "ports": "".join("port add big%d mac 02:00:00:00:%02x:%02x group web\n"
                         % (i, i >> 8, i & 255) for i in range(n * 24)),
        # a short list of groups and what it comes to
        "tables": "group add big\n" + rules("big", 2048, 20) + "".join(
            "group add extra%d\nport add big%d mac 02:00:00:00:01:%02x "
            "group big group extra%d\n" % (i, i, i, i) for i in range(n)),
    }


was = budget()
try:
    # the parameter
    t.equal(status()["bytes_max"], was * MIB,
            "status shows the budget, which is a parameter of the module")
    wrong = []
    for value in ("0", "1048577", "-1", "many", "\n"):
        try:
            budget(value)
            wrong.append(value)
        except OSError:
            pass
    t.equal((wrong, budget()), ([], was), "1 to 1048576 MiB, nothing else")
    t.equal((budget(1048576), status()["bytes_max"]), (1048576, 1048576 * MIB),
            "it can be set at any time")
    t.equal(memory(), (0, 0), "no configuration takes no memory")

    # beyond it
    budget(1)
    node.apply(SMALL)
    node.count()
    node.check("a connection is made", "tap1", udp(1000, 53),
               to=["tap2", "qvb"], counts="tap1 egress web 1")
    before = node.sgctl("save").stdout, status()
    for what, text in large(40).items():
        r = batch(text, check=False)
        t.ok(refused(r, 1), "1 MiB is not enough for many " + what,
             r.returncode, r.stderr)
    r = node.sgctl("apply", "-", stdin=SMALL + large(40)["rules"], check=False)
    t.ok(refused(r, 1), "nor to apply a file with them", r.returncode, r.stderr)
    t.ok((node.sgctl("save").stdout, status()) == before,
         "and nothing has changed", status(), before[1])
    node.check("nor did traffic notice", "qvb", udp(53, 1000, out=False),
               to=["tap1", "tap2"], counts="tap1 ingress established")
    budget(1024)
    for what, text in large(40).items():
        batch(text)
        t.ok(memory()[0] > MIB, "with more they are taken: " + what, memory())
        node.apply(SMALL)
    node.count()
    node.check("and traffic goes on", "qvb", udp(53, 1000, out=False),
               to=["tap1", "tap2"], counts="tap1 ingress established")

    # a budget that has become too small
    batch(large(40)["ports"])
    budget(1)
    s = status()
    t.ok(s["bytes"] > s["bytes_max"] == MIB,
         "what is in force stays when the budget is made smaller", s)
    r = batch("group add more\n", check=False)
    t.ok(refused(r, 1), "a change that stays above is refused", r.stderr)
    node.apply(SMALL)
    t.ok(memory()[0] < MIB, "one that comes down to it is not", memory())
    budget(was)

    # what moves the figures
    node.sgctl("flush")
    empty = memory()
    node.apply(SMALL)
    first = memory()
    node.sgctl("flush")
    node.apply(SMALL)
    t.equal(memory(), first, "the same configuration takes the same")
    steps = (
        ("a set", "set add s 192.0.2.1 192.0.2.2\n", "set del s\n"),
        ("a member", "member add web %s\n" % " ".join(
            "10.3.%d.%d" % (i >> 8, i & 255) for i in range(1000)),
         "member del web %s\n" % " ".join(
             "10.3.%d.%d" % (i >> 8, i & 255) for i in range(1000))),
        # several: an array has room for one more
        ("a few rules", "".join("rule add web ingress proto tcp dport %d id %d\n"
                              % (i, i) for i in range(50, 54)),
         "".join("rule del web id %d\n" % i for i in range(50, 54))),
        ("a remote", "rule add web ingress remote group web id 51\n",
         "rule del web id 51\n"),
        ("a port", "port add tap2 mac 02:00:00:00:00:02 ip 10.1.0.4 group web\n",
         "port del tap2\n"),
        ("a table", "group add db\n" + rules("db", 256) +
         "port add tap2 mac 02:00:00:00:00:02 ip 10.1.0.4 group db\n",
         "port del tap2\ngroup del db\n"),
        ("a default", "default drop vnet*\n", "default del vnet*\n"),
    )
    for what, there, gone in steps:
        # rooms of arrays are those of a change after the first
        batch(there)
        batch(gone)
        low, vectors = memory()
        batch(there)
        high = memory()
        batch(gone)
        t.ok(memory() == (low, vectors) and high[0] > low and
             (high[1] > vectors) == (what == "a table"),
             "%s more and it takes more, less and it takes what it did"
             % what, low, vectors, high, memory())
    seen = set()
    for _ in range(4):
        for _, there, gone in steps:
            batch(there)
            batch(gone)
        seen.add(memory())
    t.equal(len(seen), 1, "nothing adds up over %d commits" % (4 * 2 * len(steps)))
    node.sgctl("flush")
    node.apply(SMALL)
    t.equal(memory(), first, "nor stays when all is made anew")

    # what is shared
    def ports(n, groups):
        node.sgctl("flush")
        node.apply("group add a\n" + rules("a", 512) + "group add b\n" +
                   "".join(
                       "group add c%d\n" % i for i in range(100)) + "".join(
                       "port add big%d mac 02:00:00:00:00:%02x group a%s\n" % (
                           i, i, groups(i)) for i in range(n)))
        return memory()

    one = ports(1, lambda i: " group b")
    shared = ports(100, lambda i: " group b")
    apart = ports(100, lambda i: " group c%d" % i)
    t.equal(shared[1], one[1],
            "100 ports of one list of groups have their vectors once")
    t.ok(one[1] > 0 and apart[1] == 100 * one[1],
         "and of 100 lists 100 times", one, apart)
    ruleset = (apart[0] - shared[0]) / 99
    t.ok(one[1] < ruleset < one[0],
         "so do the rest of the rules", one, shared, apart)
    # again, now that the ports before are kept
    batch("port add more mac 02:00:00:00:01:01 group a group b\n")
    ports(100, lambda i: " group b")
    before = memory()
    batch("port add more mac 02:00:00:00:01:01 group a group b\n")
    t.ok(memory()[1] == before[1] and
         0 < memory()[0] - before[0] < 2 * shared[0] / 100,
         "and a port more with that list adds only itself", before, memory())
    batch("group add d\nmember add d 10.0.0.1\n")
    t.equal(memory()[1], before[1], "a change elsewhere counts them once")
    node.sgctl("flush")
    t.ok(memory() == empty and empty[0] < 1024 and empty[1] == 0,
         "flush gives back all but an empty configuration", empty, memory())
finally:
    budget(was)
t.done()
