package netsuite

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"billferry/internal/destination"
	"billferry/internal/rsapss"
	"billferry/internal/secret"
)

// ErrKey is wrapped by every error of InspectKey.
var ErrKey = errors.New("this key cannot be used")

func keyError(format string, a ...any) error {
	return fmt.Errorf("%w: %s", ErrKey, fmt.Sprintf(format, a...))
}

const makeOne = "; make one with `billferry keygen`, and upload its certificate to NetSuite"

// signingKey is a private key with what it takes to sign an assertion.
type signingKey struct {
	info   destination.KeyInfo
	method jwt.SigningMethod
	key    crypto.Signer
}

// InspectKey reads a PEM private key the way people paste them and says what
// it is, or in one sentence what is wrong with it and what to do. NetSuite
// takes EC P-256, P-384, P-521 and RSA 3072 or 4096. An EC key signs with the
// algorithm of its curve; an RSA key with PS256, unless it is bound to another
// hash (PS384, PS512).
func InspectKey(key secret.Value) (destination.KeyInfo, error) {
	k, err := parseKey(key)
	return k.info, err
}

func parseKey(key secret.Value) (signingKey, error) {
	text := key.Reveal()
	if strings.TrimSpace(strings.TrimPrefix(text, bom)) == "" {
		return signingKey{}, keyError("it is empty; choose the file that begins with -----BEGIN PRIVATE KEY-----")
	}
	rest := []byte(NormalizePEM(text))
	var other string // the first block that is not a private key
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		switch block.Type {
		case "PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY":
			return parseBlock(block)
		case "EC PARAMETERS": // openssl ecparam writes it before the key
		default:
			if other == "" {
				other = block.Type
			}
		}
	}
	return signingKey{}, notAKey(text, other)
}

// notAKey explains text in which no private key was found.
func notAKey(text, block string) error {
	switch {
	case block == "OPENSSH PRIVATE KEY" || strings.HasPrefix(strings.TrimSpace(text), "ssh-"):
		return keyError("it is an SSH key, which NetSuite does not know" + makeOne)
	case strings.Contains(block, "CERTIFICATE"):
		return keyError("it is the certificate, which goes to NetSuite; choose the private key that was made with it")
	case strings.Contains(block, "PUBLIC KEY"):
		return keyError("it is a public key; choose the private key that belongs to it")
	case block == "DSA PRIVATE KEY":
		return keyError("it is a DSA key, which NetSuite does not know" + makeOne)
	case block != "":
		return keyError("it is a PEM file with a %s, not a private key; choose the file that begins with -----BEGIN PRIVATE KEY-----",
			strings.ToLower(clip(block, 40)))
	case strings.Contains(text, "-----BEGIN"):
		return keyError("it begins like a PEM file but is damaged or cut short; copy it again, from -----BEGIN to the end of the -----END line")
	default:
		return keyError("it is not in PEM form; choose the text file that begins with -----BEGIN PRIVATE KEY-----")
	}
}

func parseBlock(b *pem.Block) (signingKey, error) {
	if b.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(b.Headers["Proc-Type"], "ENCRYPTED") {
		return signingKey{}, keyError("it is protected by a passphrase; write it without one (openssl pkey -in key.pem -out plain.pem) and " +
			"choose that file: billferry seals it on disk")
	}
	key, err := parseDER(b.Bytes)
	if err != nil {
		return otherDER(b.Bytes)
	}
	switch k := key.(type) {
	case *ecdsa.PrivateKey:
		return ecKey(k)
	case *rsa.PrivateKey:
		return rsaKey(k)
	default: // Ed25519, X25519
		return signingKey{}, keyError("it is neither an EC nor an RSA key, and NetSuite knows only those" + makeOne)
	}
}

// parseDER tries every encoding, since tools label blocks wrongly.
func parseDER(der []byte) (any, error) {
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err == nil {
		return key, nil
	}
	if k, e := x509.ParseECPrivateKey(der); e == nil {
		return k, nil
	}
	if k, e := x509.ParsePKCS1PrivateKey(der); e == nil {
		return k, nil
	}
	return nil, err
}

var oidEC = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}

