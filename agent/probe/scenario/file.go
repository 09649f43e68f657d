package scenario

// File is one scenario.
type File struct {
	Path string `yaml:"-"`

	Title  string `yaml:"title"`
	Source string `yaml:"source"` // where Okta says so
	Says   string `yaml:"says"`   // the sentence

	// WireProfile is oin, aiw or both: the scenario is played once in each.
	WireProfile string `yaml:"wire_profile"`

	// Config is laid over the agent's configuration, key by key.
	Config map[string]any `yaml:"config"`

	Org    Org    `yaml:"org"`
	Tenant Tenant `yaml:"tenant"`

	// AllowViolations are rules of the built-in tenant that may be broken.
	AllowViolations []string `yaml:"allow_violations"`

	Steps []Step `yaml:"steps"`

	Expectations `yaml:",inline"`

	lines []string    // of the file
	words *vocabulary // of the file
}

// Org is what Okta holds in the beginning.
type Org struct {
	Lines       map[string]int `yaml:"-"` // of the keys
	People      []Person       `yaml:"people"`
	Groups      []Group        `yaml:"groups"`
	Assignments []string       `yaml:"assignments"` // logins, assigned by hand
}

// Person is one person in Okta.
type Person struct {
	Line      int            `yaml:"-"`
	Login     string         `yaml:"login"`
	Email     string         `yaml:"email"` // the login, where it is not given
	FirstName string         `yaml:"firstName"`
	LastName  string         `yaml:"lastName"`
	Profile   map[string]any `yaml:"profile"`  // further attributes
	App       map[string]any `yaml:"app"`      // values of the assignment that differ from the profile
	UserName  string         `yaml:"userName"` // the user name in the app, where it is not the login
	Status    string         `yaml:"status"`   // ACTIVE; SUSPENDED, DEPROVISIONED, STAGED …
	Assigned  *bool          `yaml:"assigned"` // of the step hire: true
}

// Group is a group in Okta.
type Group struct {
	Line        int      `yaml:"-"`
	Name        string   `yaml:"name"`
	Description string   `yaml:"description"`
	Members     []string `yaml:"members"`  // logins
	Assigned    bool     `yaml:"assigned"` // to the app: members are assigned through it
	Push        string   `yaml:"push"`     // a group-push mapping of Okta's own: ACTIVE, INACTIVE, ERROR
}

// Tenant is what the built-in tenant holds in the beginning.
type Tenant struct {
	Lines    map[string]int `yaml:"-"` // of the keys
	Accounts []Account      `yaml:"accounts"`
	Groups   []TenantGroup  `yaml:"groups"`
	Quirks   []string       `yaml:"quirks"`
	Faults   []string       `yaml:"faults"`
}

// Account is an account that is there before.
type Account struct {
	UserName   string         `yaml:"userName"`
	GivenName  string         `yaml:"givenName"`
	FamilyName string         `yaml:"familyName"`
	Email      string         `yaml:"email"`
	ExternalID string         `yaml:"externalId"`
	Active     *bool          `yaml:"active"`
	Attributes map[string]any `yaml:"attributes"` // further ones
}

// TenantGroup is a group of the tenant.
type TenantGroup struct {
	Name    string   `yaml:"name"`
	Members []string `yaml:"members"` // userNames
}

// Step is one thing that happens, and what is expected of it. Exactly one of the
// actions is set; none in a step that only expects.
type Step struct {
	Line int `yaml:"-"`

	Hire       *Person  `yaml:"hire"`
	Change     *Change  `yaml:"change"`
	Assign     Names    `yaml:"assign"`
	Unassign   Names    `yaml:"unassign"`
	Suspend    Names    `yaml:"suspend"`
	Unsuspend  Names    `yaml:"unsuspend"`
	Deactivate Names    `yaml:"deactivate"`
	Reactivate Names    `yaml:"reactivate"`
	Delete     Names    `yaml:"delete"`
	Join       *Joining `yaml:"join"`
	Part       *Joining `yaml:"part"`
	Move       *Moving  `yaml:"move"`

	NewGroup      *Group         `yaml:"new_group"`
	RenameGroup   *Renaming      `yaml:"rename_group"`
	DescribeGroup *Describing    `yaml:"describe_group"`
	DeleteGroup   Names          `yaml:"delete_group"`
	AssignGroup   Names          `yaml:"assign_group"`
	UnassignGroup Names          `yaml:"unassign_group"`
	Push          *Pushing       `yaml:"push"`
	Unpush        Names          `yaml:"unpush"`
	Config        map[string]any `yaml:"config"`

	Account       *Account       `yaml:"account"`
	DeleteAccount Names          `yaml:"delete_account"`
	EditGroup     *TenantGroup   `yaml:"edit_group"`
	Quirks        *[]string      `yaml:"quirks"`
	Fault         *Fault         `yaml:"fault"`
	ClearFaults   *struct{}      `yaml:"clear_faults"`
	Forget        *struct{}      `yaml:"forget_state"`
	Credentials   *Credentials   `yaml:"credentials"`
	Kill          *Kill          `yaml:"kill"`
	Check         *Command       `yaml:"check"`
	Plan          *Command       `yaml:"plan"`
	Sync          *Command       `yaml:"sync"`
	Resync        *ResyncCommand `yaml:"resync"`
	Approve       *Decision      `yaml:"approve"`
	Reject        *Decision      `yaml:"reject"`
	Run           *AnyCommand    `yaml:"run"`

	Expectations `yaml:",inline"`
}

// Names is one name, or a list of them.
type Names []string

