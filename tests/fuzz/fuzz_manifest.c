// SPDX-License-Identifier: MIT
/*
 * The manifest decoder on any bytes. The first byte chooses the entry: envelope or bare manifest. What it
 * accepts must hold what manifest.h promises, and be refused by a verifier that trusts nobody.
 */
#include <stdlib.h>
#include <string.h>

#include <otaria/manifest.h>

#define CHECK(holds)  \
    do {              \
        if (!(holds)) \
            abort();  \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool within(struct otaria_span s, const uint8_t *data, size_t len)
{
    return s.len == 0 || (s.p >= data && s.len <= len && (size_t)(s.p - data) <= len - s.len);
}

static void check_promises(const struct otaria_manifest *m, const uint8_t *data, size_t len)
{
    CHECK(m->seq < UINT64_C(1) << 53);
    CHECK(m->components_cnt == 1 || m->components_cnt == 2);
    for (unsigned i = 0; i < m->components_cnt; i++) {
        CHECK(m->component[i].size > 0);
        CHECK(m->component[i].uri.len <= OTARIA_URI_MAX);
        CHECK(within(m->component[i].uri, data, len));
    }
    CHECK(m->manifest.len <= OTARIA_MANIFEST_MAX && within(m->manifest, data, len));
    CHECK(m->text.len <= OTARIA_TEXT_MAX && within(m->text, data, len));
    CHECK(m->blocks_cnt <= OTARIA_BLOCKS_MAX && within(m->blocks, data, len));
}

static void check_text(const struct otaria_manifest *m)
{
    struct otaria_manifest_text text;

    if (otaria_manifest_text(m, &text) != 0)
        return;
    CHECK(within(text.class_text, m->text.p, m->text.len));
    CHECK(within(text.vendor, m->text.p, m->text.len));
    CHECK(within(text.version, m->text.p, m->text.len));
    CHECK(text.version.len > 0 && text.version.len <= OTARIA_VERSION_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct otaria_trust nobody;
    static const struct otaria_manifest zero;
    struct otaria_manifest m;
    int result;

    if (len == 0)
        return 0;
    result = data[0] == 0 ? otaria_manifest_decode_bare(&m, data + 1, len - 1)
                          : otaria_manifest_decode(&m, data + 1, len - 1);
    CHECK(result <= 0);
    if (result != 0) {
        CHECK(memcmp(&m, &zero, sizeof m) == 0);
        return 0;
    }
    check_promises(&m, data + 1, len - 1);
    check_text(&m);
    CHECK(otaria_manifest_verify(&m, &nobody) != 0);
    return 0;
}
