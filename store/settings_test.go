package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/store/storetest"
)

func TestSettingsAreReadBySupervisorsAndChangedByAdministrators(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	f := storetest.Account(t, s)
	ctx := t.Context()
	_, err := s.Users(ctx, f.Agents[0])
	require.Equal(t, domain.CodeForbidden, domain.CodeOf(err))
	users, err := s.Users(ctx, f.Supervisor)
	require.NoError(t, err)
	require.Len(t, users, 6)
	_, err = s.CreateQueue(ctx, f.Supervisor, domain.NewQueue{Name: "Returns"})
	require.Equal(t, domain.CodeForbidden, domain.CodeOf(err))
	queue, err := s.CreateQueue(ctx, f.Admin, domain.NewQueue{Name: "Returns"})
	require.NoError(t, err)
	require.Equal(t, 5, queue.Priority)
	_, err = s.CreateQueue(ctx, f.Admin, domain.NewQueue{Name: "Returns"})
	require.Equal(t, domain.CodeConflict, domain.CodeOf(err))
	require.Equal(t, 1, storetest.Value[int](t, f, `select count(*)::int from audit where action = 'queue.created'`))
	channels, err := s.Channels(ctx, f.Supervisor)
	require.NoError(t, err)
	require.Len(t, channels, 2)
	results, err := s.Dispositions(ctx, f.Agents[0], "")
	require.NoError(t, err)
	require.Len(t, results, 1)
}

func TestAnotherAccountsQueuesAndUsersCannotBeNamed(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	ours, theirs := storetest.Account(t, s), storetest.Account(t, s)
	ctx := t.Context()
	_, err := s.PutMembers(ctx, ours.Admin, ours.Queue, []domain.Member{{User: theirs.Agents[0].User}})
	require.Equal(t, domain.CodeInvalid, domain.CodeOf(err))
	_, err = s.PutMembers(ctx, ours.Admin, theirs.Queue, nil)
	require.Equal(t, domain.CodeNotFound, domain.CodeOf(err))
	_, err = s.CreateUser(ctx, ours.Admin, domain.NewUser{
		Email: "new@test.invalid", Name: "New", Role: domain.RoleAgent, QueueIDs: []domain.QueueID{theirs.Queue},
	})
	require.Equal(t, domain.CodeInvalid, domain.CodeOf(err))
	require.Equal(t, 0, storetest.Value[int](t, ours, `select count(*)::int from users where email = 'new@test.invalid'`))
	_, err = s.UpdateUser(ctx, ours.Admin, theirs.Agents[0].User, domain.UserPatch{})
	require.Equal(t, domain.CodeNotFound, domain.CodeOf(err))
}

func TestOnlyASuperAdminTouchesSuperAdmins(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	f := storetest.Account(t, s)
	ctx := t.Context()
	super := f.AddUser(t, "Sid Super", domain.RoleSuperAdmin)
	role := domain.RoleSuperAdmin
	for name, try := range map[string]func() error{
		"make one": func() error {
			_, err := s.CreateUser(ctx, f.Admin, domain.NewUser{Email: "x@test.invalid", Name: "X", Role: domain.RoleSuperAdmin})
			return err
		},
		"become one": func() error {
			_, err := s.UpdateUser(ctx, f.Admin, f.Agents[0].User, domain.UserPatch{Role: &role})
			return err
		},
		"rename one": func() error {
			name := "Nobody"
			_, err := s.UpdateUser(ctx, f.Admin, super.User, domain.UserPatch{Name: &name})
			return err
		},
	} {
		require.Equal(t, domain.CodeForbidden, domain.CodeOf(try()), name)
	}
	_, err := s.UpdateUser(ctx, super, f.Agents[0].User, domain.UserPatch{Role: &role})
	require.NoError(t, err)
	off := true
	_, err = s.UpdateUser(ctx, f.Admin, f.Admin.User, domain.UserPatch{Disabled: &off})
	require.Equal(t, "own_user", domain.ReasonOf(err))
}

