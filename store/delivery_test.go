package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/store/storetest"
)

// permutations gives every order of the items.
func permutations[T any](items []T) [][]T {
	if len(items) <= 1 {
		return [][]T{items}
	}
	var all [][]T
	for i, first := range items {
		rest := append(append([]T{}, items[:i]...), items[i+1:]...)
		for _, p := range permutations(rest) {
			all = append(all, append([]T{first}, p...))
		}
	}
	return all
}

func TestStatusOnlyMovesForwardInWhateverOrderReportsCome(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	chat := chatOwnedBy(t, s, f, f.Agents[0], phone(1))
	statuses := []domain.Status{domain.StatusSent, domain.StatusFailed, domain.StatusDelivered, domain.StatusRead}
	for n, order := range permutations(statuses) {
		m := reply(t, s, f.Agents[0], chat, "hello")
		providerID := fmt.Sprintf("SM%d", n)
		best := domain.StatusQueued
		for _, status := range order {
			require.NoError(t, s.RecordDelivery(t.Context(), report(f, m.ID, providerID, status)))
			require.NoError(t, s.RecordDelivery(t.Context(), report(f, "", providerID, status)), "a repeat, by the provider's id")
			if status.Rank() > best.Rank() {
				best = status
			}
			got, id, err := s.Message(t.Context(), f.Account, m.ID)
			require.NoError(t, err)
			require.Equal(t, best, got.Status, "%v at %s", order, status)
			require.Equal(t, providerID, id)
			if best == domain.StatusFailed {
				require.Equal(t, &domain.MessageError{Code: "30006", Text: "Not a mobile number."}, got.Error)
			} else {
				require.Nil(t, got.Error)
			}
		}
	}
	require.Zero(t, storetest.Value[int](t, f, `select count(*) from delivery_reports`))
}

func TestAReasonOnceKnownIsKeptAndALateOneIsAdded(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	chat := chatOwnedBy(t, s, f, f.Agents[0], phone(1))
	m := reply(t, s, f.Agents[0], chat, "hello")
	require.NoError(t, s.RecordDelivery(t.Context(), report(f, m.ID, "SM1", domain.StatusFailed)))
	other := report(f, m.ID, "SM1", domain.StatusFailed)
	other.Error = &domain.MessageError{Code: "30003", Text: "Unreachable."}
	require.NoError(t, s.RecordDelivery(t.Context(), other))
	got, _, err := s.Message(t.Context(), f.Account, m.ID)
	require.NoError(t, err)
	require.Equal(t, "30006", got.Error.Code)
	facts, err := s.Facts(t.Context(), f.Account, chat, 1, 99)
	require.NoError(t, err)
	last := facts[len(facts)-1]
	require.Equal(t, domain.FactDeliveryFailed, last.Kind)
	require.Equal(t, string(m.ID), last.ID)
	require.Equal(t, "30006", last.Detail)
	require.EqualValues(t, len(facts), last.Seq, "told once, without a gap")
	require.Equal(t, last.Seq, chatView(t, s, f, chat).LastSeq)
}

func TestAFailureOfAClosedChatIsShownButNotTold(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	chat := chatOwnedBy(t, s, f, f.Agents[0], phone(1))
	m := reply(t, s, f.Agents[0], chat, "hello")
	seq := closeChat(t, s, f, chat).LastSeq
	require.NoError(t, s.RecordDelivery(t.Context(), report(f, m.ID, "SM1", domain.StatusFailed)))
	require.Equal(t, seq, chatView(t, s, f, chat).LastSeq)
	require.Equal(t, 1, storetest.Value[int](t, f, `select count(*) from events where type = 'message.updated' and audience = $1`,
		"user:"+string(f.Agents[0].User)))
}

func TestReportsThatComeBeforeTheProvidersIDAreAppliedAfterwards(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	chat := chatOwnedBy(t, s, f, f.Agents[0], phone(1))
	for n, c := range []struct {
		early []domain.Status
		want  domain.Status
	}{
		{[]domain.Status{domain.StatusDelivered, domain.StatusSent}, domain.StatusDelivered},
		{[]domain.Status{domain.StatusFailed}, domain.StatusFailed},
		{[]domain.Status{domain.StatusFailed, domain.StatusDelivered}, domain.StatusDelivered},
		{nil, domain.StatusSent},
	} {
		m := reply(t, s, f.Agents[0], chat, "hello")
		providerID := fmt.Sprintf("SM%d", n)
		_, proceed, err := s.BeginSend(t.Context(), f.Account, m.ID)
		require.NoError(t, err)
		require.True(t, proceed)
		for _, status := range c.early {
			require.NoError(t, s.RecordDelivery(t.Context(), report(f, "", providerID, status)))
		}
		require.Equal(t, len(c.early), storetest.Value[int](t, f, `select count(*) from delivery_reports`))
		require.NoError(t, s.SendAccepted(t.Context(), f.Account, m.ID, domain.Accepted{ProviderID: providerID, Status: domain.StatusSent}))
		got, id, err := s.Message(t.Context(), f.Account, m.ID)
		require.NoError(t, err)
		require.Equal(t, c.want, got.Status)
		require.Equal(t, providerID, id)
		require.Zero(t, storetest.Value[int](t, f, `select count(*) from delivery_reports`))
	}
}

