# SPDX-License-Identifier: GPL-2.0-or-later
"""Taps whose frames have a virtio_net_hdr before them, as a VM's have: the sender
says what it left to the kernel."""
import fcntl
import os
import struct

import harness
from harness import IFF_NO_PI, IFF_TAP, TUNSETIFF

IFF_VNET_HDR = 0x4000
NEEDS_CSUM = 1
GSO_NONE, GSO_TCPV4, GSO_UDP, GSO_TCPV6, GSO_UDP_L4 = 0, 1, 3, 4, 5
NONE = b"\0" * 10


def header(flags=0, gso=GSO_NONE, size=0, start=0, offset=0, hdr_len=0):
    """struct virtio_net_hdr; @start and @offset: csum_start, csum_offset"""
    return struct.pack("<BBHHHH", flags, gso, hdr_len, size, start, offset)


class VirtioTap(harness.Tap):
    """what is read is what the kernel has made of it: no offload is left to us"""

    def __init__(self, name):
        self.name = name
        self.header = NONE
        self.fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(self.fd, TUNSETIFF, struct.pack(
            "16sH22x", name.encode(), IFF_TAP | IFF_NO_PI | IFF_VNET_HDR))

    def send(self, frame, head=None):
        """false: the tap itself refuses it"""
        try:
            os.write(self.fd, (head or self.header) + frame)
            return True
        except OSError:
            return False

    def recv(self):
        return [frame[10:] for frame in super().recv()]
