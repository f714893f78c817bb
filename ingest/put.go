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
	KB, Source, Path string
	Data             []byte
	Meta             extract.Meta // what is said of it beside the file
}

// Put brings one document into the knowledge base, whether it changed or not.
// Known is what the manifest has of it, zero if nothing. What is wrong with the
// document makes a result with the status failed, whose version that the index
// has stays; an error means that the same call may work later. The result is
// not marked in the manifest. The caller holds the write lock.
func (p *Pipeline) Put(ctx context.Context, item Item, known kb.DocumentInfo) (kb.DocumentInfo, error) {
	c := content{kb: item.KB, source: item.Source, path: item.Path, data: item.Data, meta: item.Meta}
	embedder, err := p.opt.Embedders.Embedder(ctx, item.KB)
	if err != nil {
		return kb.DocumentInfo{}, err
	}
	print, err := p.fingerprint(c, modelOf(embedder))
	if err != nil {
		return kb.DocumentInfo{}, err
	}
	e, _, err := p.entry(ctx, c)
	if stopped := ctx.Err(); stopped != nil {
		return kb.DocumentInfo{}, stopped
	}
	if err == nil {
		if err = Embed(ctx, p.opt.Index, embedder, c.kb, &e); err != nil && !Refused(err) {
			return kb.DocumentInfo{}, err
		}
	}
	if err != nil {
		return p.failed(c, known, err), nil
	}
	if err := p.opt.Index.Replace(ctx, c.kb, []kb.Entry{e}); err != nil {
		return kb.DocumentInfo{}, fmt.Errorf("index: %w", err)
	}
	return p.info(e, c, print), nil
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
