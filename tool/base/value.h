/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Single values: addresses, MACs, UUIDs, names, numbers
 *
 * Each reader says in *msg what is wrong, which value, and what is allowed.
 */
#ifndef SGCTL_VALUE_H
#define SGCTL_VALUE_H

#include <linux/br_sg.h>

#include "base/util.h"

/* Why something was refused, and by which keyword it stands */
struct msg {
	const char *key;
	char text[400];
};

bool refuse(struct msg *msg, const char *key, const char *fmt, ...) __printf(3, 4);

struct addr {
	uint8_t family;		/* AF_INET or AF_INET6 */
	uint8_t len;
	uint8_t b[16];
};

#define ADDR_TEXT	64
#define MAC_TEXT	18
#define UUID_TEXT	37

static inline unsigned int addr_bits(const struct addr *a)
{
	return a->family == 2 ? 32 : 128;
}

static inline bool addr_is_host(const struct addr *a)
{
	return a->len == addr_bits(a);
}

bool read_addr(const char *s, struct addr *a, struct msg *msg);
bool read_host(const char *s, const char *key, struct addr *a, struct msg *msg);
const char *addr_text(const struct addr *a, char *buf);
int addr_cmp(const struct addr *a, const struct addr *b);

bool read_mac(const char *s, uint8_t *mac, struct msg *msg);
const char *mac_text(const uint8_t *mac, char *buf);
bool read_uuid(const char *s, uint8_t *uuid, struct msg *msg);
const char *uuid_text(const uint8_t *uuid, char *buf);

bool check_name(const char *what, const char *s, struct msg *msg);
bool check_dev(const char *s, struct msg *msg);
bool check_pattern(const char *s, struct msg *msg);
bool check_pattern_name(const char *s, struct msg *msg);
bool is_source_port(const char *s);

bool read_uint(const char *key, const char *s, uint32_t min, uint32_t max,
	       uint32_t *out, struct msg *msg);
bool read_proto(const char *s, uint8_t *proto, struct msg *msg);
const char *proto_name(uint8_t proto);
bool read_dport(const char *s, uint16_t *min, uint16_t *max, struct msg *msg);
bool read_icmp(const char *s, int *type, int *code, struct msg *msg);
bool read_ethertype(const char *s, uint16_t *type, struct msg *msg);
bool check_ethertype(uint32_t type, struct msg *msg);

bool same_value(const char *word, const char *value);

#endif /* SGCTL_VALUE_H */
