package prompts

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/askdesk/askdesk/prompts/files"
)

// Check reads dir/prompts and dir/styles over the built-in files and returns
// what is wrong with them.
func Check(dir string) []Problem {
	own, problems := files.Read(os.DirFS(dir))
	_, more := build(own, nil)
	return append(problems, more...)
}

// Init writes the built-in files to dir/prompts and dir/styles, to be edited.
// Files that are there stay as they are. It returns the paths it wrote.
func Init(dir string) (written []string, err error) {
	err = fs.WalkDir(builtIn(), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		target := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		data, err := fs.ReadFile(builtIn(), name)
		if err != nil {
			return err
		}
		out, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, fs.ErrExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err = out.Write(data); err == nil {
			written = append(written, target)
		}
		return errors.Join(err, out.Close())
	})
	if err != nil {
		return written, fmt.Errorf("write the built-in prompts: %w", err)
	}
	return written, nil
}
