/* SPDX-License-Identifier: GPL-2.0 */
/* The shadow: a second policy that is judged and not enforced. */
#ifndef BR_SG_SHADOW_H
#define BR_SG_SHADOW_H

#include "flow/rules.h"

struct br_sg_bind;
struct br_sg_net;
struct nf_conn;
struct sk_buff;

/*
 * @bind, which has a shadow, decided so of a packet that travels in @direction;
 * counts it where the shadow decides otherwise. @tracked: conntrack was asked for
 * it, if it is one for conntrack. Any context, under RCU.
 */
void br_sg_shadow_compare(struct br_sg_net *bn, const struct br_sg_bind *bind,
			  u8 direction, struct br_sg_verdict verdict,
			  bool tracked, const struct sk_buff *skb);
/*
 * The same for a packet that was dropped before conntrack saw it, since the port
 * has revoked the flow of @ct, in which it owns word @own.
 */
void br_sg_shadow_compare_revoked(struct br_sg_net *bn,
				  const struct br_sg_bind *bind, u8 direction,
				  const struct nf_conn *ct, int own,
				  const struct sk_buff *skb);

#endif
