#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""How long machines are cut off by sgctl module upgrade: upgrade.py PORTS...

Frames of an established connection are sent all the time, numbered; the outage is
the time between the last that came out before and the first after. A few of the
ports have devices. Run by root, in a VM: selftests/vm/run.sh -t 600
selftests/bench/upgrade.py 10 1000"""
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../netns"))
import frames as f  # noqa: E402
import harness  # noqa: E402

VM, FAR = "02:00:00:00:00:01", "02:00:00:00:00:99"
TAPS = 4


def config(ports):
    lines = ["default drop tap*", "group add vm", "rule add vm egress id 1"]
    lines += ["rule add vm ingress proto tcp dport %d id %d" % (22 + i, 2 + i)
              for i in range(15)]
    lines += ["port add tap%d mac 02:00:00:00:%02x:%02x ip 10.%d.%d.2 group vm" % (
        i, i >> 8, i & 255, i >> 8, i & 255) for i in range(1, ports + 1)]
    return "\n".join(lines) + "\n"


class Sender(threading.Thread):
    def __init__(self, node):
        super().__init__()
        self.node, self.over = node, threading.Event()
        self.sent, self.came = [], []

    def run(self):
        qvb, tap = self.node.taps["qvb"], self.node.taps["tap1"]
        while not self.over.is_set():
            self.sent.append(time.monotonic())
            qvb.send(f.packet(FAR, VM, "10.9.0.7", "10.0.1.2", 17, f.udp(
                "10.9.0.7", "10.0.1.2", 53, 1000, b"%d" % len(self.sent))))
            self.came.append(bool(tap.recv()))
            time.sleep(0.001)


def outage(sender):
    """ms, and frames"""
    lost = [i for i, came in enumerate(sender.came) if not came]
    if not lost:
        return 0, 0
    return (1000 * (sender.sent[lost[-1] + 1] - sender.sent[lost[0]]),
            len(lost))


def measure(node, ports):
    node.apply(config(ports))
    node.send("tap1", f.packet(VM, FAR, "10.0.1.2", "10.9.0.7", 17, f.udp(
        "10.0.1.2", "10.9.0.7", 1000, 53)))
    sender = Sender(node)
    sender.start()
    time.sleep(0.1)
    said = node.sgctl("module", "upgrade", harness.MODULE).stdout.strip()
    time.sleep(0.1)
    sender.over.set()
    sender.join()
    print("%d ports, %d devices: %d ms, %d frames lost (%s)" % (
        (ports, TAPS) + outage(sender) + (said,)), flush=True)


def main():
    harness.load_module()
    harness.new_netns()
    node = harness.Node(None, taps=["tap%d" % (i + 1) for i in range(TAPS)] + ["qvb"])
    for ports in sys.argv[1:] or ("10", "1000"):
        for _ in range(3):
            measure(node, int(ports))
    node.sgctl("flush")


main()
