# fixgate-streamer, with a gateway behind it.
TESTS += t/streamer/test_a1.py t/streamer/test_bad_scripts.py \
	t/streamer/test_bad_upstream.py \
	t/streamer/test_fix_stream.py t/streamer/test_kill.py \
	t/streamer/test_logons.py \
	t/streamer/test_reload.py \
	t/streamer/test_replay.py \
	t/streamer/test_upstream.py
EXTRA_DIST += t/streamer/test_a1.py t/streamer/test_bad_scripts.py \
	t/streamer/test_bad_upstream.py \
	t/streamer/test_fix_stream.py t/streamer/test_kill.py \
	t/streamer/test_logons.py \
	t/streamer/test_reload.py \
	t/streamer/test_replay.py \
	t/streamer/test_upstream.py t/lib/streams.py
TESTS += t/streamer/test_views.py
EXTRA_DIST += t/streamer/test_views.py
