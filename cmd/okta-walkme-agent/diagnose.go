package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/service"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// diagnosis says what an error usually comes from, and what to do.
type diagnosis struct{ cause, remedy string }

// diagnose knows the failures that admins meet. WalkMe's guide "Configure SCIM
// with Okta" names those of its side.
func diagnose(err error) (diagnosis, bool) {
	for _, look := range []func(error) (diagnosis, bool){diagnoseService, diagnoseState, diagnoseOkta, diagnoseWalkMe, diagnoseNetwork} {
		if d, ok := look(err); ok {
			return d, true
		}
	}
	return diagnosis{}, false
}

func diagnoseService(err error) (diagnosis, bool) {
	var right *service.NoRightError
	switch {
	case errors.As(err, &right):
		return diagnosis{"the service listens to root and to its own user alone; whether it is running cannot be seen from here",
			"run it as root, or use systemctl reload " + programName}, true
	case errors.Is(err, service.ErrNotRunning):
		return diagnosis{"the service is stopped, or its runtime folder is another one",
			"start it: systemctl start " + programName + "; or name the folder with --runtime-dir; a service that has none takes SIGHUP"}, true
	}
	return diagnosis{}, false
}

func diagnoseWalkMe(err error) (diagnosis, bool) {
	var other *agent.TenantError
	if errors.As(err, &other) {
		return diagnosis{"the credentials, or the address, belong to another WalkMe tenant, such as a test tenant or a new integration; or all accounts were deleted there",
			"put the credentials of the tenant back; if it was really replaced, run state adopt: it lists what is missing and takes the tenant over"}, true
	}
	var answer *scim.Error
	var unusable *walkme.AnswerError
	var text *walkme.TextCounterError
	switch {
	case errors.As(err, &text):
		return diagnosis{"the server writes a counter of its lists as a text, at which Okta ends without a word",
			"let it write a number; walkme.wire.exact_numbers: false, or fidelity: safe, lives with it"}, true
	case errors.Is(err, scim.ErrUnauthorized):
		return diagnosis{"WalkMe does not accept the credentials (401 Unauthorized), or they belong to another region",
			"copy user name and password again from the Admin Center (IDP Integrations, SCIM Integration); the password is shown only once, so a lost one needs a new integration; check walkme.region"}, true
	case errors.As(err, &unusable), errors.As(err, &answer) && routing(answer.Status):
		return diagnosis{"a routing error: the address answers, but not as WalkMe's SCIM service of your tenant",
			"check where your WalkMe tenant lives and set walkme.region (us, eu, ca), or copy the SCIM base URL of the credentials popup to walkme.base_url"}, true
	case errors.Is(err, scim.ErrConflict):
		return diagnosis{"the user already exists in WalkMe with the same identifier, but no look-up shows the account",
			"look in WalkMe for the account, perhaps under another user name or in another system, and rename or remove it there"}, true
	case errors.As(err, &answer) && answer.Status == http.StatusBadRequest:
		return valueRefused, true
	case errors.As(err, &answer) && !answer.Page:
		return diagnoseStatus(answer.Status)
	}
	return diagnosis{}, false
}

// diagnoseObject is for a failure of which no more is known than what it was about.
func diagnoseObject(t scim.Type, err error) (diagnosis, bool) {
	var unanswered *walkme.UnansweredError
	var answer *scim.Error
	switch {
	case errors.As(err, &unanswered) && errors.As(err, &answer) && answer.Status != 0:
		return diagnosis{fmt.Sprintf("WalkMe has an error of its own (%d), so it may have done it or not", answer.Status),
			"nothing: the next run asks WalkMe what became of it, and goes on from there; if it stays so, ask WalkMe's support"}, true
	case errors.As(err, &unanswered):
		return diagnosis{"WalkMe broke off without an answer, so it may have done it or not",
			"nothing: the next run asks WalkMe what became of it, and goes on from there"}, true
	case !errors.Is(err, scim.ErrNotFound):
		if errors.As(err, &answer) && !answer.Page {
			if d, ok := diagnoseRefusal(t, "", answer.Status); ok {
				return d, true
			}
		}
		return diagnose(err)
	case t == scim.Group:
		return diagnosis{"the group was deleted in WalkMe", "set push_groups.on_missing: recreate, or take the group off push_groups.sources"}, true
	}
	return diagnosis{"the account was deleted in WalkMe", "set provisioning.on_missing: recreate, or unassign the person in Okta"}, true
}

func routing(status int) bool {
	switch status {
	case http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusBadGateway:
		return true
	}
	return false
}

func diagnoseState(err error) (diagnosis, bool) {
	var locked *state.LockedError
	var replaced *state.ReplacedError
	var corrupt *state.CorruptError
	var schema *state.SchemaError
	var foreign *state.NotOursError
	var binding *agent.BindingError
	switch {
	case errors.As(err, &binding):
		return diagnosis{"state.path names the state of another integration, or okta.app_id or WalkMe's address was changed",
			"give each integration a state.path of its own; if it is the same app and tenant under a new id or address, run state adopt"}, true
	case errors.As(err, &locked):
		return diagnosis{"two agents must not write one state at the same time",
			"wait until the other process has finished, or stop the service first; plan, status and history work meanwhile"}, true
	case errors.As(err, &replaced):
		return diagnosis{"the state file was moved, removed or restored while this run was using it; nothing more was sent or written",
			"stop the service before the file is touched; check that state.path holds the state that you want, then run plan: what this run did last may be missing in it, and is looked up in WalkMe again"}, true
	case errors.As(err, &corrupt):
		return diagnosis{"the state file is damaged",
			"restore a backup; or move the file and its -wal away: the next run looks every name up and links what exists, but does not know who left meanwhile"}, true
	case errors.As(err, &schema) && schema.Have > schema.Want:
		return diagnosis{"the state was written by a newer version", "install that version again, or restore the backup it made before the upgrade"}, true
	case errors.As(err, &schema):
		return diagnosis{"the state was written by an older version", "run sync once, or start the service without dry_run: both bring it up to date, after a backup beside it"}, true
	case errors.As(err, &foreign):
		return diagnosis{"state.path does not name a state file of this program", "correct state.path; or, if it was the state, restore a backup"}, true
	case errors.Is(err, fs.ErrPermission):
		return diagnosis{"the user who runs this command may not use the file", "run it as root, or as the user of the service; members of the group " + service.ViewGroup + " may use status, history, holds list and explain while the service runs"}, true
	case errors.Is(err, state.ErrNoHold):
		return diagnosis{"no changes are held under that id: they were approved, or are others by now", "plan shows what is held now, with the ids"}, true
	case errors.Is(err, state.ErrReadOnly):
		return diagnosis{"the disk, or the folder of state.path, cannot be written", "mount it writable, or set state.path to a folder that the user of the service may write to"}, true
	case errors.Is(err, state.ErrDiskFull):
		return diagnosis{"the disk is full", "make room; nothing was half-written, the next run goes on from here"}, true
	}
	return diagnosis{}, false
}

// explained puts the remedy above the error, so that the error stays the last
// line on standard error.
func explained(err error) error {
	d, ok := diagnose(err)
	if !ok || err == nil {
		return err
	}
	return &explainedError{d, err}
}

type explainedError struct {
	diagnosis
	err error
}

func (e *explainedError) Error() string {
	return "cause: " + e.cause + "\nremedy: " + e.remedy + "\n" + e.err.Error()
}
func (e *explainedError) Unwrap() error { return e.err }
