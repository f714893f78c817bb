-- +goose Up
-- Readers hold ordinal and heading of a chunk too, so it gets a new row with another
-- ordinal. The file stays as it is: the number keeps out writers that move a chunk in
-- place, which readers would not see.
SELECT 1;
