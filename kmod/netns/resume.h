/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What belongs to devices and bridges and not to the configuration, and what
 * conntrack's entries are known by: serials and versions of ports, zones. A
 * transaction may bring what they were before the module was loaded anew.
 */
#ifndef BR_SG_RESUME_H
#define BR_SG_RESUME_H

#include <linux/if.h>
#include <linux/types.h>
#include <linux/xarray.h>

/**
 * struct br_sg_binding - of a device
 * @dev: its name
 * @ifindex: its number; both must fit
 * @serial: of the port; 0 with @renamed
 * @version: of the port's policy, with @serial
 * @renamed: it was a port under another name
 * @fits: work of a commit: the port is new
 */
struct br_sg_binding {
	char dev[IFNAMSIZ];
	u32 ifindex;
	u32 serial;
	u16 version;
	bool renamed;
	bool fits;
};

/**
 * struct br_sg_resume - of a transaction
 * @bindings: struct br_sg_binding by ifindex
 * @serials: those with a serial, by it
 * @zones: name of the bridge by zone
 * @n_bindings: how many
 *
 * Its owner's alone.
 */
struct br_sg_resume {
	struct xarray bindings;
	struct xarray serials;
	struct xarray zones;
	u32 n_bindings;
};

/* NULL: out of memory */
struct br_sg_resume *br_sg_resume_new(void);
/* NULL is fine */
void br_sg_resume_free(struct br_sg_resume *resume);
/* -EEXIST: the ifindex is there, -EBUSY: the serial is; -E2BIG, -ENOMEM */
int br_sg_resume_add(struct br_sg_resume *resume,
		     const struct br_sg_binding *binding);
/* -EEXIST: the zone is there; -ENOMEM */
int br_sg_resume_add_zone(struct br_sg_resume *resume, const char *bridge,
			  u16 id);
/* of this device; NULL: none. @resume may be NULL */
const struct br_sg_binding *
br_sg_resume_find(struct br_sg_resume *resume, u32 ifindex,
		  const char *dev);

#endif
