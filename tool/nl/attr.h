/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attributes that were received
 */
#ifndef SGCTL_ATTR_H
#define SGCTL_ATTR_H

#include <string.h>

#include <libmnl/libmnl.h>

/* The last of each kind, by type; gives one that we don't know, 0: we know all */
static inline uint16_t index_attrs(const struct nlattr *nest, const struct nlattr **tb,
				   unsigned int max)
{
	const struct nlattr *attr;
	uint16_t unknown = 0;

	memset(tb, 0, (max + 1) * sizeof(*tb));
	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) <= max)
			tb[mnl_attr_get_type(attr)] = attr;
		else
			unknown = mnl_attr_get_type(attr);
	}
	return unknown;
}

static inline uint64_t get_num(const struct nlattr *attr)
{
	if (!attr)
		return 0;
	switch (mnl_attr_get_payload_len(attr)) {
	case 1:
		return mnl_attr_get_u8(attr);
	case 2:
		return mnl_attr_get_u16(attr);
	case 4:
		return mnl_attr_get_u32(attr);
	case 8:
		return mnl_attr_get_u64(attr);
	}
	return 0;
}

static inline const char *get_string(const struct nlattr *attr)
{
	uint16_t len = attr ? mnl_attr_get_payload_len(attr) : 0;

	return len && !mnl_attr_get_str(attr)[len - 1] ? mnl_attr_get_str(attr) : "";
}

static inline bool get_bytes(const struct nlattr *attr, void *to, size_t len)
{
	if (!attr || mnl_attr_get_payload_len(attr) != len)
		return false;
	memcpy(to, mnl_attr_get_payload(attr), len);
	return true;
}

#endif /* SGCTL_ATTR_H */
