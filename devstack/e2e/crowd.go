package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Call is one webhook of a crowd: when it began and when it was answered.
type Call struct {
	From            string
	Began, Answered time.Time

	status int
	err    error
}

// Crowd lets customers write their first message, so many at the same time, in the order given. All must be accepted.
func (in *Instance) Crowd(t *testing.T, numbers []string, atOnce int) []Call {
	t.Helper()
	client := &http.Client{Timeout: Patience, Transport: &http.Transport{MaxIdleConnsPerHost: atOnce}}
	defer client.CloseIdleConnections()
	calls := make([]Call, len(numbers))
	next := make(chan int)
	var callers sync.WaitGroup
	for range atOnce {
		callers.Go(func() {
			for i := range next {
				calls[i].post(t, in, client)
			}
		})
	}
	for i, number := range numbers {
		calls[i].From = number
		next <- i
	}
	close(next)
	callers.Wait()
	for _, c := range calls {
		require.NoError(t, c.err)
		require.Equal(t, http.StatusOK, c.status, c.From)
	}
	return calls
}

// post is the webhook; what became of it is looked at afterwards, for only the test's own goroutine may end the test.
func (c *Call) post(t *testing.T, in *Instance, client *http.Client) {
	address := in.Console + "/webhooks/twilio/" + smsKey
	form := SMS(NewSID(), c.From, "hello from "+c.From)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		c.err = err
		return
	}
	request.Header = signedHeader(address, form)
	c.Began = time.Now()
	response, err := client.Do(request)
	c.Answered = time.Now()
	if err != nil {
		c.err = err
		return
	}
	c.status = response.StatusCode
	c.err = response.Body.Close()
}

func signedHeader(address string, form url.Values) http.Header {
	return http.Header{
		"Content-Type":       {"application/x-www-form-urlencoded"},
		"X-Twilio-Signature": {Signature(smsToken, address, form)},
	}
}
