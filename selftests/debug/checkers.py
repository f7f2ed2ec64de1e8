# SPDX-License-Identifier: GPL-2.0-or-later
"""The files of the kernel that say what its checkers found."""
import os
import re
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../netns"))
import harness

KMEMLEAK = "/sys/kernel/debug/kmemleak"


def take_log():
    """what is in the kernel's log, which is empty then"""
    return harness.sh("dmesg", "-c").stdout


def bad(text):
    """what run.sh would not let pass in it"""
    with tempfile.NamedTemporaryFile("w") as f:
        f.write(text)
        f.flush()
        return harness.sh("bash", "-c", '. "$0/../vm/log.sh"; log_bad "$1"',
                          HERE, f.name, check=False).stdout


def lockdep_on():
    """false when it found something, or ran out of room"""
    with open("/proc/lockdep_stats") as f:
        return re.search(r"debug_locks: *(\d)", f.read()).group(1) == "1"


def leaks():
    """what kmemleak takes for lost; what is younger than five seconds it does
    not look at, and what moves while it looks it finds the second time"""
    time.sleep(6)
    for _ in range(2):
        with open(KMEMLEAK, "w") as f:
            f.write("scan")
    with open(KMEMLEAK) as f:
        return f.read()
