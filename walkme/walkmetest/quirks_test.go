package walkmetest_test

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"okta-walkme-agent/walkme/walkmetest"
)

// quirkTest is what a quirk makes of the fixture.
type quirkTest struct {
	quirks walkmetest.Quirks
	steps  []step
}

const (
	nobody     = `"totalResults":0,`
	threeUsers = `"totalResults":3`
)

var (
	deactivate     = patch(`{"op":"replace","value":{"active":false}}`)
	findAnn        = lookup("Users", `userName eq "Ann@example.com"`)
	replaceMembers = patch(`{"op":"replace","path":"members","value":[{"value":"u-bob"}]}`)
	addBob         = patch(`{"op":"add","path":"members","value":[{"value":"u-bob"}]}`)
	dropAnn        = patch(`{"op":"remove","path":"members[value eq \"u-ann\"]"}`)
	addGhost       = patch(`{"op":"add","path":"members","value":[{"value":"u-bob"},{"value":"ghost"}]}`)
)

func lookupQuirks() map[string]quirkTest {
	return map[string]quirkTest{
		"IgnoreFilter": {walkmetest.Quirks{IgnoreFilter: true}, []step{
			{"GET", lookup("Users", `userName eq "nobody@example.com"`), "", 200, []string{`"totalResults":3,`, `"Resources":[{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"u-ann"`}}}},
		"CaseSensitiveUserName": {walkmetest.Quirks{CaseSensitiveUserName: true}, []step{
			{"GET", lookup("Users", `userName eq "ann@example.com"`), "", 200, []string{nobody}},
			{"GET", findAnn, "", 200, []string{"u-ann"}},
			{"POST", "/Users", user(`"userName":"ann@example.com"`), 409, nil}}},
		"CaseSensitiveDisplayName": {walkmetest.Quirks{CaseSensitiveDisplayName: true}, []step{
			{"GET", lookup("Groups", `displayName eq "editors"`), "", 200, []string{nobody}}}},
		"NamesFolded": {walkmetest.Quirks{NamesFolded: true}, []step{
			{"GET", lookup("Users", "userName eq \"carol@example.com\""), "", 200, []string{nobody}},
			{"POST", "/Users", user("\"userName\":\"\u212aim@example.com\""), 201, nil},
			{"GET", lookup("Users", "userName eq \"kim@example.com\""), "", 200, []string{"\u212aim@example.com"}},
			{"POST", "/Users", user("\"userName\":\"kim@example.com\""), 409, nil}}},
		"CaseSensitiveAttributes": {walkmetest.Quirks{CaseSensitiveAttributes: true}, []step{
			{"GET", lookup("Users", `username eq "Ann@example.com"`), "", 200, []string{nobody}},
			{"GET", findAnn, "", 200, []string{"u-ann"}}}},
		"FilterSearchesEmail": {walkmetest.Quirks{FilterSearchesEmail: true}, []step{
			{"GET", findAnn, "", 200, []string{nobody}},
			{"GET", lookup("Users", `userName eq "ann.l'ee@example.com"`), "", 200, []string{"u-ann"}},
			{"POST", "/Users", user(`"userName":"Ann@example.com"`), 409, nil}}},
		"InactiveHidden": {walkmetest.Quirks{InactiveHidden: true}, []step{
			{"GET", lookup("Users", `userName eq "bob@example.com"`), "", 200, []string{nobody}},
			{"GET", "/Users/u-bob", "", 404, nil}}},
		"ConflictOnDeactivated409WithoutMatch": {walkmetest.Quirks{ConflictOnDeactivated409WithoutMatch: true}, []step{
			{"GET", lookup("Users", `userName eq "bob@example.com"`), "", 200, []string{nobody}},
			{"POST", "/Users", user(`"userName":"bob@example.com"`), 409, nil},
			{"GET", "/Users/u-bob", "", 200, nil}}},
		"EmailFilterDrops": {walkmetest.Quirks{EmailFilterDrops: true}, nil}, // see TestEmailFilterDrops
		"OnlyEqFilter": {walkmetest.Quirks{OnlyEqFilter: true}, []step{
			{"GET", findAnn, "", 200, nil},
			{"GET", lookup("Users", `id eq "u-ann"`), "", 400, nil},
			{"GET", lookup("Users", `userName sw "Ann"`), "", 400, []string{"invalidFilter"}},
			{"GET", lookup("Users", `not (userName eq "Ann@example.com")`), "", 400, nil},
			{"GET", lookup("Users", `userName eq "a" and active eq true`), "", 400, nil}}},
		"UpperCaseOperator500": {walkmetest.Quirks{UpperCaseOperator500: true}, []step{
			{"GET", lookup("Users", `userName EQ "x"`), "", 500, nil}}},
		"EscapedQuote400": {walkmetest.Quirks{EscapedQuote400: true}, []step{
			{"GET", lookup("Users", `userName eq "a\"b"`), "", 400, nil}}},
		"BackslashNotFound": {walkmetest.Quirks{BackslashNotFound: true}, []step{
			{"POST", "/Users", user(`"userName":"a\\b"`), 201, nil},
			{"GET", lookup("Users", `userName eq "a\\b"`), "", 200, []string{nobody}}}},
		"PunctuationNotFound": {walkmetest.Quirks{PunctuationNotFound: true}, []step{
			{"POST", "/Groups", group(`"displayName":"R&D"`), 201, nil},
			{"GET", lookup("Groups", `displayName eq "R&D"`), "", 200, []string{nobody}}}},
		"ControlCharacter400": {walkmetest.Quirks{ControlCharacter400: true}, []step{
			{"GET", lookup("Groups", `displayName eq "a\tb"`), "", 400, nil}}},
	}
}

