/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The module's generic netlink family
 */
#ifndef SGCTL_NL_H
#define SGCTL_NL_H

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "conf/diff.h"

#define NL_MSG_GOOD	32768		/* a message is sent when it has grown so far */
#define NL_MSG_ROOM	(NL_MSG_GOOD + 65536)
#define NL_RECEIVE	(1 << 20)	/* room for answers, and for what monitor is slow to read */
#define NL_TRIES	20

struct nl_error {
	int err;			/* errno */
	bool unanswered;		/* it is not the kernel's answer */
	char text[256];			/* the kernel's, may be empty */
	bool has_offset, has_cookie;
	uint32_t offset;		/* of the attribute, in the message */
	uint64_t cookie;
};

struct nl {
	struct mnl_socket *sock;
	uint32_t good;			/* NL_MSG_GOOD, or less where the socket takes less */
	const char *netns;
	uint32_t seq;
	uint16_t family;
	uint32_t version;		/* of the family */
	uint32_t config_group, events_group;	/* its multicast groups; 0: none */
	struct nl_error err;
	char *in;			/* what was received; freed with out */
	char *out;			/* the message in hand */
};

/* How the module's family is looked for */
enum nl_how {
	NL_LOAD,	/* by name: the kernel loads the module where it is not there */
	NL_LOOK,	/* in the list of all families: nothing is loaded */
	NL_QUIET,	/* likewise, and nothing is said where it is not there */
};

typedef void (*nl_reply)(const struct nlmsghdr *nlh, void *data);

/* Each gives an exit status, and has said so where it isn't RC_OK */
int nl_open(struct nl *nl, const char *netns, enum nl_how how);
void nl_close(struct nl *nl);
int nl_fail(struct nl *nl, struct input *in, const char *what);

/* A dump that is to be read again: it is of two configurations, or some of it is lost */
static inline bool nl_torn(int rc)
{
	return rc == EINTR || rc == ENOBUFS;
}

/* 0 or an errno, with the details in nl->err */
struct nlmsghdr *nl_new(struct nl *nl, uint8_t cmd, uint16_t flags);
int nl_call(struct nl *nl, struct nlmsghdr *nlh, nl_reply reply, void *data);

struct zone {
	char bridge[16];
	uint16_t id;
	uint32_t ports;
};

struct status {
	char version[BR_SG_VERSION_MAX + 1];
	uint64_t generation;
	uint32_t defaults, sets, groups, rules, ports, ports_active;
	uint64_t unconfigured_packets, unconfigured_bytes;
	uint64_t bytes, bytes_max, vector_bytes;
	uint64_t shadow, shadow_base, shadow_bytes;	/* shadow 0: there is none */
	VEC(struct zone) zones;
	uint32_t n_zones;		/* that are there; more than zones.n: they did not fit */
	VEC(uint16_t) features;		/* enum br_sg_feature, and what we don't know */
	VEC(uint16_t) errata;
};

struct counter {
	char dev[BR_SG_DEV_MAX + 1];
	uint8_t direction, step, reason, would;
	const char *group;
	uint32_t id;
	uint64_t packets, bytes;
};

struct counters {
	struct counter *v;
	size_t n, cap;
	struct arena arena;
};

struct flow_tuple {
	struct addr src, dst;
	bool has_ports, has_icmp;
	uint16_t sport, dport;
	uint8_t icmp_type, icmp_code;
	uint16_t icmp_id;
};

struct flow_end {
	char dev[BR_SG_DEV_MAX + 1];
	uint8_t direction;
	bool revoked, again, counted;
	uint16_t version;
	const char *group;		/* NULL: no rule */
	uint32_t id;
};

#define FLOW_ENDS	2

struct flow {
	uint16_t zone;
	uint8_t proto;
	struct flow_tuple original, reply;
	bool has_state;
	uint8_t tcp_state;
	uint32_t timeout;
	bool seen_reply, assured;
	struct flow_end ends[FLOW_ENDS];
	unsigned int n_ends;
};

