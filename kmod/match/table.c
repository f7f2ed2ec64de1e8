// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: which rule is the first that matches?
 *
 * IPv4 and IPv6 have a half of the table each, with the rules that can match
 * there. Up to 8 of them are scanned. More are turned around: instead of what a
 * rule admits, the table has which rules admit a value, for each of the two
 * fields of a rule, layer 4 and remote. Where the answer changes are the
 * bounds; a value is looked up among them by bisection.
 *
 *	rule			layer 4			remote
 *	0 tcp 22		tcp 22			any
 *	1 tcp 80-90 10.0.0.0/8	tcp 80-90		10.0.0.0/8
 *	2 remote group 7	any			group 7
 *	3 tcp remote group 7	tcp			group 7
 *	4 tcp 85		tcp 85			any
 *
 * A rule that asks for one field only is decided by that field, so of these
 * only the first is kept for each value; what is left for both fields to agree
 * on are the others, and of rules 0 to 4 these are 1 and 3:
 *
 *	tcp ports from	 first	others		address from	first	others
 *	0		 -	3		0.0.0.0		-	-
 *	22		 0	3		10.0.0.0	-	1
 *	23		 -	3		11.0.0.0	-	-
 *	80		 -	1 3
 *	85		 4	1 3		group		first	others
 *	86		 -	1 3		7		2	3
 *	91		 -	3
 *
 * A packet to tcp 85 from 10.1.2.3, which is in group 7: port 85 says 4; the
 * address has 1 in common with the port, which comes before 4; the group says
 * 2, and 3 in common: both later. Rule 1 it is.
 *
 * "first" and "others" are a struct br_sg_vec: the others are a bit each in
 * words of 64, of which only those that are not 0 are there, and a word that
 * says which. Equal vectors are one. A vector of layer 4 also says which is the
 * first rule left for a prefix, and for a tag, to decide; a remote that can
 * bring nothing better is not looked up. Each protocol that is named has ports,
 * types and codes (type << 8 | code, looked up as ports are), and one vector
 * for keys that have neither; all other protocols share a class of their own.
 * Sets and groups are known by id: what is in them is none of the table's
 * business.
 *
 * The vectors are made by a sweep over the bounds, which flips the rules that
 * begin or end at each.
 */
#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/socket.h>

#include "match/table.h"
#include "match/table_form.h"
#include "match/vector.h"

static u32 key_kind(const struct br_sg_key *key)
{
	if (key->flags & BR_SG_MATCH_PORT)
		return KIND_PORT;
	return key->flags & BR_SG_MATCH_TYPE;
}

static u16 key_l4(const struct br_sg_key *key)
{
	if (key->flags & BR_SG_MATCH_PORT)
		return key->dport;
	return key->type << 8 | key->code;
}

/* what a row leaves open */
static bool row_has_more(const struct half *half, const struct row *row,
			 u16 l4, const struct br_sg_key *key)
{
	const struct row_prefix *prefix;
	struct wide addr;

	if (row->more & ROW_RANGE && (u16)(l4 - row->min) > row->span)
		return false;
	if (row->more & ROW_TAG)
		return br_sg_tags_has(key->tags, row->at);
	if (row->more & ROW_LONG) {
		prefix = &half->prefixes[row->at];
		addr = wide(&key->remote);
		return !((addr.hi ^ prefix->addr.hi) & prefix->mask.hi) &&
		       !((addr.lo ^ prefix->addr.lo) & prefix->mask.lo);
	}
	return true;
}

static noinline int half_scan(const struct half *half,
			      const struct br_sg_key *key)
{
	const struct row *row = half->rows;
	const struct row *end = row + half->n_rows;
	u16 l4 = key_l4(key);
	u64 word;

	word = (u64)key->proto << WORD_PROTO |
	       (u64)key_kind(key) << WORD_KIND | (u64)l4 << WORD_L4 |
	       (u64)be32_to_cpu(key->remote.v4) << WORD_ADDR;
	for (; row < end; row++) {
		if ((word ^ row->value) & row->mask)
			continue;
		if (!row->more || row_has_more(half, row, l4, key))
			return row->rule;
	}
	return -1;
}

/*
 * The vector of the last bound that is not beyond the value; the first one
 * never is. It is one of twice @step from @at on, and each round halves that.
 * The choice is a conditional move, so that no branch is guessed wrong.
 */
static __always_inline u32 find(const struct bound *at,
				const struct space *space, u32 value)
{
	const struct bound *mid = at + space->skip;
	unsigned long step = space->step;

	at = mid->value <= value ? mid : at;
	for (; step; step /= 2) {
		mid = at + step;
		at = mid->value <= value ? mid : at;
	}
	return at->vec;
}

