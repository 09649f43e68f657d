package report

import (
	"fmt"
	"slices"
	"strings"

	"okta-walkme-agent/agent/plan"
)

// alike puts changes with one and the same error into one section, which says it
// once, and those whose error is their own into a last one.
func (d *document) alike(changes []*plan.Change) []section {
	byText := map[string][]*plan.Change{}
	var texts []string
	for _, c := range changes {
		text := d.outcomeText(c)
		if byText[text] == nil {
			texts = append(texts, text)
		}
		byText[text] = append(byText[text], c)
	}
	var sections []section
	var own section
	for _, text := range texts {
		if same := byText[text]; len(same) > 1 {
			sections = append(sections, section{note: text, common: text, changes: same})
		} else {
			own.changes = append(own.changes, same...)
		}
	}
	return append(sections, own)
}

// outcomeText is the error of a change that failed or was not tried.
func (d *document) outcomeText(c *plan.Change) string {
	return d.named(d.outcomeOf(c))
}

// named adds the names of members to a text, which has their Okta ids alone: the log, for
// which it was written, has no names.
func (d *document) named(text string) string {
	if !strings.Contains(text, "member ") {
		return text
	}
	for id, name := range d.plan.People {
		if name != "" && name != id {
			text = strings.ReplaceAll(text, "member "+id+":", "member "+name+" ("+id+"):")
		}
	}
	return text
}

func (d *document) outcomeOf(c *plan.Change) string {
	switch {
	case c.Outcome == plan.Failed && c.Error == "":
		return fmt.Sprintf("WalkMe answered %d", c.HTTPStatus)
	case c.Outcome == plan.Failed && c.WalkMeID != "":
		return strings.ReplaceAll(c.Error, " "+c.WalkMeID, "") // the name stands beside it
	case c.Outcome == plan.Failed:
		return c.Error
	case c.Error != "":
		return d.withoutFailure(strings.TrimPrefix(c.Error, "not tried: "))
	}
	return "the run ended before its turn"
}

// withoutFailure leaves out what a failed change ended the run with: the section
// of failures says it.
func (d *document) withoutFailure(text string) string {
	for _, failure := range d.failures {
		if short, ok := strings.CutSuffix(text, ": "+failure); ok {
			return short
		}
	}
	return text
}

// failureTexts are the errors of failed changes, each once.
func failureTexts(failed []*plan.Change) []string {
	seen := map[string]bool{"": true}
	var out []string
	for _, c := range failed {
		if !seen[c.Error] {
			seen[c.Error] = true
			out = append(out, c.Error)
		}
	}
	return out
}

// adviceOn collects what there is to say about failures, each advice once.
func adviceOn(failed []*plan.Change, advise func(*plan.Change) (Advice, bool)) []Advice {
	if advise == nil {
		return nil
	}
	var out []Advice
	for _, c := range failed {
		advice, ok := advise(c)
		if ok && !slices.Contains(out, advice) {
			out = append(out, advice)
		}
	}
	return out
}
