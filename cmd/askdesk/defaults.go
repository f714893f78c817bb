package main

import (
	"context"
	"strings"

	"github.com/spf13/pflag"

	"github.com/askdesk/askdesk/ingest"
	"github.com/askdesk/askdesk/kb"
)

// said are the flags that say something of a source's documents, with the field
// each sets.
type said struct {
	flags    *pflag.FlagSet // nil: none was given
	audience string
	values   ingest.Defaults
}

func (d *said) add(flags *pflag.FlagSet) {
	d.flags = flags
	flags.StringVar(&d.audience, "audience", string(kb.Agent), "who may read documents that do not say so: public or agent")
	flags.StringVar(&d.values.URLBase, "url-base", "", "public address of the folder; {stem} stands for a path without its extension")
	flags.StringVar(&d.values.Product, "product", "", "product the documents are about")
	flags.StringVar(&d.values.Version, "product-version", "", "version of the product")
	flags.StringSliceVar(&d.values.Tags, "tag", nil, "tags")
	flags.StringVar(&d.values.Language, "language", "", "language, such as en (default: found out)")
}

func (d *said) check() error {
	d.values.Audience = kb.Audience(d.audience)
	if d.flags != nil && d.values.Audience != kb.Public && d.values.Audience != kb.Agent {
		return kb.Errorf(kb.Invalid, "--audience is %q: write public or agent", d.audience)
	}
	return nil
}

// over are the settings of a source: those of its last run, and over them what
// this command line says. Kept names those that were not said again.
func (d *said) over(last ingest.Defaults) (now ingest.Defaults, kept []string) {
	now = last
	for _, f := range []struct {
		flag, was string
		take      func()
	}{
		{"audience", string(last.Audience), func() { now.Audience = d.values.Audience }},
		{"url-base", last.URLBase, func() { now.URLBase = d.values.URLBase }},
		{"product", last.Product, func() { now.Product = d.values.Product }},
		{"product-version", last.Version, func() { now.Version = d.values.Version }},
		{"tag", strings.Join(last.Tags, ","), func() { now.Tags = d.values.Tags }},
		{"language", last.Language, func() { now.Language = d.values.Language }},
	} {
		switch {
		case d.flags != nil && d.flags.Changed(f.flag):
			f.take()
		case f.was != "":
			kept = append(kept, "--"+f.flag+" "+f.was)
		}
	}
	return now, kept
}

// settle works out the settings of a source and tells which were kept.
func (s *service) settle(ctx context.Context, f ingestFlags, source string) (ingest.Defaults, error) {
	var last ingest.Defaults
	if err := s.state.SourceSettings(ctx, f.kb, source, &last); err != nil {
		return last, err
	}
	now, kept := f.defaults.over(last)
	if len(kept) > 0 {
		s.note("As the last time for %s: %s.\n", source, strings.Join(kept, ", "))
	}
	return now, nil
}
