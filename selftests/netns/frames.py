# SPDX-License-Identifier: GPL-2.0-or-later
"""Builders of frames, bytes in and bytes out; checksums are right unless a
test spoils them. Addresses are strings, MACs too."""
import socket
import struct

BROADCAST = "ff:ff:ff:ff:ff:ff"


def mac(s):
    return bytes.fromhex(s.replace(":", ""))


def ip4(s):
    return socket.inet_pton(socket.AF_INET, s)


def ip6(s):
    return socket.inet_pton(socket.AF_INET6, s)


def is6(s):
    return ":" in s


def csum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def eth(dst, src, ethertype, payload=b""):
    return mac(dst) + mac(src) + struct.pack("!H", ethertype) + payload


def vlan(frame, vid, tpid=0x8100):
    return frame[:12] + struct.pack("!HH", tpid, vid) + frame[12:]


def snap(frame):
    """the same payload behind 802.3, LLC and SNAP"""
    payload = b"\xaa\xaa\x03\0\0\0" + frame[12:]
    return frame[:12] + struct.pack("!H", len(payload)) + payload


def arp(src, sha, spa, tpa, op=1, dst=BROADCAST, tha="00:00:00:00:00:00",
        ethertype=0x0806, head=(1, 0x0800, 6, 4)):
    return eth(dst, src, ethertype, struct.pack("!HHBBH", *head, op) +
               mac(sha) + ip4(spa) + mac(tha) + ip4(tpa))


def ipv4(src, dst, proto, payload=b"", ttl=64, ident=1, frag=0, options=b"",
         tot_len=None, version=4, ihl=None):
    ihl = 5 + len(options) // 4 if ihl is None else ihl
    if tot_len is None:
        tot_len = 20 + len(options) + len(payload)
    head = struct.pack("!BBHHHBBH4s4s", version << 4 | ihl, 0, tot_len, ident,
                       frag, ttl, proto, 0, ip4(src), ip4(dst)) + options
    return head[:10] + struct.pack("!H", csum(head)) + head[12:] + payload


def ipv6(src, dst, nexthdr, payload=b"", hlim=64, plen=None):
    return struct.pack("!IHBB", 6 << 28, len(payload) if plen is None else plen,
                       nexthdr, hlim) + ip6(src) + ip6(dst) + payload


def _pseudo(src, dst, proto, length):
    if is6(src):
        return ip6(src) + ip6(dst) + struct.pack("!II", length, proto)
    return ip4(src) + ip4(dst) + struct.pack("!HH", proto, length)


def udp(src, dst, sport, dport, data=b"data", proto=17):
    length = 8 + len(data)
    # UDP-Lite: the field is the coverage, 0 is all of it
    field = 0 if proto == 136 else length
    head = struct.pack("!HHHH", sport, dport, field, 0)
    c = csum(_pseudo(src, dst, proto, length) + head + data) or 0xffff
    return head[:6] + struct.pack("!H", c) + data


def tcp(src, dst, sport, dport, flags="S", seq=1, ack=0, data=b"", window=8192):
    bits = sum({"F": 1, "S": 2, "R": 4, "P": 8, "A": 16}[c] for c in flags)
    head = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, 5 << 4, bits,
                       window, 0, 0)
    c = csum(_pseudo(src, dst, 6, len(head) + len(data)) + head + data)
    return head[:16] + struct.pack("!H", c) + head[18:] + data


def sctp(sport, dport, chunk=b"\x01\0\0\x14" + b"\0\0\0\x01" + b"\0" * 12,
         vtag=0):
    crc = _crc32c(struct.pack("!HHII", sport, dport, vtag, 0) + chunk)
    return struct.pack("!HHI", sport, dport, vtag) + \
        struct.pack("<I", crc) + chunk


def _crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def dccp(src, dst, sport, dport, kind=0, seq=1, rest=b"\0\0\0\1"):
    """kind: 0 request with its service code, 1 response"""
    length = 16 + len(rest)
    head = struct.pack("!HHBBHBBHI", sport, dport, length // 4, 0, 0,
                       kind << 1 | 1, 0, 0, seq) + rest
    c = csum(_pseudo(src, dst, 33, length) + head)
    return head[:6] + struct.pack("!H", c) + head[8:]


def icmp(kind, code=0, rest=b"\0\x05\0\x01", data=b"data"):
    body = struct.pack("!BBH", kind, code, 0) + rest + data
    return body[:2] + struct.pack("!H", csum(body)) + body[4:]


def icmp6(src, dst, kind, code=0, body=b"\0\x05\0\x01data"):
    msg = struct.pack("!BBH", kind, code, 0) + body
    c = csum(_pseudo(src, dst, 58, len(msg)) + msg)
    return msg[:2] + struct.pack("!H", c) + msg[4:]


def nd_option(kind, lladdr):
    return bytes([kind, 1]) + mac(lladdr)


def nd(src, dst, kind, target=None, options=b"", rest=b"\0\0\0\0", hlim=255,
       code=0):
    """an IPv6 packet: 133 RS, 134 RA, 135 NS, 136 NA, 137 redirect"""
    body = rest
    if kind == 134:
        body += b"\0" * 8
    if target:
        body += ip6(target)
    if kind == 137:
        body += ip6(target)
    return ipv6(src, dst, 58, icmp6(src, dst, kind, code, body + options),
                hlim=hlim)


def ext(nexthdr, length=0, data=b""):
    """an IPv6 extension header of 8 * (length + 1) bytes"""
    return bytes([nexthdr, length]) + data.ljust(6 + 8 * length, b"\0")


def frag6(nexthdr, offset, more, ident=1):
    return struct.pack("!BBHI", nexthdr, 0, offset | more, ident)


def ah(nexthdr, length=4):
    """an authentication header of 4 * (length + 2) bytes"""
    return bytes([nexthdr, length, 0, 0]).ljust(4 * (length + 2), b"\1")


def ip(src, dst, proto, payload=b"", **kw):
    """an Ethernet payload of the addresses' family, and its ethertype"""
    if is6(src):
        return 0x86dd, ipv6(src, dst, proto, payload, **kw)
    return 0x0800, ipv4(src, dst, proto, payload, **kw)


def packet(eth_src, eth_dst, src, dst, proto, payload=b"", **kw):
    ethertype, data = ip(src, dst, proto, payload, **kw)
    return eth(eth_dst, eth_src, ethertype, data)


def fragments4(frame, size):
    """an IPv4 frame cut into fragments with @size bytes of data each"""
    head, data = frame[14:34], frame[34:]
    out = []
    for at in range(0, len(data), size):
        part = data[at:at + size]
        more = 0x2000 if at + size < len(data) else 0
        h = head[:2] + struct.pack("!H", 20 + len(part)) + head[4:6] + \
            struct.pack("!H", more | at // 8) + head[8:10] + b"\0\0" + head[12:]
        h = h[:10] + struct.pack("!H", csum(h)) + h[12:]
        out.append(frame[:14] + h + part)
    return out


def fragments6(frame, size, ident=7):
    head, data = frame[14:54], frame[54:]
    out = []
    for at in range(0, len(data), size):
        part = data[at:at + size]
        more = at + size < len(data)
        payload = frag6(head[6], at, more, ident) + part
        out.append(frame[:14] + head[:4] + struct.pack("!HB", len(payload), 44) +
                   head[7:] + payload)
    return out


def fragments(frame, size):
    return (fragments4 if frame[12:14] == b"\x08\0" else fragments6)(frame, size)
