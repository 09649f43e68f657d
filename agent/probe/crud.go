package probe

import (
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"okta-walkme-agent/internal/scim"
)

// crudChecks are the life of an account as Okta's CRUD suite drives it through Okta:
// what the server is asked then, and what the suite looks at.
func crudChecks() []Check {
	const source = "Okta-SCIM-20-CRUD-Test.json, "
	return []Check{
		{
			ID: "create", Level: Required, Writes: true, Source: source + "requests 3 to 5", Title: "somebody who is assigned is found by userName; mail, family and given name are right",
			Okta: "The person has no account, or one with other values.", Task: taskCreate, Remedy: "store what the POST carries, and let the look-up find it", run: crudStep(bornStage),
		}, {
			ID: "update", Level: Required, Writes: true, Source: source + "requests 6 to 8", Title: "a first name that changes in Okta is on the server, read by id",
			Okta: "The change does not arrive.", Task: taskUpdate, Remedy: "let a PUT change the profile", run: crudStep(changedStage),
		}, {
			ID: "deactivate", Level: Required, Writes: true, Source: source + "requests 9 to 11", Title: "after the deactivation the user can still be read by id, inactive",
			Okta: "The leaver keeps access, or can never come back.", Task: taskDeactivate, Remedy: "deactivate, and keep the account", run: crudStep(goneStage),
		}, {
			ID: "reactivate", Level: Required, Writes: true, Source: source + "requests 12 to 16", Title: "activated and assigned again, the same id is active",
			Okta: "A second account for the returner, or none.", Task: taskActivate, Remedy: "let the look-up find the inactive account, and active true bring it back", run: crudStep(backStage),
		}, {
			ID: "unassign", Level: Required, Writes: true, Source: source + "requests 18 to 20", Title: "after the unassignment it is inactive again",
			Okta: "Whoever loses the app keeps the account.", Task: taskDeactivate, Remedy: "deactivate as often as it is asked for", run: crudStep(unassignedStage),
		},
	}
}

// stageOfLife is how far the account of the CRUD suite has come.
type stageOfLife int

const (
	bornStage stageOfLife = iota + 1
	changedStage
	goneStage
	backStage
	unassignedStage
)

// life is the account of the CRUD suite in one dialect.
type life struct {
	account *account
	want    scim.Resource
	stage   stageOfLife
	broken  bool
}

// crudStep brings the account to a stage, and lets the check judge the last step alone:
// those before it have checks of their own.
func crudStep(to stageOfLife) func(*trial) {
	return func(t *trial) {
		l := t.lives[t.dialect]
		if l == nil || l.stage >= to {
			l = &life{}
			t.lives[t.dialect] = l
		}
		for l.stage < to && !l.broken {
			t.findings, t.decisive = nil, nil
			t.live(l, l.stage+1)
			l.broken = len(t.findings) > 0 || t.why != ""
			if !l.broken {
				l.stage++
			}
		}
		if l.broken && l.stage+1 < to {
			t.findings = nil
			t.skip("an earlier step of this life failed")
		}
	}
}

// live makes one step.
func (t *trial) live(l *life, next stageOfLife) {
	switch next {
	case bornStage:
		if l.account = t.account("life"); l.account == nil {
			return
		}
		l.want = l.account.want
		t.eventually(func() {
			if t.found(l.account, l.account.name()) {
				t.shows(t.last().object().entries("Resources")[0], l.want)
			}
		})
	case changedStage:
		l.want = l.account.with(pathGiven, "Updated")
		if _, err := t.client().UpdateUser(t.ctx, l.account.id, l.want); t.called(err, "the update") {
			t.showsNow(l)
		}
	case goneStage, unassignedStage:
		l.want.Active = false
		if err := t.client().SetActive(t.ctx, l.account.id, false); t.called(err, "the deactivation") {
			t.showsNow(l)
		}
	case backStage:
		l.want.Active = true
		t.returns(l.account, l.want)
	}
}

func (t *trial) showsNow(l *life) {
	t.eventually(func() {
		if o := t.read(l.account.path()); o != nil {
			t.shows(o, l.want)
		}
	})
}

// suiteWait is how long Okta's CRUD suite waits before it looks.
const (
	suiteWait  = 20 * time.Second
	firstPause = 250 * time.Millisecond // before the second look
)

// eventually looks again, with growing pauses, until what it looks for holds or the
// suite's time is up.
func (t *trial) eventually(look func()) {
	end := time.Now().Add(suiteWait)
	for try := 0; ; try++ {
		t.findings, t.decisive = nil, nil
		look()
		pause := retryablehttp.DefaultBackoff(firstPause, suiteWait, try, nil)
		if len(t.findings) == 0 || time.Now().Add(pause).After(end) {
			return
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-t.ctx.Done():
			timer.Stop()
			return
		}
	}
}
