#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""While devices come, go, are renamed and change their bridges and netns, bridges too,
and commits and shadows are made, a port lets by what its line says and no more, and a
device that a default holds sends nothing. When all is done each is who it was.

    tap1 = VM --+-- [br0] --- qvb       others --- [br1], [br2]...: they come and go
"""
import json
import os
import random
import subprocess
import sys

import frames as f
import harness
from harness import ip

VM, FAR = "02:00:00:00:00:01", "02:00:00:00:00:99"
A, X = "10.1.0.2", "10.9.0.7"
LINE = "port add %s mac %s ip 10.1.0.2 group g%s\n"
CONFIG = "default drop tap*\ngroup add g\nrule add g egress proto udp dport 53 id 1\n"
OTHERS = 12


def udp(dport, sport=1000):
    return f.packet(VM, FAR, A, X, 17, f.udp(A, X, sport, dport))


def others(netns, seed):
    """what goes on beside"""
    rnd = random.Random(seed)
    harness.enter(netns)
    config = ""
    for step in range(harness.repeated(50)):
        dev, bridge = "o%d" % rnd.randrange(OTHERS), "br%d" % rnd.randrange(1, 4)
        subprocess.run(["ip", "-batch", "-", "-force"], stderr=subprocess.DEVNULL,
                       text=True, input=rnd.choice((
                           "link add %s type dummy\nlink set %s master %s\n",
                           "link set %s nomaster\nlink set %s up\n# %s",
                           "link set %s down\nlink set %s name x\nlink set x name "
                           "y%s\n",
                           "link set %s master br0\nlink set %s nomaster\n# %s",
                           "link del %s\n# %s %s",
                       )) % (dev, dev, bridge))
        if not rnd.randrange(4):
            subprocess.run(["ip", "-batch", "-", "-force"],
                           stderr=subprocess.DEVNULL, text=True,
                           input=rnd.choice((
                               "link add %s type bridge\nlink set %s up\n",
                               "link del %s\n# %s\n",
                               "link set %s down\nlink set %s name brx\n"
                               "link set brx name br1\nlink del ybr1\n")) % (
                                   bridge, bridge))
        if not step % 3:
            config = CONFIG + LINE % ("tap1", VM, "") + "".join(
                LINE % ("o%d" % i, "02:00:00:00:01:%02x" % i, rnd.choice(
                    ("", "", " zone 7", " zone %d" % rnd.randrange(1, 5),
                     " strict")))
                for i in range(OTHERS) if rnd.randrange(2))
            subprocess.run([harness.SGCTL, "-q", "apply", "-"], input=config,
                           text=True, stderr=subprocess.DEVNULL)
        if not rnd.randrange(8):
            subprocess.run([harness.SGCTL, "shadow", rnd.choice(
                ("apply", "apply", "drop", "commit")), "-"], input=config,
                text=True, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
    sys.exit(0)


if len(sys.argv) > 1:
    others(os.open("/proc/%s/ns/net" % sys.argv[1], os.O_RDONLY), int(sys.argv[2]))

t = harness.start()
node = harness.Node(t, taps=("tap1", "tap9", "qvb"))
node.apply(CONFIG + LINE % ("tap1", VM, ""))


def port():
    shown = json.loads(node.sgctl("-j", "port", "show", "tap1").stdout)[0]
    return [shown.get(x) for x in ("state", "serial", "bridge")]


who = port()
good, bad = udp(53), udp(54)
for seed in 1, 2:
    beside = [subprocess.Popen([sys.executable, __file__, str(os.getpid()),
                                str(seed * 10 + i)]) for i in range(2)]
    leaked = lost = sent = 0
    while any(p.poll() is None for p in beside):
        out = node.send("tap1", bad)["qvb"] + node.send("tap9", bad)["qvb"]
        leaked += bool(out)
        lost += node.send("tap1", good)["qvb"] != [good]
        sent += 1
    t.equal([p.wait() for p in beside], [0, 0], "devices and commits came and went")
    t.ok(sent and not leaked, "of frames that must not pass none did", leaked, sent)
    t.ok(sent and not lost, "of those that must all did", lost, sent)
    t.equal(port(), who, "the port is who it was")

# all goes at once: a netns with bridges, ports and a shadow dies
node.sgctl("shadow", "drop", check=False)
node.apply(CONFIG + LINE % ("tap1", VM, ""))
child = os.fork()
if not child:
    harness.bare_netns()
    ip("link add br0 type bridge\n" + "".join(
        "link add o%d master br0 type dummy\n" % i for i in range(200)))
    config = CONFIG + "".join(LINE % ("o%d" % i, "02:00:00:00:01:%02x" % i, "")
                              for i in range(200))
    harness.sh(harness.SGCTL, "apply", "-", stdin=config)
    harness.sh(harness.SGCTL, "shadow", "apply", "-", stdin=config)
    os._exit(0)
t.equal(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0,
        "a netns with 200 ports on a bridge ends")
t.ok(node.send("tap1", good)["qvb"] == [good] and not node.send("tap1", bad)["qvb"],
     "another goes on")
node.sgctl("flush")
t.ok(harness.unload_module(), "and lets the module go")
t.ok(harness.load_module(), "it is back")
t.done()
