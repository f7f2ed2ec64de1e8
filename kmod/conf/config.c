// SPDX-License-Identifier: GPL-2.0
/* Configurations: a tree of objects for each kind, and the objects. */
#include <linux/slab.h>
#include <linux/string.h>

#include "conf/config.h"

/* numbers candidates, see br_sg_cookie() */
static atomic_t txns;

void br_sg_default_conf_put(struct br_sg_default_conf *conf)
{
	if (conf && refcount_dec_and_test(&conf->ref))
		kfree(conf);
}

struct br_sg_set_conf *br_sg_set_conf_get(struct br_sg_set_conf *conf)
{
	refcount_inc(&conf->ref);
	return conf;
}

void br_sg_set_conf_put(struct br_sg_set_conf *conf)
{
	if (!conf || !refcount_dec_and_test(&conf->ref))
		return;
	br_sg_addrset_put(conf->addrs);
	br_sg_name_put(conf->name);
	kfree(conf);
}

struct br_sg_group_conf *br_sg_group_conf_get(struct br_sg_group_conf *conf)
{
	refcount_inc(&conf->ref);
	return conf;
}

void br_sg_group_conf_put(struct br_sg_group_conf *conf)
{
	if (!conf || !refcount_dec_and_test(&conf->ref))
		return;
	br_sg_rules_put(conf->rules);
	br_sg_addrset_put(conf->members);
	br_sg_name_put(conf->name);
	kfree(conf);
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
	kfree(conf->macs);
	kfree(conf);
}

/* what nodes of a tree hold: every object begins with its reference count */
static void objects_hold(const void *values, u32 n)
{
	refcount_t *const *v = values;

	BUILD_BUG_ON(offsetof(struct br_sg_default_conf, ref));
	BUILD_BUG_ON(offsetof(struct br_sg_set_conf, ref));
	BUILD_BUG_ON(offsetof(struct br_sg_group_conf, ref));
	BUILD_BUG_ON(offsetof(struct br_sg_port_conf, ref));

	while (n--)
		refcount_inc(*v++);
}

static void defaults_drop(const void *values, u32 n)
{
	struct br_sg_default_conf *const *v = values;

	while (n--)
		br_sg_default_conf_put(*v++);
}

static void sets_drop(const void *values, u32 n)
{
	struct br_sg_set_conf *const *v = values;

	while (n--)
		br_sg_set_conf_put(*v++);
}

static void groups_drop(const void *values, u32 n)
{
	struct br_sg_group_conf *const *v = values;

	while (n--)
		br_sg_group_conf_put(*v++);
}

static void ports_drop(const void *values, u32 n)
{
	struct br_sg_port_conf *const *v = values;

	while (n--)
		br_sg_port_conf_put(*v++);
}

/* keys are strings, padded with zeros: memcmp() orders them as strcmp() does */
#define KEY_MAX		(BR_SG_NAME_MAX + 1)

static const struct br_sg_tree_type types[__BR_SG_KINDS] = {
	[BR_SG_KIND_DEFAULT] = {
		.key = BR_SG_PATTERN_MAX + 1,
		.value = sizeof(void *),
		.hold = objects_hold,
		.drop = defaults_drop,
	},
	[BR_SG_KIND_SET] = {
		.key = KEY_MAX,
		.value = sizeof(void *),
		.hold = objects_hold,
		.drop = sets_drop,
	},
	[BR_SG_KIND_GROUP] = {
		.key = KEY_MAX,
		.value = sizeof(void *),
		.hold = objects_hold,
		.drop = groups_drop,
	},
	[BR_SG_KIND_PORT] = {
		.key = IFNAMSIZ,
		.value = sizeof(void *),
		.hold = objects_hold,
		.drop = ports_drop,
	},
};

/* of struct br_sg_config's @uuids */
struct uuid_key {
	u8 uuid[16];
	char dev[IFNAMSIZ];
};

static const struct br_sg_tree_type uuid_type = {
	.key = sizeof(struct uuid_key),
	.value = sizeof(void *),
};

static const char *object_key(enum br_sg_kind kind, const void *object)
{
	switch (kind) {
	case BR_SG_KIND_DEFAULT:
		return ((const struct br_sg_default_conf *)object)->pattern;
	case BR_SG_KIND_SET:
		return ((const struct br_sg_set_conf *)object)->name->s;
	case BR_SG_KIND_GROUP:
		return ((const struct br_sg_group_conf *)object)->name->s;
	default:
		return ((const struct br_sg_port_conf *)object)->dev;
	}
}

