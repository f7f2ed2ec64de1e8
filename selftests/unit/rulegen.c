// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/socket.h>

#include "rulegen.h"

#define POOL	64

static u64 rnd64(struct rulegen *gen)
{
	gen->rnd ^= gen->rnd << 13;
	gen->rnd ^= gen->rnd >> 7;
	gen->rnd ^= gen->rnd << 17;
	return gen->rnd * 0x2545f4914f6cdd1dULL;
}

u32 rulegen_below(struct rulegen *gen, u32 n)
{
	return (rnd64(gen) >> 32) % n;
}

#define below(n)	rulegen_below(gen, n)

static void addr_random(struct rulegen *gen, struct br_sg_addr *addr, u8 family)
{
	int i, bytes = br_sg_family_bits(family) / 8;

	memset(addr, 0, sizeof(*addr));
	for (i = 0; i < bytes; i++)
		addr->b[i] = below(256);
}

static void addr_cut(struct br_sg_addr *addr, u8 len)
{
	int i;

	for (i = len; i < 128; i++)
		addr->b[i / 8] &= ~(0x80 >> i % 8);
}

/* into one that is there already, or a new one */
static void prefix_random(struct rulegen *gen, struct br_sg_prefix *prefix,
			  const struct br_sg_prefix *pool, u32 n_pool,
			  u8 family)
{
	u8 bits = br_sg_family_bits(family);
	const struct br_sg_prefix *outer;
	int i;

	memset(prefix, 0, sizeof(*prefix));
	prefix->family = family;
	addr_random(gen, &prefix->addr, family);
	outer = n_pool ? &pool[below(n_pool)] : NULL;
	if (!outer || outer->family != family || !below(4)) {
		prefix->len = below(8) ? below(bits + 1) : below(3);
	} else {
		for (i = 0; i < outer->len; i++) {
			prefix->addr.b[i / 8] &= ~(0x80 >> i % 8);
			prefix->addr.b[i / 8] |= outer->addr.b[i / 8] &
						 (0x80 >> i % 8);
		}
		prefix->len = outer->len + below(bits / 4);
		if (prefix->len > bits)
			prefix->len = bits;
	}
	addr_cut(&prefix->addr, prefix->len);
}

static void ports_random(struct rulegen *gen, struct br_sg_match *m)
{
	u32 a = below(65536), b = below(65536);

	m->flags = BR_SG_MATCH_PORT;
	switch (below(6)) {
	case 0:
		a = 0;
		break;
	case 1:
		b = 65535;
		break;
	case 2:
		a = below(1024);
		b = a;
		break;
	case 3:
		a = below(1024);
		b = a + below(8);
		break;
	case 4:
		b = a;
		break;
	}
	m->port_min = a < b ? a : b;
	m->port_max = a < b ? b : a;
}

static void type_random(struct rulegen *gen, struct br_sg_match *m)
{
	m->flags = BR_SG_MATCH_TYPE;
	m->type = below(3) ? below(16) : 240 + below(16);
	if (below(2)) {
		m->flags |= BR_SG_MATCH_CODE;
		m->code = below(2) ? below(4) : 252 + below(4);
	}
	if (!below(20))
		m->flags = BR_SG_MATCH_CODE;
}

static void remote_random(struct rulegen *gen, struct br_sg_match *m,
			  struct br_sg_prefix *pool, u32 *n_pool, u32 sort)
{
	u8 family = m->family ? m->family : below(2) ? AF_INET : AF_INET6;

	m->remote = sort;
	if (sort == BR_SG_REMOTE_TAG) {
		m->tag = 3 * (1 + below(gen->n_tags));
	} else if (sort == BR_SG_REMOTE_PREFIX) {
		/* now and then of the family that the rule is not of */
		if (!below(30))
			family = family == AF_INET ? AF_INET6 : AF_INET;
		prefix_random(gen, &m->prefix, pool, *n_pool, family);
		if (*n_pool < POOL)
			pool[(*n_pool)++] = m->prefix;
		else
			pool[below(POOL)] = m->prefix;
	}
}

