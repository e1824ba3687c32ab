package postgres_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"billferry/internal/app"
	"billferry/internal/app/storetest"
	"billferry/store"
	"billferry/store/postgres"
)

func TestConforms(t *testing.T) {
	t.Parallel()
	s := need(t)
	storetest.Suite(t, func(t *testing.T) storetest.Place { return s.place(t) })
}

func TestModel(t *testing.T) {
	t.Parallel()
	s := need(t)
	storetest.Model(t, func(t *testing.T) storetest.Place { return s.place(t) })
}

func TestMoneyCountsABillOnce(t *testing.T) {
	t.Parallel()
	s := need(t)
	storetest.Histories(t, func(t *testing.T) storetest.Place { return s.place(t) })
}

// place is a schema of its own.
func (s *server) place(t *testing.T) storetest.Place {
	schema := s.Schema()
	open := func(o store.Options) (app.Store, error) {
		return postgres.Open(t.Context(), s.URL("postgres", "postgres", schema), o)
	}
	return storetest.Place{
		Open: open,
		// What is acknowledged is committed: closing adds nothing.
		Crash: func(was app.Store, o store.Options) (app.Store, error) {
			if err := was.Close(); err != nil {
				return nil, err
			}
			return open(o)
		},
		AtRest: func() ([]byte, error) { return s.dump(t, schema) },
		Check: func(st app.Store) (store.Report, error) {
			return st.(*postgres.Store).Check(context.WithoutCancel(t.Context()), false, nil)
		},
	}
}

// dump is all that the tables of a schema hold, bytes as they are.
func (s *server) dump(t *testing.T, schema string) ([]byte, error) {
	ctx := t.Context()
	c, err := pgx.Connect(ctx, s.adminURL("postgres"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close(ctx) }()
	var out bytes.Buffer
	for _, table := range []string{"credentials", "source", "integration", "note"} {
		rows, err := c.Query(ctx, "SELECT * FROM "+schema+"."+table)
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			for _, v := range rows.RawValues() {
				out.Write(v)
			}
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}
