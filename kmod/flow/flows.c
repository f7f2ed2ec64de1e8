// SPDX-License-Identifier: GPL-2.0
/*
 * The flows of our zones
 *
 * Conntrack's table is of all netns and zones, and by no key of ours, so this is
 * a walk of all of it, a bucket at a time and each under its lock, as conntrack's
 * own dump does. Without the lock its size and its address could be of two
 * tables: the seqcount that tells is not for modules.
 *
 * Slots are shown as they are, and nothing is judged: one that the policy in
 * force has not seen yet says so.
 */
#include <linux/sched.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_zones.h>

#include "flow/flows.h"
#include "flow/slot.h"
#include "netns/net.h"
#include "policy/snapshot.h"

static void end_rule(const struct br_sg_bind *bind, u64 slot,
		     struct br_sg_flow_end *end)
{
	const struct br_sg_ruleset *ruleset = bind->port->ruleset;
	u32 rule = slot & BR_SG_SLOT_RULE;

	if (end->revoked || end->again || end->counted || rule >= ruleset->n_rules[end->direction])
		return;
	end->group = br_sg_ruleset_group(ruleset, end->direction,
					 rule)->name->s;
	end->id = br_sg_ruleset_rule(ruleset, end->direction, rule)->id;
}

static bool end_read(const struct br_sg_snapshot *snap,
		     const struct nf_conn *ct, u64 slot,
		     struct br_sg_flow_end *end)
{
	const struct br_sg_bind *bind = br_sg_slot_bind(snap, ct, slot);

	if (!bind)
		return false;
	memset(end, 0, sizeof(*end));
	end->dev = bind->port->conf->dev;
	end->direction = slot & BR_SG_SLOT_INGRESS ? BR_SG_INGRESS :
						     BR_SG_EGRESS;
	end->counted = bind->port->stateless || !(slot & BR_SG_SLOT_MARK);
	end->revoked = !end->counted &&
		       (slot & BR_SG_SLOT_MARK) == BR_SG_SLOT_REVOKED;
	end->again = !end->counted &&
		     (slot & BR_SG_SLOT_STAMP) != bind->stamp;
	end->version = slot >> BR_SG_SLOT_VERSION_SHIFT;
	end_rule(bind, slot, end);
	return true;
}

static bool flow_read(const struct br_sg_snapshot *snap,
		      const struct nf_conn *ct, struct br_sg_flow *flow)
{
	const unsigned long *words = br_sg_slot_words(ct);
	int i;

	flow->ct = ct;
	flow->n_ends = 0;
	for (i = 0; words && i < 2; i++)
		flow->n_ends += end_read(snap, ct, READ_ONCE(words[i]),
					 &flow->ends[flow->n_ends]);
	return flow->n_ends;
}

/*
 * A bucket, its lock held, so that its entries stay. From @from on, or all of it
 * where that is NULL or gone.
 */
static int bucket_walk(const struct br_sg_net *bn,
		       const struct br_sg_snapshot *snap,
		       struct br_sg_flow_walk *walk, const struct nf_conn *from,
		       int (*fn)(const struct br_sg_flow *flow, void *arg),
		       void *arg)
{
	struct nf_conntrack_tuple_hash *h;
	struct hlist_nulls_node *node;
	struct br_sg_flow flow;
	struct nf_conn *ct;
	int ret;

again:
	hlist_nulls_for_each_entry(h, node, &nf_conntrack_hash[walk->bucket],
				   hnnode) {
		ct = nf_ct_tuplehash_to_ctrack(h);
		if (NF_CT_DIRECTION(h) != IP_CT_DIR_ORIGINAL ||
		    (from && ct != from))
			continue;
		from = NULL;
		if (!net_eq(nf_ct_net(ct), bn->net) ||
		    nf_ct_is_expired(ct) || !flow_read(snap, ct, &flow))
			continue;
		ret = fn(&flow, arg);
		if (!ret)
			continue;
		nf_conntrack_get(&ct->ct_general);
		walk->last = ct;
		return ret;
	}
	if (from) {
		from = NULL;
		goto again;
	}
	return 0;
}

/* that it takes @lock its declaration does not say, for sparse */
static void bucket_lock(spinlock_t *lock) __acquires(lock)
{
	nf_conntrack_lock(lock);
	__acquire(lock);
}

void br_sg_flows_end(struct br_sg_flow_walk *walk)
{
	if (walk->last)
		nf_ct_put(walk->last);
	walk->last = NULL;
}

int br_sg_flows_walk(struct br_sg_net *bn, struct br_sg_flow_walk *walk,
		     int (*fn)(const struct br_sg_flow *flow, void *arg),
		     void *arg)
{
	const struct br_sg_snapshot *snap;
	struct nf_conn *from;
	spinlock_t *lock;	/* the bucket's */
	bool more = true;
	int ret = 0;

	while (!ret && more) {
		from = walk->last;
		walk->last = NULL;
		lock = &nf_conntrack_locks[walk->bucket % CONNTRACK_LOCKS];
		rcu_read_lock();
		snap = rcu_dereference(bn->snap);
		local_bh_disable();
		bucket_lock(lock);
		/* without a configuration there is nothing to look for */
		more = snap && walk->bucket < nf_conntrack_htable_size;
		if (more)
			ret = bucket_walk(bn, snap, walk, from, fn, arg);
		spin_unlock(lock);
		local_bh_enable();
		rcu_read_unlock();
		if (from)
			nf_ct_put(from);
		if (more && !ret)
			walk->bucket++;
		cond_resched();
	}
	return ret;
}
