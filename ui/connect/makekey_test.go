package connect

import (
	"path/filepath"
	"testing"
	"time"

	"billferry/internal/service"
	"billferry/internal/service/servicetest"
)

// Each key pair has a folder of its own, of its integration and its time: the one that is
// in use is not written over.
func TestAKeyPairIsMadeBesideTheOthers(t *testing.T) {
	t.Parallel()
	f, dir, at := servicetest.New(), t.TempDir(), servicetest.Start
	f.SetInfo(service.Info{DataDir: dir})
	for _, c := range []struct {
		in string
		at time.Time
	}{{"us", at}, {"us", at.Add(time.Second)}, {"eu", at}} {
		if _, err := MakeKey(t.Context(), f, dir, c.in, c.at); err != nil {
			t.Fatal(err)
		}
	}
	if files, err := filepath.Glob(filepath.Join(dir, "keys", "*", "*", "*.pem")); err != nil || len(files) != 6 {
		t.Errorf("%q, %v", files, err)
	}
}
