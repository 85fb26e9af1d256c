package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"tandem/domain"
)

// warm lets a fresh connection plan the statements that every message runs, before a message needs it. A new server
// process takes as long for its first plans as for a hundred messages; when a pool grows under load, that is the moment at
// which there is no time for it. Nothing is found and nothing is written.
func warm(ctx context.Context, c *pgx.Conn) error {
	begun, err := c.BeginTx(ctx, pgx.TxOptions{BeginQuery: "begin; set local tandem.account = ''"})
	if err != nil {
		return err
	}
	nobody := "00000000-0000-0000-0000-000000000000"
	found := args{"account": "", "channel": nobody, "kind": "", "address": ""}
	b := &pgx.Batch{}
	b.Queue(string(lockOpenChat), found)
	b.Queue(string(readOpenChat), found)
	b.Queue(string(messageByProvider), args{"channel": nobody, "provider_id": ""})
	b.Queue(string(lockChat), args{"chat": nobody, "account": ""})
	b.Queue(string(chatByID), args{"chat": nobody})
	b.Queue(string(countInbound), args{
		"phase": domain.PhaseActive, "seq": 0, "text": "", "at": time.Time{}, "waiting_since": nil, "unread": 0, "chat": nobody,
	})
	none := []string{}
	b.Queue(string(insertEvents), args{"account": "", "audiences": none, "chats": none, "types": none, "data": none, "now": time.Time{}})
	b.Queue(string(insertFacts), args{
		"account": "", "chats": none, "seqs": []int64{}, "facts": none, "urgents": []bool{}, "now": time.Time{}, "until": time.Time{},
	})
	return errors.Join(c.SendBatch(ctx, b).Close(), begun.Rollback(ctx))
}
