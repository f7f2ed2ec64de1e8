// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: a port's share of conntrack's table
 *
 * The table is everybody's. A VM that opens flows as fast as it can, or that
 * somebody else opens flows to, would fill it, and no one's new flow would be
 * tracked. So each port has a cap: an entry is a port's if the port has a slot in
 * it, and beyond the cap frames that would give it a slot in one more are dropped
 * [ct-limit]. Nobody tells when an entry goes, so the count only rises with each
 * slot, and slots are counted anew now and then:
 *
 *	cap 100; entries by count / by the table
 *	0	0 / 0
 *	+60	60 / 60		above half: the table is counted
 *	..	60 / 60
 *	-50	60 / 10		they time out, the count does not see it
 *	+1	61 / 11		above half, so the table is counted
 *	..	11 / 11
 *	+95	100 / 100	6 of them are dropped: the table is counted, but
 *				at most once a second
 *
 * The count is never too low: it errs on the side of refusing. Before the table is
 * counted, what was charged has got there, but for a frame of each processor and
 * what NFQUEUE holds; what is charged meanwhile may be found too, so that a counting
 * only lowers the count. A frame that counts may yet be dropped by another port, or
 * by conntrack. So a port that opens half of its cap within a second may be refused
 * the rest of that second; the cap is to be set with room.
 *
 * Counting takes a look at each entry of the table, of all netns, without locks
 * but one of conntrack's for each 256 buckets: without it the table's size and
 * its address could be of two tables, while it is being resized. It is done by a
 * work item, while some port that makes entries is above half of its cap, and costs
 * some 15 instructions a bucket and 400 an entry.
 *
 * A port that accepts what needs no rule (DHCP, IGMP), or is stateless, has no
 * verdict to keep in the slot: the slot has its serial then and no mark.
 * Copies of a flood that were not sent to the port give it no slot, even if a rule
 * lets them in. Ports that are off or trusted have no cap; what their words say they
 * have sent is charged when they filter again and judge it, and a counting that
 * finds more of it than was charged changes nothing.
 */
#include <linux/jiffies.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_zones.h>

#include "base/compat.h"
#include "flow/cap.h"
#include "flow/slot.h"
#include "netns/event.h"
#include "netns/net.h"
#include "policy/snapshot.h"

#define BATCH		256	/* buckets, with RCU held */
#define LIMIT_MIN	1024	/* of those that are chosen */
#define RETRIES		3	/* of a chain that was changed while it was read */

/* entries of a port whose line has no limit; 0: an eighth of conntrack's */
static unsigned int ct_limit;

static int ct_limit_set(const char *val, const struct kernel_param *kp)
{
	unsigned int limit;
	int err;

	err = kstrtouint(val, 0, &limit);
	if (err)
		return err;
	if (limit > BR_SG_CT_LIMIT_MAX)
		return -EINVAL;
	WRITE_ONCE(ct_limit, limit);
	return 0;
}

static const struct kernel_param_ops ct_limit_ops = {
	.set = ct_limit_set,
	.get = param_get_uint,
};

module_param_cb(ct_limit, &ct_limit_ops, &ct_limit, 0644);
__MODULE_PARM_TYPE(ct_limit, "uint");
MODULE_PARM_DESC(ct_limit,
		 "conntrack entries of a port without ct-limit, 1 to 2147483647; 0 (default): an eighth of nf_conntrack_max, at least 1024");

u32 br_sg_cap_limit(const struct br_sg_port *port)
{
	u32 limit = port->conf->ct_limit;

	if (!limit)
		limit = READ_ONCE(ct_limit);
	if (!limit)
		limit = max_t(u32, READ_ONCE(nf_conntrack_max) / 8, LIMIT_MIN);
	return limit;
}

static void recount_ask(struct br_sg_net *bn)
{
	unsigned long next = READ_ONCE(bn->recounted) + HZ;

	if (!delayed_work_pending(&bn->recount))
		queue_delayed_work(br_sg_wq, &bn->recount,
				   time_before(jiffies, next) ? next - jiffies : 0);
}

bool br_sg_cap_charge(const struct br_sg_bind *bind, const struct nf_conn *ct)
{
	struct br_sg_cap *cap = &bind->port->counters->cap;
	u32 limit = br_sg_cap_limit(bind->port);
	int entries = atomic_read(&cap->entries);

	/* never beyond it and back again: a recount would take back one more */
	do {
		if (unlikely((u32)entries >= limit)) {
			recount_ask(br_sg_net(nf_ct_net(ct)));
			return false;
		}
	} while (!atomic_try_cmpxchg(&cap->entries, &entries, entries + 1));
	if (unlikely((u32)entries >= limit / 2))
		recount_ask(br_sg_net(nf_ct_net(ct)));
	return true;
}

/* conntrack's; stays while RCU is held */
struct ct_table {
	struct hlist_nulls_head *hash;
	u32 size;
};

static void table_get(struct ct_table *table)
{
	spinlock_t *lock = &nf_conntrack_locks[0];

	local_bh_disable();
	nf_conntrack_lock(lock);
	__acquire(lock);
	table->hash = nf_conntrack_hash;
	table->size = nf_conntrack_htable_size;
	spin_unlock(lock);
	local_bh_enable();
}

/* with a reference: its labels stay */
static void entry_count(const struct br_sg_snapshot *snap,
			const struct nf_conn *ct)
{
	const unsigned long *words = br_sg_slot_words(ct);
	const struct br_sg_bind *bind;
	u64 slot;
	int i;

	for (i = 0; words && i < 2; i++) {
		slot = READ_ONCE(words[i]);
		if (!slot)
			continue;
		/* of the zone of a bridge that its device was on before, too */
		bind = br_sg_bind_by_serial(snap,
					    slot >> BR_SG_SLOT_SERIAL_SHIFT);
		if (bind && READ_ONCE(bind->state) == BR_SG_BIND_FILTER)
			bind->port->counters->cap.found++;
	}
}

