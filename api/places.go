package api

import (
	"context"
	"time"

	"tandem/domain"
)

// placesEvery is how often visitors in line may hear of their place.
const placesEvery = time.Second

// eventWaitingPosition is the type of the frame that tells a visitor their place. It is no event of the log: whoever
// comes back is told anew.
const eventWaitingPosition = "waiting.position"

// WaitingPosition is what a visitor of a web chat learns while they wait.
type WaitingPosition struct {
	Position         int  `json:"position" doc:"1 is next"`
	EstimatedSeconds *int `json:"estimated_seconds" doc:"Null when nobody can tell"`
}

// queueing is what a widget's socket knows of its visitor's place in line. The hub's lock guards it.
type queueing struct {
	who domain.PlaceAsk
	// ask is set when the visitor may stand in line: something has happened to their chat since the last look.
	ask  bool
	told domain.Place
}

// tellPlaces tells the connected visitors who wait where they stand, whenever that changes. Visitors who don't wait cost
// nothing: they are looked up once for each thing that happens to their chat.
func (h *Hub) tellPlaces(ctx context.Context) {
	if h.places == nil {
		return
	}
	tick := time.NewTicker(placesEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		asking := h.visitorsToAsk()
		if len(asking) == 0 {
			continue
		}
		if err := h.tellPlacesOf(ctx, asking); err != nil && ctx.Err() == nil {
			h.logger.Warn("places in line can't be read", "error", err.Error())
			h.askAgain(asking)
		}
	}
}

// visitorsToAsk takes the widgets' sockets whose visitors may stand in line. They are asked about again only when they do,
// or when something happens meanwhile.
func (h *Hub) visitorsToAsk() map[domain.PlaceAsk][]*socket {
	h.mu.Lock()
	defer h.mu.Unlock()
	asking := map[domain.PlaceAsk][]*socket{}
	for k := range h.visitors {
		if k.queueing.ask {
			k.queueing.ask = false
			asking[k.queueing.who] = append(asking[k.queueing.who], k)
		}
	}
	return asking
}

func (h *Hub) askAgain(asking map[domain.PlaceAsk][]*socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, sockets := range asking {
		for _, k := range sockets {
			k.queueing.ask = true
		}
	}
}

func (h *Hub) tellPlacesOf(ctx context.Context, asking map[domain.PlaceAsk][]*socket) error {
	ctx, cancel := context.WithTimeout(ctx, tellLimit)
	defer cancel()
	asked := make([]domain.PlaceAsk, 0, len(asking))
	for who := range asking {
		asked = append(asked, who)
	}
	places, err := h.places.Places(ctx, asked)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, place := range places {
		var f frame
		for _, k := range asking[place.PlaceAsk] {
			k.queueing.ask = true
			if k.queueing.told == place {
				continue
			}
			k.queueing.told = place
			if f == nil {
				f = placeFrame(place, time.Now())
			}
			if !k.put(f) {
				h.metrics.countSlow()
			}
		}
	}
	return nil
}

func placeFrame(p domain.Place, at time.Time) frame {
	data := WaitingPosition{Position: p.Position}
	if seconds := int(p.Wait.Seconds()); seconds > 0 {
		data.EstimatedSeconds = &seconds
	}
	return wireFrame(encoded(struct {
		Type   string          `json:"type"`
		ChatID domain.ChatID   `json:"chat_id"`
		At     string          `json:"at"`
		Data   WaitingPosition `json:"data"`
	}{eventWaitingPosition, p.Chat, at.UTC().Format(timeFormat), data}))
}
