// SPDX-License-Identifier: MIT
/* The QEMU process: started, attached to, ended; its folder of files. */
#ifndef IXL_OS_QTEST_MACHINE_H
#define IXL_OS_QTEST_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/os/qtest/link.h"
#include "lib/os/qtest/options.h"

struct qtest_machine {
    bool ours; /* started by this library: in a folder of its own or a kept one */
    bool kept;
    char *dir;                   /* NULL: a foreign QEMU */
    char *monitor;               /* path of the monitor's socket, NULL: none */
    char *wires[QTEST_MAX_NICS]; /* socket files QEMU makes for us */
    unsigned n_wires;
    int ram_fd;
    size_t ram_size;
    int lock_fd;  /* of a kept folder, -1: none */
    int life_fd;  /* closing it ends QEMU and removes the folder */
    int alive_fd; /* at its end when QEMU has ended */
    int done_fd;  /* at its end when all is cleaned up */
};

/* Start, find again or attach as the options say, and connect. For "every kind" it finds out
 * what QEMU has. `spec` is what the options were parsed from. */
int qtest_machine_open(const struct qtest_options *opt, const char *spec, struct qtest_machine *m,
                       struct qtest_link *link);
/* End QEMU unless it is somebody else's, remove the files. Closes the link. */
void qtest_machine_close(struct qtest_machine *m, struct qtest_link *link);
int qtest_machine_pid(const struct qtest_machine *m);
/* files.c. "DIR/name", allocated; NULL: out of memory. */
char *qtest_path(const char *dir, const char *name);
/* A file of the machine's folder: a descriptor, or negative after a sentence. */
int qtest_open_file(const struct qtest_machine *m, const char *name, int flags);
/* The rest: 0, or an error after a sentence. */
int qtest_write_file(const struct qtest_machine *m, const char *name, const void *data, size_t len);
int qtest_write_bios(const struct qtest_machine *m);
/* m->dir: a folder of its own, or `dir`'s, which is locked (m->kept, m->lock_fd). */
int qtest_make_dir(struct qtest_machine *m);
int qtest_enter_kept_dir(struct qtest_machine *m, const char *dir);
void qtest_remove_files(struct qtest_machine *m);
/* m->ram_fd and ram_size: made anew, or opened where another has made it. */
int qtest_make_ram(struct qtest_machine *m, unsigned mib);
int qtest_open_ram(struct qtest_machine *m, const char *path);

/* command.c: the command line, NULL-terminated, to be freed; NULL after a failure. nics lists what
 * to plug in. RAM is in ram_path, the machine's files in m->dir. */
int qtest_command(const struct qtest_options *opt, const struct qtest_nic_options *nics,
                  unsigned n_nics, const char *ram_path, struct qtest_machine *m, char ***out);
void qtest_command_free(char **argv);
/* The socket QEMU makes for the wire of the i-th NIC, allocated; *err is 0 and the result NULL if
 * the wire needs none. */
char *qtest_wire_socket(const struct qtest_machine *m, const struct qtest_nic_options *nic,
                        unsigned i, int *err);

/* spawn.c: start argv. Files of m->dir (unless kept) go when life_fd is closed, by exit or death
 * of this process too. Sets life_fd, alive_fd, done_fd. The child finds the RAM at descriptor 3. */
int qtest_spawn(struct qtest_machine *m, char **argv, int log_fd);
/* Has QEMU ended? 0 no; else 1, and *exec_errno tells why it could not be started, or is 0. */
int qtest_spawn_ended(struct qtest_machine *m, int *exec_errno, unsigned wait_ms);

/* monitor.c: one command through the QMP socket at `path`. See ixl_qtest_monitor. */
int qtest_monitor(const char *path, unsigned timeout_ms, const char *cmd, char *reply, size_t cap);

#endif
