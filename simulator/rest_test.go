package simulator_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/simulator"
)

func TestASendIsAcceptedAndItsReceiptsComeInOrder(t *testing.T) {
	t.Parallel()
	p := startProduct(t)
	s := start(t, simulator.Options{TandemURL: p.URL})
	status, got := s.text(t, maria, "Hello Maria 😊", p.URL+"/webhooks/twilio/demo-sms/status?mid=abc#rc=5")
	require.Equal(t, http.StatusCreated, status)
	require.True(t, strings.HasPrefix(got.SID, "SM"))
	require.Equal(t, "queued", got.Status)
	require.Equal(t, "1", got.NumSegments, "numbers are text, as at Twilio")
	require.Equal(t, "outbound-api", got.Direction)
	for _, want := range []string{"sent", "delivered"} {
		h := p.next(t)
		require.Equal(t, "/webhooks/twilio/demo-sms/status", h.path)
		require.Equal(t, "mid=abc", h.query)
		require.Equal(t, want, h.form.Get("MessageStatus"))
		require.Equal(t, got.SID, h.form.Get("MessageSid"))
	}
	require.Eventually(t, func() bool {
		on := s.phone(t, maria)
		return len(on) == 1 && on[0].Status == "delivered" && on[0].Direction == "received" && on[0].Text == "Hello Maria 😊"
	}, patience, tick)
	var fetched resource
	_, err := s.rest(t, t.Context(), http.MethodGet, "/Messages/"+got.SID+".json", nil, &fetched)
	require.NoError(t, err)
	require.Equal(t, got.SID, fetched.SID)
}

func TestBadCallsAreRefusedInTwiliosShape(t *testing.T) {
	t.Parallel()
	s := start(t, simulator.Options{})
	for name, tc := range map[string]struct {
		form url.Values
		code int
	}{
		"no to":         {url.Values{"From": {simulator.DemoNumber}, "Body": {"x"}}, 21604},
		"no from":       {url.Values{"To": {maria}, "Body": {"x"}}, 21603},
		"foreign from":  {url.Values{"To": {maria}, "From": {"+12025550199"}, "Body": {"x"}}, 21606},
		"nothing":       {url.Values{"To": {maria}, "From": {simulator.DemoNumber}}, 21602},
		"too long":      {url.Values{"To": {maria}, "From": {simulator.DemoNumber}, "Body": {strings.Repeat("ü", 1601)}}, 21617},
		"not a number":  {url.Values{"To": {"maria"}, "From": {simulator.DemoNumber}, "Body": {"x"}}, 21211},
		"too many file": {url.Values{"To": {maria}, "From": {simulator.DemoNumber}, "MediaUrl": make([]string, 11)}, 21623},
	} {
		var got resource
		resp, err := s.rest(t, t.Context(), http.MethodPost, "/Messages.json", tc.form, &got)
		require.NoError(t, err)
		require.Equal(t, http.StatusBadRequest, resp.StatusCode, name)
		require.Equal(t, tc.code, got.Code, name)
	}
	require.Empty(t, s.traffic(t, "").Items)
}

func TestWrongCredentialsAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t, simulator.Options{AuthToken: "another"})
	status, got := s.text(t, maria, "x", "")
	require.Equal(t, http.StatusUnauthorized, status)
	require.Equal(t, 20003, got.Code)
}

