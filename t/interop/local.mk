# t/interop: QuickFIX as the counterparty. The scripts compile qfpeer.cpp
# themselves and skip where there is no QuickFIX.
TESTS += t/interop/test_interop.py t/interop/test_kill.py
EXTRA_DIST += t/lib/fixgate.py t/interop/qf.py t/interop/qfpeer.cpp \
	t/interop/test_interop.py t/interop/test_kill.py
CLEANFILES += t/interop/qfpeer t/interop/qfpeer.lock
