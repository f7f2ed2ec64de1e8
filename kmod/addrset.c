// SPDX-License-Identifier: GPL-2.0
/*
 * Sets of prefixes. A set is kept twice: as the user gave it, sorted, to show
 * it and to change it; and as disjoint ranges, for lookup by bisection, which
 * overlapping prefixes would not allow. 24 bytes a member and at most 8 (IPv4)
 * or 32 (IPv6) a range.
 *
 * Sets are immutable: a change makes a copy, in time linear in the set, with
 * only the changed members sorted.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "addrset.h"

/* an IPv6 address as a number */
struct wide {
	u64 hi;
	u64 lo;
};

/**
 * struct br_sg_addrset - a set
 * @ref: users
 * @n: prefixes in @items
 * @n4: IPv4 ranges
 * @n6: IPv6 ranges
 * @first6: their first addresses, ascending; the memory of all four arrays
 * @last6: their last addresses
 * @first4: the same for IPv4, host order
 * @last4: the same for IPv4
 * @items: sorted by br_sg_prefix_cmp(), each once
 */
struct br_sg_addrset {
	refcount_t ref;
	u32 n;
	u32 n4;
	u32 n6;
	struct wide *first6;
	struct wide *last6;
	u32 *first4;
	u32 *last4;
	struct br_sg_prefix items[];
};

static u32 mask4(u8 len)
{
	/* a shift by 32 is not defined */
	return len ? ~0U << (32 - len) : 0;
}

static struct wide mask6(u8 len)
{
	struct wide mask = { 0, 0 };

	if (len > 64) {
		mask.hi = ~0ULL;
		mask.lo = ~0ULL << (128 - len);
	} else if (len) {
		mask.hi = ~0ULL << (64 - len);
	}
	return mask;
}

static struct wide wide(const struct br_sg_addr *addr)
{
	return (struct wide) {
		.hi = (u64)be32_to_cpu(addr->w[0]) << 32 |
		      be32_to_cpu(addr->w[1]),
		.lo = (u64)be32_to_cpu(addr->w[2]) << 32 |
		      be32_to_cpu(addr->w[3]),
	};
}

static bool wide_le(struct wide a, struct wide b)
{
	return a.hi < b.hi || (a.hi == b.hi && a.lo <= b.lo);
}

bool br_sg_prefix_has(const struct br_sg_prefix *prefix, u8 family,
		      const struct br_sg_addr *addr)
{
	struct wide a, p, mask;

	if (prefix->family != family)
		return false;
	if (family == AF_INET)
		return !((be32_to_cpu(addr->v4) ^
			  be32_to_cpu(prefix->addr.v4)) & mask4(prefix->len));
	a = wide(addr);
	p = wide(&prefix->addr);
	mask = mask6(prefix->len);
	return !((a.hi ^ p.hi) & mask.hi) && !((a.lo ^ p.lo) & mask.lo);
}

bool br_sg_prefix_valid(const struct br_sg_prefix *prefix)
{
	struct wide a, mask;

	if (prefix->family != AF_INET && prefix->family != AF_INET6)
		return false;
	if (prefix->len > br_sg_family_bits(prefix->family))
		return false;
	if (prefix->family == AF_INET)
		return !(be32_to_cpu(prefix->addr.v4) & ~mask4(prefix->len)) &&
		       !prefix->addr.w[1] && !prefix->addr.q[1];
	a = wide(&prefix->addr);
	mask = mask6(prefix->len);
	return !(a.hi & ~mask.hi) && !(a.lo & ~mask.lo);
}

int br_sg_prefix_cmp(const struct br_sg_prefix *a,
		     const struct br_sg_prefix *b)
{
	int ret;

	if (a->family != b->family)
		return a->family == AF_INET ? -1 : 1;
	ret = memcmp(a->addr.b, b->addr.b, sizeof(a->addr.b));
	if (ret)
		return ret;
	return (int)a->len - b->len;
}

/*
 * Walks the sorted items and merges what overlaps or touches into ranges.
 * Without the arrays it only counts them.
 */
