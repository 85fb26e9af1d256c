package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tandem/domain"
)

// WidgetSessionRequest begins or resumes a visitor's session.
type WidgetSessionRequest struct {
	Token string `json:"token,omitempty" maxLength:"2000" doc:"What an earlier answer gave; a token that no longer holds begins anew"`
	Name  string `json:"name,omitempty" maxLength:"100"`
}

// WidgetSession is all a widget needs to show itself.
type WidgetSession struct {
	Token        string            `json:"token"`
	VisitorID    domain.IdentityID `json:"visitor_id"`
	CustomerName string            `json:"customer_name"`
	Chat         *WidgetChat       `json:"chat" doc:"The visitor's latest chat; null when there is none"`
	Messages     []domain.Message  `json:"messages"`
	Settings     WidgetSettings    `json:"settings"`
}

// WidgetSettings is how the widget looks.
type WidgetSettings struct {
	Title    string `json:"title"`
	Color    string `json:"color"`
	Greeting string `json:"greeting"`
}

// WidgetChat is a chat as its customer may see it.
type WidgetChat struct {
	ID        domain.ChatID   `json:"id"`
	Phase     domain.Phase    `json:"phase"`
	Owner     *domain.UserRef `json:"owner,omitempty" doc:"The agent"`
	LastSeq   int64           `json:"last_seq"`
	CreatedAt time.Time       `json:"created_at"`
	ClosedAt  *time.Time      `json:"closed_at,omitempty"`
}

// WidgetMessageRequest is what a visitor wrote.
type WidgetMessageRequest struct {
	ClientID string `json:"client_id" minLength:"1" maxLength:"100"`
	Text     string `json:"text"`
}

// WidgetReceipt says where a visitor's message went.
type WidgetReceipt struct {
	ID        domain.MessageID `json:"id"`
	ChatID    domain.ChatID    `json:"chat_id"`
	ClientID  string           `json:"client_id"`
	Duplicate bool             `json:"duplicate" doc:"The same client_id was received before"`
}

// WidgetPath names a widget's channel in an address.
type WidgetPath struct {
	Key string `path:"key" doc:"The channel's key"`
}

// VisitorPath is a request with a visitor's token.
type VisitorPath struct {
	WidgetPath
	Authorization string `header:"Authorization" doc:"Bearer <token>"`
}

type widgetSessionInput struct {
	WidgetPath
	Body WidgetSessionRequest
}

type widgetSessionOutput struct {
	Body WidgetSession
}

type widgetMessageInput struct {
	VisitorPath
	Body WidgetMessageRequest
}

type widgetReceiptOutput struct {
	Status int
	Body   WidgetReceipt
}

type widgetReadInput struct {
	VisitorPath
	Body ReadRequest
}

type widgetMessagesInput struct {
	VisitorPath
	After int64 `query:"after" minimum:"0"`
}

// webchat finds a channel that a widget may use.
func (s *server) webchat(ctx context.Context, key string) (domain.Channel, error) {
	ch, err := s.channel(ctx, key)
	if err != nil {
		return ch, err
	}
	if ch.Provider != domain.ProviderWebchat || !ch.Enabled {
		return ch, unknownChannel()
	}
	return ch, nil
}

func unknownChannel() *domain.Error {
	return domain.E(domain.CodeNotFound, "no channel has this key").Because("unknown_channel")
}

// visitor finds the channel and the visitor of a request, and slows down who is too fast.
func (s *server) visitor(ctx context.Context, in VisitorPath) (domain.Channel, visitorClaims, error) {
	ch, err := s.webchat(ctx, in.Key)
	if err != nil {
		return ch, visitorClaims{}, err
	}
	token, _ := bearerToken(in.Authorization)
	claims, err := s.visitors.read(in.Key, token)
	if err != nil {
		return ch, claims, err
	}
	return ch, claims, s.pace(string(claims.Identity))
}

func (s *server) pace(who string) error {
	if s.widgetPace.allow(who, s.now()) {
		return nil
	}
	slow := domain.E(domain.CodeThrottled, "too many requests; wait a moment").Because("too_fast")
	slow.RetryAfter = time.Second
	return slow
}

