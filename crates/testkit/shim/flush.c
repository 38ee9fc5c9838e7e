/* Makes a power cut real: keeps, beside a folder, a shadow that holds exactly what was flushed.
 *
 * Loaded before the C library (LD_PRELOAD) into the program under test. When the program has been
 * killed, the shadow is what a disk would hold that loses every write that was not flushed.
 *
 *   WB_SHIM_DIR       the folder
 *   WB_SHIM_SHADOW    its shadow, equal to it when the program starts
 *   WB_SHIM_WEAKEN    "1", or a path: always, or while that file exists, the flush of a `-wal` file
 *                     is put off until its database is written, as a lower sync level would
 *   WB_SHIM_FULL      a path: while that file exists no file can grow or be made (ENOSPC)
 *   WB_SHIM_FAILSYNC  a path: while that file exists every flush fails (EIO), and what it was to
 *                     flush is not flushed by a later one either
 *
 * A new file is in the shadow once it was flushed; a removal and a renaming count at once; a file
 * that is renamed before it was ever flushed is empty under its new name. Files named `-shm` are
 * left out: SQLite makes them anew. Not seen are writes through mappings, stdio, splice and
 * io_uring, and system calls that do not go through the C library. Programs that this one starts
 * are without the shim.
 */
#define _GNU_SOURCE
#include "files.h"

#include <stdarg.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#define EXPORT __attribute__((visibility("default")))
#define SAME_AS(name) EXPORT __attribute__((alias(#name)))

__attribute__((constructor)) static void begin(void) {
    const char *dir = getenv("WB_SHIM_DIR"), *shadow = getenv("WB_SHIM_SHADOW");
    if (!dir || !shadow || !realpath(dir, folder) || !realpath(shadow, shadows)) *folder = 0;
    weaken = getenv("WB_SHIM_WEAKEN");
    full = getenv("WB_SHIM_FULL");
    failsync = getenv("WB_SHIM_FAILSYNC");
    unsetenv("LD_PRELOAD");
}

/* The absolute path of what is named, its last part as it is. False where there is no such folder
 * or it is not in ours. */
static int locate(int at, const char *path, char out[PATH_MAX]) {
    char named[PATH_MAX], parent[PATH_MAX];
    if (!*folder || !path) return 0;
    int length = *path == '/'      ? snprintf(named, sizeof named, "%s", path)
                 : at == AT_FDCWD ? snprintf(named, sizeof named, "./%s", path)
                                   : snprintf(named, sizeof named, "/proc/self/fd/%d/%s", at, path);
    if (length <= 0 || length >= PATH_MAX) return 0;
    while (length > 1 && named[length - 1] == '/') named[--length] = 0;
    char *slash = strrchr(named, '/');
    *slash = 0;
    if (!realpath(slash == named ? "/" : named, parent)) return 0;
    if (snprintf(out, PATH_MAX, "%s/%s", parent, slash + 1) >= PATH_MAX) return 0;
    return below(out) != NULL;
}

static int no_space(void) {
    errno = ENOSPC;
    return -1;
}

/* Opening. */

static int open_at(int at, const char *path, int flags, mode_t mode) {
    char absolute[PATH_MAX];
    int changes = flags & (O_CREAT | O_TRUNC | O_WRONLY | O_RDWR);
    int inside = changes && (flags & O_TMPFILE) != O_TMPFILE && locate(at, path, absolute);
    if (inside && (flags & O_CREAT) && is_on(full) && REAL(access)(absolute, F_OK) != 0) {
        return no_space();
    }
    int fd = REAL(openat)(at, path, flags, mode);
    struct stat stat;
    if (inside && fd >= 0 && fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode)) {
        pthread_mutex_lock(&lock);
        struct file *file = remember(&stat, below(absolute), absolute);
        if (flags & O_TRUNC) file->least = 0;
        pthread_mutex_unlock(&lock);
    }
    return fd;
}

