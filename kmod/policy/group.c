// SPDX-License-Identifier: GPL-2.0
/*
 * Groups of a policy: their effective members (by hand and by local ports),
 * which of them and of the sets are remotes of rules, and the versions of
 * "address -> sets and groups" that follow from both.
 *
 * A set or group that some rule names has a tag, by which tables and packets
 * know it. It keeps the tag from commit to commit, so that a change of its
 * members changes no table.
 */
#include <linux/idr.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "base/refuse.h"
#include "match/remotes.h"
#include "policy/budget.h"
#include "policy/compile.h"
#include "policy/members.h"
#include "policy/policy.h"
#include "policy/snapshot.h"

static DEFINE_IDA(tag_ids);

/* index of a group in a config, -1 for none */
int br_sg_group_index(const struct br_sg_config *config, const char *name)
{
	int low = 0, high = config->groups.n, mid, cmp;
	const struct br_sg_group_conf *conf;

	while (low < high) {
		mid = low + (high - low) / 2;
		conf = config->groups.v[mid];
		cmp = strcmp(name, conf->name->s);
		if (!cmp)
			return mid;
		if (cmp < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return -1;
}

static struct br_sg_group *policy_group(const struct br_sg_policy *policy,
					const char *name)
{
	int i = policy ? br_sg_group_index(policy->config, name) : -1;

	return i < 0 ? NULL : policy->groups[i];
}

struct br_sg_addrset *
br_sg_policy_group_members(const struct br_sg_policy *policy,
			   const char *group)
{
	struct br_sg_group *found = policy_group(policy, group);

	return found ? found->members : NULL;
}

void br_sg_group_put(struct br_sg_group *group)
{
	if (!group || !refcount_dec_and_test(&group->ref))
		return;
	kvfree(group->deps);
	br_sg_addrset_put(group->members);
	br_sg_group_conf_put(group->conf);
	kfree(group);
}

static struct br_sg_tag *tag_new(void)
{
	struct br_sg_tag *tag = kmalloc(sizeof(*tag), GFP_KERNEL_ACCOUNT);
	int id;

	if (!tag)
		return NULL;
	id = ida_alloc(&tag_ids, GFP_KERNEL_ACCOUNT);
	if (id < 0) {
		kfree(tag);
		return NULL;
	}
	refcount_set(&tag->ref, 1);
	tag->id = id;
	return tag;
}

static struct br_sg_tag *tag_get(struct br_sg_tag *tag)
{
	refcount_inc(&tag->ref);
	return tag;
}

void br_sg_tag_put(struct br_sg_tag *tag)
{
	if (!tag || !refcount_dec_and_test(&tag->ref))
		return;
	ida_free(&tag_ids, tag->id);
	kfree(tag);
}

/* the sets and groups that rules name, each once */
static int group_deps(struct br_sg_group *group)
{
	const struct br_sg_group_conf *conf = group->conf;
	u32 i, k;

	for (i = 0; i < conf->n_rules; i++) {
		const struct br_sg_rule *rule = &conf->rules[i];
		bool set = rule->remote == BR_SG_RULE_SET;

		if (!set && rule->remote != BR_SG_RULE_GROUP)
			continue;
		for (k = 0; k < group->n_deps; k++)
			if (group->deps[k].set == set &&
			    !strcmp(group->deps[k].name, rule->name->s))
				break;
		/* one object mostly, but each rule's own if it came before */
		if (k == group->n_deps || group->deps[k].name != rule->name->s)
			group->dep_name_bytes += br_sg_name_bytes(rule->name);
		if (k < group->n_deps)
			continue;
		if (is_power_of_2(k + 1) || !k) {
			struct br_sg_dep *deps;

			deps = kvcalloc(2 * (k + 1), sizeof(*deps),
					GFP_KERNEL_ACCOUNT);
			if (!deps)
				return -ENOMEM;
			if (k)
				memcpy(deps, group->deps, k * sizeof(*deps));
			kvfree(group->deps);
			group->deps = deps;
		}
		group->deps[k].name = rule->name->s;
		group->deps[k].set = set;
		group->n_deps++;
	}
	return 0;
}

/* @is, or @other if it has the same members; moves the reference */
static struct br_sg_addrset *addrset_share(struct br_sg_addrset *is,
					   struct br_sg_addrset *other)
{
	if (is == other || !br_sg_addrset_equal(is, other))
		return is;
	br_sg_addrset_put(is);
	return br_sg_addrset_get(other);
}

static int compile_group(struct br_sg_compile *c,
			 const struct br_sg_members *members, u32 i)
{
	struct br_sg_group_conf *conf = c->config->groups.v[i];
	struct br_sg_group *old = policy_group(c->old, conf->name->s);
	struct br_sg_addrset *set;
	struct br_sg_group *group;
	int err;

	if (old && old->conf == conf && !br_sg_members_changed(members, i)) {
		refcount_inc(&old->ref);
		c->new->groups[i] = old;
		return br_sg_budget_group(c, old);
	}
	group = kzalloc(sizeof(*group), GFP_KERNEL_ACCOUNT);
	if (!group)
		return -ENOMEM;
	refcount_set(&group->ref, 1);
	group->conf = br_sg_group_conf_get(conf);
	c->new->groups[i] = group;
	set = br_sg_members_of(members, conf, i, old ? old->members : NULL);
	if (IS_ERR(set))
		return PTR_ERR(set);
	/* one object for the same members, so that who has it can tell */
	if (old)
		set = addrset_share(set, old->members);
	if (!old || set != old->members)
		set = addrset_share(set, conf->members);
	group->members = set;
	if (br_sg_addrset_count(group->members) > BR_SG_MAX_ADDRS) {
		snprintf(c->refusal->text, sizeof(c->refusal->text),
			 "group \"%s\": %u members with those of local ports, at most %u are allowed",
			 conf->name->s, br_sg_addrset_count(group->members),
			 BR_SG_MAX_ADDRS);
		return -E2BIG;
	}
	err = group_deps(group);
	return err ? err : br_sg_budget_group(c, group);
}

int br_sg_compile_groups(struct br_sg_compile *c)
{
	struct br_sg_members members = {};
	u32 i;
	int err;

	err = br_sg_members_gather(c, &members);
	for (i = 0; !err && i < c->config->groups.n; i++)
		err = compile_group(c, &members, i);
	br_sg_members_free(&members);
	return err;
}

static int set_index(const struct br_sg_config *config, const char *name)
{
	u32 i;

	return br_sg_config_find(config, BR_SG_KIND_SET, name, &i) ? (int)i : -1;
}

static struct br_sg_tag **policy_tag(const struct br_sg_policy *policy, bool set,
				     const char *name)
{
	int i = set ? set_index(policy->config, name) :
		      br_sg_group_index(policy->config, name);

	if (i < 0)
		return NULL;
	return set ? &policy->set_tags[i] : &policy->group_tags[i];
}

/* gives what the rules of @group name a tag: the one it had, or a new one */
static int group_tags(struct br_sg_compile *c, const struct br_sg_group *group)
{
	struct br_sg_tag **tag, **old;
	u32 i;

	for (i = 0; i < group->n_deps; i++) {
		const struct br_sg_dep *dep = &group->deps[i];

		tag = policy_tag(c->new, dep->set, dep->name);
		/* validated: it is there */
		if (WARN_ON_ONCE(!tag))
			return -EINVAL;
		if (*tag)
			continue;
		old = c->old ? policy_tag(c->old, dep->set, dep->name) : NULL;
		*tag = old && *old ? tag_get(*old) : tag_new();
		if (!*tag)
			return -ENOMEM;
	}
	return 0;
}

static void change_add(struct br_sg_remotes_change *change, u32 *n,
		       const struct br_sg_tag *tag,
		       const struct br_sg_addrset *before,
		       const struct br_sg_addrset *after)
{
	if (before == after)
		return;
	change[*n].id = tag->id;
	change[*n].before = before;
	change[*n].after = after;
	(*n)++;
}

/* what has the tag in @policy, or NULL */
static const struct br_sg_addrset *
tagged_set(const struct br_sg_policy *policy, const char *name,
	   const struct br_sg_tag *tag)
{
	int i = policy ? set_index(policy->config, name) : -1;
	const struct br_sg_set_conf *conf;

	if (i < 0 || policy->set_tags[i] != tag)
		return NULL;
	conf = policy->config->sets.v[i];
	return conf->addrs;
}

static const struct br_sg_addrset *
tagged_group(const struct br_sg_policy *policy, const char *name,
	     const struct br_sg_tag *tag)
{
	int i = policy ? br_sg_group_index(policy->config, name) : -1;

	if (i < 0 || policy->group_tags[i] != tag)
		return NULL;
	return policy->groups[i]->members;
}

/*
 * What is in @policy with a tag and other than in @other: @after says which of
 * the two is the later. What both have is listed once, by the later.
 */
static void changes_list(const struct br_sg_policy *policy,
			 const struct br_sg_policy *other, bool after,
			 struct br_sg_remotes_change *change, u32 *n)
{
	const struct br_sg_addrset *there;
	u32 i;

	for (i = 0; i < policy->config->sets.n; i++) {
		struct br_sg_set_conf *conf = policy->config->sets.v[i];
		struct br_sg_tag *tag = policy->set_tags[i];

		if (!tag)
			continue;
		there = tagged_set(other, conf->name->s, tag);
		if (after)
			change_add(change, n, tag, there, conf->addrs);
		else if (!there)
			change_add(change, n, tag, conf->addrs, NULL);
	}
	for (i = 0; i < policy->config->groups.n; i++) {
		struct br_sg_group *group = policy->groups[i];
		struct br_sg_tag *tag = policy->group_tags[i];

		if (!tag)
			continue;
		there = tagged_group(other, group->conf->name->s, tag);
		if (after)
			change_add(change, n, tag, there, group->members);
		else if (!there)
			change_add(change, n, tag, group->members, NULL);
	}
}

static u32 tags_room(const struct br_sg_policy *policy)
{
	return policy ? policy->config->sets.n + policy->config->groups.n : 0;
}

int br_sg_compile_remotes(struct br_sg_compile *c)
{
	struct br_sg_remotes_change *change;
	struct br_sg_remotes *base, *remotes;
	u32 i, n = 0;
	int err;

	for (i = 0; i < c->config->groups.n; i++) {
		err = group_tags(c, c->new->groups[i]);
		if (err)
			return err;
	}
	change = kvcalloc(tags_room(c->old) + tags_room(c->new) + 1,
			  sizeof(*change), GFP_KERNEL_ACCOUNT);
	if (!change)
		return -ENOMEM;
	if (c->old)
		changes_list(c->old, c->new, false, change, &n);
	changes_list(c->new, c->old, true, change, &n);
	base = c->old ? br_sg_remotes_get(c->old->remotes) :
			br_sg_remotes_new();
	err = PTR_ERR_OR_ZERO(base);
	if (err)
		goto out;
	if (!n) {
		c->new->remotes = base;
		goto out;
	}
	remotes = br_sg_remotes_change(base, change, n);
	br_sg_remotes_put(base);
	err = PTR_ERR_OR_ZERO(remotes);
	if (!err)
		c->new->remotes = remotes;
out:
	kvfree(change);
	return err;
}

u32 br_sg_policy_tag(const struct br_sg_policy *policy, bool set,
		     const char *name)
{
	struct br_sg_tag **tag = policy_tag(policy, set, name);

	return tag && *tag ? (*tag)->id : BR_SG_NO_TAG;
}

static bool rules_equal(const struct br_sg_group_conf *a,
			const struct br_sg_group_conf *b)
{
	u32 i;

	if (a == b)
		return true;
	if (a->n_rules != b->n_rules || a->stateless != b->stateless)
		return false;
	for (i = 0; i < a->n_rules; i++)
		if (a->rules[i].id != b->rules[i].id ||
		    !br_sg_rule_equal(&a->rules[i], &b->rules[i]))
			return false;
	return true;
}

static bool dep_changed(const struct br_sg_compile *c,
			const struct br_sg_dep *dep)
{
	const struct br_sg_set_conf *before, *after;
	const struct br_sg_group *was, *is;

	if (dep->set) {
		before = br_sg_config_set(c->old->config, dep->name);
		after = br_sg_config_set(c->config, dep->name);
		return !before || (before->addrs != after->addrs &&
				   !br_sg_addrset_equal(before->addrs,
							after->addrs));
	}
	was = policy_group(c->old, dep->name);
	is = policy_group(c->new, dep->name);
	return !was || was->members != is->members;
}

/* which groups make the ports that have them new ones, and which rulesets */
void br_sg_compile_changes(struct br_sg_compile *c)
{
	struct br_sg_group *group, *old;
	u32 i, k;

	for (i = 0; i < c->config->groups.n; i++) {
		group = c->new->groups[i];
		old = policy_group(c->old, group->conf->name->s);
		c->rules_changed[i] = !old ||
				      !rules_equal(old->conf, group->conf);
		c->changed[i] = c->rules_changed[i];
		for (k = 0; !c->changed[i] && k < group->n_deps; k++)
			c->changed[i] = dep_changed(c, &group->deps[k]);
		c->any_changed |= c->changed[i];
	}
}
