# SPDX-License-Identifier: GPL-2.0-or-later
"""A compute node in a network namespace of the test's own process.

The test opens the taps itself: what it writes to a tap's file descriptor comes
from the VM, what the bridge forwards to the tap it reads there.

    vm1 fd = tap1 --+
    vm2 fd = tap2 --+-- [br0] --- host's stack
    out fd = qvb  --+   (floods: ageing 0, no snooping)

A tap's write runs the bridge to its end before it returns, so a frame has come
out everywhere when it does; nothing here waits, and no verdict depends on time.
"""
import ctypes
import fcntl
import glob
import os
import socket
import struct
import subprocess
import sys
import time

import genl

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                    "../.."))
SGCTL = os.environ.get("SGCTL", os.path.join(TOP, "tool/sgctl"))
MODULE = os.environ.get("BR_SG_KO", os.path.join(TOP, "kmod/br_sg.ko"))
# how many times slower than a stock kernel in a VM this one may be
SLOW = float(os.environ.get("BR_SG_SLOW", "1"))
# seconds; no test takes longer than that
PATIENCE = 3600
CLONE_NEWNET = 0x40000000
SYS_DELETE_MODULE, SYS_FINIT_MODULE = 176, 313
SIOCGIFFLAGS, SIOCSIFFLAGS = 0x8913, 0x8914
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454ca, 2, 0x1000
SKIP = 4

_libc = ctypes.CDLL(None, use_errno=True)


def deadline(seconds):
    """what time.monotonic() says when @seconds of a stock kernel are over"""
    return time.monotonic() + seconds * SLOW


def repeated(n):
    """how often to do what is done @n times; a kernel that checks itself sees
    the first time what repetition is for elsewhere"""
    return n if SLOW == 1 else n // 5


# a default, a set, two groups with members and rules: what most kinds are in
SOME_GROUPS = """default drop tap*
set add dns 192.0.2.53 192.0.2.54 fd00::35
group add web
group add db
member add db 10.9.0.0/24
rule add web egress id 1
rule add web ingress proto tcp dport 22 id 2
rule add web ingress proto udp dport 7000-7010 id 3
rule add web ingress ipv4 proto udp remote set dns id 4
rule add db ingress proto tcp dport 5432 remote group web id 1
"""


def sh(*args, check=True, stdin=None):
    """runs a command; its exit code, stdout and stderr"""
    r = subprocess.run(args, input=stdin, capture_output=True, text=True)
    if check and r.returncode:
        raise RuntimeError("%s: %s%s" % (" ".join(args), r.stdout, r.stderr))
    return r


def link_up(name):
    """what ip would fork for"""
    with socket.socket() as s:
        flags, = struct.unpack_from("h", fcntl.ioctl(
            s, SIOCGIFFLAGS, struct.pack("40s", name.encode())), 16)
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sh22x", name.encode(),
                                                 flags | 1))


def ip(line):
    """ip's arguments, several lines as one batch"""
    sh("ip", "-batch", "-", stdin=line + "\n")


def write(path, text, mode=0o644):
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)
    return path


def read(path):
    with open(path) as file:
        return file.read()


def sysctl(name, value):
    with open("/proc/sys/" + name.replace(".", "/"), "w") as f:
        f.write(str(value))


def more_time():
    """what waits for a packet in this netns waits for as long as a test may take, on
    a busy machine too: UDP without an answer has 30 seconds of conntrack, and a
    connection that is closed has 10. Who tests a timeout sets it anew"""
    for path in glob.glob("/proc/sys/net/netfilter/nf_conntrack_*timeout*") + \
            ["/proc/sys/net/ipv4/ipfrag_time"]:
        with open(path, "r+") as f:
            if int(f.read()) < PATIENCE:
                f.seek(0)
                f.write(str(PATIENCE))


def bare_netns():
    """a netns without chatter of its own"""
    if _libc.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    more_time()
    sysctl("net.ipv6.conf.default.disable_ipv6", 1)
    sysctl("net.ipv6.conf.all.disable_ipv6", 1)


KEPT = "table netdev kept\n"   # as nft lists it


def keep_ingress(nft="nft"):
    """a hook at a device's ingress, as sgctl module upgrade makes them: with the
    first one and the last one the kernel patches its code, and QEMU may go on, for
    ever, with what was there for a moment if another processor runs it"""
    ip("link set lo up")
    sh(nft, "add %s; add chain %s c { type filter hook ingress device lo "
       "priority 0; }" % (KEPT.strip(), KEPT[6:].strip()))


