#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A dump shows one configuration, whatever is committed between its messages, or says
that it does not."""
import struct

import genl
import harness

PORTS, MANY = 1000, 4000
N = genl.N

t = harness.start()
node = harness.Node(t)


def config(ports):
    lines = ["group add web", "group add db",
             "member add web 10.9.0.0/16 10.8.0.1", "member add db 10.7.0.1"]
    lines += ["rule add web ingress proto tcp dport %d id %d" % (i, i) for i in range(1, 6)]
    lines += ["port add p%d mac 02:00:00:00:%02x:%02x ip 10.1.%d.%d group web" %
              (i, i >> 8, i & 255, i >> 8, i & 255) for i in ports]
    return "\n".join(lines) + "\n"


def dump(cmd, middle):
    """(answers, torn, messages before the commit): @middle is called behind the first
    answer"""
    g = genl.Genl()
    answers = g.dump(g.family, N[cmd])
    got = [next(answers)]
    middle()
    got += list(answers)
    torn = g.torn
    g.s.close()
    return got, torn


def objects(messages, kind):
    return [dict(genl.attrs(nest)) for msg in messages for k, nest in genl.attrs(msg)
            if k == N[kind]]


def name(data):
    return data[:-1].decode()


BEFORE, AFTER = config(range(PORTS)), config(range(0, PORTS, 2))


def commit(which=AFTER):
    return lambda: node.apply(which)


def nothing():
    pass


for middle, what in ((nothing, "nobody commits"), (commit(), "half of the ports go"),
                     (commit(config(range(PORTS + 50))), "ports come"),
                     (commit(""), "all goes")):
    node.apply(BEFORE)
    got, torn = dump("BR_SG_CMD_COUNTER_GET", middle)
    by_port = {}
    for o in objects(got, "BR_SG_A_COUNTER"):
        by_port.setdefault(name(o[N["BR_SG_COUNTER_A_DEV"]]), []).append(o)
    sizes = {len(v) for v in by_port.values()}
    rules = sum(N["BR_SG_COUNTER_A_GROUP"] in o for v in by_port.values() for o in v)
    t.ok(len(got) > 2 and len(by_port) == PORTS and len(sizes) == 1 and rules == 5 * PORTS and
         not torn, "COUNTER_GET while %s: all counters of one configuration" % what,
         "%d messages, %d ports, sizes %s, %d rules, torn %s" % (
             len(got), len(by_port), sizes, rules, torn))

# the members of local ports are counted with the configuration that is shown
names = ["g%03d" % i for i in range(600)]


def groups(n):
    return "".join("group add %s\nmember add %s 10.6.0.1\n" % (g, g) for g in names) + (
        "default drop zz*\n") + "".join(
            "port add q%d mac 02:00:00:00:00:%02x ip 10.5.0.%d %s\n" % (
                i, i + 1, i + 1, " ".join("group " + g for g in names[i * 60:i * 60 + 60]))
            for i in range(n))


for middle, what in ((nothing, "nobody commits"), (commit(groups(0)), "the ports go")):
    node.apply(groups(10))
    got, torn = dump("BR_SG_CMD_GROUP_GET", middle)
    counts = [struct.unpack("=I", o[N["BR_SG_GROUP_A_COUNT"]])[0]
              for o in objects(got, "BR_SG_A_GROUP")]
    t.ok(counts == [2] * len(names) and not torn,
         "GROUP_GET while %s: members of one configuration" % what,
         "%d messages, %d groups, counts %s, torn %s" % (len(got), len(counts),
                                                         sorted(set(counts)), torn))

# what a port's device is, is told as it is, and that a commit came between
for middle, what, want in ((nothing, "nobody commits", False),
                           (commit(), "most of the ports go", True)):
    node.apply(config(range(MANY)))
    got, torn = dump("BR_SG_CMD_PORT_GET", middle)
    ports = [name(o[N["BR_SG_PORT_A_DEV"]]) for o in objects(got, "BR_SG_A_PORT")]
    t.ok(len(got) > 2 and len(set(ports)) == MANY and torn == want,
         "PORT_GET while %s: %s" % (what, "torn, it says" if want else "whole"),
         "%d messages, %d ports, torn %s" % (len(got), len(set(ports)), torn))
    # as it was when it was asked for, by one who reads it to its end
    r = node.sgctl("-j", "port", "show", check=False)
    t.ok(r.returncode == 0, "and sgctl shows the ports", r.stderr)

# who changes one port reads that port, and a device that a default blocks is none
node.apply("default drop zz*\n" + config(range(3)))
node.add("zz0")
r = node.sgctl("port", "set", "zz0", "strict", check=False)
t.ok(r.returncode == 2 and "zz0" in r.stderr and "zz0" not in node.sgctl("save").stdout,
     "a device without a line cannot be set", r.stderr)
node.sgctl("port", "set", "p1", "strict")
saved = [line for line in node.sgctl("save").stdout.splitlines() if line.startswith("port")]
t.ok(len(saved) == 3 and [line.split()[2] for line in saved if "strict" in line] == ["p1"],
     "and of a port that is set the rest stays", *saved)
node.remove("zz0")

# a reader that goes away in the middle leaves nothing behind: the module can go
for cmd in ("BR_SG_CMD_COUNTER_GET", "BR_SG_CMD_GROUP_GET", "BR_SG_CMD_PORT_GET"):
    node.apply(BEFORE)
    g = genl.Genl()
    next(g.dump(g.family, N[cmd]))
    node.apply(AFTER)
    node.apply("")
    g.s.close()
    t.ok(node.genl.status()[0] >= 0, "%s: closed in the middle" % cmd)

node.genl.s.close()
t.done()
