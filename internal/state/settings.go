package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
)

// SourceSettings decodes what was last saved for a source into v, and leaves v
// alone where nothing was.
func (s *Store) SourceSettings(ctx context.Context, base, source string, v any) error {
	var text string
	err := s.read.QueryRowContext(ctx, `SELECT settings FROM sources WHERE base = ? AND name = ?`, base, source).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(text), v)
	}
	if err != nil {
		return fmt.Errorf("settings of source %s: %w", source, err)
	}
	return nil
}

// SaveSourceSettings replaces the settings of a source that is claimed; of
// another one it saves nothing.
func (s *Store) SaveSourceSettings(ctx context.Context, base, source string, v any) error {
	text, err := json.Marshal(v)
	if err == nil {
		_, err = s.write.ExecContext(ctx, `UPDATE sources SET settings = ? WHERE base = ? AND name = ?`, string(text), base, source)
	}
	if err != nil {
		return fmt.Errorf("save settings of source %s: %w", source, err)
	}
	return nil
}
