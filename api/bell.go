package api

// Bell tells this node's Hub that the ledger has new events. It remembers one ring, never blocks the ringer, and may be
// made before the Hub: the store that rings it is itself one of the Hub's parts.
type Bell struct {
	reader   chan struct{} // wakes the reader
	notifier chan struct{} // wakes who tells the other nodes
}

// NewBell makes a bell that nobody has rung.
func NewBell() *Bell {
	return &Bell{reader: make(chan struct{}, 1), notifier: make(chan struct{}, 1)}
}

// Ring says that a transaction of this process with new events has been committed.
func (b *Bell) Ring() {
	ring(b.reader)
	ring(b.notifier)
}

// ringReader says that another process has committed events.
func (b *Bell) ringReader() { ring(b.reader) }

func ring(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // it rings already
	}
}
