package roles

import (
	"bytes"
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/config"
)

func keysOf(t *testing.T, fills ...string) config.Keys {
	t.Helper()
	var text string
	for i, fill := range fills {
		if i > 0 {
			text += ","
		}
		text += base64.StdEncoding.EncodeToString(bytes.Repeat([]byte(fill), config.KeyBytes))
	}
	keys, err := config.ParseKeys(text)
	require.NoError(t, err)
	return keys
}

func TestWhatARotatedKeySealedStillOpens(t *testing.T) {
	t.Parallel()
	before, err := newSealer(keysOf(t, "o"))
	require.NoError(t, err)
	sealed, err := before.Seal([]byte("token"))
	require.NoError(t, err)
	require.NotContains(t, string(sealed), "token")

	after, err := newSealer(keysOf(t, "n", "o"))
	require.NoError(t, err)
	plain, err := after.Open(sealed)
	require.NoError(t, err)
	require.Equal(t, "token", string(plain))

	again, err := after.Seal([]byte("token"))
	require.NoError(t, err)
	_, err = before.Open(again)
	require.ErrorContains(t, err, "which TANDEM_ENCRYPTION_KEY doesn't list")
}

func TestNothingSealsTheSameTwiceAndNothingChangedOpens(t *testing.T) {
	t.Parallel()
	s, err := newSealer(keysOf(t, "k"))
	require.NoError(t, err)
	one, err := s.Seal([]byte("token"))
	require.NoError(t, err)
	two, err := s.Seal([]byte("token"))
	require.NoError(t, err)
	require.NotEqual(t, one, two)
	for i := range one {
		changed := bytes.Clone(one)
		changed[i] ^= 1
		_, err := s.Open(changed)
		require.Error(t, err, "byte %d", i)
	}
	for n := range one {
		_, err := s.Open(one[:n])
		require.Error(t, err, "cut at %d", n)
	}
	_, err = newSealer(nil)
	require.Error(t, err)
}
