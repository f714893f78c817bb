-- +goose Up
CREATE TABLE bases (
    name    TEXT    NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE index_versions (
    id        TEXT    NOT NULL PRIMARY KEY,
    base      TEXT    NOT NULL REFERENCES bases (name) ON DELETE CASCADE,
    embedder  TEXT    NOT NULL,
    analyzer  TEXT    NOT NULL,
    extractor TEXT    NOT NULL,
    chunker   TEXT    NOT NULL,
    state     TEXT    NOT NULL CHECK (state IN ('building', 'current', 'retired')),
    created   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX index_versions_current ON index_versions (base) WHERE state = 'current';
CREATE INDEX index_versions_base ON index_versions (base);

-- Who holds a source's name. Root is the absolute folder the name belongs to.
CREATE TABLE sources (
    base    TEXT    NOT NULL REFERENCES bases (name) ON DELETE CASCADE,
    name    TEXT    NOT NULL,
    root    TEXT    NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (base, name)
) STRICT, WITHOUT ROWID;

-- The manifest. Times are microseconds since 1970 UTC, NULL where unknown.
-- Chunks is what the index holds: a failed document with chunks is still
-- answered from its last good version.
CREATE TABLE documents (
    id          TEXT    NOT NULL PRIMARY KEY,
    base        TEXT    NOT NULL REFERENCES bases (name) ON DELETE CASCADE,
    source      TEXT    NOT NULL,
    path        TEXT    NOT NULL,
    title       TEXT    NOT NULL,
    url         TEXT    NOT NULL,
    updated     INTEGER,
    audience    TEXT    NOT NULL,
    product     TEXT    NOT NULL,
    version     TEXT    NOT NULL,
    tags        TEXT    NOT NULL, -- a JSON list
    language    TEXT    NOT NULL,
    valid_from  INTEGER,
    valid_until INTEGER,
    status      TEXT    NOT NULL CHECK (status IN ('queued', 'reading', 'ready', 'failed')),
    reason      TEXT    NOT NULL,
    chunks      INTEGER NOT NULL,
    bytes       INTEGER NOT NULL,
    fingerprint TEXT    NOT NULL,
    indexed     INTEGER
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX documents_place ON documents (base, source, path);
CREATE INDEX documents_counts ON documents (base, chunks);
