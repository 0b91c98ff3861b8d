ETC_TESTS = \
	t/etc/container.py \
	t/etc/installed.py \
	t/etc/package.sh \
	t/etc/test_evening.py \
	t/etc/test_init.py \
	t/etc/test_pages.py \
	t/lib/initscript.py \
	t/etc/units.sh
TESTS += t/etc/container.py t/etc/test_evening.py t/etc/test_init.py t/etc/test_pages.py t/etc/units.sh
EXTRA_DIST += $(ETC_TESTS)
