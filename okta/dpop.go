package okta

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v3"
	"github.com/go-jose/go-jose/v3/jwt"
)

// DPoP says when access tokens are bound to a key of this process (RFC 9449).
type DPoP string

// When tokens are bound.
const (
	DPoPAuto   DPoP = "auto"   // from the moment that Okta asks for it
	DPoPAlways DPoP = "always" // from the first token on
	DPoPNever  DPoP = "never"  // an app that asks for it is an error, ErrDPoP
)

// prover makes DPoP proofs. Its key is made for it and never leaves the process.
type prover struct {
	org    string // scheme and host, as the configuration has them
	signer jose.Signer
	on     atomic.Bool // tokens are bound

	mu     sync.Mutex
	nonces map[bool]string // by whether it is the token endpoint's: the latest
}

func newProver(org string, on bool) (*prover, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("okta: key for DPoP: %w", err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key},
		(&jose.SignerOptions{EmbedJWK: true}).WithType("dpop+jwt"))
	if err != nil {
		return nil, fmt.Errorf("okta: key for DPoP: %w", err)
	}
	p := &prover{org: org, signer: signer, nonces: map[bool]string{}}
	p.on.Store(on)
	return p, nil
}

// proof is the value of the DPoP header (RFC 9449, section 4.2) of a request: the
// token that it carries is bound to it, "" when it is to fetch one. Its htu is the
// address without its query.
func (p *prover) proof(method string, at *url.URL, token string) (string, error) {
	claims := struct {
		Method string           `json:"htm"`
		URL    string           `json:"htu"`
		At     *jwt.NumericDate `json:"iat"`
		ID     string           `json:"jti"`
		Nonce  string           `json:"nonce,omitempty"`
		Hash   string           `json:"ath,omitempty"`
	}{method, p.org + at.EscapedPath(), jwt.NewNumericDate(time.Now()), uniqueID(), p.nonce(at), ""}
	if token != "" {
		sum := sha256.Sum256([]byte(token))
		claims.Hash = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	text, err := jwt.Signed(p.signer).Claims(claims).CompactSerialize()
	if err != nil {
		return "", fmt.Errorf("DPoP proof: %w", err)
	}
	return text, nil
}

func (p *prover) nonce(at *url.URL) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.nonces[isTokenPath(at)]
}

// observe remembers the nonce of an answer for the next proof to that server: the
// token endpoint and the API each have their own (RFC 9449, sections 8 and 9).
func (p *prover) observe(at *url.URL, header http.Header) {
	nonce := header.Get("DPoP-Nonce")
	if nonce == "" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.nonces[isTokenPath(at)] = nonce
}

// uniqueID is a value that no other token of this client bears (jti).
func uniqueID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
