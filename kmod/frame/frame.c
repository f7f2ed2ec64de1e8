// SPDX-License-Identifier: GPL-2.0
/*
 * The code that reads packet bytes (plain.h, its short way, is the other). A
 * guest wrote them, and most of the skb's metadata besides: what is read is read
 * by copy, within the length that the frame has and the IP header claims, and
 * each byte once (with zerocopy it may lie in the guest's memory and change). In
 * doubt a frame is malformed.
 */
#include <linux/if_vlan.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/kernel.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>

#include "frame/frame.h"
#include "frame/offload.h"

/* extension headers: as many as newer kernels walk (IP6_MAX_EXT_HDRS_CNT) */
#define EXTHDRS_MAX	12
/* ND options: many more than any router sends */
#define ND_OPTIONS_MAX	64

#define IP4_OFFSET	0x1fff
#define IP4_MORE	0x2000
#define IP6_OFFSET	0xfff8
#define IP6_MORE	0x0001

/* on the wire; fields are aligned where the copy is */
struct arp_ether {
	__be16 htype;
	__be16 ptype;
	u8 hlen;
	u8 plen;
	__be16 op;
	u8 sha[ETH_ALEN];
	u8 spa[4];
	u8 tha[ETH_ALEN];
	u8 tpa[4];
};

struct ports {
	__be16 sport;
	__be16 dport;
};

/* the eight bytes that every extension header has */
struct exthdr {
	u8 next;
	u8 len;
	__be16 frag;	/* fragment header; routing: type, segments left */
	__be32 rest;
};

/**
 * struct parse - one frame on its way through the parser
 * @skb: it
 * @frame: what was found
 * @end: end of the IP packet, offset from skb->data; padding is behind it
 * @big: the IP header has no length, because the packet is a GSO one of more
 *	than 64 KiB: @end is the skb's
 * @data: where a fragment's data begins, offset from skb->data
 * @offset: where it belongs in the packet, in bytes
 * @more: fragments follow
 * @l4_len: length of the layer 4 header, where we know it
 */
struct parse {
	const struct sk_buff *skb;
	struct br_sg_frame *frame;
	int end;
	bool big;
	int data;
	int offset;
	bool more;
	int l4_len;
};

/*
 * Copies @len bytes at @off, which all must be before the end. Pages that user space
 * can still write to (vhost's zerocopy) hold no header: who reads it next, and the
 * receiver, would see another one.
 */
static bool fetch(const struct parse *p, int off, int len, void *to)
{
	void *from;

	if (p->end - off < len)
		return false;
	if (off + len > (int)skb_headlen(p->skb) && skb_has_shared_frag(p->skb))
		return false;
	from = skb_header_pointer(p->skb, off, len, to);
	if (!from)
		return false;
	if (from != to)
		memcpy(to, from, len);
	return true;
}

static bool is_frag(const struct parse *p)
{
	return p->frame->flags & BR_SG_FRAME_FRAG;
}

/* the least that layer 4 must have of a header, so that we may judge by it */
static int l4_min(const struct br_sg_frame *frame)
{
	bool ipv4 = frame->kind == BR_SG_FRAME_IPV4;

	switch (frame->proto) {
	case IPPROTO_TCP:
		return sizeof(struct tcphdr);
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		return sizeof(struct udphdr);
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		return 12;
	case IPPROTO_ICMP:
	case IPPROTO_IGMP:
		return ipv4 ? 8 : 0;
	case IPPROTO_ICMPV6:
		return ipv4 ? 0 : 8;
	default:
		return 0;
	}
}

/* what the fragment fields of either family say, against the length */
static bool frag_parse(struct parse *p)
{
	struct br_sg_frame *frame = p->frame;
	int len = p->end - p->data;

	if (!p->offset && !p->more)
		return true;
	frame->flags |= BR_SG_FRAME_FRAG;
	if (skb_is_gso(p->skb))
		return false;
	if (len <= 0 || p->offset + len > 0xffff)
		return false;
	if (p->more && len % 8)
		return false;
	if (!p->offset) {
		frame->flags |= BR_SG_FRAME_FIRST;
		return true;
	}
	/* it must not write over the header that the first one was judged by */
	return p->offset >= l4_min(frame);
}

static bool ports_parse(struct parse *p)
{
	struct br_sg_frame *frame = p->frame;
	struct ports ports;

	if (!fetch(p, frame->thoff, sizeof(ports), &ports))
		return false;
	p->l4_len = l4_min(frame);
	frame->sport = be16_to_cpu(ports.sport);
	frame->dport = be16_to_cpu(ports.dport);
	frame->flags |= BR_SG_FRAME_PORTS;
	return true;
}

