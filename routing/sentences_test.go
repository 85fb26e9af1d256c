package routing_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/routing"
)

func TestAPolicyReadsAsSentences(t *testing.T) {
	t.Parallel()
	s := routing.DefaultSettings()
	s.Sticky.Enabled = true
	require.Equal(t, []string{
		"A customer whose own agent is free gets that agent, and waits up to 2 minutes for one who is busy; then the team.",
		"Chats go to the free agent who has been idle longest, without asking.",
		"After 5 minutes agents of Billing and Sales may take the chat too.",
		"After 10 minutes a callback is noted down, due in 1 hour, and the chat is closed; the customer is told “We call you back.”",
	}, routing.Sentences(chain(), s, names))
}

func TestEveryRuleHasItsSentence(t *testing.T) {
	t.Parallel()
	p := routing.Policy{
		Strategy: routing.LeastBusy, Channels: []domain.ChannelType{domain.ChannelSMS, domain.ChannelX}, OfferSeconds: 20,
		MaxWaiting: 1, Overflow: routing.Step{Action: routing.ActionMove, Queue: "q-sales"},
		MaxWaitSeconds: 5400, TellPosition: "You are {position}.",
		Fallback: []routing.Step{
			{Action: routing.ActionWiden, Queues: []domain.QueueID{"q-sales"}},
			{AfterSeconds: 60, Action: routing.ActionText, Text: "Please\nwait."},
			{AfterSeconds: 90, Action: routing.ActionNotify, Users: []domain.UserID{"u-ada"}},
			{AfterSeconds: 120, Action: routing.ActionNotify, Users: []domain.UserID{"u-ada", "u-ben"}, URL: "https://e.test"},
			{AfterSeconds: 150, Action: routing.ActionNotify, URL: "https://e.test"},
			{AfterSeconds: 86400, Action: routing.ActionClose, Text: "Bye."},
		},
		FirstReply:  []routing.ReplyStep{{AfterSeconds: 1, Action: routing.ReplyRemind}, {AfterSeconds: 61, Action: routing.ReplyNotify}, {AfterSeconds: 180, Action: routing.ReplyRequeue}},
		Silence:     []routing.SilenceStep{{AfterSeconds: 120, Action: routing.SilenceWarn, Text: "Still there?"}, {AfterSeconds: 240, Action: routing.SilenceEnd}},
		HoldSeconds: 7200, WrapUp: routing.WrapUp{Seconds: 90, Disposition: "d-none", Exclusive: true}, Hours: office(),
	}
	s := routing.DefaultSettings()
	s.Sticky.WaitSeconds = 0
	require.Equal(t, []string{
		"The queue is open Monday to Thursday 09:00–17:30 and Friday 09:00–12:00, 13:00–17:30, in the time zone Europe/Berlin.",
		"For a chat that arrives while the queue is closed: the customer is told “We are closed.”",
		"On 2026-12-25 (Christmas) the queue is closed; for a chat that arrives while it is closed: the chat is closed; the customer is told “Merry Christmas”.",
		"On 2026-12-31 (New Year's Eve) the queue is open 09:00–12:00.",
		"For a chat that finds 1 chat waiting, at once: the chat joins Sales, keeping its time of arrival.",
		"A customer on WhatsApp whose own agent is free gets that agent; else the team.",
		"SMS and X chats are offered to the free agent with the fewest chats; an agent who hasn't accepted within 20 seconds lets the next one have it.",
		"A customer who has to wait is told “You are {position}.” once; webchat shows the place in line live.",
		"At once agents of Sales may take the chat too.",
		"After 1 minute the customer is told “Please wait.”",
		"After 90 seconds Ada is told.",
		"After 2 minutes Ada, Ben and another system are told.",
		"After 2 minutes 30 seconds another system is told.",
		"After 1 day the chat is closed; the customer is told “Bye.”",
		"After 1 hour 30 minutes the chat is closed as timed out without a word.",
		"When the agent hasn't answered 1 second after getting the chat, they are reminded.",
		"When the agent hasn't answered 61 seconds after getting the chat, the supervisors are told.",
		"When the agent hasn't answered 3 minutes after getting the chat, the chat returns to the front of the queue, that agent last in turn.",
		"When the customer hasn't answered for 2 minutes, they are told “Still there?”",
		"When the customer hasn't answered for 4 minutes, they count as gone and wrap-up begins without a word.",
		"A chat can be held for up to 2 hours; it takes no slot meanwhile.",
		"A chat whose customer has left is disposed as No response after 90 seconds.",
		"An agent gets no new chat while one of theirs is in wrap-up.",
	}, routing.Sentences(p, s, names))
}

func TestEstimatedWait(t *testing.T) {
	t.Parallel()
	recent := []int{600, 300, 240}
	for _, c := range []struct {
		position, slots int
		recent          []int
		want            time.Duration
		words           string
	}{
		{1, 10, recent, 30 * time.Second, "about a minute"},
		{1, 1, recent, 5 * time.Minute, "about 5 minutes"},
		{3, 5, recent, 3 * time.Minute, "about 3 minutes"},
		{4, 7, recent, 3 * time.Minute, "about 3 minutes"},
		{40, 1, recent, 200 * time.Minute, "about 3 hours"},
		{1, 0, recent, 0, "a while"},
		{1, 5, nil, 0, "a while"},
		{0, 5, recent, 0, "a while"},
		{2, 1, []int{0, 0}, 30 * time.Second, "about a minute"},
	} {
		got := routing.Estimate(c.position, c.recent, c.slots)
		require.Equal(t, c.want, got, c)
		require.Equal(t, "Number 4, "+c.words, routing.PlaceText("Number {position}, {wait}", 4, got))
	}
}
