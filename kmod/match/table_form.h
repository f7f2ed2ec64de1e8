/* SPDX-License-Identifier: GPL-2.0 */
/* What a compiled table looks like; for table.c and table_build.c alone. */
#ifndef BR_SG_TABLE_FORM_H
#define BR_SG_TABLE_FORM_H

#include "match/table.h"
#include "match/wide.h"

/* more rules than that in a half are not scanned */
#define ROWS_MAX	8

/* what a key or rule has of layer 4 besides the protocol; BR_SG_MATCH_* */
#define KIND_NONE	0
#define KIND_PORT	BR_SG_MATCH_PORT
#define KIND_TYPE	BR_SG_MATCH_TYPE
#define KINDS		3

/* rows are compared as one number: what, and where in it */
#define WORD_PROTO	0
#define WORD_KIND	8
#define WORD_L4		16
#define WORD_ADDR	32

/* what is left to compare then */
#define ROW_RANGE	BIT(0)
#define ROW_TAG		BIT(1)
#define ROW_LONG	BIT(2)

/**
 * struct row - a rule to be scanned
 * @value: protocol, kind, port or type and code, and the first 32 bits of the
 *	address
 * @mask: the bits of @value that count
 * @rule: index in the matches
 * @more: ROW_*
 * @min: ROW_RANGE: the first port
 * @span: and how many more there are
 * @at: ROW_TAG: the tag; ROW_LONG: index in the prefixes
 */
struct row {
	u64 value;
	u64 mask;
	u16 rule;
	u16 more;
	u16 min;
	u16 span;
	u32 at;
};

/* an IPv6 prefix of more than 32 bits */
struct row_prefix {
	struct wide addr;
	struct wide mask;
};

/* from @value on, the vector is @vec; the first @value of all is 0 */
struct bound {
	u32 value;
	u32 vec;
};

/* the same for IPv6's addresses */
struct bound6 {
	struct wide value;
	u32 vec;
};

/**
 * struct space - a run of bounds, to be bisected
 * @at: where it begins
 * @skip: bounds minus the largest power of two of them
 * @step: half of that power; 0 if there is one bound
 */
struct space {
	u32 at;
	u16 skip;
	u16 step;
};

/**
 * struct tag - a set or group that rules have as remote
 * @id: its id
 * @vec: the vector of those rules; 0: the slot is free
 */
struct tag {
	u32 id;
	u32 vec;
};

/**
 * struct half - the rules of a family
 * @classes: of each protocol; NULL: the rules are scanned
 * @spaces: of each class, by kind
 * @bounds: ports, or types and codes
 * @remotes: all of the next two
 * @bounds4: remote addresses of IPv4, host order
 * @bounds6: of IPv6
 * @tags: hash table of the tags that rules have, open
 * @n_tags: its slots
 * @rows: the rules to be scanned
 * @n_rows: rows
 * @prefixes: what @rows has no room for
 */
struct half {
	u8 *classes;
	struct space *spaces;
	struct bound *bounds;
	struct space remotes;
	struct bound *bounds4;
	struct bound6 *bounds6;
	struct tag *tags;
	u32 n_tags;
	struct row *rows;
	u32 n_rows;
	struct row_prefix *prefixes;
};

/**
 * struct br_sg_table - a table, one piece of memory
 * @ref: users
 * @n: matches it was built from
 * @ipv4: the rules that IPv4 can match
 * @ipv6: and IPv6
 * @pool: vectors
 * @has_tags: some rules have tags
 * @size: bytes
 */
struct br_sg_table {
	refcount_t ref;
	u32 n;
	struct half ipv4;
	struct half ipv6;
	u64 *pool;
	bool has_tags;
	struct br_sg_table_size size;
};

static inline bool wide_le(struct wide a, struct wide b)
{
	return ((__uint128_t)a.hi << 64 | a.lo) <=
	       ((__uint128_t)b.hi << 64 | b.lo);
}

/* the slot to begin at; ids are given in sequence, which this spreads evenly */
static inline u32 tag_slot(u32 id, u32 n_tags)
{
	return (u64)(id * 0x9e3779b1U) * n_tags >> 32;
}

#endif
