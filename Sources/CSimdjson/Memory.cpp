// SPDX-License-Identifier: Apache-2.0
#include "Memory.h"

#include <cstdlib>
#include <cstring>
#include <mutex>

#include "CSimdjson.h"

namespace vigil {
namespace {

constexpr size_t kept_blocks = 8, kept_bytes = size_t(32) << 20;
constexpr size_t kept_indexers = 2, kept_indexer_capacity = size_t(4) << 20;

struct Block {
  void *memory;
  size_t size;
};

std::mutex lock;
Block blocks[kept_blocks];
size_t block_count = 0, block_bytes = 0;
// Plain pointers, so that nothing is destroyed at exit while another thread still parses.
Indexer *indexers[kept_indexers];
size_t indexer_count = 0;

}  // namespace

void *take_block(size_t minimum, size_t &size) noexcept {
  {
    std::lock_guard<std::mutex> guard(lock);
    size_t best = kept_blocks;
    for (size_t i = 0; i < block_count; i++)
      if (blocks[i].size >= minimum && (best == kept_blocks || blocks[i].size < blocks[best].size)) best = i;
    if (best != kept_blocks) {
      Block block = blocks[best];
      blocks[best] = blocks[--block_count];
      block_bytes -= block.size;
      size = block.size;
      return block.memory;
    }
  }
  size = (minimum + 4095) & ~size_t(4095);
  return malloc(size);
}

void give_block(void *block, size_t size) noexcept {
  if (!block) return;
  {
    std::lock_guard<std::mutex> guard(lock);
    if (block_count < kept_blocks && block_bytes + size <= kept_bytes) {
      blocks[block_count++] = {block, size};
      block_bytes += size;
      return;
    }
  }
  free(block);
}

std::unique_ptr<Indexer> take_indexer(size_t length) noexcept {
  std::unique_ptr<Indexer> indexer;
  {
    std::lock_guard<std::mutex> guard(lock);
    if (indexer_count) indexer.reset(indexers[--indexer_count]);
  }
  if (indexer && indexer->capacity() >= length) return indexer;
  // A quarter more, so that inputs of about one size settle on one indexer.
  size_t capacity = length + length / 4 + 4096;
  if (capacity > simdjson::SIMDJSON_MAXSIZE_BYTES) capacity = simdjson::SIMDJSON_MAXSIZE_BYTES;
  if (indexer) {
    if (indexer->set_capacity(capacity) != simdjson::SUCCESS) return nullptr;
  } else if (simdjson::get_active_implementation()->create_dom_parser_implementation(capacity, 1, indexer) !=
             simdjson::SUCCESS) {
    return nullptr;
  }
  return indexer;
}

void give_indexer(std::unique_ptr<Indexer> indexer) noexcept {
  if (!indexer || indexer->capacity() > kept_indexer_capacity + kept_indexer_capacity / 4 + 4096) return;
  std::lock_guard<std::mutex> guard(lock);
  if (indexer_count < kept_indexers) indexers[indexer_count++] = indexer.release();
}

}  // namespace vigil

namespace {

// Grows one array of the tape to `capacity` elements of `width` bytes; what it holds is kept.
bool grow(void **memory, size_t held, uint32_t *capacity, uint32_t wanted, size_t width) noexcept {
  if (wanted <= *capacity) return true;
  size_t size = 0;
  void *block = vigil::take_block(size_t(wanted) * width, size);
  if (!block) return false;
  if (*memory) {
    memcpy(block, *memory, held * width);
    vigil::give_block(*memory, size_t(*capacity) * width);
  }
  *memory = block;
  size_t elements = size / width;
  *capacity = elements > UINT32_MAX ? UINT32_MAX : uint32_t(elements);
  return true;
}

}  // namespace

bool vigil_tape_reserve_nodes(vigil_tape *tape, uint32_t capacity) {
  return grow(reinterpret_cast<void **>(&tape->nodes), tape->node_count, &tape->node_capacity, capacity,
              sizeof(vigil_node));
}

bool vigil_tape_reserve_side(vigil_tape *tape, uint32_t capacity) {
  return grow(reinterpret_cast<void **>(&tape->side), tape->side_count, &tape->side_capacity, capacity, 1);
}

void vigil_tape_release(vigil_tape *tape) {
  vigil::give_block(tape->nodes, size_t(tape->node_capacity) * sizeof(vigil_node));
  vigil::give_block(tape->side, tape->side_capacity);
  *tape = vigil_tape{};
}
