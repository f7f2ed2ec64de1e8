/* SPDX-License-Identifier: GPL-2.0 */
/* Entries of flows that a port end has revoked; and see br_sg_flow_revoked(). */
#ifndef BR_SG_REVOKED_H
#define BR_SG_REVOKED_H

#include <linux/types.h>

struct br_sg_bind;
struct br_sg_snapshot;
struct net;
struct nf_conn;
struct nf_conntrack_tuple_hash;
struct sk_buff;

/* conntrack keeps a state for it, which ends flows or begins them anew */
bool br_sg_proto_has_state(u8 proto);
/*
 * A reference to the entry of a packet of a protocol that has a state, or NULL. Of a
 * later fragment there is none; without the first it comes to nothing.
 */
struct nf_conntrack_tuple_hash *br_sg_flow_find(const struct br_sg_bind *bind,
						struct net *net,
						const struct sk_buff *skb);
/* word @i of @ct says that the flow is revoked, and who wrote it is no more */
bool br_sg_entry_orphaned(const struct br_sg_snapshot *snap,
			  const struct nf_conn *ct, int i);

#endif
