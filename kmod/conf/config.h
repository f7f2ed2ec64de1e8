/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Configuration as the user wrote it: defaults, sets, groups with members and
 * rules, ports. A config is a tree of objects per kind, whose versions share what
 * they have in common (match/tree.h): to copy one costs nothing, to change it costs
 * what is changed, and two are compared by what they do not share. Objects are
 * immutable as soon as anyone else can see them; a change makes a new object (copy
 * on write).
 *
 * Who may write: a config is private to the candidate that made it until
 * commit publishes it; then nobody. An object may be changed in place only
 * while its reference count is 1 and its config, and the way to it in the tree, are
 * private. So who reads objects under RCU keeps their config referenced until a grace
 * period is over.
 *
 * Cookies: an object and the config that it was written for carry the same
 * txn, a number of the candidate. Every copy of a config has a new one, so the
 * cookies of older transactions are void without a write to shared objects:
 * read them by br_sg_cookie() only.
 */
#ifndef BR_SG_CONFIG_H
#define BR_SG_CONFIG_H

#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/netlink.h>
#include <linux/refcount.h>
#include <linux/br_sg.h>

#include "conf/rule.h"
#include "frame/guard.h"
#include "match/addrset.h"
#include "match/tree.h"

/* default {drop|accept} PATTERN; the key is the pattern */
struct br_sg_default_conf {
	refcount_t ref;
	u32 txn;
	u32 cookie;
	u8 verdict;		/* enum br_sg_default_verdict */
	char pattern[BR_SG_PATTERN_MAX + 1];
};

struct br_sg_set_conf {
	refcount_t ref;
	u32 txn;
	u32 cookie;
	struct br_sg_name *name;
	struct br_sg_addrset *addrs;
};

/**
 * struct br_sg_group_conf - a group
 * @members: those added by hand
 * @rules: a reference; more than this group may have it
 */
struct br_sg_group_conf {
	refcount_t ref;
	u32 txn;
	u32 cookie;
	struct br_sg_name *name;
	bool stateless;
	struct br_sg_addrset *members;
	struct br_sg_rules *rules;
};

/**
 * struct br_sg_port_conf - a port line; the key is the device's name
 * @zone: 0: chosen
 * @ct_limit: conntrack entries it may have; 0: the module's parameter
 * @pairs: @n_ips own addresses (with the port's MAC), then pairs, @n_pairs in
 *	all; their order is that of the user
 * @groups: references to names
 * @dhcp: host-length prefixes
 * @ethertypes: host order
 * @macs: its MAC, then each other of @pairs, once; NULL until a policy has the port.
 *	Written under the netns' commit mutex, by the first policy
 * @n_macs: length of @macs
 */
struct br_sg_port_conf {
	refcount_t ref;
	u32 txn;
	u32 cookie;
	char dev[IFNAMSIZ];
	u8 uuid[16];
	u8 mac[ETH_ALEN];
	bool has_uuid;
	bool has_mac;
	bool strict;
	bool any_source;
	u8 mode;		/* enum br_sg_port_mode */
	u16 zone;
	u16 n_ips;
	u16 n_pairs;
	u16 n_groups;
	u16 n_dhcp;
	u16 n_ethertypes;
	u16 n_macs;
	u32 ct_limit;
	struct br_sg_pair *pairs;
	struct br_sg_name **groups;
	struct br_sg_prefix *dhcp;
	u16 *ethertypes;
	u8 (*macs)[ETH_ALEN];
};

enum br_sg_kind {
	BR_SG_KIND_DEFAULT,
	BR_SG_KIND_SET,
	BR_SG_KIND_GROUP,
	BR_SG_KIND_PORT,
	__BR_SG_KINDS
};

/**
 * struct br_sg_config - all of one netns
 * @ref: readers pin a published config by it
 * @txn: of the candidate; 0 for none
 * @generation: 0 for an empty first one; set when it is published
 * @n_rules: of all groups
 * @n_addrs: of all sets, and members of groups by hand
 * @kinds: objects, each with a reference, by their key: a pattern, a name, a device's
 *	name; see br_sg_config_find()
 * @uuids: ports that have a UUID, by it and the device's name; no references of its
 *	own. Two may have the same one until the config is validated
 * @edited: of a candidate: the group that was made private last, and is
 */
struct br_sg_config {
	refcount_t ref;
	u32 txn;
	u64 generation;
	u32 n_rules;
	u32 n_addrs;
	struct br_sg_tree kinds[__BR_SG_KINDS];
	struct br_sg_tree uuids;
	struct br_sg_group_conf *edited;
};

static inline u32 br_sg_config_n(const struct br_sg_config *c,
				 enum br_sg_kind kind)
{
	return c->kinds[kind].count;
}

/* the cookie that came with this @object in this @config's transaction, or 0 */
#define br_sg_cookie(config, object) ({					\
	typeof(object) __object = (object);				\
									\
	__object->txn == (config)->txn ? __object->cookie : 0;		\
})

