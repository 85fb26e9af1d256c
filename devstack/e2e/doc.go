// Package e2e drives the all-in-one from outside, as a person, a provider and an operator would: it starts the built
// binary on free ports and talks to its public doors only. The stories are in the tests; this file and its neighbours
// are the tools they share.
//
// The binary is the one named by TANDEM_DEV_BIN, or is built once.
package e2e
