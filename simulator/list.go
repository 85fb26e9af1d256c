package simulator

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

const (
	defaultPageSize = 50
	largestPageSize = 1000
)

// messageList is a page of messages as Twilio's API shows it.
type messageList struct {
	End             int               `json:"end"`
	FirstPageURI    string            `json:"first_page_uri"`
	Messages        []messageResource `json:"messages"`
	NextPageURI     *string           `json:"next_page_uri"`
	Page            int               `json:"page"`
	PageSize        int               `json:"page_size"`
	PreviousPageURI *string           `json:"previous_page_uri"`
	Start           int               `json:"start"`
	URI             string            `json:"uri"`
}

// listMessages is GET …/Messages.json with To, From, DateSent (also "DateSent<" and "DateSent>"), PageSize, Page:
// newest first, as Twilio lists them.
func (s *Simulator) listMessages(w http.ResponseWriter, r *http.Request) {
	if !s.authorised(w, r) {
		return
	}
	q := r.URL.Query()
	match, ok := listFilter(q)
	if !ok {
		s.twilioError(w, http.StatusBadRequest, 20001, "A date of the filter can't be read")
		return
	}
	size, page := number(q.Get("PageSize"), defaultPageSize), number(q.Get("Page"), 0)
	size = min(max(size, 1), largestPageSize)
	all := s.state.list(match)
	slices.Reverse(all)
	start := min(page*size, len(all))
	end := min(start+size, len(all))

	uri := func(page int) string {
		next := maps.Clone(q)
		next.Set("Page", strconv.Itoa(page))
		next.Set("PageSize", strconv.Itoa(size))
		next.Set("PageToken", "PA"+strconv.Itoa(page))
		return r.URL.Path + "?" + next.Encode()
	}
	list := messageList{
		Messages: []messageResource{}, Page: page, PageSize: size, Start: start, End: max(end-1, start),
		FirstPageURI: uri(0), URI: uri(page),
	}
	for _, m := range all[start:end] {
		list.Messages = append(list.Messages, s.resource(m))
	}
	if end < len(all) {
		next := uri(page + 1)
		list.NextPageURI = &next
	}
	if page > 0 {
		previous := uri(page - 1)
		list.PreviousPageURI = &previous
	}
	s.answer(w, http.StatusOK, list)
}

// listFilter makes the filter of a list call. As at Twilio, a message that has not been sent yet has no DateSent and
// matches no filter on it.
func listFilter(q url.Values) (func(*Message) bool, bool) {
	var on, before, after time.Time
	for key, at := range map[string]*time.Time{"DateSent": &on, "DateSent<": &before, "DateSent>": &after} {
		raw := q.Get(key)
		if raw == "" {
			continue
		}
		parsed, err := time.Parse(time.RFC3339, raw)
		if err != nil {
			parsed, err = time.Parse(time.DateOnly, raw)
		}
		if err != nil {
			return nil, false
		}
		*at = parsed
	}
	dated := !on.IsZero() || !before.IsZero() || !after.IsZero()
	return func(m *Message) bool {
		switch {
		case q.Get("To") != "" && m.To != q.Get("To"), q.Get("From") != "" && m.From != q.Get("From"):
			return false
		case !dated:
			return true
		case m.Status == "queued":
			return false
		case !on.IsZero() && m.UpdatedAt.Format(time.DateOnly) != on.UTC().Format(time.DateOnly):
			return false
		case !before.IsZero() && m.UpdatedAt.After(before):
			return false
		default:
			return after.IsZero() || !m.UpdatedAt.Before(after)
		}
	}, true
}

func number(raw string, fallback int) int {
	n, err := strconv.Atoi(raw)
	if err != nil || n < 0 {
		return fallback
	}
	return n
}
