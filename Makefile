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
top := $(CURDIR)

all: module tool

help:
	@echo 'make [KDIR=DIR]    kmod/br_sg.ko for the kernel whose build tree is DIR, and tool/sgctl'
	@echo 'make module, tool  one of them'
	@echo 'make install       both, man pages and completion; PREFIX, DESTDIR'
	@echo 'make dkms-install  the module through dkms, for this kernel and those to come'
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
			echo "the kernel of $(KDIR) has no CONFIG_$$c, which br_sg needs: use one that has, Debian's have" >&2; exit 1; }; \
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

install: all
	+$(MAKE) -C tool install PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)"
	install -d "$(DESTDIR)$(PREFIX)/include/linux"
	install -m 644 uapi/linux/br_sg.h "$(DESTDIR)$(PREFIX)/include/linux/"
	+$(MAKE) -C "$(KDIR)" M="$(top)" $(if $(DESTDIR),INSTALL_MOD_PATH="$(DESTDIR)" DEPMOD=true) modules_install

# what dkms needs to build the module, and nothing else
dkms_files := Kbuild Makefile dkms.conf $(wildcard kmod/*.[ch]) kmod/Kbuild \
	      kmod/conftest.sh uapi/linux/br_sg.h

# dkms asks make for the compiler, and a make below a make says more than that
own_make := env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS

dkms-install:
	@command -v $(firstword $(DKMS)) >/dev/null || { \
		echo "no dkms: apt install dkms" >&2; exit 1; }
	rm -rf "$(DKMS_SRC)/br_sg-$(VERSION)"
	install -d "$(DKMS_SRC)/br_sg-$(VERSION)"
	cp --parents $(filter-out kmod/compat_gen.h %.mod.c,$(dkms_files)) "$(DKMS_SRC)/br_sg-$(VERSION)/"
	$(own_make) $(DKMS) add -m br_sg -v $(VERSION)
	$(own_make) $(DKMS) build -m br_sg -v $(VERSION)
	$(own_make) $(DKMS) install -m br_sg -v $(VERSION)

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

.PHONY: all help kdir-check cc-check lib-check module tool install install-systemd \
	dkms-install demo check check-debug check-live check-next \
	bench style clean
