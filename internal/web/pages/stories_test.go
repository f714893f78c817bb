package pages_test

import "testing"

func TestStories(t *testing.T) {
	ctx := newBrowser(t)
	s := start(t)
	p := open(t, ctx, 1280, s.url)
	p.sees("#welcome", "What does the customer need")
	p.shot("empty")
	p.write("#question", "How do I reset my password?")
	p.click("#ask")
	p.sees(".badge", "Supported")
	p.shot("answered")
	p.click(".cite")
	p.sees("mark", "Open")
	p.shot("source")
	p.visit("/documents")
	p.sees("#rows", "Refunds")
	p.shot("documents")
	p = open(t, ctx, 390, s.url)
	p.sees("#welcome", "What does the customer need")
	p.shot("empty-390")
	p.write("#question", "How do I reset my password?")
	p.click("#ask")
	p.sees(".badge", "Supported")
	p.shot("answered-390")
	p.click(".cite")
	p.sees("mark", "Open")
	p.shot("source-390")
	p.visit("/documents")
	p.sees("#rows", "Refunds")
	p.shot("documents-390")
}
