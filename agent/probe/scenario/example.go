package scenario

import _ "embed"

// Example is a scenario that shows most of what one can say. It holds.
//
//go:embed example.yaml
var Example []byte

// Schema is the JSON schema of scenarios, as docs/scenario.schema.json has it.
//
//go:embed schema.json
var Schema []byte
