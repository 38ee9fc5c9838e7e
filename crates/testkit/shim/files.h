/* What is known of the files in the folder: their place, what was not flushed, their shadow. */
#ifndef WB_FILES_H
#define WB_FILES_H

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(sizeof(off_t) == 8, "the names with and without 64 are one function here");

/* The C library's own function behind one of ours. */
#define REAL(name)                                                                                 \
    __extension__({                                                                                \
        static __typeof__(&name) found;                                                            \
        if (!found) found = (__typeof__(&name))dlsym(RTLD_NEXT, #name);                            \
        found;                                                                                     \
    })

enum { BUCKETS = 1024, EXTENTS = 4096 };

struct extent {
    off_t from, to;
};

struct file {
    dev_t dev;
    ino_t ino;
    char path[PATH_MAX]; /* Below the folder; empty once it is removed. */
    int reader;          /* Open as long as the file has a path, so that its number is its own. */
    int shadow;          /* Open once there was a flush, or -1. */
    int owed;            /* A flush that was asked for and put off. */
    off_t least;         /* The smallest size since the last flush. */
    size_t count;
    struct extent dirty[EXTENTS];
    pthread_mutex_t flushing;
    struct file *next;
};

static char folder[PATH_MAX], shadows[PATH_MAX];
static const char *weaken, *full, *failsync;
static struct file *files[BUCKETS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int ends_in(const char *path, const char *ending) {
    size_t length = strlen(path), tail = strlen(ending);
    return length >= tail && strcmp(path + length - tail, ending) == 0;
}

static int is_on(const char *path) { return path && REAL(access)(path, F_OK) == 0; }

static int is_weak(void) { return weaken && (strcmp(weaken, "1") == 0 || is_on(weaken)); }

/* The part of an absolute path below the folder, or null. */
static const char *below(const char *path) {
    size_t length = strlen(folder);
    if (!length || strncmp(path, folder, length) != 0 || path[length] != '/') return NULL;
    return path + length + 1;
}

static void shadow_path(char out[PATH_MAX], const char *path) {
    if (snprintf(out, PATH_MAX, "%s/%s", shadows, path) >= PATH_MAX) abort();
}

/* Makes the folders above a path of the shadow. */
static void make_folders(char *path) {
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(path, 0777);
        *slash = '/';
    }
}

/* Opens a path of the shadow, made if need be, emptied if wanted. */
static int open_shadow(const char *path, mode_t mode, int flags) {
    char out[PATH_MAX];
    shadow_path(out, path);
    make_folders(out);
    return REAL(open)(out, O_RDWR | O_CREAT | O_CLOEXEC | flags, mode & 07777);
}

static void close_both(struct file *file) {
    if (file->reader >= 0) close(file->reader);
    if (file->shadow >= 0) close(file->shadow);
    file->reader = file->shadow = -1;
}

/* With the lock: the file that has this number, or null. */
static struct file *find(const struct stat *stat) {
    struct file *file = files[stat->st_ino % BUCKETS];
    while (file && (file->ino != stat->st_ino || file->dev != stat->st_dev)) file = file->next;
    return file;
}

static void clean(struct file *file) {
    file->count = 0;
    file->least = INT64_MAX;
    file->owed = 0;
}

/* With the lock: the file with this number at this path, remembered from now on. */
static struct file *remember(const struct stat *stat, const char *path, const char *absolute) {
    struct file *file = find(stat);
    if (!file) {
        file = calloc(1, sizeof *file);
        if (!file) abort();
        file->dev = stat->st_dev;
        file->ino = stat->st_ino;
        file->reader = file->shadow = -1;
        pthread_mutex_init(&file->flushing, NULL);
        clean(file);
        file->next = files[stat->st_ino % BUCKETS];
        files[stat->st_ino % BUCKETS] = file;
    }
    if (!*file->path) {
        /* New, or another file with the number of one that is gone. */
        close_both(file);
        clean(file);
        file->reader = REAL(open)(absolute, O_RDONLY | O_CLOEXEC);
    }
    snprintf(file->path, PATH_MAX, "%s", path);
    return file;
}

/* With the lock: the path is gone; what is still written to the file is lost with it. */
static void forget(const struct stat *stat) {
    struct file *file = find(stat);
    if (!file) return;
    *file->path = 0;
    close_both(file);
}

/* The file behind a descriptor, if it is a regular one in the folder; its facts in any case. */
static struct file *track(int fd, struct stat *stat) {
    if (!*folder || fstat(fd, stat) != 0 || !S_ISREG(stat->st_mode)) return NULL;
    pthread_mutex_lock(&lock);
    struct file *file = find(stat);
    if (!file || !*file->path) {
        char name[64], path[PATH_MAX];
        snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
        ssize_t length = stat->st_nlink ? readlink(name, path, sizeof path - 1) : -1;
        path[length < 0 ? 0 : length] = 0;
        const char *inside = below(path);
        file = inside ? remember(stat, inside, name) : NULL;
    }
    pthread_mutex_unlock(&lock);
    return file;
}

/* With the lock: these bytes were written and are not flushed. */
static void soil(struct file *file, off_t from, off_t to) {
    struct extent *last = file->count ? &file->dirty[file->count - 1] : NULL;
    if (last && from <= last->to && to >= last->from) {
        if (from < last->from) last->from = from;
        if (to > last->to) last->to = to;
        return;
    }
    if (file->count == EXTENTS) {
        /* Too many to tell apart: the range that holds them all. */
        struct extent *all = &file->dirty[0];
        for (size_t at = 1; at < EXTENTS; at++) {
            if (file->dirty[at].from < all->from) all->from = file->dirty[at].from;
            if (file->dirty[at].to > all->to) all->to = file->dirty[at].to;
        }
        file->count = 1;
        soil(file, from, to);
        return;
    }
    file->dirty[file->count++] = (struct extent){from, to};
}

static void wrote(struct file *file, off_t from, off_t to) {
    pthread_mutex_lock(&lock);
    soil(file, from, to);
    pthread_mutex_unlock(&lock);
}

static void write_all(int fd, const char *bytes, size_t count, off_t at) {
    while (count) {
        ssize_t done = REAL(pwrite)(fd, bytes, count, at);
        if (done <= 0) abort();
        bytes += done, at += done, count -= (size_t)done;
    }
}

/* What a flush is to carry over, as it was when the flush began. */
struct load {
    off_t least, size;
    mode_t mode;
    size_t count;
    struct extent dirty[EXTENTS];
    char *bytes;
};

/* With the lock: takes what is not flushed. */
static void take(struct file *file, struct load *load) {
    struct stat stat;
    if (fstat(file->reader, &stat) != 0) abort();
    load->least = file->least;
    load->size = stat.st_size;
    load->mode = stat.st_mode;
    load->count = 0;
    size_t sum = 0;
    for (size_t at = 0; at < file->count; at++) {
        struct extent extent = file->dirty[at];
        if (extent.to > stat.st_size) extent.to = stat.st_size;
        if (extent.from >= extent.to) continue;
        load->dirty[load->count++] = extent;
        sum += (size_t)(extent.to - extent.from);
    }
    load->bytes = malloc(sum + 1);
    if (!load->bytes) abort();
    char *bytes = load->bytes;
    for (size_t at = 0; at < load->count; at++) {
        off_t from = load->dirty[at].from, to = load->dirty[at].to;
        while (from < to) {
            ssize_t done = pread(file->reader, bytes, (size_t)(to - from), from);
            if (done < 0) abort();
            if (done == 0) { /* Shortened meanwhile. */
                load->dirty[at].to = from;
                break;
            }
            bytes += done, from += done;
        }
    }
    clean(file);
}

/* With the lock: carries it over to the shadow. */
static void carry(struct file *file, const struct load *load) {
    if (!*file->path) return;
    if (file->shadow < 0) file->shadow = open_shadow(file->path, load->mode, 0);
    if (file->shadow < 0) abort();
    struct stat stat;
    if (fstat(file->shadow, &stat) != 0) abort();
    if (stat.st_size > load->least && REAL(ftruncate)(file->shadow, load->least) != 0) abort();
    if (REAL(ftruncate)(file->shadow, load->size) != 0) abort();
    fchmod(file->shadow, load->mode & 07777);
    const char *bytes = load->bytes;
    for (size_t at = 0; at < load->count; at++) {
        size_t count = (size_t)(load->dirty[at].to - load->dirty[at].from);
        write_all(file->shadow, bytes, count, load->dirty[at].from);
        bytes += count;
    }
}

/* Flushes a file by `flush`, and what was written before it came into the shadow. */
static int settle(struct file *file, int fd, int (*flush)(int)) {
    struct load *load = malloc(sizeof *load);
    if (!load) abort();
    pthread_mutex_lock(&file->flushing);
    pthread_mutex_lock(&lock);
    int here = *file->path && !ends_in(file->path, "-shm");
    if (here) take(file, load);
    pthread_mutex_unlock(&lock);
    int done = flush(fd);
    pthread_mutex_lock(&lock);
    if (here && done == 0) carry(file, load);
    pthread_mutex_unlock(&lock);
    pthread_mutex_unlock(&file->flushing);
    if (here) free(load->bytes);
    free(load);
    return done;
}

#endif
