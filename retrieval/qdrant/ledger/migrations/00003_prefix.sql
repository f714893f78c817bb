-- +goose Up
-- What the name of the collection begins with; '' where it was made before this was
-- noted.
ALTER TABLE state ADD COLUMN prefix TEXT NOT NULL DEFAULT '';
