// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: Sets and groups of a policy
 *
 * An owner (a set or group) knows who refers to it, and a compile follows these
 * references from what has changed to what depends on it:
 *
 *	set or group --users--> groups whose rules name it
 *	group --ports--> ports that have it
 *
 * Say the rules of group "web" name group "db", ports tap1 and tap2 have "web", and
 * tap9 of 10,000 others has "db". An address more on tap9 makes a new object of
 *
 *	port tap9	its line has changed
 *	owner db	tap9 brings another address: other members
 *	ports tap1, tap2	they have web, which uses db, if db lost an address: flows
 *				with that are to be judged again
 *
 * and of the nodes of the trees above them. The tables of "web" know "db" by its tag,
 * which it keeps from compile to compile, and stay as they are. All else is shared
 * with the policy before.
 *
 * Owners that a compile has made carry its id and are changed in place until it is
 * over; others are cloned first. A clone shares the trees of the first, too.
 */
#include <linux/err.h>
#include <linux/hash.h>
#include <linux/idr.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "base/refuse.h"
#include "match/remotes.h"
#include "policy/budget.h"
#include "policy/compile.h"
#include "policy/owner.h"

static DEFINE_IDA(tag_ids);

/* names are padded with zeros */
struct owner_key {
	u8 set;
	char name[BR_SG_NAME_MAX + 1];
};

static void owner_key(struct owner_key *key, bool set, const char *name)
{
	key->set = set;
	strscpy_pad(key->name, name, sizeof(key->name));
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
	if (tag)
		refcount_inc(&tag->ref);
	return tag;
}

static void tag_put(struct br_sg_tag *tag)
{
	if (!tag || !refcount_dec_and_test(&tag->ref))
		return;
	ida_free(&tag_ids, tag->id);
	kfree(tag);
}

const struct br_sg_tree_type br_sg_users_type = {
	.key = BR_SG_NAME_MAX + 1,
};

const struct br_sg_tree_type br_sg_devs_type = {
	.key = IFNAMSIZ,
};

/* struct owner_key -> the name as a rule has it, which the rules keep */
static const struct br_sg_tree_type deps_type = {
	.key = sizeof(struct owner_key),
	.value = sizeof(void *),
};

static void owner_put(struct br_sg_owner *owner)
{
	if (!owner || !refcount_dec_and_test(&owner->ref))
		return;
	br_sg_tree_drop(&br_sg_users_type, &owner->users);
	br_sg_tree_drop(&deps_type, &owner->deps);
	br_sg_tree_drop(&br_sg_devs_type, &owner->ports);
	br_sg_tree_drop(&br_sg_brought4_type, &owner->brought4);
	br_sg_tree_drop(&br_sg_brought6_type, &owner->brought6);
	tag_put(owner->tag);
	br_sg_addrset_put(owner->members);
	br_sg_group_conf_put(owner->group_conf);
	br_sg_set_conf_put(owner->set_conf);
	kfree(owner);
}

static void owners_hold(const void *values, u32 n)
{
	struct br_sg_owner *const *v = values;

	while (n--)
		refcount_inc(&(*v++)->ref);
}

static void owners_drop(const void *values, u32 n)
{
	struct br_sg_owner *const *v = values;

	while (n--)
		owner_put(*v++);
}

const struct br_sg_tree_type br_sg_owners_type = {
	.key = sizeof(struct owner_key),
	.value = sizeof(void *),
	.hold = owners_hold,
	.drop = owners_drop,
};

const struct br_sg_owner *br_sg_owner_find(const struct br_sg_policy *policy,
					   bool set, const char *name)
{
	struct br_sg_owner *const *owner;
	struct owner_key key;

	owner_key(&key, set, name);
	owner = br_sg_tree_find(&br_sg_owners_type, &policy->owners, &key);
	return owner ? *owner : NULL;
}

struct br_sg_addrset *
br_sg_policy_group_members(const struct br_sg_policy *policy,
			   const char *group)
{
	const struct br_sg_owner *owner;

	owner = br_sg_owner_find(policy, false, group);
	return owner ? owner->members : NULL;
}

