# End to end: the programs over real sockets.
TESTS += t/e2e/test_bad_input.py
EXTRA_DIST += t/long/run t/long/RESULTS.md t/README.md t/valgrind.supp t/e2e/test_bad_input.py
TESTS += t/e2e/test_ctl.py
EXTRA_DIST += t/e2e/test_ctl.py
TESTS += t/e2e/test_peers.py
EXTRA_DIST += t/e2e/test_peers.py
TESTS += t/e2e/test_fixt.py
EXTRA_DIST += t/e2e/test_fixt.py
TESTS += t/e2e/test_flow.py
EXTRA_DIST += t/e2e/test_flow.py
TESTS += t/e2e/test_dict.py
EXTRA_DIST += t/e2e/test_dict.py
TESTS += t/e2e/test_schedule.py
EXTRA_DIST += t/e2e/test_schedule.py
TESTS += t/e2e/test_send.py
EXTRA_DIST += t/e2e/test_send.py t/lib/link.py
