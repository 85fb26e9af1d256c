package api

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"strconv"

	"tandem/domain"
)

// frame is one WebSocket message, header included, as it goes onto the wire. It is built once and shared by every
// socket it is for, so nobody may change it.
type frame []byte

// timeFormat is RFC 3339 with milliseconds.
const timeFormat = "2006-01-02T15:04:05.000Z07:00"

// WebSocket's first bytes (RFC 6455, section 5.2): a whole text message, a ping without payload.
const (
	finText = 0x81
	finPing = 0x89
)

// largestHeader is the longest header of a message from a server.
const largestHeader = 10

// wireFrame puts the header in front of a text message. A server's messages are never masked, so the same bytes serve
// every socket.
func wireFrame(payload []byte) frame {
	f := make(frame, 0, largestHeader+len(payload))
	f = append(f, finText)
	switch n := len(payload); {
	case n < 126:
		f = append(f, byte(n))
	case n <= math.MaxUint16:
		f = append(f, 126)
		f = binary.BigEndian.AppendUint16(f, uint16(n))
	default:
		f = append(f, 127)
		f = binary.BigEndian.AppendUint64(f, uint64(n))
	}
	return append(f, payload...)
}

// pingFrames asks a client for a sign of life in both ways: the protocol's own ping, which every WebSocket client
// answers by itself, and ours, which a script can see and which moves its cursor on while nothing happens.
func pingFrames(at domain.Cursor) frame {
	f := frame{finPing, 0}
	return append(f, wireFrame([]byte(`{"type":"ping","cursor":"`+at.String()+`"}`))...)
}

func helloFrame(at domain.Cursor) frame {
	return wireFrame([]byte(`{"type":"hello","cursor":"` + at.String() + `"}`))
}

func resyncFrame() frame { return wireFrame([]byte(`{"type":"resync"}`)) }

func watchingFrame(chat domain.ChatID) frame {
	return wireFrame([]byte(`{"type":"watching","chat_id":"` + string(chat) + `"}`))
}

// eventFrame builds an event's message. resume is where a client that has got this frame may resume: everything up to
// there was sent before. The event's data goes in as the ledger gave it.
func eventFrame(e domain.Event, resume domain.Cursor, data []byte) frame {
	p := make([]byte, 0, 160+len(data))
	p = append(p, `{"type":"`...)
	p = append(p, e.Type...)
	p = append(p, `","id":`...)
	p = strconv.AppendInt(p, e.ID, 10)
	p = append(p, `,"cursor":"`...)
	p = append(p, resume.String()...)
	if e.Chat != "" {
		p = append(p, `","chat_id":"`...)
		p = append(p, e.Chat...)
	}
	p = append(p, `","at":"`...)
	p = e.At.UTC().AppendFormat(p, timeFormat)
	p = append(p, `","data":`...)
	p = append(p, data...)
	p = append(p, '}')
	return wireFrame(p)
}

// visitorData is an event's data as the customer may see it; nil when they may not.
func visitorData(e domain.Event) []byte {
	switch e.Type {
	case domain.EventMessageCreated, domain.EventMessageUpdated:
		var d domain.MessageEventData
		if json.Unmarshal(e.Data, &d) != nil || betweenColleagues(d.Message) {
			return nil
		}
		return encoded(struct {
			Message domain.Message `json:"message"`
			Chat    *WidgetChat    `json:"chat,omitempty"`
		}{shown(d.Message), widgetChat(d.Chat)})
	case domain.EventChatQueued, domain.EventChatAssigned, domain.EventChatUpdated, domain.EventChatClosed:
		var d domain.ChatEventData
		if json.Unmarshal(e.Data, &d) != nil {
			return nil
		}
		return encoded(struct {
			Chat *WidgetChat `json:"chat"`
		}{widgetChat(&d.Chat)})
	case domain.EventAgentStatus, domain.EventChatOffered, domain.EventNotice:
		return nil
	default:
		return nil
	}
}

func encoded(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		return nil // plain structs of strings and times always encode
	}
	return data
}
