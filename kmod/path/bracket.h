/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames of bridges that we have nothing to do with, around bridge conntrack
 *
 * Bridge conntrack is on or off for the whole netns. When only we asked for it,
 * frames of other bridges are marked untracked before it and unmarked behind it, so
 * that iptables' CT target and everything else there works as if it were off. When
 * somebody else asked too (an nft rule with ct state in the bridge family), the
 * frames are left to it. Conntrack does not tell who asks; that its hook was there
 * before ours, or that nftables has a chain in the bridge family, is what there is
 * to go by.
 */
#ifndef BR_SG_BRACKET_H
#define BR_SG_BRACKET_H

#include <linux/compiler.h>
#include <linux/jiffies.h>
#include <linux/skbuff.h>
#include <net/netfilter/nf_conntrack.h>

#include "netns/net.h"

/* has somebody else asked for bridge conntrack? Under RCU, before we do */
bool br_sg_bracket_foreign(const struct net *net);
/* finds out who asks, at @now of jiffies */
void br_sg_bracket_ask(struct br_sg_net *bn, unsigned long now);

/* are frames of other bridges to be kept from conntrack? Asked once a tick */
static inline bool br_sg_bracket_wanted(struct br_sg_net *bn)
{
	unsigned long now = jiffies;

	if (unlikely(READ_ONCE(bn->bracket_at) != now))
		br_sg_bracket_ask(bn, now);
	return READ_ONCE(bn->bracket);
}

static inline void br_sg_bracket_open(struct br_sg_net *bn, struct sk_buff *skb)
{
	if (!skb_get_nfct(skb) && br_sg_bracket_wanted(bn))
		nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
}

static inline void br_sg_bracket_close(struct br_sg_net *bn,
				       struct sk_buff *skb)
{
	/* the mark alone, no entry: nothing to put. As it was found at the opening */
	if (skb_get_nfct(skb) == IP_CT_UNTRACKED && READ_ONCE(bn->bracket))
		skb_set_nfct(skb, 0);
}

#endif
