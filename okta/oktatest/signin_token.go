package oktatest

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v3"
)

const signingKeyID = "oktatest-signing-key"

// signingKey makes the key of ID tokens when it is first needed.
func (o *Org) signingKey() *rsa.PrivateKey {
	o.signer.once.Do(func() {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic("oktatest: " + err.Error()) // the system's random numbers never fail
		}
		o.signer.key = key
	})
	return o.signer.key
}

func (o *Org) showKeys(a *answer) {
	a.json(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{
		Key: &o.signingKey().PublicKey, KeyID: signingKeyID, Algorithm: string(jose.RS256), Use: "sig",
	}}})
}

// idToken is the signed statement of who signed in.
func (o *Org) idToken(g grant) (string, error) {
	claims := o.personClaims(g)
	now := o.opts.Now()
	claims["iss"], claims["aud"], claims["ver"] = o.url, o.opts.SignIn.ClientID, 1
	claims["iat"], claims["auth_time"], claims["exp"] = now.Unix(), now.Unix(), now.Add(tokenLifetime).Unix()
	claims["jti"], claims["amr"], claims["idp"] = "ID."+rand.Text(), []string{"pwd"}, "00o00000000000okta5"
	if g.nonce != "" {
		claims["nonce"] = g.nonce
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("id token: %w", err)
	}
	options := (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", signingKeyID)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: o.signingKey()}, options)
	if err != nil {
		return "", fmt.Errorf("id token: %w", err)
	}
	signed, err := signer.Sign(body)
	if err != nil {
		return "", fmt.Errorf("id token: %w", err)
	}
	return signed.CompactSerialize()
}

// personClaims are what the scopes of a grant say of the person.
func (o *Org) personClaims(g grant) object {
	o.mu.Lock()
	defer o.mu.Unlock()
	claims := object{"sub": g.userID}
	p := o.people[g.userID]
	if p == nil {
		return claims
	}
	text := func(key string) string { s, _ := p.profile[key].(string); return s }
	if slices.Contains(g.scopes, "email") {
		claims["email"], claims["email_verified"] = text("email"), true
	}
	if slices.Contains(g.scopes, "profile") {
		claims["name"] = strings.TrimSpace(text("firstName") + " " + text("lastName"))
		claims["given_name"], claims["family_name"], claims["preferred_username"] = text("firstName"), text("lastName"), p.login()
		claims["zoneinfo"], claims["updated_at"] = "UTC", p.updated.Unix()
	}
	if slices.Contains(g.scopes, "groups") {
		names := []string{"Everyone"}
		for _, id := range sortedKeys(o.groups) {
			if o.groups[id].members[p.id] {
				names = append(names, o.groups[id].name)
			}
		}
		claims["groups"] = names
	}
	return claims
}

// redirect sends the browser back to the client.
func (a *answer) redirect(target string, more url.Values) {
	to, err := url.Parse(target)
	if err != nil {
		a.page(http.StatusBadRequest, "400", "The address cannot be read.")
		return
	}
	query := to.Query()
	for key, values := range more {
		if len(values) > 0 && values[0] != "" {
			query.Set(key, values[0])
		}
	}
	to.RawQuery = query.Encode()
	a.status = http.StatusFound
	a.header.Set("Location", to.String())
	a.header.Del("Content-Type")
}

func (a *answer) page(status int, title, text string) {
	a.status = status
	a.header.Set("Content-Type", "text/html; charset=utf-8")
	a.body = []byte("<!DOCTYPE html>\n<html lang=\"en\"><title>" + html.EscapeString(title) + "</title>\n<h1>" +
		html.EscapeString(title) + "</h1>\n<p>" + html.EscapeString(text) + "</p>\n</html>\n")
}

// choice is the sign-in page: a button for each person.
func (a *answer) choice(form url.Values, logins []string) {
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html lang=\"en\"><title>Sign in</title>\n<h1>Sign in to the fake org as</h1>\n<form method=\"post\" action=\"" + authorizePath + "\">\n")
	keys := make([]string, 0, len(form))
	for key := range form {
		if key != "login" {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		fmt.Fprintf(&b, "<input type=\"hidden\" name=\"%s\" value=\"%s\">\n", html.EscapeString(key), html.EscapeString(form.Get(key)))
	}
	for _, login := range logins {
		fmt.Fprintf(&b, "<p><button name=\"login\" value=\"%s\">%s</button></p>\n", html.EscapeString(login), html.EscapeString(login))
	}
	b.WriteString("</form>\n</html>\n")
	a.status = http.StatusOK
	a.header.Set("Content-Type", "text/html; charset=utf-8")
	a.body = []byte(b.String())
}
