#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# conftest.sh KERNEL_SOURCE_DIR [KERNEL_BUILD_DIR]
#
# Looks into a kernel's headers and prints the macros that compat.h asks for; Kbuild
# makes compat_gen.h of the output. Each probe names the kernel and the upstream commit
# that changed the interface. Stable kernels and distributions have some of these
# commits in older versions, so the headers decide and not the version.

set -eu

if [ $# -lt 1 ] || [ $# -gt 2 ]; then
	echo "usage: conftest.sh KERNEL_SOURCE_DIR [KERNEL_BUILD_DIR]" >&2
	exit 2
fi
src=$1
build=${2:-$1}

# header FILE: its path; the build tree has what the source tree has not
header()
{
	for dir in "$src" "$build"; do
		if [ -f "$dir/include/$1" ]; then
			echo "$dir/include/$1"
			return
		fi
	done
	echo "conftest.sh: neither $src nor $build has include/$1:" \
		"install the kernel's headers" >&2
	return 1
}

# gen MACRO FILE REGEX: defines MACRO when a line of the header matches
gen()
{
	file=$(header "$2")
	if grep -Eq "$3" "$file"; then
		echo "#define $1 1"
	else
		echo "/* #undef $1 */"
	fi
}

echo "/* made by conftest.sh, do not edit */"
# 6.6: 9272af109fe6 ("genetlink: add struct genl_info to struct genl_dumpit_info"):
# the attributes of a dump's request have moved
gen HAVE_GENL_INFO_DUMP net/genetlink.h '(^|[^_[:alnum:]])genl_info_dump\('
# 5.19: 8169ff584003 ("netfilter: conntrack: add nf_ct_iter_data object for
# nf_ct_iterate_cleanup*()"): one argument in place of four
gen HAVE_NF_CT_ITER_DATA net/netfilter/nf_conntrack.h 'struct nf_ct_iter_data \{'
# 5.17: 719774377622 ("netfilter: conntrack: convert to refcount_t api"): references
# of another type, and a template is born with one
gen HAVE_NF_CT_REFCOUNT linux/netfilter/nf_conntrack_common.h 'refcount_t[[:space:]]+use;'
# 5.14: 7b4b2fa37587 ("netfilter: annotate nf_tables base hook ops"): a hook tells
# whether it is nftables'
gen HAVE_NF_HOOK_OPS_TYPE linux/netfilter.h 'hook_ops_type'
