package kb

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// namespace separates Askdesk's name-based ids from those of other programs.
var namespace = uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://github.com/askdesk/askdesk"))

// DocumentID is the UUIDv5 of a document's place: the same file in the same
// source of the same knowledge base has the same id for ever.
func DocumentID(base, source, path string) string {
	return uuid.NewSHA1(namespace, []byte(strings.Join([]string{"document", base, source, path}, "\x00"))).String()
}

// ChunkID is the UUIDv5 of what is indexed of a chunk. Occurrence tells apart
// chunks of one document that hold the same text (0 for the first). Moving a
// chunk inside its document does not change its id.
func ChunkID(document, title string, heading []string, text string, occurrence int) string {
	h := sha256.New()
	for _, s := range append([]string{title, text}, heading...) {
		h.Write([]byte(strconv.Itoa(len(s)) + ":" + s))
	}
	name := strings.Join([]string{"chunk", document, hex.EncodeToString(h.Sum(nil)), strconv.Itoa(occurrence)}, "\x00")
	return uuid.NewSHA1(namespace, []byte(name)).String()
}

var baseName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

// CheckBaseName refuses a name of a knowledge base that could not be a folder,
// a collection and a part of a URL everywhere.
func CheckBaseName(name string) error {
	if baseName.MatchString(name) {
		return nil
	}
	return Errorf(Invalid, "%q cannot name a knowledge base: use 1 to 63 lower-case letters, digits, - and _, starting with a letter or digit", name)
}
