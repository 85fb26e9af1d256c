package twilio_test

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/channels"
)

func TestATextThatTheCarrierEncodedIsShownDecodedWithANote(t *testing.T) {
	t.Parallel()
	m := oneMessage(t, parseCase(t, "sms-10"))
	require.True(t, strings.HasPrefix(m.Text, "Long note from a carrier gateway"))
	require.Contains(t, m.Text, "shown decoded")
	require.Contains(t, string(m.Raw), "TG9uZyBub3RlIGZyb20", "the original is kept")
}

func TestWhatOnlyLooksEncodedStaysAsItIs(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a short code":      base64.StdEncoding.EncodeToString([]byte("a b c d e f")),
		"one long word":     strings.Repeat("abcd", 30),
		"a token":           base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\x01\x02 word ", 20))),
		"ordinary text":     strings.Repeat("All work and no play. ", 8),
		"not valid text":    base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\xff a b ", 20))),
		"encoded, not even": strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("one two three", 9)+"x")), "=") + "A",
	} {
		body := url.Values{"MessageSid": {"SM1"}, "From": {"+12025550142"}, "Body": {text}}.Encode()
		got, err := bare(t).Parse(demoChannel(), channels.Request{URL: inboundURL, Body: []byte(body)})
		require.NoError(t, err)
		require.Equal(t, text, oneMessage(t, got).Text, name)
	}
}
