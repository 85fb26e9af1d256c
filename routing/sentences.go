package routing

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tandem/domain"
)

// Sentences explains a policy, one sentence for each rule in it, in the order in which a chat meets them. names may be nil.
func Sentences(p Policy, s Settings, names Names) []string {
	var said []string
	add := func(sentence string) {
		if sentence != "" {
			said = append(said, fullStops.Replace(sentence))
		}
	}
	for _, sentence := range p.hoursSentences(s, names) {
		add(sentence)
	}
	if p.MaxWaiting > 0 {
		add("For a chat that finds " + count(p.MaxWaiting, "chat") + " waiting, at once: " + p.Overflow.clause(names) + ".")
	}
	add(s.Sticky.sentence())
	add(p.handingSentence())
	if p.TellPosition != "" {
		add("A customer who has to wait is told " + quoted(p.TellPosition) + " once; webchat shows the place in line live.")
	}
	for _, step := range p.Fallback {
		add(afterWords(step.AfterSeconds) + " " + step.clause(names) + ".")
	}
	if p.MaxWaitSeconds > 0 {
		add("After " + durationWords(p.MaxWaitSeconds) + " the chat is closed as timed out" + withText(p.TimedOutText) + ".")
	}
	for _, step := range p.FirstReply {
		add(step.sentence())
	}
	for _, step := range p.Silence {
		add(step.sentence())
	}
	if p.HoldSeconds > 0 {
		add("A chat can be held for up to " + durationWords(p.HoldSeconds) + "; it takes no slot meanwhile.")
	}
	for _, sentence := range p.WrapUp.sentences(names) {
		add(sentence)
	}
	return said
}

// fullStops drops the second of two stops, where a quoted text ends a sentence.
var fullStops = strings.NewReplacer(".”.", ".”", "!”.", "!”", "?”.", "?”", "…”.", "…”")

func (p Policy) handingSentence() string {
	var who string
	switch p.Strategy {
	case LeastBusy:
		who = "the free agent with the fewest chats"
	case RoundRobin:
		who = "the free agents in turn"
	case LongestIdle:
		who = "the free agent who has been idle longest"
	default:
		who = "the free agent who has been idle longest"
	}
	what := "Chats"
	if len(p.Channels) > 0 {
		types := make([]string, len(p.Channels))
		for i, t := range p.Channels {
			types[i] = channelWord(t)
		}
		what = series("and", types) + " chats"
	}
	if p.OfferSeconds == 0 {
		return what + " go to " + who + ", without asking."
	}
	return what + " are offered to " + who + "; an agent who hasn't accepted within " + durationWords(p.OfferSeconds) + " lets the next one have it."
}

func (s Sticky) sentence() string {
	var on []string
	for _, t := range channelTypes() {
		if s.For(t) {
			on = append(on, channelWord(t))
		}
	}
	if len(on) == 0 {
		return ""
	}
	where := ""
	if len(on) < len(channelTypes()) {
		where = " on " + series("and", on)
	}
	if s.WaitSeconds == 0 {
		return "A customer" + where + " whose own agent is free gets that agent; else the team."
	}
	return "A customer" + where + " whose own agent is free gets that agent, and waits up to " + durationWords(s.WaitSeconds) +
		" for one who is busy; then the team."
}

// clause says what a step does, after "After 5 minutes".
func (s Step) clause(names Names) string {
	switch s.Action {
	case ActionWiden:
		return "agents of " + queueNames(names, s.Queues) + " may take the chat too"
	case ActionMove:
		return "the chat joins " + queueName(names, s.Queue) + ", keeping its time of arrival"
	case ActionText:
		return "the customer is told " + quoted(s.Text)
	case ActionNotify:
		return s.notifyClause(names)
	case ActionCallback:
		due := "right away"
		if s.CallbackMinutes > 0 {
			due = "in " + durationWords(s.CallbackMinutes*60)
		}
		return "a callback is noted down, due " + due + ", and the chat is closed" + withText(s.Text)
	case ActionClose:
		return "the chat is closed" + withText(s.Text)
	case ActionNone:
		return "the chat waits"
	default:
		return "the unknown action " + strconv.Quote(string(s.Action)) + " is taken"
	}
}

func (s Step) notifyClause(names Names) string {
	told := userWords(names, s.Users)
	if s.URL != "" {
		told = append(told, "another system")
	}
	if len(told) == 1 && len(s.Users) < 2 {
		return told[0] + " is told"
	}
	return series("and", told) + " are told"
}

func (s ReplyStep) sentence() string {
	begin := "When the agent hasn't answered " + durationWords(s.AfterSeconds) + " after getting the chat, "
	switch s.Action {
	case ReplyRemind:
		return begin + "they are reminded."
	case ReplyNotify:
		return begin + "the supervisors are told."
	case ReplyRequeue:
		return begin + "the chat returns to the front of the queue, that agent last in turn."
	default:
		return begin + "the unknown action " + strconv.Quote(string(s.Action)) + " is taken."
	}
}

