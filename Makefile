# What a developer runs. `make check` is what continuous integration runs.

BIN      := bin/askdesk
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS  := -s -w -X main.version=$(VERSION)
TARGETS  := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

.PHONY: build check lint test race crash bench eval qdrantedge release clean

build:
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/askdesk

check: build lint race

lint:
	go vet $(PACKAGES)
	golangci-lint run $(PACKAGES)

# The sample help centre lies in a folder that ./... leaves out.
PACKAGES := ./... ./testdata/helpcentre/...

test:
	go test $(PACKAGES)

race:
	go test -race $(PACKAGES)

# Kills an ingesting process at 50 random moments and compares what a new run
# makes of it with an undisturbed one; with an index on Qdrant 30 times, and Qdrant
# too where the path has one; the commands that exchange an index 30 times each way.
crash:
	ASKDESK_CRASH_POINTS=50 go test -count=1 -timeout 60m -run Crash -v ./ingest/...
	ASKDESK_QDRANT_CRASHES=30 go test -count=1 -timeout 60m -run TestKilled -v ./cmd/askdesk

# Speed and memory at 100,000 chunks, as one table.
bench:
	go test -run '^$$' -bench 'Search|Retrieve' -benchtime 500x -timeout 60m ./retrieval/local
	go test -run '^$$' -bench 'Scan' ./retrieval/local/codes
	go test -run '^$$' -bench 'Qdrant' -benchtime 300x -timeout 60m ./retrieval/qdrant
	go test -run '^$$' -bench 'Open|Memory|Ingest' -benchtime 5x -timeout 60m ./retrieval/local ./ingest

# Judged questions on real documentation, as one table, and what ranking gains over
# BM25: DATA is a folder with docs/kb-NAME and questions/kb-NAME.jsonl for each NAME.
BASES ?= restic ollama debian
eval: build
	@test -d "$(DATA)/docs" || { echo "make eval DATA=FOLDER: it holds docs/kb-NAME and questions/kb-NAME.jsonl" >&2; exit 2; }
	@set -e; tmp=$$(mktemp -d); trap 'rm -rf "$$tmp"' EXIT; \
	for k in $(BASES); do \
	  $(BIN) ingest "$(DATA)/docs/kb-$$k" --kb "kb-$$k" --data "$$tmp" || [ $$? = 3 ]; \
	  cat "$(DATA)/questions/kb-$$k.jsonl" >> "$$tmp/questions.jsonl"; \
	done; \
	$(BIN) eval questions "$$tmp/questions.jsonl" --leg lexical --json --data "$$tmp" > "$$tmp/words.json"; \
	$(BIN) eval questions "$$tmp/questions.jsonl" --against "$$tmp/words.json" --data "$$tmp"

# Installs the Qdrant engine to test against; tools/qdrantedge/README.md tells how to start it.
qdrantedge:
	python3 -m venv tools/qdrantedge/.venv
	tools/qdrantedge/.venv/bin/pip install -q -r tools/qdrantedge/requirements.txt

release:
	@rm -rf dist && mkdir dist
	@set -e; for t in $(TARGETS); do \
	  os=$${t%/*}; arch=$${t#*/}; ext=; [ $$os = windows ] && ext=.exe; \
	  echo "askdesk-$$os-$$arch$$ext"; \
	  CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch go build -trimpath -ldflags '$(LDFLAGS)' -o dist/askdesk-$$os-$$arch$$ext ./cmd/askdesk; \
	done
	cp LICENSE NOTICE dist/
	cd dist && sha256sum * > SHA256SUMS

clean:
	rm -rf bin dist
