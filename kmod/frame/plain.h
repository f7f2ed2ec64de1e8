/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The short way of steps 1 to 8: is a frame one of those that most are, which
 * the guard neither drops nor accepts? Plain is: untagged, whole, IPv4 without
 * options or IPv6 without extension headers, TCP or UDP but not DHCP, all
 * headers in the skb's linear part (which no guest can write any more, zerocopy
 * or not), the checksum, where it is left to the kernel, in its place, GSO of TCP
 * only, to no link-local group MAC.
 *
 * A yes means that br_sg_frame_parse() would find the frame well-formed and that
 * br_sg_guard_egress() or br_sg_guard_ingress() would return 0. A no means nothing:
 * the frame has to go the long way.
 *
 * This is a copy, by hand, of the beginning of frame.c and guard.c, inline and without
 * a struct br_sg_frame, since a packet of a known connection costs little else. What
 * holds the two together is test_plain() of selftests/unit/test_guard.c, which asks
 * both about 300,000 random frames of each direction, and fuzz_frame.c. Who
 * adds a check there adds it here, or a frame that it would drop stays plain.
 */
#ifndef BR_SG_PLAIN_H
#define BR_SG_PLAIN_H

#include <linux/if_vlan.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/socket.h>
#include <linux/string.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>

#include "frame/guard.h"
#include "frame/offload.h"
#include "match/table.h"

/* DHCP of either family and direction: steps 7 and 8 want to see it */
static inline bool br_sg_port_is_dhcp(u16 dport)
{
	/* two by two */
	return (u16)(dport - BR_SG_DHCP4_SERVER) < 2 ||
	       (u16)(dport - BR_SG_DHCP6_CLIENT) < 2;
}

/*
 * @len: of layer 4; @room: of it in the linear part, 8 bytes at least; @tcp_gso: the
 * type that a GSO frame of TCP has in this family
 */
static inline bool br_sg_plain_l4(const struct sk_buff *skb, u8 proto,
				  const void *l4, int len, int room,
				  u32 tcp_gso)
{
	const struct udphdr *udp = l4;
	const struct tcphdr *tcp = l4;

	if (!br_sg_offload_plain(skb, proto, l4, tcp_gso))
		return false;
	if (proto == IPPROTO_TCP)
		return room >= (int)sizeof(*tcp) && tcp->doff >= 5 &&
		       tcp->doff * 4 <= len;
	return proto == IPPROTO_UDP && be16_to_cpu(udp->len) >= sizeof(*udp) &&
	       be16_to_cpu(udp->len) <= len &&
	       !br_sg_port_is_dhcp(be16_to_cpu(udp->dest));
}

static inline bool br_sg_plain_ipv4(const struct sk_buff *skb)
{
	const struct iphdr *ip = (const struct iphdr *)skb->data;
	int room = skb_headlen(skb) - sizeof(*ip);
	int len;

	if (room < (int)sizeof(struct udphdr) || *(const u8 *)ip != 0x45 ||
	    ip->frag_off & cpu_to_be16(0x3fff) || ip_fast_csum(ip, 5))
		return false;
	len = be16_to_cpu(ip->tot_len);
	return len <= (int)skb->len &&
	       br_sg_plain_l4(skb, ip->protocol, ip + 1,
			      len - (int)sizeof(*ip), room, SKB_GSO_TCPV4);
}

static inline bool br_sg_plain_ipv6(const struct sk_buff *skb)
{
	const struct ipv6hdr *ip = (const struct ipv6hdr *)skb->data;
	int room = skb_headlen(skb) - sizeof(*ip);
	int len;

	if (room < (int)sizeof(struct udphdr) || ip->version != 6)
		return false;
	len = be16_to_cpu(ip->payload_len);
	return len <= (int)(skb->len - sizeof(*ip)) &&
	       br_sg_plain_l4(skb, ip->nexthdr, ip + 1, len, room,
			      SKB_GSO_TCPV6);
}

/* the MAC header of a frame whose network header is at skb->data */
static inline const struct ethhdr *br_sg_plain_eth(const struct sk_buff *skb)
{
	return (const struct ethhdr *)(skb->data - ETH_HLEN);
}

