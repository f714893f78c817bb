-- +goose Up
-- The collection that counts, and how often anything was written.
CREATE TABLE state (
    one        INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    seq        INTEGER NOT NULL,
    analyzer   TEXT    NOT NULL,
    generation INTEGER NOT NULL, -- of the collection; 0 while there is none
    model      TEXT    NOT NULL, -- of its vectors
    size       INTEGER NOT NULL,
    quantized  INTEGER NOT NULL
) STRICT;

INSERT INTO state VALUES (1, 0, '', 0, '', 0, 0);

-- What counts of each document. One that is gone stays as a row without a
-- revision, so that other processes learn of it.
CREATE TABLE documents (
    id       TEXT    NOT NULL PRIMARY KEY,
    seq      INTEGER NOT NULL,
    revision TEXT    NOT NULL,
    meta     TEXT    NOT NULL, -- kb.Document as JSON, without its text
    counts   BLOB    NOT NULL  -- what statistics are made of
) STRICT, WITHOUT ROWID;

CREATE INDEX documents_seq ON documents (seq);

CREATE TABLE chunks (
    id       TEXT    NOT NULL PRIMARY KEY,
    document TEXT    NOT NULL,
    embedded INTEGER NOT NULL -- whether it has a vector of the collection's model
) STRICT, WITHOUT ROWID;

CREATE INDEX chunks_document ON chunks (document);

-- Documents of which the collection may hold points that no longer count.
CREATE TABLE leftovers (
    document TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
