// Package channels says what a provider of messages must be able to do. A channel turns a provider's requests into
// domain values and domain values into a provider's calls. It knows no route, no table and no workflow; whatever a
// provider does not tell is left empty rather than guessed, and whatever it tells that nobody knows yet becomes a
// visible placeholder.
package channels
