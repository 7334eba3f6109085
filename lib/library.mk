# SPDX-License-Identifier: MIT
# libspawnwise for other programs: shared and static, built and installed.
# Part of the Makefile. Works without the packages that the command needs:
#
#   make library CC=aarch64-linux-gnu-gcc B=build/aarch64
#   make install-library PREFIX=/usr LIBDIR=/usr/lib64 DESTDIR=/tmp/root

LIBDIR ?= $(PREFIX)/lib
LIB_TO = $(call quoted,$(DESTDIR)$(LIBDIR))
OBJCOPY ?= objcopy
SHARED := libspawnwise.so.$(VERSION)
LIBRARY := $(B)/$(SHARED) $(B)/pic/libspawnwise.a

.PHONY: library install-library uninstall-library

library: $(LIBRARY) ## build the library alone

# -z now: a child that runs in our memory must not resolve names there.
$(B)/$(SHARED): lib/libspawnwise.map $(PIC_OBJECTS)
	$(SAY)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -pthread -Wl,-z,defs,-z,now \
		-Wl,-soname,libspawnwise.so.0 -Wl,--version-script=$< \
		$(PIC_OBJECTS) -o $@

# One object, in which the names that the header does not show are made local:
# they cannot clash with a program's. Half-compiled objects have no such names.
$(B)/pic/%.o: override CFLAGS += -fno-lto
$(B)/pic/libspawnwise.a: $(B)/pic/libspawnwise.o
$(B)/pic/libspawnwise.o: $(PIC_OBJECTS)
	$(SAY)
	$(Q)$(CC) $(CFLAGS) -r -nostdlib $^ -o $@
	$(Q)$(OBJCOPY) --localize-hidden $@

$(B)/spawnwise.3: docs/spawnwise.3.scd
	$(SAY)
	$(Q)scdoc < $< > $@

install-library: ## install the library alone
	@$(SETUP) install && $(BUILD) library $(B)/spawnwise.3
	install -D -m 644 -t $(TO)/include lib/spawnwise.h
	install -D -m 644 -t $(LIB_TO) $(LIBRARY)
	ln -sf $(SHARED) $(LIB_TO)/libspawnwise.so.0
	ln -sf libspawnwise.so.0 $(LIB_TO)/libspawnwise.so
	install -d $(LIB_TO)/pkgconfig
	sed -e 's|@PREFIX@|'$(call quoted,$(PREFIX))'|' -e 's|@VERSION@|$(VERSION)|' \
		-e 's|@LIBDIR@|'$(call quoted,$(LIBDIR))'|' lib/spawnwise.pc.in \
		> $(LIB_TO)/pkgconfig/spawnwise.pc
	install -D -m 644 -t $(TO)/share/man/man3 $(B)/spawnwise.3
	@$(if $(DESTDIR),,$(REGISTER))

# The loader knows folders from its cache alone (ld.so(8)).
REGISTER = PATH=$$PATH:/sbin:/usr/sbin; ldconfig 2>/dev/null; \
	ldconfig -p 2>/dev/null | grep -qF $(LIB_TO)/libspawnwise.so.0 || \
	echo "Programs do not find the library yet: name its folder in" \
		"/etc/ld.so.conf and run ldconfig, or in LD_LIBRARY_PATH: "$(LIB_TO)

uninstall-library:
	rm -f $(TO)/include/spawnwise.h $(LIB_TO)/libspawnwise.a \
		$(LIB_TO)/libspawnwise.so $(LIB_TO)/libspawnwise.so.0 \
		$(LIB_TO)/$(SHARED) $(LIB_TO)/pkgconfig/spawnwise.pc \
		$(TO)/share/man/man3/spawnwise.3