func (s *server) widgetSession(ctx context.Context, in *widgetSessionInput) (*widgetSessionOutput, error) {
	ch, err := s.webchat(ctx, in.Key)
	if err != nil {
		return nil, err
	}
	if err := s.pace("address:" + callerOf(ctx).address); err != nil {
		return nil, err
	}
	if err := storable("name", in.Body.Name); err != nil {
		return nil, err
	}
	claims, err := s.visitors.read(in.Key, in.Body.Token)
	if err != nil {
		claims.Address = string(domain.NewID[domain.IdentityID]())
	}
	visitor, err := s.store.EnsureVisitor(ctx, ch, claims.Address, strings.TrimSpace(in.Body.Name))
	if err != nil {
		return nil, err
	}
	token, err := s.visitors.sign(in.Key, visitor.Identity, claims.Address)
	if err != nil {
		return nil, err
	}
	chat, messages, err := s.store.VisitorChat(ctx, ch, visitor.Identity)
	if err != nil {
		return nil, err
	}
	return &widgetSessionOutput{Body: WidgetSession{
		Token: token, VisitorID: visitor.Identity, CustomerName: visitor.Name,
		Chat: widgetChat(chat), Messages: forVisitor(messages), Settings: widgetSettings(ch),
	}}, nil
}

func (s *server) widgetPost(ctx context.Context, in *widgetMessageInput) (*widgetReceiptOutput, error) {
	ch, visitor, err := s.visitor(ctx, in.VisitorPath)
	if err != nil {
		return nil, err
	}
	m := domain.NewMessage{ClientID: in.Body.ClientID, Text: in.Body.Text, Kind: domain.KindText}
	if err := storable("client_id", m.ClientID); err != nil {
		return nil, err
	}
	if err := m.Validate(); err != nil {
		return nil, err
	}
	got, err := s.store.ReceiveMessage(ctx, domain.Inbound{
		Channel: ch, ProviderID: "visitor:" + string(visitor.Identity) + ":" + m.ClientID,
		Address: visitor.Address, Kind: domain.KindText, Text: m.Text, ReceivedAt: s.now(),
	})
	if err != nil {
		return nil, err
	}
	out := &widgetReceiptOutput{Status: http.StatusCreated, Body: WidgetReceipt{
		ID: got.Message, ChatID: got.Chat, ClientID: m.ClientID, Duplicate: got.Duplicate,
	}}
	if got.Duplicate {
		out.Status = http.StatusOK
	}
	return out, nil
}

func (s *server) widgetMessages(ctx context.Context, in *widgetMessagesInput) (*messagesOutput, error) {
	ch, visitor, err := s.visitor(ctx, in.VisitorPath)
	if err != nil {
		return nil, err
	}
	chat, _, err := s.store.VisitorChat(ctx, ch, visitor.Identity)
	if err != nil || chat == nil {
		return &messagesOutput{Body: wholeList[domain.Message](nil)}, err
	}
	messages, err := s.store.VisitorMessages(ctx, ch, visitor.Identity, in.After, chat.ID)
	return &messagesOutput{Body: wholeList(forVisitor(messages))}, err
}

func (s *server) widgetRead(ctx context.Context, in *widgetReadInput) (*struct{}, error) {
	ch, visitor, err := s.visitor(ctx, in.VisitorPath)
	if err != nil {
		return nil, err
	}
	return nil, s.store.VisitorRead(ctx, ch, visitor.Identity, in.Body.Seq)
}

func (s *server) widgetEnd(ctx context.Context, in *VisitorPath) (*struct{}, error) {
	ch, visitor, err := s.visitor(ctx, *in)
	if err != nil {
		return nil, err
	}
	return nil, s.store.EndChat(ctx, ch, visitor.Identity)
}

func widgetChat(chat *domain.ChatView) *WidgetChat {
	if chat == nil {
		return nil
	}
	return &WidgetChat{
		ID: chat.ID, Phase: chat.Phase, Owner: chat.Owner, LastSeq: chat.LastSeq,
		CreatedAt: chat.CreatedAt, ClosedAt: chat.ClosedAt,
	}
}

