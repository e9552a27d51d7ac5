// SPDX-License-Identifier: MIT
/*
 * The first program of the guest of tests/linux/run: mounts what a system has, loads the modules in
 * /modules/order, and leaves the rest to a shell that reads its commands from the console. The
 * shell's end is the end of the guest.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void mount_all(void)
{
    static const char *const what[][2] = {
        { "proc", "/proc" }, { "sysfs", "/sys" }, { "devtmpfs", "/dev" }, { "tmpfs", "/tmp" }
    };

    for (size_t i = 0; i < sizeof(what) / sizeof(what[0]); i++) {
        mkdir(what[i][1], 0755);
        if (mount(what[i][0], what[i][1], what[i][0], 0, NULL) != 0)
            perror(what[i][1]);
    }
}

/* A module the kernel has built in is there already. */
static void load(const char *name)
{
    char path[128];

    snprintf(path, sizeof(path), "/modules/%s.ko", name);
    int fd = open(path, O_RDONLY);
    if (fd < 0 || syscall(SYS_finit_module, fd, "", 0) != 0)
        perror(path);
    if (fd >= 0)
        close(fd);
}

static void load_all(void)
{
    char name[64];
    FILE *order = fopen("/modules/order", "r");

    while (order && fgets(name, sizeof(name), order)) {
        name[strcspn(name, "\n")] = '\0';
        load(name);
    }
    if (order)
        fclose(order);
}

static void run_shell(void)
{
    char *const argv[] = { "sh", "/shell", NULL };
    char *const env[] = { "PATH=/bin:/sbin:/usr/bin", "HOME=/", NULL };
    pid_t pid = fork();

    if (pid == 0) {
        execve("/bin/sh", argv, env);
        perror("/bin/sh");
        _exit(127);
    }
    while (wait(NULL) != pid) /* also for those that lost their parent */
        ;
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "load") == 0) {
        load(argv[2]); /* at a shell's word */
        return 0;
    }
    mount_all();
    load_all();
    run_shell();
    reboot(RB_POWER_OFF);
    return 0;
}
