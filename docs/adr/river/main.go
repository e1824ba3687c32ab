// River measures what River would do for billferry beside its own leases, on a
// PostgreSQL of its own: docs/adr/0005-duties-by-leases.md has what came out.
//
//	cd docs/adr/river && go run .
package main

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"billferry/internal/testkit/pgtest"
	"billferry/store"
	"billferry/store/postgres"
)

const (
	processes = 3
	polls     = 100 // integrations that are asked for changes
	watch     = 30 * time.Second
)

func main() {
	ctx := context.Background()
	if len(os.Args) == 3 { // a process that is killed
		child(ctx, os.Args[1], os.Args[2])
		return
	}
	s, stop, err := pgtest.Start()
	must(err)
	defer stop()
	at := s.URL("postgres", "postgres", "public")
	pool := connect(ctx, at)
	m, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	must(err)
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	must(err)
	_, err = pool.Exec(ctx, `CREATE TABLE did (what text, who int, at timestamptz DEFAULT clock_timestamp())`)
	must(err)

	for _, how := range []string{"leases", "river"} {
		fmt.Printf("%-8s %d polls over %d processes: %.1f transactions a second while nothing is due\n", how, polls, processes,
			idle(ctx, pool, at, how))
		fmt.Printf("%-8s killed in the middle of a poll: the next poll of the same integration begins after %.1f s\n", how,
			killed(ctx, pool, at, how))
	}
	alone, behind := jobABill(ctx, at, 0), jobABill(ctx, at, 3000)
	fmt.Printf("river    a job a Bill: 20 Bills of one account take %.1f s, behind 3,000 of another account %.1f s\n", alone, behind)
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func connect(ctx context.Context, at string) *pgxpool.Pool {
	p, err := pgxpool.New(ctx, at)
	must(err)
	return p
}

// pollArgs is a poll of one integration as a job.
type pollArgs struct {
	N int `json:"n" river:"unique"`
}

// Kind implements river.JobArgs.
func (pollArgs) Kind() string { return "poll" }

// unfinished leaves out what is completed: by default that keeps the next poll out
// until it is cleaned away, a day later.
var unfinished = []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
	rivertype.JobStateRunning, rivertype.JobStateScheduled}

type pollWorker struct {
	river.WorkerDefaults[pollArgs]
	poll func(ctx context.Context, n int)
}

// Work implements river.Worker.
func (w *pollWorker) Work(ctx context.Context, j *river.Job[pollArgs]) error {
	w.poll(ctx, j.Args.N)
	return nil
}

// byRiver polls each integration as often as that, by periodic jobs.
func byRiver(ctx context.Context, at string, n int, every time.Duration, poll func(context.Context, int)) (stop func()) {
	pool := connect(ctx, at)
	workers := river.NewWorkers()
	river.AddWorker(workers, &pollWorker{poll: poll})
	var periodic []*river.PeriodicJob
	for i := range n {
		periodic = append(periodic, river.NewPeriodicJob(river.PeriodicInterval(every), func() (river.JobArgs, *river.InsertOpts) {
			return pollArgs{i}, &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished}}
		}, nil))
	}
	c, err := river.NewClient(riverpgxv5.New(pool), &river.Config{Workers: workers, PeriodicJobs: periodic,
		Logger: slog.New(slog.DiscardHandler),
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 64}}})
	must(err)
	must(c.Start(ctx))
	return func() { must(c.Stop(ctx)); pool.Close() }
}

// byLeases polls each integration as often as that, in the process that has its row.
func byLeases(ctx context.Context, at string, n int, every time.Duration, poll func(context.Context, int)) (stop func()) {
	s, err := postgres.OpenShared(ctx, at, store.Options{})
	must(err)
	node, err := s.Join(ctx)
	must(err)
	names, number := make([]string, n), map[string]int{}
	for i := range names {
		names[i] = fmt.Sprint("poll ", i)
		number[names[i]] = i
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		have := 0
		for ctx.Err() == nil {
			if node.Renew(ctx, "") != nil {
				return
			}
			now, err := s.Shared(ctx)
			must(err)
			var got []postgres.Lease
			if now.Accounts < n {
				got, err = node.Take(ctx, names, (n+now.Nodes-1)/now.Nodes-have)
				must(err)
			}
			have += len(got)
			for _, l := range got {
				go func() {
					for ctx.Err() == nil {
						poll(ctx, number[l.Account])
						pause(ctx, every)
					}
				}()
			}
			pause(ctx, postgres.Renew)
		}
	})
	return func() { cancel(); wg.Wait(); must(node.Leave(context.WithoutCancel(ctx))); must(s.Close()) }
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func run(ctx context.Context, at, how string, n int, every time.Duration, poll func(context.Context, int)) (stop func()) {
	if how == "river" {
		return byRiver(ctx, at, n, every, poll)
	}
	return byLeases(ctx, at, n, every, poll)
}

