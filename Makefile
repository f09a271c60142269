# jorge: build, install, try, test. A fresh machine needs two commands: make demo, make test.

EXTENSION   = jorge
EXTVERSION  = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" $(EXTENSION).control)
PG_CONFIG  ?= pg_config
PYTHON     ?= /usr/bin/python3

# ---- C: one folder a family; three shared objects, so that a backend that only scores loads neither XGBoost nor libcurl
SERVING     = core text textmodel forest stats money bi identity features forecast score intake adapter follow_up outbox synthetic
C_HEADERS = $(wildcard src/*/*.h)
OBJS        = $(patsubst %.c,%.o,$(sort $(foreach family,$(SERVING),$(wildcard src/$(family)/*.c))))
# scores and the distributions it uses are pure C: linked into both, so that training tells the figures of jorge.classification().
LEARN_OBJS  = $(patsubst %.c,%.o,$(sort $(wildcard src/learn/*.c))) src/stats/scores.o src/stats/special.o
MODULE_big  = jorge
DELIVERY_OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/delivery/*.c)))
MODULES     = jorge_learn jorge_outbox

PG_CPPFLAGS = -Isrc
# -ffp-contract=off: a fused multiply-add would change the last bit of a score.
PG_CFLAGS   = -std=gnu11 -fvisibility=hidden -ffp-contract=off -Wextra -Wno-unused-parameter \
              -Wno-sign-compare -Wno-missing-field-initializers $(WERROR)
WERROR     ?= -Werror
ifneq ($(findstring clang,$(CC)),)
# pg_config hands out the flags of the gcc that built the server.
PG_CFLAGS  += -Wno-ignored-optimization-argument -Wno-ignored-attributes -Wno-unknown-warning-option
endif
# libcrypto and libxml2 are in the server already, where it was built with them.
SHLIB_LINK  = -lm $(filter -lcrypto -lxml2,$(LIBS))

# ---- SQL: the extension script is the numbered parts in order; the install script rides in it as text
SCRIPT        = sql/$(EXTENSION)--$(EXTVERSION).sql
SQL_PARTS     = $(sort $(wildcard sql/[0-9][0-9]_*.sql))
MODEL_FILES   = models/jorge_lead_scorer_v1.json models/jorge_lead_scorer_v1.metrics.json
INSTALL_PARTS = $(sort $(wildcard sql/install/[0-9][0-9]_*.sql))
DATA_built    = $(SCRIPT)
DATA          = $(wildcard sql/$(EXTENSION)--*--*.sql)
EXTRA_CLEAN   = $(SCRIPT) $(SCRIPT).tmp $(LEARN_OBJS) $(DELIVERY_OBJS) results regression.diffs regression.out output_iso

# ---- tests that pg_regress runs on a server of the user's own (make installcheck)
REGRESS        = $(sort $(patsubst test/sql/%.sql,%,$(wildcard test/sql/*.sql)))
REGRESS_OPTS   = --inputdir=test --outputdir=. --load-extension=$(EXTENSION)
SPECS          = $(sort $(patsubst test/specs/%.spec,%,$(wildcard test/specs/*.spec)))
ifneq ($(SPECS),)
ISOLATION      = $(SPECS)
ISOLATION_OPTS = --inputdir=test --outputdir=. --load-extension=$(EXTENSION)
endif

.PHONY: deps build demo demo-stop psql test test-long bench models

ifneq ($(shell command -v $(PG_CONFIG) 2>/dev/null),)
PGXS := $(shell $(PG_CONFIG) --pgxs)
ifneq ($(wildcard $(PGXS)),)
# Inlining our functions into JIT code buys nothing and doubles the build.
override with_llvm = no
include $(PGXS)
# PGXS's module rule links one object file; this library has several.
jorge_learn$(DLSUFFIX): $(LEARN_OBJS)
	$(CC) $(CFLAGS) $(LEARN_OBJS) $(LDFLAGS) $(LDFLAGS_SL) -shared -lxgboost -lgomp -o $@
jorge_outbox$(DLSUFFIX): $(DELIVERY_OBJS)
	$(CC) $(CFLAGS) $(DELIVERY_OBJS) $(LDFLAGS) $(LDFLAGS_SL) -shared -lcurl -o $@
$(OBJS) $(LEARN_OBJS) $(DELIVERY_OBJS): $(C_HEADERS) Makefile
endif
endif
.DEFAULT_GOAL := all

$(SCRIPT): $(SQL_PARTS) $(INSTALL_PARTS) $(MODEL_FILES) $(EXTENSION).control Makefile test/bin/script
	test/bin/script $(SQL_PARTS) > $@.tmp && mv $@.tmp $@

# ---- targets that also work on a machine with nothing installed: each installs, then builds
deps:
	@test/bin/deps

build: deps
	@$(MAKE) -s all

demo: build
	@test/bin/demo

demo-stop:
	@test/bin/demo stop

psql:
	@test/bin/demo psql

test: build
	@test/bin/run

test-long: build
	@test/bin/run long

bench: build
	@test/bench/run

models: build
	@models/make
