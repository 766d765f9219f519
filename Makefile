# `make` prints what there is to do. Continuous integration runs these same targets.

GO             ?= go
BIN            := $(CURDIR)/bin
FUZZTIME       ?= 20s
GOLANGCI_LINT  := v2.15.0
GORELEASER     := v2.16.0

.DEFAULT_GOAL := help
.PHONY: help build test race lint fmt fuzz bench demo ci golden cover screens snapshot

help: ## print this
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

build: ## build bin/cslack-stream
	CGO_ENABLED=0 $(GO) build -trimpath -o $(BIN)/cslack-stream ./cmd/cslack-stream

test: ## run all tests; skipped ones are listed at the end
	@.ci/test

race: ## run all tests under the race detector (plain, where there is no C compiler)
	@if command -v $${CC:-cc} >/dev/null; then .ci/test -race ./...; \
	else echo "no C compiler: running the tests without the race detector"; .ci/test; fi

lint: $(BIN)/golangci-lint-$(GOLANGCI_LINT) ## run the linters
	$< run

fmt: $(BIN)/golangci-lint-$(GOLANGCI_LINT) ## format the code
	$< fmt

fuzz: ## run every fuzz test for FUZZTIME (20s)
	@for dir in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -r -n1 dirname | sort -u); do \
		for name in $$(grep -ho '^func Fuzz[A-Za-z0-9_]*' $$dir/*_test.go | cut -c6-); do \
			echo "$$dir $$name"; \
			$(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) $$dir || exit 1; \
		done; \
	done

bench: ## run the Go benchmarks, the writer's cost, the latency, the live view, replay's speed and cleaning (python3)
	$(GO) test -run '^$$' -bench . -benchtime 200ms -benchmem ./...
	$(GO) run ./bench/writercost
	$(GO) run ./bench/latency
	$(GO) run ./bench/watch
	$(GO) run ./bench/replay
	$(GO) run ./bench/retention

demo: ## a workspace of agents talking, with the live view on it
	@$(GO) run ./cmd/cslack-stream demo

ci: lint build race ## what must pass before a change is taken

golden: ## write the golden files anew; read the difference before committing it
	$(GO) test $$(grep -rl --include='*_test.go' 'flag.Bool("update"' . | xargs -n1 dirname | sort -u) -update

cover: ## write the coverage to bin/cover.html
	@mkdir -p $(BIN)
	$(GO) test -coverpkg=./... -coverprofile=$(BIN)/cover.out ./...
	$(GO) tool cover -html=$(BIN)/cover.out -o $(BIN)/cover.html

screens: ## take the pictures in docs/screens anew (tmux); look at them before committing
	$(GO) run ./docs/screens

snapshot: $(BIN)/goreleaser-$(GORELEASER) ## build all release artefacts into dist, publishing nothing
	$< release --snapshot --clean

$(BIN)/golangci-lint-$(GOLANGCI_LINT):
	GOBIN=$(BIN) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT)
	mv $(BIN)/golangci-lint $@

$(BIN)/goreleaser-$(GORELEASER):
	GOBIN=$(BIN) $(GO) install github.com/goreleaser/goreleaser/v2@$(GORELEASER)
	mv $(BIN)/goreleaser $@
