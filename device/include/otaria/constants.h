// SPDX-License-Identifier: MIT
/* Made by tools/gen-constants from spec/constants.toml: change that file, not this one. */
#ifndef OTARIA_CONSTANTS_H
#define OTARIA_CONSTANTS_H

/* Limits of the formats. */
#define OTARIA_MANIFEST_MAX 1024 /* manifest bstr content, bytes (it must fit behind record offset 0xC00) */
#define OTARIA_ENVELOPE_MAX 2048 /* envelope without an HSS-LMS block, bytes */
#define OTARIA_ENVELOPE_LMS_MAX 4096 /* envelope with an HSS-LMS block, bytes */
#define OTARIA_URI_MAX 200 /* payload URI, bytes */
#define OTARIA_TEXT_MAX 256 /* severed text member (bstr content), bytes */
#define OTARIA_REFERENCE_URI_MAX 64 /* manifest member 4, bytes */
#define OTARIA_KID_MAX 32 /* COSE key id hint, bytes */
#define OTARIA_BLOCKS_MAX 3 /* COSE_Sign1 blocks in an envelope */
#define OTARIA_KEYS_MAX 8 /* trusted release keys compiled into a device */
#define OTARIA_COMPONENTS_MAX 2 /* components of a release: application, filesystem */
#define OTARIA_REPORTING_MAX 15 /* largest SUIT reporting argument */
#define OTARIA_VERSION_MAX 32 /* version text, bytes */
#define OTARIA_POLL_REQUEST_MAX 512 /* poll request body, bytes */
#define OTARIA_POLL_RESPONSE_MAX 2560 /* poll response body, bytes */
#define OTARIA_HTTP_HEADER_MAX 16384 /* header bytes of a response that the device reads, in all */
#define OTARIA_TRIES 3 /* unconfirmed boots of a trial, and again for every healthy bit */
#define OTARIA_HEALTHY_AFTER_S 600 /* uptime after which a trial boot counts as healthy, seconds */
#define OTARIA_NETWORK_GIVE_UP_S 1800 /* a trial without a network gives itself up after, seconds */
#define OTARIA_SOURCE_GIVE_UP_S 86400 /* a trial without its update source gives itself up after, seconds */
#define OTARIA_POLL_MIN_S 60 /* lower clamp of Retry-After and of poll key 4, seconds */
#define OTARIA_POLL_MAX_S 86400 /* upper clamp of the same, seconds */
#define OTARIA_PROGRESS_STEP 16384 /* image bytes between two progress entries in the NV log */
#define OTARIA_DIGEST_RETRY_S 3600 /* wait after an image with a wrong digest, doubling to POLL_MAX_S, seconds */

/* Offsets inside a record sector. */
#define OTARIA_RECORD_MAGIC 0x3152544Fu
#define OTARIA_RECORD_SIZE 0x80u
#define OTARIA_RECORD_LMS_SIGNATURE 0x200u
#define OTARIA_RECORD_WORDS 0xBD0u
#define OTARIA_RECORD_MANIFEST 0xC00u

