/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The compiled rules of one port and direction. Pure: no skb, no port, no
 * lock; built in userspace too.
 */
#ifndef BR_SG_TABLE_H
#define BR_SG_TABLE_H

#include <linux/bits.h>

#include "match/addrset.h"
#include "match/tags.h"

/* rules of a table, at most */
#define BR_SG_TABLE_RULES	4096
/*
 * Bytes of a table, at most, and of any one thing needed to build it. What
 * netlink lets by stays below 9 MiB: only rules of ports or types without a
 * protocol, which have to be repeated for each protocol, can reach it.
 */
#define BR_SG_TABLE_BYTES	(16 << 20)

enum br_sg_remote {
	BR_SG_REMOTE_ANY,
	BR_SG_REMOTE_PREFIX,
	BR_SG_REMOTE_TAG,
};

/* flags of a match and of a key */
#define BR_SG_MATCH_PORT	BIT(0)	/* ports are given */
#define BR_SG_MATCH_TYPE	BIT(1)	/* the ICMP type is */
#define BR_SG_MATCH_CODE	BIT(2)	/* and its code */

/**
 * struct br_sg_match - one rule, as the table wants it
 * @family: AF_INET, AF_INET6 or 0 for both
 * @proto: IP protocol, 0 for any
 * @flags: BR_SG_MATCH_*
 * @type: ICMP type
 * @code: ICMP code
 * @port_min: first destination port, host order
 * @port_max: last destination port, host order
 * @remote: which of the next two counts
 * @prefix: the remote prefix
 * @tag: id of the remote set or group
 */
struct br_sg_match {
	u8 family;
	u8 proto;
	u8 flags;
	u8 type;
	u8 code;
	u16 port_min;
	u16 port_max;
	enum br_sg_remote remote;
	struct br_sg_prefix prefix;
	u32 tag;
};

/**
 * struct br_sg_key - what a packet is judged by
 * @family: AF_INET or AF_INET6
 * @proto: IP protocol
 * @flags: MATCH_PORT: @dport is valid; MATCH_TYPE: @type and @code are; never
 *	both. A rule that asks for what the key does not have does not match
 * @type: ICMP type
 * @code: ICMP code
 * @dport: destination port, host order
 * @remote: the other end: source of ingress, destination of egress
 * @tags: the sets and groups that @remote is in; not read unless
 *	br_sg_table_has_tags(), and not NULL then
 */
struct br_sg_key {
	u8 family;
	u8 proto;
	u8 flags;
	u8 type;
	u8 code;
	u16 dport;
	struct br_sg_addr remote;
	const struct br_sg_tags *tags;
};

/**
 * struct br_sg_table_size - bytes of a table
 * @rules: what grows with the rules: at most 64 bytes each and 1 KiB
 * @vectors: what depends on how they overlap
 */
struct br_sg_table_size {
	size_t rules;
	size_t vectors;
};

struct br_sg_table;

/*
 * A table with one reference; @n may be 0. ERR_PTR(-ENOMEM), or
 * ERR_PTR(-E2BIG) beyond BR_SG_TABLE_RULES or BR_SG_TABLE_BYTES. May sleep.
 */
struct br_sg_table *br_sg_table_build(const struct br_sg_match *matches, u32 n);
/* index in @matches of the first that matches, or -1 */
int br_sg_table_lookup(const struct br_sg_table *table,
		       const struct br_sg_key *key);
/* can the tags of a key make a difference? */
bool br_sg_table_has_tags(const struct br_sg_table *table);
u32 br_sg_table_count(const struct br_sg_table *table);
struct br_sg_table_size br_sg_table_size(const struct br_sg_table *table);
struct br_sg_table *br_sg_table_get(struct br_sg_table *table);
/* NULL is fine; the memory goes at once: wait for readers before */
void br_sg_table_put(struct br_sg_table *table);

static inline size_t br_sg_table_bytes(const struct br_sg_table *table)
{
	struct br_sg_table_size size = br_sg_table_size(table);

	return size.rules + size.vectors;
}

#endif