func pagingQuirks() map[string]quirkTest {
	return map[string]quirkTest{
		"PageCap": {walkmetest.Quirks{PageCap: 2}, []step{
			{"GET", "/Users?startIndex=1&count=100", "", 200, []string{threeUsers, `"itemsPerPage":2`, "!u-cid"}}}},
		"TotalIsPageSize": {walkmetest.Quirks{TotalIsPageSize: true}, []step{
			{"GET", "/Users?startIndex=1&count=2", "", 200, []string{`"totalResults":2`}}}},
		"ItemsPerPageIsCount": {walkmetest.Quirks{ItemsPerPageIsCount: true}, []step{
			{"GET", "/Users?startIndex=1&count=100", "", 200, []string{`"itemsPerPage":100`}}}},
		"IgnorePaging": {walkmetest.Quirks{IgnorePaging: true}, []step{
			{"GET", "/Users?startIndex=3&count=1", "", 200, []string{"u-ann", "u-cid"}}}},
		"EverythingPastEnd": {walkmetest.Quirks{EverythingPastEnd: true}, []step{
			{"GET", "/Users?startIndex=4&count=1", "", 200, []string{"u-ann", "u-cid"}},
			{"GET", "/Users?startIndex=3&count=1", "", 200, []string{"!u-ann"}}}},
		"CountZeroReturnsAll": {walkmetest.Quirks{CountZeroReturnsAll: true}, []step{
			{"GET", "/Users?startIndex=1&count=0", "", 200, []string{"u-ann", "u-cid"}}}},
		"BadStartIndex400": {walkmetest.Quirks{BadStartIndex400: true}, []step{
			{"GET", "/Users?startIndex=0&count=1", "", 400, nil}}},
		"ResourcesNullWhenEmpty": {walkmetest.Quirks{ResourcesNullWhenEmpty: true}, []step{
			{"GET", lookup("Users", `userName eq "x"`), "", 200, []string{`"Resources":null`}}}},
		"StringIntegers": {walkmetest.Quirks{StringIntegers: true}, []step{
			{"GET", findAnn, "", 200, []string{`"totalResults":"1"`, `"startIndex":"1"`}}}},
		"StringStartIndex": {walkmetest.Quirks{StringStartIndex: true}, []step{
			{"GET", findAnn, "", 200, []string{`"totalResults":1,"startIndex":"1","itemsPerPage":1`}}}},
		"GroupsBareArray": {walkmetest.Quirks{GroupsBareArray: true}, []step{
			{"GET", lookup("Groups", `displayName eq "x"`), "", 200, []string{`[]`, "!totalResults"}},
			{"GET", findAnn, "", 200, []string{`"totalResults":1`}}}},
		"LowerCaseListKeys": {walkmetest.Quirks{LowerCaseListKeys: true}, []step{
			{"GET", findAnn, "", 200, []string{`"totalresults":1`, `"resources":[`}}}},
	}
}

