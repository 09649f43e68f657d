package console

import (
	"net/http"
	"net/url"
	"slices"

	"okta-walkme-agent/state"
)

const runsOnPage = 50

// runLine is a run in a list.
type runLine struct {
	state.Run
	Link, Words, Tone string
	Started           *moment
	Took              string // "" while it runs
}

func (s *Server) runLine(r *state.Run) runLine {
	words, tone := outcomeWords(r.Outcome)
	line := runLine{Run: *r, Link: addressOf("runs", r.ID), Words: words, Tone: tone, Started: s.at(r.StartedAt)}
	if !r.FinishedAt.IsZero() {
		line.Took = elapsed(r.FinishedAt.Sub(r.StartedAt))
	}
	return line
}

type runsPage struct {
	Runs []runLine
	Next string // address of the older ones; "" when there are none
}

func (s *Server) runs(r *http.Request) (*view, error) {
	page := &runsPage{}
	ctx, before := r.Context(), r.URL.Query().Get("before")
	dry, err := s.dryRuns()
	if err != nil {
		return nil, err
	}
	if before == "" {
		for i := range dry {
			page.Runs = append(page.Runs, s.runLine(&dry[i]))
		}
	}
	err = s.read(ctx, func(db *state.DB) error {
		if db.IsEmpty() {
			return nil
		}
		runs, err := db.RunsBefore(ctx, before, runsOnPage+1)
		if err != nil {
			return err
		}
		if len(runs) > runsOnPage {
			runs = runs[:runsOnPage]
			page.Next = "/runs?" + url.Values{"before": {runs[runsOnPage-1].ID}}.Encode()
		}
		for i := range runs {
			if err := s.counts.soFar(ctx, db, &runs[i]); err != nil {
				return err
			}
			page.Runs = append(page.Runs, s.runLine(&runs[i]))
		}
		return nil
	})
	slices.SortStableFunc(page.Runs, func(a, b runLine) int { return newestFirst(a.Run, b.Run) })
	return &view{page: "runs", title: "Runs", data: page}, err
}
