/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A port end's slot in a conntrack entry (uapi/linux/br_sg.h has its layout,
 * flow.c what it is for), and the short way of steps 9 and 10: a packet that a
 * slot of this port and this version of its policy admits.
 */
#ifndef BR_SG_SLOT_H
#define BR_SG_SLOT_H

#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_labels.h>
#include <net/netfilter/nf_conntrack_zones.h>

#include "policy/snapshot.h"

/* serial and version */
#define BR_SG_SLOT_STAMP	GENMASK_ULL(63, BR_SG_SLOT_VERSION_SHIFT)

/* whose rules admitted the packets of the slot's entry: a bit per direction */
static inline u8 br_sg_slot_ways(u64 slot)
{
	if (slot & BR_SG_SLOT_BOTH)
		return BIT(BR_SG_INGRESS) | BIT(BR_SG_EGRESS);
	return slot & BR_SG_SLOT_INGRESS ? BIT(BR_SG_INGRESS) :
					   BIT(BR_SG_EGRESS);
}

/* both words; NULL: the entry, or template, has no room */
static inline unsigned long *br_sg_slot_words(const struct nf_conn *ct)
{
	struct nf_conn_labels *labels = nf_ct_labels_find(ct);

	return labels ? labels->bits : NULL;
}

/*
 * The port's direction in an entry whose packet travels in @direction at the port:
 * conntrack's direction, original or reply, of the packets that the port itself sends.
 * By it the port finds its word in the labels, and the tuple of its own packets; the
 * other end has the other direction, and so the other word and tuple.
 */
static inline int br_sg_slot_own(enum ip_conntrack_info ctinfo, u8 direction)
{
	int dir = CTINFO2DIR(ctinfo);

	return direction == BR_SG_INGRESS ? !dir : dir;
}

/*
 * The port that has written @slot in @ct, if it is there and filters: others look
 * at no slot. A serial is of one port, but its device may have changed bridges.
 */
static inline const struct br_sg_bind *
br_sg_slot_bind(const struct br_sg_snapshot *snap, const struct nf_conn *ct,
		u64 slot)
{
	const struct br_sg_bind *bind;

	if (!slot)
		return NULL;
	bind = br_sg_bind_by_serial(snap, slot >> BR_SG_SLOT_SERIAL_SHIFT);
	if (!bind || READ_ONCE(bind->state) != BR_SG_BIND_FILTER ||
	    bind->bridge->zone != nf_ct_zone(ct)->id)
		return NULL;
	return bind;
}

/* hangs a template of the bridge's zone on a frame, for conntrack to find */
static inline void br_sg_zone_hang(const struct br_sg_bridge *bridge,
				   struct sk_buff *skb)
{
	/* once: the processor may change */
	struct nf_conn *tmpl = this_cpu_read(*bridge->tmpl);

	nf_conntrack_get(&tmpl->ct_general);
	nf_ct_set(skb, tmpl, IP_CT_NEW);
}

/*
 * Does the port's slot admit the packet, which travels in @direction?
 *
 * A stateless port writes no slot, and one that it wrote before it became so
 * is of an older version. A slot of this serial is of an entry that this port
 * judged, on this bridge or another, and a frame on this bridge has an entry of
 * this bridge's zone or the host's own, which has no slot.
 */
static inline bool br_sg_slot_admits(const struct br_sg_bind *bind,
				     u8 direction, const struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;
	const unsigned long *words;
	struct nf_conn *ct;
	u64 slot;

	ct = nf_ct_get(skb, &ctinfo);
	if (!ct)
		return false;
	words = br_sg_slot_words(ct);
	if (!words)
		return false;
	slot = READ_ONCE(words[br_sg_slot_own(ctinfo, direction)]);
	return (slot & (BR_SG_SLOT_STAMP | BR_SG_SLOT_MARK)) ==
	       (bind->stamp | BR_SG_SLOT_ALLOWED);
}

#endif
