# SPDX-License-Identifier: GPL-2.0-or-later
"""The bench's policy in Open vSwitch: the kernel's datapath with conntrack.

Tables as Neutron's openvswitch driver has them, reduced: a port's frames are
checked for MAC and address, tracked in a zone, and judged by state and rules.
"""
import os
import signal
import subprocess
import tempfile
import time

import lab

SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
ZONE = 7


def matches(rule, policy, family):
    """flows of one rule: ranges as masks, one for each member of a group"""
    end = {("egress", 4): "nw_dst", ("egress", 6): "ipv6_dst",
           ("ingress", 4): "nw_src", ("ingress", 6): "ipv6_src"}[
               policy.direction, family]
    proto = rule.proto + ("6" if family == 6 else "")
    remotes = [""]
    if rule.prefix:
        remotes = [",%s=%s" % (end, rule.prefix)]
    elif rule.group:
        remotes = [",%s=%s" % (end, a) for a in policy.members(family)]
    low, high = rule.ports
    while low <= high:
        size = 1
        while low % (size * 2) == 0 and low + size * 2 - 1 <= high:
            size *= 2
        for remote in remotes:
            yield "%s,tp_dst=0x%x/0x%x%s" % (proto, low, 0xffff & ~(size - 1),
                                             remote)
        low += size


def flows(policy, ofport, uplink):
    """@ofport: of each port's device"""
    out = ["table=0,priority=10,in_port=%d,%s,actions=ct(table=2,zone=%d)" % (
        uplink, net, ZONE) for net in ("ip", "ipv6")]
    out += ["table=0,priority=10,in_port=%d,arp,actions=resubmit(,3)" % uplink,
            "table=0,priority=0,actions=drop"]
    for port in policy.ports:
        n = ofport.get(port.name)
        if n is None:
            continue
        head = "table=0,priority=20,in_port=%d,dl_src=%s" % (n, port.mac)
        out += [
            "%s,ip,nw_src=%s,actions=ct(table=1,zone=%d)" % (
                head, port.ips[4], ZONE),
            "%s,ipv6,ipv6_src=%s,actions=ct(table=1,zone=%d)" % (
                head, port.ips[6], ZONE),
            "%s,arp,arp_spa=%s,actions=output:%d" % (head, port.ips[4], uplink),
            "table=0,priority=30,in_port=%d,udp,tp_src=67,tp_dst=68,actions=drop"
            % n,
            "table=3,priority=10,dl_dst=%s,actions=output:%d" % (port.mac, n)]
    out.append("table=3,priority=0,actions=output:%d" % uplink)
    for table in (1, 2):
        out += ["table=%d,priority=20,ct_state=+trk+est-inv,actions="
                "resubmit(,3)" % table,
                "table=%d,priority=20,ct_state=+trk+rel-inv,actions="
                "resubmit(,3)" % table,
                "table=%d,priority=0,actions=drop" % table]
    mine = 1 if policy.direction == "egress" else 2
    for rule in policy.rules:
        for family in rule.families:
            for match in matches(rule, policy, family):
                out.append("table=%d,priority=10,ct_state=+trk+new-inv,%s,"
                           "actions=ct(commit,zone=%d),resubmit(,3)" % (
                               mine, match, ZONE))
    return "\n".join(out) + "\n"


class Switch:
    """the two daemons, in a folder of their own"""

    def __init__(self):
        # for 10 seconds after the start of the machine vswitchd counts no CPU
        # and has no thread that takes packets
        time.sleep(max(0, 10.5 - time.monotonic()))
        self.dir = tempfile.mkdtemp(prefix="ovs.")
        self.env = dict(os.environ, OVS_RUNDIR=self.dir, OVS_LOGDIR=self.dir,
                        OVS_DBDIR=self.dir)
        self.sock = "unix:%s/db.sock" % self.dir
        db = self.dir + "/conf.db"
        self.run("ovsdb-tool", "create", db, SCHEMA)
        self.procs = [subprocess.Popen(
            ["ovsdb-server", db, "--remote=p" + self.sock, "-vconsole:off"],
            env=self.env)]
        self.wait(self.dir + "/db.sock")
        self.run("ovs-vsctl", "--db=" + self.sock, "--no-wait", "init")
        self.procs.append(subprocess.Popen(
            ["ovs-vswitchd", self.sock, "-vconsole:off"], env=self.env))

    @staticmethod
    def wait(path):
        for _ in range(1000):
            if os.path.exists(path):
                return
            time.sleep(0.05)
        raise RuntimeError("Open vSwitch does not start")

    def run(self, *args, stdin=None):
        r = subprocess.run(args, input=stdin, capture_output=True, text=True,
                           env=self.env)
        if r.returncode:
            raise RuntimeError("%s: %s" % (" ".join(args)[:100], r.stderr[-500:]))
        return r.stdout

    def setup(self, policy, devices):
        self.run("ovs-vsctl", "--db=" + self.sock, "add-br", "br-sg", "--",
                 "set-fail-mode", "br-sg", "secure")
        # what waits for its turn is not to be forgotten meanwhile
        self.run("ovs-vsctl", "--db=" + self.sock, "set", "Open_vSwitch", ".",
                 "other_config:max-idle=3600000")
        args = []
        for i, dev in enumerate(devices):
            args += ["--", "add-port", "br-sg", dev, "--", "set", "interface",
                     dev, "ofport_request=%d" % (i + 1)]
        self.run("ovs-vsctl", "--db=" + self.sock, *args)
        ofport = {dev: i + 1 for i, dev in enumerate(devices)}
        self.run("ovs-ofctl", "--bundle", "replace-flows", "br-sg", "-",
                 stdin=flows(policy, ofport, ofport["qvb0"]))

    def stop(self):
        for p in reversed(self.procs):
            p.send_signal(signal.SIGTERM)
            p.wait()
        lab.sh("ovs-dpctl", "del-dp", "system@ovs-system", check=False)
