// SPDX-License-Identifier: GPL-2.0
/* Counters: who owns them, and how they are read. */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "base/counter.h"

/*
 * Reassembly memory is everybody's: a port that sends fragments as fast as it
 * can would push out those of others. So many a second are some 350 Mbit/s of
 * them on an Ethernet of 1,500 bytes.
 */
#define FRAGMENTS_PER_SECOND	30000

struct br_sg_counters *br_sg_counters_new(void)
{
	struct br_sg_counters *counters;
	int i;

	counters = kzalloc(sizeof(*counters), GFP_KERNEL_ACCOUNT);
	if (!counters)
		return NULL;
	refcount_set(&counters->ref, 1);
	for (i = 0; i < __BR_SG_DIRECTIONS; i++) {
		counters->established[i] =
			alloc_percpu_gfp(struct br_sg_pcpu_counter,
					 GFP_KERNEL_ACCOUNT);
		if (!counters->established[i]) {
			br_sg_counters_put(counters);
			return NULL;
		}
	}
	return counters;
}

struct br_sg_counters *br_sg_counters_get(struct br_sg_counters *counters)
{
	refcount_inc(&counters->ref);
	return counters;
}

void br_sg_counters_put(struct br_sg_counters *counters)
{
	int i;

	if (!counters || !refcount_dec_and_test(&counters->ref))
		return;
	for (i = 0; i < __BR_SG_DIRECTIONS; i++)
		free_percpu(counters->established[i]);
	kfree(counters);
}

struct br_sg_rule_counter *br_sg_rule_counter_new(void)
{
	struct br_sg_rule_counter *counter;

	counter = kzalloc(sizeof(*counter), GFP_KERNEL_ACCOUNT);
	if (counter)
		refcount_set(&counter->ref, 1);
	return counter;
}

struct br_sg_rule_counter *
br_sg_rule_counter_get(struct br_sg_rule_counter *counter)
{
	refcount_inc(&counter->ref);
	return counter;
}

void br_sg_rule_counter_put(struct br_sg_rule_counter *counter)
{
	if (counter && refcount_dec_and_test(&counter->ref))
		kfree(counter);
}

struct br_sg_rule_counters *
br_sg_rule_counters_get(struct br_sg_rule_counters *counters)
{
	refcount_inc(&counters->ref);
	return counters;
}

void br_sg_rule_counters_put(struct br_sg_rule_counters *counters)
{
	u32 i;
	int d;

	if (!counters || !refcount_dec_and_test(&counters->ref))
		return;
	for (d = 0; d < __BR_SG_DIRECTIONS; d++) {
		for (i = 0; i < counters->n[d]; i++)
			br_sg_rule_counter_put(counters->v[d][i]);
		kvfree(counters->v[d]);
	}
	kfree(counters);
}

bool br_sg_rate_take(struct br_sg_rate *rate, unsigned int n, unsigned int max)
{
	unsigned long second = jiffies / HZ;

	if (READ_ONCE(rate->second) != second) {
		WRITE_ONCE(rate->second, second);
		atomic_set(&rate->n, 0);
	}
	/* full: a flood writes nothing that its processors would share */
	if (n > max || atomic_read(&rate->n) > (int)(max - n))
		return false;
	return atomic_add_return(n, &rate->n) <= (int)max;
}

bool br_sg_fragments_allowed(struct br_sg_counters *counters, unsigned int n)
{
	return br_sg_rate_take(&counters->fragments, n, FRAGMENTS_PER_SECOND);
}

void br_sg_counter_read(const struct br_sg_counter *counter, u64 *packets,
			u64 *bytes)
{
	*packets = atomic64_read(&counter->packets);
	*bytes = atomic64_read(&counter->bytes);
}

void br_sg_established_read(const struct br_sg_counters *c, u8 direction,
			    u64 *packets, u64 *bytes)
{
	const struct br_sg_pcpu_counter *counter;
	int cpu;

	*packets = 0;
	*bytes = 0;
	for_each_possible_cpu(cpu) {
		counter = per_cpu_ptr(c->established[direction], cpu);
		*packets += READ_ONCE(counter->packets);
		*bytes += READ_ONCE(counter->bytes);
	}
}