/* both: NULL when out of memory; one reference, the caller's */
struct br_sg_config *br_sg_config_new(void);
struct br_sg_config *br_sg_config_copy(const struct br_sg_config *config);
struct br_sg_config *br_sg_config_get(struct br_sg_config *config);
/* NULL is fine; the memory goes at once: wait for readers before */
void br_sg_config_put(struct br_sg_config *config);

/* these return what the config holds a reference to, or NULL */
struct br_sg_default_conf *br_sg_config_default(const struct br_sg_config *c,
						const char *pattern);
struct br_sg_set_conf *br_sg_config_set(const struct br_sg_config *c,
					const char *name);
struct br_sg_group_conf *br_sg_config_group(const struct br_sg_config *c,
					    const char *name);
struct br_sg_port_conf *br_sg_config_port(const struct br_sg_config *c,
					  const char *dev);
/* the first of those that have it */
struct br_sg_port_conf *br_sg_config_port_uuid(const struct br_sg_config *c,
					       const u8 *uuid);
/* another port than @conf's, with its UUID; or NULL */
struct br_sg_port_conf *br_sg_config_uuid_rival(const struct br_sg_config *c,
						const struct br_sg_port_conf *conf);

struct br_sg_port_conf *br_sg_port_conf_get(struct br_sg_port_conf *conf);
struct br_sg_set_conf *br_sg_set_conf_get(struct br_sg_set_conf *conf);
struct br_sg_group_conf *br_sg_group_conf_get(struct br_sg_group_conf *conf);
/* NULL is fine for all of them */
void br_sg_default_conf_put(struct br_sg_default_conf *conf);
void br_sg_set_conf_put(struct br_sg_set_conf *conf);
void br_sg_group_conf_put(struct br_sg_group_conf *conf);
void br_sg_port_conf_put(struct br_sg_port_conf *conf);

/*
 * The object with that key, or NULL; the @i-th in the order of their keys, which is
 * below br_sg_config_n(). No reference.
 */
void *br_sg_config_find(const struct br_sg_config *c, enum br_sg_kind kind,
			const char *key);
void *br_sg_config_at(const struct br_sg_config *c, enum br_sg_kind kind, u32 i);

/* all objects of a kind in that order; NULL: no more */
void *br_sg_config_first(struct br_sg_tree_iter *it,
			 const struct br_sg_config *c, enum br_sg_kind kind);
void *br_sg_config_next(struct br_sg_tree_iter *it);

/*
 * Calls @fn in that order for what is not the same object in @before, which may be
 * NULL, and @after; NULL: it is not there. Ends when @fn returns other than 0, with
 * that.
 */
int br_sg_config_diff(const struct br_sg_config *before,
		      const struct br_sg_config *after, enum br_sg_kind kind,
		      int (*fn)(void *was, void *is, void *arg), void *arg);

/*
 * For candidates: the config is private. 0 or -ENOMEM, and nothing has changed then.
 * Who inserts or replaces gives the object's reference away on success; what is
 * inserted is not there, what is replaced or removed is.
 */
int br_sg_config_insert(struct br_sg_config *c, enum br_sg_kind kind,
			void *object);
int br_sg_config_replace(struct br_sg_config *c, enum br_sg_kind kind,
			 void *object);
int br_sg_config_remove(struct br_sg_config *c, enum br_sg_kind kind,
			const char *key);
/*
 * The object of that name, which is there, private: itself or a clone in its place;
 * NULL: out of memory.
 */
struct br_sg_set_conf *br_sg_config_set_edit(struct br_sg_config *c,
					     const char *name);
struct br_sg_group_conf *br_sg_config_group_edit(struct br_sg_config *c,
						 const char *name);
/* the rules of a private group, private in the same way */
struct br_sg_rules *br_sg_group_rules_edit(struct br_sg_group_conf *group);

/* is there something that says what becomes of frames? */
static inline bool br_sg_config_guards(const struct br_sg_config *config)
{
	return br_sg_config_n(config, BR_SG_KIND_PORT) ||
	       br_sg_config_n(config, BR_SG_KIND_DEFAULT);
}

/* is there anything? */
static inline bool br_sg_config_empty(const struct br_sg_config *config)
{
	return !br_sg_config_guards(config) &&
	       !br_sg_config_n(config, BR_SG_KIND_GROUP) &&
	       !br_sg_config_n(config, BR_SG_KIND_SET);
}

/* do both say the same of devices without a port line? @a may be NULL */
bool br_sg_config_defaults_same(const struct br_sg_config *a,
				const struct br_sg_config *b);
/*
 * default.c: is a device of this name to be blocked? The most literal pattern
 * decides; among equals, drop.
 */
bool br_sg_default_drops(const struct br_sg_config *config, const char *name);
/* a character that looks as if it stood for others and does not; NULL: none */
const char *br_sg_default_foreign(const char *pattern);

#endif
