// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: whose connection is it?
 *
 * A conntrack entry proves only that somebody's packet got through. Let A be a
 * port with the rule "ingress tcp 22" on a bridge that floods, M a member that
 * some rule of A names, and X a host outside. If X sends one SYN "from" M:1000
 * to A:80, A's ingress drops it, but if any other port of the bridge takes the
 * flooded copy the entry is confirmed, and to conntrack what follows is
 * established. So what a port end has decided is kept by the end itself: in
 * the entry's labels, one word per direction, and a port owns the word of the
 * direction in which its own packets travel:
 *
 *	M:1000 -> A:80    original: A receives. A's word is the reply's, word 1
 *	A:80 -> M:1000    reply: A sends. A's word is word 1 again
 *
 * A's word is empty here, whatever ctinfo says, so A's answer is judged by A's
 * egress rules as the new packet that it is for A. Nor does the other port's
 * rule write it, though the copy travels in the direction that A receives: a
 * port writes the word only of what is sent to its own MAC and address.
 *
 * To have a word at all the port needs room below its cap (cap.c); what passes
 * without a verdict that would be kept has a word without a mark, to be counted.
 *
 *	word			the packet is
 *	this serial and version	allowed or revoked as it says
 *	this serial, older	judged again in the direction that admitted the
 *				flow, by that direction's tuple; then rewritten
 *	empty			judged as new, in its own direction
 *	without a mark		judged as an answer, if it is one, else as new
 *	another's		the same; but if it is revoked, or who wrote it is no
 *				more, it is first judged again like this port's own
 *
 * An answer is what travels against the direction in which conntrack saw the entry
 * begin, and is no SYN. The rules of that direction are asked, about what began
 * it, so that a connection goes on whoever speaks first when a port has come to it
 * late: it was off, it took over a virtual address, the zone was somebody else's.
 *
 *	A:22 -> X, begun by X	"ingress tcp 22" lets it by: X's packet would have
 *				been let by, and all that A can do is answer. Not if
 *				the word is empty: what A saw was a copy of a flood
 *	X:80 -> A, begun by A	"egress tcp 80" lets it by if A's own word, which a port
 *				that is off writes of what it sends, says that A began
 *				it; anybody can send in A's name, and have that entry
 *	no entry		as new: were rules mirrored, with no more to go by than a
 *				packet, any X could reach all of A from port 80
 *
 * Two ports with one address both get what is sent to it, and each might answer.
 * The word is not for the last to write: on its way to a port a packet takes none
 * that another live port has, on its way from a port it does.
 *
 * Between two ports of one bridge there is one entry with both words in use.
 * A message (ICMP that conntrack calls RELATED) passes by the word in the entry
 * it speaks of, or not at all: a rule that allows ICMP does not let one VM break
 * another's connections. Nor does a message write a word, whatever its type: the
 * entry is that of TCP, say, and a rule that was asked about ICMP says nothing
 * of it. Redirects towards a VM the guard drops.
 *
 * A revoked entry stays, as a tombstone (tombstone.c). Were it gone, the next
 * packet of the other side would be picked up as a new flow the other way
 * round: let M's connection to A:80 lose its rule and A be allowed to send
 * anything; M sends RST, conntrack forgets the entry, A sends data from port 80,
 * which is A's to send, and M's packets are its answers.
 *
 *	M: RST, then SYN	br_sg_flow_revoked() drops either before conntrack;
 *				if A's device is another now, which M's packet does
 *				not tell, conntrack is not shown it, and A judges
 *	M: data			conntrack finds the entry, A's word drops it
 *	silence			the entry's time is fixed, and long
 *	the rule is put back	the word is older than the policy: judged again,
 *				allowed, and the entry lives on as it was
 *
 * That look-up before conntrack is made on bridges where a port's policy has
 * moved since they are ours, no others have tombstones; there too it brings the
 * words up to date, so that the first packet after a change is no exception.
 * It asks conntrack's own parser and nothing of the frame's checks: what
 * conntrack takes for a RST may be malformed to us.
 *
 * A port that was off, or had no line, comes back to entries of before. Nobody
 * has followed these connections: their sequence numbers are far ahead of what
 * conntrack knows, it calls them invalid and would for days. So of a TCP packet
 * without an entry the entry is looked up, and if the port's word was not written
 * while the port followed its flows, conntrack forgets the numbers, as if it saw
 * the connection in mid-stream for the first time, and is asked again. So it does
 * where the word is brought up to date or written, since a packet that happens to
 * be within the old window does not say that the next is.
 */
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_labels.h>
#include <net/netfilter/nf_conntrack_zones.h>