static __always_inline u32 find6(const struct bound6 *at,
				 const struct space *space, struct wide value)
{
	const struct bound6 *mid = at + space->skip;
	unsigned long step = space->step;

	at = wide_le(mid->value, value) ? mid : at;
	for (; step; step /= 2) {
		mid = at + step;
		at = wide_le(mid->value, value) ? mid : at;
	}
	return at->vec;
}

static const struct br_sg_vec *table_vec(const struct br_sg_table *table,
					 u32 at)
{
	return (const struct br_sg_vec *)&table->pool[at];
}

/* a remote's rules: those that ask for nothing else, those that @l4 has too */
static __always_inline u32 remote_best(const struct br_sg_vec *l4,
				       const struct br_sg_vec *remote,
				       u32 best)
{
	if (remote->first < best)
		best = remote->first;
	return br_sg_vec_common(l4, remote, best);
}

/* 0, which is the empty vector, if no rule has that tag */
static u32 tag_vec(const struct half *half, u32 id)
{
	u32 i = tag_slot(id, half->n_tags);
	const struct tag *tag;

	for (;;) {
		tag = &half->tags[i];
		if (tag->id == id || !tag->vec)
			return tag->vec;
		if (++i == half->n_tags)
			i = 0;
	}
}

/* the other way round: for an address that is in more than the rules have */
static noinline u32 many_tags_best(const struct br_sg_table *table,
				   const struct half *half,
				   const struct br_sg_tags *tags,
				   const struct br_sg_vec *l4, u32 best)
{
	const struct tag *tag;
	u32 i;

	for (i = 0; i < half->n_tags; i++) {
		tag = &half->tags[i];
		if (tag->vec && br_sg_tags_has(tags, tag->id))
			best = remote_best(l4, table_vec(table, tag->vec),
					   best);
	}
	return best;
}

/* costs what the smaller side has: the address's tags or the rules' */
static __always_inline u32 tags_best(const struct br_sg_table *table,
				     const struct half *half,
				     const struct br_sg_tags *tags,
				     const struct br_sg_vec *l4, u32 best)
{
	u32 i, vec;

	if (unlikely(tags->n > half->n_tags))
		return many_tags_best(table, half, tags, l4, best);
	for (i = 0; i < tags->n; i++) {
		vec = tag_vec(half, tags->ids[i]);
		if (vec)
			best = remote_best(l4, table_vec(table, vec), best);
	}
	return best;
}

static __always_inline int half_lookup(const struct br_sg_table *table,
				       const struct half *half,
				       const struct br_sg_key *key, bool ipv6)
{
	const struct br_sg_vec *l4, *remote;
	const struct space *space;
	u32 best, at;

	at = half->classes[key->proto] * KINDS + key_kind(key);
	space = &half->spaces[at];
	at = find(half->bounds + space->at, space, key_l4(key));
	l4 = table_vec(table, at);
	best = l4->first;
	/* only if there is a rule that may match and comes before */
	if (l4->prefix < best) {
		at = ipv6 ? find6(half->bounds6, &half->remotes,
				  wide(&key->remote)) :
			    find(half->bounds4, &half->remotes,
				 be32_to_cpu(key->remote.v4));
		remote = table_vec(table, at);
		best = remote_best(l4, remote, best);
	}
	if (l4->tag < best)
		best = tags_best(table, half, key->tags, l4, best);
	/* BR_SG_VEC_NONE is -1 */
	return (s16)best;
}

/* apart, so that each saves the registers that it needs and no more */
static noinline int half_lookup4(const struct br_sg_table *table,
				 const struct br_sg_key *key)
{
	return half_lookup(table, &table->ipv4, key, false);
}

static noinline int half_lookup6(const struct br_sg_table *table,
				 const struct br_sg_key *key)
{
	return half_lookup(table, &table->ipv6, key, true);
}

int br_sg_table_lookup(const struct br_sg_table *table,
		       const struct br_sg_key *key)
{
	if (key->family == AF_INET6) {
		if (table->ipv6.classes)
			return half_lookup6(table, key);
		return half_scan(&table->ipv6, key);
	}
	if (table->ipv4.classes)
		return half_lookup4(table, key);
	return half_scan(&table->ipv4, key);
}

bool br_sg_table_has_tags(const struct br_sg_table *table)
{
	return table->has_tags;
}

u32 br_sg_table_count(const struct br_sg_table *table)
{
	return table->n;
}

struct br_sg_table_size br_sg_table_size(const struct br_sg_table *table)
{
	return table->size;
}

struct br_sg_table *br_sg_table_get(struct br_sg_table *table)
{
	refcount_inc(&table->ref);
	return table;
}

void br_sg_table_put(struct br_sg_table *table)
{
	if (table && refcount_dec_and_test(&table->ref))
		kvfree(table);
}