u32 br_sg_owner_tag(const struct br_sg_policy *policy, bool set,
		    const char *name)
{
	const struct br_sg_owner *owner = br_sg_owner_find(policy, set, name);

	return owner && owner->tag ? owner->tag->id : BR_SG_NO_TAG;
}

/* the compile has one reference to what it makes, the tree another */
static void touch(struct br_sg_compile *c, struct br_sg_owner *owner)
{
	refcount_set(&owner->ref, 2);
	owner->made = c->id;
	*c->touched_end = owner;
	c->touched_end = &owner->touched;
}

/* what was found may be another now; @owner NULL: it is gone */
static void found_replace(struct br_sg_compile *c,
			  const struct br_sg_owner *was,
			  struct br_sg_owner *owner)
{
	int i;

	for (i = 0; i < BR_SG_FOUND; i++) {
		if (c->groups[i].owner != was)
			continue;
		c->groups[i].owner = owner;
		if (!owner)
			c->groups[i].name = NULL;
	}
}

static struct br_sg_found *found_at(struct br_sg_compile *c,
				    const struct br_sg_name *name)
{
	return &c->groups[hash_ptr((void *)name, BR_SG_FOUND_BITS)];
}

struct br_sg_owner *br_sg_owner_group(struct br_sg_compile *c,
				      const struct br_sg_name *name)
{
	struct br_sg_found *found = found_at(c, name);

	if (found->name != name) {
		found->owner = (struct br_sg_owner *)
			br_sg_owner_find(c->new, false, name->s);
		found->name = found->owner ? name : NULL;
	}
	return found->owner;
}

struct br_sg_owner *br_sg_owner_group_edit(struct br_sg_compile *c,
					   const struct br_sg_name *name)
{
	struct br_sg_found *found = found_at(c, name);
	struct br_sg_owner *owner;

	if (found->name == name && found->owner->made == c->id)
		return found->owner;
	owner = br_sg_owner_edit(c, false, name->s);
	if (!IS_ERR(owner)) {
		found->name = name;
		found->owner = owner;
	}
	return owner;
}

struct br_sg_owner *br_sg_owner_edit(struct br_sg_compile *c, bool set,
				     const char *name)
{
	struct br_sg_owner **place, *owner, *was;
	struct owner_key key;

	owner_key(&key, set, name);
	place = br_sg_tree_edit(&br_sg_owners_type, &c->new->owners, &key);
	if (IS_ERR(place))
		return ERR_CAST(place);
	was = *place;
	if (was->made == c->id)
		return was;
	owner = kzalloc(sizeof(*owner), GFP_KERNEL_ACCOUNT);
	if (!owner)
		return ERR_PTR(-ENOMEM);
	owner->set = set;
	if (set)
		owner->set_conf = br_sg_set_conf_get(was->set_conf);
	else
		owner->group_conf = br_sg_group_conf_get(was->group_conf);
	owner->members = br_sg_addrset_get(was->members);
	owner->tag = tag_get(was->tag);
	br_sg_tree_share(&owner->users, &was->users);
	br_sg_tree_share(&owner->deps, &was->deps);
	br_sg_tree_share(&owner->ports, &was->ports);
	br_sg_tree_share(&owner->brought4, &was->brought4);
	br_sg_tree_share(&owner->brought6, &was->brought6);
	owner->dep_bytes = was->dep_bytes;
	owner->was = was;
	touch(c, owner);
	*place = owner;
	found_replace(c, was, owner);
	/* the policy before has it still */
	owner_put(was);
	return owner;
}

static struct br_sg_owner *owner_new(struct br_sg_compile *c, bool set,
				     const char *name)
{
	struct br_sg_owner *owner;
	struct owner_key key;
	int err;

	owner = kzalloc(sizeof(*owner), GFP_KERNEL_ACCOUNT);
	if (!owner)
		return ERR_PTR(-ENOMEM);
	owner->set = set;
	owner_key(&key, set, name);
	err = br_sg_tree_insert(&br_sg_owners_type, &c->new->owners, &key,
				&owner);
	if (err) {
		kfree(owner);
		return ERR_PTR(err);
	}
	touch(c, owner);
	return owner;
}

