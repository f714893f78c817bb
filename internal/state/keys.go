package state

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/askdesk/askdesk/kb"
)

const (
	secretPrefix = "ak_"
	secretBytes  = 32 // random ones
	idBytes      = 8
)

// newSecret makes "ak_", the key's id and 256 random bits: a secret that is found
// somewhere it should not be tells which key to delete.
func newSecret() (id, secret string) {
	b := make([]byte, idBytes+secretBytes)
	rand.Read(b)
	id = strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:idBytes]))
	return id, secretPrefix + id + "_" + fmt.Sprintf("%043s", new(big.Int).SetBytes(b[idBytes:]).Text(62))
}

func hash(secret string) []byte {
	h := sha256.Sum256([]byte(secret))
	return h[:]
}

// CreateKey stores a key and returns its secret, which is not kept: it is shown
// once or lost. Name, Role, Audience ("" is agent) and KBs are taken from k. A
// name that is taken is a kb.Conflict.
func (s *Store) CreateKey(ctx context.Context, k kb.Key) (secret string, err error) {
	if k.Audience == "" {
		k.Audience = kb.Agent
	}
	if err := checkKey(k); err != nil {
		return "", err
	}
	bases, err := json.Marshal(k.KBs)
	if err != nil {
		return "", fmt.Errorf("create key: %w", err)
	}
	id, secret := newSecret()
	res, err := s.write.ExecContext(ctx, `INSERT INTO keys (id, name, hash, bases, audience, role, created)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING`,
		id, k.Name, hash(secret), string(bases), k.Audience, k.Role, micros(s.now()))
	if err != nil {
		return "", fmt.Errorf("create key: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return "", errors.Join(err, kb.Errorf(kb.Conflict, "There is a key named %q already. Choose another name, or delete that one first.", k.Name))
	}
	return secret, nil
}

func checkKey(k kb.Key) error {
	if n := utf8.RuneCountInString(k.Name); n == 0 || n > 64 || strings.TrimSpace(k.Name) != k.Name || strings.ContainsFunc(k.Name, unicode.IsControl) {
		return kb.Errorf(kb.Invalid, "A key needs a name of 1 to 64 characters, such as that of the person or program that uses it.")
	}
	if !k.Role.Includes(kb.RoleAgent) {
		return kb.Errorf(kb.Invalid, "%q is no role: use agent, editor or admin.", k.Role)
	}
	if k.Audience != kb.Public && k.Audience != kb.Agent {
		return kb.Errorf(kb.Invalid, "%q is no audience: use public or agent.", k.Audience)
	}
	for _, base := range k.KBs {
		if err := kb.CheckBaseName(base); err != nil {
			return err
		}
	}
	// An admin replaces and deletes documents, so it must be able to see them.
	if k.Role == kb.RoleAdmin && k.Audience == kb.Public {
		return kb.Errorf(kb.Invalid, "A key of role admin handles documents for agents too: leave the audience out, or choose the role agent.")
	}
	return nil
}

const keyColumns = `k.id, k.name, k.bases, k.audience, k.role, k.created`

func keyFields(k *kb.Key, bases *string, created *sql.NullInt64) []any {
	return []any{&k.ID, &k.Name, bases, &k.Audience, &k.Role, created}
}

// scanKey scans keyColumns and then more.
func scanKey(row interface{ Scan(...any) error }, more ...any) (kb.Key, error) {
	var k kb.Key
	var bases string
	var created sql.NullInt64
	if err := row.Scan(append(keyFields(&k, &bases, &created), more...)...); err != nil {
		return kb.Key{}, err
	}
	k.Created = fromMicros(created)
	return k, json.Unmarshal([]byte(bases), &k.KBs)
}

// Keys lists all keys by name.
func (s *Store) Keys(ctx context.Context) ([]kb.Key, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT `+keyColumns+` FROM keys k ORDER BY k.name`)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return collect(rows, func(row interface{ Scan(...any) error }) (kb.Key, error) { return scanKey(row) })
}

// KeysInUse reports whether there is any key.
func (s *Store) KeysInUse(ctx context.Context) (bool, error) {
	var yes bool
	if err := s.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM keys)`).Scan(&yes); err != nil {
		return false, fmt.Errorf("keys: %w", err)
	}
	return yes, nil
}

// DeleteKey deletes a key by its id or name and ends its sessions. What it asked
// stays until it is pruned, out of reach. An unknown key is a kb.NotFound.
func (s *Store) DeleteKey(ctx context.Context, idOrName string) error {
	res, err := s.write.ExecContext(ctx, `DELETE FROM keys WHERE id = ? OR name = ?`, idOrName, idOrName)
	if err != nil {
		return fmt.Errorf("delete key: %w", err)
	}
	if n, err := res.RowsAffected(); err == nil && n == 0 {
		return kb.Errorf(kb.NotFound, "There is no key %q. See them with: askdesk keys list", idOrName)
	}
	return nil
}

// KeyBySecret returns the key whose secret this is; an unknown one is a
// kb.Unauthorized. The row is found by the part that is no secret, the hash is
// compared in constant time.
func (s *Store) KeyBySecret(ctx context.Context, secret string) (kb.Key, error) {
	unknown := kb.Errorf(kb.Unauthorized, "This key is not known here. It may have been deleted, or not copied whole; an administrator can make a new one.")
	rest, ok := strings.CutPrefix(secret, secretPrefix)
	id, _, ok2 := strings.Cut(rest, "_")
	if !ok || !ok2 {
		return kb.Key{}, unknown
	}
	var have []byte
	k, err := scanKey(s.read.QueryRowContext(ctx, `SELECT `+keyColumns+`, k.hash FROM keys k WHERE k.id = ?`, id), &have)
	if errors.Is(err, sql.ErrNoRows) {
		return kb.Key{}, unknown
	}
	if err != nil {
		return kb.Key{}, fmt.Errorf("key: %w", err)
	}
	if subtle.ConstantTimeCompare(have, hash(secret)) != 1 {
		return kb.Key{}, unknown
	}
	return k, nil
}
