package okta

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"slices"
	"time"
)

// User is one person's assignment to the app.
type User struct {
	ID       string // of the person, 00u…
	UserName string // credentials.userName: the name in the app
	Scope    string // USER for a direct assignment, GROUP for one through a group
	Status   string // of the assignment: ACTIVE, PROVISIONED, STAGED, SUSPENDED …
	GroupID  string // the assigned group behind scope GROUP; else, or when Okta does not say, ""

	AccountStatus string // of the Okta account: ACTIVE, SUSPENDED …; "" when Okta did not embed it

	LastUpdated string // of the assignment, as Okta wrote it; does not move on every change of the profile

	// AppProfile is the app's profile of the person, in which Okta has already
	// applied its mappings and group priorities; Profile is the Okta profile.
	// Both are JSON objects with sorted keys, never nil. Numbers keep their
	// digits. null means that the attribute has no value.
	AppProfile, Profile json.RawMessage
}

// assignmentPage is Okta's maximum for the list of assignments.
const assignmentPage = "500"

// Assignment reads the assignment of one person, with whole profiles. The error
// is ErrNotFound only when Okta itself names this person's assignment, or account,
// as what it does not find. A 404 about anything else, such as the app, is
// ErrIncomplete.
func (c *Client) Assignment(ctx context.Context, userID string) (User, error) {
	wire, _, err := readAt[appUser](ctx, c, url.Values{"expand": {"user"}}, "apps", c.cfg.AppID, "users", userID)
	if err == nil && wire.ID != userID {
		err = incomplete("the assignment of another person")
	}
	err = aboutObject(err, userID, "AppUser", "User")
	if err != nil {
		return User{}, fmt.Errorf("okta: read assignment of %s: %w", userID, err)
	}
	u, err := newUserReader(nil).user(&wire)
	if err != nil {
		return User{}, fmt.Errorf("okta: read assignment of %s: %w", userID, err)
	}
	return u, nil
}

// assignments lists all assignments that the request keeps, sorted by ID and unique: of
// one that came twice the last. The time is that of the last page.
func (c *Client) assignments(ctx context.Context, req SnapshotRequest, app App) ([]User, ProfileNames, time.Time, error) {
	first, err := apiPath(url.Values{"limit": {assignmentPage}, "expand": {"user"}}, "apps", c.cfg.AppID, "users")
	if err != nil {
		return nil, ProfileNames{}, time.Time{}, err
	}
	p := &peoplePages{req: req, reader: newUserReader(req.Keep), next: prefetcher{client: c}}
	defer p.next.stop()
	if req.Sieve != nil {
		if err := req.Sieve.Begin(app); err != nil {
			return nil, ProfileNames{}, time.Time{}, err
		}
	}
	date, err := walkBy(ctx, c, first, p.read, p.visit)
	if err != nil {
		return nil, ProfileNames{}, date, fmt.Errorf("okta: list assignments of app %s: %w", c.cfg.AppID, err)
	}
	if req.Sieve != nil {
		req.Sieve.End()
	}
	slices.Reverse(p.users)
	slices.SortStableFunc(p.users, func(a, b User) int { return cmp.Compare(a.ID, b.ID) })
	return slices.CompactFunc(p.users, func(a, b User) bool { return a.ID == b.ID }), p.reader.names(), date, nil
}

// assigned says whether a person is among users, which are sorted, or was let go.
func assigned(users []User, sieve *Sieve) func(string) bool {
	return func(id string) bool {
		_, found := slices.BinarySearchFunc(users, id, func(u User, id string) int { return cmp.Compare(u.ID, id) })
		return found || sieve != nil && sieve.Assigned(id)
	}
}

// requireEmbedded refuses a page on which no one has the Okta account that
// expand=user asks for: the request has lost its expand, or the credentials
// may not see accounts. A single one without it is possible.
func requireEmbedded(items []entry) error {
	for i := range items {
		if items[i].known || items[i].Embedded.User != nil {
			return nil
		}
	}
	if len(items) == 0 {
		return nil
	}
	return incomplete("no assignment of a page carries its Okta account; the credentials may lack okta.users.read")
}

// userReader turns answers into Users and shares the strings that repeat.
type userReader struct {
	app, account *profileForm
	whole        bool // nothing is cut down
	people       int  // who were counted
	texts        map[string]string
	profiles     []byte // scratch
}

func newUserReader(keep *Projection) *userReader {
	if keep == nil {
		return &userReader{app: newProfileForm(nil), account: newProfileForm(nil), whole: true, texts: map[string]string{}}
	}
	return &userReader{app: newProfileForm(keep.AppUser), account: newProfileForm(keep.User), texts: map[string]string{}}
}

// both counts a user, shows the whole of it to each, if there is one, and returns what is
// kept.
func (r *userReader) both(wire *appUser, each func(User) error) (User, error) {
	u, err := r.user(wire)
	if err != nil {
		return User{}, err
	}
	r.count()
	if each == nil {
		return u, nil
	}
	whole := u
	whole.AppProfile, whole.Profile = r.write(true)
	return u, each(whole)
}

// user returns what is kept.
func (r *userReader) user(wire *appUser) (User, error) {
	u := User{
		ID: wire.ID, UserName: wire.Credentials.UserName, LastUpdated: r.share(wire.LastUpdated),
		Scope: r.share(wire.Scope), Status: r.share(wire.Status),
	}
	if wire.Scope == "GROUP" {
		u.GroupID = r.share(linkedID(wire.Links.Group))
	}
	if e := wire.Embedded.User; e != nil {
		if e.ID != "" && e.ID != wire.ID {
			return User{}, incomplete("the assignment of %s carries the Okta account of %s", printable(wire.ID), printable(e.ID))
		}
		u.AccountStatus = r.share(e.Status)
	}
	if err := r.read(wire.account(), wire.Profile); err != nil {
		return User{}, err
	}
	app, account := r.write(r.whole)
	both := slices.Concat(app, account)
	u.AppProfile, u.Profile = both[:len(app):len(app)], both[len(app):]
	return u, nil
}

// read reads the profiles of a person.
func (r *userReader) read(account, app json.RawMessage) error {
	if err := r.app.read(app); err != nil {
		return err
	}
	return r.account.read(account)
}

// count counts the person whose profiles were read.
func (r *userReader) count() {
	r.people++
	r.app.count()
	r.account.count()
}

func (r *userReader) names() ProfileNames {
	return ProfileNames{People: r.people, User: r.account.names.counts(), AppUser: r.app.names.counts()}
}

// write writes the profiles that were read, valid until it is called again.
func (r *userReader) write(whole bool) (app, account json.RawMessage) {
	r.profiles = r.app.append(r.profiles[:0], whole)
	split := len(r.profiles)
	r.profiles = r.account.append(r.profiles, whole)
	return r.profiles[:split:split], r.profiles[split:]
}

// maxShared bounds the table of shared strings: time stamps are mostly alike
// after an import, but need not be.
const maxShared = 10_000

func (r *userReader) share(s string) string {
	if shared, ok := r.texts[s]; ok {
		return shared
	}
	if len(r.texts) < maxShared {
		r.texts[s] = s
	}
	return s
}

// linkedID is the id at the end of a link's address; "" when there is none.
func linkedID(link json.RawMessage) string {
	var l struct {
		Href string `json:"href"`
	}
	if len(link) == 0 || json.Unmarshal(link, &l) != nil || l.Href == "" {
		return ""
	}
	return path.Base(l.Href)
}
