package notify

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/integration"
)

// Ten thousand failures of one kind are five messages: the first, and one each
// time they have become ten times as many.
func TestGrowthIsToldInSteps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fd := newFeed()
		var counts []int
		tg := told(t, fd, single, func(_ *testing.T, _ *fakeTarget, n *Notifier) {
			e := fd.add("a")
			n.Wake()
			time.Sleep(settle + time.Second)
			for i := 2; i <= 10_000; i++ {
				fd.again(e.ID, i)
				n.Wake()
				synctest.Wait()
				time.Sleep(10 * time.Millisecond)
			}
			counts = append(counts, n.Stats()[0].Sent)
		})
		if len(tg.got) != 5 || counts[0] != 5 {
			t.Errorf("%d messages, %v counted as sent", len(tg.got), counts)
		}
	})
}

// What goes on slowly is told once an hour at most, and not any more once
// somebody acted on it; a restart begins nothing anew.
func TestGrowthIsToldOnceAnHour(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fd := newFeed()
		count := 1
		grow := func(id string, hours int) {
			for range hours * 6 {
				time.Sleep(10 * time.Minute)
				count++
				fd.again(id, count)
			}
		}
		tg := told(t, fd, single, func(_ *testing.T, _ *fakeTarget, n *Notifier) {
			e := fd.add("a")
			n.Wake()
			grow(e.ID, 5)
		})
		if n := len(tg.got); n < 5 || n > 6 {
			t.Errorf("%d messages in five hours", n)
		}
		tg = told(t, fd, single, func(*testing.T, *fakeTarget, *Notifier) { time.Sleep(50 * time.Minute) })
		if len(tg.got) > 1 {
			t.Errorf("after a restart it was told %d times in an hour", len(tg.got))
		}
		fd.mu.Lock()
		fd.events[0].Actioned = time.Now()
		fd.mu.Unlock()
		tg = told(t, fd, single, func(*testing.T, *fakeTarget, *Notifier) { grow("e0001", 3) })
		if len(tg.got) != 0 {
			t.Errorf("told %v of what was acted on", tg.got)
		}
		if c := string(fd.meta["notify/fake"]); c != `{"after":"e0001"}` {
			t.Errorf("a closed event is remembered: %s", c)
		}
	})
}

// A target that is new is told of what happens next, not of how often open
// events had happened before.
func TestANewTargetIsNotToldOfOldGrowth(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fd := newFeed()
		e := fd.add("a")
		fd.again(e.ID, 5000)
		time.Sleep(2 * time.Hour)
		tg := told(t, fd, single, func(_ *testing.T, _ *fakeTarget, n *Notifier) {
			time.Sleep(2 * time.Hour)
			fd.again(e.ID, 5001)
			time.Sleep(time.Hour)
		})
		if !slices.Equal(tg.got, []string{e.ID}) {
			t.Errorf("told %v", tg.got)
		}
	})
}

// A receiver that drops messages it had before takes the one about growth.
func TestMessageIDs(t *testing.T) {
	t.Parallel()
	once, often := integration.Event{ID: "e1"}, integration.Event{ID: "e1", Count: 40}
	if messageID(once) != "e1" || messageID(often) != "e1.40" {
		t.Errorf("%q, %q", messageID(once), messageID(often))
	}
}
