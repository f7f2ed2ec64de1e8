/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Addresses, prefixes and sets of them. Pure: no skb, no lock, nothing of the
 * kernel but allocation; built in userspace too.
 */
#ifndef BR_SG_ADDRSET_H
#define BR_SG_ADDRSET_H

#include <linux/refcount.h>
#include <linux/types.h>

/*
 * An address in network order. IPv4 takes the first four bytes, the rest is
 * zero, so that two addresses of a family are equal when all bytes are.
 */
struct br_sg_addr {
	union {
		u8 b[16];
		__be32 v4;
		__be32 w[4];
		u64 q[2];	/* to compare for equality only */
	};
};

/* @family: AF_INET or AF_INET6; @len: 0 to 32 or 128; host bits are zero */
struct br_sg_prefix {
	struct br_sg_addr addr;
	u8 family;
	u8 len;
};

static inline bool br_sg_addr_equal(const struct br_sg_addr *a,
				    const struct br_sg_addr *b)
{
	return a->q[0] == b->q[0] && a->q[1] == b->q[1];
}

static inline u8 br_sg_family_bits(u8 family)
{
	return family == 2 /* AF_INET */ ? 32 : 128;
}

bool br_sg_prefix_has(const struct br_sg_prefix *prefix, u8 family,
		      const struct br_sg_addr *addr);
/* no bits behind the length? */
bool br_sg_prefix_valid(const struct br_sg_prefix *prefix);
/* order: IPv4 first, then address bytes, then the shorter length; 0: equal */
int br_sg_prefix_cmp(const struct br_sg_prefix *a,
		     const struct br_sg_prefix *b);

/*
 * struct br_sg_addrset - a set of prefixes, immutable once built; shared by
 * reference. NULL is not a set: an empty set is built from no prefixes. A
 * changed set costs what the change is, and shares the rest with the one
 * before.
 */
struct br_sg_addrset;

/*
 * @items need not be sorted; what is equal is one. Returns ERR_PTR(-ENOMEM),
 * nothing else can go wrong. The result has one reference, the caller's.
 */
struct br_sg_addrset *br_sg_addrset_build(const struct br_sg_prefix *items,
					  u32 n);
/*
 * A new set with @items more. With @exist_ok false, an item that is there, or
 * twice in @items, is -EEXIST and its index in @items goes to *@bad.
 */
struct br_sg_addrset *br_sg_addrset_insert(const struct br_sg_addrset *set,
					   const struct br_sg_prefix *items,
					   u32 n, bool exist_ok, u32 *bad);
/* A new set without @items; one that is not there: -ENOENT, index in *@bad. */
struct br_sg_addrset *br_sg_addrset_remove(const struct br_sg_addrset *set,
					   const struct br_sg_prefix *items,
					   u32 n, u32 *bad);
/* Is @addr in any prefix of the set? Its cost hardly grows with the set. */
bool br_sg_addrset_has(const struct br_sg_addrset *set, u8 family,
		       const struct br_sg_addr *addr);
/* Is all of @prefix in one prefix of the set? */
bool br_sg_addrset_covers(const struct br_sg_addrset *set,
			  const struct br_sg_prefix *prefix);
/* the first item of the family of @from that is not before it; false: none */
bool br_sg_addrset_next(const struct br_sg_addrset *set,
			const struct br_sg_prefix *from,
			struct br_sg_prefix *item);
/*
 * Calls @fn in order for each item that only one of two sets has; @in_b says
 * which. NULL is an empty set. Costs what the sets do not share. Ends when @fn
 * returns other than 0, with that.
 */
int br_sg_addrset_diff(const struct br_sg_addrset *a,
		       const struct br_sg_addrset *b,
		       int (*fn)(const struct br_sg_prefix *item, bool in_b,
				 void *arg),
		       void *arg);
/* same prefixes? */
bool br_sg_addrset_equal(const struct br_sg_addrset *a,
			 const struct br_sg_addrset *b);
u32 br_sg_addrset_count(const struct br_sg_addrset *set);
/* the @i-th prefix in the order of br_sg_prefix_cmp() */
void br_sg_addrset_item(const struct br_sg_addrset *set, u32 i,
			struct br_sg_prefix *item);
/* what it takes, what it shares with others included */
size_t br_sg_addrset_bytes(const struct br_sg_addrset *set);
struct br_sg_addrset *br_sg_addrset_get(struct br_sg_addrset *set);
/* NULL is fine; the memory goes at once: wait for readers before */
void br_sg_addrset_put(struct br_sg_addrset *set);

#endif
