// Package report writes what people read: a plan before a run, and the same plan
// with its outcomes afterwards, as text for a terminal, as JSON for programs, as
// Markdown for a change ticket and as one HTML file for a browser.
//
// It is pure: no clock, no environment, nothing but the writer it is given. The
// same plan gives the same bytes.
//
// All four formats show one document (see arrange): alerts first, then what a
// change of the mapping touches, then one section for each kind of change in the
// order of a run, then what is kept back and why, and one summary line at the
// end. No person is in two sections.
//
// Names, values, reasons and errors come from Okta and WalkMe, where many people
// may write them. They are kept as they are up to the last step, in which each
// format makes them harmless in its own way.
package report
