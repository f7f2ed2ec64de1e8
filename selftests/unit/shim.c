// SPDX-License-Identifier: GPL-2.0-or-later
/* What shim.h and skbuff.h declare. */
#define _GNU_SOURCE
#include <malloc.h>
#include <stdlib.h>

#include <linux/skbuff.h>

long shim_alloc_left = -1;
size_t shim_alloc_count;
size_t shim_alloc_sum;
size_t shim_alloc_live;
long shim_alloc_objects;

/* the kernel's slab sizes; pages above */
static size_t slab_size(size_t size)
{
	size_t slab = 8;

	if (size > 8192)
		return ALIGN(size, 4096);
	if (size > 64 && size <= 96)
		return 96;
	if (size > 128 && size <= 192)
		return 192;
	while (slab < size)
		slab *= 2;
	return slab;
}

void *shim_alloc(size_t size)
{
	void *p;

	shim_alloc_count++;
	if (!shim_alloc_left)
		return NULL;
	if (shim_alloc_left > 0)
		shim_alloc_left--;
	p = malloc(size);
	if (!p)
		return NULL;
	shim_alloc_sum += size;
	shim_alloc_objects++;
	shim_alloc_live += slab_size(malloc_usable_size(p));
	return p;
}

void shim_free(const void *p)
{
	if (p) {
		shim_alloc_live -= slab_size(malloc_usable_size((void *)p));
		shim_alloc_objects--;
	}
	free((void *)p);
}

void sort(void *base, size_t num, size_t size, cmp_func_t cmp,
	  swap_func_t swap)
{
	(void)swap;
	qsort(base, num, size, cmp);
}

struct sort_arg {
	cmp_r_func_t cmp;
	const void *priv;
};

static int sort_cmp(const void *a, const void *b, void *arg)
{
	struct sort_arg *s = arg;

	return s->cmp(a, b, s->priv);
}

void sort_r(void *base, size_t num, size_t size, cmp_r_func_t cmp,
	    swap_r_func_t swap, const void *priv)
{
	struct sort_arg arg = { cmp, priv };

	(void)swap;
	qsort_r(base, num, size, sort_cmp, &arg);
}

u16 ip_fast_csum(const void *iph, unsigned int ihl)
{
	const u8 *b = iph;
	unsigned int i;
	u32 sum = 0;

	for (i = 0; i < ihl * 4; i += 2)
		sum += b[i] << 8 | b[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htobe16(~sum);
}

int skb_copy_bits(const struct sk_buff *skb, int offset, void *to, int len)
{
	int start = skb_headlen(skb);
	u8 *out = to;
	int i, copy;

	if (offset > (int)skb->len - len)
		return -EFAULT;
	copy = start - offset;
	if (copy > 0) {
		copy = min(copy, len);
		memcpy(out, skb->data + offset, copy);
		len -= copy;
		offset += copy;
		out += copy;
	}
	for (i = 0; len && i < skb->shinfo.nr_frags; i++) {
		const struct shim_frag *frag = &skb->shinfo.frags[i];

		copy = start + frag->size - offset;
		if (copy > 0) {
			copy = min(copy, len);
			memcpy(out, frag->data + offset - start, copy);
			len -= copy;
			offset += copy;
			out += copy;
		}
		start += frag->size;
	}
	return len ? -EFAULT : 0;
}
