#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads run_list.sh's output, passes it on, and counts.

A test of the plan that has no line, a program that ends without a plan, with a
code that its lines do not explain, not at all, or with a kernel log that is not
clean counts as failed. A skipped test is not a pass. With a file as argument,
"passed failed skipped" is written there. Exits 1 when anything failed."""
import re
import sys

RESULT = re.compile(r"^(not ok|ok)\b\s*(\d+)?\s*(.*)$")
PLAN = re.compile(r"^1\.\.(\d+)(\s*# *SKIP.*)?$")
BEGIN = re.compile(r"^=== begin (\S+)$")
END = re.compile(r"^=== end (\S+) exit=(\d+) log=(\w+) seconds=(\d+)$")


class Program:
    def __init__(self, name):
        self.name = name
        self.plan = None
        self.skip_all = False
        self.passed = self.failed = self.skipped = 0
        self.why = []

    def line(self, line):
        plan = PLAN.match(line)
        if plan:
            if self.plan is not None:
                self.why.append("second plan")
            self.plan = int(plan.group(1))
            self.skip_all = bool(plan.group(2))
            return
        result = RESULT.match(line)
        if not result:
            return
        directive = re.search(r"# *(SKIP|TODO|XFAIL)\b", line)
        if result.group(1) == "not ok" and not (
                directive and directive.group(1) in ("TODO", "XFAIL")):
            self.failed += 1
        elif directive:
            self.skipped += 1
        else:
            self.passed += 1

    def end(self, code, log):
        seen = self.passed + self.failed + self.skipped
        if self.plan is None:
            if code == 4:
                self.skipped += 1
            else:
                self.why.append("no plan")
        elif self.plan == 0 and self.skip_all:
            self.skipped += 1
        elif seen != self.plan:
            self.why.append("%d of %d tests reported" % (seen, self.plan))
            self.failed += max(0, self.plan - seen - 1)
        if code not in (0, 4) and not self.failed:
            self.why.append("exit code %d" % code)
        if code == 0 and self.failed:
            self.why.append("exit code 0 with failures")
        if log != "clean":
            self.why.append("kernel log not clean")
        if self.why:
            self.failed += 1


def main():
    total = [0, 0, 0]
    table = []
    program = None

    def close(code, log, seconds):
        program.end(code, log)
        total[0] += program.passed
        total[1] += program.failed
        total[2] += program.skipped
        table.append("# %-28s %5d passed %3d failed %3d skipped %4ds%s" % (
            program.name, program.passed, program.failed, program.skipped,
            seconds, "  " + ", ".join(program.why) if program.why else ""))

    for raw in sys.stdin.buffer:
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        print(line, flush=True)
        begin = BEGIN.match(line)
        end = END.match(line)
        if begin:
            if program:
                program.why.append("did not end")
                close(1, "clean", 0)
            program = Program(begin.group(1))
        elif end and program and end.group(1) == program.name:
            close(int(end.group(2)), end.group(3), int(end.group(4)))
            program = None
        elif program:
            program.line(line)
    if program:
        program.why.append("did not end")
        close(1, "clean", 0)
    if not table:
        total[1] += 1
        table.append("# no test program was run")
    print("\n".join(table))
    if len(sys.argv) > 1:
        with open(sys.argv[1], "w") as f:
            f.write("%d %d %d\n" % tuple(total))
    sys.exit(1 if total[1] else 0)


main()
