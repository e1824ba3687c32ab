package earlyterm

import "testing"

func TestDark(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		args []string
		env  map[string]string
		want bool
	}{
		{"nothing known", nil, nil, true},
		{"flag", []string{"billferry", "--theme", "light"}, nil, false},
		{"flag with equals", []string{"billferry", "--theme=light"}, nil, false},
		{"environment", nil, map[string]string{"BILLFERRY_THEME": "light"}, false},
		{"flag beats environment", []string{"--theme=dark"}, map[string]string{"BILLFERRY_THEME": "light"}, true},
		{"light terminal", nil, map[string]string{"COLORFGBG": "0;15"}, false},
		{"dark terminal", nil, map[string]string{"COLORFGBG": "15;0"}, true},
		{"auto follows the terminal", []string{"--theme=auto"}, map[string]string{"COLORFGBG": "0;default;15"}, false},
	} {
		if got := Dark(c.args, func(k string) string { return c.env[k] }); got != c.want {
			t.Errorf("%s: dark = %v", c.name, got)
		}
	}
}
