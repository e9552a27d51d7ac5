# SPDX-License-Identifier: MIT
# For L4Re's build system: the package lies in its tree, at pkg/ixl. Hosts build with Meson.
PKGDIR ?= .
L4DIR  ?= $(PKGDIR)/../..

ifneq ($(wildcard $(L4DIR)/mk/subdir.mk),)

include $(L4DIR)/mk/Makeconf

TARGET = include lib server $(if $(CONFIG_IXL_CHECKS),tests)

include $(L4DIR)/mk/subdir.mk

lib: include
server tests: lib

else

.PHONY: all clean install test check
all clean install test check:
	@echo "This Makefile belongs to L4Re's build system; here is no L4Re tree around it." >&2
	@echo "On a host: meson setup build && ninja -C build && meson test -C build" >&2
	@echo "On L4Re:   copy this folder to pkg/ixl of the tree, then make S=pkg/ixl (doc/l4re.md)" >&2
	@false

endif
