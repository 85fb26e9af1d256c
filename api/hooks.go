package api

import (
	"errors"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"tandem/channels"
	"tandem/domain"
)

// emptyTwiML tells Twilio that there is nothing to say in return.
const emptyTwiML = `<?xml version="1.0" encoding="UTF-8"?><Response/>`

// webhook takes what a provider tells: customers' messages, and for some providers reports on ours. It answers only
// after the ledger has it.
func (s *server) webhook(c *fiber.Ctx) error {
	if err := s.takeIn(c); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextXMLCharsetUTF8)
	return c.SendString(emptyTwiML)
}

// webhookStatus takes reports on how far our messages have come.
func (s *server) webhookStatus(c *fiber.Ctx) error {
	if err := s.takeIn(c); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (s *server) takeIn(c *fiber.Ctx) error {
	outcome := "stored"
	err := s.takeInRequest(c)
	if err != nil {
		outcome = domain.ReasonOf(err)
	}
	s.metrics.countWebhook(c.Params("provider"), outcome)
	return err
}

func (s *server) takeInRequest(c *fiber.Ctx) error {
	ch, err := s.channel(c.UserContext(), c.Params("key"))
	if err != nil {
		return err
	}
	if ch.Provider != c.Params("provider") || !ch.Enabled {
		return unknownChannel()
	}
	provider, err := s.channels.For(ch)
	if err != nil {
		return unknownChannel().CausedBy(err)
	}
	request := s.providerRequest(c)
	if err := provider.Verify(ch, request); err != nil {
		return err
	}
	parsed, err := provider.Parse(ch, request)
	if err != nil {
		return malformed(err)
	}
	return s.storeAll(c, parsed)
}

// providerRequest is the request as the provider sent it: signatures are over the public URL and the raw bytes.
func (s *server) providerRequest(c *fiber.Ctx) channels.Request {
	header := http.Header{}
	for key, value := range c.Request().Header.All() {
		header.Add(string(key), string(value))
	}
	return channels.Request{
		Method: c.Method(), URL: s.publicURL + c.OriginalURL(), Header: header, Body: c.Body(), ReceivedAt: s.now(),
	}
}

// malformed answers 400 to what the provider's own form doesn't allow.
func malformed(err error) error {
	var e *domain.Error
	if !errors.As(err, &e) || e.Code != domain.CodeInvalid {
		return err
	}
	p := newProblem(http.StatusBadRequest, domain.ReasonOf(err), sentence(e.Text))
	if e.Field != "" {
		p.Errors = []ProblemField{{Location: "body." + e.Field, Message: e.Text}}
	}
	return p
}

// storeAll stores each item by itself: one that can't be stored never loses the others. If the ledger couldn't be
// reached for any, the provider is told to send all again; what is stored already is then a duplicate. An item the
// ledger refuses would be refused again, so it is logged and not asked for again.
func (s *server) storeAll(c *fiber.Ctx, parsed channels.Parsed) error {
	ctx := c.UserContext()
	var again, refused error
	note := func(what string, err error) {
		switch domain.CodeOf(err) {
		case "":
		case domain.CodeInvalid, domain.CodeNotFound, domain.CodeConflict:
			refused = err
			s.log.Warn("webhook item refused", "what", what, "reason", domain.ReasonOf(err), "request", requestID(ctx))
		default:
			again = err
		}
	}
	stored := 0
	for _, m := range parsed.Messages {
		_, err := s.store.ReceiveMessage(ctx, m)
		if err == nil {
			stored++
		}
		note("message", err)
	}
	for _, r := range parsed.Reports {
		err := s.store.RecordDelivery(ctx, r)
		if err == nil {
			stored++
		}
		note("report", err)
	}
	if again != nil {
		return again
	}
	if refused != nil && stored == 0 {
		return malformed(refused)
	}
	return nil
}
