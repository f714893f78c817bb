package pages

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/labstack/echo/v4"
)

//go:embed assets
var assetFiles embed.FS

// contentTypes are fixed here because a machine's own table may differ.
var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

// assets are the embedded files. One hash over all of them is part of every
// address, so that modules import each other by relative path, a browser keeps
// them for ever and a new build never mixes with an old one.
type assets struct {
	hash   string
	prefix string // /assets/<hash>
	files  map[string][]byte
}

func loadAssets() (*assets, error) {
	a := &assets{files: map[string][]byte{}}
	sum := sha256.New()
	err := fs.WalkDir(assetFiles, "assets", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := assetFiles.ReadFile(name)
		if err != nil {
			return err
		}
		name = strings.TrimPrefix(name, "assets/")
		a.files[name] = data
		sum.Write([]byte(name + "\x00"))
		sum.Write(data)
		return nil
	})
	a.hash = hex.EncodeToString(sum.Sum(nil))[:16]
	a.prefix = "/assets/" + a.hash
	return a, err
}

func (a *assets) serve(c echo.Context) error {
	name := c.Param("*")
	data, ok := a.files[name]
	if !ok {
		return echo.NewHTTPError(http.StatusNotFound, "There is no such file. Reload the page.")
	}
	h := c.Response().Header()
	// A page of an older build asks by the older hash: it gets today's file but
	// must not keep it under that name.
	h.Set("Cache-Control", "no-cache")
	if c.Param("hash") == a.hash {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	h.Set("X-Content-Type-Options", "nosniff")
	etag := `"` + a.hash + `"`
	h.Set("ETag", etag)
	if c.Request().Header.Get("If-None-Match") == etag {
		return c.NoContent(http.StatusNotModified)
	}
	return c.Blob(http.StatusOK, contentTypes[path.Ext(name)], data)
}
