package simulator

import (
	"slices"
	"strings"
)

// The words Twilio answers by itself, when they are the whole message.
const (
	wordStop  = "STOP"
	wordStart = "START"
	wordHelp  = "HELP"
)

// optOutWord classifies a text; "" is an ordinary one.
func optOutWord(body string) string {
	word := strings.ToUpper(strings.TrimSpace(body))
	switch {
	case slices.Contains([]string{"STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "CANCEL", "REVOKE", "OPTOUT"}, word):
		return wordStop
	case slices.Contains([]string{"START", "YES", "UNSTOP"}, word):
		return wordStart
	case slices.Contains([]string{"HELP", "INFO"}, word):
		return wordHelp
	default:
		return ""
	}
}

// automaticReply is what the provider texts back. Twilio says nothing to START from a number that never left.
func automaticReply(word string, wasOut bool) string {
	switch {
	case word == wordStop:
		return "You have been unsubscribed and get no more messages from this number. Reply START to come back."
	case word == wordStart && wasOut:
		return "You are subscribed again and get messages from this number. Reply STOP to leave."
	case word == wordHelp:
		return "Reply STOP to unsubscribe."
	default:
		return ""
	}
}

// segments counts the parts a text travels in: 160 characters of the GSM alphabet (153 each when split), else 70
// UTF-16 units (67 each).
func segments(body string) int {
	const gsm = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	units, plain := 0, true
	for _, r := range body {
		switch {
		case strings.ContainsRune(gsm, r):
			units++
		case strings.ContainsRune("|^€{}[]~\\", r):
			units += 2
		default:
			plain = false
		}
	}
	one, each := 160, 153
	if !plain {
		one, each, units = 70, 67, 0
		for _, r := range body {
			units++
			if r > 0xFFFF {
				units++
			}
		}
	}
	if units <= one {
		return 1
	}
	return (units + each - 1) / each
}
