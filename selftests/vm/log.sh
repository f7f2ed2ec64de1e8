# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash

# log_bad FILE: prints the lines of a kernel log that no test may leave there;
# true when there are any
log_bad()
{
	grep -nE 'BUG[: ]|WARNING:|Call Trace|Oops|[Kk]ernel panic|rcu.*(stall|self-detected)|INFO: (task|trying|possible|suspicious)|UBSAN|KASAN|refcount_t:|unregister_netdevice: waiting|kmemleak: [0-9]+ new|general protection|soft lockup|hung_task|list_(add|del) corruption|br_sg: .*leak' "$1" 2>/dev/null
}
