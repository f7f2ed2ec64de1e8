#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What br_sg must reach, each as a function of the results. A target whose
points are not there is not reached.

targets.py LOG: of what changes.py has printed there, the targets that it decides;
exits 1 when one is not reached"""
import json
import statistics
import sys

import grid


class Missing(LookupError):
    pass


class Results:
    """@points: {name of the point: instructions}; @control, @counted: rows of
    control.py, timed and counted; @changes: rows of changes.py"""

    def __init__(self, points, control, counted=(), changes=()):
        self.points, self.control = points, control
        self.counted, self.changes = counted, changes

    def of(self, peer, **keys):
        name = grid.text(peer, **keys)
        if name not in self.points:
            raise Missing("not measured: " + name)
        return self.points[name]

    def over(self, peer, floor, **keys):
        return self.of(peer, **keys) - self.of(floor, **{
            k: v for k, v in keys.items() if k not in grid.BASE})

    def command(self, name, key="ms", peer="br_sg", counted=False):
        for c in self.counted if counted else self.control:
            if c["name"] == name and c["peer"] == peer:
                value = c[key]
                return sorted(value)[len(value) // 2] \
                    if isinstance(value, list) else value
        raise Missing("not measured: %s %s" % (peer, name))

    def with_start(self, name, peer):
        """medians of the command and of the starts between"""
        for c in self.control:
            if c["name"] == name and c["peer"] == peer and "start_ms" in c:
                return (statistics.median(c["ms"]),
                        statistics.median(c["start_ms"]))
        raise Missing("not measured: %s %s" % (peer, name))

    def of_start(self, name):
        """how many times as long as one that only says its version"""
        whole, start = self.with_start(name, "br_sg")
        return whole / start

    def of_nft(self, name):
        """per cent of what nft takes for it, both beyond their start"""
        (ours, start), (theirs, nft) = (self.with_start(name, p)
                                        for p in ("br_sg", "nft"))
        return 100 * (ours - start) / (theirs - nft)

    def change(self, name, **where):
        """millions of instructions in the kernel, those left to its threads too"""
        row = self.change_row(name, **where)
        return row["kernel"] + row.get("later", 0)

    def change_row(self, name, **where):
        for c in self.changes:
            if c["name"] == name and all(c.get(k) == v
                                         for k, v in where.items()):
                return c
        raise Missing("not measured: %s" % ", ".join(
            [name] + ["%s %s" % (v, k) for k, v in where.items()]))

    def series(self, peer, **fixed):
        """{point without its peer: instructions}"""
        return {name.split(":", 1)[1]: value
                for name, value in self.points.items()
                if name.split(":")[0] == peer and all(
                    "%s=%s" % (k, v) in name.split(":")
                    for k, v in fixed.items())}


def flat(r):
    """spread of the whole path over everything but the traffic, per cent"""
    values = [v for name, v in r.series("br_sg", traffic="established",
                                        family=4, gso=0, outward=1).items()]
    if len(values) < 8:
        raise Missing("not measured: the grid of established flows")
    return 100 * (max(values) / min(values) - 1)


def worst(r, peer):
    """br_sg's part of what @peer takes, the largest over all points of both"""
    ours, theirs = r.series("br_sg"), r.series(peer)
    both = ours.keys() & theirs.keys()
    if not both:
        raise Missing("not measured: " + peer)
    return max(ours[k] / theirs[k] for k in both)


def tenfold(r):
    """by how much the hybrid chains take more, the least"""
    theirs = {(p, n): r.points.get(grid.text(p, ports=n))
              for p in grid.TABLES for n in (100, 1000)}
    if not theirs["iptables", 1000]:
        raise Missing("not measured: iptables with 1,000 ports")
    return min(v / r.of("br_sg", ports=n) for (_, n), v in theirs.items() if v)


def decision(r, **keys):
    """what a new flow takes more than a known one, beyond what it takes more
    without us: the look-up and what is written down of it"""
    return (r.of("br_sg", traffic="new", **keys) - r.of("br_sg", **keys) -
            r.of("labels", traffic="new") + r.of("labels"))


