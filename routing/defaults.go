package routing

import (
	"encoding/json"

	"tandem/domain"
)

// ReadSettings gives the settings that JSON holds; what it leaves out is as by default. A map or list in it replaces the default
// one as a whole: plain decoding over defaults would merge maps, and a channel that an administrator took out would come back.
func ReadSettings(raw []byte) (Settings, error) {
	return DefaultSettings().With(func(s *Settings) error { return json.Unmarshal(raw, s) })
}

// With changes a copy of the settings by decode, which finds them without maps and lists; those it leaves nil stay as they were.
func (s Settings) With(decode func(*Settings) error) (Settings, error) {
	changed := s
	changed.Caps.PerChannel, changed.Sticky.Channels, changed.BreakReasons = nil, nil, nil
	if err := decode(&changed); err != nil {
		return s, err
	}
	if changed.Caps.PerChannel == nil {
		changed.Caps.PerChannel = s.Caps.PerChannel
	}
	if changed.Sticky.Channels == nil {
		changed.Sticky.Channels = s.Sticky.Channels
	}
	if changed.BreakReasons == nil {
		changed.BreakReasons = s.BreakReasons
	}
	return changed, nil
}

// ReadPolicy gives the policy that JSON holds; what it leaves out is as by default.
func ReadPolicy(raw []byte) (Policy, error) {
	p := DefaultPolicy()
	err := json.Unmarshal(raw, &p)
	return p.Filled(), err
}

// DefaultSettings are the rules of an account that has set none.
func DefaultSettings() Settings {
	return Settings{
		Caps: Caps{PerChannel: map[domain.ChannelType]int{}},
		Sticky: Sticky{
			Channels:     map[domain.ChannelType]bool{domain.ChannelWhatsApp: true},
			ExpiresHours: 720, WaitSeconds: 120, BreakSeconds: 300,
		},
		Presence:      Presence{GraceSeconds: 60},
		Transfer:      Transfer{AcceptSeconds: 30},
		LeftHoldsSlot: true,
		Zone:          "UTC",
		BreakReasons:  []string{"Break", "Lunch", "Meeting", "Training"},
	}
}

// DefaultPolicy is the policy of a queue that has none: every channel, always open, no limits, no steps, the longest idle
// agent first, no asking.
func DefaultPolicy() Policy {
	return Policy{
		Strategy: LongestIdle,
		Channels: []domain.ChannelType{},
		Fallback: []Step{}, FirstReply: []ReplyStep{}, Silence: []SilenceStep{},
	}
}
