package api

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

//go:embed docs.html
var docsTemplate string

// docsOperation is one operation as the page shows it.
type docsOperation struct {
	*huma.Operation
	Request   string
	Responses []docsResponse
	Public    bool
}

type docsResponse struct {
	Status string
	Schema string
}

type docsGroup struct {
	Name       string
	Operations []docsOperation
}

type docsField struct {
	Name, Type, Doc string
	Required        bool
}

type docsSchema struct {
	Name   string
	Fields []docsField
}

// docsPage renders the OpenAPI document as one page without scripts, so that it works offline and under the strictest
// content policy.
func docsPage(doc *huma.OpenAPI) ([]byte, error) {
	page, err := template.New("docs").Parse(docsTemplate)
	if err != nil {
		return nil, fmt.Errorf("reading the documentation page: %w", err)
	}
	var out bytes.Buffer
	err = page.Execute(&out, map[string]any{"Info": doc.Info, "Groups": docsGroups(doc), "Schemas": docsSchemas(doc)})
	if err != nil {
		return nil, fmt.Errorf("writing the documentation page: %w", err)
	}
	return out.Bytes(), nil
}

func docsGroups(doc *huma.OpenAPI) []docsGroup {
	byTag := map[string][]docsOperation{}
	for _, address := range slices.Sorted(maps.Keys(doc.Paths)) {
		item := doc.Paths[address]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				byTag[op.Tags[0]] = append(byTag[op.Tags[0]], docsOf(op))
			}
		}
	}
	groups := make([]docsGroup, 0, len(byTag))
	for _, tag := range slices.Sorted(maps.Keys(byTag)) {
		groups = append(groups, docsGroup{Name: tag, Operations: byTag[tag]})
	}
	return groups
}

func docsOf(op *huma.Operation) docsOperation {
	d := docsOperation{Operation: op, Public: len(op.Security) == 0}
	if op.RequestBody != nil {
		for _, media := range op.RequestBody.Content {
			d.Request = typeName(media.Schema)
		}
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		r := docsResponse{Status: status}
		for _, media := range op.Responses[status].Content {
			r.Schema = typeName(media.Schema)
		}
		d.Responses = append(d.Responses, r)
	}
	return d
}

func docsSchemas(doc *huma.OpenAPI) []docsSchema {
	all := doc.Components.Schemas.Map()
	out := make([]docsSchema, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		s := docsSchema{Name: name}
		for _, field := range slices.Sorted(maps.Keys(all[name].Properties)) {
			p := all[name].Properties[field]
			s.Fields = append(s.Fields, docsField{
				Name: field, Type: typeName(p), Doc: p.Description, Required: slices.Contains(all[name].Required, field),
			})
		}
		out = append(out, s)
	}
	return out
}

// typeName gives a schema's type in words: a name, a list, or the words it may hold.
func typeName(s *huma.Schema) string {
	switch {
	case s == nil:
		return ""
	case s.Ref != "":
		return s.Ref[strings.LastIndex(s.Ref, "/")+1:]
	case s.Type == huma.TypeArray:
		return "list of " + typeName(s.Items)
	case len(s.Enum) > 0:
		words := make([]string, 0, len(s.Enum))
		for _, w := range s.Enum {
			words = append(words, fmt.Sprint(w))
		}
		return strings.Join(words, " | ")
	case s.Format != "":
		return s.Type + " (" + s.Format + ")"
	default:
		return s.Type
	}
}