def new_netns():
    bare_netns()
    ip("link set lo up")


def netns_fd():
    return os.open("/proc/self/ns/net", os.O_RDONLY)


def enter(fd):
    if _libc.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def module_loaded():
    return os.path.isdir("/sys/module/br_sg")


def load_module():
    """true when it is there afterwards"""
    if module_loaded():
        return True
    subprocess.run(["modprobe", "-a", "nf_conntrack_bridge", "tun"],
                   capture_output=True)
    if not os.path.exists(MODULE):
        subprocess.run(["modprobe", "br_sg"])
    elif not insert_module():
        print("# %s: %s" % (MODULE, os.strerror(ctypes.get_errno())))
    return module_loaded()


def insert_module(path=MODULE, parameters=""):
    """false, and an errno for ctypes.get_errno(), when it does not load"""
    with open(path, "rb") as f:
        return not _libc.syscall(SYS_FINIT_MODULE, f.fileno(),
                                 parameters.encode(), 0)


def conntrack(*texts):
    """this netns' conntrack entries, a line each, with all these words in it"""
    try:
        with open("/proc/net/nf_conntrack") as f:
            lines = f.read().splitlines()
    except FileNotFoundError:
        lines = sh("conntrack", "-L").stdout.splitlines()
    return [x for x in lines if all(text in x for text in texts)]


def unload_module():
    """true when it is gone; a netns that is dying may hold it for a while"""
    end = deadline(30)
    while _libc.syscall(SYS_DELETE_MODULE, b"br_sg", os.O_NONBLOCK):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def objects():
    """what is in use of the kernel's general caches, and of conntrack's"""
    sh("conntrack", "-F")
    found = {}
    with open("/proc/slabinfo") as file:
        for line in file:
            name, active = line.split()[:2]
            if name.startswith("kmalloc-") or name.startswith("nf_conntrack"):
                found[name] = int(active)
    return found


class Test:
    """KTAP; the plan comes last"""

    def __init__(self):
        self.n = self.failed = 0
        print("TAP version 13", flush=True)

    def ok(self, good, name, *why):
        self.n += 1
        print("%s %d %s" % ("ok" if good else "not ok", self.n, name),
              flush=True)
        if not good:
            self.failed += 1
            for line in why:
                for part in str(line).splitlines():
                    print("# " + part, flush=True)
        return good

    def equal(self, got, want, name):
        return self.ok(got == want, name, "got  %r" % (got,),
                       "want %r" % (want,))

    def skip(self, name, why):
        self.n += 1
        print("ok %d %s # SKIP %s" % (self.n, name, why), flush=True)

    def done(self):
        print("1..%d" % self.n, flush=True)
        sys.exit(1 if self.failed else 0)


def start():
    """every test program begins so: root, module, a netns of its own"""
    if os.geteuid() or not load_module():
        print("TAP version 13\n1..0 # SKIP needs root and the module br_sg")
        sys.exit(SKIP)
    new_netns()
    return Test()


