package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"tandem/domain"
	"tandem/routing"
)

var (
	unbar     = define("let a chat join the line", `update waiting set barred = '' where chat_id = @chat`)
	countStep = define("a fallback step was taken", `update waiting set steps = @steps where chat_id = @chat`)
	widenLine = define("stand in line for more queues", `
update waiting set queue_ids = queue_ids || array(select q from unnest(@queues::uuid[]) q where q <> all (queue_ids)) where chat_id = @chat`)
	moveInLine = define("stand in another line", `
update waiting set queue_id = @queue, queue_ids = array[@queue::uuid], priority = case when priority = 0 then 0 else @priority end,
  joined_at = @now, steps = 0, told = false, barred = ''
where chat_id = @chat`)
	moveChat = define("move a chat to another queue", `
update chats set queue_id = @queue, policy_queue = @queue, policy_version = @version where id = @chat`)
	waitInQueue = define("chats that wait in a queue", `
select count(*)::integer from waiting w join chats c on c.id = w.chat_id and c.phase = 'queued' and c.customer_left_at is null
where w.account_id = @account and w.queue_id = @queue and w.barred = ''`)
	promiseCallback = define("promise a callback", `
insert into follow_ups (id, account_id, customer_id, chat_id, queue_id, due_at, zone, note, created_at)
values (@id, @account, @customer, @chat, @queue, @due, @zone, @note, @now)
on conflict (chat_id, due_at) do nothing`)
	hastenStep = define("make a fallback step due", `update waiting set joined_at = @joined where chat_id = @chat`)
)

// fireOverflow takes the step of a full queue, unless the line has become short enough meanwhile.
func (t *tx) fireOverflow(ctx context.Context, f *firing) ([]routing.Effect, error) {
	if _, err := t.dispatch(ctx); err != nil {
		return nil, err
	}
	c, most := &f.chat, f.standing.Policy.MaxWaiting
	n, err := value[int](ctx, t, waitInQueue, args{"account": t.account, "queue": c.QueueID})
	if err != nil {
		return nil, err
	}
	if most > 0 && n >= most || f.actor.User != "" {
		return t.takeStep(ctx, f)
	}
	t.later(unbar, args{"chat": c.ID})
	text := fmt.Sprintf("There was room in %s again: the chat joined the line.", c.QueueName)
	return nil, t.moved(f, domain.StoryOverflow, text)
}

// because says why a step is taken.
func (f *firing) because() string {
	switch {
	case f.actor.User != "":
		return f.actor.Name + " moved the chat on"
	case f.clock.Kind == routing.ClockOverflow:
		return f.chat.QueueName + " was full"
	case f.clock.Kind == routing.ClockClosed:
		return f.chat.QueueName + " was closed"
	default:
		return "Nobody was free within " + spoken(f.standing.Policy.Fallback[f.clock.Step].AfterSeconds)
	}
}

// takeStep does what a fallback chain, a full or a closed queue has for the chat.
func (t *tx) takeStep(ctx context.Context, f *firing) ([]routing.Effect, error) {
	step, known := f.standing.StepOf(f.clock)
	if !known {
		return nil, domain.Invalid("clock", "the chat's policy has no such step")
	}
	c := &f.chat
	if f.clock.Kind == routing.ClockStep {
		t.later(countStep, args{"steps": f.clock.Step + 1, "chat": c.ID})
	} else {
		t.later(unbar, args{"chat": c.ID})
	}
	switch step.Action {
	case routing.ActionWiden:
		return nil, t.widen(ctx, f, step)
	case routing.ActionMove:
		return nil, t.move(ctx, f, step)
	case routing.ActionText:
		if err := t.moved(f, domain.StoryTold, f.because()+": the customer got a text."); err != nil {
			return nil, err
		}
		return nil, t.automaticText(c, step.Text)
	case routing.ActionNotify:
		return t.notify(f, step)
	case routing.ActionCallback:
		return nil, t.callBack(ctx, f, step)
	case routing.ActionClose:
		text := f.because() + ": the chat was closed."
		if err := t.story(f.tells(domain.StoryClosed, text)); err != nil {
			return nil, err
		}
		if err := t.automaticText(c, step.Text); err != nil {
			return nil, err
		}
		return nil, t.finish(ctx, c, domain.CloseRequest{Outcome: f.outcome()}, text)
	default:
		return nil, t.moved(f, domain.StoryClosedHours, f.because()+": the chat waits in line.")
	}
}

// moved tells in chat, story and workflow what happened to a chat in line.
func (t *tx) moved(f *firing, kind domain.StoryKind, text string) error {
	if err := t.happen(&f.chat, domain.Fact{Kind: domain.FactRoutingChanged, Detail: text}, text); err != nil {
		return err
	}
	return t.story(f.tells(kind, text))
}

