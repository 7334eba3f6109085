# SPDX-License-Identifier: MIT
# libspawnwise for other programs: shared and static, built and installed.
# Part of the Makefile. Works without the packages that the command needs:
#
#   make library CC=aarch64-linux-gnu-gcc B=build/aarch64
#   make install-library PREFIX=/usr LIBDIR=/usr/lib64 DESTDIR=/tmp/root

LIBDIR ?= $(PREFIX)/lib
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

install-library: library $(B)/spawnwise.3 ## install the library alone
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/include lib/spawnwise.h
	install -D -m 644 -t $(DESTDIR)$(LIBDIR) $(LIBRARY)
	ln -sf $(SHARED) $(DESTDIR)$(LIBDIR)/libspawnwise.so.0
	ln -sf libspawnwise.so.0 $(DESTDIR)$(LIBDIR)/libspawnwise.so
	install -d $(DESTDIR)$(LIBDIR)/pkgconfig
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
		-e 's|@VERSION@|$(VERSION)|' lib/spawnwise.pc.in \
		> $(DESTDIR)$(LIBDIR)/pkgconfig/spawnwise.pc
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man3 $(B)/spawnwise.3

uninstall-library:
	rm -f $(DESTDIR)$(PREFIX)/include/spawnwise.h \
		$(DESTDIR)$(LIBDIR)/libspawnwise.a \
		$(DESTDIR)$(LIBDIR)/libspawnwise.so \
		$(DESTDIR)$(LIBDIR)/libspawnwise.so.0 \
		$(DESTDIR)$(LIBDIR)/$(SHARED) \
		$(DESTDIR)$(LIBDIR)/pkgconfig/spawnwise.pc \
		$(DESTDIR)$(PREFIX)/share/man/man3/spawnwise.3
