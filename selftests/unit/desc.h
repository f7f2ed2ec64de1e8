/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A frame as a person describes it. desc_build() makes the bytes, which the
 * parser and the guard judge; the oracle judges the description and never sees
 * a byte. What is not given is what a well-behaved frame has.
 */
#ifndef UNIT_DESC_H
#define UNIT_DESC_H

#include "frame/guard.h"
#include "pkt.h"

/* by number, so that 0 is the port's own */
enum mac {
	OWN, SECOND, OTHER, BCAST, LLDP, LLGROUP_F, LLGROUP_BEHIND, MCAST, N_MACS
};

extern const u8 macs[N_MACS][ETH_ALEN];

enum kind { IP4, IP6, ARP, ETHER, LLC, N_KINDS };
enum tag { NO_TAG, META_Q, META_AD, BAND_Q, BAND_AD, N_TAGS };
enum frag { WHOLE, ATOMIC, FIRST, REST, N_FRAGS };
/* DONE: a record of the route (IPv4), no segments left (IPv6) */
enum route { NO_ROUTE, DONE, LOOSE, STRICT, N_ROUTES };
enum broken {
	SOUND, CUT, BAD_CSUM, SHORT_L4, OPTION_0, OPTION_LONG, OP_3, N_BROKEN
};

#define OPTIONS_MAX 2

struct desc {
	enum mac src;
	enum mac dst;
	enum tag tag;
	enum kind kind;
	u16 ethertype;		/* ETHER */
	enum broken broken;
	/* ARP: operation, default 1; sender; addresses in from and to */
	u16 op;
	enum mac sha;
	bool sha_given;		/* else it is src */
	/* IP; from and to of NULL are the port's own and another's */
	const char *from;
	const char *to;
	u8 proto;		/* 0: 17 */
	u8 ttl;			/* 0: 255 */
	u16 sport;
	u16 dport;
	u8 tcp;			/* flags; 0: SYN */
	u8 type;
	u8 code;
	enum frag frag;
	enum route route;
	int ext;		/* destination options headers, IPv6 */
	const char *target;	/* ND */
	int n_options;
	enum mac options[OPTIONS_MAX];
};

struct unit_port {
	const char *name;
	int n_macs;
	int n_ips;
	int n_pairs;		/* ips included */
	struct {
		const char *prefix;
		enum mac mac;
	} pairs[6];
	bool any_source;
	const char *dhcp[3];
	u16 ethertypes[3];
};

#define N_UNIT_PORTS 7
extern const struct unit_port unit_ports[N_UNIT_PORTS];
/* valid until the next call for the same port */
const struct br_sg_guard *unit_guard(int port);

/* builds the bytes, an skb of them, and parses it */
struct sk_buff *desc_skb(const struct desc *d);
void desc_parse(const struct desc *d, struct br_sg_frame *frame);
void desc_build(const struct desc *d, struct pkt *pkt);
void desc_print(const struct desc *d);
const char *desc_from(const struct desc *d);
const char *desc_to(const struct desc *d);

/* as br_sg_guard_egress() and br_sg_guard_ingress() */
int oracle_egress(const struct unit_port *port, const struct desc *d);
int oracle_ingress(const struct unit_port *port, const struct desc *d);

/* the fuzzing entry point: so many bytes that choose, then the frame */
#define FUZZ_CONTROL	16
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#endif
