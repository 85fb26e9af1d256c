package store_test

import (
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"tandem/domain"
	"tandem/routing"
	"tandem/store/storetest"
)

// deeds are what can happen; a name that comes twice comes twice as often.
var deeds = []string{
	"arrive", "arrive", "arrive", "arrive", "arrive", "sales", "visit", "unasked", "write", "leave", "reply", "reply", "request",
	"dispose", "dispose", "dispose", "available", "available", "available", "break", "offline", "hand over", "cap", "accept", "accept", "decline",
	"clock", "clock", "clock", "clock", "clock with agent", "clock with agent", "clock with agent", "wrap up", "wrap up", "early clock",
	"hold", "resume", "transfer", "ask", "ask", "ask", "ask", "to queue", "requeue", "take", "next step", "policy", "pair", "pair", "pair",
}

// step does one random thing and checks everything.
func (w *world) step() {
	w.clock.Forward(time.Millisecond)
	w.handed = ""
	deed := evenly(w, "deed", deeds)
	w.trace = append(w.trace, deed)
	w.check(w.do(deed))
}

// do reports whether it must have handed out everything that can be.
func (w *world) do(deed string) bool {
	ctx := w.t.Context()
	agent := evenly(w, "agent", w.f.Agents)
	switch deed {
	case "arrive":
		return w.arrive(w.f.Channel, true)
	case "sales":
		return w.arrive(w.sales, true)
	case "unasked":
		return w.arrive(w.f.Channel, false)
	case "visit":
		v, _, _ := visitorIn(w.t, w.s, w.f)
		w.visitors = append(w.visitors, v)
	case "write":
		if id, is := pick(w, "chat", w.openSMS()); is {
			w.write(id)
		}
	case "leave":
		if v, is := pick(w, "visitor", w.visitors); is {
			require.NoError(w.t, w.s.EndChat(ctx, w.f.Webchat, v.Identity))
		}
	case "available":
		return w.becomes(agent, domain.StatusChange{Status: domain.Available})
	case "break":
		return w.becomes(agent, domain.StatusChange{Status: domain.OnBreak, Reason: "Break"})
	case "offline":
		return w.becomes(agent, domain.StatusChange{Status: domain.Offline})
	case "hand over":
		return w.becomes(agent, domain.StatusChange{Status: domain.Offline, HandOver: true})
	case "cap":
		limit := rapid.IntRange(1, 4).Draw(w.T, "cap")
		_, err := w.s.UpdateUser(ctx, w.f.Admin, agent.User, domain.UserPatch{MaxChats: &limit})
		require.NoError(w.t, err)
		return true
	case "pair":
		customers := w.chatsOf(`select customer_id from chats where account_id = $1`)
		if id, is := pick(w, "customer", customers); is {
			_, err := w.s.SetSticky(ctx, w.f.Supervisor, domain.CustomerID(id), agent.User)
			require.NoError(w.t, err)
		}
	case "policy":
		queue := rapid.SampledFrom([]domain.QueueID{w.f.Queue, w.f.Sales}).Draw(w.T, "queue")
		w.f.SetPolicy(w.t, queue, w.drawPolicy(queue))
	default:
		return w.doWithChat(deed, agent)
	}
	return false
}

const (
	sqlInLine   = `select chat_id from waiting w join chats c on c.id = w.chat_id where w.account_id = $1 and c.customer_left_at is null`
	sqlLeft     = `select c.id from chats c where c.account_id = $1 and c.phase = 'queued' and c.customer_left_at is not null`
	sqlOwned    = `select id from chats where account_id = $1 and owner_id is not null and phase <> 'closed'`
	sqlActive   = `select id from chats where account_id = $1 and phase = 'active' and held_until is null`
	sqlWrapUp   = `select id from chats where account_id = $1 and phase = 'customer_left'`
	sqlOnHold   = `select id from chats where account_id = $1 and phase = 'active' and held_until is not null`
	sqlOffered  = `select chat_id from offers where account_id = $1 and ended_at is null`
	sqlOpen     = `select id from chats where account_id = $1 and phase <> 'closed'`
	sqlOfferTo  = `select user_id from offers where chat_id = $1 and ended_at is null`
	sqlOwner    = `select owner_id from chats where id = $1`
	sqlLastSeq  = `select last_seq from chats where id = $1`
	sqlNewOwner = `select coalesce(owner_id::text, '') from chats where id = $1`
)

