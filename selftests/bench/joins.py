#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""joins.py PORTS...: what it costs the kernel, in instructions where the clock counts
those, that a device joins a bridge, leaves it and is renamed beside so many other bridge
ports with a port line each; then what `flush` and the module's removal cost.

    selftests/vm/run.sh -i -m 2048 -t 1800 python3 selftests/bench/joins.py 2000 10000

Beside each the same without the module is printed as "bare": take the difference.
"""
import fcntl
import os
import socket
import statistics
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../netns"))
import harness  # noqa: E402
from harness import ip, sh  # noqa: E402

SIOCBRADDIF, SIOCBRDELIF, SIOCSIFNAME = 0x89a2, 0x89a3, 0x8923
PER_BRIDGE = 500


def timed(call, *args):
    start = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    call(*args)
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) - start


def port_of(bridge, dev, request):
    fcntl.ioctl(control, request, struct.pack("16si20x", bridge.encode(),
                                              socket.if_nametoindex(dev)))


def rename(old, new):
    fcntl.ioctl(control, SIOCSIFNAME, struct.pack("16s16s8x", old.encode(),
                                                  new.encode()))


def events(bridge):
    """{what: the median of seven}"""
    took = {"join": [], "leave": [], "rename": []}
    for _ in range(7):
        took["join"].append(timed(port_of, bridge, "one", SIOCBRADDIF))
        took["rename"].append(timed(rename, "one", "two"))
        rename("two", "one")
        took["leave"].append(timed(port_of, bridge, "one", SIOCBRDELIF))
    return {what: statistics.median(v) for what, v in took.items()}


def show(n, what, took, bare=None):
    print("%6d ports  %-8s %11d%s" % (n, what, took, "" if bare is None else
                                      "  bare %9d  difference %9d" % (
                                          bare, took - bare)), flush=True)


def config(n):
    return "default drop tap*\ngroup add g\nrule add g egress id 1\n" + "".join(
        "port add %s mac 02:00:00:00:%02x:%02x ip 10.%d.%d.1 group g\n" % (
            name, i >> 8, i & 255, i >> 8, i & 255)
        for i, name in enumerate(["one"] + ["p%d" % i for i in range(n)]))


def devices(first, n):
    lines = []
    for i in range(first, n):
        if i % PER_BRIDGE == 0:
            lines.append("link add b%d type bridge" % (i // PER_BRIDGE))
        lines.append("link add p%d master b%d type dummy" % (
            i, i // PER_BRIDGE))
    ip("\n".join(lines))


def measure(n, there):
    devices(there, n)
    harness.unload_module()
    bare = events("b0")
    harness.load_module()
    sh(harness.SGCTL, "apply", "-", stdin=config(n))
    for what, took in events("b0").items():
        show(n, what, took, bare[what])
    show(n, "port set", timed(sh, harness.SGCTL, "port", "set", "p7", "strict"))
    show(n, "flush", timed(sh, harness.SGCTL, "flush"))
    show(n, "rmmod", timed(harness.unload_module))


harness.load_module()
harness.bare_netns()
control = socket.socket()
ip("link add one type dummy")
there = 0
for number in map(int, sys.argv[1:]):
    measure(number, there)
    there = number
