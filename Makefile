# What a developer runs. `make check` is what continuous integration runs.

BIN      := bin/askdesk
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS  := -s -w -X main.version=$(VERSION)
TARGETS  := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

.PHONY: build check lint test race crash bench eval release clean

build:
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/askdesk

check: build lint race

lint:
	go vet ./...
	golangci-lint run ./...

test:
	go test ./...

race:
	go test -race ./...

# Kills an ingesting process at 50 random moments and compares what a new run
# makes of it with an undisturbed one.
crash:
	ASKDESK_CRASH_POINTS=50 go test -count=1 -timeout 60m -run Crash -v ./ingest/...

# Speed and memory at 100,000 chunks, as one table.
bench:
	go test -run '^$$' -bench . -benchtime 200x -timeout 60m ./retrieval/local ./ingest/...

release:
	@rm -rf dist && mkdir dist
	@set -e; for t in $(TARGETS); do \
	  os=$${t%/*}; arch=$${t#*/}; ext=; [ $$os = windows ] && ext=.exe; \
	  echo "askdesk-$$os-$$arch$$ext"; \
	  CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch go build -trimpath -ldflags '$(LDFLAGS)' -o dist/askdesk-$$os-$$arch$$ext ./cmd/askdesk; \
	done
	cd dist && sha256sum askdesk-* > SHA256SUMS

clean:
	rm -rf bin dist
