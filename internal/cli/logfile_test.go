package cli

import (
	"bytes"
	"errors"
	"testing"
)

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestTheLogOfAFullDiskGoesToStandardError(t *testing.T) {
	t.Parallel()
	var file, backup bytes.Buffer
	for _, c := range []struct {
		l             logWriter
		failed        bool
		inFile, inErr string
	}{
		{logWriter{&file, &backup}, false, "x", ""},
		{logWriter{fullDisk{}, &backup}, false, "", "x"},
		{logWriter{fullDisk{}, nil}, true, "", ""},
	} {
		file.Reset()
		backup.Reset()
		n, err := c.l.Write([]byte("x"))
		if (err != nil) != c.failed || n == 1 == c.failed || file.String() != c.inFile || backup.String() != c.inErr {
			t.Errorf("%d, %v: %q in the file, %q on standard error", n, err, file.String(), backup.String())
		}
	}
}
