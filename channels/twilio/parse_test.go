package twilio_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"tandem/channels"
	"tandem/domain"
)

func parseCase(t *testing.T, name string) channels.Parsed {
	t.Helper()
	got, err := bare(t).Parse(demoChannel(), channels.Request{URL: inboundURL, Body: readCase(t, name)})
	require.NoError(t, err)
	return got
}

func oneMessage(t *testing.T, got channels.Parsed) domain.Inbound {
	t.Helper()
	require.Empty(t, got.Reports)
	require.Len(t, got.Messages, 1)
	return got.Messages[0]
}

func TestInboundCases(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		text, from string
		kind       domain.Kind
	}{
		"sms-03": {"مرحبا \u200fABC-123\r\nline two  \n", "+12025550142", domain.KindText},
		"sms-04": {"Empty message", "+12025550142", domain.KindPlaceholder},
		"sms-06": {"please stop by at 5", "+12025550142", domain.KindText},
		"sms-07": {"START", "+12025550142", domain.KindText},
		"sms-08": {"HELP", "+12025550142", domain.KindText},
		"sms-11": {"Pat Rivers", "+12025550142", domain.KindText},
		"sms-13": {"Your code is 000000", "55501", domain.KindText},
		"sms-16": {"Msg", "+12025550142", domain.KindText},
		"sms-18": {"mail me at pat¡example.test", "+12025550142", domain.KindText},
		"sms-19": {"hi", "+12025550142", domain.KindText},
		"mms-09": {"hm", "+12025550142", domain.KindText},
		"wat-07": {"Location: Example Museum · 1 Example Plaza · 38.8977, -77.0365", "whatsapp:+12025550142", domain.KindPlaceholder},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := oneMessage(t, parseCase(t, name))
			require.Equal(t, want.text, m.Text)
			require.Equal(t, want.from, m.Address)
			require.Equal(t, want.kind, m.Kind)
			require.Empty(t, m.Attachments)
			require.Equal(t, readCase(t, name), m.Raw)
			require.Contains(t, m.ProviderID, "a110c0de")
		})
	}
}

func TestALongTextStaysInOnePiece(t *testing.T) {
	t.Parallel()
	require.Equal(t, 30, strings.Count(oneMessage(t, parseCase(t, "sms-15")).Text, "All work and no play"))
}

func TestMediaBecomeAttachmentsInOrder(t *testing.T) {
	t.Parallel()
	m := oneMessage(t, parseCase(t, "mms-02"))
	require.Equal(t, domain.KindText, m.Kind)
	require.Empty(t, m.Text)
	require.Len(t, m.Attachments, 3)
	for i, want := range []struct{ name, contentType, end string }{
		{"image-1.jpg", "image/jpeg", "0066"}, {"image-2.png", "image/png", "0067"}, {"image-3.gif", "image/gif", "0068"},
	} {
		require.Equal(t, want.name, m.Attachments[i].Name)
		require.Equal(t, want.contentType, m.Attachments[i].ContentType)
		require.True(t, strings.HasSuffix(m.Attachments[i].URL, want.end))
	}

	untyped := oneMessage(t, parseCase(t, "mms-04"))
	require.Len(t, untyped.Attachments, 2, "media without a type are still there")
	require.Equal(t, "Msg", untyped.Text)
}

func TestLostOrUnsafeFilesStayVisible(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"promised and not named": "MessageSid=MM1&From=%2B12025550142&NumMedia=1",
		"no web address":         "MessageSid=MM1&From=%2B12025550142&NumMedia=1&MediaUrl0=javascript:alert(1)",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := bare(t).Parse(demoChannel(), channels.Request{URL: inboundURL, Body: []byte(body)})
			require.NoError(t, err)
			m := oneMessage(t, got)
			require.Len(t, m.Attachments, 1)
			require.Empty(t, m.Attachments[0].URL)
			require.Equal(t, "File 1 could not be loaded", m.Attachments[0].Name)
		})
	}
}

func TestSendersAreCanonical(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"%2B12025550142": "+12025550142", "%2B1+(202)+555-0142": "+12025550142", "+12025550142": "+12025550142", "55501": "55501",
		"ACME": "ACME", "whatsapp%3A%2B12025550142": "whatsapp:+12025550142", "whatsapp%3AUS.abc1": "whatsapp:US.abc1", "%2B999": "+999",
	} {
		got, err := bare(t).Parse(demoChannel(), channels.Request{URL: inboundURL, Body: []byte("MessageSid=SM1&Body=x&From=" + raw)})
		require.NoError(t, err, raw)
		require.Equal(t, want, oneMessage(t, got).Address, raw)
	}
}

