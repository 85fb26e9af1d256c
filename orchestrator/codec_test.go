package orchestrator_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/encoding/protojson"

	"tandem/orchestrator"
)

var (
	oldKey = orchestrator.Key{ID: "old", Secret: bytes.Repeat([]byte{1}, 32)}
	newKey = orchestrator.Key{ID: "new", Secret: bytes.Repeat([]byte{2}, 32)}
)

func sealWith(t *testing.T, text string, keys ...orchestrator.Key) *commonpb.Payload {
	t.Helper()
	codec, err := orchestrator.NewCodec(keys)
	require.NoError(t, err)
	plain, err := converter.GetDefaultDataConverter().ToPayload(text)
	require.NoError(t, err)
	sealed, err := codec.Encode([]*commonpb.Payload{plain})
	require.NoError(t, err)
	return sealed[0]
}

func openWith(p *commonpb.Payload, keys ...orchestrator.Key) (string, error) {
	codec, err := orchestrator.NewCodec(keys)
	if err != nil {
		return "", err
	}
	opened, err := codec.Decode([]*commonpb.Payload{p})
	if err != nil {
		return "", err
	}
	var text string
	return text, converter.GetDefaultDataConverter().FromPayload(opened[0], &text)
}

func TestCodecRoundTripHidesTheText(t *testing.T) {
	t.Parallel()
	sealed := sealWith(t, "my number is secret", oldKey)
	require.NotContains(t, string(sealed.GetData()), "secret")
	require.Equal(t, "old", string(sealed.GetMetadata()["encryption-key-id"]))
	text, err := openWith(sealed, oldKey)
	require.NoError(t, err)
	require.Equal(t, "my number is secret", text)
	require.NotEqual(t, sealed.GetData(), sealWith(t, "my number is secret", oldKey).GetData(), "no nonce twice")
}

func TestCodecRotation(t *testing.T) {
	t.Parallel()
	before := sealWith(t, "before", oldKey)
	after := sealWith(t, "after", newKey, oldKey)
	require.Equal(t, "new", string(after.GetMetadata()["encryption-key-id"]))
	for _, p := range []*commonpb.Payload{before, after} {
		_, err := openWith(p, newKey, oldKey)
		require.NoError(t, err)
	}
	_, err := openWith(before, newKey)
	require.ErrorContains(t, err, `"old"`)
}

func TestCodecRefusesWhatWasTamperedWith(t *testing.T) {
	t.Parallel()
	sealed := sealWith(t, "text", oldKey)
	sealed.Data[len(sealed.Data)-1] ^= 1
	_, err := openWith(sealed, oldKey)
	require.Error(t, err)
	sealed.Data = sealed.Data[:3]
	_, err = openWith(sealed, oldKey)
	require.ErrorContains(t, err, "too short")
	other := sealWith(t, "text", orchestrator.Key{ID: "old", Secret: newKey.Secret})
	_, err = openWith(other, oldKey)
	require.Error(t, err)
}

func TestCodecPassesPlainPayloads(t *testing.T) {
	t.Parallel()
	plain, err := converter.GetDefaultDataConverter().ToPayload("plain")
	require.NoError(t, err)
	text, err := openWith(plain, oldKey)
	require.NoError(t, err)
	require.Equal(t, "plain", text)
}

func TestCodecNeedsProperKeys(t *testing.T) {
	t.Parallel()
	for _, keys := range [][]orchestrator.Key{nil, {{ID: "", Secret: oldKey.Secret}}, {{ID: "x", Secret: []byte("short")}}} {
		_, err := orchestrator.NewCodec(keys)
		require.Error(t, err)
	}
}

func TestDecoderOpensAndNeverSeals(t *testing.T) {
	t.Parallel()
	codec, err := orchestrator.NewCodec([]orchestrator.Key{oldKey})
	require.NoError(t, err)
	body, err := protojson.Marshal(&commonpb.Payloads{Payloads: []*commonpb.Payload{sealWith(t, "shown", oldKey)}})
	require.NoError(t, err)
	ask := func(method, path string, body []byte) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		codec.Decoder().ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), method, path, bytes.NewReader(body)))
		return w
	}
	w := ask(http.MethodPost, "/api/v1/temporal/codec/decode", body)
	require.Equal(t, http.StatusOK, w.Code)
	var opened commonpb.Payloads
	require.NoError(t, protojson.Unmarshal(w.Body.Bytes(), &opened))
	require.Equal(t, `"shown"`, string(opened.GetPayloads()[0].GetData()))
	require.Equal(t, http.StatusNotFound, ask(http.MethodPost, "/api/v1/temporal/codec/encode", body).Code)
	require.Equal(t, http.StatusBadRequest, ask(http.MethodPost, "/codec/decode", []byte("{")).Code)
	require.Equal(t, http.StatusBadRequest, ask(http.MethodPost, "/codec/decode", []byte(strings.Repeat(" ", 9<<20))).Code)
}
