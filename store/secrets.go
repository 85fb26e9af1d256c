package store

import (
	"encoding/json"
	"fmt"
)

// SealSecrets gives the form in which a channel's credentials are stored: JSON, sealed. Nil when there are none.
func SealSecrets(sealer Sealer, secrets map[string]string) ([]byte, error) {
	if len(secrets) == 0 {
		return nil, nil
	}
	plain, err := json.Marshal(secrets)
	if err != nil {
		return nil, fmt.Errorf("encoding credentials: %w", err)
	}
	sealed, err := sealer.Seal(plain)
	if err != nil {
		return nil, fmt.Errorf("sealing credentials: %w", err)
	}
	return sealed, nil
}

// openSecrets reads what SealSecrets made.
func (s *Store) openSecrets(sealed []byte) (map[string]string, error) {
	secrets := map[string]string{}
	if len(sealed) == 0 {
		return secrets, nil
	}
	if s.sealer == nil {
		return nil, fmt.Errorf("opening credentials: no encryption key is configured")
	}
	plain, err := s.sealer.Open(sealed)
	if err != nil {
		return nil, fmt.Errorf("opening credentials: %w", err)
	}
	if err := json.Unmarshal(plain, &secrets); err != nil {
		return nil, fmt.Errorf("decoding credentials: %w", err)
	}
	return secrets, nil
}
