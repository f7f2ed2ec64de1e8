// SPDX-License-Identifier: GPL-2.0
#include <linux/jhash.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "conf/config.h"

#define BR_SG_ARRAY_MIN	16

/* numbers candidates, see br_sg_cookie() */
static atomic_t br_sg_txns;

struct br_sg_name *br_sg_name_new(const char *s)
{
	size_t len = strlen(s);
	struct br_sg_name *name;

	if (WARN_ON_ONCE(len > BR_SG_NAME_MAX))
		return NULL;
	name = kmalloc(sizeof(*name) + len + 1, GFP_KERNEL_ACCOUNT);
	if (!name)
		return NULL;
	refcount_set(&name->ref, 1);
	name->len = len;
	memcpy(name->s, s, len + 1);
	return name;
}

struct br_sg_name *br_sg_name_get(struct br_sg_name *name)
{
	refcount_inc(&name->ref);
	return name;
}

void br_sg_name_put(struct br_sg_name *name)
{
	if (name && refcount_dec_and_test(&name->ref))
		kfree(name);
}

/* default patterns */

static const char *br_sg_default_key(const void *object)
{
	const struct br_sg_default_conf *conf = object;

	return conf->pattern;
}

void br_sg_default_conf_put(struct br_sg_default_conf *conf)
{
	if (conf && refcount_dec_and_test(&conf->ref))
		kfree(conf);
}

static void br_sg_default_release(void *object)
{
	br_sg_default_conf_put(object);
}

/* sets */

static const char *br_sg_set_key(const void *object)
{
	const struct br_sg_set_conf *conf = object;

	return conf->name->s;
}

void br_sg_set_conf_put(struct br_sg_set_conf *conf)
{
	if (!conf || !refcount_dec_and_test(&conf->ref))
		return;
	br_sg_addrset_put(conf->addrs);
	br_sg_name_put(conf->name);
	kfree(conf);
}

static void br_sg_set_release(void *object)
{
	br_sg_set_conf_put(object);
}

static struct br_sg_set_conf *br_sg_set_clone(struct br_sg_set_conf *conf)
{
	struct br_sg_set_conf *clone;

	clone = kmemdup(conf, sizeof(*conf), GFP_KERNEL_ACCOUNT);
	if (!clone)
		return NULL;
	refcount_set(&clone->ref, 1);
	br_sg_name_get(clone->name);
	br_sg_addrset_get(clone->addrs);
	return clone;
}

/* groups and their rules */

static const char *br_sg_group_key(const void *object)
{
	const struct br_sg_group_conf *conf = object;

	return conf->name->s;
}

struct br_sg_group_conf *br_sg_group_conf_get(struct br_sg_group_conf *conf)
{
	refcount_inc(&conf->ref);
	return conf;
}

void br_sg_group_conf_put(struct br_sg_group_conf *conf)
{
	u32 i;

	if (!conf || !refcount_dec_and_test(&conf->ref))
		return;
	for (i = 0; i < conf->n_rules; i++)
		br_sg_name_put(conf->rules[i].name);
	kvfree(conf->hashes);
	kvfree(conf->rules);
	br_sg_addrset_put(conf->members);
	br_sg_name_put(conf->name);
	kfree(conf);
}

static void br_sg_group_release(void *object)
{
	br_sg_group_conf_put(object);
}

/* room for @n_alloc rules, a multiple of what is there */
static int br_sg_group_reserve(struct br_sg_group_conf *group, u32 n_alloc)
{
	struct br_sg_rule *rules;
	u32 *hashes;

	if (n_alloc > BR_SG_MAX_RULES)
		n_alloc = BR_SG_MAX_RULES;
	rules = kvmalloc_array(n_alloc, sizeof(*rules), GFP_KERNEL_ACCOUNT);
	hashes = kvmalloc_array(n_alloc, sizeof(*hashes), GFP_KERNEL_ACCOUNT);
	if (!rules || !hashes) {
		kvfree(hashes);
		kvfree(rules);
		return -ENOMEM;
	}
	if (group->n_rules) {
		memcpy(rules, group->rules, group->n_rules * sizeof(*rules));
		memcpy(hashes, group->hashes, group->n_rules * sizeof(*hashes));
	}
	kvfree(group->rules);
	kvfree(group->hashes);
	group->rules = rules;
	group->hashes = hashes;
	group->n_alloc = n_alloc;
	return 0;
}

