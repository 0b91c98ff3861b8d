# Tests. `make check` runs what is in TESTS: Check programs, scenario files
# (.fix), shell (.sh) and python (.py) scripts.
TEST_EXTENSIONS = .sh .py .fix
SH_LOG_COMPILER = bash
PY_LOG_COMPILER = $(PYTHON3)
FIX_LOG_COMPILER = ./t/session/scenario
AM_TESTS_ENVIRONMENT = \
	FG_SRC='$(abs_top_srcdir)'; FG_BUILD='$(abs_top_builddir)'; \
	FG_NM='$(NM)'; FG_MANDOC='$(MANDOC)'; FG_CC='$(CC)'; \
	FG_SANITIZER='$(fg_sanitizer)'; \
	FG_CPPFLAGS='$(LIBXML2_CFLAGS) $(LIBUV_CFLAGS) $(LUA_CFLAGS)'; \
	CK_DEFAULT_TIMEOUT=600; \
	export FG_SRC FG_BUILD FG_NM FG_MANDOC FG_CC FG_SANITIZER \
	FG_CPPFLAGS CK_DEFAULT_TIMEOUT;

# The tests run in this order: those that take long come first, and those that
# are many and short last, so that no processor waits for the last one.
include t/session/local.mk
include t/store/local.mk
include t/interop/local.mk
include t/demo/local.mk
include t/tree/local.mk
include t/etc/local.mk
include t/base/local.mk
include t/fix/local.mk
include t/dict/local.mk
include t/schedule/local.mk
include t/link/local.mk
include t/net/local.mk
include t/daemon/local.mk
include t/conf/local.mk
include t/script/local.mk
include t/client/local.mk
include t/streamer/local.mk
include t/ctl/local.mk
include t/gateway/local.mk
include t/sim/local.mk
include t/long/local.mk
include t/bench/local.mk
include t/fuzz/local.mk
include t/e2e/local.mk
