#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What opens a host is not done by mistake, and what was done or refused is said
as it is: an empty file, an interrupted apply, what is in use, what is there twice,
a pattern that guards nothing."""
import json
import os
import signal
import tempfile

import frames as f
import genl
import harness
import watch
from harness import SGCTL, sh

VM, FAR = "02:00:00:00:00:01", "02:00:00:00:00:99"
PORT = "port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 group web\n"
GROUP = "group add web\nrule add web ingress proto tcp dport 22 id 1\n"
DROP = "default drop tap*\n"
CONFIG = DROP + GROUP + PORT
N = genl.N

t = harness.start()
node = harness.Node(t)
tmp = tempfile.TemporaryDirectory()


def run(*args, stdin=None):
    r = node.sgctl(*args, stdin=stdin, check=False)
    return r.returncode, r.stdout, r.stderr


def save():
    return node.sgctl("save").stdout


def generation():
    return node.genl.status()[1]


def syn_in(dport):
    """does a SYN from the network come out at the VM's tap?"""
    syn_in.sport += 1
    return bool(node.send("qvb", f.packet(FAR, VM, "10.1.0.66", "10.1.0.2", 6, f.tcp(
        "10.1.0.66", "10.1.0.2", syn_in.sport, dport)))["tap1"])


syn_in.sport = 1024


# what guards nothing, where something is guarded
EMPTY = (
    ("an empty file", ""),
    ("a comment", "# generated\n"),
    ("groups without a port", GROUP),
    ("a default that accepts", "default accept tap*\n"),
    ("JSON without anything", '{"br_sg": {"version": 1}}'),
    ("JSON with empty lists", '{"br_sg": {"version": 1}, "ports": [], '
     '"defaults": [{"pattern": "*", "verdict": "accept"}]}'),
)
for name, text in EMPTY:
    rc, out, err = run("apply", "-", stdin=text)
    t.ok(rc == 0 and "generation" in out, name + " is applied where nothing is in force",
         rc, out, err)
    node.sgctl("flush")
for force, what in ((CONFIG, "a port"), (PORT + GROUP, "a port without a default"),
                    ("port add tap1 off\n", "a port that is off")):
    node.apply(force)
    before = save(), generation(), syn_in(23)
    for name, text in EMPTY:
        rc, out, err = run("apply", "-", stdin=text)
        t.ok(rc == 2 and not out and "flush" in err and "--allow-empty" in err and
             (save(), generation(), syn_in(23)) == before,
             "%s is refused where %s is in force, and nothing changes" % (name, what),
             rc, out, err, save())
    for name, text in EMPTY[:1] + EMPTY[-1:]:
        for args in (("apply", "--allow-empty", "-"), ("apply", "-", "--allow-empty")):
            rc, out, err = run(*args, stdin=text)
            t.ok(rc == 0 and syn_in(23), "%s: %s opens the host" % (" ".join(args), name),
                 rc, out, err)
            node.apply(force)
    t.ok(syn_in(23) == before[2], "and %s is in force again" % what)
node.apply(CONFIG)
rc, out, err = run("apply", "/dev/null")
t.ok(rc == 2 and "/dev/null" in err and syn_in(22) and not syn_in(23),
     "the file is named, and what was in force is", err)
rc, out, err = run("apply", "-", stdin=DROP)
t.ok(rc == 0 and not syn_in(22), "a default drop alone is a configuration", rc, err)
node.apply(CONFIG)
rc, out, err = run("apply", "-", stdin="port add tap9 off\n")
t.ok(rc == 0, "a port alone is one", rc, err)
node.apply(CONFIG)

# and the shadow of it
node.sgctl("shadow", "apply", "-", stdin="")
t.ok(run("shadow", "diff")[0] == 4, "a shadow of an empty file can be looked at")
before = save(), generation()
rc, out, err = run("shadow", "commit")
t.ok(rc == 2 and "flush" in err and "--allow-empty" in err and
     (save(), generation()) == before and not syn_in(23),
     "and not put in force", rc, out, err)
rc, out, err = run("shadow", "commit", "--allow-empty")
t.ok(rc == 0 and syn_in(23), "but on purpose", rc, out, err)

# what apply says
node.sgctl("flush")
text = DROP + GROUP + "rule add web egress\nmember add web 10.9.0.1 10.9.0.2\n" + \
    "set add dns 192.0.2.53\n" + PORT
rc, out, err = run("apply", "-", stdin=text)
t.equal((rc, out, err), (0, "generation %d: ports: 1 added; groups: 1 added; rules: "
                         "2 added; members: 2 added; sets: 1 added; addresses of sets: "
                         "1 added; defaults: 1 added\n" % generation(), ""),
        "apply says in a line what it did")
rc, out, err = run("apply", "-", stdin=text)
t.equal((rc, out, err), (0, "generation %d: nothing changed\n" % generation(), ""),
        "and that it did nothing")
rc, out, err = run("apply", "-", stdin=text.replace("10.1.0.2", "10.1.0.3").replace(
    " 10.9.0.2", "").replace("set add dns 192.0.2.53\n", ""))