func (t *tx) widen(ctx context.Context, f *firing, step routing.Step) error {
	c := &f.chat
	before, err := t.standsFor(ctx, c)
	if err != nil {
		return err
	}
	var added []domain.QueueID
	var names []string
	for _, q := range step.Queues {
		// A queue that was taken away since the policy was written has no members either.
		if name, exists := f.standing.QueueNames[q]; exists && !slices.Contains(before, q) {
			added, names = append(added, q), append(names, name)
		}
	}
	text := f.because() + ": the chat stands in line for these queues already."
	if len(added) > 0 {
		text = fmt.Sprintf("%s: agents of %s may take the chat too.", f.because(), strings.Join(names, ", "))
		t.later(widenLine, args{"queues": added, "chat": c.ID})
	}
	if err := t.moved(f, domain.StoryWidened, text); err != nil {
		return err
	}
	if err := t.refresh(ctx, c); err != nil {
		return err
	}
	view := domain.ChatEventData{Chat: c.view()}
	for _, q := range added {
		if err := t.emit(domain.EventChatQueued, c.ID, view, audienceQueue(q)); err != nil {
			return err
		}
	}
	return t.emit(domain.EventChatUpdated, c.ID, view, c.staff())
}

func (t *tx) move(ctx context.Context, f *firing, step routing.Step) error {
	c := &f.chat
	before, err := t.standsFor(ctx, c)
	if err != nil {
		return err
	}
	rules, err := t.queueNow(ctx, step.Queue)
	if err != nil {
		return err
	}
	if _, err := t.withdrawOffer(ctx, c, "the chat moved to "+rules.Name); err != nil {
		return err
	}
	text := fmt.Sprintf("%s: the chat moved to %s and keeps its place by arrival.", f.because(), rules.Name)
	t.later(moveChat, args{"queue": step.Queue, "version": rules.PolicyVersion, "chat": c.ID})
	t.later(moveInLine, args{"queue": step.Queue, "priority": rules.Priority, "now": t.now, "chat": c.ID})
	if err := t.refresh(ctx, c); err != nil {
		return err
	}
	if err := t.moved(f, domain.StoryMoved, text); err != nil {
		return err
	}
	view := domain.ChatEventData{Chat: c.view()}
	for _, q := range before {
		if q != c.QueueID {
			if err := t.emit(domain.EventChatUpdated, c.ID, view, audienceQueue(q)); err != nil {
				return err
			}
		}
	}
	return t.emit(domain.EventChatQueued, c.ID, view, audienceQueue(c.QueueID))
}

// stepBody is what a step's web address gets: ids and words of ours, nothing about the customer.
type stepBody struct {
	Account domain.AccountID `json:"account"`
	Chat    domain.ChatID    `json:"chat"`
	Queue   domain.QueueRef  `json:"queue"`
	Channel domain.ChannelID `json:"channel"`
	// Clock and Step name what caused it; Why says it in a sentence.
	Clock       routing.ClockKind `json:"clock"`
	Step        int               `json:"step"`
	Why         string            `json:"why"`
	QueuedSince time.Time         `json:"queued_since"`
	At          time.Time         `json:"at"`
}

func (t *tx) notify(f *firing, step routing.Step) ([]routing.Effect, error) {
	c := &f.chat
	told := []string{}
	for _, u := range step.Users {
		if err := t.notice(u, c.ID, fmt.Sprintf("%s waits in %s. %s.", c.bestName(), c.QueueName, f.because())); err != nil {
			return nil, err
		}
	}
	if n := len(step.Users); n == 1 {
		told = append(told, "one person")
	} else if n > 1 {
		told = append(told, fmt.Sprintf("%d people", n))
	}
	var effects []routing.Effect
	if step.URL != "" {
		body, err := json.Marshal(stepBody{
			Account: t.account, Chat: c.ID, Queue: domain.QueueRef{ID: c.QueueID, Name: c.QueueName}, Channel: c.ChannelID,
			Clock: f.clock.Kind, Step: f.clock.Step, Why: f.because() + ".", QueuedSince: c.QueuedAt, At: t.now,
		})
		if err != nil {
			return nil, fmt.Errorf("encoding a notice: %w", err)
		}
		effects = append(effects, routing.Effect{Kind: routing.EffectPost, URL: step.URL, Body: body})
		told = append(told, "a web address")
	}
	text := fmt.Sprintf("%s: %s got a notice.", f.because(), strings.Join(told, " and "))
	if err := t.happen(c, domain.Fact{Kind: domain.FactRoutingChanged, Detail: text}, text); err != nil {
		return nil, err
	}
	d := f.tells(domain.StoryNotified, text)
	d.Effects = effects
	return effects, t.story(d)
}

func (t *tx) callBack(ctx context.Context, f *firing, step routing.Step) error {
	c, zone := &f.chat, f.standing.settings.Zone
	due := t.now.Add(time.Duration(step.CallbackMinutes) * time.Minute)
	text := fmt.Sprintf("%s: a callback was promised for %s.", f.because(), due.In(routing.ZoneOf(zone)).Format("2 January 15:04"))
	t.later(promiseCallback, args{
		"id": domain.NewID[domain.FollowUpID](), "account": t.account, "customer": c.CustomerID, "chat": c.ID, "queue": c.QueueID,
		"due": due, "zone": zone, "note": text, "now": t.now,
	})
	if err := t.story(f.tells(domain.StoryCallback, text)); err != nil {
		return err
	}
	if err := t.automaticText(c, step.Text); err != nil {
		return err
	}
	return t.finish(ctx, c, domain.CloseRequest{Outcome: domain.OutcomeCallback}, text)
}

