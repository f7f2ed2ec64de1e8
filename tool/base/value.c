// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Single values: addresses, MACs, UUIDs, names, numbers
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/value.h"

bool refuse(struct msg *msg, const char *key, const char *fmt, ...)
{
	va_list ap;

	msg->key = key;
	va_start(ap, fmt);
	vsnprintf(msg->text, sizeof(msg->text), fmt, ap);
	va_end(ap);
	return false;
}

/* ADDRESS or ADDRESS/LEN, no bit set behind LEN */
bool read_addr(const char *s, struct addr *a, struct msg *msg)
{
	const char *slash = strchr(s, '/');
	size_t n = slash ? (size_t)(slash - s) : strlen(s);
	char buf[INET6_ADDRSTRLEN];
	unsigned int i, bits;
	bool host_bits = false;
	uint32_t len;

	memset(a, 0, sizeof(*a));
	if (n >= sizeof(buf))
		return refuse(msg, NULL,
			      "\"%.80s\" is no address: an IPv4 or IPv6 address is needed", s);
	memcpy(buf, s, n);
	buf[n] = '\0';
	if (inet_pton(AF_INET, buf, a->b) == 1)
		a->family = AF_INET;
	else if (inet_pton(AF_INET6, buf, a->b) == 1)
		a->family = AF_INET6;
	else
		return refuse(msg, NULL,
			      "\"%.80s\" is no address: an IPv4 or IPv6 address is needed", s);
	bits = addr_bits(a);
	a->len = bits;
	if (!slash)
		return true;
	if (!str_to_uint(slash + 1, 10, bits, &len))
		return refuse(msg, NULL,
			      "\"%.80s\" has no valid prefix length: 0 to %u are allowed",
			      s, bits);
	a->len = len;
	for (i = len; i < bits; i++) {
		uint8_t bit = 0x80 >> (i & 7);

		host_bits |= a->b[i >> 3] & bit;
		a->b[i >> 3] &= ~bit;
	}
	if (host_bits) {
		char right[ADDR_TEXT];

		return refuse(msg, NULL,
			      "\"%.80s\" has bits set behind its prefix length: the prefix is %s",
			      s, addr_text(a, right));
	}
	return true;
}

bool read_host(const char *s, const char *key, struct addr *a, struct msg *msg)
{
	if (strchr(s, '/'))
		return refuse(msg, key,
			      "%s \"%.80s\" is a prefix: an address without /LEN is needed",
			      key, s);
	if (read_addr(s, a, msg))
		return true;
	return refuse(msg, key,
		      "%s \"%.80s\" is no address: an IPv4 or IPv6 address is needed", key, s);
}

const char *addr_text(const struct addr *a, char *buf)
{
	size_t n;

	inet_ntop(a->family, a->b, buf, INET6_ADDRSTRLEN);
	if (addr_is_host(a))
		return buf;
	n = strlen(buf);
	snprintf(buf + n, ADDR_TEXT - n, "/%u", a->len);
	return buf;
}

int addr_cmp(const struct addr *a, const struct addr *b)
{
	int d = a->family - b->family;

	if (!d)
		d = memcmp(a->b, b->b, sizeof(a->b));
	return d ? d : a->len - b->len;
}

bool same_value(const char *word, const char *value)
{
	struct addr a, b;
	struct msg msg;

	if (!strcmp(word, value))
		return true;
	return read_addr(value, &a, &msg) && read_addr(word, &b, &msg) &&
	       !addr_cmp(&a, &b);
}

static int hex(char c)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	if (isxdigit((unsigned char)c))
		return tolower((unsigned char)c) - 'a' + 10;
	return -1;
}

bool read_mac(const char *s, uint8_t *mac, struct msg *msg)
{
	static const uint8_t zero[6];
	unsigned int i;

	for (i = 0; i < 6; i++) {
		const char *p = s + i * 3;

		if (hex(p[0]) < 0 || hex(p[1]) < 0 || p[2] != (i < 5 ? ':' : '\0'))
			return refuse(msg,
				      "mac",
				      "mac \"%.80s\" is no MAC: six bytes like fa:16:3e:dc:be:eb are needed",
				      s);
		mac[i] = hex(p[0]) << 4 | hex(p[1]);
	}
	if (mac[0] & 1)
		return refuse(msg,
			      "mac", "mac \"%s\" is a group address: a unicast MAC is needed", s);
	if (!memcmp(mac, zero, 6))
		return refuse(msg, "mac", "mac \"%s\" is zero: a unicast MAC is needed", s);
	return true;
}

