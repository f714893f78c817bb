package extract

import (
	"bytes"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	xunicode "golang.org/x/text/encoding/unicode"
)

// errBinary says that a file holds no text.
var errBinary = errors.New("it is not text")

// decode turns the bytes of a text file into UTF-8 and names the encoding it
// took them for: UTF-8, UTF-16 (told by its byte order mark or its zero bytes),
// else Windows-1252.
func decode(data []byte) (text, encoding string, err error) {
	if order, ok := utf16Order(data); ok {
		out, err := xunicode.UTF16(order, xunicode.UseBOM).NewDecoder().Bytes(data)
		if err != nil || looksBinary(out) {
			return "", "", errBinary
		}
		return string(out), "UTF-16", nil
	}
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	if bytes.IndexByte(data, 0) >= 0 || looksBinary(data) {
		return "", "", errBinary
	}
	if mostlyUTF8(data) {
		return strings.ToValidUTF8(string(data), "\uFFFD"), "UTF-8", nil
	}
	out, err := charmap.Windows1252.NewDecoder().Bytes(data)
	if err != nil {
		return "", "", errBinary
	}
	return string(out), "Windows-1252", nil
}

// utf16Order tells UTF-16 by its mark, or by zeros in only every other byte.
func utf16Order(data []byte) (xunicode.Endianness, bool) {
	switch {
	case bytes.HasPrefix(data, []byte("\xFF\xFE")):
		return xunicode.LittleEndian, true
	case bytes.HasPrefix(data, []byte("\xFE\xFF")):
		return xunicode.BigEndian, true
	}
	var zeros [2]int
	head := data[:min(len(data), 4096)]
	for i, c := range head {
		if c == 0 {
			zeros[i%2]++
		}
	}
	most := len(head) * 2 / 5
	if zeros[1] > most && zeros[0] == 0 {
		return xunicode.LittleEndian, true
	}
	return xunicode.BigEndian, zeros[0] > most && zeros[1] == 0
}

// looksBinary reports whether more than one byte in twenty is a control character
// that text does not use.
func looksBinary(data []byte) bool {
	data = data[:min(len(data), 1<<16)]
	control := 0
	for _, c := range data {
		if c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != '\v' && c != 0x1B || c == 0x7F {
			control++
		}
	}
	return control*20 > len(data)
}

// mostlyUTF8 reports whether data is UTF-8, perhaps damaged in a few places:
// more characters beyond ASCII are whole than broken.
func mostlyUTF8(data []byte) bool {
	if utf8.Valid(data) {
		return true
	}
	whole, broken := 0, 0
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		switch {
		case r == utf8.RuneError && n == 1:
			broken++
		case n > 1 && unicode.IsGraphic(r):
			whole++
		}
		data = data[n:]
	}
	return whole > broken
}