func TestADisabledUserIsSignedOutEverywhere(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	f := storetest.Account(t, s)
	ctx, now := t.Context(), time.Now()
	ada := f.Agents[0]
	_, err := s.SetStatus(ctx, ada, ada.User, domain.StatusChange{Status: domain.Available})
	require.NoError(t, err)
	require.NoError(t, s.CreateSession(ctx, domain.User{ID: ada.User, AccountID: f.Account}, []byte("session"), now, now.Add(time.Hour)))
	_, err = s.CreateToken(ctx, ada, "export", []byte("token"))
	require.NoError(t, err)
	off, on := true, false
	user, err := s.UpdateUser(ctx, f.Admin, ada.User, domain.UserPatch{Disabled: &off})
	require.NoError(t, err)
	require.NotNil(t, user.DisabledAt)
	require.Equal(t, domain.Offline, user.Status)
	_, err = s.ActorBySession(ctx, []byte("session"), now)
	require.Equal(t, domain.CodeUnauthorized, domain.CodeOf(err))
	_, err = s.ActorByToken(ctx, []byte("token"), now)
	require.Equal(t, domain.CodeUnauthorized, domain.CodeOf(err))
	_, _, err = s.UserForLogin(ctx, user.Email)
	require.Equal(t, domain.CodeNotFound, domain.CodeOf(err))

	user, err = s.UpdateUser(ctx, f.Admin, ada.User, domain.UserPatch{Disabled: &on})
	require.NoError(t, err)
	require.Nil(t, user.DisabledAt)
	_, _, err = s.UserForLogin(ctx, user.Email)
	require.NoError(t, err)
	_, err = s.ActorBySession(ctx, []byte("session"), now)
	require.Equal(t, domain.CodeUnauthorized, domain.CodeOf(err), "an old session stays ended")
}

func TestMoreRoomAndANewMemberBringWaitingChatsAtOnce(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	f := storetest.Account(t, s)
	ctx := t.Context()
	ada := f.Agents[0]
	one, two := 1, 2
	_, err := s.UpdateUser(ctx, f.Admin, ada.User, domain.UserPatch{MaxChats: &one})
	require.NoError(t, err)
	_, err = s.SetStatus(ctx, ada, ada.User, domain.StatusChange{Status: domain.Available})
	require.NoError(t, err)
	for _, phone := range []string{"+12025550101", "+12025550102", "+12025550103"} {
		got, err := s.ReceiveMessage(ctx, f.Inbound(phone, "hello"))
		require.NoError(t, err)
		_, err = s.RequestAgent(ctx, f.Account, got.Chat)
		require.NoError(t, err)
	}
	held := func(a domain.Actor) int {
		return storetest.Value[int](t, f, `select count(*)::int from assignments where ended_at is null and user_id = $1`, a.User)
	}
	require.Equal(t, 1, held(ada))
	_, err = s.UpdateUser(ctx, f.Admin, ada.User, domain.UserPatch{MaxChats: &two})
	require.NoError(t, err)
	require.Equal(t, 2, held(ada))

	eve := f.AddUser(t, "Eve", domain.RoleAgent)
	_, err = s.SetStatus(ctx, eve, eve.User, domain.StatusChange{Status: domain.Available})
	require.NoError(t, err)
	require.Equal(t, 0, held(eve))
	queue, err := s.PutMembers(ctx, f.Admin, f.Queue, []domain.Member{{User: ada.User}, {User: eve.User, Priority: 1}})
	require.NoError(t, err)
	require.Len(t, queue.MemberIDs, 2)
	require.Equal(t, 1, held(eve))
	require.Equal(t, 0, queue.Waiting)
	require.Equal(t, 3, storetest.Value[int](t, f,
		`select count(distinct data -> 'user' ->> 'id')::int from events where type = 'agent.status' and xid = (select max(xid) from events where type = 'agent.status')`),
		"everybody who joined or left is told")
}

func TestANewPriorityHoldsForChatsThatWait(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	f := storetest.Account(t, s)
	_, err := s.ReceiveMessage(t.Context(), f.Inbound("+12025550101", "hello"))
	require.NoError(t, err)
	first := 1
	_, err = s.UpdateQueue(t.Context(), f.Admin, f.Queue, domain.QueuePatch{Priority: &first})
	require.NoError(t, err)
	require.Equal(t, 1, storetest.Value[int](t, f, `select priority from waiting`))
	wrong := 10
	_, err = s.UpdateQueue(t.Context(), f.Admin, f.Queue, domain.QueuePatch{Priority: &wrong})
	require.Equal(t, domain.CodeInvalid, domain.CodeOf(err))
}
