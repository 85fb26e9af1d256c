package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tandem/domain"
)

const (
	// keyLife is how long a first answer is given again.
	keyLife = 24 * time.Hour
	// keyStuck is when a request that never finished is taken for dead: longer than any request may last.
	keyStuck = time.Minute
)

var (
	claimKey = define("claim an idempotency key", `
insert into idempotency_keys (account_id, user_id, key, request_hash, created_at) values (@account, @user, @key, @hash, @now)
on conflict (user_id, key) do update set request_hash = @hash, status = null, content_type = '', body = null, created_at = @now
where idempotency_keys.created_at < @forgotten
  or (idempotency_keys.status is null and idempotency_keys.request_hash = @hash and idempotency_keys.created_at < @stuck)`)
	keyByName = define("idempotency key", `
select request_hash, status, content_type, body from idempotency_keys where user_id = @user and key = @key and account_id = @account`)
	finishKey = define("keep the first answer", `
update idempotency_keys set status = @status, content_type = @content_type, body = @body
where user_id = @user and key = @key and account_id = @account and status is null`)
	abandonKey = define("release an idempotency key", `
delete from idempotency_keys where user_id = @user and key = @key and account_id = @account and status is null`)
)

// BeginIdempotent claims a key for a request. Nil means that the request is new: do it, then call FinishIdempotent or
// AbandonIdempotent. Otherwise it gives the first answer. CodeConflict with the reason idempotency_key_reused when the
// key named another request, idempotency_in_progress while the first one still runs.
func (s *Store) BeginIdempotent(ctx context.Context, a domain.Actor, key string, requestHash []byte) (*StoredAnswer, error) {
	var answer *StoredAnswer
	err := s.inAccount(ctx, a.Account, func(t *tx) error {
		claimed, err := exec(ctx, t, claimKey, args{
			"account": t.account, "user": a.User, "key": key, "hash": requestHash, "now": t.now,
			"forgotten": t.now.Add(-keyLife), "stuck": t.now.Add(-keyStuck),
		})
		if err != nil || claimed > 0 {
			return err
		}
		answer, err = t.firstAnswer(ctx, a, key, requestHash)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claiming an idempotency key: %w", err)
	}
	return answer, nil
}

func (t *tx) firstAnswer(ctx context.Context, a domain.Actor, key string, requestHash []byte) (*StoredAnswer, error) {
	row, err := one[struct {
		RequestHash []byte
		Status      *int
		ContentType string
		Body        []byte
	}](ctx, t, keyByName, args{"user": a.User, "key": key, "account": t.account})
	switch {
	case err != nil && !errors.Is(err, pgx.ErrNoRows):
		return nil, err
	case err == nil && !bytes.Equal(row.RequestHash, requestHash):
		return nil, domain.E(domain.CodeConflict, "this Idempotency-Key was used for another request").Because("idempotency_key_reused")
	case err != nil || row.Status == nil: // it runs, or was released between the two statements
		return nil, domain.E(domain.CodeConflict, "the first request with this Idempotency-Key still runs; try again").
			Because("idempotency_in_progress")
	}
	return &StoredAnswer{Status: *row.Status, ContentType: row.ContentType, Body: row.Body}, nil
}

// FinishIdempotent keeps the answer of a request that BeginIdempotent let through.
func (s *Store) FinishIdempotent(ctx context.Context, a domain.Actor, key string, answer StoredAnswer) error {
	err := s.inAccount(ctx, a.Account, func(t *tx) error {
		_, err := exec(ctx, t, finishKey, args{
			"user": a.User, "key": key, "account": t.account,
			"status": answer.Status, "content_type": answer.ContentType, "body": answer.Body,
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("keeping an answer: %w", err)
	}
	return nil
}

// AbandonIdempotent releases a key whose request came to nothing, so that it can be tried again.
func (s *Store) AbandonIdempotent(ctx context.Context, a domain.Actor, key string) error {
	err := s.inAccount(ctx, a.Account, func(t *tx) error {
		_, err := exec(ctx, t, abandonKey, args{"user": a.User, "key": key, "account": t.account})
		return err
	})
	if err != nil {
		return fmt.Errorf("releasing an idempotency key: %w", err)
	}
	return nil
}
