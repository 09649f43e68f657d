package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
)

var (
	errSignInAgain = errors.New("Okta does not answer for this sign-in any more")
	errNotAsked    = errors.New("Okta cannot be asked who may decide")
)

const maxUserInfo = 1 << 20

// stillDecides asks Okta, before anything is decided, whether a visitor is one of the
// approvers still: a session lasts for hours, and the person may have been taken out of
// the group, or have lost the account, since. It is UserInfo (OpenID Connect Core 1.0,
// section 5.3), with the access token of the sign-in, which Okta lets end after an hour.
//
// Errors: errMayNot, errSignInAgain, errNotAsked.
func (s *signIns) stillDecides(ctx context.Context, who *proof) error {
	p, err := s.discover(ctx)
	if err != nil {
		return errors.Join(errNotAsked, err)
	}
	address := p.UserInfoEndpoint()
	if address == "" || who == nil {
		return nil // there is nobody to ask: the sign-in has to do
	}
	ctx, cancel := context.WithTimeout(ctx, issuerWait)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return errors.Join(errNotAsked, err)
	}
	who.token.SetAuthHeader(r)
	answer, err := s.Client.Do(r)
	if err != nil {
		return errors.Join(errNotAsked, err)
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusOK:
	case http.StatusUnauthorized, http.StatusForbidden:
		return errSignInAgain
	default:
		return fmt.Errorf("%w: %s", errNotAsked, answer.Status)
	}
	var c claims
	if err := json.NewDecoder(io.LimitReader(answer.Body, maxUserInfo)).Decode(&c); err != nil {
		return errors.Join(errNotAsked, err)
	}
	if c.Subject != who.subject {
		return errSignInAgain
	}
	// An issuer may leave the claim out of which nothing is left.
	if (c.Groups != nil || who.named) && !slices.Contains(c.Groups, s.Approvers) {
		return errMayNot
	}
	return nil
}
