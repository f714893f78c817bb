-- +goose Up
-- Every term that a chunk ever had. Numbers of terms are hashes: whether a word is
-- known cannot be told by them, when thousands of spellings are looked up.
CREATE TABLE terms (
    row  INTEGER PRIMARY KEY,
    term TEXT    NOT NULL UNIQUE
) STRICT;
