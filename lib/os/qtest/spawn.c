// SPDX-License-Identifier: MIT
/*
 * Starting QEMU so that it cannot be left behind. Between this process and QEMU stands a keeper
 * that waits for the end of the life pipe, which comes when the pipe is closed or this process
 * dies in whatever way; then it ends QEMU and removes its files. (The parent-death signal alone
 * would not do: it follows the thread that started the child, not the process.)
 * Between fork and exec only functions are called that a signal handler may call, since other
 * threads may have held locks.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/os/os.h"
#include "lib/os/qtest/machine.h"

enum { LIFE_FD = 4, DONE_FD = 5, ALIVE_FD = 6, RAM_FD = 3 };

struct plan {
    char **argv;
    const char *program; /* with its path */
    char *files[16];     /* to remove */
    unsigned n_files;
    const char *dir;
    bool kept;
    int null_fd, log_fd, ram_fd;
    int life[2], done[2], alive[2];
};

/* Put the six descriptors the children use at their places and close all others. */
static void arrange_fds(const struct plan *plan)
{
    int from[7] = { plan->null_fd, plan->null_fd, plan->log_fd,  plan->ram_fd,
                    plan->life[0], plan->done[1], plan->alive[1] };
    for (int i = 0; i < 7; i++) {
        from[i] = fcntl(from[i], F_DUPFD, 16); /* out of the way of the places */
    }
    for (int i = 0; i < 7; i++) {
        dup2(from[i], i);
    }
#ifdef SYS_close_range
    if (syscall(SYS_close_range, 7u, ~0u, 0u) == 0) {
        return;
    }
#endif
    for (int fd = 7; fd < 1024; fd++) {
        close(fd);
    }
}

static void become_qemu(const struct plan *plan, pid_t keeper)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0); /* should the program be a script, its children go with it */
    if (!plan->kept) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != keeper) {
            _exit(1);
        }
    }
    close(LIFE_FD);
    close(DONE_FD);
    execv(plan->program, plan->argv);
    int err = errno;
    (void)!write(ALIVE_FD, &err, sizeof(err));
    _exit(127);
}

static void keeper(const struct plan *plan)
{
    char byte;
    pid_t self = getpid();
    pid_t qemu = fork();

    if (qemu == 0) {
        become_qemu(plan, self);
    }
    if (qemu > 0) {
        setpgid(qemu, qemu);
    }
    close(ALIVE_FD);
    close(RAM_FD);
    while (read(LIFE_FD, &byte, 1) != 0 && errno == EINTR) {
    }
    if (qemu > 0) {
        kill(-qemu, SIGKILL);
        kill(qemu, SIGKILL);
        while (waitpid(qemu, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    for (unsigned i = 0; i < plan->n_files; i++) {
        unlink(plan->files[i]);
    }
    rmdir(plan->dir);
    _exit(0);
}

/* Twice forked: the program that uses this library never sees a child of ours. */
static int fork_twice(const struct plan *plan)
{
    int status = 0;
    pid_t child = fork();
    if (child < 0) {
        return -errno;
    }
    if (child > 0) {
        while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
        }
        return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
    }
    pid_t grandchild = fork();
    if (grandchild != 0) {
        _exit(grandchild < 0 ? errno : 0);
    }
    setsid();
    arrange_fds(plan);
    if (plan->kept) {
        become_qemu(plan, 0);
    }
    keeper(plan);
    return 0;
}

static void close_pipe(int p[2])
{
    for (int i = 0; i < 2; i++) {
        if (p[i] >= 0) {
            close(p[i]);
            p[i] = -1;
        }
    }
}

static void free_plan(struct plan *plan)
{
    close_pipe(plan->life);
    close_pipe(plan->done);
    close_pipe(plan->alive);
    if (plan->null_fd >= 0) {
        close(plan->null_fd);
    }
    for (unsigned i = 0; i < plan->n_files; i++) {
        free(plan->files[i]);
    }
}

static int make_plan(struct plan *plan, struct qtest_machine *m)
{
    static const char *const names[] = { "qtest", "monitor", "log", "bios", "pid" };

    for (unsigned i = 0; i < 5; i++) {
        plan->files[plan->n_files] = qtest_path(m->dir, names[i]);
        if (plan->files[plan->n_files] == NULL) {
            return -ENOMEM;
        }
        plan->n_files++;
    }
    for (unsigned i = 0; i < m->n_wires; i++) {
        plan->files[plan->n_files] = strdup(m->wires[i]);
        if (plan->files[plan->n_files] == NULL) {
            return -ENOMEM;
        }
        plan->n_files++;
    }
    plan->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (plan->null_fd < 0 || pipe2(plan->life, O_CLOEXEC) != 0 ||
        pipe2(plan->done, O_CLOEXEC) != 0 || pipe2(plan->alive, O_CLOEXEC) != 0) {
        return -errno;
    }
    return 0;
}

/* The program's path as execvp would find it; execvp itself may not be called after fork. */
static char *find_program(const char *name)
{
    const char *path = getenv("PATH");
    if (strchr(name, '/') != NULL || path == NULL) {
        return strdup(name);
    }
    while (*path != '\0') {
        size_t len = strcspn(path, ":");
        char *dir = strndup(path, len);
        char *full = dir == NULL ? NULL : qtest_path(len == 0 ? "." : dir, name);
        free(dir);
        if (full != NULL && access(full, X_OK) == 0) {
            return full;
        }
        free(full);
        path += len + (path[len] == ':');
    }
    return strdup(""); /* starting that fails with "No such file or directory" */
}

int qtest_spawn(struct qtest_machine *m, char **argv, int log_fd)
{
    struct plan plan = { .argv = argv,
                         .dir = m->dir,
                         .kept = m->kept,
                         .null_fd = -1,
                         .log_fd = log_fd,
                         .ram_fd = m->ram_fd,
                         .life = { -1, -1 },
                         .done = { -1, -1 },
                         .alive = { -1, -1 } };
    char *path = find_program(argv[0]);

    plan.program = path;
    int err = path == NULL ? -ENOMEM : make_plan(&plan, m);
    if (err == 0) {
        err = fork_twice(&plan);
    }
    if (err != 0) {
        ixl_log(IXL_LOG_ERROR, "qemu: cannot start a process: %s", strerror(-err));
    } else {
        m->life_fd = plan.life[1];
        m->done_fd = plan.done[0];
        m->alive_fd = plan.alive[0];
        plan.life[1] = plan.done[0] = plan.alive[0] = -1;
    }
    free_plan(&plan);
    free(path);
    return err == 0 ? 0 : -IXL_EIO;
}

int qtest_spawn_ended(struct qtest_machine *m, int *exec_errno, unsigned wait_ms)
{
    *exec_errno = 0;
    if (qtest_poll(m->alive_fd, POLLIN, qtest_ms() + wait_ms) == 0) {
        return 0;
    }
    int err = 0;
    if (read(m->alive_fd, &err, sizeof(err)) == (ssize_t)sizeof(err)) {
        *exec_errno = err;
    }
    return 1;
}
