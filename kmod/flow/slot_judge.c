// SPDX-License-Identifier: GPL-2.0
/*
 * A port end's slot, judged again when the policy has moved, and written. What
 * flow.c decides about the packet that it is written for is not asked here.
 */
#include <linux/in.h>
#include <linux/spinlock.h>
#include <net/netfilter/nf_conntrack.h>

#include "flow/cap.h"
#include "flow/slot.h"
#include "flow/slot_judge.h"
#include "flow/tombstone.h"

static bool ports_are(const struct nf_conntrack_tuple *tuple, u16 a, u16 b)
{
	u16 src = ntohs(tuple->src.u.udp.port), dst = ntohs(tuple->dst.u.udp.port);

	return (src == a && dst == b) || (src == b && dst == a);
}

bool br_sg_tuple_is_dhcp(const struct nf_conntrack_tuple *tuple)
{
	return tuple->dst.protonum == IPPROTO_UDP &&
	       (ports_are(tuple, BR_SG_DHCP4_CLIENT, BR_SG_DHCP4_SERVER) ||
		ports_are(tuple, BR_SG_DHCP6_CLIENT, BR_SG_DHCP6_SERVER));
}

bool br_sg_slot_answers(const struct br_sg_bind *bind, u8 direction, int dir,
			const struct nf_conn *ct, int own, u64 slot)
{
	if (dir == IP_CT_DIR_ORIGINAL ||
	    br_sg_tuple_is_dhcp(&ct->tuplehash[own].tuple))
		return false;
	if (direction == BR_SG_EGRESS)
		return slot;
	return br_sg_slot_serial(slot) == br_sg_slot_serial(bind->stamp) &&
	       !(slot & (BR_SG_SLOT_MARK | BR_SG_SLOT_INGRESS));
}

u64 br_sg_slot_allowed(const struct nf_conntrack_tuple *tuple, int rule)
{
	return (br_sg_tuple_lacks_ports(tuple) ? BR_SG_SLOT_PORTS :
						 BR_SG_SLOT_ALLOWED) | rule;
}

bool br_sg_slot_charge(const struct br_sg_bind *bind, const struct nf_conn *ct,
		       const unsigned long *word)
{
	u64 slot = READ_ONCE(*word);

	return (br_sg_slot_serial(slot) == br_sg_slot_serial(bind->stamp) &&
		(slot & BR_SG_SLOT_MARK ||
		 br_sg_slot_version(slot) >= bind->port->since)) ||
	       br_sg_cap_charge(bind, ct);
}

void br_sg_slot_forget(struct nf_conn *ct, bool resume)
{
	struct ip_ct_tcp *tcp = &ct->proto.tcp;
	int i;

	if (nf_ct_protonum(ct) != IPPROTO_TCP)
		return;
	spin_lock_bh(&ct->lock);
	if (tcp->state == TCP_CONNTRACK_SYN_SENT ||
	    tcp->state == TCP_CONNTRACK_SYN_SENT2 ||
	    tcp->state == TCP_CONNTRACK_SYN_RECV) {
		if (!resume)
			goto out;
		tcp->state = TCP_CONNTRACK_ESTABLISHED;
	}
	for (i = 0; i < IP_CT_DIR_MAX; i++) {
		tcp->seen[i].td_end = 0;
		tcp->seen[i].td_maxend = 0;
		tcp->seen[i].td_maxwin = 0;
		tcp->seen[i].td_maxack = 0;
		tcp->seen[i].flags &= ~IP_CT_TCP_FLAG_MAXACK_SET;
	}
out:
	spin_unlock_bh(&ct->lock);
}

void br_sg_slot_write(struct nf_conn *ct, unsigned long *word, u8 direction,
		      u64 slot)
{
	if (direction == BR_SG_INGRESS)
		slot |= BR_SG_SLOT_INGRESS;
	/* the device that had the port's place may have revoked it */
	if (br_sg_slot_revoked(READ_ONCE(*word)))
		br_sg_tomb_release(ct);
	/* nobody has followed it for the port */
	if (nf_ct_is_confirmed(ct))
		br_sg_slot_forget(ct, false);
	WRITE_ONCE(*word, slot);
}