const char *mac_text(const uint8_t *mac, char *buf)
{
	snprintf(buf, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x",
		 mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	return buf;
}

bool read_uuid(const char *s, uint8_t *uuid, struct msg *msg)
{
	const char *p = s;
	unsigned int i;

	for (i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			if (*p++ != '-')
				break;
		if (hex(p[0]) < 0 || hex(p[1]) < 0)
			break;
		uuid[i] = hex(p[0]) << 4 | hex(p[1]);
		p += 2;
	}
	if (i < 16 || *p)
		return refuse(msg,
			      "uuid",
			      "uuid \"%.80s\" is no UUID: 32 hexadecimal digits grouped 8-4-4-4-12 are needed",
			      s);
	return true;
}

const char *uuid_text(const uint8_t *uuid, char *buf)
{
	char *p = buf;
	unsigned int i;

	for (i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		p += snprintf(p, 3, "%02x", uuid[i]);
	}
	return buf;
}

/* Printable ASCII, no space, quote or backslash, no '#' or '-' in front */
static bool check_chars(const char *what, const char *s, size_t max, struct msg *msg)
{
	const char *p;

	if (!*s)
		return refuse(msg, NULL, "%s \"\" is empty: 1 to %zu characters are allowed",
			      what, max);
	if (strlen(s) > max)
		return refuse(msg, NULL, "%s \"%.80s\" has %zu characters: at most %zu are allowed",
			      what, s, strlen(s), max);
	if (*s == '#' || *s == '-')
		return refuse(msg, NULL, "%s \"%s\" begins with '%c': this is not allowed",
			      what, s, *s);
	for (p = s; *p; p++)
		if (*p <= ' ' || *p > '~' || strchr("\"'`\\", *p))
			return refuse(msg, NULL,
				      "%s \"%s\" has a character that is not allowed: printable ASCII is, but no space, quote or backslash",
				      what, s);
	return true;
}

bool check_name(const char *what, const char *s, struct msg *msg)
{
	return check_chars(what, s, BR_SG_NAME_MAX, msg);
}

bool check_dev(const char *s, struct msg *msg)
{
	if (!check_chars("device", s, BR_SG_DEV_MAX, msg))
		return false;
	if (strpbrk(s, "/:") || !strcmp(s, ".") || !strcmp(s, ".."))
		return refuse(msg, NULL,
			      "device \"%s\" is no device name: no '/', no ':', not '.' or '..'",
			      s);
	return true;
}

bool check_pattern_name(const char *s, struct msg *msg)
{
	return check_chars("pattern", s, BR_SG_PATTERN_MAX, msg);
}

/* The kernel refuses the same: such a line would guard nothing */
bool check_pattern(const char *s, struct msg *msg)
{
	const char *p = strpbrk(s, "[]{}()|,^$!%");

	if (!check_pattern_name(s, msg))
		return false;
	if (!p && s[strlen(s) - 1] == '+')
		p = s + strlen(s) - 1;
	if (p)
		return refuse(msg, NULL,
			      "pattern \"%s\" has a '%c' that would stand for itself: only * stands for any characters and ? for one; write a line for each pattern",
			      s, *p);
	if (strpbrk(s, "/:"))
		return refuse(msg, NULL,
			      "pattern \"%s\" matches no device: a device's name has no '/' and no ':'",
			      s);
	return true;
}

/* As iptables and others have it; it looks like "dport", and is the opposite */
bool is_source_port(const char *s)
{
	static const char *const names[] = {
		"sport", "sports", "source-port", "src-port", "srcport", "sourceport",
		"spt", "sport_min", "sport_max", "source_port", "src_port", NULL
	};
	const char *const *name;

	s += strspn(s, "-");
	for (name = names; *name; name++)
		if (!strcasecmp(s, *name))
			return true;
	return false;
}

bool read_uint(const char *key, const char *s, uint32_t min, uint32_t max,
	       uint32_t *out, struct msg *msg)
{
	if (!str_to_uint(s, 10, max, out) || *out < min)
		return refuse(msg, key, "%s \"%.80s\" is not a number from %u to %u",
			      key, s, min, max);
	return true;
}

/* Neutron's names; the first of a number is the one that is printed */
static const struct {
	const char *name;
	uint8_t proto;
} protos[] = {
	{ "icmp", 1 }, { "igmp", 2 }, { "ipip", 4 }, { "tcp", 6 }, { "egp", 8 },
	{ "udp", 17 }, { "dccp", 33 }, { "ipv6-encap", 41 }, { "ipv6-route", 43 },
	{ "ipv6-frag", 44 }, { "rsvp", 46 }, { "gre", 47 }, { "esp", 50 },
	{ "ah", 51 }, { "icmpv6", 58 }, { "ipv6-icmp", 58 }, { "ipv6-nonxt", 59 },
	{ "ipv6-opts", 60 }, { "ospf", 89 }, { "vrrp", 112 }, { "pgm", 113 },
	{ "sctp", 132 }, { "udplite", 136 }, { "ip", 0 }, { "hopopt", 0 },
	{ "any", 0 },
};

bool read_proto(const char *s, uint8_t *proto, struct msg *msg)
{
	const char *names[ARRAY_SIZE(protos) + 1] = { NULL };
	const char *near;
	uint32_t n;
	size_t i;

	if (str_to_uint(s, 10, 255, &n)) {
		*proto = n;
		return true;
	}
	for (i = 0; i < ARRAY_SIZE(protos); i++) {
		if (!strcmp(s, protos[i].name)) {
			*proto = protos[i].proto;
			return true;
		}
	}
	for (i = 0; i < ARRAY_SIZE(protos); i++)
		names[i] = protos[i].name;
	near = suggest(s, names);
	return refuse(msg,
		      "proto",
		      "proto \"%.80s\" is unknown: 0 to 255 or a name like tcp, udp, icmp, icmpv6%s%s%s",
		      s, near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

const char *proto_name(uint8_t proto)
{
	size_t i;

	for (i = 0; proto && i < ARRAY_SIZE(protos); i++)
		if (protos[i].proto == proto)
			return protos[i].name;
	return NULL;
}

bool read_dport(const char *s, uint16_t *min, uint16_t *max, struct msg *msg)
{
	const char *dash = strchr(s, '-');
	uint32_t first, last;
	char buf[8] = "";

	if (dash && dash - s < (int)sizeof(buf)) {
		memcpy(buf, s, dash - s);
		buf[dash - s] = '\0';
	}
	if (!str_to_uint(dash ? buf : s, 10, 65535, &first) ||
	    (dash && (dash - s >= (int)sizeof(buf) ||
		      !str_to_uint(dash + 1, 10, 65535, &last))))
		return refuse(msg,
			      "dport",
			      "dport \"%.80s\" is no port or range of ports: N or N-M from 0 to 65535",
			      s);
	if (!dash)
		last = first;
	if (last < first)
		return refuse(msg,
			      "dport",
			      "dport \"%s\" is reversed: the first port must not be above the last",
			      s);
	*min = first;
	*max = last;
	return true;
}

bool read_icmp(const char *s, int *type, int *code, struct msg *msg)
{
	const char *slash = strchr(s, '/');
	uint32_t t, c = 0;
	char buf[8] = "";

	if (slash && slash - s < (int)sizeof(buf))
		memcpy(buf, s, slash - s);
	if (!str_to_uint(slash ? buf : s, 10, 255, &t) ||
	    (slash && !str_to_uint(slash + 1, 10, 255, &c)))
		return refuse(msg,
			      "icmp",
			      "icmp \"%.80s\" is no ICMP type: TYPE or TYPE/CODE, each from 0 to 255",
			      s);
	*type = t;
	*code = slash ? (int)c : -1;
	return true;
}

bool check_ethertype(uint32_t type, struct msg *msg)
{
	static const struct {
		uint16_t type;
		const char *what;
	} owned[] = {
		{ 0x0800, "IPv4 is judged by the rules" },
		{ 0x0806, "ARP passes with an address of the port" },
		{ 0x8100, "802.1Q tagged frames never pass" },
		{ 0x86dd, "IPv6 is judged by the rules" },
		{ 0x8808, "PAUSE is sent to 01:80:c2:00:00:01, which never passes" },
		{ 0x8809, "LACP and its like are sent to 01:80:c2:00:00:0x, which never passes" },
		{ 0x888e, "EAPOL is sent to 01:80:c2:00:00:03, which never passes" },
		{ 0x88a8, "802.1ad tagged frames never pass" },
		{ 0x88cc, "LLDP is sent to 01:80:c2:00:00:0x, which never passes" },
	};
	size_t i;

	if (type < 0x600 || type > 0xffff)
		return refuse(msg,
			      "ethertype", "ethertype 0x%04x is none: 0x0600 to 0xffff are allowed",
			      type);
	for (i = 0; i < ARRAY_SIZE(owned); i++)
		if (type == owned[i].type)
			return refuse(msg, "ethertype", "ethertype 0x%04x can't be permitted: %s",
				      type, owned[i].what);
	return true;
}

bool read_ethertype(const char *s, uint16_t *type, struct msg *msg)
{
	bool is_hex = !strncmp(s, "0x", 2);
	uint32_t n;

	if (!str_to_uint(is_hex ? s + 2 : s, is_hex ? 16 : 10, 0xffff, &n))
		return refuse(msg,
			      "ethertype",
			      "ethertype \"%.80s\" is none: 0x0600 to 0xffff are allowed",
			      s);
	if (!check_ethertype(n, msg))
		return false;
	*type = n;
	return true;
}
