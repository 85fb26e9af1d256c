package domain

import "time"

// PlaceAsk asks where a visitor of a web chat stands in line.
type PlaceAsk struct {
	Account  AccountID
	Channel  ChannelID
	Identity IdentityID
}

// Place is where a visitor's waiting chat stands in its queue.
type Place struct {
	PlaceAsk
	Chat     ChatID
	Position int // 1 is next
	// Wait is the estimated time until an agent has room; zero when nobody can tell.
	Wait time.Duration
}
