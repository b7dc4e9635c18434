// SPDX-License-Identifier: MIT
/*
 * What the owner settled: lines of text in one of two flash sectors, untouched by updates and reverts.
 *
 * The sectors belong to this file alone (on layout 4m2m the last two of the filesystem area, 0x3F8000 and 0x3F9000). A
 * record, little endian, from a sector's first byte:
 *
 *     0   u32  magic 0x31434D45, the bytes "EMC1"
 *     4   u32  counter: of two valid records the one with the larger counter counts
 *     8   u32  len, bytes of text, 0..EMON_CONFIG_TEXT_MAX
 *    12   u32  CRC-32 (IEEE 802.3, as zlib's) of bytes 0..11, then of the text
 *    16        the text, then 0xFF up to a multiple of 4; the rest of the sector is not looked at
 *
 * The text is lines "key=value\n" of printable ASCII. Of a key that stands twice the last line counts. Keys:
 *
 *     node              1..31 of A-Z a-z 0-9 and -, not first or last; the device's name on the network
 *     server            http[s]://host[:port][/base], at most 200 bytes
 *     poll              seconds between polls, 0 = an hour
 *     policy            auto | ask
 *     password          <32 hex: salt>:<64 hex: SHA-256 of the salt's 16 bytes, then the password's bytes>; both lower case
 *     tls               pin | any
 *     pins              up to two SHA-256 of a server key (SubjectPublicKeyInfo), 64 hex each, separated by a comma
 *     network-give-up   seconds; 0 = the library's. These four are for tests and demonstrations, and are in force from
 *                       the next start on
 *     source-give-up
 *     healthy-after
 *     poll-minimum
 *
 * A line with an unknown key is kept when the rest changes: after a revert the older image does not lose what the newer
 * one stored. A known key with an impossible value leaves its default in place.
 *
 * Saving erases the sector that does not count, programs the text, and the header last, so that a power cut at any of
 * these operations, in the middle of it too, leaves the old or the new configuration, whole.
 */
#ifndef EMON_CONFIG_H
#define EMON_CONFIG_H

#include <otaria/flash.h>

#include "text.h"

#define EMON_CONFIG_MAGIC    0x31434D45u
#define EMON_CONFIG_HEADER   16u
#define EMON_CONFIG_TEXT_MAX 1008u /* header and text are four pages */

#define EMON_NODE_MAX     31
#define EMON_SERVER_MAX   200
#define EMON_PINS_MAX     2
#define EMON_PASSWORD_MIN 8
#define EMON_PASSWORD_MAX 63

enum emon_key {
    EMON_KEY_NODE,
    EMON_KEY_SERVER,
    EMON_KEY_POLL,
    EMON_KEY_POLICY,
    EMON_KEY_PASSWORD,
    EMON_KEY_TLS,
    EMON_KEY_PINS,
    EMON_KEY_NETWORK_GIVE_UP,
    EMON_KEY_SOURCE_GIVE_UP,
    EMON_KEY_HEALTHY_AFTER,
    EMON_KEY_POLL_MINIMUM,
    EMON_KEYS
};

/* Whom to trust as update source over https. */
enum emon_tls {
    EMON_TLS_PIN, /* the servers with these keys */
    EMON_TLS_CA,  /* those that a built-in authority names */
    EMON_TLS_ANY  /* whoever answers; what may run is told by the release keys alone */
};

struct emon_config {
    char node[EMON_NODE_MAX + 1];
    char server[EMON_SERVER_MAX + 1];
    bool ask; /* policy */
    enum emon_tls tls;
    bool has_password;
    uint8_t salt[16], password[32]; /* SHA-256 of salt and password */
    unsigned pins_cnt;
    uint8_t pin[EMON_PINS_MAX][32];
    uint32_t poll_s, network_give_up_s, source_give_up_s, healthy_after_s, poll_min_s;
};

struct emon_store {
    /* private */
    const struct otaria_flash *flash;
    uint32_t sector[2];
    uint32_t counter; /* of the record that counts, 0 = there is none */
    unsigned current;
};

/* server: the default, a valid one of at most EMON_SERVER_MAX bytes. */
void emon_config_defaults(struct emon_config *c, const char *server);

/* The key of this name, or EMON_KEYS; and back. */
enum emon_key emon_config_key(const char *name, size_t len);
void emon_config_put_name(enum emon_key key, struct emon_text *out);

/* Takes the value if it is possible. False: c is as it was. */
bool emon_config_set(struct emon_config *c, enum emon_key key, const char *value, size_t len);

/* The value as emon_config_set takes it; at most 230 bytes. */
void emon_config_put(const struct emon_config *c, enum emon_key key, struct emon_text *out);

/* Sets what the lines say, as above; returns the number of lines that were of no use. Any bytes are accepted. */
unsigned emon_config_read(struct emon_config *c, const char *text, size_t len);

/*
 * Opens the store and reads the newest valid record into c, which holds the defaults. 0, also when there is no valid
 * record; OTARIA_E_FLASH_IO when a sector cannot be read. Stack: 1.1 KB.
 */
OTARIA_MUST_CHECK int emon_store_load(struct emon_store *s, const struct otaria_flash *f,
                                      const uint32_t sector[2], struct emon_config *c);

/*
 * Makes c the stored configuration; writes nothing when it is that already. 0 when it is read back from flash; after an
 * error the old one counts, or, if the very last step failed, the new one: OTARIA_E_BUFFER (with the unknown lines it
 * exceeds the record), OTARIA_E_FLASH_IO, OTARIA_E_FLASH_VERIFY. Stack: 1.5 KB.
 */
OTARIA_MUST_CHECK int emon_store_save(struct emon_store *s, const struct emon_config *c);

/* ---- the password ---- */

/* Printable ASCII, EMON_PASSWORD_MIN..EMON_PASSWORD_MAX bytes, no space at either end. */
bool emon_password_possible(const char *password, size_t len);
void emon_password_set(struct emon_config *c, const uint8_t salt[16], const char *password,
                       size_t len);

/* Time depends on len only. False while there is no password. */
bool emon_password_matches(const struct emon_config *c, const char *password, size_t len);

#endif
