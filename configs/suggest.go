package configs

import "okta-walkme-agent/internal/near"

// didYouMean is a hint at the nearest of the names, or "" when none is near.
func didYouMean(got string, names []string) string {
	for _, name := range near.Names(got, names, 1) {
		return "did you mean " + name + "?"
	}
	return ""
}
