// SPDX-License-Identifier: MIT
/* The names in a release, the ids made from them, and the layouts they may speak of. */
#include <stdio.h>
#include <string.h>

#include <bearssl.h>

#include "base/xalloc.h"
#include "release/release.h"

#define LETTERS           "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define NAME_CHARACTERS   LETTERS "._-"
#define DOMAIN_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789.-"

/* Characters for strspn, and how to tell a person which they are. */
struct alphabet {
    const char *characters, *shown;
};
static const struct alphabet for_names = {NAME_CHARACTERS, "A-Z a-z 0-9 . _ -"};
static const struct alphabet for_versions = {LETTERS "._+-~", "A-Z a-z 0-9 . _ + - ~"};

static const uint8_t namespace_dns[16] = {0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1,
                                          0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};

static void uuid5(const uint8_t namespace_id[16], const char *name, uint8_t out[16])
{
    uint8_t sha1[br_sha1_SIZE];
    br_sha1_context h;

    br_sha1_init(&h);
    br_sha1_update(&h, namespace_id, 16);
    br_sha1_update(&h, name, strlen(name));
    br_sha1_out(&h, sha1);
    memcpy(out, sha1, 16);
    out[6] = (uint8_t)((out[6] & 0x0F) | 0x50);
    out[8] = (uint8_t)((out[8] & 0x3F) | 0x80);
}

static bool only(const char *text, const char *characters)
{
    return text[strspn(text, characters)] == '\0';
}

static bool is_domain(const char *domain)
{
    size_t len = strlen(domain);

    return len > 0 && only(domain, DOMAIN_CHARACTERS);
}

/* One of the three parts of a class text; *p is left behind it. */
static bool skip_part(const char **p)
{
    size_t len = strspn(*p, NAME_CHARACTERS);
    bool good = len > 0 && **p != '.';

    *p += len;
    return good;
}

static bool is_class_text(const char *text)
{
    return skip_part(&text) && *text++ == '/' && skip_part(&text) && *text++ == '/' &&
           skip_part(&text) && *text == '\0';
}

int release_ids(const char *vendor_domain, const char *class_text, uint8_t vendor[16],
                uint8_t class_id[16], struct err *err)
{
    if (!is_domain(vendor_domain))
        return err_set(err, OTARIA_E_VENDOR,
                       "vendor \"%s\" is not a domain name in lower case, such as example.org",
                       vendor_domain);
    if (!is_class_text(class_text))
        return err_set(err, OTARIA_E_CLASS,
                       "class \"%s\" has not the form PRODUCT/HARDWARE/LAYOUT, such as "
                       "sensor/nodemcu/4m2m",
                       class_text);
    uuid5(namespace_dns, vendor_domain, vendor);
    uuid5(vendor, class_text, class_id);
    return 0;
}

struct layout_row {
    const char *name;
    uint32_t image_max, filesystem_max;
};

/* Only a layout with two filesystem areas can switch a filesystem with its slot. */
#define ROW(name, flash, slot_a, slot_b, image_max, nv0, nv1, recovery, record0, record1, fs0_at, \
            fs0_len, fs1_at, fs1_len, scratch, staged)                                            \
    {name, image_max, fs1_len},
#define REFUSED_ROW(name, reason) {name, reason},

static const struct layout_row layouts[] = {OTARIA_LAYOUTS(ROW)};
static const struct {
    const char *name, *reason;
} refused_layouts[] = {OTARIA_REFUSED_LAYOUTS(REFUSED_ROW)};

static void list_layouts(char *out, size_t max)
{
    size_t len = 0;

    for (size_t i = 0; i < sizeof layouts / sizeof *layouts && len < max; i++)
        len += (size_t)snprintf(out + len, max - len, "%s%s", i ? ", " : "", layouts[i].name);
}

int release_layout(const char *name, uint32_t *image_max, uint32_t *filesystem_max, struct err *err)
{
    char known[128] = "";

    for (size_t i = 0; i < sizeof refused_layouts / sizeof *refused_layouts; i++)
        if (strcmp(name, refused_layouts[i].name) == 0)
            return err_set(err, OTARIA_E_LAYOUT, "layout %s cannot be used: %s", name,
                           refused_layouts[i].reason);
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        if (strcmp(name, layouts[i].name) != 0)
            continue;
        *image_max = layouts[i].image_max;
        if (filesystem_max)
            *filesystem_max = layouts[i].filesystem_max;
        return 0;
    }
    list_layouts(known, sizeof known);
    return err_set(err, OTARIA_E_LAYOUT, "unknown flash layout \"%s\"; there are %s", name, known);
}

static int set_name(char *out, size_t max, const char *what, const char *value,
                    const struct alphabet *alphabet, struct err *err)
{
    if (!*value)
        return err_set(err, ERR_USAGE, "the %s is empty", what);
    if (*value == '-' || *value == '.' || !only(value, alphabet->characters))
        return err_set(err, ERR_USAGE, "%s \"%s\": only %s, and not beginning with '.' or '-'",
                       what, value, alphabet->shown);
    if (strlen(value) >= max)
        return err_set(err, ERR_USAGE, "%s \"%s\" is longer than %zu characters", what, value,
                       max - 1);
    memcpy(out, value, strlen(value) + 1);
    return 0;
}

int release_text_set(struct release_text *t, const char *vendor, const char *product,
                     const char *hardware, const char *layout, const char *version, struct err *err)
{
    uint32_t image_max;

    memset(t, 0, sizeof *t);
    if (!is_domain(vendor) || *vendor == '-' || *vendor == '.')
        return err_set(err, ERR_USAGE,
                       "vendor \"%s\" is not a domain name in lower case, such as example.org",
                       vendor);
    if (strlen(vendor) >= sizeof t->vendor)
        return err_set(err, ERR_USAGE, "the vendor is longer than %zu characters",
                       sizeof t->vendor - 1);
    memcpy(t->vendor, vendor, strlen(vendor) + 1);
    if (set_name(t->product, sizeof t->product, "product", product, &for_names, err) < 0 ||
        set_name(t->hardware, sizeof t->hardware, "hardware", hardware, &for_names, err) < 0 ||
        set_name(t->version, sizeof t->version, "version", version, &for_versions, err) < 0)
        return -1;
    if (release_layout(layout, &image_max, NULL, err) < 0) {
        if (err)
            err->code = ERR_USAGE;
        return -1;
    }
    memcpy(t->layout, layout, strlen(layout) + 1);
    snprintf(t->class_text, sizeof t->class_text, "%s/%s/%s", t->product, t->hardware, t->layout);
    return 0;
}

char *release_name(const struct release_text *t)
{
    return xasprintf("%s-%s-%s", t->product, t->hardware, t->layout);
}
