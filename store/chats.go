package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/domain"
)

// The first and the last UUID, as the open ends of keyset pages.
const (
	firstID = "00000000-0000-0000-0000-000000000000"
	lastID  = "ffffffff-ffff-ffff-ffff-ffffffffffff"
)

// readableBy decides whether a user who doesn't supervise may read chat c: what they own or once owned, what they joined or
// are offered, what waits in line for their queues, and the past of a customer they serve at the moment.
const readableBy = `(c.owner_id = @user
  or exists (select from assignments a where a.user_id = @user and a.chat_id = c.id)
  or exists (select from chat_members m where m.user_id = @user and m.chat_id = c.id)
  or exists (select from offers x where x.user_id = @user and x.chat_id = c.id and x.ended_at is null)
  or (c.phase = 'queued' and exists (select from queue_members m where m.queue_id = c.queue_id and m.user_id = @user))
  or (c.phase = 'queued' and exists (
    select from waiting w join queue_members m on m.queue_id = any(w.queue_ids) where w.chat_id = c.id and m.user_id = @user))
  or (c.phase = 'closed' and exists (select from chats s where s.owner_id = @user and s.phase <> 'closed' and s.customer_id = c.customer_id)))`

// errNoChat is the answer for a chat that isn't there and for one the actor may not know of.
func errNoChat() error { return domain.E(domain.CodeNotFound, "no such chat").Because("unknown_chat") }

// mayReadChats refuses the roles that have no chats at all.
func mayReadChats(a domain.Actor) error {
	if a.Role.Supervises() || a.Role == domain.RoleAgent {
		return nil
	}
	return domain.E(domain.CodeForbidden, "your role doesn't read chats")
}

// pageSize brings a limit into its bounds.
func pageSize(limit int) int {
	if limit <= 0 {
		return domain.DefaultPage
	}
	return min(limit, domain.LargestPage)
}

var (
	chatsMine = define("my open chats", `
select `+chatColumns+` from (
  select x.* from (
    (select id from chats where owner_id = @user and phase <> 'closed' and id > @after order by id limit @limit)
    union
    (select chat_id from offers where user_id = @user and ended_at is null and chat_id > @after)
    union
    (select j.chat_id from chat_members j join chats h on h.id = j.chat_id and h.phase <> 'closed'
     where j.user_id = @user and j.chat_id > @after)
  ) mine join chats x on x.id = mine.id
  order by x.id limit @limit
) c `+chatJoins+` order by c.id`)
	chatsWaiting = define("chats in line", `
select `+chatColumns+` from (
  select w.priority as line_priority, w.queued_at as line_at, x.*
  from waiting w join chats x on x.id = w.chat_id and x.phase = 'queued' and x.customer_left_at is null
  where w.account_id = @account and (w.priority, w.queued_at, w.chat_id) > (@priority, @queued_at, @after)
    and (@supervises or exists (select from queue_members m where m.queue_id = any(w.queue_ids) and m.user_id = @user))
  order by w.priority, w.queued_at, w.chat_id limit @limit
) c `+chatJoins+` order by c.line_priority, c.line_at, c.id`)
	lineBefore = define("chats in line before a page", `
select w.queue_id, count(*)::integer as ahead
from waiting w join chats x on x.id = w.chat_id and x.phase = 'queued' and x.customer_left_at is null
where w.account_id = @account and (w.priority, w.queued_at, w.chat_id) <= (@priority, @queued_at, @after)
  and (@supervises or exists (select from queue_members m where m.queue_id = w.queue_id and m.user_id = @user))
group by w.queue_id`)
	chatsAll = define("chats of the account", `
select `+chatColumns+` from (
  select * from chats where account_id = @account and id < @before and (@phase = '' or phase = @phase)
  order by id desc limit @limit
) c `+chatJoins+` order by c.id desc`)
	chatsOpen = define("open chats of the account in a phase", `
select `+chatColumns+` from (
  select * from chats where account_id = @account and id < @before and phase <> 'closed' and phase = @phase
  order by id desc limit @limit
) c `+chatJoins+` order by c.id desc`)
	chatsOfAgent = define("chats an agent holds, held or may take", `
select `+chatColumns+` from (
  select x.* from (
    (select distinct a.chat_id from assignments a join chats h on h.id = a.chat_id
     where a.user_id = @user and a.chat_id < @before and (@phase = '' or h.phase = @phase)
     order by a.chat_id desc limit @limit)
    union
    (select distinct w.chat_id from waiting w join queue_members m on m.queue_id = any(w.queue_ids) and m.user_id = @user
     where w.account_id = @account and w.chat_id < @before and @phase in ('', 'queued')
     order by w.chat_id desc limit @limit)
    union
    (select j.chat_id from chat_members j join chats h on h.id = j.chat_id
     where j.user_id = @user and j.chat_id < @before and (@phase = '' or h.phase = @phase)
     order by j.chat_id desc limit @limit)
  ) mine join chats x on x.id = mine.chat_id
  order by x.id desc limit @limit
) c `+chatJoins+` order by c.id desc`)
)