class Tap:
    """a tap and its other end, the file descriptor"""

    def __init__(self, name):
        self.name = name
        self.fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(self.fd, TUNSETIFF, struct.pack(
            "16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))

    def send(self, frame):
        try:
            os.write(self.fd, frame)
            return True
        except OSError:     # shorter than an Ethernet header, or down
            return False

    def recv(self):
        """all that has come out"""
        out = []
        while True:
            try:
                out.append(os.read(self.fd, 65600))
            except OSError:
                return out

    def close(self):
        os.close(self.fd)


VALIDATE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                        "../tool/validate.py")


def valid(t, schema, *texts):
    """each of the JSON @texts is as schema/SCHEMA.json says"""
    wrong = [r.stderr for r in (sh(VALIDATE, schema, check=False, stdin=x)
                                for x in texts) if r.returncode]
    t.ok(not wrong, "JSON is as schema/%s.json says" % schema, *wrong)


CHATTER = """
table inet chatter {
	chain output {
		type filter hook output priority 0;
		meta l4proto igmp drop
		icmpv6 type { 131, 132, 133, 143 } drop
	}
}
"""


def hush():
    """nothing more of what the host's stack says of itself, when a timer of its
    own has run out"""
    sh("nft", "-f", "-", stdin=CHATTER)


class Queue:
    """frames that a rule with "queue num NUMBER" holds, until they are let go"""
    CONFIG, VERDICT, PACKET = 0x0302, 0x0301, 0x0300     # nfnetlink_queue's

    def __init__(self, number=0):
        self.number = number
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
        self.sock.settimeout(120 * SLOW)
        self.send(self.CONFIG, 1, struct.pack("!BxH", 1, 0))    # bind
        self.send(self.CONFIG, 2, struct.pack("!IB3x", 0, 1))   # no contents

    def send(self, kind, attr, data):
        body = struct.pack("=BB", 0, 0) + struct.pack("!H", self.number) + \
            struct.pack("=HH", 4 + len(data), attr) + data
        self.sock.send(struct.pack("=IHHII", 16 + len(body), kind, 1, 0, 0) +
                       body)

    def held(self):
        """waits for one; its number"""
        while True:
            data = self.sock.recv(65536)
            kind, error = struct.unpack_from("=4xH10xi", data)
            if kind == 2 and error:
                raise OSError(-error, "nfnetlink_queue")
            if kind == self.PACKET:
                # the first attribute is the header
                return struct.unpack_from("!I", data, 24)[0]

    def release(self, packet):
        self.send(self.VERDICT, 2, struct.pack("!II", 1, packet))

    def close(self):
        self.sock.close()


class Node:
    """a bridge with taps; more bridges and taps can be added"""

    def __init__(self, test, taps=("tap1", "tap2", "qvb"), bridge="br0",
                 ageing=0):
        self.t = test
        self.taps = {}
        ip("link add %s type bridge ageing_time %d mcast_snooping 0\n"
           "link set %s up" % (bridge, ageing, bridge))
        for name in taps:
            self.add(name, bridge)
        self.genl = genl.Genl()
        self.before = None

    def add(self, name, bridge="br0"):
        tap = self.taps[name] = Tap(name)
        ip("link set %s up%s" % (name, " master " + bridge if bridge else ""))
        return tap

    def remove(self, name):
        self.taps.pop(name).close()

    def sgctl(self, *args, stdin=None, check=True):
        r = sh(SGCTL, *args, stdin=stdin, check=False)
        if check and r.returncode:
            raise RuntimeError("sgctl %s: %s" % (" ".join(args), r.stderr))
        return r

    def apply(self, config):
        self.sgctl("apply", "--allow-empty", "-", stdin=config)
        self.before = None

    def drain(self):
        for tap in self.taps.values():
            tap.recv()

    def send(self, sender, *frames):
        """frames into a tap; {tap: frames that came out there}"""
        self.drain()
        for frame in frames:
            self.taps[sender].send(frame)
        return {name: tap.recv() for name, tap in self.taps.items()
                if name != sender}

    def count(self):
        """what moved since the last call: {(dev, direction, what): packets}"""
        now = self.genl.counters()
        before, self.before = self.before or {}, now
        return {k: v[0] - before.get(k, (0, 0))[0] for k, v in now.items()
                if v[0] != before.get(k, (0, 0))[0]}

    def check(self, name, sender, frame, to=(), counts=(), got=None):
        """@frame, written to @sender, comes out, as it is, at the taps @to and
        at no other, and the counters @counts ("dev direction what" or, for more
        than one packet, a pair with the number) move and no other"""
        frames = frame if isinstance(frame, list) else [frame]
        if self.before is None:
            self.count()
        came = self.send(sender, *frames)
        moved = self.count()
        want = {}
        for c in [counts] if isinstance(counts, str) else counts:
            key, n = (c, len(frames)) if isinstance(c, str) else c
            dev, direction, what = key.split(" ", 2)
            want[dev, direction, what] = n
        why = []
        for tap, out in came.items():
            expected = (got or frames) if tap in to else []
            if out != expected:
                why.append("%s: %d frames came out, %d expected" % (
                    tap, len(out), len(expected)))
                why += ["  got  " + f[:80].hex() for f in out[:2]]
                why += ["  want " + f[:80].hex() for f in expected[:2]]
        if moved != want:
            why.append("counters moved: %s" % sorted(moved.items()))
            why.append("expected:       %s" % sorted(want.items()))
        return self.t.ok(not why, name, *why)
