package twilio_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/domain"
)

type listed struct {
	SID         string `json:"sid"`
	Body        string `json:"body"`
	From        string `json:"from"`
	To          string `json:"to"`
	Direction   string `json:"direction"`
	Status      string `json:"status"`
	ErrorCode   *int   `json:"error_code"`
	NumMedia    string `json:"num_media"`
	NumSegments string `json:"num_segments"`
	DateCreated string `json:"date_created"`
}

func at(sid, body string, when time.Time) listed {
	return listed{
		SID: sid, Body: body, From: "+12025550100", To: "+12025550142", Direction: "outbound-api", Status: "queued", NumMedia: "0",
		NumSegments: "1", DateCreated: when.UTC().Format(time.RFC1123Z),
	}
}

// listing starts a provider that lists these messages, given newest first, a page of pageSize at a time.
func listing(t *testing.T, pageSize int, messages ...listed) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, _ := strconv.Atoi(r.URL.Query().Get("Page"))
		start := min(page*pageSize, len(messages))
		end := min(start+pageSize, len(messages))
		answer := map[string]any{"messages": messages[start:end], "next_page_uri": nil}
		if end < len(messages) {
			answer["next_page_uri"] = r.URL.Path + "?Page=" + strconv.Itoa(page+1) + "&PageToken=PA1"
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func nobody(string) bool { return false }

func TestFindTakesTheOldestMatchOfThisTry(t *testing.T) {
	t.Parallel()
	now := time.Now()
	foreign := at("SM7", "hello", now)
	foreign.From = "+12025550199"
	theirs := at("SM8", "hello", now)
	theirs.Direction = "inbound"
	picture := at("SM9", "hello", now)
	picture.NumMedia = "1"
	base := listing(t, 2,
		at("SM6", "hello", now.Add(time.Second)), foreign, theirs, picture, at("SM5", "other", now), at("SM4", "hello\r\n", now),
		at("SM3", "hello", now.Add(-time.Hour)))
	got, found, err := channelAt(t, base).Find(t.Context(), outgoing("+12025550142", "hello"), nobody)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, "SM4", got.ProviderID, "the next try's message is left for the next try, the last hour's for itself")

	got, found, err = channelAt(t, base).Find(t.Context(), outgoing("+12025550142", "hello"), func(sid string) bool { return sid == "SM4" })
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, "SM6", got.ProviderID)
}

func TestFindTellsThatTheMessageHasFailedMeanwhile(t *testing.T) {
	t.Parallel()
	code := 30006
	failed := at("SM1", "hello", time.Now())
	failed.Status, failed.ErrorCode = "undelivered", &code
	got, found, err := channelAt(t, listing(t, 10, failed)).Find(t.Context(), outgoing("+12025550142", "hello"), nobody)
	require.True(t, found)
	require.Equal(t, "SM1", got.ProviderID)
	require.Equal(t, domain.CodeRefused, domain.CodeOf(err))
}

func TestFindDoesNotClaimAbsenceBeyondWhatItRead(t *testing.T) {
	t.Parallel()
	messages := make([]listed, 30)
	for i := range messages {
		messages[i] = at("SM"+strconv.Itoa(i), "other", time.Now())
	}
	_, found, err := channelAt(t, listing(t, 1, messages...)).Find(t.Context(), outgoing("+12025550142", "hello"), nobody)
	require.False(t, found)
	require.Equal(t, domain.CodeAmbiguous, domain.CodeOf(err))
}

func TestAListThatCannotBeReadNeverMeansAbsentOrRefused(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]domain.Code{
		401: domain.CodeUnavailable, 404: domain.CodeUnavailable, 500: domain.CodeUnavailable, 429: domain.CodeThrottled,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(server.Close)
		_, found, err := channelAt(t, server.URL).Find(t.Context(), outgoing("+12025550142", "hello"), nobody)
		require.False(t, found)
		require.Equal(t, want, domain.CodeOf(err), "HTTP %d", status)
	}
}

func TestErrorsNeverNameTheCustomer(t *testing.T) {
	t.Parallel()
	_, _, err := channelAt(t, "http://127.0.0.1:1").Find(t.Context(), outgoing("+12025550142", "hello"), nobody)
	require.Equal(t, domain.CodeUnavailable, domain.CodeOf(err))
	require.NotContains(t, err.Error(), "2025550142", "the list's address holds the number, and errors are logged")
}
