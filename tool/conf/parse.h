/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A changing command: what a line of a file or of the command line says
 */
#ifndef SGCTL_PARSE_H
#define SGCTL_PARSE_H

#include "conf/conf.h"

enum object {
	OBJ_NONE,
	OBJ_DEFAULT,
	OBJ_SET,
	OBJ_GROUP,
	OBJ_ADDRS,		/* of a set or a group */
	OBJ_RULE,
	OBJ_PORT,
	OBJ_ALL,		/* flush */
};

enum act {
	ACT_ADD,
	ACT_REPLACE,
	ACT_SET,		/* named fields only */
	ACT_DEL,
};

/* Fields of a rule or port that a "set" command names */
enum field {
	F_DIRECTION	= 1 << 0,
	F_FAMILY	= 1 << 1,
	F_PROTO		= 1 << 2,
	F_DPORT		= 1 << 3,
	F_ICMP		= 1 << 4,
	F_REMOTE	= 1 << 5,
	F_ID		= 1 << 6,
	F_UUID		= 1 << 7,
	F_MAC		= 1 << 8,
	F_IP		= 1 << 9,
	F_PAIR		= 1 << 10,
	F_GROUP		= 1 << 11,
	F_DHCP		= 1 << 12,
	F_ETHERTYPE	= 1 << 13,
	F_ZONE		= 1 << 14,
	F_STRICT	= 1 << 15,
	F_MODE		= 1 << 16,
	F_CT_LIMIT	= 1 << 17,
	F_ANY_SOURCE	= 1 << 18,
};

struct cmd {
	enum object obj;
	enum act act;
	uint32_t src;
	const char *name;	/* pattern, set, group or device */
	bool of_set;		/* OBJ_ADDRS: a set's, else a group's */
	uint8_t verdict;
	bool stateless;
	struct items addrs;
	struct rule rule;
	struct port port;
	uint32_t given, unset;	/* enum field */
};

enum words_of {
	WORDS_FILE,		/* only what a configuration file may hold */
	WORDS_CHANGE,		/* every changing command */
};

/*
 * Parses the words of in's current line from in->at. Names are kept in arena.
 * RC_OK, or RC_USAGE when it was refused and said so.
 */
int cmd_parse(struct input *in, struct arena *arena, enum words_of words,
	      struct cmd *cmd);
void cmd_free(struct cmd *cmd);

struct conf;
int conf_take(struct conf *conf, struct input *in, struct cmd *cmd);

int no_more_words(struct input *in);
int unknown_word(struct input *in, size_t word, const char *what, const char *const *allowed);

#endif /* SGCTL_PARSE_H */
