package okta

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v3"
)

// CheckPrivateKey says why a text cannot be Config.PrivateKey, and what would be
// right. The error does not quote the key.
func CheckPrivateKey(text []byte) error {
	key, err := parseKey(text)
	if err == nil {
		_, err = algorithmFor(key)
	}
	return err
}

// newSigner makes the signer of client assertions from a PEM block of type RSA
// PRIVATE KEY (PKCS#1), EC PRIVATE KEY (SEC 1) or PRIVATE KEY (PKCS#8). No error
// quotes the key.
func newSigner(key []byte, keyID string) (jose.Signer, error) {
	private, err := parseKey(key)
	if err != nil {
		return nil, fmt.Errorf("okta: private key: %w", err)
	}
	algorithm, err := algorithmFor(private)
	if err != nil {
		return nil, fmt.Errorf("okta: private key: %w", err)
	}
	opts := &jose.SignerOptions{}
	if keyID != "" {
		opts = opts.WithHeader("kid", keyID)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: private}, opts)
	if err != nil {
		return nil, fmt.Errorf("okta: private key: signer: %w", err)
	}
	return signer, nil
}

// parseKey reads the first block that holds a private key: openssl writes the curve's
// parameters before it.
func parseKey(text []byte) (any, error) {
	// A key that came through an environment variable may have its line breaks
	// written out.
	rest := bytes.ReplaceAll(text, []byte(`\n`), []byte("\n"))
	var other string
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil, noKey(text, other)
		}
		if strings.HasSuffix(block.Type, "PRIVATE KEY") {
			return parseBlock(block)
		}
		other = block.Type
	}
}

func noKey(text []byte, other string) error {
	switch {
	case other != "":
		return fmt.Errorf("the PEM block %q is no private key; the file with the private key begins with -----BEGIN PRIVATE KEY-----", other)
	case bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")):
		return errors.New("the key is JSON (JWK), not PEM; the Admin Console shows it as PEM, too, when it is made")
	}
	return errors.New("no PEM block is in it; a private key begins with -----BEGIN PRIVATE KEY-----")
}

func parseBlock(block *pem.Block) (any, error) {
	var parsed any
	var err error
	switch {
	case block.Type == "ENCRYPTED PRIVATE KEY", block.Headers["DEK-Info"] != "":
		return nil, errors.New("the key is encrypted with a passphrase; decrypt it with openssl pkey -in KEY -out PLAIN-KEY")
	case block.Type == "RSA PRIVATE KEY":
		parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case block.Type == "EC PRIVATE KEY":
		parsed, err = x509.ParseECPrivateKey(block.Bytes)
	case block.Type == "PRIVATE KEY":
		parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	default:
		return nil, fmt.Errorf("a key of type %q cannot be used; make one in the Admin Console, or with openssl genrsa 2048", block.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("the PEM block %q is damaged; copy the key again, with all of its lines", block.Type)
	}
	return parsed, nil
}

// leastBits is the shortest RSA key that RS256 may be made with (RFC 7518, section
// 3.3).
const leastBits = 2048

// algorithmFor chooses the signature algorithm (RFC 7518, section 3.1) that
// goes with a key.
func algorithmFor(key any) (jose.SignatureAlgorithm, error) {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		if bits := key.N.BitLen(); bits < leastBits {
			return "", fmt.Errorf("the RSA key has %d bits; Okta wants %d or more", bits, leastBits)
		}
		return jose.RS256, nil
	case *ecdsa.PrivateKey:
		switch key.Curve.Params().BitSize {
		case 256:
			return jose.ES256, nil
		case 384:
			return jose.ES384, nil
		case 521:
			return jose.ES512, nil
		}
	}
	return "", errors.New("the key is neither an RSA key nor an EC key on P-256, P-384 or P-521; make one in the Admin Console, or with openssl genrsa 2048")
}
