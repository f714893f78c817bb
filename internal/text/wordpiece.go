package text

import (
	_ "embed" // the vocabulary
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// PieceCount is the size of the vocabulary of Pieces: every id is below it.
const PieceCount = 30522

const (
	unknownPiece  = 100
	maxPieceRunes = 100 // of a word; a longer one is unknown
)

// vocabularyFile is that of BERT uncased (Google, Apache-2.0), one piece a line in the order of ids;
// a piece that goes on with a word begins with ##.
//
//go:embed wordpiece.txt
var vocabularyFile string

type vocabulary struct {
	first, next map[string]uint16 // pieces that begin a word, and that go on with one
	longest     int               // bytes
}

var pieceVocabulary = sync.OnceValue(func() *vocabulary {
	v := &vocabulary{first: make(map[string]uint16, PieceCount), next: make(map[string]uint16, PieceCount/4)}
	id := uint16(0)
	for piece := range strings.Lines(vocabularyFile) {
		piece = strings.TrimSuffix(piece, "\n")
		if rest, ok := strings.CutPrefix(piece, "##"); ok {
			v.next[rest] = id
		} else {
			v.first[piece] = id
		}
		v.longest = max(v.longest, len(piece))
		id++
	}
	return v
})

// Pieces cuts s into the word pieces of BERT uncased, as its reference tokenizer
// does: lower case, accents gone, each sign and each Chinese character by
// itself, a word by the longest pieces from its start. A word that cannot be
// built is one [UNK]. Nothing stands for the start or end of s, and "[SEP]" is
// text like any other. Bytes that are no UTF-8 are left out.
func Pieces(s string) []uint16 { return AppendPieces(make([]uint16, 0, len(s)/4+1), s) }

// AppendPieces appends the pieces of s, for who reads many texts and keeps none of them.
func AppendPieces(ids []uint16, s string) []uint16 {
	p := pieceReader{vocabulary: pieceVocabulary(), ids: ids}
	for i := 0; i < len(s); {
		if n := p.whole(s[i:]); n > 0 {
			i += n
			continue
		}
		if c := s[i]; c < utf8.RuneSelf {
			p.ascii(c)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		p.rune(r, s[i:i+n])
		i += n
	}
	p.flush()
	return p.ids
}

type pieceReader struct {
	*vocabulary
	ids   []uint16
	word  []byte // lower case, without accents
	runes int    // of word, also those that are not kept
	room  [4 * maxPieceRunes]byte
	form  [64]byte // of one decomposed rune
}

// whole takes what most words are: lower case, and one piece. It returns the length of
// such a word that s begins with, 0 if there is none or one is being read.
func (p *pieceReader) whole(s string) int {
	if p.runes > 0 {
		return 0
	}
	n := 0
	for n < len(s) && ('a' <= s[n] && s[n] <= 'z' || isDigit(s[n])) {
		n++
	}
	if n == 0 || n < len(s) && !parts(s[n]) {
		return 0
	}
	id, ok := p.first[s[:n]]
	if !ok {
		return 0
	}
	p.ids = append(p.ids, id)
	return n
}

// parts tells the ASCII characters that end a word: white space and signs.
func parts(c byte) bool {
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c > ' ' && c < 0x7f && !isLetter(c) && !isDigit(c)
}

func (p *pieceReader) ascii(c byte) {
	switch {
	case 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
		p.add(rune(c))
	case 'A' <= c && c <= 'Z':
		p.add(rune(c) + 'a' - 'A')
	case c == ' ' || '\t' <= c && c <= '\r' && c != '\v' && c != '\f':
		p.flush()
	case c < ' ' || c == 0x7f: // controls vanish inside a word
	default:
		p.alone(rune(c))
	}
}

// rune takes r, which s holds, apart: é is an e and an accent that goes.
func (p *pieceReader) rune(r rune, s string) {
	switch {
	case r == utf8.RuneError || invisible(r):
	case unicode.IsSpace(r):
		p.flush()
	case ideograph(r):
		p.flush()
		p.plain(r, s)
		p.flush()
	default:
		p.plain(r, s)
	}
}

func (p *pieceReader) plain(r rune, s string) {
	if norm.NFD.IsNormalString(s) {
		p.base(r)
		return
	}
	form := norm.NFD.AppendString(p.form[:0], s)
	for len(form) > 0 {
		part, n := utf8.DecodeRune(form)
		p.base(part)
		form = form[n:]
	}
}

func (p *pieceReader) base(r rune) {
	switch {
	case unicode.Is(unicode.Mn, r):
	case sign(r):
		p.alone(r)
	default:
		p.add(unicode.ToLower(r))
	}
}

func (p *pieceReader) add(r rune) {
	if p.runes == 0 {
		p.word = p.room[:0]
	}
	if p.runes++; p.runes <= maxPieceRunes {
		p.word = utf8.AppendRune(p.word, r)
	}
}

// alone makes r a word of its own.
func (p *pieceReader) alone(r rune) {
	p.flush()
	p.add(r)
	p.flush()
}

// flush ends the word that is being read.
func (p *pieceReader) flush() {
	if p.runes == 0 {
		return
	}
	long := p.runes > maxPieceRunes
	p.runes = 0
	if long {
		p.ids = append(p.ids, unknownPiece)
		return
	}
	before, known := len(p.ids), p.first
	for rest := p.word; len(rest) > 0; known = p.next {
		id, n := p.longestIn(known, rest)
		if n == 0 {
			p.ids = append(p.ids[:before], unknownPiece)
			return
		}
		p.ids = append(p.ids, id)
		rest = rest[n:]
	}
}

// longestIn is the longest of known that s begins with, and its length in bytes.
func (p *pieceReader) longestIn(known map[string]uint16, s []byte) (id uint16, n int) {
	for n = min(len(s), p.longest); n > 0; n-- {
		if n < len(s) && !utf8.RuneStart(s[n]) {
			continue
		}
		if id, ok := known[string(s[:n])]; ok {
			return id, n
		}
	}
	return 0, 0
}

// invisible tells characters that vanish: controls, joiners and private ones.
func invisible(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co) }

// ideograph tells the characters that BERT sets apart: Chinese ones, not kana or
// Hangul.
func ideograph(r rune) bool {
	return r >= 0x3400 && (0x4e00 <= r && r <= 0x9fff || r <= 0x4dbf || 0xf900 <= r && r <= 0xfaff ||
		0x20000 <= r && r <= 0x2a6df || 0x2a700 <= r && r <= 0x2ceaf || 0x2f800 <= r && r <= 0x2fa1f)
}

// sign tells punctuation, among it every ASCII sign.
func sign(r rune) bool {
	return r < utf8.RuneSelf && r > ' ' && !('0' <= r && r <= '9' || 'a' <= r|0x20 && r|0x20 <= 'z') || unicode.IsPunct(r)
}