#include "flow/cap.h"
#include "flow/flow.h"
#include "flow/revoked.h"
#include "flow/rules.h"
#include "flow/slot.h"
#include "flow/slot_judge.h"
#include "flow/tombstone.h"
#include "netns/net.h"
#include "policy/snapshot.h"

#if !defined(CONFIG_64BIT) || !IS_ENABLED(CONFIG_NF_CONNTRACK_ZONES) || \
	!IS_ENABLED(CONFIG_NF_CONNTRACK_LABELS) || \
	!IS_ENABLED(CONFIG_NF_CONNTRACK_BRIDGE)
#error "br_sg needs a 64-bit kernel with NF_CONNTRACK_BRIDGE, _ZONES and _LABELS"
#endif

/* for a word where there is no room for any: not empty, and no port's */
#define SLOT_UNKNOWN	BR_SG_SLOT_INGRESS

/*
 * What bridge conntrack sees to in PRE_ROUTING: conntrack reads addresses where the
 * IP header lies, so it must be in the linear part, and takes all that is behind it
 * for the packet, so padding must go.
 */
static bool track_prepare(struct sk_buff *skb)
{
	bool ipv4 = skb->protocol == htons(ETH_P_IP);
	int off = skb_mac_offset(skb) + ETH_HLEN;
	u32 len, hlen;

	hlen = ipv4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	if (!pskb_may_pull(skb, off + hlen))
		return false;
	/* its sender may have left it anywhere: AF_PACKET does */
	skb_set_network_header(skb, off);
	/* nor is it always what he says: conntrack finds nothing in it then */
	if (ip_hdr(skb)->version != (ipv4 ? 4 : 6))
		return true;
	len = ntohs(ipv4 ? ip_hdr(skb)->tot_len : ipv6_hdr(skb)->payload_len);
	/* too long for the header to say */
	if (!len && skb_is_gso(skb))
		return true;
	return !pskb_trim_rcsum(skb, off + len + (ipv4 ? 0 : hlen));
}

unsigned int br_sg_flow_track(const struct br_sg_bridge *bridge,
			      struct sk_buff *skb,
			      const struct nf_hook_state *state)
{
	struct nf_hook_state inet = *state;

	nf_reset_ct(skb);
	if (!track_prepare(skb))
		return NF_DROP;
	br_sg_zone_hang(bridge, skb);
	inet.pf = skb->protocol == htons(ETH_P_IP) ? NFPROTO_IPV4 :
						     NFPROTO_IPV6;
	inet.hook = NF_INET_PRE_ROUTING;
	return nf_conntrack_in(skb, &inet);
}

/* the entry a frame carries, if it is one of the bridge's zone */
static struct nf_conn *flow_entry(const struct br_sg_bind *bind,
				  const struct sk_buff *skb,
				  enum ip_conntrack_info *ctinfo)
{
	struct nf_conn *ct = nf_ct_get(skb, ctinfo);

	if (!ct || nf_ct_is_template(ct) ||
	    nf_ct_zone(ct)->id != bind->bridge->zone)
		return NULL;
	return ct;
}

bool br_sg_flow_tracked(const struct br_sg_bind *bind, const struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;

	return flow_entry(bind, skb, &ctinfo);
}

static struct br_sg_verdict judge_rules(const struct br_sg_snapshot *snap,
					const struct br_sg_bind *bind,
					u8 direction,
					const struct br_sg_frame *frame)
{
	return br_sg_verdict_rule(br_sg_rules_by_frame(bind->port, snap->remotes,
						       direction, frame));
}

