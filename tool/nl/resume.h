/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What conntrack's entries know ports by, kept over an upgrade of the module
 */
#ifndef SGCTL_RESUME_H
#define SGCTL_RESUME_H

#include "nl/nl.h"

struct binding {
	char dev[BR_SG_DEV_MAX + 1];
	uint32_t ifindex, serial;	/* serial 0: the device was renamed */
	uint16_t version;
};

struct parameter {			/* of the module */
	char name[64], value[64];
};

struct resume {
	VEC(struct binding) bindings;
	VEC(struct zone) zones;
	VEC(struct parameter) parameters;
	char version[BR_SG_VERSION_MAX + 1];	/* of the module before */
};

void resume_free(struct resume *resume);

/* From the module; one that has no such commands leaves it empty */
int resume_read(struct nl *nl, struct resume *resume, struct input *in);
/* Into a transaction; 0 or an errno */
int resume_put(struct nl *nl, const struct resume *resume);

/*
 * A file that apply takes, too: what is not of the configuration stands in
 * comments. Written as a whole or not at all.
 */
int state_write(const char *path, const struct conf *conf, const struct resume *resume);
int state_read(const char *path, struct conf *conf, struct input *in, struct resume *resume);

#endif /* SGCTL_RESUME_H */
