package simulate

import (
	"fmt"
	"html"
	"io"
	"math"
	"strings"
	"time"
)

// The plot's measures, in pixels.
const (
	plotWidth, plotHeight = 960.0, 460.0
	plotLeft, plotRight   = 70.0, 24.0
	plotTop, plotBottom   = 84.0, 62.0
	// maxDots bounds the chats drawn one by one; beyond it the lines alone are readable.
	maxDots = 4000
	// buckets is into how many pieces the time is cut for the lines.
	buckets = 48
)

// colours are told apart by people who see no red or green; dashes tell the lines apart in print.
var (
	colours = []string{"#0b62a3", "#d1690e", "#1a8a6b", "#8a4fa3"}
	dashes  = []string{"", "7 4", "2 3", "10 3 2 3"}
)

// Plot writes an SVG of waits over time: a dot for each chat (hollow when nobody answered it) and a line of the average wait for
// each variant. zone is the time zone of the axis.
func Plot(w io.Writer, results []Result, zone *time.Location) error {
	p := newPlot(results, zone)
	p.frame()
	for i, r := range results {
		p.dots(r, i)
	}
	for i, r := range results {
		p.line(r, i)
		p.legend(r, i)
	}
	p.out.WriteString("</svg>\n")
	if _, err := io.WriteString(w, p.out.String()); err != nil {
		return fmt.Errorf("writing the plot: %w", err)
	}
	return nil
}

type plot struct {
	out      strings.Builder
	zone     *time.Location
	from, to time.Time
	most     float64 // seconds at the top of the axis
	dotted   bool
}

func newPlot(results []Result, zone *time.Location) *plot {
	p := &plot{zone: zone}
	chats := 0
	for _, r := range results {
		chats += len(r.Points)
		for _, point := range r.Points {
			if p.from.IsZero() || point.At.Before(p.from) {
				p.from = point.At
			}
			if point.At.After(p.to) {
				p.to = point.At
			}
			p.most = max(p.most, point.Wait.Seconds())
		}
	}
	p.dotted = chats <= maxDots
	p.most = topOf(p.most)
	if !p.to.After(p.from) {
		p.to = p.from.Add(time.Minute)
	}
	return p
}

// waitTicks are distances between the marks of waits that read well, in seconds.
var waitTicks = []float64{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400}

// tickOf gives the distance that makes at most so many marks.
func tickOf(span float64, ticks []float64, most int) float64 {
	for _, t := range ticks {
		if span/t <= float64(most) {
			return t
		}
	}
	last := ticks[len(ticks)-1]
	return last * math.Ceil(span/last/float64(most))
}

func topOf(seconds float64) float64 {
	if seconds <= 0 {
		return 10
	}
	tick := tickOf(seconds, waitTicks, 6)
	return math.Ceil(seconds/tick) * tick
}

func (p *plot) x(at time.Time) float64 {
	share := at.Sub(p.from).Seconds() / p.to.Sub(p.from).Seconds()
	return plotLeft + share*(plotWidth-plotLeft-plotRight)
}

func (p *plot) y(seconds float64) float64 {
	return plotHeight - plotBottom - seconds/p.most*(plotHeight-plotTop-plotBottom)
}

func (p *plot) add(format string, args ...any) { fmt.Fprintf(&p.out, format+"\n", args...) }

// timeTicks are distances between the marks of the time axis, in seconds.
var timeTicks = []float64{60, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800}

