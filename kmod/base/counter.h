/* SPDX-License-Identifier: GPL-2.0 */
/* What is counted, how, and what is only so often. */
#ifndef BR_SG_COUNTER_H
#define BR_SG_COUNTER_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/percpu.h>
#include <linux/refcount.h>
#include <linux/br_sg.h>

struct br_sg_frame;
struct br_sg_port;

/* packets and bytes; any context, atomic, no lock */
struct br_sg_counter {
	atomic64_t packets;
	atomic64_t bytes;
};

/* the same per CPU, for what every established packet counts */
struct br_sg_pcpu_counter {
	u64 packets;
	u64 bytes;
};

/* a rule's counter on one port; shared by the port's successive versions */
struct br_sg_rule_counter {
	refcount_t ref;
	struct br_sg_counter count;
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
 * struct br_sg_rate - what may be only so often in a second
 * @second: of jiffies, and
 * @n: how often in it; both are approximate, no lock is worth it
 */
struct br_sg_rate {
	unsigned long second;
	atomic_t n;
};

/**
 * struct br_sg_event_budget - the events of a port
 * @rate: of those that were sent
 * @withheld: how many were not, since the last one that was
 */
struct br_sg_event_budget {
	struct br_sg_rate rate;
	atomic_t withheld;
};

/**
 * struct br_sg_cap - conntrack entries of a port, see cap.c
 * @entries: at most so many
 * @found: by the counting that is under way. This and what follows: written by
 *	it alone, a netns has one at a time
 * @before: @entries when it began to look at the table
 * @counting: it knows of this port
 * @near: a warning was given
 */
struct br_sg_cap {
	atomic_t entries;
	u32 found;
	u32 before;
	bool counting;
	bool near;
};

/**
 * struct br_sg_counters - a port's, shared by its successive versions
 * @ref: of versions
 * @established: per direction; read for each packet, so in a line that is not
 *	written for others
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
struct br_sg_rule_counter *br_sg_rule_counter_new(void);
struct br_sg_rule_counter *
br_sg_rule_counter_get(struct br_sg_rule_counter *counter);
void br_sg_rule_counter_put(struct br_sg_rule_counter *counter);

struct br_sg_rule_counters *
br_sg_rule_counters_get(struct br_sg_rule_counters *counters);
void br_sg_rule_counters_put(struct br_sg_rule_counters *counters);

/* are there @n more this second, of at most @max? Then they are taken */
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

void br_sg_counter_read(const struct br_sg_counter *counter, u64 *packets,
			u64 *bytes);
void br_sg_established_read(const struct br_sg_counters *c, u8 direction,
			    u64 *packets, u64 *bytes);

#endif
