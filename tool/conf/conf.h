/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model: a whole configuration, as read from a file or from the kernel
 */
#ifndef SGCTL_CONF_H
#define SGCTL_CONF_H

#include "base/input.h"
#include "base/value.h"

/*
 * Everywhere: src: where it was read, an index in input.srcs; 0: from the kernel.
 * unknown: an attribute that the kernel has of it and we do not know; 0: none
 */

struct item {			/* an address of a set, a member of a group */
	struct addr a;
	uint32_t src;
};

struct items {
	struct item *v;
	size_t n, cap;
};

struct defpat {			/* a default */
	char pattern[BR_SG_PATTERN_MAX + 1];
	uint8_t verdict;	/* enum br_sg_default_verdict */
	uint16_t unknown;
	uint32_t src;
};

struct set {
	const char *name;
	bool defined;		/* else only referred to */
	struct items addrs;
	uint32_t count;		/* the kernel's */
	uint16_t unknown;	/* of its addresses, too */
	uint32_t src;
};

enum remote {
	REMOTE_ANY,
	REMOTE_PREFIX,
	REMOTE_GROUP,
	REMOTE_SET,
};

struct rule {
	uint32_t id;		/* 0: not known yet */
	uint8_t direction;	/* enum br_sg_direction */
	uint8_t family;		/* 0: both */
	uint8_t proto;		/* 0: any */
	uint8_t remote;		/* enum remote */
	bool has_ports;
	uint16_t port_min, port_max;
	int icmp_type, icmp_code;	/* -1: any */
	struct addr prefix;
	const char *remote_name;
	uint16_t unknown;
	uint32_t src;
	uint32_t seq;		/* its place in the file */
};

struct group {
	const char *name;
	bool defined;
	bool stateless;
	struct items members;
	VEC(struct rule) rules;
	uint32_t count, n_rules;	/* the kernel's */
	uint16_t unknown;	/* its own, not of members and rules */
	uint32_t src;
};

struct pair {
	struct addr a;
	bool has_mac;
	uint8_t mac[6];
};

struct name_ref {
	const char *name;
};

struct port {
	char dev[BR_SG_DEV_MAX + 1];
	bool has_uuid, has_mac, strict, any_source;
	uint8_t uuid[16];
	uint8_t mac[6];
	uint8_t mode;		/* enum br_sg_port_mode */
	uint16_t zone;		/* 0: chosen */
	uint32_t ct_limit;	/* 0: the module's */
	VEC(struct addr) ips;
	VEC(struct pair) pairs;
	VEC(struct name_ref) groups;
	VEC(struct addr) dhcp;
	VEC(uint16_t) ethertypes;
	uint16_t unknown;
	uint32_t src;

	/* Read only, from the kernel */
	bool live;
	uint8_t state;		/* enum br_sg_port_state */
	uint8_t cause;		/* enum br_sg_port_cause of a port that is blocked */
	bool held;		/* no port, but a device that is blocked without a line */
	uint16_t zone_used, policy_version;
	uint32_t ct_limit_used, ct_entries;	/* 0: not a port that filters */
	uint32_t ifindex, serial;
	const char *bridge;
};

struct conf {
	struct arena arena;
	VEC(struct defpat *) defaults;
	VEC(struct set *) sets;
	VEC(struct group *) groups;
	VEC(struct port *) ports;
	struct names default_names, set_names, group_names, port_names;
	uint32_t seq;
	uint64_t generation;
	struct {		/* the first that is unknown of anything */
		const char *object, *name;
		uint16_t attr;
	} unknown;
};

void conf_free(struct conf *conf);
/* Is there a port or a default drop in it? What has neither opens every port */
bool conf_guards(const struct conf *conf);
struct defpat *conf_default(struct conf *conf, const char *pattern, bool make);
struct set *conf_set(struct conf *conf, const char *name, bool make);
struct group *conf_group(struct conf *conf, const char *name, bool make);
struct port *conf_port(struct conf *conf, const char *dev, bool make);
struct rule *group_rule(struct group *group, uint32_t id);
const char *conf_name(struct conf *conf, const char *name);

void rule_init(struct rule *rule);
bool rule_check(struct rule *rule, struct msg *msg);
uint8_t rule_implied_family(const struct rule *rule);
int rule_cmp(const struct rule *a, const struct rule *b);

bool port_check(const struct port *port, struct msg *msg);
bool port_same(const struct port *a, const struct port *b);
bool port_has_group(const struct port *port, const char *name);
void port_copy(struct port *to, const struct port *from);
void port_canonical(struct port *port);
void port_free(struct port *port);

void items_add(struct items *items, const struct addr *a, uint32_t src);
void items_sort(struct items *items);

void conf_sort(struct conf *conf);
int conf_finish(struct conf *conf, struct input *in);

int conf_from_text(struct conf *conf, struct input *in);
int conf_from_json(struct conf *conf, struct input *in);
int conf_load(struct conf *conf, struct input *in, const char *name);

#endif /* SGCTL_CONF_H */
