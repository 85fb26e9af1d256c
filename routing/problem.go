package routing

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"tandem/domain"
)

// Problem is one thing wrong with settings or a policy.
type Problem struct {
	// Location is the field in dotted JSON form, "fallback[1].after_seconds".
	Location string `json:"location"`
	// Message says what is wrong and what would be right.
	Message string `json:"message"`
}

// Bounds of what settings and policies may hold.
const (
	maxSteps       = 20      // of each list
	maxQueues      = 200     // that one step widens to
	maxNotified    = 20      // users of one step
	maxURL         = 2000    // bytes
	maxReasons     = 20      // break reasons
	maxReasonRunes = 60      // of one
	maxSpans       = 6       // of one day
	maxHolidays    = 200     // of one queue
	maxWaitingCap  = 100_000 // chats in one line
	aMonth         = 30 * 24 * 60 * 60
	aDay           = 24 * 60 * 60
)

// checker collects problems.
type checker struct {
	names    Names
	self     domain.QueueID
	problems []Problem
}

func (c *checker) add(location, format string, args ...any) {
	c.problems = append(c.problems, Problem{Location: location, Message: fmt.Sprintf(format, args...)})
}

// firstError gives the first problem as an error that blames its field; nil when there is none.
func firstError(problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	return domain.Invalid(problems[0].Location, "%s", problems[0].Message)
}

// within checks a number against bounds; unit is for the message ("seconds").
func (c *checker) within(location string, n, low, high int, unit string) {
	if n < low || n > high {
		c.add(location, "must be between %d and %d %s", low, high, unit)
	}
}

// zeroOr checks a number that may also be 0, which means none.
func (c *checker) zeroOr(location string, n, low, high int, unit string) {
	if n != 0 && (n < low || n > high) {
		c.add(location, "must be 0, or between %d and %d %s", low, high, unit)
	}
}

// text checks a text for a customer.
func (c *checker) text(location, text string, needed bool) {
	switch n := utf8.RuneCountInString(text); {
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		c.add(location, "holds characters that can't be sent")
	case n > domain.MaxTextRunes:
		c.add(location, "has %d characters; at most %d can be sent", n, domain.MaxTextRunes)
	case needed && strings.TrimSpace(text) == "":
		c.add(location, "write what the customer is told")
	}
}

func (c *checker) zone(location, name string) {
	if _, err := loadZone(name); err != nil || name == "Local" {
		c.add(location, "%q isn't a time zone; write one such as Europe/Berlin or UTC", name)
	}
}

func (c *checker) channel(location string, t domain.ChannelType) {
	if !slices.Contains(channelTypes(), t) {
		c.add(location, "%q isn't a channel type: sms, whatsapp, webchat, messenger or x", t)
	}
}

func channelTypes() []domain.ChannelType {
	return []domain.ChannelType{
		domain.ChannelSMS, domain.ChannelWhatsApp, domain.ChannelWebchat, domain.ChannelMessenger, domain.ChannelX,
	}
}

// queue checks the name of another queue.
func (c *checker) queue(location string, id domain.QueueID) {
	if id == "" {
		c.add(location, "choose a queue")
		return
	}
	if id == c.self {
		c.add(location, "this is the queue itself; choose another one")
		return
	}
	if c.names != nil {
		if _, known := c.names.Queue(id); !known {
			c.add(location, "there is no such queue")
		}
	}
}

func (c *checker) user(location string, id domain.UserID) {
	if c.names != nil {
		if _, known := c.names.User(id); !known {
			c.add(location, "there is no such user")
		}
	}
}

func (c *checker) disposition(location string, id domain.DispositionID) {
	if id == "" {
		c.add(location, "choose the disposition that chats get when the wrap-up runs out")
		return
	}
	if c.names != nil {
		if _, known := c.names.Disposition(id); !known {
			c.add(location, "there is no such disposition")
		}
	}
}

// link checks the address of a webhook. Whether it may be called is decided when it is called.
func (c *checker) link(location, address string) {
	u, err := url.Parse(address)
	switch {
	case len(address) > maxURL:
		c.add(location, "has %d bytes; an address has at most %d", len(address), maxURL)
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		c.add(location, "must be an address that begins with https:// or http://")
	case u.User != nil:
		c.add(location, "must not hold a user name or password")
	}
}

// many checks the length of a list and reports whether it may be looked at further.
func (c *checker) many(location string, n, most int) bool {
	if n > most {
		c.add(location, "has %d entries; at most %d are possible", n, most)
		return false
	}
	return true
}

// repeated reports whether the value at i stands in the list before.
func repeated[T comparable](list []T, i int) bool { return slices.Contains(list[:i], list[i]) }

func at(list string, i int, field string) string {
	location := fmt.Sprintf("%s[%d]", list, i)
	if field != "" {
		location += "." + field
	}
	return location
}
