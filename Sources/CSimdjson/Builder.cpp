// SPDX-License-Identifier: Apache-2.0
#include "Builder.h"

#include <algorithm>

#include "Memory.h"
#include "Strings.h"

namespace vigil {

// Whether one of the first `count` members of an object has the name; all of them are closed.
bool Builder::has_member(uint32_t object, uint32_t count, const uint8_t *wanted, size_t length) const noexcept {
  const vigil_node *const nodes = tape_.nodes;
  for (uint32_t i = 0, node = object + 1; i < count; i++, node = nodes[node].next)
    if (nodes[node].name_length == length && memcmp(name(nodes[node]), wanted, length) == 0) return true;
  return false;
}

// The closing quote of the string whose content starts at `first`; null when there are escapes in it. `next` is the
// structural character after the string: nothing but white space may stand between, and mostly nothing does.
inline const uint8_t *Builder::plain_end(const uint8_t *first, const uint8_t *next) noexcept {
  const uint8_t *stop = next - 1;
  if (__builtin_expect(*stop != '"', 0)) stop = quote_or_backslash(first, end_);
  if (__builtin_expect(stop >= backslash_, 0)) {
    if (backslash_ < first) backslash_ = find_backslash(first);
    if (stop >= backslash_) return nullptr;
  }
  return stop;
}

// A string with escapes, content starting at `p`, goes to the side buffer.
int Builder::side_string(const uint8_t *p, uint32_t &start, uint32_t &length) noexcept {
  const uint8_t *close = p;
  while ((close = quote_or_backslash(close, end_)) < end_ && *close == '\\') close += close + 1 < end_ ? 2 : 1;
  size_t needed = tape_.side_count + size_t(close - p);
  if (needed > UINT32_MAX) return fail(VIGIL_TOO_LARGE, p);
  if (needed > tape_.side_capacity) {
    size_t wanted = std::min(std::max(needed, size_t(tape_.side_capacity) * 2), size_t(UINT32_MAX));
    if (!vigil_tape_reserve_side(&tape_, uint32_t(wanted))) return fail(VIGIL_OUT_OF_MEMORY, p);
  }
  uint8_t *out = tape_.side + tape_.side_count;
  if (int fault = unescape(p, end_, out)) return fail(fault, p);
  start = tape_.side_count;
  length = uint32_t(out - tape_.side) - start;
  tape_.side_count += length;
  return VIGIL_ACCEPTED;
}

// Beyond the marks' capacity names are sorted, so that no choice of them costs more than n log n.
int Builder::check_names(uint32_t object) noexcept {
  uint32_t count = tape_.nodes[object].length;
  size_t size = 0;
  auto *order = static_cast<uint32_t *>(take_block(size_t(count) * sizeof(uint32_t), size));
  if (!order) return fail(VIGIL_OUT_OF_MEMORY, input_ + tape_.nodes[object].source);
  uint32_t node = object + 1;
  for (uint32_t i = 0; i < count; i++, node = tape_.nodes[node].next) order[i] = node;
  std::sort(order, order + count, [this](uint32_t a, uint32_t b) {
    const vigil_node &left = tape_.nodes[a], &right = tape_.nodes[b];
    if (left.name_length != right.name_length) return left.name_length < right.name_length;
    int sign = memcmp(name(left), name(right), left.name_length);
    return sign ? sign < 0 : a < b;
  });
  uint32_t duplicate = UINT32_MAX;
  for (uint32_t i = 1; i < count; i++)
    if (same_name(tape_.nodes[order[i - 1]], tape_.nodes[order[i]])) duplicate = std::min(duplicate, order[i]);
  give_block(order, size);
  if (duplicate == UINT32_MAX) return VIGIL_ACCEPTED;
  tape_.node_count = duplicate + 1;  // the place of the fault is the last node
  const vigil_node &found = tape_.nodes[duplicate];
  return fail(VIGIL_DUPLICATE_NAME,
              found.flags & VIGIL_NAME_IN_SIDE ? input_ + found.source : base_ + found.name_start - 1);
}

template <bool closed>
int Builder::build(const uint32_t *index, const uint32_t *last, Frame *frames) noexcept {
  vigil_node *const nodes = tape_.nodes;
  const uint8_t *const base = base_, *const input = input_, *const end = end_;
  uint32_t count = tape_.node_count;  // nodes written
  Frame *frame = frames - 1, *const deepest = frames + limits_.depth - 1;
  const uint32_t node_limit = limits_.nodes > UINT32_MAX - count ? UINT32_MAX : count + limits_.nodes;
  const uint32_t string_limit = limits_.string;
  const uint32_t member_limit = limits_.members, entry_limit = limits_.entries;
  const uint32_t name_limit = std::min(string_limit, uint32_t(UINT16_MAX));
  // The container that is read: how many children it has, and their names. The frame has them while one inside it is.
  uint32_t children = 0;
  NameMarks names;
  bool in_object = false;
  // The name of the value to come, kept apart from the node so that the node is written once.
  uint32_t name_start = 0, tail = 0;
  const uint8_t *p;
  int fault;

  // The node's last four bytes as one word: name length, kind, flags.
  auto word = [](uint32_t name_length, uint32_t kind, uint32_t flags) { return name_length | kind << 16 | flags << 24; };
  auto push = [&](uint32_t start, uint32_t length, uint32_t source, uint32_t more) {
    vigil_node *node = nodes + count++;
    node->next = count;
    node->start = start;
    node->length = length;
    node->name_start = name_start;
    node->source = source;
    more |= tail;
    memcpy(&node->name_length, &more, 4);
  };
  auto open = [&](uint32_t kind) {
    if (frame >= frames) {
      frame->count = children;
      frame->names = names;
    }
    frame++;
    frame->node = count;
    children = 0;
    names = NameMarks();
    push(uint32_t(p - base), 0, uint32_t(p - input), word(0, kind, 0));
  };

#define VIGIL_FAIL(code, place)             \
  do {                                      \
    fault = (code);                         \
    offset_ = size_t((place)-input);        \
    goto failed;                            \
  } while (0)
#define VIGIL_PEEK() (closed || index < last ? base + *index : end)
#define VIGIL_NEXT() (closed || index < last ? base + *index++ : end)
#define VIGIL_AT_END(p) (!closed && (p) == end)

  p = VIGIL_NEXT();

value:
  // `p` is the first byte of a value; `name_start` and `tail` hold its name, or none.
  if (count == node_limit) VIGIL_FAIL(VIGIL_TOO_MANY_NODES, p);
  if (VIGIL_AT_END(p)) VIGIL_FAIL(VIGIL_UNCLOSED_CONTAINER, p);
  switch (*p) {
    case '"': {
      const uint8_t *first = p + 1, *stop = plain_end(first, VIGIL_PEEK());
      uint32_t start = uint32_t(first - base), length = uint32_t(stop - first), flags = 0;
      if (__builtin_expect(!stop, 0)) {
        if ((fault = side_string(first, start, length))) goto failed;
        flags = VIGIL_TEXT_IN_SIDE;
      }
      if (length > string_limit) VIGIL_FAIL(VIGIL_STRING_TOO_LONG, p);
      push(start, length, uint32_t(p - input), word(0, VIGIL_STRING, flags));
      goto after_value;
    }
    case '{':
      if (frame == deepest) VIGIL_FAIL(VIGIL_TOO_DEEP, p);
      open(VIGIL_OBJECT);
      in_object = true;
      p = VIGIL_NEXT();
      if (!VIGIL_AT_END(p) && *p == '}') goto close;
      goto member;
    case '[':
      if (frame == deepest) VIGIL_FAIL(VIGIL_TOO_DEEP, p);
      open(VIGIL_ARRAY);
      in_object = false;
      name_start = tail = 0;
      p = VIGIL_NEXT();
      if (!VIGIL_AT_END(p) && *p == ']') goto close;
      goto entry;
    case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9': {
      const uint8_t *stop = number_end(p, end);
      if (!stop) VIGIL_FAIL(VIGIL_BAD_NUMBER, p);
      if (size_t(stop - p) > limits_.digits) VIGIL_FAIL(VIGIL_NUMBER_TOO_LONG, p);
      push(uint32_t(p - base), uint32_t(stop - p), uint32_t(p - input), word(0, VIGIL_NUMBER, 0));
      goto after_value;
    }
    case 't':
      if (end - p < 4 || memcmp(p, "true", 4) != 0 || !ends_scalar(p + 4, end)) VIGIL_FAIL(VIGIL_BAD_LITERAL, p);
      push(uint32_t(p - base), 4, uint32_t(p - input), word(0, VIGIL_BOOLEAN, 0));
      goto after_value;
    case 'f':
      if (end - p < 5 || memcmp(p, "false", 5) != 0 || !ends_scalar(p + 5, end)) VIGIL_FAIL(VIGIL_BAD_LITERAL, p);
      push(uint32_t(p - base), 5, uint32_t(p - input), word(0, VIGIL_BOOLEAN, 0));
      goto after_value;
    case 'n':
      if (end - p < 4 || memcmp(p, "null", 4) != 0 || !ends_scalar(p + 4, end)) VIGIL_FAIL(VIGIL_BAD_LITERAL, p);
      push(uint32_t(p - base), 4, uint32_t(p - input), word(0, VIGIL_NULL, 0));
      goto after_value;
    default: VIGIL_FAIL(VIGIL_UNEXPECTED, p);
  }

after_value:
  if (!closed && frame < frames) goto done;
  p = VIGIL_NEXT();
  if (VIGIL_AT_END(p)) VIGIL_FAIL(VIGIL_UNCLOSED_CONTAINER, p);
  if (*p == ',') {
    p = VIGIL_NEXT();
    if (in_object) goto member;
    goto entry;
  }
  if (*p == (in_object ? '}' : ']')) goto close;
  VIGIL_FAIL(VIGIL_UNEXPECTED, p);

entry:
  // `p` is the first byte of an array's entry, which has no name.
  if (children == entry_limit) VIGIL_FAIL(VIGIL_TOO_MANY_ENTRIES, p);
  children++;
  goto value;

member: {
  // `p` is the first byte of a member name.
  if (VIGIL_AT_END(p)) VIGIL_FAIL(VIGIL_UNCLOSED_CONTAINER, p);
  if (*p != '"') VIGIL_FAIL(VIGIL_UNEXPECTED, p);
  const uint8_t *name = p + 1, *stop = plain_end(name, VIGIL_PEEK());
  uint32_t length = uint32_t(stop - name);
  name_start = uint32_t(name - base);
  tail = 0;
  if (__builtin_expect(!stop, 0)) {
    if ((fault = side_string(name, name_start, length))) goto failed;
    tail = word(0, 0, VIGIL_NAME_IN_SIDE);
    name = tape_.side + name_start;
  }
  if (length > name_limit) VIGIL_FAIL(VIGIL_NAME_TOO_LONG, p);
  tail |= length;
  if (children == member_limit) VIGIL_FAIL(VIGIL_TOO_MANY_MEMBERS, p);
  if (__builtin_expect(names.add(name, length), 0) && children < NameMarks::capacity && !limits_.duplicates &&
      has_member(frame->node, children, name, length)) {
    // A node to name the place by: there is room, since a value would have taken it.
    if (count < node_limit) push(0, 0, uint32_t(p - input), word(0, VIGIL_NULL, 0));
    VIGIL_FAIL(VIGIL_DUPLICATE_NAME, p);
  }
  children++;
  p = VIGIL_NEXT();
  if (VIGIL_AT_END(p)) VIGIL_FAIL(VIGIL_UNCLOSED_CONTAINER, p);
  if (*p != ':') VIGIL_FAIL(VIGIL_UNEXPECTED, p);
  p = VIGIL_NEXT();
  goto value;
}

close: {
  vigil_node &container = nodes[frame->node];
  container.next = count;
  container.length = children;
  if (in_object && __builtin_expect(children > NameMarks::capacity, 0) && !limits_.duplicates) {
    tape_.node_count = count;
    if ((fault = check_names(frame->node))) {
      count = tape_.node_count;
      goto failed;
    }
  }
  frame--;
  if (frame < frames) goto done;
  if (closed && index == last) {
    children = frame->count;
    VIGIL_FAIL(VIGIL_UNCLOSED_CONTAINER, end);
  }
  children = frame->count;
  names = frame->names;
  in_object = nodes[frame->node].kind == VIGIL_OBJECT;
  // An array's next entry has no name.
  name_start = tail = 0;
  goto after_value;
}

done:
  tape_.node_count = count;
  if (index < last) return fail(VIGIL_TRAILING_TEXT, base + *index);
  return VIGIL_ACCEPTED;

failed:
  tape_.node_count = count;
  if (frame >= frames) frame->count = children;
  for (; frame >= frames; frame--) {
    nodes[frame->node].next = count;
    nodes[frame->node].length = frame->count;
  }
  return fault;
#undef VIGIL_FAIL
#undef VIGIL_PEEK
#undef VIGIL_NEXT
#undef VIGIL_AT_END
}

int Builder::add(const uint8_t *first, const uint8_t *end, const uint32_t *index, const uint32_t *last,
                 Frame *frames) noexcept {
  input_ = first;
  end_ = end;
  offset_ = 0;
  const uint8_t opening = base_[*index], ending = base_[last[-1]];
  return (opening == '{' || opening == '[') && (ending == '}' || ending == ']') ? build<true>(index, last, frames)
                                                                              : build<false>(index, last, frames);
}

}  // namespace vigil
