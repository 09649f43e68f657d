package configs

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"okta-walkme-agent/okta"
	"okta-walkme-agent/walkme"
)

// oktaID is the form of every id that Okta gives; it goes into URL paths.
var oktaID = regexp.MustCompile(`^[0-9A-Za-z]{1,64}$`)

// keyID is what Okta's Admin Console shows as KID, base64url as a rule.
var keyID = regexp.MustCompile(`^[0-9A-Za-z_.-]{1,128}$`)

// check reports what the types of single values cannot say.
func (c *Config) check(ps *problems) {
	c.checkOkta(ps)
	c.checkWalkMe(ps)
	c.checkMappings(ps)
	for i := range c.PushGroups.Sources {
		c.PushGroups.Sources[i].check(ps, fmt.Sprintf("push_groups.sources[%d]", i))
	}
	for i, n := range c.Notify {
		n.check(ps, fmt.Sprintf("notify[%d]", i))
	}
	if w := c.Watch.Interval; w != 0 && w < 10*time.Second {
		ps.add("watch.interval", w.String()+" is too often", "write 10s or more, or 0s for off")
	}
	if c.State.Path == "" {
		ps.follow("state.path", "is empty", "write the path of the state file")
	}
	checkListen(ps, c.HTTP.Listen)
	c.checkConsole(ps)
}

func (c *Config) checkOkta(ps *problems) {
	const hint = "write the org's own address, as in https://acme.okta.com"
	if ps.required("okta.org_url", c.Okta.OrgURL, hint) {
		checkOrgURL(ps, c.Okta.OrgURL, hint)
	}
	const idHint = "the Admin Console shows it in the address of the app's page, as in 0oa1b2c3d4e5f6g7h8i9"
	if ps.required("okta.app_id", c.Okta.AppID, idHint) && !oktaID.MatchString(c.Okta.AppID) {
		ps.add("okta.app_id", quote(c.Okta.AppID)+" is not an Okta id", idHint)
	}
	c.Okta.Auth.check(ps)
}

func (a OktaAuth) check(ps *problems) {
	const path, both = "okta.auth", "write api_token, or client_id and private_key"
	token := ps.source.has(path + ".api_token")
	service := ps.source.has(path+".client_id") || ps.source.has(path+".private_key") || ps.source.has(path+".key_id")
	switch {
	case token && service:
		ps.follow(path, "holds two ways to sign in", both)
	case service:
		ps.alongside(path+".client_id", path+".private_key")
		ps.alongside(path+".private_key", path+".client_id")
		ps.alongside(path+".key_id", path+".client_id")
	case !token:
		ps.follow(path, "holds no way to sign in", both)
	}
	if !service && a.DPoP != string(okta.DPoPAuto) && ps.source.has(path+".dpop") {
		ps.add(path+".dpop", "has no effect without client_id and private_key", "an API token cannot be bound to a key; leave it out")
	}
	if ps.source.has(path+".client_id") && !oktaID.MatchString(a.ClientID) {
		ps.follow(path+".client_id", "is not an Okta id", "the Admin Console shows the Client ID on the service app's page, as in 0oa1b2c3d4e5f6g7h8i9")
	}
	if ps.source.has(path+".key_id") && !keyID.MatchString(a.KeyID) {
		ps.follow(path+".key_id", "is not a key id", "the Admin Console shows the KID beside the public key")
	}
}

func (c *Config) checkWalkMe(ps *problems) {
	const hint = "write region: us, eu or ca, or base_url for another address"
	region, base := ps.source.has("walkme.region"), ps.source.has("walkme.base_url")
	switch {
	case region && base:
		ps.add("walkme.base_url", "is given besides region", hint)
	case !region && !base:
		ps.follow("walkme.region", "is missing", hint)
	case base:
		checkBaseURL(ps, c.WalkMe.BaseURL)
	}
	checkWalkMeAuth(ps)
	if m := c.WalkMe.Matching; c.WalkMe.Fidelity == fidelityStrict && m != string(walkme.MatchLookup) {
		ps.add("walkme.matching", m+" does not go with fidelity: strict, for Okta looks people up one by one", "write matching: lookup, or fidelity: safe")
	}
}

func checkBaseURL(ps *problems, text string) {
	const key = "walkme.base_url"
	u := checkURL(ps, key, text, "write the SCIM base URL, as in https://papi.walkme.com/deepui/api/scim/v2")
	if u == nil {
		return
	}
	switch last := path.Base(u.Path); last {
	case "Users", "Groups", "ServiceProviderConfig", "Schemas", "ResourceTypes":
		ps.add(key, "ends in /"+last+", which is an address below the SCIM base URL", "leave /"+last+" out")
	}
}

func checkWalkMeAuth(ps *problems) {
	const path, both = "walkme.auth", "write username and password, or token"
	token := ps.source.has(path + ".token")
	basic := ps.source.has(path+".username") || ps.source.has(path+".password")
	switch {
	case token && basic:
		ps.follow(path, "holds two ways to sign in", both)
	case basic:
		ps.alongside(path+".username", path+".password")
		ps.alongside(path+".password", path+".username")
	case !token:
		ps.follow(path, "holds no way to sign in", both)
	}
}

