#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures points of the grid, in the VM: arguments name them, one line of JSON
each is the answer.

A point: PEER[:KEY=VALUE]..., KEYs
	traffic=established|new|drop	the flow is known; each packet is a flow;
					each is one that no rule allows
	family=4|6  gso=0|1  outward=1|0
	ports=N rules=N members=N
"""
import json
import subprocess
import sys

import lab
import peers
import pktgen
import policy

BUDGET = 150e6          # nanoseconds of the guest for a point, about
FLOWS = 60000           # a new flow has a source port of its own


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
        return dict({k: getattr(self, k) for k in self.KEYS}, peer=self.peer)


class PointError(Exception):
    pass


def open_run(point):
    """the lab, the peer set up, and a function that runs n packets"""
    peer = peers.PEERS[point.peer]()
    pol = policy.Policy(point.ports, point.rules, point.members,
                        bool(point.outward))
    road = lab.Lab(gso=bool(point.gso))
    peer.setup(road, pol)
    dport = policy.CLOSED if point.traffic == "drop" else policy.DPORT
    if point.traffic == "established":
        road.establish(point.family, "tcp" if point.gso else "udp", dport)
    if point.gso:
        stream = pktgen.GsoStream(road, point.family, dport)
    else:
        stream = pktgen.Stream(road, point.family, dport,
                               new=point.traffic == "new",
                               outward=bool(point.outward))
    return peer, road, stream


def check(point, peer, road, sent, before):
    """what was to pass has passed, what was to be dropped was"""
    passed = road.received(bool(point.outward)) - before
    want = 0 if point.traffic == "drop" and peer.stateful and \
        peer.name != "conntrack" else sent
    if abs(passed - want) > 3:
        raise PointError("%s: %d of %d packets came out, not %d" % (
            point.text, passed, sent, want))


def measure(point):
    peer, road, stream = open_run(point)
    try:
        with stream:
            before = road.received(bool(point.outward))
            sent = 500
            per = stream.run(200) / 200         # caches, slabs, the estimate
            per = stream.run(300) / 300
            count = int(min(max(BUDGET / per, 500), 20000))
            per = stream.run(count) / count
            sent += count
            check(point, peer, road, sent, before)
    finally:
        peer.cleanup()
        road.close()
    return dict(point.dict(), value=round(per, 1), packets=count)


def main():
    subprocess.run(["modprobe", "-a", "pktgen", "veth", "bridge",
                    "nf_conntrack_bridge", "tun"], capture_output=True)
    for text in sys.argv[1:]:
        try:
            print("point " + json.dumps(measure(Point(text))), flush=True)
        except (PointError, pktgen.PktgenError, RuntimeError) as e:
            print("failed %s: %s" % (text, e), flush=True)


if __name__ == "__main__":
    main()
