#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures points of the grid, in the VM: arguments name them, one line of JSON
each is the answer.

point.py [--rounds N] POINT...

A point: PEER[:KEY=VALUE]..., KEYs
	traffic=established|new|drop|flood|group	the flow is known; each packet
					is a flow; each is one that no rule
					allows; one flow to another station's
					address, to a multicast group's
	family=4|6  gso=0|1  outward=1|0
	ports=N rules=N members=N
Without --rounds one after another, each measured once. With it all are set up,
each in a namespace of its own, and take turns N times; a point's value is then
the list of what each turn took.
"""
import json
import statistics
import subprocess
import sys
import time

import lab
import peers
import pktgen
import policy

BUDGET, MOST = 150e6, 20000     # nanoseconds of the guest for a point, packets
PARTS = 5                       # of these: what happens once is in one of them
TURN = 10e6                     # nanoseconds of one turn of many
WARM = 200


class PointError(Exception):
    pass


class Point:
    KEYS = {"traffic": str, "family": int, "gso": int, "outward": int,
            "ports": int, "rules": int, "members": int}

    def __init__(self, text):
        self.text = text
        self.peer, *options = text.split(":")
        self.traffic, self.family, self.gso, self.outward = "established", 4, 0, 1
        self.ports = self.rules = 1
        self.members = 10
        for option in options:
            key, value = option.split("=")
            setattr(self, key, self.KEYS[key](value))

    def dict(self):
        return dict({"peer": self.peer},
                    **{k: getattr(self, k) for k in self.KEYS})


class Setup:
    """a point with its lab, its peer and its stream"""

    def __init__(self, text):
        self.point = p = Point(text)
        self.peer = peers.PEERS[p.peer]()
        self.start = time.monotonic()
        self.outward = bool(p.outward)
        self.sent = self.passed = self.tries = 0
        self.road = None
        # a known flow was opened by the VM
        pol = policy.Policy(p.ports, p.rules, p.members,
                            self.outward or p.traffic == "established",
                            self.peer.guarded, (p.family,))
        peers.need_br_netfilter(self.peer)
        self.road = lab.Lab(gso=bool(p.gso), bridged=self.peer.bridged)
        try:
            self.peer.setup(self.road, pol)
            self.open_stream()
        except Exception:
            self.close()
            raise

    def open_stream(self):
        p = self.point
        dport = policy.CLOSED if p.traffic == "drop" else policy.DPORT
        if p.traffic == "established":
            self.road.establish(p.family, "tcp" if p.gso else "udp", dport)
        if p.gso:
            self.stream = pktgen.GsoStream(self.road, p.family, dport)
        else:
            self.stream = pktgen.Stream(self.road, p.family, dport,
                                        new=p.traffic in ("new", "drop"),
                                        outward=self.outward,
                                        elsewhere=p.traffic
                                        if p.traffic in ("flood", "group")
                                        else None)

    def run(self, count):
        """what a packet takes, over @count"""
        before = self.road.received(self.outward)
        took = self.stream.run(count) / count
        self.sent += count
        self.passed += self.road.received(self.outward) - before
        return took

    def warm(self, budget):
        """caches and slabs filled; how many packets the budget is"""
        # a switch in userspace takes its time for the first of a kind
        while not self.peer.bridged and self.tries < 5:
            self.run(2)
            time.sleep(0.2)
            self.tries += 1
        self.run(WARM)
        self.sent = self.passed = 0
        return int(min(max(budget / self.run(WARM), WARM), MOST))

    def check(self):
        """what was to pass has passed, what was to be dropped was"""
        want = self.sent
        if self.point.traffic == "drop" and self.peer.filters:
            want = 0
        if abs(self.passed - want) > 3 + want * self.peer.loss:
            raise PointError("%d of %d packets came out, not %d" % (
                self.passed, self.sent, want))

    def close(self):
        if self.road:
            lab.enter(self.road.home)
            self.peer.cleanup(self.road)
            self.road.close()
            self.road = None

    def report(self, **values):
        print("point " + json.dumps(dict(self.point.dict(), **values)),
              flush=True)


def guarded(text, function, *args):
    """a point that fails says so and does not take the others along"""
    try:
        return function(*args)
    except (PointError, pktgen.PktgenError, RuntimeError, OSError) as e:
        print("failed %s: %s" % (text, e), flush=True)
        return None


def once(text):
    setup = Setup(text)
    try:
        count = setup.warm(BUDGET) // PARTS
        value = statistics.median(setup.run(count) for _ in range(PARTS))
        setup.check()
        setup.report(value=round(value, 1), packets=count * PARTS,
                     seconds=round(time.monotonic() - setup.start, 1))
    finally:
        setup.close()


def turns(texts, rounds):
    setups, counts, values = [], {}, {}
    for text in texts:
        s = guarded(text, Setup, text)
        if s:
            setups.append(s)
    for s in setups:
        lab.enter(s.road.home)
        counts[s] = s.warm(TURN)
        values[s] = []
    for _ in range(rounds):
        for s in setups:
            lab.enter(s.road.home)
            values[s].append(round(s.run(counts[s]), 1))
    for s in setups:
        def finish(s=s):
            s.check()
            s.report(value=values[s], packets=counts[s])
        guarded(s.point.text, finish)
        s.close()


def main():
    subprocess.run(["modprobe", "-a", "pktgen", "veth", "bridge", "dummy",
                    "nf_conntrack_bridge", "tun"], capture_output=True)
    lab.softirqd_first()
    args = sys.argv[1:]
    lab.sysctl("net.netfilter.nf_conntrack_buckets", 65536)
    lab.sysctl("net.netfilter.nf_conntrack_max", 262144)
    if args[:1] == ["--rounds"]:
        turns(args[2:], int(args[1]))
        return
    for text in args:
        guarded(text, once, text)


if __name__ == "__main__":
    main()