static bool tcp_parse(struct parse *p)
{
	struct br_sg_frame *frame = p->frame;
	int len = p->end - frame->thoff;
	struct tcphdr tcp;

	/* a first fragment of 8 or 16 bytes: what follows must overlap it */
	if (len < (int)sizeof(tcp))
		return ports_parse(p);
	if (!fetch(p, frame->thoff, sizeof(tcp), &tcp))
		return false;
	if (tcp.doff < 5)
		return false;
	p->l4_len = tcp.doff * 4;
	if (p->l4_len > len &&
	    (!is_frag(p) || frame->kind == BR_SG_FRAME_IPV6))
		return false;
	frame->sport = be16_to_cpu(tcp.source);
	frame->dport = be16_to_cpu(tcp.dest);
	frame->flags |= BR_SG_FRAME_PORTS;
	if (tcp.syn && !tcp.ack && !tcp.rst && !tcp.fin)
		frame->flags |= BR_SG_FRAME_SYN;
	return true;
}

static bool udp_parse(struct parse *p)
{
	struct br_sg_frame *frame = p->frame;
	int len = p->end - frame->thoff;
	struct udphdr udp;

	if (!fetch(p, frame->thoff, sizeof(udp), &udp))
		return false;
	if (be16_to_cpu(udp.len) < sizeof(udp))
		return false;
	if (!is_frag(p) && be16_to_cpu(udp.len) > len)
		return false;
	p->l4_len = sizeof(udp);
	frame->sport = be16_to_cpu(udp.source);
	frame->dport = be16_to_cpu(udp.dest);
	frame->flags |= BR_SG_FRAME_PORTS;
	return true;
}

static bool icmp_parse(struct parse *p)
{
	struct br_sg_frame *frame = p->frame;
	u8 icmp[2];

	if (!fetch(p, frame->thoff, sizeof(icmp), icmp))
		return false;
	frame->type = icmp[0];
	frame->code = icmp[1];
	frame->flags |= BR_SG_FRAME_ICMP;
	return true;
}

/* type 1 or 2, source or target link-layer address; @len: of the option */
static bool nd_lladdr_parse(struct parse *p, int off, int len)
{
	struct br_sg_frame *frame = p->frame;
	u8 lladdr[ETH_ALEN];

	if (len != 2 + ETH_ALEN) {
		frame->flags |= BR_SG_FRAME_ND_BAD;
		return true;
	}
	if (!fetch(p, off + 2, sizeof(lladdr), lladdr))
		return false;
	if (frame->flags & BR_SG_FRAME_ND_LLADDR &&
	    memcmp(frame->lladdr, lladdr, ETH_ALEN))
		frame->flags |= BR_SG_FRAME_ND_BAD;
	memcpy(frame->lladdr, lladdr, ETH_ALEN);
	frame->flags |= BR_SG_FRAME_ND_LLADDR;
	return true;
}

static bool nd_parse(struct parse *p)
{
	struct br_sg_frame *frame = p->frame;
	int off = frame->thoff;
	u8 option[2];
	int i, len;

	switch (frame->type) {
	case BR_SG_ICMP6_RS:
		off += 8;
		break;
	case BR_SG_ICMP6_RA:
		off += 16;
		break;
	case BR_SG_ICMP6_NS:
	case BR_SG_ICMP6_NA:
		off += 24;
		break;
	case BR_SG_ICMP6_REDIRECT:
		off += 40;
		break;
	default:
		return true;
	}
	if (off > p->end)
		return false;
	if (frame->type >= BR_SG_ICMP6_NS) {
		if (!fetch(p, frame->thoff + 8, sizeof(frame->target),
			   &frame->target))
			return false;
		frame->flags |= BR_SG_FRAME_ND_TARGET;
	}
	for (i = 0; off < p->end; i++) {
		if (i == ND_OPTIONS_MAX)
			return false;
		if (!fetch(p, off, sizeof(option), option))
			return false;
		len = option[1] * 8;
		if (!len || len > p->end - off)
			return false;
		if (option[0] == 1 || option[0] == 2)
			if (!nd_lladdr_parse(p, off, len))
				return false;
		off += len;
	}
	return true;
}

