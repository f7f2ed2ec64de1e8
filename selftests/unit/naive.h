/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a table has to answer: its rules asked one after the other. */
#ifndef UNIT_NAIVE_H
#define UNIT_NAIVE_H

#include "match/table.h"

int naive_lookup(const struct br_sg_match *matches, u32 n,
		 const struct br_sg_key *key);

#endif
