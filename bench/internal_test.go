package bench

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCustomersHaveNumbersOfTheirOwn(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for n := range mostCustomers {
		number := customerNumber(n)
		require.False(t, known[number], number)
		known[number] = true
		back, ours := customerOf(number)
		require.True(t, ours)
		require.Equal(t, n, back)
	}
	for _, other := range []string{"", "+12025550142", "+4915112345678", "+1201555019x", "whatsapp:+12015550100"} {
		_, ours := customerOf(other)
		require.False(t, ours, other)
	}
}

func TestTheSignatureCoversAddressAndSortedFields(t *testing.T) {
	t.Parallel()
	hooks, err := newWebhooks("http://127.0.0.1:1/hook", "https://chat.example.com/hook", "secret", "AC1", "+12025550100", 1)
	require.NoError(t, err)
	c := hooks.prepare([16]byte{1}, "+12015550100", "hi & bye")
	form, err := url.ParseQuery(c.body)
	require.NoError(t, err)
	require.Equal(t, "hi & bye", form.Get("Body"))
	mac := hmac.New(sha1.New, []byte("secret"))
	_, _ = mac.Write([]byte("https://chat.example.com/hook" +
		"AccountSidAC1" + "ApiVersion2010-04-01" + "Bodyhi & bye" + "From+12015550100" +
		"MessageSidSM01000000000000000000000000000000" + "NumMedia0" + "NumSegments1" +
		"SmsSidSM01000000000000000000000000000000" + "SmsStatusreceived" + "To+12025550100"))
	require.Equal(t, base64.StdEncoding.EncodeToString(mac.Sum(nil)), c.signature)
}

func shown(l *ledger, n int, chat string, seq, event int64) {
	var f frame
	f.Type, f.ID, f.ChatID = "message.created", event, chat
	f.Data.Message.ID, f.Data.Message.Seq, f.Data.Message.Side, f.Data.Message.Text = "m", seq, "customer", l.text(n)
	l.show(f, l.start.Add(time.Second))
}

func TestTheLedgerTellsRepeatsFromDoubles(t *testing.T) {
	t.Parallel()
	l := newLedger("mark.1", 4, 2)
	shown(l, 0, "a", 1, 10)
	shown(l, 0, "a", 1, 10)
	require.Equal(t, 1, l.repeats)
	require.Zero(t, l.doubled)
	shown(l, 0, "a", 1, 11)
	require.Equal(t, 1, l.doubled)
	other := newLedger("mark.10", 4, 2)
	shown(l, 1, "b", 1, 12)
	require.Equal(t, 2, l.count)
	_, ok := l.number(other.text(3))
	require.False(t, ok, "a mark that begins alike is another load's")
}

func TestTheLedgerFindsWhatTheSocketShowedInOrderButTheChatHasNot(t *testing.T) {
	t.Parallel()
	l := newLedger("mark.1", 4, 2)
	l.sent[0] = sent{began: 1, answered: 2, status: 200}
	l.sent[2] = sent{began: 3, answered: 4, status: 200}
	shown(l, 2, "a", 1, 10)
	shown(l, 0, "a", 2, 11)
	require.Equal(t, 1, l.misordered())
	l.sent[2].began = 1 // the calls overlapped: either order is right
	require.Zero(t, l.misordered())
}

func TestTheClockWakesOnTime(t *testing.T) {
	t.Parallel()
	c, err := newClock()
	require.NoError(t, err)
	defer func() { require.NoError(t, c.close()) }()
	due := time.Now().Add(20 * time.Millisecond)
	require.NoError(t, c.waitUntil(due))
	require.False(t, time.Now().Before(due))
	require.NoError(t, c.waitUntil(time.Now().Add(-time.Second)), "what is overdue does not wait")
}

func TestTextsAreAsLongAsPeopleWrite(t *testing.T) {
	t.Parallel()
	l := newLedger("benchmi1x2y3z.12", 1000, 1)
	require.Len(t, l.text(7), textBytes)
	require.Len(t, l.text(999), textBytes)
}

func TestOvertakingIsCountedOnlyWhereCallsDidNotOverlap(t *testing.T) {
	t.Parallel()
	require.Zero(t, overtaken(nil))
	require.Zero(t, overtaken([]arrival{{began: 0, answered: 5, place: 1}, {began: 6, answered: 9, place: 2}}))
	require.Equal(t, 1, overtaken([]arrival{{began: 0, answered: 5, place: 2}, {began: 6, answered: 9, place: 1}}))
	require.Zero(t, overtaken([]arrival{{began: 0, answered: 5, place: 2}, {began: 5, answered: 9, place: 1}}), "the calls touched")
	require.Equal(t, 2, overtaken([]arrival{
		{began: 0, answered: 1, place: 9}, {began: 2, answered: 3, place: 4}, {began: 4, answered: 5, place: 5}, {began: 6, answered: 7, place: 10},
	}))
}

func assignedFrame(customer int, chat, owner string, event int64) frame {
	var f frame
	f.Type, f.ID, f.ChatID = eventAssigned, event, chat
	f.Data.Chat.ID, f.Data.Chat.Customer.Address = chat, customerNumber(customer)
	f.Data.Chat.Owner = &struct {
		ID string `json:"id"`
	}{owner}
	return f
}

func TestTheDeskCountsWhatOneAgentHasAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk([]string{"ada", "ben"})
	d.allow(1)
	d.show(0, assignedFrame(1, "a", "ada", 10), time.Now())
	d.show(0, assignedFrame(1, "a", "ada", 10), time.Now())
	require.Equal(t, counts{given: 1, repeats: 1}, d.count())
	d.show(1, assignedFrame(1, "a", "ada", 10), time.Now())
	require.Equal(t, 1, d.count().repeats, "somebody else's socket")
	one, ok := d.one(0)
	require.True(t, ok)
	d.release(one)
	d.show(0, assignedFrame(2, "b", "ada", 11), time.Now())
	require.Zero(t, d.count().overCap, "the slot was free from the moment the disposal began")
	d.show(0, assignedFrame(3, "c", "ada", 12), time.Now())
	require.Equal(t, 1, d.count().overCap)
	d.show(1, assignedFrame(3, "d", "ben", 13), time.Now())
	require.Equal(t, 1, d.count().doubled, "the customer's other chat lives")
	require.Equal(t, 2, d.fullest())
}

func TestWhatNobodyReadsIsSkippedButItsCursorKept(t *testing.T) {
	t.Parallel()
	s := &socket{only: eventAssigned}
	require.True(t, s.skips([]byte(`{"type":"agent.status","id":7,"cursor":"5.7","at":"x","data":{"cursor":"9.9"}}`)))
	require.Equal(t, "5.7", s.cursor)
	for _, read := range []string{`{"type":"chat.assigned","id":8,"cursor":"5.8"}`, `{"type":"ping","cursor":"5.9"}`, `{"type":"hello","cursor":"5.9"}`} {
		require.False(t, s.skips([]byte(read)))
	}
}