def new_parts(r, **keys):
    """what a new flow takes over conntrack: all, of which what a known one does,
    room for labels, the decision"""
    known = r.of("br_sg", **keys) - r.of("conntrack")
    labels = r.of("labels", traffic="new") - r.of("labels") - \
        r.of("conntrack", traffic="new") + r.of("conntrack")
    return (r.over("br_sg", "conntrack", traffic="new", **keys), known, labels,
            decision(r, **keys))


def stateless(r):
    """over the bare bridge: the most of both ways and families"""
    return max(r.over("stateless", "bare", traffic="new", family=f, outward=o)
               for f in (4, 6) for o in (1, 0))


def flood(r):
    """a copy of what is for another station, over conntrack"""
    return max(r.over("br_sg", "conntrack", traffic="flood", family=f,
                      outward=0) for f in (4, 6))


def decision_members(r):
    return max(decision(r, members=n) for n in grid.MEMBERS)


INS, PCT, TIMES, B, M = "instructions", "%", "times", "bytes", "M instructions"
FEW, MANY = 1000, 10000         # ports, ten in a group


def grows(r, name):
    """beside many ports, how many times what it takes beside few"""
    return r.change_row(name, ports=MANY)["kernel"] / \
        r.change_row(name, ports=FEW)["kernel"]


def changes():
    """a change takes what it changes"""
    for name in ("port add", "port set", "port del", "rule add", "rule del",
                 "member add", "member del"):
        yield ("%s, 10,000 ports, in the kernel" % name,
               lambda r, n=name: r.change(n, ports=MANY, devices=None), 1, M,
               False)
        yield ("%s, 10,000 ports, of 1,000" % name,
               lambda r, n=name: grows(r, n), 1.3, TIMES, False)
    for style, per_bridge in ((", 100 a bridge", 100), (", two a bridge", 2)):
        for text, defaults in (("", 0), (", 64 defaults", 64)):
            yield ("a device joins, of 10,000%s%s" % (style, text),
                   lambda r, b=per_bridge, d=defaults: r.change(
                       "join", devices=10000, per_bridge=b, defaults=d), 0.3, M,
                   False)


# What was a product of two sizes, to a twentieth of what it took
QUADRATIC = (
    ("all of 1,024 rules of 100 ports replaced, in the kernel",
     lambda r: r.change("replace all rules"), 110, M, False),
    ("one member beside 4,095 sets, in the kernel",
     lambda r: r.change("member beside sets"), 15, M, False),
    ("rmmod after flush, 1,000 devices",
     lambda r: r.change("rmmod after flush"), 16, M, False),
)

# What must be no worse than it was: the bounds are that and 5 %
NO_WORSE = (
    ("apply: 10,000 ports, in the kernel",
     lambda r: r.change("apply", ports=MANY, devices=None), 865, M, False),
    ("memory of 10,000 ports",
     lambda r: r.change_row("apply", ports=MANY, devices=None)["bytes"] / 1e6,
     27.9, "MB", False),
    ("apply of one change, 10,000 ports, in the kernel",
     lambda r: r.change("apply one", ports=MANY), 60, M, False),
    ("address of a set that 1,000 groups name",
     lambda r: r.change("address of a set", ports=MANY), 56, M, False),
    ("one rule that 10,000 ports have",
     lambda r: r.change("rule of all", ports=MANY), 156, M, False),
    ("apply: 1,000 ports with 100 rules each, whole",
     lambda r: r.command("apply", counted=True), 1833, M, False),
    ("the same, most memory",
     lambda r: r.command("apply", "peak_bytes") / 2 ** 20, 52.4, "MiB", False),
    ("memory of a rule of its own",
     lambda r: r.command("memory", "bytes_per_rule"), 229, B, False),
)

