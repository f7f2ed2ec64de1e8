// SPDX-License-Identifier: GPL-2.0-or-later
/* Frames by hand; see pkt.h. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>

#include "pkt.h"

void pkt_bytes(struct pkt *pkt, const void *bytes, int n)
{
	if (n < 0 || pkt->len + n > PKT_MAX)
		abort();
	if (n)
		memcpy(pkt->b + pkt->len, bytes, n);
	pkt->len += n;
}

void pkt_fill(struct pkt *pkt, u8 byte, int n)
{
	while (n-- > 0)
		pkt_u8(pkt, byte);
}

void pkt_u8(struct pkt *pkt, u8 v)
{
	pkt_bytes(pkt, &v, 1);
}

void pkt_u16(struct pkt *pkt, u16 v)
{
	pkt_u8(pkt, v >> 8);
	pkt_u8(pkt, v);
}

void pkt_u32(struct pkt *pkt, u32 v)
{
	pkt_u16(pkt, v >> 16);
	pkt_u16(pkt, v);
}

void pkt_hex(struct pkt *pkt, const char *hex)
{
	unsigned int v;

	for (; *hex; hex += 2) {
		while (isspace(*hex))
			hex++;
		if (!*hex)
			break;
		if (sscanf(hex, "%2x", &v) != 1)
			abort();
		pkt_u8(pkt, v);
	}
}

void pkt_eth(struct pkt *pkt, const u8 *dst, const u8 *src, u16 ethertype)
{
	pkt->len = 0;
	pkt->ip = 0;
	pkt_bytes(pkt, dst, 6);
	pkt_bytes(pkt, src, 6);
	pkt_u16(pkt, ethertype);
}

void pkt_arp(struct pkt *pkt, u16 op, const u8 *sha, const struct br_sg_addr *spa,
	     const u8 *tha, const struct br_sg_addr *tpa)
{
	pkt_hex(pkt, "0001 0800 06 04");
	pkt_u16(pkt, op);
	pkt_bytes(pkt, sha, 6);
	pkt_bytes(pkt, spa->b, 4);
	pkt_bytes(pkt, tha, 6);
	pkt_bytes(pkt, tpa->b, 4);
}

void pkt_ip4(struct pkt *pkt, const struct br_sg_addr *src,
	     const struct br_sg_addr *dst, u8 proto, u8 ttl, u16 frag)
{
	pkt->ip = pkt->len;
	pkt_hex(pkt, "45 00 0000 0000");
	pkt_u16(pkt, frag);
	pkt_u8(pkt, ttl);
	pkt_u8(pkt, proto);
	pkt_u16(pkt, 0);
	pkt_bytes(pkt, src->b, 4);
	pkt_bytes(pkt, dst->b, 4);
}

void pkt_ip6(struct pkt *pkt, const struct br_sg_addr *src,
	     const struct br_sg_addr *dst, u8 next, u8 hop_limit)
{
	pkt->ip = pkt->len;
	pkt_hex(pkt, "60 00 0000 0000");
	pkt_u8(pkt, next);
	pkt_u8(pkt, hop_limit);
	pkt_bytes(pkt, src->b, 16);
	pkt_bytes(pkt, dst->b, 16);
}

void pkt_ext(struct pkt *pkt, u8 next, u8 more)
{
	pkt_u8(pkt, next);
	pkt_u8(pkt, more);
	/* two PadN; as a routing header: type 1, no segments left */
	pkt_hex(pkt, "01 00 01 02 00 00");
	pkt_fill(pkt, 0, more * 8);
}

void pkt_frag(struct pkt *pkt, u8 next, u16 frag)
{
	pkt_u8(pkt, next);
	pkt_u8(pkt, 0);
	pkt_u16(pkt, frag);
	pkt_u32(pkt, 0x12345678);
}

void pkt_udp(struct pkt *pkt, u16 sport, u16 dport, int payload)
{
	pkt_u16(pkt, sport);
	pkt_u16(pkt, dport);
	pkt_u16(pkt, 8 + payload);
	pkt_u16(pkt, 0);
	pkt_fill(pkt, 0xaa, payload);
}