/* is the port the one that can answer? Of a flood it may have a mere copy */
static bool may_answer(const struct br_sg_bind *bind, u8 direction,
		       const struct br_sg_frame *frame)
{
	return direction == BR_SG_EGRESS ||
	       br_sg_guard_addressed(&bind->port->guard, frame);
}

/*
 * A protocol whose entry has no ports (UDP-Lite and DCCP in 7.2): every packet
 * shows them. All flows of two ends are one entry, so the first of another one that
 * the rules admit the other way round is new to the port.
 */
static struct br_sg_verdict judge_ports(const struct br_sg_snapshot *snap,
					const struct br_sg_bind *bind,
					u8 direction, unsigned long *word,
					u64 slot,
					const struct br_sg_frame *frame)
{
	u8 ways = br_sg_slot_ways(slot);
	struct br_sg_verdict verdict;

	if (br_sg_rules_allow_portless(bind->port, snap->remotes, direction,
				       ways, frame))
		return br_sg_verdict_step(BR_SG_STEP_ESTABLISHED);
	if (ways & BIT(direction))
		return br_sg_verdict_step(-BR_SG_REASON_NO_RULE);
	verdict = judge_rules(snap, bind, direction, frame);
	if (!verdict.code && may_answer(bind, direction, frame))
		WRITE_ONCE(*word, slot | BR_SG_SLOT_BOTH);
	return verdict;
}

/*
 * A message about @ct, or about what its master expected. Conntrack does not
 * refresh the entry for it, and moves no state: there is nothing to put back.
 */
static struct br_sg_verdict judge_message(const struct br_sg_snapshot *snap,
					  const struct br_sg_bind *bind,
					  const struct nf_conn *ct, int own)
{
	u64 slot = br_sg_slot_peek(snap, bind, ct, own);
	int i;

	for (i = 0; !slot && ct->master && i < 2; i++)
		slot = br_sg_slot_peek(snap, bind, ct->master, i);
	if (!slot)
		return br_sg_verdict_step(-BR_SG_REASON_INVALID);
	if (br_sg_slot_revoked(slot))
		return br_sg_verdict_step(-BR_SG_REASON_REVOKED);
	return br_sg_verdict_step(BR_SG_STEP_ESTABLISHED);
}

/* a connection that a helper expected: by the port's word in its master */
static struct br_sg_verdict judge_expected(const struct br_sg_snapshot *snap,
					   const struct br_sg_bind *bind,
					   struct nf_conn *ct)
{
	unsigned long *words = br_sg_slot_words(ct->master);
	struct br_sg_verdict verdict;
	u64 slot;
	int i;

	for (i = 0; words && i < 2; i++) {
		slot = br_sg_slot_read(snap, bind, ct->master, words, i);
		if (!slot)
			continue;
		verdict = br_sg_slot_verdict(ct->master, slot);
		if (verdict.code < 0)
			br_sg_tomb_keep(ct, br_sg_tomb_state(ct));
		else
			br_sg_tomb_release(ct);
		return verdict;
	}
	return br_sg_verdict_step(-BR_SG_REASON_INVALID);
}

/* the rule that lets a packet by as an answer, of the other direction; -1: none */
static int answer_rule(const struct br_sg_snapshot *snap,
		       const struct br_sg_bind *bind, u8 direction, int dir,
		       const struct nf_conn *ct, int own, u64 slot)
{
	if (!br_sg_slot_answers(bind, direction, dir, ct, own, slot))
		return -1;
	return br_sg_rules_for_flow(bind->port, snap->remotes, !direction, ct,
				    own);
}

/* has the port not followed the connection, and lets it go on? */
static bool entry_lapsed(const struct br_sg_snapshot *snap,
			 const struct br_sg_bind *bind, u8 direction, int dir,
			 const struct nf_conn *ct)
{
	int own = direction == BR_SG_INGRESS ? !dir : dir;
	const unsigned long *words = br_sg_slot_words(ct);
	const struct br_sg_port *port = bind->port;
	u64 slot;

	slot = words ? READ_ONCE(words[own]) : SLOT_UNKNOWN;
	if (br_sg_slot_serial(slot) == br_sg_slot_serial(bind->stamp))
		return br_sg_slot_version(slot) < port->since;
	if (port->strict ||
	    (br_sg_slot_revoked(slot) &&
	     br_sg_rules_for_flow(port, snap->remotes,
				  br_sg_slot_admitted(slot), ct, own) < 0))
		return false;
	return br_sg_rules_by_entry(port, snap->remotes, direction, ct, own) >= 0 ||
	       answer_rule(snap, bind, direction, dir, ct, own, slot) >= 0;
}

