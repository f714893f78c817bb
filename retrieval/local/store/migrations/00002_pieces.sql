-- +goose Up
-- Word pieces by sentence. Readers hold them too, so they change with the row.
ALTER TABLE chunks ADD COLUMN pieces BLOB NOT NULL DEFAULT x'';
