// SPDX-License-Identifier: Apache-2.0
// The texts that the tape is made of: one, or the lines of NDJSON.
#include <algorithm>
#include <memory>
#include <new>

#include "Builder.h"
#include "CSimdjson.h"
#include "Memory.h"
#include "Refusal.h"

namespace vigil {
namespace {

// What parsing needs beside the text and the tape, kept from one text to the next.
struct Parser {
  explicit Parser(size_t longest, uint32_t depth) noexcept : indexer(take_indexer(longest)) {
    frames = static_cast<Frame *>(take_block((size_t(depth) + 1) * sizeof(Frame), frames_size));
  }
  ~Parser() {
    give_block(frames, frames_size);
    give_indexer(std::move(indexer));
  }
  Parser(const Parser &) = delete;
  Parser &operator=(const Parser &) = delete;
  bool is_ready() const noexcept { return indexer && frames; }

  int parse(const uint8_t *base, const uint8_t *input, size_t length, const vigil_limits &limits, vigil_tape &tape,
            size_t &offset) noexcept;

 private:
  std::unique_ptr<Indexer> indexer;
  Frame *frames;
  size_t frames_size = 0;
};

// Parses the text `input`, a part of what stands at `base`, and adds its nodes to the tape.
int Parser::parse(const uint8_t *base, const uint8_t *input, size_t length, const vigil_limits &limits, vigil_tape &tape,
                  size_t &offset) noexcept {
  offset = 0;
  if (length == 0) return VIGIL_EMPTY;
  if (length >= 3 && input[0] == 0xEF && input[1] == 0xBB && input[2] == 0xBF) return VIGIL_BYTE_ORDER_MARK;
  simdjson::error_code error = indexer->stage1(input, length, simdjson::stage1_mode::regular);
  if (int fault = stage1_fault(error, input, length, offset)) return fault;
  // Every value takes one structural character of its own and, but for the first of each open container, a comma.
  size_t structurals = indexer->n_structural_indexes;
  size_t nodes = tape.node_count + std::min(structurals / 2 + limits.depth + 2, size_t(limits.nodes));
  // At least twofold, so that a tape of many texts is seldom moved.
  if (nodes > tape.node_capacity && tape.node_count > 0) nodes = std::max(nodes, size_t(tape.node_capacity) * 2);
  if (nodes > UINT32_MAX || !vigil_tape_reserve_nodes(&tape, uint32_t(nodes))) return VIGIL_OUT_OF_MEMORY;
  Builder builder(base, input, length, limits, tape);
  const uint32_t *index = indexer->structural_indexes.get();
  const uint8_t opening = input[index[0]], ending = input[index[structurals - 1]];
  int fault = (opening == '{' || opening == '[') && (ending == '}' || ending == ']')
                  ? builder.build<true>(index, index + structurals, frames + 1)
                  : builder.build<false>(index, index + structurals, frames + 1);
  offset = builder.offset();
  return fault;
}

bool is_blank(const uint8_t *p, const uint8_t *end) noexcept {
  while (p < end && (*p == ' ' || *p == '\t' || *p == '\r')) p++;
  return p == end;
}

}  // namespace
}  // namespace vigil

int vigil_json_parse(const uint8_t *input, size_t length, const vigil_limits *limits, vigil_tape *tape,
                     size_t *offset) {
  *offset = 0;
  if (length >= simdjson::SIMDJSON_MAXSIZE_BYTES) return VIGIL_TOO_LARGE;
  vigil::Parser parser(length, limits->depth);
  if (!parser.is_ready()) return VIGIL_OUT_OF_MEMORY;
  return parser.parse(input, input, length, *limits, *tape, *offset);
}

size_t vigil_json_parse_lines(const uint8_t *input, size_t length, const vigil_limits *limits, size_t longest,
                              vigil_tape *tape, vigil_line *lines) {
  const uint8_t *const end = input + length;
  size_t capacity = 0;
  for (const uint8_t *p = input; p < end;) {
    const uint8_t *stop = static_cast<const uint8_t *>(memchr(p, '\n', size_t(end - p)));
    if (!stop) stop = end;
    capacity = std::max(capacity, size_t(stop - p));
    p = stop + 1;
  }
  vigil::Parser parser(std::min(capacity, longest), limits->depth);
  // FHIR has a value every 20 bytes or more: mostly the tape is never moved, and holds little that is not used.
  (void)vigil_tape_reserve_nodes(tape, uint32_t(std::min(length / 20, size_t(UINT32_MAX))));
  size_t count = 0;
  uint32_t number = 0;
  for (const uint8_t *p = input; p < end; number++) {
    const uint8_t *stop = static_cast<const uint8_t *>(memchr(p, '\n', size_t(end - p)));
    if (!stop) stop = end;
    if (!vigil::is_blank(p, stop)) {
      vigil_line &line = lines[count++];
      line.number = number;
      line.start = size_t(p - input);
      line.first = tape->node_count;
      line.offset = size_t(stop - p) > longest ? longest : 0;
      line.fault = size_t(stop - p) > longest ? VIGIL_TOO_LARGE
                   : !parser.is_ready()       ? VIGIL_OUT_OF_MEMORY
                                              : parser.parse(input, p, size_t(stop - p), *limits, *tape, line.offset);
      line.end = tape->node_count;
    }
    p = stop + 1;
  }
  return count;
}
