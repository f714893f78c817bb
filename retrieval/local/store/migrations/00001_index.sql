-- +goose Up
CREATE TABLE state (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    seq      INTEGER NOT NULL, -- of the last commit
    floor    INTEGER NOT NULL, -- the oldest commit from which a reader can catch up
    analyzer TEXT    NOT NULL  -- that made the terms; '' while there are none
);
INSERT INTO state VALUES (1, 0, 0, '');

CREATE TABLE documents (
    row  INTEGER PRIMARY KEY AUTOINCREMENT,
    id   TEXT    NOT NULL UNIQUE,
    seq  INTEGER NOT NULL, -- of its last change
    meta TEXT    NOT NULL  -- kb.Document without its text, as JSON
);
CREATE INDEX documents_seq ON documents (seq);

-- What a reader holds in memory of a chunk (id, document, terms, vector) never
-- changes: a chunk that changes in these gets a new row. The text of a document
-- is that of its chunks, which tile it.
CREATE TABLE chunks (
    row        INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT    NOT NULL UNIQUE,
    document   INTEGER NOT NULL REFERENCES documents (row),
    model      TEXT    NOT NULL,
    terms      BLOB    NOT NULL,
    vector     BLOB,
    ordinal    INTEGER NOT NULL,
    span_start INTEGER NOT NULL,
    span_end   INTEGER NOT NULL,
    rune_start INTEGER NOT NULL,
    page       INTEGER NOT NULL,
    heading    TEXT    NOT NULL, -- JSON
    text       TEXT    NOT NULL
);
CREATE INDEX chunks_document ON chunks (document, ordinal);

CREATE TABLE terms (
    id   INTEGER PRIMARY KEY,
    term TEXT    NOT NULL
);

-- Rows of chunks that went, by commit.
CREATE TABLE gone (
    seq   INTEGER NOT NULL,
    chunk INTEGER NOT NULL,
    PRIMARY KEY (seq, chunk)
) WITHOUT ROWID;
