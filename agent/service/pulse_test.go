package service

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestPulse says how long which silence is in order.
func TestPulse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pulse
		if _, ok := p.beats(time.Now()); !ok {
			t.Error("before the first beat the pulse does not beat, want that it does")
		}
		for _, tt := range []struct {
			limit, silence time.Duration
			want           bool
		}{
			{waitSilence, waitSilence, true},
			{waitSilence, waitSilence + time.Second, false},
			{runSilence, waitSilence + time.Second, true},
			{runSilence, runSilence + time.Second, false},
		} {
			p.beat(tt.limit)
			time.Sleep(tt.silence)
			if silence, ok := p.beats(time.Now()); ok != tt.want || silence != tt.silence {
				t.Errorf("beats after %v of at most %v = %v, %v, want %v", tt.silence, tt.limit, silence, ok, tt.want)
			}
		}
	})
}

// TestPulseWaits: a pause that a side has asked for is no silence, whatever beats
// meanwhile, and the usual one follows it.
func TestPulseWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pulse
		p.beat(runSilence)
		p.wait(time.Now().Add(2 * time.Hour))
		p.wait(time.Now().Add(time.Hour)) // a shorter one ends nothing
		p.beat(runSilence)
		for _, tt := range []struct {
			sleep time.Duration
			want  bool
		}{
			{2 * time.Hour, true},
			{runSilence, true},
			{time.Second, false},
		} {
			time.Sleep(tt.sleep)
			if silence, ok := p.beats(time.Now()); ok != tt.want {
				t.Errorf("beats after a silence of %v = %v, want %v", silence, ok, tt.want)
			}
		}
	})
}
