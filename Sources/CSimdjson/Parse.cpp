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

// Stage 1's index and stage 2's frames for one text, kept from one text to the next.
class Parser {
 public:
  // `longest` is the length of the longest part that is listed at once.
  Parser(const uint8_t *text, size_t length, size_t longest, const vigil_limits &limits, vigil_tape &tape) noexcept
      : text_(text),
        length_(length),
        limits_(limits),
        tape_(tape),
        indexer_(take_indexer(longest)),
        frames_(static_cast<Frame *>(take_block((size_t(limits.depth) + 1) * sizeof(Frame), frames_size_))),
        builder_(text, length, limits, tape) {}
  ~Parser() {
    give_block(frames_, frames_size_);
    give_indexer(std::move(indexer_));
  }
  Parser(const Parser &) = delete;
  Parser &operator=(const Parser &) = delete;
  bool is_ready() const noexcept { return indexer_ && frames_; }

  // Lists the structural characters of a part of the text, by their places in the text.
  int list(const uint8_t *first, const uint8_t *end, size_t &offset) noexcept;
  // Lists those of all the text; false when anything in it is refused.
  bool list_all() noexcept { return indexer_->stage1(text_, length_, simdjson::stage1_mode::regular) == simdjson::SUCCESS; }
  const uint32_t *index() const noexcept { return indexer_->structural_indexes.get(); }
  const uint32_t *index_end() const noexcept { return index() + indexer_->n_structural_indexes; }

  // Adds the document from `first` to `end`, a part of the text, whose structural characters are index ..< last.
  int add(const uint8_t *first, const uint8_t *end, const uint32_t *index, const uint32_t *last, size_t &offset) noexcept;
  // Adds the document that a part of the text is.
  int add(const uint8_t *first, const uint8_t *end, size_t &offset) noexcept {
    int fault = list(first, end, offset);
    return fault ? fault : add(first, end, index(), index_end(), offset);
  }

 private:
  const uint8_t *const text_;
  const size_t length_;
  const vigil_limits &limits_;
  vigil_tape &tape_;
  std::unique_ptr<Indexer> indexer_;
  size_t frames_size_ = 0;
  Frame *const frames_;
  Builder builder_;
};

bool starts_with_mark(const uint8_t *first, const uint8_t *end) noexcept {
  return end - first >= 3 && first[0] == 0xEF && first[1] == 0xBB && first[2] == 0xBF;
}

int Parser::list(const uint8_t *first, const uint8_t *end, size_t &offset) noexcept {
  offset = 0;
  const size_t length = size_t(end - first);
  if (length == 0) return VIGIL_EMPTY;
  if (starts_with_mark(first, end)) return VIGIL_BYTE_ORDER_MARK;
  simdjson::error_code error = indexer_->stage1(first, length, simdjson::stage1_mode::regular);
  if (int fault = stage1_fault(error, first, length, offset)) return fault;
  if (first != text_) {
    const uint32_t places = uint32_t(first - text_);
    uint32_t *const index = indexer_->structural_indexes.get();
    for (size_t i = 0; i < indexer_->n_structural_indexes; i++) index[i] += places;
  }
  return VIGIL_ACCEPTED;
}

int Parser::add(const uint8_t *first, const uint8_t *end, const uint32_t *index, const uint32_t *last,
                size_t &offset) noexcept {
  offset = 0;
  // Every value takes one structural character of its own and, but for the first of each open container, a comma.
  size_t nodes = tape_.node_count + std::min(size_t(last - index) / 2 + limits_.depth + 2, size_t(limits_.nodes));
  // At least twofold, so that a tape of many texts is seldom moved.
  if (nodes > tape_.node_capacity && tape_.node_count > 0) nodes = std::max(nodes, size_t(tape_.node_capacity) * 2);
  if (nodes > UINT32_MAX || !vigil_tape_reserve_nodes(&tape_, uint32_t(nodes))) return VIGIL_OUT_OF_MEMORY;
  int fault = builder_.add(first, end, index, last, frames_ + 1);
  offset = builder_.offset();
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
  vigil::Parser parser(input, length, length, *limits, *tape);
  if (!parser.is_ready()) return VIGIL_OUT_OF_MEMORY;
  return parser.add(input, input + length, *offset);
}

size_t vigil_json_parse_lines(const uint8_t *input, size_t length, const uint32_t *ends, size_t end_count,
                              const vigil_limits *limits, size_t longest, vigil_tape *tape, vigil_line *lines) {
  // An index takes four times its text: a block of the usual size is listed at once, a large text line by line.
  const bool small = length <= size_t(1) << 20;
  size_t longest_part = small ? length : 0;
  for (size_t line = 0, start = 0; !small && line <= end_count; line++) {
    const size_t stop = line < end_count ? ends[line] : length;
    longest_part = std::max(longest_part, std::min(stop - start, longest));
    start = stop + 1;
  }
  vigil::Parser parser(input, length, longest_part, *limits, *tape);
  const bool ready = parser.is_ready();
  // No token reaches over a line end (in a string it is refused), so that the lines' structural characters, one after the
  // other, are those of the text, where all of it is accepted: they are listed at once, and else line by line.
  const bool whole = ready && small && parser.list_all();
  const uint32_t *index = whole ? parser.index() : nullptr, *const index_end = whole ? parser.index_end() : nullptr;
  // FHIR has a value every 20 bytes or more: mostly the tape is never moved, and holds little that is not used.
  (void)vigil_tape_reserve_nodes(tape, uint32_t(std::min(length / 20, size_t(UINT32_MAX))));
  size_t count = 0;
  ptrdiff_t usual = 0;  // structural characters of the line before
  const uint8_t *p = input;
  for (size_t number = 0; number <= end_count; number++) {
    const uint8_t *const stop = input + (number < end_count ? ends[number] : length);
    const uint32_t *last = index;
    if (whole) {
      // Lines of one export are much alike.
      last += std::min(usual, index_end - index);
      while (last < index_end && input + *last < stop) last++;
      while (last > index && input + last[-1] >= stop) last--;
      usual = last - index;
    }
    if (whole ? usual > 0 : !vigil::is_blank(p, stop)) {
      vigil_line &line = lines[count++];
      line.number = uint32_t(number);
      line.start = size_t(p - input);
      line.first = tape->node_count;
      line.offset = 0;
      if (size_t(stop - p) > longest) {
        line.offset = longest;
        line.fault = VIGIL_TOO_LARGE;
      } else if (!ready) {
        line.fault = VIGIL_OUT_OF_MEMORY;
      } else if (!whole) {
        line.fault = parser.add(p, stop, line.offset);
      } else if (vigil::starts_with_mark(p, stop)) {
        line.fault = VIGIL_BYTE_ORDER_MARK;
      } else {
        line.fault = parser.add(p, stop, index, last, line.offset);
      }
      line.end = tape->node_count;
    }
    index = last;
    p = stop + 1;
  }
  return count;
}
