TESTS += t/demo/test_demo.py
EXTRA_DIST += \
	t/demo/test_demo.py \
	t/demo/reconcile.py \
	t/demo/run.py \
	t/demo/world.py \
	t/lib/tap.py
