package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/domain"
	"tandem/routing"
)

// accountSubject is the subject of an account's own rules in the table of versions; a queue's is its id.
const accountSubject = "account"

// maxVersions is how many versions a list gives.
const maxVersions = 100

var (
	insertPolicy = define("keep a version of rules", `
insert into policies (account_id, subject, version, body, actor_id, at) values (@account, @subject, @version, @body, @actor, @now)`)
	setSettings = define("set an account's rules of routing", `
update accounts set routing = @body, routing_version = @version where id = @account`)
	setPolicy = define("set a queue's policy", `
update queues set policy = @body, policy_version = @version where id = @queue and account_id = @account`)
	versionsOf = define("versions of rules", `
select p.version, p.at, p.body, p.actor_id, u.name as actor_name from policies p left join users u on u.id = p.actor_id
where p.account_id = @account and p.subject = @subject order by p.version desc limit @limit`)
	namesOfQueues = define("names of the account's queues", `select id::text as id, name from queues where account_id = @account`)
	namesOfUsers  = define("names of the account's enabled users", `
select id::text as id, name from users where account_id = @account and disabled_at is null`)
	namesOfDispositions = define("names of the account's dispositions", `
select id::text as id, name from dispositions where account_id = @account and disabled_at is null`)
	agentIDs = define("users who may have chats", `
select id from users where account_id = @account and disabled_at is null and role = any(@roles)`)
)

func errNewerVersion(version int) error {
	return domain.E(domain.CodeConflict, "somebody has saved version %d meanwhile; load it and change that", version).Because("newer_version")
}

// RoutingSettings gives the account's rules of routing and their version; 0 means that only the defaults hold. For
// everybody of the account.
func (s *Store) RoutingSettings(ctx context.Context, a domain.Actor) (routing.Settings, int, error) {
	var settings routing.Settings
	var version int
	err := s.inAccount(ctx, a.Account, func(t *tx) error {
		var err error
		settings, version, err = t.settings(ctx)
		return err
	})
	if err != nil {
		return routing.Settings{}, 0, fmt.Errorf("reading the rules of routing: %w", err)
	}
	return settings.Filled(), version, nil
}

// PutRoutingSettings makes a new version of the account's rules of routing the one in force and gives it; what it makes
// room for is handed out at once. CodeInvalid names the field that is wrong; CodeConflict newer_version when expect is set
// and isn't the version in force.
func (s *Store) PutRoutingSettings(ctx context.Context, a domain.Actor, r routing.Settings, expect *int) (routing.Settings, int, error) {
	r = r.Filled()
	if err := r.Err(); err != nil {
		return routing.Settings{}, 0, err
	}
	version := 0
	err := s.change(ctx, a, "the rules of routing", func(t *tx) error {
		if err := t.lockDispatch(ctx); err != nil {
			return err
		}
		_, now, err := t.settings(ctx)
		if err != nil {
			return err
		}
		if expect != nil && *expect != now {
			return errNewerVersion(now)
		}
		version = now + 1
		body, err := t.laterVersion(a, accountSubject, version, r)
		if err != nil {
			return err
		}
		t.later(setSettings, args{"body": body, "version": version, "account": t.account})
		if _, err := t.dispatch(ctx); err != nil {
			return err
		}
		// Caps show on every agent.
		agents, err := t.ids(ctx, agentIDs, args{"account": t.account, "roles": takingRoles()})
		if err != nil {
			return err
		}
		t.touch(agents...)
		return t.audit(a, "routing.changed", string(t.account), map[string]any{"version": version})
	})
	return r, version, err
}

// laterVersion queues a version of rules to be kept, and gives it as it is stored.
func (t *tx) laterVersion(a domain.Actor, subject string, version int, rules any) (string, error) {
	body, err := json.Marshal(rules)
	if err != nil {
		return "", fmt.Errorf("encoding rules of routing: %w", err)
	}
	t.later(insertPolicy, args{
		"account": t.account, "subject": subject, "version": version, "body": string(body), "actor": a.User, "now": t.now,
	})
	return string(body), nil
}

// RoutingVersions gives the versions of the account's rules of routing, the newest first, at most 100. For supervisors and
// administrators.
func (s *Store) RoutingVersions(ctx context.Context, a domain.Actor) ([]domain.SettingsVersion, error) {
	rows, err := s.versions(ctx, a, accountSubject)
	all := make([]domain.SettingsVersion, len(rows))
	for i, r := range rows {
		all[i] = domain.SettingsVersion{Version: r.Version, At: r.At, Actor: userRef(r.ActorID, r.ActorName), Settings: r.Body}
	}
	return all, err
}

// versionRow is a version of rules.
type versionRow struct {
	Version   int
	At        time.Time
	Body      []byte
	ActorID   *domain.UserID
	ActorName *string
}

func (s *Store) versions(ctx context.Context, a domain.Actor, subject string) ([]versionRow, error) {
	if err := mayRead(a); err != nil {
		return nil, err
	}
	return list[versionRow](ctx, s, a, versionsOf, args{"account": a.Account, "subject": subject, "limit": maxVersions})
}

