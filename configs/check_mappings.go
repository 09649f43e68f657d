package configs

func (c *Config) checkMappings(ps *problems) {}
