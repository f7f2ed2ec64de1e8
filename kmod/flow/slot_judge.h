/* SPDX-License-Identifier: GPL-2.0 */
/* What a port end writes in its slot, and what an older one says today. */
#ifndef BR_SG_SLOT_JUDGE_H
#define BR_SG_SLOT_JUDGE_H

#include <linux/types.h>
#include <linux/br_sg.h>

#include "flow/rules.h"

struct br_sg_bind;
struct br_sg_snapshot;
struct nf_conn;
struct nf_conntrack_tuple;

static inline u32 br_sg_slot_serial(u64 slot)
{
	return slot >> BR_SG_SLOT_SERIAL_SHIFT;
}

static inline u16 br_sg_slot_version(u64 slot)
{
	return slot >> BR_SG_SLOT_VERSION_SHIFT;
}

static inline bool br_sg_slot_revoked(u64 slot)
{
	return (slot & BR_SG_SLOT_MARK) == BR_SG_SLOT_REVOKED;
}

/* the direction whose rules admitted the flow */
static inline u8 br_sg_slot_admitted(u64 slot)
{
	return slot & BR_SG_SLOT_INGRESS ? BR_SG_INGRESS : BR_SG_EGRESS;
}

/*
 * DHCP is judged per frame, established or not (steps 7 and 8, and ingress the
 * servers): its slot has no mark.
 */
bool br_sg_tuple_is_dhcp(const struct nf_conntrack_tuple *tuple);

/*
 * Below, a port owns word @own of @ct.
 */

/*
 * The port has no verdict on the flow, @slot is its word: does a packet that travels in
 * @direction, and in @dir to conntrack, answer what began the other way, as far as the
 * entry tells? What the port sends only the port can send; but if the word is empty,
 * what it answers was never handed to it. What comes to it as an answer anybody's
 * packet in its name may have asked for: its word must say that it has sent itself.
 */
bool br_sg_slot_answers(const struct br_sg_bind *bind, u8 direction, int dir,
			const struct nf_conn *ct, int own, u64 slot);
/* what a slot says of a flow that @rule allows */
u64 br_sg_slot_allowed(const struct nf_conntrack_tuple *tuple, int rule);
/*
 * The entry is one more of the port's, if it may have it. One that it had when it was
 * off or trusted is none yet.
 */
bool br_sg_slot_charge(const struct br_sg_bind *bind, const struct nf_conn *ct,
		       const unsigned long *word);
/*
 * Window tracking begins anew with the next packet of either direction. What is
 * half open needs its SYN's numbers, unless it was so too long ago: @resume.
 */
void br_sg_slot_forget(struct nf_conn *ct, bool resume);
/* the port's first word on a flow that @direction admits: @slot */
void br_sg_slot_write(struct nf_conn *ct, unsigned long *word, u8 direction,
		      u64 slot);
/*
 * The same, if the port may have it, of a flow that @rule of @admitted admits: by a
 * packet that travels in @direction
 */
struct br_sg_verdict br_sg_slot_take(const struct br_sg_bind *bind,
				     u8 direction, u8 admitted,
				     struct nf_conn *ct, unsigned long *words,
				     int own, int rule);
/*
 * A word of an older version of the port's policy, or of another port's, as the
 * port's present policy has it: judged again in the direction that admitted the
 * flow. What is revoked has no rule; the word keeps the protocol's state instead.
 */
u64 br_sg_slot_renewed(const struct br_sg_snapshot *snap,
		       const struct br_sg_bind *bind, const struct nf_conn *ct,
		       int own, u64 slot);
/* the port's slot, brought to its present version and not written; 0: none */
u64 br_sg_slot_peek(const struct br_sg_snapshot *snap,
		    const struct br_sg_bind *bind, const struct nf_conn *ct,
		    int own);
/* the port's slot, brought to its present version; 0: it has none */
u64 br_sg_slot_read(const struct br_sg_snapshot *snap,
		    const struct br_sg_bind *bind, struct nf_conn *ct,
		    unsigned long *words, int own);
/* what @slot, which is not 0, says of a packet of @ct */
struct br_sg_verdict br_sg_slot_verdict(struct nf_conn *ct, u64 slot);

#endif