// doWithChat does what needs a chat in some state.
func (w *world) doWithChat(deed string, agent domain.Actor) bool {
	from := map[string]string{
		"reply": sqlActive, "request": sqlInLine, "dispose": sqlOwned, "accept": sqlOffered, "decline": sqlOffered, "clock": sqlOpen,
		"early clock": sqlOpen, "clock with agent": sqlActive, "wrap up": sqlWrapUp, "hold": sqlActive, "resume": sqlOnHold, "transfer": sqlActive, "ask": sqlActive, "to queue": sqlActive,
		"requeue": sqlActive, "take": sqlOpen, "next step": sqlInLine,
	}
	if deed == "dispose" {
		w.closeLeft()
	}
	chat, is := pick(w, "chat", w.chatsOf(from[deed]))
	if !is {
		return false
	}
	ctx := w.t.Context()
	switch deed {
	case "reply":
		_, _, err := w.s.PostMessage(ctx, w.owner(chat), chat, domain.NewMessage{ClientID: uuid.NewString(), Text: "yes"})
		require.NoError(w.t, err)
		return false
	case "request":
		_, err := w.s.RequestAgent(ctx, w.f.Account, chat)
		require.NoError(w.t, err)
		return true
	case "dispose":
		return w.dispose(chat)
	case "clock", "clock with agent", "wrap up", "early clock":
		return w.fire(chat, deed != "early clock")
	}
	return w.command(deed, chat, agent)
}

// command runs a person's command; one that comes too late is refused as a conflict and changes nothing.
func (w *world) command(deed string, chat domain.ChatID, agent domain.Actor) bool {
	ctx := w.t.Context()
	var err error
	switch deed {
	case "accept":
		w.handed = chat // its agent was chosen when it was offered
		_, err = w.s.AcceptOffer(ctx, w.offeredTo(chat), chat)
	case "decline":
		_, err = w.s.DeclineOffer(ctx, w.offeredTo(chat), chat, "")
	case "hold":
		_, err = w.s.HoldChat(ctx, w.owner(chat), chat, rapid.SampledFrom([]int{0, 30}).Draw(w.T, "hold"))
	case "resume":
		_, err = w.s.ResumeChat(ctx, w.owner(chat), chat)
	case "transfer", "ask":
		w.handed = chat
		_, err = w.s.TransferChat(ctx, w.owner(chat), chat, domain.Transfer{User: agent.User, Ask: deed == "ask"})
	case "to queue":
		_, err = w.s.TransferChat(ctx, w.owner(chat), chat, domain.Transfer{Queue: w.f.Sales})
	case "requeue":
		_, err = w.s.RequeueChat(ctx, w.owner(chat), chat, "")
	case "take":
		w.handed = chat
		_, err = w.s.TakeChat(ctx, w.f.Supervisor, chat)
	case "next step":
		_, err = w.s.NextStep(ctx, w.f.Supervisor, chat)
	}
	if err != nil {
		require.Equal(w.t, domain.CodeConflict, domain.CodeOf(err), "%s: %v", deed, err)
		return false
	}
	return true
}

func (w *world) actor(id domain.UserID) domain.Actor {
	for _, a := range append([]domain.Actor{w.f.Supervisor}, w.f.Agents...) {
		if a.User == id {
			return a
		}
	}
	w.Fatalf("nobody is %s", id)
	return domain.Actor{}
}

