package store

import (
	"context"
	"fmt"
	"time"

	"tandem/domain"
	"tandem/routing"
)

var (
	resumeLeg = define("a held chat takes a slot again", `update assignments set held = false where chat_id = @chat and ended_at is null`)
	// The customer wasn't silent while the chat rested: their time starts anew.
	resumeChat = define("a held chat returns", `
update chats set held_until = null, answered_at = case when answered_at is not null then @now::timestamptz end where id = @chat`)
)

// fireHold ends a hold whose time is over: the owner has the chat back if there is room for it. An owner without room is
// waited for as the customer's own agent is, one who has gone isn't.
func (t *tx) fireHold(ctx context.Context, f *firing) error {
	c := &f.chat
	rows, err := many[agentRow](ctx, t, agentByID, args{"user": f.standing.Owner, "account": t.account, "now": t.now})
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return errNoChat()
	}
	owner := rows[0].agent()
	gone := owner.Disabled || owner.Status == domain.Offline
	if !gone && roomToResume(owner, c.ChannelType, f.standing.settings) {
		return t.endHold(ctx, c, domain.Actor{}, "The hold is over: the chat is back with "+owner.Name+".")
	}
	r := requeueing{
		Front: true, Fact: domain.FactChatRequeued, Kind: domain.StoryRequeued, EndReason: "hold_ended",
		Sticky: owner.ID, StickyUntil: t.now.Add(time.Duration(f.standing.settings.Sticky.WaitSeconds) * time.Second),
		Text: fmt.Sprintf("The hold is over and %s has no room: the chat waits at the front of %s.", owner.Name, c.QueueName),
	}
	if gone {
		r.Sticky = ""
		r.Text = fmt.Sprintf("The hold is over and %s has gone: the chat waits at the front of %s.", owner.Name, c.QueueName)
	}
	r.Line = r.Text
	return t.requeue(ctx, c, r)
}

// roomToResume reports whether a held chat fits under its owner's caps again, or may go one over by setting.
func roomToResume(owner routing.Agent, typ domain.ChannelType, s routing.Settings) bool {
	over := 0
	if s.ResumeOverCap {
		over = 1
	}
	most, _ := owner.Cap(s)
	if owner.Slots.Total >= most+over {
		return false
	}
	of := s.Caps.PerChannel[typ]
	return of <= 0 || owner.Slots.PerChannel[typ] < of+over
}

// endHold gives a locked, held chat back to its owner, who has room for it. actor is who ended the hold, zero when its
// time was over.
func (t *tx) endHold(ctx context.Context, c *chatRow, actor domain.Actor, text string) error {
	t.later(resumeLeg, args{"chat": c.ID})
	t.later(resumeChat, args{"now": t.now, "chat": c.ID})
	t.touch(c.owner())
	if err := t.refresh(ctx, c); err != nil {
		return err
	}
	fact := domain.Fact{Kind: domain.FactChatResumed, Agent: c.owner(), AgentName: c.ownerName(), Detail: text}
	if err := t.happen(c, fact, text); err != nil {
		return err
	}
	err := t.story(decision{
		Chat: c.ID, Kind: domain.StoryResumed, Queue: c.QueueID, User: c.owner(), Actor: actor.User, Version: c.PolicyVersion, Text: text,
	})
	if err != nil {
		return err
	}
	return t.emit(domain.EventChatUpdated, c.ID, domain.ChatEventData{Chat: c.view()}, c.staff(), audienceQueue(c.QueueID))
}
