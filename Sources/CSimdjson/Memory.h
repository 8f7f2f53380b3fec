// SPDX-License-Identifier: Apache-2.0
// Warm memory: the page faults of a fresh block of several megabytes take as long as parsing into it, so that
// blocks given back are kept, a few of them, for the next document.
#ifndef VIGIL_MEMORY_H
#define VIGIL_MEMORY_H
#include <cstddef>
#include <cstdint>
#include <memory>

#include "simdjson.h"

namespace vigil {

/// A block of at least `minimum` bytes, whose true size goes to `size`; null when memory is out.
void *take_block(size_t minimum, size_t &size) noexcept;
/// Gives a block back, to be kept or freed.
void give_block(void *block, size_t size) noexcept;

/// simdjson's stage 1 (UTF-8 check and structural index), chosen for the CPU at run time.
using Indexer = simdjson::internal::dom_parser_implementation;

/// An indexer for inputs of `length` bytes; null when memory is out.
std::unique_ptr<Indexer> take_indexer(size_t length) noexcept;
void give_indexer(std::unique_ptr<Indexer> indexer) noexcept;

}  // namespace vigil
#endif
