// SPDX-License-Identifier: MIT
/* Made by tools/gen-constants from spec/constants.toml: change that file, not this one. */
#ifndef EMON_ERROR_TABLE_H
#define EMON_ERROR_TABLE_H

/* Of each error: a byte with -code, its name, NUL, its sentence, NUL. See error_words.c. */
#define EMON_ERROR_TABLE \
    "\001" "ARGUMENT\0" \
    "an argument is out of its documented range\0" \
    "\002" "STATE\0" \
    "the call does not fit the present state\0" \
    "\003" "ON_TRIAL\0" \
    "the running image is still on trial; nothing is installed until it is confirmed\0" \
    "\004" "NO_PREVIOUS\0" \
    "there is no complete and once confirmed previous image to revert to\0" \
    "\005" "LEFT_BEHIND\0" \
    "the owner reverted from this release; it is not taken again unasked\0" \
    "\006" "KNOWN_BAD\0" \
    "this release already failed its trial on this device\0" \
    "\007" "BUFFER\0" \
    "the caller's buffer is too small\0" \
    "\010" "LAYOUT\0" \
    "the flash layout is unknown or not supported\0" \
    "\011" "BACKING_OFF\0" \
    "waiting before the next attempt at this release\0" \
    "\020" "FLASH_IO\0" \
    "the flash driver reported a failure\0" \
    "\021" "FLASH_VERIFY\0" \
    "flash does not hold what was written to it\0" \
    "\022" "CONNECT\0" \
    "no connection to the update source (name, route, refused)\0" \
    "\023" "DECODE\0" \
    "the payload's encoding or patch could not be undone\0" \
    "\024" "TIMEOUT\0" \
    "the update source fell silent\0" \
    "\025" "CLOSED\0" \
    "the connection ended before the response did\0" \
    "\026" "HTTP_SYNTAX\0" \
    "the response is not HTTP/1.1 as this client accepts it\0" \
    "\027" "HTTP_STATUS\0" \
    "the update source answered with an unexpected status\0" \
    "\030" "HTTP_CHUNKED\0" \
    "the response has a transfer coding; Content-Length is needed\0" \
    "\031" "HTTP_HEADER\0" \
    "the response header is longer than 16 KB\0" \
    "\032" "SERVER_BUSY\0" \
    "the update source is overloaded and said when to come back\0" \
    "\033" "DIGEST\0" \
    "the downloaded bytes are not the signed image\0" \
    "\034" "LENGTH\0" \
    "the payload's length differs from the signed size\0" \
    "\035" "POLL\0" \
    "the poll response could not be read\0" \
    "\036" "RANGE\0" \
    "the update source answered with another part of the payload than asked\0" \
    "\037" "TLS\0" \
    "the TLS handshake or its trust check failed\0" \
    "\040" "TOO_LARGE\0" \
    "the image is larger than the slot\0" \
    "\041" "COMPONENTS\0" \
    "the release has components that this layout or build cannot install\0" \
    "\042" "NOT_AN_IMAGE\0" \
    "the signed bytes are not a bootable image\0" \
    "\050" "TRIAL_STARTED\0" \
    "on trial the image never reported that it had started\0" \
    "\051" "TRIAL_CONFIGURATION\0" \
    "on trial the image started but never loaded its configuration\0" \
    "\052" "TRIAL_NETWORK\0" \
    "on trial the image never got a network\0" \
    "\053" "TRIAL_SOURCE\0" \
    "on trial the image never reached its update source\0" \
    "\054" "TRIAL_IMAGE\0" \
    "before the trial the slot no longer held the signed image\0" \
    "\100" "ENVELOPE\0" \
    "the release manifest is not in the accepted form\0" \
    "\101" "MANIFEST_DIGEST\0" \
    "the signed digest is not that of this manifest\0" \
    "\102" "NO_BLOCK\0" \
    "no signature block uses a known algorithm\0" \
    "\103" "SIGNATURE\0" \
    "no trusted release key signed this manifest\0" \
    "\104" "THRESHOLD\0" \
    "fewer trusted keys signed than are required\0" \
    "\105" "TEXT\0" \
    "the text is not the one that was signed, or does not agree with the ids\0" \
    "\106" "VENDOR\0" \
    "the release is for another vendor\0" \
    "\107" "CLASS\0" \
    "the release is for another product, hardware or layout\0" \
    "\110" "OLD_SEQUENCE\0" \
    "the release is older than what this device confirmed\0" \
    "\111" "SAME_SEQUENCE\0" \
    "another release already has this sequence number\0" \
    "\112" "URI\0" \
    "the payload address is longer than 200 bytes\0"

#endif
