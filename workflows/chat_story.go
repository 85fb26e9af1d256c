package workflows

import (
	"fmt"

	"tandem/domain"
	"tandem/routing"
)

// describe says what a fact tells, for the timeline.
func describe(f domain.Fact) string {
	switch f.Kind {
	case domain.FactCustomerMessage:
		return "customer wrote"
	case domain.FactAgentMessage:
		if isNote(f) {
			return nameOr(f.AgentName, "agent") + " left a note"
		}
		return nameOr(f.AgentName, "agent") + " wrote"
	case domain.FactSystemMessage:
		return "automatic text"
	case domain.FactAgentAssigned:
		return "assigned to " + nameOr(f.AgentName, string(f.Agent))
	case domain.FactAgentGone:
		return nameOr(f.AgentName, "agent") + " is gone, back to the queue"
	case domain.FactCustomerLeft:
		return "customer left"
	case domain.FactDeliveryFailed:
		return "delivery failed (" + nameOr(f.Detail, "no reason given") + ")"
	case domain.FactChatClosed:
		return "closed"
	case domain.FactChatRequeued:
		return detailOr(f, "back in line")
	case domain.FactOfferMade:
		return detailOr(f, "offered to "+nameOr(f.AgentName, "an agent"))
	case domain.FactOfferEnded:
		return detailOr(f, "offer ended")
	case domain.FactRoutingChanged:
		return detailOr(f, "routing moved on")
	case domain.FactChatHeld:
		return detailOr(f, "held")
	case domain.FactChatResumed:
		return detailOr(f, "hold ended")
	case domain.FactChatMembersChanged:
		return detailOr(f, "colleagues joined or left")
	default:
		return "something this release doesn't know: " + string(f.Kind)
	}
}

func detailOr(f domain.Fact, otherwise string) string { return nameOr(f.Detail, otherwise) }

// kindLabel names a clock as people speak of it.
func kindLabel(c routing.Clock) string {
	switch c.Kind {
	case routing.ClockOverflow:
		return "Queue full"
	case routing.ClockClosed:
		return "Queue closed"
	case routing.ClockSticky:
		return "End of the wait for the own agent"
	case routing.ClockStep:
		return fmt.Sprintf("Fallback step %d", c.Step+1)
	case routing.ClockMaxWait:
		return "Longest wait"
	case routing.ClockOffer:
		return "Offer not accepted"
	case routing.ClockReply:
		return fmt.Sprintf("First reply is late, step %d", c.Step+1)
	case routing.ClockSilence:
		return fmt.Sprintf("Customer is silent, step %d", c.Step+1)
	case routing.ClockHold:
		return "End of the hold"
	case routing.ClockWrapUp:
		return "End of the wrap-up"
	case routing.ClockTellPlace:
		return "Place in line"
	default:
		return string(c.Kind)
	}
}