/* is it there, without a tag, and not to a link-local group MAC? */
static inline bool br_sg_plain_has_eth(const struct sk_buff *skb)
{
	const u8 *dst = br_sg_plain_eth(skb)->h_dest;

	if (skb_vlan_tag_present(skb) || skb_mac_offset(skb) != -ETH_HLEN)
		return false;
	/* of most frames the first byte tells */
	return likely(dst[0] != 0x01) || !br_sg_mac_is_link_local(dst);
}

/* may the port send it, with no more ado? */
static inline bool br_sg_plain_egress(const struct br_sg_guard *guard,
				      const struct sk_buff *skb)
{
	const struct ethhdr *eth = br_sg_plain_eth(skb);
	const struct br_sg_pair *pair;

	if (!br_sg_plain_has_eth(skb))
		return false;
	if (eth->h_proto == cpu_to_be16(ETH_P_IP)) {
		pair = guard->plain4;
		if (!pair || !br_sg_plain_ipv4(skb) ||
		    ((const struct iphdr *)skb->data)->saddr !=
		    pair->prefix.addr.v4)
			return false;
	} else if (eth->h_proto == cpu_to_be16(ETH_P_IPV6)) {
		pair = guard->plain6;
		if (!pair || !br_sg_plain_ipv6(skb) ||
		    memcmp(&((const struct ipv6hdr *)skb->data)->saddr,
			   pair->prefix.addr.b, 16))
			return false;
	} else {
		return false;
	}
	return !memcmp(eth->h_source, pair->mac, ETH_ALEN);
}

/*
 * Is a plain packet towards the port one for its first address of the family
 * and for that MAC? A no says nothing: see br_sg_guard_addressed().
 */
static inline bool br_sg_plain_addressed(const struct br_sg_guard *guard,
					 const struct sk_buff *skb)
{
	const struct ethhdr *eth = br_sg_plain_eth(skb);
	const struct br_sg_pair *pair;

	if (eth->h_proto == cpu_to_be16(ETH_P_IP)) {
		pair = guard->plain4;
		if (!pair || ((const struct iphdr *)skb->data)->daddr !=
			     pair->prefix.addr.v4)
			return false;
	} else {
		pair = guard->plain6;
		if (!pair || memcmp(&((const struct ipv6hdr *)skb->data)->daddr,
				    pair->prefix.addr.b, 16))
			return false;
	}
	return !memcmp(eth->h_dest, pair->mac, ETH_ALEN);
}

/* nothing but conntrack and rules stand between it and the port? */
static inline bool br_sg_plain_ingress(const struct br_sg_guard *guard,
				       const struct sk_buff *skb)
{
	const struct ethhdr *eth = br_sg_plain_eth(skb);
	const struct br_sg_addr *addr;
	u16 i;

	if (!br_sg_plain_has_eth(skb) || !memcmp(eth->h_source, guard->mac, ETH_ALEN))
		return false;
	if (eth->h_proto == cpu_to_be16(ETH_P_IP)) {
		if (!br_sg_plain_ipv4(skb))
			return false;
		for (i = 0; i < guard->n_ips; i++) {
			addr = &guard->pairs[i].prefix.addr;
			if (guard->pairs[i].prefix.family == AF_INET &&
			    addr->v4 ==
			    ((const struct iphdr *)skb->data)->saddr)
				return false;
		}
		return true;
	}
	if (eth->h_proto != cpu_to_be16(ETH_P_IPV6) || !br_sg_plain_ipv6(skb))
		return false;
	for (i = 0; i < guard->n_ips; i++) {
		addr = &guard->pairs[i].prefix.addr;
		if (!memcmp(&((const struct ipv6hdr *)skb->data)->saddr,
			    addr->b, 16) &&
		    guard->pairs[i].prefix.family == AF_INET6)
			return false;
	}
	return true;
}

/*
 * Is a plain packet towards the port for it, whichever of its addresses and MACs
 * it goes to? As br_sg_guard_addressed() has it.
 */
