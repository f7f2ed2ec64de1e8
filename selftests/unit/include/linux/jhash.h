/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UNIT_LINUX_JHASH_H
#define UNIT_LINUX_JHASH_H

#include "../shim.h"

/* any will do; few values, so that buckets are shared */
static inline u32 jhash(const void *key, u32 len, u32 seed)
{
	const u8 *b = key;

	while (len--)
		seed = seed * 31 + *b++;
	return seed % 7;
}

#endif
