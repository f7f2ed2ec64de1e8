// SPDX-License-Identifier: GPL-2.0
/* What the defaults of a config say of a device without a port line. */
#include <linux/string.h>

#include "conf/config.h"

/*
 * What stands for others elsewhere (in a shell, in iptables, in a regular
 * expression) would be taken for itself here, and the line would guard nothing.
 */
const char *br_sg_default_foreign(const char *pattern)
{
	size_t len = strlen(pattern);

	if (len && pattern[len - 1] == '+')
		return &pattern[len - 1];
	return strpbrk(pattern, "[]{}()|,^$!%");
}

/* does '*' and '?'; the text is a device's name, so this is bounded */
static bool pattern_match(const char *p, const char *s)
{
	const char *star = NULL, *back = NULL;

	while (*s) {
		if (*p == '*') {
			star = p++;
			back = s;
		} else if (*p == '?' || *p == *s) {
			p++;
			s++;
		} else if (star) {
			p = star + 1;
			s = ++back;
		} else {
			return false;
		}
	}
	while (*p == '*')
		p++;
	return !*p;
}

bool br_sg_default_drops(const struct br_sg_config *config, const char *name)
{
	const struct br_sg_default_conf *conf;
	int most = -1, literal;
	struct br_sg_tree_iter it;
	bool drop = false;
	const char *p;

	for (conf = br_sg_config_first(&it, config, BR_SG_KIND_DEFAULT); conf;
	     conf = br_sg_config_next(&it)) {
		if (!pattern_match(conf->pattern, name))
			continue;
		for (literal = 0, p = conf->pattern; *p; p++)
			literal += *p != '*' && *p != '?';
		if (literal < most)
			continue;
		if (literal > most)
			drop = false;
		most = literal;
		drop |= conf->verdict == BR_SG_DEFAULT_DROP;
	}
	return drop;
}

static int differs(void *was, void *is, void *arg)
{
	return 1;
}

bool br_sg_config_defaults_same(const struct br_sg_config *a,
				const struct br_sg_config *b)
{
	return !br_sg_config_diff(a, b, BR_SG_KIND_DEFAULT, differs, NULL);
}
