# SPDX-License-Identifier: GPL-2.0-or-later
"""What br_sg must reach, each as a function of the results. A target whose
points are not there is not reached."""
import grid


class Missing(LookupError):
    pass


class Results:
    """@points: {name of the point: instructions}"""

    def __init__(self, points, control):
        self.points, self.control = points, control

    def of(self, peer, **keys):
        name = grid.text(peer, **keys)
        if name not in self.points:
            raise Missing("not measured: " + name)
        return self.points[name]

    def over(self, peer, floor, **keys):
        return self.of(peer, **keys) - self.of(floor, **{
            k: v for k, v in keys.items() if k not in grid.BASE})

    def command(self, name, key="ms", peer="br_sg"):
        for c in self.control:
            if c["name"] == name and c["peer"] == peer:
                value = c[key]
                return sorted(value)[len(value) // 2] \
                    if isinstance(value, list) else value
        raise Missing("not measured: %s %s" % (peer, name))

    def beyond_start(self, name):
        """what a command takes more than one that only says its version"""
        return self.command(name) - self.command("start")

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


def decision_members(r):
    return max(decision(r, members=n) for n in grid.MEMBERS)


INS, PCT, MS, B = "instructions", "%", "ms", "bytes"

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
    ("apply: 1,000 ports with 100 rules each, from nothing",
     lambda r: r.command("apply"), 500, MS, False),
    ("one rule into a group of 1,000 ports", lambda r: r.command("rule"), 10, MS,
     False),
    ("one member into 100,000", lambda r: r.command("member"), 5, MS, False),
    ("one port beside 10,000", lambda r: r.command("port"), 5, MS, False),
    ("one rule, beyond the tool's start", lambda r: r.beyond_start("rule"), 10,
     MS, False),
    ("one member, beyond the tool's start",
     lambda r: r.beyond_start("member"), 5, MS, False),
    ("one port, beyond the tool's start", lambda r: r.beyond_start("port"), 5,
     MS, False),
    ("memory of a rule in one more list of groups, besides vectors",
     lambda r: r.command("lists", "bytes_per_rule"), 64, B, False),
    ("memory of a member", lambda r: r.command("members", "bytes_per_member"),
     100, B, False),
)


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
