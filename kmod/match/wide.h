/* SPDX-License-Identifier: GPL-2.0 */
/* An address as a number; IPv4's is the upper half of @hi. Pure. */
#ifndef BR_SG_WIDE_H
#define BR_SG_WIDE_H

#include "match/addrset.h"

struct wide {
	u64 hi;
	u64 lo;
};

static inline struct wide wide(const struct br_sg_addr *addr)
{
	return (struct wide) {
		.hi = be64_to_cpu((__force __be64)addr->q[0]),
		.lo = be64_to_cpu((__force __be64)addr->q[1]),
	};
}

/* the first @len bits */
static inline struct wide wide_mask(u8 len)
{
	struct wide mask = { 0, 0 };

	/* a shift by 64 is not defined */
	if (len > 64) {
		mask.hi = ~0ULL;
		mask.lo = ~0ULL << (128 - len);
	} else if (len) {
		mask.hi = ~0ULL << (64 - len);
	}
	return mask;
}

#endif
