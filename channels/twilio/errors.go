package twilio

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	twilioclient "github.com/twilio/twilio-go/client"

	"tandem/domain"
)

// Reasons of refusals, finer than the code: what the rest of the product reacts to.
const (
	reasonRecipient = "recipient_unreachable" // this number will never get it
	reasonOptedOut  = "opted_out"             // the customer said STOP to this sender
	reasonSetup     = "channel_setup"         // our side of the channel is not in order: an administrator must act
	reasonContent   = "content_refused"       // another text or file may pass
	reasonWindow    = "window_closed"         // WhatsApp: outside 24 hours only templates
	reasonHandset   = "handset_unreachable"   // the phone is off or away; later may work
	reasonNetwork   = "carrier_trouble"       // the way to the phone broke after acceptance
	reasonLimit     = "daily_limit"           // our sender may send no more today
	reasonThrottled = "provider_throttled"
	reasonUnknown   = "provider_refused"
)

// cause is what a provider's code means to us and to the agent.
type cause struct {
	code   domain.Code
	reason string
	text   string
}

// causes is data, not logic: Twilio splits its codes from time to time, and a code that is missing here is judged by
// its HTTP class. The texts tell an agent what happened and what to do.
var causes = map[string]cause{
	"21211": {domain.CodeRefused, reasonRecipient, "This is not a valid phone number. Check it with the customer on another channel."},
	"21214": {domain.CodeRefused, reasonRecipient, "This number can't be reached. Check it with the customer on another channel."},
	"21217": {domain.CodeRefused, reasonRecipient, "This is not a valid phone number. Check it with the customer on another channel."},
	"21612": {domain.CodeRefused, reasonRecipient, "No route leads from our number to this one. Use another channel."},
	"21614": {domain.CodeRefused, reasonRecipient, "Not a mobile number. Use another channel or ask for a mobile number."},
	"30005": {domain.CodeRefused, reasonRecipient, "This number doesn't exist or is no longer in use. Use another channel."},
	"30006": {domain.CodeRefused, reasonRecipient, "Not a mobile number, or its carrier takes no texts. Use another channel."},
	"63003": {domain.CodeRefused, reasonRecipient, "This customer can't be found on the channel. Use another channel."},
	"63024": {domain.CodeRefused, reasonRecipient, "This number is not on WhatsApp. Use another channel."},
	"63032": {domain.CodeRefused, reasonRecipient, "WhatsApp doesn't deliver to this customer. Use another channel."},
	"63033": {domain.CodeRefused, reasonRecipient, "The customer has blocked us. Use another channel only if they asked for it."},
	"63014": {domain.CodeRefused, reasonRecipient, "The customer has blocked us. Use another channel only if they asked for it."},
	"30450": {domain.CodeRefused, reasonRecipient, "The provider's fraud guard blocks this number. An administrator can ask the provider to clear it."},

	"21610": {domain.CodeRefused, reasonOptedOut, "The customer has opted out with STOP. They can come back by texting START."},

	"20003": {domain.CodeRefused, reasonSetup, "The provider doesn't accept our credentials. An administrator must check the channel."},
	"20404": {domain.CodeRefused, reasonSetup, "The provider doesn't know our account. An administrator must check the channel."},
	"21212": {domain.CodeRefused, reasonSetup, "Our sender number is not valid. An administrator must check the channel."},
	"21222": {domain.CodeRefused, reasonSetup, "Our account id has characters that are not allowed. An administrator must check the channel."},
	"21224": {domain.CodeRefused, reasonSetup, "Our auth token has characters that are not allowed. An administrator must check the channel."},
	"21408": {domain.CodeRefused, reasonSetup, "Sending to this country is not switched on. An administrator must enable it at the provider."},
	"21603": {domain.CodeRefused, reasonSetup, "No sender number is set. An administrator must check the channel."},
	"21606": {domain.CodeRefused, reasonSetup, "Our number can't send texts. An administrator must check the channel."},
	"21608": {domain.CodeRefused, reasonSetup, "A trial account sends to verified numbers only. An administrator must upgrade it."},
	"21703": {domain.CodeRefused, reasonSetup, "The messaging service has no number to send from. An administrator must check the channel."},
	"21704": {domain.CodeRefused, reasonSetup, "The messaging service has no number to send from. An administrator must check the channel."},
	"30002": {domain.CodeRefused, reasonSetup, "Our account at the provider is suspended. An administrator must act."},
	"30018": {domain.CodeRefused, reasonSetup, "Our number is not registered for this destination. An administrator must register it."},
	"30032": {domain.CodeRefused, reasonSetup, "Our toll-free number is not verified. An administrator must verify it."},
	"30034": {domain.CodeRefused, reasonSetup, "Our number is not registered with the carriers (10DLC). An administrator must register it."},
	"63001": {domain.CodeRefused, reasonSetup, "The channel's sign-in at the provider has failed. An administrator must check the channel."},
	"63002": {domain.CodeRefused, reasonSetup, "Our sender is not set up on this channel. An administrator must check the channel."},
	"63007": {domain.CodeRefused, reasonSetup, "Our sender is not set up on this channel. An administrator must check the channel."},
	"63008": {domain.CodeRefused, reasonSetup, "The channel is set up wrongly at the provider. An administrator must check the channel."},
	"63015": {domain.CodeRefused, reasonSetup, "The customer has not joined the WhatsApp sandbox. An administrator must use a real sender."},
	"63020": {domain.CodeRefused, reasonSetup, "Our WhatsApp business has not been approved. An administrator must act."},

	"21602": {domain.CodeRefused, reasonContent, "The message is empty. Write something and send again."},
	"21617": {domain.CodeRefused, reasonContent, "The text is longer than 1,600 characters. Split it and send again."},
	"21619": {domain.CodeRefused, reasonContent, "The message has neither text nor file. Write something and send again."},
	"21620": {domain.CodeRefused, reasonContent, "The provider can't read the file's address. Attach it again."},
	"21623": {domain.CodeRefused, reasonContent, "There are more files than one message can carry. Send them in several messages."},
	"21655": {domain.CodeRefused, reasonContent, "The template doesn't exist any more. Choose another one."},
	"21656": {domain.CodeRefused, reasonContent, "The template's fields are not filled in properly. Check them and send again."},
	"30004": {domain.CodeRefused, reasonContent, "The carrier or the customer blocks messages from us. Use another channel."},
	"30007": {domain.CodeRefused, reasonContent, "The carrier filtered this text as spam. Write it differently, without links."},
	"30019": {domain.CodeRefused, reasonContent, "The file is too large for the carrier. Send a smaller one."},
	"63005": {domain.CodeRefused, reasonContent, "The channel doesn't accept this content. Write it differently."},
	"63013": {domain.CodeRefused, reasonContent, "The message breaks the channel's policy. Write it differently."},
	"63019": {domain.CodeRefused, reasonContent, "The file could not be loaded by the provider. Attach it again."},
	"63021": {domain.CodeRefused, reasonContent, "The channel doesn't accept this content. Write it differently."},
	"63026": {domain.CodeRefused, reasonContent, "The channel doesn't accept this kind of message. Send plain text."},
	"63027": {domain.CodeRefused, reasonContent, "The template doesn't exist in this language. Choose another one."},
	"63028": {domain.CodeRefused, reasonContent, "The template's fields don't match. Check them and send again."},
	"63029": {domain.CodeRefused, reasonContent, "The template is not what the channel approved. Choose another one."},
	"63040": {domain.CodeRefused, reasonContent, "The template was rejected. Choose another one."},
	"63041": {domain.CodeRefused, reasonContent, "The template is paused. Choose another one."},

	"63016": {domain.CodeRefused, reasonWindow, "The 24-hour window has closed. Use a template."},

	"20429": {domain.CodeThrottled, reasonThrottled, "The provider asks us to slow down. The message goes out a little later."},
	"14107": {domain.CodeThrottled, reasonThrottled, "The provider asks us to slow down. The message goes out a little later."},
	"21611": {domain.CodeThrottled, reasonThrottled, "Our number's queue at the provider is full. The message goes out a little later."},

	"30001": {domain.CodeRefused, reasonNetwork, "The provider's queue overflowed and the message was dropped. Send it again."},
	"30017": {domain.CodeRefused, reasonNetwork, "The carrier's network was congested. Send it again."},
	"30022": {domain.CodeRefused, reasonNetwork, "The carrier's limit was exceeded. Send it again in a minute."},
	"30410": {domain.CodeRefused, reasonNetwork, "The carrier did not answer in time. Send it again."},
	"63009": {domain.CodeRefused, reasonNetwork, "The channel had trouble. Send it again."},
	"63010": {domain.CodeRefused, reasonNetwork, "The channel had trouble. Send it again."},
	"63012": {domain.CodeRefused, reasonNetwork, "The channel had trouble. Send it again."},
	"63017": {domain.CodeRefused, reasonNetwork, "The channel's limit was exceeded. Send it again in a minute."},
	"63018": {domain.CodeRefused, reasonNetwork, "The channel's limit was exceeded. Send it again in a minute."},

	"30003": {domain.CodeRefused, reasonHandset, "Phone unreachable: it is off or has no signal. Try again later or use another channel."},
	"30008": {domain.CodeRefused, reasonHandset, "The carrier gives no reason. The customer may have it all the same; ask before sending again."},

	"30023": {domain.CodeRefused, reasonLimit, "Our number has reached the carrier's limit for today. Send it tomorrow or use another channel."},
	"30027": {domain.CodeRefused, reasonLimit, "Our business has reached the carrier's limit for today. Send it tomorrow or use another channel."},
	"63038": {domain.CodeRefused, reasonLimit, "Our account has reached its limit for today. Send it tomorrow or use another channel."},
}