// idle counts transactions in a while in which nothing is polled.
func idle(ctx context.Context, pool *pgxpool.Pool, at, how string) float64 {
	for range processes {
		defer run(ctx, at, how, polls, time.Hour, func(context.Context, int) {})()
	}
	time.Sleep(watch / 2) // until one leads, and all has been taken
	before := commits(ctx, pool)
	time.Sleep(watch)
	return float64(commits(ctx, pool)-before) / watch.Seconds()
}

func commits(ctx context.Context, pool *pgxpool.Pool) (n int64) {
	must(pool.QueryRow(ctx, `SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()`).Scan(&n))
	return n
}

// child polls one integration each second and never ends by itself.
func child(ctx context.Context, how, at string) {
	pool := connect(ctx, at)
	run(ctx, at, how, 1, time.Second, func(ctx context.Context, n int) {
		_, err := pool.Exec(ctx, `INSERT INTO did VALUES ($1, $2)`, how, os.Getpid())
		must(err)
		time.Sleep(500 * time.Millisecond) // m3ter takes its time
	})
	select {}
}

// killed has two processes poll an integration, kills the one that does it, and
// tells after how many seconds the other does.
func killed(ctx context.Context, pool *pgxpool.Pool, at, how string) float64 {
	children := map[int]*exec.Cmd{}
	for range 2 {
		c := exec.Command(os.Args[0], how, at)
		c.Stderr = os.Stderr
		must(c.Start())
		children[c.Process.Pid] = c
		defer func() { _ = c.Process.Kill(); _ = c.Wait() }()
	}
	wait(ctx, pool, how, 0, time.Time{})
	time.Sleep(5 * time.Second)
	who, since := wait(ctx, pool, how, 0, time.Now()) // it has just begun
	if children[who] == nil {
		log.Fatal("nobody polls")
	}
	must(children[who].Process.Kill())
	_, next := wait(ctx, pool, how, who, since)
	return next.Sub(since).Seconds()
}

// wait waits for a poll by another process than who, after a time.
func wait(ctx context.Context, pool *pgxpool.Pool, how string, not int, after time.Time) (who int, at time.Time) {
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		err := pool.QueryRow(ctx, `SELECT who, at FROM did WHERE what = $1 AND who <> $2 AND at > $3 ORDER BY at LIMIT 1`,
			how, not, after).Scan(&who, &at)
		if err == nil {
			return who, at
		}
	}
	return 0, time.Now() // as long as that at least
}

// billArgs is a Bill as a job.
type billArgs struct {
	Account int `json:"account"`
}

// Kind implements river.JobArgs.
func (billArgs) Kind() string { return "bill" }

type billWorker struct {
	river.WorkerDefaults[billArgs]
	slots [2]chan struct{} // ten of each account
	last  *sync.WaitGroup  // of account 1
}

// Work implements river.Worker: a call of 100 ms in one of the account's slots.
func (w *billWorker) Work(_ context.Context, j *river.Job[billArgs]) error {
	w.slots[j.Args.Account] <- struct{}{}
	time.Sleep(100 * time.Millisecond)
	<-w.slots[j.Args.Account]
	if j.Args.Account == 1 {
		w.last.Done()
	}
	return nil
}

// jobABill tells how long 20 Bills of an account take behind a backlog of another.
func jobABill(ctx context.Context, at string, backlog int) float64 {
	pool := connect(ctx, at)
	defer pool.Close()
	_, err := pool.Exec(ctx, `TRUNCATE river_job`)
	must(err)
	last := &sync.WaitGroup{}
	last.Add(20)
	workers := river.NewWorkers()
	river.AddWorker(workers, &billWorker{slots: [2]chan struct{}{make(chan struct{}, 10), make(chan struct{}, 10)}, last: last})
	c, err := river.NewClient(riverpgxv5.New(pool), &river.Config{Workers: workers, Logger: slog.New(slog.DiscardHandler),
		FetchCooldown: 5 * time.Millisecond, FetchPollInterval: 50 * time.Millisecond,
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 64}}})
	must(err)
	var jobs []river.InsertManyParams
	for i := range backlog + 20 {
		account := 0
		if i >= backlog {
			account = 1
		}
		jobs = append(jobs, river.InsertManyParams{Args: billArgs{account}})
	}
	_, err = c.InsertMany(ctx, jobs)
	must(err)
	began := time.Now()
	must(c.Start(ctx))
	last.Wait()
	took := time.Since(began).Seconds()
	must(c.StopAndCancel(ctx))
	return took
}
