// SPDX-License-Identifier: MIT
/*
 * Inside the agent: its states, and what its files share. One function a state; it does a bounded piece of work and
 * returns the next state. It sets o->idle when there was nothing to do.
 *
 *   agent.c        begin, the loop, waiting, the owner's calls
 *   agent_net.c    one request: connect, send, answer header; what a failure costs
 *   agent_poll.c   the poll's body; the decision
 *   agent_fetch.c  download, read-back, staging
 *   agent_trial.c  stages, healthy, confirm, giving up
 */
#ifndef OTARIA_AGENT_PRIVATE_H
#define OTARIA_AGENT_PRIVATE_H

#include <otaria/agent.h>

enum agent_state {
    AGENT_WAIT,
    AGENT_CONNECT,
    AGENT_SEND,
    AGENT_HEADER,
    AGENT_POLL_BODY,
    AGENT_DECIDE,
    AGENT_TAKE,
    AGENT_FETCH_BODY,
    AGENT_FINISH,
    AGENT_STAGE,
    AGENT_HALT /* a reset was asked for */
};

#define AGENT_CONNECT_MS 30000u /* silence that ends a connection attempt */
#define AGENT_STALL_MS   30000u /* silence that ends a request */
#define AGENT_REQUEST_MS \
    180000u /* time for a whole poll, or for the header of a download's answer */

/* Where bytes from the network go while M lies at the beginning of buf. */
#define AGENT_FETCH_AT OTARIA_MANIFEST_MAX
#define AGENT_RECV_MAX 1024u

/* agent.c */
uint64_t agent_now(const struct otaria *o);
uint32_t agent_random(const struct otaria *o,
                      uint32_t below); /* uniform 0 .. below-1; 0 for below 0 */
uint64_t agent_clamp_ms(const struct otaria *o,
                        uint32_t seconds); /* poll_min_s .. 24 h, as milliseconds */
void agent_event(struct otaria *o, enum otaria_event ev, int code, uint32_t a, uint32_t b);
void agent_note(struct otaria *o, int result); /* OTARIA_EV_FAILED if it is an error */
void agent_close(struct otaria *o);            /* the stream */
void agent_over(struct otaria *o);             /* what was offered is settled */
enum otaria_poll_state agent_poll_state(const struct otaria *o);
void agent_report(struct otaria *o,
                  int code); /* the result of o->m for the next poll; the same one only once */
enum agent_state agent_reset(struct otaria *o);
void agent_soon(struct otaria *o); /* the next poll within seconds */

/* agent_net.c */
enum agent_state agent_request(struct otaria *o, size_t at,
                               size_t len); /* buf[at..at+len) is to be sent */
enum agent_state agent_connect(struct otaria *o);
enum agent_state agent_send(struct otaria *o);
enum agent_state agent_header(struct otaria *o);
enum agent_state agent_fail(struct otaria *o, int code);
enum agent_state agent_silence(struct otaria *o,
                               int code); /* nothing came: still waiting, or agent_fail(code) */
void agent_alive(struct otaria *o);       /* something came */

/* agent_poll.c */
enum agent_state agent_poll(struct otaria *o);
enum agent_state
agent_poll_answer(struct otaria *o); /* the header is through; buf[at..end) came with it */
enum agent_state agent_poll_body(struct otaria *o);
enum agent_state agent_decide(struct otaria *o);
enum agent_state agent_refuse(struct otaria *o, int code);
enum agent_state agent_nothing_new(struct otaria *o, uint32_t adopted);
bool agent_is_running(const struct otaria *o); /* o->m describes the image that runs */

/* agent_fetch.c */
enum agent_state agent_take(
    struct otaria *o); /* o->m was accepted: remember it, or begin or go on with its download */
enum agent_state agent_fetch(struct otaria *o);
enum agent_state agent_fetch_answer(struct otaria *o);
enum agent_state agent_fetch_body(struct otaria *o);
enum agent_state agent_finish(struct otaria *o);
enum agent_state agent_stage(struct otaria *o);
bool agent_waits_for(const struct otaria *o, const uint8_t manifest[32]); /* after a wrong image */
void agent_lost_load(struct otaria *o);

/* agent_trial.c */
void agent_trial(struct otaria *o);
int agent_stage_reached(struct otaria *o, unsigned stages);

#endif
