/*
 * confine.c: what a daemon takes from itself once it has started, so that who
 * gets hold of it gets hold of little: no core file and no other process of its
 * user may read its memory, where passwords and keys are; and it may not run
 * programs, trace, mount, load, set clocks, become somebody else or leave its
 * namespaces.
 */
#include "daemon/daemon.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "log/log.h"

void
daemon_keep_secrets(void)
{
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		log_event(LOG_LEVEL_WARN, "confine", NULL, "core files cannot "
		    "be forbidden: %s", strerror(errno));
}

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

/* Sanitizers trace the process from one of their own, and run a program. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#undef ARCH
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || \
    __has_feature(thread_sanitizer)
#undef ARCH
#endif
#endif

#ifdef ARCH

#define LOAD(member)                                                           \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, what)
#define REFUSE(err)  RETURN(SECCOMP_RET_ERRNO | ((err) & SECCOMP_RET_DATA))
#define NOT(name)                                                              \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), REFUSE(EPERM)

/* The low half of the first argument, where the flags of clone are. */
#define ARG0 offsetof(struct seccomp_data, args[0])

static struct sock_filter filter[] = {
	LOAD(arch),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
	REFUSE(EPERM),
	LOAD(nr),
	/* Its flags are in memory, where they cannot be seen: the C library
	 * then uses clone. */
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
	REFUSE(ENOSYS),
	/* Threads, no processes. */
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARG0),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1),
	RETURN(SECCOMP_RET_ALLOW),
	REFUSE(EPERM),
#ifdef SYS_fork
	NOT(fork), NOT(vfork),
#endif
	NOT(execve), NOT(execveat),
	NOT(ptrace), NOT(process_vm_readv), NOT(process_vm_writev),
	NOT(kcmp), NOT(perf_event_open), NOT(bpf), NOT(userfaultfd),
	NOT(mount), NOT(umount2), NOT(pivot_root), NOT(chroot), NOT(setns),
	NOT(unshare), NOT(swapon), NOT(swapoff), NOT(quotactl), NOT(acct),
	NOT(open_by_handle_at), NOT(name_to_handle_at),
	NOT(init_module), NOT(finit_module), NOT(delete_module),
	NOT(kexec_load), NOT(reboot), NOT(syslog), NOT(personality),
	NOT(settimeofday), NOT(clock_settime), NOT(adjtimex),
	NOT(clock_adjtime), NOT(sethostname), NOT(setdomainname),
	NOT(setuid), NOT(setgid), NOT(setreuid), NOT(setregid),
	NOT(setresuid), NOT(setresgid), NOT(setgroups), NOT(capset),
	NOT(add_key), NOT(request_key), NOT(keyctl), NOT(mknodat),
#ifdef SYS_iopl
	NOT(iopl), NOT(ioperm), NOT(mknod), NOT(modify_ldt),
#endif
	RETURN(SECCOMP_RET_ALLOW),
};

void
daemon_confine(void)
{
	const struct sock_fprog prog = {
		.len = sizeof(filter) / sizeof(filter[0]),
		.filter = filter,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	        SECCOMP_FILTER_FLAG_TSYNC, &prog) != 0)
		log_event(LOG_LEVEL_WARN, "confine", NULL, "system calls "
		    "cannot be restricted: %s", strerror(errno));
}

#else

void
daemon_confine(void)
{
}

#endif
