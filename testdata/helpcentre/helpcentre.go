// Package helpcentre holds the sample help centre of Nivelstead, a made-up
// product: the articles, the demo's questions and the questions with gold.
package helpcentre

import "embed"

// Files holds the folder articles, demo.yaml and questions.jsonl.
//
//go:embed articles demo.yaml questions.jsonl
var Files embed.FS
