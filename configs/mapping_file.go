package configs

import "go.yaml.in/yaml/v4"

// LoadMappings reads the mappings of a file and nothing else of it: of a whole
// configuration, of a file with a mappings section, or of a file that is just
// the lines of one. The error is *[Errors], as that of [Load].
func LoadMappings(path string, env Env) (Mappings, error) {
	data, _, err := env.read(path)
	if err != nil {
		return nil, &Errors{Problems: []*Problem{{File: path, Msg: "the mappings cannot be read: " + reason(err)}}}
	}
	ps := &problems{source: newPositions(path), bare: true}
	root, text := parseDocument(ps, data)
	if root == nil {
		return nil, ps.err()
	}
	var c Config
	d := &decoder{problems: ps, text: text}
	c.Mappings.decodeNode(d, "mappings", mappingsOf(root))
	c.checkMappings(ps)
	return c.Mappings, ps.err()
}

func mappingsOf(root *yaml.Node) *yaml.Node {
	if root.Kind == yaml.DocumentNode && len(root.Content) == 1 {
		root = root.Content[0]
	}
	if root.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(root.Content); i += 2 {
			if root.Content[i].Value == "mappings" {
				return root.Content[i+1]
			}
		}
	}
	return root
}
