// SPDX-License-Identifier: GPL-2.0-or-later
#include "naive.h"

static bool has_remote(const struct br_sg_match *match,
		       const struct br_sg_key *key)
{
	u32 i;

	switch (match->remote) {
	case BR_SG_REMOTE_ANY:
		return true;
	case BR_SG_REMOTE_PREFIX:
		return br_sg_prefix_has(&match->prefix, key->family,
					&key->remote);
	case BR_SG_REMOTE_TAG:
		for (i = 0; i < key->tags->n; i++)
			if (key->tags->ids[i] == match->tag)
				return true;
	}
	return false;
}

static bool matches(const struct br_sg_match *match,
		    const struct br_sg_key *key)
{
	if (match->proto && match->proto != key->proto)
		return false;
	if (match->family && match->family != key->family)
		return false;
	if (match->flags & BR_SG_MATCH_PORT &&
	    (!(key->flags & BR_SG_MATCH_PORT) ||
	     key->dport < match->port_min || key->dport > match->port_max))
		return false;
	/* a key has type and code, or neither */
	if (match->flags & (BR_SG_MATCH_TYPE | BR_SG_MATCH_CODE) &&
	    !(key->flags & BR_SG_MATCH_TYPE))
		return false;
	if (match->flags & BR_SG_MATCH_TYPE && match->type != key->type)
		return false;
	if (match->flags & BR_SG_MATCH_CODE && match->code != key->code)
		return false;
	return has_remote(match, key);
}

int naive_lookup(const struct br_sg_match *m, u32 n,
		 const struct br_sg_key *key)
{
	u32 i;

	for (i = 0; i < n; i++)
		if (matches(&m[i], key))
			return i;
	return -1;
}