static bool l4_parse(struct parse *p)
{
	struct br_sg_frame *frame = p->frame;
	bool ipv4 = frame->kind == BR_SG_FRAME_IPV4;
	int min = l4_min(frame);

	if (p->offset)
		return true;
	if (is_frag(p)) {
		/* IPv4: RFC 791 promises no more; IPv6: the whole chain */
		if (ipv4)
			min = 8;
		else if (frame->proto != IPPROTO_NONE)
			min = max(min, 8);
	}
	if (p->end - frame->thoff < min)
		return false;

	switch (frame->proto) {
	case IPPROTO_TCP:
		return tcp_parse(p);
	case IPPROTO_UDP:
		return !p->big && udp_parse(p);
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		return !p->big && ports_parse(p);
	case IPPROTO_ICMP:
	case IPPROTO_IGMP:
		return !p->big && (!ipv4 || icmp_parse(p));
	case IPPROTO_ICMPV6:
		if (p->big)
			return false;
		if (ipv4)
			return true;
		/* options of a fragment end elsewhere; ND is not fragmented */
		return icmp_parse(p) && (is_frag(p) || nd_parse(p));
	default:
		return !p->big;
	}
}

/*
 * Is there a source route (LSRR, SSRR) among the IPv4 options, used up or not? The
 * destination that is judged is its next stop only, and answers may go back by it.
 * Behind an option of no sound length nobody reads on.
 */
static bool ipv4_source_route(const u8 *option, int len)
{
	int n;

	for (; len > 0 && option[0] != IPOPT_END; option += n, len -= n) {
		if (option[0] == IPOPT_LSRR || option[0] == IPOPT_SSRR)
			return true;
		n = 1;
		if (option[0] == IPOPT_NOOP)
			continue;
		if (len < 2 || option[1] < 2)
			break;
		n = option[1];
	}
	return false;
}

static bool ipv4_parse(struct parse *p)
{
	struct br_sg_frame *frame = p->frame;
	union {
		struct iphdr ip;
		u32 words[15];
	} hdr;
	int hlen, len;
	u16 frag;

	frame->kind = BR_SG_FRAME_IPV4;
	if (!fetch(p, frame->nhoff, sizeof(hdr.ip), &hdr.ip))
		return false;
	hlen = hdr.ip.ihl * 4;
	if (hdr.ip.version != 4 || hlen < (int)sizeof(hdr.ip))
		return false;
	if (hlen > (int)sizeof(hdr.ip) &&
	    (!fetch(p, frame->nhoff + sizeof(hdr.ip), hlen - sizeof(hdr.ip),
		    &hdr.words[5]) ||
	     ipv4_source_route((const u8 *)&hdr.words[5],
			       hlen - sizeof(hdr.ip))))
		return false;
	/* as br_netfilter does: nobody should act on what nobody accepts */
	if (ip_fast_csum(&hdr.ip, hdr.ip.ihl))
		return false;

	len = be16_to_cpu(hdr.ip.tot_len);
	if (!len && skb_is_gso(p->skb)) {
		p->big = true;
	} else {
		if (len < hlen || len > p->end - frame->nhoff)
			return false;
		p->end = frame->nhoff + len;
	}

	frame->proto = hdr.ip.protocol;
	frame->hop_limit = hdr.ip.ttl;
	frame->saddr.v4 = hdr.ip.saddr;
	frame->daddr.v4 = hdr.ip.daddr;
	frame->thoff = frame->nhoff + hlen;
	p->data = frame->thoff;
	frag = be16_to_cpu(hdr.ip.frag_off);
	p->offset = (frag & IP4_OFFSET) * 8;
	p->more = frag & IP4_MORE;
	return frag_parse(p) && l4_parse(p);
}

/*
 * Follows the extension headers from @off, whose kind is @next, to where
 * conntrack's ipv6_skip_exthdr() stops, or to the data of a fragment that is
 * not the first.
 */
static bool ipv6_walk(struct parse *p, u8 next, int off)
{
	struct br_sg_frame *frame = p->frame;
	int start = off;
	bool frag = false;
	struct exthdr hdr;
	int i, len;

	for (i = 0;; i++) {
		switch (next) {
		case IPPROTO_HOPOPTS:
			if (off != start)
				return false;
			fallthrough;
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
		case IPPROTO_AH:
		case IPPROTO_FRAGMENT:
			break;
		default:
			frame->proto = next;
			frame->thoff = off;
			return true;
		}
		if (i == EXTHDRS_MAX)
			return false;
		if (!fetch(p, off, sizeof(hdr), &hdr))
			return false;
		/* segments left: it is bound for another destination than it says */
		if (next == IPPROTO_ROUTING && be16_to_cpu(hdr.frag) & 0xff)
			return false;
		if (next == IPPROTO_FRAGMENT) {
			if (frag)
				return false;
			frag = true;
			len = sizeof(hdr);
			p->offset = be16_to_cpu(hdr.frag) & IP6_OFFSET;
			p->more = be16_to_cpu(hdr.frag) & IP6_MORE;
			frame->atomic = !p->offset && !p->more;
		} else if (next == IPPROTO_AH) {
			len = (hdr.len + 2) * 4;
		} else {
			len = (hdr.len + 1) * 8;
		}
		if (len > p->end - off)
			return false;
		off += len;
		if (next == IPPROTO_FRAGMENT)
			p->data = off;
		next = hdr.next;
		if (p->offset) {
			frame->proto = next;
			frame->thoff = off;
			return true;
		}
	}
}