void pkt_tcp(struct pkt *pkt, u16 sport, u16 dport, u8 flags, int payload)
{
	pkt_u16(pkt, sport);
	pkt_u16(pkt, dport);
	pkt_u32(pkt, 1);
	pkt_u32(pkt, 2);
	pkt_u8(pkt, 0x50);
	pkt_u8(pkt, flags);
	pkt_hex(pkt, "ffff 0000 0000");
	pkt_fill(pkt, 0xaa, payload);
}

void pkt_icmp(struct pkt *pkt, u8 type, u8 code, int payload)
{
	pkt_u8(pkt, type);
	pkt_u8(pkt, code);
	pkt_hex(pkt, "0000 0001 0002");
	pkt_fill(pkt, 0xaa, payload);
}

void pkt_csum(struct pkt *pkt)
{
	u8 *ip = pkt->b + pkt->ip;
	u16 sum;

	if (!pkt->ip || ip[0] >> 4 != 4 ||
	    pkt->ip + (ip[0] & 15) * 4 > pkt->len)
		return;
	ip[10] = 0;
	ip[11] = 0;
	sum = ip_fast_csum(ip, ip[0] & 15);
	memcpy(ip + 10, &sum, 2);
}

void pkt_fix(struct pkt *pkt)
{
	u8 *ip = pkt->b + pkt->ip;
	int len = pkt->len - pkt->ip;

	if (!pkt->ip)
		return;
	if (ip[0] >> 4 == 4) {
		ip[2] = len >> 8;
		ip[3] = len;
		pkt_csum(pkt);
	} else {
		len -= 40;
		ip[4] = len >> 8;
		ip[5] = len;
	}
}

struct br_sg_addr addr(const char *text)
{
	struct br_sg_addr a = {};

	if (inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text, &a) != 1)
		abort();
	return a;
}

struct br_sg_prefix prefix(const char *text)
{
	struct br_sg_prefix p = {};
	char buf[64], *slash;

	snprintf(buf, sizeof(buf), "%s", text);
	slash = strchr(buf, '/');
	if (slash)
		*slash++ = 0;
	p.family = strchr(buf, ':') ? AF_INET6 : AF_INET;
	p.addr = addr(buf);
	p.len = slash ? atoi(slash) : br_sg_family_bits(p.family);
	if (!br_sg_prefix_valid(&p))
		abort();
	return p;
}

static u8 *copy(const u8 *from, int n)
{
	u8 *to = malloc(n);

	if (n)
		memcpy(to, from, n);
	return to;
}

struct sk_buff *skb_make(const u8 *frame, int len, int page)
{
	int mac = len < 14 ? len : 14;
	int linear = page ? mac : len;
	struct sk_buff *skb = calloc(1, sizeof(*skb));
	struct skb_shared_info *info = &skb->shinfo;
	int off, n;

	/* two bytes before, so that the IP header is aligned */
	skb->head = malloc(linear + 2);
	if (!skb->head)
		abort();
	if (linear)
		memcpy(skb->head + 2, frame, linear);
	skb->mac_header = 2;
	skb->data = skb->head + 2 + mac;
	skb->len = len - mac;
	skb->data_len = len - linear;
	skb->network_header = 0xfff0;
	skb->transport_header = 0xfff8;
	skb->protocol = 0xeeee;
	if (!skb->data_len)
		return skb;
	info->frags = calloc(skb->data_len / page + 1, sizeof(*info->frags));
	for (off = linear; off < len; off += n) {
		n = min(page, len - off);
		info->frags[info->nr_frags].data = copy(frame + off, n);
		info->frags[info->nr_frags++].size = n;
	}
	return skb;
}

void skb_free(struct sk_buff *skb)
{
	int i;

	for (i = 0; i < skb->shinfo.nr_frags; i++)
		free(skb->shinfo.frags[i].data);
	free(skb->shinfo.frags);
	free(skb->head);
	free(skb);
}

void pkt_parse(const struct pkt *pkt, struct br_sg_frame *frame)
{
	struct sk_buff *skb = skb_make(pkt->b, pkt->len, 0);

	br_sg_frame_parse(frame, skb);
	skb_free(skb);
}
