// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Looks up remotes for callgrind to count, and times changes.
 *   count_remotes 4|6 MEMBERS LOOKUPS CHANGES
 *   count_remotes sets SETS: one address gets into all of them, in one change
 */
#include <linux/err.h>

#include <time.h>

#include "match/remotes.h"
#include "tap.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static struct br_sg_remotes *change(struct br_sg_remotes *remotes,
				    struct br_sg_addrset **set,
				    const struct br_sg_prefix *items, u32 n)
{
	struct br_sg_remotes_change change = { .id = 1, .before = *set };
	struct br_sg_addrset *after;
	struct br_sg_remotes *next;

	after = br_sg_addrset_insert(*set, items, n, true, NULL);
	change.after = after;
	next = br_sg_remotes_change(remotes, &change, 1);
	br_sg_remotes_put(remotes);
	br_sg_addrset_put(*set);
	*set = after;
	return next;
}

static int one_in_many(u32 n)
{
	struct br_sg_prefix item = { .family = AF_INET, .len = 32 };
	struct br_sg_remotes_change *changes = calloc(n, sizeof(*changes));
	struct br_sg_remotes *none = br_sg_remotes_new(), *remotes;
	struct br_sg_addrset *set;
	u32 i, found;

	item.addr.v4 = cpu_to_be32(0x0a000001);
	set = br_sg_addrset_build(&item, 1);
	for (i = 0; i < n; i++) {
		changes[i].id = i + 1;
		changes[i].after = set;
	}
	remotes = br_sg_remotes_change(none, changes, n);
	found = br_sg_remotes_find(remotes, AF_INET, &item.addr)->n;
	printf("one address in %u sets\n", found);
	br_sg_remotes_put(remotes);
	br_sg_remotes_put(none);
	br_sg_addrset_put(set);
	free(changes);
	return found != n;
}

static int many_members(int argc, char **argv)
{
	u8 family = argc > 1 && atoi(argv[1]) == 6 ? AF_INET6 : AF_INET;
	u32 n = argc > 2 ? atoi(argv[2]) : 100000;
	u32 lookups = argc > 3 ? atoi(argv[3]) : 10000;
	u32 more = argc > 4 ? atoi(argv[4]) : 1000;
	struct br_sg_prefix *items = calloc(n + more, sizeof(*items));
	struct br_sg_addrset *set = br_sg_addrset_build(NULL, 0);
	struct br_sg_remotes *remotes = br_sg_remotes_new();
	double t0, t1, t2;
	u32 i, found = 0;

	for (i = 0; i < n + more; i++) {
		items[i].family = family;
		items[i].len = br_sg_family_bits(family);
		items[i].addr.w[0] = rnd();
		if (family == AF_INET6) {
			items[i].addr.w[1] = rnd();
			items[i].addr.w[2] = rnd();
			items[i].addr.w[3] = rnd();
		}
	}
	t0 = now();
	remotes = change(remotes, &set, items, n);
	t1 = now();
	for (i = n; i < n + more; i++)
		remotes = change(remotes, &set, items + i, 1);
	t2 = now();
	/* half of them are members */
	for (i = 0; i < lookups; i++) {
		struct br_sg_addr addr = items[rnd_below(n)].addr;

		if (i % 2)
			addr.w[family == AF_INET ? 0 : 3] = rnd();
		found += br_sg_remotes_find(remotes, family, &addr)->n;
	}
	printf("IPv%d, %u members: built in %.1f ms, one more in %.1f us, %u of %u found\n",
	       family == AF_INET ? 4 : 6, n, (t1 - t0) * 1e3, (t2 - t1) / max(more, 1U) * 1e6,
	       found, lookups);
	br_sg_remotes_put(remotes);
	br_sg_addrset_put(set);
	free(items);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "sets"))
		return one_in_many(atoi(argv[2]));
	return many_members(argc, argv);
}
