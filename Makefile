# SPDX-License-Identifier: GPL-2.0-or-later
#
# make help says what there is.

KDIR ?= /lib/modules/$(shell uname -r)/build
PREFIX ?= /usr/local
DESTDIR ?=
# dkms.conf is where the version is kept; Kbuild and the tool read it there too
VERSION := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
UNITDIR ?= /lib/systemd/system
LIBEXECDIR ?= $(PREFIX)/libexec/br_sg
DKMS ?= dkms
DKMS_SRC ?= /usr/src
DEPMOD ?= depmod
# a root in DESTDIR has no dkms that runs, unless it is said which one
dkms_is_here := $(if $(DESTDIR),$(filter-out file default undefined,$(origin DKMS) $(origin DKMS_SRC)),yes)
top := $(CURDIR)

all: module tool

help:
	@echo 'make [KDIR=DIR]    kmod/br_sg.ko for the kernel whose build tree is DIR, and tool/sgctl'
	@echo 'make module, tool  one of them'
	@echo 'make install       sgctl, man pages, completion, header, and modules-install; PREFIX, DESTDIR'
	@echo 'make modules-install  the module for the kernel of KDIR, where dkms has none for it'
	@echo 'make dkms-install  the module through dkms, for this kernel and those to come, in place of'
	@echo '                   the one of make install and of other versions'
	@echo 'make uninstall     removes what these and install-systemd have put there'
	@echo 'make install-systemd  the unit that restores /etc/br_sg.conf at boot; UNITDIR'
	@echo 'make demo          an OpenStack-like compute node in a VM, guarded and tried out'
	@echo 'make check         all tests; sets up what it needs; ends in "N passed, N failed"'
	@echo 'make check-debug   the same in a kernel with KASAN, lockdep, kmemleak...; takes long'
	@echo 'make check-live    real traffic under changes, 1,000 commits...; about 20 minutes'
	@echo 'make check-next    the same under the newest kernel that Debian backports; some minutes'
	@echo 'make bench         what it costs, beside its peers; BENCH=quick in under 10 minutes'
	@echo 'make style         checkpatch --strict'
	@echo 'make clean         removes what was built, not what was downloaded (build/)'

# One line that says what to do, before a page that does not.
kdir-check:
	@if ! [ -d "$(KDIR)" ]; then \
		echo "no kernel headers at $(KDIR): apt install linux-headers-$$(uname -r), or make KDIR=/lib/modules/VERSION/build" >&2; exit 1; \
	fi
	@if ! [ -f "$(KDIR)/include/config/auto.conf" ]; then \
		echo "$(KDIR) is not a configured kernel build tree: it has no include/config/auto.conf; give the build tree of a kernel as KDIR" >&2; exit 1; \
	fi
	@for c in 64BIT BRIDGE NF_CONNTRACK NF_CONNTRACK_BRIDGE NF_CONNTRACK_ZONES NF_CONNTRACK_LABELS; do \
		grep -Eq "^CONFIG_$$c=[ym]" "$(KDIR)/include/config/auto.conf" || { \
			echo "the kernel of $(KDIR) has no CONFIG_$$c, which br_sg needs: $$(case $$c in \
			64BIT) echo 'it runs on 64-bit kernels alone' ;; \
			*) echo "use one that has, as Debian's 64-bit ones have" ;; esac)" >&2; exit 1; }; \
	done

cc-check:
	@command -v "$(firstword $(or $(CC),cc))" >/dev/null || { \
		echo "no C compiler \"$(CC)\": apt install build-essential, or make CC=..." >&2; exit 1; }

lib-check: cc-check
	@for l in libmnl jansson; do \
		printf '#include <%s.h>\n' "$$(echo $$l | sed 's,libmnl,libmnl/libmnl,')" | \
		$(CC) $(CFLAGS) $(CPPFLAGS) -E -x c - >/dev/null 2>&1 || { \
			echo "$$l.h is not there, which sgctl needs: apt install lib$${l#lib}-dev" >&2; exit 1; }; \
	done

module: kdir-check cc-check
	+$(MAKE) -C "$(KDIR)" M="$(top)" modules

tool: lib-check
	+$(MAKE) -C tool

# What modules_install asks for and headers do not have: a System.map, for depmod, and
# the kernel's signing key. make kernelrelease is another name than uname -r's there.
release = $(shell sed -n 's/^.define UTS_RELEASE "\(.*\)"/\1/p' "$(KDIR)/include/generated/utsrelease.h")
sig_key = $(shell sed -n 's/^CONFIG_MODULE_SIG_KEY="*\([^"]*\)"*$$/\1/p' "$(KDIR)/include/config/auto.conf")
no_sign = $(if $(filter pkcs11:%,$(sig_key))$(wildcard $(addprefix $(KDIR)/,$(sig_key)) $(sig_key)),,CONFIG_MODULE_SIG_ALL=)

install: all
	+$(MAKE) -C tool install PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)"
	install -d "$(DESTDIR)$(PREFIX)/include/linux"
	install -m 644 uapi/linux/br_sg.h "$(DESTDIR)$(PREFIX)/include/linux/"
	+@$(MAKE) --no-print-directory modules-install

