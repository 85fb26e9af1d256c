package roles

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/activities"
	"tandem/domain"
)

func TestPosterPostsJSONOnceWithItsKey(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body []byte
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(receiver.Close)
	err := newPoster(true, "v1").Post(t.Context(), activities.Posting{URL: receiver.URL + "/x", Key: "k1", Body: json.RawMessage(`{"chat":"c"}`)})
	require.NoError(t, err)
	require.Equal(t, http.MethodPost, got.Method)
	require.Equal(t, "application/json", got.Header.Get("Content-Type"))
	require.Equal(t, "k1", got.Header.Get("Idempotency-Key"))
	require.Equal(t, "Tandem/v1", got.Header.Get("User-Agent"))
	require.JSONEq(t, `{"chat":"c"}`, string(body))
}

func TestPosterDoesNotDialPrivateAddresses(t *testing.T) {
	t.Parallel()
	called := false
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	t.Cleanup(receiver.Close)
	_, port, err := net.SplitHostPort(receiver.Listener.Addr().String())
	require.NoError(t, err)
	for _, address := range []string{receiver.URL, "http://localhost:" + port, "http://[::ffff:127.0.0.1]:" + port, "http://0.0.0.0:" + port} {
		err := newPoster(false, "v1").Post(t.Context(), activities.Posting{URL: address + "/x?token=secret"})
		require.Equal(t, domain.CodeRefused, domain.CodeOf(err), "%s: %v", address, err)
		require.Equal(t, "webhook_private", domain.ReasonOf(err))
		require.NotContains(t, err.Error(), "secret")
	}
	require.False(t, called)
}

func TestPosterTellsWhatAnotherTryMayChange(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]domain.Code{
		200: "", 204: "", 302: domain.CodeRefused, 400: domain.CodeRefused, 404: domain.CodeRefused, 408: domain.CodeUnavailable,
		429: domain.CodeThrottled, 500: domain.CodeUnavailable, 503: domain.CodeUnavailable,
	} {
		receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		}))
		t.Cleanup(receiver.Close)
		err := newPoster(true, "v1").Post(t.Context(), activities.Posting{URL: receiver.URL})
		require.Equal(t, want, domain.CodeOf(err), status)
		if status == http.StatusTooManyRequests {
			var e *domain.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, 7*time.Second, e.RetryAfter)
		}
	}
	for address, want := range map[string]domain.Code{
		"http://127.0.0.1:1/x": domain.CodeUnavailable, "ftp://hooks.test/x": domain.CodeInvalid, "x": domain.CodeInvalid, "http:///x": domain.CodeInvalid,
	} {
		err := newPoster(true, "v1").Post(t.Context(), activities.Posting{URL: address})
		require.Equal(t, want, domain.CodeOf(err), address)
	}
}

func TestPublicAddresses(t *testing.T) {
	t.Parallel()
	for address, public := range map[string]bool{
		"93.184.216.34": true, "2606:2800:220:1::1": true, "100.128.0.1": true,
		"127.0.0.1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false,
		"0.0.0.0": false, "224.0.0.1": false, "255.255.255.255": false, "198.18.0.1": false, "240.0.0.1": false,
		"::1": false, "::": false, "fe80::1": false, "fc00::1": false, "ff02::1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false,
		"::7f00:1": false,
	} {
		require.Equal(t, public, isPublic(netip.MustParseAddr(address).Unmap()), address)
	}
}
