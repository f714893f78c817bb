// Command worker is the worker process of the tests.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/askdesk/askdesk/ingest/extract"
)

func main() {
	if err := extract.Work(context.Background(), os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
