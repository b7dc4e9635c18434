// SPDX-License-Identifier: MIT
/*
 * One line of log on stderr: "2026-11-24T13:40:00.123Z warning text". Each line is one write(), so that
 * lines of several threads or processes do not mix; control characters in the text become '?', so that
 * nobody else's bytes can forge a line or steer a terminal. Never log a key, a token or a passphrase.
 */
#ifndef OTARIA_BASE_LOG_H
#define OTARIA_BASE_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Lines above this level are dropped; LOG_LEVEL_INFO at start. Set it before threads start. */
void log_set_level(enum log_level most);

/* Text beyond 1,000 bytes is cut. errno is kept. */
void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
