package ask

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/askdesk/askdesk/internal/web/access"
	"github.com/askdesk/askdesk/internal/web/api"
	"github.com/askdesk/askdesk/internal/web/rest"
	"github.com/askdesk/askdesk/kb"
)

// maxShown is how many answers of a conversation are shown: its last ones.
const maxShown = 200

type answerOutput struct{ Body api.Answer }

func (s *service) answer(ctx context.Context, in *rest.ByID) (*answerOutput, error) {
	record, err := s.opt.Records.Answer(ctx, access.From(ctx).Owner(), in.ID)
	if err != nil {
		return nil, err
	}
	shown, err := s.show(ctx, record)
	if err != nil {
		return nil, err
	}
	return &answerOutput{shown[0]}, nil
}

// show is the API's form of stored answers, with their owner's feedback.
func (s *service) show(ctx context.Context, records ...kb.Record) ([]api.Answer, error) {
	ids := make([]string, len(records))
	for i, r := range records {
		ids[i] = r.ID
	}
	feedback, err := s.opt.Feedback.Feedback(ctx, access.From(ctx).Owner(), ids...)
	if err != nil {
		return nil, err
	}
	out := make([]api.Answer, len(records))
	for i, r := range records {
		if err := json.Unmarshal(r.Body, &out[i]); err != nil {
			return nil, fmt.Errorf("answer %s: %w", r.ID, err)
		}
		if f, ok := feedback[r.ID]; ok {
			out[i].Feedback = api.FromFeedback(f)
		}
	}
	return out, nil
}

type feedbackInput struct {
	rest.ByID
	Body api.Feedback
}

func (s *service) giveFeedback(ctx context.Context, in *feedbackInput) (*struct{}, error) {
	owner := access.From(ctx).Owner()
	if _, err := s.opt.Records.Answer(ctx, owner, in.ID); err != nil {
		return nil, err
	}
	if in.Body.Up && in.Body.Reason != "" {
		return nil, kb.Errorf(kb.Invalid, "A reason belongs to a thumb down. Leave it out, or send up: false.")
	}
	return nil, s.opt.Feedback.SaveFeedback(ctx, kb.Feedback{
		Answer: in.ID, Owner: owner, Up: in.Body.Up, Reason: in.Body.Reason, Note: in.Body.Note, Created: s.opt.Now().UTC(),
	})
}

type conversationsOutput struct{ Body api.Conversations }

func (s *service) conversations(ctx context.Context, in *rest.Paging) (*conversationsOutput, error) {
	list, next, err := s.opt.Conversations.Conversations(ctx, access.From(ctx).Owner(), in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	out := api.Conversations{Conversations: make([]api.Conversation, len(list)), Next: next}
	for i, c := range list {
		out.Conversations[i] = api.FromConversation(c)
	}
	return &conversationsOutput{out}, nil
}

type conversationOutput struct{ Body api.ConversationDetail }

func (s *service) conversation(ctx context.Context, in *rest.ByID) (*conversationOutput, error) {
	owner := access.From(ctx).Owner()
	c, err := s.opt.Conversations.Conversation(ctx, owner, in.ID)
	if err != nil {
		return nil, err
	}
	records, err := s.opt.Records.Answers(ctx, owner, in.ID, maxShown)
	if err != nil {
		return nil, err
	}
	answers, err := s.show(ctx, records...)
	if err != nil {
		return nil, err
	}
	return &conversationOutput{api.ConversationDetail{Conversation: api.FromConversation(c), Answers: answers}}, nil
}

func (s *service) deleteConversations(ctx context.Context, _ *struct{}) (*struct{}, error) {
	_, err := s.opt.Conversations.DeleteConversations(ctx, access.From(ctx).Owner())
	return nil, err
}

func (s *service) deleteConversation(ctx context.Context, in *rest.ByID) (*struct{}, error) {
	n, err := s.opt.Conversations.DeleteConversations(ctx, access.From(ctx).Owner(), in.ID)
	if err == nil && n == 0 {
		err = kb.Errorf(kb.NotFound, "There is no conversation %q of yours.", in.ID)
	}
	return nil, err
}
