// SPDX-License-Identifier: GPL-2.0
/*
 * Tombstones: conntrack entries of flows that a port end has revoked
 *
 * The packets of a revoked flow are dropped, but behind conntrack, which has
 * by then refreshed the entry's time and moved its state. So the entry is told
 * not to be refreshed: conntrack has a status bit for that, which saves us the
 * race that putting the time back would be. One remains, once in an entry's
 * life: a packet that another CPU tracks while the bit is set may write the
 * time it was about to, and the tombstone lasts for as long as conntrack's own
 * timeout, not longer.
 *
 * TCP's state is put back. What moves it br_sg_flow_revoked() stops before
 * conntrack, but for a packet of which fragments were in conntrack's hands
 * already when the flow was revoked. If the state it leaves were CLOSE, the next
 * SYN of that kind would replace the entry.
 */
#include <linux/in.h>
#include <linux/spinlock.h>
#include <net/netfilter/nf_conntrack.h>

#include "flow/tombstone.h"

/* conntrack's own for an established connection, and for a UDP stream once */
#define TOMB_TCP	(5 * 24 * 60 * 60 * HZ)
#define TOMB_OTHER	(180 * HZ)

static bool entry_is_tcp(const struct nf_conn *ct)
{
	return nf_ct_protonum(ct) == IPPROTO_TCP;
}

/*
 * One that is closing is kept as if it were not: a SYN would replace it, a full
 * table make room of it, and all that it gains is time.
 */
u8 br_sg_tomb_state(const struct nf_conn *ct)
{
	u8 state;

	if (!entry_is_tcp(ct))
		return 0;
	state = READ_ONCE(ct->proto.tcp.state);
	if (state >= TCP_CONNTRACK_FIN_WAIT && state <= TCP_CONNTRACK_CLOSE)
		return TCP_CONNTRACK_ESTABLISHED;
	return state;
}

static void tomb_state_put(struct nf_conn *ct, u8 state)
{
	if (READ_ONCE(ct->proto.tcp.state) == state)
		return;
	spin_lock_bh(&ct->lock);
	ct->proto.tcp.state = state;
	spin_unlock_bh(&ct->lock);
}

void br_sg_tomb_keep(struct nf_conn *ct, u8 state)
{
	bool tcp = entry_is_tcp(ct);

	/* in no table yet, and perhaps never */
	if (!nf_ct_is_confirmed(ct))
		return;
	if (!test_bit(IPS_FIXED_TIMEOUT_BIT, &ct->status) &&
	    !test_and_set_bit(IPS_FIXED_TIMEOUT_BIT, &ct->status)) {
		WRITE_ONCE(ct->timeout,
			   nfct_time_stamp + (tcp ? TOMB_TCP : TOMB_OTHER));
		/* or a full table would make room of it */
		set_bit(IPS_ASSURED_BIT, &ct->status);
		/* or a RST would delete it */
		if (tcp)
			set_bit(IPS_SEEN_REPLY_BIT, &ct->status);
	}
	if (tcp)
		tomb_state_put(ct, state);
}

/* until the next packet refreshes it, which this one could not */
void br_sg_tomb_release(struct nf_conn *ct)
{
	u32 timeout = TOMB_OTHER;

	if (!test_bit(IPS_FIXED_TIMEOUT_BIT, &ct->status))
		return;
	if (entry_is_tcp(ct) &&
	    READ_ONCE(ct->proto.tcp.state) == TCP_CONNTRACK_ESTABLISHED)
		timeout = TOMB_TCP;
	WRITE_ONCE(ct->timeout, nfct_time_stamp + timeout);
	clear_bit(IPS_FIXED_TIMEOUT_BIT, &ct->status);
}
