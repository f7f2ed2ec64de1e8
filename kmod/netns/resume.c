// SPDX-License-Identifier: GPL-2.0
/* See resume.h. */
#include <linux/br_sg.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "netns/resume.h"

struct br_sg_resume *br_sg_resume_new(void)
{
	struct br_sg_resume *resume;

	resume = kzalloc(sizeof(*resume), GFP_KERNEL_ACCOUNT);
	if (!resume)
		return NULL;
	xa_init(&resume->bindings);
	xa_init(&resume->serials);
	xa_init(&resume->zones);
	return resume;
}

void br_sg_resume_free(struct br_sg_resume *resume)
{
	unsigned long i;
	void *entry;

	if (!resume)
		return;
	xa_for_each(&resume->bindings, i, entry)
		kfree(entry);
	xa_for_each(&resume->zones, i, entry)
		kfree(entry);
	xa_destroy(&resume->bindings);
	xa_destroy(&resume->serials);
	xa_destroy(&resume->zones);
	kfree(resume);
}

int br_sg_resume_add(struct br_sg_resume *resume,
		     const struct br_sg_binding *binding)
{
	struct br_sg_binding *b;
	int err;

	if (resume->n_bindings == BR_SG_MAX_BINDINGS)
		return -E2BIG;
	if (xa_load(&resume->bindings, binding->ifindex))
		return -EEXIST;
	b = kmemdup(binding, sizeof(*b), GFP_KERNEL_ACCOUNT);
	if (!b)
		return -ENOMEM;
	if (b->serial) {
		err = xa_insert(&resume->serials, b->serial, b,
				GFP_KERNEL_ACCOUNT);
		if (err)
			goto err_free;
	}
	err = xa_insert(&resume->bindings, b->ifindex, b, GFP_KERNEL_ACCOUNT);
	if (err)
		goto err_serial;
	resume->n_bindings++;
	return 0;

err_serial:
	if (b->serial)
		xa_erase(&resume->serials, b->serial);
err_free:
	kfree(b);
	return err;
}

int br_sg_resume_add_zone(struct br_sg_resume *resume, const char *bridge,
			  u16 id)
{
	char *name = kstrdup(bridge, GFP_KERNEL_ACCOUNT);
	int err;

	if (!name)
		return -ENOMEM;
	err = xa_insert(&resume->zones, id, name, GFP_KERNEL_ACCOUNT);
	if (err)
		kfree(name);
	return err == -EBUSY ? -EEXIST : err;
}

const struct br_sg_binding *
br_sg_resume_find(struct br_sg_resume *resume, u32 ifindex,
		  const char *dev)
{
	const struct br_sg_binding *b;

	if (!resume)
		return NULL;
	b = xa_load(&resume->bindings, ifindex);
	return b && !strcmp(b->dev, dev) ? b : NULL;
}
