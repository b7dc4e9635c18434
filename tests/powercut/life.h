// SPDX-License-Identifier: MIT
/*
 * The life of one device on a NOR model: it boots, lives through trials, installs what a server
 * offers and reverts when its owner says so. What happened is judged at each boot:
 *
 *   - something boots, and its bytes are those of a release that was accepted here;
 *   - never a release that lost its trial, and no trial more often than it has tries;
 *   - once a release was seen confirmed it boots until a newer one is staged or its owner reverts;
 *   - once its confirm began, a good trial is never given back;
 *   - the floor never falls; nothing in the slots is touched while a trial is unconfirmed;
 *   - no program ever asks a 0 to become 1, and no call breaks the flash port's rules.
 *
 * The world outside flash (server, owner, judge) survives power cuts; the device's RAM does not.
 */
#ifndef OTARIA_TESTS_POWERCUT_LIFE_H
#define OTARIA_TESTS_POWERCUT_LIFE_H

#include <otaria/update.h>

#include "sim/nor.h"
#include "sim/small_release.h"

enum { RELEASES_MAX = 6, STEPS_MAX = 10 };

enum temper {
    GOOD,     /* reaches all stages and confirms */
    SLOW,     /* healthy first, confirms in its second boot */
    CRASHES,  /* resets at once, each time */
    GIVES_UP, /* starts, loads its configuration, is healthy, never gets a network */
};

enum deed {
    END,
    INSTALL,       /* the server offers it until it runs, or the device knows it is bad */
    INSTALL_ASKED, /* the owner asks for it by hand, once */
    ADOPT,         /* the server offers M for exactly the image that runs */
    REVERT         /* the owner reverts; release is what runs then */
};

struct step {
    enum deed deed;
    unsigned release;
};

/* What is the same in every run. */
struct script {
    const char *layout;
    const enum temper *temper;
    const struct step *step; /* ends with END */
    unsigned log_noise;      /* extra log entries a boot, so that the log compacts often */
    unsigned final;          /* release that runs in the end */
    unsigned floor;          /* release whose sequence is the floor in the end */
    bool expects_bad;        /* some release fails its trial */
};

struct life {
    const struct script *script;
    const struct otaria_layout *layout;
    struct small_release *release; /* RELEASES_MAX of them, read only */
    struct nor nor;

    /* the world's memory */
    unsigned step;
    bool asked; /* the owner's request of this step was taken */
    bool accepted[RELEASES_MAX];
    bool lost[RELEASES_MAX];
    int confirmed;        /* release seen confirmed, -1 = none yet */
    int confirming;       /* good trial whose confirm began, -1 = none */
    int staged;           /* release that may boot as a trial, -1 = none */
    unsigned trial_boots; /* since it was staged */
    unsigned healthy;     /* since it was staged */
    bool reverting;
    uint64_t floor;
    uint32_t fetched; /* bytes downloaded in this step */
    uint32_t at_cut;  /* bytes the engine had when its power was cut, 0 = none */
    unsigned boots;
    bool lenient;  /* flash fails silently: rules of the port may break in consequence */
    char why[200]; /* "" or what was wrong */

    /* the device's memory */
    struct otaria_slots slots;
    struct otaria_update update;
};

/* release[0] is flashed by wire into slot A. */
void life_begin(struct life *l, const struct script *script, struct small_release *releases);
void life_end(struct life *l);
void life_copy(struct life *dst, const struct life *src);

/*
 * Live until the script is through (true), the power is cut (true, nor.off), or something is wrong
 * (false, l->why).
 */
bool life_run(struct life *l);

/*
 * Both record sectors are lost as well: is what boots then still a complete image that was
 * accepted? Leaves the device without its records.
 */
bool life_boots_without_records(struct life *l);

#endif
