#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""1,000 commits in a row under traffic, sgctl killed in random places of a third
of them. Each frame's verdict is one of a configuration that was in force while it
was on its way; the same frame is never judged by an older one than the frame
before; what is the same in all of them never changes. Nothing is left behind."""
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../netns"))
import frames as f      # noqa: E402
import genl             # noqa: E402
import harness          # noqa: E402
import leaks            # noqa: E402
from harness import SGCTL   # noqa: E402

COMMITS = int(os.environ.get("BR_SG_COMMITS", "1000"))
PROBES = 12
ALWAYS, NEVER = 0, 1    # probes whose verdict no configuration changes
VM, FAR = "02:00:00:00:00:01", "02:00:00:00:00:99"
VM_IP = {4: "10.1.0.2", 6: "fd00::2"}

t = harness.start()
node = harness.Node(t, taps=("tap1", "qvb"))
tmp = tempfile.TemporaryDirectory()
seed = int(os.environ.get("BR_SG_SEED", "1"))
dice = random.Random(seed)


def far(probe, family):
    return ("10.9.0.%d" if family == 4 else "fd09::%d") % (probe + 10)


def config(bits):
    """probe i is allowed where bit i is set: by a rule, by a set's address, by a
    group's member, in turn; some flows lose another kind of thing meanwhile"""
    rules, addresses, members = [], [], []
    for i in range(PROBES):
        if not bits >> i & 1:
            continue
        both = [far(i, 4), far(i, 6)]
        if i % 3 == 0:
            rules += ["rule add web %s remote %s" % (d, a) for a in both
                      for d in ("ingress", "egress")]
        elif i % 3 == 1:
            addresses += both
        else:
            members += both
    return "\n".join([
        "default drop tap*", "set add s " + " ".join(addresses),
        "group add peers", "group add web",
        "member add peers " + " ".join(members) if members else "",
        "rule add web ingress remote set s", "rule add web egress remote set s",
        "rule add web ingress remote group peers",
        "rule add web egress remote group peers", *rules,
        "port add tap1 mac %s ip %s ip %s group web "
        "ct-limit 1000000" % (VM, *VM_IP.values()),
        ""])


def some_bits():
    return dice.getrandbits(PROBES) & ~(1 << NEVER) | 1 << ALWAYS


def frames_of(new):
    """(probe, sender, receiver, frame): flows that are known and, with ports that
    no flow had yet, new ones"""
    out = []
    for i in range(PROBES):
        for family in 4, 6:
            a, x = VM_IP[family], far(i, family)
            for sport in 1000 + i, new:
                out.append((i, "tap1", "qvb", f.packet(
                    VM, FAR, a, x, 17, f.udp(a, x, sport, 53))))
                out.append((i, "qvb", "tap1", f.packet(
                    FAR, VM, x, a, 17, f.udp(x, a, sport + 1000, 7000))))
            out.append((i, "tap1", "qvb", f.packet(
                VM, FAR, a, x, 6, f.tcp(a, x, 3000, 80, "A", 5, 5, b"x"))))
    return out


def rest(text):
    """what is in use with this configuration, made anew, and without flows:
    objects of the kernel's, and what the module says"""
    node.sgctl("flush")
    node.apply(text)
    node.drain()
    harness.sh("conntrack", "-F")
    time.sleep(2)
    return leaks.objects(), json.loads(node.sgctl("-j", "status").stdout)["bytes"]


def burst(sport):
    """(probe, passed) of one frame after another"""
    out = []
    for probe, sender, receiver, frame in frames_of(sport):
        node.taps[sender].send(frame)
        out.append((probe, node.taps[receiver].recv() == [frame]))
    return out


