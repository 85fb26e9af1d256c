package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/store/storetest"
)

func TestASessionEndsByTimeByIdlenessAndBySigningOut(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	f := storetest.Account(t, s)
	ctx, now := t.Context(), time.Now()
	ada := domain.User{ID: f.Agents[0].User, AccountID: f.Account}
	hash := []byte("hash of a cookie")
	require.NoError(t, s.CreateSession(ctx, ada, hash, now, now.Add(14*24*time.Hour)))

	actor, err := s.ActorBySession(ctx, hash, now.Add(23*time.Hour))
	require.NoError(t, err)
	require.Equal(t, f.Agents[0], actor)
	_, err = s.ActorBySession(ctx, hash, now.Add(46*time.Hour)) // the use before moved the idle end
	require.NoError(t, err)
	_, err = s.ActorBySession(ctx, hash, now.Add(46*time.Hour+25*time.Hour))
	require.Equal(t, domain.CodeUnauthorized, domain.CodeOf(err), "idle for more than a day")
	_, err = s.ActorBySession(ctx, hash, now.Add(15*24*time.Hour))
	require.Equal(t, "signed_out", domain.ReasonOf(err), "older than its life")

	require.NoError(t, s.DeleteSession(ctx, hash))
	require.NoError(t, s.DeleteSession(ctx, hash))
	_, err = s.ActorBySession(ctx, hash, now)
	require.Equal(t, domain.CodeUnauthorized, domain.CodeOf(err))
}

func TestUseOfASessionIsWrittenAtMostOnceAMinute(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	f := storetest.Account(t, s)
	ctx, now := t.Context(), time.Now().Truncate(time.Millisecond)
	hash := []byte("hash of a cookie")
	require.NoError(t, s.CreateSession(ctx, domain.User{ID: f.Agents[0].User, AccountID: f.Account}, hash, now, now.Add(time.Hour)))
	seen := func() time.Time { return storetest.Value[time.Time](t, f, `select last_seen_at from sessions`) }
	for _, step := range []struct{ at, want time.Duration }{
		{30 * time.Second, 0}, {61 * time.Second, 61 * time.Second}, {90 * time.Second, 61 * time.Second},
	} {
		_, err := s.ActorBySession(ctx, hash, now.Add(step.at))
		require.NoError(t, err)
		require.WithinDuration(t, now.Add(step.want), seen(), 0)
	}
}

func TestATokenActsForItsUserUntilItIsRevoked(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	f := storetest.Account(t, s)
	ctx, now := t.Context(), time.Now()
	ada, ben := f.Agents[0], f.Agents[1]
	token, err := s.CreateToken(ctx, ada, "export", []byte("hash of a secret"))
	require.NoError(t, err)
	actor, err := s.ActorByToken(ctx, []byte("hash of a secret"), now)
	require.NoError(t, err)
	require.Equal(t, ada, actor)
	mine, err := s.Tokens(ctx, ada)
	require.NoError(t, err)
	require.Len(t, mine, 1)
	require.NotNil(t, mine[0].LastUsedAt)
	theirs, err := s.Tokens(ctx, ben)
	require.NoError(t, err)
	require.Empty(t, theirs)

	require.Equal(t, domain.CodeNotFound, domain.CodeOf(s.RevokeToken(ctx, ben, token.ID)), "another user's token")
	require.NoError(t, s.RevokeToken(ctx, ada, token.ID))
	_, err = s.ActorByToken(ctx, []byte("hash of a secret"), now)
	require.Equal(t, domain.CodeUnauthorized, domain.CodeOf(err))
}

func TestMeShowsTheFeaturesOfTheAccountsInstance(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	f := storetest.Account(t, s)
	_, err := f.Pool.Exec(t.Context(), `update instances set features = '{mms}'`)
	require.NoError(t, err)
	user, account, err := s.Me(t.Context(), f.Agents[0])
	require.NoError(t, err)
	require.Equal(t, f.Agents[0].User, user.ID)
	require.ElementsMatch(t, []domain.QueueID{f.Queue, f.Sales}, user.QueueIDs)
	require.Equal(t, []string{"mms"}, account.Features)
}

func TestPruneForgetsEndedSessionsAndOldKeys(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	f := storetest.Account(t, s)
	ctx, now := t.Context(), time.Now()
	ada := domain.User{ID: f.Agents[0].User, AccountID: f.Account}
	require.NoError(t, s.CreateSession(ctx, ada, []byte("ended"), now.Add(-time.Hour), now.Add(-time.Minute)))
	require.NoError(t, s.CreateSession(ctx, ada, []byte("live"), now, now.Add(time.Hour)))
	_, err := s.BeginIdempotent(ctx, f.Agents[0], "key", []byte("hash"))
	require.NoError(t, err)
	require.NoError(t, s.PruneSignIns(ctx, now))
	require.Equal(t, 1, storetest.Value[int](t, f, `select count(*)::int from sessions`))
	require.Equal(t, 1, storetest.Value[int](t, f, `select count(*)::int from idempotency_keys`))
	require.NoError(t, s.PruneSignIns(ctx, now.Add(25*time.Hour)))
	require.Equal(t, 0, storetest.Value[int](t, f, `select count(*)::int from idempotency_keys`))
}
