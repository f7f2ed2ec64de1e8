/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Configuration as the user wrote it: defaults, sets, groups with members and
 * rules, ports. A config is a sorted array of references per kind; its objects
 * are immutable as soon as anyone else can see them, so that a candidate is a
 * copy of arrays and a change makes one new object (copy on write).
 *
 * Who may write: a config is private to the candidate that made it until
 * commit publishes it; then nobody. An object may be changed in place only
 * while its reference count is 1 and its config is private. So who reads
 * objects under RCU keeps their config referenced until a grace period is
 * over.
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

#include "frame/guard.h"
#include "match/addrset.h"

/* a name, shared by all that refer to it in one config */
struct br_sg_name {
	refcount_t ref;
	u8 len;
	char s[];	/* NUL terminated */
};

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

enum br_sg_rule_remote {
	BR_SG_RULE_ANY,
	BR_SG_RULE_PREFIX,
	BR_SG_RULE_GROUP,
	BR_SG_RULE_SET,
};

/**
 * struct br_sg_rule - a rule, canonical: no bits that do not count
 * @id: 1 to 0x7fffffff; orders the rules of its group
 * @txn: of the candidate that wrote it
 * @cookie: see br_sg_cookie()
 * @direction: enum br_sg_direction
 * @family: AF_INET, AF_INET6 or 0 for both, after what proto and remote imply
 * @proto: 0: any
 * @flags: BR_SG_MATCH_* of table.h
 * @type: ICMP type
 * @code: ICMP code
 * @port_min: host order
 * @port_max: host order
 * @remote: which of the next two counts; a prefix /0 has become ANY with
 *	@family set
 * @prefix: BR_SG_RULE_PREFIX
 * @name: BR_SG_RULE_GROUP, BR_SG_RULE_SET: a reference
 */
struct br_sg_rule {
	u32 id;
	u32 txn;
	u32 cookie;
	u8 direction;
	u8 family;
	u8 proto;
	u8 flags;
	u8 type;
	u8 code;
	u16 port_min;
	u16 port_max;
	u8 remote;
	struct br_sg_prefix prefix;
	struct br_sg_name *name;
};

/**
 * struct br_sg_group_conf - a group
 * @members: those added by hand
 * @counted: the compile that counted its bytes last; see budget.c. Protected by
 *	the netns' commit mutex, whoever has a reference; means nothing in a clone
 * @n_rules: rules in @rules, sorted by id
 * @n_alloc: room in @rules and @hashes
 * @hashes: of the content of each rule, to find an equal one without reading
 *	them all
 */
struct br_sg_group_conf {
	refcount_t ref;
	u32 txn;
	u32 cookie;
	struct br_sg_name *name;
	bool stateless;
	u64 counted;
	struct br_sg_addrset *members;
	u32 n_rules;
	u32 n_alloc;
	struct br_sg_rule *rules;
	u32 *hashes;
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
	u32 ct_limit;
	struct br_sg_pair *pairs;
	struct br_sg_name **groups;
	struct br_sg_prefix *dhcp;
	u16 *ethertypes;
};

/* a sorted array of references; n_alloc is room */
struct br_sg_array {
	u32 n;
	u32 n_alloc;
	void **v;
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
 * @kinds: the same four arrays, by enum br_sg_kind
 * @defaults: struct br_sg_default_conf by pattern
 * @sets: struct br_sg_set_conf by name
 * @groups: struct br_sg_group_conf by name
 * @ports: struct br_sg_port_conf by device
 * @uuids: those of @ports that have a UUID, by UUID; no references of its own
 */
struct br_sg_config {
	refcount_t ref;
	u32 txn;
	u64 generation;
	u32 n_rules;
	u32 n_addrs;
	union {
		struct br_sg_array kinds[__BR_SG_KINDS];
		struct {
			struct br_sg_array defaults;
			struct br_sg_array sets;
			struct br_sg_array groups;
			struct br_sg_array ports;
		};
	};
	struct br_sg_array uuids;
};

/* the cookie that came with this @object in this @config's transaction, or 0 */
#define br_sg_cookie(config, object) ({					\
	typeof(object) __object = (object);				\
									\
	__object->txn == (config)->txn ? __object->cookie : 0;		\
})

