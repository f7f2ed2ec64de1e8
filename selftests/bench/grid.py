#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Which points are measured, in which runs of which machine.

One dimension at a time varies from a base point (1 port, 16 rules, 10 members),
and the corners. What is not here, with its why, is in LEFT_OUT. Run, it prints a
line for each run: icount or native, name, MiB, points.
"""
import sys

FLOW = {"traffic": "established", "family": 4, "gso": 0, "outward": 1}
BASE = {"ports": 1, "rules": 16, "members": 10}
PLAIN = ("bare", "conntrack", "labels")
TABLES = ("iptables", "iptables-nft")
FILTERS = ("br_sg", "nft") + TABLES + ("ovs",)
PORTS, RULES, MEMBERS = (1, 100, 1000, 10000), (1, 16, 256, 4096), (
    10, 1000, 100000)
CORNERS = ({"ports": 10000, "members": 100000},
           {"rules": 4096, "members": 100000},
           {"ports": 1000, "rules": 4096, "members": 100000})
EDGE = {"ports": 10000, "rules": 4096, "members": 100000}

LEFT_OUT = {
    "iptables, 10,000 ports": "8 million instructions a packet, and an hour "
                              "until the rules are in",
    "ovs, more ports or members": "its flows of absent ports are not consulted, "
                                  "and a flow for each member and rule is "
                                  "1,000 times as many flows",
    "ovs, 4,096 rules": "the same",
    "iptables, 100,000 members and corners": "ipset is flat in members; ports "
                                             "and rules are each shown alone",
}


def text(peer, **keys):
    """a point's name"""
    every = dict(FLOW, **dict(BASE, **keys))
    if peer in PLAIN or peer in ("other", "idle"):
        # nobody's rules
        every.update(ports=1, rules=1, members=10)
    return ":".join([peer] + ["%s=%s" % (k, v) for k, v in every.items()])


def kinds(quick):
    """what is sent"""
    out = [{}, {"traffic": "new"}, {"traffic": "drop"}, {"family": 6},
           {"outward": 0}, {"traffic": "new", "outward": 0}, {"gso": 1}]
    if not quick:
        out += [{"traffic": "new", "family": 6}, {"traffic": "drop", "family": 6},
                {"outward": 0, "family": 6}, {"gso": 1, "family": 6}]
    return out


def reference():
    """what the finest differences are taken of, several times, since what was
    there before makes some of the difference: each time in another order"""
    once = [text(p, family=f) for f in (4, 6)
            for p in ("bare", "idle", "other", "conntrack", "br_sg", "labels")]
    once += [text(p, traffic="new") for p in ("br_sg", "labels")]
    return [p for i in range(6) for p in once[2 * i:] + once[:2 * i]]


def stateless():
    """what the rules decide packet by packet, and what is for another station,
    beside what it stands on"""
    out = [text(p, traffic="new", family=f, outward=o) for f in (4, 6)
           for o in (1, 0) for p in ("stateless", "bare")]
    return out + [text(p, traffic="flood", family=f, outward=0) for f in (4, 6)
                  for p in ("br_sg", "conntrack")]


def ports(quick):
    out = [text(p, ports=n) for n in PORTS[1:] for p in ("br_sg", "nft")]
    if not quick:
        out += [text(p, ports=n, traffic="new") for n in PORTS[1:]
                for p in ("br_sg", "nft")]
    return out


def rules(quick):
    out = [text(p, rules=n, traffic="new") for n in (1, 256, 4096)
           for p in ("br_sg", "nft")]
    out += [text(p, rules=n) for n in (1, 256, 4096) for p in ("br_sg", "nft")]
    if not quick:
        out += [text(p, rules=n, traffic="new", family=6)
                for n in (1, 256, 4096) for p in ("br_sg", "nft")]
        out += [text("ovs", rules=n, traffic="new") for n in (1, 256)]
    return out


def members(quick):
    return [text(p, members=n, traffic=t) for n in MEMBERS[1:]
            for t in ("established", "new") for p in ("br_sg", "nft")]


def tables(quick):
    """the two that want br_netfilter, which goes away slowly: by themselves"""
    out = [text(p, **k) for p in TABLES for k in kinds(quick)]
    out += [text(p, ports=n) for n in (100, 1000) for p in TABLES
            if not quick or n == 100 or p == "iptables"]
    sizes = (256,) if quick else (1, 256, 4096)
    out += [text(p, rules=n, traffic="new") for n in sizes for p in TABLES]
    if not quick:
        out += [text(p, members=1000, traffic="new") for p in TABLES]
    return out


def icount(quick):
    """runs of the stock kernel: name, MiB, points"""
    base = [text(p, **k) for p in PLAIN + ("br_sg", "nft", "ovs")
            for k in kinds(quick)]
    yield "reference", 1024, reference()
    yield "stateless", 1024, stateless()
    yield "base", 2048, base
    yield "grid", 3072, ports(quick) + rules(quick) + members(quick)
    yield "tables", 2048, tables(quick)
    corners = [text(p, traffic=t, **c) for c in CORNERS
               for t in ("established", "new") for p in ("br_sg", "nft")]
    if not quick:
        yield "corners", 4096, corners
        yield "edge", 8192, [text(p, traffic=t, **EDGE)
                             for t in ("established", "new")
                             for p in ("nft", "br_sg")]


def native(quick):
    """runs of User Mode Linux: name, MiB, points that take turns"""
    flows = [{}, {"traffic": "new"}, {"traffic": "drop"}, {"family": 6}]
    yield "flows", 2048, [text(p, **k) for k in flows
                           for p in PLAIN + ("br_sg", "nft", "ovs")] + [
        text(p, **k) for k in ({"ports": 1000},
                               {"rules": 4096, "traffic": "new"})
        for p in ("br_sg", "nft")]
    yield "tables", 2048, [text("bare")] + [
        text(p, **k) for k in flows + [{"ports": 100}] +
        ([] if quick else [{"ports": 1000}]) for p in TABLES]


def main():
    quick = "--quick" in sys.argv
    for kind, runs in (("icount", icount(quick)), ("native", native(quick))):
        for name, mem, points in runs:
            print(kind, name, mem, *points)


if __name__ == "__main__":
    main()
