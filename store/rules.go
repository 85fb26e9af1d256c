package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tandem/domain"
	"tandem/routing"
)

// settingsOf reads an account's rules as they are stored: what they don't say is as by default.
func settingsOf(raw []byte) (routing.Settings, error) {
	s, err := routing.ReadSettings(raw)
	if err != nil {
		return s, fmt.Errorf("reading an account's rules of routing: %w", err)
	}
	return s, nil
}

// policyOf reads a queue's policy as it is stored: what it doesn't say is as by default.
func policyOf(raw []byte) (routing.Policy, error) {
	p, err := routing.ReadPolicy(raw)
	if err != nil {
		return p, fmt.Errorf("reading a queue's policy: %w", err)
	}
	return p, nil
}

var (
	settingsOfAccount = define("an account's rules of routing", `
select routing, routing_version from accounts where id = @account`)
	newestPolicy = define("a queue's policy", `
select name, priority, policy, policy_version from queues where id = @queue and account_id = @account`)
)

// rulesRow is an account's rules of routing as stored.
type rulesRow struct {
	Routing        []byte
	RoutingVersion int
}

// settings gives the account's rules of routing and their version.
func (t *tx) settings(ctx context.Context) (routing.Settings, int, error) {
	row, err := one[rulesRow](ctx, t, settingsOfAccount, args{"account": t.account})
	if err != nil {
		return routing.Settings{}, 0, err
	}
	s, err := settingsOf(row.Routing)
	return s, row.RoutingVersion, err
}

// queueRules is a queue with its newest policy.
type queueRules struct {
	Name          string
	Priority      int
	Policy        []byte
	PolicyVersion int
}

// queueNow gives a queue with its newest policy; CodeInvalid queue_id when the account has no such queue.
func (t *tx) queueNow(ctx context.Context, queue domain.QueueID) (queueRules, error) {
	q, err := one[queueRules](ctx, t, newestPolicy, args{"queue": queue, "account": t.account})
	if errors.Is(err, pgx.ErrNoRows) {
		return q, domain.Invalid("queue_id", "no such queue")
	}
	return q, err
}
