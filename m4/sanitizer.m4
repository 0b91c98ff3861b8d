dnl FG_SANITIZER: --with-sanitizer=LIST (address,undefined or thread) and
dnl --with-fuzzer (clang's libFuzzer; without it each fuzz target is built
dnl with a main() that replays its corpus).
AC_DEFUN([FG_SANITIZER], [
AC_ARG_WITH([sanitizer],
    [AS_HELP_STRING([--with-sanitizer=LIST], [build with -fsanitize=LIST])],
    [fg_sanitizer=$withval], [fg_sanitizer=no])
AS_IF([test "$fg_sanitizer" != no],
    [FG_CFLAGS="$FG_CFLAGS -fsanitize=$fg_sanitizer -fno-omit-frame-pointer -fno-sanitize-recover=all"
     FG_LDFLAGS="-fsanitize=$fg_sanitizer"])
AC_ARG_WITH([fuzzer],
    [AS_HELP_STRING([--with-fuzzer], [link the fuzz targets with libFuzzer (clang)])],
    [fg_fuzzer=$withval], [fg_fuzzer=no])
AS_IF([test "$fg_fuzzer" != no],
    [FG_CFLAGS="$FG_CFLAGS -fsanitize=fuzzer-no-link"
     FUZZ_LDFLAGS="-fsanitize=fuzzer"],
    [FUZZ_LDFLAGS=])
AM_CONDITIONAL([WITH_FUZZER], [test "$fg_fuzzer" != no])
AC_SUBST([FG_LDFLAGS])
AC_SUBST([FUZZ_LDFLAGS])
])