func TestMagicNumbersMeetTheirFate(t *testing.T) {
	t.Parallel()
	s := start(t, simulator.Options{})
	for _, m := range simulator.MagicNumbers() {
		if m.Trouble.Answer != simulator.AnswerRefuse {
			continue
		}
		status, got := s.text(t, m.Number, "x", "")
		require.Equal(t, http.StatusBadRequest, status)
		require.Equal(t, m.Trouble.ErrorCode, got.Code, m.Number)
		require.Empty(t, s.traffic(t, m.Number).Items)
	}
	t.Run("throttled once", func(t *testing.T) {
		t.Parallel()
		var got resource
		form := url.Values{"To": {"+15005550020"}, "From": {simulator.DemoNumber}, "Body": {"x"}}
		resp, err := s.rest(t, t.Context(), http.MethodPost, "/Messages.json", form, &got)
		require.NoError(t, err)
		require.Equal(t, http.StatusTooManyRequests, resp.StatusCode)
		require.Equal(t, "1", resp.Header.Get("Retry-After"))
		status, _ := s.text(t, "+15005550020", "x", "")
		require.Equal(t, http.StatusCreated, status)
		require.Equal(t, []simulator.Calls{{To: "+15005550020", Body: "x", Calls: 2, Accepted: 1}}, s.traffic(t, "+15005550020").Calls)
	})
	t.Run("500 after accepting", func(t *testing.T) {
		t.Parallel()
		status, _ := s.text(t, "+15005550022", "x", "")
		require.Equal(t, http.StatusInternalServerError, status)
		require.Len(t, s.traffic(t, "+15005550022").Items, 1)
	})
	t.Run("never answered but accepted", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		form := url.Values{"To": {"+15005550023"}, "From": {simulator.DemoNumber}, "Body": {"x"}}
		_, err := s.rest(t, ctx, http.MethodPost, "/Messages.json", form, nil)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Len(t, s.traffic(t, "+15005550023").Items, 1)
	})
	t.Run("connection lost before and after", func(t *testing.T) {
		t.Parallel()
		for to, accepted := range map[string]int{"+15005550025": 0, "+15005550026": 1} {
			form := url.Values{"To": {to}, "From": {simulator.DemoNumber}, "Body": {"x"}}
			_, err := s.rest(t, t.Context(), http.MethodPost, "/Messages.json", form, nil)
			require.Error(t, err)
			require.Len(t, s.traffic(t, to).Items, accepted, to)
		}
	})
}

func TestReceiptsComeAsTheNumberHasThem(t *testing.T) {
	t.Parallel()
	for number, want := range map[string][]string{
		"+15005550012": {"sent", "undelivered 30006"},
		"+15005550029": {"delivered", "sent"},
		"+15005550030": {"sent", "sent", "delivered", "delivered"},
		"+15005550028": {"sent", "delivered"},
	} {
		t.Run(number, func(t *testing.T) {
			t.Parallel()
			p := startProduct(t)
			s := start(t, simulator.Options{TandemURL: p.URL})
			status, _ := s.text(t, number, "x", p.URL+"/status")
			require.Equal(t, http.StatusCreated, status)
			if number == "+15005550028" {
				require.Len(t, p.hooks, 2, "they were there before the answer")
			}
			for _, status := range want {
				f := p.next(t).form
				require.Equal(t, status, strings.TrimSpace(f.Get("MessageStatus")+" "+f.Get("ErrorCode")))
			}
			if number == "+15005550012" {
				require.Empty(t, s.phone(t, number), "an undelivered message is on no phone")
			}
		})
	}
}

func TestTheListIsNewestFirstAndPaged(t *testing.T) {
	t.Parallel()
	s := start(t, simulator.Options{})
	for _, body := range []string{"one", "two", "three"} {
		status, _ := s.text(t, maria, body, "")
		require.Equal(t, http.StatusCreated, status)
	}
	_, _ = s.text(t, "+12025550143", "elsewhere", "")
	var bodies []string
	next := "/Messages.json?PageSize=2&To=" + url.QueryEscape(maria) + "&From=" + url.QueryEscape(simulator.DemoNumber)
	for next != "" {
		var page struct {
			Messages    []resource `json:"messages"`
			NextPageURI *string    `json:"next_page_uri"`
		}
		_, err := s.rest(t, t.Context(), http.MethodGet, next, nil, &page)
		require.NoError(t, err)
		for _, m := range page.Messages {
			bodies = append(bodies, m.Body)
		}
		next = ""
		if page.NextPageURI != nil {
			next = strings.TrimPrefix(*page.NextPageURI, "/2010-04-01/Accounts/"+simulator.DemoAccountSID)
		}
	}
	require.Equal(t, []string{"three", "two", "one"}, bodies)
}

func TestTheTroubleSwitchHoldsForAsManyCallsAsSaid(t *testing.T) {
	t.Parallel()
	s := start(t, simulator.Options{})
	require.Equal(t, http.StatusOK, s.call(t, http.MethodPut, "/api/trouble", simulator.Trouble{Answer: "fail_before", Times: 2}, nil))
	for _, want := range []int{500, 500, 201} {
		status, _ := s.text(t, maria, "x", "")
		require.Equal(t, want, status)
	}
	for _, bad := range []any{simulator.Trouble{Answer: "explode"}, simulator.Trouble{Receipts: "never"}, simulator.Trouble{Times: -1}, map[string]int{"nonsense": 1}} {
		require.Equal(t, http.StatusBadRequest, s.call(t, http.MethodPut, "/api/trouble", bad, nil))
	}
}
