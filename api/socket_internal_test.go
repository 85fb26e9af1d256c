package api

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"tandem/domain"
)

func TestOurFramesAreWebSocketMessages(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 125, 126, 65535, 65536, 300_000} {
		payload := []byte(strings.Repeat("x", size))
		f := wireFrame(payload)
		require.EqualValues(t, 0x81, f[0])
		require.True(t, bytes.HasSuffix(f, payload))
		header := f[1 : len(f)-size]
		switch {
		case size < 126:
			require.Equal(t, []byte{byte(size)}, []byte(header))
		case size < 1<<16:
			require.Equal(t, []byte{126, byte(size >> 8), byte(size)}, []byte(header))
		default:
			require.Equal(t, []byte{127, 0, 0, 0, 0, byte(size >> 24), byte(size >> 16), byte(size >> 8), byte(size)}, []byte(header))
		}
	}
	require.Equal(t, websocket.PingMessage, int(pingFrames(domain.Cursor{})[0]&0x0f))
}

func TestASocketThatIsNotReadIsClosedNotThinned(t *testing.T) {
	t.Parallel()
	k := newSocket(consoleSocket, "demo")
	k.live()
	for range mostQueued {
		require.True(t, k.put(frame("x")))
	}
	require.True(t, k.put(frame("x")), "a burst isn't slowness")
	k.since = time.Now().Add(-2 * slowAfter)
	require.False(t, k.put(frame("x")))
	<-k.done
	require.Equal(t, closeTryLater, k.code)
	require.True(t, k.put(frame("x")), "a closed socket takes nothing and complains no more")

	burst := newSocket(consoleSocket, "demo")
	for range mostQueuedEver {
		require.True(t, burst.put(frame("x")))
	}
	require.False(t, burst.put(frame("x")), "memory is bounded whatever the reason")
}

func TestRecentEventsKnowWhatTheyNoLongerHold(t *testing.T) {
	t.Parallel()
	r := recentEvents{since: domain.Cursor{XID: 10}}
	for n := range int64(mostRecent + 100) {
		at := domain.Cursor{XID: 11, ID: n}
		if n == 5 { // an early one of a later transaction
			at = domain.Cursor{XID: 12, ID: n}
		}
		r.add(recentEvent{at: at, topics: []string{"a"}, frame: frame("x")})
	}
	require.False(t, r.covers(domain.Cursor{XID: 11, ID: 50}))
	require.False(t, r.covers(domain.Cursor{XID: 11, ID: 8000}), "an event beyond it has been dropped out of order")
	require.True(t, r.covers(domain.Cursor{XID: 12, ID: 5}))
	all := func([]string) bool { return true }
	require.Len(t, r.after(domain.Cursor{XID: 11, ID: int64(mostRecent)}, all), 99)
	require.Empty(t, r.after(domain.Cursor{XID: 12, ID: 5}, all))
	for range 3 * mostRecent {
		r.add(recentEvent{at: domain.Cursor{XID: 13}, frame: make(frame, 10_000)})
	}
	require.LessOrEqual(t, r.bytes, mostRecentBytes)
}

func TestABrakeHoldsForItsWindowOnly(t *testing.T) {
	t.Parallel()
	now := time.Now()
	b := newBrake(3, time.Minute)
	for range 3 {
		require.Zero(t, b.blocked("k", now))
		b.failed("k", now)
	}
	require.Equal(t, time.Minute, b.blocked("k", now))
	require.Zero(t, b.blocked("other", now))
	require.Zero(t, b.blocked("k", now.Add(time.Minute)))
	b.forget("k")
	require.Zero(t, b.blocked("k", now))
	for n := range mostTracked + 10 {
		b.failed(strings.Repeat("x", n%1000)+string(rune('a'+n%26))+time.Duration(n).String(), now.Add(-time.Hour))
	}
	require.LessOrEqual(t, len(b.tries), mostTracked)
}

func TestPasswordHashesAreArgon2idAndUnreadableOnesAreFaults(t *testing.T) {
	t.Parallel()
	p := newPasswords()
	hash, err := HashPassword("correct horse")
	require.NoError(t, err)
	require.Regexp(t, `^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`, hash)
	right, err := p.check(t.Context(), "correct horse", hash)
	require.NoError(t, err)
	require.True(t, right)
	right, err = p.check(t.Context(), "wrong", hash)
	require.NoError(t, err)
	require.False(t, right)
	right, err = p.check(t.Context(), "", p.decoy())
	require.NoError(t, err)
	require.False(t, right)
	for _, broken := range []string{"", "plain", "$argon2id$v=19$m=19456,t=2,p=1$AAAA", "$argon2id$v=x$m=1,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=1,t=1,p=1$!$AAAA"} {
		_, err = p.check(t.Context(), "x", broken)
		require.Error(t, err, broken)
	}
}

func TestAVisitorTokenHoldsForItsChannelAndSurvivesAKeyChange(t *testing.T) {
	t.Parallel()
	now := time.Now()
	clock := func() time.Time { return now }
	before := newVisitorTokens([][]byte{[]byte("old key")}, clock)
	token, err := before.sign("shop", "i1", "a1")
	require.NoError(t, err)
	after := newVisitorTokens([][]byte{[]byte("new key"), []byte("old key")}, clock)
	claims, err := after.read("shop", token)
	require.NoError(t, err)
	require.Equal(t, domain.IdentityID("i1"), claims.Identity)
	_, err = after.read("another", token)
	require.Equal(t, "unknown_visitor", domain.ReasonOf(err))
	_, err = newVisitorTokens([][]byte{[]byte("new key")}, clock).read("shop", token)
	require.Error(t, err)
	now = now.Add(31 * 24 * time.Hour)
	_, err = after.read("shop", token)
	require.NoError(t, err)
	now = now.Add(visitorTokenLife)
	_, err = after.read("shop", token)
	require.Error(t, err)
}
