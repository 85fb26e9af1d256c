package api

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"tandem/domain"
	"tandem/routing"
)

// choices are the words each of the domain's word types may hold, for the document: generated clients then know them.
var choices = map[reflect.Type][]any{
	reflect.TypeFor[domain.Phase](): {domain.PhaseQueued, domain.PhaseActive, domain.PhaseCustomerLeft, domain.PhaseClosed},
	reflect.TypeFor[domain.Outcome](): {
		domain.OutcomeDisposed, domain.OutcomeAbandoned, domain.OutcomeCancelled, domain.OutcomeOverflow, domain.OutcomeOffline,
		domain.OutcomeTimedOut, domain.OutcomeCallback,
	},
	reflect.TypeFor[domain.Side]():         {domain.SideCustomer, domain.SideAgent, domain.SideSystem},
	reflect.TypeFor[domain.Kind]():         {domain.KindText, domain.KindNote, domain.KindEvent, domain.KindPlaceholder},
	reflect.TypeFor[domain.Availability](): {domain.Available, domain.OnBreak, domain.Offline},
	reflect.TypeFor[domain.ChannelType](): {
		domain.ChannelSMS, domain.ChannelWhatsApp, domain.ChannelWebchat, domain.ChannelMessenger, domain.ChannelX,
	},
	reflect.TypeFor[domain.Status](): {
		domain.StatusReceived, domain.StatusQueued, domain.StatusSending, domain.StatusSent, domain.StatusDelivered,
		domain.StatusRead, domain.StatusFailed, domain.StatusUnknown,
	},
	reflect.TypeFor[domain.Role](): {
		domain.RoleSuperAdmin, domain.RoleAdmin, domain.RoleSupervisor, domain.RoleCampaignManager, domain.RoleAgent, domain.RoleOperator,
	},
	reflect.TypeFor[domain.PairingOrigin](): {
		domain.PairingOutbound, domain.PairingFirstReply, domain.PairingTransfer, domain.PairingSet,
	},
	reflect.TypeFor[routing.ClockKind](): {
		routing.ClockOverflow, routing.ClockClosed, routing.ClockSticky, routing.ClockStep, routing.ClockMaxWait, routing.ClockOffer,
		routing.ClockReply, routing.ClockSilence, routing.ClockHold, routing.ClockWrapUp, routing.ClockTellPlace,
	},
	reflect.TypeFor[routing.Strategy](): {routing.LongestIdle, routing.LeastBusy, routing.RoundRobin},
	reflect.TypeFor[routing.Action](): {
		routing.ActionNone, routing.ActionWiden, routing.ActionMove, routing.ActionText, routing.ActionNotify, routing.ActionCallback,
		routing.ActionClose,
	},
	reflect.TypeFor[routing.ReplyAction]():   {routing.ReplyRemind, routing.ReplyNotify, routing.ReplyRequeue},
	reflect.TypeFor[routing.SilenceAction](): {routing.SilenceWarn, routing.SilenceEnd},
}

// optional are fields that a request may leave out or give as null, for nothing; answers always have them.
var optional = map[string][]string{
	"Step":        {"after_seconds"},
	"Hours":       {"zone", "holidays", "closed"},
	"Holiday":     {"name", "spans", "closed"},
	"SilenceStep": {"text"},
	"WrapUp":      {"seconds", "exclusive"},
}

// nullable are the schemas whose place may be held by null: Huma has no word for an object that may be.
var nullable = []string{"Hours", "Pairing"}

// wordsOf gives the choices of a type as plain texts, which Huma compares a request's with.
func wordsOf(t reflect.Type) []any {
	var words []any
	for _, w := range choices[t] {
		words = append(words, reflect.ValueOf(w).String())
	}
	return words
}

// nameChoices writes the choices into every schema that has a field of such a type.
func nameChoices(r huma.Registry) {
	// Huma has no word for an object that may be null.
	session := r.Map()["WidgetSession"]
	session.Properties["chat"] = &huma.Schema{
		Description: session.Properties["chat"].Description,
		OneOf:       []*huma.Schema{{Ref: session.Properties["chat"].Ref}, {Type: "null"}},
	}
	for name, schema := range r.Map() {
		t := r.TypeFromRef("#/components/schemas/" + name)
		if t == nil || t.Kind() != reflect.Struct {
			continue
		}
		for _, f := range reflect.VisibleFields(t) {
			field, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			property := schema.Properties[field]
			if property == nil {
				continue
			}
			of := f.Type
			if property.Type == huma.TypeArray && property.Items != nil {
				property = property.Items
				for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
					of = of.Elem()
				}
			}
			if words := wordsOf(of); words != nil && len(property.Enum) == 0 {
				property.Enum = words
				schema.PrecomputeMessages()
			}
		}
	}
	for name, fields := range optional {
		schema := r.Map()[name]
		schema.Required = slices.DeleteFunc(schema.Required, func(field string) bool { return slices.Contains(fields, field) })
		schema.PrecomputeMessages()
	}
	for _, name := range nullable {
		r.Map()[name].Nullable = true
	}
}

// render keeps the document and its page; neither changes while the process lives.
func (s *server) render() error {
	document, err := json.MarshalIndent(s.api.OpenAPI(), "", "  ")
	if err != nil {
		return fmt.Errorf("writing the OpenAPI document: %w", err)
	}
	document = append(document, '\n')
	s.openAPI = document
	s.docs, err = docsPage(s.api.OpenAPI())
	return err
}

func (s *server) serveOpenAPI(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	c.Set(fiber.HeaderCacheControl, "no-cache")
	return c.Send(s.openAPI)
}

func (s *server) serveDocs(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	c.Set(fiber.HeaderCacheControl, "no-cache")
	return c.Send(s.docs)
}
