// SPDX-License-Identifier: MIT
/* The severed text of M (spec/FORMAT.md, section 4). Its digest has matched before anything here reads it. */
#include "manifest_private.h"

#define MAP_1 0xA1u
#define MAP_3 0xA3u

/* Is c allowed in the part of the text that `kind` names? */
enum kind { CLASS_PART, DOMAIN, VERSION };

static bool is_within(uint8_t c, uint8_t first, uint8_t last)
{
    return c >= first && c <= last;
}

static bool allowed(enum kind kind, uint8_t c)
{
    if (kind == VERSION)
        return is_within(c, '!', '~') && c != '/';
    if (is_within(c, 'a', 'z') || is_within(c, '0', '9') || is_within(c, '-', '.'))
        return true;
    return kind == CLASS_PART && (is_within(c, 'A', 'Z') || c == '_');
}

static bool all_allowed(enum kind kind, struct otaria_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!allowed(kind, s.p[i]))
            return false;
    }
    return s.len > 0;
}

/* Cuts the next part off a class text: up to the next slash, which goes too, or to the end. */
static struct otaria_span cut_part(struct otaria_span *rest, bool *slash)
{
    struct otaria_span part = {rest->p, 0};

    while (part.len < rest->len && part.p[part.len] != '/')
        part.len++;
    *slash = part.len < rest->len;
    rest->p += part.len + *slash;
    rest->len -= part.len + *slash;
    return part;
}

/* "<product>/<hardware>/<layout>" */
static bool is_class_text(struct otaria_span s)
{
    for (unsigned i = 0; i < 3; i++) {
        bool slash;
        struct otaria_span part = cut_part(&s, &slash);

        if (!all_allowed(CLASS_PART, part) || part.p[0] == '.' || slash != (i < 2))
            return false;
    }
    return true;
}

static struct otaria_span part_at(struct otaria_cbor_reader *r, uint8_t key)
{
    otaria_cbor_expect(r, key);
    return otaria_cbor_text(r);
}

static void expect_heads(struct otaria_cbor_reader *r)
{
    static const uint8_t heads[] = {MAP_1, 0x62, 'e', 'n', MAP_1, 0x81, 0x41, 0x00, MAP_3};

    for (size_t i = 0; i < sizeof heads; i++)
        otaria_cbor_expect(r, heads[i]);
}

int otaria_manifest_text(const struct otaria_manifest *m, struct otaria_manifest_text *out)
{
    struct otaria_cbor_reader r;

    otaria_cbor_open(&r, m->text.p, m->text.len);
    expect_heads(&r);
    out->class_text = part_at(&r, 2);
    out->vendor = part_at(&r, 3);
    out->version = part_at(&r, 6);
    if (!otaria_cbor_at_end(&r) || !is_class_text(out->class_text) ||
        !all_allowed(DOMAIN, out->vendor) || !all_allowed(VERSION, out->version) ||
        out->version.len > OTARIA_VERSION_MAX)
        return OTARIA_E_TEXT;
    return 0;
}
