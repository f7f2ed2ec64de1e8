/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UNIT_LINUX_BITMAP_H
#define UNIT_LINUX_BITMAP_H

#include "../shim.h"

#define BITS_PER_LONG		64
#define BITS_TO_LONGS(n)	DIV_ROUND_UP(n, BITS_PER_LONG)
#define DECLARE_BITMAP(name, bits) unsigned long name[BITS_TO_LONGS(bits)]

static inline bool test_bit(unsigned long n, const unsigned long *map)
{
	return map[n / BITS_PER_LONG] >> (n % BITS_PER_LONG) & 1;
}

static inline void __set_bit(unsigned long n, unsigned long *map)
{
	map[n / BITS_PER_LONG] |= 1UL << (n % BITS_PER_LONG);
}

static inline void __clear_bit(unsigned long n, unsigned long *map)
{
	map[n / BITS_PER_LONG] &= ~(1UL << (n % BITS_PER_LONG));
}

static inline void bitmap_zero(unsigned long *map, unsigned int bits)
{
	memset(map, 0, BITS_TO_LONGS(bits) * sizeof(*map));
}

static inline unsigned long *bitmap_zalloc(unsigned int bits, gfp_t flags)
{
	return kcalloc(BITS_TO_LONGS(bits), sizeof(unsigned long), flags);
}

static inline void bitmap_free(const unsigned long *map)
{
	kfree(map);
}

static inline unsigned long find_next_bit(const unsigned long *map,
					  unsigned long bits, unsigned long n)
{
	while (n < bits && !test_bit(n, map))
		n = map[n / BITS_PER_LONG] >> (n % BITS_PER_LONG) ?
			n + 1 : (n / BITS_PER_LONG + 1) * BITS_PER_LONG;
	return n < bits ? n : bits;
}

#endif
