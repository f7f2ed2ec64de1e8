/* SPDX-License-Identifier: GPL-2.0 */
/* What is counted, how, and what is only so often. */
#ifndef BR_SG_COUNTER_H
#define BR_SG_COUNTER_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/refcount.h>
#include <linux/seqlock.h>
#include <linux/br_sg.h>

struct br_sg_frame;
struct br_sg_port;

/* packets and bytes, counted from any context; atomic, so there is no lock */
struct br_sg_counter {
	atomic64_t packets;
	atomic64_t bytes;
};

/* the same per CPU, for what every established packet counts */
struct br_sg_pcpu_counter {
	u64 packets;
	u64 bytes;
};

/**
 * struct br_sg_rule_counter - a rule's on one port
 * @ref: of the port's successive versions, and of batches
 * @batched: some of it was, or is, in a batch of the port; set once
 * @count: the rest
 */
struct br_sg_rule_counter {
	refcount_t ref;
	bool batched;
	struct br_sg_counter count;
};

/**
 * struct br_sg_rule_batch - what a processor has counted of one rule of a port and
 *	direction. A port without state counts a rule for each packet, and mostly the
 *	same again; two atomic operations on what all processors write cost more than
 *	the look-up of the rule. Written by its processor alone, in softirqs
 * @rule: which, a reference; NULL: none yet
 * @packets: of it, not in its own count
 * @bytes: likewise
 * @missed: packets of other rules since @rule has the place
 * @seq: moves when another takes it
 */
struct br_sg_rule_batch {
	struct br_sg_rule_counter *rule;
	u64 packets;
	u64 bytes;
	u32 missed;
	seqcount_t seq;
};

struct br_sg_rule_batches {
	struct br_sg_rule_batch v[__BR_SG_DIRECTIONS];
};

/**
 * struct br_sg_rule_counters - of all rules of a ruleset on one port
 * @ref: of the port's versions
 * @n: per direction, how many
 * @v: per direction, in the order of the ruleset, a reference each
 */
struct br_sg_rule_counters {
	refcount_t ref;
	u32 n[__BR_SG_DIRECTIONS];
	struct br_sg_rule_counter **v[__BR_SG_DIRECTIONS];
};

/**
 * struct br_sg_rate - a limit of events per second
 * @second: the second, in jiffies / HZ, that @n counts in
 * @n: events in it. There is no lock: at the turn of a second two processors may
 *	reset @n and lose a few
 */
struct br_sg_rate {
	unsigned long second;
	atomic_t n;
};

/**
 * struct br_sg_event_budget - limits the events of a port; written by packets, atomic
 * @rate: of the events that were sent
 * @withheld: events that were not sent since the last one that was
 */
struct br_sg_event_budget {
	struct br_sg_rate rate;
	atomic_t withheld;
};

/**
 * struct br_sg_cap - how many conntrack entries a port has, see cap.c
 * @entries: an upper bound: packets add to it, and only a count of the table, which
 *	cap.c makes now and then, lowers it
 * @found: entries that the count which is under way has found. This and the members
 *	below are written by the counting work alone, of which a netns has one
 * @before: @entries when that count began
 * @counting: the count began with this port in the snapshot
 * @near: the port has been warned of
 */
struct br_sg_cap {
	atomic_t entries;
	u32 found;
	u32 before;
	bool counting;
	bool near;
};

/**
 * struct br_sg_counters - the counters of a port, shared by its successive versions
 * @ref: of those versions
 * @established: per direction; read for each packet, so in a line that is not
 *	written for others
 * @batches: of the port's rules; NULL: it has always kept state. Set once, by a
 *	commit
 * @fragments: that the port sent
 * @events: of the port
 * @warnings: likewise, those that are not of dropped frames
 * @cap: its conntrack entries
 * @steps: what accepted; STEP_ESTABLISHED is in @established instead
 * @reasons: why dropped
 */
