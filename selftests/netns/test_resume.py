#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""BINDING_RESUME and ZONE_RESUME: a new port takes the serial and a later version
that it is given, if its device is the one; nothing else does, and nothing stays."""
import errno
import json
import socket
import struct

import genl
import harness
from harness import ip

N = genl.N
CONFIG = """default drop tap*
group add g
rule add g egress id 1
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 group g
port add tap2 mac 02:00:00:00:00:02 ip 10.1.0.3 group g
"""
NESTED = 0x8000

t = harness.start()
node = harness.Node(t, taps=("tap1", "tap2"))
ip("link add br1 type bridge\nlink set br1 up")
INDEX = {x: socket.if_nametoindex(x) for x in ("tap1", "tap2")}


def text(s):
    return s.encode() + b"\0"


def u32(n):
    return struct.pack("=I", n)


def u16(n):
    return struct.pack("=H", n)


def binding(dev=None, ifindex=None, serial=None, version=None, renamed=False):
    parts = [("DEV", dev and text(dev)), ("IFINDEX", ifindex and u32(ifindex)),
             ("SERIAL", None if serial is None else u32(serial)),
             ("POLICY_VERSION", None if version is None else u16(version)),
             ("RENAMED", b"" if renamed else None)]
    return genl.attr(N["BR_SG_A_BINDING"] | NESTED, b"".join(
        genl.attr(N["BR_SG_BINDING_A_" + n], v) for n, v in parts
        if v is not None))


def zone(bridge, number):
    return genl.attr(N["BR_SG_A_ZONE"] | NESTED,
                     genl.attr(N["BR_SG_ZONE_A_BRIDGE"], text(bridge)) +
                     genl.attr(N["BR_SG_ZONE_A_ID"], u16(number)))


class Txn:
    """what sgctl commits, and what is resumed with it"""

    def __init__(self):
        self.g = genl.Genl()
        self.call("BEGIN")

    def call(self, cmd, data=b""):
        """0 or an errno"""
        try:
            self.g.request(self.g.family, N["BR_SG_CMD_" + cmd], data)
            return 0
        except OSError as e:
            return e.errno


def port_new(dev, last):
    mac = genl.attr(N["BR_SG_PORT_A_MAC"], bytes((2, 0, 0, 0, 0, last)))
    name = genl.attr(N["BR_SG_PORT_A_DEV"], text(dev))
    return genl.attr(N["BR_SG_A_OP"], b"\1") + \
        genl.attr(N["BR_SG_A_PORT"] | NESTED, name + mac)


def ports():
    return {p["dev"]: p for p in json.loads(
        node.sgctl("-j", "port", "show").stdout)}


def commit(*messages, ports_of=("tap1",)):
    """a transaction of new ports and what is resumed; its COMMIT's errno"""
    txn = Txn()
    for dev in ports_of:
        txn.call("PORT_NEW", port_new(dev, int(dev[-1])))
    for cmd, data in messages:
        err = txn.call(cmd, data)
        if err:
            return cmd, err
    return "COMMIT", txn.call("COMMIT")


def fresh():
    node.sgctl("flush")


def stamp(dev):
    p = ports()[dev]
    return p.get("serial"), p.get("policy_version")


OK = ("COMMIT", 0)
RESUME = "BINDING_RESUME"

got = commit((RESUME, binding("tap1", INDEX["tap1"], 77, 5) +
              binding("tap2", INDEX["tap2"], 78, 9)), ports_of=("tap1", "tap2"))
t.equal((got, stamp("tap1"), stamp("tap2")), (OK, (77, 6), (78, 10)),
        "new ports take their serials, and the versions behind those given")
got = commit((RESUME, binding("tap1", INDEX["tap1"], 99, 50)), ports_of=())
t.equal((got, stamp("tap1")), (OK, (77, 6)), "a port that is there does not")
got = commit((RESUME, binding("tap1", INDEX["tap1"], 78, 1)), ports_of=())
t.equal((got, stamp("tap1"), stamp("tap2")),
        (("COMMIT", errno.EEXIST), (77, 6), (78, 10)),
        "a serial that another port has is refused, and nothing changed")
node.sgctl("port", "del", "tap1")
commit()
t.ok(stamp("tap1")[0] != 77, "what was resumed once is forgotten")
node.sgctl("port", "del", "tap1")
commit((RESUME, binding("tap3", 4000, 555, 1)))
ip("link add tap3 type dummy\nlink set tap3 master br0")
commit(ports_of=("tap3",))
t.ok(stamp("tap3")[0] not in (None, 555), "a device that came later takes nothing")
ip("link del tap3")

for name, dev, index in (("another ifindex", "tap1", INDEX["tap1"] + 1000),
                         ("the ifindex of another", "tap1", INDEX["tap2"])):
    fresh()
    got = commit((RESUME, binding(dev, index, 77, 5)))
    t.ok(got == OK and stamp("tap1")[0] != 77, name + ": a new serial", got)
fresh()
got = commit((RESUME, binding("tap1", INDEX["tap1"], 77, 0xffff)))
t.ok(got == OK and stamp("tap1")[0] != 77,
     "no version behind the last: a new serial", got)
fresh()
commit(ports_of=("tap2",))
high = stamp("tap2")[0] + 1
fresh()
got = commit((RESUME, binding("tap1", INDEX["tap1"], high + 5, 1)),
             ports_of=("tap1", "tap2"))
t.ok(got == OK and stamp("tap1")[0] == high + 5 and
     stamp("tap2")[0] != high + 5, "no device gets a serial that was resumed",
     high, ports())
