#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Two writers. Whoever commits second is refused, reads what is there now and
does its work again: what the first wrote is not lost. When that does not end, it
says so, and has changed nothing."""
import re
import subprocess

import genl
import harness
import watch
from harness import SGCTL

CONFIG = harness.SOME_GROUPS + """
set add s 192.0.2.1 192.0.2.2
group add free
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 group web
"""
# the first writer's
OTHER = "group add other\nset insert s 192.0.2.77\nrule add web egress id 77 " \
    "proto tcp dport 77\nport replace tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 " \
    "ip 10.1.0.7 group web\n"
LOST = "another writer changes the configuration all the time"

t = harness.start()
node = harness.Node(t, taps=("tap1", "qvb"))


def save():
    return node.sgctl("save").stdout


def parts(text):
    """lines in any order, sets word by word"""
    return sorted(" ".join(sorted(x.split())) for x in text.splitlines())


def generation():
    return node.genl.status()[1]


def second(args, stdin, at, first):
    """sgctl, with @first called before each of its messages @at"""
    def before(what):
        if what == at:
            first()
    return watch.each_message([SGCTL, *args], node.genl.family, before, stdin)


def once(text):
    """a batch, the first time that it is called"""
    left = [text]

    def call():
        if left:
            node.sgctl("-b", "-", stdin=left.pop())
    return call


# what the second does: arguments, input; the same when there is no first
WRITERS = (
    (("group", "add", "mine"), None),
    (("group", "del", "free"), None),
    (("default", "del", "tap*"), None),
    (("member", "add", "web", "10.7.0.1"), None),
    (("set", "insert", "s", "192.0.2.3"), None),
    (("rule", "set", "web", "id", "2", "dport", "23"), None),
    (("rule", "del", "web", "ingress", "proto", "tcp", "dport", "22"), None),
    (("rule", "add", "web", "ingress", "proto", "tcp", "dport", "99"), None),
    (("port", "set", "tap1", "strict"), None),
    (("port", "add", "tap2", "mac", "02:00:00:00:00:02", "group", "db"), None),
    (("-b", "-"), "group add mine\nmember add mine 10.7.0.1\n"
                  "rule set web id 2 dport 23\nset insert s 192.0.2.3\n"),
)
for args, stdin in WRITERS:
    name = "sgctl " + " ".join(args)
    # the outcome of the one after the other is that of both at once
    node.apply(CONFIG)
    node.sgctl("-b", "-", stdin=OTHER)
    node.sgctl(*args, stdin=stdin)
    want = parts(save())
    for at in "begin", "commit":
        node.apply(CONFIG)
        before = generation()
        r = second(args, stdin, at, once(OTHER))
        t.ok(r.returncode == 0 and parts(save()) == want and
             generation() == before + 2,
             "%s: another was quicker, before %s: both are there" % (
                 name, at.upper()), r.returncode, r.stderr, save())

# those that say all that is to be there
for name, args, stdin in (
        ("apply of text", ("apply", "-"), CONFIG + "group add mine\n"),
        ("apply of JSON", ("apply", "-"), None),
        ("flush", ("flush",), ""),
        ("set replace", ("set", "replace", "s", "192.0.2.9"), None)):
    node.apply(CONFIG + "group add mine\n")
    if name == "apply of JSON":
        stdin = node.sgctl("-j", "save").stdout
    node.apply(CONFIG)
    if name == "set replace":
        node.sgctl("-b", "-", stdin=OTHER)
    node.sgctl(*args, stdin=stdin)
    want = parts(save())
    for at in "begin", "commit":
        node.apply(CONFIG)
        r = second(args, stdin, at, once(OTHER))
        t.ok(r.returncode == 0 and parts(save()) == want,
             "%s: another was quicker, before %s: it is as the second says" % (
                 name, at.upper()), r.returncode, r.stderr, save())

# what cannot be done any more is refused, by what is there now
node.apply(CONFIG)
for args, first, says in (
        (("group", "add", "other"), OTHER, "other"),
        (("set", "insert", "s", "192.0.2.77"), "", "192.0.2.77"),
        (("rule", "set", "web", "id", "77", "dport", "78"),
         "rule del web id 77\n", "no rule with id 77"),
        (("port", "set", "tap1", "strict"), "port del tap1\n", "no port"),
        (("group", "del", "free"), "port add tap3 mac 02:00:00:00:00:03 group "
                                   "free\n", "free")):
    before = generation()
    r = second(args, None, "commit", once(first) if first else lambda: None)
    t.ok(r.returncode == 2 and says in r.stderr and
         generation() == before + bool(first),
         "sgctl %s: refused for what the first wrote" % " ".join(args),
         r.returncode, r.stderr)

# a first that is always quicker
LOOP = "default %s vnet*\n"
for args, stdin in (WRITERS[0], WRITERS[5], WRITERS[-1],
                    (("apply", "-"), CONFIG + "group add mine\n"),
                    (("flush",), None)):
    node.apply(CONFIG)
    before, number = save(), generation()
    calls = []

    def toggle():
        calls.append(0)
        node.sgctl("-b", "-", stdin=LOOP % (
            "drop" if len(calls) % 2 else "del"))
    r = second(args, stdin, "commit", toggle)
    if len(calls) % 2:
        toggle()
    t.ok(r.returncode == 2 and LOST in r.stderr and save() == before and
         10 < len(calls) < 100 and generation() == number + len(calls),
         "sgctl %s: another is always quicker: it says so, and nothing has "
         "changed" % " ".join(args), r.returncode, r.stderr, len(calls))

# the answer on the wire
node.apply(CONFIG)
a, b = genl.Genl(), genl.Genl()
for client in a, b:
    client.request(client.family, genl.N["BR_SG_CMD_BEGIN"])
a.request(a.family, genl.N["BR_SG_CMD_COMMIT"])
try:
    b.request(b.family, genl.N["BR_SG_CMD_COMMIT"])
    err = 0
except OSError as e:
    err = e.errno
t.equal(err, 116, "COMMIT of the second is ESTALE")

# loops of both kinds at once, each of what is its own
node.apply(CONFIG + "".join("group add own%d\nrule add own%d ingress proto tcp "
                            "dport 1 id 1\nset add own%d\n" % (w, w, w)
                            for w in range(3)))
ROUNDS = 40
SCRIPTS = ("rule set own%d id 1 dport $i", "set replace own%d 10.0.0.$i",
           "member add own%d 10.3.0.$i")
before = generation()
writers = [subprocess.Popen(
    ["sh", "-c", "for i in $(seq %d); do %s || exit; done" % (
        ROUNDS, " && ".join("%s %s" % (SGCTL, x % w) for x in SCRIPTS))],
    stderr=subprocess.PIPE, text=True) for w in range(3)]
errors = [w.communicate()[1] for w in writers]
text = save()
members = [len(re.findall(r" 10\.3\.0\.\d+", "\n".join(
    x for x in text.splitlines() if x.startswith("member add own%d " % w))))
    for w in range(3)]
t.ok([w.returncode for w in writers] == [0] * 3 and
     members == [ROUNDS] * 3 and
     generation() == before + 3 * 3 * ROUNDS and
     all("own%d ingress proto tcp dport %d " % (w, ROUNDS) in text and
         "set add own%d 10.0.0.%d\n" % (w, ROUNDS) in text for w in range(3)),
     "three writers, %d commits: each of them is there" % (9 * ROUNDS),
     errors, members, text)
node.sgctl("flush")
t.done()
