package ask

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/askdesk/askdesk/answer"
	"github.com/askdesk/askdesk/internal/web/access"
	"github.com/askdesk/askdesk/internal/web/api"
	"github.com/askdesk/askdesk/internal/web/rest"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/prompts"
)

const (
	maxText      = 32_000           // bytes of a question or query
	historyTurns = 10               // questions of a conversation that a new one is understood from
	slotTime     = time.Second      // to wait for a place among the answers that are being written
	searchTime   = 30 * time.Second // to find passages

	noticeFallback = "model_unavailable" // of an answer that a model was to write and did not
)

// checkText refuses a question or query that is empty or too long.
func checkText(name, text string) error {
	if strings.TrimSpace(text) == "" {
		return kb.Errorf(kb.Invalid, "The %s is empty. Write what the customer wants to know.", name)
	}
	return checkLength(name, text)
}

func checkLength(name, text string) error {
	if len(text) > maxText {
		return kb.Errorf(kb.TooLarge, "The %s is %d bytes long; at most %d are read. Send the part that asks.", name, len(text), maxText)
	}
	return nil
}

// checkTime refuses another time than now to a key for the public, which would
// see what is not valid yet or not any more.
func checkTime(key kb.Key, asOf time.Time) error {
	if asOf.IsZero() || key.Audience == kb.Agent {
		return nil
	}
	return kb.Errorf(kb.Forbidden, "The key %q reads public documents, and only those that are valid now. Leave out as_of.", key.Name)
}

// task is an answer to be written.
type task struct {
	question answer.Question
	record   kb.Record // without what only the answer knows
	evidence evidence
}

// evidence is what a stored answer was written from, kept so that it can be
// written again in another style.
type evidence struct {
	History   []kb.Turn
	KBs       []string
	Retrieved kb.Retrieved
	Narrowed  bool // by filter, date or audience: not all documents were asked
}

type askInput struct{ Body api.AnswerRequest }

// Resolve implements huma.Resolver: that there is no question is told together
// with what else is wrong, such as a misspelt field that was to hold it.
func (in *askInput) Resolve(huma.Context) []error {
	if in.Body.From != "" || strings.TrimSpace(in.Body.Question) != "" {
		return nil
	}
	return []error{&huma.ErrorDetail{Location: "body.question", Message: "missing or empty, write what the customer wants to know"}}
}

func (s *service) ask(ctx context.Context, in *askInput) (*huma.StreamResponse, error) {
	t, err := s.task(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	release, err := s.slot(ctx)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer release()
		defer s.opt.Metrics.Answering()()
		if in.Body.Stream {
			s.stream(hc, t)
		} else {
			s.whole(hc, t)
		}
	}}, nil
}

