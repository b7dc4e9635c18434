// SPDX-License-Identifier: MIT
/* What lwIP wants to know of the compiler. */
#ifndef LX106_ARCH_CC_H
#define LX106_ARCH_CC_H

#define BYTE_ORDER 1234
#ifndef LITTLE_ENDIAN
#define LITTLE_ENDIAN 1234
#define BIG_ENDIAN    4321
#endif

/* Neither text in RAM nor a way to go on: a failed assertion is an exception, which resets. */
#define LWIP_PLATFORM_DIAG(x)
#define LWIP_PLATFORM_ASSERT(x) __builtin_trap()

#endif