func userQuirks() map[string]quirkTest {
	return map[string]quirkTest{
		"DuplicateDifferingCase": {walkmetest.Quirks{DuplicateDifferingCase: true}, []step{
			{"POST", "/Users", user(`"userName":"ann@example.com"`), 201, nil},
			{"POST", "/Users", user(`"userName":"ann@example.com"`), 409, nil},
			{"GET", findAnn, "", 200, []string{`"totalResults":2`}}}},
		"UniqueByEmail": {walkmetest.Quirks{UniqueByEmail: true}, []step{
			{"POST", "/Users", user(`"userName":"Ann@example.com","emails":[{"value":"other@example.com"}]`), 201, nil},
			{"POST", "/Users", user(`"userName":"x@example.com","emails":[{"value":"ann.lee@example.com"}]`), 409, nil}}},
		"PutTakenNameAccepted": {walkmetest.Quirks{PutTakenNameAccepted: true}, []step{
			{"PUT", "/Users/u-bob", user(`"userName":"cid@example.com"`), 200, nil},
			{"GET", lookup("Users", `userName eq "cid@example.com"`), "", 200, []string{`"totalResults":2`}}}},
		"PutTakenNameAppliedBut500": {walkmetest.Quirks{PutTakenNameAppliedBut500: true}, []step{
			{"PUT", "/Users/u-bob", user(`"userName":"cid@example.com"`), 500, nil},
			{"GET", "/Users/u-bob", "", 200, []string{`"userName":"cid@example.com"`}},
			{"GET", lookup("Users", `userName eq "bob@example.com"`), "", 200, []string{nobody}},
			{"POST", "/Users", user(`"userName":"bob@example.com"`), 409, nil},
			{"POST", "/Groups", group(`"displayName":"Writers"`), 201, nil},
			{"PATCH", "/Groups/{g}", patch(`{"op":"replace","value":{"displayName":"Writers"}}`), 500, nil},
			{"GET", "/Groups/{g}", "", 200, []string{`"displayName":"Writers"`}},
			{"POST", "/Groups", group(`"displayName":"Editors"`), 409, nil}}},
		"CreatedWithoutID": {walkmetest.Quirks{CreatedWithoutID: true}, []step{
			{"POST", "/Users", user(`"userName":"a+b@example.com"`), 201, []string{`!"id"`}},
			{"GET", lookup("Users", `userName eq "a+b@example.com"`), "", 200, []string{nobody}},
			{"POST", "/Groups", group(`"displayName":"R(D"`), 201, []string{`!"id"`}},
			{"GET", lookup("Groups", `displayName eq "R(D"`), "", 200, []string{nobody}}}},
		"IDsWithSlash": {walkmetest.Quirks{IDsWithSlash: true}, []step{
			{"POST", "/Groups", group(`"displayName":"Grp x"`), 201, []string{`"id":"peer/Grp x"`, `/Groups/peer%2FGrp%20x"`}},
			{"GET", "/Groups/peer%2FGrp%20x", "", 200, nil},
			{"GET", "/Groups/peer/Grp%20x", "", 404, nil}}},
		"IDsFromName": {walkmetest.Quirks{IDsFromName: true}, []step{
			{"POST", "/Users", user(`"userName":"d+a@example.com"`), 201, []string{`"id":"d+a@example.com"`}},
			{"GET", "/Users/d%2Ba@example.com", "", 200, nil}}},
		"NoMeta": {walkmetest.Quirks{NoMeta: true}, []step{
			{"GET", "/Users/u-ann", "", 200, []string{"!meta"}}, {"GET", "/Groups/{g}", "", 200, []string{"!meta"}}}},
		"RelativeLocation": {walkmetest.Quirks{RelativeLocation: true}, []step{
			{"GET", "/Users/u-ann", "", 200, []string{`"location":"Users/u-ann"`}}}},
		"LowerCasesUserName": {walkmetest.Quirks{LowerCasesUserName: true}, []step{
			{"POST", "/Users", user(`"userName":"Dan@example.com"`), 201, []string{`"userName":"dan@example.com"`}}}},
		"ActiveAsString": {walkmetest.Quirks{ActiveAsString: true}, []step{
			{"GET", "/Users/u-ann", "", 200, []string{`"active":"True"`}}, {"GET", "/Users/u-bob", "", 200, []string{`"active":"False"`}}}},
		"PutAnswerOmitsActive": {walkmetest.Quirks{PutAnswerOmitsActive: true}, []step{
			{"PUT", "/Users/u-ann", user(`"userName":"Ann@example.com","active":true`), 200, []string{"!active"}},
			{"GET", "/Users/u-ann", "", 200, []string{`"active":true`}}}},
		"ActiveNotWritable": {walkmetest.Quirks{ActiveNotWritable: true}, []step{
			{"PUT", "/Users/u-ann", user(`"userName":"Ann@example.com","active":false`), 200, []string{`"active":true`}},
			{"POST", "/Users", user(`"userName":"dan@example.com","active":false`), 201, []string{`"active":true`}},
			{"PATCH", "/Users/nobody", deactivate, 400, nil}}},
		"PutWithoutActiveDeactivates": {walkmetest.Quirks{PutWithoutActiveDeactivates: true}, []step{
			{"PUT", "/Users/u-ann", user(`"userName":"Ann@example.com"`), 200, []string{`"active":false`}}}},
		"PutClearsOmitted": {walkmetest.Quirks{PutClearsOmitted: true}, []step{
			{"PUT", "/Users/u-ann", user(`"userName":"Ann@example.com"`), 200, []string{"!externalId", "!emails", "!name\":{", `"active":true`}}}},
		"PutResetsRole": {walkmetest.Quirks{PutResetsRole: true}, []step{
			{"PUT", "/Users/u-cid", user(`"userName":"cid@example.com","accessRole":"editor-role"`), 200, []string{walkmetest.DefaultRole}}}},
		"RequirePassword": {walkmetest.Quirks{RequirePassword: true}, []step{
			{"POST", "/Users", user(`"userName":"dan@example.com"`), 400, nil},
			{"POST", "/Users", user(`"userName":"dan@example.com","password":"p"`), 201, nil}}},
		"RequireExternalID": {walkmetest.Quirks{RequireExternalID: true}, []step{
			{"PUT", "/Users/u-ann", user(`"userName":"Ann@example.com"`), 400, nil}}},
		"RequireEmailUserName": {walkmetest.Quirks{RequireEmailUserName: true}, []step{
			{"POST", "/Users", user(`"userName":"dan"`), 400, nil}}},
		"RequireEmail": {walkmetest.Quirks{RequireEmail: true}, []step{
			{"POST", "/Users", user(`"userName":"dan@example.com"`), 400, []string{"emails is required"}},
			{"POST", "/Users", user(`"userName":"dan@example.com","emails":[{"value":"dan@example.com"}]`), 201, nil}}},
		"EchoPassword": {walkmetest.Quirks{EchoPassword: true}, []step{
			{"PATCH", "/Users/u-ann", patch(`{"op":"replace","value":{"password":"Lstar99&"}}`), 200, []string{`"password":"Lstar99&"`}}}},
		"ShowGroups": {walkmetest.Quirks{ShowGroups: true}, []step{
			{"GET", "/Users/u-ann", "", 200, []string{`"groups":[{"value":"{g}","display":"Editors"}]`}},
			{"GET", "/Users/u-bob", "", 200, []string{`"groups":[]`}}}},
		"AttributesHidden": {walkmetest.Quirks{AttributesHidden: true}, []step{
			{"GET", "/Users/u-ann", "", 200, []string{`"userName":"Ann@example.com"`, "!emails"}}}},
		"SingleGetReturnsList": {walkmetest.Quirks{SingleGetReturnsList: true}, []step{
			{"GET", "/Users/u-ann", "", 200, []string{"ListResponse", "u-ann"}}, {"GET", "/Groups/{g}", "", 200, []string{"ListResponse"}}}},
	}
}

