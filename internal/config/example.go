package config

import _ "embed"

// Example is a commented configuration file in which every line is optional.
//
//go:embed example.yaml
var Example []byte
