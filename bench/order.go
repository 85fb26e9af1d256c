package bench

import (
	"cmp"
	"math"
	"slices"
)

// arrival is one customer's call and how they were served. Times are nanoseconds since the step's start.
type arrival struct {
	began, answered int64
	// place orders who was served: the smaller the earlier.
	place int64
}

// overtaken counts the customers who were served before somebody who had surely come before them: whose call had been
// answered when theirs began. Calls that overlapped may be served either way.
func overtaken(all []arrival) int {
	byAnswer, byBegin := slices.Clone(all), slices.Clone(all)
	slices.SortFunc(byAnswer, func(a, b arrival) int { return cmp.Compare(a.answered, b.answered) })
	slices.SortFunc(byBegin, func(a, b arrival) int { return cmp.Compare(a.began, b.began) })
	wrong, next, last := 0, 0, int64(math.MinInt64)
	for _, later := range byBegin {
		for next < len(byAnswer) && byAnswer[next].answered < later.began {
			last = max(last, byAnswer[next].place)
			next++
		}
		if later.place < last {
			wrong++
		}
	}
	return wrong
}
