// Package endpoint asks servers of embedding and reranking models: JSON there
// and back, with bounds, and errors that tell what may be tried again.
package endpoint

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Options of a Client. BaseURL is needed.
type Options struct {
	BaseURL    string // with the version, such as https://host/v1
	APIKey     string // "" where the server wants none
	MaxReply   int64  // longest reply in bytes; 0 means 64 MiB
	HTTPClient *http.Client
}

// Client posts to one server. It is safe for concurrent use.
type Client struct{ opt Options }

// New makes a Client without calling the server.
func New(opt Options) *Client {
	opt.BaseURL = strings.TrimRight(opt.BaseURL, "/")
	opt.MaxReply = cmp.Or(opt.MaxReply, 64<<20)
	opt.HTTPClient = cmp.Or(opt.HTTPClient, http.DefaultClient)
	return &Client{opt}
}

// ErrReply is a reply of status 200 that is not what was asked for.
var ErrReply = errors.New("reply makes no sense")

// Refusal is a reply whose status is no success.
type Refusal struct {
	Status     int
	Message    string        // what the server says, cut
	RetryAfter time.Duration // when it wants to be asked again; 0 where it does not say
}

func (r *Refusal) Error() string { return fmt.Sprintf("status %d: %s", r.Status, r.Message) }

// maxMessage bounds what is read of a refusal, in bytes.
const maxMessage = 2 << 10

// Post sends in as JSON to a path below the base address and decodes the reply
// into out. Its errors wrap a *Refusal, ErrReply, that of the context, or say that
// the server was not reached.
func (c *Client) Post(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.opt.BaseURL+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	if c.opt.APIKey != "" {
		req.Header.Set("Authorization", "Bearer "+c.opt.APIKey)
	}
	// Not sent as it is empty: it allows net/http to repeat the request on a new
	// connection where the server has just closed the one that was kept.
	req.Header["Idempotency-Key"] = nil
	res, err := c.opt.HTTPClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		return refusal(res)
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, c.opt.MaxReply+1))
	switch {
	case err != nil:
		return fmt.Errorf("read reply: %w", err)
	case int64(len(data)) > c.opt.MaxReply:
		return fmt.Errorf("%w: it has more than %d bytes", ErrReply, c.opt.MaxReply)
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("%w: %w", ErrReply, err)
	}
	return nil
}

func refusal(res *http.Response) error {
	data, _ := io.ReadAll(io.LimitReader(res.Body, maxMessage)) // what has come tells enough
	return &Refusal{
		Status: res.StatusCode, Message: strings.ToValidUTF8(strings.TrimSpace(string(data)), "\uFFFD"),
		RetryAfter: retryAfter(res.Header.Get("Retry-After"), res.Header.Get("Date")),
	}
}

// longestWait is the most seconds that a server can ask for; nobody waits longer.
const longestWait = 24 * 60 * 60

// retryAfter reads seconds or a date, which counts from the server's own clock.
// 0 means that the header says nothing.
func retryAfter(value, date string) time.Duration {
	if seconds, err := strconv.Atoi(strings.TrimSpace(value)); err == nil {
		return time.Duration(min(max(0, seconds), longestWait)) * time.Second
	}
	until, err := http.ParseTime(value)
	now, bad := http.ParseTime(date)
	if cmp.Or(err, bad) != nil {
		return 0
	}
	return max(0, until.Sub(now))
}
