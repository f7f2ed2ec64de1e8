// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * table.c against rules written as text-like tests in another order, one field
 * after the other, with addresses compared bit by bit. Rules and keys are drawn
 * from few values, so that most lookups find something and rules overlap.
 */
#include "pkt.h"
#include "table.h"
#include "tap.h"

#define RULES_MAX	64

static const char * const remotes[] = {
	"0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.0.4/32", "10.1.0.5/32",
	"192.0.2.0/24", "0.0.0.0/1", "255.255.255.255/32",
	"::/0", "2001:db8::/32", "2001:db8::/64", "2001:db8::4/128",
	"fe80::/10", "::/128", "2001:db8:0:1::/65",
};

static const char * const addrs[] = {
	"10.1.0.4", "10.1.0.5", "10.1.0.6", "10.2.0.1", "11.0.0.1", "192.0.2.9",
	"0.0.0.0", "255.255.255.255", "200.0.0.1",
	"2001:db8::4", "2001:db8::5", "2001:db8:0:1::1", "2001:db8:0:1:8000::",
	"2001:db9::", "fe80::1", "::",
};

static const u8 protos[] = { 0, 1, 6, 17, 58, 132, 255 };
static const u16 edges[] = { 0, 1, 22, 23, 80, 443, 1023, 1024, 65534, 65535 };

struct set {
	int n;
	struct br_sg_prefix p[6];
	struct br_sg_addrset *set;
};

static bool oracle_covers(const struct br_sg_prefix *p, const struct br_sg_key *k)
{
	int i;

	for (i = 0; i < p->len; i++)
		if ((p->addr.b[i / 8] ^ k->remote.b[i / 8]) & (0x80 >> i % 8))
			return false;
	return p->family == k->family;
}

static bool oracle_match(const struct br_sg_match *m, const struct set *sets,
			 const int *set_of, int rule, const struct br_sg_key *k)
{
	bool remote = m->remote == BR_SG_REMOTE_ANY;
	bool ports, type, code;
	int i;

	if (m->remote == BR_SG_REMOTE_PREFIX)
		remote = oracle_covers(&m->prefix, k);
	if (m->remote == BR_SG_REMOTE_SET)
		for (i = 0; i < sets[set_of[rule]].n; i++)
			remote |= oracle_covers(&sets[set_of[rule]].p[i], k);
	ports = m->flags & BR_SG_MATCH_PORT ?
		(k->flags & BR_SG_MATCH_PORT) && m->port_min <= k->dport &&
		k->dport <= m->port_max : true;
	type = m->flags & BR_SG_MATCH_TYPE ?
	       (k->flags & BR_SG_MATCH_TYPE) && k->type == m->type : true;
	code = m->flags & BR_SG_MATCH_CODE ?
	       (k->flags & BR_SG_MATCH_TYPE) && k->code == m->code : true;
	return remote && ports && type && code &&
	       (m->family == 0 || m->family == k->family) &&
	       (m->proto == 0 || m->proto == k->proto);
}

static struct br_sg_prefix any_prefix(void)
{
	return prefix(remotes[rnd_below(ARRAY_SIZE(remotes))]);
}

static void rnd_match(struct br_sg_match *m, const struct set *sets, int n_sets,
		      int *set_of)
{
	memset(m, 0, sizeof(*m));
	m->family = (u8[]){ 0, AF_INET, AF_INET6 }[rnd_below(3)];
	m->proto = protos[rnd_below(ARRAY_SIZE(protos))];
	switch (rnd_below(4)) {
	case 0:
		m->flags = BR_SG_MATCH_PORT;
		m->port_min = edges[rnd_below(ARRAY_SIZE(edges))];
		m->port_max = edges[rnd_below(ARRAY_SIZE(edges))];
		if (m->port_max < m->port_min) {
			u16 t = m->port_min;

			m->port_min = m->port_max;
			m->port_max = t;
		}
		break;
	case 1:
		m->flags = BR_SG_MATCH_TYPE;
		m->type = rnd_below(3) * 8;
		if (rnd_below(2)) {
			m->flags |= BR_SG_MATCH_CODE;
			m->code = rnd_below(3);
		}
		break;
	}
	m->remote = rnd_below(3);
	if (m->remote == BR_SG_REMOTE_PREFIX)
		m->prefix = any_prefix();
	*set_of = rnd_below(n_sets);
	if (m->remote == BR_SG_REMOTE_SET)
		m->set = sets[*set_of].set;
}

static void rnd_key(struct br_sg_key *k)
{
	struct br_sg_prefix p = prefix(addrs[rnd_below(ARRAY_SIZE(addrs))]);

	memset(k, 0, sizeof(*k));
	k->family = p.family;
	k->remote = p.addr;
	k->proto = protos[1 + rnd_below(ARRAY_SIZE(protos) - 1)];
	switch (rnd_below(3)) {
	case 0:
		k->flags = BR_SG_MATCH_PORT;
		k->dport = edges[rnd_below(ARRAY_SIZE(edges))] +
			   (int)rnd_below(3) - 1;
		break;
	case 1:
		k->flags = BR_SG_MATCH_TYPE;
		k->type = rnd_below(3) * 8;
		k->code = rnd_below(3);
		break;
	}
}