// Change gives a person other values in Okta. A null clears one.
type Change struct {
	Login string         `yaml:"login"`
	Set   map[string]any `yaml:"set"`
	App   map[string]any `yaml:"app"` // of the assignment, which does not follow the profile then
}

// Joining is a person and a group.
type Joining struct {
	Login Names  `yaml:"login"`
	Group string `yaml:"group"`
}

// Moving takes a person out of one group and into another one.
type Moving struct {
	Login Names  `yaml:"login"`
	From  string `yaml:"from"`
	To    string `yaml:"to"`
}

// Renaming gives a group another name.
type Renaming struct {
	Group string `yaml:"group"`
	To    string `yaml:"to"`
}

// Describing gives a group another description.
type Describing struct {
	Group string `yaml:"group"`
	To    string `yaml:"to"`
}

// Pushing sets the status of a group-push mapping of Okta's own.
type Pushing struct {
	Group  string `yaml:"group"`
	Status string `yaml:"status"` // ACTIVE
}

// Fault is one thing that goes wrong, at Okta or at WalkMe. Its keys are those of
// package fault.
type Fault struct {
	WalkMe string `yaml:"walkme"` // kind, with "=" and its value
	Okta   string `yaml:"okta"`
	On     string `yaml:"on"`
	Path   string `yaml:"path"`
	About  string `yaml:"about"`
	Nth    int    `yaml:"nth"`
	Times  string `yaml:"times"` // a number, or all
}

// Credentials changes what the tenant accepts, behind the agent's back or together
// with its configuration.
type Credentials struct {
	Username string `yaml:"username"`
	Password string `yaml:"password"`
	Agent    *bool  `yaml:"agent"` // the agent gets them, too: true
}

// Kill starts a command and kills the agent, so that nothing in it can clean up,
// when a request goes out.
type Kill struct {
	Command Names  `yaml:"command"` // sync
	When    string `yaml:"when"`    // before the request has its effect, or after it: after
	On      string `yaml:"on"`
	Path    string `yaml:"path"`
	About   string `yaml:"about"`
	Nth     int    `yaml:"nth"`
}

// Command is one run of the agent.
type Command struct {
	Args    []string `yaml:"args"`
	DryRun  bool     `yaml:"dry_run"`
	Refresh bool     `yaml:"refresh"`
	Approve Names    `yaml:"approve"` // ids of holds, or all
}

// ResyncCommand is okta-walkme-agent resync.
type ResyncCommand struct {
	Args      []string `yaml:"args"`
	User      Names    `yaml:"user"`
	Group     Names    `yaml:"group"`
	Attribute Names    `yaml:"attribute"`
	Failed    bool     `yaml:"failed"`
	Changed   bool     `yaml:"changed"`
	DryRun    bool     `yaml:"dry_run"`
}

// Decision is about holds: those that wait, or all of them.
type Decision struct {
	Holds  Names  `yaml:"holds"` // ids; all, where it is not given
	Reason string `yaml:"reason"`
}

// AnyCommand is any command, as it is typed.
type AnyCommand struct {
	Args []string `yaml:"args"`
}

// Expectations are what must be true after a step, or in the end.
type Expectations struct {
	Exit       *int                  `yaml:"expect_exit"`
	Requests   *[]RequestExpectation `yaml:"expect_requests"`      // in this order; others may stand between. An empty list: none
	Only       *[]RequestExpectation `yaml:"expect_only_requests"` // these and no others
	Never      []RequestExpectation  `yaml:"expect_no_requests"`   // none of these
	Text       Names                 `yaml:"expect_text"`
	NoText     Names                 `yaml:"expect_no_text"`
	Accounts   []AccountExpectation  `yaml:"expect_accounts"`
	NoAccounts Names                 `yaml:"expect_no_accounts"`
	Groups     []GroupExpectation    `yaml:"expect_groups"`
	NoGroups   Names                 `yaml:"expect_no_groups"`
	Violations *[]string             `yaml:"expect_violations"` // rules; none, where it is not given

	Lines map[string]int `yaml:"-"` // of the keys
}

// RequestExpectation is one request to WalkMe. As a text it is "METHOD /path", with
// " -> status" at its end if that matters.
type RequestExpectation struct {
	Line    int               `yaml:"-"`
	Method  string            `yaml:"method"`
	Path    string            `yaml:"path"`    // * is any segment; {NAME} the id of an account or group
	Filter  string            `yaml:"filter"`  // decoded
	Query   map[string]string `yaml:"query"`   // decoded; others may be there
	Headers map[string]string `yaml:"headers"` // others may be there
	Body    any               `yaml:"body"`    // a subset
	Without Names             `yaml:"without"` // paths that the body must not have
	Status  int               `yaml:"status"`
	Answer  any               `yaml:"answer"` // a subset
}

// AccountExpectation is an account. Every key but sameID and sameIDAs is a SCIM path
// of the account with its value; null says that it has none.
type AccountExpectation struct {
	Line     int
	UserName string
	SameID   bool   // as when the scenario saw the name first
	SameIDAs string // as the account that had this name before
	Values   []Value
}

// Value is what is expected at a SCIM path.
type Value struct {
	Line int
	Path string
	Want any
}

// GroupExpectation is a group with all its members.
type GroupExpectation struct {
	Line     int
	Name     string    `yaml:"name"`
	Members  *[]string `yaml:"members"` // userNames, in any order
	SameID   bool      `yaml:"same_id"`
	SameIDAs string    `yaml:"same_id_as"`
}