struct br_sg_verdict br_sg_slot_take(const struct br_sg_bind *bind,
				     u8 direction, u8 admitted,
				     struct nf_conn *ct, unsigned long *words,
				     int own, int rule)
{
	const struct nf_conntrack_tuple *tuple = &ct->tuplehash[own].tuple;
	u64 slot = bind->stamp;

	if (!br_sg_slot_charge(bind, ct, &words[own]))
		return br_sg_verdict_step(-BR_SG_REASON_CT_LIMIT);
	if (!br_sg_tuple_is_dhcp(tuple))
		slot |= br_sg_slot_allowed(tuple, rule);
	br_sg_slot_write(ct, &words[own], admitted, slot);
	if (admitted != direction)
		return br_sg_verdict_step(BR_SG_STEP_ESTABLISHED);
	return br_sg_verdict_rule(rule);
}

u64 br_sg_slot_renewed(const struct br_sg_snapshot *snap,
		       const struct br_sg_bind *bind, const struct nf_conn *ct,
		       int own, u64 slot)
{
	int rule;
	u64 kept;

	kept = br_sg_slot_revoked(slot) ? slot & BR_SG_SLOT_RULE :
					  br_sg_tomb_state(ct);
	rule = br_sg_rules_for_flow(bind->port, snap->remotes,
				    br_sg_slot_admitted(slot), ct, own);
	slot = bind->stamp | (slot & (BR_SG_SLOT_INGRESS | BR_SG_SLOT_BOTH));
	slot |= rule < 0 ? BR_SG_SLOT_REVOKED | kept :
			   br_sg_slot_allowed(&ct->tuplehash[own].tuple, rule);
	return slot;
}

static u64 slot_rejudge(const struct br_sg_snapshot *snap,
			const struct br_sg_bind *bind, struct nf_conn *ct,
			unsigned long *words, int own, u64 slot)
{
	u64 renewed = br_sg_slot_renewed(snap, bind, ct, own, slot);

	if (renewed == slot)
		return slot;
	if (br_sg_slot_version(slot) < bind->port->since)
		br_sg_slot_forget(ct, false);
	WRITE_ONCE(words[own], renewed);
	/* if the other end has it revoked still, its next drop fixes it again */
	if (br_sg_slot_revoked(slot) && !br_sg_slot_revoked(renewed))
		br_sg_tomb_release(ct);
	return renewed;
}

/*
 * What was admitted under this version of the port's policy passes. What was revoked
 * is judged with each packet: members that come make no new version, since they take
 * nothing from what passes, but they may let it pass again.
 */
static bool slot_holds(const struct br_sg_bind *bind, u64 slot)
{
	return (slot & BR_SG_SLOT_STAMP) == bind->stamp &&
	       !br_sg_slot_revoked(slot);
}

u64 br_sg_slot_peek(const struct br_sg_snapshot *snap,
		    const struct br_sg_bind *bind, const struct nf_conn *ct,
		    int own)
{
	const unsigned long *words = br_sg_slot_words(ct);
	u64 slot = words ? READ_ONCE(words[own]) : 0;

	if (!(slot & BR_SG_SLOT_MARK) ||
	    br_sg_slot_serial(slot) != br_sg_slot_serial(bind->stamp))
		return 0;
	if (slot_holds(bind, slot))
		return slot;
	return br_sg_slot_renewed(snap, bind, ct, own, slot);
}

u64 br_sg_slot_read(const struct br_sg_snapshot *snap,
		    const struct br_sg_bind *bind, struct nf_conn *ct,
		    unsigned long *words, int own)
{
	u64 slot = READ_ONCE(words[own]);

	/* the entry is the port's to count, and no more */
	if (!(slot & BR_SG_SLOT_MARK))
		return 0;
	if (slot_holds(bind, slot))
		return slot;
	if (br_sg_slot_serial(slot) != br_sg_slot_serial(bind->stamp))
		return 0;
	return slot_rejudge(snap, bind, ct, words, own, slot);
}

struct br_sg_verdict br_sg_slot_verdict(struct nf_conn *ct, u64 slot)
{
	if (!br_sg_slot_revoked(slot))
		return br_sg_verdict_step(BR_SG_STEP_ESTABLISHED);
	br_sg_tomb_keep(ct, slot & BR_SG_SLOT_RULE);
	return br_sg_verdict_step(-BR_SG_REASON_REVOKED);
}