static void test_random(void)
{
	struct br_sg_match m[RULES_MAX];
	int set_of[RULES_MAX];
	long lookups = 0, hits = 0, bad = 0;
	int round, i, j;

	for (round = 0; round < 3000; round++) {
		struct br_sg_prefix items[6];
		struct br_sg_table *table;
		struct set sets[3];
		int n = rnd_below(round % 10 ? 12 : RULES_MAX);

		for (i = 0; i < 3; i++) {
			sets[i].n = rnd_below(7);
			for (j = 0; j < sets[i].n; j++)
				items[j] = sets[i].p[j] = any_prefix();
			sets[i].set = br_sg_addrset_build(items, sets[i].n);
		}
		for (i = 0; i < n; i++)
			rnd_match(&m[i], sets, 3, &set_of[i]);
		table = br_sg_table_build(m, n);
		/* the table has its own references */
		for (i = 0; i < 3; i++)
			br_sg_addrset_put(sets[i].set);
		bad += br_sg_table_count(table) != (u32)n;
		for (j = 0; j < 400; j++) {
			struct br_sg_key k;
			int want = -1;

			rnd_key(&k);
			for (i = n - 1; i >= 0; i--)
				if (oracle_match(&m[i], sets, set_of, i, &k))
					want = i;
			lookups++;
			hits += want >= 0;
			bad += br_sg_table_lookup(table, &k) != want;
		}
		br_sg_table_put(table);
	}
	ok(!bad && lookups >= 1000000, "random: %ld lookups, %ld found a rule, %ld wrong",
	   lookups, hits, bad);
}

static struct br_sg_key key(const char *remote, u8 proto)
{
	struct br_sg_prefix p = prefix(remote);
	struct br_sg_key k = {
		.family = p.family,
		.proto = proto,
		.remote = p.addr,
	};

	return k;
}

/* one rule, one field off at a time */
static void test_fields(void)
{
	struct br_sg_match m = {
		.family = AF_INET, .proto = 6, .flags = BR_SG_MATCH_PORT,
		.port_min = 22, .port_max = 23,
		.remote = BR_SG_REMOTE_PREFIX, .prefix = prefix("10.0.0.0/8"),
	};
	struct br_sg_table *t = br_sg_table_build(&m, 1);
	struct br_sg_key k = key("10.9.9.9", 6);

	k.flags = BR_SG_MATCH_PORT;
	k.dport = 22;
	ok(br_sg_table_lookup(t, &k) == 0, "tcp 22 from 10/8");
	k.dport = 23;
	ok(br_sg_table_lookup(t, &k) == 0, "last port");
	k.dport = 24;
	ok(br_sg_table_lookup(t, &k) == -1, "a port too far");
	k.dport = 21;
	ok(br_sg_table_lookup(t, &k) == -1, "a port too near");
	k.dport = 22;
	k.proto = 17;
	ok(br_sg_table_lookup(t, &k) == -1, "another protocol");
	k.proto = 6;
	k.flags = 0;
	ok(br_sg_table_lookup(t, &k) == -1, "no port known");
	k = key("11.0.0.0", 6);
	k.flags = BR_SG_MATCH_PORT;
	k.dport = 22;
	ok(br_sg_table_lookup(t, &k) == -1, "another remote");
	k = key("a00::", 6);
	k.flags = BR_SG_MATCH_PORT;
	k.dport = 22;
	ok(br_sg_table_lookup(t, &k) == -1, "the same bytes in IPv6");
	br_sg_table_put(br_sg_table_get(t));
	ok(br_sg_table_count(t) == 1, "get and put");
	br_sg_table_put(t);
	br_sg_table_put(NULL);

	t = br_sg_table_build(NULL, 0);
	ok(!br_sg_table_count(t) && br_sg_table_lookup(t, &k) == -1,
	   "an empty table matches nothing");
	br_sg_table_put(t);

	memset(&m, 0, sizeof(m));
	t = br_sg_table_build(&m, 1);
	ok(br_sg_table_lookup(t, &k) == 0, "a rule that asks nothing");
	br_sg_table_put(t);

	m.proto = 1;
	m.flags = BR_SG_MATCH_TYPE | BR_SG_MATCH_CODE;
	m.type = 3;
	m.code = 4;
	t = br_sg_table_build(&m, 1);
	k = key("1.1.1.1", 1);
	ok(br_sg_table_lookup(t, &k) == -1, "no type known");
	k.flags = BR_SG_MATCH_TYPE;
	k.type = 3;
	k.code = 4;
	ok(br_sg_table_lookup(t, &k) == 0, "type and code");
	k.code = 0;
	ok(br_sg_table_lookup(t, &k) == -1, "another code");
	k.code = 4;
	k.type = 5;
	ok(br_sg_table_lookup(t, &k) == -1, "another type");
	br_sg_table_put(t);

	m.remote = BR_SG_REMOTE_SET;
	m.set = br_sg_addrset_build(NULL, 0);
	m.flags = 0;
	t = br_sg_table_build(&m, 1);
	br_sg_addrset_put(m.set);
	ok(br_sg_table_lookup(t, &k) == -1, "an empty set matches nothing");
	br_sg_table_put(t);

	shim_alloc_left = 0;
	m.remote = BR_SG_REMOTE_ANY;
	t = br_sg_table_build(&m, 1);
	shim_alloc_left = -1;
	ok(PTR_ERR(t) == -ENOMEM, "no memory");
}

int main(int argc, char **argv)
{
	rnd_seed(argc, argv);
	test_fields();
	test_random();
	return tap_plan();
}
