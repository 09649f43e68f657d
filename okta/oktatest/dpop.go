package oktatest

import (
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v3"
)

// RequireDPoP sets the service app's box "Require Demonstrating Proof of Possession
// (DPoP) header in token requests". Without it a proof that comes is honoured all
// the same, as Okta does.
func (o *Org) RequireDPoP(on bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.needDPoP = on
}

// RequireAPINonce makes the API, too, want its nonce in each proof (RFC 9449,
// section 9). Okta's does not today.
func (o *Org) RequireAPINonce(on bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.needAPINonce = on
}

// RotateNonces makes the nonces that were handed out so far too old.
func (o *Org) RotateNonces() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.nonces++
}

// nonce is what proofs must bear now.
func (o *Org) nonce() string { return fmt.Sprintf("nonce-%06d", o.nonces) }

// refusal is an error of RFC 9449.
type refusal struct{ code, description string }

func badProof(description string) *refusal { return &refusal{"invalid_dpop_proof", description} }

// boundKey is the thumbprint of the key that a token is to be bound to, "" for a
// bearer token. It fails the answer when the proof is missing or wrong.
func (o *Org) boundKey(a *answer, r *http.Request) (string, bool) {
	proofs := r.Header.Values("DPoP")
	if len(proofs) == 0 && !o.needDPoP {
		return "", true
	}
	key, refused := o.checkProof(a, r, "", true)
	if refused != nil {
		a.refuse(http.StatusBadRequest, refused.code, refused.description)
		return "", false
	}
	return key, true
}

// checkBound checks the proof that comes with a token bound to a key.
func (o *Org) checkBound(a *answer, r *http.Request, token, key string) *refusal {
	proven, refused := o.checkProof(a, r, token, o.needAPINonce)
	if refused == nil && proven != key {
		return badProof("The DPoP proof is of another key than the access token.")
	}
	return refused
}

// proofClaims are those of RFC 9449, section 4.2.
type proofClaims struct {
	Method string  `json:"htm"`
	URL    string  `json:"htu"`
	At     float64 `json:"iat"`
	ID     string  `json:"jti"`
	Nonce  string  `json:"nonce"`
	Hash   string  `json:"ath"`
}

// checkProof makes the checks of RFC 9449, section 4.3, and returns the thumbprint
// of the key.
func (o *Org) checkProof(a *answer, r *http.Request, token string, needNonce bool) (string, *refusal) {
	proofs := r.Header.Values("DPoP")
	switch len(proofs) {
	case 0:
		return "", badProof("The DPoP proof JWT header is missing.")
	case 1:
	default:
		return "", badProof("There is more than one DPoP proof JWT header.")
	}
	claims, key, refused := openProof(proofs[0])
	if refused != nil {
		return "", refused
	}
	sum := sha256.Sum256([]byte(token))
	age := o.opts.Now().Sub(time.Unix(int64(claims.At), 0))
	switch {
	case claims.Method != r.Method:
		return "", badProof("The DPoP proof JWT's htm is not the method of the request.")
	case claims.URL != o.url+r.URL.EscapedPath():
		return "", badProof("The DPoP proof JWT's htu is not the address of the request.")
	case age > 5*time.Minute:
		return "", badProof("The DPoP proof JWT has expired.")
	case age < -time.Minute:
		return "", badProof("The DPoP proof JWT is issued in the future.")
	case claims.ID == "" || o.usedIDs[claims.ID]:
		return "", badProof("The DPoP proof JWT's jti is missing or has been used.")
	case token != "" && claims.Hash != base64.RawURLEncoding.EncodeToString(sum[:]):
		return "", badProof("The DPoP proof JWT's ath is not the hash of the access token.")
	case needNonce && claims.Nonce != o.nonce():
		a.header.Set("DPoP-Nonce", o.nonce())
		return "", &refusal{"use_dpop_nonce", "Authorization server requires nonce in DPoP proof."}
	}
	o.usedIDs[claims.ID] = true
	return key, nil
}

// openProof verifies a proof with the key in its own header.
func openProof(proof string) (claims proofClaims, thumbprint string, _ *refusal) {
	signed, err := jose.ParseSigned(proof)
	if err != nil || len(signed.Signatures) != 1 || strings.Count(proof, ".") != 2 {
		return claims, "", badProof("The DPoP proof JWT is malformed.")
	}
	header := signed.Signatures[0].Protected
	switch key := header.JSONWebKey; {
	case header.ExtraHeaders["typ"] != "dpop+jwt":
		return claims, "", badProof("The DPoP proof JWT's typ is not dpop+jwt.")
	case key == nil || !key.Valid() || !key.IsPublic():
		return claims, "", badProof("The DPoP proof JWT has no public key.")
	case !strings.HasPrefix(header.Algorithm, "RS") && !strings.HasPrefix(header.Algorithm, "ES"):
		return claims, "", badProof("The DPoP proof JWT's alg is not accepted.")
	default:
		payload, err := signed.Verify(key)
		if err != nil || json.Unmarshal(payload, &claims) != nil {
			return claims, "", badProof("The DPoP proof JWT's signature is invalid.")
		}
		sum, err := key.Thumbprint(crypto.SHA256)
		if err != nil {
			return claims, "", badProof("The DPoP proof JWT has no usable key.")
		}
		return claims, base64.RawURLEncoding.EncodeToString(sum), nil
	}
}
