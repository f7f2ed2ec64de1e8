/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes: what a transaction holds, and the least of them from one
 * configuration to another
 */
#ifndef SGCTL_DIFF_H
#define SGCTL_DIFF_H

#include "conf/parse.h"
#include "conf/print.h"

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

struct tally {
	uint64_t added, changed, removed;
};

/* Objects, and addresses of sets and groups; what goes with its owner, too */
struct summary {
	struct tally defaults, sets, addresses, groups, members, rules, ports;
};

void changes_sum(const struct changes *changes, struct summary *sum);
void summary_print(struct print *p, const struct summary *sum);

#endif /* SGCTL_DIFF_H */