// Queue gives one queue. For supervisors and administrators.
func (s *Store) Queue(ctx context.Context, a domain.Actor, id domain.QueueID) (domain.Queue, error) {
	var queue domain.Queue
	if err := mayRead(a); err != nil {
		return queue, err
	}
	err := s.readQueue(ctx, a, id, func(t *tx) error {
		var err error
		queue, err = t.queue(ctx, id)
		return noQueue(err)
	})
	return queue, err
}

func (s *Store) readQueue(ctx context.Context, a domain.Actor, id domain.QueueID, read func(*tx) error) error {
	if _, err := uuid.Parse(string(id)); err != nil {
		return noQueue(pgx.ErrNoRows)
	}
	if err := s.inAccount(ctx, a.Account, read); err != nil {
		return fmt.Errorf("reading a queue: %w", err)
	}
	return nil
}

// QueuePolicy gives a queue's policy in force and its version; 0 means that only the defaults hold. For supervisors and
// administrators.
func (s *Store) QueuePolicy(ctx context.Context, a domain.Actor, id domain.QueueID) (routing.Policy, int, error) {
	var policy routing.Policy
	version := 0
	if err := mayRead(a); err != nil {
		return policy, 0, err
	}
	err := s.readQueue(ctx, a, id, func(t *tx) error {
		rules, err := one[queueRules](ctx, t, newestPolicy, args{"queue": id, "account": t.account})
		if err != nil {
			return noQueue(err)
		}
		version = rules.PolicyVersion
		policy, err = policyOf(rules.Policy)
		return err
	})
	return policy.Filled(), version, err
}

// PutQueuePolicy makes a new version of a queue's policy the one in force and gives it. Chats that wait or go on keep the
// version they arrived under. CodeInvalid names the field that is wrong; CodeConflict newer_version when expect is set and
// isn't the version in force.
func (s *Store) PutQueuePolicy(
	ctx context.Context, a domain.Actor, id domain.QueueID, p routing.Policy, expect *int,
) (routing.Policy, int, error) {
	p = p.Filled()
	version := 0
	if _, err := uuid.Parse(string(id)); err != nil {
		return p, 0, noQueue(pgx.ErrNoRows)
	}
	err := s.change(ctx, a, "a queue's policy", func(t *tx) error {
		if err := t.lockDispatch(ctx); err != nil {
			return err
		}
		rules, err := one[queueRules](ctx, t, newestPolicy, args{"queue": id, "account": t.account})
		if err != nil {
			return noQueue(err)
		}
		if expect != nil && *expect != rules.PolicyVersion {
			return errNewerVersion(rules.PolicyVersion)
		}
		names, err := t.names(ctx)
		if err != nil {
			return err
		}
		if err := p.Err(names, id); err != nil {
			return err
		}
		version = rules.PolicyVersion + 1
		body, err := t.laterVersion(a, string(id), version, p)
		if err != nil {
			return err
		}
		t.later(setPolicy, args{"body": body, "version": version, "queue": id, "account": t.account})
		if _, err := t.dispatch(ctx); err != nil {
			return err
		}
		return t.audit(a, "queue.policy", string(id), map[string]any{"version": version})
	})
	return p, version, err
}

// QueuePolicies gives the versions of a queue's policy, the newest first, at most 100. For supervisors and administrators.
func (s *Store) QueuePolicies(ctx context.Context, a domain.Actor, id domain.QueueID) ([]domain.PolicyVersion, error) {
	if _, err := s.Queue(ctx, a, id); err != nil {
		return nil, err
	}
	rows, err := s.versions(ctx, a, string(id))
	all := make([]domain.PolicyVersion, len(rows))
	for i, r := range rows {
		all[i] = domain.PolicyVersion{Version: r.Version, At: r.At, Actor: userRef(r.ActorID, r.ActorName), Policy: r.Body}
	}
	return all, err
}

// nameRow is something's id and name.
type nameRow struct {
	ID   string
	Name string
}

// names gives the names that rules may speak of.
func (t *tx) names(ctx context.Context) (routing.NameTable, error) {
	var queues, people, results []nameRow
	at := args{"account": t.account}
	b := &pgx.Batch{}
	queueMany(b, &queues, namesOfQueues, at)
	queueMany(b, &people, namesOfUsers, at)
	queueMany(b, &results, namesOfDispositions, at)
	if err := t.send(ctx, b); err != nil {
		return routing.NameTable{}, err
	}
	return routing.NameTable{
		Queues: tableOf[domain.QueueID](queues), Users: tableOf[domain.UserID](people), Dispositions: tableOf[domain.DispositionID](results),
	}, nil
}

func tableOf[T ~string](rows []nameRow) map[T]string {
	table := make(map[T]string, len(rows))
	for _, r := range rows {
		table[T(r.ID)] = r.Name
	}
	return table
}
