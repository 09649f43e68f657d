// Package configs loads the agent's configuration file and turns it into what
// the other packages take.
//
// One YAML file says everything. [Load] reads it strictly: a key that the agent
// does not know, a value of the wrong type, a key given twice, a second document,
// a schedule, time zone, attribute path or expression that cannot be understood,
// and a secret written out are all refused, each with its file, line and column,
// what is wrong and what would be right, and all of one file at once ([Errors]).
// Only a syntax error comes alone, for what follows it cannot be read.
//
// The file is laid over [Default]: a key that is left out keeps its default, also
// inside a section that is given. Lists and the mappings are replaced whole. The
// annotated file agent.yaml ([Sample]) shows every key with its unit, its default
// and its effect; a test keeps it complete and equal to [Default].
//
// Secrets are references ([Secret]): loading checks their form, and they are
// resolved only by [Config.OktaClient] and [Config.WalkMeClient], so that a file
// can be checked on a machine that has none of them. No message of this package
// contains the value of a secret, nor what was written in place of a reference.
//
// Parsed once, valid from then on: schedule, time zone, attribute paths and
// expressions leave this package compiled.
package configs
