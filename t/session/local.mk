check_PROGRAMS += t/session/scenario
t_session_scenario_SOURCES = \
	t/session/dicts.c \
	t/session/dicts.h \
	t/session/mem.c \
	t/session/mem.h \
	t/session/scenario.c
t_session_scenario_LDADD = libsession.a libdictxml.a libdict.a libfix.a \
	libbase.a $(LIBXML2_LIBS)

# One file for each case of the session standard; see scenario.c.
session_scenarios = \
	t/session/1a_ValidLogonMsgSeqNumTooHigh.fix \
	t/session/1a_ValidLogonWithCorrectMsgSeqNum.fix \
	t/session/2b_MsgSeqNumTooHigh.fix \
	t/session/4a_NoDataSentDuringHeartBtInt.fix \
	t/session/8_AdminAndApplicationMessages.fix
TESTS += $(session_scenarios)
EXTRA_DIST += $(session_scenarios)
