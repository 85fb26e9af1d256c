package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"tandem/domain"
)

// doneLately is how long a follow-up that is done is still listed.
const doneLately = 7 * 24 * time.Hour

const followUpColumns = `f.id, f.customer_id, cu.name as customer_name, ch.type as channel_type, i.address, f.chat_id, f.queue_id,
  q.name as queue_name, f.user_id, u.name as user_name, f.due_at, f.zone, f.note, f.created_at, f.done_at, f.done_by, b.name as done_by_name`

const followUpJoins = `join chats c on c.id = f.chat_id join channels ch on ch.id = c.channel_id join identities i on i.id = c.identity_id
  join customers cu on cu.id = f.customer_id join queues q on q.id = f.queue_id
  left join users u on u.id = f.user_id left join users b on b.id = f.done_by`

// followedUpBy decides whether a user sees follow-up f: their own and those of their queues.
const followedUpBy = `(@supervises or f.user_id = @user
  or exists (select from queue_members m where m.queue_id = f.queue_id and m.user_id = @user))`

var (
	openFollowUps = define("follow-ups to be done", `
select `+followUpColumns+` from follow_ups f `+followUpJoins+`
where f.account_id = @account and f.done_at is null and `+followedUpBy+`
order by f.due_at, f.id limit @limit`)
	lateFollowUps = define("follow-ups to be done or done lately", `
select `+followUpColumns+` from follow_ups f `+followUpJoins+`
where f.account_id = @account and (f.done_at is null or f.done_at > @since) and `+followedUpBy+`
order by f.done_at is not null, f.due_at, f.id limit @limit`)
	finishFollowUp = define("a follow-up is done", `
update follow_ups f set done_at = coalesce(f.done_at, @now), done_by = coalesce(f.done_by, @user::uuid)
where f.id = @id and f.account_id = @account and `+followedUpBy)
	followUpByID = define("follow-up by id", `
select `+followUpColumns+` from follow_ups f `+followUpJoins+` where f.id = @id and f.account_id = @account`)
)

// followUpRow is a follow-up with the names of everything it points to.
type followUpRow struct {
	ID           domain.FollowUpID
	CustomerID   domain.CustomerID
	CustomerName string
	ChannelType  domain.ChannelType
	Address      string
	ChatID       domain.ChatID
	QueueID      domain.QueueID
	QueueName    string
	UserID       *domain.UserID
	UserName     *string
	DueAt        time.Time
	Zone         string
	Note         string
	CreatedAt    time.Time
	DoneAt       *time.Time
	DoneBy       *domain.UserID
	DoneByName   *string
}

func (r followUpRow) view() domain.FollowUp {
	name := chatRow{CustomerName: r.CustomerName, ChannelType: r.ChannelType, Address: r.Address}.bestName()
	return domain.FollowUp{
		ID:       r.ID,
		Customer: domain.CustomerRef{ID: r.CustomerID, Name: name, Initial: domain.Initial(name), Address: r.Address},
		ChatID:   r.ChatID, Queue: &domain.QueueRef{ID: r.QueueID, Name: r.QueueName}, User: userRef(r.UserID, r.UserName),
		DueAt: r.DueAt, Zone: r.Zone, Note: r.Note, CreatedAt: r.CreatedAt, DoneAt: r.DoneAt, DoneBy: userRef(r.DoneBy, r.DoneByName),
	}
}

// FollowUps gives what was promised to customers, the next due first: only what is to be done, or also what was done in
// the last seven days. Agents see their own and those of their queues.
func (s *Store) FollowUps(ctx context.Context, a domain.Actor, openOnly bool) ([]domain.FollowUp, error) {
	if err := mayReadChats(a); err != nil {
		return nil, err
	}
	st := openFollowUps
	with := args{"account": a.Account, "supervises": a.Role.Supervises(), "user": a.User, "limit": domain.LargestPage}
	if !openOnly {
		st, with["since"] = lateFollowUps, s.now().Add(-doneLately)
	}
	rows, err := list[followUpRow](ctx, s, a, st, with)
	all := make([]domain.FollowUp, len(rows))
	for i, r := range rows {
		all[i] = r.view()
	}
	return all, err
}

// FollowUpDone records that a promise was kept, by whom and when; the first to say so counts. CodeNotFound when there is no
// such follow-up for the actor.
func (s *Store) FollowUpDone(ctx context.Context, a domain.Actor, id domain.FollowUpID) (domain.FollowUp, error) {
	if err := mayReadChats(a); err != nil {
		return domain.FollowUp{}, err
	}
	notThere := domain.E(domain.CodeNotFound, "no such follow-up").Because("unknown_follow_up")
	if _, err := uuid.Parse(string(id)); err != nil {
		return domain.FollowUp{}, notThere
	}
	var done domain.FollowUp
	err := s.inAccount(ctx, a.Account, func(t *tx) error {
		found, err := exec(ctx, t, finishFollowUp, args{
			"id": id, "account": t.account, "now": t.now, "user": a.User, "supervises": a.Role.Supervises(),
		})
		if err != nil {
			return err
		}
		if found == 0 {
			return notThere
		}
		row, err := one[followUpRow](ctx, t, followUpByID, args{"id": id, "account": t.account})
		done = row.view()
		return err
	})
	if err != nil {
		return domain.FollowUp{}, fmt.Errorf("finishing a follow-up: %w", err)
	}
	return done, nil
}
