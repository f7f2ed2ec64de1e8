#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Help, manual and completion say the same, and the schemas are schemas"""
import glob
import json
import os
import re
import shutil
import subprocess

from tap import TOOL, Tap, build, run

PAGES = {
    "port": "sgctl-port", "group": "sgctl-group", "member": "sgctl-group",
    "rule": "sgctl-rule", "set": "sgctl-set", "default": "sgctl-default",
    "flow": "sgctl-flow", "monitor": "sgctl-monitor", "shadow": "sgctl-shadow",
    "apply": "sgctl-apply", "diff": "sgctl-apply", "check": "sgctl-apply",
    "save": "sgctl-apply", "fmt": "sgctl-apply", "flush": "sgctl-apply", "status": "sgctl",
    "module": "sgctl-module",
}


def manual(name):
    with open(os.path.join(TOOL, "man", name + ".8"), encoding="utf-8") as f:
        text = f.read().replace("\\-", "-").replace("\\e", "\\")
    return re.sub(r"\s+", " ", text)


def main():
    tap = Tap()
    build()
    _, text, _ = run("help")
    objects = []
    for line in text.split("Options:")[0].splitlines():
        if re.match("  [a-z]", line):
            name = line.split()[0]
            if name not in objects:
                objects.append(name)
    tap.equal(sorted(objects), sorted(PAGES), "every object has a page of the manual")
    for name in objects:
        rc, text, _ = run(name, "help")
        usages = [line[len("Usage: sgctl "):] for line in text.splitlines()
                  if line.startswith("Usage: sgctl ")]
        tap.ok(rc == 0 and usages, f"sgctl {name} help")
        page = manual(PAGES[name])
        for usage in usages:
            tap.ok(f"sgctl [OPTIONS] {usage} " in page, f"the manual has: {usage[:60]}",
                   f"{PAGES[name]}.8 has no line: {usage}")
            verb = (usage.split() + [""])[1].strip("[]")
            if verb.isalpha() and verb.islower():
                rc, text, _ = run(name, verb, "help")
                tap.ok(rc == 0 and usage in text, f"sgctl {name} {verb} help", text)
    page = manual("sgctl")
    for option in ("-j", "-p", "-s", "-q", "-n", "-b", "-c", "-V", "-h"):
        _, text, _ = run("-h")
        tap.ok(f"  {option}" in text and f"{option}" in page, f"option {option} is explained")
    for status in range(6):
        tap.ok(f".B {status} " in page, f"exit status {status} is explained")
    if shutil.which("man"):
        for path in sorted(glob.glob(os.path.join(TOOL, "man", "*.8"))):
            done = subprocess.run(["man", "--warnings", "-l", "-Tutf8", "-Z", path],
                                  capture_output=True, text=True, check=False)
            tap.ok(not done.returncode and not done.stderr,
                   f"{os.path.basename(path)} formats without a warning", done.stderr)
    completion = os.path.join(TOOL, "completion", "sgctl.bash")
    tap.ok(not subprocess.run(["bash", "-n", completion], check=False).returncode,
           "the completion is bash")
    script = (f'. {completion}; PATH={TOOL}:$PATH; COMP_WORDS=(sgctl po); COMP_CWORD=1; _sgctl; '
              'echo "${COMPREPLY[@]}"; COMP_WORDS=(sgctl -j port c); COMP_CWORD=3; _sgctl; '
              'echo "${COMPREPLY[@]}"; COMP_WORDS=(sgctl flow show re); COMP_CWORD=3; _sgctl; '
              'echo "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    tap.equal(done.stdout, "port\nchains\nrevoked\n", "completion of an object and a verb")
    for path in sorted(glob.glob(os.path.join(TOOL, "schema", "*.json"))):
        name = os.path.basename(path)
        try:
            import jsonschema
            with open(path, encoding="utf-8") as f:
                jsonschema.Draft7Validator.check_schema(json.load(f))
            tap.ok(True, f"{name} is a schema")
        except ImportError:
            with open(path, encoding="utf-8") as f:
                tap.ok(json.load(f), f"{name} is JSON (no python3-jsonschema here)")
    # a promise without a test is none
    top = os.path.dirname(TOOL)
    with open(os.path.join(top, "SECURITY.md"), encoding="utf-8") as f:
        text = f.read()
    rows = [line.split(" | ") for line in
            text.split("## Promises")[1].split("## ")[0].splitlines()
            if line.startswith("| ") and not line.startswith(("| promise", "| ---"))]
    tap.ok(len(rows) > 10, "SECURITY.md has promises")
    for row in rows:
        tests = re.findall(r"`([a-z]+/[a-z_]+\.[a-z]+)`", row[-1])
        missing = [x for x in tests if not os.path.exists(os.path.join(top, "selftests", x))]
        tap.ok(tests and not missing, f"a test shows: {row[0][2:60]}", *missing)
    for path in re.findall(r"`(kmod/[a-z_./]+)`", text):
        tap.ok(os.path.exists(os.path.join(top, path)), f"SECURITY.md: {path} is there")
    tap.done()


main()