static void ranges_make(struct br_sg_addrset *set)
{
	struct wide last6 = { 0, 0 };
	u32 last4 = 0;
	u32 i;

	set->n4 = 0;
	set->n6 = 0;
	for (i = 0; i < set->n; i++) {
		const struct br_sg_prefix *item = &set->items[i];

		if (item->family == AF_INET) {
			u32 first = be32_to_cpu(item->addr.v4);
			u32 last = first | ~mask4(item->len);

			/* first > 0 here: items ascend, n4 is not 0 */
			if (set->n4 && (first <= last4 || first - 1 == last4)) {
				last4 = max(last, last4);
			} else {
				if (set->first4)
					set->first4[set->n4] = first;
				last4 = last;
				set->n4++;
			}
			if (set->last4)
				set->last4[set->n4 - 1] = last4;
		} else {
			struct wide first = wide(&item->addr);
			struct wide mask = mask6(item->len);
			struct wide last, prev;

			last.hi = first.hi | ~mask.hi;
			last.lo = first.lo | ~mask.lo;
			/* the address before @first, not used when there is none */
			prev.hi = first.hi - !first.lo;
			prev.lo = first.lo - 1;
			if (set->n6 && (wide_le(first, last6) ||
					wide_le(prev, last6))) {
				if (wide_le(last6, last))
					last6 = last;
			} else {
				if (set->first6)
					set->first6[set->n6] = first;
				last6 = last;
				set->n6++;
			}
			if (set->last6)
				set->last6[set->n6 - 1] = last6;
		}
	}
}

static struct br_sg_addrset *set_alloc(u32 n)
{
	struct br_sg_addrset *set;

	set = kvmalloc(struct_size(set, items, n), GFP_KERNEL_ACCOUNT);
	if (!set)
		return NULL;
	memset(set, 0, sizeof(*set));
	refcount_set(&set->ref, 1);
	set->n = n;
	return set;
}

/* the items are there: add the ranges; frees the set when there is no memory */
static struct br_sg_addrset *set_finish(struct br_sg_addrset *set)
{
	size_t size;
	u32 n4, n6;
	void *mem;

	ranges_make(set);
	n4 = set->n4;
	n6 = set->n6;
	/* no overflow: @items takes 24 bytes each, and there is memory for it */
	size = 2 * sizeof(*set->first6) * n6 + 2 * sizeof(*set->first4) * n4;
	if (!size)
		return set;
	mem = kvmalloc(size, GFP_KERNEL_ACCOUNT);
	if (!mem) {
		kvfree(set);
		return ERR_PTR(-ENOMEM);
	}
	set->first6 = mem;
	set->last6 = set->first6 + n6;
	set->first4 = (u32 *)(set->last6 + n6);
	set->last4 = set->first4 + n4;
	ranges_make(set);
	return set;
}

/* by content, then as given, so that of equal ones the first comes first */
static int order_cmp(const void *a, const void *b, const void *priv)
{
	const struct br_sg_prefix *items = priv;
	u32 i = *(const u32 *)a;
	u32 j = *(const u32 *)b;
	int ret;

	ret = br_sg_prefix_cmp(&items[i], &items[j]);
	if (ret)
		return ret;
	return i < j ? -1 : i > j;
}

/* indices of @items, sorted; n is not 0 */
static u32 *order_make(const struct br_sg_prefix *items, u32 n)
{
	bool sorted = true;
	u32 *order;
	u32 i;

	order = kvmalloc_array(n, sizeof(*order), GFP_KERNEL_ACCOUNT);
	if (!order)
		return NULL;
	for (i = 0; i < n; i++) {
		order[i] = i;
		if (i && br_sg_prefix_cmp(&items[i - 1], &items[i]) > 0)
			sorted = false;
	}
	/* what we showed once comes back in order: a reload, a copy */
	if (!sorted)
		sort_r(order, n, sizeof(*order), order_cmp, NULL, items);
	return order;
}

