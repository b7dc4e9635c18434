// SPDX-License-Identifier: MIT
#ifndef OTARIA_TESTS_ARCH_CC_H
#define OTARIA_TESTS_ARCH_CC_H

#include <stdio.h>
#include <stdlib.h>

#endif
