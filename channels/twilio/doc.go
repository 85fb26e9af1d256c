// Package twilio carries SMS (and, by the same webhooks, MMS) through Twilio: it checks X-Twilio-Signature, reads
// inbound messages and status callbacks from the raw form, and sends with Twilio's own client over a transport that
// records what is known about a call that failed.
//
// Twilio has no idempotency key. Everything here serves one question: after a failed call, may the message have
// been sent? See docs/adr for the protocol around it.
package twilio