void rulegen_any(struct rulegen *gen, u32 n)
{
	static const u8 protos[] = { 6, 6, 6, 17, 17, 132, 1, 58, 0, 47 };
	static const u8 families[] = { 0, 0, AF_INET, AF_INET6 };
	struct br_sg_prefix pool[POOL];
	u32 sorts = 1 + below(3);
	u32 i, n_pool = 0;

	gen->n = n;
	/* few and in many rules, or many and rare */
	gen->n_tags = below(2) ? 1 + below(4) : 1 + below(n);
	for (i = 0; i < n; i++) {
		struct br_sg_match *m = &gen->m[i];

		memset(m, 0, sizeof(*m));
		m->family = families[below(4)];
		m->proto = protos[below(ARRAY_SIZE(protos))];
		if (!below(40))
			m->proto = below(256);
		if (m->proto == 1 || m->proto == 58 || !below(40)) {
			if (below(4))
				type_random(gen, m);
		} else if (m->proto && below(5)) {
			ports_random(gen, m);
		} else if (!below(40)) {
			ports_random(gen, m);
		}
		if (!below(500))
			m->flags |= BR_SG_MATCH_TYPE;
		remote_random(gen, m, pool, &n_pool,
			      below(sorts + 1) % 3);
		/* what matches all comes late, if at all */
		if (!m->proto && !m->flags && i < n - n / 8)
			m->proto = 6;
	}
}

void rulegen_mix(struct rulegen *gen, u32 n, u8 family)
{
	struct br_sg_prefix pool[POOL];
	u32 i, n_pool = 0;

	gen->n = n;
	gen->n_tags = 1 + n / 64;
	for (i = 0; i < n; i++) {
		struct br_sg_match *m = &gen->m[i];
		u32 sort = below(90);

		memset(m, 0, sizeof(*m));
		m->family = family;
		m->proto = 6;
		if (i >= n - n / 10) {
			/* a prefix, a protocol, or both of them */
			sort = below(3);
			m->proto = sort ? 17 : 0;
			remote_random(gen, m, pool, &n_pool,
				      sort == 1 ? BR_SG_REMOTE_ANY :
						  BR_SG_REMOTE_PREFIX);
			if (m->remote == BR_SG_REMOTE_PREFIX &&
			    m->prefix.len < 8)
				m->proto = 47;
		} else if (sort < 40) {
			m->flags = BR_SG_MATCH_PORT;
			m->port_min = 1024 + 7 * i % 60000;
			m->port_max = m->port_min;
		} else if (sort < 70) {
			m->proto = below(3) ? 6 : 17;
			m->flags = BR_SG_MATCH_PORT;
			m->port_min = below(64000);
			m->port_max = m->port_min + below(1000);
			remote_random(gen, m, pool, &n_pool,
				      BR_SG_REMOTE_PREFIX);
		} else {
			remote_random(gen, m, pool, &n_pool, BR_SG_REMOTE_TAG);
			switch (below(3)) {
			case 0:
				m->proto = 0;
				break;
			case 1:
				m->flags = BR_SG_MATCH_PORT;
				m->port_min = below(64000);
				m->port_max = m->port_min + below(1000);
			}
		}
		/* mostly networks of a tenant's size */
		if (m->remote == BR_SG_REMOTE_PREFIX && m->prefix.len < 8 &&
		    below(8)) {
			m->prefix.len = 8 + below(25);
			addr_random(gen, &m->prefix.addr, m->prefix.family);
			addr_cut(&m->prefix.addr, m->prefix.len);
		}
	}
}

/* the next address, or the one before */
static void addr_step(struct br_sg_addr *addr, u8 family, bool up)
{
	int i;

	for (i = br_sg_family_bits(family) / 8 - 1; i >= 0; i--) {
		addr->b[i] += up ? 1 : -1;
		if (addr->b[i] != (up ? 0 : 255))
			return;
	}
}