func (w *world) owner(chat domain.ChatID) domain.Actor {
	return w.actor(storetest.Value[domain.UserID](w.t, w.f, sqlOwner, chat))
}

func (w *world) offeredTo(chat domain.ChatID) domain.Actor {
	return w.actor(storetest.Value[domain.UserID](w.t, w.f, sqlOfferTo, chat))
}

// arrive lets one of a dozen customers write, most of them known.
func (w *world) arrive(ch domain.Channel, ask bool) bool {
	in := w.f.Inbound(phone(rapid.IntRange(1, 12).Draw(w.T, "customer")), "hello")
	in.Channel, in.ReceivedAt = ch, w.clock.Now()
	got, err := w.s.ReceiveMessage(w.t.Context(), in)
	require.NoError(w.t, err)
	if !ask {
		return false
	}
	_, err = w.s.RequestAgent(w.t.Context(), w.f.Account, got.Chat)
	require.NoError(w.t, err)
	return got.NewChat
}

func (w *world) openSMS() []domain.ChatID {
	return w.chatsOf(`select c.id from chats c where c.account_id = $1 and c.phase <> 'closed' and c.channel_id = $2`, w.f.Channel.ID)
}

func (w *world) write(chat domain.ChatID) {
	address := storetest.Value[string](w.t, w.f, `select i.address from chats c join identities i on i.id = c.identity_id where c.id = $1`, chat)
	in := w.f.Inbound(address, "more")
	in.ReceivedAt = w.clock.Now()
	_, err := w.s.ReceiveMessage(w.t.Context(), in)
	require.NoError(w.t, err)
}

func (w *world) becomes(a domain.Actor, c domain.StatusChange) bool {
	_, err := w.s.SetStatus(w.t.Context(), a, a.User, c)
	require.NoError(w.t, err)
	// A repeated state changes nothing, so that only the safety net hands out what came meanwhile.
	require.NoError(w.t, w.s.Dispatch(w.t.Context(), w.f.Account))
	return true
}

func (w *world) dispose(chat domain.ChatID) bool {
	got, err := w.s.CloseChat(w.t.Context(), disposed(w.f, chat, storetest.Value[int64](w.t, w.f, sqlLastSeq, chat)))
	require.NoError(w.t, err)
	require.True(w.t, got.Closed)
	_, err = w.s.ReleaseAndPickNext(w.t.Context(), w.f.Account, got.Agent)
	require.NoError(w.t, err)
	return true
}

// closeLeft does what the workflows of customers who left the line do.
func (w *world) closeLeft() {
	for _, chat := range w.chatsOf(sqlLeft) {
		_, err := w.s.CloseChat(w.t.Context(), domain.CloseRequest{
			Account: w.f.Account, Chat: chat, ExpectSeq: storetest.Value[int64](w.t, w.f, sqlLastSeq, chat), Outcome: domain.OutcomeAbandoned,
		})
		require.NoError(w.t, err)
	}
	require.NoError(w.t, w.s.Dispatch(w.t.Context(), w.f.Account))
}

// fire lets a chat's soonest clock come, or fires it before its time.
func (w *world) fire(chat domain.ChatID, due bool) bool {
	st, seq, err := w.s.Standing(w.t.Context(), w.f.Account, chat)
	require.NoError(w.t, err)
	clocks := routing.Clocks(st, nil)
	if len(clocks) == 0 {
		return false
	}
	c := clocks[0]
	w.trace[len(w.trace)-1] += " " + string(c.Kind)
	early := c.At.After(w.clock.Now().Add(time.Second))
	if due {
		w.clock.To(c.At)
	}
	fired, err := w.s.FireClock(w.t.Context(), domain.FireRequest{Account: w.f.Account, Chat: chat, Clock: c, ExpectSeq: seq})
	require.NoError(w.t, err)
	require.Equal(w.t, !due && early, fired.Newer, "%s at %s", c.Kind, c.At)
	return !fired.Newer
}
