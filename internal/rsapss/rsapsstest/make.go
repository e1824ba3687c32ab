// Package rsapsstest makes, for tests, what crypto/x509 cannot: private keys
// and certificates that are bound to RSASSA-PSS.
package rsapsstest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"time"

	"billferry/internal/rsapss"
)

var (
	oidMGF1 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8}
	hashes  = map[crypto.Hash]asn1.ObjectIdentifier{
		crypto.SHA256: {2, 16, 840, 1, 101, 3, 4, 2, 1}, crypto.SHA384: {2, 16, 840, 1, 101, 3, 4, 2, 2},
		crypto.SHA512: {2, 16, 840, 1, 101, 3, 4, 2, 3}, crypto.SHA3_256: {2, 16, 840, 1, 101, 3, 4, 2, 8},
	}
)

// Unlimited are the parameters of a key that takes every RSASSA-PSS signature:
// none.
var Unlimited []byte

// Limits are the parameters of a key for signatures with a hash, with a mask of
// a hash and with a salt of so many bytes or more. What is SHA-1 or 20 is left
// out, as RFC 4055 and openssl do.
func Limits(hash, mgf1 crypto.Hash, salt int) []byte {
	var p struct {
		Hash pkix.AlgorithmIdentifier `asn1:"optional,explicit,tag:0"`
		MGF  pkix.AlgorithmIdentifier `asn1:"optional,explicit,tag:1"`
		Salt int                      `asn1:"optional,explicit,tag:2,default:20"`
	}
	of := func(h crypto.Hash) pkix.AlgorithmIdentifier {
		return pkix.AlgorithmIdentifier{Algorithm: hashes[h], Parameters: asn1.NullRawValue}
	}
	if hash != crypto.SHA1 {
		p.Hash = of(hash)
	}
	if mgf1 != crypto.SHA1 {
		p.MGF = pkix.AlgorithmIdentifier{Algorithm: oidMGF1, Parameters: asn1.RawValue{FullBytes: must(asn1.Marshal(of(mgf1)))}}
	}
	p.Salt = salt
	return must(asn1.Marshal(p))
}

// PrivateKey is PEM (PKCS#8) of a key bound to RSASSA-PSS.
func PrivateKey(k *rsa.PrivateKey, parameters []byte) string {
	return text("PRIVATE KEY", must(asn1.Marshal(struct {
		Version int
		Algo    pkix.AlgorithmIdentifier
		Key     []byte
	}{0, algorithm(parameters), x509.MarshalPKCS1PrivateKey(k)})))
}

// Certificate is PEM of one that the key signed for itself with RSASSA-PSS, as
// openssl req -x509 -newkey rsa-pss makes it.
func Certificate(k *rsa.PrivateKey, parameters []byte, from, until time.Time) []byte {
	t := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "PSS only"}, NotBefore: from, NotAfter: until,
		SignatureAlgorithm: x509.SHA512WithRSAPSS}
	plain := must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, t, t, &k.PublicKey, k))))
	var tbs struct {
		Version                                              int `asn1:"optional,explicit,default:0,tag:0"`
		Serial, Signature, Issuer, Validity, Subject, Public asn1.RawValue
	}
	must(asn1.Unmarshal(plain.RawTBSCertificate, &tbs)) // there are no extensions, which would follow
	key := x509.MarshalPKCS1PublicKey(&k.PublicKey)
	tbs.Public = asn1.RawValue{FullBytes: must(asn1.Marshal(struct {
		Algo pkix.AlgorithmIdentifier
		Key  asn1.BitString
	}{algorithm(parameters), asn1.BitString{Bytes: key, BitLength: 8 * len(key)}}))}
	signed := must(asn1.Marshal(tbs))
	hash := crypto.SHA512.New()
	hash.Write(signed)
	signature := must(rsa.SignPSS(rand.Reader, k, crypto.SHA512, hash.Sum(nil), &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}))
	return []byte(text("CERTIFICATE", must(asn1.Marshal(struct {
		TBS, Algo asn1.RawValue
		Signature asn1.BitString
	}{asn1.RawValue{FullBytes: signed}, tbs.Signature, asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}}))))
}

func algorithm(parameters []byte) pkix.AlgorithmIdentifier {
	return pkix.AlgorithmIdentifier{Algorithm: rsapss.OID, Parameters: asn1.RawValue{FullBytes: parameters}}
}

func text(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// must is for steps that cannot fail with a good key.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
