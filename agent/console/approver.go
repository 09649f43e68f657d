package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

var (
	errSignInAgain = errors.New("Okta does not answer for this sign-in any more")
	errNotAsked    = errors.New("Okta cannot be asked who may decide")
)

const maxUserInfo = 1 << 20

// stillDecides asks Okta, before anything is decided, whether a visitor is one of the
// approvers still: a session lasts for hours, and the person may have been taken out of
// the group, or have lost the account, since.
//
// Errors: errMayNot, errSignInAgain, errNotAsked.
func (s *signIns) stillDecides(ctx context.Context, who *proof) error {
	p, err := s.discover(ctx)
	if err != nil {
		return errors.Join(errNotAsked, err)
	}
	if p.UserInfoEndpoint() == "" || who == nil {
		return nil // there is nobody to ask: the sign-in has to do
	}
	c, err := s.userInfo(ctx, p, who.token, who.subject)
	if err != nil {
		return err
	}
	// An issuer may leave the claim out of which nothing is left.
	if (c.Groups != nil || who.named) && !slices.Contains(c.Groups, s.Approvers) {
		return errMayNot
	}
	return nil
}

// whoDecides says to somebody who may only look why, and who may decide.
func (s *Server) whoDecides(v Visitor) string {
	const look = "You may look, and not decide"
	switch {
	case s.signIns == nil:
		return look + ": your link was made for looking alone."
	case s.signIns.Approvers == "":
		return look + ": console.oidc.approvers names no group, so nobody decides here."
	case v.groupless:
		return look + ". Members of " + s.signIns.Approvers + " may; the sign-in named no group of yours, so if you are one of them, the app at Okta lacks its groups claim."
	}
	return look + ". Members of " + s.signIns.Approvers + " may."
}

// userInfo is what the issuer says now of the person of a sign-in (OpenID Connect Core
// 1.0, section 5.3), as JSON or as a signed JWT. It is asked with the access token of the
// sign-in, which Okta lets end after an hour.
//
// Errors: errSignInAgain, errNotAsked.
func (s *signIns) userInfo(ctx context.Context, p *oidc.Provider, token *oauth2.Token, subject string) (claims, error) {
	ctx, cancel := context.WithTimeout(ctx, issuerWait)
	defer cancel()
	heard := hearing{base: s.Client.Transport}
	info, err := p.UserInfo(oidc.ClientContext(ctx, &http.Client{Transport: &heard}), oauth2.StaticTokenSource(token))
	switch {
	case heard.status == http.StatusUnauthorized, heard.status == http.StatusForbidden:
		return claims{}, errSignInAgain
	case heard.status != 0 && heard.status != http.StatusOK:
		return claims{}, fmt.Errorf("%w: UserInfo answers %d", errNotAsked, heard.status)
	case err != nil:
		return claims{}, errors.Join(errNotAsked, err)
	case info.Subject != subject:
		return claims{}, errSignInAgain
	}
	var c claims
	if err := info.Claims(&c); err != nil {
		return claims{}, errors.Join(errNotAsked, err)
	}
	return c, nil
}

// hearing notes the status of the one answer that it lets through, and bounds it: the
// library tells neither.
type hearing struct {
	base   http.RoundTripper // nil: the default
	status int
}

func (h *hearing) RoundTrip(r *http.Request) (*http.Response, error) {
	base := h.base
	if base == nil {
		base = http.DefaultTransport
	}
	answer, err := base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	h.status = answer.StatusCode
	answer.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(answer.Body, maxUserInfo), answer.Body}
	return answer, nil
}
