/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An skb with a linear part and pages, every one an allocation of its own so
 * that the address sanitizer sees a byte too many. The accessors are written
 * as in the kernel, negative offsets included.
 */
#ifndef UNIT_SKBUFF_H
#define UNIT_SKBUFF_H

#include "../shim.h"
#include <linux/types.h>

struct shim_frag {
	u8 *data;
	int size;
};

/* as in the kernel */
#define CHECKSUM_NONE		0
#define CHECKSUM_PARTIAL	3

enum {
	SKB_GSO_TCPV4 = 1 << 0,
	SKB_GSO_DODGY = 1 << 1,
	SKB_GSO_TCP_ECN = 1 << 2,
	SKB_GSO_TCPV6 = 1 << 4,
	SKB_GSO_GRE = 1 << 6,
	SKB_GSO_GRE_CSUM = 1 << 7,
	SKB_GSO_IPXIP4 = 1 << 8,
	SKB_GSO_IPXIP6 = 1 << 9,
	SKB_GSO_UDP_TUNNEL = 1 << 10,
	SKB_GSO_UDP_TUNNEL_CSUM = 1 << 11,
	SKB_GSO_SCTP = 1 << 14,
	SKB_GSO_ESP = 1 << 15,
	SKB_GSO_UDP = 1 << 16,
	SKB_GSO_UDP_L4 = 1 << 17,
};

struct skb_shared_info {
	u16 gso_size;
	u16 gso_segs;
	u32 gso_type;
	bool shared;
	int nr_frags;
	struct shim_frag *frags;
};

struct sk_buff {
	unsigned int len;
	unsigned int data_len;
	u8 *head;
	u8 *data;
	u16 mac_header;
	u16 network_header;
	u16 transport_header;
	u16 inner_mac_header;
	u16 csum_start;
	u16 csum_offset;
	u8 ip_summed;
	bool encapsulation;
	__be16 protocol;
	__be16 vlan_proto;
	u16 vlan_tci;
	bool vlan_present;
	struct skb_shared_info shinfo;
};

#define skb_shinfo(skb)			(&(skb)->shinfo)
#define skb_vlan_tag_present(skb)	((skb)->vlan_present)

static inline bool skb_is_gso(const struct sk_buff *skb)
{
	return skb->shinfo.gso_size;
}

static inline unsigned int skb_headlen(const struct sk_buff *skb)
{
	return skb->len - skb->data_len;
}

/* has pages that user space may write to */
static inline bool skb_has_shared_frag(const struct sk_buff *skb)
{
	return skb->data_len && skb->shinfo.shared;
}

static inline int skb_checksum_start_offset(const struct sk_buff *skb)
{
	return skb->csum_start - (int)(skb->data - skb->head);
}

static inline u8 *skb_inner_mac_header(const struct sk_buff *skb)
{
	return skb->head + skb->inner_mac_header;
}

static inline int skb_mac_header_was_set(const struct sk_buff *skb)
{
	return skb->mac_header != (u16)~0U;
}

static inline int skb_mac_offset(const struct sk_buff *skb)
{
	return skb->head + skb->mac_header - skb->data;
}

int skb_copy_bits(const struct sk_buff *skb, int offset, void *to, int len);

static inline void *__must_check
skb_header_pointer(const struct sk_buff *skb, int offset, int len, void *buffer)
{
	if (likely((int)skb_headlen(skb) - offset >= len))
		return skb->data + offset;
	if (skb_copy_bits(skb, offset, buffer, len) < 0)
		return NULL;
	return buffer;
}

#endif
