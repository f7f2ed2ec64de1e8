/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flowtables of nftables that name a device which the module guards
 */
#ifndef SGCTL_FLOWTABLE_H
#define SGCTL_FLOWTABLE_H

#include "nl/nl.h"
#include "conf/print.h"

struct flowtable {
	char family[16];
	char *table, *name;
	char dev[BR_SG_DEV_MAX + 1];
};

struct flowtables {
	VEC(struct flowtable) v;	/* one for each device */
};

/* An exit status; none where there is no nft */
int flowtables_read(struct nl *nl, struct flowtables *to, struct input *in);
void flowtables_print(struct print *p, const struct flowtables *list);
void flowtables_free(struct flowtables *list);

#endif /* SGCTL_FLOWTABLE_H */
