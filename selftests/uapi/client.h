/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A second client of br_sg, on libnl, that tests what uapi/linux/br_sg.h says.
 * It shares nothing with sgctl but that header.
 *
 * Messages are written, and what comes back is shown, as text:
 *
 *	RULE_NEW op:1 rule{group:web direction:0 remote:10.0.0.0/8 !id:0}
 *
 * COMMAND		as in enum br_sg_cmd, or a number; behind it may be * for
 *			NLM_F_DUMP, |NUMBER for more nlmsg_flags, %NUMBER for
 *			genlmsghdr.reserved
 * name:value		an attribute; in strings \XX is a byte
 * name			a flag
 * name{...}		a nest; of an address also name:ADDRESS[/LENGTH][@MAC]
 * name=XXXX		an attribute with these bytes; '=' alone has none
 * NUMBER=XXXX		an attribute of that type
 * ~			behind a name: NLA_F_NESTED where it does not belong,
 *			or not where it does
 * +XXXX		bytes without a header
 * !			before an attribute: this one will be refused
 * ?name		will be missed here
 */
#ifndef CLIENT_H
#define CLIENT_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <linux/br_sg.h>
#include <linux/genetlink.h>

#define __printf(a, b)	__attribute((format(printf, a, b)))
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* "EINVAL or ERANGE", where the header leaves it open */
#define BAD		1

/**
 * struct message - to be sent
 * @nl: libnl's
 * @blame: offset of the attribute that will be refused, 0: none
 * @miss: type of the attribute that will be missed, 0: none
 * @miss_nest: offset of the nest in which it is missed, 0: top level
 */
struct message {
	struct nl_msg *nl;
	uint32_t blame;
	uint32_t miss;
	uint32_t miss_nest;
};

/**
 * struct answer - to the last message of a socket
 * @err: 0 or a negative errno; -ETIMEDOUT: there was none
 * @text: of the extended ack
 * @offset: of the offending attribute, 0: none
 * @miss: type of the missing attribute, 0: none
 * @miss_nest: where it is missing
 * @has_cookie: a cookie came back
 * @cookie: what came back
 * @has_generation: a reply had one
 * @generation: of the replies
 * @torn: replies had different generations, or NLM_F_DUMP_INTR
 * @messages: how many replies
 * @bad: a reply was not well-formed
 * @shown: the replies' attributes but GENERATION, as text
 */
struct answer {
	int err;
	char text[300];
	uint32_t offset;
	uint32_t miss;
	uint32_t miss_nest;
	bool has_cookie;
	uint64_t cookie;
	bool has_generation;
	uint64_t generation;
	bool torn;
	unsigned int messages;
	bool bad;
	char *shown;
};

struct client {
	struct nl_sock *nl;
	uint32_t seq;
	struct answer a;
};

extern int client_family;	/* generic netlink's number of it */

/* client_text.c */
struct message message_new(size_t size);
void message_free(struct message *m);
void message_head(struct message *m, uint8_t cmd, uint16_t flags);
struct message message_text(const char *text);
/* a message's attributes as text, but GENERATION; *@bad: not well-formed */
void message_show(FILE *to, const struct nlmsghdr *nlh, bool *bad);
const char *command_name(int cmd);

/* client_nl.c */
void client_open(struct client *c);
void client_close(struct client *c);
void client_post(struct client *c, struct message *m);
/* in one datagram; the answer is that to the last */
void client_post_all(struct client *c, struct message *m, unsigned int n);
/* one datagram; true: it was the last of the answer */
bool client_receive(struct client *c);
int client_send(struct client *c, struct message *m);
int client_wait(struct client *c);

/* client.c: TAP, and what tests are made of; each false says why */
void note(const char *fmt, ...) __printf(1, 2);
bool ok(bool good, const char *fmt, ...) __printf(2, 3);
void skip(const char *why, const char *name);
/* what the kernel says to @text, an errno */
int tell(struct client *c, const char *text);
int tellf(struct client *c, const char *fmt, ...)
	__printf(2, 3);
/* @text is answered @err */
bool says(struct client *c, int err, const char *text);
/* ... and with a text, the attribute that is marked and the one missed */
bool refuses(struct client *c, int err, const char *text);
bool refuses_message(struct client *c, int err, struct message *m,
		     const char *name);
/* @text is answered with a reply that is shown as @shown */
bool shows(struct client *c, const char *text, const char *shown);
/* the last of the NULL terminated texts too; stops at the first that is not */
bool all_said(struct client *c, const char *const *texts);
#define SAYS_ALL(c, ...) \
	all_said(c, (const char *const []){ __VA_ARGS__, NULL })
/* a transaction of the texts, from an empty configuration */
bool transacts(struct client *c, const char *const *texts);
#define TRANSACTS(c, ...) \
	transacts(c, (const char *const []){ __VA_ARGS__, NULL })
/* a transaction with something to refer to: set s, groups g and h */
#define OBJECTS(c) \
	SAYS_ALL(c, "BEGIN flags:1", "SET_NEW op:1 set{name:s}", \
		 "GROUP_NEW op:1 group{name:g} group{name:h}")
/* what STATUS_GET shows, no port being on a bridge */
#define STATUS(c, figures) \
	status(c, "version:" VERSION " status{" figures " active:0 packets:0 bytes:0 ")
/* STATUS_GET shows @figures, then some memory, not beyond the budget */
bool status(struct client *c, const char *figures);
uint64_t generation(struct client *c);

struct bad {
	int err;
	const char *text;
};

/* @bad is refused in a transaction of its own (OBJECTS, rule 1 of h), which ends */
bool one_bad(struct client *c, const struct bad *bad);
/* a test of them all */
void all_bad(struct client *c, const char *name, const struct bad *bad);
#define ALL_BAD(c, name, ...) \
	all_bad(c, name, (const struct bad []){ __VA_ARGS__, { 0, NULL } })

/* the tests */
void test_transactions(void);
void test_objects(void);
void test_ports(void);
void test_strictness(void);
void test_values(void);
void test_limits(void);
void test_dumps(void);
void test_shadow(void);
void test_capability(void);
void test_fuzz(uint64_t seed);

#endif
