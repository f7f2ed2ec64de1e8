/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/if_ether.h>
#include "skbuff.h"
