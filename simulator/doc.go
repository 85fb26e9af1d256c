// Package simulator stands in for the providers: it answers the REST calls that the product makes to Twilio, posts
// properly signed webhooks to the product's public address, and has pages on which a person plays the customer, a
// phone for SMS and a shop with the chat widget. The product has no branch for it; only base URLs differ. It shares no
// code with the product's channels, so that a mistake in one is not repeated in the other.
//
// What it can be asked to do wrong (refuse, throttle, fail before or after accepting, hang, repeat or reorder its
// receipts) is listed in docs/simulator.md.
package simulator