struct br_sg_name *br_sg_name_new(const char *s);
struct br_sg_name *br_sg_name_get(struct br_sg_name *name);
void br_sg_name_put(struct br_sg_name *name);

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
struct br_sg_port_conf *br_sg_config_port_uuid(const struct br_sg_config *c,
					       const u8 *uuid);

struct br_sg_port_conf *br_sg_port_conf_get(struct br_sg_port_conf *conf);
struct br_sg_group_conf *br_sg_group_conf_get(struct br_sg_group_conf *conf);
/* NULL is fine for all of them */
void br_sg_default_conf_put(struct br_sg_default_conf *conf);
void br_sg_set_conf_put(struct br_sg_set_conf *conf);
void br_sg_group_conf_put(struct br_sg_group_conf *conf);
void br_sg_port_conf_put(struct br_sg_port_conf *conf);

/**
 * struct br_sg_config_walk - the objects of a kind in two configs, by key
 * @arrays: of each; the first may be NULL
 * @kind: of both
 * @at: in each, the one that is next
 * @before: in the first config; NULL: not there
 * @after: in the second config, likewise
 * @index: of @after
 * @index_before: of @before
 */
struct br_sg_config_walk {
	const struct br_sg_array *arrays[2];
	enum br_sg_kind kind;
	u32 at[2];
	void *before;
	void *after;
	u32 index;
	u32 index_before;
};

/* @before: NULL is as an empty one */
void br_sg_config_walk_begin(struct br_sg_config_walk *w,
			     const struct br_sg_config *before,
			     const struct br_sg_config *after,
			     enum br_sg_kind kind);
/* the next; false: there is none */
bool br_sg_config_walk(struct br_sg_config_walk *w);

/*
 * For candidates: the config is private. An index is one of the kind's array.
 * Who inserts or replaces gives the object's reference away on success.
 */
bool br_sg_config_find(const struct br_sg_config *c, enum br_sg_kind kind,
		       const char *key, u32 *index);
int br_sg_config_insert(struct br_sg_config *c, enum br_sg_kind kind, u32 index,
			void *object);
int br_sg_config_replace(struct br_sg_config *c, enum br_sg_kind kind,
			 u32 index, void *object);
void br_sg_config_remove(struct br_sg_config *c, enum br_sg_kind kind,
			 u32 index);
/* the object, private: itself or a clone in its place; NULL: out of memory */
struct br_sg_set_conf *br_sg_config_set_edit(struct br_sg_config *c, u32 index);
struct br_sg_group_conf *br_sg_config_group_edit(struct br_sg_config *c,
						 u32 index);

/* rules of a group; to change them it must be private */
bool br_sg_group_rule_find(const struct br_sg_group_conf *group, u32 id,
			   u32 *index);
/* the same content but for the id? */
bool br_sg_rule_equal(const struct br_sg_rule *a, const struct br_sg_rule *b);
/* a rule of the same content but for the id, or NULL */
const struct br_sg_rule *br_sg_group_rule_equal(const struct br_sg_group_conf *g,
						const struct br_sg_rule *rule);
/* takes over the rule's reference to a name on success; no other error than
 * -ENOMEM; the config's n_rules is the caller's to keep
 */
int br_sg_group_rule_insert(struct br_sg_group_conf *group, u32 index,
			    const struct br_sg_rule *rule);
void br_sg_group_rule_replace(struct br_sg_group_conf *group, u32 index,
			      const struct br_sg_rule *rule);
void br_sg_group_rule_remove(struct br_sg_group_conf *group, u32 index);

/* how many objects of a kind there are */
static inline u32 br_sg_config_n(const struct br_sg_config *config,
				 enum br_sg_kind kind)
{
	return config->kinds[kind].n;
}

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
