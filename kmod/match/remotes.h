/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which sets and groups an address is in, of all of them at once. Pure: no skb,
 * no lock, nothing of the kernel but allocation; built in userspace too.
 */
#ifndef BR_SG_REMOTES_H
#define BR_SG_REMOTES_H

#include "match/addrset.h"
#include "match/tags.h"

/* a version, immutable; shares with others what they have in common */
struct br_sg_remotes;

/**
 * struct br_sg_remotes_change - a set or group that is not what it was
 * @id: of it; an id that has members is not another's
 * @before: what it was in the version that is changed; NULL: empty
 * @after: what it is to be; NULL: empty
 */
struct br_sg_remotes_change {
	u32 id;
	const struct br_sg_addrset *before;
	const struct br_sg_addrset *after;
};

/* both return one reference, or ERR_PTR(-ENOMEM); a new one is empty */
struct br_sg_remotes *br_sg_remotes_new(void);
/*
 * A version with @changes, which need what the sets do not share, and the
 * ranges of other members that lie in it. @base stays as it is.
 */
struct br_sg_remotes *
br_sg_remotes_change(const struct br_sg_remotes *base,
		     const struct br_sg_remotes_change *changes, u32 n);
struct br_sg_remotes *br_sg_remotes_get(struct br_sg_remotes *remotes);
/* NULL is fine; the memory goes at once: wait for readers before */
void br_sg_remotes_put(struct br_sg_remotes *remotes);

/*
 * What @addr is in; never NULL, without ids where there are none. For the
 * packet path: a few levels of a tree, no lock, no allocation, no reference;
 * the answer lives as long as @remotes.
 */
const struct br_sg_tags *br_sg_remotes_find(const struct br_sg_remotes *remotes,
					    u8 family,
					    const struct br_sg_addr *addr);
/* what it takes, what it shares with other versions included */
size_t br_sg_remotes_bytes(const struct br_sg_remotes *remotes);

#endif