// Chats gives a page of chats: mine (open ones the actor owns, joined or is offered, by birth), waiting (in line, in the
// order of service, with their positions) or all (newest first; for agents what they hold, held, joined or may take).
// CodeInvalid for an unknown view, phase or cursor, CodeForbidden for roles without chats.
func (s *Store) Chats(ctx context.Context, a domain.Actor, f ChatFilter) (domain.Page[domain.ChatView], error) {
	page := domain.Page[domain.ChatView]{Items: []domain.ChatView{}}
	if err := mayReadChats(a); err != nil {
		return page, err
	}
	limit := pageSize(f.Limit)
	st, at, err := chatList(a, f)
	if err != nil {
		return page, err
	}
	var rows []chatRow
	var line linePlaces
	err = s.inAccount(ctx, a.Account, func(t *tx) error {
		b := &pgx.Batch{}
		if f.View == domain.ViewWaiting {
			line.queue(b, a, f, at)
		}
		at["limit"] = limit + 1
		queueMany(b, &rows, st, at)
		return t.send(ctx, b)
	})
	if err != nil {
		return page, fmt.Errorf("listing chats: %w", err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		page.Next = nextOf(f.View, rows[limit-1])
	}
	page.Items = views(rows)
	if f.View == domain.ViewWaiting {
		line.number(a, page.Items)
	}
	return page, nil
}

// linePlaces numbers the chats of a page of the line. A page holds the line of the actor's queues without gaps, so counting
// goes on from what stands before the page; a chat that is open to the actor from another queue's line gets no number.
type linePlaces struct {
	ahead []aheadRow
	own   []domain.QueueID
}

// aheadRow is how many chats of a queue stand before a page.
type aheadRow struct {
	QueueID domain.QueueID
	Ahead   int
}

// queue adds to a batch what the numbers need: on a first page nothing stands before.
func (l *linePlaces) queue(b *pgx.Batch, a domain.Actor, f ChatFilter, place args) {
	if f.Cursor != "" {
		queueMany(b, &l.ahead, lineBefore, maps.Clone(place))
	}
	if !a.Role.Supervises() {
		queueValues(b, &l.own, queuesOfUser, args{"user": a.User, "account": a.Account})
	}
}

func (l *linePlaces) number(a domain.Actor, page []domain.ChatView) {
	at := map[domain.QueueID]int{}
	for _, r := range l.ahead {
		at[r.QueueID] = r.Ahead
	}
	for i := range page {
		queue := page[i].Queue.ID
		if !a.Role.Supervises() && !slices.Contains(l.own, queue) {
			continue
		}
		at[queue]++
		page[i].Position = at[queue]
	}
}

// chatList chooses the statement of a view and reads the cursor.
func chatList(a domain.Actor, f ChatFilter) (statement, args, error) {
	switch f.Phase {
	case "", domain.PhaseQueued, domain.PhaseActive, domain.PhaseCustomerLeft, domain.PhaseClosed:
	default:
		return "", nil, domain.Invalid("phase", "phase must be queued, active, customer_left or closed")
	}
	switch f.View {
	case domain.ViewMine:
		after, err := idCursor(f.Cursor, firstID)
		return chatsMine, args{"user": a.User, "after": after}, err
	case domain.ViewWaiting:
		line, err := lineCursor(f.Cursor)
		line["account"], line["user"], line["supervises"] = a.Account, a.User, a.Role.Supervises()
		return chatsWaiting, line, err
	case domain.ViewAll:
		before, err := idCursor(f.Cursor, lastID)
		at := args{"account": a.Account, "before": before, "phase": f.Phase}
		switch {
		case !a.Role.Supervises():
			at["user"] = a.User
			return chatsOfAgent, at, err
		case f.Phase != "" && f.Phase.Open():
			return chatsOpen, at, err
		default:
			return chatsAll, at, err
		}
	default:
		return "", nil, domain.Invalid("view", "view must be mine, waiting or all")
	}
}

func errCursor() error { return domain.Invalid("cursor", "cursor must be one that the server gave") }

func idCursor(cursor, otherwise string) (string, error) {
	if cursor == "" {
		return otherwise, nil
	}
	id, err := uuid.Parse(cursor)
	if err != nil {
		return "", errCursor()
	}
	return id.String(), nil
}

// lineCursor reads a place in line, "priority.microseconds.chat"; the place before the first for an empty text.
func lineCursor(cursor string) (args, error) {
	first := args{"priority": 0, "queued_at": time.UnixMicro(0), "after": firstID}
	if cursor == "" {
		return first, nil
	}
	parts := strings.Split(cursor, ".")
	if len(parts) != 3 {
		return first, errCursor()
	}
	priority, errPriority := strconv.ParseInt(parts[0], 10, 32)
	at, errAt := strconv.ParseInt(parts[1], 10, 64)
	id, errID := uuid.Parse(parts[2])
	if errPriority != nil || errAt != nil || errID != nil || at < 0 || at > maxCursorMicros {
		return first, errCursor()
	}
	return args{"priority": int(priority), "queued_at": time.UnixMicro(at), "after": id.String()}, nil
}

// maxCursorMicros is the year 9999: PostgreSQL's times end not far beyond what a cursor's number could name.
const maxCursorMicros = 253_402_300_799_000_000

func nextOf(view string, last chatRow) string {
	if view != domain.ViewWaiting {
		return string(last.ID)
	}
	return fmt.Sprintf("%d.%d.%s", last.Priority, last.QueuedAt.UnixMicro(), last.ID)
}

var chatReadable = define("chat an actor may read", `
select `+chatColumns+` from chats c `+chatJoins+`
where c.id = @chat and c.account_id = @account and (@supervises or `+readableBy+`)`)

func readArgs(a domain.Actor, id domain.ChatID) args {
	return args{"chat": id, "account": a.Account, "supervises": a.Role.Supervises(), "user": a.User}
}

// Chat gives one chat, a waiting one with its position. Agents may read what they own or once owned, what they joined or are
// offered, what waits for their queues and the past of customers they serve; anything else, and another account's chat, is
// CodeNotFound.
func (s *Store) Chat(ctx context.Context, a domain.Actor, id domain.ChatID) (domain.ChatView, error) {
	var found []chatRow
	var position []int
	err := s.readChat(ctx, a, id, &found, func(b *pgx.Batch) {
		queueValues(b, &position, placeInLine, args{"chat": id, "account": a.Account})
	})
	if err != nil {
		return domain.ChatView{}, err
	}
	view := found[0].view()
	if view.Phase == domain.PhaseQueued {
		view.Position = position[0]
	}
	return view, nil
}

// readChat reads a chat the actor may read, and in the same round trip whatever else is asked for.
func (s *Store) readChat(ctx context.Context, a domain.Actor, id domain.ChatID, found *[]chatRow, more func(*pgx.Batch)) error {
	if err := mayReadChats(a); err != nil {
		return err
	}
	if _, err := uuid.Parse(string(id)); err != nil {
		return errNoChat()
	}
	err := s.inAccount(ctx, a.Account, func(t *tx) error {
		b := &pgx.Batch{}
		queueMany(b, found, chatReadable, readArgs(a, id))
		if more != nil {
			more(b)
		}
		if err := t.send(ctx, b); err != nil {
			return err
		}
		if len(*found) == 0 {
			return errNoChat()
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading a chat: %w", err)
	}
	return nil
}

var (
	customerExists = define("customer exists", `select exists (select from customers where id = @customer and account_id = @account)`)
	customerChats  = define("a customer's chats", `
select `+chatColumns+` from (
  select * from chats c where c.customer_id = @customer and c.account_id = @account and (@supervises or `+readableBy+`)
  order by c.id desc limit @limit
) c `+chatJoins+` order by c.id desc`)
)

// CustomerChats gives a customer's latest chats, newest first, as far as the actor may read them. CodeNotFound when there
// is no such customer or, for an agent, none of their chats to read.
func (s *Store) CustomerChats(ctx context.Context, a domain.Actor, id domain.CustomerID, limit int) (domain.Page[domain.ChatView], error) {
	page := domain.Page[domain.ChatView]{Items: []domain.ChatView{}}
	if err := mayReadChats(a); err != nil {
		return page, err
	}
	notThere := domain.E(domain.CodeNotFound, "no such customer").Because("unknown_customer")
	if _, err := uuid.Parse(string(id)); err != nil {
		return page, notThere
	}
	var exists []bool
	var rows []chatRow
	err := s.inAccount(ctx, a.Account, func(t *tx) error {
		b := &pgx.Batch{}
		queueValues(b, &exists, customerExists, args{"customer": id, "account": a.Account})
		queueMany(b, &rows, customerChats, args{
			"customer": id, "account": a.Account, "supervises": a.Role.Supervises(), "user": a.User, "limit": pageSize(limit),
		})
		return t.send(ctx, b)
	})
	if err != nil {
		return page, fmt.Errorf("reading a customer's chats: %w", err)
	}
	if !exists[0] || (len(rows) == 0 && !a.Role.Supervises()) {
		return page, notThere
	}
	page.Items = views(rows)
	return page, nil
}

var summaryOf = define("summary", `
select l.waiting, l.longest_waiting_since, m.my_open, u.max_chats
from users u,
  lateral (select count(*)::integer as waiting, min(w.queued_at) as longest_waiting_since
    from waiting w join chats c on c.id = w.chat_id and c.phase = 'queued' and c.customer_left_at is null
    where w.account_id = @account
      and (@supervises or exists (select from queue_members m where m.queue_id = any(w.queue_ids) and m.user_id = @user))) l,
  lateral (select count(*)::integer as my_open from chats where owner_id = @user and phase <> 'closed') m
where u.id = @user and u.account_id = @account`)

// Summary gives the figures of the top bar. For roles without chats the waiting ones are those of no queue: none.
func (s *Store) Summary(ctx context.Context, a domain.Actor) (domain.Summary, error) {
	var sum domain.Summary
	err := s.inAccount(ctx, a.Account, func(t *tx) error {
		var err error
		sum, err = one[domain.Summary](ctx, t, summaryOf, args{"account": a.Account, "supervises": a.Role.Supervises(), "user": a.User})
		return err
	})
	if err != nil {
		return domain.Summary{}, fmt.Errorf("summing up: %w", err)
	}
	return sum, nil
}
