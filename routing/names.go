package routing

import (
	"strconv"
	"strings"

	"tandem/domain"
)

// Names gives the names of an account's queues, users and dispositions, and with it which of them there are. Where a Names
// may be nil, ids are spoken of in general words and not checked.
type Names interface {
	// Queue gives a queue's name; false when there is no such queue.
	Queue(domain.QueueID) (string, bool)
	// User gives a user's name; false when there is no such user.
	User(domain.UserID) (string, bool)
	// Disposition gives a disposition's name; false when there is no such disposition.
	Disposition(domain.DispositionID) (string, bool)
}

// NameTable is a Names made of maps; a nil map knows nobody.
type NameTable struct {
	Queues       map[domain.QueueID]string
	Users        map[domain.UserID]string
	Dispositions map[domain.DispositionID]string
}

// Queue gives a queue's name.
func (t NameTable) Queue(id domain.QueueID) (string, bool) {
	name, known := t.Queues[id]
	return name, known
}

// User gives a user's name.
func (t NameTable) User(id domain.UserID) (string, bool) {
	name, known := t.Users[id]
	return name, known
}

// Disposition gives a disposition's name.
func (t NameTable) Disposition(id domain.DispositionID) (string, bool) {
	name, known := t.Dispositions[id]
	return name, known
}

// queueName names a queue for a sentence.
func queueName(names Names, id domain.QueueID) string {
	if names != nil {
		if name, known := names.Queue(id); known {
			return name
		}
	}
	return "another queue"
}

func queueNames(names Names, ids []domain.QueueID) string {
	said := make([]string, 0, len(ids))
	unknown := 0
	for _, id := range ids {
		if name := queueName(names, id); name != "another queue" {
			said = append(said, name)
		} else {
			unknown++
		}
	}
	switch {
	case unknown == 1 && len(said) == 0:
		said = append(said, "another queue")
	case unknown == 1:
		said = append(said, "another")
	case unknown > 1:
		said = append(said, "other queues")
	}
	return series("and", said)
}

// userWords names users for a sentence; those without a known name are counted in its last word.
func userWords(names Names, ids []domain.UserID) []string {
	said := make([]string, 0, len(ids))
	unknown := 0
	for _, id := range ids {
		if names != nil {
			if name, known := names.User(id); known {
				said = append(said, name)
				continue
			}
		}
		unknown++
	}
	switch {
	case unknown == 1:
		said = append(said, "a colleague")
	case unknown > 1:
		said = append(said, count(unknown, "colleague"))
	}
	return said
}

// series joins words the way a sentence does: "A", "A and B", "A, B and C".
func series(joint string, words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " " + joint + " " + words[last]
}

// count says how many, "1 chat" or "3 chats".
func count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}
