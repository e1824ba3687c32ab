package wizard

import (
	"encoding/json"
	"fmt"
	"strings"

	"billferry/internal/integration"
	"billferry/internal/spec"
)

// Stage is one of the three stages, from 1.
type Stage int

// The stages, in their order.
const (
	Entity      Stage = 1
	Destination Stage = 2
	Configure   Stage = 3
)

// Draft is what has been chosen so far: the JSON of integration.Draft.Data.
type Draft struct {
	Stage       Stage       `json:"stage"`
	EntityType  string      `json:"entityType,omitempty"`
	Destination string      `json:"destination,omitempty"`
	Name        string      `json:"name,omitempty"`
	ConfigData  spec.Values `json:"configData,omitempty"`
}

// Wizard is one run through the stages. It is a value: each step returns the
// next one and leaves the old as it was.
type Wizard struct {
	catalog spec.Catalog
	draft   Draft
}

// New starts at stage 1. Where a stage has one choice it is made already.
func New(c spec.Catalog) Wizard {
	w := Wizard{catalog: c, draft: Draft{Stage: Entity, ConfigData: spec.Values{}}}
	if all := c.Entities(); len(all) > 0 {
		w.draft.EntityType = all[0]
	}
	return w
}

// Copy begins with the settings of an integration that there is, under another name.
func Copy(c spec.Catalog, in integration.Integration) Wizard {
	w := New(c).Choose(in.EntityType)
	w, _ = w.Next()
	w, _ = w.Choose(in.Destination).Next()
	return w.SetValues(in.Name+" copy", in.ConfigData)
}

// Resume continues a draft. A draft of an entity type or destination that the
// catalog no longer has goes back to the stage that chooses it.
func Resume(c spec.Catalog, data []byte) (Wizard, error) {
	w := New(c)
	if err := json.Unmarshal(data, &w.draft); err != nil {
		return New(c), fmt.Errorf("the draft cannot be read (%w); start again", err)
	}
	if w.draft.ConfigData == nil {
		w.draft.ConfigData = spec.Values{}
	}
	w.draft.Stage = max(Entity, min(w.draft.Stage, Configure))
	if len(c.Destinations(w.draft.EntityType)) == 0 {
		w.draft.Stage, w.draft.EntityType = Entity, New(c).draft.EntityType
	} else if _, ok := w.Form(); !ok && w.draft.Stage == Configure {
		w.draft.Stage = Destination
	}
	return w, nil
}

// Draft returns what has been chosen so far.
func (w Wizard) Draft() Draft { return w.draft }

// Data is the draft as JSON.
func (w Wizard) Data() ([]byte, error) { return json.Marshal(w.draft) }

// Title is what a list of drafts calls it.
func (w Wizard) Title() string {
	switch {
	case strings.TrimSpace(w.draft.Name) != "":
		return strings.TrimSpace(w.draft.Name)
	case w.draft.Destination != "":
		return w.draft.EntityType + " to " + w.draft.Destination
	}
	return "New integration"
}

// Options are the choices of stage 1 or 2; stage 3 has none.
func (w Wizard) Options() []string {
	switch w.draft.Stage {
	case Entity:
		return w.catalog.Entities()
	case Destination:
		return w.catalog.Destinations(w.draft.EntityType)
	}
	return nil
}

// Chosen is the choice of stage 1 or 2, or "".
func (w Wizard) Chosen() string {
	switch w.draft.Stage {
	case Entity:
		return w.draft.EntityType
	case Destination:
		return w.draft.Destination
	}
	return ""
}

// Choose makes the choice of stage 1 or 2.
func (w Wizard) Choose(option string) Wizard {
	switch w.draft.Stage {
	case Entity:
		w.draft.EntityType = option
	case Destination:
		w.draft.Destination = option
	}
	return w
}

// SetField puts a value into a setting of stage 3; "name" is the name.
func (w Wizard) SetField(key string, value any) Wizard {
	if key == "name" {
		w.draft.Name, _ = value.(string)
		return w
	}
	v := w.draft.ConfigData.Clone()
	v.Set(key, value)
	w.draft.ConfigData = v
	return w
}

// SetValues replaces the name and all settings of stage 3 at once.
func (w Wizard) SetValues(name string, v spec.Values) Wizard {
	w.draft.Name, w.draft.ConfigData = name, v.Clone()
	return w
}

// Form is what stage 3 shows; false until both choices are made.
func (w Wizard) Form() (spec.Form, bool) {
	return w.catalog.Form(w.draft.EntityType, w.draft.Destination)
}

// Next checks the stage and goes to the next one. With problems it stays; at
// stage 3 no problem means that the integration can be created.
func (w Wizard) Next() (Wizard, spec.Problems) {
	problems := w.Validate()
	if problems.Err() != nil || w.draft.Stage == Configure {
		return w, problems
	}
	w.draft.Stage++
	switch w.draft.Stage {
	case Destination:
		if _, ok := w.Form(); !ok { // another entity type was chosen
			w.draft.Destination = w.Options()[0]
		}
	case Configure:
		form, _ := w.Form()
		w.draft.ConfigData = form.Fill(w.draft.ConfigData)
	}
	return w, problems
}

// Back goes to the stage before and keeps everything; false at stage 1.
func (w Wizard) Back() (Wizard, bool) {
	if w.draft.Stage == Entity {
		return w, false
	}
	w.draft.Stage--
	return w, true
}

// Validate says what is wrong with the stage that is on.
func (w Wizard) Validate() spec.Problems {
	switch w.draft.Stage {
	case Entity:
		if len(w.catalog.Destinations(w.draft.EntityType)) == 0 {
			return choose("Entity Type", w.draft.EntityType, w.Options())
		}
	case Destination:
		if _, ok := w.Form(); !ok {
			return choose("Destination", w.draft.Destination, w.Options())
		}
	case Configure:
		form, _ := w.Form()
		return form.Validate(w.draft.Name, w.draft.ConfigData)
	}
	return nil
}

func choose(label, got string, options []string) spec.Problems {
	message := "choose one of " + strings.Join(options, ", ")
	if got != "" {
		message = fmt.Sprintf("%q is not known; %s", got, message)
	}
	return spec.Problems{{Key: strings.ToLower(label[:1]) + strings.ReplaceAll(label[1:], " ", ""), Label: label, Message: message}}
}