/* a packet without an entry: true if it is of one that lapsed, and has it now */
static bool flow_resume(const struct br_sg_snapshot *snap,
			const struct br_sg_bind *bind, u8 direction,
			struct sk_buff *skb)
{
	struct nf_hook_state state = { .net = dev_net(skb->dev) };
	struct nf_conntrack_tuple_hash *h;
	struct nf_conn *ct;
	bool lapsed;

	if (skb_get_nfct(skb))
		return false;
	h = br_sg_flow_find(bind, state.net, skb);
	if (!h)
		return false;
	ct = nf_ct_tuplehash_to_ctrack(h);
	lapsed = entry_lapsed(snap, bind, direction, NF_CT_DIRECTION(h), ct);
	if (lapsed)
		br_sg_slot_forget(ct, true);
	nf_ct_put(ct);
	return lapsed &&
	       br_sg_flow_track(bind->bridge, skb, &state) == NF_ACCEPT;
}

/*
 * The word is one that says something, of another serial: of a port that is no
 * more, or of one that has the address too, @holder. True when it decides. Such a
 * word is judged again by this port's rules, as this port's own would be, so that
 * a flow that is revoked does not come back with a new serial. It opens nothing
 * to what comes to the port: that the other sent does not say that this one did.
 */
static bool judge_inherited(const struct br_sg_snapshot *snap,
			    const struct br_sg_bind *bind, u8 direction,
			    const struct br_sg_bind *holder, struct nf_conn *ct,
			    unsigned long *words, int own, u64 slot,
			    struct br_sg_verdict *verdict)
{
	u8 admitted = br_sg_slot_admitted(slot);
	u64 renewed;

	/* if it is there and allows the flow, it is the other's to say */
	if (holder && !br_sg_slot_revoked(slot))
		return false;
	renewed = br_sg_slot_renewed(snap, bind, ct, own, slot);
	if (br_sg_slot_revoked(renewed)) {
		if (!holder && br_sg_slot_charge(bind, ct, &words[own]))
			WRITE_ONCE(words[own], renewed);
		*verdict = br_sg_slot_verdict(ct, renewed);
		return true;
	}
	if (bind->port->strict || br_sg_tuple_lacks_ports(&ct->tuplehash[own].tuple) ||
	    (direction == BR_SG_INGRESS &&
	     (holder || admitted == BR_SG_EGRESS)))
		return false;
	*verdict = br_sg_slot_take(bind, direction, admitted, ct, words, own,
				   renewed & BR_SG_SLOT_RULE);
	return true;
}

/*
 * A packet on which the port has no verdict, by the rules: as an answer, if it is
 * one, else as new. *@admitted: the direction whose rule it is.
 */
static struct br_sg_verdict judge_unseen(const struct br_sg_snapshot *snap,
					 const struct br_sg_bind *bind,
					 u8 direction, int dir,
					 const struct br_sg_frame *frame,
					 const struct nf_conn *ct, u64 slot,
					 u8 *admitted)
{
	int own = direction == BR_SG_INGRESS ? !dir : dir;
	const struct br_sg_port *port = bind->port;
	int rule = -1;

	if (port->strict && frame->proto == IPPROTO_TCP &&
	    !(frame->flags & BR_SG_FRAME_SYN))
		return br_sg_verdict_step(-BR_SG_REASON_INVALID);
	/* a request is no answer */
	if (!(frame->flags & BR_SG_FRAME_SYN) &&
	    may_answer(bind, direction, frame))
		rule = answer_rule(snap, bind, direction, dir, ct, own, slot);
	*admitted = !direction;
	if (rule >= 0 &&
	    (!br_sg_tuple_lacks_ports(&ct->tuplehash[own].tuple) ||
	     br_sg_rules_allow_portless(port, snap->remotes, direction,
					BIT(*admitted), frame)))
		return br_sg_verdict_rule(rule);
	*admitted = direction;
	return judge_rules(snap, bind, direction, frame);
}

