package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/domain"
	"tandem/routing"
)

// clockSlack is how early a clock may be fired: the engine's clock and ours needn't agree to the millisecond.
const clockSlack = 50 * time.Millisecond

// firing is a chat whose clock has come.
type firing struct {
	chat     chatRow
	standing standing
	clock    routing.Clock
	// actor is the supervisor who doesn't wait for the clock; zero when it is due.
	actor domain.Actor
	// considered are the agents who could have had the waiting chat before, and why none of them did.
	considered []domain.Considered
	more       int
}

// FireClock does what a clock of a chat is for, if the clock is still among the chat's and due, and, for a clock about the
// conversation, nothing newer has been said than ExpectSeq. Otherwise it changes nothing and answers Newer with how the
// chat stands. So it may be called twice: the second time the clock is gone; effects of a step are given again then, since
// nobody knows whether they were done. CodeNotFound when there is no such chat.
func (s *Store) FireClock(ctx context.Context, r domain.FireRequest) (routing.Fired, error) {
	if _, err := uuid.Parse(string(r.Chat)); err != nil {
		return routing.Fired{}, errNoChat()
	}
	var fired routing.Fired
	err := s.inAccount(ctx, r.Account, func(t *tx) error {
		if err := t.lockDispatch(ctx); err != nil {
			return err
		}
		f, err := t.firing(ctx, r)
		if err != nil {
			return err
		}
		fired = routing.Fired{LastSeq: f.standing.lastSeq, Standing: f.standing.Standing}
		if !f.due(t.now, r.ExpectSeq) {
			fired.Effects, err = t.effectsOf(ctx, r)
			fired.Newer = len(fired.Effects) == 0
			return err
		}
		if fired.Effects, err = t.fire(ctx, f); err != nil {
			return err
		}
		if _, err := t.dispatch(ctx); err != nil {
			return err
		}
		if err := t.showFired(ctx, f); err != nil {
			return err
		}
		after, err := t.standing(ctx, r.Chat)
		fired.LastSeq, fired.Standing = after.lastSeq, after.Standing
		return err
	})
	if err != nil {
		return routing.Fired{}, fmt.Errorf("firing the clock %s: %w", r.Clock.Kind, err)
	}
	return fired, nil
}

// showFired shows an open chat anew after one of its clocks has acted: the countdown on screens is another one now.
func (t *tx) showFired(ctx context.Context, f *firing) error {
	if err := t.refresh(ctx, &f.chat); err != nil || !f.chat.Phase.Open() {
		return err
	}
	return t.emitUpdated(&f.chat)
}

// firing locks the chat and reads how it stands.
func (t *tx) firing(ctx context.Context, r domain.FireRequest) (*firing, error) {
	c, err := t.lockedChat(ctx, r.Chat)
	if err != nil {
		return nil, err
	}
	st, err := t.standing(ctx, r.Chat)
	return &firing{chat: c, standing: st, clock: r.Clock}, err
}

// due reports whether the clock is still one of the chat's and its time has come.
func (f *firing) due(now time.Time, expectSeq int64) bool {
	if routing.AboutConversation(f.clock.Kind) && f.standing.lastSeq != expectSeq {
		return false
	}
	i := slices.IndexFunc(f.standing.clocks(), func(c routing.Clock) bool { return c.Kind == f.clock.Kind && c.Step == f.clock.Step })
	if i < 0 {
		return false
	}
	f.clock = f.standing.clocks()[i]
	return !f.clock.At.After(now.Add(clockSlack))
}

// fire does what the clock is for. What it queued is written by the dispatch that follows.
func (t *tx) fire(ctx context.Context, f *firing) ([]routing.Effect, error) {
	if err := t.consider(ctx, f); err != nil {
		return nil, err
	}
	switch f.clock.Kind {
	case routing.ClockOverflow:
		return t.fireOverflow(ctx, f)
	case routing.ClockClosed, routing.ClockStep:
		return t.takeStep(ctx, f)
	case routing.ClockSticky:
		return nil, t.fireSticky(f)
	case routing.ClockMaxWait:
		return nil, t.fireMaxWait(ctx, f)
	case routing.ClockOffer:
		return nil, t.fireOffer(ctx, f)
	case routing.ClockReply:
		return nil, t.fireReply(ctx, f)
	case routing.ClockSilence:
		return nil, t.fireSilence(ctx, f)
	case routing.ClockHold:
		return nil, t.fireHold(ctx, f)
	case routing.ClockWrapUp:
		return nil, t.fireWrapUp(ctx, f)
	case routing.ClockTellPlace:
		return nil, t.fireTellPlace(ctx, f)
	default:
		return nil, domain.Invalid("clock", "there is no clock %s", f.clock.Kind)
	}
}

