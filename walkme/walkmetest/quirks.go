package walkmetest

// Quirks are the deviations of real SCIM servers, one switch each. The zero
// value is the strict server. Switches may be combined; where two of them
// contradict each other, the one that is declared first wins.
type Quirks struct {
	// How a filter is answered.

	// IgnoreFilter answers every filter with the whole directory.
	IgnoreFilter bool

	// CaseSensitiveUserName compares userName in filters exactly.
	// Uniqueness still disregards case.
	CaseSensitiveUserName bool

	// CaseSensitiveDisplayName does the same for the names of groups.
	CaseSensitiveDisplayName bool

	// NamesFolded compares names, in filters and for uniqueness, by
	// Unicode's simple folding, as databases do: the Kelvin sign is a K,
	// and ſ an s.
	NamesFolded bool

	// CaseSensitiveAttributes finds nothing when the attribute in a
	// filter is not spelt as the schema spells it (username).
	CaseSensitiveAttributes bool

	// FilterSearchesEmail makes userName eq "x" search the first e-mail,
	// exact case, after taking every apostrophe out of x.
	FilterSearchesEmail bool

	// InactiveHidden leaves deactivated users out of filters and lists and
	// answers 404 for them by id.
	InactiveHidden bool

	// ConflictOnDeactivated409WithoutMatch leaves deactivated users out of
	// filters and lists only: the look-up finds no account, the POST is a 409,
	// and by id the user is there.
	ConflictOnDeactivated409WithoutMatch bool

	// EmailFilterDrops breaks the connection on a filter on emails.
	EmailFilterDrops bool

	// OnlyEqFilter refuses with 400 every filter that is not attr eq "v"
	// on userName, displayName, externalId or emails.value.
	OnlyEqFilter bool

	// UpperCaseOperator500 answers 500 to an operator in capitals (EQ).
	UpperCaseOperator500 bool

	// EscapedQuote400 refuses a filter value with an escaped quote.
	EscapedQuote400 bool

	// BackslashNotFound finds nothing for a value with a backslash.
	BackslashNotFound bool

	// PunctuationNotFound defeats the look-up of a value with "and", ( or &.
	PunctuationNotFound bool

	// ControlCharacter400 refuses a value with a tab or the like.
	ControlCharacter400 bool

	// Lists and their counters.

	// PageCap is the largest page, whatever count says. 0 is no cap below
	// the server's own limit of 1000.
	PageCap int

	// TotalIsPageSize makes totalResults the size of this page.
	TotalIsPageSize bool

	// ItemsPerPageIsCount makes itemsPerPage the requested size instead of
	// the number returned.
	ItemsPerPageIsCount bool

	// IgnorePaging answers everything to every page.
	IgnorePaging bool

	// EverythingPastEnd answers everything when startIndex is past the end.
	EverythingPastEnd bool

	// CountZeroReturnsAll takes count=0 for no limit.
	CountZeroReturnsAll bool

	// BadStartIndex400 refuses a startIndex below 1 instead of taking 1.
	BadStartIndex400 bool

	// ResourcesNullWhenEmpty writes "Resources":null for an empty list.
	ResourcesNullWhenEmpty bool

	// StringIntegers writes the counters of a list as JSON strings.
	StringIntegers bool

	// StringStartIndex writes startIndex alone as a JSON string.
	StringStartIndex bool

	// GroupsBareArray answers a list of groups with a JSON array and nothing
	// around it.
	GroupsBareArray bool

	// LowerCaseListKeys writes resources, totalresults, startindex,
	// itemsperpage.
	LowerCaseListKeys bool

	// Ids, and the writing and showing of users. Those about ids, meta and
	// locations hold for groups, too.

	// DuplicateDifferingCase accepts a second user whose userName differs
	// only in case; a look-up then returns both.
	DuplicateDifferingCase bool

	// UniqueByEmail makes the first e-mail unique in place of userName.
	UniqueByEmail bool

	// PutTakenNameAccepted lets a PUT or PATCH take another object's name
	// with 200, so that two have it.
	PutTakenNameAccepted bool

	// PutTakenNameAppliedBut500 answers 500 to the same and applies it;
	// the old name stays in the index, so that a later POST of it is a 409
	// although no look-up finds it. Groups behave alike.
	PutTakenNameAppliedBut500 bool

	// CreatedWithoutID answers 201 without an id, with a Location ending in
	// /undefined, for a name with + ( & or \, and never finds it again.
	CreatedWithoutID bool

	// IDsWithSlash gives ids like "peer/ann x".
	IDsWithSlash bool

	// IDsFromName gives the name at creation as the id.
	IDsFromName bool

	// NoMeta leaves meta and the Location header out.
	NoMeta bool

	// RelativeLocation writes locations as Users/1, without host or slash.
	RelativeLocation bool

	// LowerCasesUserName stores and returns userName in lower case.
	LowerCasesUserName bool

	// ActiveAsString shows active as "True" or "False".
	ActiveAsString bool

	// PutAnswerOmitsActive leaves active out of the answer to a PUT.
	PutAnswerOmitsActive bool

	// ActiveNotWritable takes PUT and POST with active:false for success
	// and leaves the user active, and refuses a PATCH of active with 400,
	// before it looks at the id.
	ActiveNotWritable bool

	// PutWithoutActiveDeactivates takes a missing active in a PUT for false.
	PutWithoutActiveDeactivates bool

	// PutClearsOmitted clears every attribute of a user that a PUT leaves
	// out. Without it they keep their value, active and externalId
	// included, but for accessRole, which is reset (RFC 7644, section
	// 3.5.1, leaves the choice to the server).
	PutClearsOmitted bool

	// PutResetsRole resets accessRole on every PUT, even when the PUT
	// carries it.
	PutResetsRole bool

	// RequirePassword refuses a POST without a password, and
	// RequireExternalID a PUT without externalId, as WalkMe's older user
	// management service was seen to do for accounts with single sign-on.
	RequirePassword, RequireExternalID bool

	// RequireEmailUserName refuses a userName without an @.
	RequireEmailUserName bool

	// RequireEmail refuses a POST of a user without an e-mail address.
	RequireEmail bool

	// EchoPassword shows the last password in every answer about the user.
	EchoPassword bool

	// ShowGroups shows the read-only attribute groups of each user.
	ShowGroups bool

	// AttributesHidden shows of a user no attribute but userName, externalId, name,
	// active and what the server adds, whatever was sent.
	AttributesHidden bool

	// SingleGetReturnsList answers GET /Users/{id} with a ListResponse.
	SingleGetReturnsList bool

	// Groups and their members.

	// MembersNeverEchoed shows "members":[] in every answer.
	MembersNeverEchoed bool

	// MembersShownMax is how many members of a group are shown, however many are
	// in it. 0 is all of them.
	MembersShownMax int

	// EmptyMembersAbsent leaves the key out for a group without members.
	EmptyMembersAbsent bool

	// EmptyGroupNull stores an empty list as null: members is shown as
	// null and every PATCH add or remove of members is a 500 until a
	// replace or a PUT brings members.
	EmptyGroupNull bool

	// GhostMembers keeps deleted users in the lists of members.
	GhostMembers bool

	// UnknownMember is what happens to a member that does not exist.
	UnknownMember UnknownMember

	// AddDuplicates stores a member once for every add.
	AddDuplicates bool

	// ReplaceAddsDuplicates takes a PATCH replace of members for an add that
	// does not look who is there: Okta's second write to a new group leaves
	// every member in it twice.
	ReplaceAddsDuplicates bool

	// AddExisting409 refuses an add of an account that is a member.
	AddExisting409 bool

	// MembersOnlyByAddRemove changes members only by PATCH add and remove
	// with the path members (and a value or a filter): POST, PUT and
	// replace succeed and leave the members as they were, and so do an add
	// without a path and a remove of all.
	MembersOnlyByAddRemove bool

	// PatchReplaceMembersNoEffect takes a PATCH replace of members for
	// success and changes nothing.
	PatchReplaceMembersNoEffect bool

	// PutMembersNoEffect takes a PUT of a group for success and leaves the
	// members as they were.
	PutMembersNoEffect bool

	// MembersPatch501 answers 501 to a PATCH that touches members.
	MembersPatch501 bool

	// RemoveByFilterNoEffect does the same with members[value eq "x"].
	RemoveByFilterNoEffect bool

	// RemoveAllNoEffect does the same with a remove of members without a
	// value.
	RemoveAllNoEffect bool

	// PathlessReplaceAppends adds the members of a replace without a path
	// instead of replacing by them; an empty list changes nothing.
	PathlessReplaceAppends bool

	// PathlessMembers400 refuses members in a replace without a path.
	PathlessMembers400 bool

	// NoFilterInPath refuses members[value eq "x"] with 400.
	NoFilterInPath bool

	// RenameGroup500 answers 500 to a rename without a path, unapplied.
	RenameGroup500 bool

	// LoseOverlappingWrites applies a write to the members as they were
	// when the request arrived: of two writes that overlap, the second
	// undoes the first. It shows with Options.Latency.
	LoseOverlappingWrites bool

	// PATCH as such.

	// NoPatch answers 501 to every PATCH.
	NoPatch bool

	// Patch204 answers 204 without a body to every PATCH.
	Patch204 bool

	// MaxPatchOps is the number of operations above which a PATCH is a 400.
	// 0 is no limit.
	MaxPatchOps int

	// PathlessActive400 refuses Okta's replace of active without a path.
	PathlessActive400 bool

	// PartialNameWipes makes a replace of name drop the parts it does not
	// carry.
	PartialNameWipes bool

	// PasswordPatch400 refuses a PATCH of password.
	PasswordPatch400 bool

	// Failures, and what is wrapped around an answer.

	// AuthFailureAs200 answers a wrong credential with 200 and an object
	// that is no SCIM message.
	AuthFailureAs200 bool

	// PlainText401 answers it with 401 as text/plain.
	PlainText401 bool

	// HTMLErrors writes every error body as a gateway's HTML page.
	HTMLErrors bool

	// UnknownID500 answers 500 to PATCH and DELETE of an unknown id.
	UnknownID500 bool

	// ConflictWithoutType leaves scimType and status out of a 409.
	ConflictWithoutType bool

	// AlwaysInvalidSyntax gives every error the scimType invalidSyntax.
	AlwaysInvalidSyntax bool

	// NumericStatus writes status in error bodies as a number.
	NumericStatus bool

	// LookupMiss404 answers 404 to a filter without hits.
	LookupMiss404 bool

	// UnicodeEscape400 refuses a body with \uXXXX in it.
	UnicodeEscape400 bool

	// DeleteReturnsBody answers a DELETE with 200 and the object.
	DeleteReturnsBody bool

	// NoDiscovery answers 404 to /ServiceProviderConfig, /Schemas and
	// /ResourceTypes.
	NoDiscovery bool

	// RateLimit is the pacing that the tenant demands.
	RateLimit RateLimit

	// ContentEncoding is "gzip" or "deflate": answers are compressed so
	// when the request allows it. Empty is no compression.
	ContentEncoding string
}