/* a packet of @ct in which the port has no verdict: @words[@own] is not its own */
static struct br_sg_verdict judge_first(const struct br_sg_snapshot *snap,
					const struct br_sg_bind *bind,
					u8 direction, int dir,
					const struct br_sg_frame *frame,
					struct nf_conn *ct,
					unsigned long *words, int own)
{
	bool mine = may_answer(bind, direction, frame);
	u64 slot = READ_ONCE(words[own]);
	const struct br_sg_bind *holder;
	struct br_sg_verdict verdict;
	u8 admitted;

	holder = br_sg_slot_bind(snap, ct, slot);
	if (mine && slot & BR_SG_SLOT_MARK &&
	    judge_inherited(snap, bind, direction, holder, ct, words, own, slot,
			    &verdict))
		return verdict;
	verdict = judge_unseen(snap, bind, direction, dir, frame, ct, slot,
			       &admitted);
	if (verdict.code < 0)
		return mine && br_sg_slot_revoked(slot) ?
			       br_sg_slot_verdict(ct, slot) : verdict;
	/* of what comes to an address of two ports either has a copy */
	if (!mine ||
	    (direction == BR_SG_INGRESS && holder && holder != bind))
		return verdict;
	return br_sg_slot_take(bind, direction, admitted, ct, words, own,
			       verdict.rule);
}

/*
 * @ct has no room for words: it was made in the bridge's zone before somebody had
 * asked for any, or there was no memory. What the rules let by of it is tracked
 * anew, as after a migration; what they do not leaves it as it is. Two CPUs may both
 * do so: conntrack makes one entry of the two.
 */
static struct br_sg_verdict judge_roomless(const struct br_sg_snapshot *snap,
					   const struct br_sg_bind *bind,
					   u8 direction,
					   const struct br_sg_frame *frame,
					   struct nf_conn *ct,
					   enum ip_conntrack_info ctinfo,
					   struct sk_buff *skb)
{
	struct nf_hook_state state = { .net = dev_net(skb->dev) };
	struct br_sg_verdict verdict;
	unsigned long *words;
	u8 admitted;
	int own;
	u64 slot;

	if (!nf_ct_is_confirmed(ct) || br_sg_frame_is_icmp_error(frame))
		return br_sg_verdict_step(-BR_SG_REASON_INVALID);
	verdict = judge_unseen(snap, bind, direction, CTINFO2DIR(ctinfo), frame,
			       ct, SLOT_UNKNOWN, &admitted);
	if (verdict.code < 0 || !may_answer(bind, direction, frame))
		return verdict;
	nf_ct_kill(ct);
	if (br_sg_flow_track(bind->bridge, skb, &state) != NF_ACCEPT)
		return br_sg_verdict_step(-BR_SG_REASON_INVALID);
	ct = flow_entry(bind, skb, &ctinfo);
	words = ct ? br_sg_slot_words(ct) : NULL;
	if (!words)
		return br_sg_verdict_step(-BR_SG_REASON_INVALID);
	own = br_sg_slot_own(ctinfo, direction);
	if (!READ_ONCE(words[own]))
		return br_sg_slot_take(bind, direction, admitted, ct, words,
				       own, verdict.rule);
	/* somebody else was faster */
	slot = br_sg_slot_read(snap, bind, ct, words, own);
	if (slot)
		return br_sg_slot_verdict(ct, slot);
	return judge_first(snap, bind, direction, CTINFO2DIR(ctinfo), frame, ct,
			   words, own);
}

/*
 * The verdict on a packet of @ct, whose word @own the port owns, that conntrack was not
 * shown. The port that sent it has no say about the other end: it goes by its own word
 * or its rules, and nothing is written. The one that it is for goes by the word that
 * nobody has. True: that is all; false: conntrack may see it now, the rules allow the
 * flow again or the word has become this port's.
 */
