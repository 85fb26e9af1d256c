// Package activities holds what workflows do to the world: ask the ledger, route, call a provider. Each activity
// reaches the outside through a small interface that this package declares and others implement, so nothing here
// knows a table, a route or a provider's JSON.
//
// Rules. The engine may run an activity twice, so the first sentence of each one's comment says what makes that safe.
// One that waits for somebody else's machine heartbeats, so that a worker's death is noticed within seconds. Errors
// leave through ToTemporal only. Business outcomes ("nobody is free", "the provider refused") are values, not errors.
// No activity calls another.
package activities