t.equal((rc, out, err), (0, "generation %d: ports: 1 changed; members: 1 removed; sets: 1 "
                         "removed; addresses of sets: 1 removed\n" % generation(), ""),
        "what is changed and removed, too")
rc, out, err = run("-j", "apply", "-", stdin=text)
said = json.loads(out)
t.equal((rc, said["generation"], said["sets"], said["ports"], said["shadow"]),
        (0, generation(), {"added": 1, "changed": 0, "removed": 0},
         {"added": 0, "changed": 1, "removed": 0}, False), "and in JSON")
shadow = node.sgctl("-j", "shadow", "apply", "-", stdin=CONFIG).stdout
t.ok(json.loads(shadow)["shadow"] and
     json.loads(shadow)["members"]["removed"] == 2, "shadow apply does", shadow)
harness.valid(t, "apply", out, shadow,
              node.sgctl("-j", "apply", "-", stdin=text).stdout)
t.equal(run("-q", "apply", "-", stdin=CONFIG), (0, "", ""), "-q says nothing")
t.equal(run("apply", "-q", "-", stdin=text), (0, "", ""), "nor behind the command")

# check and diff
for name, text in (("in force", text), ("another", CONFIG)):
    rc, out, err = run("check", "-", stdin=text)
    t.equal((rc, out, err), (0, "standard input is valid\n", ""),
            "check of what is %s: it is valid" % name)
    harness.valid(t, "check", node.sgctl("-j", "check", "-", stdin=text).stdout)
    t.equal(run("diff", "-", stdin=text)[0], 0 if name == "in force" else 4,
            "diff says whether it differs")
path = tmp.name + "/node.sg"
harness.write(path, CONFIG)
r = sh("sh", "-c", "%s check %s && %s apply %s" % (SGCTL, path, SGCTL, path), check=False)
t.ok(r.returncode == 0 and save() == node.sgctl("fmt", path).stdout,
     "check FILE && apply FILE applies", r.stdout, r.stderr)
rc, out, err = run("check", "-", stdin=GROUP + PORT.replace("web", "wbe"))
t.ok(rc == 1 and not out, "check of what is not valid says so", rc, out, err)

# what is in use is not taken away, and who uses it is said
node.apply(CONFIG + """
group add db
set add dns 192.0.2.53
rule add db ingress proto tcp dport 5432 remote group web id 2
rule add db egress proto udp dport 53 remote set dns id 5
rule add web egress remote set dns id 9
rule add web egress remote group web id 10
port add tap2 mac 02:00:00:00:00:02 group db group web
""")
before = save(), generation()
for line, column, words in (
        ("group del web", 11, ('rule 2 of group "db"', "port tap1", "port tap2")),
        ("set del dns", 9, ('rule 5 of group "db"', 'rule 9 of group "web"'))):
    rc, out, err = run(*line.split())
    t.ok(rc == 2 and "command line:1:%d: Error: " % column in err and
         all(w in err for w in words) and "in use" in err and
         "rule 10" not in err and (save(), generation()) == before,
         "%s: who uses it, at the name" % line, rc, err)
BATCHES = (
    ("group del web", 2, 12, "# x\n group del web\n"),
    ("set del dns", 3, 9, "set insert dns 192.0.2.1\ngroup add x\nset del dns\n"),
    ("what is played on a copy", 2, 11, "set replace dns 192.0.2.9\ngroup del web\n"),
    ("flush, and a rule that comes after", 3, 33,
     "flush\ngroup add g\nrule add g ingress remote group web\n"),
)
for name, line, column, text in BATCHES:
    harness.write(tmp.name + "/batch", text)
    rc, out, err = run("-b", tmp.name + "/batch")
    t.ok(rc == 2 and "batch:%d:%d: Error: " % (line, column) in err and
         "in use" in err and (save(), generation()) == before,
         "in a batch: %s, by line and column" % name, rc, err)
rc, out, err = run("-b", "-", stdin="port del tap1\nport set tap2 group db\n"
                   "rule del db id 2\ngroup del web\n")
t.ok(rc == 0, "with all that use it, it goes", rc, err)
node.apply(CONFIG)
many = "group add used\n" + "".join(
    "group add %s\nrule add %s egress remote group used\n" % (("g%d" % i) * 15, ("g%d" % i) * 15)
    for i in range(10, 40))
many += "".join("port add v%d off group used\n" % i for i in range(50))
node.sgctl("-b", "-", stdin=many)
rc, out, err = run("group", "del", "used")
t.ok(rc == 2 and ("g10" * 15) in err and "28 more rules, 50 more ports" in err and
     len(err) < 300, "many are counted", err)
node.apply(CONFIG)
rc, out, err = run("rule", "add", "web", "ingress", "remote", "group", "none")
t.ok(rc == 2 and 'group "none" does not exist' in err,
     "what never was does not exist", err)