// key names the clock in the story.
func (f *firing) key() string { return clockKey(f.clock) }

func clockKey(c routing.Clock) string {
	return fmt.Sprintf("%s/%d/%s", c.Kind, c.Step, c.At.UTC().Format(time.RFC3339Nano))
}

// tells gives a decision about the chat with what every decision of its clock has.
func (f *firing) tells(kind domain.StoryKind, text string) decision {
	return decision{
		Chat: f.chat.ID, Kind: kind, Queue: f.chat.QueueID, Actor: f.actor.User, Version: f.standing.PolicyVersion, Text: text,
		Clock: f.key(), Considered: f.considered, More: f.more,
	}
}

var effectsOfClock = define("effects of a clock that was fired", `
select detail from routing_events where chat_id = @chat and account_id = @account and detail->>'clock' = @clock and detail ? 'effects'
order by id limit 1`)

// effectsOf gives the effects of a clock that acted before; nil when it has none.
func (t *tx) effectsOf(ctx context.Context, r domain.FireRequest) ([]routing.Effect, error) {
	detail, err := value[storyDetail](ctx, t, effectsOfClock, args{"chat": r.Chat, "account": t.account, "clock": clockKey(r.Clock)})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return detail.Effects, err
}

var (
	markTold = define("the customer has learned their place", `update waiting set told = true where chat_id = @chat`)
	markStep = define("a first-reply or silence step was taken", `
update chats set reply_steps = @replies, silence_steps = @silences where id = @chat`)
	countAsGone = define("a silent customer counts as gone", `
update chats set phase = 'customer_left', customer_left_at = @now where id = @chat`)
	supervisors = define("supervisors of the account", `
select id from users where account_id = @account and disabled_at is null and role = any(@roles) order by id`)
	chosenEnd = define("disposition chosen for a chat's end", `
select coalesce(next_disposition_id::text, '') as disposition, next_note as note from chats where id = @chat`)
)

func (t *tx) fireSticky(f *firing) error {
	c, agent := &f.chat, domain.UserRef{ID: f.standing.StickyAgent, Name: f.standing.StickyName}
	t.later(endStickyWait, args{"chat": c.ID})
	text := fmt.Sprintf("%s stayed busy: whoever is free may take the chat now.", agent.Name)
	if f.actor.User != "" {
		text = fmt.Sprintf("%s ended the wait for %s: whoever is free may take the chat now.", f.actor.Name, agent.Name)
	}
	return t.stickyEnded(c, agent, f.tells(domain.StoryStickyEnded, text))
}

func (t *tx) fireMaxWait(ctx context.Context, f *firing) error {
	text := fmt.Sprintf("Nobody was free within %s: the wait ended.", spoken(f.standing.Policy.MaxWaitSeconds))
	if err := t.story(f.tells(domain.StoryTimedOut, text)); err != nil {
		return err
	}
	if err := t.automaticText(&f.chat, f.standing.Policy.TimedOutText); err != nil {
		return err
	}
	return t.finish(ctx, &f.chat, domain.CloseRequest{Outcome: domain.OutcomeTimedOut}, text)
}

func (t *tx) fireOffer(ctx context.Context, f *firing) error {
	o, err := t.openOffer(ctx, f.chat.ID)
	if err != nil || o == nil {
		return err
	}
	t.later(countMiss, args{"user": o.UserID})
	return t.notTaken(ctx, &f.chat, *o, offerMissed, domain.StoryMissed, o.UserName+" didn't answer the offer in time.")
}

func (t *tx) fireReply(ctx context.Context, f *firing) error {
	st, c := f.standing, &f.chat
	step := st.Policy.FirstReply[st.ReplySteps]
	since := spoken(step.AfterSeconds)
	t.later(markStep, args{"replies": st.ReplySteps + 1, "silences": st.SilenceSteps, "chat": c.ID})
	switch step.Action {
	case routing.ReplyRemind:
		if err := t.notice(st.Owner, c.ID, fmt.Sprintf("%s has waited %s for your first reply.", c.bestName(), since)); err != nil {
			return err
		}
		return t.story(f.tells(domain.StoryReminded, fmt.Sprintf("%s hadn't answered within %s and was reminded.", st.OwnerName, since)))
	case routing.ReplyNotify:
		if err := t.noticeSupervisors(ctx, c.ID, fmt.Sprintf("%s hasn't answered %s for %s.", st.OwnerName, c.bestName(), since)); err != nil {
			return err
		}
		return t.story(f.tells(domain.StoryNotified, fmt.Sprintf("%s hadn't answered within %s: the supervisors were told.", st.OwnerName, since)))
	case routing.ReplyRequeue:
		text := fmt.Sprintf("%s hadn't answered within %s: the chat is back at the front of %s.", st.OwnerName, since, c.QueueName)
		return t.requeue(ctx, c, requeueing{
			Front: true, PassedBy: st.Owner, Fact: domain.FactChatRequeued, Kind: domain.StoryRequeued, EndReason: "no_reply",
			Line: text, Text: text,
		})
	default:
		return domain.Invalid("clock", "there is no first-reply action %s", step.Action)
	}
}

