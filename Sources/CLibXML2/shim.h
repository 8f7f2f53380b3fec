// SPDX-License-Identifier: Apache-2.0
#include <libxml/xmlversion.h>
// Where libxml2 was built with ICU its headers pull in ICU's, which clash with those inside Foundation. No declaration
// that we use depends on it.
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>