func groupQuirks() map[string]quirkTest {
	return map[string]quirkTest{
		"MembersNeverEchoed": {walkmetest.Quirks{MembersNeverEchoed: true}, []step{
			{"PATCH", "/Groups/{g}", addBob, 200, []string{`"members":[]`}}, {"GET", "/Groups/{g}", "", 200, []string{`"members":[]`}}}},
		"MembersShownMax": {walkmetest.Quirks{MembersShownMax: 1}, []step{
			{"PATCH", "/Groups/{g}", addBob, 200, []string{"u-ann", "!u-bob"}}, {"GET", "/Groups/{g}", "", 200, []string{"u-ann", "!u-bob"}}}},
		"EmptyMembersAbsent": {walkmetest.Quirks{EmptyMembersAbsent: true}, []step{
			{"PATCH", "/Groups/{g}", dropAnn, 200, []string{"!members"}}}},
		"EmptyGroupNull": {walkmetest.Quirks{EmptyGroupNull: true}, []step{
			{"PUT", "/Groups/{g}", group(`"displayName":"Editors","members":[]`), 200, []string{`"members":null`}},
			{"PATCH", "/Groups/{g}", addBob, 500, nil},
			{"PATCH", "/Groups/{g}", replaceMembers, 200, []string{"u-bob"}},
			{"PATCH", "/Groups/{g}", patch(`{"op":"add","path":"members","value":[{"value":"u-ann"}]}`), 200, nil}}},
		"GhostMembers": {walkmetest.Quirks{GhostMembers: true}, []step{
			{"DELETE", "/Users/u-ann", "", 204, nil},
			{"GET", "/Groups/{g}", "", 200, []string{`"members":[{"value":"u-ann"}]`}},
			{"PUT", "/Groups/{g}", group(`"displayName":"Editors","members":[{"value":"u-ann"}]`), 200, []string{"u-ann"}}}},
		"UnknownMember": {walkmetest.Quirks{UnknownMember: walkmetest.UnknownMemberDropped}, []step{
			{"PATCH", "/Groups/{g}", addGhost, 200, []string{"u-bob", "!ghost"}}}}, // see TestUnknownMember
		"AddDuplicates": {walkmetest.Quirks{AddDuplicates: true}, []step{
			{"PATCH", "/Groups/{g}", patch(`{"op":"add","path":"members","value":[{"value":"u-ann"}]}`), 200,
				[]string{`"members":[{"value":"u-ann","display":"Ann@example.com"},{"value":"u-ann","display":"Ann@example.com"}]`}},
			{"PATCH", "/Groups/{g}", dropAnn, 200, []string{`"members":[]`}}}},
		"ReplaceAddsDuplicates": {walkmetest.Quirks{ReplaceAddsDuplicates: true}, []step{
			{"PATCH", "/Groups/{g}", patch(`{"op":"replace","path":"members","value":[{"value":"u-ann"}]}`), 200,
				[]string{`"members":[{"value":"u-ann","display":"Ann@example.com"},{"value":"u-ann","display":"Ann@example.com"}]`}},
			{"PATCH", "/Groups/{g}", patch(`{"op":"replace","value":{"members":[{"value":"u-bob"}]}}`), 200, []string{"u-ann", "u-bob"}}}},
		"AddExisting409": {walkmetest.Quirks{AddExisting409: true}, []step{
			{"PATCH", "/Groups/{g}", patch(`{"op":"add","path":"members","value":[{"value":"u-ann"}]}`), 409, nil}}},
		"MembersOnlyByAddRemove": {walkmetest.Quirks{MembersOnlyByAddRemove: true}, []step{
			{"PATCH", "/Groups/{g}", replaceMembers, 200, []string{"u-ann", "!u-bob"}},
			{"PUT", "/Groups/{g}", group(`"displayName":"Editors","members":[]`), 200, []string{"u-ann"}},
			{"PATCH", "/Groups/{g}", patch(`{"op":"add","value":{"members":[{"value":"u-bob"}]}}`), 200, []string{"!u-bob"}},
			{"PATCH", "/Groups/{g}", patch(`{"op":"remove","path":"members"}`), 200, []string{"u-ann"}},
			{"PATCH", "/Groups/{g}", addBob, 200, []string{"u-bob"}},
			{"PATCH", "/Groups/{g}", dropAnn, 200, []string{"!u-ann"}},
			{"POST", "/Groups", group(`"displayName":"Other","members":[{"value":"u-bob"}]`), 201, []string{`"members":[]`}}}},
		"PatchReplaceMembersNoEffect": {walkmetest.Quirks{PatchReplaceMembersNoEffect: true}, []step{
			{"PATCH", "/Groups/{g}", replaceMembers, 200, []string{"u-ann", "!u-bob"}},
			{"PATCH", "/Groups/{g}", patch(`{"op":"replace","value":{"members":[]}}`), 200, []string{"u-ann"}}}},
		"PutMembersNoEffect": {walkmetest.Quirks{PutMembersNoEffect: true}, []step{
			{"PUT", "/Groups/{g}", group(`"displayName":"Editors EMEA","members":[{"value":"u-bob"}]`), 200, []string{"Editors EMEA", "u-ann", "!u-bob"}}}},
		"MembersPatch501": {walkmetest.Quirks{MembersPatch501: true}, []step{
			{"PATCH", "/Groups/{g}", replaceMembers, 501, nil}, {"PATCH", "/Groups/{g}", dropAnn, 501, nil},
			{"PATCH", "/Groups/{g}", patch(`{"op":"add","value":{"members":[{"value":"u-bob"}]}}`), 501, nil},
			{"PATCH", "/Groups/{g}", patch(`{"op":"replace","value":{"displayName":"Authors"}}`), 200, nil}}},
		"RemoveByFilterNoEffect": {walkmetest.Quirks{RemoveByFilterNoEffect: true}, []step{
			{"PATCH", "/Groups/{g}", dropAnn, 200, []string{"u-ann"}}}},
		"RemoveAllNoEffect": {walkmetest.Quirks{RemoveAllNoEffect: true}, []step{
			{"PATCH", "/Groups/{g}", patch(`{"op":"remove","path":"members"}`), 200, []string{"u-ann"}}}},
		"PathlessReplaceAppends": {walkmetest.Quirks{PathlessReplaceAppends: true}, []step{
			{"PATCH", "/Groups/{g}", patch(`{"op":"replace","value":{"members":[{"value":"u-bob"}]}}`), 200, []string{"u-ann", "u-bob"}},
			{"PATCH", "/Groups/{g}", patch(`{"op":"replace","value":{"members":[]}}`), 200, []string{"u-ann", "u-bob"}}}},
		"PathlessMembers400": {walkmetest.Quirks{PathlessMembers400: true}, []step{
			{"PATCH", "/Groups/{g}", patch(`{"op":"replace","value":{"members":[]}}`), 400, nil}}},
		"NoFilterInPath": {walkmetest.Quirks{NoFilterInPath: true}, []step{
			{"PATCH", "/Groups/{g}", dropAnn, 400, []string{"invalidPath"}}}},
		"RenameGroup500": {walkmetest.Quirks{RenameGroup500: true}, []step{
			{"PATCH", "/Groups/{g}", patch(`{"op":"replace","value":{"id":"{g}","displayName":"X"}}`), 500, nil},
			{"PATCH", "/Groups/{g}", patch(`{"op":"replace","path":"displayName","value":"X"}`), 200, nil}}},
		"LoseOverlappingWrites": {walkmetest.Quirks{LoseOverlappingWrites: true}, []step{
			{"PATCH", "/Groups/{g}", addBob, 200, []string{"u-ann", "u-bob"}}}}, // see TestLoseOverlappingWrites
	}
}

