// SPDX-License-Identifier: MIT
#include "secure.h"

#include <string.h>

int emon_secure_init(struct emon_secure *s, const struct otaria_net *net,
                     const struct otaria_sys *sys, uint8_t *record, size_t len)
{
    memset(s, 0, sizeof *s);
    s->cfg = (struct otaria_tls_config){.net = net, .sys = sys, .in = record, .in_len = len};
    return otaria_tls_init(&s->tls, &s->cfg);
}

/* What the handshake looks at may not change under it: so the connection goes first. */
static void forget(struct emon_secure *s)
{
    s->tls.port.close(s->tls.port.ctx);
    otaria_tls_forget(&s->tls);
    memset(&s->trust, 0, sizeof s->trust);
}

void emon_secure_configure(struct emon_secure *s, const struct emon_config *config)
{
    forget(s);
    s->kind = config->tls;
    memcpy(s->pins, config->pin, sizeof s->pins);
    s->cfg.trust = &s->trust.leaf.trust;
    switch (config->tls) {
    case EMON_TLS_PIN:
        otaria_tls_pin_init(&s->trust.leaf, (const uint8_t(*)[32])s->pins, config->pins_cnt);
        break;
    case EMON_TLS_CA:
        otaria_tls_ca_init(&s->trust.ca, emon_anchors, emon_anchors_cnt);
        s->cfg.trust = &s->trust.ca.trust;
        break;
    case EMON_TLS_ANY:
        otaria_tls_any_init(&s->trust.leaf);
        break;
    }
    if (otaria_tls_init(&s->tls, &s->cfg) != 0)
        s->cfg.trust =
            NULL; /* cannot be: the same sizes were taken before; nobody is trusted then */
}

void emon_secure_time(struct emon_secure *s, uint64_t unix_s)
{
    if (s->kind == EMON_TLS_CA)
        otaria_tls_ca_time(&s->trust.ca, unix_s);
}
