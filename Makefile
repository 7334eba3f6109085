# SPDX-License-Identifier: MIT
# spawnwise: what does starting a child process cost, and which way is best?
# Long for a Makefile: there is no configure step, so the set-up of a bare
# machine, the registry of strategies and the sanitizer build are here.

VERSION := 0.1.0
PREFIX ?= /usr/local
CC ?= gcc
CXX ?= g++
CFLAGS ?= -O2 -g
CXXFLAGS ?= -O2 -g
WERROR ?= $(if $(CI),-Werror)

WARNINGS := -Wall -Wextra -Wshadow -Wpointer-arith -Wwrite-strings -Wvla \
	-Wformat=2 -Wundef
DEFINES = -D_GNU_SOURCE -DVERSION='"$(VERSION)"' \
	-DBUILD_COMMIT='"$(COMMIT)"' -DBUILD_COMPILER='"$(COMPILER)"' \
	-DBUILD_FLAGS='"$(strip $(CFLAGS) $(SANITIZE))"'
COMMIT := $(shell git describe --always --dirty 2>/dev/null || echo unknown)
COMPILER = $(shell $(CC) --version | head -n 1)
# The child half runs on borrowed memory: sanitizers would see ghosts there.
# ThreadSanitizer (SAN=thread) is for the caller's half, in conformance only.
SANITIZERS := -fsanitize=address,undefined -fno-omit-frame-pointer
UNSANITIZED := lib/%
ifeq ($(SAN),thread)
SANITIZERS := -fsanitize=thread
UNSANITIZED := lib/actions lib/child lib/clone
endif
SANITIZE := $(if $(SAN),$(SANITIZERS))
ALL_CFLAGS = -std=gnu17 $(WARNINGS) -Wstrict-prototypes -Wmissing-prototypes \
	$(WERROR) $(DEFINES) -I. -MMD -MP $(SANITIZE) $(CFLAGS)
ALL_CXXFLAGS = -std=gnu++17 -Wall -Wextra $(WERROR) -D_GNU_SOURCE -I. -MMD \
	-MP $(SANITIZE) $(CXXFLAGS)
LIBS := -lbenchmark -ljansson -lcsv -linih -lm -pthread

B := build$(if $(SAN),/san$(SAN:1=))
defined = $(sort $(shell sed -n 's/^const struct $(1)_\([a-z_]*\) = {$$/\1/p' \
	bench/*/*.c))
VERBS = $(call defined,verb verb)
LABS = $(call defined,lab lab)
STRATEGIES := $(sort $(basename $(notdir $(wildcard strategies/*))))
LIB_OBJECTS := $(patsubst %.c,$(B)/%.o,$(wildcard lib/*.c strategies/*.c \
	strategies/*/*.c)) $(B)/registry.o
PIC_OBJECTS := $(patsubst $(B)/%,$(B)/pic/%,$(LIB_OBJECTS))
PRELOAD_OBJECTS := $(patsubst %.c,$(B)/pic/%.o,$(wildcard lib/preload/*.c))
# What plugins find in the program that loads them.
EXPORTED := $(shell sed -n 's/^\t\(sw_.*\);/-Wl,--export-dynamic-symbol=\1/p' \
	lib/libspawnwise.map)
# Programs without a libc, for children.
BARE := $(B)/payload $(B)/memhog
BENCH_OBJECTS := $(patsubst %.c,$(B)/%.o,$(filter-out %/main.c %/payload.c \
	%/memhog.c,$(wildcard bench/*.c bench/*/*.c))) $(B)/verbs.o $(B)/labs.o \
	$(B)/bench/measure/gbench.o