static bool ipv6_parse(struct parse *p)
{
	struct br_sg_frame *frame = p->frame;
	struct ipv6hdr hdr;
	int len;

	frame->kind = BR_SG_FRAME_IPV6;
	if (!fetch(p, frame->nhoff, sizeof(hdr), &hdr))
		return false;
	if (hdr.version != 6)
		return false;

	/* a jumbogram that is not GSO ends here and has no layer 4 */
	len = be16_to_cpu(hdr.payload_len);
	if (!len && skb_is_gso(p->skb)) {
		p->big = true;
	} else {
		if (len > p->end - frame->nhoff - (int)sizeof(hdr))
			return false;
		p->end = frame->nhoff + sizeof(hdr) + len;
	}

	frame->hop_limit = hdr.hop_limit;
	memcpy(&frame->saddr, &hdr.saddr, sizeof(frame->saddr));
	memcpy(&frame->daddr, &hdr.daddr, sizeof(frame->daddr));
	return ipv6_walk(p, hdr.nexthdr, frame->nhoff + sizeof(hdr)) &&
	       frag_parse(p) && l4_parse(p);
}

static bool arp_parse(struct parse *p)
{
	struct br_sg_frame *frame = p->frame;
	struct arp_ether arp;

	BUILD_BUG_ON(sizeof(arp) != 28);
	frame->kind = BR_SG_FRAME_ARP;
	if (!fetch(p, frame->nhoff, sizeof(arp), &arp))
		return false;
	if (be16_to_cpu(arp.htype) != 1 || be16_to_cpu(arp.ptype) != ETH_P_IP ||
	    arp.hlen != ETH_ALEN || arp.plen != 4)
		return false;
	frame->arp_op = be16_to_cpu(arp.op);
	if (frame->arp_op != 1 && frame->arp_op != 2)
		return false;
	memcpy(frame->arp_sha, arp.sha, ETH_ALEN);
	memcpy(&frame->saddr, arp.spa, sizeof(arp.spa));
	memcpy(&frame->daddr, arp.tpa, sizeof(arp.tpa));
	return true;
}

static bool ether_parse(struct parse *p)
{
	struct br_sg_frame *frame = p->frame;
	const struct sk_buff *skb = p->skb;
	struct ethhdr eth;
	int off;

	if (!skb_mac_header_was_set(skb))
		return false;
	off = skb_mac_offset(skb);
	if (!fetch(p, off, sizeof(eth), &eth))
		return false;
	memcpy(frame->dst, eth.h_dest, ETH_ALEN);
	memcpy(frame->src, eth.h_source, ETH_ALEN);
	frame->ethertype = be16_to_cpu(eth.h_proto);
	frame->nhoff = off + ETH_HLEN;
	if (frame->nhoff < 0 || frame->nhoff > p->end)
		return false;
	frame->bytes = skb->len - frame->nhoff + ETH_HLEN;

	if (skb_vlan_tag_present(skb)) {
		frame->kind = BR_SG_FRAME_TAGGED;
		frame->ethertype = be16_to_cpu(skb->vlan_proto);
		return true;
	}
	switch (frame->ethertype) {
	case ETH_P_8021Q:
	case ETH_P_8021AD:
		frame->kind = BR_SG_FRAME_TAGGED;
		return true;
	case ETH_P_ARP:
		return arp_parse(p);
	case ETH_P_IP:
		return ipv4_parse(p);
	case ETH_P_IPV6:
		return ipv6_parse(p);
	default:
		frame->kind = frame->ethertype < ETH_P_802_3_MIN ?
			      BR_SG_FRAME_LLC : BR_SG_FRAME_OTHER;
		return true;
	}
}

static bool is_ip(const struct br_sg_frame *frame)
{
	return frame->kind == BR_SG_FRAME_IPV4 || frame->kind == BR_SG_FRAME_IPV6;
}

