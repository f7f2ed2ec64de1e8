# SPDX-License-Identifier: GPL-2.0-or-later
"""What is to be enforced, before anybody's words for it.

N ports with a list of rules each, of which the last lets the bench's flow pass:
its service, if the world's address is a member of a group. The rules before it
are a mix of all kinds; none of them matches the flow. All are of one direction,
the one that opens the flow. One port is tap0, the others have names and
addresses of their own.
"""
import lab

DPORT, CLOSED = 2000, 2001      # the flow's service; one that no rule allows
KINDS = 8
DEVICES = 1000          # of so many other ports the devices are there, too


class Rule:
    """@proto None: any; @ports None or (low, high); @prefix an address/length;
    @group: remote is the group of that name"""

    def __init__(self, proto=None, ports=None, prefix=None, group=None):
        self.proto, self.ports = proto, ports
        self.prefix, self.group = prefix, group

    @property
    def families(self):
        if not self.prefix:
            return (4, 6)
        return (6,) if ":" in self.prefix else (4,)


def mixed(i):
    """the i-th of a list of rules of all kinds, all different below 32,768"""
    kind, n = i % KINDS, i // KINDS
    if kind == 0:
        return Rule("tcp", (3000 + n, 3000 + n))
    if kind == 1:
        return Rule("udp", (10000 + 12 * n, 10000 + 12 * n + n % 10 + 1))
    if kind == 2:
        return Rule("tcp", (80 + n % 5, 80 + n % 5),
                    "172.%d.%d.0/24" % (16 + n // 256, n % 256))
    if kind == 3:
        return Rule("tcp", (20000 + 10 * n, 20000 + 10 * n + 7),
                    "2001:db8:%x::/48" % n)
    if kind == 4:
        return Rule("udp", (53, 53), "192.%d.%d.%d/32" % (
            n // 65536, n // 256 % 256, n % 256))
    if kind == 5:
        return Rule("tcp", (40000 + n, 40000 + n), group="peers")
    if kind == 6:
        return Rule("tcp", (22, 22), "fd12:%x::/32" % n)
    return Rule("udp", (500, 500 + n % 10), "100.%d.%d.0/24" % (
        64 + n // 256, n % 256))


def address(family, i):
    """the i-th member of the group: 100,000 find room"""
    if family == 4:
        return "10.%d.%d.%d" % (128 + i // 65536, i // 256 % 256, i % 256)
    return "fd10::%x:%x" % (i // 65536, i % 65536)


class Port:
    def __init__(self, i, guarded="tap0"):
        self.index = i
        if i == 0:
            self.name, self.mac = guarded, lab.VM_MAC
            self.ips = {4: lab.VM[4], 6: lab.VM[6]}
            return
        self.name = "tap%d" % i
        self.mac = "02:00:01:%02x:%02x:%02x" % (i >> 16, i >> 8 & 255, i & 255)
        self.ips = {4: "10.1.%d.%d" % (i // 256, i % 256), 6: "fd01::%x" % i}


class Policy:
    """@outward: the rules are egress rules, and the flow is opened by the VM"""

    def __init__(self, ports=1, rules=1, members=10, outward=True,
                 guarded="tap0", families=(4, 6)):
        self.ports = [Port(i, guarded) for i in range(ports)]
        self.direction = "egress" if outward else "ingress"
        self.outward = outward
        self.rules = [mixed(i) for i in range(rules - 1)]
        self.rules.append(Rule("udp", (DPORT, DPORT), group="peers"))
        if rules > 1:
            # GSO's flow is TCP: in the place of a rule, not one more
            self.rules[0] = Rule("tcp", (DPORT, DPORT), group="peers")
        self.count = members
        self.families = families
        self.stateless = False

    def members(self, family):
        """the addresses of the group's members, the world's among them; half
        of them are of each family"""
        count = self.count // 2
        half = count // 2
        return [address(family, i) for i in range(half)] + \
            [lab.WORLD[family]] + \
            [address(family, i) for i in range(half, count - 1)]
