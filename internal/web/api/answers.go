// Package api is the JSON form of Askdesk's HTTP interface: what a request and
// a response look like, and how they are made from the types of the rooms.
//
// Offsets are in code points, half open. A list is never null. A time is
// RFC 3339 and is left out where it is unknown.
package api

import "time"

// AnswerRequest asks a question, or the answer From in another style.
type AnswerRequest struct {
	Question     string    `json:"question,omitempty" doc:"What the customer wants to know; required unless from is given. A whole pasted mail will do."`
	History      []Turn    `json:"history,omitempty" nullable:"false" maxItems:"100" doc:"Earlier turns, oldest first. Not together with conversation."`
	Conversation string    `json:"conversation,omitempty" doc:"Id of a conversation to go on with; a new one is begun without it."`
	KB           Names     `json:"kb,omitempty" doc:"A knowledge base or a list of them; by default those that the last answer of the conversation was sought in, else the only one, or the one named default."`
	Tone         string    `json:"tone,omitempty" doc:"One of the tones of /v1/styles."`
	Format       string    `json:"format,omitempty" doc:"One of the formats of /v1/styles."`
	Length       string    `json:"length,omitempty" doc:"One of the lengths of /v1/styles."`
	Language     string    `json:"language,omitempty" doc:"ISO 639-1 code of the answer; by default the question's language."`
	Model        string    `json:"model,omitempty" doc:"A profile of /v1/models; by default the one marked there."`
	Filter       *Filter   `json:"filter,omitempty"`
	AsOf         time.Time `json:"as_of,omitzero" doc:"Answer from what was valid then; by default now."`
	Limit        int       `json:"limit,omitempty" minimum:"1" maximum:"50" doc:"Passages wanted; 5 by default."`
	From         string    `json:"from,omitempty" doc:"Id of an answer to write again in another style from the same passages, without a new search."`
	Stream       bool      `json:"stream,omitempty" doc:"Answer with server-sent events."`
}

// Turn is one message of a conversation.
type Turn struct {
	Role    string `json:"role" enum:"user,assistant"`
	Content string `json:"content" maxLength:"32000"`
}

// Filter narrows a search: within a list any value matches, across lists all must.
type Filter struct {
	Document []string `json:"document,omitempty" nullable:"false" doc:"Document ids."`
	Product  []string `json:"product,omitempty" nullable:"false"`
	Version  []string `json:"version,omitempty" nullable:"false"`
	Tags     []string `json:"tags,omitempty" nullable:"false"`
	Language []string `json:"language,omitempty" nullable:"false" doc:"ISO 639-1 codes."`
}

// Answer is an answer with everything it rests on.
type Answer struct {
	ID           string     `json:"id"`
	Conversation string     `json:"conversation" doc:"The conversation it was stored with."`
	From         string     `json:"from,omitempty" doc:"The answer whose passages it was written from."`
	Created      time.Time  `json:"created"`
	Question     string     `json:"question"`
	Query        string     `json:"query" doc:"The question as it was searched, follow-ups resolved."`
	KB           []string   `json:"kb" nullable:"false"`
	Text         string     `json:"text"`
	Band         string     `json:"band" enum:"answer,caveat,clarify,handoff" doc:"What to do with it: read what it quotes and send it, read the sources first, ask the customer back, or hand the case to a person."`
	Relevance    float64    `json:"relevance" minimum:"0" maximum:"1" doc:"The chance that the documents answer the question, as far as known: see calibrated."`
	Calibrated   bool       `json:"calibrated" doc:"Whether relevance was measured on judged questions of every knowledge base asked, and fitted to them where that is better. If not, it is what the same evidence was worth in other documentations."`
	Reasons      []Notice   `json:"reasons" nullable:"false" doc:"Why it is in this band."`
	Citations    []Citation `json:"citations" nullable:"false"`
	Passages     []Passage  `json:"passages" nullable:"false"`
	Prompt       Prompt     `json:"prompt"`
	Style        Style      `json:"style" doc:"As used, defaults filled in."`
	Model        string     `json:"model" doc:"The profile that wrote the text."`
	Usage        Usage      `json:"usage"`
	Timings      []Timing   `json:"timings" nullable:"false"`
	Notices      []Notice   `json:"notices" nullable:"false" doc:"How it came to be, where that was not as asked."`
	Feedback     *Feedback  `json:"feedback,omitempty" doc:"What its owner thought of it."`
}

// Citation ties a sentence of an answer to the words of a document.
type Citation struct {
	N          int        `json:"n" doc:"The number between brackets in the text."`
	Passage    int        `json:"passage" doc:"Index into passages, from 0."`
	Document   string     `json:"document" doc:"Id of the document."`
	Source     string     `json:"source" doc:"Name of the document's source."`
	Path       string     `json:"path" doc:"Path in the source."`
	URL        string     `json:"url" doc:"Public address; empty if it has none."`
	Title      string     `json:"title"`
	Heading    []string   `json:"heading" nullable:"false" doc:"Outermost first."`
	Page       int        `json:"page" doc:"From 1; 0 where the document has no pages."`
	Updated    *time.Time `json:"updated,omitempty"`
	Quote      string     `json:"quote" doc:"The document's own words."`
	QuoteStart int        `json:"quote_start" doc:"Code points, in the document's extracted text."`
	QuoteEnd   int        `json:"quote_end"`
	TextStart  int        `json:"text_start" doc:"Code points, in the answer's text."`
	TextEnd    int        `json:"text_end"`
}

