package catalog

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// classes are genai-prices' words for what a usage report tells apart ([protocol.Usage]), in dollars per million tokens.
var classes = map[string]func(*rateLine) **float64{
	"input_mtok":            func(r *rateLine) **float64 { return &r.In },
	"output_mtok":           func(r *rateLine) **float64 { return &r.Out },
	"output_reasoning_mtok": func(r *rateLine) **float64 { return &r.Think },
	"cache_read_mtok":       func(r *rateLine) **float64 { return &r.CR },
	"cache_write_mtok":      func(r *rateLine) **float64 { return &r.CW },
	"cache_write_1h_mtok":   func(r *rateLine) **float64 { return &r.CW1h },
	"input_audio_mtok":      func(r *rateLine) **float64 { return &r.AudioIn },
	"cache_audio_read_mtok": func(r *rateLine) **float64 { return &r.AudioCR },
	"output_audio_mtok":     func(r *rateLine) **float64 { return &r.AudioOut },
	"input_image_mtok":      func(r *rateLine) **float64 { return &r.ImageIn },
	"cache_image_read_mtok": func(r *rateLine) **float64 { return &r.ImageCR },
	"output_image_mtok":     func(r *rateLine) **float64 { return &r.ImageOut },
}

// perThousand are its words for what is billed by the thousand.
var perThousand = map[string]func(*priceLine) *float64{
	"requests_kcount":     func(p *priceLine) *float64 { return &p.Call },
	"web_searches_kcount": func(p *priceLine) *float64 { return &p.Search },
}

// otherOutput is priced apart, and no usage report tells how much of it there was.
var otherOutput = []string{"output_video_mtok", "output_citation_mtok"}

// leftOut is priced apart, and asked for through no protocol of ours.
var leftOut = []string{"storage_searches_kcount", "input_video_mtok", "audio_hours", "input_audio_hours", "input_document_kpages",
	"input_annotated_document_kpages", "input_text_messages_kcount"}

// dearest bounds a price, in dollars per million tokens: a hundred times what the dearest model costs.
const dearest = 1e5

// mostSteps bounds how many sizes of prompts a price may tell apart: several times what any vendor does.
const mostSteps = 20

// Normalise reads what genai-prices publishes, and writes it as the "providers" of the snapshot: a JSON array, one model a line. It serves
// build/catalog, which makes the snapshot, and [Lists], which refreshes it.
//
// A price of which anything is not understood is left out whole, and left says why: one that silently loses a condition is worse than none. What
// names a model, or a provider, must be understood; else the error says what is not.
func Normalise(published []byte) (providers []byte, left []string, err error) {
	var in []struct {
		ID       string   `json:"id"`
		Name     string   `json:"name"`
		Pages    []string `json:"pricing_urls"`
		API      string   `json:"api_pattern"`
		Fallback []string `json:"fallback_model_providers"`
		Models   []struct {
			ID      string          `json:"id"`
			Name    string          `json:"name"`
			Match   json.RawMessage `json:"match"`
			Context int64           `json:"context_window"`
			Prices  json.RawMessage `json:"prices"`
		} `json:"models"`
	}
	if err := json.Unmarshal(published, &in); err != nil {
		return nil, nil, fmt.Errorf("it is no list of prices: %w", err)
	}
	var out []providerLine
	for _, p := range in {
		line := providerLine{ID: p.ID, Name: p.Name, API: p.API, Fallback: p.Fallback}
		if len(p.Pages) > 0 {
			line.Page = p.Pages[0]
		}
		for _, m := range p.Models { // in the source's own order: the first match wins
			where := p.ID + " " + m.ID
			to := modelLine{ID: m.ID, Name: m.Name, Context: m.Context}
			if err := strict(m.Match, &to.Match); err != nil {
				return nil, nil, fmt.Errorf("%s: its names: %w", where, err)
			}
			if err := to.Match.normalise(); err != nil {
				return nil, nil, fmt.Errorf("%s: its names: %w", where, err)
			}
			prices, err := pricesOf(where, m.Prices)
			if err != nil {
				left = append(left, fmt.Sprintf("%s: %v", where, err))
				prices = []priceLine{}
			}
			to.Prices = prices
			line.Models = append(line.Models, to)
		}
		out = append(out, line)
	}
	slices.SortFunc(out, func(a, b providerLine) int { return cmp.Compare(a.ID, b.ID) })
	return writeProviders(out), left, nil
}