/* of a zone of ours? An entry may become another while this looks */
static bool entry_concerns(struct br_sg_net *bn, const struct nf_conn *ct)
{
	u16 zone = nf_ct_zone(ct)->id;

	return net_eq(nf_ct_net(ct), bn->net) && zone &&
	       test_bit(zone, bn->zones.used);
}

static void chain_count(struct br_sg_net *bn, const struct br_sg_snapshot *snap,
			struct hlist_nulls_head *chain, u32 bucket)
{
	struct nf_conntrack_tuple_hash *h;
	struct hlist_nulls_node *node;
	int retries = RETRIES;
	struct nf_conn *ct;

again:
	hlist_nulls_for_each_entry_rcu(h, node, chain, hnnode) {
		ct = nf_ct_tuplehash_to_ctrack(h);
		if (NF_CT_DIRECTION(h) != IP_CT_DIR_ORIGINAL ||
		    !entry_concerns(bn, ct) ||
		    !br_sg_ct_get_unless_zero(ct))
			continue;
		/* what follows is read of the entry that it is now */
		smp_acquire__after_ctrl_dep();
		if (entry_concerns(bn, ct) && nf_ct_is_confirmed(ct) &&
		    !nf_ct_is_expired(ct))
			entry_count(snap, ct);
		nf_ct_put(ct);
	}
	/* an entry went to another chain under us; twice is better than not */
	if (get_nulls_value(node) != bucket && retries--)
		goto again;
}

/* false: the table was resized, or there is nothing any more */
static bool table_count(struct br_sg_net *bn)
{
	const struct br_sg_snapshot *snap;
	struct ct_table table;
	u32 bucket = 0, end;
	u32 size = 0;

	do {
		rcu_read_lock();
		snap = rcu_dereference(bn->snap);
		table_get(&table);
		if (!size)
			size = table.size;
		if (!snap || table.size != size) {
			rcu_read_unlock();
			return false;
		}
		for (end = min(bucket + BATCH, size); bucket < end; bucket++)
			chain_count(bn, snap, &table.hash[bucket], bucket);
		rcu_read_unlock();
		cond_resched();
	} while (bucket < size);
	return true;
}

static void cap_begin(struct br_sg_net *bn, const struct br_sg_bind *bind)
{
	struct br_sg_cap *cap = &bind->port->counters->cap;

	cap->before = atomic_read(&cap->entries);
	cap->found = 0;
	cap->counting = true;
}

/* of what was charged since then, a frame of each processor may be on its way */
static void cap_go_on(struct br_sg_net *bn, const struct br_sg_bind *bind)
{
	struct br_sg_cap *cap = &bind->port->counters->cap;
	u32 entries = atomic_read(&cap->entries);

	cap->found = min(entries - cap->before, num_online_cpus());
	cap->before = entries;
}

/*
 * What was charged meanwhile stays, whether it was found or not. The count was
 * too high, if anything, and so is what was found: the lower of them is nearer.
 * Only of ports that came with entries the count knows nothing.
 */
static void cap_settle(struct br_sg_net *bn, const struct br_sg_bind *bind)
{
	struct br_sg_cap *cap = &bind->port->counters->cap;
	u32 limit = br_sg_cap_limit(bind->port);
	int more = cap->found - cap->before;
	u32 entries;

	if (!cap->counting)
		return;
	cap->counting = false;
	if (more > 0 && !READ_ONCE(bn->resuming))
		more = 0;
	entries = atomic_add_return(more, &cap->entries);
	/* a limit of 1, too, has something below 70 % of it: nothing */
	if (cap->near && (u64)entries * 10 < (u64)limit * 7)
		cap->near = false;
	if (!cap->near && entries >= limit - limit / 5) {
		/* told once; if drops have left no room, when next it is counted */
		cap->near = br_sg_event_ct_near(bn, bind, entries, limit);
		if (!cap->near)
			recount_ask(bn);
	}
}

static void caps_each(struct br_sg_net *bn,
		      void (*fn)(struct br_sg_net *bn,
				 const struct br_sg_bind *bind))
{
	const struct br_sg_snapshot *snap;
	const struct br_sg_bind *bind;
	struct br_sg_binds_at at = {};

	rcu_read_lock();
	snap = rcu_dereference(bn->snap);
	while (snap && (bind = br_sg_binds_next(snap, &at)))
		if (bind->port && READ_ONCE(bind->state) == BR_SG_BIND_FILTER)
			fn(bn, bind);
	rcu_read_unlock();
}

static void cap_recount(struct work_struct *work)
{
	struct br_sg_net *bn = container_of(to_delayed_work(work),
					    struct br_sg_net, recount);

	caps_each(bn, cap_begin);
	/* what was charged is in the table, or will never be */
	synchronize_rcu();
	caps_each(bn, cap_go_on);
	WRITE_ONCE(bn->recounted, jiffies);
	if (table_count(bn))
		caps_each(bn, cap_settle);
}

void br_sg_cap_recount(struct br_sg_net *bn)
{
	WRITE_ONCE(bn->resuming, true);
	mod_delayed_work(br_sg_wq, &bn->recount, 0);
	flush_delayed_work(&bn->recount);
	WRITE_ONCE(bn->resuming, false);
}

void br_sg_cap_net_init(struct br_sg_net *bn)
{
	INIT_DELAYED_WORK(&bn->recount, cap_recount);
	bn->recounted = jiffies - HZ;
}

void br_sg_cap_net_exit(struct br_sg_net *bn)
{
	cancel_delayed_work_sync(&bn->recount);
}
