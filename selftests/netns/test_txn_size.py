#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""1,000 ports with 100 rules each and 100,000 members in one transaction, in
messages of a bounded size. Whoever dies, runs out of memory or comes second in
the middle of it changes nothing and leaves nothing; who reads meanwhile sees one
configuration."""
import json
import os
import random
import signal
import struct
import subprocess
import tempfile
import time

import genl
import harness
import leaks
import watch
from harness import SGCTL, sh

PORTS, RULES, MEMBERS = 1000, 100, 100000
MESSAGE_MAX = 96 * 1024
# make check-live does all of it at full size
KILLS = int(os.environ.get("BR_SG_KILLS", "30"))
PART = int(os.environ.get("BR_SG_PART", "4"))
SMALL = harness.SOME_GROUPS + """
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 group web
"""

t = harness.start()
node = harness.Node(t, taps=("tap1", "qvb"))
tmp = tempfile.TemporaryDirectory()
dice = random.Random(int(os.environ.get("BR_SG_SEED", "1")))


def large(first, part=1):
    """every rule's port counts from @first, so that two of them show in any
    piece of a mixture"""
    lines = ["default drop tap*", "group add peers"]
    hosts = ["10.%d.%d.%d" % (16 + (i >> 16), i >> 8 & 255, i & 255)
             for i in range(MEMBERS // part)]
    lines += ["member add peers " + " ".join(hosts[i:i + 100])
              for i in range(0, len(hosts), 100)]
    for p in range(PORTS // part):
        lines.append("group add g%d" % p)
        lines += ["rule add g%d %s proto tcp dport %d%s" % (
            p, "ingress" if k % 2 else "egress", first + k,
            " remote group peers" if k % 2 else "") for k in range(RULES)]
        lines.append("port add tap%d mac 02:00:00:00:%02x:%02x ip 10.1.%d.%d "
                     "group g%d" % (p, p >> 8, p & 255, p >> 8, p & 255, p))
    return "\n".join(lines) + "\n"


def write(name, text):
    path = os.path.join(tmp.name, name)
    with open(path, "w") as file:
        file.write(text)
    return path


def save():
    return node.sgctl("save").stdout


def generation():
    return node.genl.status()[1]


def memory():
    return json.loads(node.sgctl("-j", "status").stdout)["bytes"]


def apply(path):
    node.sgctl("apply", path)


ONE, TWO = write("one", large(1)), write("two", large(1001))
OLD, NEW = write("old", SMALL), write("new", large(1, PART))
wire = watch.Wire(node.genl.family)


def transaction():
    """(messages to the module, size of the largest of all) since the last call"""
    seen = list(wire.messages())
    return (sum(what is not None for what, _ in seen),
            max(length for _, length in seen))


# in one transaction
apply(OLD)
old = save()
list(wire.messages())
before = generation()
apply(ONE)
now = json.loads(node.sgctl("-j", "status").stdout)
messages, largest = transaction()
t.equal((now["ports"], now["rules"], now["generation"]),
        (PORTS, PORTS * RULES, before + 1),
        "%d ports, %d rules and %d members are one transaction" % (
            PORTS, PORTS * RULES, MEMBERS))
t.ok(messages > 100 and largest <= MESSAGE_MAX and not wire.dropped(),
     "in messages of a bounded size", messages, largest)
lines = save().count("\n")
_, largest = transaction()
t.ok(lines > PORTS * RULES and largest <= MESSAGE_MAX,
     "which a dump has, too", lines, largest)
apply(ONE)
t.equal(generation(), before + 1, "applied again it is no change")


# killed
def either(name, code, outcomes):
    """after a writer ended with @code: the old configuration or the new, with
    the generation that belongs to it"""
    g = generation()
    if g == outcomes["generation"]:
        outcomes["old"] += 1
        what = save()
        if what != old or memory() != outcomes["memory"]:
            outcomes["wrong"].append((name, code, "neither old nor new"))
        return
    outcomes["new"] += 1
    if g != outcomes["generation"] + 1 or save() != new:
        outcomes["wrong"].append((name, code, g))
    apply(OLD)
    outcomes["generation"] = generation()


apply(OLD)
list(wire.messages())
apply(NEW)
messages, _ = transaction()
new = save()
apply(OLD)
baseline = memory()
# the small configuration is what it is when nothing waits to be freed
time.sleep(2)
list(wire.messages())
first = leaks.objects()
outcomes = {"generation": generation(), "memory": baseline, "wrong": [],
            "old": 0, "new": 0}
codes = []
for i in range(KILLS):
    # the last is COMMIT
    n = dice.randint(1, messages) if i % 3 else messages - dice.randint(0, 1)
    code = wire.kill([SGCTL, "apply", NEW], n)
    codes.append(code)
    either("message %d of %d" % (n, messages), code, outcomes)
t.equal(outcomes["wrong"], [],
        "sgctl killed %d times at it: what is there is the old or the new" %
        KILLS)
t.ok(codes.count(-signal.SIGKILL) >= KILLS // 4 and
     outcomes["old"] >= KILLS // 4, "many of them in the middle",
     codes, outcomes)
t.equal(leaks.candidates(), leaks.CANDIDATES, "no candidate of theirs is left")
t.ok(memory() == baseline, "the configuration takes what it took", memory())
KEPT = "and no memory is kept"
if harness.SLOW > 1:
    t.skip(KEPT, "a debug kernel's trackers keep what was released")
else:
    t.equal(leaks.grown(first, KILLS // 2, lambda: list(wire.messages())), {},
            KEPT)

# without memory
def group_v1():
    """a memory cgroup whose kernel memory is refused without killing anybody"""
    root = os.path.join(tmp.name, "memory")
    os.mkdir(root)
    if sh("mount", "-t", "cgroup", "-o", "memory", "none", root,
          check=False).returncode:
        return None, None
    path = os.path.join(root, "br_sg_test")
    os.mkdir(path)
    with open(path + "/memory.oom_control", "w") as file:
        file.write("1")
    return root, path


def limited(path, room):
    """sgctl apply with @room bytes more than it has when it begins"""
    def enter():
        with open(path + "/cgroup.procs", "w") as file:
            file.write(str(os.getpid()))
    with open(path + "/memory.limit_in_bytes", "w") as file:
        file.write("-1")
    begun = []

    def before(what):
        if what == "begin" and not begun:
            begun.append(what)
            with open(path + "/memory.usage_in_bytes") as file:
                usage = int(file.read())
            with open(path + "/memory.limit_in_bytes", "w") as file:
                file.write(str(usage + room))
    return watch.each_message([SGCTL, "apply", NEW], node.genl.family, before,
                              enter=enter)


root, group = group_v1()
if not root:
    t.skip("without memory", "the memory controller is another hierarchy's")
else:
    try:
        outcomes.update(generation=generation(), old=0, new=0)
        results = []
        for room in (0, 16, 64, 256, 1024, 2048, 4096, 8192, 12288, 262144):
            r = limited(group, room << 10)
            results.append((room, r.returncode, r.stderr.strip()[-60:]))
            if r.returncode != (2 if generation() == outcomes["generation"]
                                else 0):
                outcomes["wrong"].append((room, r.returncode, r.stderr))
            if r.returncode and "Cannot allocate memory" not in r.stderr:
                outcomes["wrong"].append((room, r.stderr))
            either("%d KiB" % room, r.returncode, outcomes)
        t.equal(outcomes["wrong"], [],
                "a transaction without memory is refused, and nothing changes")
        t.ok(outcomes["old"] >= 6 and outcomes["new"], "and with it is not",
             *results)
        t.equal(leaks.candidates(), leaks.CANDIDATES, "no candidate is left")
    finally:
        end = harness.deadline(30)
        while True:
            try:
                os.rmdir(group)
                break
            except OSError:
                if time.monotonic() > end:
                    break
                time.sleep(0.1)
        sh("umount", root, check=False)

# a reader that takes its time
RULE_A, PORT_MIN = genl.N["BR_SG_A_RULE"], genl.N["BR_SG_RULE_A_PORT_MIN"]


def tally(message, seen):
    """counts the rules of a dump's message, by the configuration they are of"""
    for kind, data in genl.attrs(message):
        if kind == RULE_A:
            port, = struct.unpack("=H", dict(genl.attrs(data))[PORT_MIN])
            seen[port > 1000] = seen.get(port > 1000, 0) + 1


apply(ONE)
readers = []
for path in TWO, ONE, TWO:
    client = genl.Genl()
    dump = client.dump(client.family, genl.N["BR_SG_CMD_RULE_GET"])
    seen = {}
    tally(next(dump), seen)
    readers.append((client, dump, seen, path != TWO))
    # it does not read on while others commit
    apply(path)
for client, dump, seen, which in readers:
    for message in dump:
        tally(message, seen)
    client.s.close()
t.equal([x[2] for x in readers],
        [{x[3]: PORTS * RULES} for x in readers],
        "a dump of %d rules is of one configuration, whatever is committed "
        "until it ends" % (PORTS * RULES))
t.ok(not any(c.torn for c, _, _, _ in readers), "and says no other")
client = genl.Genl()
next(client.dump(client.family, genl.N["BR_SG_CMD_RULE_GET"]))
client.s.close()
apply(OLD)
if harness.SLOW == 1:
    t.equal(leaks.grown(first, PORTS // 2, lambda: list(wire.messages())), {},
            "what they had pinned is freed")
node.sgctl("flush")
t.done()