struct br_sg_counters {
	refcount_t ref;
	struct br_sg_pcpu_counter __percpu *established[__BR_SG_DIRECTIONS];
	struct br_sg_rule_batches __percpu *batches;
	struct br_sg_rate fragments ____cacheline_aligned_in_smp;
	struct br_sg_event_budget events;
	struct br_sg_event_budget warnings;
	struct br_sg_cap cap;
	struct br_sg_counter steps[__BR_SG_DIRECTIONS][__BR_SG_STEP_LAST];
	struct br_sg_counter reasons[__BR_SG_DIRECTIONS][__BR_SG_REASON_LAST];
};

struct br_sg_counters *br_sg_counters_new(void);
struct br_sg_counters *br_sg_counters_get(struct br_sg_counters *counters);
void br_sg_counters_put(struct br_sg_counters *counters);
/* room for batches, if there is none yet; 0 or -ENOMEM. One caller at a time */
int br_sg_counters_batch(struct br_sg_counters *counters);
struct br_sg_rule_counter *br_sg_rule_counter_new(void);
struct br_sg_rule_counter *
br_sg_rule_counter_get(struct br_sg_rule_counter *counter);
void br_sg_rule_counter_put(struct br_sg_rule_counter *counter);

struct br_sg_rule_counters *
br_sg_rule_counters_get(struct br_sg_rule_counters *counters);
void br_sg_rule_counters_put(struct br_sg_rule_counters *counters);

/* takes @n of the @max that are allowed this second; false if so many are not left */
bool br_sg_rate_take(struct br_sg_rate *rate, unsigned int n, unsigned int max);
/* may the port send @n more fragments this second? */
bool br_sg_fragments_allowed(struct br_sg_counters *counters, unsigned int n);

static inline void br_sg_counter_add(struct br_sg_counter *counter,
				     u32 packets, u32 bytes)
{
	atomic64_add(packets, &counter->packets);
	atomic64_add(bytes, &counter->bytes);
}

static inline void br_sg_count_established(const struct br_sg_counters *c,
					   u8 direction, u32 packets,
					   u32 bytes)
{
	this_cpu_add(c->established[direction]->packets, packets);
	this_cpu_add(c->established[direction]->bytes, bytes);
}

/* gives the place in @batch to @rule if it is time; false: it is not @rule's */
bool br_sg_rule_batch_take(struct br_sg_rule_batch *batch,
			   struct br_sg_rule_counter *rule);

/* a packet that a rule of the port's lets by; @c: the port's */
static inline void br_sg_count_rule(const struct br_sg_counters *c, u8 direction,
				    struct br_sg_rule_counter *rule,
				    u32 packets, u32 bytes)
{
	struct br_sg_rule_batches __percpu *batches = READ_ONCE(c->batches);
	struct br_sg_rule_batch *batch;

	/* what comes back from NFQUEUE is no softirq */
	if (!batches || !in_softirq() || IS_ENABLED(CONFIG_PREEMPT_RT))
		goto direct;
	batch = &this_cpu_ptr(batches)->v[direction];
	if (unlikely(batch->rule != rule) && !br_sg_rule_batch_take(batch, rule))
		goto direct;
	WRITE_ONCE(batch->packets, batch->packets + packets);
	WRITE_ONCE(batch->bytes, batch->bytes + bytes);
	return;
direct:
	br_sg_counter_add(&rule->count, packets, bytes);
}

void br_sg_counter_read(const struct br_sg_counter *counter, u64 *packets,
			u64 *bytes);
/* @c: the port's whose rule it is */
void br_sg_rule_counter_read(const struct br_sg_counters *c, u8 direction,
			     const struct br_sg_rule_counter *rule,
			     u64 *packets, u64 *bytes);
void br_sg_established_read(const struct br_sg_counters *c, u8 direction,
			    u64 *packets, u64 *bytes);

#endif
