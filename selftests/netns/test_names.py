#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Devices and bridges whose names are no text: the kernel takes any bytes but '/', ':' and
space. What sgctl prints of them is text, and JSON that is whole."""
import json
import socket
import subprocess

import frames as f
import harness
from harness import SGCTL

BRIDGE, TAP = b"br\xff\x1b[31mX", b"tap\x9b\x07\\\xc3\xbc"
SHOWN, TAP_SHOWN = r"br\xff\x1b[31mX", r"tap\x9b\x07\x5c" + "\u00fc"
CONFIG = """default drop tap*
group add g
rule add g egress id 1
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 group g
"""

t = harness.start()
node = harness.Node(t, taps=("tap1",))


def ip(*args):
    subprocess.run([b"ip", *(a if isinstance(a, bytes) else a.encode() for a in args)],
                   check=True)


def sgctl(*args, stdin=""):
    """exit status and what was printed, which must be UTF-8 without control characters"""
    r = subprocess.run([SGCTL, *args], input=stdin.encode(), capture_output=True, check=False)
    out = r.stdout.decode("utf-8", "surrogateescape")
    t.ok(r.stdout.isascii() or "\udc80" > max(out), "sgctl %s prints UTF-8" % " ".join(args),
         r.stdout)
    t.ok(not any(c < " " and c != "\n" for c in out) and "\x7f" not in out,
         "and no control character", r.stdout)
    return r.returncode, out


ip("link", "add", "name", BRIDGE, "type", "bridge")
ip("link", "set", BRIDGE, "up")
ip("link", "set", "tap1", "master", BRIDGE)
ip("link", "add", "name", TAP, "type", "veth", "peer", "name", "far")
ip("link", "set", "far", "up")
ip("link", "set", TAP, "up", "master", BRIDGE)
node.apply(CONFIG)

rc, out = sgctl("port", "show")
t.ok(rc == 0 and "port tap1: active on bridge %s in zone " % SHOWN in out, "port show", out)
rc, out = sgctl("-j", "port", "show")
harness.valid(t, "port-show", out)
t.equal((rc, json.loads(out)[0]["bridge"]), (0, SHOWN), "as JSON")
rc, out = sgctl("status")
t.ok(rc == 0 and "bridge %s zone " % SHOWN in out, "status", out)
rc, out = sgctl("-j", "status")
harness.valid(t, "status", out)
t.equal((rc, json.loads(out)["zones"][0]["bridge"]), (0, SHOWN), "as JSON")
rc, out = sgctl("port", "chains", "tap1")
t.equal(rc, 0, "port chains")

# a frame of the device, which no port line names
FRAME = f.arp("02:00:00:00:00:07", "02:00:00:00:00:07", "10.1.0.7", "10.1.0.8")
far = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
far.bind(("far", 0))
for options in ([], ["-j"]):
    m = subprocess.Popen([SGCTL, *options, "monitor"], stdout=subprocess.PIPE)
    m.stdout.readline()
    far.send(FRAME)
    line = m.stdout.readline()
    m.terminate()
    m.wait()
    text = line.decode()
    if options:
        harness.valid(t, "monitor", text)
        t.equal(json.loads(text)["port"], TAP_SHOWN, "monitor as JSON")
    else:
        t.ok("\x1b" not in text and "\x07" not in text and " %s egress drop" % TAP_SHOWN in text,
             "monitor", text)

# the shadow counts what devices without a port line would lose or get
node.sgctl("shadow", "apply", "-", stdin=CONFIG.replace("default drop tap*", "default accept tap*"))
far.send(FRAME)
rc, out = sgctl("shadow", "show")
t.ok(rc == 0 and "port %s:\n" % TAP_SHOWN in out, "shadow show", out)
rc, out = sgctl("-j", "shadow", "show")
harness.valid(t, "shadow-show", out)
t.equal([x["port"] for x in json.loads(out)], [TAP_SHOWN], "as JSON")
rc, out = sgctl("-j", "shadow", "diff")
t.equal((rc, json.loads(out)["ports"][0]["port"]), (4, TAP_SHOWN), "shadow diff")
node.sgctl("shadow", "drop")

# a port that is blocked says by which bridge
ip("link", "set", BRIDGE, "type", "bridge", "vlan_filtering", "1")
rc, out = sgctl("-j", "port", "show")
t.ok(rc == 0 and json.loads(out)[0]["why"].startswith(SHOWN + " filters VLANs"), "why", out)
ip("link", "set", BRIDGE, "type", "bridge", "vlan_filtering", "0")

# what cannot be written is an error, of monitor too, which else goes on for ever
with open("/dev/full", "w", encoding="ascii") as full:
    for options in ([], ["-j"]):
        r = subprocess.run([SGCTL, *options, "monitor"], stdout=full, stderr=subprocess.PIPE,
                           timeout=60, check=False)
        t.ok(r.returncode == 1 and b"No space left" in r.stderr, "monitor: no room",
             r.returncode, r.stderr)

# a device that was a port and is called so: an upgrade cannot keep it shut, and says so
ip("link", "set", "tap1", "down")
ip("link", "set", "tap1", "name", TAP + b"1")
ip("link", "set", TAP + b"1", "up")
r = subprocess.run([SGCTL, "module", "upgrade"], capture_output=True, check=False)
t.ok(r.returncode and b"was a port under another name" in r.stderr and
     TAP_SHOWN.replace("x5c", "").encode() + b"1" in r.stderr and b"\x07" not in r.stderr and b"\x9b" not in r.stderr,
     "an error names it, too", r.returncode, r.stderr)
t.done()
