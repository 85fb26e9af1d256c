package store

import (
	"slices"
	"strings"
	"time"

	"tandem/domain"
	"tandem/routing"
)

// chatColumns and chatJoins make a chatRow; the chat is c. What few chats have (an offer, colleagues, names for the steps of
// a chat in line) is looked up only for those, inside the one statement.
const (
	chatColumns = `c.id, c.phase, c.outcome, c.channel_id, ch.key as channel_key, ch.type as channel_type,
  ch.name as channel_name, ch.provider, c.identity_id, i.address, c.customer_id, cu.name as customer_name,
  c.queue_id, q.name as queue_name, coalesce(li.priority, q.priority) as priority, c.owner_id, o.name as owner_name,
  c.unread, c.last_side, c.last_text, c.last_message_at, c.last_seq, c.read_seq, c.waiting_since, c.created_at, c.queued_at, c.assigned_at,
  c.customer_left_at, c.closed_at, c.disposition_id, d.name as disposition_name, c.note,
  c.policy_version, c.replied_at, c.reply_steps, c.answered_at, c.silence_steps, c.held_until,
  case when c.phase <> 'closed' and c.policy_version > 0 then (
    select po.body from policies po
    where po.account_id = c.account_id and po.subject = c.policy_queue::text and po.version = c.policy_version) end as policy,
  case when c.phase = 'queued' then (
    select jsonb_object_agg(nq.id, nq.name) from queues nq where nq.account_id = current_setting('tandem.account', true)) end as queue_names,
  li.queue_ids as line_queues, li.joined_at, coalesce(li.barred, '') as barred, coalesce(li.steps, 0) as steps, coalesce(li.told, false) as told,
  li.sticky_user_id, li.sticky_until,
  case when li.sticky_user_id is not null then (select su.name from users su where su.id = li.sticky_user_id) end as sticky_name,
  case when c.phase <> 'closed' then (
    select jsonb_build_object('id', oo.id, 'agent', jsonb_build_object('id', ou.id, 'name', ou.name), 'expires_at', oo.expires_at,
      'from', case when fr.id is not null then jsonb_build_object('id', fr.id, 'name', fr.name) end, 'note', oo.note)
    from offers oo join users ou on ou.id = oo.user_id left join users fr on fr.id = oo.from_id
    where oo.chat_id = c.id and oo.ended_at is null) end as offer,
  (select jsonb_agg(jsonb_build_object('id', mu.id, 'name', mu.name) order by cm.joined_at, mu.id)
    from chat_members cm join users mu on mu.id = cm.user_id where cm.chat_id = c.id) as members,
  c.next_disposition_id, c.next_note,
  case when c.next_disposition_id is not null then (
    select nd.name from dispositions nd where nd.id = c.next_disposition_id) end as next_disposition_name`
	chatJoins = `join channels ch on ch.id = c.channel_id join identities i on i.id = c.identity_id
  join customers cu on cu.id = c.customer_id join queues q on q.id = c.queue_id
  left join users o on o.id = c.owner_id left join dispositions d on d.id = c.disposition_id
  left join waiting li on li.chat_id = c.id`
)

// chatRow is a chat with the names of everything it points to.
type chatRow struct {
	ID              domain.ChatID
	Phase           domain.Phase
	Outcome         domain.Outcome
	ChannelID       domain.ChannelID
	ChannelKey      string
	ChannelType     domain.ChannelType
	ChannelName     string
	Provider        string
	IdentityID      domain.IdentityID
	Address         string
	CustomerID      domain.CustomerID
	CustomerName    string
	QueueID         domain.QueueID
	QueueName       string
	Priority        int // in line; its queue's when it isn't in line
	OwnerID         *domain.UserID
	OwnerName       *string
	Unread          int
	LastSide        *domain.Side
	LastText        *string
	LastMessageAt   *time.Time
	LastSeq         int64
	ReadSeq         int64
	WaitingSince    *time.Time
	CreatedAt       time.Time
	QueuedAt        time.Time
	AssignedAt      *time.Time
	CustomerLeftAt  *time.Time
	ClosedAt        *time.Time
	DispositionID   *domain.DispositionID
	DispositionName *string
	Note            string

	// PolicyVersion names the rules the chat lives under; Policy is nil for the default ones and for a closed chat.
	PolicyVersion int
	Policy        *routing.Policy
	// QueueNames are the account's, for a chat in line.
	QueueNames   map[domain.QueueID]string
	RepliedAt    *time.Time
	ReplySteps   int
	AnsweredAt   *time.Time
	SilenceSteps int
	HeldUntil    *time.Time
	// The chat's place in line; LineQueues and JoinedAt are nil for a chat that isn't in line.
	LineQueues   []domain.QueueID
	JoinedAt     *time.Time
	Barred       routing.ClockKind
	Steps        int
	Told         bool
	StickyUserID *domain.UserID
	StickyUntil  *time.Time
	StickyName   *string
	Offer        *domain.OfferView
	Members      []domain.UserRef

	NextDispositionID   *domain.DispositionID
	NextDispositionName *string
	NextNote            string
}

