# SPDX-License-Identifier: GPL-2.0-or-later
"""The family's counters and status, read without the tool: a few lines of
generic netlink on a raw socket, names taken from uapi/linux/br_sg.h."""
import os
import re
import socket
import struct

HEADER = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "../../uapi/linux/br_sg.h")
NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 1, 4, 0x300
NLM_F_DUMP_INTR = 0x10
NLMSG_ERROR, NLMSG_DONE = 2, 3
GENL_ID_CTRL = 16


def _enums():
    """name -> number of every enumerator of the header"""
    numbers = {}
    text = re.sub(r"/\*.*?\*/", "", open(HEADER).read(), flags=re.S)
    for body in re.findall(r"enum \w+ \{(.*?)\};", text, re.S):
        value = -1
        for item in body.split(","):
            item = item.strip()
            if not item:
                continue
            name, _, given = item.partition("=")
            value = int(given, 0) if given.strip() else value + 1
            numbers[name.strip()] = value
    return numbers


N = _enums()


def names(prefix):
    """number -> lower-case name of the enumerators that begin so"""
    return {v: k[len(prefix):].lower().replace("_", "-")
            for k, v in N.items() if k.startswith(prefix)}


STEPS = names("BR_SG_STEP_")
REASONS = names("BR_SG_REASON_")
WOULD = names("BR_SG_WOULD_")
GET_F_SHADOW = 1


def attrs(data):
    i = 0
    while i + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, i)
        yield kind & 0x3fff, data[i + 4:i + length]
        i += (length + 3) & ~3


def attr(kind, data):
    pad = -len(data) % 4
    return struct.pack("=HH", len(data) + 4, kind) + data + b"\0" * pad


class Genl:
    def __init__(self):
        self.s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
        self.s.bind((0, 0))
        self.seq = 0
        self.torn = False   # a dump said that it is of two configurations
        reply = self.request(GENL_ID_CTRL, 3, attr(2, b"br_sg\0"))
        if not reply:
            raise OSError("no family br_sg")
        self.family = struct.unpack("=H", dict(attrs(reply[0]))[1])[0]

    def _post(self, family, cmd, data, flags):
        self.seq += 1
        body = struct.pack("=BBH", cmd, 1, 0) + data
        self.s.send(struct.pack("=IHHII", len(body) + 16, family,
                                NLM_F_REQUEST | flags, self.seq, 0) + body)

    def _answers(self):
        """payloads behind the genl header, as they are read"""
        while True:
            buf = self.s.recv(1 << 17)
            i = 0
            while i < len(buf):
                length, kind, flags, seq, _ = struct.unpack_from("=IHHII", buf,
                                                                 i)
                payload = buf[i + 16:i + length]
                i += (length + 3) & ~3
                if seq != self.seq:
                    continue
                self.torn |= bool(flags & NLM_F_DUMP_INTR)
                if kind == NLMSG_ERROR:
                    err = struct.unpack_from("=i", payload)[0]
                    if err:
                        raise OSError(-err, os.strerror(-err))
                    return
                if kind == NLMSG_DONE:
                    return
                yield payload[4:]

    def request(self, family, cmd, data=b"", flags=NLM_F_ACK):
        """all answers; raises OSError on a refusal"""
        self._post(family, cmd, data, flags)
        return list(self._answers())

    def dump(self, family, cmd):
        """asks now; an answer each time that one is taken"""
        self._post(family, cmd, b"", NLM_F_DUMP)
        return self._answers()

    def counters(self, dev=None, shadow=False):
        """(dev, direction, what) -> (packets, bytes); what is the name of a
        step or of a reason in brackets, or "group id" of a rule. Those of the
        shadow: what begins with "would accept " or "would drop ", and is "no
        port" where it has no port line"""
        data = b""
        if shadow:
            data += attr(N["BR_SG_A_FLAGS"], struct.pack("=I", GET_F_SHADOW))
        if dev:
            data += attr(N["BR_SG_A_PORT"] | 0x8000,
                         attr(N["BR_SG_PORT_A_DEV"], dev.encode() + b"\0"))
        out = {}
        for msg in self.request(self.family, N["BR_SG_CMD_COUNTER_GET"], data,
                                NLM_F_DUMP):
            for kind, nest in attrs(msg):
                if kind != N["BR_SG_A_COUNTER"]:
                    continue
                a = dict(attrs(nest))

                def get(name):
                    return a.get(N["BR_SG_COUNTER_A_" + name])
                if get("STEP"):
                    what = STEPS[get("STEP")[0]]
                elif get("REASON"):
                    what = "[%s]" % REASONS[get("REASON")[0]]
                elif not get("GROUP"):
                    what = "no port"
                else:
                    what = "%s %d" % (get("GROUP")[:-1].decode(),
                                      struct.unpack("=I", get("ID"))[0])
                if get("WOULD"):
                    what = "would %s %s" % (WOULD[get("WOULD")[0]], what)
                direction = ("ingress", "egress")[get("DIRECTION")[0]]
                out[get("DEV")[:-1].decode(), direction, what] = (
                    struct.unpack("=Q", get("PACKETS"))[0],
                    struct.unpack("=Q", get("BYTES"))[0])
        return out

    def status(self):
        """unconfigured packets, generation, {bridge: zone}"""
        zones, unconfigured, generation = {}, 0, 0
        for msg in self.request(self.family, N["BR_SG_CMD_STATUS_GET"]):
            for kind, data in attrs(msg):
                a = None
                if kind == N["BR_SG_A_GENERATION"]:
                    generation = struct.unpack("=Q", data)[0]
                elif kind == N["BR_SG_A_STATUS"]:
                    a = dict(attrs(data))
                    unconfigured = struct.unpack("=Q", a[
                        N["BR_SG_STATUS_A_UNCONFIGURED_PACKETS"]])[0]
                elif kind == N["BR_SG_A_ZONE"]:
                    a = dict(attrs(data))
                    zones[a[N["BR_SG_ZONE_A_BRIDGE"]][:-1].decode()] = \
                        struct.unpack("=H", a[N["BR_SG_ZONE_A_ID"]])[0]
        return unconfigured, generation, zones
