// SPDX-License-Identifier: MIT
/* Names and sentences of result codes, from spec/constants.toml; they lie in mapped flash and cost no RAM. */
#ifndef EMON_ERROR_WORDS_H
#define EMON_ERROR_WORDS_H

#include "text.h"

/* "TRIAL_SOURCE"; 0 is "CONFIRMED", an unknown code its number. No byte of it needs an escape in JSON. */
void emon_put_result_name(struct emon_text *out, int code);

/* "on trial the image never reached its update source"; likewise. */
void emon_put_result_words(struct emon_text *out, int code);

#endif
