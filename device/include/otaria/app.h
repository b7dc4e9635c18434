// SPDX-License-Identifier: MIT
/* Compiled-in identity: OTARIA_APP(BUILD_TAG) leaves a marked version string in the image, so that tools can read it. */
#ifndef OTARIA_APP_H
#define OTARIA_APP_H

#define OTARIA_APP_MARK "\nOTARIA-APP:" /* then the version, then "\n" and NUL */
#define OTARIA_APP(version)                                                     \
    __attribute__((used, aligned(4))) const char otaria_app_identity[] =        \
        OTARIA_APP_MARK version "\n"

#endif