#define MODE(last)                                                                                 \
    __extension__({                                                                                \
        va_list list;                                                                              \
        va_start(list, last);                                                                      \
        int takes = (last & O_CREAT) || (last & O_TMPFILE) == O_TMPFILE;                           \
        mode_t mode = takes ? va_arg(list, mode_t) : 0;                                            \
        va_end(list);                                                                              \
        mode;                                                                                      \
    })

EXPORT int open(const char *path, int flags, ...) {
    return open_at(AT_FDCWD, path, flags, MODE(flags));
}
EXPORT int openat(int at, const char *path, int flags, ...) {
    return open_at(at, path, flags, MODE(flags));
}
EXPORT int creat(const char *path, mode_t mode) {
    return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}
EXPORT int __open_2(const char *path, int flags) { return open_at(AT_FDCWD, path, flags, 0); }
EXPORT int __openat_2(int at, const char *path, int flags) { return open_at(at, path, flags, 0); }
SAME_AS(open) int open64(const char *path, int flags, ...);
SAME_AS(openat) int openat64(int at, const char *path, int flags, ...);
SAME_AS(creat) int creat64(const char *path, mode_t mode);
SAME_AS(__open_2) int __open64_2(const char *path, int flags);
SAME_AS(__openat_2) int __openat64_2(int at, const char *path, int flags);

/* Flushing. */

static int flush(int fd, int (*real)(int)) {
    struct stat stat;
    struct file *file = track(fd, &stat);
    if (!file) return real(fd);
    if (is_on(failsync)) {
        pthread_mutex_lock(&lock);
        clean(file);
        pthread_mutex_unlock(&lock);
        errno = EIO;
        return -1;
    }
    if (is_weak() && ends_in(file->path, "-wal")) {
        file->owed = 1;
        return 0;
    }
    return settle(file, fd, real);
}

EXPORT int fsync(int fd) { return flush(fd, REAL(fsync)); }
EXPORT int fdatasync(int fd) { return flush(fd, REAL(fdatasync)); }

/* The log of a database whose flush was put off. */
static struct file *owed_before(const struct file *file) {
    struct file *log = NULL;
    char name[PATH_MAX + 4];
    snprintf(name, sizeof name, "%s-wal", file->path);
    pthread_mutex_lock(&lock);
    for (size_t bucket = 0; bucket < BUCKETS && !log; bucket++) {
        for (log = files[bucket]; log && !(log->owed && strcmp(log->path, name) == 0);) {
            log = log->next;
        }
    }
    pthread_mutex_unlock(&lock);
    return log;
}

/* Writing. */

/* Before a file gets bytes up to `end`: whether it may. */
static int may_write(struct file *file, const struct stat *stat, off_t end) {
    if (!file) return 1;
    if (weaken && !ends_in(file->path, "-wal")) {
        struct file *log = owed_before(file);
        if (log && settle(log, log->reader, REAL(fdatasync)) != 0) return 0;
    }
    if (end > stat->st_size && is_on(full)) {
        no_space();
        return 0;
    }
    return 1;
}

static ssize_t written(struct file *file, int fd, off_t from, ssize_t count) {
    if (!file || count <= 0) return count;
    wrote(file, from, from + count);
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0 && (flags & O_DSYNC) && flush(fd, REAL(fdatasync)) != 0) return -1;
    return count;
}

/* Where the next byte that has no place of its own goes. */
static off_t place(int fd, const struct stat *stat) {
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && (flags & O_APPEND) ? stat->st_size : lseek(fd, 0, SEEK_CUR);
}

static size_t sum(const struct iovec *parts, int count) {
    size_t sum = 0;
    for (int at = 0; at < count; at++) sum += parts[at].iov_len;
    return sum;
}

/* A write of `length` bytes to the descriptor's own place, by `call`. */
#define WRITE(fd, length, call)                                                                    \
    struct stat stat;                                                                              \
    struct file *file = track(fd, &stat);                                                          \
    if (!may_write(file, &stat, file ? place(fd, &stat) + (off_t)(length) : 0)) return -1;         \
    ssize_t done = call;                                                                           \
    return file && done > 0 ? written(file, fd, lseek(fd, 0, SEEK_CUR) - done, done) : done