func patchQuirks() map[string]quirkTest {
	return map[string]quirkTest{
		"NoPatch": {walkmetest.Quirks{NoPatch: true}, []step{
			{"PATCH", "/Users/u-ann", deactivate, 501, nil}, {"PATCH", "/Groups/{g}", addBob, 501, nil}}},
		"Patch204": {walkmetest.Quirks{Patch204: true}, []step{
			{"PATCH", "/Users/u-ann", deactivate, 204, nil}, {"PATCH", "/Groups/{g}", addBob, 204, nil},
			{"GET", "/Users/u-ann", "", 200, []string{`"active":false`}}}},
		"MaxPatchOps": {walkmetest.Quirks{MaxPatchOps: 1}, []step{
			{"PATCH", "/Groups/{g}", patch(`{"op":"remove","path":"members[value eq \"a\"]"},{"op":"remove","path":"members[value eq \"b\"]"}`), 400,
				[]string{"Too many patch ops sent, limit is 1."}}}},
		"PathlessActive400": {walkmetest.Quirks{PathlessActive400: true}, []step{
			{"PATCH", "/Users/u-ann", deactivate, 400, nil},
			{"PATCH", "/Users/u-ann", patch(`{"op":"replace","path":"active","value":false}`), 200, nil}}},
		"PartialNameWipes": {walkmetest.Quirks{PartialNameWipes: true}, []step{
			{"PATCH", "/Users/u-ann", patch(`{"op":"replace","value":{"name":{"familyName":"Fox"}}}`), 200, []string{`"name":{"familyName":"Fox"}`}}}},
		"PasswordPatch400": {walkmetest.Quirks{PasswordPatch400: true}, []step{
			{"PATCH", "/Users/u-ann", patch(`{"op":"replace","path":"password","value":"x"}`), 400, []string{"invalidPath"}},
			{"PATCH", "/Users/u-ann", patch(`{"op":"replace","value":{"password":"x"}}`), 400, nil}}},
	}
}

