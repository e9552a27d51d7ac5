// SPDX-License-Identifier: MIT
#define _GNU_SOURCE 1
#include "tests/vfio_user/mute_fs.h"

#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE      65536u
#define LIFE_S    60 /* who waits for it is let go then */
#define FILE_NODE 2u /* the root is 1 */

/* ---- the file system's process --------------------------------------------- */

static void answer(int dev, const struct fuse_in_header *to, int err, const void *body, size_t len)
{
    struct {
        struct fuse_out_header head;
        uint8_t body[256];
    } out = {
        .head = { .len = (uint32_t)(sizeof(out.head) + len), .error = -err, .unique = to->unique }
    };

    memcpy(out.body, body, len);
    if (write(dev, &out, out.head.len) < 0)
        perror("mute_fs");
}

static struct fuse_attr attributes(uint64_t node)
{
    return (struct fuse_attr){ .ino = node,
                               .size = SIZE,
                               .mode = node == FILE_NODE ? S_IFREG | 0666 : S_IFDIR | 0777,
                               .nlink = 1 };
}

/* False: that was the last answer. */
static bool obey(int dev, const struct fuse_in_header *in)
{
    struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 4096 };
    struct fuse_entry_out entry = { .nodeid = FILE_NODE, .attr = attributes(FILE_NODE) };
    struct fuse_attr_out attr = { .attr = attributes(in->nodeid) };
    struct fuse_open_out opened = { .fh = 1 };

    if (in->opcode == FUSE_INIT)
        answer(dev, in, 0, &init, sizeof(init));
    else if (in->opcode == FUSE_LOOKUP)
        answer(dev, in, 0, &entry, sizeof(entry));
    else if (in->opcode == FUSE_GETATTR)
        answer(dev, in, 0, &attr, sizeof(attr));
    else if (in->opcode == FUSE_OPEN)
        answer(dev, in, 0, &opened, sizeof(opened));
    else if (in->opcode == FUSE_FLUSH)
        answer(dev, in, 0, "", 0);
    else
        answer(dev, in, 38 /* ENOSYS */, "", 0);
    return in->opcode != FUSE_FLUSH;
}

/* Until the one who opened the file has closed it, which is told: the copy that was sent away is
 * closed by nobody then. */
static void serve(int dev, int to)
{
    static _Alignas(8) uint8_t in[FUSE_MIN_READ_BUFFER + 4096];

    while (read(dev, in, sizeof(in)) >= (ssize_t)sizeof(struct fuse_in_header) &&
           obey(dev, (const struct fuse_in_header *)(const void *)in))
        ;
    (void)!send(to, "", 1, 0);
    for (;;)
        pause();
}

static void send_file(int to, int file)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control = { .room = "" };
    char byte = 0;
    struct iovec iov = { &byte, 1 };
    struct msghdr msg = { .msg_iov = &iov,
                          .msg_iovlen = 1,
                          .msg_control = file < 0 ? NULL : control.room,
                          .msg_controllen = file < 0 ? 0 : sizeof(control.room) };

    control.head.cmsg_level = SOL_SOCKET;
    control.head.cmsg_type = SCM_RIGHTS;
    control.head.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.head), &file, sizeof(file));
    (void)!sendmsg(to, &msg, 0);
}

/* In a mount namespace of its own, which goes with the process. */
static void run(const char *dir, int to)
{
    char options[100], path[64];
    int dev = open("/dev/fuse", O_RDWR | O_CLOEXEC);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(path, sizeof(path), "%s/file", dir);
    snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other",
             dev);
    if (dev < 0 || unshare(CLONE_NEWNS) < 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("ixl-mute", dir, "fuse", MS_NOSUID | MS_NODEV, options) < 0) {
        send_file(to, -1);
        _exit(1);
    }
    if (fork() != 0) {
        alarm(LIFE_S);
        serve(dev, to);
    }
    close(dev);
    send_file(to, open(path, O_RDWR | O_CLOEXEC));
    _exit(0);
}

/* ---- from outside ------------------------------------------------------------ */

static int receive_file(int from)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control = { .room = "" };
    char byte;
    struct iovec iov = { &byte, 1 };
    struct msghdr msg = { .msg_iov = &iov,
                          .msg_iovlen = 1,
                          .msg_control = control.room,
                          .msg_controllen = sizeof(control.room) };
    int file = -1;

    if (recvmsg(from, &msg, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&msg))
        memcpy(&file, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(file));
    return file;
}

const char *mute_fs_begin(struct mute_fs *fs)
{
    int pair[2];
    char byte;

    snprintf(fs->dir, sizeof(fs->dir), "/tmp/ixl-mute-XXXXXX");
    if (!mkdtemp(fs->dir) || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return "no directory for it";
    fflush(NULL);
    fs->pid = fork();
    if (fs->pid == 0) {
        close(pair[0]);
        run(fs->dir, pair[1]);
    }
    close(pair[1]);
    fs->file = receive_file(pair[0]);
    bool mute = fs->file >= 0 && recv(pair[0], &byte, 1, 0) == 1;
    close(pair[0]);
    if (mute)
        return NULL;
    mute_fs_end(fs);
    return "FUSE cannot be mounted here, which takes root and /dev/fuse";
}

bool mute_fs_lives(const struct mute_fs *fs)
{
    siginfo_t info = { .si_pid = 0 };

    return waitid(P_PID, (id_t)fs->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == 0;
}

/* The process first: until it is gone nobody gets rid of the file. */
void mute_fs_end(struct mute_fs *fs)
{
    if (fs->pid > 0) {
        kill(fs->pid, SIGKILL);
        waitpid(fs->pid, NULL, 0);
    }
    if (fs->file >= 0)
        close(fs->file);
    if (fs->dir[0])
        rmdir(fs->dir);
    *fs = (struct mute_fs){ .file = -1 };
}
