# A fuzz target is one file fuzz_NAME.c and a folder corpus/NAME. It is linked
# with libFuzzer (configure --with-fuzzer), or with replay.c and is a test.
FUZZERS = \
	t/fuzz/fuzz_conf \
	t/fuzz/fuzz_dict \
	t/fuzz/fuzz_fix \
	t/fuzz/fuzz_json_line \
	t/fuzz/fuzz_link \
	t/fuzz/fuzz_proxy \
	t/fuzz/fuzz_query \
	t/fuzz/fuzz_script \
	t/fuzz/fuzz_session \
	t/fuzz/fuzz_tunnel \
	t/fuzz/fuzz_validate
EXTRA_DIST += t/fuzz/corpus

check_PROGRAMS += $(FUZZERS)
if WITH_FUZZER
FUZZ_MAIN = t/fuzz/fuzz.h
else
FUZZ_MAIN = t/fuzz/fuzz.h t/fuzz/replay.c
TESTS += $(FUZZERS)
endif

t_fuzz_fuzz_conf_SOURCES = t/fuzz/fuzz_conf.c $(FUZZ_MAIN)
t_fuzz_fuzz_conf_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_conf_LDADD = libconf.a libschedule.a libbase.a

t_fuzz_fuzz_fix_SOURCES = t/fuzz/fuzz_fix.c $(FUZZ_MAIN)
t_fuzz_fuzz_fix_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_fix_LDADD = libfix.a libbase.a

t_fuzz_fuzz_link_SOURCES = t/fuzz/fuzz_link.c $(FUZZ_MAIN)
t_fuzz_fuzz_link_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_link_LDADD = liblink.a libbase.a

t_fuzz_fuzz_session_SOURCES = t/fuzz/fuzz_session.c t/session/mem.c \
	t/session/mem.h $(FUZZ_MAIN)
t_fuzz_fuzz_session_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_session_LDADD = libsession.a libdict.a libfix.a libbase.a

t_fuzz_fuzz_dict_SOURCES = t/fuzz/fuzz_dict.c $(FUZZ_MAIN)
t_fuzz_fuzz_dict_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_dict_LDADD = libdictxml.a libdict.a libfix.a libbase.a \
	$(LIBXML2_LIBS)

t_fuzz_fuzz_validate_SOURCES = t/fuzz/fuzz_validate.c $(FUZZ_MAIN)
t_fuzz_fuzz_validate_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_validate_LDADD = libdictxml.a libdict.a libfix.a libbase.a \
	$(LIBXML2_LIBS)

t_fuzz_fuzz_script_SOURCES = t/fuzz/fuzz_script.c $(FUZZ_MAIN)
t_fuzz_fuzz_script_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_script_LDADD = libscript.a libdict.a libfix.a liblog.a libbase.a \
	$(LUA_LIBS)

t_fuzz_fuzz_json_line_SOURCES = t/fuzz/fuzz_json_line.c $(FUZZ_MAIN)
t_fuzz_fuzz_json_line_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
t_fuzz_fuzz_json_line_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_json_line_LDADD = libctl.a liblink.a libbase.a $(JANSSON_LIBS)

t_fuzz_fuzz_proxy_SOURCES = t/fuzz/fuzz_proxy.c $(FUZZ_MAIN)
t_fuzz_fuzz_proxy_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_proxy_LDADD = libgateway.a libbase.a

t_fuzz_fuzz_tunnel_SOURCES = t/fuzz/fuzz_tunnel.c $(FUZZ_MAIN)
t_fuzz_fuzz_tunnel_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_tunnel_LDADD = libgateway.a libbase.a

t_fuzz_fuzz_query_SOURCES = t/fuzz/fuzz_query.c $(FUZZ_MAIN)
t_fuzz_fuzz_query_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
t_fuzz_fuzz_query_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_query_LDADD = libctl.a libdaemon.a libnet.a libconf.a \
	libschedule.a liblink.a libdictxml.a libdict.a libfix.a liblog.a \
	libbase.a $(JANSSON_LIBS) $(LIBXML2_LIBS) \
	$(OPENSSL_LIBS) $(LIBUV_LIBS)