// outcome is how a chat ends that a step closes.
func (f *firing) outcome() domain.Outcome {
	switch f.clock.Kind {
	case routing.ClockOverflow:
		return domain.OutcomeOverflow
	case routing.ClockClosed:
		return domain.OutcomeOffline
	default:
		return domain.OutcomeTimedOut
	}
}

// finish closes a locked chat by a rule: the fact tells its workflow to end, after what was said before.
func (t *tx) finish(ctx context.Context, c *chatRow, r domain.CloseRequest, line string) error {
	if _, err := t.withdrawOffer(ctx, c, "the chat was closed"); err != nil {
		return err
	}
	r.Account, r.Chat, r.ExpectSeq = t.account, c.ID, c.LastSeq
	if err := t.happen(c, domain.Fact{Kind: domain.FactChatClosed, Detail: string(r.Outcome)}, line); err != nil {
		return err
	}
	return t.close(ctx, *c, r)
}

// NextStep takes a waiting chat's next step now instead of when it is due: what a full or closed queue has for it, the end
// of the wait for its own agent, or the next fallback step. For supervisors. CodeConflict no_next_step when none is left,
// not_waiting when the chat isn't in line.
func (s *Store) NextStep(ctx context.Context, a domain.Actor, chat domain.ChatID) (domain.ChatView, error) {
	if !a.Role.Supervises() {
		return domain.ChatView{}, domain.E(domain.CodeForbidden, "only supervisors move a chat to its next step")
	}
	if _, err := uuid.Parse(string(chat)); err != nil {
		return domain.ChatView{}, errNoChat()
	}
	var view domain.ChatView
	err := s.inAccount(ctx, a.Account, func(t *tx) error {
		if err := t.lockDispatch(ctx); err != nil {
			return err
		}
		f, err := t.firing(ctx, domain.FireRequest{Account: a.Account, Chat: chat})
		if err != nil {
			return err
		}
		f.actor = a
		if err := t.forceStep(ctx, f); err != nil {
			return err
		}
		if _, err := t.dispatch(ctx); err != nil {
			return err
		}
		if err := t.showFired(ctx, f); err != nil {
			return err
		}
		view = f.chat.view()
		return nil
	})
	if err != nil {
		return domain.ChatView{}, fmt.Errorf("taking a chat's next step: %w", err)
	}
	return view, nil
}

func (t *tx) forceStep(ctx context.Context, f *firing) error {
	st := f.standing
	if st.Phase != domain.PhaseQueued || !st.LeftAt.IsZero() {
		return domain.E(domain.CodeConflict, "this chat doesn't wait in line").Because("not_waiting")
	}
	next, more := st.NextStep(nil)
	switch {
	case st.Barred != "":
		f.clock = routing.Clock{Kind: st.Barred, At: st.JoinedAt}
	case st.StickyAgent != "" && !st.StickyUntil.IsZero():
		f.clock = routing.Clock{Kind: routing.ClockSticky, At: st.StickyUntil}
	case more:
		f.clock = next
	default:
		return domain.E(domain.CodeConflict, "this chat has no further step").Because("no_next_step")
	}
	text := fmt.Sprintf("%s took the chat's next step before its time.", f.actor.Name)
	if err := t.story(f.tells(domain.StoryStepForced, text)); err != nil {
		return err
	}
	if err := t.auditCommand(f.actor, &f.chat, "", "chat.next_step", map[string]any{"clock": f.clock.Kind, "step": f.clock.Step}); err != nil {
		return err
	}
	// A web address is told by the workflow: the step becomes due, and the clock does the rest.
	if step, known := st.StepOf(f.clock); known && step.URL != "" {
		joined := t.now.Add(-time.Duration(step.AfterSeconds) * time.Second)
		t.later(hastenStep, args{"joined": joined, "chat": f.chat.ID})
		return t.happen(&f.chat, domain.Fact{Kind: domain.FactRoutingChanged, Detail: text}, text)
	}
	_, err := t.fire(ctx, f)
	return err
}

// spoken says a number of seconds in words.
func spoken(seconds int) string {
	unit := func(n int, word string) string {
		if n == 1 {
			return "1 " + word
		}
		return fmt.Sprintf("%d %ss", n, word)
	}
	h, m, s := seconds/3600, seconds/60%60, seconds%60
	var parts []string
	if h > 0 {
		parts = append(parts, unit(h, "hour"))
	}
	if m > 0 {
		parts = append(parts, unit(m, "minute"))
	}
	if s > 0 || len(parts) == 0 {
		parts = append(parts, unit(s, "second"))
	}
	return strings.Join(parts, " ")
}
