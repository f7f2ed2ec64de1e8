# SPDX-License-Identifier: GPL-2.0-or-later
"""The bench's policy in br_sg's words."""
import os

import lab

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                    "../.."))
SGCTL = os.path.join(TOP, "tool/sgctl")


def rule_line(group, direction, rule):
    words = ["rule add", group, direction]
    if rule.proto:
        words += ["proto", rule.proto]
    if rule.ports:
        low, high = rule.ports
        words += ["dport", str(low) if low == high else "%d-%d" % (low, high)]
    if rule.prefix:
        words += ["remote", rule.prefix]
    elif rule.group:
        words += ["remote group", rule.group]
    return " ".join(words)


def port_line(port, group):
    return "port add %s mac %s ip %s ip %s group %s" % (
        port.name, port.mac, port.ips[4], port.ips[6], group)


def config(policy):
    """a file for sgctl apply; every port has the same group"""
    lines = ["group add web" + (" stateless" if policy.stateless else ""),
             "group add peers"]
    for family in (4, 6):
        members = policy.members(family)
        for i in range(0, len(members), 1000):
            lines.append("member add peers " + " ".join(members[i:i + 1000]))
    lines += [rule_line("web", policy.direction, r) for r in policy.rules]
    lines += [port_line(p, "web") for p in policy.ports]
    return "\n".join(lines) + "\n"


def load():
    """with room for all limits at once, which the default budget has not"""
    if os.path.isdir("/sys/module/br_sg"):
        return
    for m in ("nf_conntrack_bridge", "tun"):
        lab.sh("modprobe", m, check=False)
    lab.sh("insmod", os.environ.get("BR_SG_KO",
                                    os.path.join(TOP, "kmod/br_sg.ko")),
           "budget=4096")


def run(*args, stdin=None):
    return lab.sh(SGCTL, *args, stdin=stdin)


def apply(policy):
    load()
    run("apply", "-", stdin=config(policy))


def flush():
    run("flush")
