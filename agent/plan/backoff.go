package plan

import "time"

// Backoff is the pause after so many failures in a row: first, twice as long, and so on
// up to longest; none after none.
func Backoff(failures int, first, longest time.Duration) time.Duration {
	if failures <= 0 {
		return 0
	}
	pause := first
	for range failures - 1 {
		if pause *= 2; pause >= longest {
			return longest
		}
	}
	return pause
}

// longestPause is the longest that RetryPause gives.
const longestPause = 24 * time.Hour

// RetryPause is the pause after so many failures of one change, or look-ups without a
// hit: ten minutes, twenty, and so on up to a day.
func RetryPause(failures int) time.Duration {
	return Backoff(failures, 10*time.Minute, longestPause)
}

// PauseEnd is until when what failed is left alone, of the time on record; zero: until
// the next run, also when the end is further away than a pause can be, because the clock was wrong
// when it began.
func PauseEnd(recorded, now time.Time) time.Time {
	if recorded.After(now.Add(longestPause)) {
		return time.Time{}
	}
	return recorded
}
