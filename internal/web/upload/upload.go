// Package upload reads an uploaded file and what is said of it from a multipart
// form.
package upload

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/askdesk/askdesk/kb"
)

// DefaultSource is the source that uploads belong to.
const DefaultSource = "upload"

const (
	maxField  = 8 << 10 // bytes of one form field
	maxFields = 64
	overhead  = 1 << 20 // of the form around the file
)

// File is an uploaded file. Of its document, KB ("" if not given), Source and
// Path are set and the metadata that the form names; the rest is left to what
// the file says of itself.
type File struct {
	Document kb.Document
	Data     io.Reader // the content, until Close
	disk     *os.File
}

// Close removes what Read kept on disk.
func (f *File) Close() error {
	if f.disk == nil {
		return nil
	}
	return errors.Join(f.disk.Close(), os.Remove(f.disk.Name()))
}

// Limits of an upload.
type Limits struct {
	Bytes int64  // of the file
	Dir   string // that keeps the file meanwhile; "" is the system's for temporary files
}

// fields are the form's, with how they are read.
var fields = map[string]func(d *kb.Document, value string) error{
	"kb":       func(d *kb.Document, v string) error { d.KB = v; return nil },
	"title":    func(d *kb.Document, v string) error { d.Title = v; return nil },
	"product":  func(d *kb.Document, v string) error { d.Product = v; return nil },
	"version":  func(d *kb.Document, v string) error { d.Version = v; return nil },
	"source":   readSource,
	"path":     func(d *kb.Document, v string) (err error) { d.Path, err = CleanPath(v); return err },
	"url":      readURL,
	"audience": readAudience,
	"language": readLanguage,
	"tags": func(d *kb.Document, v string) error {
		for tag := range strings.SplitSeq(v, ",") {
			if tag = strings.TrimSpace(tag); tag != "" {
				d.Tags = append(d.Tags, tag)
			}
		}
		return nil
	},
	"updated":     func(d *kb.Document, v string) (err error) { d.Updated, err = readTime(v); return err },
	"valid_from":  func(d *kb.Document, v string) (err error) { d.ValidFrom, err = readTime(v); return err },
	"valid_until": func(d *kb.Document, v string) (err error) { d.ValidUntil, err = readTime(v); return err },
}

// Read reads the form of a request. The file goes to disk as it comes, since the
// fields that say where it belongs may come after it. The caller closes it.
func Read(w http.ResponseWriter, r *http.Request, limits Limits) (*File, error) {
	if r.ContentLength > limits.Bytes+overhead {
		return nil, tooLarge(limits.Bytes)
	}
	r.Body = http.MaxBytesReader(w, r.Body, limits.Bytes+overhead)
	form, err := r.MultipartReader()
	if err != nil {
		return nil, kb.Wrap(kb.Unsupported, err, "Send the file as multipart/form-data, in the field file.")
	}
	f := &File{Document: kb.Document{Source: DefaultSource}}
	if err := f.read(form, limits); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (f *File) read(form *multipart.Reader, limits Limits) error {
	var name string
	for n := 0; ; n++ {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return f.finish(name)
		}
		if err != nil {
			return broken(err, limits.Bytes)
		}
		if n == maxFields {
			return kb.Errorf(kb.Invalid, "The form has too many fields.")
		}
		if part.FormName() != "file" {
			err = f.field(part)
		} else if f.disk != nil {
			err = kb.Errorf(kb.Invalid, "Send one file a request.")
		} else {
			name = fileName(part)
			err = f.keep(part, limits)
		}
		if err != nil {
			return err
		}
	}
}