// policy gives the rules the chat lives under.
func (r chatRow) policy() routing.Policy {
	if r.Policy == nil {
		return routing.DefaultPolicy()
	}
	return *r.Policy
}

// joined reports whether a user joined the chat beside its owner.
func (r chatRow) joined(user domain.UserID) bool {
	return slices.ContainsFunc(r.Members, func(m domain.UserRef) bool { return m.ID == user })
}

// clocks lists the chat's deadlines, the soonest first; never nil.
func (r chatRow) clocks() []domain.Deadline {
	if r.Phase == domain.PhaseClosed {
		return []domain.Deadline{}
	}
	s := routing.Standing{
		Phase: r.Phase, ChannelType: r.ChannelType, Queue: r.QueueID, QueueName: r.QueueName, Policy: r.policy(),
		QueueNames: r.QueueNames, QueuedAt: r.QueuedAt, JoinedAt: r.QueuedAt, Barred: r.Barred, Steps: r.Steps, Told: r.Told,
		StickyAgent: or(r.StickyUserID), StickyName: or(r.StickyName), StickyUntil: or(r.StickyUntil),
		Owner: r.owner(), OwnerName: r.ownerName(), AssignedAt: or(r.AssignedAt), RepliedAt: or(r.RepliedAt), ReplySteps: r.ReplySteps,
		AnsweredAt: or(r.AnsweredAt), SilenceSteps: r.SilenceSteps, HeldUntil: or(r.HeldUntil), LeftAt: or(r.CustomerLeftAt),
	}
	if r.JoinedAt != nil {
		s.JoinedAt = *r.JoinedAt
	}
	if o := r.Offer; o != nil {
		s.Offer = &routing.Offer{ID: o.ID, Agent: o.Agent.ID, AgentName: o.Agent.Name, ExpiresAt: o.ExpiresAt}
		if o.From != nil {
			s.Offer.From, s.Offer.FromName = o.From.ID, o.From.Name
		}
	}
	clocks := routing.Clocks(s, nil)
	if clocks == nil {
		return []domain.Deadline{}
	}
	return clocks
}

// owner gives the owner's id, empty when nobody owns the chat.
func (r chatRow) owner() domain.UserID {
	if r.OwnerID == nil {
		return ""
	}
	return *r.OwnerID
}

// ownerName gives the owner's name, empty when nobody owns the chat.
func (r chatRow) ownerName() string {
	if r.OwnerName == nil {
		return ""
	}
	return *r.OwnerName
}

// needsProvider reports whether an agent's message must be carried by a provider.
func (r chatRow) needsProvider() bool { return domain.Channel{Provider: r.Provider}.NeedsProvider() }

// staff is who of the account must see what happens in the chat: its owner, or while it is in line its queue.
func (r chatRow) staff() string {
	if r.OwnerID != nil {
		return audienceUser(*r.OwnerID)
	}
	return audienceQueue(r.QueueID)
}

// visitors is the audience of the customer's own screen: one on a web chat, none elsewhere.
func (r chatRow) visitors() []string {
	if r.ChannelType != domain.ChannelWebchat {
		return nil
	}
	return []string{audienceVisitor(r.IdentityID)}
}

// sendHint tells the workflow which provider carries an agent's message; nil when none does.
func (r chatRow) sendHint() *domain.SendHint {
	if !r.needsProvider() {
		return nil
	}
	return &domain.SendHint{Provider: r.Provider, ChannelType: r.ChannelType}
}

// unnamedVisitor stands for the customer of a web chat who hasn't told a name: their address is a random word.
const unnamedVisitor = "Visitor"

func (r chatRow) bestName() string {
	switch {
	case strings.TrimSpace(r.CustomerName) != "":
		return r.CustomerName
	case r.ChannelType == domain.ChannelWebchat:
		return unnamedVisitor
	default:
		return r.Address
	}
}

// view gives the chat as staff see it.
func (r chatRow) view() domain.ChatView {
	name := r.bestName()
	v := domain.ChatView{
		ID: r.ID, Phase: r.Phase, Outcome: r.Outcome,
		Channel:  domain.ChannelRef{ID: r.ChannelID, Key: r.ChannelKey, Type: r.ChannelType, Name: r.ChannelName},
		Customer: domain.CustomerRef{ID: r.CustomerID, Name: name, Initial: domain.Initial(name), Address: r.Address},
		Queue:    &domain.QueueRef{ID: r.QueueID, Name: r.QueueName},
		Unread:   r.Unread, LastSeq: r.LastSeq, ReadSeq: r.ReadSeq, WaitingSince: r.WaitingSince,
		CreatedAt: r.CreatedAt, QueuedAt: r.QueuedAt, AssignedAt: r.AssignedAt, CustomerLeftAt: r.CustomerLeftAt,
		ClosedAt: r.ClosedAt, Note: r.Note, Clocks: r.clocks(), Offer: r.Offer, HeldUntil: r.HeldUntil, Members: r.Members,
		NextNote: r.NextNote,
	}
	if v.Members == nil {
		v.Members = []domain.UserRef{}
	}
	if r.OwnerID != nil && r.joined(*r.OwnerID) { // who got a chat they had joined
		v.Members = slices.DeleteFunc(slices.Clone(v.Members), func(m domain.UserRef) bool { return m.ID == *r.OwnerID })
	}
	if r.StickyUserID != nil && r.StickyUntil != nil {
		v.Sticky = &domain.StickyView{User: domain.UserRef{ID: *r.StickyUserID, Name: or(r.StickyName)}, Until: *r.StickyUntil}
	}
	if r.NextDispositionID != nil && r.Phase.Open() {
		v.NextDisposition = &domain.DispositionRef{ID: *r.NextDispositionID, Name: or(r.NextDispositionName)}
	}
	if r.OwnerID != nil {
		v.Owner = &domain.UserRef{ID: *r.OwnerID, Name: r.ownerName()}
	}
	if r.DispositionID != nil && r.DispositionName != nil {
		v.Disposition = &domain.DispositionRef{ID: *r.DispositionID, Name: *r.DispositionName}
	}
	if r.LastSide != nil && r.LastText != nil && r.LastMessageAt != nil {
		v.LastMessage = &domain.LastMessage{Side: *r.LastSide, Text: *r.LastText, At: *r.LastMessageAt}
	}
	return v
}

