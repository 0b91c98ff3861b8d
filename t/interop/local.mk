# t/interop
EXTRA_DIST += t/lib/fixgate.py