// Passage is a stretch of a document offered as evidence.
type Passage struct {
	Document  string     `json:"document" doc:"Id of the document."`
	Source    string     `json:"source"`
	Path      string     `json:"path"`
	URL       string     `json:"url"`
	Title     string     `json:"title"`
	Heading   []string   `json:"heading" nullable:"false"`
	Page      int        `json:"page"`
	Updated   *time.Time `json:"updated,omitempty"`
	KB        string     `json:"kb"`
	Audience  string     `json:"audience" enum:"public,agent"`
	Text      string     `json:"text"`
	Start     int        `json:"start" doc:"Code points before it in the document's extracted text: a quote begins at quote_start - start in text."`
	End       int        `json:"end"`
	Relevance float64    `json:"relevance" minimum:"0" maximum:"1" doc:"The chance that it answers where nothing better was found."`
	Legs      Legs       `json:"legs" doc:"Where each leg of the search ranked it."`
	Features  []Feature  `json:"features,omitempty" nullable:"false" doc:"Why it stands where it does: in a search with explain."`
}

// Feature is one thing measured of a passage.
type Feature struct {
	Name         string  `json:"name" doc:"Such as heading; rerank is the score of a reranker, which has the last word on the order."`
	Value        float64 `json:"value" doc:"0 to 1, but for rerank, whose range is that of its model."`
	Contribution float64 `json:"contribution" doc:"What it adds to the score by which passages are ordered before they are reranked."`
}

// Legs are a passage's places in both legs of a search.
type Legs struct {
	Lexical Leg `json:"lexical"`
	Dense   Leg `json:"dense"`
}

// Leg is a place in one leg's list.
type Leg struct {
	Rank  int     `json:"rank" doc:"From 1; 0: not found by this leg."`
	Score float64 `json:"score"`
}

// Notice is a code for programs and a sentence for people.
type Notice struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Prompt names the prompt an answer was made with.
type Prompt struct {
	Name string `json:"name"`
	Hash string `json:"hash"`
}

// Style is how an answer is written.
type Style struct {
	Tone     string `json:"tone"`
	Format   string `json:"format"`
	Length   string `json:"length"`
	Language string `json:"language"`
}

// Usage counts tokens; 0 where no model was asked.
type Usage struct {
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
}

// Timing is how long a stage took.
type Timing struct {
	Stage string  `json:"stage"`
	MS    float64 `json:"ms"`
}

// Feedback is what somebody thought of an answer.
type Feedback struct {
	Up     bool   `json:"up" doc:"Thumb up or down."`
	Reason string `json:"reason,omitempty" enum:"wrong_source,outdated,incomplete,wrong_tone,invented" doc:"Why the thumb is down."`
	Note   string `json:"note,omitempty" maxLength:"2000"`
}

// SearchRequest looks for passages.
type SearchRequest struct {
	Query  string    `json:"query"`
	KB     Names     `json:"kb,omitempty" doc:"A knowledge base or a list of them; by default the only one, or the one named default."`
	Filter *Filter   `json:"filter,omitempty"`
	AsOf   time.Time `json:"as_of,omitzero" doc:"Search what was valid then; by default now."`
	Limit  int       `json:"limit,omitempty" minimum:"1" maximum:"50" doc:"Passages wanted; 5 by default."`

	Explain bool `json:"explain,omitempty" doc:"Say of each passage why it stands where it does."`
}

// SearchResponse is what was found, best first.
type SearchResponse struct {
	Query      string    `json:"query"`
	Relevance  float64   `json:"relevance" minimum:"0" maximum:"1" doc:"The chance that the documents answer."`
	Calibrated bool      `json:"calibrated" doc:"Whether relevance was measured on judged questions of every knowledge base searched, and fitted where that is better."`
	Passages   []Passage `json:"passages" nullable:"false"`
	Notices    []Notice  `json:"notices" nullable:"false"`
	Timings    []Timing  `json:"timings" nullable:"false"`

	Synonyms Meanings `json:"synonyms,omitempty" doc:"Words and phrases of the query, in lower case, and what was searched for besides, from synonyms.yaml."`
}

// The events of a streamed answer are, in this order: one passages, any number
// of delta, and then done (an Answer) or error (a Problem).
const (
	EventPassages = "passages"
	EventDelta    = "delta"
	EventDone     = "done"
	EventError    = "error"
)

// PassagesEvent is the data of the event passages.
type PassagesEvent struct {
	ID           string    `json:"id" doc:"Of the answer that is coming."`
	Conversation string    `json:"conversation"`
	Relevance    float64   `json:"relevance"`
	Calibrated   bool      `json:"calibrated"`
	Passages     []Passage `json:"passages" nullable:"false"`
}

// DeltaEvent is the data of the event delta: whole, checked sentences. Joined,
// the texts are the answer's text; offsets are in the whole.
type DeltaEvent struct {
	Text      string     `json:"text"`
	Citations []Citation `json:"citations" nullable:"false"`
}
