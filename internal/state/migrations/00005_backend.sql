-- +goose Up
-- Where the index of a version is kept: 'local', in the data folder, or 'qdrant'.
ALTER TABLE index_versions ADD COLUMN backend TEXT NOT NULL DEFAULT 'local';

-- +goose Down
ALTER TABLE index_versions DROP COLUMN backend;
