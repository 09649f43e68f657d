package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
)

// defaultServiceApp is the client id of the service app of serve okta.
const defaultServiceApp = "0oa00000000000service"

// serviceKey reads the public key of a service app: RSA or P-256 in PEM, the key pair that
// the client has or its public half.
func serviceKey(path string) (crypto.PublicKey, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, usage("--service-key: %v", err)
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, usage("--service-key %s: it is not PEM, as openssl genrsa writes it", path)
	}
	key, err := parsedKey(block.Bytes)
	if err != nil {
		return nil, usage("--service-key %s: %v", path, err)
	}
	return key, nil
}

func parsedKey(der []byte) (crypto.PublicKey, error) {
	for _, parse := range []func([]byte) (any, error){
		x509.ParsePKIXPublicKey, x509.ParsePKCS8PrivateKey,
		func(b []byte) (any, error) { return x509.ParsePKCS1PrivateKey(b) },
		func(b []byte) (any, error) { return x509.ParseECPrivateKey(b) },
		func(b []byte) (any, error) { return x509.ParsePKCS1PublicKey(b) },
	} {
		key, err := parse(der)
		if err != nil {
			continue
		}
		if pair, ok := key.(crypto.Signer); ok {
			key = pair.Public()
		}
		switch key := key.(type) {
		case *rsa.PublicKey:
			return key, nil
		case *ecdsa.PublicKey:
			return key, nil
		}
	}
	return nil, errors.New("no RSA or EC key can be read in it")
}
