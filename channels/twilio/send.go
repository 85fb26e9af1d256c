package twilio

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	twilioapi "github.com/twilio/twilio-go/rest/api/v2010"

	"tandem/channels"
	"tandem/domain"
)

// settingMessagingService names the channel setting with which a messaging service chooses the sender.
const settingMessagingService = "messaging_service_sid"

var _ channels.Channel = (*Channel)(nil)

// Send creates the message at Twilio with one call.
func (c *Channel) Send(ctx context.Context, out domain.Outgoing, callbackURL string) (domain.Accepted, error) {
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	api, call, err := c.api(ctx, out.Channel)
	if err != nil {
		return domain.Accepted{}, err
	}
	if err := ctx.Err(); err != nil {
		return domain.Accepted{}, callError(call, err)
	}
	m, err := api.CreateMessage(createParams(out, callbackURL))
	if err != nil {
		return domain.Accepted{}, callError(call, err)
	}
	sid := value(m.Sid)
	if sid == "" {
		return domain.Accepted{}, statusError(call, nil)
	}
	return accepted(m)
}

func createParams(out domain.Outgoing, callbackURL string) *twilioapi.CreateMessageParams {
	p := &twilioapi.CreateMessageParams{}
	p.SetTo(out.To)
	if service := out.Channel.Settings[settingMessagingService]; service != "" {
		p.SetMessagingServiceSid(service)
	} else {
		p.SetFrom(out.Channel.Address)
	}
	if out.Text != "" {
		p.SetBody(out.Text)
	}
	if media := mediaURLs(out); len(media) > 0 {
		p.SetMediaUrl(media)
	}
	if callbackURL != "" {
		p.SetStatusCallback(withMessageID(callbackURL, out.Message))
	}
	return p
}

func mediaURLs(out domain.Outgoing) []string {
	var urls []string
	for _, a := range out.Attachments {
		if a.URL != "" {
			urls = append(urls, a.URL)
		}
	}
	return urls
}

// accepted reads a message resource: its id and status, or the refusal that it carries.
func accepted(m *twilioapi.ApiV2010Message) (domain.Accepted, error) {
	a := domain.Accepted{ProviderID: value(m.Sid), Status: statusOf(value(m.Status))}
	if a.Status == "" {
		a.Status = domain.StatusSent
	}
	if a.Status != domain.StatusFailed {
		return a, nil
	}
	code := value(m.Status)
	if m.ErrorCode != nil {
		code = strconv.Itoa(*m.ErrorCode)
	}
	cause := causeOf(code)
	e := domain.E(domain.CodeRefused, "%s", cause.text).Because(cause.reason)
	e.ProviderCode = code
	return a, e
}

const (
	findPageSize = 200
	findMaxPages = 10
	// clockSkew is how far Twilio's clock may be behind ours when its creation times are compared with our first try.
	clockSkew = 2 * time.Minute
)

// Find lists what Twilio has from us to this customer since the first try, newest first, and takes the oldest
// message with our text that belongs to no other message. Dates are compared here and not by the query: DateSent is
// empty while a message is queued, so a filter on it would hide exactly the message in question.
func (c *Channel) Find(ctx context.Context, out domain.Outgoing, known func(string) bool) (domain.Accepted, bool, error) {
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	since := firstTry(out).Add(-clockSkew)
	var found *twilioapi.ApiV2010Message
	page, token := "", ""
	for range findMaxPages {
		list, err := c.page(ctx, out, token, page)
		if err != nil {
			return domain.Accepted{}, false, err
		}
		reachedPast := false
		for i := range list.Messages {
			m := &list.Messages[i]
			created, ok := createdAt(m)
			if ok && created.Before(since) {
				reachedPast = true
				break
			}
			if matches(out, m) && !known(value(m.Sid)) {
				found = m
			}
		}
		next := value(list.NextPageUri)
		if reachedPast || next == "" {
			return answer(found)
		}
		page, token = pageOf(next)
	}
	if found != nil {
		return answer(found)
	}
	return domain.Accepted{}, false, domain.E(domain.CodeAmbiguous, "The provider lists too many messages to say whether this one was sent.")
}

func answer(m *twilioapi.ApiV2010Message) (domain.Accepted, bool, error) {
	if m == nil {
		return domain.Accepted{}, false, nil
	}
	a, err := accepted(m)
	return a, true, err
}

// page fetches one page of the list. Whatever goes wrong, nothing is known about the message: the error never says
// that it was refused.
func (c *Channel) page(ctx context.Context, out domain.Outgoing, token, number string) (*twilioapi.ListMessageResponse, error) {
	api, call, err := c.api(ctx, out.Channel)
	if err != nil {
		return nil, domain.E(domain.CodeUnavailable, "The provider's list of messages can't be read.").CausedBy(err)
	}
	p := &twilioapi.ListMessageParams{}
	p.SetTo(out.To)
	if out.Channel.Settings[settingMessagingService] == "" {
		p.SetFrom(out.Channel.Address)
	}
	p.SetPageSize(findPageSize)
	list, err := api.PageMessage(p, token, number)
	if err == nil {
		return list, nil
	}
	judged := callError(call, err)
	if domain.CodeOf(judged) == domain.CodeThrottled {
		return nil, judged
	}
	return nil, domain.E(domain.CodeUnavailable, "The provider's list of messages can't be read.").CausedBy(judged)
}

func pageOf(nextURI string) (page, token string) {
	u, err := url.Parse(nextURI)
	if err != nil {
		return "", ""
	}
	return u.Query().Get("Page"), u.Query().Get("PageToken")
}

func firstTry(out domain.Outgoing) time.Time {
	if !out.FirstTriedAt.IsZero() {
		return out.FirstTriedAt
	}
	return out.CreatedAt
}

func createdAt(m *twilioapi.ApiV2010Message) (time.Time, bool) {
	at, err := time.Parse(time.RFC1123Z, value(m.DateCreated))
	return at, err == nil
}

// trialPrefix is what Twilio puts before texts of trial accounts.
const trialPrefix = "Sent from your Twilio trial account - "

func matches(out domain.Outgoing, m *twilioapi.ApiV2010Message) bool {
	if !strings.HasPrefix(value(m.Direction), "outbound") || value(m.To) != out.To {
		return false
	}
	if out.Channel.Settings[settingMessagingService] == "" && value(m.From) != out.Channel.Address {
		return false
	}
	if want := strconv.Itoa(len(mediaURLs(out))); value(m.NumMedia) != "" && value(m.NumMedia) != want {
		return false
	}
	body := strings.TrimPrefix(value(m.Body), trialPrefix)
	return evened(body) == evened(out.Text)
}

// evened evens out what a provider may change on the way: line ends and blanks around the text.
func evened(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
}

func value(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}