// otherDER reads the one kind of good key that Go's parsers refuse, and says of
// all others why they did.
func otherDER(der []byte) (signingKey, error) {
	var p8 struct {
		Version int
		Algo    struct {
			OID    asn1.ObjectIdentifier
			Params asn1.RawValue `asn1:"optional"`
		}
		Key []byte
	}
	if _, err := asn1.Unmarshal(der, &p8); err == nil {
		switch {
		case p8.Algo.OID.Equal(rsapss.OID):
			return pssKey(der)
		case p8.Algo.OID.Equal(oidEC):
			return signingKey{}, otherCurve()
		default:
			return signingKey{}, keyError("its algorithm %s is not known; NetSuite takes EC P-256, P-384, P-521 and RSA 3072 or 4096%s",
				p8.Algo.OID, makeOne)
		}
	}
	var sec1 struct {
		Version int
		Key     []byte
		Curve   asn1.RawValue `asn1:"optional,explicit,tag:0"`
		Public  asn1.RawValue `asn1:"optional,explicit,tag:1"`
	}
	if _, err := asn1.Unmarshal(der, &sec1); err == nil && sec1.Version == 1 {
		return signingKey{}, otherCurve()
	}
	return signingKey{}, keyError("its content is damaged; copy the file again or make a new key" + makeOne)
}

func otherCurve() error {
	return keyError("it is an EC key on a curve that NetSuite does not take; use P-256, P-384 or P-521" + makeOne)
}

func ecKey(k *ecdsa.PrivateKey) (signingKey, error) {
	methods := map[elliptic.Curve]jwt.SigningMethod{
		elliptic.P256(): jwt.SigningMethodES256, elliptic.P384(): jwt.SigningMethodES384, elliptic.P521(): jwt.SigningMethodES512,
	}
	m, ok := methods[k.Curve]
	if !ok {
		return signingKey{}, otherCurve()
	}
	return describePlain("EC "+k.Curve.Params().Name, m, k)
}

func rsaKey(k *rsa.PrivateKey) (signingKey, error) {
	if err := rsaSize(k.N); err != nil {
		return signingKey{}, err
	}
	return describePlain(fmt.Sprintf("RSA %d", k.N.BitLen()), jwt.SigningMethodPS256, k)
}

func rsaSize(modulus *big.Int) error {
	if bits := modulus.BitLen(); bits != 3072 && bits != 4096 {
		return keyError("it is an RSA key of %d bits, and NetSuite takes only 3072 or 4096%s", bits, makeOne)
	}
	return nil
}

// describePlain is for the kinds of keys that Go knows.
func describePlain(kind string, m jwt.SigningMethod, k crypto.Signer) (signingKey, error) {
	spki, err := x509.MarshalPKIXPublicKey(k.Public())
	if err != nil {
		return signingKey{}, keyError("its public key is damaged; make a new key" + makeOne)
	}
	return describe(kind, m, k, spki), nil
}

func describe(kind string, m jwt.SigningMethod, k crypto.Signer, spki []byte) signingKey {
	sum := sha256.Sum256(spki)
	return signingKey{info: destination.KeyInfo{Type: kind, Algorithm: m.Alg(), Fingerprint: hex.EncodeToString(sum[:])}, method: m, key: k}
}

const bom = "\ufeff"

// NormalizePEM mends what happens to PEM text on its way through mails, shells,
// spreadsheets and environment variables: a byte order mark, CRLF or lone CR,
// the two characters \n, indentation, blanks where the line breaks were.
// Text without a PEM block comes back as it is, apart from that.
func NormalizePEM(s string) string {
	s = strings.TrimPrefix(s, bom)
	s = strings.NewReplacer(`\r\n`, "\n", `\n`, "\n", "\r\n", "\n", "\r", "\n", "\u00a0", " ").Replace(s)
	var out strings.Builder
	for {
		start := strings.Index(s, "-----BEGIN ")
		if start < 0 {
			return out.String() + strings.Trim(s, " \t\n")
		}
		s = s[start:]
		label, after, ok := strings.Cut(s[len("-----BEGIN "):], "-----")
		end := "-----END " + label + "-----"
		body, rest, closed := strings.Cut(after, end)
		if !ok || !closed || strings.ContainsAny(label, "\n") {
			return out.String() + s
		}
		out.WriteString("-----BEGIN " + label + "-----\n")
		writeBody(&out, body)
		out.WriteString(end + "\n")
		s = rest
	}
}

// writeBody keeps headers on their lines (they mark an encrypted key) and puts
// the base64 into lines of 64.
func writeBody(out *strings.Builder, body string) {
	var b64 bytes.Buffer
	headers := 0
	for line := range strings.SplitSeq(body, "\n") {
		line = strings.TrimSpace(line)
		if strings.Contains(line, ": ") && b64.Len() == 0 {
			out.WriteString(line + "\n")
			headers++
			continue
		}
		for word := range strings.FieldsSeq(line) {
			b64.WriteString(word)
		}
	}
	if headers > 0 {
		out.WriteByte('\n')
	}
	for b := b64.Bytes(); len(b) > 0; {
		n := min(64, len(b))
		out.Write(b[:n])
		out.WriteByte('\n')
		b = b[n:]
	}
}

// clip shortens a stranger's text for a message.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}
