package store

import (
	"context"
	"fmt"
	"time"

	"tandem/domain"
	"tandem/routing"
)

var (
	holdChat = define("hold a chat", `update chats set held_until = @until where id = @chat`)
	holdLeg  = define("a held chat takes no slot", `update assignments set held = true where chat_id = @chat and ended_at is null`)
)

// HoldChat puts an active chat aside until so many seconds from now, at most as long as its queue allows; 0 means as long
// as that. Meanwhile it takes no slot of its owner and its clocks stand still. A held chat stays as it is. CodeConflict
// not_owner names the owner; customer_left and chat_closed say that it's too late.
func (s *Store) HoldChat(ctx context.Context, a domain.Actor, id domain.ChatID, seconds int) (domain.ChatView, error) {
	if seconds < 0 {
		return domain.ChatView{}, domain.Invalid("seconds", "seconds must not be negative")
	}
	return s.command(ctx, a, id, "holding a chat", func(t *tx, c *chatRow) error {
		if err := mayHold(a, c); err != nil || c.HeldUntil != nil {
			return err
		}
		longest := time.Duration(c.policy().HoldSeconds) * time.Second
		if longest == 0 {
			longest = routing.DefaultHold
		}
		hold := longest
		switch {
		case seconds > int(longest.Seconds()):
			return domain.Invalid("seconds", "a chat of %s may be held for %s at most", c.QueueName, spoken(int(longest.Seconds())))
		case seconds > 0:
			hold = time.Duration(seconds) * time.Second
		}
		return t.hold(ctx, a, c, t.now.Add(hold))
	})
}

func mayHold(a domain.Actor, c *chatRow) error {
	if c.Phase.Open() && c.OwnerID == nil {
		return errNotOwner(c)
	}
	return mayMove(a, c)
}

func (t *tx) hold(ctx context.Context, a domain.Actor, c *chatRow, until time.Time) error {
	settings, _, err := t.settings(ctx)
	if err != nil {
		return err
	}
	t.later(holdChat, args{"until": until, "chat": c.ID})
	t.later(holdLeg, args{"chat": c.ID})
	t.later(agentIdle, args{"now": t.now, "user": c.owner()})
	text := fmt.Sprintf("%s put the chat on hold until %s.", a.Name, until.In(routing.ZoneOf(settings.Zone)).Format("2 January 15:04"))
	if err := t.refresh(ctx, c); err != nil {
		return err
	}
	fact := domain.Fact{Kind: domain.FactChatHeld, Agent: c.owner(), AgentName: c.ownerName(), Detail: text}
	if err := t.happen(c, fact, text); err != nil {
		return err
	}
	t.touch(c.owner())
	err = t.story(decision{
		Chat: c.ID, Kind: domain.StoryHeld, Queue: c.QueueID, User: c.owner(), Actor: a.User, Version: c.PolicyVersion, Text: text,
	})
	if err != nil {
		return err
	}
	if err := t.emitUpdated(c); err != nil {
		return err
	}
	return t.auditCommand(a, c, c.owner(), "chat.held", map[string]any{"until": until})
}

// ResumeChat takes a held chat back before its time. It needs a slot of its owner again; by setting it may put them one
// over their cap, else CodeConflict no_slot says which cap is full. A chat that isn't held stays as it is.
func (s *Store) ResumeChat(ctx context.Context, a domain.Actor, id domain.ChatID) (domain.ChatView, error) {
	return s.command(ctx, a, id, "resuming a chat", func(t *tx, c *chatRow) error {
		if err := mayHold(a, c); err != nil || c.HeldUntil == nil {
			return err
		}
		settings, _, err := t.settings(ctx)
		if err != nil {
			return err
		}
		rows, err := many[agentRow](ctx, t, agentByID, args{"user": c.owner(), "account": t.account, "now": t.now})
		if err != nil || len(rows) == 0 {
			return err
		}
		if owner := rows[0].agent(); !roomToResume(owner, c.ChannelType, settings) {
			return errNoSlot(owner, settings)
		}
		if err := t.endHold(ctx, c, a, a.Name+" took the chat back from hold."); err != nil {
			return err
		}
		return t.auditCommand(a, c, c.owner(), "chat.resumed", map[string]any{})
	})
}

func errNoSlot(agent routing.Agent, s routing.Settings) error {
	return domain.E(domain.CodeConflict, "%s has %d chats already (%s is full); end, hold or transfer one first",
		agent.Name, agent.Slots.Total, agent.Full(s)).Because("no_slot")
}
