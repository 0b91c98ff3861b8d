# t/e2e