func errorQuirks() map[string]quirkTest {
	return map[string]quirkTest{
		"AuthFailureAs200": {walkmetest.Quirks{AuthFailureAs200: true}, nil}, // see TestWrongCredential
		"PlainText401":     {walkmetest.Quirks{PlainText401: true}, nil},
		"HTMLErrors": {walkmetest.Quirks{HTMLErrors: true}, []step{
			{"GET", "/Users/nobody", "", 404, []string{"<title>404 Not Found</title>"}}}},
		"UnknownID500": {walkmetest.Quirks{UnknownID500: true}, []step{
			{"PATCH", "/Users/nobody", deactivate, 500, nil}, {"DELETE", "/Groups/nothing", "", 500, nil}, {"GET", "/Users/nobody", "", 404, nil}}},
		"ConflictWithoutType": {walkmetest.Quirks{ConflictWithoutType: true}, []step{
			{"POST", "/Users", user(`"userName":"bob@example.com"`), 409, []string{"!scimType", "!status"}}}},
		"AlwaysInvalidSyntax": {walkmetest.Quirks{AlwaysInvalidSyntax: true}, []step{
			{"GET", "/Users/nobody", "", 404, []string{`"scimType":"invalidSyntax"`}}}},
		"NumericStatus": {walkmetest.Quirks{NumericStatus: true}, []step{
			{"GET", "/Users/nobody", "", 404, []string{`"status":404`}}}},
		"LookupMiss404": {walkmetest.Quirks{LookupMiss404: true}, []step{
			{"GET", lookup("Users", `userName eq "x"`), "", 404, []string{"urn:ietf:params:scim:api:messages:2.0:Error"}}}},
		"UnicodeEscape400": {walkmetest.Quirks{UnicodeEscape400: true}, []step{
			{"POST", "/Users", user(`"userName":"\u00e9va@example.com"`), 400, nil},
			{"POST", "/Users", user(`"userName":"éva@example.com"`), 201, nil}}},
		"DeleteReturnsBody": {walkmetest.Quirks{DeleteReturnsBody: true}, []step{
			{"DELETE", "/Groups/{g}", "", 200, []string{"Editors"}}}},
		"NoDiscovery": {walkmetest.Quirks{NoDiscovery: true}, []step{
			{"GET", "/ServiceProviderConfig", "", 404, nil}, {"GET", "/Schemas", "", 404, nil}, {"GET", "/ResourceTypes", "", 404, nil}}},
		"RateLimit": {walkmetest.Quirks{RateLimit: walkmetest.RateLimit{Every: 2, RetryAfter: "7"}}, []step{
			{"GET", "/Users/u-ann", "", 200, nil}, {"GET", "/Users/u-ann", "", 429, []string{`"status":"429"`}}, {"GET", "/Users/u-ann", "", 200, nil}}},
		"ContentEncoding": {walkmetest.Quirks{ContentEncoding: "gzip"}, []step{
			{"GET", "/Users/u-ann", "", 200, []string{"!u-ann"}}}}, // see TestContentEncoding
	}
}

