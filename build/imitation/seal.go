package imitation

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// thinkingSecret signs what comes back to a vendor. It is a constant, so that imitations in several processes accept
// each other's signatures as one vendor's machines do.
var thinkingSecret = []byte("imitation of a vendor")

// accountMark is what an account shows of its key where it must show something.
func accountMark(key string) string {
	h := sha256.Sum256([]byte(key))
	return hex.EncodeToString(h[:6])
}

func (v *Vendor) mac(parts ...string) string {
	m := hmac.New(sha256.New, append(v.secret, v.Kind...))
	m.Write([]byte(strings.Join(parts, "\x00")))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// sealReasoning makes the encrypted_content of a reasoning item: good for the account of this key, and no other.
func (v *Vendor) sealReasoning(key, id string) string {
	mark := accountMark(key)
	return "gAAAAA" + base64.RawURLEncoding.EncodeToString([]byte(mark+"."+id+"."+v.mac("reasoning", mark, id)))
}

type seal int

const (
	sealGood seal = iota
	sealForeign
	sealBroken
)

func (v *Vendor) openReasoning(key, sealed string) seal {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(sealed, "gAAAAA"))
	if err != nil || !strings.HasPrefix(sealed, "gAAAAA") {
		return sealBroken
	}
	parts := strings.SplitN(string(raw), ".", 3)
	if len(parts) != 3 || parts[2] != v.mac("reasoning", parts[0], parts[1]) {
		return sealBroken
	}
	if parts[0] != accountMark(key) {
		return sealForeign
	}
	return sealGood
}

// signThinking makes the signature of a thinking block: good for its exact text, at any account of the vendor.
func (v *Vendor) signThinking(text string) string {
	mac := v.mac("thinking", text)
	return "Erim" + base64.StdEncoding.EncodeToString([]byte(mac))
}
