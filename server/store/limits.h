// SPDX-License-Identifier: MIT
/* Every limit of the store. */
#ifndef OTARIA_SERVER_STORE_LIMITS_H
#define OTARIA_SERVER_STORE_LIMITS_H

#define STORE_CHANNEL_MAX  32   /* name of a channel, bytes */
#define STORE_ONLY_MAX     1000 /* devices in the only-list of a release */
#define STORE_RESULTS_KEPT 8    /* outcomes kept of one device */
#define STORE_BUSY_MS      5000 /* how long another process may hold the database */
#define STORE_ID_MAX       16   /* device id, bytes */

#endif