func TestQuirks(t *testing.T) {
	tests := make(map[string]quirkTest)
	for _, section := range []map[string]quirkTest{lookupQuirks(), pagingQuirks(), userQuirks(), groupQuirks(), patchQuirks(), errorQuirks()} {
		maps.Copy(tests, section)
	}
	var fields []string
	for f := range reflect.TypeFor[walkmetest.Quirks]().Fields() {
		fields = append(fields, f.Name)
		if _, ok := tests[f.Name]; !ok {
			t.Errorf("Quirks.%s has no test", f.Name)
		}
	}
	for name, test := range tests {
		if !slices.Contains(fields, name) {
			t.Errorf("there is no Quirks.%s", name)
		}
		t.Run(name, func(t *testing.T) {
			run(t, fixture(t, walkmetest.Options{Quirks: test.quirks}), test.steps)
		})
	}
}

func TestUnknownMember(t *testing.T) {
	tests := []struct {
		mode   walkmetest.UnknownMember
		status int
		want   []string
	}{
		{walkmetest.UnknownMember400, 400, []string{"u-ann"}},
		{walkmetest.UnknownMember404, 404, []string{"u-ann"}},
		{walkmetest.UnknownMember500, 500, []string{"u-ann"}},
		{walkmetest.UnknownMemberDropped, 200, []string{"u-ann", "u-bob"}},
		{walkmetest.UnknownMemberStored, 200, []string{"ghost", "u-ann", "u-bob"}},
	}
	for _, test := range tests {
		tenant := fixture(t, walkmetest.Options{Quirks: walkmetest.Quirks{UnknownMember: test.mode}})
		run(t, tenant, []step{{"PATCH", "/Groups/{g}", addGhost, test.status, nil}})
		if g, _ := tenant.Group("Editors"); !slices.Equal(g.Members, test.want) {
			t.Errorf("UnknownMember %d: members = %v, want %v", test.mode, g.Members, test.want)
		}
	}
}
