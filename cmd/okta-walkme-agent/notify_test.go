package main

import (
	"net/http"
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

// TestRefusedPause grants the client the silence that it was asked for.
func TestRefusedPause(t *testing.T) {
	transport := &observedTransport{}
	answer := func(status int, retryAfter string) *http.Response {
		return &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {retryAfter}}}
	}
	for _, tt := range []struct {
		name string
		resp *http.Response
		want time.Duration
	}{
		{"an answer", answer(200, ""), 0},
		{"the first 429", answer(429, ""), 5 * time.Minute},
		{"the second", answer(429, "1"), 10 * time.Minute},
		{"one that asks for more", answer(429, "7200"), 2 * time.Hour},
		{"no answer", nil, 0},
		{"the first again", answer(429, "soon"), 5 * time.Minute},
		{"an absurd one", answer(429, "99999999999"), 24 * time.Hour},
	} {
		if got := transport.pause(tt.resp); got != tt.want {
			t.Errorf("%s: pause = %v, want %v", tt.name, got, tt.want)
		}
	}
	for range 20 {
		transport.pause(answer(429, ""))
	}
	if got := transport.pause(answer(429, "")); got != 24*time.Hour {
		t.Errorf("pause after many 429 = %v, want a day at most", got)
	}
}
