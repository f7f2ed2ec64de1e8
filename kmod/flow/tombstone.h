/* SPDX-License-Identifier: GPL-2.0 */
/* A revoked flow's conntrack entry, kept so that nobody can make it anew. */
#ifndef BR_SG_TOMBSTONE_H
#define BR_SG_TOMBSTONE_H

#include <linux/types.h>

struct nf_conn;

/* conntrack's state of the protocol, for br_sg_tomb_keep(); 0: it has none */
u8 br_sg_tomb_state(const struct nf_conn *ct);
/*
 * Makes @ct a tombstone or keeps it one, after the drop of a packet that
 * conntrack saw: its time is fixed once, its state is @state whatever the
 * packet did.
 */
void br_sg_tomb_keep(struct nf_conn *ct, u8 state);
/* the flow is allowed again */
void br_sg_tomb_release(struct nf_conn *ct);

#endif
