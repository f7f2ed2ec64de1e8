# SPDX-License-Identifier: GPL-2.0-or-later
"""Who does the filtering: each of the configurations that are compared.

A peer sets itself up in the Lab's namespace for a policy, and cleans up what
outlives the namespace.
"""
import lab
import sgctl


class Bare:
    """the bridge alone"""
    name = "bare"
    stateful = False

    def setup(self, road, policy):
        pass

    def cleanup(self):
        pass


class Conntrack(Bare):
    """nf_conntrack_bridge and nothing that looks at its result: a rule that
    asks for the state switches it on, also in a chain that no hook calls"""
    name = "conntrack"
    stateful = True

    def setup(self, road, policy):
        lab.sh("nft", "-f", "-", stdin="""
table bridge floor {
	chain unused {
		ct state new
	}
}
""")


class BrSg(Bare):
    name = "br_sg"
    stateful = True

    def setup(self, road, policy):
        sgctl.apply(policy)

    def cleanup(self):
        sgctl.flush()


PEERS = {p.name: p for p in (Bare, Conntrack, BrSg)}