/*
 * Who left the checksum to the kernel said where it is to be written, and a guest
 * also says, by what it puts into the packet, what that will be: so nowhere but into
 * the checksum of the layer 4 header that is judged here, or behind it.
 */
static bool csum_ok(const struct parse *p)
{
	const struct br_sg_frame *frame = p->frame;
	int field, at;

	if (p->skb->ip_summed != CHECKSUM_PARTIAL)
		return true;
	if (!is_ip(frame) || is_frag(p))
		return false;
	at = skb_checksum_start_offset(p->skb) + p->skb->csum_offset -
	     frame->thoff;
	field = br_sg_offload_csum(frame->proto);
	if (field >= 0)
		return at == field || at >= p->l4_len;
	/* wrapped by a kernel; with UDP tunnel GSO a tap lets a guest say so, too */
	return p->skb->encapsulation && br_sg_offload_wraps(frame->proto) &&
	       at >= BR_SG_OFFLOAD_TUNNEL_MIN;
}

/* will the kernel cut it where the headers say, and as what they say it is? */
static bool gso_ok(const struct parse *p)
{
	const struct skb_shared_info *info = skb_shinfo(p->skb);
	const struct br_sg_frame *frame = p->frame;
	u32 type = info->gso_type;

	if (!skb_is_gso(p->skb))
		return true;
	if (!is_ip(frame))
		return false;
	/* the other bits are of what is inside */
	if (type & BR_SG_OFFLOAD_UDP_TUNNEL)
		return frame->proto == IPPROTO_UDP &&
		       skb_inner_mac_header(p->skb) - p->skb->data >=
		       frame->thoff + p->l4_len;
	if (type & BR_SG_OFFLOAD_TUNNEL)
		return p->skb->encapsulation;
	if (type & SKB_GSO_TCPV4)
		return frame->kind == BR_SG_FRAME_IPV4 &&
		       frame->proto == IPPROTO_TCP;
	if (type & SKB_GSO_TCPV6)
		return frame->kind == BR_SG_FRAME_IPV6 &&
		       frame->proto == IPPROTO_TCP;
	if (type & SKB_GSO_UDP_L4)
		return frame->proto == IPPROTO_UDP;
	if (type & SKB_GSO_SCTP)
		return frame->proto == IPPROTO_SCTP;
	/* fragments begin at multiples of 8, and the first has all of UDP's header */
	return type & SKB_GSO_UDP && frame->proto == IPPROTO_UDP &&
	       info->gso_size % 8 == 0;
}

/* a guest says gso_size, and leaves gso_segs 0 */
static u32 gso_packets(const struct parse *p)
{
	const struct skb_shared_info *info = skb_shinfo(p->skb);
	const struct br_sg_frame *frame = p->frame;
	int len;

	if (!skb_is_gso(p->skb))
		return 1;
	if (info->gso_segs)
		return info->gso_segs;
	len = (int)p->skb->len - max(frame->thoff, frame->nhoff);
	/* UDP's header is data of a fragment */
	if (!(info->gso_type & SKB_GSO_UDP))
		len -= p->l4_len;
	if (len <= 0)
		return 1;
	return DIV_ROUND_UP(len, info->gso_size);
}

/* how many fragments it is, or will be cut into */
static u32 fragments(const struct parse *p)
{
	if (is_frag(p))
		return 1;
	if (skb_is_gso(p->skb) && skb_shinfo(p->skb)->gso_type & SKB_GSO_UDP)
		return p->frame->packets;
	return 0;
}

void br_sg_frame_parse(struct br_sg_frame *frame, const struct sk_buff *skb)
{
	struct parse p = {
		.skb = skb,
		.frame = frame,
		.end = skb->len,
	};

	memset(frame, 0, sizeof(*frame));
	frame->bytes = skb->len + ETH_HLEN;
	if (!ether_parse(&p) || !csum_ok(&p) || !gso_ok(&p))
		frame->kind = BR_SG_FRAME_MALFORMED;
	frame->packets = gso_packets(&p);
	frame->fragments = fragments(&p);
}

void br_sg_frame_size(struct br_sg_frame *frame, const struct sk_buff *skb)
{
	if (skb_is_gso(skb) && !skb_shinfo(skb)->gso_segs) {
		br_sg_frame_parse(frame, skb);
		return;
	}
	frame->packets = skb_is_gso(skb) ? skb_shinfo(skb)->gso_segs : 1;
	frame->bytes = skb->len - skb_mac_offset(skb);
}