struct flows {
	struct flow *v;
	size_t n, cap;
	struct arena arena;
};

/* What the module tells unasked */
struct event {
	bool config;			/* a configuration came into force */
	uint64_t generation;
	uint8_t shadow_change;		/* enum br_sg_shadow_change of shadow; or else */
	uint64_t shadow;
	uint8_t kind;			/* enum br_sg_event_kind */
	uint64_t time;			/* ns since 1970 */
	char dev[BR_SG_DEV_MAX + 1];
	uint32_t withheld;
	uint8_t direction, reason;
	uint32_t bytes;
	uint8_t src[6], dst[6];
	uint16_t ethertype;
	bool has_proto, has_tuple;
	uint8_t proto;
	struct flow_tuple tuple;
	uint32_t entries, limit;	/* of conntrack */
	uint8_t state, cause;		/* enum br_sg_port_state, _cause */
};

/* not 0: enough */
typedef int (*nl_heard)(const struct event *event, void *data);

enum read_what {
	READ_DEFAULTS	= 1 << 0,
	READ_SETS	= 1 << 1,
	READ_GROUPS	= 1 << 2,
	READ_ADDRS	= 1 << 3,
	READ_RULES	= 1 << 4,
	READ_PORTS	= 1 << 5,
	READ_ALL	= (1 << 6) - 1,
	READ_SHADOW	= 1 << 6,	/* of the shadow, not of what is in force */
	READ_CONFIG	= 1 << 7,	/* nothing that is read only */
	READ_KNOWN	= 1 << 8,	/* refuses where there is what we don't know */
	/* to be written back, or to a file that stands for all of it */
	READ_WHOLE	= READ_ALL | READ_CONFIG | READ_KNOWN,
};

/* status.c */
void nl_got_status(const struct nlmsghdr *nlh, void *data);
/* 0 or an errno */
int nl_call_status(struct nl *nl, struct status *status);
int nl_status(struct nl *nl, struct status *status, struct input *in);
bool status_can(const struct status *status, uint16_t feature);
void status_free(struct status *status);

/* get.c */
/* Says that an object has an attribute that we don't know; name may be NULL */
int nl_unknown(struct input *in, uint32_t src, const char *object, const char *name,
	       uint16_t attr);
int nl_read(struct nl *nl, struct conf *conf, unsigned int what, struct input *in);
/* The line of the port dev alone, if there is one, as nl_read() with READ_CONFIG */
int nl_read_line(struct nl *nl, struct conf *conf, const char *dev, struct input *in);
int nl_read_port(struct nl *nl, struct conf *conf, const char *dev_or_uuid,
		 struct input *in, struct port **port);
/* shadow: the shadow's, with would */
int nl_counters(struct nl *nl, struct counters *counters, const char *dev, bool shadow,
		struct input *in);
void counters_free(struct counters *counters);
int nl_flows(struct nl *nl, struct flows *flows, const char *dev, bool revoked,
	     struct input *in);
void flows_free(struct flows *flows);
int nl_join(struct nl *nl, bool config, bool events, struct input *in);
int nl_listen(struct nl *nl, nl_heard heard, void *data, struct input *in);

int nl_no_shadow(struct input *in);

/* put.c */
struct resume;
struct commit {
	const struct resume *resume;	/* NULL: nothing */
	uint32_t begin_flags, commit_flags;
	bool has_generation;
	uint64_t generation;		/* in: what the changes are based on; out: the new */
	bool again;			/* in: RC_STALE where nobody knows what became of it */
	bool answered;			/* out: the kernel said that it is in force */
	bool unsure;			/* out: the answer was lost */
};

/* Another writer came first, or may have: read and try again */
#define RC_STALE	(-1)

int nl_commit(struct nl *nl, const struct changes *changes, struct commit *commit,
	      struct input *in);
/* After a commit that is in force signals wait: for who has more to do */
void nl_let_signals(void);
int nl_shadow_commit(struct nl *nl, struct input *in);
int nl_shadow_drop(struct nl *nl, struct input *in);

#endif /* SGCTL_NL_H */