func (t *tx) noticeSupervisors(ctx context.Context, chat domain.ChatID, text string) error {
	var roles []string
	for _, r := range domain.Roles() {
		if r.Supervises() {
			roles = append(roles, string(r))
		}
	}
	rows, err := t.Query(ctx, string(supervisors), args{"account": t.account, "roles": roles})
	if err != nil {
		return err
	}
	users, err := pgx.CollectRows(rows, pgx.RowTo[domain.UserID])
	if err != nil {
		return err
	}
	for _, u := range users {
		if err := t.notice(u, chat, text); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) fireSilence(ctx context.Context, f *firing) error {
	st, c := f.standing, &f.chat
	step := st.Policy.Silence[st.SilenceSteps]
	t.later(markStep, args{"replies": st.ReplySteps, "silences": st.SilenceSteps + 1, "chat": c.ID})
	if err := t.automaticText(c, step.Text); err != nil {
		return err
	}
	since := spoken(step.AfterSeconds)
	if step.Action == routing.SilenceWarn {
		return t.story(f.tells(domain.StorySilenceWarn, fmt.Sprintf("The customer was silent for %s and was warned.", since)))
	}
	text := fmt.Sprintf("The customer was silent for %s and counts as gone.", since)
	if err := t.story(f.tells(domain.StorySilenceEnd, text)); err != nil {
		return err
	}
	t.later(countAsGone, args{"now": t.now, "chat": c.ID})
	if err := t.refresh(ctx, c); err != nil {
		return err
	}
	if err := t.happen(c, domain.Fact{Kind: domain.FactCustomerLeft, Detail: string(routing.ClockSilence)}, text); err != nil {
		return err
	}
	if err := t.emit(domain.EventChatUpdated, c.ID, domain.ChatEventData{Chat: c.view()}, c.staff()); err != nil {
		return err
	}
	return t.emit(domain.EventChatUpdated, c.ID, domain.ChatEventData{Chat: c.visitorView()}, c.visitors()...)
}

// chosen is the disposition an agent chose before the chat's end.
type chosen struct {
	Disposition domain.DispositionID
	Note        string
}

func (t *tx) fireWrapUp(ctx context.Context, f *firing) error {
	c := &f.chat
	end, err := one[chosen](ctx, t, chosenEnd, args{"chat": c.ID})
	if err != nil {
		return err
	}
	how := "the one chosen before"
	if end.Disposition == "" {
		end.Disposition, how = f.standing.Policy.WrapUp.Disposition, "the queue's usual one"
	}
	r := domain.CloseRequest{Outcome: domain.OutcomeDisposed, Note: end.Note}
	text := fmt.Sprintf("The wrap-up ended after %s: disposed without a disposition.", spoken(f.standing.Policy.WrapUp.Seconds))
	if end.Disposition != "" {
		// A disposition that was taken out of use meanwhile doesn't keep the chat open.
		name, err := value[string](ctx, t, dispositionName, args{"disposition": end.Disposition, "account": t.account})
		switch {
		case err == nil:
			r.Disposition = end.Disposition
			text = fmt.Sprintf("The wrap-up ended after %s: disposed as %s, %s.", spoken(f.standing.Policy.WrapUp.Seconds), name, how)
		case !errors.Is(err, pgx.ErrNoRows):
			return err
		}
	}
	if err := t.story(f.tells(domain.StoryWrapUpEnded, text)); err != nil {
		return err
	}
	return t.finish(ctx, c, r, text)
}

func (t *tx) fireTellPlace(ctx context.Context, f *firing) error {
	c := &f.chat
	// Who needn't wait isn't told about waiting.
	if _, err := t.dispatch(ctx); err != nil {
		return err
	}
	if err := t.refresh(ctx, c); err != nil || c.Phase != domain.PhaseQueued {
		return err
	}
	position, err := value[int](ctx, t, placeInLine, args{"chat": c.ID, "account": t.account})
	if err != nil {
		return err
	}
	t.later(markTold, args{"chat": c.ID})
	if position == 0 {
		return nil
	}
	wait, _, err := t.estimatedWait(ctx, c.QueueID, position)
	if err != nil {
		return err
	}
	if err := t.automaticText(c, routing.PlaceText(f.standing.Policy.TellPosition, position, wait)); err != nil {
		return err
	}
	return t.story(f.tells(domain.StoryTold, fmt.Sprintf("The customer was told their place in line: %d.", position)))
}
