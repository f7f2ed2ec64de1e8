#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is refused has changed nothing: bindings, zones, states and versions are, byte by
byte, what they were. Whatever is configured pins the module, and what is flushed is
forgotten.

    tap1, tap2 = VMs --+-- [br0] --- qvb
"""
import ctypes
import json
import os
import socket
import struct

import frames as f
import genl
import harness
from harness import ip

N = genl.N
NESTED = 0x8000
HEAD = "group add g\nrule add g egress id 1\n"
PORT = "port add tap%d mac 02:00:00:00:00:%02x ip 10.1.0.%d group g%s\n"
BOTH = HEAD + PORT % (1, 1, 1, "") + PORT % (2, 2, 2, "")

t = harness.start()
node = harness.Node(t)


def raw(cmd):
    """the payloads of a dump"""
    g = genl.Genl()
    return g.request(g.family, N["BR_SG_CMD_" + cmd], b"", genl.NLM_F_DUMP)


def everything():
    return (raw("BINDING_GET"), raw("ZONE_GET"), raw("PORT_GET"),
            node.sgctl("-j", "status").stdout)


def unload():
    """errno; does not wait"""
    if harness._libc.syscall(harness.SYS_DELETE_MODULE, b"br_sg", os.O_NONBLOCK):
        return ctypes.get_errno()
    return 0


def binding(dev, serial, version=5):
    return genl.attr(N["BR_SG_A_BINDING"] | NESTED, b"".join(
        genl.attr(N["BR_SG_BINDING_A_" + name], value) for name, value in (
            ("DEV", dev.encode() + b"\0"),
            ("IFINDEX", struct.pack("=I", socket.if_nametoindex(dev))),
            ("SERIAL", struct.pack("=I", serial)),
            ("POLICY_VERSION", struct.pack("=H", version)))))


def serial(dev):
    return genl_port(dev)["serial"]


def genl_port(dev):

    return json.loads(node.sgctl("-j", "port", "show", dev).stdout)[0]


node.apply(BOTH)
before = everything()
g = genl.Genl()


def transaction(*messages, end="COMMIT"):
    """0 or the errno of the first that is refused"""
    try:
        g.request(g.family, N["BR_SG_CMD_BEGIN"])
        for cmd, data in messages:
            g.request(g.family, N["BR_SG_CMD_" + cmd], data)
        g.request(g.family, N["BR_SG_CMD_" + end])
    except OSError as e:
        return e.errno
    return 0


# a commit that is refused when it asks for another port's serial
taken = serial("tap2")
got = transaction(("BINDING_RESUME", binding("tap1", taken)))
t.ok(got, "a serial of another port is refused", got)
t.equal(everything(), before, "and nothing has changed")
r = node.sgctl("port", "set", "tap1", "group", "none", check=False)
t.ok(r.returncode == 2, "a group that is not there is refused", r.stderr)
t.equal(everything(), before, "and nothing has changed")
r = node.sgctl("apply", "--dry-run", "-", stdin=HEAD + PORT % (1, 1, 1, " zone 9"),
               check=False)
r = node.sgctl("check", "-", stdin=HEAD + PORT % (1, 1, 1, " zone 9"))
t.equal(everything(), before, "nor by what is only checked")

# a transaction that is given up moves no counter of serials
high = serial("tap2") + 1000000
got = transaction(("BINDING_RESUME", binding("tap1", high)), end="ABORT")
t.equal((got, everything()), (0, before), "one that is given up changes nothing")
node.apply(HEAD + PORT % (1, 1, 1, ""))
node.apply(BOTH)
t.ok(taken < serial("tap2") < high, "nor what serial is given next", taken,
     serial("tap2"), high)

# a join that is refused, by who is asked after us: a bridge of itself
before = everything()
for dev, bridge in ("br0", "br0"), ("lo", "br0"):
    r = harness.sh("ip", "link", "set", dev, "master", bridge, check=False)
    t.ok(r.returncode, "%s does not join %s" % (dev, bridge), r.stderr)
    t.equal(everything(), before, "and nothing has changed")
ip("link add br9 type bridge")
r = harness.sh("ip", "link", "set", "br9", "master", "br0", check=False)
t.ok(r.returncode, "a bridge does not join a bridge", r.stderr)
t.equal(everything(), before, "and nothing has changed")
ip("link del br9")
t.equal(everything(), before, "nor when it is gone")

# leaving and coming back, in any order, is who it was
serials = serial("tap1"), serial("tap2")
ip("link set tap1 nomaster\nlink set tap2 nomaster\n"
   "link set tap2 master br0\nlink set tap1 master br0")
t.equal((serial("tap1"), serial("tap2")), serials, "who comes back is who it was")

# pinned by anything
node.sgctl("flush")
t.equal(unload(), 0, "without a configuration the module goes")
for name, text in (("a group", "group add g\n"), ("a set", "set add s 10.0.0.1\n"),
                   ("a default", "default drop tap*\n"),
                   ("a port", PORT.replace(" group g", " off") % (7, 7, 7, ""))):
    t.ok(harness.load_module(), "it is back")
    node.sgctl("apply", "--allow-empty", "-", stdin=text)
    t.ok(unload(), "%s keeps the module" % name)
    node.sgctl("flush")
    t.equal(unload(), 0, "until it is flushed")
t.ok(harness.load_module(), "it is back")
node.genl = genl.Genl()
node.apply(BOTH)
node.sgctl("apply", "--allow-empty", "-", stdin=HEAD)
t.ok(unload(), "groups that are left keep it, too")
t.equal((raw("BINDING_GET"), genl.Genl().status()[2]), ([], {}),
        "and no device is known any more")
frame = f.packet("02:00:00:00:00:07", "02:00:00:00:00:99", "10.9.9.9", "10.1.0.99",
                 17, f.udp("10.9.9.9", "10.1.0.99", 1000, 53))
t.ok(node.send("tap1", frame)["qvb"], "nor guarded")
node.apply(BOTH)
t.ok(not node.send("tap1", frame)["qvb"], "it is when it has a line again")
node.sgctl("flush")
t.equal(unload(), 0, "and flushed the module goes")
t.ok(harness.load_module(), "it is back")
t.done()
