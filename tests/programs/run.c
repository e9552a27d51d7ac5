// SPDX-License-Identifier: MIT
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char scratch[] = "/tmp/ixl-test-XXXXXX";

int scratch_make(void **state)
{
    const char *programs = getenv("IXL_PROGRAMS");
    const char *path = getenv("PATH");
    char *joined = NULL;

    (void)state;
    if (!programs || !mkdtemp(scratch) || chdir(scratch) != 0 ||
        asprintf(&joined, "%s:%s", programs, path ? path : "/usr/bin:/bin") < 0)
        return -1;
    setenv("PATH", joined, 1);
    free(joined);
    return 0;
}

int scratch_remove(void **state)
{
    char *command;

    (void)state;
    if (chdir("/") != 0 || asprintf(&command, "rm -rf '%s'", scratch) < 0)
        return -1;
    int status = system(command);
    free(command);
    return status;
}

static void slurp(const char *path, char *buf, size_t size)
{
    FILE *f = fopen(path, "rb");

    assert_non_null(f);
    buf[fread(buf, 1, size - 1, f)] = '\0';
    fclose(f);
}

const struct outcome *run(const char *fmt, ...)
{
    static struct outcome o;
    char *line, *command;
    va_list ap;

    va_start(ap, fmt);
    assert_true(vasprintf(&line, fmt, ap) >= 0);
    va_end(ap);
    assert_true(asprintf(&command, "{ %s\n} >.out 2>.err </dev/null", line) >= 0);
    int status = system(command);
    o.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    slurp(".out", o.out, sizeof(o.out));
    slurp(".err", o.err, sizeof(o.err));
    if (getenv("IXL_TEST_VERBOSE"))
        printf("$ %s\n%s%s[%d]\n", line, o.out, o.err, o.status);
    free(command);
    free(line);
    return &o;
}

void assert_contains(const char *text, const char *words)
{
    if (!strstr(text, words))
        fail_msg("\"%s\" is missing in: %s", words, text);
}

void assert_fails(const struct outcome *o, int status, const char *program, const char *words)
{
    if (o->status != status)
        fail_msg("exit code %d instead of %d: %s", o->status, status, o->err);
    assert_string_equal(o->out, "");
    if (strncmp(o->err, program, strlen(program)) != 0)
        fail_msg("no message of %s: %s", program, o->err);
    assert_contains(o->err, words);
    const char *end = strchr(o->err, '\n');
    /* a usage error is followed by the hint at --help */
    if (status == 1 && (!end || end[1]))
        fail_msg("not one line: %s", o->err);
}

/* Turn JSON into lines "PATH VALUE"; Python, which meson needs anyway, judges whether it is JSON.
 */
static const char *flatten(const char *json)
{
    static const char script[] = "import json\n"
                                 "def walk(path, v):\n"
                                 "    if isinstance(v, (dict, list)):\n"
                                 "        for k, w in v.items() if isinstance(v, dict) "
                                 "else enumerate(v): walk(path + [str(k)], w)\n"
                                 "    elif isinstance(v, (int, float)):\n"
                                 "        print('.'.join(path), int(v))\n"
                                 "walk([], json.load(open('.json')))\n";
    static char flat[65536];
    char *command;
    FILE *f = fopen(".json", "w");

    assert_non_null(f);
    fputs(json, f);
    fclose(f);
    assert_true(asprintf(&command, "python3 -c \"%s\" >.flat", script) >= 0);
    if (system(command) != 0)
        fail_msg("no JSON: %s", json);
    free(command);
    slurp(".flat", flat, sizeof(flat));
    return flat;
}

uint64_t json_value(const char *json, const char *path)
{
    static const char *flat;
    static char last[sizeof(((struct outcome *)0)->out)];
    size_t size = strlen(json) + 1;

    assert_true(size <= sizeof(last));
    if (!flat || memcmp(json, last, size) != 0) {
        memcpy(last, json, size);
        flat = flatten(json);
    }
    size_t len = strlen(path);
    for (const char *line = flat; line[0]; line = strchr(line, '\n') + 1) {
        if (strncmp(line, path, len) == 0 && line[len] == ' ')
            return strtoull(line + len, NULL, 10);
    }
    fail_msg("no %s in: %s", path, json);
    return 0;
}