// forVisitor leaves out what is between colleagues. The store doesn't give it; this is the second lock on that door.
func forVisitor(messages []domain.Message) []domain.Message {
	out := make([]domain.Message, 0, len(messages))
	for _, m := range messages {
		if !betweenColleagues(m) {
			out = append(out, shown(m))
		}
	}
	return out
}

// betweenColleagues reports whether a line of a chat isn't for its customer: a note, or a word about who has the chat.
func betweenColleagues(m domain.Message) bool {
	return m.Kind == domain.KindNote || m.Kind == domain.KindEvent
}

// The widget's looks when a channel doesn't say.
const (
	defaultWidgetTitle = "Chat with us"
	defaultWidgetColor = "#2563eb"
)

func widgetSettings(ch domain.Channel) WidgetSettings {
	w := WidgetSettings{Title: ch.Settings["title"], Color: ch.Settings["color"], Greeting: ch.Settings["greeting"]}
	if w.Title == "" {
		w.Title = defaultWidgetTitle
	}
	if w.Color == "" {
		w.Color = defaultWidgetColor
	}
	return w
}

// admitWidgetOrigin answers browsers' questions about which pages may hold the widget, and refuses the others. No
// cookie is ever accepted here, so a page gains nothing but what its own visitor's token gives.
func (s *server) admitWidgetOrigin(c *fiber.Ctx) error {
	origin := c.Get(fiber.HeaderOrigin)
	c.Vary(fiber.HeaderOrigin)
	if origin == "" || s.ownOrigin(origin, string(c.Request().Host())) {
		return s.goOnAs(c, caller{address: c.IP()})
	}
	key, _, _ := strings.Cut(strings.TrimPrefix(c.Path(), widgetPrefix+"/"), "/")
	ch, err := s.webchat(c.UserContext(), key)
	if err != nil {
		return err
	}
	if !originAllowed(ch.Settings["allowed_origins"], origin) {
		return foreignOrigin()
	}
	c.Set(fiber.HeaderAccessControlAllowOrigin, origin)
	c.Set(fiber.HeaderAccessControlExposeHeaders, "Retry-After, "+headerRequestID)
	if c.Method() == fiber.MethodOptions {
		c.Set(fiber.HeaderAccessControlAllowMethods, "GET, POST")
		c.Set(fiber.HeaderAccessControlAllowHeaders, "Authorization, Content-Type")
		c.Set(fiber.HeaderAccessControlMaxAge, "600")
		return c.SendStatus(fiber.StatusNoContent)
	}
	return s.goOnAs(c, caller{address: c.IP()})
}

// originAllowed reads a channel's list of origins, separated by commas or blanks; "*" lets every page in.
func originAllowed(list, origin string) bool {
	words := strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' })
	return slices.ContainsFunc(words, func(w string) bool {
		return w == "*" || strings.EqualFold(strings.TrimSuffix(w, "/"), origin)
	})
}

// serveWidget answers the customer's script. It is the same for every page and small, so browsers ask each time and
// mostly hear that nothing has changed.
func (s *server) serveWidget(c *fiber.Ctx) error {
	if len(s.widget) == 0 {
		return domain.E(domain.CodeNotFound, "the widget has not been built; run make widget").Because("widget_not_built")
	}
	c.Set(fiber.HeaderETag, s.widgetTag)
	c.Set(fiber.HeaderCacheControl, "public, max-age=60, must-revalidate")
	c.Set("Cross-Origin-Resource-Policy", "cross-origin")
	c.Set(fiber.HeaderAccessControlAllowOrigin, "*")
	if c.Get(fiber.HeaderIfNoneMatch) == s.widgetTag {
		return c.SendStatus(fiber.StatusNotModified)
	}
	c.Set(fiber.HeaderContentType, "text/javascript; charset=utf-8")
	return s.squeezed.send(c, "/widget.js", s.widget)
}
