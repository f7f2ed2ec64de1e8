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
 *	empty, other serial	judged as new, in its own direction
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
 *	M: RST, then SYN	br_sg_flow_revoked() drops either before conntrack
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
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_labels.h>
#include <net/netfilter/nf_conntrack_zones.h>

#include "cap.h"
#include "flow.h"
#include "net.h"
#include "rules.h"
#include "shadow.h"
#include "slot.h"
#include "snapshot.h"
#include "tombstone.h"

#if !defined(CONFIG_64BIT) || !IS_ENABLED(CONFIG_NF_CONNTRACK_ZONES) || \
	!IS_ENABLED(CONFIG_NF_CONNTRACK_LABELS) || \
	!IS_ENABLED(CONFIG_NF_CONNTRACK_BRIDGE)
#error "br_sg needs a 64-bit kernel with NF_CONNTRACK_BRIDGE, _ZONES and _LABELS"
#endif

#define SLOT_SERIAL(slot)	((slot) >> BR_SG_SLOT_SERIAL_SHIFT)
#define SLOT_VERSION(slot)	((u16)((slot) >> BR_SG_SLOT_VERSION_SHIFT))

unsigned int br_sg_flow_track(const struct br_sg_bridge *bridge,
			      struct sk_buff *skb,
			      const struct nf_hook_state *state)
{
	struct nf_hook_state inet = *state;

	nf_reset_ct(skb);
	br_sg_zone_hang(bridge, skb);
	/* its sender may have left it anywhere: AF_PACKET does */
	skb_set_network_header(skb, skb_mac_offset(skb) + ETH_HLEN);
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

static bool ports_are(const struct nf_conntrack_tuple *tuple, u16 a, u16 b)
{
	u16 src = ntohs(tuple->src.u.udp.port), dst = ntohs(tuple->dst.u.udp.port);

	return (src == a && dst == b) || (src == b && dst == a);
}

/*
 * DHCP is judged per frame, established or not (steps 7 and 8, and ingress the
 * servers): its slot has no mark.
 */
static bool tuple_is_dhcp(const struct nf_conntrack_tuple *tuple)
{
	return tuple->dst.protonum == IPPROTO_UDP &&
	       (ports_are(tuple, BR_SG_DHCP4_CLIENT, BR_SG_DHCP4_SERVER) ||
		ports_are(tuple, BR_SG_DHCP6_CLIENT, BR_SG_DHCP6_SERVER));
}

static bool slot_revoked(u64 slot)
{
	return (slot & BR_SG_SLOT_MARK) == BR_SG_SLOT_REVOKED;
}

/* what a slot says of a flow that @rule allows */
static u64 slot_allowed(const struct nf_conntrack_tuple *tuple, int rule)
{
	return (br_sg_tuple_lacks_ports(tuple) ? BR_SG_SLOT_PORTS :
					   BR_SG_SLOT_ALLOWED) | rule;
}

/* the entry is one more of the port's, if it may have it */
static bool slot_charge(const struct br_sg_bind *bind, const struct nf_conn *ct,
			const unsigned long *word)
{
	return SLOT_SERIAL(READ_ONCE(*word)) == SLOT_SERIAL(bind->stamp) ||
	       br_sg_cap_charge(bind, ct);
}

/*
 * Window tracking begins anew with the next packet of either direction. What is
 * half open needs its SYN's numbers, unless it was so too long ago: @resume.
 */
static void entry_forget(struct nf_conn *ct, bool resume)
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

/* the port's first word on a flow: @slot */
static void slot_write(struct nf_conn *ct, unsigned long *word, u8 direction,
		       u64 slot)
{
	if (direction == BR_SG_INGRESS)
		slot |= BR_SG_SLOT_INGRESS;
	/* the device that had the port's place may have revoked it */
	if (slot_revoked(READ_ONCE(*word)))
		br_sg_tomb_release(ct);
	/* nobody has followed it for the port */
	if (nf_ct_is_confirmed(ct))
		entry_forget(ct, false);
	WRITE_ONCE(*word, slot);
}

/* the same, if the port may have it, of a flow that @rule admitted */
static struct br_sg_verdict slot_take(const struct br_sg_bind *bind,
				      u8 direction, struct nf_conn *ct,
				      unsigned long *words, int own, int rule)
{
	const struct nf_conntrack_tuple *tuple = &ct->tuplehash[own].tuple;
	u64 slot = bind->stamp;

	if (!slot_charge(bind, ct, &words[own]))
		return br_sg_verdict_step(-BR_SG_REASON_CT_LIMIT);
	if (!tuple_is_dhcp(tuple))
		slot |= slot_allowed(tuple, rule);
	slot_write(ct, &words[own], direction, slot);
	return br_sg_verdict_rule(rule);
}

/*
 * A word of an older version of the port's policy, as the present one has it:
 * judged again in the direction that admitted the flow. What is revoked has no
 * rule; the word keeps the protocol's state instead.
 */
static u64 slot_renewed(const struct br_sg_bind *bind, const struct nf_conn *ct,
			int own, u64 slot)
{
	u8 direction = slot & BR_SG_SLOT_INGRESS ? BR_SG_INGRESS : BR_SG_EGRESS;
	int rule;
	u64 kept;

	kept = (slot & BR_SG_SLOT_MARK) == BR_SG_SLOT_REVOKED ?
	       slot & BR_SG_SLOT_RULE : br_sg_tomb_state(ct);
	rule = br_sg_rules_entry(bind->port, bind->remotes, direction, ct, own);
	slot = bind->stamp | (slot & (BR_SG_SLOT_INGRESS | BR_SG_SLOT_BOTH));
	slot |= rule < 0 ? BR_SG_SLOT_REVOKED | kept :
			   slot_allowed(&ct->tuplehash[own].tuple, rule);
	return slot;
}

static u64 slot_rejudge(const struct br_sg_bind *bind, struct nf_conn *ct,
			unsigned long *words, int own, u64 slot)
{
	u64 renewed = slot_renewed(bind, ct, own, slot);

	if (SLOT_VERSION(slot) < bind->port->since)
		entry_forget(ct, false);
	WRITE_ONCE(words[own], renewed);
	/* if the other end has it revoked still, its next drop fixes it again */
	if (slot_revoked(slot) && !slot_revoked(renewed))
		br_sg_tomb_release(ct);
	return renewed;
}

/* the port's slot, brought to its present version and not written; 0: none */
static u64 slot_peek(const struct br_sg_bind *bind, const struct nf_conn *ct,
		     int own)
{
	const unsigned long *words = br_sg_slot_words(ct);
	u64 slot = words ? READ_ONCE(words[own]) : 0;

	if (!(slot & BR_SG_SLOT_MARK) ||
	    SLOT_SERIAL(slot) != SLOT_SERIAL(bind->stamp))
		return 0;
	if ((slot & BR_SG_SLOT_STAMP) == bind->stamp)
		return slot;
	return slot_renewed(bind, ct, own, slot);
}

/* the port's slot, brought to its present version; 0: it has none */
static u64 slot_read(const struct br_sg_bind *bind, struct nf_conn *ct,
		     unsigned long *words, int own)
{
	u64 slot = READ_ONCE(words[own]);

	/* the entry is the port's to count, and no more */
	if (!(slot & BR_SG_SLOT_MARK))
		return 0;
	if ((slot & BR_SG_SLOT_STAMP) == bind->stamp)
		return slot;
	if (SLOT_SERIAL(slot) != SLOT_SERIAL(bind->stamp))
		return 0;
	return slot_rejudge(bind, ct, words, own, slot);
}

static struct br_sg_verdict judge_rules(const struct br_sg_bind *bind,
					u8 direction,
					const struct br_sg_frame *frame)
{
	return br_sg_verdict_rule(br_sg_rules_frame(bind->port, bind->remotes,
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
static struct br_sg_verdict judge_ports(const struct br_sg_bind *bind,
					u8 direction, unsigned long *word,
					u64 slot,
					const struct br_sg_frame *frame)
{
	u8 ways = br_sg_slot_ways(slot);
	struct br_sg_verdict verdict;

	if (br_sg_rules_ports(bind->port, bind->remotes, direction, ways, frame))
		return br_sg_verdict_step(BR_SG_STEP_ESTABLISHED);
	if (ways & BIT(direction))
		return br_sg_verdict_step(-BR_SG_REASON_NO_RULE);
	verdict = judge_rules(bind, direction, frame);
	if (!verdict.code && may_answer(bind, direction, frame))
		WRITE_ONCE(*word, slot | BR_SG_SLOT_BOTH);
	return verdict;
}

/* @slot: of @ct */
static struct br_sg_verdict judge_slot(struct nf_conn *ct, u64 slot)
{
	if (!slot_revoked(slot))
		return br_sg_verdict_step(BR_SG_STEP_ESTABLISHED);
	br_sg_tomb_keep(ct, slot & BR_SG_SLOT_RULE);
	return br_sg_verdict_step(-BR_SG_REASON_REVOKED);
}

/*
 * A message about @ct, or about what its master expected. Conntrack does not
 * refresh the entry for it, and moves no state: there is nothing to put back.
 */
static struct br_sg_verdict judge_message(const struct br_sg_bind *bind,
					  const struct nf_conn *ct, int own)
{
	u64 slot = slot_peek(bind, ct, own);
	int i;

	for (i = 0; !slot && ct->master && i < 2; i++)
		slot = slot_peek(bind, ct->master, i);
	if (!slot)
		return br_sg_verdict_step(-BR_SG_REASON_INVALID);
	if (slot_revoked(slot))
		return br_sg_verdict_step(-BR_SG_REASON_REVOKED);
	return br_sg_verdict_step(BR_SG_STEP_ESTABLISHED);
}

/* a connection that a helper expected: by the port's word in its master */
static struct br_sg_verdict judge_expected(const struct br_sg_bind *bind,
					   struct nf_conn *ct)
{
	unsigned long *words = br_sg_slot_words(ct->master);
	struct br_sg_verdict verdict;
	u64 slot;
	int i;

	for (i = 0; words && i < 2; i++) {
		slot = slot_read(bind, ct->master, words, i);
		if (!slot)
			continue;
		verdict = judge_slot(ct->master, slot);
		if (verdict.code < 0)
			br_sg_tomb_keep(ct, br_sg_tomb_state(ct));
		else
			br_sg_tomb_release(ct);
		return verdict;
	}
	return br_sg_verdict_step(-BR_SG_REASON_INVALID);
}

/* the port end of the bridge that has revoked @ct; NULL: none has */
static const struct br_sg_bind *
entry_revoked(const struct br_sg_bridge *bridge, struct nf_conn *ct, int *own)
{
	unsigned long *words = br_sg_slot_words(ct);
	const struct br_sg_bind *bind;
	u64 slot;
	int i;

	for (i = 0; words && i < 2; i++) {
		bind = br_sg_slot_bind(bridge->snap, ct, READ_ONCE(words[i]));
		if (!bind || bind->port->stateless)
			continue;
		slot = slot_read(bind, ct, words, i);
		if (slot && judge_slot(ct, slot).code < 0) {
			*own = i;
			return bind;
		}
	}
	return NULL;
}

/* conntrack keeps a state for them, which ends flows or begins them anew */
static bool proto_has_state(u8 proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_SCTP ||
	       proto == IPPROTO_DCCP;
}

const struct br_sg_bind *
br_sg_flow_revoked(struct br_sg_net *bn, const struct br_sg_bind *bind,
		   u8 *direction, const struct sk_buff *skb)
{
	struct nf_conntrack_tuple_hash *h;
	struct nf_conntrack_tuple tuple;
	struct nf_conntrack_zone zone;
	const struct br_sg_bind *end;
	struct nf_conn *ct, *of;
	u16 family;
	int own;

	family = skb->protocol == htons(ETH_P_IP) ? NFPROTO_IPV4 :
						    NFPROTO_IPV6;
	/* none of a later fragment; without the first it comes to nothing */
	if (!nf_ct_get_tuplepr(skb, skb_mac_offset(skb) + ETH_HLEN, family,
			       bn->net, &tuple) ||
	    !proto_has_state(tuple.dst.protonum))
		return NULL;
	nf_ct_zone_init(&zone, bind->bridge->zone, NF_CT_DEFAULT_ZONE_DIR, 0);
	h = nf_conntrack_find_get(bn->net, &zone, &tuple);
	if (!h)
		return NULL;
	ct = nf_ct_tuplehash_to_ctrack(h);
	of = ct;
	end = entry_revoked(bind->bridge, of, &own);
	if (!end && ct->master) {
		of = ct->master;
		end = entry_revoked(bind->bridge, of, &own);
		if (end)
			br_sg_tomb_keep(ct, br_sg_tomb_state(ct));
	}
	if (end && end != bind)
		*direction = BR_SG_INGRESS;
	if (end && unlikely(end->shadow))
		br_sg_shadow_compare_revoked(bn, end, *direction, of, own, skb);
	nf_ct_put(ct);
	return end;
}

/* has the port not followed the connection, and lets it go on? */
static bool entry_lapsed(const struct br_sg_bind *bind, u8 direction,
			 const struct nf_conn *ct, int own)
{
	const unsigned long *words = br_sg_slot_words(ct);
	u64 slot;

	if (!words)
		return false;
	slot = READ_ONCE(words[own]);
	if (SLOT_SERIAL(slot) == SLOT_SERIAL(bind->stamp))
		return SLOT_VERSION(slot) < bind->port->since;
	if (bind->port->strict)
		return false;
	return br_sg_rules_flow(bind->port, bind->remotes, direction, ct,
				own) >= 0;
}

/* a packet without an entry: true if it is of one that lapsed, and has it now */
static bool flow_resume(const struct br_sg_bind *bind, u8 direction,
			struct sk_buff *skb)
{
	struct nf_hook_state state = { .net = dev_net(skb->dev) };
	struct nf_conntrack_tuple_hash *h;
	struct nf_conntrack_tuple tuple;
	struct nf_conntrack_zone zone;
	struct nf_conn *ct;
	bool lapsed;
	u16 family;
	int dir;

	family = skb->protocol == htons(ETH_P_IP) ? NFPROTO_IPV4 :
						    NFPROTO_IPV6;
	if (skb_get_nfct(skb) ||
	    !nf_ct_get_tuplepr(skb, skb_mac_offset(skb) + ETH_HLEN, family,
			       state.net, &tuple) ||
	    tuple.dst.protonum != IPPROTO_TCP)
		return false;
	nf_ct_zone_init(&zone, bind->bridge->zone, NF_CT_DEFAULT_ZONE_DIR, 0);
	h = nf_conntrack_find_get(state.net, &zone, &tuple);
	if (!h)
		return false;
	ct = nf_ct_tuplehash_to_ctrack(h);
	dir = NF_CT_DIRECTION(h);
	lapsed = entry_lapsed(bind, direction, ct,
			      direction == BR_SG_INGRESS ? !dir : dir);
	if (lapsed)
		entry_forget(ct, true);
	nf_ct_put(ct);
	return lapsed &&
	       br_sg_flow_track(bind->bridge, skb, &state) == NF_ACCEPT;
}

struct br_sg_verdict br_sg_flow_judge(const struct br_sg_bind *bind,
				      u8 direction,
				      const struct br_sg_frame *frame,
				      struct sk_buff *skb)
{
	const struct br_sg_port *port = bind->port;
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
	if (port->stateless)
		return judge_rules(bind, direction, frame);
	ct = flow_entry(bind, skb, &ctinfo);
	/* not by a copy of a flood: the connection is another port's */
	if (!ct && frame->proto == IPPROTO_TCP &&
	    may_answer(bind, direction, frame) &&
	    flow_resume(bind, direction, skb))
		ct = flow_entry(bind, skb, &ctinfo);
	if (!ct) {
		if (br_sg_frame_has_no_state(frame) && !nf_ct_get(skb, &ctinfo))
			return judge_rules(bind, direction, frame);
		return br_sg_verdict_step(-BR_SG_REASON_INVALID);
	}
	own = br_sg_slot_own(ctinfo, direction);
	if (br_sg_frame_is_message(frame, ctinfo))
		return judge_message(bind, ct, own);
	words = br_sg_slot_words(ct);
	if (!words)
		return br_sg_verdict_step(-BR_SG_REASON_INVALID);
	slot = slot_read(bind, ct, words, own);
	if (slot) {
		if ((slot & BR_SG_SLOT_MARK) == BR_SG_SLOT_PORTS &&
		    !br_sg_frame_is_icmp_error(frame))
			return judge_ports(bind, direction, &words[own], slot,
					   frame);
		return judge_slot(ct, slot);
	}
	if (br_sg_frame_is_icmp_error(frame))
		return br_sg_verdict_step(-BR_SG_REASON_INVALID);
	if (ct->master)
		return judge_expected(bind, ct);
	if (port->strict && frame->proto == IPPROTO_TCP &&
	    !(frame->flags & BR_SG_FRAME_SYN))
		return br_sg_verdict_step(-BR_SG_REASON_INVALID);
	verdict = judge_rules(bind, direction, frame);
	if (verdict.code < 0)
		return verdict;
	if (!may_answer(bind, direction, frame))
		return verdict;
	return slot_take(bind, direction, ct, words, own, verdict.rule);
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
	if (!slot_charge(bind, ct, &words[own]))
		return BR_SG_REASON_CT_LIMIT;
	if (!READ_ONCE(words[own]))
		slot_write(ct, &words[own], direction, bind->stamp);
	return 0;
}

bool br_sg_flow_judge_plain(const struct br_sg_bind *bind, u8 direction,
			    const struct sk_buff *skb,
			    struct br_sg_verdict *verdict)
{
	enum ip_conntrack_info ctinfo;
	unsigned long *words;
	struct nf_conn *ct;
	int own;

	ct = flow_entry(bind, skb, &ctinfo);
	if (!ct || ct->master || bind->port->stateless)
		return false;
	words = br_sg_slot_words(ct);
	if (!words)
		return false;
	own = br_sg_slot_own(ctinfo, direction);
	if (SLOT_SERIAL(READ_ONCE(words[own])) == SLOT_SERIAL(bind->stamp) ||
	    (bind->port->strict && nf_ct_protonum(ct) == IPPROTO_TCP))
		return false;
	*verdict = br_sg_verdict_rule(br_sg_rules_flow(bind->port,
						       bind->remotes,
						       direction, ct, own));
	if (verdict->code)
		return true;
	/* no port of DHCP is plain, and the slot is another's or empty */
	if (br_sg_cap_charge(bind, ct))
		slot_write(ct, &words[own], direction, bind->stamp |
			   slot_allowed(&ct->tuplehash[own].tuple,
					verdict->rule));
	else
		verdict->code = -BR_SG_REASON_CT_LIMIT;
	return true;
}

struct br_sg_verdict
br_sg_flow_judge_fragment(const struct br_sg_bind *bind,
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
			verdict = judge_message(bind, ct, !NF_CT_DIRECTION(h));
		else if (words)
			slot = slot_read(bind, ct, words,
					 !NF_CT_DIRECTION(h));
		if (slot)
			verdict = judge_slot(ct, slot);
		nf_ct_put(ct);
	}
	if (slot || message)
		return verdict;
rules:
	return br_sg_verdict_rule(br_sg_rules_tuple(bind->port, bind->remotes,
						    BR_SG_INGRESS, &tuple));
}
