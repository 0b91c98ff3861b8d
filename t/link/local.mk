# t/link