/* index of the first item from @from on that is not before @item */
static u32 set_position(const struct br_sg_addrset *set, u32 from,
			const struct br_sg_prefix *item)
{
	u32 to = set ? set->n : 0;

	while (from < to) {
		u32 mid = from + (to - from) / 2;

		if (br_sg_prefix_cmp(&set->items[mid], item) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static bool set_item_is(const struct br_sg_addrset *set, u32 i,
			const struct br_sg_prefix *item)
{
	return set && i < set->n && !br_sg_prefix_cmp(&set->items[i], item);
}

static void items_copy(struct br_sg_prefix *to, const struct br_sg_prefix *from,
		       u32 n)
{
	if (n)
		memcpy(to, from, array_size(n, sizeof(*to)));
}

/* @set NULL: an empty one */
static struct br_sg_addrset *set_add(const struct br_sg_addrset *set,
				     const struct br_sg_prefix *items, u32 n,
				     bool exist_ok, u32 *bad)
{
	u32 n_old = set ? set->n : 0;
	struct br_sg_addrset *new;
	u32 *order = NULL;
	u32 first_bad = n;
	u32 i, n_new = 0;
	u32 from = 0;
	u32 to = 0;

	if (n) {
		order = order_make(items, n);
		if (!order)
			return ERR_PTR(-ENOMEM);
	}

	/* keep of @order only what is new */
	for (i = 0; i < n; i++) {
		const struct br_sg_prefix *item = &items[order[i]];

		from = set_position(set, from, item);
		if (set_item_is(set, from, item) ||
		    (n_new &&
		     !br_sg_prefix_cmp(&items[order[n_new - 1]], item)))
			first_bad = min(first_bad, order[i]);
		else
			order[n_new++] = order[i];
	}
	if (!exist_ok && first_bad < n) {
		if (bad)
			*bad = first_bad;
		kvfree(order);
		return ERR_PTR(-EEXIST);
	}

	if (n_new > U32_MAX - n_old)
		new = NULL;
	else
		new = set_alloc(n_old + n_new);
	if (!new) {
		kvfree(order);
		return ERR_PTR(-ENOMEM);
	}
	from = 0;
	for (i = 0; i < n_new; i++) {
		const struct br_sg_prefix *item = &items[order[i]];
		u32 next = set_position(set, from, item);

		if (set)
			items_copy(&new->items[to], &set->items[from],
				   next - from);
		to += next - from;
		from = next;
		new->items[to++] = *item;
	}
	if (set)
		items_copy(&new->items[to], &set->items[from], n_old - from);
	kvfree(order);
	return set_finish(new);
}

struct br_sg_addrset *br_sg_addrset_build(const struct br_sg_prefix *items,
					  u32 n)
{
	return set_add(NULL, items, n, true, NULL);
}

struct br_sg_addrset *br_sg_addrset_insert(const struct br_sg_addrset *set,
					   const struct br_sg_prefix *items,
					   u32 n, bool exist_ok, u32 *bad)
{
	return set_add(set, items, n, exist_ok, bad);
}

struct br_sg_addrset *br_sg_addrset_remove(const struct br_sg_addrset *set,
					   const struct br_sg_prefix *items,
					   u32 n, u32 *bad)
{
	struct br_sg_addrset *new;
	u32 *order = NULL;
	u32 first_bad = n;
	u32 from = 0;
	u32 to = 0;
	u32 i;

	if (n) {
		order = order_make(items, n);
		if (!order)
			return ERR_PTR(-ENOMEM);
	}

	/* each found moves @from behind it: given twice, it is not there */
	for (i = 0; i < n; i++) {
		const struct br_sg_prefix *item = &items[order[i]];

		from = set_position(set, from, item);
		if (set_item_is(set, from, item))
			from++;
		else
			first_bad = min(first_bad, order[i]);
	}
	if (first_bad < n) {
		if (bad)
			*bad = first_bad;
		kvfree(order);
		return ERR_PTR(-ENOENT);
	}

	new = set_alloc(set->n - n);
	if (!new) {
		kvfree(order);
		return ERR_PTR(-ENOMEM);
	}
	from = 0;
	for (i = 0; i < n; i++) {
		u32 next = set_position(set, from, &items[order[i]]);

		items_copy(&new->items[to], &set->items[from], next - from);
		to += next - from;
		from = next + 1;
	}
	items_copy(&new->items[to], &set->items[from], set->n - from);
	kvfree(order);
	return set_finish(new);
}

static bool has4(const struct br_sg_addrset *set, u32 addr)
{
	u32 from = 0;
	u32 to = set->n4;

	/* the first range that begins behind @addr; the one before may hold it */
	while (from < to) {
		u32 mid = from + (to - from) / 2;

		if (set->first4[mid] <= addr)
			from = mid + 1;
		else
			to = mid;
	}
	return from && addr <= set->last4[from - 1];
}

static bool has6(const struct br_sg_addrset *set, struct wide addr)
{
	u32 from = 0;
	u32 to = set->n6;

	while (from < to) {
		u32 mid = from + (to - from) / 2;

		if (wide_le(set->first6[mid], addr))
			from = mid + 1;
		else
			to = mid;
	}
	return from && wide_le(addr, set->last6[from - 1]);
}

bool br_sg_addrset_has(const struct br_sg_addrset *set, u8 family,
		       const struct br_sg_addr *addr)
{
	if (family == AF_INET)
		return has4(set, be32_to_cpu(addr->v4));
	if (family == AF_INET6)
		return has6(set, wide(addr));
	return false;
}

bool br_sg_addrset_equal(const struct br_sg_addrset *a,
			 const struct br_sg_addrset *b)
{
	u32 i;

	if (a == b)
		return true;
	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++)
		if (br_sg_prefix_cmp(&a->items[i], &b->items[i]))
			return false;
	return true;
}

u32 br_sg_addrset_count(const struct br_sg_addrset *set)
{
	return set->n;
}

void br_sg_addrset_item(const struct br_sg_addrset *set, u32 i,
			struct br_sg_prefix *item)
{
	*item = set->items[i];
}

struct br_sg_addrset *br_sg_addrset_get(struct br_sg_addrset *set)
{
	refcount_inc(&set->ref);
	return set;
}

void br_sg_addrset_put(struct br_sg_addrset *set)
{
	if (!set || !refcount_dec_and_test(&set->ref))
		return;
	kvfree(set->first6);
	kvfree(set);
}
