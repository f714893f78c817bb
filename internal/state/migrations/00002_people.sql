-- +goose Up
-- Hash is the SHA-256 of the key's secret. A secret is 256 random bits, so a
-- plain hash cannot be reversed by guessing, which slow password hashes are for.
CREATE TABLE keys (
    id       TEXT    NOT NULL PRIMARY KEY,
    name     TEXT    NOT NULL UNIQUE,
    hash     BLOB    NOT NULL,
    bases    TEXT    NOT NULL, -- a JSON list; empty: all
    audience TEXT    NOT NULL CHECK (audience IN ('public', 'agent')),
    role     TEXT    NOT NULL CHECK (role IN ('agent', 'editor', 'admin')),
    created  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    hash    BLOB    NOT NULL PRIMARY KEY, -- SHA-256 of the cookie's token
    key     TEXT    NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_key ON sessions (key);
CREATE INDEX sessions_expires ON sessions (expires);

-- Owner is a key's id, '' where no keys were in use. Conversations outlive their
-- key until they are pruned: what was said is not the key's alone.
CREATE TABLE conversations (
    id      TEXT    NOT NULL PRIMARY KEY,
    owner   TEXT    NOT NULL,
    title   TEXT    NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX conversations_latest ON conversations (owner, updated, id);
CREATE INDEX conversations_updated ON conversations (updated);

-- Body and evidence are JSON, deflated.
CREATE TABLE answers (
    seq          INTEGER NOT NULL PRIMARY KEY,
    id           TEXT    NOT NULL UNIQUE,
    conversation TEXT    NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    origin       TEXT    NOT NULL, -- the answer it is another style of; '' for the first
    created      INTEGER NOT NULL,
    question     TEXT    NOT NULL,
    text         TEXT    NOT NULL,
    body         BLOB    NOT NULL,
    evidence     BLOB    NOT NULL
) STRICT;

CREATE INDEX answers_conversation ON answers (conversation, seq);

CREATE TABLE feedback (
    answer  TEXT    NOT NULL REFERENCES answers (id) ON DELETE CASCADE,
    owner   TEXT    NOT NULL,
    up      INTEGER NOT NULL,
    reason  TEXT    NOT NULL,
    note    TEXT    NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (answer, owner)
) STRICT, WITHOUT ROWID;
