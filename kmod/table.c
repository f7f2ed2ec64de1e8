// SPDX-License-Identifier: GPL-2.0
/*
 * The rules of one port and direction as an array that is scanned in order.
 * What is asked first of a rule is what most rules differ in and what costs
 * least; sets come last.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/string.h>

#include "table.h"

/* struct br_sg_match without what does not count; 32 bytes */
struct row {
	u8 family;
	u8 proto;
	u8 flags;
	u8 type;
	u8 code;
	u8 remote;
	u8 remote_family;
	u8 remote_len;
	u16 port_min;
	u16 port_max;
	union {
		struct br_sg_addr addr;
		struct br_sg_addrset *set;
	};
};

struct br_sg_table {
	refcount_t ref;
	u32 n;
	struct row rows[];
};

static void row_make(struct row *row, const struct br_sg_match *match)
{
	memset(row, 0, sizeof(*row));
	row->family = match->family;
	row->proto = match->proto;
	row->flags = match->flags;
	row->type = match->type;
	row->code = match->code;
	row->port_min = match->port_min;
	row->port_max = match->port_max;
	row->remote = match->remote;
	switch (match->remote) {
	case BR_SG_REMOTE_ANY:
		break;
	case BR_SG_REMOTE_PREFIX:
		row->remote_family = match->prefix.family;
		row->remote_len = match->prefix.len;
		row->addr = match->prefix.addr;
		break;
	case BR_SG_REMOTE_SET:
		row->set = br_sg_addrset_get(match->set);
		break;
	}
}

struct br_sg_table *br_sg_table_build(const struct br_sg_match *matches, u32 n)
{
	struct br_sg_table *table;
	u32 i;

	table = kvmalloc(struct_size(table, rows, n), GFP_KERNEL_ACCOUNT);
	if (!table)
		return ERR_PTR(-ENOMEM);
	refcount_set(&table->ref, 1);
	table->n = n;
	for (i = 0; i < n; i++)
		row_make(&table->rows[i], &matches[i]);
	return table;
}

static bool row_has_remote(const struct row *row, const struct br_sg_key *key)
{
	struct br_sg_prefix prefix;

	switch (row->remote) {
	case BR_SG_REMOTE_ANY:
		return true;
	case BR_SG_REMOTE_PREFIX:
		prefix.addr = row->addr;
		prefix.family = row->remote_family;
		prefix.len = row->remote_len;
		return br_sg_prefix_has(&prefix, key->family, &key->remote);
	case BR_SG_REMOTE_SET:
		return br_sg_addrset_has(row->set, key->family, &key->remote);
	}
	return false;
}

static bool row_matches(const struct row *row, const struct br_sg_key *key)
{
	if (row->proto && row->proto != key->proto)
		return false;
	if (row->family && row->family != key->family)
		return false;
	if (row->flags & BR_SG_MATCH_PORT &&
	    (!(key->flags & BR_SG_MATCH_PORT) ||
	     key->dport < row->port_min || key->dport > row->port_max))
		return false;
	/* a key has type and code, or neither */
	if (row->flags & (BR_SG_MATCH_TYPE | BR_SG_MATCH_CODE) &&
	    !(key->flags & BR_SG_MATCH_TYPE))
		return false;
	if (row->flags & BR_SG_MATCH_TYPE && row->type != key->type)
		return false;
	if (row->flags & BR_SG_MATCH_CODE && row->code != key->code)
		return false;
	return row_has_remote(row, key);
}

int br_sg_table_lookup(const struct br_sg_table *table,
		       const struct br_sg_key *key)
{
	u32 i;

	for (i = 0; i < table->n; i++)
		if (row_matches(&table->rows[i], key))
			return i;
	return -1;
}

u32 br_sg_table_count(const struct br_sg_table *table)
{
	return table->n;
}

struct br_sg_table *br_sg_table_get(struct br_sg_table *table)
{
	refcount_inc(&table->ref);
	return table;
}

void br_sg_table_put(struct br_sg_table *table)
{
	u32 i;

	if (!table || !refcount_dec_and_test(&table->ref))
		return;
	for (i = 0; i < table->n; i++)
		if (table->rows[i].remote == BR_SG_REMOTE_SET)
			br_sg_addrset_put(table->rows[i].set);
	kvfree(table);
}
