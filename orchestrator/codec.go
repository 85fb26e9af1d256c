package orchestrator

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

// Key seals payloads. Its id stands in clear beside what it sealed.
type Key struct {
	ID     string
	Secret []byte // 32 bytes
}

const (
	sealedEncoding  = "binary/encrypted"
	metadataKeyID   = "encryption-key-id"
	maxDecodedBytes = 8 << 20
)

// Codec seals every payload that goes to the engine with AES-256-GCM: inputs, results, signals, summaries. Names,
// workflow ids and search attributes are never sealed and must not be personal.
type Codec struct {
	first string
	aeads map[string]cipher.AEAD
}

// NewCodec makes a codec: the first key seals, all of them open.
func NewCodec(keys []Key) (*Codec, error) {
	if len(keys) == 0 {
		return nil, errors.New("payloads need an encryption key")
	}
	c := &Codec{first: keys[0].ID, aeads: make(map[string]cipher.AEAD, len(keys))}
	for _, k := range keys {
		if k.ID == "" || len(k.Secret) != 32 {
			return nil, fmt.Errorf("encryption key %q must have an id and 32 bytes", k.ID)
		}
		block, err := aes.NewCipher(k.Secret)
		if err != nil {
			return nil, fmt.Errorf("preparing encryption key %q: %w", k.ID, err)
		}
		if c.aeads[k.ID], err = cipher.NewGCM(block); err != nil {
			return nil, fmt.Errorf("preparing encryption key %q: %w", k.ID, err)
		}
	}
	return c, nil
}

// Encode seals payloads.
func (c *Codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	sealed := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		plain, err := proto.Marshal(p)
		if err != nil {
			return nil, fmt.Errorf("sealing a payload: %w", err)
		}
		aead := c.aeads[c.first]
		nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plain)+aead.Overhead())
		if _, err := rand.Read(nonce); err != nil {
			return nil, fmt.Errorf("sealing a payload: %w", err)
		}
		sealed[i] = &commonpb.Payload{
			Metadata: map[string][]byte{
				converter.MetadataEncoding: []byte(sealedEncoding), metadataKeyID: []byte(c.first),
			},
			Data: aead.Seal(nonce, nonce, plain, []byte(c.first)),
		}
	}
	return sealed, nil
}

// Decode opens what Encode sealed with any of the keys and passes everything else unchanged.
func (c *Codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	opened := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		if string(p.GetMetadata()[converter.MetadataEncoding]) != sealedEncoding {
			opened[i] = p
			continue
		}
		id := string(p.GetMetadata()[metadataKeyID])
		aead, ok := c.aeads[id]
		if !ok {
			return nil, fmt.Errorf("a payload was sealed with key %q, which this installation doesn't have", id)
		}
		if len(p.GetData()) < aead.NonceSize() {
			return nil, errors.New("a sealed payload is too short")
		}
		nonce, box := p.GetData()[:aead.NonceSize()], p.GetData()[aead.NonceSize():]
		plain, err := aead.Open(nil, nonce, box, []byte(id))
		if err != nil {
			return nil, fmt.Errorf("opening a payload: %w", err)
		}
		opened[i] = &commonpb.Payload{}
		if err := proto.Unmarshal(plain, opened[i]); err != nil {
			return nil, fmt.Errorf("opening a payload: %w", err)
		}
	}
	return opened, nil
}

// Decoder answers POST …/decode of the Temporal UI. It opens and never seals: nobody needs that from outside.
func (c *Codec) Decoder() http.Handler {
	decoder := converter.NewPayloadCodecHTTPHandler(c)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/decode") {
			http.NotFound(w, r)
			return
		}
		if r.Body != nil {
			r.Body = http.MaxBytesReader(w, r.Body, maxDecodedBytes)
		}
		decoder.ServeHTTP(w, r)
	})
}