func TestBadFormsNameTheirField(t *testing.T) {
	t.Parallel()
	for body, field := range map[string]string{
		"From=%2B12025550142&Body=x":                                 "MessageSid",
		"MessageSid=SM1&Body=x":                                      "From",
		"MessageSid=SM1&From=+&Body=x":                               "From",
		"MessageSid=SM%00&From=1&Body=x":                             "MessageSid",
		"MessageSid=SM1&From=%FF&Body=x":                             "From",
		"MessageSid=" + strings.Repeat("S", 101) + "&From=1&Body=x":  "MessageSid",
		"MessageSid=SM1&From=" + strings.Repeat("1", 201) + "&Body=": "From",
	} {
		_, err := bare(t).Parse(demoChannel(), channels.Request{URL: inboundURL, Body: []byte(body)})
		var e *domain.Error
		require.ErrorAs(t, err, &e, body)
		require.Equal(t, domain.CodeInvalid, e.Code)
		require.Equal(t, field, e.Field, body)
	}
}

func TestStatusCases(t *testing.T) {
	t.Parallel()
	mid := "0198c000-0000-7000-8000-00000000abcd"
	for name, want := range map[string]struct {
		status domain.Status
		code   string
	}{
		"st-01": {domain.StatusSent, ""}, "st-02": {domain.StatusDelivered, ""}, "st-03": {domain.StatusFailed, "30003"},
		"st-04": {domain.StatusFailed, "21610"}, "st-06": {domain.StatusDelivered, ""}, "st-07": {"", ""}, "st-08": {"", ""},
		"st-11": {domain.StatusRead, ""}, "st-12": {domain.StatusFailed, "63016"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := bare(t).Parse(demoChannel(), channels.Request{URL: callbackURL + "?mid=" + mid, Body: readCase(t, name)})
			require.NoError(t, err)
			require.Empty(t, got.Messages)
			require.Len(t, got.Reports, 1)
			d := got.Reports[0]
			require.Equal(t, want.status, d.Status)
			require.Equal(t, mid, string(d.MessageID))
			require.NotEmpty(t, d.ProviderID)
			if want.code == "" {
				require.Nil(t, d.Error)
				return
			}
			require.Equal(t, want.code, d.Error.Code)
			require.NotContains(t, d.Error.Text, "no reason we know")
		})
	}
}

func TestAReportWithoutOurIDStillNamesTheProviders(t *testing.T) {
	t.Parallel()
	for _, u := range []string{callbackURL, callbackURL + "?mid=nonsense", "::"} {
		got, err := bare(t).Parse(demoChannel(), channels.Request{URL: u, Body: readCase(t, "st-01")})
		require.NoError(t, err)
		require.Empty(t, got.Reports[0].MessageID)
		require.NotEmpty(t, got.Reports[0].ProviderID)
	}
}

// FuzzParse holds that no bytes make the parser panic, and that whatever it takes can be stored.
func FuzzParse(f *testing.F) {
	cases, err := filepath.Glob("testdata/*.form")
	require.NoError(f, err)
	require.NotEmpty(f, cases)
	for _, name := range cases {
		raw, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(raw, callbackURL)
	}
	f.Add([]byte("MessageSid=S&From=whatsapp:&Body=%00%FF&NumMedia=99999999999999999999&MediaUrl9=%%"), "\x00#?")
	ch := demoChannel()
	c, err := newBare()
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, body []byte, u string) {
		r := channels.Request{URL: u, Body: body}
		require.Error(t, c.Verify(ch, r), "nothing unsigned verifies")
		got, err := c.Parse(ch, r)
		if err != nil {
			require.Equal(t, domain.CodeInvalid, domain.CodeOf(err))
			return
		}
		require.Equal(t, 1, len(got.Messages)+len(got.Reports))
		for _, m := range got.Messages {
			require.NotEmpty(t, m.ProviderID)
			require.NotEmpty(t, m.Address)
			require.True(t, m.Text != "" || len(m.Attachments) > 0)
			for _, s := range []string{m.Text, m.Name, m.Address, m.ProviderID} {
				require.True(t, utf8.ValidString(s) && !strings.ContainsRune(s, 0))
			}
		}
	})
}