FUZZ_CFLAGS := -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
FUZZ_SOURCES := $(filter-out %/payload.c %/memhog.c, $(wildcard lib/*.c \
	strategies/*.c strategies/*/*.c bench/*/*.c)) \
	$(B)/registry.c $(B)/verbs.c $(B)/labs.c $(B)/bench/measure/gbench.o

# The longest first, then the scripts, which are longer than the others: those
# of many lines before those of few, so that none is at work alone in the end.
UNITS := $(B)/tests/conformance $(B)/tests/differential \
	$(patsubst %.c,$(B)/%,$(wildcard tests/unit/*.c))
SCRIPTS := $(shell ls -S tests/*.bats tests/field/*.bats) \
	$(wildcard tests/unit/*.py)
ifeq ($(SAN),thread)
UNITS := $(B)/tests/conformance
SCRIPTS :=
endif

MANUALS := $(B)/spawnwise.1 $(B)/spawnwise.3

# A version manager's python3 is a script, which takes ten times as long.
PYTHON_FOLDER = dirname "$$(python3 -c 'import sys; print(sys.executable)')"

# make V=1 shows the commands.
Q := $(if $(V),,@)
SAY = @mkdir -p $(@D); echo '  MAKE $@'
SETUP := .ci/deps
BUILD = $(MAKE) --no-print-directory -j2
# A path as a word of the shell, whatever stands in it.
quoted = '$(subst ','\'',$(1))'
TO = $(call quoted,$(DESTDIR)$(PREFIX))

.DELETE_ON_ERROR:
.PHONY: all bench quick axes harm reference test test-vm check crosscheck bars plots tables fuzz lint deps \
	install uninstall clean help

all: $(B)/spawnwise $(BARE) library ## build the command and the library

deps: ## install what is missing (apt-get; elsewhere it says what to install)
	@$(SETUP) bench test

bench: ## measure the matrix, draw it, say which strategy to use
	@$(SETUP) bench && $(BUILD) all
	$(B)/spawnwise run --overcommit all --plot --budget 480

quick: ## the same with fewer heaps and samples: half a minute
	@$(SETUP) bench && $(BUILD) all
	$(B)/spawnwise run --quick --overcommit all --plot

axes: ## what a spawn depends on besides the heap; some three minutes
	@$(SETUP) bench && $(BUILD) all
	$(B)/spawnwise run --one-axis --heap 256M \
		--backing base,thp,shared,dontfork,untouched \
		--vmas 1,1000,10000 --threads 0,16,256 --fds 1000,0,10000 \
		--closefds no,range,loop --env 0,64K,1M --plot --budget 420

harm: all ## what the other threads of a program feel while it spawns
	$(B)/spawnwise lab harm

reference: all ## measure data/reference again, which README.md quotes
	data/make-reference

plots: all ## draw the newest run again
	$(B)/spawnwise plot data/latest

tables: all $(B)/tests/columns ## write the tables of the docs again, from the code
	$(B)/tests/columns | docs/tables data/README.md > $(B)/README.md
	cp $(B)/README.md data/README.md
	$(B)/spawnwise list --csv > $(B)/strategies.csv
	docs/tables < $(B)/strategies.csv > docs/strategies.md

test check: ## run all tests (SAN=1: under ASan and UBSan; SAN=thread; PLUGIN=FILE.so)
	@$(SETUP) bench test && $(BUILD) all $(MANUALS) $(UNITS) $(B)/tests/refuse \
		$(B)/tests/columns
	PATH="$$($(PYTHON_FOLDER)):$$PATH" \
		CONFORMANCE_PLUGIN=$(call quoted,$(abspath $(PLUGIN))) \
		SPAWNWISE="$$PWD/$(B)/spawnwise" prove -fo -j 6 -e tests/tap \
		$(firstword $(UNITS)) $(SCRIPTS) \
		$(filter-out $(firstword $(UNITS)),$(UNITS))

test-vm: ## the labs and more in virtual machines: another kernel, cgroup v2
	@$(SETUP) bench test vm && $(BUILD) all $(B)/tests/conformance \
		$(B)/tests/refuse
	prove -fo -e tests/vm/boot tests/vm/*.sh

crosscheck: ## compare with bare loops and with hyperfine
	@$(SETUP) bench test && $(BUILD) all $(B)/tests/bare
	@$(B)/tests/bare beside; bare=$$?; tests/crosscheck && exit $$bare

bars: ## compare the strategies with the bars that were set for them
	@$(SETUP) bench test && $(BUILD) all $(B)/tests/bare
	$(B)/tests/bare bars

fuzz: ## feed every parser with garbage, a minute each (clang's libFuzzer)
	@$(SETUP) bench lint && $(BUILD) all && mkdir -p $(B)/fuzz
	for f in $(basename $(notdir $(wildcard tests/fuzz/*.c))); do \
		clang $(filter-out -MMD -MP,$(ALL_CFLAGS)) $(FUZZ_CFLAGS) \
			tests/fuzz/$$f.c $(FUZZ_SOURCES) $(LIBS) -lstdc++ \
			-o $(B)/fuzz/$$f && mkdir -p $(B)/fuzz/$$f.corpus && \
		$(B)/fuzz/$$f -max_total_time=60 -verbosity=0 \
			$(B)/fuzz/$$f.corpus tests/data/golden tests/data/proc \
			tests/data/cgroup tests/data/oom || exit; \
	done

lint: ## gcc, clang, their analyzers, cppcheck, shellcheck, clang-format
	@$(SETUP) bench test lint
	.ci/lint $(filter-out -MMD -MP,$(ALL_CFLAGS))

install: ## install below PREFIX
	@$(SETUP) build install && $(BUILD) all $(MANUALS)
	install -D $(B)/spawnwise $(TO)/bin/spawnwise
	install -D -t $(TO)/libexec/spawnwise $(BARE)
	install -D -m 644 -t $(TO)/lib/spawnwise $(B)/libspawnwise-preload.so
	install -D -m 644 -t $(TO)/share/spawnwise/plots plots/*.gp
	for page in docs/*.md docs/examples/* data/README.md; do \
		install -D -m 644 $$page $(TO)/share/doc/spawnwise/$$page; done
	install -D -m 644 -t $(TO)/share/man/man1 $(B)/spawnwise.1
	@$(MAKE) --no-print-directory install-library

uninstall: uninstall-library ## remove what install put there
	rm -f $(TO)/bin/spawnwise $(TO)/share/man/man1/spawnwise.1
	rm -rf $(TO)/libexec/spawnwise $(TO)/lib/spawnwise \
		$(TO)/share/spawnwise $(TO)/share/doc/spawnwise

clean: ## remove what was built
	rm -rf build

help: ## this list
	@awk -F ':.*## ' '/^[a-z -]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' \
		$(MAKEFILE_LIST)

# What the command needs and the library does not is looked for once.
$(B)/.ready:
	@mkdir -p $(@D) && $(SETUP) -n build && touch $@
$(BENCH_OBJECTS) $(B)/bench/main.o: | $(B)/.ready

$(B)/spawnwise: $(B)/bench/main.o $(B)/libbench.a $(B)/libspawnwise.a
	$(SAY)
	$(Q)$(CXX) $(SANITIZE) $(LDFLAGS) -Wl,-z,now $(EXPORTED) $^ $(LIBS) -o $@

$(B)/libspawnwise.a: $(LIB_OBJECTS)
$(B)/libbench.a: $(BENCH_OBJECTS)
$(B)/%.a:
	@rm -f $@
	$(SAY)
	$(Q)$(AR) rcs $@ $^

# Strategies are found by their file names, verbs and labs by their definitions;
# nothing else lists them. $(call table,HEADER,TYPE,PREFIX,NAMES,TABLE)
table = @mkdir -p $(@D); { echo '\#include "$(1)"'; \
	for n in $(4); do echo "extern const struct $(2) $(3)$$n;"; done; \
	echo 'static const struct $(2) *const all[] = {'; \
	for n in $(4); do echo "	&$(3)$$n,"; done; echo '	NULL'; echo '};'; \
	echo 'const struct $(2) *const *const $(5) = all;'; } > $@

$(B)/registry.c: $(wildcard strategies) Makefile
	$(call table,lib/spawnwise.h,sw_strategy,strategy_,$(STRATEGIES),sw_strategies)
$(B)/verbs.c: $(wildcard bench/* bench/*/*.c) Makefile
	$(call table,bench/verbs/verbs.h,verb,verb_,$(VERBS),verbs)
$(B)/labs.c: $(wildcard bench/labs bench/labs/*.c) Makefile
	$(call table,bench/labs/labs.h,lab,lab_,$(LABS),all_labs)

$(B)/registry.o $(B)/verbs.o $(B)/labs.o: %.o: %.c
	$(SAY)
	$(Q)$(CC) $(ALL_CFLAGS) -c $< -o $@

$(B)/pic/registry.o: $(B)/registry.c
	$(SAY)
	$(Q)$(CC) $(ALL_CFLAGS) -fPIC -fvisibility=hidden -c $< -o $@

# A child in our memory may outlive the thread whose canary it would read.
$(B)/lib/%.o $(B)/strategies/%.o $(B)/pic/%.o: override CFLAGS += \
	-fno-stack-protector
$(UNSANITIZED:%=$(B)/%.o) $(B)/pic/%.o: SANITIZE :=
$(B)/pic/%.o: %.c
	$(SAY)
	$(Q)$(CC) $(ALL_CFLAGS) -fPIC -fvisibility=hidden -c $< -o $@

$(B)/%.o: %.c
	$(SAY)
	$(Q)$(CC) $(ALL_CFLAGS) -c $< -o $@

all: $(B)/libspawnwise-preload.so
$(B)/libspawnwise-preload.so: $(PRELOAD_OBJECTS) $(PIC_OBJECTS) \
		lib/preload/exported.map lib/preload/wrapped
	$(SAY)
	$(Q)$(CC) $(LDFLAGS) -shared -Wl,-z,now -Wl,-z,defs \
		-Wl,--version-script=lib/preload/exported.map \
		@lib/preload/wrapped $(filter %.o,$^) -ldl -pthread -o $@

# The commit that host.json tells.
$(B)/bench/machine/host.o: $(wildcard .git/logs/HEAD)
$(B)/%.o: %.cc
	$(SAY)
	$(Q)$(CXX) $(ALL_CXXFLAGS) -c $< -o $@

$(B)/payload: bench/measure/payload.c
$(B)/memhog: bench/labs/memhog.c
$(B)/tests/dump: tests/dump.c
$(BARE) $(B)/tests/dump: lib/raw.h
	$(SAY)
	$(Q)$(CC) -std=gnu17 $(WARNINGS) $(WERROR) -I. -O2 -ffreestanding -nostdlib \
		-static -fno-stack-protector -mgeneral-regs-only \
		-Wl,--build-id=none -Wl,-z,noseparate-code $(filter %.c,$^) -o $@

# A test is one file, or a folder of them.
.SECONDEXPANSION:
$(B)/tests/%: $$(wildcard tests/$$*.c tests/$$*/*.c) $(B)/libbench.a \
		$(B)/libspawnwise.a
	$(SAY)
	$(Q)$(CC) $(ALL_CFLAGS) $(EXPORTED) $(filter-out %.h,$^) $(IMAGE) -lcmocka \
		$(LIBS) -lstdc++ -o $@

# The image of the command, which fork copies: all of bench, and its libraries.
$(B)/tests/bare: IMAGE := -Wl,-z,now -Wl,-u,verbs
$(B)/tests/differential: | $(B)/tests/dump
$(B)/spawnwise.1: docs/spawnwise.1.scd $(B)/spawnwise
	$(B)/spawnwise help --scdoc | sed -e '/^; The Makefile puts here/{r /dev/stdin' \
		-e 'd}' $< | scdoc > $@

include lib/library.mk

# Dependencies are by-products: nothing makes them.
$(B)/%.d $(B)/tests/%.d: ;

-include $(shell find $(B) -name '*.d' 2>/dev/null)
