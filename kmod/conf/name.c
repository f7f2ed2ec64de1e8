// SPDX-License-Identifier: GPL-2.0
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/br_sg.h>

#include "conf/name.h"

struct br_sg_name *br_sg_name_new(const char *s)
{
	size_t len = strlen(s);
	struct br_sg_name *name;

	if (WARN_ON_ONCE(len > BR_SG_NAME_MAX))
		return NULL;
	name = kmalloc(sizeof(*name) + len + 1, GFP_KERNEL_ACCOUNT);
	if (!name)
		return NULL;
	refcount_set(&name->ref, 1);
	name->len = len;
	memcpy(name->s, s, len + 1);
	return name;
}

struct br_sg_name *br_sg_name_get(struct br_sg_name *name)
{
	refcount_inc(&name->ref);
	return name;
}

void br_sg_name_put(struct br_sg_name *name)
{
	if (name && refcount_dec_and_test(&name->ref))
		kfree(name);
}

bool br_sg_name_same(const struct br_sg_name *a, const struct br_sg_name *b)
{
	return a == b || (a && b && a->len == b->len && !strcmp(a->s, b->s));
}
