// SPDX-License-Identifier: GPL-2.0
/*
 * Sets of prefixes: a tree of them for each family, in the order that they are
 * shown in. A key is the address and the length; there is no value. 5 bytes a
 * member (IPv4) or 17 (IPv6) where nodes are full, and at most twice that.
 *
 * Prefixes may lie in each other. Those that have an address in them begin
 * with the same bits as it; so the search goes back from the address to the
 * last prefix before it, which says how many bits one further back can share.
 */
#include <linux/bitops.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "match/addrset.h"
#include "match/tree.h"
#include "match/wide.h"

/* of a tree: the address, then the length */
struct set_key {
	u8 b[17];
};

static const struct br_sg_tree_type tree4 = { .key = 5 };
static const struct br_sg_tree_type tree6 = { .key = 17 };

/**
 * struct br_sg_addrset - a set
 * @ref: users
 * @v4: prefixes of IPv4
 * @v6: prefixes of IPv6
 * @lens4: a bit for each length in @v4, and perhaps for some that were removed
 * @lens6: the same for @v6
 */
struct br_sg_addrset {
	refcount_t ref;
	struct br_sg_tree v4;
	struct br_sg_tree v6;
	u64 lens4;
	u64 lens6[3];
};

static u32 mask4(u8 len)
{
	/* a shift by 32 is not defined */
	return len ? ~0U << (32 - len) : 0;
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
	mask = wide_mask(prefix->len);
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
	mask = wide_mask(prefix->len);
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

static struct set_key key_of(const struct br_sg_prefix *item)
{
	struct set_key key = { { 0 } };

	if (item->family == AF_INET) {
		memcpy(key.b, item->addr.b, 4);
		key.b[4] = item->len;
	} else {
		memcpy(key.b, item->addr.b, 16);
		key.b[16] = item->len;
	}
	return key;
}

static void key_item(const u8 *key, u8 family, struct br_sg_prefix *item)
{
	u8 size = br_sg_family_bits(family) / 8;

	memset(item, 0, sizeof(*item));
	memcpy(item->addr.b, key, size);
	item->family = family;
	item->len = key[size];
}

static const struct br_sg_tree_type *type_of(u8 family)
{
	return family == AF_INET ? &tree4 : &tree6;
}

static const struct br_sg_tree *tree_of(const struct br_sg_addrset *set,
					u8 family)
{
	return family == AF_INET ? &set->v4 : &set->v6;
}

static bool set_has(const struct br_sg_addrset *set,
		    const struct br_sg_prefix *item)
{
	struct set_key key = key_of(item);

	return br_sg_tree_find(type_of(item->family),
			       tree_of(set, item->family), key.b);
}

/* @set NULL: an empty one. NULL: out of memory */
static struct br_sg_addrset *set_copy(const struct br_sg_addrset *set)
{
	struct br_sg_addrset *new;

	new = kmalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new)
		return NULL;
	memset(new, 0, sizeof(*new));
	refcount_set(&new->ref, 1);
	if (!set)
		return new;
	br_sg_tree_share(&new->v4, &set->v4);
	br_sg_tree_share(&new->v6, &set->v6);
	new->lens4 = set->lens4;
	memcpy(new->lens6, set->lens6, sizeof(new->lens6));
	return new;
}

/* @set is private */
static int set_insert(struct br_sg_addrset *set, const struct br_sg_prefix *item)
{
	struct set_key key = key_of(item);

	if (item->family == AF_INET) {
		set->lens4 |= 1ULL << item->len;
		return br_sg_tree_insert(&tree4, &set->v4, key.b, NULL);
	}
	set->lens6[item->len / 64] |= 1ULL << item->len % 64;
	return br_sg_tree_insert(&tree6, &set->v6, key.b, NULL);
}

