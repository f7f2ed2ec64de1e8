// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bytes in, verdicts out: the parser and the guard on whatever comes, for
 * libFuzzer (make fuzz) and for test_mutate. The first sixteen bytes choose the
 * port, the pages and the metadata; the frame follows.
 */
#include "desc.h"
#include "frame/plain.h"

#define REQUIRE(c) \
	do { \
		if (!(c)) \
			abort(); \
	} while (0)

/* what must hold of any frame, whatever is in it */
static void check(const struct br_sg_frame *f, int len)
{
	bool ip = f->kind == BR_SG_FRAME_IPV4 || f->kind == BR_SG_FRAME_IPV6;
	u8 l4 = BR_SG_FRAME_PORTS | BR_SG_FRAME_ICMP | BR_SG_FRAME_SYN |
		BR_SG_FRAME_ND_TARGET | BR_SG_FRAME_ND_LLADDR |
		BR_SG_FRAME_ND_BAD;

	REQUIRE(f->packets >= 1);
	if (f->kind == BR_SG_FRAME_MALFORMED)
		return;
	REQUIRE(f->bytes == (u32)len);
	REQUIRE(!(f->flags & BR_SG_FRAME_FRAG) || f->fragments == 1);
	REQUIRE(f->nhoff == 0);
	if (!ip) {
		REQUIRE(!f->flags);
		return;
	}
	REQUIRE(f->thoff >= 20 && f->thoff <= len - ETH_HLEN);
	if (f->flags & BR_SG_FRAME_FIRST)
		REQUIRE(f->flags & BR_SG_FRAME_FRAG);
	if (f->flags & BR_SG_FRAME_FRAG && !(f->flags & BR_SG_FRAME_FIRST))
		REQUIRE(!(f->flags & l4));
	if (f->flags & BR_SG_FRAME_FRAG)
		REQUIRE(!(f->flags & (BR_SG_FRAME_ND_TARGET |
				      BR_SG_FRAME_ND_LLADDR |
				      BR_SG_FRAME_ND_BAD)));
	if (f->flags & (BR_SG_FRAME_PORTS | BR_SG_FRAME_ICMP))
		REQUIRE(f->thoff + 8 <= len - ETH_HLEN);
	if (f->kind == BR_SG_FRAME_IPV4)
		REQUIRE(!f->saddr.w[1] && !f->saddr.q[1] &&
			!f->daddr.w[1] && !f->daddr.q[1]);
}

static struct sk_buff *make(const struct pkt *p, const u8 *control, int page)
{
	struct sk_buff *skb = skb_make(p->b, p->len, page);

	if (control[2] & 1) {
		skb->vlan_present = true;
		skb->vlan_proto = cpu_to_be16(0x8100);
	}
	if (control[2] & 2)
		skb->shinfo.gso_size = control[3] << 8 | control[4];
	if (control[2] & 4)
		skb->shinfo.gso_segs = control[5];
	if (control[2] & 2)
		skb->shinfo.gso_type = control[6] | control[7] << 8 |
				       (control[8] & 7) << 16;
	if (control[2] & 16) {
		skb->ip_summed = CHECKSUM_PARTIAL;
		skb->csum_start = control[9];
		skb->csum_offset = control[10];
	}
	skb->encapsulation = control[2] & 32;
	skb->inner_mac_header = control[11];
	return skb;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct br_sg_frame frame, again;
	const struct br_sg_guard *guard;
	int page, len, egress, ingress;
	static struct pkt p;
	struct sk_buff *skb;
	u8 control[FUZZ_CONTROL];

	if (size < sizeof(control) || size > PKT_MAX)
		return 0;
	memcpy(control, data, sizeof(control));
	len = size - sizeof(control);
	p.len = 0;
	pkt_bytes(&p, data + sizeof(control), len);
	p.ip = ETH_HLEN;
	/* mutations would seldom get past the checksum */
	if (control[2] & 8 && len > ETH_HLEN)
		pkt_csum(&p);
	guard = unit_guard(control[0] % N_UNIT_PORTS);
	page = control[1];

	skb = make(&p, control, page);
	br_sg_frame_parse(&frame, skb);
	check(&frame, len);
	egress = br_sg_guard_egress(guard, &frame);
	ingress = br_sg_guard_ingress(guard, &frame);
	REQUIRE(egress >= -BR_SG_REASON_MAX && egress <= BR_SG_STEP_MAX);
	REQUIRE(ingress >= -BR_SG_REASON_MAX && ingress <= BR_SG_STEP_MAX);
	/* a fragment is never accepted here */
	if (frame.kind == BR_SG_FRAME_IPV4 || frame.kind == BR_SG_FRAME_IPV6)
		if (frame.flags & BR_SG_FRAME_FRAG)
			REQUIRE(egress <= 0 && ingress <= 0);
	if (br_sg_plain_egress(guard, skb))
		REQUIRE(!egress && !(frame.flags & BR_SG_FRAME_FRAG));
	if (br_sg_plain_ingress(guard, skb))
		REQUIRE(!ingress && !(frame.flags & BR_SG_FRAME_FRAG));
	if ((frame.kind == BR_SG_FRAME_IPV4 || frame.kind == BR_SG_FRAME_IPV6) &&
	    br_sg_plain_steady(skb, frame.kind == BR_SG_FRAME_IPV4))
		REQUIRE(!(frame.flags & (BR_SG_FRAME_SYN | BR_SG_FRAME_FRAG)));
	if ((frame.kind == BR_SG_FRAME_IPV4 || frame.kind == BR_SG_FRAME_IPV6) &&
	    br_sg_plain_whole(skb))
		REQUIRE(!(frame.flags & BR_SG_FRAME_FRAG));
	/* nor anything from a MAC that is not the port's */
	if (frame.kind != BR_SG_FRAME_MALFORMED && memcmp(frame.src, macs[OWN], 6) &&
	    memcmp(frame.src, macs[SECOND], 6))
		REQUIRE(egress == -BR_SG_REASON_MAC);

	/* where the pages end makes no difference */
	if (page) {
		skb_free(skb);
		skb = make(&p, control, 0);
		br_sg_frame_parse(&again, skb);
		REQUIRE(!memcmp(&frame, &again, sizeof(frame)));
	}
	skb_free(skb);
	return 0;
}
