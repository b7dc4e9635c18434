// SPDX-License-Identifier: MIT
/* The whole answer to GET /, header and compressed page, as words for mapped flash; made from page/ by page/embed. */
#ifndef EMON_PAGE_H
#define EMON_PAGE_H

#include "mapped.h"

extern const uint32_t emon_page[];
extern const uint32_t emon_page_len; /* bytes */

#endif
