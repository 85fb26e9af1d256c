package routing

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Estimate says how long a customer at a position in line (1 is next) will wait. recent are how many seconds the last chats of
// the queue took, from assignment to disposition, and slots is how many chats its agents who are there hold at once: with n
// slots and chats of a median length of m, a slot comes free every m/n, and the customer needs as many as their position. It
// is rounded up to half minutes. 0 means that nothing can be said: no chats yet, or nobody there.
func Estimate(position int, recent []int, slots int) time.Duration {
	if position <= 0 || len(recent) == 0 || slots <= 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(recent))
	const step = 30
	seconds := sorted[len(sorted)/2] * position / slots
	return time.Duration(max(1, (seconds+step-1)/step)) * step * time.Second
}

// Placeholders of TellPosition.
const (
	placePosition = "{position}"
	placeWait     = "{wait}"
)

// PlaceText fills a text about the place in line: {position} becomes the number, {wait} words such as "about 3 minutes", or "a
// while" when the wait is unknown (0).
func PlaceText(text string, position int, wait time.Duration) string {
	return strings.NewReplacer(placePosition, strconv.Itoa(position), placeWait, waitWords(wait)).Replace(text)
}

func waitWords(wait time.Duration) string {
	switch minutes := int((wait + time.Minute - 1) / time.Minute); {
	case minutes <= 0:
		return "a while"
	case minutes == 1:
		return "about a minute"
	case minutes < 90:
		return "about " + strconv.Itoa(minutes) + " minutes"
	default:
		return "about " + strconv.Itoa((minutes+30)/60) + " hours"
	}
}
