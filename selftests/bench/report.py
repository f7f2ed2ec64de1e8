#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads what the runs left under build/bench, writes result.json there and the
plot, prints the tables. Exits 1 when a target is not reached. With --publish the
plot and the tables also go into docs/."""
import contextlib
import glob
import io
import json
import os
import statistics
import sys
import time

import jsonschema

import grid
import plot
import targets

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.normpath(os.path.join(HERE, "../.."))
OUT = os.path.join(TOP, "build/bench")
KEYS = ("traffic", "family", "gso", "outward", "ports", "rules", "members")
COLUMNS = ("bare", "conntrack", "labels", "br_sg", "nft", "iptables", "iptables-nft", "ovs")


def lines(pattern):
    for path in sorted(glob.glob(os.path.join(OUT, pattern))):
        with open(path) as f:
            for line in f:
                kind, _, rest = line.strip().partition(" ")
                if kind in ("point", "control", "count", "change"):
                    yield kind, json.loads(rest)
                elif kind == "failed":
                    yield kind, rest


def name_of(p):
    return grid.text(p["peer"], **{k: p[k] for k in KEYS})


def spread(values):
    q = statistics.quantiles(values, n=4)
    return {"median": round(q[1], 1), "q1": round(q[0], 1), "q3": round(q[2], 1),
            "turns": len(values)}


def collect():
    """{name: point} with both columns, the control plane's times, counts and
    changes, what failed"""
    points, failed, samples = {}, [], {}
    for kind, p in lines("icount-*.log"):
        if kind == "failed":
            failed.append("icount: " + p)
        else:
            samples.setdefault(name_of(p), []).append(p)
    for name, same in samples.items():
        p = {k: same[0][k] for k in ("peer",) + KEYS}
        p["instructions"] = min(s["value"] for s in same)
        points[name] = p
    turns = {}
    for kind, p in lines("native-*.log"):
        if kind == "failed":
            failed.append("native: " + p)
        else:
            turns.setdefault(name_of(p), (p, []))[1].extend(p["value"])
    for name, (p, values) in turns.items():
        mine = points.setdefault(name, {k: p[k] for k in ("peer",) + KEYS})
        mine["ns"] = spread(values)
    commands = {"control": [], "count": [], "changes": []}
    for name, found in commands.items():
        for kind, p in lines(name + ".log"):
            if kind == "failed":
                failed.append(p)
            else:
                found.append(p)
    return points, commands, failed


def rows(points):
    """{what: {peer: point}}; what nobody's rules concern goes beside its row"""
    out = {}
    for p in points.values():
        if p["peer"] in COLUMNS[2:]:
            out.setdefault(tuple(p[k] for k in KEYS), {})[p["peer"]] = p
    for p in points.values():
        if p["peer"] in COLUMNS[:2]:
            for what, row in out.items():
                if what[:4] == tuple(p[k] for k in KEYS[:4]):
                    row[p["peer"]] = p
    return out


def label(what):
    traffic, family, gso, outward, ports, rules, members = what
    return "%-11s IPv%d %-3s %-3s %6d %6d %7d" % (
        traffic, family, "GSO" if gso else "64", "out" if outward else "in",
        ports, rules, members)


def table(title, points, value, width=12):
    print("\n%s" % title)
    head = "%-11s %-4s %-3s %-3s %6s %6s %7s" % (
        "traffic", "", "B", "way", "ports", "rules", "members")
    print(head + "".join(" %*s" % (width, c) for c in COLUMNS))
    for what, row in sorted(rows(points).items(), key=lambda i: (
            i[0][2], i[0][1], -i[0][3], i[0][0] != "established", i[0])):
        cells = [value(row[c]) if c in row else None for c in COLUMNS]
        if any(c is not None for c in cells[2:]):
            print(label(what) + "".join(
                " %*s" % (width, "-" if c is None else c) for c in cells))


def instructions(p):
    return "{:,.0f}".format(p["instructions"]) if "instructions" in p else None


def ns(p):
    n = p.get("ns")
    return "%.0f[%.0f-%.0f]" % (n["median"], n["q1"], n["q3"]) if n else None


