// SPDX-License-Identifier: MIT
#include "tests/vfio_user/far.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/serve.h"
#include "tests/common/stage.h"

/* What the process answers. */
struct answer {
    uint64_t violations, faults;
    char last[200];
};

enum { PLUG = 1, PULL, COUNT };

/* ---- in the process -------------------------------------------------------- */

static struct sim_nic *nic;

static void *obey(void *arg)
{
    int control = *(int *)arg;
    char command;

    while (recv(control, &command, 1, 0) == 1) {
        struct answer a = { 0, 0, "" };
        struct sim_counters c;
        if (command != COUNT)
            sim_set_cable(nic, command == PLUG);
        sim_get_counters(nic, &c);
        a.violations = c.violations;
        a.faults = c.dma_faults;
        snprintf(a.last, sizeof(a.last), "%.199s", sim_last_violation(nic));
        if (send(control, &a, sizeof(a), MSG_NOSIGNAL) < 0)
            break;
    }
    _exit(0);
}

static void note(void *ctx, const char *what)
{
    (void)ctx;
    if (getenv("IXL_TEST_VERBOSE"))
        fprintf(stderr, "  far: %s\n", what);
}

static void serve(const char *model, const char *path, int control)
{
    struct sim_server_config cfg = { .model = model, .path = path, .log = note };
    char err[200] = "";
    pthread_t thread;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    cfg.opt.cable = true;
    struct sim_server *s = sim_server_create(&cfg, err, sizeof(err));
    if (!s) {
        fprintf(stderr, "%s: %s\n", model, err);
        _exit(1);
    }
    nic = sim_server_nic(s);
    sim_attach(nic, sim_wire_open("loop", err, sizeof(err)));
    if (send(control, "x", 1, 0) != 1 || pthread_create(&thread, NULL, obey, &control) != 0)
        _exit(1);
    int never[2];
    if (pipe(never) == 0)
        sim_server_run(s, never[0]);
    _exit(1);
}

/* ---- from outside ---------------------------------------------------------- */

void far_start(struct far *f, const char *model)
{
    int pair[2];
    char byte;

    snprintf(f->dir, sizeof(f->dir), "/tmp/ixl-far-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof(f->path), "%s/nic", f->dir);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    fflush(NULL);
    f->pid = fork();
    assert_true(f->pid >= 0);
    if (f->pid == 0) {
        close(pair[0]);
        serve(model, f->path, pair[1]);
    }
    close(pair[1]);
    f->control = pair[0];
    if (recv(f->control, &byte, 1, 0) != 1)
        fail_msg("the %s is not served", model);
}

static struct answer ask(struct far *f, char command)
{
    struct answer a;

    assert_int_equal(send(f->control, &command, 1, MSG_NOSIGNAL), 1);
    assert_int_equal(recv(f->control, &a, sizeof(a), 0), sizeof(a));
    return a;
}

void far_plug(struct far *f, bool in)
{
    ask(f, in ? PLUG : PULL);
}

void far_check(struct far *f)
{
    struct answer a = ask(f, COUNT);

    if (a.violations)
        fail_msg("a rule was broken: %s", a.last);
    assert_int_equal(a.faults, 0);
}

void far_kill(struct far *f)
{
    int status;

    if (f->pid <= 0)
        return;
    kill(f->pid, SIGKILL);
    waitpid(f->pid, &status, 0);
    close(f->control);
    f->pid = 0;
}

void far_end(struct far *f)
{
    far_kill(f);
    if (!f->dir[0])
        return;
    unlink(f->path);
    rmdir(f->dir);
    f->dir[0] = '\0';
}

/* ---- for the common suite -------------------------------------------------- */

static struct far the_far;

static void start(const char *model, char *address, size_t size)
{
    far_end(&the_far);
    far_start(&the_far, model);
    snprintf(address, size, "vfio-user:%s", the_far.path);
}

static void plug(bool in)
{
    far_plug(&the_far, in);
}

static void remove_it(void)
{
    far_kill(&the_far);
}

static void check(void)
{
    if (the_far.pid > 0)
        far_check(&the_far);
}

static void end(void)
{
    far_end(&the_far);
}

__attribute__((constructor)) static void offer(void)
{
    static const struct stage_far way = { start, plug, remove_it, check };

    stage_far = &way;
    atexit(end);
}
