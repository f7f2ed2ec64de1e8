# SPDX-License-Identifier: GPL-2.0-or-later
"""What a program says to the module, seen from outside of it: on the wire, by
nlmon, and before it is said, by ptrace. So that it can be killed, or another can
be quicker, at a message of its transaction and not at a time."""
import ctypes
import os
import select
import signal
import socket
import struct
import subprocess

import genl
from harness import ip

PTRACE_TRACEME, PTRACE_SYSCALL, PTRACE_SETOPTIONS = 0, 24, 0x4200
PTRACE_GET_SYSCALL_INFO = 0x420e
O_TRACESYSGOOD, O_EXITKILL = 1, 0x100000
SYSCALL_ENTRY, SYS_SENDTO = 1, 44
SYSCALL_STOP = signal.SIGTRAP | 0x80
SOL_PACKET, PACKET_STATISTICS = 263, 6
HEAD = 20       # a netlink header and a generic netlink header

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p,
                         ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long

COMMANDS = genl.names("BR_SG_CMD_")


def command(head, family):
    """the command that a message asks for, or None when it is not one to the
    family"""
    if len(head) < HEAD:
        return None
    kind, flags = struct.unpack_from("=HH", head, 4)
    if kind != family or not flags & genl.NLM_F_REQUEST:
        return None
    return COMMANDS.get(head[16])


class Wire:
    """every netlink message of this netns, as nlmon has it"""

    def __init__(self, family, name="nlmon0"):
        self.family = family
        ip("link add %s type nlmon\nlink set %s up" % (name, name))
        self.s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                               socket.htons(3))
        self.s.setsockopt(socket.SOL_SOCKET, 33, 32 << 20)  # SO_RCVBUFFORCE
        self.s.bind((name, 0))
        self.s.setblocking(False)

    def fileno(self):
        return self.s.fileno()

    def messages(self):
        """(command or None, length) of what came since"""
        while True:
            try:
                head = bytearray(HEAD)
                length = self.s.recv_into(head, 0, socket.MSG_TRUNC)
            except BlockingIOError:
                return
            yield command(head, self.family), length

    def dropped(self):
        """messages that this did not see, since the last call"""
        stats = self.s.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8)
        return struct.unpack("=II", stats)[1]

    def kill(self, args, n):
        """runs a program and kills it when its message @n to the module is on
        the wire; its exit code"""
        list(self.messages())
        seen = 0
        p = subprocess.Popen(args, stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE)
        end = os.pidfd_open(p.pid)
        while not select.select([end], [], [], 0)[0]:
            select.select([self, end], [], [])
            for what, _ in self.messages():
                seen += what is not None
                if seen == n:
                    p.kill()
        os.close(end)
        p.communicate()
        return p.returncode


def each_message(args, family, before, stdin=None, enter=None, strike=None):
    """runs a program; before each message of its to @family calls @before with
    the command. In the new process @enter comes first. @strike, a command and a
    signal: what is pending when that message is sent. Like subprocess.run()."""
    def begin():
        if enter:
            enter()
        _libc.ptrace(PTRACE_TRACEME, 0, 0, 0)
    p = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True,
                         preexec_fn=begin)
    info = ctypes.create_string_buffer(96)
    _, status = os.waitpid(p.pid, 0)    # the exec
    _libc.ptrace(PTRACE_SETOPTIONS, p.pid, 0, O_TRACESYSGOOD | O_EXITKILL)
    if stdin is not None:
        assert len(stdin) < 65536       # a pipe's room: nobody reads it yet
        p.stdin.write(stdin)
    p.stdin.close()
    deliver = 0
    while True:
        _libc.ptrace(PTRACE_SYSCALL, p.pid, 0, deliver)
        _, status = os.waitpid(p.pid, 0)
        if not os.WIFSTOPPED(status):
            break
        deliver = os.WSTOPSIG(status)
        if deliver != SYSCALL_STOP:
            continue
        deliver = 0
        _libc.ptrace(PTRACE_GET_SYSCALL_INFO, p.pid, len(info),
                     ctypes.addressof(info))
        if info.raw[0] != SYSCALL_ENTRY:
            continue
        nr, _, data, size = struct.unpack_from("=4Q", info.raw, 24)
        if nr != SYS_SENDTO or size < HEAD:
            continue
        with open("/proc/%d/mem" % p.pid, "rb") as file:
            file.seek(data)
            what = command(file.read(HEAD), family)
        if what:
            before(what)
        if strike and what == strike[0]:
            os.kill(p.pid, strike[1])
    p.returncode = os.waitstatus_to_exitcode(status)
    out, err = p.stdout.read(), p.stderr.read()
    return subprocess.CompletedProcess(args, p.returncode, out, err)
