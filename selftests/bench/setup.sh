#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the bench needs beyond selftests/vm/uml_setup.sh.
set -u
cd "$(dirname "$0")/../.." || exit 1
top=$PWD
out=$top/build/bench
mkdir -p "$out" || exit 1
selftests/vm/uml_setup.sh || exit 1
. selftests/vm/apt.sh

apt_have gnuplot-nox