fresh()
got = commit(("FLUSH", b""), (RESUME, binding("tap1", INDEX["tap1"], 77, 5)),
             ("PORT_NEW", port_new("tap1", 1)))
t.equal((got, stamp("tap1")), (OK, (77, 6)), "FLUSH before it does no harm")
fresh()
got = commit((RESUME, binding("tap1", INDEX["tap1"], 77, 5)), ("FLUSH", b""),
             ("PORT_NEW", port_new("tap1", 1)))
t.ok(got == OK and stamp("tap1")[0] != 77, "FLUSH behind it drops it", got)

# refused
fresh()
one = binding("tap1", INDEX["tap1"], 77, 5)
for name, data, err in (
        ("no DEV", binding(None, 5, 77, 5), errno.EINVAL),
        ("no IFINDEX", binding("tap1", None, 77, 5), errno.EINVAL),
        ("neither SERIAL nor RENAMED", binding("tap1", 5), errno.EINVAL),
        ("SERIAL without POLICY_VERSION", binding("tap1", 5, 77), errno.EINVAL),
        ("SERIAL and RENAMED", binding("tap1", 5, 77, 5, True), errno.EINVAL),
        ("serial 0", binding("tap1", 5, 0, 5), errno.ERANGE),
        ("ifindex 0x80000000", binding("tap1", 1 << 31, 7, 5), errno.ERANGE),
        ("a device twice", one + binding("tap1", INDEX["tap1"], 78, 5),
         errno.EEXIST),
        ("a serial twice", one + binding("tap2", INDEX["tap2"], 77, 5),
         errno.EEXIST),
        ("no object", b"", errno.EINVAL)):
    t.equal(commit((RESUME, data)), (RESUME, err), name + " is refused")
for name, data, err in (
        ("zone 0", zone("br0", 0), errno.ERANGE),
        ("a zone twice", zone("br0", 9) + zone("br1", 9), errno.EEXIST)):
    t.equal(commit(("ZONE_RESUME", data)), ("ZONE_RESUME", err),
            name + " is refused")
t.equal(node.sgctl("save").stdout, "", "and nothing is in force")
try:
    genl.Genl().request(genl.Genl().family, N["BR_SG_CMD_BINDING_RESUME"], one)
    t.ok(False, "without a transaction it is refused")
except OSError as e:
    t.equal(e.errno, errno.EBADFD, "without a transaction it is refused")

# zones: of a module that has none yet
t.ok(harness.unload_module() and harness.load_module(), "the module is loaded anew")
node.genl = genl.Genl()
got = commit(("ZONE_RESUME", zone("br0", 300) + zone("br1", 301) +
              zone("gone", 302)))
t.equal((got, genl.Genl().status()[2]), (OK, {"br0": 300}),
        "a bridge takes its zone")
ip("link set tap2 master br1")
commit(ports_of=("tap2",))
t.equal(genl.Genl().status()[2], {"br0": 300, "br1": 301},
        "and one that has ports later")
commit(("ZONE_RESUME", zone("br0", 400) + zone("br2", 300)), ports_of=())
t.equal(genl.Genl().status()[2], {"br0": 300, "br1": 301},
        "a bridge that has a zone keeps it")


def zones():
    g, out = genl.Genl(), {}
    for msg in g.request(g.family, N["BR_SG_CMD_ZONE_GET"], b"", genl.NLM_F_DUMP):
        for kind, data in genl.attrs(msg):
            if kind == N["BR_SG_A_ZONE"]:
                a = dict(genl.attrs(data))
                out[a[N["BR_SG_ZONE_A_BRIDGE"]][:-1].decode()] = \
                    struct.unpack("=H", a[N["BR_SG_ZONE_A_ID"]])[0]
    return out


t.equal(zones(), {"br0": 300, "br1": 301, "gone": 302},
        "all are shown, of bridges that are gone too")

# renamed
fresh()
node.apply(CONFIG)
ip("link set tap2 down\nlink set tap2 name vm2\nlink set vm2 up")
g = genl.Genl()
shown = {}
for msg in g.request(g.family, N["BR_SG_CMD_BINDING_GET"], b"", genl.NLM_F_DUMP):
    for kind, data in genl.attrs(msg):
        if kind == N["BR_SG_A_BINDING"]:
            a = dict(genl.attrs(data))
            shown[a[N["BR_SG_BINDING_A_DEV"]][:-1].decode()] = a
t.ok(set(shown) == {"tap1", "vm2"} and
     N["BR_SG_BINDING_A_RENAMED"] in shown["vm2"] and
     N["BR_SG_BINDING_A_SERIAL"] not in shown["vm2"] and
     struct.unpack("=I", shown["tap1"][N["BR_SG_BINDING_A_SERIAL"]])[0] ==
     stamp("tap1")[0], "a port and a renamed device are shown", shown)
fresh()
t.ok(harness.unload_module() and harness.load_module(), "the module is loaded anew")
node.genl = genl.Genl()
vm = node.taps["tap2"]
ip("link set vm2 master br0")


def passes():
    before = genl.Genl().status()[0]
    vm.send(b"\xff" * 6 + b"\2\0\0\0\0\2\x88\xb5" + b"x" * 50)
    return genl.Genl().status()[0] == before


commit()
t.ok(passes(), "a device without a port line passes")
fresh()
commit((RESUME, binding("vm2", INDEX["tap2"], renamed=True)))
t.ok(not passes(), "one that was renamed before is blocked")
node.sgctl("default", "drop", "x*")
t.ok(not passes(), "and after the next commit")
node.sgctl("port", "add", "vm2", "off")
t.ok(passes(), "until a port line names it")
fresh()
t.done()
