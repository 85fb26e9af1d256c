package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tandem/domain"
)

// SQLSTATE codes the store reacts to (PostgreSQL documentation, appendix A).
const (
	stateSerialisation    = "40001"
	stateDeadlock         = "40P01"
	stateUnique           = "23505"
	stateForeignKey       = "23503"
	stateCheck            = "23514"
	stateUntranslatable   = "22P05"
	stateBadText          = "22021"
	stateInvalidText      = "22P02"
	stateCannotConnectNow = "57P03"
	stateAdminShutdown    = "57P01"
	stateTooMany          = "53300"
	stateUndefinedTable   = "42P01"
)

// refusals maps a constraint to the field it guards and a sentence for a person.
var refusals = map[string]struct {
	code  domain.Code
	field string
	text  string
}{
	"users_email":             {domain.CodeConflict, "email", "another user has this e-mail address"},
	"users_name_given":        {domain.CodeInvalid, "name", "name is empty"},
	"users_role_known":        {domain.CodeInvalid, "role", "no such role"},
	"users_max_chats_range":   {domain.CodeInvalid, "max_chats", "max_chats must be between 1 and 20"},
	"queues_name_once":        {domain.CodeConflict, "name", "another queue has this name"},
	"queues_name_given":       {domain.CodeInvalid, "name", "name is empty"},
	"queues_priority_range":   {domain.CodeInvalid, "priority", "priority must be between 1 and 9"},
	"dispositions_name_once":  {domain.CodeConflict, "name", "another disposition has this name"},
	"dispositions_name_given": {domain.CodeInvalid, "name", "name is empty"},
	"channels_key_once":       {domain.CodeConflict, "key", "another channel has this key"},
}

// errLostRace asks for the transaction to run again: what it stood on moved while it worked.
var errLostRace = errors.New("somebody else was faster")

// isLostRace reports whether the transaction may simply run again. Two messages with one provider id that meet in
// different chats are such a race too: the second run finds the first one's row.
func isLostRace(err error) bool {
	if errors.Is(err, errLostRace) || violates(err, "messages_provider_once") || violates(err, "messages_client_once") {
		return true
	}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	return pg.Code == stateSerialisation || pg.Code == stateDeadlock
}

// isUndefinedTable reports whether err says that a table is missing.
func isUndefinedTable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == stateUndefinedTable
}

// violates reports whether err is a violation of the named unique index or constraint.
func violates(err error, constraint string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == stateUnique && pg.ConstraintName == constraint
}

// translate turns an error of PostgreSQL into one of the domain. A domain error passes unchanged.
func translate(err error) error {
	var known *domain.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return domain.E(domain.CodeUnavailable, "the database took too long; try again").CausedBy(err)
	}
	if errors.Is(err, errLostRace) {
		return domain.E(domain.CodeConflict, "somebody else changed this at the same moment; try again").CausedBy(err)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return domain.E(domain.CodeNotFound, "no such thing in this account").CausedBy(err)
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return translatePg(pg, err)
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) || pgconn.SafeToRetry(err) {
		return domain.E(domain.CodeUnavailable, "the database can't be reached; try again").CausedBy(err)
	}
	return domain.E(domain.CodeInternal, "the database failed").CausedBy(err)
}

func translatePg(pg *pgconn.PgError, err error) error {
	if r, ok := refusals[pg.ConstraintName]; ok {
		return (&domain.Error{Code: r.code, Field: r.field, Text: r.text}).CausedBy(err)
	}
	switch pg.Code {
	case stateSerialisation, stateDeadlock:
		return domain.E(domain.CodeConflict, "somebody else changed this at the same moment; try again").CausedBy(err)
	case stateUnique:
		return domain.E(domain.CodeConflict, "this exists already").CausedBy(err)
	case stateForeignKey:
		return domain.E(domain.CodeInvalid, "something this refers to doesn't exist").CausedBy(err)
	case stateCheck, stateUntranslatable, stateBadText, stateInvalidText:
		return domain.E(domain.CodeInvalid, "a value can't be stored").CausedBy(err)
	case stateCannotConnectNow, stateAdminShutdown, stateTooMany:
		return domain.E(domain.CodeUnavailable, "the database can't be reached; try again").CausedBy(err)
	default:
		return domain.E(domain.CodeInternal, "the database failed").CausedBy(err)
	}
}
