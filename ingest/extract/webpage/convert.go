package webpage

import (
	"regexp"
	"strings"

	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/base"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/commonmark"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/strikethrough"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/table"
	"golang.org/x/net/html"
)

// The converter writes < and > of the text as entities, puts a backslash before
// a # at a heading's end and panics where it is alone. Stand-ins keep them as
// they are.
var (
	hide   = strings.NewReplacer("<", "\uE000", ">", "\uE001", "#", "\uE003")
	reveal = strings.NewReplacer("\uE000", "<", "\uE001", ">", bar, `\|`, "\uE003", "#")
)

func markdownOf(n *html.Node) (string, error) {
	conv := converter.NewConverter(
		converter.WithEscapeMode(converter.EscapeModeDisabled),
		converter.WithPlugins(
			base.NewBasePlugin(),
			commonmark.NewCommonmarkPlugin(
				commonmark.WithListEndComment(false),
				commonmark.WithHorizontalRule("---"),
				commonmark.WithLinkEmptyContentBehavior(commonmark.LinkBehaviorSkip),
				commonmark.WithLinkEmptyHrefBehavior(commonmark.LinkBehaviorSkip),
			),
			strikethrough.NewStrikethroughPlugin(),
			table.NewTablePlugin(
				table.WithCellPaddingBehavior(table.CellPaddingBehaviorMinimal),
				table.WithHeaderPromotion(true),
				table.WithSkipEmptyRows(true),
				table.WithNewlineBehavior(table.NewlineBehaviorPreserve),
			),
		),
	)
	conv.Register.TextTransformer(func(_ converter.Context, s string) string { return hide.Replace(s) }, converter.PriorityEarly)
	out, err := conv.ConvertNode(n)
	if err != nil {
		return "", err
	}
	return reveal.Replace(tableRow.ReplaceAllStringFunc(string(out), func(s string) string {
		return cellBreak.ReplaceAllString(s, " ")
	})), nil
}

// The converter writes line ends in the cells of tables as tags.
var (
	tableRow  = regexp.MustCompile(`(?m)^\s*\|.*<br />.*$`)
	cellBreak = regexp.MustCompile(`\s*(?:<br />\s*)+`)
)
