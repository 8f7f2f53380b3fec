// SPDX-License-Identifier: Apache-2.0
// C face of the JSON syntax reader: JSON text in, a flat tape of nodes out.
#ifndef VIGIL_CSIMDJSON_H
#define VIGIL_CSIMDJSON_H
#include <stdint.h>
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif

/// What a tape node is. The values are part of the contract with Swift (`Node.Kind`).
enum vigil_kind { VIGIL_OBJECT = 0, VIGIL_ARRAY = 1, VIGIL_STRING = 2, VIGIL_NUMBER = 3, VIGIL_BOOLEAN = 4, VIGIL_NULL = 5 };

/// One node of the tape, in document order (pre-order); the subtree of node i is i ..< i.next.
/// Text ranges count bytes in the document's text: the input itself or, with the flag, the side buffer
/// that holds text which had to be rewritten (JSON escapes; everything that came from XML).
typedef struct {
  uint32_t next;          ///< index of the first node after this subtree
  uint32_t start;         ///< first byte of the content (string without quotes, number literal)
  uint32_t length;        ///< bytes of content; for containers the number of children
  uint32_t name_start;    ///< first byte of the member name; 0 with length 0 for array elements and the root
  uint32_t source;        ///< offset in the input where the value starts
  uint16_t name_length;   ///< bytes of the member name
  uint8_t kind;           ///< vigil_kind
  uint8_t flags;          ///< vigil_flag bits
} vigil_node;

enum vigil_flag { VIGIL_TEXT_IN_SIDE = 1, VIGIL_NAME_IN_SIDE = 2 };

#ifdef __cplusplus
}
#endif
#endif
