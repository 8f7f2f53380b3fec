// SPDX-License-Identifier: Apache-2.0
// An array that grows and says when memory is out, which no exception may do across a C face.
#ifndef VIGIL_XML_BUFFER_H
#define VIGIL_XML_BUFFER_H
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <type_traits>

namespace vigil::xml {

template <class Item>
class Buffer {
  static_assert(std::is_trivially_copyable<Item>::value, "items are moved as bytes");

 public:
  Buffer() = default;
  Buffer(const Buffer &) = delete;
  Buffer &operator=(const Buffer &) = delete;
  ~Buffer() { free(items_); }

  size_t count() const noexcept { return count_; }
  Item *items() noexcept { return items_; }
  const Item *items() const noexcept { return items_; }
  Item &operator[](size_t index) noexcept { return items_[index]; }
  const Item &operator[](size_t index) const noexcept { return items_[index]; }
  Item &last() noexcept { return items_[count_ - 1]; }
  void clear() noexcept { count_ = 0; }
  /// Keeps the first `count` items.
  void cut(size_t count) noexcept { count_ = count; }

  /// Makes room for `more` items; false when memory is out.
  bool reserve(size_t more) noexcept { return count_ + more <= capacity_ || grow(count_ + more); }

  /// One more item, whatever it holds; null when memory is out.
  Item *add() noexcept {
    if (__builtin_expect(count_ == capacity_, 0) && !grow(count_ + 1)) return nullptr;
    return items_ + count_++;
  }

  bool append(const Item &item) noexcept {
    Item *place = add();
    if (!place) return false;
    *place = item;
    return true;
  }

  bool append(const Item *from, size_t count) noexcept {
    if (!reserve(count)) return false;
    if (count) memcpy(items_ + count_, from, count * sizeof(Item));
    count_ += count;
    return true;
  }

  /// `count` items of all zero bytes.
  bool fill_zero(size_t count) noexcept {
    count_ = 0;
    if (!reserve(count)) return false;
    memset(static_cast<void *>(items_), 0, count * sizeof(Item));
    count_ = count;
    return true;
  }

 private:
  bool grow(size_t needed) noexcept {
    size_t capacity = capacity_ * 2 > needed ? capacity_ * 2 : needed < 16 ? 16 : needed;
    void *items = realloc(static_cast<void *>(items_), capacity * sizeof(Item));
    if (!items) return false;
    items_ = static_cast<Item *>(items);
    capacity_ = capacity;
    return true;
  }

  Item *items_ = nullptr;
  size_t count_ = 0, capacity_ = 0;
};

}  // namespace vigil::xml
#endif
