// SPDX-License-Identifier: MIT
/* What publish and import demand of M, beyond what a device does. */
#include <stdio.h>
#include <string.h>

#include "release/release.h"

int release_trust_load(const char *const *paths, size_t n, uint8_t (*keys)[65], struct err *err)
{
    if (n > OTARIA_KEYS_MAX)
        return err_set(err, ERR_USAGE, "%zu keys given, a device trusts at most %d", n,
                       OTARIA_KEYS_MAX);
    for (size_t i = 0; i < n; i++) {
        if (keys_load_public(paths[i], keys[i], err) < 0)
            return -1;
        for (size_t k = 0; k < i; k++)
            if (memcmp(keys[i], keys[k], 65) == 0)
                return err_set(err, ERR_USAGE, "%s and %s hold the same key", paths[k], paths[i]);
    }
    return 0;
}

static int refuse(struct err *err, int code, const char *why)
{
    return err_set(err, code, "%s", why ? why : otaria_error_sentence(code));
}

static bool take_span(char *out, size_t max, const uint8_t *p, size_t len)
{
    if (len >= max || memchr(p, '\0', len))
        return false;
    memcpy(out, p, len);
    out[len] = '\0';
    return true;
}

/* Cuts class_text, whose form the decoder has checked, into its three parts. */
static bool split_class(struct release_text *t)
{
    const char *hardware = strchr(t->class_text, '/');
    const char *layout = hardware ? strchr(hardware + 1, '/') : NULL;

    return layout &&
           take_span(t->product, sizeof t->product, (const uint8_t *)t->class_text,
                     (size_t)(hardware - t->class_text)) &&
           take_span(t->hardware, sizeof t->hardware, (const uint8_t *)hardware + 1,
                     (size_t)(layout - hardware - 1)) &&
           take_span(t->layout, sizeof t->layout, (const uint8_t *)layout + 1, strlen(layout + 1));
}

static int check_ids(const struct otaria_manifest *m, const struct release_text *t, struct err *err)
{
    uint8_t vendor[16], class_id[16];

    if (release_ids(t->vendor, t->class_text, vendor, class_id, err) < 0)
        return refuse(err, OTARIA_E_TEXT, "a name in the text has not the right form");
    if (memcmp(vendor, m->vendor, 16) != 0)
        return refuse(err, OTARIA_E_TEXT, "the vendor id is not that of the domain in the text");
    if (memcmp(class_id, m->class_id, 16) != 0)
        return refuse(err, OTARIA_E_TEXT, "the class id is not that of the class in the text");
    return 0;
}

int release_text_check(const struct otaria_manifest *m, struct release_text *t, struct err *err)
{
    struct otaria_manifest_text spans;
    int code;

    memset(t, 0, sizeof *t);
    if (m->text.len == 0)
        return refuse(err, OTARIA_E_TEXT, "the release has no text, so nobody can tell what it is");
    code = otaria_manifest_text(m, &spans);
    if (code < 0)
        return refuse(err, code, NULL);
    if (!take_span(t->vendor, sizeof t->vendor, spans.vendor.p, spans.vendor.len) ||
        !take_span(t->class_text, sizeof t->class_text, spans.class_text.p, spans.class_text.len) ||
        !take_span(t->version, sizeof t->version, spans.version.p, spans.version.len) ||
        !split_class(t))
        return refuse(err, OTARIA_E_TEXT, "a name in the text is too long");
    return check_ids(m, t, err);
}

static int check_sizes(const struct otaria_manifest *m, const struct release_text *t,
                       struct err *err)
{
    uint32_t max[OTARIA_COMPONENTS_MAX];

    if (release_layout(t->layout, &max[0], &max[1], err) < 0)
        return -1;
    if (m->components_cnt > 1 && max[1] == 0)
        return err_set(err, OTARIA_E_COMPONENTS,
                       "layout %s has no filesystem area for each slot, so it cannot take a "
                       "release of two components",
                       t->layout);
    for (unsigned i = 0; i < m->components_cnt; i++)
        if (m->component[i].size > max[i])
            return err_set(err, OTARIA_E_TOO_LARGE, "%s of %u bytes, layout %s holds %u",
                           i ? "filesystem" : "image", (unsigned)m->component[i].size, t->layout,
                           (unsigned)max[i]);
    return 0;
}

int release_check(const uint8_t *suit, size_t len, const struct otaria_trust *trust,
                  struct otaria_manifest *m, struct release_text *t, struct err *err)
{
    struct release_text unused;
    int code;

    if (!t)
        t = &unused;
    memset(t, 0, sizeof *t);
    code = otaria_manifest_decode(m, suit, len);
    if (code == 0)
        code = otaria_manifest_verify(m, trust);
    if (code < 0)
        return refuse(err, code, NULL);
    if (release_text_check(m, t, err) < 0)
        return -1;
    return check_sizes(m, t, err);
}
