# t/session
