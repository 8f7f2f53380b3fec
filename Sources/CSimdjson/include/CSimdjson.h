// SPDX-License-Identifier: Apache-2.0
// C face of the tape: a document as a flat array of nodes, filled from JSON here and from XML in Swift.
#ifndef VIGIL_CSIMDJSON_H
#define VIGIL_CSIMDJSON_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

/// What a tape node is. The values are part of the contract with Swift (`Node.Kind`).
enum vigil_kind { VIGIL_OBJECT = 0, VIGIL_ARRAY = 1, VIGIL_STRING = 2, VIGIL_NUMBER = 3, VIGIL_BOOLEAN = 4, VIGIL_NULL = 5 };

/// One node of the tape, in document order (pre-order); the subtree of node i is i ..< i.next.
/// Text ranges count bytes in the document's text: the input itself or, with the flag, the side buffer
/// that holds text which had to be rewritten (JSON's escapes, XML's references) and the names of what came from XML.
typedef struct {
  uint32_t next;          ///< index of the first node after this subtree
  uint32_t start;         ///< first byte of the content (string without quotes, number or boolean literal)
  uint32_t length;        ///< bytes of content; for containers the number of children
  uint32_t name_start;    ///< first byte of the member name; 0 with length 0 for array elements and the root
  uint32_t source;        ///< offset in the input where the value starts
  uint16_t name_length;   ///< bytes of the member name
  uint8_t kind;           ///< vigil_kind
  uint8_t flags;          ///< vigil_flag bits
} vigil_node;

enum vigil_flag { VIGIL_TEXT_IN_SIDE = 1, VIGIL_NAME_IN_SIDE = 2 };

/// The nodes and the side buffer of one document. Memory comes from a small pool of warm blocks, since fresh
/// pages cost as much as parsing; all zero is an empty tape.
typedef struct {
  vigil_node *nodes;
  uint8_t *side;
  uint32_t node_count;
  uint32_t node_capacity;
  uint32_t side_count;
  uint32_t side_capacity;
} vigil_tape;

/// Makes room for at least `capacity` nodes, or bytes of side buffer, keeping what is there. False when memory is out.
bool vigil_tape_reserve_nodes(vigil_tape *tape, uint32_t capacity);
bool vigil_tape_reserve_side(vigil_tape *tape, uint32_t capacity);
/// Gives the memory back to the pool and empties the tape.
void vigil_tape_release(vigil_tape *tape);

/// Upper bounds on what a document may hold; each is the largest value still accepted.
typedef struct {
  uint32_t depth;    ///< nested objects and arrays
  uint32_t string;   ///< bytes of one string's content, after unescaping
  uint32_t members;  ///< members of one object
  uint32_t entries;  ///< entries of one array
  uint32_t digits;   ///< characters of one number literal
  uint32_t nodes;    ///< values in the whole document
  bool duplicates;   ///< whether an object may have several members of one name, as JSON's grammar allows
} vigil_limits;

/// Why JSON text was refused. The values are part of the contract with Swift (`FHIRError.Code`).
enum vigil_fault {
  VIGIL_ACCEPTED = 0, VIGIL_OUT_OF_MEMORY, VIGIL_EMPTY, VIGIL_BYTE_ORDER_MARK, VIGIL_INVALID_UTF8, VIGIL_CONTROL_CHARACTER,
  VIGIL_UNCLOSED_STRING, VIGIL_UNEXPECTED, VIGIL_BAD_LITERAL, VIGIL_BAD_NUMBER, VIGIL_BAD_ESCAPE, VIGIL_LONE_SURROGATE,
  VIGIL_UNCLOSED_CONTAINER, VIGIL_TRAILING_TEXT, VIGIL_DUPLICATE_NAME, VIGIL_TOO_DEEP, VIGIL_STRING_TOO_LONG,
  VIGIL_NAME_TOO_LONG, VIGIL_TOO_MANY_MEMBERS, VIGIL_TOO_MANY_ENTRIES, VIGIL_NUMBER_TOO_LONG, VIGIL_TOO_LARGE,
  VIGIL_TOO_MANY_NODES
};

/// Parses one JSON text (RFC 8259, UTF-8, no byte order mark) of `length` bytes into the empty
/// `tape`. Returns a vigil_fault; on a fault `offset` is its byte in the input and the tape holds the nodes begun so
/// far (the last one is where reading stopped), so that the caller can name the place. Never reads past `length`.
int vigil_json_parse(const uint8_t *input, size_t length, const vigil_limits *limits, vigil_tape *tape, size_t *offset);

/// What one line of NDJSON gave.
typedef struct {
  size_t start;     ///< where it starts in the text
  size_t offset;    ///< where it was refused, from its start
  uint32_t number;  ///< its number in the text, from 0
  uint32_t first;   ///< its first node: the value
  uint32_t end;     ///< the node after its last; of a refused line, after the last that was begun
  int fault;        ///< vigil_fault
} vigil_line;

/// Parses the lines of a text, each a JSON text of its own, into the empty `tape`, one after the other; lines of white
/// space are passed over. Writes what each gave to `lines`, which must have room for one more than there are line ends,
/// and returns how many that were. A refused line keeps no other from being read, and its nodes stay so that the place
/// can be named. Texts count from the start of `input`, sources from the start of their line.
///
/// `ends` are the places of all line ends, `longest` is the length of the longest line that is accepted.
size_t vigil_json_parse_lines(const uint8_t *input, size_t length, const uint32_t *ends, size_t end_count,
                              const vigil_limits *limits, size_t longest, vigil_tape *tape, vigil_line *lines);

/// Whether `length` bytes are well-formed UTF-8.
bool vigil_utf8_valid(const uint8_t *input, size_t length);

#ifdef __cplusplus
}
#endif
#endif
