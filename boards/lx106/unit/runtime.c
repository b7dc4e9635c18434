// SPDX-License-Identifier: MIT
#include "boards/lx106/unit/runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum simcall {
    SIM_EXIT = 1,
    SIM_READ = 3,
    SIM_WRITE = 4,
    SIM_OPEN = 5,
    SIM_CLOSE = 6,
    SIM_LSEEK = 19,
    SIM_ARGC = 1000,
    SIM_ARGV_SIZE = 1001,
    SIM_ARGV = 1002
};

int main(int argc, char **argv);

/* ---- files: picolibc's system calls ---- */

static int result_of(int number, uintptr_t a, uintptr_t b, uintptr_t c)
{
    int error, result = runtime_simcall(number, a, b, c, &error);

    if (result < 0)
        errno =
            error; /* Linux and picolibc number the few that matter alike: ENOENT, EACCES, EINVAL */
    return result;
}

/* Only to read: QEMU hands the flags to the host as they are, and picolibc's other ones are not the host's. */
int open(const char *path, int flags, ...)
{
    if ((flags & O_ACCMODE) != O_RDONLY) {
        errno = EROFS;
        return -1;
    }
    return result_of(SIM_OPEN, (uintptr_t)path, 0, 0);
}

int close(int fd)
{
    return result_of(SIM_CLOSE, (uintptr_t)fd, 0, 0);
}

ssize_t read(int fd, void *buf, size_t len)
{
    return result_of(SIM_READ, (uintptr_t)fd, (uintptr_t)buf, len);
}

ssize_t write(int fd, const void *buf, size_t len)
{
    return result_of(SIM_WRITE, (uintptr_t)fd, (uintptr_t)buf, len);
}

off_t lseek(int fd, off_t offset, int whence)
{
    return result_of(SIM_LSEEK, (uintptr_t)fd, (uintptr_t)offset, (uintptr_t)whence);
}

/* ---- heap ---- */

extern char heap_start[], heap_end[]; /* unit.ld */

void *sbrk(ptrdiff_t more)
{
    static char *end = heap_start;
    char *old = end;

    if (more > heap_end - end || more < heap_start - end) {
        errno = ENOMEM;
        return (void *)-1;
    }
    end += more;
    return old;
}

/* ---- standard streams: both are QEMU's, in order, a line at a time ---- */

static struct {
    char text[256];
    size_t len;
} line;

static void flush_line(void)
{
    if (line.len > 0)
        (void)write(STDOUT_FILENO, line.text, line.len);
    line.len = 0;
}

static int put(char c, FILE *stream)
{
    (void)stream;
    line.text[line.len++] = c;
    if (c == '\n' || line.len == sizeof line.text)
        flush_line();
    return (unsigned char)c;
}

static int flush(FILE *stream)
{
    (void)stream;
    flush_line();
    return 0;
}

static FILE console = FDEV_SETUP_STREAM(put, NULL, flush, _FDEV_SETUP_WRITE);
FILE *const stdin = &console;
FILE *const stdout = &console;
FILE *const stderr = &console;

/* ---- start and end ---- */

void _exit(int status)
{
    flush_line();
    for (;;)
        result_of(SIM_EXIT, (uintptr_t)status, 0, 0);
}

/* What abort() and raise() end in. */
int kill(pid_t pid, int signal)
{
    (void)pid;
    _exit(128 + signal);
}

pid_t getpid(void)
{
    return 1;
}

/* There is none. */
clock_t clock(void)
{
    return (clock_t)-1;
}

/* QEMU's block: the pointers, the last NULL, then the strings. Without one `arg=` QEMU has no block and crashes. */
void runtime_start(void)
{
    int argc = result_of(SIM_ARGC, 0, 0, 0);
    char **argv = malloc((size_t)result_of(SIM_ARGV_SIZE, 0, 0, 0));

    if (!argv)
        abort();
    result_of(SIM_ARGV, (uintptr_t)argv, 0, 0);
    exit(main(argc, argv));
}

uint32_t runtime_registers[16]; /* a0.. as the exception found them */

static const char *name_of(uint32_t cause)
{
    static const char *const name[] = {
        [0] = "illegal instruction",
        [9] = "unaligned load or store",
        [14] = "no code there",
        [15] = "no memory there",
    };

    return cause < sizeof name / sizeof name[0] && name[cause] ? name[cause] : "?";
}

void runtime_exception(uint32_t cause, uint32_t pc, uint32_t address)
{
    printf("\nexception: cause %lu (%s), pc %08lx, address %08lx, called from %08lx\n",
           (unsigned long)cause, name_of(cause), (unsigned long)pc, (unsigned long)address,
           (unsigned long)runtime_registers[0]);
    for (unsigned i = 0; i < 16; i++)
        printf("a%-2u %08lx%c", i, (unsigned long)runtime_registers[i], i % 4 == 3 ? '\n' : ' ');
    _exit(RUNTIME_EXCEPTION);
}
