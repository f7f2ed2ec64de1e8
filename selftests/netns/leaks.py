# SPDX-License-Identifier: GPL-2.0-or-later
"""What the kernel has in use for us, counted in objects. run.sh makes the count
exact; test_cycles.py says so if it is not."""
import time

import genl
import harness

CANDIDATES = 16     # BR_SG_MAX_CANDIDATES


def objects():
    """of the kernel's general caches, and what of br_sg's is too large for them"""
    found = {}
    with open("/proc/slabinfo") as file:
        for line in file:
            name, active = line.split()[:2]
            if name.startswith("kmalloc-"):
                found[name] = int(active)
    with open("/proc/vmallocinfo") as file:
        found["vmalloc"] = sum("br_sg" in line for line in file)
    return found


def grown(first, limit, before=lambda: None):
    """what of objects() is more than @limit above what it was at @first; waits
    for RCU and the workqueues. @before lets go what the test itself holds"""
    end = harness.deadline(60)
    while True:
        before()
        now = objects()
        more = {k: "%d more than the %d before" % (now.get(k, 0) - n, n)
                for k, n in first.items() if now.get(k, 0) - n > limit}
        if not more or time.monotonic() > end:
            return more
        time.sleep(0.5)


def candidates():
    """how many transactions can be begun"""
    clients = [genl.Genl() for _ in range(CANDIDATES + 1)]
    n = 0
    for client in clients:
        try:
            client.request(client.family, genl.N["BR_SG_CMD_BEGIN"])
            n += 1
        except OSError:
            pass
    for client in clients:
        client.s.close()
    return n
