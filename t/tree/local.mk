# Checks of the tree itself, and a check that these checks find something.
TREE_TESTS = \
	t/tree/layers.sh \
	t/tree/headers.sh \
	t/tree/listed.sh \
	t/tree/long.sh \
	t/tree/man.sh \
	t/tree/named.py \
	t/tree/rows.sh \
	t/tree/broken.sh
TESTS += $(TREE_TESTS)
EXTRA_DIST += $(TREE_TESTS) t/e2e/rows.txt