func TestAReportThatRacesWithTheAcceptanceIsNeverLost(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	chat := chatOwnedBy(t, s, f, f.Agents[0], phone(1))
	for n := range 40 {
		m := reply(t, s, f.Agents[0], chat, "hello")
		providerID := fmt.Sprintf("SM%d", n)
		_, _, err := s.BeginSend(t.Context(), f.Account, m.ID)
		require.NoError(t, err)
		var wg sync.WaitGroup
		var accepted, reported error
		wg.Go(func() {
			accepted = s.SendAccepted(t.Context(), f.Account, m.ID, domain.Accepted{ProviderID: providerID, Status: domain.StatusSent})
		})
		wg.Go(func() { reported = s.RecordDelivery(t.Context(), report(f, "", providerID, domain.StatusDelivered)) })
		wg.Wait()
		require.NoError(t, accepted)
		require.NoError(t, reported)
		got, _, err := s.Message(t.Context(), f.Account, m.ID)
		require.NoError(t, err)
		require.Equal(t, domain.StatusDelivered, got.Status)
	}
}

func TestReportsWeCannotPlaceOrReadAreKept(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	other := storetest.Account(t, s)
	chat := chatOwnedBy(t, s, f, f.Agents[0], phone(1))
	m := reply(t, s, f.Agents[0], chat, "hello")
	foreign := report(other, m.ID, "SM1", domain.StatusDelivered)
	require.NoError(t, s.RecordDelivery(t.Context(), foreign), "another account's channel can't touch the message")
	odd := report(f, m.ID, "SM1", "")
	odd.RawStatus = "teleported"
	require.NoError(t, s.RecordDelivery(t.Context(), odd))
	noID := report(f, "not-an-id", "SM2", domain.StatusDelivered)
	require.NoError(t, s.RecordDelivery(t.Context(), noID))
	require.Equal(t, 3, storetest.Value[int](t, f, `select count(*) from delivery_reports`))
	got, _, err := s.Message(t.Context(), f.Account, m.ID)
	require.NoError(t, err)
	require.Equal(t, domain.StatusQueued, got.Status)
	require.Equal(t, domain.CodeInvalid, domain.CodeOf(s.RecordDelivery(t.Context(), domain.DeliveryReport{Channel: f.Channel, Status: domain.StatusSent})))
}

func TestAFailedFirstCallDoesNotUndoAnAcceptedSecond(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	chat := chatOwnedBy(t, s, f, f.Agents[0], phone(1))
	m := reply(t, s, f.Agents[0], chat, "hello")
	require.NoError(t, s.SendAccepted(t.Context(), f.Account, m.ID, domain.Accepted{ProviderID: "SM2", Status: domain.StatusSent}))
	require.NoError(t, s.RecordDelivery(t.Context(), report(f, m.ID, "SM1", domain.StatusFailed)))
	got, _, err := s.Message(t.Context(), f.Account, m.ID)
	require.NoError(t, err)
	require.Equal(t, domain.StatusSent, got.Status)
}

func TestASendIsClaimedByOneCallAtATimeUntilItEnds(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	chat := chatOwnedBy(t, s, f, f.Agents[0], phone(1))
	m := reply(t, s, f.Agents[0], chat, "hello")
	out, proceed, err := s.BeginSend(t.Context(), f.Account, m.ID)
	require.NoError(t, err)
	require.True(t, proceed)
	require.Equal(t, f.Channel, out.Channel)
	require.Equal(t, phone(1), out.To)
	require.Equal(t, "hello", out.Text)
	require.Equal(t, 1, out.Attempt)
	require.Zero(t, out.FirstTriedAt)
	require.Zero(t, out.LastTriedAt)
	require.NoError(t, s.SendEnded(t.Context(), f.Account, m.ID, domain.StatusQueued, nil))
	got, _, err := s.Message(t.Context(), f.Account, m.ID)
	require.NoError(t, err)
	require.Equal(t, domain.StatusQueued, got.Status)
	out, proceed, err = s.BeginSend(t.Context(), f.Account, m.ID)
	require.NoError(t, err)
	require.True(t, proceed)
	require.Equal(t, 2, out.Attempt)
	require.WithinDuration(t, time.Now(), out.FirstTriedAt, time.Minute)
	require.Equal(t, out.FirstTriedAt, out.LastTriedAt)

	require.NoError(t, s.SendEnded(t.Context(), f.Account, m.ID, domain.StatusUnknown, &domain.MessageError{Code: "timeout", Text: "Nobody knows."}))
	_, proceed, err = s.BeginSend(t.Context(), f.Account, m.ID)
	require.NoError(t, err)
	require.False(t, proceed)
	require.NoError(t, s.SendAccepted(t.Context(), f.Account, m.ID, domain.Accepted{ProviderID: "SM1"}), "a late answer settles it")
	require.NoError(t, s.SendEnded(t.Context(), f.Account, m.ID, domain.StatusFailed, &domain.MessageError{Code: "x", Text: "x"}))
	got, id, err := s.Message(t.Context(), f.Account, m.ID)
	require.NoError(t, err)
	require.Equal(t, domain.StatusSent, got.Status)
	require.Nil(t, got.Error)
	require.Equal(t, "SM1", id)
	known, err := s.KnownProviderID(t.Context(), f.Channel.ID, "SM1")
	require.NoError(t, err)
	require.True(t, known)
	known, err = s.KnownProviderID(t.Context(), f.Channel.ID, "SM2")
	require.NoError(t, err)
	require.False(t, known)
	_, _, err = s.BeginSend(t.Context(), f.Account, domain.MessageID(uuid.NewString()))
	requireReason(t, err, domain.CodeNotFound, "unknown_message")
	require.Equal(t, domain.CodeInvalid, domain.CodeOf(s.SendEnded(t.Context(), f.Account, m.ID, domain.StatusFailed, nil)))
	require.Equal(t, domain.CodeInvalid, domain.CodeOf(s.SendEnded(t.Context(), f.Account, m.ID, domain.StatusRead, nil)))
}
