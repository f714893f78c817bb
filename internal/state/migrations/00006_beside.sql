-- +goose Up
-- Profile names the embedder in the settings; '' is the one under embedder.
-- A version is current, building (a copy for another backend, until it is whole) or
-- beside: with another embedder, to go to or to go back to.
CREATE TABLE index_versions_new (
    id        TEXT    NOT NULL PRIMARY KEY,
    base      TEXT    NOT NULL REFERENCES bases (name) ON DELETE CASCADE,
    backend   TEXT    NOT NULL,
    profile   TEXT    NOT NULL,
    embedder  TEXT    NOT NULL,
    analyzer  TEXT    NOT NULL,
    extractor TEXT    NOT NULL,
    chunker   TEXT    NOT NULL,
    state     TEXT    NOT NULL CHECK (state IN ('current', 'building', 'beside')),
    created   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO index_versions_new (id, base, backend, profile, embedder, analyzer, extractor, chunker, state, created)
    SELECT id, base, backend, '', embedder, analyzer, extractor, chunker, state, created FROM index_versions WHERE state <> 'retired';
DROP TABLE index_versions;
ALTER TABLE index_versions_new RENAME TO index_versions;

CREATE UNIQUE INDEX index_versions_current ON index_versions (base) WHERE state = 'current';
CREATE INDEX index_versions_base ON index_versions (base);

-- Documents that a version beside the current one may not have as the manifest has
-- them: those that were marked or removed since it was brought up to date.
CREATE TABLE index_changes (
    version  TEXT NOT NULL REFERENCES index_versions (id) ON DELETE CASCADE,
    document TEXT NOT NULL,
    PRIMARY KEY (version, document)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE index_changes;
DELETE FROM index_versions WHERE state = 'beside';
ALTER TABLE index_versions DROP COLUMN profile;
