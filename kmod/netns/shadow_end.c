// SPDX-License-Identifier: GPL-2.0
/*
 * What each device is to the shadow, and the counts that its ports have not: the
 * shadow's port counts what the shadow would accept and drop, as a port in force
 * does; a device counts which of the rules in force let by what the shadow would
 * drop. Those counts stay with the device as long as it is on its bridge.
 */
#include <linux/slab.h>
#include <linux/string.h>

#include "netns/shadow_end.h"
#include "policy/policy.h"
#include "policy/ruleset.h"
#include "policy/snapshot.h"

struct br_sg_shadow_counts *
br_sg_shadow_counts_get(struct br_sg_shadow_counts *counts)
{
	refcount_inc(&counts->ref);
	return counts;
}

void br_sg_shadow_counts_put(struct br_sg_shadow_counts *counts)
{
	if (!counts || !refcount_dec_and_test(&counts->ref))
		return;
	br_sg_rule_counters_put(counts->rules);
	br_sg_ruleset_put(counts->ruleset);
	kfree(counts);
}

static void counter_copy(struct br_sg_counter *to,
			 const struct br_sg_counter *from)
{
	atomic64_set(&to->packets, atomic64_read(&from->packets));
	atomic64_set(&to->bytes, atomic64_read(&from->bytes));
}

/*
 * Counts for the rules that are in force now; of those that were before, what is
 * the same rule goes on.
 */
static struct br_sg_shadow_counts *
counts_new(struct br_sg_ruleset *ruleset, u64 number,
	   const struct br_sg_shadow_counts *old)
{
	struct br_sg_shadow_counts *counts;
	int d;

	counts = kzalloc(sizeof(*counts), GFP_KERNEL_ACCOUNT);
	if (!counts)
		return NULL;
	refcount_set(&counts->ref, 1);
	counts->number = number;
	for (d = 0; old && d < __BR_SG_DIRECTIONS; d++)
		counter_copy(&counts->none[d], &old->none[d]);
	if (!ruleset)
		return counts;
	counts->ruleset = br_sg_ruleset_get(ruleset);
	counts->rules = br_sg_rule_counters_new(ruleset,
						old ? old->ruleset : NULL,
						old ? old->rules : NULL);
	if (!counts->rules) {
		br_sg_shadow_counts_put(counts);
		return NULL;
	}
	return counts;
}

int br_sg_shadow_end_init(struct br_sg_shadow_end *end,
			  const struct br_sg_policy *shadow,
			  const struct br_sg_shadow_dev *dev)
{
	struct br_sg_shadow_counts *counts = dev->counts;
	struct br_sg_ruleset *ruleset = dev->real ? dev->real->ruleset : NULL;
	u64 number = shadow->config->generation;

	if (counts && counts->number != number)
		counts = NULL;
	if (counts && counts->ruleset == ruleset)
		end->counts = br_sg_shadow_counts_get(counts);
	else
		end->counts = counts_new(ruleset, number, counts);
	if (!end->counts)
		return -ENOMEM;
	end->port = br_sg_policy_port(shadow, dev->dev);
	end->remotes = shadow->remotes;
	end->bridge = dev->bridge;
	strscpy(end->dev, dev->dev, sizeof(end->dev));
	end->drops = dev->drops;
	end->blocked = dev->blocked && end->port && dev->real &&
		       end->port->conf->zone == dev->real->conf->zone;
	return 0;
}

void br_sg_shadow_end_exit(struct br_sg_shadow_end *end)
{
	br_sg_shadow_counts_put(end->counts);
}
