/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of prefixes that are searched from end to end, and random ones. */
#ifndef UNIT_LIST_H
#define UNIT_LIST_H

#include "match/addrset.h"
#include "tap.h"

#define LIST_MAX	400

/* the oracle: unsorted, compared bit by bit */
struct list {
	u32 n;
	struct br_sg_prefix p[LIST_MAX];
};

static inline bool bit(const struct br_sg_addr *a, int i)
{
	return a->b[i / 8] >> (7 - i % 8) & 1;
}

static inline bool slow_covers(const struct br_sg_prefix *p, u8 family,
			       const struct br_sg_addr *a)
{
	int i;

	if (p->family != family)
		return false;
	for (i = 0; i < p->len; i++)
		if (bit(&p->addr, i) != bit(a, i))
			return false;
	return true;
}

static inline bool slow_same(const struct br_sg_prefix *a,
			     const struct br_sg_prefix *b)
{
	return a->family == b->family && a->len == b->len &&
	       !memcmp(a->addr.b, b->addr.b, 16);
}

static inline int list_find(const struct list *l, const struct br_sg_prefix *p)
{
	u32 i;

	for (i = 0; i < l->n; i++)
		if (slow_same(&l->p[i], p))
			return i;
	return -1;
}

static inline bool list_equal(const struct list *a, const struct list *b)
{
	u32 i;

	for (i = 0; i < a->n; i++)
		if (list_find(b, &a->p[i]) < 0)
			return false;
	return a->n == b->n;
}

static inline bool list_has(const struct list *l, u8 family,
			    const struct br_sg_addr *a)
{
	u32 i;

	for (i = 0; i < l->n; i++)
		if (slow_covers(&l->p[i], family, a))
			return true;
	return false;
}

static inline bool list_covers(const struct list *l, const struct br_sg_prefix *p)
{
	u32 i;

	for (i = 0; i < l->n; i++)
		if (l->p[i].len <= p->len &&
		    slow_covers(&l->p[i], p->family, &p->addr))
			return true;
	return false;
}

/* the first of its family that is not before @from, or NULL */
static inline const struct br_sg_prefix *
list_next(const struct list *l, const struct br_sg_prefix *from)
{
	const struct br_sg_prefix *best = NULL;
	u32 i;

	for (i = 0; i < l->n; i++)
		if (l->p[i].family == from->family &&
		    br_sg_prefix_cmp(&l->p[i], from) >= 0 &&
		    (!best || br_sg_prefix_cmp(&l->p[i], best) < 0))
			best = &l->p[i];
	return best;
}

/* few different bytes, so that things overlap, touch and repeat */
static inline void rnd_addr(u8 family, struct br_sg_addr *a)
{
	static const u8 some[] = { 0, 0, 1, 2, 127, 128, 254, 255, 255 };
	int i;

	memset(a, 0, sizeof(*a));
	for (i = 0; i < (family == AF_INET ? 4 : 16); i++)
		a->b[i] = some[rnd_below(sizeof(some))];
	if (family == AF_INET6 && rnd_below(2))
		memset(a->b, 0, 14);
	if (family == AF_INET && rnd_below(2))
		memset(a->b, 255, 2);
}

static inline void rnd_prefix(struct br_sg_prefix *p)
{
	int bits, i;

	memset(p, 0, sizeof(*p));
	p->family = rnd_below(2) ? AF_INET : AF_INET6;
	bits = br_sg_family_bits(p->family);
	rnd_addr(p->family, &p->addr);
	switch (rnd_below(4)) {
	case 0:
		p->len = bits;
		break;
	case 1:
		p->len = rnd_below(bits + 1);
		break;
	default:
		p->len = bits - rnd_below(10);
		break;
	}
	if (p->len < 4 && rnd_below(10))
		p->len = bits;
	for (i = p->len; i < bits; i++)
		p->addr.b[i / 8] &= ~(1 << (7 - i % 8));
}

/* an address near the edges of something in the list, or any */
static inline u8 rnd_probe(const struct list *l, struct br_sg_addr *a)
{
	const struct br_sg_prefix *p;
	u8 family;
	int i, bits, step;

	if (!l->n || !rnd_below(4)) {
		family = rnd_below(2) ? AF_INET : AF_INET6;
		rnd_addr(family, a);
		return family;
	}
	p = &l->p[rnd_below(l->n)];
	bits = br_sg_family_bits(p->family);
	*a = p->addr;
	if (rnd_below(2))
		for (i = p->len; i < bits; i++)
			a->b[i / 8] |= 1 << (7 - i % 8);
	/* the neighbour, around the end too */
	step = (int)rnd_below(3) - 1;
	for (i = bits / 8 - 1; step && i >= 0; i--) {
		int v = a->b[i] + step;

		a->b[i] = v;
		step = v < 0 ? -1 : v > 255;
	}
	return p->family;
}

#endif