static int set_line(void *was, void *is, void *arg)
{
	struct br_sg_set_conf *before = was, *after = is;
	struct br_sg_compile *c = arg;
	struct br_sg_owner *owner;

	owner = before ? br_sg_owner_edit(c, true, before->name->s) :
			 owner_new(c, true, after->name->s);
	if (IS_ERR(owner))
		return PTR_ERR(owner);
	owner->gone = !after;
	if (owner->gone)
		return 0;
	br_sg_set_conf_put(owner->set_conf);
	owner->set_conf = br_sg_set_conf_get(after);
	return 0;
}

static int group_line(void *was, void *is, void *arg)
{
	struct br_sg_group_conf *before = was, *after = is;
	struct br_sg_compile *c = arg;
	struct br_sg_owner *owner;

	owner = before ? br_sg_owner_edit(c, false, before->name->s) :
			 owner_new(c, false, after->name->s);
	if (IS_ERR(owner))
		return PTR_ERR(owner);
	owner->gone = !after;
	owner->rules_moved = true;
	if (owner->gone)
		return 0;
	/* one object for the same rules, so that who has it can tell by it */
	if (before && after->txn == c->config->txn &&
	    before->rules != after->rules &&
	    br_sg_rules_equal(before->rules, after->rules)) {
		br_sg_rules_put(after->rules);
		after->rules = br_sg_rules_get(before->rules);
	}
	owner->rules_moved = !before || before->rules != after->rules ||
			     before->stateless != after->stateless;
	br_sg_group_conf_put(owner->group_conf);
	owner->group_conf = br_sg_group_conf_get(after);
	return 0;
}

