# SPDX-License-Identifier: GPL-2.0-or-later
"""Two machines with the kernel's own stack, a bridge between them:

    VM's netns, eth0 = tap1 --[ br0 ]-- qvb = eth0, netns of who is outside

A socket stays in the network namespace in which it was made, so that one process
has those of both."""
import os
import socket

import harness
from harness import ip, sysctl

VM, FAR = "02:00:00:00:00:01", "02:00:00:00:00:99"
# of the VM, of its other end
ADDR = {4: ("10.1.0.2", "10.1.0.66"), 6: ("fd00::2", "fd00::66")}
FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}


class Machine:
    """a netns with addresses on eth0, which is @port's other end; knows its
    neighbours: {address: MAC}"""

    def __init__(self, port, mac, addresses, neighbours, bridge="br0"):
        here = harness.netns_fd()
        harness.new_netns()
        self.netns = harness.netns_fd()
        sysctl("net.ipv6.conf.default.accept_dad", 0)
        sysctl("net.ipv6.conf.default.router_solicitations", 0)
        sysctl("net.ipv6.conf.default.autoconf", 0)
        ip("link add eth0 address %s type veth peer name %s netns "
           "/proc/%d/fd/%d" % (mac, port, os.getpid(), here))
        sysctl("net.ipv6.conf.eth0.addr_gen_mode", 1)
        sysctl("net.ipv6.conf.eth0.disable_ipv6", 0)
        ip("link set eth0 up\n" + "".join(
            "addr add %s/%d dev eth0%s\n" % (
                a, 64 if ":" in a else 24, " nodad" if ":" in a else "")
            for a in addresses) + "".join(
            "neigh add %s lladdr %s dev eth0 nud permanent\n" % x
            for x in neighbours.items()))
        harness.enter(here)
        ip("link set %s up master %s" % (port, bridge))
        os.close(here)

    def __enter__(self):
        self.before = harness.netns_fd()
        harness.enter(self.netns)
        return self

    def __exit__(self, *_):
        harness.enter(self.before)
        os.close(self.before)

    def socket(self, family, *kind):
        with self:
            return socket.socket(FAMILY[family], *kind)


def pair(vm_addresses=(), far_addresses=()):
    """the two, the VM's first; more addresses of theirs"""
    vm = [a for a, _ in ADDR.values()] + list(vm_addresses)
    far = [a for _, a in ADDR.values()] + list(far_addresses)
    return (Machine("tap1", VM, vm, dict.fromkeys(far, FAR)),
            Machine("qvb", FAR, far, dict.fromkeys(vm, VM)))


def connect(opener, answerer, family, address, port, proto=socket.IPPROTO_TCP,
            source=None):
    """a connection from one machine to @address of the other: both sockets.
    @source: address and port"""
    listener = answerer.socket(family, socket.SOCK_STREAM, proto)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, port))
    listener.listen()
    s = opener.socket(family, socket.SOCK_STREAM, proto)
    if source:
        s.bind(source)
    s.settimeout(120 * harness.SLOW)
    s.connect((address, port))
    listener.settimeout(120 * harness.SLOW)
    other = listener.accept()[0]
    listener.close()
    return s, other


def receive(s, n):
    """@n bytes, or what came before the end"""
    data = b""
    while len(data) < n:
        more = s.recv(n - len(data))
        if not more:
            break
        data += more
    return data
