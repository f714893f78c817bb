package rst

import (
	"encoding/csv"
	"regexp"
	"strings"
)

var (
	gridBorder   = regexp.MustCompile(`^\+(?:[-=]+\+)+$`)
	simpleBorder = regexp.MustCompile(`^=+( +=+)+$`)
)

func isGrid(s string) bool   { return gridBorder.MatchString(s) }
func isSimple(s string) bool { return simpleBorder.MatchString(s) }

// grid reads a table drawn with + - and |.
func (p *parser) grid(lines []string, i int) ([]string, int) {
	if !isGrid(lines[i]) {
		return nil, i
	}
	j := i
	for j < len(lines) && lines[j] != "" && (lines[j][0] == '+' || lines[j][0] == '|') {
		j++
	}
	var edges []int
	for _, l := range lines[i:j] { // a first row may span columns
		if isGrid(l) && strings.Count(l, "+") > len(edges) {
			edges = edges[:0]
			for k, c := range l {
				if c == '+' {
					edges = append(edges, k)
				}
			}
		}
	}
	var rows [][]string
	header := 0
	row := make([]string, len(edges)-1)
	for _, l := range lines[i+1 : j] {
		if strings.HasPrefix(l, "+-") || strings.HasPrefix(l, "+=") {
			if strings.HasPrefix(l, "+=") {
				header = len(rows) + 1
			}
			rows, row = append(rows, row), make([]string, len(edges)-1)
			continue
		}
		cut(l, edges, row)
	}
	return p.table(rows, header), j
}

// cut adds the pieces of a line between the edges to the cells of a row. A cell
// that spans columns goes into the first of them.
func cut(line string, edges []int, row []string) {
	if pieces := strings.Split(strings.Trim(line, "|+"), "|"); len(pieces) == len(row) {
		for k, s := range pieces {
			row[k] = join(row[k], s)
		}
		return
	}
	runes := []rune(line)
	at := 0
	for k := 1; k < len(edges); k++ {
		if edges[k] < len(runes) && runes[edges[k]] != '|' && runes[edges[k]] != '+' {
			continue
		}
		from, to := min(edges[at]+1, len(runes)), min(edges[k], len(runes))
		row[at] = join(row[at], strings.Trim(string(runes[from:max(from, to)]), "|"))
		at = k
	}
}

func join(cell, more string) string {
	more = strings.TrimSpace(more)
	if strings.Trim(more, "-") == "" {
		more = ""
	}
	if cell == "" || more == "" {
		return cell + more
	}
	return cell + " " + more
}

// simple reads a table whose columns are marked by === ===.
func (p *parser) simple(lines []string, i int) ([]string, int) {
	if !isSimple(lines[i]) {
		return nil, i
	}
	borders := []int{i}
	for j := i + 1; j < len(lines) && len(borders) < 3; j++ {
		if isSimple(lines[j]) {
			borders = append(borders, j)
			if j+1 >= len(lines) || lines[j+1] == "" {
				break
			}
		}
	}
	if len(borders) < 2 {
		return nil, i
	}
	var starts []int
	for k, c := range lines[i] {
		if c == '=' && (k == 0 || lines[i][k-1] == ' ') {
			starts = append(starts, k)
		}
	}
	end := borders[len(borders)-1]
	var rows [][]string
	header := 0
	for j := i + 1; j < end; j++ {
		switch {
		case len(borders) == 3 && j == borders[1]:
			header = len(rows)
		case lines[j] == "" || strings.Trim(lines[j], "- ") == "":
		default:
			cells := columns(lines[j], starts)
			if cells[0] == "" && len(rows) > header {
				last := rows[len(rows)-1]
				for k, s := range cells {
					last[k] = join(last[k], s)
				}
				continue
			}
			rows = append(rows, cells)
		}
	}
	return p.table(rows, header), end + 1
}

func columns(line string, starts []int) []string {
	runes := []rune(line)
	out := make([]string, len(starts))
	for k, from := range starts {
		to := len(runes)
		if k+1 < len(starts) {
			to = min(starts[k+1], to)
		}
		if from < to {
			out[k] = strings.TrimSpace(string(runes[from:to]))
		}
	}
	if out[0] == `\` {
		out[0] = ""
	}
	return out
}

// table writes rows as a Markdown table. Several header rows become one.
func (p *parser) table(rows [][]string, header int) []string {
	for header > 1 && len(rows) > 1 {
		for k := range rows[0] {
			if k < len(rows[1]) {
				rows[0][k] = join(rows[0][k], rows[1][k])
			}
		}
		rows = append(rows[:1], rows[2:]...)
		header--
	}
	var out []string
	for i, row := range rows {
		cells := make([]string, len(row))
		for k, s := range row {
			cells[k] = strings.ReplaceAll(strings.Join(strings.Fields(p.inline(s)), " "), "|", `\|`)
		}
		out = append(out, "| "+strings.Join(cells, " | ")+" |")
		if i == 0 {
			out = append(out, "|"+strings.Repeat(" --- |", len(row)))
		}
	}
	return out
}

// listTable reads a table written as a list of lists.
func (p *parser) listTable(d parts) []string {
	var rows [][]string
	width := 0
	for _, outer := range items(d.content) {
		var row []string
		for _, cell := range items(outer) {
			row = append(row, strings.Join(p.blocks(cell), " "))
		}
		width = max(width, len(row))
		rows = append(rows, row)
	}
	raw := &parser{} // the cells are Markdown already
	return append([]string{p.inline(d.argument), ""}, raw.table(padded(rows, width), 1)...)
}

// items gives the content of each item of a bullet list.
func items(lines []string) [][]string {
	var out [][]string
	for i := 0; i < len(lines); {
		m := bullet.FindString(lines[i])
		if m == "" {
			i++
			continue
		}
		body, next := item(lines, i, len(m))
		out = append(out, body)
		i = next
	}
	return out
}

func (p *parser) csvTable(d parts) []string {
	src := strings.Join(d.content, "\n")
	if h := d.options["header"]; h != "" {
		src = h + "\n" + strings.TrimLeft(src, "\n")
	}
	r := csv.NewReader(strings.NewReader(src))
	r.FieldsPerRecord, r.LazyQuotes, r.TrimLeadingSpace = -1, true, true
	rows, err := r.ReadAll()
	if err != nil {
		return fenced("", d.content)
	}
	width := 0
	for _, row := range rows {
		width = max(width, len(row))
	}
	return append([]string{p.inline(d.argument), ""}, p.table(padded(rows, width), 1)...)
}

func padded(rows [][]string, width int) [][]string {
	for i := range rows {
		for len(rows[i]) < width {
			rows[i] = append(rows[i], "")
		}
	}
	return rows
}
