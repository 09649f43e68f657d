// Package el parses and evaluates the subset of the Okta Expression Language
// that app attribute mappings use.
package el
