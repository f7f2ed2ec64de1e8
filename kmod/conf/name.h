/* SPDX-License-Identifier: GPL-2.0 */
/* Names of sets and groups, shared by all that refer to them. */
#ifndef BR_SG_NAME_H
#define BR_SG_NAME_H

#include <linux/refcount.h>
#include <linux/types.h>

/**
 * struct br_sg_name - the name of a set or group; immutable
 * @ref: of who refers to it
 * @len: length of @s
 * @s: the name, NUL terminated
 */
struct br_sg_name {
	refcount_t ref;
	u8 len;
	char s[];
};

/* NULL when out of memory; one reference, the caller's */
struct br_sg_name *br_sg_name_new(const char *s);
struct br_sg_name *br_sg_name_get(struct br_sg_name *name);
/* NULL is fine */
void br_sg_name_put(struct br_sg_name *name);
bool br_sg_name_same(const struct br_sg_name *a, const struct br_sg_name *b);

#endif
