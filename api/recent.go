package api

import "tandem/domain"

// Bounds of what a hub keeps in memory for sockets that return soon: all of them at once, after a node's restart or a
// lost network, must not read the same rows from the ledger each.
const (
	mostRecent      = 8192
	mostRecentBytes = 8 << 20
)

// recentEvent is an event that was queued for its sockets.
type recentEvent struct {
	at     domain.Cursor
	topics []string
	frame  frame
}

// recentEvents is the newest events in the order of their delivery. It holds every event beyond since.
type recentEvents struct {
	since domain.Cursor
	list  []recentEvent
	first int // list[first:] are kept
	bytes int
}

func (r *recentEvents) add(e recentEvent) {
	r.list = append(r.list, e)
	r.bytes += len(e.frame)
	for r.bytes > mostRecentBytes || len(r.list)-r.first > mostRecent {
		gone := r.list[r.first]
		r.list[r.first] = recentEvent{}
		r.first++
		r.bytes -= len(gone.frame)
		// Events are delivered nearly, not strictly, in the order of cursors, hence the greatest that went.
		if r.since.Less(gone.at) {
			r.since = gone.at
		}
	}
	if r.first > mostRecent {
		r.list = append(r.list[:0:0], r.list[r.first:]...)
		r.first = 0
	}
}

// covers reports whether every event beyond c is here.
func (r *recentEvents) covers(c domain.Cursor) bool { return !c.Less(r.since) }

// after gives the frames of events beyond c that wanted accepts.
func (r *recentEvents) after(c domain.Cursor, wanted func(topics []string) bool) []frame {
	var out []frame
	for _, e := range r.list[r.first:] {
		if c.Less(e.at) && wanted(e.topics) {
			out = append(out, e.frame)
		}
	}
	return out
}