static void key_pad(enum br_sg_kind kind, const char *s, char *key)
{
	strscpy_pad(key, s, types[kind].key);
}

static void uuid_key(const struct br_sg_port_conf *conf, struct uuid_key *key)
{
	memcpy(key->uuid, conf->uuid, sizeof(key->uuid));
	strscpy_pad(key->dev, conf->dev, sizeof(key->dev));
}

struct br_sg_config *br_sg_config_new(void)
{
	struct br_sg_config *config;

	config = kzalloc(sizeof(*config), GFP_KERNEL_ACCOUNT);
	if (!config)
		return NULL;
	refcount_set(&config->ref, 1);
	do {
		config->txn = (u32)atomic_inc_return(&txns);
	} while (!config->txn);
	return config;
}

struct br_sg_config *br_sg_config_copy(const struct br_sg_config *config)
{
	struct br_sg_config *copy = br_sg_config_new();
	int kind;

	if (!copy)
		return NULL;
	copy->generation = config->generation;
	copy->n_rules = config->n_rules;
	copy->n_addrs = config->n_addrs;
	for (kind = 0; kind < __BR_SG_KINDS; kind++)
		br_sg_tree_share(&copy->kinds[kind], &config->kinds[kind]);
	br_sg_tree_share(&copy->uuids, &config->uuids);
	return copy;
}

struct br_sg_config *br_sg_config_get(struct br_sg_config *config)
{
	refcount_inc(&config->ref);
	return config;
}

void br_sg_config_put(struct br_sg_config *config)
{
	int kind;

	if (!config || !refcount_dec_and_test(&config->ref))
		return;
	br_sg_tree_drop(&uuid_type, &config->uuids);
	for (kind = 0; kind < __BR_SG_KINDS; kind++)
		br_sg_tree_drop(&types[kind], &config->kinds[kind]);
	kfree(config);
}

void *br_sg_config_find(const struct br_sg_config *c, enum br_sg_kind kind,
			const char *s)
{
	void *const *object;
	char key[KEY_MAX];

	key_pad(kind, s, key);
	object = br_sg_tree_find(&types[kind], &c->kinds[kind], key);
	return object ? *object : NULL;
}

void *br_sg_config_at(const struct br_sg_config *c, enum br_sg_kind kind, u32 i)
{
	void *const *object = br_sg_tree_value(&types[kind], &c->kinds[kind],
					       i);

	return *object;
}

static void *iter_object(struct br_sg_tree_iter *it, bool there)
{
	return there ? *(void *const *)br_sg_tree_iter_value(it) : NULL;
}

void *br_sg_config_first(struct br_sg_tree_iter *it,
			 const struct br_sg_config *c, enum br_sg_kind kind)
{
	static const char least[KEY_MAX];

	br_sg_tree_iter_init(it, &types[kind], &c->kinds[kind]);
	return iter_object(it, br_sg_tree_seek_ge(it, least));
}

void *br_sg_config_next(struct br_sg_tree_iter *it)
{
	return iter_object(it, br_sg_tree_next(it));
}

/* what br_sg_tree_diff() hands on */
struct objects_diff {
	int (*fn)(void *was, void *is, void *arg);
	void *arg;
};

static int diff_object(const void *key, const void *was, const void *is,
		       void *arg)
{
	const struct objects_diff *diff = arg;

	return diff->fn(was ? *(void *const *)was : NULL,
			is ? *(void *const *)is : NULL, diff->arg);
}

int br_sg_config_diff(const struct br_sg_config *before,
		      const struct br_sg_config *after, enum br_sg_kind kind,
		      int (*fn)(void *was, void *is, void *arg), void *arg)
{
	struct objects_diff diff = { .fn = fn, .arg = arg };
	static const struct br_sg_tree none;

	return br_sg_tree_diff(&types[kind],
			       before ? &before->kinds[kind] : &none,
			       &after->kinds[kind], diff_object, &diff);
}

/* what the totals say of an object is added (or taken away) here */
static void config_count(struct br_sg_config *c, enum br_sg_kind kind,
			 const void *object, bool add)
{
	u32 n_addrs = 0, n_rules = 0;

	if (kind == BR_SG_KIND_SET) {
		const struct br_sg_set_conf *set = object;

		n_addrs = br_sg_addrset_count(set->addrs);
	} else if (kind == BR_SG_KIND_GROUP) {
		const struct br_sg_group_conf *group = object;

		n_addrs = br_sg_addrset_count(group->members);
		n_rules = group->rules->n;
	}
	c->n_addrs += add ? n_addrs : -n_addrs;
	c->n_rules += add ? n_rules : -n_rules;
}