# one module for a kernel: where dkms has one it is dkms's to replace
modules-install: module
	+@release="$(release)"; modules="$(DESTDIR)/lib/modules/$$release"; \
	[ -n "$$release" ] || { echo "$(KDIR) has no include/generated/utsrelease.h: make modules_prepare there" >&2; exit 1; }; \
	other=$$(find "$$modules" -name 'br_sg.ko*' ! -path '*/kmod/*' 2>/dev/null | head -n 1); \
	if [ -n "$$other" ]; then \
		echo "the module is left as it is, since dkms has put $$other: make dkms-install replaces it"; \
		exit 0; \
	fi; \
	contrib/dkms/one-module.sh "$$modules" && \
	$(MAKE) -C "$(KDIR)" M="$(top)" INSTALL_MOD_PATH="$(DESTDIR)" INSTALL_MOD_DIR=updates \
		$(no_sign) cmd_depmod=: modules_install && \
	{ [ -n "$(DESTDIR)" ] || PATH="$$PATH:/sbin:/usr/sbin" $(DEPMOD) "$$release"; }

uninstall:
	+$(MAKE) -C tool uninstall PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)"
	rm -f "$(DESTDIR)$(PREFIX)/include/linux/br_sg.h"
	rm -f "$(DESTDIR)$(LIBEXECDIR)/br-sg-restore" "$(DESTDIR)$(UNITDIR)/br-sg.service" \
		"$(DESTDIR)$(PREFIX)/share/man/man8/br-sg-restore.8"
	@rmdir "$(DESTDIR)$(LIBEXECDIR)" 2>/dev/null || :
	$(if $(dkms_is_here),DKMS="$(DKMS)" contrib/dkms/install.sh uninstall "$(DKMS_SRC)")
	@for modules in "$(DESTDIR)"/lib/modules/*; do \
		gone=$$(contrib/dkms/one-module.sh "$$modules"); \
		[ -n "$$gone" ] || continue; \
		echo "$$gone"; \
		[ -n "$(DESTDIR)" ] || PATH="$$PATH:/sbin:/usr/sbin" $(DEPMOD) "$${modules##*/}"; \
	done
	@! grep -qs '^br_sg ' /proc/modules || [ -n "$(DESTDIR)" ] || \
		echo 'the module is still loaded: sgctl flush opens the ports, rmmod br_sg removes it'

# what dkms needs to build the module, and nothing else
dkms_files := Kbuild Makefile dkms.conf $(wildcard kmod/*.[ch] kmod/*/*.[ch]) kmod/Kbuild \
	      kmod/conftest.sh uapi/linux/br_sg.h contrib/dkms/one-module.sh

dkms-install:
	@[ -n "$(dkms_is_here)" ] || { \
		echo "dkms is this machine's and takes no DESTDIR: make install DESTDIR=... has the module, or give DKMS and DKMS_SRC" >&2; exit 1; }
	@DKMS="$(DKMS)" contrib/dkms/install.sh install "$(VERSION)" "$(DKMS_SRC)" \
		$(filter-out kmod/compat_gen.h %.mod.c,$(dkms_files))

# only when asked for: what is in a unit's folder is found by every systemctl
install-systemd:
	install -d "$(DESTDIR)$(LIBEXECDIR)" "$(DESTDIR)$(UNITDIR)" "$(DESTDIR)$(PREFIX)/share/man/man8"
	install -m 755 contrib/systemd/br-sg-restore "$(DESTDIR)$(LIBEXECDIR)/"
	sed 's,@LIBEXECDIR@,$(LIBEXECDIR),;s,@SBINDIR@,$(PREFIX)/sbin,' contrib/systemd/br-sg.service >"$(DESTDIR)$(UNITDIR)/br-sg.service"
	chmod 644 "$(DESTDIR)$(UNITDIR)/br-sg.service"
	install -m 644 contrib/systemd/br-sg-restore.8 "$(DESTDIR)$(PREFIX)/share/man/man8/"
	@echo 'now: systemctl daemon-reload && systemctl enable br-sg'

demo:
	@selftests/demo/run.sh

check:
	@selftests/check.sh

check-debug:
	@selftests/debug/check.sh

check-live:
	@selftests/live/check.sh

check-next:
	@selftests/check_next.sh

bench:
	@selftests/bench/bench.sh

style:
	@selftests/style.sh

# the kernel's clean goes down into every folder, and build/ has whole kernels
clean:
	+[ ! -d "$(KDIR)" ] || $(MAKE) -C "$(KDIR)" M="$(top)/kmod" clean
	rm -f Module.symvers modules.order .Module.symvers.cmd .modules.order.cmd
	+$(MAKE) -C tool clean
	+$(MAKE) -C selftests clean

.PHONY: all help kdir-check cc-check lib-check module tool install modules-install \
	install-systemd dkms-install uninstall demo check check-debug check-live check-next \
	bench style clean
