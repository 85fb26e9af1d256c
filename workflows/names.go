package workflows

import (
	"strings"

	"tandem/domain"
)

// Names of workflow types.
const (
	NameChat  = "Chat"
	NameSweep = "Sweep"
)

// QueueChat is the task queue of chats and of the activities that only talk to our own ledger.
const QueueChat = "chat"

// QueueNotices is the task queue of calls to webhooks: they are other people's machines, and slow ones must not take the
// places of chats.
const QueueNotices = "notices"

// QueueSend is the task queue of the activities that call a provider: one each, so that a slow provider holds up
// nobody else.
func QueueSend(provider string) string { return "send-" + provider }

const chatPrefix = "chat:"

// ChatWorkflowID is the id of a chat's workflow.
func ChatWorkflowID(account domain.AccountID, chat domain.ChatID) string {
	return chatPrefix + string(account) + ":" + string(chat)
}

// ParseChatWorkflowID takes a workflow id apart; ok is false when it isn't a chat's.
func ParseChatWorkflowID(id string) (account domain.AccountID, chat domain.ChatID, ok bool) {
	rest, ok := strings.CutPrefix(id, chatPrefix)
	if !ok {
		return "", "", false
	}
	a, c, ok := strings.Cut(rest, ":")
	if !ok || a == "" || c == "" || strings.Contains(c, ":") {
		return "", "", false
	}
	return domain.AccountID(a), domain.ChatID(c), true
}