static int uuid_insert(struct br_sg_config *c, struct br_sg_port_conf *conf)
{
	struct uuid_key key;

	uuid_key(conf, &key);
	return br_sg_tree_insert(&uuid_type, &c->uuids, &key, &conf);
}

static int uuid_remove(struct br_sg_config *c,
		       const struct br_sg_port_conf *conf)
{
	struct uuid_key key;

	uuid_key(conf, &key);
	return br_sg_tree_remove(&uuid_type, &c->uuids, &key);
}

/* @new's UUID in place of that of @old, the port of the same device */
static int uuid_replace(struct br_sg_config *c,
			const struct br_sg_port_conf *old,
			struct br_sg_port_conf *new)
{
	struct br_sg_port_conf **place;
	struct uuid_key key;
	int err;

	if (old->has_uuid && new->has_uuid &&
	    !memcmp(old->uuid, new->uuid, sizeof(old->uuid))) {
		uuid_key(new, &key);
		place = br_sg_tree_edit(&uuid_type, &c->uuids, &key);
		if (IS_ERR(place))
			return PTR_ERR(place);
		*place = new;
		return 0;
	}
	err = new->has_uuid ? uuid_insert(c, new) : 0;
	if (err || !old->has_uuid)
		return err;
	err = uuid_remove(c, old);
	/* the way to what was just put in is this config's alone: no memory needed */
	if (err && new->has_uuid)
		WARN_ON_ONCE(uuid_remove(c, new));
	return err;
}

int br_sg_config_insert(struct br_sg_config *c, enum br_sg_kind kind,
			void *object)
{
	struct br_sg_port_conf *port = kind == BR_SG_KIND_PORT ? object : NULL;
	char key[KEY_MAX];
	int err;

	if (port && port->has_uuid) {
		err = uuid_insert(c, port);
		if (err)
			return err;
	}
	key_pad(kind, object_key(kind, object), key);
	err = br_sg_tree_insert(&types[kind], &c->kinds[kind], key, &object);
	if (!err)
		config_count(c, kind, object, true);
	else if (port && port->has_uuid)
		WARN_ON_ONCE(uuid_remove(c, port));
	return err;
}

/* where the object with this key is; it may be changed there, or an ERR_PTR */
static void **object_place(struct br_sg_config *c, enum br_sg_kind kind,
			   const char *s)
{
	char key[KEY_MAX];

	key_pad(kind, s, key);
	return br_sg_tree_edit(&types[kind], &c->kinds[kind], key);
}

static void object_put(enum br_sg_kind kind, void *object)
{
	types[kind].drop(&object, 1);
}

int br_sg_config_replace(struct br_sg_config *c, enum br_sg_kind kind,
			 void *object)
{
	void **place, *old;
	int err;

	place = object_place(c, kind, object_key(kind, object));
	if (IS_ERR(place))
		return PTR_ERR(place);
	old = *place;
	if (kind == BR_SG_KIND_PORT) {
		err = uuid_replace(c, old, object);
		if (err)
			return err;
	}
	config_count(c, kind, old, false);
	config_count(c, kind, object, true);
	*place = object;
	c->edited = NULL;
	object_put(kind, old);
	return 0;
}

int br_sg_config_remove(struct br_sg_config *c, enum br_sg_kind kind,
			const char *s)
{
	void **place = object_place(c, kind, s), *old;
	struct br_sg_port_conf *port;
	char key[KEY_MAX];
	int err;

	if (IS_ERR(place))
		return PTR_ERR(place);
	old = *place;
	port = old;
	if (kind == BR_SG_KIND_PORT && port->has_uuid) {
		err = uuid_remove(c, port);
		if (err)
			return err;
	}
	config_count(c, kind, old, false);
	c->edited = NULL;
	key_pad(kind, s, key);
	/* the way to it is this config's alone: no memory is needed */
	WARN_ON_ONCE(br_sg_tree_remove(&types[kind], &c->kinds[kind], key));
	return 0;
}

/*
 * Nobody but this config has the object: a count of 1 cannot grow behind our
 * back, since only who has a reference can make another. What others read
 * before they dropped theirs is ordered before our writes.
 */
