package roles

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"

	"tandem/config"
)

// sealer encrypts provider credentials at rest with AES-256-GCM. What it seals begins with a format byte and the key's
// id, so that a rotated key still opens what it sealed.
type sealer struct {
	first string
	aeads map[string]cipher.AEAD
}

const (
	sealFormat = 1
	keyIDBytes = 8 // the id's hex digits
)

func newSealer(keys config.Keys) (*sealer, error) {
	if len(keys) == 0 {
		return nil, errors.New("credentials need an encryption key")
	}
	s := &sealer{first: keys[0].ID, aeads: make(map[string]cipher.AEAD, len(keys))}
	for _, key := range keys {
		block, err := aes.NewCipher(key.Bytes())
		if err != nil {
			return nil, fmt.Errorf("preparing %s: %w", key, err)
		}
		if s.aeads[key.ID], err = cipher.NewGCM(block); err != nil {
			return nil, fmt.Errorf("preparing %s: %w", key, err)
		}
	}
	return s, nil
}

// Seal encrypts with the first key. The header is authenticated with the text.
func (s *sealer) Seal(plain []byte) ([]byte, error) {
	aead := s.aeads[s.first]
	header := append([]byte{sealFormat}, s.first...)
	nonce := make([]byte, aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, fmt.Errorf("making a nonce: %w", err)
	}
	return aead.Seal(append(header, nonce...), nonce, plain, header), nil
}

// Open decrypts what any of the keys sealed.
func (s *sealer) Open(sealed []byte) ([]byte, error) {
	if len(sealed) < 1+keyIDBytes || sealed[0] != sealFormat {
		return nil, errors.New("opening credentials: they were not sealed by this product")
	}
	header, rest := sealed[:1+keyIDBytes], sealed[1+keyIDBytes:]
	id := string(header[1:])
	aead, known := s.aeads[id]
	if !known {
		return nil, fmt.Errorf("opening credentials: they were sealed with key %q, which TANDEM_ENCRYPTION_KEY doesn't list", id)
	}
	if len(rest) < aead.NonceSize() {
		return nil, errors.New("opening credentials: they are cut off")
	}
	plain, err := aead.Open(nil, rest[:aead.NonceSize()], rest[aead.NonceSize():], header)
	if err != nil {
		return nil, errors.New("opening credentials: they were changed")
	}
	return plain, nil
}