func strict(raw json.RawMessage, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// notPrefix is the one look-ahead that is in use: what a name must not be. Go's regular expressions have none.
var notPrefix = regexp.MustCompile(`^\^\(\?!(.*)\)$`)

// normalise puts names into lower case, in which they are compared, and expressions into Go's form.
func (m *matcher) normalise() error {
	kinds := 0
	for _, s := range []*string{&m.Equals, &m.StartsWith, &m.EndsWith, &m.Contains} {
		if *s != "" {
			kinds++
			*s = strings.ToLower(*s)
		}
	}
	if m.Regex != "" {
		kinds++
		if not := notPrefix.FindStringSubmatch(m.Regex); not != nil {
			*m = matcher{Not: &matcher{Regex: "^" + not[1]}}
		}
	}
	for _, list := range [][]matcher{m.Or, m.And} {
		if len(list) > 0 {
			kinds++
		}
		for i := range list {
			if err := list[i].normalise(); err != nil {
				return err
			}
		}
	}
	if kinds != 1 {
		return fmt.Errorf("%d ways to match at once", kinds)
	}
	return m.compile()
}

// pricesOf reads the prices of a model: one, or a list of them with conditions.
func pricesOf(where string, raw json.RawMessage) ([]priceLine, error) {
	if len(raw) == 0 || raw[0] != '[' {
		line, err := priceOf(where, raw)
		return []priceLine{line}, err
	}
	var list []struct {
		Constraint json.RawMessage `json:"constraint"`
		Prices     json.RawMessage `json:"prices"`
	}
	if err := strict(raw, &list); err != nil {
		return nil, err
	}
	lines := []priceLine{}
	for _, p := range list {
		line, err := priceOf(where, p.Prices)
		if err != nil {
			return nil, err
		}
		if len(p.Constraint) > 0 && string(p.Constraint) != "null" {
			if err := line.restrict(p.Constraint); err != nil {
				return nil, err
			}
		}
		lines = append(lines, line)
	}
	return lines, nil
}

func (p *priceLine) restrict(raw json.RawMessage) error {
	var when struct {
		Type  string `json:"type"`
		Date  string `json:"start_date"`
		Start string `json:"start_time"`
		End   string `json:"end_time"`
	}
	if err := strict(raw, &when); err != nil {
		return err
	}
	switch {
	case when.Date != "" && when.Start == "" && when.End == "":
		if _, err := time.Parse(time.DateOnly, when.Date); err != nil {
			return err
		}
		p.From = when.Date
	case when.Date == "" && when.Start != "" && when.End != "":
		for i, s := range []string{when.Start, when.End} {
			clock, utc := strings.CutSuffix(s, "Z")
			if _, err := time.Parse(time.TimeOnly, clock); err != nil || !utc {
				return fmt.Errorf("a time of day not in UTC: %s", s)
			}
			p.Hours[i] = clock
		}
	default:
		return fmt.Errorf("an unknown condition %s", raw)
	}
	return nil
}

// step is the price above a size of the prompt.
type step struct {
	Start int64   `json:"start"`
	Price float64 `json:"price"`
}

func priceOf(where string, raw json.RawMessage) (priceLine, error) {
	var p priceLine
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return p, err
	}
	steps := map[string][]step{}
	var sizes []int64
	for key, raw := range members {
		switch {
		case slices.Contains(otherOutput, key):
			p.Mixed = true
			continue
		case slices.Contains(leftOut, key):
			continue
		}
		amount, tiers, err := amountOf(raw)
		if err != nil {
			return p, fmt.Errorf("%s: %w", key, err)
		}
		class, tokens := classes[key]
		each, counted := perThousand[key]
		switch {
		case tokens:
			*class(&p.rateLine) = &amount
		case counted && len(tiers) == 0:
			*each(&p) = amount / 1000
		default:
			return p, fmt.Errorf("an unknown price %s", key)
		}
		steps[key] = tiers
		for _, t := range tiers {
			sizes = append(sizes, t.Start)
		}
	}
	slices.Sort(sizes)
	for _, above := range slices.Compact(sizes) {
		tier := tierLine{Above: above, rateLine: p.rateLine}
		for key, tiers := range steps {
			for _, t := range tiers {
				if t.Start <= above {
					*classes[key](&tier.rateLine) = &t.Price
				}
			}
		}
		p.Tiers = append(p.Tiers, tier)
	}
	if len(members) == 0 && strings.HasSuffix(where, ":free") { // "free of charge", which is believed only where the name says so too
		zero := 0.0
		p.In, p.Out = &zero, &zero
	}
	return p, nil
}

// amountOf reads a price: a number, or a base and what holds from a size of the prompt on.
func amountOf(raw json.RawMessage) (float64, []step, error) {
	var tiered struct {
		Base  float64 `json:"base"`
		Tiers []step  `json:"tiers"`
	}
	if raw[0] == '{' {
		if err := strict(raw, &tiered); err != nil {
			return 0, nil, err
		}
	} else if err := json.Unmarshal(raw, &tiered.Base); err != nil {
		return 0, nil, err
	}
	if len(tiered.Tiers) > mostSteps {
		return 0, nil, fmt.Errorf("%d prices by size", len(tiered.Tiers))
	}
	slices.SortFunc(tiered.Tiers, func(a, b step) int { return cmp.Compare(a.Start, b.Start) })
	for _, v := range append([]step{{0, tiered.Base}}, tiered.Tiers...) {
		if v.Price < 0 || v.Price > dearest || v.Start < 0 {
			return 0, nil, fmt.Errorf("%v dollars are no price", v.Price)
		}
	}
	return tiered.Base, tiered.Tiers, nil
}

// writeProviders writes one model a line, so that a change of prices reads well in a diff.
func writeProviders(all []providerLine) []byte {
	var b bytes.Buffer
	line := func(v any) string {
		var one bytes.Buffer
		e := json.NewEncoder(&one)
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err != nil {
			panic(err) // plain structs of strings and numbers always encode
		}
		return strings.TrimSpace(one.String())
	}
	comma := func(i, n int) string {
		if i+1 < n {
			return ","
		}
		return ""
	}
	b.WriteString("[\n")
	for i, p := range all {
		models := p.Models
		p.Models = nil
		fmt.Fprintf(&b, "%s,\"models\":[\n", strings.TrimSuffix(line(p), "}"))
		for j, m := range models {
			fmt.Fprintf(&b, "%s%s\n", line(m), comma(j, len(models)))
		}
		fmt.Fprintf(&b, "]}%s\n", comma(i, len(all)))
	}
	b.WriteString("]")
	return b.Bytes()
}
