-- +goose Up
-- What is said of a source's documents that do not say it themselves, as JSON.
ALTER TABLE sources ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';

-- +goose Down
ALTER TABLE sources DROP COLUMN settings;