// causeOf looks a code up; an unknown one gets a sentence that still names the way out.
func causeOf(code string) cause {
	if c, ok := causes[code]; ok {
		return c
	}
	if code == "canceled" {
		return cause{domain.CodeRefused, reasonUnknown, "The message was cancelled at the provider. Send it again."}
	}
	return cause{domain.CodeRefused, reasonUnknown, "The provider could not deliver it and gave no reason we know. Try again or use another channel."}
}

// callError judges a call that did not end in a message: what is known about the message now.
func callError(call *call, err error) error {
	// net/http quotes the whole URL, which holds the customer's number; errors end up in logs.
	if quoted, ok := errors.AsType[*url.Error](err); ok {
		err = quoted.Err
	}
	var rest *twilioclient.TwilioRestError
	switch {
	case errors.As(err, &rest) && rest.Code != 0:
		return restError(call, rest)
	case !call.answered && !call.written:
		return domain.E(domain.CodeUnavailable, "The provider can't be reached. The message was not sent.").CausedBy(err)
	case !call.answered:
		return domain.E(domain.CodeAmbiguous, "The provider did not answer. The message may have been sent.").CausedBy(err)
	default:
		return statusError(call, err)
	}
}

// restError judges an answer in Twilio's own error shape: by its code, else by its class.
func restError(call *call, rest *twilioclient.TwilioRestError) error {
	code := strconv.Itoa(rest.Code)
	c, known := causes[code]
	if !known {
		e := statusError(call, nil)
		e.ProviderCode = code
		return e
	}
	e := domain.E(c.code, "%s", c.text).Because(c.reason)
	e.ProviderCode = code
	if c.code == domain.CodeThrottled {
		e.RetryAfter = call.retryAfter
	}
	return e
}

