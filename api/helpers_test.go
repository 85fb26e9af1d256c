package api_test

import (
	"crypto/sha256"

	"tandem/api"
	"tandem/store"
)

// The store is everything the api and its hub need of a ledger.
var (
	_ api.Store    = (*store.Store)(nil)
	_ api.EventLog = (*store.Store)(nil)
)

func sha256Of(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
