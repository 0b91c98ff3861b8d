# t/bench
