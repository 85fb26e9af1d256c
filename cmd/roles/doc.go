// Package roles puts the product together: which parts a process has, in which order they start and stop. The tandem
// binary runs one role per process, the all-in-one runs both in one; neither knows more of the parts than this package
// offers.
package roles
