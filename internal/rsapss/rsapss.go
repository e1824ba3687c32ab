// Package rsapss reads RSA keys that are bound to RSASSA-PSS signatures, as
// openssl -newkey rsa-pss writes them (RFC 4055 section 1.2: id-RSASSA-PSS in
// the place of rsaEncryption). crypto/x509 refuses such a private key, and
// leaves the public key out of a certificate.
package rsapss

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
)

// OID is id-RSASSA-PSS.
var OID = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}

// Key is a private key that is bound to RSASSA-PSS.
type Key struct {
	*rsa.PrivateKey
	Limits *Limits // nil: it takes every kind of RSASSA-PSS signature
	SPKI   []byte  // its public key as its certificates hold it, DER
}

// Limits are what a key says of the signatures that may be made with it (RFC
// 4055 section 3.1).
type Limits struct {
	Hash crypto.Hash // of the message; 0 for one that is not known here
	MGF1 crypto.Hash // of the mask; 0 for one that is not known here
	Salt int         // the least length of the salt in bytes
}

// The ASN.1 of RFC 5208, 5280 and 4055. What may follow the fields of
// privateKeyInfo is of no use here.
type (
	privateKeyInfo struct {
		Version int
		Algo    pkix.AlgorithmIdentifier
		Key     []byte // PKCS#1
	}
	publicKeyInfo struct {
		Algo pkix.AlgorithmIdentifier
		Key  asn1.BitString // PKCS#1
	}
	parameters struct {
		Hash    pkix.AlgorithmIdentifier `asn1:"optional,explicit,tag:0"` // absent: SHA-1
		MGF     pkix.AlgorithmIdentifier `asn1:"optional,explicit,tag:1"` // absent: MGF1 with SHA-1
		Salt    int                      `asn1:"optional,explicit,tag:2,default:20"`
		Trailer int                      `asn1:"optional,explicit,tag:3,default:1"`
	}
)

var errOther = errors.New("not an RSASSA-PSS key")

// ParsePrivateKey reads PKCS#8, without encryption.
func ParsePrivateKey(der []byte) (Key, error) {
	var info privateKeyInfo
	if _, err := asn1.Unmarshal(der, &info); err != nil {
		return Key{}, fmt.Errorf("read PKCS#8: %w", err)
	}
	if !info.Algo.Algorithm.Equal(OID) {
		return Key{}, errOther
	}
	key, err := x509.ParsePKCS1PrivateKey(info.Key)
	if err != nil {
		return Key{}, fmt.Errorf("read an RSASSA-PSS key: %w", err)
	}
	limits, err := parseLimits(info.Algo.Parameters.FullBytes)
	if err != nil {
		return Key{}, err
	}
	public := x509.MarshalPKCS1PublicKey(&key.PublicKey)
	spki, err := asn1.Marshal(publicKeyInfo{info.Algo, asn1.BitString{Bytes: public, BitLength: 8 * len(public)}})
	if err != nil {
		return Key{}, fmt.Errorf("write the public key: %w", err)
	}
	return Key{PrivateKey: key, Limits: limits, SPKI: spki}, nil
}

// PublicKey is the public key of a certificate, also of one that is bound to
// RSASSA-PSS; nil when it is of no kind that is known. What the certificate
// says of the signatures is left out.
func PublicKey(c *x509.Certificate) crypto.PublicKey {
	var info publicKeyInfo
	if c.PublicKey != nil {
		return c.PublicKey
	}
	if _, err := asn1.Unmarshal(c.RawSubjectPublicKeyInfo, &info); err != nil || !info.Algo.Algorithm.Equal(OID) {
		return nil
	}
	key, err := x509.ParsePKCS1PublicKey(info.Key.RightAlign())
	if err != nil {
		return nil
	}
	return key
}

var (
	oidMGF1 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8}
	// hashes are by the text of their OID.
	hashes = map[string]crypto.Hash{
		"":                       crypto.SHA1, // the default of RFC 4055
		"1.3.14.3.2.26":          crypto.SHA1,
		"2.16.840.1.101.3.4.2.4": crypto.SHA224,
		"2.16.840.1.101.3.4.2.1": crypto.SHA256,
		"2.16.840.1.101.3.4.2.2": crypto.SHA384,
		"2.16.840.1.101.3.4.2.3": crypto.SHA512,
	}
)

// parseLimits reads RSASSA-PSS-params. Nothing means no limit, and so does
// NULL, which some tools write for nothing.
func parseLimits(der []byte) (*Limits, error) {
	if len(der) == 0 || bytes.Equal(der, asn1.NullBytes) {
		return nil, nil
	}
	var p parameters
	if _, err := asn1.Unmarshal(der, &p); err != nil {
		return nil, fmt.Errorf("read RSASSA-PSS-params: %w", err)
	}
	if p.Trailer != 1 || p.Salt < 0 {
		return nil, fmt.Errorf("read RSASSA-PSS-params: trailer %d and a salt of %d bytes cannot be", p.Trailer, p.Salt)
	}
	l := &Limits{Hash: hashes[p.Hash.Algorithm.String()], Salt: p.Salt}
	switch {
	case len(p.MGF.Algorithm) == 0:
		l.MGF1 = crypto.SHA1
	case p.MGF.Algorithm.Equal(oidMGF1):
		var of pkix.AlgorithmIdentifier
		if _, err := asn1.Unmarshal(p.MGF.Parameters.FullBytes, &of); err != nil {
			return nil, fmt.Errorf("read the mask of RSASSA-PSS-params: %w", err)
		}
		l.MGF1 = hashes[of.Algorithm.String()]
	}
	return l, nil
}