// frame draws title, axes, grid and their words.
func (p *plot) frame() {
	p.add(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img" font-family="system-ui, sans-serif" font-size="13" fill="#222">`,
		plotWidth, plotHeight, plotWidth, plotHeight)
	p.add(`<title>Waits over time</title>`)
	p.add(`<rect width="100%%" height="100%%" fill="#fff"/>`)
	p.add(`<text x="%.0f" y="28" font-size="17" font-weight="600">How long customers waited, by when they came</text>`, plotLeft)
	key := "line: average"
	if p.dotted {
		key = "line: average · dot: a chat · ring: a chat nobody answered"
	}
	p.add(`<text x="%.0f" y="28" font-size="11" fill="#555" text-anchor="end">%s</text>`, plotWidth-plotRight, key)
	bottom, right := plotHeight-plotBottom, plotWidth-plotRight
	tick := tickOf(p.most, waitTicks, 6)
	for s := 0.0; s <= p.most+tick/2; s += tick {
		p.add(`<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#e3e3e3"/>`, plotLeft, p.y(s), right, p.y(s))
		p.add(`<text x="%.1f" y="%.1f" text-anchor="end">%s</text>`, plotLeft-8, p.y(s)+4, clockWords(s))
	}
	step := time.Duration(tickOf(p.to.Sub(p.from).Seconds(), timeTicks, 8)) * time.Second
	layout := "15:04"
	if step >= 24*time.Hour || p.to.Sub(p.from) > 48*time.Hour {
		layout = "2 Jan 15:04"
	}
	for at := p.firstTick(step); !at.After(p.to); at = at.Add(step) {
		p.add(`<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#888"/>`, p.x(at), bottom, p.x(at), bottom+5)
		p.add(`<text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`, p.x(at), bottom+20, at.In(p.zone).Format(layout))
	}
	p.add(`<path d="M%.1f %.1f V%.1f H%.1f" fill="none" stroke="#888"/>`, plotLeft, plotTop, bottom, right)
	p.add(`<text x="%.1f" y="%.1f" text-anchor="middle">time of arrival (%s), from %s</text>`,
		(plotLeft+right)/2, plotHeight-16, html.EscapeString(p.zone.String()), p.from.In(p.zone).Format("Mon 2 Jan 2006"))
	p.add(`<text transform="translate(18 %.1f) rotate(-90)" text-anchor="middle">wait (minutes:seconds)</text>`, (plotTop+bottom)/2)
}

// firstTick gives the first full step of the local day at or after the first arrival.
func (p *plot) firstTick(step time.Duration) time.Time {
	local := p.from.In(p.zone)
	year, month, day := local.Date()
	at := time.Date(year, month, day, 0, 0, 0, 0, p.zone)
	for at.Before(p.from) {
		at = at.Add(step)
	}
	return at
}

// dots draws each chat: a disc when it was answered, a ring when not. Variants lie beside each other by a pixel or two.
func (p *plot) dots(r Result, i int) {
	if !p.dotted {
		return
	}
	for _, point := range r.Points {
		x, y := p.x(point.At)+float64(i), p.y(point.Wait.Seconds())
		if point.Outcome == Answered {
			p.add(`<circle cx="%.1f" cy="%.1f" r="2.2" fill="%s" fill-opacity="0.35"/>`, x, y, colour(i))
			continue
		}
		p.add(`<circle cx="%.1f" cy="%.1f" r="3" fill="none" stroke="%s" stroke-opacity="0.7"/>`, x, y, colour(i))
	}
}

// longestGap is over how many empty pieces of the time a line is drawn on.
const longestGap = 3

// line draws the average wait of the chats that came in each piece of the time. Where nobody came for long it is interrupted.
func (p *plot) line(r Result, i int) {
	var sum, n [buckets]float64
	width := p.to.Sub(p.from).Seconds() / buckets
	for _, point := range r.Points {
		b := min(int(point.At.Sub(p.from).Seconds()/width), buckets-1)
		sum[b] += point.Wait.Seconds()
		n[b]++
	}
	var path []string
	last := -buckets
	for b := range buckets {
		if n[b] == 0 {
			continue
		}
		middle := p.from.Add(time.Duration((float64(b) + 0.5) * width * float64(time.Second)))
		pen := "L"
		if b-last > longestGap+1 {
			pen = "M"
		}
		path = append(path, fmt.Sprintf("%s%.1f %.1f", pen, p.x(middle), p.y(sum[b]/n[b])))
		last = b
	}
	if len(path) > 0 {
		p.add(`<path d="%s" fill="none" stroke="%s" stroke-width="2" stroke-linejoin="round" stroke-dasharray="%s"/>`,
			strings.Join(path, " "), colour(i), dashes[i%len(dashes)])
	}
}

func (p *plot) legend(r Result, i int) {
	x := plotLeft + float64(i)*(plotWidth-plotLeft-plotRight)/4
	p.add(`<line x1="%.1f" y1="52" x2="%.1f" y2="52" stroke="%s" stroke-width="3" stroke-dasharray="%s"/>`, x, x+28, colour(i), dashes[i%len(dashes)])
	p.add(`<text x="%.1f" y="56">%s</text>`, x+34, html.EscapeString(shorten(r.Name, 22)))
	p.add(`<text x="%.1f" y="72" font-size="11" fill="#555">nine of ten within %s</text>`, x+34, clockWords(r.Wait.P90))
}

func colour(i int) string { return colours[i%len(colours)] }

func shorten(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
