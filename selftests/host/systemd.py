#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The unit that restores the configuration at boot, as it is installed"""
import os
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
sys.path.insert(0, os.path.join(TOP, "selftests/tool"))
from tap import Tap     # noqa: E402

KEYS = {
    "Unit": "Description Documentation DefaultDependencies Conflicts Wants After Before",
    "Service": "Type RemainAfterExit TimeoutStartSec Environment EnvironmentFile ExecStart "
               "ExecReload",
    "Install": "WantedBy",
}
LATER = """network-pre.target libvirtd.service libvirtd.socket virtqemud.service virtqemud.socket
    nova-compute.service openvswitch-switch.service ovs-vswitchd.service machine.slice"""


def run(*args):
    done = subprocess.run(args, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def parse(text):
    """{section: {key: [words]}}, and the lines that are none of these"""
    unit, section, wrong = {}, None, []
    for line in text.splitlines():
        if not line or line[0] in "#;":
            continue
        if line[0] == "[" and line[-1] == "]":
            section = unit.setdefault(line[1:-1], {})
        elif "=" in line and section is not None:
            key, _, value = line.partition("=")
            section.setdefault(key, []).extend(value.split())
        else:
            wrong.append(line)
    return unit, wrong


def main():
    tap = Tap()
    root = tempfile.mkdtemp()
    rc, said = run("make", "-s", "-C", TOP, "install-systemd", f"PREFIX={root}",
                   f"UNITDIR={root}/unit", "DESTDIR=")
    path, script = f"{root}/unit/br-sg.service", f"{root}/libexec/br_sg/br-sg-restore"
    tap.ok(not rc and os.access(script, os.X_OK) and
           os.path.exists(f"{root}/share/man/man8/br-sg-restore.8"),
           "make install-systemd installs unit, script and manual", said)
    with open(path, encoding="utf-8") as f:
        text = f.read()
    unit, wrong = parse(text)
    service, head = unit["Service"], unit["Unit"]
    tap.equal((service["ExecStart"], service["ExecReload"]), ([script], [script]),
              "start and reload run the script where it was installed")
    tap.ok("@" not in text, "nothing is left to fill in", text)
    stop = [key for key in service if key.startswith(("ExecStop", "ExecStart", "ExecCondition"))]
    tap.equal((stop, service["Type"], service["RemainAfterExit"]),
              (["ExecStart"], ["oneshot"], ["yes"]), "stop runs nothing")
    tap.equal([x for x in LATER.split() if x not in head["Before"]], [],
              "network, Open vSwitch, libvirt, nova and machines come later")
    tap.ok("network-pre.target" in head["Wants"] and head["DefaultDependencies"] == ["no"] and
           "nftables.service" in head["After"], "early, and after nftables' flush", text)
    tap.equal([k for k in head if k.startswith(("Requires", "BindsTo", "Requisite", "Condition",
                                                "Assert", "PartOf"))], [],
              "nothing that fails keeps it from running")
    tap.equal(service["TimeoutStartSec"], ["infinity"], "nor is it killed half-way")

    if shutil.which("systemd-analyze"):
        # other units of this machine may have faults of their own
        rc, said = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", path)
        tap.ok(not rc and "br-sg" not in said, "systemd-analyze accepts the unit", said)
        with open(path, "a", encoding="utf-8") as f:
            f.write("\n[Service]\nType=often\n")
        rc, said = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", path)
        tap.ok(rc or "br-sg" in said, "and does not accept one with a fault", said)
    else:
        wrong += [f"{section}: {key}" for section, keys in unit.items() for key in keys
                  if key not in KEYS.get(section, "").split()]
        tap.equal(wrong, [], "every line is a key of its section (no systemd-analyze here)")

    for shell in ("sh", "bash"):
        rc, said = run(shell, "-n", script)
        tap.ok(not rc, f"{shell} reads the script", said)
    page = f"{root}/share/man/man8/br-sg-restore.8"
    with open(page, encoding="utf-8") as f:
        manual = f.read()
    with open(script, encoding="utf-8") as f:
        codes = sorted({line.split()[-1] for line in f if line.split()[:1] == ["exit"]})
    tap.equal([c for c in codes if f".B {c}\n" not in manual], [],
              "the manual explains every exit status")
    tap.equal(codes, list("012345"), "of which there are these")
    if shutil.which("man"):
        rc, said = run("man", "--warnings", "-l", "-Tutf8", page)
        tap.ok(not rc and "warning" not in said, "the manual formats without a warning", said)
    shutil.rmtree(root)
    tap.done()


main()