// slot waits a moment for a place among the answers that are being written.
func (s *service) slot(ctx context.Context) (release func(), err error) {
	timer := time.NewTimer(slotTime)
	defer timer.Stop()
	select {
	case s.slots <- struct{}{}:
		return func() { <-s.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-timer.C:
		return nil, kb.Errorf(kb.Unavailable, "All places are taken: %d answers are being written. Try again in a moment.", cap(s.slots))
	}
}

// task checks a request and gathers what it is answered from.
func (s *service) task(ctx context.Context, req api.AnswerRequest) (*task, error) {
	if err := checkLength("question", req.Question); err != nil {
		return nil, err
	}
	id := access.From(ctx)
	if err := checkTime(id.Key, req.AsOf); err != nil {
		return nil, err
	}
	t := &task{
		record: kb.Record{ID: uuid.NewString(), Owner: id.Owner(), Created: s.opt.Now().UTC().Truncate(time.Microsecond)}, // as it is stored
		question: answer.Question{
			Audience: id.Key.Audience,
			Style:    prompts.Style{Tone: req.Tone, Format: req.Format, Length: req.Length, Language: req.Language},
			Model:    req.Model, Limit: req.Limit, Filter: req.Filter.KB(), AsOf: req.AsOf,
		},
	}
	if t.question.AsOf.IsZero() {
		t.question.AsOf = t.record.Created
	}
	if req.From != "" {
		return t, s.again(ctx, t, req)
	}
	return t, s.anew(ctx, t, req)
}

// anew fills in a task that begins with a search.
func (s *service) anew(ctx context.Context, t *task, req api.AnswerRequest) (err error) {
	if req.Conversation != "" && len(req.History) > 0 {
		return kb.Errorf(kb.Invalid, "Send either conversation or history: a conversation brings its own history.")
	}
	t.evidence.Narrowed = req.Filter != nil || !req.AsOf.IsZero() || t.question.Audience == kb.Public
	t.evidence.History = api.Turns(req.History)
	bases := []string(req.KB)
	if req.Conversation != "" {
		records, err := s.records(ctx, t.record.Owner, req.Conversation)
		if err != nil {
			return err
		}
		t.evidence.History = history(records)
		if len(bases) == 0 {
			if bases, err = lastBases(records); err != nil {
				return err
			}
		}
	}
	// What is inherited is chosen like what is named: never more than the key opens.
	if t.evidence.KBs, err = rest.Choose(ctx, s.opt.Bases, bases...); err != nil {
		return err
	}
	t.record.Conversation = req.Conversation
	if req.Conversation == "" {
		t.record.Conversation = uuid.NewString()
	}
	t.record.Question = req.Question
	t.question.Text, t.question.History, t.question.KBs = req.Question, t.evidence.History, t.evidence.KBs
	return nil
}

// again fills in a task that writes a stored answer in another style.
func (s *service) again(ctx context.Context, t *task, req api.AnswerRequest) error {
	old, err := s.opt.Records.Answer(ctx, t.record.Owner, req.From)
	if err != nil {
		return err
	}
	if req.KB != nil || req.Filter != nil || req.Limit != 0 || !req.AsOf.IsZero() || req.History != nil ||
		req.Question != "" && req.Question != old.Question || req.Conversation != "" && req.Conversation != old.Conversation {
		return kb.Errorf(kb.Invalid, "from writes the same answer in another style: leave out question, conversation, history, kb, filter, as_of and limit.")
	}
	if err := json.Unmarshal(old.Evidence, &t.evidence); err != nil {
		return fmt.Errorf("evidence of answer %s: %w", old.ID, err)
	}
	t.record.Conversation, t.record.Question, t.record.From = old.Conversation, old.Question, old.ID
	if old.From != "" { // styles of a style all lead back to the first answer
		t.record.From = old.From
	}
	t.question.Text, t.question.History, t.question.KBs = old.Question, t.evidence.History, t.evidence.KBs
	t.question.Passages = &t.evidence.Retrieved
	return nil
}

// records are the last answers of a conversation, oldest first.
func (s *service) records(ctx context.Context, owner, conversation string) ([]kb.Record, error) {
	if _, err := s.opt.Conversations.Conversation(ctx, owner, conversation); err != nil {
		return nil, err
	}
	return s.opt.Records.Answers(ctx, owner, conversation, 4*historyTurns)
}

// lastBases are the knowledge bases that the last of the answers was sought in.
func lastBases(records []kb.Record) ([]string, error) {
	if len(records) == 0 {
		return nil, nil
	}
	last := records[len(records)-1]
	var asked struct{ KBs []string } // of its evidence, whose passages are not needed
	if err := json.Unmarshal(last.Evidence, &asked); err != nil {
		return nil, fmt.Errorf("evidence of answer %s: %w", last.ID, err)
	}
	return asked.KBs, nil
}

// history is what was said in a conversation. Of an answer in several styles it
// holds the last.
func history(records []kb.Record) []kb.Turn {
	at := map[string]int{} // by first answer
	var turns []kb.Turn
	for _, r := range records {
		first := r.ID
		if r.From != "" {
			first = r.From
		}
		if i, ok := at[first]; ok {
			turns[i].Content = r.Text
			continue
		}
		at[first] = len(turns) + 1
		turns = append(turns, kb.Turn{Role: "user", Content: r.Question}, kb.Turn{Role: "assistant", Content: r.Text})
	}
	return slices.Clip(turns[max(0, len(turns)-2*historyTurns):])
}

// run writes an answer and stores it. A panic below is an error here, so that a
// stream can still say so.
func (s *service) run(ctx context.Context, t *task, emit func(answer.Event) error) (out api.Answer, err error) {
	defer func() {
		if v := recover(); v != nil {
			s.opt.Log.Error("panic", "value", fmt.Sprint(v), "stack", string(debug.Stack()))
			err = errors.New("panic")
		}
	}()
	limited, cancel := context.WithTimeout(ctx, s.opt.AnswerTime)
	defer cancel()
	a, err := s.opt.Answerer.Answer(limited, t.question, emit)
	if err != nil {
		return out, interrupted(ctx, limited, err)
	}
	out = t.describe(a)
	if err := s.save(ctx, t, a, out); err != nil {
		s.opt.Log.Error("answer was not stored", "answer", out.ID, "error", err)
		out.Notices = append(out.Notices, api.Notice{
			Code: "not_stored", Message: "This answer could not be stored: it cannot be found again, rewritten or rated.",
		})
	}
	fellBack := slices.ContainsFunc(a.Notices, func(n kb.Notice) bool { return n.Code == noticeFallback })
	s.opt.Metrics.Answered(out.Band, a.Usage.Prompt, a.Usage.Completion, fellBack)
	return out, nil
}

// interrupted is why an answer ended: the service stopped, time ran out, or err.
func interrupted(request, limited context.Context, err error) error {
	if cause := context.Cause(request); cause != nil && kb.CodeOf(cause) == kb.Unavailable {
		return cause
	}
	if limited.Err() == context.DeadlineExceeded {
		return kb.Wrap(kb.Timeout, err, "The answer took too long. Try again, or choose another model.")
	}
	return err
}

func (t *task) describe(a answer.Answer) api.Answer {
	out := api.FromAnswer(a)
	out.ID, out.Conversation, out.From = t.record.ID, t.record.Conversation, t.record.From
	out.Created, out.Question, out.KB = t.record.Created, t.record.Question, t.evidence.KBs
	return out
}

// save stores an answer also for a client that has just left.
func (s *service) save(ctx context.Context, t *task, a answer.Answer, out api.Answer) (err error) {
	if t.question.Passages == nil {
		t.evidence.Retrieved = kb.Retrieved{Query: a.Query, Passages: a.Passages, Answerability: a.Relevance, Calibrated: a.Calibrated}
	}
	r := t.record
	r.Text = a.Text
	if r.Body, err = json.Marshal(out); err != nil {
		return err
	}
	if r.Evidence, err = json.Marshal(t.evidence); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return s.opt.Records.SaveAnswer(ctx, titleOf(r.Question), r)
}