def print_control(title, control):
    print("\nControl plane, %s, whole commands: median [least - most]" % title)
    for c in control:
        if "ms" in c:
            ms = sorted(c["ms"])
            most = "  most memory {:,} KiB".format(c["peak_bytes"] // 1024) \
                if "peak_bytes" in c else ""
            print("%-9s %-12s %10.1f [%.1f - %.1f]%s" % (
                c["name"], c["peer"], ms[len(ms) // 2], ms[0], ms[-1], most))
        else:
            print("%-9s %-12s %s" % (c["name"], c["peer"], ", ".join(
                "%s %s" % (k.replace("_", " "), "{:,}".format(v))
                for k, v in c.items() if k not in ("name", "peer"))))


def print_beside(points):
    print("\nBeside guarded bridges, instructions")
    for peer in ("bare", "other", "idle"):
        for family in (4, 6):
            p = points.get(grid.text(peer, family=family))
            if p and "instructions" in p:
                print("%-6s IPv%d %8s" % (peer, family, instructions(p)))


def print_new(results):
    print("\nA new flow over conntrack, instructions: what a known one takes, "
          "room for labels, the decision")
    for rules in grid.RULES:
        with contextlib.suppress(targets.Missing):
            print("%5d rules %8s = %s + %s + %s" % (rules, *(
                "{:,.0f}".format(part)
                for part in targets.new_parts(results, rules=rules))))


def print_changes(changes):
    print("\nA change, Debian's stock kernel, millions of instructions: in the "
          "kernel, later in its threads, the whole command")
    print("%-22s %6s %6s %7s %10s %8s %8s" % (
        "", "ports", "groups", "devices", "kernel", "later", "whole"))
    for c in changes:
        more = ["%s %s" % ("{:,}".format(c[k]), k.replace("_", " ")) for k in (
            "rules", "sets", "defaults", "per_bridge", "bytes") if k in c]
        figures = ["{:,.2f}".format(c[k]) if k in c else "-"
                   for k in ("kernel", "later", "whole")]
        print("%-22s %6d %6d %7s %10s %8s %8s  %s" % (
            (c["name"], c["ports"], c["groups"], c.get("devices", "-")) +
            tuple(figures) + (", ".join(more),)))


def native_kernel():
    """the release of User Mode Linux's, as the last line of build.sh leaves it"""
    with open(os.path.join(OUT, "release")) as f:
        return f.read().strip()


def commit():
    """of each run as it was measured, however many that are"""
    seen = []
    for path in sorted(glob.glob(os.path.join(OUT, "*.commit"))):
        with open(path) as f:
            one = f.read().strip()
        if one not in seen:
            seen.append(one)
    return ", ".join(seen) or "unknown"


def publish(text, result):
    """into docs/, between the marks"""
    with open(os.path.join(OUT, "bench.svg")) as f:
        first, rest = f.read().split("\n", 1)
    with open(os.path.join(TOP, "docs/bench.svg"), "w") as f:
        f.write("%s\n<!-- SPDX-License-Identifier: GPL-2.0-or-later -->\n%s" % (
            first, rest))
    path = os.path.join(TOP, "docs/bench.md")
    with open(path) as f:
        doc = f.read()
    first, rest = doc.split("<!-- results", 1)
    mark, rest = rest.split("\n", 1)
    end = rest.index("<!-- end -->")
    doc = ("%s<!-- results%s\n![cost against ports and against rules](bench.svg)"
           "\n\nOf %s, commit %s%s, User Mode Linux of %s.\n\n```%s```\n%s" % (
               first, mark, result["date"], result["commit"],
               ", BENCH=quick" if result["quick"] else "", result["kernel"],
               text, rest[end:]))
    with open(path, "w") as f:
        f.write(doc)


def show(points, results, failed, judged):
    table("Instructions a packet, Debian's stock kernel, the whole road",
          points, instructions)
    table("Nanoseconds a packet, native (User Mode Linux), median "
          "[quartiles]", {n: p for n, p in points.items() if "ns" in p}, ns,
          17)
    print_beside(points)
    print_new(results)
    print_control("native (User Mode Linux), ms", results.control)
    print_control("Debian's stock kernel, millions of instructions",
                  results.counted)
    print_changes(results.changes)
    for what, why in grid.LEFT_OUT.items():
        print("# left out: %s: %s" % (what, why))
    for f in failed:
        print("# failed: " + f)
    print("\nTargets")
    targets.show(judged)


def main():
    points, commands, failed = collect()
    results = targets.Results({n: p["instructions"] for n, p in points.items()
                               if "instructions" in p}, commands["control"],
                              commands["count"], commands["changes"])
    judged = targets.judge(results)
    with open("/etc/debian_version") as f:
        debian = f.read().strip()
    result = {
        "version": 1, "commit": commit(), "kernel": native_kernel(),
        "date": time.strftime("%Y-%m-%d"),
        "quick": "--quick" in sys.argv, "debian": debian,
        "points": [points[n] for n in sorted(points)],
        "control": results.control, "counted": results.counted,
        "changes": results.changes,
        "failed": failed, "left_out": grid.LEFT_OUT, "targets": judged}
    with open(os.path.join(HERE, "result.schema.json")) as f:
        jsonschema.validate(result, json.load(f))
    with open(os.path.join(OUT, "result.json"), "w") as f:
        json.dump(result, f, indent=1)
        f.write("\n")
    plot.draw(results, OUT)
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        show(points, results, failed, judged)
    if "--publish" in sys.argv:
        publish(text.getvalue(), result)
    print(text.getvalue(), end="")
    passed = sum(t["passed"] for t in judged)
    print("%d passed, %d failed" % (passed, len(judged) - passed))
    sys.exit(0 if passed == len(judged) else 1)


if __name__ == "__main__":
    main()
