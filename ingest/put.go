package ingest

import (
	"context"
	"fmt"
	"strings"

	"github.com/askdesk/askdesk/ingest/chunk"
	"github.com/askdesk/askdesk/ingest/extract"
	"github.com/askdesk/askdesk/kb"
)

// Item is one document that comes by itself.
type Item struct {
	Source, Path string
	Data         []byte
	Meta         extract.Meta    // what is said of it beside the file
	Known        kb.DocumentInfo // what the manifest has of it, zero if nothing
}

// Put brings documents into a knowledge base in one change of its index, whether they
// changed or not, and returns what became of each, in their order. What is wrong with
// a document makes a result with the status failed, whose version that the index has
// stays; an error means that the same call may work later. The results are not marked
// in the manifest. The caller holds the write lock.
func (p *Pipeline) Put(ctx context.Context, base string, items []Item) ([]kb.DocumentInfo, error) {
	embedder, err := p.opt.Embedders.Embedder(ctx, base)
	if err != nil {
		return nil, err
	}
	list := make([]*put, len(items))
	for i, item := range items {
		c := content{kb: base, source: item.Source, path: item.Path, data: item.Data, meta: item.Meta}
		one := &put{content: c, known: item.Known}
		if one.print, err = p.fingerprint(c, modelOf(embedder)); err != nil {
			return nil, err
		}
		one.entry, _, one.fault = p.entry(ctx, c)
		if stopped := ctx.Err(); stopped != nil {
			return nil, stopped
		}
		list[i] = one
	}
	if err := p.embedPut(ctx, embedder, base, list); err != nil {
		return nil, err
	}
	if entries := entriesOf(list, func(one *put) kb.Entry { return one.entry }); len(entries) > 0 {
		if err := p.opt.Index.Replace(ctx, base, entries); err != nil {
			return nil, fmt.Errorf("index: %w", err)
		}
	}
	infos := make([]kb.DocumentInfo, len(list))
	for i, one := range list {
		if one.fault != nil {
			infos[i] = p.failed(one.content, one.known, one.fault)
		} else {
			infos[i] = p.info(one.entry, one.content, one.print)
		}
	}
	return infos, nil
}

// put is an Item on its way.
type put struct {
	content
	known kb.DocumentInfo
	print string
	entry kb.Entry
	fault error // what is wrong with the document
}

// entriesOf are what as makes of those with which nothing is wrong.
func entriesOf[E any](list []*put, as func(*put) E) (entries []E) {
	for _, one := range list {
		if one.fault == nil {
			entries = append(entries, as(one))
		}
	}
	return entries
}

// embedPut gives entries their vectors. If the embedder refuses them, each is tried
// alone.
func (p *Pipeline) embedPut(ctx context.Context, embedder kb.Embedder, base string, list []*put) error {
	err := Embed(ctx, p.opt.Index, embedder, base, entriesOf(list, func(one *put) *kb.Entry { return &one.entry })...)
	if !Refused(err) {
		return err
	}
	for _, one := range list {
		if one.fault != nil {
			continue
		}
		if one.fault = Embed(ctx, p.opt.Index, embedder, base, &one.entry); one.fault != nil && !Refused(one.fault) {
			return one.fault
		}
	}
	return nil
}

// Making names all that turns a file into chunks: where it differs, the same
// file is another document.
func (p *Pipeline) Making() string {
	return strings.Join([]string{extract.Fingerprint(), chunk.Fingerprint(p.opt.Chunk)}, " ")
}

// Embedded reports whether a document that was read has the vectors that it would get
// now.
func (p *Pipeline) Embedded(ctx context.Context, info kb.DocumentInfo) (bool, error) {
	embedder, err := p.opt.Embedders.Embedder(ctx, info.KB)
	return info.Fingerprint == "" || strings.HasSuffix(info.Fingerprint, " "+modelOf(embedder)), err
}
