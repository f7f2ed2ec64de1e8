# SPDX-License-Identifier: GPL-2.0-or-later
"""The road that the packets of the bench take.

    pktgen                                  a namespace of its own
    a0 ----- tap0 -- [br0] -- qvb0 ----- b0
             guarded

a0 plays the VM, b0 the world. b0 is in a namespace of its own: in the same one
the host's stack would track every frame a second time. Frames are addressed to
stations behind a0 and b0 and not to these, so that all that happens to them
there is that the stack looks and drops them. ageing 0 and so on as Neutron makes qbr.
"""
import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF, TUNSETVNETHDRSZ = 0x400454ca, 0x400454d8
TUNSETOFFLOAD = 0x400454d0
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 2, 0x1000, 0x4000
TUN_F_CSUM, TUN_F_TSO4, TUN_F_TSO6 = 1, 2, 4
GSO_TCPV4, GSO_TCPV6, NEEDS_CSUM = 1, 4, 1

VM_MAC, WORLD_MAC = "02:00:00:00:00:01", "02:00:00:00:01:00"
VM = {4: "10.0.0.1", 6: "fd00::1"}
WORLD = {4: "10.9.0.1", 6: "fd09::1"}
# what is for nobody here: another station, and a multicast group
ELSEWHERE = {("flood", 4): ("02:00:00:00:00:77", "10.0.0.77"),
             ("flood", 6): ("02:00:00:00:00:77", "fd00::77"),
             ("group", 4): ("01:00:5e:01:01:01", "239.1.1.1"),
             ("group", 6): ("33:33:00:00:00:01", "ff15::1")}
PORT = 1000             # source port of the established flow
GSO_SIZE, GSO_BYTES = 1400, 42000

_libc = ctypes.CDLL(None, use_errno=True)


def sh(*args, stdin=None, check=True):
    r = subprocess.run(args, input=stdin, capture_output=True, text=True)
    if check and r.returncode:
        raise RuntimeError("%s: %s%s" % (" ".join(args)[:200], r.stdout[-500:],
                                         r.stderr[-500:]))
    return r


def ip(lines):
    sh("ip", "-batch", "-", stdin=lines + "\n")


def sysctl(name, value):
    with open("/proc/sys/" + name.replace(".", "/"), "w") as f:
        f.write(str(value))


def unshare():
    if _libc.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")