func (s SilenceStep) sentence() string {
	begin := "When the customer hasn't answered for " + durationWords(s.AfterSeconds) + ", "
	switch s.Action {
	case SilenceWarn:
		return begin + "they are told " + quoted(s.Text) + "."
	case SilenceEnd:
		return begin + "they count as gone and wrap-up begins" + withText(s.Text) + "."
	default:
		return begin + "the unknown action " + strconv.Quote(string(s.Action)) + " is taken."
	}
}

func (w WrapUp) sentences(names Names) []string {
	var said []string
	if w.Seconds > 0 {
		as := "the default disposition"
		if names != nil {
			if name, known := names.Disposition(w.Disposition); known {
				as = name
			}
		}
		said = append(said, "A chat whose customer has left is disposed as "+as+" after "+durationWords(w.Seconds)+".")
	}
	if w.Exclusive {
		said = append(said, "An agent gets no new chat while one of theirs is in wrap-up.")
	}
	return said
}

func (p Policy) hoursSentences(s Settings, names Names) []string {
	if p.Hours == nil {
		return nil
	}
	zone := orElse(p.Hours.Zone, orElse(s.Zone, "UTC"))
	said := []string{"The queue is open " + p.Hours.weekWords() + ", in the time zone " + zone + "."}
	said = append(said, "For a chat that arrives while the queue is closed: "+p.Hours.Closed.clause(names)+".")
	for _, day := range p.Hours.Holidays {
		open := "closed"
		if len(day.Spans) > 0 {
			open = "open " + spanWords(day.Spans)
		}
		sentence := fmt.Sprintf("On %s the queue is %s", day.Date, open)
		if day.Name != "" {
			sentence = fmt.Sprintf("On %s (%s) the queue is %s", day.Date, day.Name, open)
		}
		if day.Closed.Action != ActionNone {
			sentence += "; for a chat that arrives while it is closed: " + day.Closed.clause(names)
		}
		said = append(said, sentence+".")
	}
	return said
}

// weekWords joins days with the same hours: "Monday to Friday 09:00–17:30 and Saturday 10:00–14:00".
func (h *Hours) weekWords() string {
	var parts []string
	for i := 0; i < 7; {
		first := (i + 1) % 7 // a week is read from Monday
		n := 1
		for i+n < 7 && spanWords(h.Week[(first+n)%7]) == spanWords(h.Week[first]) {
			n++
		}
		if len(h.Week[first]) > 0 {
			days := time.Weekday(first).String()
			if n > 1 {
				days += " to " + time.Weekday((first+n-1)%7).String()
			}
			parts = append(parts, days+" "+spanWords(h.Week[first]))
		}
		i += n
	}
	if len(parts) == 0 {
		return "on no weekday"
	}
	return series("and", parts)
}

func spanWords(spans []Span) string {
	spans = slices.SortedFunc(slices.Values(spans), func(a, b Span) int { return strings.Compare(a.From, b.From) })
	words := make([]string, len(spans))
	for i, s := range spans {
		words[i] = s.From + "–" + s.To
	}
	return strings.Join(words, ", ")
}

func channelWord(t domain.ChannelType) string {
	switch t {
	case domain.ChannelSMS:
		return "SMS"
	case domain.ChannelWhatsApp:
		return "WhatsApp"
	case domain.ChannelWebchat:
		return "webchat"
	case domain.ChannelMessenger:
		return "Messenger"
	case domain.ChannelX:
		return "X"
	default:
		return string(t)
	}
}

func afterWords(seconds int) string {
	if seconds == 0 {
		return "At once"
	}
	return "After " + durationWords(seconds)
}

// withText adds what the customer is told, if anything.
func withText(text string) string {
	if strings.TrimSpace(text) == "" {
		return " without a word"
	}
	return "; the customer is told " + quoted(text)
}

// quotedRunes bounds how much of a text is repeated in a sentence.
const quotedRunes = 80

func quoted(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > quotedRunes {
		text = strings.TrimSpace(string(runes[:quotedRunes])) + "…"
	}
	return "“" + text + "”"
}

// durationWords says a number of seconds the way people do: "90 seconds", "5 minutes", "1 hour 30 minutes".
func durationWords(seconds int) string {
	if seconds < 120 && seconds != 60 {
		return count(seconds, "second")
	}
	var parts []string
	for _, unit := range []struct {
		seconds int
		word    string
	}{{aDay, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}} {
		if n := seconds / unit.seconds; n > 0 {
			parts = append(parts, count(n, unit.word))
			seconds %= unit.seconds
		}
	}
	return strings.Join(parts, " ")
}
