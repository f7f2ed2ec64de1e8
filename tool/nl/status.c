// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From the module: its figures, and what it can do
 */
#include <stdlib.h>

#include "nl/attr.h"
#include "nl/nl.h"

static void get_status(struct status *status, const struct nlattr *nest)
{
	const struct nlattr *tb[BR_SG_STATUS_A_MAX + 1], *attr;

	index_attrs(nest, tb, BR_SG_STATUS_A_MAX);
	status->defaults = get_num(tb[BR_SG_STATUS_A_DEFAULTS]);
	status->sets = get_num(tb[BR_SG_STATUS_A_SETS]);
	status->groups = get_num(tb[BR_SG_STATUS_A_GROUPS]);
	status->rules = get_num(tb[BR_SG_STATUS_A_RULES]);
	status->ports = get_num(tb[BR_SG_STATUS_A_PORTS]);
	status->ports_active = get_num(tb[BR_SG_STATUS_A_PORTS_ACTIVE]);
	status->unconfigured_packets = get_num(tb[BR_SG_STATUS_A_UNCONFIGURED_PACKETS]);
	status->unconfigured_bytes = get_num(tb[BR_SG_STATUS_A_UNCONFIGURED_BYTES]);
	status->bytes = get_num(tb[BR_SG_STATUS_A_BYTES]);
	status->bytes_max = get_num(tb[BR_SG_STATUS_A_BYTES_MAX]);
	status->vector_bytes = get_num(tb[BR_SG_STATUS_A_VECTOR_BYTES]);
	status->shadow = get_num(tb[BR_SG_STATUS_A_SHADOW]);
	status->shadow_base = get_num(tb[BR_SG_STATUS_A_SHADOW_BASE]);
	status->shadow_bytes = get_num(tb[BR_SG_STATUS_A_SHADOW_BYTES]);
	status->n_zones = get_num(tb[BR_SG_STATUS_A_ZONES]);
	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == BR_SG_STATUS_A_FEATURE)
			*vec_push(&status->features) = get_num(attr);
		else if (mnl_attr_get_type(attr) == BR_SG_STATUS_A_ERRATUM)
			*vec_push(&status->errata) = get_num(attr);
	}
}

void nl_got_status(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[BR_SG_ZONE_A_MAX + 1];
	struct status *status = data;
	const struct nlattr *attr;
	struct zone *zone;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		switch (mnl_attr_get_type(attr)) {
		case BR_SG_A_VERSION:
			snprintf(status->version, sizeof(status->version), "%s", get_string(attr));
			break;
		case BR_SG_A_GENERATION:
			status->generation = get_num(attr);
			break;
		case BR_SG_A_STATUS:
			get_status(status, attr);
			break;
		case BR_SG_A_ZONE:
			index_attrs(attr, tb, BR_SG_ZONE_A_MAX);
			zone = vec_push(&status->zones);
			snprintf(zone->bridge, sizeof(zone->bridge), "%s",
				 get_string(tb[BR_SG_ZONE_A_BRIDGE]));
			zone->id = get_num(tb[BR_SG_ZONE_A_ID]);
			zone->ports = get_num(tb[BR_SG_ZONE_A_PORTS]);
			break;
		}
	}
}

int nl_call_status(struct nl *nl, struct status *status)
{
	memset(status, 0, sizeof(*status));
	return nl_call(nl, nl_new(nl, BR_SG_CMD_STATUS_GET, 0), nl_got_status, status);
}

int nl_status(struct nl *nl, struct status *status, struct input *in)
{
	return nl_call_status(nl, status) ? nl_fail(nl, in, "status") : RC_OK;
}

bool status_can(const struct status *status, uint16_t feature)
{
	size_t i;

	for (i = 0; i < status->features.n; i++)
		if (status->features.v[i] == feature)
			return true;
	return false;
}

void status_free(struct status *status)
{
	vec_free(&status->zones);
	vec_free(&status->features);
	vec_free(&status->errata);
}