static bool orphan_verdict(const struct br_sg_snapshot *snap,
			   const struct br_sg_bind *bind, u8 direction,
			   const struct br_sg_frame *frame, struct nf_conn *ct,
			   int own, struct br_sg_verdict *verdict)
{
	unsigned long *words = br_sg_slot_words(ct);
	u64 slot = words ? br_sg_slot_read(snap, bind, ct, words, own) : 0;

	if (direction == BR_SG_EGRESS &&
	    !br_sg_entry_orphaned(snap, ct, !own)) {
		*verdict = br_sg_verdict_step(-BR_SG_REASON_INVALID);
		return true;
	}
	if (slot)
		*verdict = br_sg_slot_verdict(ct, slot);
	else if (direction == BR_SG_EGRESS)
		*verdict = judge_rules(snap, bind, direction, frame);
	else if (!br_sg_entry_orphaned(snap, ct, own) ||
		 !judge_inherited(snap, bind, direction, NULL, ct, words, own,
				  READ_ONCE(words[own]), verdict))
		return false;
	return direction == BR_SG_EGRESS || verdict->code < 0;
}

/*
 * A packet that may move conntrack's state and that it was not shown (see
 * br_sg_flow_revoked()), or that it has no entry for: true when it is decided
 */
static bool judge_orphan(const struct br_sg_snapshot *snap,
			 const struct br_sg_bind *bind, u8 direction,
			 const struct br_sg_frame *frame, struct sk_buff *skb,
			 struct br_sg_verdict *verdict)
{
	struct nf_hook_state state = { .net = dev_net(skb->dev) };
	struct nf_conntrack_tuple_hash *h;
	bool decided;

	*verdict = br_sg_verdict_step(-BR_SG_REASON_INVALID);
	h = br_sg_flow_find(bind, state.net, skb);
	if (!h && direction == BR_SG_EGRESS)
		return true;
	if (h) {
		decided = orphan_verdict(snap, bind, direction, frame,
					 nf_ct_tuplehash_to_ctrack(h),
					 direction == BR_SG_INGRESS ?
					 !NF_CT_DIRECTION(h) :
					 NF_CT_DIRECTION(h), verdict);
		nf_ct_put(nf_ct_tuplehash_to_ctrack(h));
		if (decided)
			return true;
		*verdict = br_sg_verdict_step(-BR_SG_REASON_INVALID);
	}
	return br_sg_flow_track(bind->bridge, skb, &state) != NF_ACCEPT;
}

struct br_sg_verdict br_sg_flow_judge(const struct br_sg_snapshot *snap,
				      const struct br_sg_bind *bind,
				      u8 direction,
				      const struct br_sg_frame *frame,
				      struct sk_buff *skb)
{
	struct br_sg_verdict verdict;
	enum ip_conntrack_info ctinfo;
	unsigned long *words;
	struct nf_conn *ct;
	int own;
	u64 slot;

	if (frame->kind != BR_SG_FRAME_IPV4 && frame->kind != BR_SG_FRAME_IPV6)
		return br_sg_verdict_step(-BR_SG_REASON_MALFORMED);
	/* conntrack lets none by; if one is here, it was not asked */
	if (frame->flags & BR_SG_FRAME_FRAG)
		return br_sg_verdict_step(-BR_SG_REASON_INVALID);
	if (bind->port->stateless)
		return judge_rules(snap, bind, direction, frame);
	ct = flow_entry(bind, skb, &ctinfo);
	/* not by a copy of a flood: the connection is another port's */
	if (!ct && br_sg_proto_has_state(frame->proto) &&
	    may_answer(bind, direction, frame)) {
		if (skb_get_nfct(skb) == IP_CT_UNTRACKED) {
			if (judge_orphan(snap, bind, direction, frame, skb,
					 &verdict))
				return verdict;
			ct = flow_entry(bind, skb, &ctinfo);
		} else if (frame->proto == IPPROTO_TCP &&
			   flow_resume(snap, bind, direction, skb)) {
			ct = flow_entry(bind, skb, &ctinfo);
		}
	}
	if (!ct) {
		if (br_sg_frame_has_no_state(frame) && !nf_ct_get(skb, &ctinfo))
			return judge_rules(snap, bind, direction, frame);
		return br_sg_verdict_step(-BR_SG_REASON_INVALID);
	}
	own = br_sg_slot_own(ctinfo, direction);
	if (br_sg_frame_is_message(frame, ctinfo))
		return judge_message(snap, bind, ct, own);
	words = br_sg_slot_words(ct);
	if (!words)
		return judge_roomless(snap, bind, direction, frame, ct, ctinfo,
				      skb);
	slot = br_sg_slot_read(snap, bind, ct, words, own);
	if (slot) {
		if ((slot & BR_SG_SLOT_MARK) == BR_SG_SLOT_PORTS &&
		    !br_sg_frame_is_icmp_error(frame))
			return judge_ports(snap, bind, direction, &words[own],
					   slot, frame);
		return br_sg_slot_verdict(ct, slot);
	}
	if (br_sg_frame_is_icmp_error(frame))
		return br_sg_verdict_step(-BR_SG_REASON_INVALID);
	if (ct->master)
		return judge_expected(snap, bind, ct);
	return judge_first(snap, bind, direction, CTINFO2DIR(ctinfo), frame, ct,
			   words, own);
}