def committer(result):
    """applies one configuration after another; writes "generation bits", killed
    or not. The first line is what is in force already"""
    client = genl.Genl()
    path = os.path.join(tmp.name, "config")
    generation = client.status()[1]
    last = generation + COMMITS
    attempts = killed = through = 0
    while generation < last:
        bits = some_bits()
        with open(path, "w") as file:
            file.write(config(bits))
        attempts += 1
        p = subprocess.Popen([SGCTL, "apply", path])
        if attempts % 3 == 0:
            try:
                p.wait(dice.uniform(0, committer.time))
            except subprocess.TimeoutExpired:
                pass
            p.kill()
        began = time.monotonic()
        code = p.wait()
        if attempts % 3:
            committer.time = (committer.time * 7 +
                              time.monotonic() - began) / 8
        now = client.status()[1]
        if code not in (0, -signal.SIGKILL) or now not in (
                generation, generation + 1) or (
                    code == 0 and now == generation and
                    bits != committer.bits):
            result.write("bad %d %d %d\n" % (code, generation, now))
        if code:
            killed += 1
            through += now != generation
        if now != generation:
            committer.bits = bits
            result.write("%d %d\n" % (now, bits))
        generation = now
    result.write("done %d %d %d\n" % (attempts, killed, through))
    result.close()
    os._exit(0)


committer.time = 0.1
committer.bits = some_bits()
base = config(committer.bits)
for bits in [some_bits() for _ in range(10)] + [committer.bits]:
    node.apply(config(bits))
    burst(9999)
first, first_memory = rest(base)
start = node.genl.status()[1]
content = {start: committer.bits}
log = os.path.join(tmp.name, "log")
child = os.fork()
if not child:
    with open(log, "w") as file:
        committer(file)

seen = []       # (generation before, after, [(probe, passed)])
sport = 10000
while os.waitpid(child, os.WNOHANG) == (0, 0):
    sport = sport + 1 if sport < 60000 else 10000
    before = node.genl.status()[1]
    verdicts = burst(sport)
    seen.append((before, node.genl.status()[1], verdicts))
    if not len(seen) % 200:
        # what was new once is not needed any more
        for dport in "53", "7000":
            harness.sh("conntrack", "-D", "-p", "udp", "--dport", dport,
                       check=False)

with open(log) as file:
    lines = [x.split() for x in file]
bad = [x for x in lines if x[0] == "bad"]
for x in lines:
    if x[0] not in ("bad", "done"):
        content[int(x[0])] = int(x[1])
attempts, killed, through = map(int, lines[-1][1:])
t.equal(bad, [], "sgctl ends with success or by its signal, and a commit is a "
        "generation")
t.ok(len(content) == COMMITS + 1 and killed > COMMITS // 20,
     "%d commits, sgctl killed in many" % COMMITS, len(content), killed)

wrong, flips, frames, between = [], [], 0, 0
for before, after, verdicts in seen:
    at = before
    between += before != after
    for n, (probe, passed) in enumerate(verdicts):
        frames += 1
        if probe in (ALWAYS, NEVER) and passed != (probe == ALWAYS):
            flips.append((before, after, n))
        # judged by the configuration of the frame before, or by a later one
        while at <= after and (content[at] >> probe & 1) != passed:
            at += 1
        if at > after:
            wrong.append((before, after, n, probe, passed))
            break
t.equal(wrong[:3], [], "each verdict is of a configuration that was in force, and "
        "none is of an older one than the verdict before")
t.equal(flips[:3], [], "what no configuration changes never does")
t.ok(between >= 20, "commits came in the middle of the traffic", between,
     len(seen))
print("# %d frames in %d rounds, %d of them with a commit in it; %d commits of %d "
      "attempts, %d killed, %d of those behind the commit" % (
          frames, len(seen), between, COMMITS, attempts, killed, through))
t.equal(leaks.candidates(), leaks.CANDIDATES, "no candidate is left")
t.equal(rest(base)[1], first_memory, "the configuration takes what it took")
t.equal(leaks.grown(first, COMMITS // 5), {}, "no memory is kept")
node.sgctl("flush")
t.done()
