package secret

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestNeverShows(t *testing.T) {
	t.Parallel()
	v := New("hunter2")
	holder := struct {
		Key Value
		Ptr *Value
	}{v, &v}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v, "holder", holder)
	js, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	all := log.String() + string(js) + fmt.Sprintf("%v %+v %#v %s %q %x %d", v, v, v, v, v, v, v) +
		fmt.Sprintf("%v %+v %#v", holder, holder, holder) + fmt.Sprint(v) + fmt.Errorf("e: %v", v).Error()
	if strings.Contains(all, "hunter2") || strings.Contains(all, "68756e74") {
		t.Fatalf("shown: %s", all)
	}
	if v.Reveal() != "hunter2" {
		t.Fatal("lost")
	}
}

func TestReadsButNotTheMark(t *testing.T) {
	t.Parallel()
	var h struct{ Key Value }
	if err := json.Unmarshal([]byte(`{"Key":"abc"}`), &h); err != nil || h.Key.Reveal() != "abc" {
		t.Fatal(err, h.Key.Reveal())
	}
	if err := json.Unmarshal([]byte(`{"Key":"[secret]"}`), &h); err == nil {
		t.Fatal("the mark was stored as a secret")
	}
}

func TestHoldsKey(t *testing.T) {
	t.Parallel()
	body := "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg" + strings.Repeat("Vx7Tq0sYlZk3+/", 6) + "=="
	for text, want := range map[string]bool{
		"": false, strings.Repeat("9af0", 16): false, "https://1234567.suitetalk.api.netsuite.com": false, "MI" + strings.Repeat("x", 40): false,
		body: true, " " + body[:64] + "\n" + body[64:]: true, body + ":": false,
		"-----BEGIN PRIVATE KEY-----": true, "abc -----BEGIN EC PRIVATE KEY----- MIG": true, "AB\n-----END PRIVATE KEY-----": true,
	} {
		if got := HoldsKey(text); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}
