# SPDX-License-Identifier: GPL-2.0-or-later
"""Who does the filtering: each of the configurations that are compared.

A peer sets itself up in the Lab's namespace for a policy, and cleans up what
outlives the namespace. @filters: it drops what no rule allows. @loss: the part
of the packets that may be missing.
"""
import os
import time

import hybrid
import lab
import nft
import ovs
import policy
import sgctl


class Bare:
    """the bridge alone"""
    name = "bare"
    filters = False
    bridged = True
    guarded = "tap0"
    loss = 0

    def setup(self, road, pol):
        pass

    def cleanup(self, road):
        pass


class Conntrack(Bare):
    """nf_conntrack_bridge and nothing that looks at its result: a rule that
    asks for the state switches it on, also in a chain that no hook calls"""
    name = "conntrack"
    RULE = "ct state new"

    def setup(self, road, pol):
        lab.sh("nft", "-f", "-", stdin="""
table bridge floor {
	chain unused {
		%s
	}
}
""" % self.RULE)


class Labels(Conntrack):
    """the same with room for labels in each entry, which whoever keeps
    something of his own there has to pay"""
    name = "labels"
    RULE = "ct label set 5"


class BrSg(Bare):
    name = "br_sg"
    filters = True

    def setup(self, road, pol):
        road.devices([p.name for p in pol.ports[1:1 + policy.DEVICES]])
        sgctl.apply(pol)

    def cleanup(self, road):
        sgctl.flush()


class Stateless(BrSg):
    """the same without conntrack: the rules decide about each packet"""
    name = "stateless"

    def setup(self, road, pol):
        pol.stateless = True
        super().setup(road, pol)


class Watched(BrSg):
    """the same when the port's policy has moved: flows may be revoked"""
    name = "watched"

    def setup(self, road, pol):
        super().setup(road, pol)
        sgctl.run(*"rule add web ingress proto tcp dport 9".split())


class Shadowed(BrSg):
    """the same with a shadow, which says the same of every packet"""
    name = "shadow"

    def setup(self, road, pol):
        super().setup(road, pol)
        sgctl.run("shadow", "apply", "-", stdin=sgctl.config(pol))


class OtherBridge(BrSg):
    """the frames of a bridge that has no port of ours; another one has"""
    name = "other"
    filters = False
    guarded = "tapx"

    def setup(self, road, pol):
        road.devices(["tapx"])
        sgctl.apply(pol)


class Idle(Bare):
    """nothing configured in this namespace, a port in another one"""
    name = "idle"

    def setup(self, road, pol):
        lab.enter(lab.FIRST)
        sgctl.apply(pol)
        lab.enter(road.home)

    def cleanup(self, road):
        lab.enter(lab.FIRST)
        sgctl.flush()
        lab.enter(road.home)


class Nft(Bare):
    name = "nft"
    filters = True

    def setup(self, road, pol):
        nft.apply(pol)


class Hybrid(Bare):
    """iptables through br_netfilter, which is there while such a peer is"""
    filters = True
    variant = None

    def setup(self, road, pol):
        hybrid.apply(pol, self.variant, pol.families)

    def cleanup(self, road):
        lab.sh("ipset", "-exist", "destroy", check=False)


class HybridLegacy(Hybrid):
    name = "iptables"
    variant = "legacy"


class HybridNft(Hybrid):
    name = "iptables-nft"
    variant = "nft"


class Ovs(Bare):
    name = "ovs"
    filters = True
    bridged = False
    # while vswitchd looks its flows over some packets go up to it and are late
    loss = 0.02

    def setup(self, road, pol):
        self.switch = ovs.Switch()
        self.switch.setup(pol, ["tap0", "qvb0"])

    def cleanup(self, road):
        self.switch.stop()


PEERS = {p.name: p for p in (Bare, Conntrack, Labels, BrSg, Stateless, Watched,
                             Shadowed, OtherBridge, Idle, Nft, HybridLegacy,
                             HybridNft, Ovs)}


def need_br_netfilter(peer):
    """br_netfilter costs everybody: it is there for whom it is needed"""
    want = isinstance(peer, Hybrid)
    there = os.path.isdir("/sys/module/br_netfilter")
    if want and not there:
        lab.sh("modprobe", "-a", "br_netfilter", "xt_physdev")
    for _ in range(300):
        if want or not os.path.isdir("/sys/module/br_netfilter"):
            return
        # in use until the last namespace that has rules is gone
        lab.sh("modprobe", "-r", "xt_physdev", "br_netfilter", check=False)
        time.sleep(0.1)
    raise RuntimeError("br_netfilter does not go away")
