/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes: what a transaction holds, and the least of them from one
 * configuration to another
 */
#ifndef SGCTL_DIFF_H
#define SGCTL_DIFF_H

#include "cmd.h"
#include "print.h"

struct change {
	enum object obj;
	enum act act;			/* ACT_ADD, ACT_REPLACE or ACT_DEL */
	bool of_set;
	bool stateless;
	uint8_t verdict;
	const char *name;		/* pattern, set, group or device */
	const struct item *addrs;
	size_t n;
	const struct rule *rule;
	const struct port *port;
	const void *old;		/* ACT_REPLACE: what it was */
	uint32_t src;
};

struct changes {
	struct change *v;
	size_t n, cap;
	struct arena arena;
};

struct change *change_add(struct changes *changes, enum object obj, enum act act,
			  const char *name, uint32_t src);
void changes_free(struct changes *changes);

/* to's rules without an id get theirs here */
void conf_diff(struct changes *changes, const struct conf *from, struct conf *to);
void changes_print(struct print *p, const char *key, const struct changes *changes);
size_t changes_count(const struct changes *changes);

#endif /* SGCTL_DIFF_H */