void br_sg_flow_seen(const struct br_sg_snapshot *snap,
		     const struct br_sg_bind *bind, u8 direction,
		     const struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;
	unsigned long *words;
	struct nf_conn *ct;
	u64 slot, seen;
	int own;

	ct = flow_entry(bind, skb, &ctinfo);
	words = ct ? br_sg_slot_words(ct) : NULL;
	/* RELATED: perhaps a message about the entry */
	if (!words || ctinfo == IP_CT_RELATED || ctinfo == IP_CT_RELATED_REPLY)
		return;
	own = br_sg_slot_own(ctinfo, direction);
	slot = READ_ONCE(words[own]);
	seen = bind->stamp;
	if (direction == BR_SG_INGRESS) {
		/* of a flood it may be a copy; it is none of others' words */
		if (!slot)
			WRITE_ONCE(words[own], seen | BR_SG_SLOT_INGRESS);
		return;
	}
	if (br_sg_slot_serial(slot) == br_sg_slot_serial(seen) ?
	    slot & BR_SG_SLOT_MARK || !(slot & BR_SG_SLOT_INGRESS) :
	    br_sg_slot_revoked(slot) ||
	    br_sg_slot_bind(snap, ct, slot))
		return;
	WRITE_ONCE(words[own], seen);
}

int br_sg_flow_count(const struct br_sg_bind *bind, u8 direction,
		     const struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;
	unsigned long *words;
	struct nf_conn *ct;
	int own;

	ct = flow_entry(bind, skb, &ctinfo);
	if (!ct || nf_ct_is_confirmed(ct))
		return 0;
	words = br_sg_slot_words(ct);
	if (!words)
		return BR_SG_REASON_INVALID;
	own = br_sg_slot_own(ctinfo, direction);
	if (!br_sg_slot_charge(bind, ct, &words[own]))
		return BR_SG_REASON_CT_LIMIT;
	if (!READ_ONCE(words[own]))
		br_sg_slot_write(ct, &words[own], direction, bind->stamp);
	return 0;
}

/* a stateless port's, beside ports that keep state: the entry is its, too */
static struct br_sg_verdict judge_plain(const struct br_sg_snapshot *snap,
					const struct br_sg_bind *bind,
					u8 direction,
					const struct sk_buff *skb)
{
	struct br_sg_verdict verdict;
	int reason;

	verdict = br_sg_verdict_rule(br_sg_rules_by_skb(bind->port,
							snap->remotes,
							direction, skb));
	if (!verdict.code) {
		reason = br_sg_flow_count(bind, direction, skb);
		verdict.code = -reason;
	}
	return verdict;
}

bool br_sg_flow_judge_copy(const struct br_sg_snapshot *snap,
			   const struct br_sg_bind *bind,
			   const struct sk_buff *skb,
			   struct br_sg_verdict *verdict)
{
	enum ip_conntrack_info ctinfo;
	const unsigned long *words;
	struct nf_conn *ct;
	u64 slot;

