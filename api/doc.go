// Package api is the product's only public door: typed operations for screens and programs, webhooks for providers,
// the widget's endpoints, and the stream of live events. It holds no state that a crash may lose and any number of
// nodes may run.
//
// It reaches the ledger, the workflow engine and the providers only through interfaces, knows no table and no signal,
// and answers every refusal as a problem document (RFC 9457) with a stable code.
package api