/* whom the rules of @group name, each once */
static int deps_of(const struct br_sg_compile *c,
		   const struct br_sg_owner *group, struct br_sg_tree *deps,
		   size_t *bytes)
{
	const struct br_sg_rules *rules = group->group_conf->rules;
	struct br_sg_name *const *known;
	const struct br_sg_owner *owner;
	const struct br_sg_rule *rule;
	struct owner_key key;
	u32 i;
	int err;

	for (i = 0; i < rules->n; i++) {
		rule = &rules->v[i];
		if (rule->remote != BR_SG_RULE_SET &&
		    rule->remote != BR_SG_RULE_GROUP)
			continue;
		owner_key(&key, rule->remote == BR_SG_RULE_SET, rule->name->s);
		known = br_sg_tree_find(&deps_type, deps, &key);
		if (known && *known == rule->name)
			continue;
		/* one name mostly, but each rule's own if it came before the owner */
		owner = br_sg_owner_find(c->new, key.set, rule->name->s);
		if (owner && (owner->set ? owner->set_conf->name :
			      owner->group_conf->name) != rule->name)
			*bytes += br_sg_name_bytes(rule->name);
		err = known ? 0 : br_sg_tree_insert(&deps_type, deps, &key,
						    &rule->name);
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

/* of a br_sg_tree_diff() of what a group named and names */
struct deps_diff {
	struct br_sg_compile *c;
	const char *group;
};

static int dep_moved(const void *key, const void *was, const void *is,
		     void *arg)
{
	const struct deps_diff *diff = arg;
	const struct owner_key *k = key;
	struct br_sg_owner *owner;
	char user[BR_SG_NAME_MAX + 1];

	if (was && is)
		return 0;
	owner = br_sg_owner_edit(diff->c, k->set, k->name);
	if (IS_ERR(owner))
		return PTR_ERR(owner);
	strscpy_pad(user, diff->group, sizeof(user));
	return is ? br_sg_tree_insert(&br_sg_users_type, &owner->users, user,
				      NULL) :
		    br_sg_tree_remove(&br_sg_users_type, &owner->users, user);
}

static int group_deps(struct br_sg_compile *c, struct br_sg_owner *group)
{
	struct deps_diff diff = { .c = c, .group = group->group_conf->name->s };
	struct br_sg_tree deps = {};
	size_t bytes = 0;
	int err;

	err = group->gone ? 0 : deps_of(c, group, &deps, &bytes);
	if (!err)
		err = br_sg_tree_diff(&deps_type, &group->deps, &deps,
				      dep_moved, &diff);
	if (err) {
		br_sg_tree_drop(&deps_type, &deps);
		return err;
	}
	br_sg_tree_drop(&deps_type, &group->deps);
	group->deps = deps;
	group->dep_bytes = bytes;
	return 0;
}

int br_sg_owners_compile(struct br_sg_compile *c)
{
	const struct br_sg_config *before = c->old ? c->old->config : NULL;
	struct br_sg_owner *owner;
	int err;

	err = br_sg_config_diff(before, c->config, BR_SG_KIND_SET, set_line, c);
	if (!err)
		err = br_sg_config_diff(before, c->config, BR_SG_KIND_GROUP,
					group_line, c);
	/* what is touched by this comes behind the others, with rules that stay */
	for (owner = c->touched; !err && owner; owner = owner->touched)
		if (owner->rules_moved)
			err = group_deps(c, owner);
	return err;
}

static int owner_remove(struct br_sg_compile *c, struct br_sg_owner *owner)
{
	struct owner_key key;

	/* validated: nobody refers to it */
	if (WARN_ON_ONCE(owner->users.count || owner->ports.count))
		return -EINVAL;
	owner_key(&key, owner->set, owner->set ? owner->set_conf->name->s :
					      owner->group_conf->name->s);
	found_replace(c, owner, NULL);
	return br_sg_tree_remove(&br_sg_owners_type, &c->new->owners, &key);
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

/* one object for the same members, so that who has it can tell by it */
static int owner_members(struct br_sg_compile *c, struct br_sg_owner *owner)
{
	const struct br_sg_owner *was = owner->was;
	struct br_sg_addrset *set;

	set = owner->set ? br_sg_addrset_get(owner->set_conf->addrs) :
			   br_sg_members_of(owner);
	if (IS_ERR(set))
		return PTR_ERR(set);
	if (was)
		set = addrset_share(set, was->members);
	if (!owner->set && (!was || set != was->members))
		set = addrset_share(set, owner->group_conf->members);
	br_sg_addrset_put(owner->members);
	owner->members = set;
	if (br_sg_addrset_count(set) <= BR_SG_MAX_ADDRS)
		return 0;
	snprintf(c->refusal->text, sizeof(c->refusal->text),
		 "group \"%s\": %u members with those of local ports, at most %u are allowed",
		 owner->group_conf->name->s, br_sg_addrset_count(set),
		 BR_SG_MAX_ADDRS);
	return -E2BIG;
}

/* it keeps its tag as long as a rule names it */
static int owner_tag(struct br_sg_owner *owner)
{
	if (!owner->users.count) {
		tag_put(owner->tag);
		owner->tag = NULL;
	} else if (!owner->tag) {
		owner->tag = tag_new();
		if (!owner->tag)
			return -ENOMEM;
	}
	return 0;
}

/* @fn of the ports that have @group */
static int group_ports(struct br_sg_compile *c, const struct br_sg_owner *group,
		       int (*fn)(struct br_sg_compile *c, const char *dev))
{
	static const char least[IFNAMSIZ];
	struct br_sg_tree_iter it;
	int err = 0;
	bool there;

	br_sg_tree_iter_init(&it, &br_sg_devs_type, &group->ports);
	for (there = br_sg_tree_seek_ge(&it, least); there && !err;
	     there = br_sg_tree_next(&it)) {
		err = fn(c, br_sg_tree_iter_key(&it));
		cond_resched();
	}
	return err;
}

static int member_lost(const struct br_sg_prefix *prefix, bool came, void *arg)
{
	return !came;
}

/*
 * The ports of the groups whose rules name @owner judge their flows again if some may
 * not pass any more. Rules only allow, so that nothing changes for what passes when
 * there are members more; and what was revoked is judged with each packet.
 */
static int users_age(struct br_sg_compile *c, const struct br_sg_owner *owner)
{
	static const char least[BR_SG_NAME_MAX + 1];
	const struct br_sg_owner *user;
	struct br_sg_tree_iter it;
	int err = 0;
	bool there;

	if (!owner->users.count ||
	    !br_sg_addrset_diff(owner->was->members, owner->members,
				member_lost, NULL))
		return 0;
	br_sg_tree_iter_init(&it, &br_sg_users_type, &owner->users);
	for (there = br_sg_tree_seek_ge(&it, least); there && !err;
	     there = br_sg_tree_next(&it)) {
		user = br_sg_owner_find(c->new, false,
					br_sg_tree_iter_key(&it));
		if (WARN_ON_ONCE(!user))
			return -EINVAL;
		err = group_ports(c, user, br_sg_port_age);
	}
	return err;
}

static int owner_settle(struct br_sg_compile *c, struct br_sg_owner *owner)
{
	const struct br_sg_owner *was = owner->was;
	int err;

	if (owner->gone) {
		err = owner_remove(c, owner);
		return err ? err : br_sg_budget_move(c, was->bytes, 0);
	}
	err = owner_members(c, owner);
	if (!err)
		err = owner_tag(owner);
	if (!err && owner->rules_moved)
		err = group_ports(c, owner, br_sg_compile_dirty);
	if (!err && was && was->members != owner->members)
		err = users_age(c, owner);
	if (err)
		return err;
	owner->bytes = br_sg_owner_bytes(owner);
	return br_sg_budget_move(c, was ? was->bytes : 0, owner->bytes);
}

static void change_add(struct br_sg_remotes_change *change, u32 *n, u32 id,
		       const struct br_sg_addrset *before,
		       const struct br_sg_addrset *after)
{
	if (before == after)
		return;
	change[*n].id = id;
	change[*n].before = before;
	change[*n].after = after;
	(*n)++;
}

static void owner_changes(const struct br_sg_owner *owner,
			  struct br_sg_remotes_change *change, u32 *n)
{
	const struct br_sg_tag *is = owner->gone ? NULL : owner->tag;
	const struct br_sg_tag *was = owner->was ? owner->was->tag : NULL;

	if (is == was) {
		if (is)
			change_add(change, n, is->id, owner->was->members,
				   owner->members);
		return;
	}
	if (was)
		change_add(change, n, was->id, owner->was->members, NULL);
	if (is)
		change_add(change, n, is->id, NULL, owner->members);
}

static int remotes_compile(struct br_sg_compile *c)
{
	struct br_sg_remotes_change *change;
	struct br_sg_remotes *base, *remotes;
	const struct br_sg_owner *owner;
	u32 n = 0;
	int err;

	for (owner = c->touched; owner; owner = owner->touched)
		n += 2;
	change = kvcalloc(n + 1, sizeof(*change), GFP_KERNEL_ACCOUNT);
	if (!change)
		return -ENOMEM;
	n = 0;
	for (owner = c->touched; owner; owner = owner->touched)
		owner_changes(owner, change, &n);
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

int br_sg_owners_settle(struct br_sg_compile *c)
{
	struct br_sg_owner *owner;
	int err = 0;

	for (owner = c->touched; !err && owner; owner = owner->touched) {
		err = owner_settle(c, owner);
		cond_resched();
	}
	return err ? err : remotes_compile(c);
}

void br_sg_owners_forget(struct br_sg_compile *c)
{
	struct br_sg_owner *owner, *next;

	for (owner = c->touched; owner; owner = next) {
		next = owner->touched;
		owner->touched = NULL;
		owner->was = NULL;
		owner_put(owner);
		cond_resched();
	}
	c->touched = NULL;
}
