/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Only for structs that have one. */
#ifndef UNIT_LINUX_XARRAY_H
#define UNIT_LINUX_XARRAY_H

struct xarray {
	int unused;
};

#endif