# twice
for line, column, value in (
        ("set add s 192.0.2.1 192.0.2.2 192.0.2.1", 31, "192.0.2.1 "),
        ("set add s fd00::1 fd00:0::1", 19, "fd00::1 "),
        ("set add s 10.0.0.0/8 10.0.0.0/8", 22, "10.0.0.0/8 "),
        ("member add web ::1:2 ::1:2", 22, "::1:2 ")):
    rc, out, err = run(*line.split())
    t.ok(rc == 2 and "command line:1:%d: Error: %sis twice" % (column, value) in err,
         "%s: which it is" % line, rc, err)
for line, text in (("member add web 10.9.9.9", "10.9.9.9 is already in group web"),
                   ("member del web 10.9.9.8", "10.9.9.8 is not in group web")):
    node.sgctl("-b", "-", stdin="" if "del" in line else line)
    rc, out, err = run(*line.split())
    t.ok(rc == 2 and text in err, "%s: which it is" % line, rc, err)
node.apply(CONFIG)

# patterns, said to the kernel directly
def nest(kind, data):
    return genl.attr(N[kind] | 0x8000, data)


def default_new(pattern):
    """None, or the kernel's errno"""
    data = genl.attr(N["BR_SG_A_OP"], b"\1") + nest(
        "BR_SG_A_DEFAULT", genl.attr(N["BR_SG_DEFAULT_A_PATTERN"], pattern.encode() + b"\0") +
        genl.attr(N["BR_SG_DEFAULT_A_VERDICT"], bytes([N["BR_SG_DEFAULT_DROP"]])))
    try:
        node.genl.request(node.genl.family, N["BR_SG_CMD_BEGIN"])
        node.genl.request(node.genl.family, N["BR_SG_CMD_DEFAULT_NEW"], data)
    except OSError as e:
        return e.errno
    finally:
        node.genl.request(node.genl.family, N["BR_SG_CMD_ABORT"])
    return None


for pattern in ("tap[0-9]", "tap]", "tap{1,2}", "tap}", "(tap*)", "tap*)", "a|b", "a,b", "^tap*",
                "tap*$", "!tap*", "tap%d", "tap+", "+", "a/b",
                "a:b", "a+b", "??", "*", "tap-1.2_x@y~z", "*" * 31):
    kernel = default_new(pattern)
    tool = run("-b", "-", stdin="default replace drop %s\ngroup del none\n" % pattern)[0]
    fine = pattern in ("a+b", "??", "*", "tap-1.2_x@y~z", "*" * 31)
    t.equal((kernel, tool), (None, 2) if fine else (22, 1),
            "default drop %s: kernel and tool agree" % pattern)

# interrupted
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
    node.apply(CONFIG)
    harness.write(path, CONFIG.replace("dport 22", "dport 23"))
    before = generation()
    r = watch.each_message([SGCTL, "apply", path], node.genl.family, lambda what: None,
                           strike=("commit", number))
    t.ok(generation() == before + 1 and r.returncode == 0 and
         r.stdout == "generation %d: rules: 1 changed\n" % (before + 1) and
         syn_in(23) and not syn_in(22),
         "%s while the kernel commits: in force, and said to be" % number.name,
         r.returncode, r.stdout, r.stderr)
    before = save(), generation()
    harness.write(path, CONFIG)
    r = watch.each_message([SGCTL, "apply", path], node.genl.family, lambda what: None,
                           strike=("rule-new", number))
    t.ok((save(), generation()) == before and r.returncode == -number,
         "%s before: nothing changes" % number.name, r.returncode, r.stdout)
node.apply(CONFIG)

# who reads does not load the module: the kernel would ask this program for it
node.sgctl("flush")
asked = tmp.name + "/asked"
helper = harness.write(tmp.name + "/modprobe", "#!/bin/sh\necho $* >> %s\n" % asked, 0o755)
other = harness.write(tmp.name + "/empty", "")
before = harness.read("/proc/sys/kernel/modprobe")
libc = watch._libc


def modules():
    return "br_sg " in harness.read("/proc/modules")


node.genl.s.close()
gone = libc.syscall(harness.SYS_DELETE_MODULE, b"br_sg", os.O_NONBLOCK) == 0
t.ok(gone and not modules(), "the module is gone")
harness.sysctl("kernel/modprobe", helper)
try:
    for line in ("status", "save", "port show", "port show tap1", "port chains tap1",
                 "rule show", "group show", "set show", "member show", "default show",
                 "flow show", "monitor", "shadow show", "shadow diff", "shadow drop",
                 "check " + other, "diff " + other, "-V"):
        r = sh(SGCTL, *line.split(), check=False)
        t.ok(r.returncode == (0 if line == "-V" else 3) and not os.path.exists(asked),
             "sgctl %s does not load it" % line, r.returncode, r.stderr,
             *([harness.read(asked)] if os.path.exists(asked) else []))
    r = sh(SGCTL, "apply", other, check=False)
    t.ok(r.returncode == 3 and os.path.exists(asked) and
         "br_sg" in harness.read(asked), "sgctl apply may", r.returncode, r.stderr)
finally:
    harness.sysctl("kernel/modprobe", before.strip())
t.ok(harness.load_module(), "and it is loaded again")
t.done()
