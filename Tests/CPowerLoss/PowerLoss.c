// SPDX-License-Identifier: Apache-2.0
#include "CPowerLoss.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

// One recording at a time, whoever writes; the lock is held for a copy only.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *folder;
static powerloss_step *steps;
static size_t count, room;
static sqlite3_vfs *base;

static void forget(void) {
  for (size_t i = 0; i < count; i++) {
    free((void *)steps[i].name);
    free((void *)steps[i].bytes);
  }
  count = 0;
}

static void add(int kind, const char *name, int64_t offset, const void *bytes, size_t length) {
  pthread_mutex_lock(&lock);
  if (folder) {
    if (count == room) {
      room = room ? room * 2 : 1024;
      steps = realloc(steps, room * sizeof *steps);
    }
    uint8_t *copy = NULL;
    if (length) memcpy(copy = malloc(length), bytes, length);
    steps[count++] = (powerloss_step){kind, name ? strdup(name) : NULL, offset, length, copy};
  }
  pthread_mutex_unlock(&lock);
}

// The name of a file inside the recorded folder; NULL for any other.
static const char *inside(const char *path) {
  const char *name = NULL;
  pthread_mutex_lock(&lock);
  size_t length = folder ? strlen(folder) : 0;
  if (length && path && strncmp(path, folder, length) == 0 && path[length] == '/') name = path + length + 1;
  pthread_mutex_unlock(&lock);
  return name;
}

// A recorded file: the system's own lies behind it in the same memory, which SQLite gives.
typedef struct {
  sqlite3_file file;
  char *name;
} recorded;

static sqlite3_file *own(sqlite3_file *file) {
  return (sqlite3_file *)((char *)file + ((sizeof(recorded) + 15) & ~(size_t)15));
}
static const char *name_of(sqlite3_file *file) { return ((recorded *)file)->name; }

static int rec_close(sqlite3_file *f) {
  free(((recorded *)f)->name);
  return own(f)->pMethods->xClose(own(f));
}
static int rec_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at) {
  return own(f)->pMethods->xRead(own(f), to, n, at);
}
static int rec_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at) {
  int code = own(f)->pMethods->xWrite(own(f), from, n, at);
  if (code == SQLITE_OK) add(POWERLOSS_WRITE, name_of(f), at, from, (size_t)n);
  return code;
}
static int rec_truncate(sqlite3_file *f, sqlite3_int64 size) {
  int code = own(f)->pMethods->xTruncate(own(f), size);
  if (code == SQLITE_OK) add(POWERLOSS_TRUNCATE, name_of(f), size, NULL, 0);
  return code;
}
static int rec_sync(sqlite3_file *f, int flags) {
  int code = own(f)->pMethods->xSync(own(f), flags);
  if (code == SQLITE_OK) add(POWERLOSS_SYNC, name_of(f), 0, NULL, 0);
  return code;
}
static int rec_size(sqlite3_file *f, sqlite3_int64 *size) { return own(f)->pMethods->xFileSize(own(f), size); }
static int rec_lock(sqlite3_file *f, int level) { return own(f)->pMethods->xLock(own(f), level); }
static int rec_unlock(sqlite3_file *f, int level) { return own(f)->pMethods->xUnlock(own(f), level); }
static int rec_reserved(sqlite3_file *f, int *out) { return own(f)->pMethods->xCheckReservedLock(own(f), out); }
static int rec_control(sqlite3_file *f, int op, void *arg) { return own(f)->pMethods->xFileControl(own(f), op, arg); }
static int rec_sector(sqlite3_file *f) { return own(f)->pMethods->xSectorSize(own(f)); }
static int rec_character(sqlite3_file *f) { return own(f)->pMethods->xDeviceCharacteristics(own(f)); }
static int rec_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out) {
  return own(f)->pMethods->xShmMap(own(f), page, size, extend, out);
}
static int rec_shm_lock(sqlite3_file *f, int offset, int n, int flags) {
  return own(f)->pMethods->xShmLock(own(f), offset, n, flags);
}
static void rec_shm_barrier(sqlite3_file *f) { own(f)->pMethods->xShmBarrier(own(f)); }
static int rec_shm_unmap(sqlite3_file *f, int deleting) { return own(f)->pMethods->xShmUnmap(own(f), deleting); }

// Version 2: shared memory, but no memory-mapped reading and writing, which would pass by what is recorded.
static const sqlite3_io_methods methods = {
    2,           rec_close,  rec_read,     rec_write,   rec_truncate, rec_sync,      rec_size,    rec_lock,
    rec_unlock,  rec_reserved, rec_control, rec_sector, rec_character, rec_shm_map,  rec_shm_lock, rec_shm_barrier,
    rec_shm_unmap, NULL, NULL};

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *given) {
  (void)vfs;
  const char *name = inside(path);
  if (!name) return base->xOpen(base, path, file, flags, given);
  recorded *made = (recorded *)file;
  made->file.pMethods = NULL;
  int exists = 0;
  base->xAccess(base, path, SQLITE_ACCESS_EXISTS, &exists);
  int code = base->xOpen(base, path, own(file), flags, given);
  if (code != SQLITE_OK) return code;
  made->name = strdup(name);
  made->file.pMethods = &methods;
  if (!exists) add(POWERLOSS_CREATE, name, 0, NULL, 0);
  return SQLITE_OK;
}
static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync) {
  (void)vfs;
  int code = base->xDelete(base, path, sync);
  const char *name = inside(path);
  if (code == SQLITE_OK && name) add(POWERLOSS_DELETE, name, sync, NULL, 0);
  return code;
}

int powerloss_install(void) {
  static sqlite3_vfs vfs;
  int code = SQLITE_OK;
  pthread_mutex_lock(&lock);
  if (!base) {
    base = sqlite3_vfs_find(NULL);
    vfs = *base;
    vfs.zName = "powerloss";
    vfs.pNext = NULL;
    vfs.szOsFile = (int)((sizeof(recorded) + 15) & ~(size_t)15) + base->szOsFile;
    vfs.xOpen = vfs_open;
    vfs.xDelete = vfs_delete;
    code = sqlite3_vfs_register(&vfs, 1);
  }
  pthread_mutex_unlock(&lock);
  return code;
}

void powerloss_begin(const char *path) {
  pthread_mutex_lock(&lock);
  forget();
  free(folder);
  folder = strdup(path);
  pthread_mutex_unlock(&lock);
}

void powerloss_mark(int64_t value) { add(POWERLOSS_MARK, NULL, value, NULL, 0); }

size_t powerloss_end(void) {
  pthread_mutex_lock(&lock);
  free(folder);
  folder = NULL;
  size_t all = count;
  pthread_mutex_unlock(&lock);
  return all;
}

powerloss_step powerloss_at(size_t index) { return steps[index]; }
