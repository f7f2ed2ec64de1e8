# SPDX-License-Identifier: GPL-2.0-or-later
"""sgctl monitor in the background, for the tests of what it tells"""
import json
import os
import select
import subprocess
import time

import harness
from harness import SGCTL


class Monitor:
    """sgctl monitor in the background; its lines"""

    def __init__(self, *words, before=("-j",)):
        self.p = subprocess.Popen([SGCTL, *before, "monitor", *words],
                                  stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE)
        self.left, self.lines = b"", []
        # it listens when it is a member of its group
        end = harness.deadline(120)
        while not self.member() and time.monotonic() < end:
            time.sleep(0.01)

    def member(self):
        with open("/proc/%d/net/netlink" % self.p.pid) as table:
            rows = [x.split() for x in table.read().splitlines()[1:]]
        return any(r[1] == "16" and int(r[3], 16) and
                   int(r[2]) == self.p.pid for r in rows)

    def line(self, seconds=120):
        end = harness.deadline(seconds)
        while b"\n" not in self.left:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.p.stdout], [], [], left)[0]:
                return None
            some = os.read(self.p.stdout.fileno(), 65536)
            if not some:
                return None
            self.left += some
        line, self.left = self.left.split(b"\n", 1)
        self.lines.append(line.decode())
        return line.decode()

    def event(self):
        line = self.line()
        return json.loads(line) if line else {}

    def until(self, last):
        """events up to one that @last is true of"""
        out = []
        while not out or not last(out[-1]):
            out.append(self.event())
            if not out[-1]:
                break
        return out

    def close(self):
        self.p.kill()
        self.p.wait()