// check wants exactly one of the five kinds of source.
func (s GroupSource) check(ps *problems, path string) {
	kinds := []string{"name", "id", "rule", "assigned_groups", "okta_mappings"}
	var given []string
	for _, k := range kinds {
		if ps.source.has(path + "." + k) {
			given = append(given, k)
		}
	}
	if len(given) != 1 {
		msg := "names no groups"
		if len(given) > 1 {
			msg = "names groups in more than one way: " + strings.Join(given, ", ")
		}
		ps.follow(path, msg, "write one of "+strings.Join(kinds, ", ")+" in each entry")
		return
	}
	s.checkKind(ps, path, given[0])
	if !ps.source.has(path + ".link") {
		return
	}
	if given[0] != "name" && given[0] != "id" {
		ps.add(path+".link", "cannot be used with "+given[0], "a link is for one group: name it by name or id")
	} else if strings.TrimSpace(s.Link) == "" {
		ps.follow(path+".link", "is empty", "write the display name of the WalkMe group, or leave the key out")
	}
}

func (s GroupSource) checkKind(ps *problems, path, kind string) {
	at := path + "." + kind
	switch {
	case kind == "name" && strings.TrimSpace(s.Name) == "":
		ps.follow(at, "is empty", "write the name of an Okta group")
	case kind == "id" && !oktaID.MatchString(s.ID):
		ps.follow(at, quote(s.ID)+" is not an Okta id", "the Admin Console shows it in the address of the group's page, as in 00g1b2c3d4e5f6g7h8i9")
	case kind == "rule" && (s.Rule == nil || *s.Rule == GroupRule{}):
		ps.follow(at, "would match every group of the org", `write what names begin with, as in {name_starts_with: "walkme-"}`)
	case kind == "assigned_groups" && !s.AssignedGroups, kind == "okta_mappings" && !s.OktaMappings:
		ps.follow(at, "is not true", "write true, or leave the entry out")
	}
}

// checkListen accepts "", host:port and :port.
func checkListen(ps *problems, listen string) {
	if listen != "" && !goodListen(listen) {
		ps.add("http.listen", quote(listen)+" is not an address to listen on", `write "127.0.0.1:8787", or "" for no listener`)
	}
}

func goodListen(listen string) bool {
	host, port, err := net.SplitHostPort(listen)
	n, portErr := strconv.ParseUint(port, 10, 16)
	return err == nil && portErr == nil && (host == "" || listenHost(host)) && (n != 0 || port == "0")
}

// hostName is a DNS name; one that ends in a number is meant as an address.
var hostName = regexp.MustCompile(`^([0-9A-Za-z_-]+\.)*[0-9A-Za-z_-]*[A-Za-z_-][0-9A-Za-z_-]*\.?$`)

func listenHost(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil || len(host) < 254 && hostName.MatchString(host)
}

func checkOrgURL(ps *problems, text, hint string) {
	u := checkURL(ps, "okta.org_url", text, hint)
	switch {
	case u == nil:
	case strings.Trim(u.Path, "/") != "":
		ps.add("okta.org_url", "has a path", hint)
	case adminHost(u.Hostname()):
		ps.add("okta.org_url", "is the address of the Admin Console", "write it without -admin: "+strings.Replace(u.Scheme+"://"+u.Host, "-admin.", ".", 1))
	}
}

func adminHost(host string) bool {
	label, domain, _ := strings.Cut(strings.ToLower(host), ".")
	okta := domain == "okta.com" || domain == "oktapreview.com" || domain == "okta-emea.com"
	return okta && strings.HasSuffix(label, "-admin")
}

// isPort is true of none, too.
func isPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && n > 0
}

// checkURL reports an address that credentials must not be sent to; nil means it
// did. It does not quote the address, which may hold a password.
func checkURL(ps *problems, path, text, hint string) *url.URL {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || u.Opaque != "":
		ps.add(path, "is not an absolute URL", hint)
	case !isPort(u.Port()):
		ps.add(path, "has a port that is none", "a port is a number from 1 to 65535")
	case u.User != nil:
		ps.add(path, "contains a user name or password", "credentials belong under auth, by reference")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(text, "#"):
		ps.add(path, "has a query or a fragment", hint)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		ps.add(path, "is plain http, which shows credentials to the network", "write https; http is for loopback addresses")
	case u.Scheme != "http" && u.Scheme != "https":
		ps.add(path, "is not an https URL", hint)
	default:
		return u
	}
	return nil
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// required reports a text that is missing or empty.
func (ps *problems) required(path, value, hint string) bool {
	switch {
	case value != "":
		return true
	case ps.source.has(path):
		ps.follow(path, "is empty", hint)
	default:
		ps.follow(path, "is missing", hint)
	}
	return false
}

// alongside reports a key that another one needs, at that other one.
func (ps *problems) alongside(given, needed string) {
	if ps.source.has(given) && !ps.source.has(needed) && !ps.explained(needed) {
		ps.addAt(ps.source.value(given), needed, "is missing", given[strings.LastIndex(given, ".")+1:]+" needs it")
	}
}
