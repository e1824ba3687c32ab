package m3ter_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"billferry/internal/integration"
)

func TestUserEmail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := client(newAPI(func(path string, _ *http.Request) (int, any) {
			if path == "/users/u1" {
				return 200, `{"id":"u1","email":"jo@example.com"}`
			}
			return 404, `{"message":"Not Found"}`
		}), fast)
		if email, err := c.UserEmail(t.Context(), "u1"); err != nil || email != "jo@example.com" {
			t.Errorf("%q, %v", email, err)
		}
		if _, err := c.UserEmail(t.Context(), "u2"); !errors.Is(err, integration.ErrNotFound) {
			t.Errorf("a user that is not there: %v", err)
		}
	})
}