static bool object_private(const refcount_t *ref)
{
	if (refcount_read(ref) != 1)
		return false;
	smp_acquire__after_ctrl_dep();
	return true;
}

struct br_sg_set_conf *br_sg_config_set_edit(struct br_sg_config *c,
					     const char *name)
{
	struct br_sg_set_conf *conf, *clone;
	void **place;

	place = object_place(c, BR_SG_KIND_SET, name);
	if (IS_ERR(place))
		return NULL;
	conf = *place;
	if (object_private(&conf->ref))
		return conf;
	clone = kmemdup(conf, sizeof(*conf), GFP_KERNEL_ACCOUNT);
	if (!clone)
		return NULL;
	refcount_set(&clone->ref, 1);
	br_sg_name_get(clone->name);
	br_sg_addrset_get(clone->addrs);
	*place = clone;
	br_sg_set_conf_put(conf);
	return clone;
}

struct br_sg_group_conf *br_sg_config_group_edit(struct br_sg_config *c,
						 const char *name)
{
	struct br_sg_group_conf *conf, *clone;
	void **place;

	if (c->edited && !strcmp(c->edited->name->s, name))
		return c->edited;
	place = object_place(c, BR_SG_KIND_GROUP, name);
	if (IS_ERR(place))
		return NULL;
	conf = *place;
	if (!object_private(&conf->ref)) {
		clone = kmemdup(conf, sizeof(*conf), GFP_KERNEL_ACCOUNT);
		if (!clone)
			return NULL;
		refcount_set(&clone->ref, 1);
		br_sg_name_get(clone->name);
		br_sg_addrset_get(clone->members);
		br_sg_rules_get(clone->rules);
		*place = clone;
		br_sg_group_conf_put(conf);
		conf = clone;
	}
	c->edited = conf;
	return conf;
}

struct br_sg_rules *br_sg_group_rules_edit(struct br_sg_group_conf *group)
{
	struct br_sg_rules *clone;

	if (object_private(&group->rules->ref))
		return group->rules;
	clone = br_sg_rules_clone(group->rules);
	if (!clone)
		return NULL;
	br_sg_rules_put(group->rules);
	group->rules = clone;
	return clone;
}

struct br_sg_default_conf *br_sg_config_default(const struct br_sg_config *c,
						const char *pattern)
{
	return br_sg_config_find(c, BR_SG_KIND_DEFAULT, pattern);
}

struct br_sg_set_conf *br_sg_config_set(const struct br_sg_config *c,
					const char *name)
{
	return br_sg_config_find(c, BR_SG_KIND_SET, name);
}

struct br_sg_group_conf *br_sg_config_group(const struct br_sg_config *c,
					    const char *name)
{
	/* rule after rule of one group */
	if (c->edited && !strcmp(c->edited->name->s, name))
		return c->edited;
	return br_sg_config_find(c, BR_SG_KIND_GROUP, name);
}

struct br_sg_port_conf *br_sg_config_port(const struct br_sg_config *c,
					  const char *dev)
{
	return br_sg_config_find(c, BR_SG_KIND_PORT, dev);
}

/* the first of @uuid that is not @dev's, which may be NULL */
static struct br_sg_port_conf *uuid_find(const struct br_sg_config *c,
					 const u8 *uuid, const char *dev)
{
	struct br_sg_port_conf *conf;
	struct br_sg_tree_iter it;
	struct uuid_key from = {};
	bool there;

	memcpy(from.uuid, uuid, sizeof(from.uuid));
	br_sg_tree_iter_init(&it, &uuid_type, &c->uuids);
	for (there = br_sg_tree_seek_ge(&it, &from); there;
	     there = br_sg_tree_next(&it)) {
		conf = iter_object(&it, true);
		if (memcmp(conf->uuid, uuid, sizeof(conf->uuid)))
			break;
		if (!dev || strcmp(conf->dev, dev))
			return conf;
	}
	return NULL;
}

struct br_sg_port_conf *br_sg_config_port_uuid(const struct br_sg_config *c,
					       const u8 *uuid)
{
	return uuid_find(c, uuid, NULL);
}

struct br_sg_port_conf *br_sg_config_uuid_rival(const struct br_sg_config *c,
						const struct br_sg_port_conf *conf)
{
	return conf->has_uuid ? uuid_find(c, conf->uuid, conf->dev) : NULL;
}
