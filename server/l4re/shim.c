// SPDX-License-Identifier: MIT
/* What the programs expect of a C library and L4Re's does not have. No signal ever comes there: a
 * program ends after --duration or --count, or is killed. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
    (void)set;
    (void)info;
    nanosleep(timeout, NULL);
    errno = EAGAIN;
    return -1;
}

/* POSIX.1-2017: the next of "name=value,name": its number among `tokens`, -1 if it is none. */
int getsubopt(char **option, char *const *tokens, char **value)
{
    char *name = *option, *comma = strchr(name, ',');

    *option = comma ? comma + 1 : name + strlen(name);
    if (comma)
        *comma = '\0';
    char *equals = strchr(name, '=');
    size_t len = equals ? (size_t)(equals - name) : strlen(name);
    *value = equals ? equals + 1 : NULL;
    for (int i = 0; tokens[i]; i++)
        if (strlen(tokens[i]) == len && memcmp(tokens[i], name, len) == 0)
            return i;
    *value = name;
    return -1;
}