static int set_remove(struct br_sg_addrset *set, const struct br_sg_prefix *item)
{
	struct set_key key = key_of(item);
	int err;

	if (item->family == AF_INET) {
		err = br_sg_tree_remove(&tree4, &set->v4, key.b);
		if (!set->v4.count)
			set->lens4 = 0;
	} else {
		err = br_sg_tree_remove(&tree6, &set->v6, key.b);
		if (!set->v6.count)
			memset(set->lens6, 0, sizeof(set->lens6));
	}
	return err;
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

/* is the @i-th in @order the same as the one before? */
static bool order_twice(const struct br_sg_prefix *items, const u32 *order,
			u32 i)
{
	return i && !br_sg_prefix_cmp(&items[order[i - 1]], &items[order[i]]);
}

/* @set NULL: an empty one */
static struct br_sg_addrset *set_add(const struct br_sg_addrset *set,
				     const struct br_sg_prefix *items, u32 n,
				     bool exist_ok, u32 *bad)
{
	struct br_sg_addrset *new;
	u32 *order = NULL;
	u32 first_bad = n;
	int err = 0;
	u32 i;

	if (n) {
		order = order_make(items, n);
		if (!order)
			return ERR_PTR(-ENOMEM);
	}
	for (i = 0; i < n && !exist_ok; i++)
		if ((set && set_has(set, &items[order[i]])) ||
		    order_twice(items, order, i))
			first_bad = min(first_bad, order[i]);
	if (first_bad < n) {
		if (bad)
			*bad = first_bad;
		kvfree(order);
		return ERR_PTR(-EEXIST);
	}

	new = set && n > U32_MAX - br_sg_addrset_count(set) ? NULL :
							      set_copy(set);
	if (!new)
		err = -ENOMEM;
	for (i = 0; !err && i < n; i++) {
		const struct br_sg_prefix *item = &items[order[i]];

		if (exist_ok && (order_twice(items, order, i) ||
				 (set && set_has(set, item))))
			continue;
		err = set_insert(new, item);
	}
	kvfree(order);
	if (err) {
		br_sg_addrset_put(new);
		return ERR_PTR(err);
	}
	return new;
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
	int err = 0;
	u32 i;

	if (n) {
		order = order_make(items, n);
		if (!order)
			return ERR_PTR(-ENOMEM);
	}
	for (i = 0; i < n; i++)
		if (!set_has(set, &items[order[i]]) ||
		    order_twice(items, order, i))
			first_bad = min(first_bad, order[i]);
	if (first_bad < n) {
		if (bad)
			*bad = first_bad;
		kvfree(order);
		return ERR_PTR(-ENOENT);
	}

	new = set_copy(set);
	if (!new)
		err = -ENOMEM;
	for (i = 0; !err && i < n; i++)
		err = set_remove(new, &items[order[i]]);
	kvfree(order);
	if (err) {
		br_sg_addrset_put(new);
		return ERR_PTR(err);
	}
	return new;
}

/* the longest length of @lens that is at most @len, or -1 */
static int lens_last(const u64 *lens, int len)
{
	int word = len / 64;
	u64 bits = lens[word] & (~0ULL >> (63 - len % 64));

	while (!bits && word)
		bits = lens[--word];
	return bits ? word * 64 + (int)fls64(bits) - 1 : -1;
}

/* @addr without the bits behind @len */
static struct br_sg_addr addr_mask(const struct br_sg_addr *addr, u8 family,
				   u8 len)
{
	struct br_sg_addr masked = *addr;
	struct wide mask;

	if (family == AF_INET) {
		masked.v4 &= cpu_to_be32(mask4(len));
		return masked;
	}
	mask = wide_mask(len);
	masked.w[0] &= cpu_to_be32(mask.hi >> 32);
	masked.w[1] &= cpu_to_be32((u32)mask.hi);
	masked.w[2] &= cpu_to_be32(mask.lo >> 32);
	masked.w[3] &= cpu_to_be32((u32)mask.lo);
	return masked;
}

/* with how many bits do both begin? */
static int addr_common(const struct br_sg_addr *a, const struct br_sg_addr *b,
		       u8 family)
{
	struct wide x, y;

	if (family == AF_INET)
		return 32 - (int)fls64(be32_to_cpu(a->v4 ^ b->v4));
	x = wide(a);
	y = wide(b);
	return x.hi != y.hi ? 64 - (int)fls64(x.hi ^ y.hi) :
			      128 - (int)fls64(x.lo ^ y.lo);
}

bool br_sg_addrset_covers(const struct br_sg_addrset *set,
			  const struct br_sg_prefix *prefix)
{
	const struct br_sg_addr *addr = &prefix->addr;
	struct br_sg_prefix at, found;
	u8 family = prefix->family;
	struct br_sg_tree_iter it;
	int len = prefix->len;
	struct set_key key;

	at.family = family;
	br_sg_tree_iter_init(&it, type_of(family), tree_of(set, family));
	while (len >= 0) {
		len = lens_last(family == AF_INET ? &set->lens4 : set->lens6,
				len);
		if (len < 0)
			break;
		at.addr = addr_mask(addr, family, len);
		at.len = len;
		key = key_of(&at);
		if (!br_sg_tree_seek_le(&it, key.b))
			break;
		key_item(br_sg_tree_iter_key(&it), family, &found);
		if (br_sg_prefix_has(&found, family, addr))
			return true;
		len = min(len - 1, addr_common(&found.addr, addr, family));
	}
	return false;
}

bool br_sg_addrset_has(const struct br_sg_addrset *set, u8 family,
		       const struct br_sg_addr *addr)
{
	struct br_sg_prefix prefix;

	if (family != AF_INET && family != AF_INET6)
		return false;
	prefix.addr = *addr;
	prefix.family = family;
	prefix.len = br_sg_family_bits(family);
	return br_sg_addrset_covers(set, &prefix);
}

bool br_sg_addrset_next(const struct br_sg_addrset *set,
			const struct br_sg_prefix *from,
			struct br_sg_prefix *item)
{
	struct set_key key = key_of(from);
	struct br_sg_tree_iter it;

	br_sg_tree_iter_init(&it, type_of(from->family),
			     tree_of(set, from->family));
	if (!br_sg_tree_seek_ge(&it, key.b))
		return false;
	key_item(br_sg_tree_iter_key(&it), from->family, item);
	return true;
}

/* what br_sg_tree_diff() hands on */
struct set_diff {
	int (*fn)(const struct br_sg_prefix *item, bool in_b, void *arg);
	void *arg;
	u8 family;
};

static int diff_item(const void *key, const void *was, const void *is, void *arg)
{
	struct br_sg_prefix item;
	struct set_diff *diff = arg;

	key_item(key, diff->family, &item);
	return diff->fn(&item, is, diff->arg);
}

int br_sg_addrset_diff(const struct br_sg_addrset *a,
		       const struct br_sg_addrset *b,
		       int (*fn)(const struct br_sg_prefix *item, bool in_b,
				 void *arg),
		       void *arg)
{
	struct set_diff diff = { .fn = fn, .arg = arg, .family = AF_INET };
	static const struct br_sg_tree none;
	int ret;

	ret = br_sg_tree_diff(&tree4, a ? &a->v4 : &none, b ? &b->v4 : &none,
			      diff_item, &diff);
	if (ret)
		return ret;
	diff.family = AF_INET6;
	return br_sg_tree_diff(&tree6, a ? &a->v6 : &none, b ? &b->v6 : &none,
			       diff_item, &diff);
}

static int diff_any(const struct br_sg_prefix *item, bool in_b, void *arg)
{
	return 1;
}

bool br_sg_addrset_equal(const struct br_sg_addrset *a,
			 const struct br_sg_addrset *b)
{
	return a->v4.count == b->v4.count && a->v6.count == b->v6.count &&
	       !br_sg_addrset_diff(a, b, diff_any, NULL);
}

u32 br_sg_addrset_count(const struct br_sg_addrset *set)
{
	return set->v4.count + set->v6.count;
}

void br_sg_addrset_item(const struct br_sg_addrset *set, u32 i,
			struct br_sg_prefix *item)
{
	if (i < set->v4.count)
		key_item(br_sg_tree_key(&tree4, &set->v4, i), AF_INET, item);
	else
		key_item(br_sg_tree_key(&tree6, &set->v6, i - set->v4.count),
			 AF_INET6, item);
}

size_t br_sg_addrset_bytes(const struct br_sg_addrset *set)
{
	return sizeof(*set) + set->v4.bytes + set->v6.bytes;
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
	br_sg_tree_drop(&tree4, &set->v4);
	br_sg_tree_drop(&tree6, &set->v6);
	kfree(set);
}
