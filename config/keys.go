package config

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// KeyBytes is the size of an encryption key: AES-256.
const KeyBytes = 32

// Key is one encryption key with the short id that stands beside everything it sealed.
type Key struct {
	// ID is the first 8 hex digits of the key's SHA-256: the same key has the same id on every machine.
	ID     string
	secret []byte
}

// Bytes gives the key's 32 bytes, for the cipher that needs them. The caller must not change them.
func (k Key) Bytes() []byte { return k.secret }

// String gives the key's id, never its bytes.
func (k Key) String() string { return "key " + k.ID }

// GoString gives what String gives.
func (k Key) GoString() string { return k.String() }

// LogValue gives the key's id.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.ID) }

// Keys is a non-empty list of encryption keys: the first one seals, all of them open. Rotation puts a new key in front
// and keeps the old ones until nothing sealed with them is left.
type Keys []Key

// String lists the ids.
func (k Keys) String() string {
	ids := make([]string, len(k))
	for i, key := range k {
		ids[i] = key.ID
	}
	return strings.Join(ids, ",")
}

// ParseKeys reads a comma-separated list of base64 keys of 32 bytes each. It refuses an empty list, a key of another
// size and the same key twice.
func ParseKeys(text string) (Keys, error) {
	var keys Keys
	seen := map[string]bool{}
	for i, word := range strings.Split(text, ",") {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(word))
		if err != nil {
			// The decoder's own error names a position in the secret only, still the number of the key is all that helps.
			return nil, fmt.Errorf("key %d is not base64", i+1)
		}
		if len(raw) != KeyBytes {
			return nil, fmt.Errorf("key %d has %d bytes instead of %d", i+1, len(raw), KeyBytes)
		}
		sum := sha256.Sum256(raw)
		key := Key{ID: hex.EncodeToString(sum[:4]), secret: raw}
		if seen[key.ID] {
			return nil, fmt.Errorf("key %d stands in the list twice", i+1)
		}
		seen[key.ID] = true
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, errors.New("no key given")
	}
	return keys, nil
}
