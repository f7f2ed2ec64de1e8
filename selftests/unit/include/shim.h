/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As much of the kernel as the pure files of kmod/ need, for userspace. The
 * headers beside this one are named like the kernel's and come here.
 */
#ifndef UNIT_SHIM_H
#define UNIT_SHIM_H

#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
typedef unsigned int gfp_t;

#define U16_MAX			UINT16_MAX
#define U32_MAX			UINT32_MAX
#define U64_MAX			UINT64_MAX
#define BIT(n)			(1UL << (n))
#define BIT_ULL(n)		(1ULL << (n))
#define ALIGN(n, a) \
	({ __typeof__(n) _a = (a); ((n) + _a - 1) & ~(_a - 1); })
#define hweight64(x)		__builtin_popcountll(x)
#define __ffs64(x)		((unsigned long)__builtin_ctzll(x))
#define __fls(x)		(63UL - __builtin_clzll(x))
#define GFP_KERNEL		0
#define GFP_KERNEL_ACCOUNT	0

#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#define __force
#define fallthrough		__attribute__((__fallthrough__))
#define noinline		__attribute__((__noinline__))
#define __must_check		__attribute__((__warn_unused_result__))
#define BUILD_BUG_ON(c)		((void)sizeof(char[1 - 2 * !!(c)]))
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define __aligned(n)		__attribute__((__aligned__(n)))
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define min(a, b) \
	({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); \
	   _a < _b ? _a : _b; })
#define min_t(type, a, b)	min((type)(a), (type)(b))
#define max(a, b) \
	({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); \
	   _a > _b ? _a : _b; })

#define be16_to_cpu(x)		be16toh(x)
#define be64_to_cpu(x)		be64toh(x)
#define be32_to_cpu(x)		be32toh(x)
#define be64_to_cpu(x)		be64toh(x)
#define cpu_to_be16(x)		htobe16(x)
#define cpu_to_be32(x)		htobe32(x)
#define cpu_to_be64(x)		htobe64(x)

static inline int fls64(u64 x)
{
	return x ? 64 - __builtin_clzll(x) : 0;
}

#define ERR_PTR(e)		((void *)(long)(e))
#define PTR_ERR(p)		((long)(p))
#define IS_ERR(p)		((unsigned long)(p) >= (unsigned long)-4095)

typedef struct {
	int n;
} refcount_t;

static inline void refcount_set(refcount_t *ref, int n)
{
	ref->n = n;
}

static inline unsigned int refcount_read(const refcount_t *ref)
{
	return ref->n;
}

static inline void refcount_add(int n, refcount_t *ref)
{
	if (ref->n <= 0)
		abort();
	ref->n += n;
}

static inline void refcount_inc(refcount_t *ref)
{
	refcount_add(1, ref);
}

static inline bool refcount_sub_and_test(int n, refcount_t *ref)
{
	if (ref->n < n)
		abort();
	ref->n -= n;
	return !ref->n;
}

static inline bool refcount_dec_and_test(refcount_t *ref)
{
	return refcount_sub_and_test(1, ref);
}

/* when not negative: so many allocations succeed and the next one fails */
extern long shim_alloc_left;
/* allocations, failed ones too, and their size, since these were set to 0 */
extern size_t shim_alloc_count;
extern size_t shim_alloc_sum;
/* what is allocated now, each rounded up as kmalloc() does */
extern size_t shim_alloc_live;
/* how many that are */
extern long shim_alloc_objects;

void *shim_alloc(size_t size);
void shim_free(const void *p);

static inline void *kmalloc(size_t size, gfp_t flags)
{
	(void)flags;
	return shim_alloc(size);
}

static inline void *kvmalloc(size_t size, gfp_t flags)
{
	(void)flags;
	return shim_alloc(size);
}

static inline void *kzalloc(size_t size, gfp_t flags)
{
	void *p = kmalloc(size, flags);

	return p ? memset(p, 0, size) : NULL;
}

static inline void *kvzalloc(size_t size, gfp_t flags)
{
	return kzalloc(size, flags);
}

static inline size_t array_size(size_t a, size_t b)
{
	size_t size;

	return __builtin_mul_overflow(a, b, &size) ? SIZE_MAX : size;
}

static inline void *kvmalloc_array(size_t n, size_t size, gfp_t flags)
{
	return kvmalloc(array_size(n, size), flags);
}

static inline void *kcalloc(size_t n, size_t size, gfp_t flags)
{
	return kzalloc(array_size(n, size), flags);
}

static inline void *kvcalloc(size_t n, size_t size, gfp_t flags)
{
	return kcalloc(n, size, flags);
}

static inline void kfree(const void *p)
{
	shim_free(p);
}

static inline void kvfree(const void *p)
{
	shim_free(p);
}

static inline void cond_resched(void)
{
}

#define struct_size(p, member, n) \
	(sizeof(*(p)) + array_size(n, sizeof((p)->member[0])))

/* what does not fit is cut off; the rest is zero */
static inline void strscpy_pad(char *to, const char *from, size_t size)
{
	size_t n = strnlen(from, size - 1);

	memcpy(to, from, n);
	memset(to + n, 0, size - n);
}

static inline void strscpy(char *to, const char *from, size_t size)
{
	strscpy_pad(to, from, size);
}

typedef int (*cmp_func_t)(const void *a, const void *b);
typedef void (*swap_func_t)(void *a, void *b, int size);
typedef int (*cmp_r_func_t)(const void *a, const void *b, const void *priv);
typedef void (*swap_r_func_t)(void *a, void *b, int size, const void *priv);

void sort(void *base, size_t num, size_t size, cmp_func_t cmp,
	  swap_func_t swap);
void sort_r(void *base, size_t num, size_t size, cmp_r_func_t cmp,
	    swap_r_func_t swap, const void *priv);

u16 ip_fast_csum(const void *iph, unsigned int ihl);

#endif
