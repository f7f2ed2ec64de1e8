#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The debug kernel checks what it is built to check: every option of debug.config
is on, and every mistake that faulty.ko makes gets into the log, in words that
run.sh and run_list.sh take for a failure."""
import ctypes
import errno
import gzip
import os
import re

import checkers
from checkers import bad, harness, take_log

FAULTY = os.environ["FAULTY_KO"]
# lockdep ends with the first that it finds, and with what taints the kernel: it
# is first, and what it only helps with before
FAULTS = (
    ("rcu-without-lock", "WARNING: suspicious RCU usage"),
    ("lock-order", "possible circular locking dependency"),
    ("sleep-in-atomic", "BUG: sleeping function called from invalid context"),
    ("preemptible", "BUG: using smp_processor_id"),
    ("shift", "UBSAN: shift-out-of-bounds"),
    ("bounds", "UBSAN: array-index-out-of-bounds"),
    ("active-object", "ODEBUG: free active"),
    ("refcount", "refcount_t: addition on 0"),
    ("netns-tracker", "reference already released"),
    ("leak", "kmemleak: [0-9]+ new suspected"),
    ("use-after-free", "KASAN: (slab-)?use-after-free"),
    ("out-of-bounds", "KASAN: vmalloc-out-of-bounds"),
)


def make(fault):
    """makes the mistake; the errno with which the module does not load"""
    return 0 if harness.insert_module(FAULTY, "fault=" + fault) else \
        ctypes.get_errno()


t = harness.Test()
with gzip.open("/proc/config.gz", "rt") as f:
    on = set(f.read().splitlines())
with open(os.path.join(checkers.HERE, "debug.config")) as f:
    wanted = [x for x in f.read().splitlines()
              if re.match("CONFIG_|# CONFIG_.* is not set", x)]
t.equal([x for x in wanted if x.startswith("CONFIG_") and x not in on], [],
        "this kernel has each of %d options" % len(wanted))
t.equal(checkers.lockdep_on(), True, "lockdep is at work")
t.equal(checkers.leaks(), "", "kmemleak finds nothing before")
before = take_log()
t.ok(not bad(before), "nor is there anything in the log", before)
# a finding turns the console up to all, but for one that is off
harness.sysctl("kernel.printk", "0 4 0 7")
t.equal(make("none"), errno.EINVAL, "a mistake that there is not is none")
for fault, words in FAULTS:
    code = make(fault)
    if fault == "leak":
        checkers.leaks()
        harness.sh("sh", "-c", "echo clear >" + checkers.KMEMLEAK)
    log = take_log()
    t.ok(code == errno.ECANCELED and re.search(words, log) and bad(log),
         "%s is seen" % fault, os.strerror(code), log)
t.equal(checkers.lockdep_on(), False, "and lockdep is seen to have ended")
t.done()
