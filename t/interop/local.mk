# t/interop
