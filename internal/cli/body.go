package cli

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/goccy/go-yaml"

	"billferry/internal/spec"
)

// body is an integration as a file has it: the shape of the API's body.
type body struct {
	EntityType  string      `yaml:"entityType"`
	Destination string      `yaml:"destination"`
	Name        string      `yaml:"name"`
	Version     int64       `yaml:"version"`
	ConfigData  spec.Values `yaml:"configData"`
}

// readBody reads YAML, of which JSON is a part. A key that does not exist at
// the top is refused with its line: a typo there would be lost in silence.
func (e *env) readBody(file string) (body, error) {
	b, err := e.readFile(file)
	if err != nil {
		return body{}, err
	}
	var out body
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.DisallowUnknownField()).Decode(&out); err != nil {
		return body{}, fmt.Errorf("%s: %s", file, yaml.FormatError(err, false, true))
	}
	if out.ConfigData == nil {
		out.ConfigData = spec.Values{}
	}
	return out, nil
}

// inFile says which file the problems of a configuration are in.
func inFile(file string, err error) error {
	var p spec.Problems
	if !errors.As(err, &p) {
		return err
	}
	s := file + ": the integration was not saved"
	for _, x := range p.Errors() {
		s += "\n  " + x.Key + ": " + x.Message
	}
	return errors.New(s)
}