// visitorView gives the chat as its customer may see it: without what colleagues note about them.
func (r chatRow) visitorView() domain.ChatView {
	v := r.view()
	v.Unread, v.ReadSeq, v.WaitingSince, v.Disposition, v.Note, v.Queue, v.Outcome = 0, 0, nil, nil, "", nil, ""
	v.Clocks, v.Sticky, v.Offer, v.HeldUntil, v.Members = []domain.Deadline{}, nil, nil, nil, []domain.UserRef{}
	v.Position, v.NextDisposition, v.NextNote = 0, nil, ""
	return v
}

// views gives the rows as staff see them; never nil, so that a list is [] in JSON.
func views(rows []chatRow) []domain.ChatView {
	all := make([]domain.ChatView, len(rows))
	for i, r := range rows {
		all[i] = r.view()
	}
	return all
}

// maxPreviewRunes is the length of the preview in a list of chats.
const maxPreviewRunes = 160

// preview gives the start of a text for a list.
func preview(text string, attachments []domain.Attachment) string {
	if strings.TrimSpace(text) == "" && len(attachments) > 0 {
		text = "[file]"
		if attachments[0].Name != "" {
			text = "[" + attachments[0].Name + "]"
		}
	}
	n := 0
	for at := range text {
		if n == maxPreviewRunes {
			return text[:at]
		}
		n++
	}
	return text
}

// messageColumns and messageJoins make a messageRow; the message is m.
const (
	messageColumns = `m.id, m.chat_id, m.seq, m.side, m.kind, m.text, m.attachments, m.status, m.error_code, m.error_text,
  m.provider_id, m.client_id, m.author_id, au.name as author_name, m.created_at`
	messageJoins = `left join users au on au.id = m.author_id`
)

// messageRow is a message with its author's name.
type messageRow struct {
	ID          domain.MessageID
	ChatID      domain.ChatID
	Seq         int64
	Side        domain.Side
	Kind        domain.Kind
	Text        string
	Attachments []domain.Attachment
	Status      domain.Status
	ErrorCode   string
	ErrorText   string
	ProviderID  *string
	ClientID    *string
	AuthorID    *domain.UserID
	AuthorName  *string
	CreatedAt   time.Time
}

// view gives the message as screens show it. A reason is kept for ever and shown while it matters: a message that was
// delivered after all isn't presented as failed.
func (r messageRow) view() domain.Message {
	m := domain.Message{
		ID: r.ID, ChatID: r.ChatID, Seq: r.Seq, Side: r.Side, Kind: r.Kind, Text: r.Text, Status: r.Status,
		Attachments: r.Attachments, CreatedAt: r.CreatedAt,
	}
	if m.Attachments == nil {
		m.Attachments = []domain.Attachment{}
	}
	switch {
	case r.ClientID != nil:
		m.ClientID = *r.ClientID
	case r.ProviderID != nil:
		m.ClientID = visitorClientID(*r.ProviderID)
	}
	if r.AuthorID != nil && r.AuthorName != nil {
		m.Author = &domain.UserRef{ID: *r.AuthorID, Name: *r.AuthorName}
	}
	if r.ErrorCode != "" && (r.Status == domain.StatusFailed || r.Status == domain.StatusUnknown) {
		m.Error = &domain.MessageError{Code: r.ErrorCode, Text: r.ErrorText}
	}
	return m
}

func messageViews(rows []messageRow) []domain.Message {
	all := make([]domain.Message, len(rows))
	for i, r := range rows {
		all[i] = r.view()
	}
	return all
}

// visitorClientID finds the widget's own id in the dedupe key the api builds, "visitor:<identity>:<client id>", so that
// every tab of the visitor recognises the message. Empty for messages of other channels.
func visitorClientID(providerID string) string {
	rest, ok := strings.CutPrefix(providerID, "visitor:")
	if !ok {
		return ""
	}
	_, clientID, _ := strings.Cut(rest, ":")
	return clientID
}
