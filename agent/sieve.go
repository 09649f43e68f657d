package agent

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"okta-walkme-agent/agent/apply"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

// judgement is the version of what makes a person be in step, and of what is remembered
// of it. A build that decides it otherwise has another one.
const judgement = 1

// sieve parts the people who are in step from those whom a plan is about, a page of
// Okta's list after the other, so that memory grows with what has changed and not with
// the org. Who was in step before, and of whom nothing has moved since, is not even
// decoded: the state has a mark of them. Who is in step without a mark is compared and
// let go; in a run that may write, with a mark for the next one.
type sieve struct {
	a      *Agent
	ctx    context.Context // of one read of Okta
	scope  plan.Scope
	writer *state.UserWriter // nil: nothing is stored
	index  *state.UserIndex

	app    map[string]any // what expressions see of the app
	mapper *plan.Translator
	basis  [8]byte
	trusts bool            // marks count
	never  map[string]bool // Okta ids of people who are kept in any case
	shown  *sights         // what WalkMe shows; nil: no refresh
	sought map[string]bool // userNames and Okta ids of others who are, as scim.NameKey has them
	hashes map[uint64]bool // of these
	inStep *plan.InStep

	plain    plain           // changes of people who are let go all the same
	recorded int             // how many people have a record
	unmapped bool            // values without a mapping are counted
	kept     state.RowSet    // whose assignments are stored, and who are kept
	passed   state.RowSet    // whose assignments are stored, and who are in step
	stood    state.RowSet    // of these, who were not decoded
	err      error           // that ended the read of Okta
	looked   looked          // what was found of those who are kept
	offline  bool            // all people come from the state
	loose    map[string]bool // Okta ids of people in step whose are not
}

// sifting is what a sieve has to know of a run that may write.
type sifting struct {
	writer  *state.UserWriter
	settled []apply.Settlement // before the plan: objects of those that are open are left alone
}

// newSieve makes a sieve for a plan, or for a run. It is nil when the plan is to see all people.
// What WalkMe shows is nil but in a refresh.
func (a *Agent) newSieve(ctx context.Context, scope plan.Scope, shown *sights, run *sifting) (*sieve, error) {
	if a.Config.SeeEverybody {
		return nil, nil
	}
	stored, err := a.State.CountAssigned(ctx)
	if err != nil {
		return nil, err
	}
	latest, err := lastMapping.Load(ctx, a.State)
	if err != nil {
		return nil, err
	}
	newMapping := latest != a.Config.Mapping.Digest()
	s := &sieve{
		a: a, ctx: ctx, scope: scope, index: a.State.UserIndex(), trusts: !newMapping && !scope.MayForce(), unmapped: newMapping,
		never: map[string]bool{}, sought: map[string]bool{}, hashes: map[uint64]bool{}, shown: shown, inStep: plan.NewInStep(stored), loose: map[string]bool{},
	}
	if run != nil {
		s.writer, s.index = run.writer, run.writer.Index()
		for i := range run.settled {
			if run.settled[i].Open() {
				s.never[run.settled[i].OktaID] = true
			}
		}
	}
	for _, id := range scope.People() {
		s.never[id] = true
	}
	if s.recorded, err = a.State.CountRecorded(ctx); err != nil {
		return nil, err
	}
	for _, name := range scope.Selection().People() {
		ids, err := a.State.IDsOf(ctx, scim.User, name)
		if err != nil {
			return nil, err
		}
		s.seek(name, ids)
	}
	if len(scope.People()) == 0 && !scope.Names() {
		s.plain = newPlain(a, scope, stored, run != nil)
	}
	decisions, err := a.State.Decisions(ctx)
	if err != nil {
		return nil, fmt.Errorf("decisions in the state: %w", err)
	}
	for i := range decisions {
		for _, item := range decisions[i].Hold.Items {
			s.never[plan.PersonOf(decisions[i].Hold.Kind, item.Key)] = true
		}
	}
	return s, nil
}

// seek has the sieve keep these people, by Okta id, and whoever has a name as userName or id.
func (s *sieve) seek(name string, ids []string) {
	if s == nil {
		return
	}
	s.sought[scim.NameKey(name)], s.hashes[plan.HashName(name)] = true, true
	for _, id := range ids {
		s.never[id] = true
	}
}

// mayBeSought says whether a person may have a name that is sought, by the hash of theirs.
func (s *sieve) mayBeSought(id string, hash uint64) bool {
	return len(s.sought) > 0 && (s.hashes[hash] || s.sought[scim.NameKey(id)])
}

// isOffline says that people come from the state.
func (s *sieve) isOffline() bool { return s != nil && s.offline }

// okta is the sieve as a snapshot takes it.
func (s *sieve) okta() *okta.Sieve {
	if s == nil {
		return nil
	}
	return &okta.Sieve{
		Begin: s.begin, End: s.inStep.Seal, Assigned: s.inStep.Has,
		Known: func(page []okta.Sight) (known []bool, err error) {
			known, s.err = s.known(page)
			return known, s.err
		},
		Keep: func(known []string, page []okta.Read) (kept []bool, err error) {
			kept, s.err = s.keep(known, page)
			return kept, s.err
		},
	}
}

// failure is why reading Okta has failed, when that is the sieve's own error.
func (s *sieve) failure() error {
	if s == nil {
		return nil
	}
	return s.err
}

