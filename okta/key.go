package okta

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v3"
)

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

func parseKey(key []byte) (any, error) {
	// A key that came through an environment variable may have its line breaks
	// written out.
	block, _ := pem.Decode(bytes.ReplaceAll(key, []byte(`\n`), []byte("\n")))
	if block == nil {
		return nil, errors.New("no PEM block; it starts with -----BEGIN PRIVATE KEY-----")
	}
	var parsed any
	var err error
	switch block.Type {
	case "RSA PRIVATE KEY":
		parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		parsed, err = x509.ParseECPrivateKey(block.Bytes)
	case "PRIVATE KEY":
		parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "ENCRYPTED PRIVATE KEY":
		return nil, errors.New("the key is encrypted with a passphrase; give it decrypted")
	default:
		return nil, fmt.Errorf("PEM block %q is not a private key", block.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("PEM block %q is damaged", block.Type)
	}
	return parsed, nil
}

// algorithmFor chooses the signature algorithm (RFC 7518, section 3.1) that
// goes with a key.
func algorithmFor(key any) (jose.SignatureAlgorithm, error) {
	switch key := key.(type) {
	case *rsa.PrivateKey:
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
	return "", errors.New("neither an RSA key nor an EC key on P-256, P-384 or P-521")
}