/* Errors: negative, frozen; ranges tell what to do about them. */
enum otaria_error {
    OTARIA_E_ARGUMENT = -1, /* an argument is out of its documented range */
    OTARIA_E_STATE = -2, /* the call does not fit the present state */
    OTARIA_E_ON_TRIAL = -3, /* the running image is still on trial; nothing is installed until it is confirmed */
    OTARIA_E_NO_PREVIOUS = -4, /* there is no complete and once confirmed previous image to revert to */
    OTARIA_E_LEFT_BEHIND = -5, /* the owner reverted from this release; it is not taken again unasked */
    OTARIA_E_KNOWN_BAD = -6, /* this release already failed its trial on this device */
    OTARIA_E_BUFFER = -7, /* the caller's buffer is too small */
    OTARIA_E_LAYOUT = -8, /* the flash layout is unknown or not supported */
    OTARIA_E_BACKING_OFF = -9, /* waiting before the next attempt at this release */
    OTARIA_E_FLASH_IO = -16, /* the flash driver reported a failure */
    OTARIA_E_FLASH_VERIFY = -17, /* flash does not hold what was written to it */
    OTARIA_E_CONNECT = -18, /* no connection to the update source (name, route, refused) */
    OTARIA_E_DECODE = -19, /* the payload's encoding or patch could not be undone */
    OTARIA_E_TIMEOUT = -20, /* the update source fell silent */
    OTARIA_E_CLOSED = -21, /* the connection ended before the response did */
    OTARIA_E_HTTP_SYNTAX = -22, /* the response is not HTTP/1.1 as this client accepts it */
    OTARIA_E_HTTP_STATUS = -23, /* the update source answered with an unexpected status */
    OTARIA_E_HTTP_CHUNKED = -24, /* the response has a transfer coding; Content-Length is needed */
    OTARIA_E_HTTP_HEADER = -25, /* the response header is longer than 16 KB */
    OTARIA_E_SERVER_BUSY = -26, /* the update source is overloaded and said when to come back */
    OTARIA_E_DIGEST = -27, /* the downloaded bytes are not the signed image */
    OTARIA_E_LENGTH = -28, /* the payload's length differs from the signed size */
    OTARIA_E_POLL = -29, /* the poll response could not be read */
    OTARIA_E_RANGE = -30, /* the update source answered with another part of the payload than asked */
    OTARIA_E_TLS = -31, /* the TLS handshake or its trust check failed */
    OTARIA_E_TOO_LARGE = -32, /* the image is larger than the slot */
    OTARIA_E_COMPONENTS = -33, /* the release has components that this layout or build cannot install */
    OTARIA_E_NOT_AN_IMAGE = -34, /* the signed bytes are not a bootable image */
    OTARIA_E_TRIAL_STARTED = -40, /* on trial the image never reported that it had started */
    OTARIA_E_TRIAL_CONFIGURATION = -41, /* on trial the image started but never loaded its configuration */
    OTARIA_E_TRIAL_NETWORK = -42, /* on trial the image never got a network */
    OTARIA_E_TRIAL_SOURCE = -43, /* on trial the image never reached its update source */
    OTARIA_E_TRIAL_IMAGE = -44, /* before the trial the slot no longer held the signed image */
    OTARIA_E_ENVELOPE = -64, /* the release manifest is not in the accepted form */
    OTARIA_E_MANIFEST_DIGEST = -65, /* the signed digest is not that of this manifest */
    OTARIA_E_NO_BLOCK = -66, /* no signature block uses a known algorithm */
    OTARIA_E_SIGNATURE = -67, /* no trusted release key signed this manifest */
    OTARIA_E_THRESHOLD = -68, /* fewer trusted keys signed than are required */
    OTARIA_E_TEXT = -69, /* the text is not the one that was signed, or does not agree with the ids */
    OTARIA_E_VENDOR = -70, /* the release is for another vendor */
    OTARIA_E_CLASS = -71, /* the release is for another product, hardware or layout */
    OTARIA_E_OLD_SEQUENCE = -72, /* the release is older than what this device confirmed */
    OTARIA_E_SAME_SEQUENCE = -73, /* another release already has this sequence number */
    OTARIA_E_URI = -74, /* the payload address is longer than 200 bytes */
};

/*
 * One row a flash layout, for OTARIA_LAYOUTS(X): X(name, flash, slot_a, slot_b, image_max, nv0, nv1, recovery,
 * record0, record1, fs0_at, fs0_len, fs1_at, fs1_len, scratch, staged). A length of 0 = no such area.
 */
#define OTARIA_LAYOUTS(X) \
    X("2m", 0x200000u, 0x1000u, 0x101000u, 0xF8000u, 0xF9000u, 0xFA000u, 0xFB000u, \
      0xFF000u, 0x100000u, 0, 0, 0, 0, 0, 0) \
    X("4m2m", 0x400000u, 0x1000u, 0x101000u, 0xF8000u, 0xF9000u, 0xFA000u, 0xFB000u, \
      0xFF000u, 0x100000u, 0x200000u, 0x1FA000u, 0, 0, 0, 0) \
    X("4m1m1m", 0x400000u, 0x1000u, 0x101000u, 0xF8000u, 0xF9000u, 0xFA000u, 0xFB000u, \
      0xFF000u, 0x100000u, 0x200000u, 0xFA000u, 0x300000u, 0xFA000u, 0, 0) \
    X("1m", 0x100000u, 0x1000u, 0x7B000u, 0x7A000u, 0xF6000u, 0xF7000u, 0xF8000u, \
      0xF9000u, 0xFA000u, 0, 0, 0, 0, 0xF5000u, 1)

/* Layout names that are refused, with the reason: X(name, reason). Host tools print it. */
#define OTARIA_REFUSED_LAYOUTS(X) \
    X("4m3m", \
      "its filesystem begins at 0x100000, where slot B lies; use 4m2m or 4m1m1m") \
    X("2m1m", \
      "its filesystem begins at 0x100000, where slot B lies; use 2m") \
    X("4m1m", \
      "the name says nothing of the second filesystem area; use 4m1m1m, or 4m2m for one area")

#endif