// statusError judges an answer by its HTTP class alone. A 2xx comes here when it could not be read: the message
// exists and we don't know its id.
func statusError(call *call, err error) *domain.Error {
	code := strconv.Itoa(call.status)
	var e *domain.Error
	switch {
	case call.status == http.StatusTooManyRequests:
		c := causes["20429"]
		e = domain.E(c.code, "%s", c.text).Because(c.reason)
		e.RetryAfter = call.retryAfter
	case call.status == http.StatusUnauthorized || call.status == http.StatusForbidden:
		c := causes["20003"]
		e = domain.E(c.code, "%s", c.text).Because(c.reason)
	case call.status >= 400 && call.status < 500 && call.status != http.StatusRequestTimeout:
		e = domain.E(domain.CodeRefused, "The provider refused this message. Check the number and the text.").Because(reasonUnknown)
	default:
		e = domain.E(domain.CodeAmbiguous, "The provider's answer (HTTP %d) doesn't say whether the message was sent.", call.status)
	}
	e.ProviderCode = code
	return e.CausedBy(err)
}

// retryAfter reads the header's seconds or date; 0 when it says nothing useful.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(value); err == nil && seconds > 0 {
		return min(time.Duration(seconds)*time.Second, time.Hour)
	}
	if at, err := http.ParseTime(value); err == nil && at.After(now) {
		return min(at.Sub(now), time.Hour)
	}
	return 0
}
