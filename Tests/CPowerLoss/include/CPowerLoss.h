// SPDX-License-Identifier: Apache-2.0
// A SQLite VFS (sqlite.org/vfs.html) over the system's own that writes down, in order, everything SQLite does to the files of one
// folder. From that a test makes the disk as a loss of power could have left it. Part of the test program alone.
#ifndef VIGIL_CPOWERLOSS_H
#define VIGIL_CPOWERLOSS_H
#include <stddef.h>
#include <stdint.h>

/// What was done in one step.
enum {
  POWERLOSS_CREATE = 0,    ///< a file that was not there was made
  POWERLOSS_WRITE = 1,     ///< `bytes` at `offset`
  POWERLOSS_TRUNCATE = 2,  ///< cut or extended to `offset` bytes
  POWERLOSS_SYNC = 3,      ///< what was done to the file so far is on the disk
  POWERLOSS_DELETE = 4,    ///< the name was removed
  POWERLOSS_MARK = 5       ///< not SQLite's: the test says that something was acknowledged, `offset`
};

typedef struct {
  int kind;
  /// Which file: its name without the folder, valid until the next recording begins.
  const char *name;
  int64_t offset;
  size_t length;
  const uint8_t *bytes;
} powerloss_step;

/// Puts the VFS in front of the system's, for all connections opened from now on; files of other folders pass it by.
/// Returns SQLite's code.
int powerloss_install(void);
/// Forgets what was recorded and records what is done to files in `folder` from now on.
void powerloss_begin(const char *folder);
/// Adds a step that says that `value` was acknowledged.
void powerloss_mark(int64_t value);
/// Ends the recording; the number of steps.
size_t powerloss_end(void);
/// A step of the recording that was ended last; its bytes are valid until the next begins.
powerloss_step powerloss_at(size_t index);

#endif
