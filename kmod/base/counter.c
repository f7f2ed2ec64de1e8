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

int br_sg_counters_batch(struct br_sg_counters *counters)
{
	struct br_sg_rule_batches __percpu *batches;
	int cpu, i;

	if (counters->batches)
		return 0;
	batches = alloc_percpu_gfp(struct br_sg_rule_batches,
				   GFP_KERNEL_ACCOUNT);
	if (!batches)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		for (i = 0; i < __BR_SG_DIRECTIONS; i++)
			seqcount_init(&per_cpu_ptr(batches, cpu)->v[i].seq);
	/* packets count all the while */
	smp_store_release(&counters->batches, batches);
	return 0;
}

static void batches_free(struct br_sg_rule_batches __percpu *batches)
{
	int cpu, i;

	if (!batches)
		return;
	for_each_possible_cpu(cpu)
		for (i = 0; i < __BR_SG_DIRECTIONS; i++)
			br_sg_rule_counter_put(per_cpu_ptr(batches,
							   cpu)->v[i].rule);
	free_percpu(batches);
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
	batches_free(counters->batches);
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

/*
 * A packet for each of two rules in turn must not cost more than without batches:
 * only one of so many that miss takes the place, with the three more atomic
 * operations of that.
 */
#define BATCH_MISSES	16

bool br_sg_rule_batch_take(struct br_sg_rule_batch *batch,
			   struct br_sg_rule_counter *rule)
{
	struct br_sg_rule_counter *old = batch->rule;

	if (old && ++batch->missed < BATCH_MISSES)
		return false;
	if (!READ_ONCE(rule->batched))
		WRITE_ONCE(rule->batched, true);
	br_sg_rule_counter_get(rule);
	write_seqcount_begin(&batch->seq);
	if (old)
		br_sg_counter_add(&old->count, batch->packets, batch->bytes);
	WRITE_ONCE(batch->rule, rule);
	WRITE_ONCE(batch->packets, 0);
	WRITE_ONCE(batch->bytes, 0);
	write_seqcount_end(&batch->seq);
	batch->missed = 0;
	br_sg_rule_counter_put(old);
	return true;
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

/*
 * What is in batches and what is not, while it goes from one to the other: read
 * again if it did, or a counter would seem to run backwards. A few times, since
 * processors that never rest must not keep a reader.
 */
void br_sg_rule_counter_read(const struct br_sg_counters *c, u8 direction,
			     const struct br_sg_rule_counter *rule,
			     u64 *packets, u64 *bytes)
{
	const struct br_sg_rule_batch *batch;
	unsigned int seq, again;
	int cpu, tries = 8;

	if (!READ_ONCE(rule->batched)) {
		br_sg_counter_read(&rule->count, packets, bytes);
		return;
	}
	do {
		seq = 0;
		for_each_possible_cpu(cpu) {
			batch = &per_cpu_ptr(c->batches, cpu)->v[direction];
			seq += read_seqcount_begin(&batch->seq);
		}
		br_sg_counter_read(&rule->count, packets, bytes);
		for_each_possible_cpu(cpu) {
			batch = &per_cpu_ptr(c->batches, cpu)->v[direction];
			if (READ_ONCE(batch->rule) != rule)
				continue;
			*packets += READ_ONCE(batch->packets);
			*bytes += READ_ONCE(batch->bytes);
		}
		again = 0;
		smp_rmb();	/* pairs with that of write_seqcount_begin() */
		for_each_possible_cpu(cpu) {
			batch = &per_cpu_ptr(c->batches, cpu)->v[direction];
			again += raw_read_seqcount(&batch->seq);
		}
	} while (again != seq && --tries);
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
