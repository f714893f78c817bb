package local_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/local"
)

// onFile makes an index folder with one document and returns the path of its file.
func onFile(t *testing.T) (dir, file string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "index")
	x, err := local.Open(t.Context(), local.Options{Dir: dir, Version: help().version})
	require.NoError(t, err)
	put(t, x, entry("a", "apple\n"), entry("none", ""))
	n, err := x.Count(t.Context(), "help")
	require.NoError(t, err)
	require.Equal(t, 1, n, "what has no text cannot be found")
	require.NoError(t, x.Close())
	return dir, filepath.Join(dir, "help", "v1.db")
}

func TestADamagedFileIsNamed(t *testing.T) {
	for name, harm := range map[string]func(*testing.T, string){
		"scribbled over": func(t *testing.T, file string) {
			require.NoError(t, os.WriteFile(file, bytes.Repeat([]byte("no database "), 1000), 0o600))
		},
		"half": func(t *testing.T, file string) {
			info, err := os.Stat(file)
			require.NoError(t, err)
			require.NoError(t, os.Truncate(file, info.Size()/2))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, file := onFile(t)
			harm(t, file)
			x := open(t, dir, help())
			_, searching := x.Search(t.Context(), query("apple"))
			writing := x.Replace(t.Context(), "help", []kb.Entry{entry("b", "pear\n")})
			for _, err := range []error{searching, writing} {
				require.Equal(t, kb.Unavailable, kb.CodeOf(err))
				require.Contains(t, kb.MessageOf(err), "damaged")
				require.Contains(t, kb.MessageOf(err), "index/help/v1.db")
			}
			require.NoError(t, os.Remove(file))
			put(t, x, entry("b", "pear\n"))
			require.Len(t, search(t, x, "pear").List, 1, "as the message promises")
		})
	}
}

func TestAFileThatIsRemovedWhileInUseIsLetGo(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not let a file go that is open")
	}
	dir, _ := onFile(t)
	x := open(t, dir, help())
	require.Len(t, search(t, x, "apple").List, 1)
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "help")))
	require.Eventually(t, func() bool {
		n, err := x.Count(t.Context(), "help")
		return err == nil && n == 0
	}, 5*time.Second, 5*time.Millisecond)
	put(t, x, entry("b", "pear\n"))
	other := open(t, dir, help())
	require.Len(t, search(t, other, "pear").List, 1, "what is written now is found by others")
}
