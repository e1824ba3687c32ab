package netsuite

import (
	"crypto"
	"fmt"

	"github.com/golang-jwt/jwt/v5"

	"billferry/internal/rsapss"
)

// pssMethods are the signatures of RFC 7518 section 3.5 that NetSuite takes, by
// their hash. Their mask is MGF1 with the same hash, their salt as long as it.
var pssMethods = map[crypto.Hash]jwt.SigningMethod{
	crypto.SHA256: jwt.SigningMethodPS256, crypto.SHA384: jwt.SigningMethodPS384, crypto.SHA512: jwt.SigningMethodPS512,
}

// pssKey reads a PKCS#8 key that is bound to RSASSA-PSS. The limits it sets for
// its signatures choose the algorithm; without any it signs as a plain RSA key.
func pssKey(der []byte) (signingKey, error) {
	k, err := rsapss.ParsePrivateKey(der)
	if err != nil {
		return signingKey{}, keyError("it is an RSASSA-PSS-only key whose content is damaged; copy the file again or make a new key" + makeOne)
	}
	method, err := pssMethod(k.Limits)
	if err != nil {
		return signingKey{}, err
	}
	if err := rsaSize(k.N); err != nil {
		return signingKey{}, err
	}
	return describe(fmt.Sprintf("RSA %d (PSS only)", k.N.BitLen()), method, k.PrivateKey, k.SPKI), nil
}

// pssMethod is the signature that fits the limits of a key (RFC 4055 section
// 3.1: the hashes are its own, the salt is no shorter).
func pssMethod(l *rsapss.Limits) (jwt.SigningMethod, error) {
	if l == nil {
		return jwt.SigningMethodPS256, nil
	}
	m, ok := pssMethods[l.Hash]
	switch {
	case !ok:
		return nil, pssLimit("with %s, and NetSuite takes SHA-256, SHA-384 and SHA-512", hashName(l.Hash))
	case l.MGF1 != l.Hash: // openssl's rsa_pss_keygen_md alone leaves SHA-1 for the mask
		return nil, pssLimit("with %s and a mask (MGF1) of %s, and in %s, which NetSuite takes, both are the same", hashName(l.Hash),
			hashName(l.MGF1), m.Alg())
	case l.Salt > l.Hash.Size():
		return nil, pssLimit("with a salt of %d bytes or more, and in %s, which NetSuite takes, it has %d", l.Salt, m.Alg(), l.Hash.Size())
	}
	return m, nil
}

// pssLimit refuses a key for a limit that it sets: only another key helps.
func pssLimit(format string, a ...any) error {
	return keyError("it is an RSASSA-PSS-only key for signatures %s; a key without such limits (openssl without the rsa_pss_keygen options) "+
		"or, better, an EC one will do%s",
		fmt.Sprintf(format, a...), makeOne)
}

func hashName(h crypto.Hash) string {
	if h == 0 {
		return "another hash"
	}
	return h.String()
}