/* A write of `length` bytes to `at`, by `call`. */
#define WRITE_AT(fd, length, at, call)                                                             \
    struct stat stat;                                                                              \
    struct file *file = track(fd, &stat);                                                          \
    if (!may_write(file, &stat, (at) + (off_t)(length))) return -1;                                \
    return written(file, fd, at, call)

EXPORT ssize_t write(int fd, const void *bytes, size_t count) {
    WRITE(fd, count, REAL(write)(fd, bytes, count));
}
EXPORT ssize_t writev(int fd, const struct iovec *parts, int count) {
    WRITE(fd, sum(parts, count), REAL(writev)(fd, parts, count));
}
EXPORT ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    WRITE_AT(fd, count, at, REAL(pwrite)(fd, bytes, count, at));
}
EXPORT ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
    WRITE_AT(fd, sum(parts, count), at, REAL(pwritev)(fd, parts, count, at));
}
EXPORT ssize_t pwritev2(int fd, const struct iovec *parts, int count, off_t at, int flags) {
    if (at < 0) {
        WRITE(fd, sum(parts, count), REAL(pwritev2)(fd, parts, count, at, flags));
    }
    WRITE_AT(fd, sum(parts, count), at, REAL(pwritev2)(fd, parts, count, at, flags));
}
EXPORT ssize_t sendfile(int to, int from, off_t *at, size_t count) {
    WRITE(to, count, REAL(sendfile)(to, from, at, count));
}
EXPORT ssize_t copy_file_range(int from, off_t *at, int to, off_t *out, size_t count,
                               unsigned flags) {
    if (!out) {
        WRITE(to, count, REAL(copy_file_range)(from, at, to, out, count, flags));
    }
    off_t begins = *out;
    WRITE_AT(to, count, begins, REAL(copy_file_range)(from, at, to, out, count, flags));
}
SAME_AS(pwrite) ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t at);
SAME_AS(pwritev) ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t at);
SAME_AS(pwritev2)
ssize_t pwritev64v2(int fd, const struct iovec *parts, int count, off_t at, int flags);
SAME_AS(sendfile) ssize_t sendfile64(int to, int from, off_t *at, size_t count);

/* Sizes. */

static int resized(struct file *file, off_t size, int done) {
    if (file && done == 0) {
        pthread_mutex_lock(&lock);
        if (size < file->least) file->least = size;
        pthread_mutex_unlock(&lock);
    }
    return done;
}

