/* SPDX-License-Identifier: GPL-2.0-or-later */
#include_next <linux/if_ether.h>
#include "../shim.h"
