-- +goose Up
-- Judged questions of a knowledge base. Body is JSON; created is in microseconds.
CREATE TABLE judged (
    base    TEXT    NOT NULL REFERENCES bases (name) ON DELETE CASCADE,
    id      TEXT    NOT NULL,
    body    TEXT    NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (base, id)
) STRICT, WITHOUT ROWID;

-- What was learned from them, one row a scale of evidence. The last run counts;
-- those before it are there to go back to.
CREATE TABLE fits (
    base  TEXT    NOT NULL REFERENCES bases (name) ON DELETE CASCADE,
    run   INTEGER NOT NULL, -- from 1
    scale TEXT    NOT NULL,
    body  TEXT    NOT NULL, -- kb.Fitted as JSON
    PRIMARY KEY (base, run, scale)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE fits;
DROP TABLE judged;