func (s *sieve) begin(app okta.App) error {
	s.app = plan.AppMembers(app)
	s.mapper = s.a.Config.Mapping.Translator(s.app, s.a.Config.Policy.Desire)
	text, err := json.Marshal([]any{judgement, s.a.Build, s.a.Config.Mapping.Digest(), s.a.Config.Policy.Desire, s.app})
	sum := sha256.Sum256(text)
	s.basis = [8]byte(sum[:])
	return err
}

// known answers for people with a mark: whether their very bytes are those that led to
// it, and nothing else has moved.
func (s *sieve) known(page []okta.Sight) ([]bool, error) {
	out := make([]bool, len(page))
	ids := make([]string, 0, len(page))
	for i := range page {
		if page[i].ID != "" {
			ids = append(ids, page[i].ID)
		}
	}
	if err := s.index.Load(s.ctx, ids); err != nil {
		return nil, err
	}
	for i := range page {
		u, stored := s.index.Get(page[i].ID)
		out[i] = stored && u.Mark.Wire == page[i].Sum && s.stands(&u)
	}
	return out, nil
}

// stands says whether the mark of a person counts, of whom nothing was seen yet.
func (s *sieve) stands(u *state.StoredUser) bool {
	return s.counts(u) && !s.kept.Has(u.Row) && !s.passed.Has(u.Row)
}

// counts says whether the mark of a person is of today, whatever was seen since the sieve
// began.
func (s *sieve) counts(u *state.StoredUser) bool {
	return u.Marked && u.Mark.Basis == s.basis && s.trusts && !s.never[u.ID] && !s.shown.concern(u.ID) && !s.mayBeSought(u.ID, u.Mark.Name)
}

// keep lets the known people go, and of the others those who are in step.
func (s *sieve) keep(known []string, page []okta.Read) ([]bool, error) {
	for _, id := range known {
		u, _ := s.index.Get(id)
		s.pass(&u)
		if s.writer != nil {
			s.writer.Keep(id)
		}
	}
	rows, ids := make([]int64, len(page)), make([]string, len(page))
	for i := range page {
		u, _ := s.index.Get(page[i].User.ID)
		rows[i], ids[i] = u.Row, page[i].User.ID
	}
	records, err := s.recordsOf(s.ctx, ids)
	if err != nil {
		return nil, err
	}
	return s.sift(page, rows, records)
}

// sift says of decoded people who is kept. rows are those of the stored assignments, 0
// where there is none; records are those of the people who have any. What is found of the
// kept ones stays with the sieve, in the place of their profiles.
func (s *sieve) sift(page []okta.Read, rows []int64, records []state.Record) ([]bool, error) {
	byID := make(map[string]*state.Record, len(records))
	for i := range records {
		byID[records[i].SourceID] = &records[i]
	}
	out := make([]bool, len(page))
	kept := s.looked.page(len(page))
	for i := range page {
		u := &page[i].User
		r := byID[u.ID]
		person := s.mapper.Person(u)
		var err error
		if out[i], err = s.isKept(&page[i], rows[i], r, &person); err != nil {
			return nil, err
		}
		if !out[i] {
			continue
		}
		if rows[i] != 0 {
			s.kept.Add(rows[i])
		}
		kept.add(person, r)
		u.Profile, u.AppProfile = nil, nil
	}
	kept.end()
	return out, nil
}

// pass lets a person go whose mark stands.
func (s *sieve) pass(u *state.StoredUser) {
	if !s.passed.Add(u.Row) {
		return // twice in one page
	}
	s.stood.Add(u.Row)
	s.inStep.Add(u.ID, u.Mark.Name, u.Mark.Source)
}

// recordsOf returns the records of people of a page, where there are records.
func (s *sieve) recordsOf(ctx context.Context, ids []string) ([]state.Record, error) {
	if s.recorded == 0 || len(ids) == 0 {
		return nil, nil
	}
	records, err := s.a.State.UserRecords(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("records of the state: %w", err)
	}
	return records, nil
}

// isKept says whether a plan is about a person. row is that of the stored assignment, 0
// when there is none.
func (s *sieve) isKept(read *okta.Read, row int64, r *state.Record, person *plan.Person) (bool, error) {
	id := read.User.ID
	if s.never[id] || len(s.sought) > 0 && s.mayBeSought(id, plan.HashName(person.Name())) || row != 0 && (s.kept.Has(row) || s.plain.rows.Has(row)) {
		return true, nil
	}
	if s.shown.concern(id) || !plan.IsInStep(person, r) || s.scope.Forces(r) {
		return s.isKeptDiffering(row, r, person)
	}
	if row != 0 && !s.passed.Add(row) || s.loose[id] {
		return false, nil // the list changed while it was read
	}
	if row == 0 {
		s.loose[id] = true
	}
	if s.unmapped {
		s.inStep.CountUnmapped(r, s.a.Config.Mapping, 1)
	}
	name, source := s.inStep.AddPerson(person)
	if s.writer == nil {
		return false, nil
	}
	return false, s.writer.Mark(id, state.Mark{Basis: s.basis, Wire: read.Sum, Source: source, Name: name})
}

// sawStored says of a person in step whether the stored assignment is what was seen.
func (s *sieve) sawStored(row int64) bool { return s.offline || s.stood.Has(row) }

// seal ends the sifting. A person who came twice, in step and not, is among users.
func (s *sieve) seal(users []okta.User) (*plan.InStep, error) {
	if s == nil {
		return nil, nil
	}
	for i := range users {
		s.inStep.Drop(users[i].ID)
	}
	s.loose = nil
	s.looked.seal()
	return s.inStep, s.inStep.SealPlain()
}
