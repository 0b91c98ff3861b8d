check_PROGRAMS += t/conf/check_conf
TESTS += t/conf/check_conf
t_conf_check_conf_SOURCES = \
	t/conf/check_conf.c \
	t/conf/check_conf.h \
	t/conf/extra.c \
	t/conf/keys.c \
	t/conf/printed.c \
	t/conf/sections.c
t_conf_check_conf_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_conf_check_conf_LDADD = libconf.a libschedule.a libbase.a $(CHECK_LIBS)

check_PROGRAMS += t/conf/confcheck
t_conf_confcheck_SOURCES = t/conf/confcheck.c
t_conf_confcheck_LDADD = libconf.a libschedule.a libbase.a

TESTS += t/conf/documented.sh t/conf/faults.sh t/conf/sample.sh \
	t/conf/covered.py
EXTRA_DIST += \
	t/conf/asked_for.txt \
	t/conf/coverage.txt \
	t/conf/covered.py \
	t/conf/documented.sh \
	t/conf/sample.sh \
	t/conf/FIX.4.4.xml \
	t/conf/FIX42.xml \
	t/conf/FIX44.xml \
	t/conf/bad.calendar \
	t/conf/dict/FIX42.xml \
	t/conf/dict/FIX44.xml \
	t/conf/dict/FIX50SP2.xml \
	t/conf/dict/FIXT11.xml \
	t/conf/dictionaries.conf \
	t/conf/dictionaries.out \
	t/conf/faults.sh \
	t/conf/five.conf \
	t/conf/five.out \
	t/conf/gateway.conf \
	t/conf/gateway.out \
	t/conf/identity.conf \
	t/conf/identity.out \
	t/conf/keys.conf \
	t/conf/keys.out \
	t/conf/liveness.conf \
	t/conf/liveness.out \
	t/conf/nobody.conf \
	t/conf/nobody.out \
	t/conf/ours.conf \
	t/conf/ours.out \
	t/conf/ports.conf \
	t/conf/ports.out \
	t/conf/quickfix.conf \
	t/conf/quickfix.out \
	t/conf/quickfixj.conf \
	t/conf/quickfixj.out \
	t/conf/refused.conf \
	t/conf/refused.out \
	t/conf/schedule.calendar \
	t/conf/schedule.conf \
	t/conf/schedule.out \
	t/conf/sections.conf \
	t/conf/sections.out \
	t/conf/tables.conf \
	t/conf/tables.out \
	t/conf/templates.conf \
	t/conf/templates.out \
	t/conf/tls.conf \
	t/conf/tls.out \
	t/conf/values.conf \
	t/conf/values.out \
	t/conf/variables.conf \
	t/conf/variables.out
