// SPDX-License-Identifier: MIT
/*
 * Compiled-in identity: a marked version string in the image, so that tools can read from the bytes which
 * version they hold, and `release new` can refuse a file that is not what its maker says.
 *
 * In one source file of the firmware, at file scope:
 *
 *     #include <otaria/app.h>
 *     OTARIA_APP(BUILD_TAG);              built with -DBUILD_TAG='"1.0.3"'
 *
 * It costs the version's length and 14 bytes of data RAM on an ESP8266, where constants of the usual kind
 * live in RAM.
 *
 * The string is a claim of the maker, covered by the signature like every other byte of the image. It
 * decides nothing on the device: what runs is told by the signed manifest.
 */
#ifndef OTARIA_APP_H
#define OTARIA_APP_H

#include <otaria/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Then the version, then OTARIA_APP_END and NUL. */
#define OTARIA_APP_MARK "\nOTARIA-APP:"
#define OTARIA_APP_END  "\n"

/*
 * Defines the identity; once in a program. version: a string literal of 1..32 characters ! .. ~ without
 * the slash. A longer one does not compile. `--gc-sections` drops what nothing refers to: use
 * the string in the program, or link with -Wl,-u,otaria_app_identity.
 */
#define OTARIA_APP(version)                                                           \
    typedef char otaria_app_version_fits                                              \
        [sizeof(version) >= 2 && sizeof(version) <= OTARIA_VERSION_MAX + 1 ? 1 : -1]; \
    extern const char otaria_app_identity[];                                          \
    __attribute__((used, aligned(4))) const char otaria_app_identity[] =              \
        OTARIA_APP_MARK version OTARIA_APP_END

/* The identity of this program, mark and end included, NUL-terminated. Defined by OTARIA_APP. */
extern const char otaria_app_identity[];

/*
 * Find the version in an image (for tools and for a device that looks at a slot): true with *version
 * borrowed from the image, without mark and end. False when there is no well-formed identity, or when
 * there are two with different versions, of which nobody can say which one runs. A mark that no valid
 * version and end follow is not an identity: the text of this header in a host program is none.
 * Reads nothing outside image[0..len); time linear in len.
 */
bool otaria_app_find(const uint8_t *image, size_t len, struct otaria_span *version);

#ifdef __cplusplus
}
#endif

#endif
