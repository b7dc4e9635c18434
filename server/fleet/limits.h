// SPDX-License-Identifier: MIT
/* Every limit of the fleet; those with a field in struct fleet_config are defaults. */
#ifndef OTARIA_SERVER_FLEET_LIMITS_H
#define OTARIA_SERVER_FLEET_LIMITS_H

#define FLEET_READERS_MAX    64
#define FLEET_DEVICES_MAX    200000 /* devices in the inventory, 48 bytes of memory each */
#define FLEET_NEW_BURST      500    /* new ids that one address may bring at once */
#define FLEET_NEW_PER_MINUTE 60     /* and go on bringing */
#define FLEET_ADDRESSES      4096   /* addresses watched by each reader, a power of two */
#define FLEET_ADDRESS_WAYS   4

#endif