static inline bool br_sg_plain_is_for(const struct br_sg_guard *guard,
				      const struct sk_buff *skb)
{
	const struct ethhdr *eth = br_sg_plain_eth(skb);
	struct br_sg_addr addr;

	if (eth->h_proto == cpu_to_be16(ETH_P_IP)) {
		memset(&addr, 0, sizeof(addr));
		addr.v4 = ((const struct iphdr *)skb->data)->daddr;
		return br_sg_guard_is_for(guard, eth->h_dest, AF_INET, &addr);
	}
	memcpy(addr.b, &((const struct ipv6hdr *)skb->data)->daddr,
	       sizeof(addr.b));
	return br_sg_guard_is_for(guard, eth->h_dest, AF_INET6, &addr);
}

/* what the rules are asked about a plain packet that travels in @direction */
static inline void br_sg_plain_key(const struct sk_buff *skb, u8 direction,
				   struct br_sg_key *key)
{
	const struct ipv6hdr *ip6 = (const struct ipv6hdr *)skb->data;
	const struct iphdr *ip = (const struct iphdr *)skb->data;
	/* TCP has its ports where UDP has them */
	const struct udphdr *udp;

	memset(key, 0, sizeof(*key));
	key->flags = BR_SG_MATCH_PORT;
	if (ip6->version == 6) {
		key->family = AF_INET6;
		key->proto = ip6->nexthdr;
		memcpy(key->remote.b, direction == BR_SG_INGRESS ?
		       &ip6->saddr : &ip6->daddr, sizeof(key->remote.b));
		udp = (const struct udphdr *)(ip6 + 1);
	} else {
		key->family = AF_INET;
		key->proto = ip->protocol;
		key->remote.v4 = direction == BR_SG_INGRESS ? ip->saddr :
							      ip->daddr;
		udp = (const struct udphdr *)(ip + 1);
	}
	key->dport = be16_to_cpu(udp->dest);
}

/*
 * Of an untagged IP frame whose network header is at skb->data: is it for sure no
 * fragment, as br_sg_frame_parse() has it? A no says nothing.
 */
static inline bool br_sg_plain_whole(const struct sk_buff *skb)
{
	const struct ipv6hdr *ip6 = (const struct ipv6hdr *)skb->data;
	const struct iphdr *ip = (const struct iphdr *)skb->data;

	if (skb->protocol == cpu_to_be16(ETH_P_IP))
		return skb_headlen(skb) >= sizeof(*ip) &&
		       !(ip->frag_off & cpu_to_be16(0x3fff));
	return skb->protocol == cpu_to_be16(ETH_P_IPV6) &&
	       skb_headlen(skb) >= sizeof(*ip6) &&
	       (ip6->nexthdr == IPPROTO_TCP || ip6->nexthdr == IPPROTO_UDP ||
		ip6->nexthdr == IPPROTO_ICMPV6);
}

/*
 * Of an untagged IP frame, @v4 or IPv6 to conntrack, whose network header is at
 * skb->data: is it for sure a packet that moves no connection's state? UDP and
 * ICMP, and TCP without SYN, FIN and RST. A no says nothing.
 */
static inline bool br_sg_plain_steady(const struct sk_buff *skb, bool v4)
{
	int room = skb_headlen(skb);
	const struct ipv6hdr *ip6;
	const struct tcphdr *tcp;
	const struct iphdr *ip;
	u8 proto;

	if (v4) {
		ip = (const struct iphdr *)skb->data;
		room -= sizeof(*ip);
		if (room < 0 || *(const u8 *)ip != 0x45 ||
		    ip->frag_off & cpu_to_be16(0x3fff))
			return false;
		proto = ip->protocol;
		tcp = (const struct tcphdr *)(ip + 1);
	} else {
		ip6 = (const struct ipv6hdr *)skb->data;
		room -= sizeof(*ip6);
		if (room < 0)
			return false;
		proto = ip6->nexthdr;
		tcp = (const struct tcphdr *)(ip6 + 1);
	}
	if (proto == IPPROTO_UDP)
		return true;
	if (proto == IPPROTO_TCP)
		return room >= (int)sizeof(*tcp) &&
		       !(tcp_flag_word(tcp) &
			 (TCP_FLAG_SYN | TCP_FLAG_FIN | TCP_FLAG_RST));
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

#endif
