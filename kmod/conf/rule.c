// SPDX-License-Identifier: GPL-2.0
/* The rules of a group: an array sorted by id, with a hash of what each says. */
#include <linux/jhash.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/br_sg.h>

#include "conf/rule.h"

struct br_sg_rules *br_sg_rules_new(void)
{
	struct br_sg_rules *rules = kzalloc(sizeof(*rules), GFP_KERNEL_ACCOUNT);

	if (rules)
		refcount_set(&rules->ref, 1);
	return rules;
}

struct br_sg_rules *br_sg_rules_get(struct br_sg_rules *rules)
{
	refcount_inc(&rules->ref);
	return rules;
}

void br_sg_rules_put(struct br_sg_rules *rules)
{
	u32 i;

	if (!rules || !refcount_dec_and_test(&rules->ref))
		return;
	for (i = 0; i < rules->n; i++)
		br_sg_name_put(rules->v[i].name);
	kvfree(rules->hashes);
	kvfree(rules->v);
	kfree(rules);
}

/* room for @n_alloc rules, or as many as there may be */
static int rules_reserve(struct br_sg_rules *rules, u32 n_alloc)
{
	struct br_sg_rule *v;
	u32 *hashes;

	if (n_alloc > BR_SG_MAX_RULES)
		n_alloc = BR_SG_MAX_RULES;
	v = kvmalloc_array(n_alloc, sizeof(*v), GFP_KERNEL_ACCOUNT);
	hashes = kvmalloc_array(n_alloc, sizeof(*hashes), GFP_KERNEL_ACCOUNT);
	if (!v || !hashes) {
		kvfree(hashes);
		kvfree(v);
		return -ENOMEM;
	}
	if (rules->n) {
		memcpy(v, rules->v, rules->n * sizeof(*v));
		memcpy(hashes, rules->hashes, rules->n * sizeof(*hashes));
	}
	kvfree(rules->v);
	kvfree(rules->hashes);
	rules->v = v;
	rules->hashes = hashes;
	rules->n_alloc = n_alloc;
	return 0;
}

struct br_sg_rules *br_sg_rules_clone(const struct br_sg_rules *rules)
{
	struct br_sg_rules *clone = br_sg_rules_new();
	u32 i;

	if (!clone || !rules->n)
		return clone;
	/* with room: what is changed is often added to */
	if (rules_reserve(clone, rules->n + rules->n / 4 + 1)) {
		kfree(clone);
		return NULL;
	}
	memcpy(clone->v, rules->v, rules->n * sizeof(*rules->v));
	memcpy(clone->hashes, rules->hashes,
	       rules->n * sizeof(*rules->hashes));
	clone->n = rules->n;
	for (i = 0; i < clone->n; i++)
		if (clone->v[i].name)
			br_sg_name_get(clone->v[i].name);
	return clone;
}

bool br_sg_rules_find(const struct br_sg_rules *rules, u32 id, u32 *index)
{
	u32 low = 0, high = rules->n;

	/* what is added usually goes to the end */
	if (high && rules->v[high - 1].id < id)
		low = high;
	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (rules->v[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	*index = low;
	return low < rules->n && rules->v[low].id == id;
}

static u32 rule_hash(const struct br_sg_rule *rule)
{
	u32 hash;

	hash = jhash_3words(rule->direction << 24 | rule->family << 16 |
			    rule->proto << 8 | rule->flags,
			    rule->type << 24 | rule->code << 16 |
			    rule->remote << 8,
			    (u32)rule->port_min << 16 | rule->port_max, 0);
	if (rule->remote == BR_SG_RULE_PREFIX)
		hash = jhash(&rule->prefix.addr, sizeof(rule->prefix.addr),
			     hash ^ rule->prefix.len);
	if (rule->name)
		hash = jhash(rule->name->s, rule->name->len, hash);
	return hash;
}

bool br_sg_rule_equal(const struct br_sg_rule *a, const struct br_sg_rule *b)
{
	if (a->direction != b->direction || a->family != b->family ||
	    a->proto != b->proto || a->flags != b->flags ||
	    a->type != b->type || a->code != b->code ||
	    a->port_min != b->port_min || a->port_max != b->port_max ||
	    a->remote != b->remote)
		return false;
	if (a->remote == BR_SG_RULE_PREFIX &&
	    br_sg_prefix_cmp(&a->prefix, &b->prefix))
		return false;
	return br_sg_name_same(a->name, b->name);
}

bool br_sg_rules_equal(const struct br_sg_rules *a, const struct br_sg_rules *b)
{
	u32 i;

	if (a == b)
		return true;
	if (a->n != b->n || memcmp(a->hashes, b->hashes,
				   a->n * sizeof(*a->hashes)))
		return false;
	for (i = 0; i < a->n; i++)
		if (a->v[i].id != b->v[i].id ||
		    !br_sg_rule_equal(&a->v[i], &b->v[i]))
			return false;
	return true;
}

const struct br_sg_rule *br_sg_rules_find_equal(const struct br_sg_rules *rules,
						const struct br_sg_rule *rule)
{
	u32 hash = rule_hash(rule);
	u32 i;

	for (i = 0; i < rules->n; i++)
		if (rules->hashes[i] == hash &&
		    br_sg_rule_equal(&rules->v[i], rule))
			return &rules->v[i];
	return NULL;
}

int br_sg_rules_insert(struct br_sg_rules *rules, u32 index,
		       const struct br_sg_rule *rule)
{
	u32 tail = rules->n - index;
	int err;

	if (rules->n == rules->n_alloc) {
		err = rules_reserve(rules, max_t(u32, 4, 2 * rules->n_alloc));
		if (err)
			return err;
	}
	memmove(&rules->v[index + 1], &rules->v[index],
		tail * sizeof(*rules->v));
	memmove(&rules->hashes[index + 1], &rules->hashes[index],
		tail * sizeof(*rules->hashes));
	rules->v[index] = *rule;
	rules->hashes[index] = rule_hash(rule);
	rules->n++;
	return 0;
}

void br_sg_rules_replace(struct br_sg_rules *rules, u32 index,
			 const struct br_sg_rule *rule)
{
	br_sg_name_put(rules->v[index].name);
	rules->v[index] = *rule;
	rules->hashes[index] = rule_hash(rule);
}

void br_sg_rules_remove(struct br_sg_rules *rules, u32 index)
{
	u32 tail = rules->n - index - 1;

	br_sg_name_put(rules->v[index].name);
	memmove(&rules->v[index], &rules->v[index + 1],
		tail * sizeof(*rules->v));
	memmove(&rules->hashes[index], &rules->hashes[index + 1],
		tail * sizeof(*rules->hashes));
	rules->n--;
}
