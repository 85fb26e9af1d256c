package store

import (
	"context"

	"tandem/domain"
)

var (
	usersOfAccount = define("users of an account", `
select `+userColumns+` from users u where u.account_id = @account order by u.name, u.id`)
	insertUser = define("add a user", `
insert into users (id, account_id, email, name, role, password_hash, max_chats, channel_types, status_since, idle_since, created_at)
values (@user, @account, @email, @name, @role, @hash, @max_chats, nullif(@types::text[], '{}'), @now, @now, @now)`)
	updateUser = define("change a user", `
update users set name = coalesce(@name, name), role = coalesce(@role, role), max_chats = coalesce(@max_chats, max_chats),
  password_hash = coalesce(@hash, password_hash),
  channel_types = case when @types::text[] is null then channel_types else nullif(@types::text[], '{}') end,
  next_status = case when @disabled then '' else next_status end, next_reason = case when @disabled then '' else next_reason end,
  disabled_at = case when @disabled::boolean is null then disabled_at when @disabled then coalesce(disabled_at, @now) end,
  status = case when @disabled then 'offline' else status end,
  status_reason = case when @disabled then '' else status_reason end,
  status_since = case when @disabled and status <> 'offline' then @now else status_since end
where id = @user and account_id = @account`)
	queuesKnown = define("which of these queues exist", `
select count(*)::integer from queues where account_id = @account and id = any(@queues::uuid[])`)
	leaveQueues = define("take a user out of all queues", `delete from queue_members where user_id = @user and account_id = @account`)
	joinQueues  = define("put a user into queues", `
insert into queue_members (queue_id, user_id, account_id) select q, @user, @account from unnest(@queues::uuid[]) as q`)
)

// Users gives everybody of the account, the disabled ones included, by name. For supervisors and administrators.
func (s *Store) Users(ctx context.Context, a domain.Actor) ([]domain.User, error) {
	if err := mayRead(a); err != nil {
		return nil, err
	}
	rows, err := list[userRow](ctx, s, a, usersOfAccount, args{"account": a.Account})
	return users(rows), err
}

// CreateUser adds a person, offline. Only a super admin makes another one.
func (s *Store) CreateUser(ctx context.Context, a domain.Actor, n domain.NewUser) (domain.User, error) {
	id := domain.NewID[domain.UserID]()
	if n.MaxChats == 0 {
		n.MaxChats = domain.DefaultMaxChats
	}
	if err := mayGive(a, n.Role); err != nil {
		return domain.User{}, err
	}
	types, err := checkedTypes(&n.ChannelTypes)
	if err != nil {
		return domain.User{}, err
	}
	var user domain.User
	err = s.change(ctx, a, "users", func(t *tx) error {
		_, err := exec(ctx, t, insertUser, args{
			"user": id, "account": t.account, "email": n.Email, "name": n.Name, "role": n.Role, "hash": n.PasswordHash,
			"max_chats": n.MaxChats, "types": types, "now": t.now,
		})
		if err != nil {
			return err
		}
		if err := t.setQueues(ctx, id, n.QueueIDs); err != nil {
			return err
		}
		if user, err = t.emitUser(ctx, id); err != nil {
			return err
		}
		return t.audit(a, "user.created", string(id), map[string]any{
			"role": n.Role, "max_chats": n.MaxChats, "queue_ids": n.QueueIDs, "channel_types": types,
		})
	})
	return user, err
}

// checkedTypes gives channel types each once: nil stays nil, an empty list means all.
func checkedTypes(types *[]domain.ChannelType) ([]domain.ChannelType, error) {
	if types == nil {
		return nil, nil
	}
	for _, t := range *types {
		switch t {
		case domain.ChannelSMS, domain.ChannelWhatsApp, domain.ChannelWebchat, domain.ChannelMessenger, domain.ChannelX:
		default:
			return nil, domain.Invalid("channel_types", "%q isn't a channel type", t)
		}
	}
	return distinct(*types), nil
}

// mayGive keeps administrators from making super admins, themselves included.
func mayGive(a domain.Actor, role domain.Role) error {
	if !role.Valid() {
		return domain.Invalid("role", "no such role")
	}
	if role == domain.RoleSuperAdmin && a.Role != domain.RoleSuperAdmin {
		return domain.E(domain.CodeForbidden, "only a super admin may make a super admin")
	}
	return nil
}

