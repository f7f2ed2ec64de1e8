#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Text and JSON: golden files, round trips of random configurations, schemas

NAME.sg must print as NAME.out and, with -j -p, as NAME.json. Of a random
configuration, text -> text, text -> JSON -> text and JSON -> text -> JSON must
give the same again, and diff must find nothing between them; diff from one to
another, applied by hand to a model, must lead there.
"""
import glob
import json
import os
import tempfile
import time

from gen import Generator
from tap import HERE, TOOL, Tap, build, run

ROUNDS = int(os.environ.get("ROUNDS", "150"))

try:
    import jsonschema
except ImportError:
    jsonschema = None


def schema(name):
    with open(os.path.join(TOOL, "schema", name + ".json"), encoding="utf-8") as f:
        loaded = json.load(f)
    if jsonschema:
        return jsonschema.Draft7Validator(loaded)
    return None


def fits(validator, document):
    return not validator or not list(validator.iter_errors(document))


def golden(tap, config):
    for path in sorted(glob.glob(os.path.join(HERE, "golden", "*.sg"))):
        name = os.path.basename(path)[:-3]
        with open(path[:-3] + ".out", encoding="utf-8") as f:
            out = f.read()
        with open(path[:-3] + ".json", encoding="utf-8") as f:
            js = f.read()
        tap.equal(run("fmt", path)[1], out, f"{name}: text")
        tap.equal(run("-j", "-p", "fmt", path)[1], js, f"{name}: JSON")
        tap.equal(run("fmt", "-", stdin=js)[1], out, f"{name}: JSON to text")
        tap.equal(run("-j", "-p", "fmt", "-", stdin=out)[1], js, f"{name}: text to JSON")
        tap.ok(fits(config, json.loads(js)), f"{name}: JSON is as the schema says")


def without_order(diff):
    return sorted(diff.splitlines())


def round_trips(tap, config, changes):
    bad = {"fmt": [], "json": [], "schema": [], "diff": [], "swap": []}
    before = None
    with tempfile.TemporaryDirectory() as tmp:
        for seed in range(ROUNDS):
            text = Generator(seed).conf()
            rc, once, err = run("fmt", "-", stdin=text)
            if rc:
                # Two rules that are equal in different words are the one thing it may refuse
                if "has this rule already" not in err and "given twice" not in err:
                    bad["fmt"].append((seed, err))
                continue
            if run("fmt", "-", stdin=once)[1] != once:
                bad["fmt"].append(seed)
            js = run("-j", "fmt", "-", stdin=text)[1]
            back = run("fmt", "-", stdin=js)[1]
            if back != once or run("-j", "fmt", "-", stdin=back)[1] != js:
                bad["json"].append(seed)
            if not fits(config, json.loads(js)):
                bad["schema"].append(seed)
            path = os.path.join(tmp, "now")
            with open(path, "w", encoding="utf-8") as f:
                f.write(once)
            if run("diff", "-", path, stdin=js)[0] != 0:
                bad["diff"].append(seed)
            if before:
                rc, there, _ = run("diff", "-", before, stdin=once)
                rc_json, js, _ = run("-j", "diff", "-", before, stdin=once)
                listed = json.loads(js)
                if rc != rc_json or len(listed) != len(there.splitlines()) or \
                   not fits(changes, listed):
                    bad["swap"].append(seed)
            os.rename(path, path + "-before")
            before = path + "-before"
    tap.equal(bad["fmt"], [], f"fmt of fmt is the same, {ROUNDS} configurations")
    tap.equal(bad["json"], [], "text to JSON to text to JSON is the same")
    tap.equal(bad["schema"], [], "JSON is as schema/config.json says")
    tap.equal(bad["diff"], [], "diff finds nothing between text and JSON")
    tap.equal(bad["swap"], [], "diff as text and as JSON, as schema/diff.json says")


DIFFS = [
    ("nothing", "group add g\nrule add g egress\n", "rule add g egress\ngroup add g\n", ""),
    ("a new group comes with all it has",
     "", "group add g\nrule add g egress\nmember add g 10.0.0.1\nport add t off group g\n",
     "+ group add g\n+ member add g 10.0.0.1\n+ rule add g egress id 1\n+ port add t group g off\n"),
    ("a group goes with all it has",
     "group add g\nrule add g egress\nmember add g 10.0.0.1\nset add s 1.1.1.1\n", "",
     "- member add g 10.0.0.1\n- rule add g egress id 1\n- group add g\n"
     "- set insert s 1.1.1.1\n- set add s\n"),
    ("a rule keeps its id when others go",
     "group add g\nrule add g egress\nrule add g ingress\n", "group add g\nrule add g ingress\n",
     "- rule add g egress id 1\n"),
    ("a new rule gets the highest id and one",
     "group add g\nrule add g egress id 7\n", "group add g\nrule add g ingress\nrule add g egress\n",
     "+ rule add g ingress id 8\n"),
    ("a rule that goes leaves no id to the next",
     "group add g\nrule add g egress id 7\n", "group add g\nrule add g ingress\n",
     "- rule add g egress id 7\n+ rule add g ingress id 8\n"),
    ("an id with new content",
     "group add g\nrule add g egress id 7\n", "group add g\nrule add g ingress id 7\n",
     "~ rule add g ingress id 7\n"),
    ("two rules that swap their ids are never equal on the way",
     "group add g\nrule add g egress id 1\nrule add g ingress id 2\n",
     "group add g\nrule add g ingress id 1\nrule add g egress id 2\n",
     "- rule add g egress id 1\n- rule add g ingress id 2\n"
     "+ rule add g ingress id 1\n+ rule add g egress id 2\n"),
    ("content without id whose id the file gives away",
     "group add g\nrule add g egress id 1\n",
     "group add g\nrule add g ingress id 1\nrule add g egress\n",
     "~ rule add g ingress id 1\n+ rule add g egress id 2\n"),
    ("ids run out: the first gap",
     "group add g\nrule add g egress id 2147483647\n",
     "group add g\nrule add g egress id 2147483647\nrule add g ingress\n",
     "+ rule add g ingress id 1\n"),
    ("addresses of a set that stays",
     "set add s 1.1.1.1 2.2.2.2\n", "set add s 2.2.2.2 3.3.3.3\n",
     "- set insert s 1.1.1.1\n+ set insert s 3.3.3.3\n"),
    ("a default changes", "default drop t*\n", "default accept t*\n", "~ default accept t*\n"),
    ("a group changes", "group add g\n", "group add g stateless\n", "~ group add g stateless\n"),
    ("the order of a port's groups counts",
     "group add a\ngroup add b\nport add t off group a group b\n",
     "group add a\ngroup add b\nport add t off group b group a\n",
     "~ port add t group b group a off\n"),
    ("the order of a port's addresses does not",
     "port add t off ip 10.0.0.1 ip 10.0.0.2\n", "port add t off ip 10.0.0.2 ip 10.0.0.1\n", ""),
    ("a pair with the port's own mac is a pair without",
     "port add t mac fa:16:3e:00:00:01 pair 10.0.0.1\n",
     "port add t mac fa:16:3e:00:00:01 pair 10.0.0.1 mac fa:16:3e:00:00:01\n", ""),
]


def diffs(tap):
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as f:
        for name, have, want, lines in DIFFS:
            f.seek(0)
            f.truncate()
            f.write(have)
            f.flush()
            rc, out, err = run("diff", "-", f.name, stdin=want)
            tap.equal((rc, out, err), (4 if lines else 0, lines, ""), f"diff: {name}")


def speed(tap):
    lines = []
    for i in range(1000):
        lines.append(f"group add g{i}")
        lines.append(f"port add tap{i} mac fa:16:3e:00:{i >> 8:02x}:{i & 255:02x} group g{i}")
        lines += [f"rule add g{i} ingress proto tcp dport {k + 1} remote 10.{i & 255}.{k}.0/24"
                  for k in range(100)]
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")
        f.flush()
        best = 99.0
        for _ in range(3):
            start = time.monotonic()
            rc, out, err = run("diff", f.name, f.name)
            best = min(best, time.monotonic() - start)
        tap.equal((rc, out, err), (0, "", ""), "1,000 ports with 100 rules each: no difference")
        # Both files are parsed: twice what apply parses. Generous, for slow machines
        tap.ok(best < 3, "1,000 ports with 100 rules each are parsed twice in time", f"{best:.2f} s")


def main():
    tap = Tap()
    build()
    config, changes = schema("config"), schema("diff")
    golden(tap, config)
    diffs(tap)
    round_trips(tap, config, changes)
    speed(tap)
    tap.done()


main()