def enter(fd):
    if _libc.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def softirqd_first():
    """When softirqs are left to ksoftirqd it runs at once: else pktgen sends
    until the next tick, and the queue of the veth overflows."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with open("/proc/%s/comm" % pid) as f:
            if f.read().startswith("ksoftirqd/"):
                os.sched_setscheduler(int(pid), os.SCHED_FIFO,
                                      os.sched_param(50))


def netns_fd():
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


FIRST = netns_fd()


def mac_bytes(mac):
    return bytes.fromhex(mac.replace(":", ""))


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    s = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    s = (s & 0xffff) + (s >> 16)
    return ~(s + (s >> 16)) & 0xffff


def packed(address):
    return socket.inet_pton(socket.AF_INET6 if ":" in address
                            else socket.AF_INET, address)


def frame(family, proto, payload, outward=True):
    """an Ethernet frame of the flow between the VM and the world"""
    src, dst = VM[family], WORLD[family]
    smac, dmac = VM_MAC, WORLD_MAC
    if not outward:
        src, dst, smac, dmac = dst, src, dmac, smac
    eth = mac_bytes(dmac) + mac_bytes(smac)
    if family == 4:
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, 64,
                           proto, 0) + packed(src) + packed(dst)
        head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
        return eth + b"\x08\0" + head + payload
    return eth + b"\x86\xdd" + struct.pack(
        "!IHBB", 6 << 28, len(payload), proto, 64) + packed(src) + \
        packed(dst) + payload


def pseudo(family, proto, length, outward=True):
    ends = [packed(VM[family]), packed(WORLD[family])]
    if not outward:
        ends.reverse()
    return b"".join(ends) + struct.pack("!II", length, proto)


def udp(family, sport, dport, outward=True, data=bytes(22)):
    head = struct.pack("!HHHH", sport, dport, 8 + len(data), 0)
    c = checksum(pseudo(family, 17, 8 + len(data), outward) + head + data)
    return frame(family, 17, head[:6] + struct.pack("!H", c or 0xffff) + data,
                 outward)


def tcp(family, sport, dport, seq, ack, flags, outward=True, data=b"",
        partial=False):
    """with @partial the checksum is left to whoever cuts the packet"""
    head = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, 0x50, flags,
                       65535, 0, 0)
    ps = pseudo(family, 6, 20 + len(data), outward)
    c = ~checksum(ps) & 0xffff if partial else checksum(ps + head + data)
    return frame(family, 6, head[:16] + struct.pack("!H", c) + head[18:] + data,
                 outward)


class Lab:
    """in a new namespace: br0 with the guarded port tap0 and its uplink qvb0"""

    def __init__(self, gso=False, bridged=True):
        unshare()
        self.home, self.bridged = netns_fd(), bridged
        sysctl("net.ipv6.conf.all.disable_ipv6", 1)
        sysctl("net.ipv6.conf.default.disable_ipv6", 1)
        ip("link set lo up")
        self.tap = None
        unshare()
        self.far = netns_fd()
        sysctl("net.ipv6.conf.all.disable_ipv6", 1)
        sysctl("net.ipv6.conf.default.disable_ipv6", 1)
        enter(self.home)
        ip("link add qvb0 type veth peer name b0")
        self._move("b0")
        if gso:
            self._tap()
        else:
            ip("link add tap0 type veth peer name a0\n"
               "link set a0 address 02:00:00:00:00:98 up")
        if bridged:
            ip("link add br0 type bridge ageing_time 0 mcast_snooping 0\n"
               "link set br0 up\n"
               "link set tap0 master br0\nlink set qvb0 master br0")
        ip("link set tap0 up\nlink set qvb0 up")
        self._far("link", "set", "b0", "address", "02:00:00:00:00:99", "up")
        time.sleep(0.1)

    def _move(self, dev):
        """into the far namespace, by the pid of a process that is there"""
        enter(self.far)
        p = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
        enter(self.home)
        sh("ip", "link", "set", dev, "netns", str(p.pid))
        p.communicate()

    def _far(self, *args):
        enter(self.far)
        try:
            return sh("ip", *args)
        finally:
            enter(self.home)

    def _tap(self):
        self.tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(self.tap, TUNSETIFF, struct.pack(
            "16sH22x", b"tap0", IFF_TAP | IFF_NO_PI | IFF_VNET_HDR))
        fcntl.ioctl(self.tap, TUNSETVNETHDRSZ, struct.pack("i", 12))
        fcntl.ioctl(self.tap, TUNSETOFFLOAD,
                    TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6)

    def devices(self, names):
        """bridge ports beside the road, on bridges of their own"""
        lines = []
        for i, name in enumerate(names):
            if i % 500 == 0:
                lines += ["link add br%d type bridge" % (i // 500 + 1),
                          "link set br%d up" % (i // 500 + 1)]
            lines += ["link add %s type dummy" % name,
                      "link set %s up master br%d" % (name, i // 500 + 1)]
        if lines:
            ip("\n".join(lines))

    def send(self, frame, outward=True):
        """one frame from the VM or from the world"""
        if outward and self.tap is not None:
            os.write(self.tap, bytes(12) + frame)
            return
        if not outward:
            enter(self.far)
        try:
            with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
                s.bind(("a0" if outward else "b0", 0))
                s.send(frame)
        finally:
            enter(self.home)

    def received(self, outward=True):
        """packets that came out: behind the bridge, or at the VM"""
        enter(self.far if outward else self.home)
        try:
            with open("/proc/net/dev") as f:
                for line in f:
                    name, _, rest = line.partition(":")
                    if name.strip() == ("b0" if outward else "a0"):
                        return int(rest.split()[1])
        finally:
            enter(self.home)
        raise RuntimeError("no device to count at")

    def establish(self, family, proto="udp", dport=2000):
        """one frame each way (TCP: its handshake); Open vSwitch takes its time
        for the first ones"""
        frames = [(udp(family, PORT, dport), True),
                  (udp(family, dport, PORT, False), False)]
        if proto == "tcp":
            frames = [
                (tcp(family, PORT, dport, 1000, 0, 2), True),
                (tcp(family, dport, PORT, 5000, 1001, 0x12, False), False),
                (tcp(family, PORT, dport, 1001, 5001, 0x10), True)]
        for f, outward in frames:
            self.send(f, outward)
            if not self.bridged:
                time.sleep(0.5)

    def close(self):
        """out of the namespaces, so that they can go"""
        enter(FIRST)
        if self.tap is not None:
            os.close(self.tap)
        os.close(self.far)
        os.close(self.home)