# name, function of Results, bound, unit, is a larger one better
TARGETS = (
    ("established IPv4, over conntrack",
     lambda r: r.over("br_sg", "conntrack"), 450, INS, False),
    ("established IPv6, over conntrack",
     lambda r: r.over("br_sg", "conntrack", family=6), 450, INS, False),
    ("established, towards the VM, over conntrack",
     lambda r: r.over("br_sg", "conntrack", outward=0), 450, INS, False),
    ("established, spread over ports, rules, members", flat, 3, PCT, False),
    ("new flow, 16 rules, decision only", decision, 600, INS, False),
    ("new flow, 4,096 rules, decision only",
     lambda r: decision(r, rules=4096), 1200, INS, False),
    ("new flow, any number of members, decision only", decision_members, 600,
     INS, False),
    ("stateless port, 16 rules, over the bare bridge", stateless, 900, INS,
     False),
    ("copy of a flood, 16 rules, over conntrack", flood, 900, INS, False),
    ("of nft by hand, the worst point", lambda r: 100 * worst(r, "nft"), 100,
     PCT, False),
    ("iptables from 100 ports up, times as many", tenfold, 10, "times", True),
    ("frames of other bridges IPv4, over the bare bridge",
     lambda r: r.of("other") - r.of("bare"), 340, INS, False),
    ("frames of other bridges IPv6, over the bare bridge",
     lambda r: r.of("other", family=6) - r.of("bare", family=6), 340, INS,
     False),
    ("no configuration in the namespace, over the bare bridge",
     lambda r: 100 * (r.of("idle") / r.of("bare") - 1), 0.5, PCT, False),
    ("apply: 1,000 ports with 100 rules each, of nft's",
     lambda r: 100 * r.command("apply") / r.command("apply", peer="nft"), 10,
     PCT, False),
    ("one rule into a group of 1,000 ports, of the tool's start",
     lambda r: r.of_start("rule"), 1.5, TIMES, False),
    ("one member into 100,000, of the tool's start",
     lambda r: r.of_start("member"), 1.5, TIMES, False),
    ("one port beside 10,000, of the tool's start",
     lambda r: r.of_start("port"), 1.5, TIMES, False),
    ("one rule, beyond the tool's start, of nft's",
     lambda r: r.of_nft("rule"), 33.3, PCT, False),
    ("one member, beyond the tool's start, of nft's",
     lambda r: r.of_nft("member"), 33.3, PCT, False),
    ("one port, beyond the tool's start, of nft's",
     lambda r: r.of_nft("port"), 33.3, PCT, False),
    ("memory of a rule in one more list of groups, besides vectors",
     lambda r: r.command("lists", "bytes_per_rule"), 64, B, False),
    ("memory of a member", lambda r: r.command("members", "bytes_per_member"),
     100, B, False),
) + tuple(changes()) + QUADRATIC + NO_WORSE


def judge(results):
    """a list of dicts: name, value, bound, unit, passed, why"""
    out = []
    for name, function, bound, unit, larger in TARGETS:
        t = {"name": name, "bound": bound, "unit": unit,
             "at_least": larger, "value": None, "passed": False}
        try:
            t["value"] = round(function(results), 2)
            t["passed"] = t["value"] >= bound if larger else t["value"] <= bound
        except Missing as e:
            t["why"] = str(e)
        out.append(t)
    return out


def show(judged):
    for t in judged:
        print("%s  %-59s %10s %s %s %s%s" % (
            "pass" if t["passed"] else "FAIL", t["name"],
            "-" if t["value"] is None else t["value"],
            "of at least" if t["at_least"] else "of at most", t["bound"],
            t["unit"], " (%s)" % t["why"] if "why" in t else ""))


def main():
    rows = []
    with open(sys.argv[1]) as f:
        for line in f:
            kind, _, rest = line.partition(" ")
            if kind == "change":
                rows.append(json.loads(rest))
    judged = [t for t in judge(Results({}, [], changes=rows))
              if t["value"] is not None]
    show(judged)
    passed = sum(t["passed"] for t in judged)
    print("%d passed, %d failed" % (passed, len(judged) - passed))
    sys.exit(passed != len(judged))


if __name__ == "__main__":
    main()