EXPORT int ftruncate(int fd, off_t size) {
    struct stat stat;
    struct file *file = track(fd, &stat);
    if (!may_write(file, &stat, size)) return -1;
    return resized(file, size, REAL(ftruncate)(fd, size));
}
EXPORT int truncate(const char *path, off_t size) {
    int fd = open_at(AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
    if (fd < 0) return -1;
    int done = ftruncate(fd, size), error = errno;
    close(fd);
    errno = error;
    return done;
}
EXPORT int fallocate(int fd, int mode, off_t at, off_t length) {
    struct stat stat;
    struct file *file = track(fd, &stat);
    if (!may_write(file, &stat, at + length)) return -1;
    int done = REAL(fallocate)(fd, mode, at, length);
    if (file && done == 0) wrote(file, at, at + length);
    return done;
}
EXPORT int posix_fallocate(int fd, off_t at, off_t length) {
    struct stat stat;
    struct file *file = track(fd, &stat);
    if (!may_write(file, &stat, at + length)) return errno;
    return REAL(posix_fallocate)(fd, at, length);
}
SAME_AS(ftruncate) int ftruncate64(int fd, off_t size);
SAME_AS(truncate) int truncate64(const char *path, off_t size);
SAME_AS(fallocate) int fallocate64(int fd, int mode, off_t at, off_t length);
SAME_AS(posix_fallocate) int posix_fallocate64(int fd, off_t at, off_t length);

/* Names. */

EXPORT int unlinkat(int at, const char *path, int flags) {
    char absolute[PATH_MAX], shadow[PATH_MAX];
    struct stat stat;
    int inside = locate(at, path, absolute) && lstat(absolute, &stat) == 0;
    pthread_mutex_lock(&lock);
    int done = REAL(unlinkat)(at, path, flags), error = errno;
    if (inside && done == 0) {
        if (stat.st_nlink == 1) forget(&stat);
        shadow_path(shadow, below(absolute));
        REAL(unlinkat)(AT_FDCWD, shadow, flags);
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}
EXPORT int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
EXPORT int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }
EXPORT int remove(const char *path) {
    int done = unlink(path);
    return done != 0 && (errno == EISDIR || errno == EPERM) ? rmdir(path) : done;
}

/* With the lock: what was below `from` is below `to` now. */
static void move(const char *from, const char *to) {
    size_t length = strlen(from);
    for (size_t bucket = 0; bucket < BUCKETS; bucket++) {
        for (struct file *file = files[bucket]; file; file = file->next) {
            char path[PATH_MAX];
            if (strncmp(file->path, from, length) != 0) continue;
            if (file->path[length] != 0 && file->path[length] != '/') continue;
            if (snprintf(path, PATH_MAX, "%s%s", to, file->path + length) >= PATH_MAX) abort();
            memcpy(file->path, path, PATH_MAX);
        }
    }
}

/* With the lock: the same renaming in the shadow. `old` is null for what comes from outside. */
static void rename_shadow(const char *old, const char *new, const char *absolute) {
    char from[PATH_MAX], to[PATH_MAX];
    struct stat stat;
    if (new) shadow_path(to, new), make_folders(to);
    if (old) shadow_path(from, old);
    if (old && new && (move(old, new), REAL(renameat)(AT_FDCWD, from, AT_FDCWD, to) == 0)) return;
    if (old && !new) {
        REAL(unlinkat)(AT_FDCWD, from, 0);
        move(old, "");
    } else if (new && lstat(absolute, &stat) == 0 && S_ISREG(stat.st_mode)) {
        REAL(unlinkat)(AT_FDCWD, to, 0);
        int fd = open_shadow(new, stat.st_mode, O_TRUNC);
        if (fd >= 0) close(fd);
        if (!old) soil(remember(&stat, new, absolute), 0, stat.st_size);
    }
}

EXPORT int renameat2(int at, const char *old, int to, const char *new, unsigned flags) {
    char from[PATH_MAX], onto[PATH_MAX];
    struct stat moved, replaced;
    int leaves = locate(at, old, from), comes = locate(to, new, onto);
    pthread_mutex_lock(&lock);
    int is = leaves && lstat(from, &moved) == 0, was = comes && lstat(onto, &replaced) == 0;
    int same = is && was && moved.st_ino == replaced.st_ino && moved.st_dev == replaced.st_dev;
    int done = flags ? REAL(renameat2)(at, old, to, new, flags) : REAL(renameat)(at, old, to, new);
    int error = errno;
    if (done == 0 && !same && (leaves || comes)) {
        if (was && replaced.st_nlink == 1) forget(&replaced);
        rename_shadow(leaves ? below(from) : NULL, comes ? below(onto) : NULL, onto);
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}
EXPORT int renameat(int at, const char *old, int to, const char *new) {
    return renameat2(at, old, to, new, 0);
}
EXPORT int rename(const char *old, const char *new) {
    return renameat2(AT_FDCWD, old, AT_FDCWD, new, 0);
}

EXPORT int linkat(int at, const char *old, int to, const char *new, int flags) {
    char from[PATH_MAX], onto[PATH_MAX], one[PATH_MAX], other[PATH_MAX];
    struct stat stat;
    int inside = locate(at, old, from) & locate(to, new, onto);
    pthread_mutex_lock(&lock);
    int done = REAL(linkat)(at, old, to, new, flags), error = errno;
    if (inside && done == 0 && lstat(onto, &stat) == 0 && S_ISREG(stat.st_mode)) {
        remember(&stat, below(onto), onto);
        shadow_path(one, below(from)), shadow_path(other, below(onto));
        make_folders(other);
        REAL(linkat)(AT_FDCWD, one, AT_FDCWD, other, 0);
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}
EXPORT int link(const char *old, const char *new) {
    return linkat(AT_FDCWD, old, AT_FDCWD, new, 0);
}
