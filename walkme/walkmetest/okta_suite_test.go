package walkmetest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"okta-walkme-agent/walkme/walkmetest"
)

// suite sends requests as Okta's SPEC test for SCIM 2.0 does, whose headers are
// not those of the provisioning engine.
type suite struct {
	t      *testing.T
	tenant *walkmetest.Tenant
}

func (s suite) send(method, target, body, authorization string) (int, map[string]any) {
	s.t.Helper()
	req := newRequest(s.t, s.tenant, method, target, body)
	req.Header = http.Header{
		"User-Agent":    {"OKTA SCIM Integration"},
		"Accept":        {"application/scim+json; charset=utf-8"},
		"Content-Type":  {"application/json"},
		"Authorization": {authorization},
	}
	reply, text, err := send(http.DefaultClient, req)
	if err != nil {
		s.t.Fatal(err)
	}
	var message map[string]any
	if err := json.Unmarshal([]byte(text), &message); err != nil {
		s.t.Fatalf("%s %s: body %q: %v", method, target, text, err)
	}
	return reply.StatusCode, message
}

func (s suite) get(target string) (int, map[string]any) {
	s.t.Helper()
	return s.send("GET", target, "", s.tenant.Authorization())
}

func (s suite) check(step string, ok bool, got any) {
	s.t.Helper()
	if !ok {
		s.t.Errorf("step %s: got %v", step, got)
	}
}

func hasSchema(message map[string]any, urn string) bool {
	schemas, _ := message["schemas"].([]any)
	return len(schemas) == 1 && schemas[0] == "urn:ietf:params:scim:api:messages:2.0:"+urn
}

func isError(message map[string]any, status string) bool {
	detail, _ := message["detail"].(string)
	return detail != "" && message["status"] == status && hasSchema(message, "Error")
}

func isUser(v any) bool {
	u, _ := v.(map[string]any)
	name, _ := u["name"].(map[string]any)
	emails, _ := u["emails"].([]any)
	if len(emails) == 0 {
		return false
	}
	first, _ := emails[0].(map[string]any)
	_, isBool := u["active"].(bool)
	return isBool && u["id"] != "" && u["userName"] != "" && name["familyName"] != "" && name["givenName"] != "" && first["value"] != ""
}

// The twelve steps of Okta's public SPEC test (2024).
func TestOktaSpecSuite(t *testing.T) {
	s := suite{t, fixture(t, walkmetest.Options{})}

	status, list := s.get("/Users?count=1&startIndex=1")
	resources, _ := list["Resources"].([]any)
	_, isNumber := list["totalResults"].(float64)
	s.check("1", status == 200 && hasSchema(list, "ListResponse") && isNumber && len(resources) == 1 && isUser(resources[0]), list)
	first, _ := resources[0].(map[string]any)
	id, _ := first["id"].(string)

	status, one := s.get("/Users/" + id)
	s.check("2", status == 200 && isUser(one) && one["id"] == id, one)

	status, none := s.get("/Users?filter=userName%20eq%20%22abcdefgh%40atko.com%22")
	s.check("3", status == 200 && none["totalResults"] == 0.0 && hasSchema(none, "ListResponse"), none)

	status, missing := s.get("/Users/010101001010101011001010101011")
	s.check("4 and 12", status == 404 && isError(missing, "404"), missing)

	status, none = s.get("/Users?filter=userName%20eq%20%22random4711%40atko.com%22")
	s.check("5", status == 200 && none["totalResults"] == 0.0, none)

	const name = "Runscope123Abcdefghi123@atko.com"
	body := user(`"userName":"` + name + `","name":{"givenName":"Runscope","familyName":"Fox"},` +
		`"emails":[{"primary":true,"value":"` + name + `","type":"work"}],"displayName":"Runscope Fox","active":true`)
	status, created := s.send("POST", "/Users", body, s.tenant.Authorization())
	s.check("6", status == 201 && isUser(created) && created["active"] == true && created["userName"] == name, created)

	id, _ = created["id"].(string)
	status, again := s.get("/Users/" + id)
	s.check("7", status == 200 && isUser(again) && again["userName"] == name, again)

	status, conflict := s.send("POST", "/Users", body, s.tenant.Authorization())
	s.check("8", status == 409, conflict)

	status, upper := s.get("/Users?filter=userName%20eq%20%22" + strings.ToUpper(name) + "%22")
	s.check("9", status == 200, upper)

	status, groups := s.get("/Groups")
	_, isList := groups["Resources"].([]any)
	s.check("10", status == 200 && isList, groups)

	status, denied := s.send("GET", "/Users/"+id, "", "Bearer wrong")
	s.check("11", status == 401 && isError(denied, "401"), denied)
}
