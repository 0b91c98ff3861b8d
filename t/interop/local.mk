# t/interop: other engines as the counterparty. The scripts compile qfpeer.cpp
# and install jspurefix themselves, and skip where there is no QuickFIX or npm.
TESTS += t/interop/test_interop.py t/interop/test_kill.py \
	t/interop/test_jspurefix.py t/interop/test_stunnel.py \
	t/interop/test_tls.py
EXTRA_DIST += t/lib/fixgate.py t/lib/logfmt.py t/lib/peer.py t/interop/pair.py t/interop/qf.py \
	t/interop/qfpeer.cpp t/interop/test_interop.py \
	t/interop/test_jspurefix.py t/interop/test_kill.py \
	t/interop/test_stunnel.py t/interop/test_tls.py \
	t/interop/jspurefix/package.json t/interop/jspurefix/peer.js
CLEANFILES += t/interop/qfpeer t/interop/qfpeer.lock

clean-local: clean-npm
.PHONY: clean-npm
clean-npm:
	rm -rf t/interop/npm