static struct br_sg_group_conf *
br_sg_group_clone(const struct br_sg_group_conf *conf)
{
	struct br_sg_group_conf *clone;
	u32 i;

	clone = kmemdup(conf, sizeof(*conf), GFP_KERNEL_ACCOUNT);
	if (!clone)
		return NULL;
	refcount_set(&clone->ref, 1);
	clone->n_rules = 0;
	clone->n_alloc = 0;
	clone->rules = NULL;
	clone->hashes = NULL;
	if (conf->n_rules) {
		/* with room: a group that is changed is often added to */
		if (br_sg_group_reserve(clone, conf->n_rules +
					conf->n_rules / 4 + 1)) {
			kfree(clone);
			return NULL;
		}
		memcpy(clone->rules, conf->rules,
		       conf->n_rules * sizeof(*conf->rules));
		memcpy(clone->hashes, conf->hashes,
		       conf->n_rules * sizeof(*conf->hashes));
		clone->n_rules = conf->n_rules;
	}
	for (i = 0; i < clone->n_rules; i++)
		if (clone->rules[i].name)
			br_sg_name_get(clone->rules[i].name);
	br_sg_name_get(clone->name);
	br_sg_addrset_get(clone->members);
	return clone;
}

bool br_sg_group_rule_find(const struct br_sg_group_conf *group, u32 id,
			   u32 *index)
{
	u32 low = 0, high = group->n_rules;

	/* what is added usually goes to the end */
	if (high && group->rules[high - 1].id < id)
		low = high;
	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (group->rules[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	*index = low;
	return low < group->n_rules && group->rules[low].id == id;
}

static u32 br_sg_rule_hash(const struct br_sg_rule *rule)
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
	return a->name == b->name ||
	       (a->name && b->name && !strcmp(a->name->s, b->name->s));
}

const struct br_sg_rule *br_sg_group_rule_equal(const struct br_sg_group_conf *g,
						const struct br_sg_rule *rule)
{
	u32 hash = br_sg_rule_hash(rule);
	u32 i;

	for (i = 0; i < g->n_rules; i++)
		if (g->hashes[i] == hash &&
		    br_sg_rule_equal(&g->rules[i], rule))
			return &g->rules[i];
	return NULL;
}

int br_sg_group_rule_insert(struct br_sg_group_conf *group, u32 index,
			    const struct br_sg_rule *rule)
{
	u32 tail = group->n_rules - index;

	if (group->n_rules == group->n_alloc) {
		int err;

		err = br_sg_group_reserve(group, max_t(u32, 4,
						       2 * group->n_alloc));
		if (err)
			return err;
	}
	memmove(&group->rules[index + 1], &group->rules[index],
		tail * sizeof(*group->rules));
	memmove(&group->hashes[index + 1], &group->hashes[index],
		tail * sizeof(*group->hashes));
	group->rules[index] = *rule;
	group->hashes[index] = br_sg_rule_hash(rule);
	group->n_rules++;
	return 0;
}

void br_sg_group_rule_replace(struct br_sg_group_conf *group, u32 index,
			      const struct br_sg_rule *rule)
{
	br_sg_name_put(group->rules[index].name);
	group->rules[index] = *rule;
	group->hashes[index] = br_sg_rule_hash(rule);
}

void br_sg_group_rule_remove(struct br_sg_group_conf *group, u32 index)
{
	u32 tail = group->n_rules - index - 1;

	br_sg_name_put(group->rules[index].name);
	memmove(&group->rules[index], &group->rules[index + 1],
		tail * sizeof(*group->rules));
	memmove(&group->hashes[index], &group->hashes[index + 1],
		tail * sizeof(*group->hashes));
	group->n_rules--;
}

/* ports */

static const char *br_sg_port_key(const void *object)
{
	const struct br_sg_port_conf *conf = object;

	return conf->dev;
}

struct br_sg_port_conf *br_sg_port_conf_get(struct br_sg_port_conf *conf)
{
	refcount_inc(&conf->ref);
	return conf;
}

void br_sg_port_conf_put(struct br_sg_port_conf *conf)
{
	u32 i;

	if (!conf || !refcount_dec_and_test(&conf->ref))
		return;
	for (i = 0; i < conf->n_groups; i++)
		br_sg_name_put(conf->groups[i]);
	kfree(conf->groups);
	kfree(conf->pairs);
	kfree(conf->dhcp);
	kfree(conf->ethertypes);
	kfree(conf);
}

static void br_sg_port_release(void *object)
{
	br_sg_port_conf_put(object);
}

/* arrays of references */

static const struct {
	const char *(*key)(const void *object);
	void (*release)(void *object);
} br_sg_kinds[__BR_SG_KINDS] = {
	[BR_SG_KIND_DEFAULT] = { br_sg_default_key, br_sg_default_release },
	[BR_SG_KIND_SET] = { br_sg_set_key, br_sg_set_release },
	[BR_SG_KIND_GROUP] = { br_sg_group_key, br_sg_group_release },
	[BR_SG_KIND_PORT] = { br_sg_port_key, br_sg_port_release },
};

/* room for one more */
static int br_sg_array_reserve(struct br_sg_array *array)
{
	u32 n_alloc = max_t(u32, BR_SG_ARRAY_MIN, 2 * array->n_alloc);
	void **v;

	if (array->n < array->n_alloc)
		return 0;
	v = kvmalloc_array(n_alloc, sizeof(*v), GFP_KERNEL_ACCOUNT);
	if (!v)
		return -ENOMEM;
	if (array->n)
		memcpy(v, array->v, array->n * sizeof(*v));
	kvfree(array->v);
	array->v = v;
	array->n_alloc = n_alloc;
	return 0;
}

static void br_sg_array_insert(struct br_sg_array *array, u32 index,
			       void *object)
{
	memmove(&array->v[index + 1], &array->v[index],
		(array->n - index) * sizeof(*array->v));
	array->v[index] = object;
	array->n++;
}

static void br_sg_array_remove(struct br_sg_array *array, u32 index)
{
	array->n--;
	memmove(&array->v[index], &array->v[index + 1],
		(array->n - index) * sizeof(*array->v));
}

static int br_sg_array_copy(struct br_sg_array *to,
			    const struct br_sg_array *from)
{
	if (!from->n)
		return 0;
	to->v = kvmalloc_array(from->n, sizeof(*to->v), GFP_KERNEL_ACCOUNT);
	if (!to->v)
		return -ENOMEM;
	memcpy(to->v, from->v, from->n * sizeof(*to->v));
	to->n = from->n;
	to->n_alloc = from->n;
	return 0;
}

static bool br_sg_uuid_find(const struct br_sg_config *c, const u8 *uuid,
			    u32 *index)
{
	u32 low = 0, high = c->uuids.n;

	while (low < high) {
		u32 mid = low + (high - low) / 2;
		const struct br_sg_port_conf *conf = c->uuids.v[mid];
		int order = memcmp(conf->uuid, uuid, sizeof(conf->uuid));

		if (!order) {
			*index = mid;
			return true;
		}
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*index = low;
	return false;
}

/* the config */

struct br_sg_config *br_sg_config_new(void)
{
	struct br_sg_config *config;

	config = kzalloc(sizeof(*config), GFP_KERNEL_ACCOUNT);
	if (!config)
		return NULL;
	refcount_set(&config->ref, 1);
	do {
		config->txn = (u32)atomic_inc_return(&br_sg_txns);
	} while (!config->txn);
	return config;
}

struct br_sg_config *br_sg_config_copy(const struct br_sg_config *config)
{
	struct br_sg_config *copy;
	u32 kind, i;

	BUILD_BUG_ON(offsetof(struct br_sg_config, ports) !=
		     offsetof(struct br_sg_config, kinds[BR_SG_KIND_PORT]));

	copy = br_sg_config_new();
	if (!copy)
		return NULL;
	copy->generation = config->generation;
	copy->n_rules = config->n_rules;
	copy->n_addrs = config->n_addrs;
	if (br_sg_array_copy(&copy->uuids, &config->uuids))
		goto err_put;
	for (kind = 0; kind < __BR_SG_KINDS; kind++) {
		const struct br_sg_array *array = &copy->kinds[kind];

		if (br_sg_array_copy(&copy->kinds[kind], &config->kinds[kind]))
			goto err_put;
		/* every object begins with its reference count */
		for (i = 0; i < array->n; i++)
			refcount_inc((refcount_t *)array->v[i]);
	}
	return copy;

err_put:
	br_sg_config_put(copy);
	return NULL;
}

struct br_sg_config *br_sg_config_get(struct br_sg_config *config)
{
	refcount_inc(&config->ref);
	return config;
}

void br_sg_config_put(struct br_sg_config *config)
{
	u32 kind, i;

	BUILD_BUG_ON(offsetof(struct br_sg_default_conf, ref));
	BUILD_BUG_ON(offsetof(struct br_sg_set_conf, ref));
	BUILD_BUG_ON(offsetof(struct br_sg_group_conf, ref));
	BUILD_BUG_ON(offsetof(struct br_sg_port_conf, ref));

	if (!config || !refcount_dec_and_test(&config->ref))
		return;
	for (kind = 0; kind < __BR_SG_KINDS; kind++) {
		struct br_sg_array *array = &config->kinds[kind];

		for (i = 0; i < array->n; i++)
			br_sg_kinds[kind].release(array->v[i]);
		kvfree(array->v);
	}
	kvfree(config->uuids.v);
	kfree(config);
}

bool br_sg_config_find(const struct br_sg_config *c, enum br_sg_kind kind,
		       const char *key, u32 *index)
{
	const struct br_sg_array *array = &c->kinds[kind];
	u32 low = 0, high = array->n;

	while (low < high) {
		u32 mid = low + (high - low) / 2;
		int order = strcmp(br_sg_kinds[kind].key(array->v[mid]), key);

		if (!order) {
			*index = mid;
			return true;
		}
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*index = low;
	return false;
}

void br_sg_config_walk_begin(struct br_sg_config_walk *w,
			     const struct br_sg_config *before,
			     const struct br_sg_config *after,
			     enum br_sg_kind kind)
{
	memset(w, 0, sizeof(*w));
	w->arrays[0] = before ? &before->kinds[kind] : NULL;
	w->arrays[1] = &after->kinds[kind];
	w->kind = kind;
}

bool br_sg_config_walk(struct br_sg_config_walk *w)
{
	const struct br_sg_array *before = w->arrays[0], *after = w->arrays[1];
	int order;

	w->before = before && w->at[0] < before->n ? before->v[w->at[0]] : NULL;
	w->after = w->at[1] < after->n ? after->v[w->at[1]] : NULL;
	if (!w->before && !w->after)
		return false;
	w->index_before = w->at[0];
	w->index = w->at[1];
	/* most are the same in both, and need no look at their names */
	if (w->before == w->after)
		order = 0;
	else if (!w->before || !w->after)
		order = w->before ? -1 : 1;
	else
		order = strcmp(br_sg_kinds[w->kind].key(w->before),
			       br_sg_kinds[w->kind].key(w->after));
	if (order > 0)
		w->before = NULL;
	if (order < 0)
		w->after = NULL;
	w->at[0] += !!w->before;
	w->at[1] += !!w->after;
	return true;
}

/* what the totals say of an object is added (or taken away) here */
static void br_sg_config_count(struct br_sg_config *c, enum br_sg_kind kind,
			       const void *object, bool add)
{
	u32 n_addrs = 0, n_rules = 0;

	if (kind == BR_SG_KIND_SET) {
		const struct br_sg_set_conf *set = object;

		n_addrs = br_sg_addrset_count(set->addrs);
	} else if (kind == BR_SG_KIND_GROUP) {
		const struct br_sg_group_conf *group = object;

		n_addrs = br_sg_addrset_count(group->members);
		n_rules = group->n_rules;
	}
	c->n_addrs += add ? n_addrs : -n_addrs;
	c->n_rules += add ? n_rules : -n_rules;
}

static void br_sg_config_uuid_remove(struct br_sg_config *c,
				     const struct br_sg_port_conf *conf)
{
	u32 index;

	if (conf->has_uuid && br_sg_uuid_find(c, conf->uuid, &index))
		br_sg_array_remove(&c->uuids, index);
}

/* there is room, and no other port has it */
static void br_sg_config_uuid_insert(struct br_sg_config *c,
				     struct br_sg_port_conf *conf)
{
	u32 index;

	if (conf->has_uuid &&
	    !WARN_ON_ONCE(br_sg_uuid_find(c, conf->uuid, &index)))
		br_sg_array_insert(&c->uuids, index, conf);
}

int br_sg_config_insert(struct br_sg_config *c, enum br_sg_kind kind, u32 index,
			void *object)
{
	int err;

	err = br_sg_array_reserve(&c->kinds[kind]);
	if (err)
		return err;
	if (kind == BR_SG_KIND_PORT) {
		err = br_sg_array_reserve(&c->uuids);
		if (err)
			return err;
		br_sg_config_uuid_insert(c, object);
	}
	br_sg_array_insert(&c->kinds[kind], index, object);
	br_sg_config_count(c, kind, object, true);
	return 0;
}

int br_sg_config_replace(struct br_sg_config *c, enum br_sg_kind kind,
			 u32 index, void *object)
{
	struct br_sg_array *array = &c->kinds[kind];
	void *old = array->v[index];
	int err;

	if (kind == BR_SG_KIND_PORT) {
		err = br_sg_array_reserve(&c->uuids);
		if (err)
			return err;
		br_sg_config_uuid_remove(c, old);
		br_sg_config_uuid_insert(c, object);
	}
	br_sg_config_count(c, kind, old, false);
	br_sg_config_count(c, kind, object, true);
	array->v[index] = object;
	br_sg_kinds[kind].release(old);
	return 0;
}

void br_sg_config_remove(struct br_sg_config *c, enum br_sg_kind kind,
			 u32 index)
{
	struct br_sg_array *array = &c->kinds[kind];
	void *old = array->v[index];

	if (kind == BR_SG_KIND_PORT)
		br_sg_config_uuid_remove(c, old);
	br_sg_config_count(c, kind, old, false);
	br_sg_array_remove(array, index);
	br_sg_kinds[kind].release(old);
}

/*
 * Nobody but this config has the object: a count of 1 cannot grow behind our
 * back, since only who has a reference can make another. What others read
 * before they dropped theirs is ordered before our writes.
 */
static bool br_sg_object_private(const refcount_t *ref)
{
	if (refcount_read(ref) != 1)
		return false;
	smp_acquire__after_ctrl_dep();
	return true;
}

struct br_sg_set_conf *br_sg_config_set_edit(struct br_sg_config *c, u32 index)
{
	struct br_sg_set_conf *conf = c->sets.v[index];
	struct br_sg_set_conf *clone;

	if (br_sg_object_private(&conf->ref))
		return conf;
	clone = br_sg_set_clone(conf);
	if (!clone)
		return NULL;
	c->sets.v[index] = clone;
	br_sg_set_conf_put(conf);
	return clone;
}

struct br_sg_group_conf *br_sg_config_group_edit(struct br_sg_config *c,
						 u32 index)
{
	struct br_sg_group_conf *conf = c->groups.v[index];
	struct br_sg_group_conf *clone;

	if (br_sg_object_private(&conf->ref))
		return conf;
	clone = br_sg_group_clone(conf);
	if (!clone)
		return NULL;
	c->groups.v[index] = clone;
	br_sg_group_conf_put(conf);
	return clone;
}

struct br_sg_default_conf *br_sg_config_default(const struct br_sg_config *c,
						const char *pattern)
{
	u32 index;

	if (!br_sg_config_find(c, BR_SG_KIND_DEFAULT, pattern, &index))
		return NULL;
	return c->defaults.v[index];
}

struct br_sg_set_conf *br_sg_config_set(const struct br_sg_config *c,
					const char *name)
{
	u32 index;

	if (!br_sg_config_find(c, BR_SG_KIND_SET, name, &index))
		return NULL;
	return c->sets.v[index];
}

struct br_sg_group_conf *br_sg_config_group(const struct br_sg_config *c,
					    const char *name)
{
	u32 index;

	if (!br_sg_config_find(c, BR_SG_KIND_GROUP, name, &index))
		return NULL;
	return c->groups.v[index];
}

struct br_sg_port_conf *br_sg_config_port(const struct br_sg_config *c,
					  const char *dev)
{
	u32 index;

	if (!br_sg_config_find(c, BR_SG_KIND_PORT, dev, &index))
		return NULL;
	return c->ports.v[index];
}

struct br_sg_port_conf *br_sg_config_port_uuid(const struct br_sg_config *c,
					       const u8 *uuid)
{
	u32 index;

	if (!br_sg_uuid_find(c, uuid, &index))
		return NULL;
	return c->uuids.v[index];
}