// UpdateUser changes a person. A new role, a new password and being disabled end their sessions; being disabled ends
// their tokens as well, and gives their active chats back to the front of their lines; what its customer has left stays
// theirs until somebody disposes of it. More room or another queue brings them waiting chats at once.
func (s *Store) UpdateUser(ctx context.Context, a domain.Actor, id domain.UserID, p domain.UserPatch) (domain.User, error) {
	types, err := checkedTypes(p.ChannelTypes)
	if err != nil {
		return domain.User{}, err
	}
	var user domain.User
	err = s.change(ctx, a, "a user", func(t *tx) error {
		if err := t.lockDispatch(ctx); err != nil {
			return err
		}
		before, err := t.userNow(ctx, id)
		if err != nil {
			return err
		}
		if err := mayPatch(a, before, p); err != nil {
			return err
		}
		if p.Disabled != nil && *p.Disabled && before.DisabledAt == nil {
			if err := t.userDisabled(ctx, a, before); err != nil {
				return err
			}
		}
		if p.Role != nil && before.Role.TakesChats() && !p.Role.TakesChats() {
			if err := t.noMoreChats(ctx, id, domain.Offline, "takes no chats any more"); err != nil {
				return err
			}
		}
		if _, err := exec(ctx, t, updateUser, args{
			"user": id, "account": t.account, "name": p.Name, "role": p.Role, "max_chats": p.MaxChats, "hash": p.PasswordHash,
			"types": types, "disabled": p.Disabled, "now": t.now,
		}); err != nil {
			return err
		}
		if p.QueueIDs != nil {
			if err := t.setQueues(ctx, id, *p.QueueIDs); err != nil {
				return err
			}
		}
		t.endSignIns(before, p)
		if _, err := t.dispatch(ctx); err != nil {
			return err
		}
		if user, err = t.emitUser(ctx, id); err != nil {
			return err
		}
		return t.audit(a, "user.changed", string(id), map[string]any{
			"name": p.Name, "role": p.Role, "max_chats": p.MaxChats, "queue_ids": p.QueueIDs, "channel_types": types, "disabled": p.Disabled,
			"password": p.PasswordHash != nil,
		})
	})
	return user, err
}

// userDisabled takes from a user what they can serve no longer.
func (t *tx) userDisabled(ctx context.Context, a domain.Actor, user domain.User) error {
	if err := t.handOver(ctx, user, handing{all: true, why: user.Name + " is disabled", actor: a.User}); err != nil {
		return err
	}
	if err := t.noMoreChats(ctx, user.ID, domain.Offline, "is disabled"); err != nil {
		return err
	}
	if user.Status != domain.Offline {
		t.later(recordStatus, args{
			"account": t.account, "user": user.ID, "status": domain.Offline, "reason": "disabled", "actor": a.User, "now": t.now,
		})
	}
	return t.flush(ctx)
}

func noUser(err error) error {
	if domain.CodeOf(translate(err)) == domain.CodeNotFound {
		return domain.E(domain.CodeNotFound, "no user has this id").Because("unknown_user").CausedBy(err)
	}
	return err
}

// mayPatch keeps super admins out of administrators' hands, and administrators from locking themselves out.
func mayPatch(a domain.Actor, before domain.User, p domain.UserPatch) error {
	if before.Role == domain.RoleSuperAdmin && a.Role != domain.RoleSuperAdmin {
		return domain.E(domain.CodeForbidden, "only a super admin may change a super admin")
	}
	if p.Role != nil {
		if err := mayGive(a, *p.Role); err != nil {
			return err
		}
	}
	demoted := p.Role != nil && *p.Role != before.Role
	disabled := p.Disabled != nil && *p.Disabled
	if before.ID == a.User && (demoted || disabled) {
		return domain.E(domain.CodeConflict, "somebody else must change your own role or disable you").Because("own_user")
	}
	return nil
}

// endSignIns ends what a user's old rights could still be used with.
func (t *tx) endSignIns(before domain.User, p domain.UserPatch) {
	disabled := p.Disabled != nil && *p.Disabled
	demoted := p.Role != nil && *p.Role != before.Role
	if disabled || demoted || p.PasswordHash != nil {
		t.later(deleteSessions, args{"user": before.ID, "account": t.account})
	}
	if disabled {
		t.later(revokeTokens, args{"user": before.ID, "account": t.account, "now": t.now})
	}
}

// setQueues makes exactly these queues the user's.
func (t *tx) setQueues(ctx context.Context, user domain.UserID, queues []domain.QueueID) error {
	queues = distinct(queues)
	if err := t.mustExist(ctx, queuesKnown, "queues", queues, "queue_ids", "no queue of this account has one of these ids"); err != nil {
		return err
	}
	if _, err := exec(ctx, t, leaveQueues, args{"user": user, "account": t.account}); err != nil {
		return err
	}
	_, err := exec(ctx, t, joinQueues, args{"user": user, "account": t.account, "queues": queues})
	return err
}
