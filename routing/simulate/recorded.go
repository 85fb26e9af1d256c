package simulate

import (
	"slices"
	"time"

	"tandem/domain"
	"tandem/routing"
)

// ArrivalsOf gives the arrivals of a recorded period. How long a customer would have waited is known only of those who left;
// the others get patience (0 waits for ever). How long a chat would have taken is known only of those an agent had; the others
// get the median of their queue.
func ArrivalsOf(h routing.History, patience time.Duration) []routing.Arrival {
	usual := usualHandle(h)
	arrivals := make([]routing.Arrival, len(h.Chats))
	for i, c := range h.Chats {
		a := c.Arrival
		if c.Outcome == domain.OutcomeAbandoned && c.AnsweredAt.IsZero() && !c.EndedAt.IsZero() {
			a.Patience = c.EndedAt.Sub(c.At)
		} else {
			a.Patience = patience
			// Who was answered late had at least that much patience.
			if waited := c.AnsweredAt.Sub(c.At); !c.AnsweredAt.IsZero() && patience > 0 && waited > patience {
				a.Patience = waited
			}
		}
		switch {
		case c.AnsweredAt.IsZero():
			a.Handle = usual[c.Queue]
		case c.EndedAt.IsZero(): // still open: it takes at least as long as it has taken
			a.Handle = max(a.Handle, h.Until.Sub(c.AnsweredAt), usual[c.Queue])
		}
		arrivals[i] = a
	}
	return arrivals
}

// usualHandle gives the median time with a chat of each queue; a queue without finished chats has the median of all.
func usualHandle(h routing.History) map[domain.QueueID]time.Duration {
	byQueue := map[domain.QueueID][]time.Duration{}
	var all []time.Duration
	for _, c := range h.Chats {
		if !c.AnsweredAt.IsZero() && !c.EndedAt.IsZero() {
			byQueue[c.Queue] = append(byQueue[c.Queue], c.Handle)
			all = append(all, c.Handle)
		}
	}
	usual := map[domain.QueueID]time.Duration{}
	for _, c := range h.Chats {
		if _, done := usual[c.Queue]; done {
			continue
		}
		if usual[c.Queue] = median(all); len(byQueue[c.Queue]) > 0 {
			usual[c.Queue] = median(byQueue[c.Queue])
		}
	}
	return usual
}

func median(list []time.Duration) time.Duration {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}