static void key_addr(struct rulegen *gen, struct br_sg_key *key,
		     const struct br_sg_match *m)
{
	u32 i, where = below(6);

	addr_random(gen, &key->remote, key->family);
	if (m->remote != BR_SG_REMOTE_PREFIX || m->prefix.family != key->family)
		return;
	for (i = 0; i < br_sg_family_bits(key->family); i++) {
		u8 bit = 0x80 >> i % 8;

		if (i < m->prefix.len || where == 1 || where == 2)
			key->remote.b[i / 8] &= ~bit;
		if (i < m->prefix.len)
			key->remote.b[i / 8] |= m->prefix.addr.b[i / 8] & bit;
		else if (where == 3 || where == 4)
			key->remote.b[i / 8] |= bit;
	}
	if (where == 2 || where == 4)
		addr_step(&key->remote, key->family, where == 4);
}

static void key_tags(struct rulegen *gen, struct br_sg_tags *tags, u32 tag,
		     u32 max)
{
	u32 n = below(max + 1);
	u32 step, id, i;

	refcount_set(&tags->ref, 1);
	tags->n = 0;
	if (!n)
		return;
	/* spread over the ids that rules have, and between them */
	step = 2 * (3 * gen->n_tags / n) + 1;
	if (tag && (below(8) || n == 1)) {
		/* so that @tag is one of them */
		id = tag;
		for (i = below(n); i && id > 1; i--)
			id -= id > step ? 1 + below(step) : 1;
	} else {
		id = below(step);
		tag = 0;
	}
	while (tags->n < n) {
		tags->ids[tags->n++] = id;
		if (id < tag && id + step > tag)
			id = tag;
		else
			id += 1 + below(step);
	}
}

void rulegen_key(struct rulegen *gen, struct rulegen_key *out, u32 max_tags)
{
	const struct br_sg_match *m = &gen->m[below(gen->n)];
	const struct br_sg_match *other = &gen->m[below(gen->n)];
	const struct br_sg_match *where = below(2) ? m : other;
	struct br_sg_key *key = &out->key;

	memset(key, 0, sizeof(*key));
	key->tags = &out->tags;
	key->family = m->family;
	if (!m->family)
		key->family = m->remote == BR_SG_REMOTE_PREFIX ?
			      m->prefix.family :
			      below(2) ? AF_INET : AF_INET6;
	key->proto = m->proto;
	if (!m->proto)
		key->proto = below(2) ? 6 : below(256);
	if (!below(16))
		key->proto = other->proto;
	if (where->flags & BR_SG_MATCH_PORT ||
	    (!where->flags && (key->proto == 6 || key->proto == 17))) {
		key->flags = BR_SG_MATCH_PORT;
		key->dport = below(2) ? where->port_min : where->port_max;
		if (!where->flags)
			key->dport = below(65536);
		else if (below(2))
			key->dport += (int)below(3) - 1;
		else if (below(2))
			key->dport = where->port_min +
				     below(where->port_max - where->port_min +
					   1U);
	} else if (where->flags) {
		key->flags = BR_SG_MATCH_TYPE | BR_SG_MATCH_CODE;
		key->type = where->type;
		key->code = where->code;
		if (!(where->flags & BR_SG_MATCH_CODE))
			key->code = below(256);
		if (!(where->flags & BR_SG_MATCH_TYPE))
			key->type = below(256);
		if (!below(3))
			key->code += (int)below(3) - 1;
		if (!below(6))
			key->type += (int)below(3) - 1;
	}
	if (!below(30))
		key->flags = 0;
	key_addr(gen, key, below(4) ? m : other);
	key_tags(gen, &out->tags, m->remote == BR_SG_REMOTE_TAG ? m->tag : 0,
		 max_tags);
}