func (f *File) finish(name string) (err error) {
	if f.disk == nil {
		return kb.Errorf(kb.Invalid, "There is no file: send it in the field file.")
	}
	// The name is checked even where a path overrules it: a client that sends a
	// hostile one should hear of it.
	if name != "" {
		if name, err = CleanPath(name); err != nil {
			return err
		}
	}
	if f.Document.Path == "" {
		f.Document.Path = name
	}
	if f.Document.Path == "" {
		return kb.Errorf(kb.Invalid, "The file has no name: send it, or the field path.")
	}
	info, err := f.disk.Stat()
	if err == nil && info.Size() == 0 {
		return kb.Errorf(kb.Invalid, "The file %q is empty.", f.Document.Path)
	}
	return err
}

func (f *File) field(part *multipart.Part) error {
	name := part.FormName()
	read, ok := fields[name]
	if !ok {
		return kb.Errorf(kb.Invalid, "There is no field %q. The fields are: file, %s.", clip(name), strings.Join(fieldNames(), ", "))
	}
	value, err := io.ReadAll(io.LimitReader(part, maxField+1))
	if err != nil {
		return broken(err, 0)
	}
	if len(value) > maxField {
		return kb.Errorf(kb.TooLarge, "The field %s is longer than %d bytes.", name, maxField)
	}
	v := strings.TrimSpace(strings.ToValidUTF8(string(value), "\uFFFD"))
	if v == "" {
		return nil
	}
	if err := read(&f.Document, v); err != nil {
		return kb.Wrap(kb.Invalid, err, "The field %s: %s", name, err.Error())
	}
	return nil
}

func fieldNames() []string {
	var names []string
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// keep writes the file to disk.
func (f *File) keep(part io.Reader, limits Limits) (err error) {
	if f.disk, err = os.CreateTemp(limits.Dir, "form.*.tmp"); err != nil {
		return full(err)
	}
	f.Data = f.disk
	size, err := io.Copy(f.disk, io.LimitReader(part, limits.Bytes+1))
	var disk *fs.PathError
	switch {
	case errors.As(err, &disk):
		return full(err)
	case err != nil:
		return broken(err, limits.Bytes)
	case size > limits.Bytes:
		return tooLarge(limits.Bytes)
	}
	_, err = f.disk.Seek(0, io.SeekStart)
	return err
}

func full(err error) error {
	return kb.Wrap(kb.Unavailable, err, "The file cannot be kept here now: the disk may be full. Tell who runs this service, and try again.")
}

func tooLarge(limit int64) error {
	return kb.Errorf(kb.TooLarge, "The file is larger than %d MiB (max_upload_mb). Split it, or ingest it with: askdesk ingest PATH", limit>>20)
}

func broken(err error, limit int64) error {
	var over *http.MaxBytesError
	if errors.As(err, &over) {
		return tooLarge(limit)
	}
	return kb.Wrap(kb.Invalid, err, "The form broke off or cannot be read. Send it again.")
}

// fileName is the name as the client sent it: part.FileName would hide a path.
func fileName(part *multipart.Part) string {
	_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	if err != nil {
		return ""
	}
	return params["filename"]
}

func readSource(d *kb.Document, v string) error {
	if len(v) > 100 || strings.ContainsFunc(v, hidden) || strings.ContainsAny(v, `/\`) {
		return errors.New("use at most 100 characters, without slashes and control characters")
	}
	d.Source = v
	return nil
}

func readURL(d *kb.Document, v string) error {
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return errors.New("use an address that starts with https:// or http://")
	}
	d.URL = v
	return nil
}

func readAudience(d *kb.Document, v string) error {
	if v != string(kb.Public) && v != string(kb.Agent) {
		return errors.New("use public or agent")
	}
	d.Audience = kb.Audience(v)
	return nil
}

func readLanguage(d *kb.Document, v string) error {
	letter := func(c byte) bool { return 'a' <= c && c <= 'z' }
	if v = strings.ToLower(v); len(v) != 2 || !letter(v[0]) || !letter(v[1]) {
		return errors.New("use a two-letter code such as en")
	}
	d.Language = v
	return nil
}

func readTime(v string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, v); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("use a date such as %s or a time such as %s", "2026-01-31", "2026-01-31T12:00:00Z")
}

func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "..."
	}
	return s
}
