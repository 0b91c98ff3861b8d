# fixgate-streamer, with a gateway behind it.
TESTS += t/streamer/test_a1.py
EXTRA_DIST += t/streamer/test_a1.py t/lib/streams.py