	ct = flow_entry(bind, skb, &ctinfo);
	words = ct && !ct->master ? br_sg_slot_words(ct) : NULL;
	if (!words)
		return false;
	slot = READ_ONCE(words[br_sg_slot_own(ctinfo, BR_SG_INGRESS)]);
	/* a word of its own: the port had the address before */
	if (br_sg_slot_serial(slot) == br_sg_slot_serial(bind->stamp) ||
	    (bind->port->strict && nf_ct_protonum(ct) == IPPROTO_TCP))
		return false;
	*verdict = br_sg_verdict_rule(br_sg_rules_by_skb(bind->port,
							 snap->remotes,
							 BR_SG_INGRESS, skb));
	return true;
}

bool br_sg_flow_judge_plain(const struct br_sg_snapshot *snap,
			    const struct br_sg_bind *bind, u8 direction,
			    const struct sk_buff *skb,
			    struct br_sg_verdict *verdict)
{
	enum ip_conntrack_info ctinfo;
	unsigned long *words;
	struct nf_conn *ct;
	int own;

	ct = flow_entry(bind, skb, &ctinfo);
	if (!ct || ct->master)
		return false;
	if (bind->port->stateless) {
		*verdict = judge_plain(snap, bind, direction, skb);
		return true;
	}
	words = br_sg_slot_words(ct);
	if (!words)
		return false;
	own = br_sg_slot_own(ctinfo, direction);
	/* what began the other way may be an answer, and a word may say more */
	if (CTINFO2DIR(ctinfo) != IP_CT_DIR_ORIGINAL || READ_ONCE(words[own]) ||
	    (bind->port->strict && nf_ct_protonum(ct) == IPPROTO_TCP))
		return false;
	*verdict = br_sg_verdict_rule(br_sg_rules_by_entry(bind->port,
							   snap->remotes,
							   direction, ct, own));
	if (verdict->code)
		return true;
	/* no port of DHCP is plain */
	if (br_sg_cap_charge(bind, ct))
		br_sg_slot_write(ct, &words[own], direction, bind->stamp |
				 br_sg_slot_allowed(&ct->tuplehash[own].tuple,
						    verdict->rule));
	else
		verdict->code = -BR_SG_REASON_CT_LIMIT;
	return true;
}

struct br_sg_verdict
br_sg_flow_judge_fragment(const struct br_sg_snapshot *snap,
			  const struct br_sg_bind *bind,
			  const struct br_sg_frame *frame,
			  const struct sk_buff *skb)
{
	struct br_sg_verdict verdict = br_sg_verdict_step(-BR_SG_REASON_INVALID);
	struct nf_conntrack_tuple_hash *h;
	struct nf_conntrack_tuple tuple;
	struct nf_conntrack_zone zone;
	enum ip_conntrack_info ctinfo;
	unsigned long *words;
	struct nf_conn *ct;
	bool message;
	u64 slot = 0;

	ct = nf_ct_get(skb, &ctinfo);
	if (!ct || nf_ct_is_template(ct) || flow_entry(bind, skb, &ctinfo))
		return verdict;
	/* as it is on the wire, after NAT: what an answer would mirror */
	if (!nf_ct_invert_tuple(&tuple,
				&ct->tuplehash[!CTINFO2DIR(ctinfo)].tuple))
		return verdict;
	if (bind->port->stateless)
		goto rules;
	nf_ct_zone_init(&zone, bind->bridge->zone, NF_CT_DEFAULT_ZONE_DIR, 0);
	message = br_sg_frame_is_message(frame, ctinfo);
	h = nf_conntrack_find_get(nf_ct_net(ct), &zone, &tuple);
	if (h) {
		ct = nf_ct_tuplehash_to_ctrack(h);
		words = br_sg_slot_words(ct);
		if (message)
			verdict = judge_message(snap, bind, ct,
						!NF_CT_DIRECTION(h));
		else if (words)
			slot = br_sg_slot_read(snap, bind, ct, words,
					       !NF_CT_DIRECTION(h));
		if (slot)
			verdict = br_sg_slot_verdict(ct, slot);
		nf_ct_put(ct);
	}
	if (slot || message)
		return verdict;
rules:
	return br_sg_verdict_rule(br_sg_rules_by_tuple(bind->port, snap->remotes,
						       BR_SG_INGRESS, &tuple));
}
