# Everything that is done with this repository, by name. `make help` lists it.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS   += --no-print-directory

GOLANGCI_LINT_VERSION := v2.15.0
WORKFLOWCHECK_VERSION := v0.6.0
GOVULNCHECK_VERSION   := v1.1.4

# A go.work file somebody keeps must not change what is built: it would link other versions of shared modules.
export GOWORK := off
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
# The same flags build, run and test the code, so that nothing is compiled twice.
LDFLAGS := -X main.version=$(VERSION)

CONSOLE_SOURCES := $(shell find console/src console/public console/index.html console/vite.config.ts console/tsconfig.json -type f 2>/dev/null)
WIDGET_SOURCES  := $(shell find widget/src widget/build.mjs widget/tsconfig.json -type f 2>/dev/null)
DEV := bin/tandem-dev

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Run

.PHONY: run
run: build ## Build everything and run the whole product here (data in .tandem)
	exec $(DEV)

.PHONY: bench
bench: build ## Measure the product that `make run` runs
	bin/tandem bench inbound

##@ Build

.PHONY: build
build: console widget ## Build bin/tandem and bin/tandem-dev
	go build -ldflags '$(LDFLAGS)' -o bin/tandem ./cmd/tandem
	go -C devstack build -ldflags '$(LDFLAGS)' -o ../$(DEV) .

.PHONY: console
console: console/dist/index.html ## Build the agents' console, if its sources changed

.PHONY: widget
widget: widget/dist/widget.js ## Build the customers' widget, if its sources changed

%/node_modules/.package-lock.json: %/package-lock.json
	cd $* && npm ci --no-audit --no-fund
	touch $@

# The committed dist/.gitkeep lets a clean clone compile without Node; the bundler empties the folder.
console/dist/index.html: console/node_modules/.package-lock.json $(CONSOLE_SOURCES)
	cd console && npm run build
	touch console/dist/.gitkeep $@

widget/dist/widget.js: widget/node_modules/.package-lock.json $(WIDGET_SOURCES)
	cd widget && npm run build
	touch widget/dist/.gitkeep $@

##@ Check

.PHONY: test
test: build test-go test-devstack test-console test-browser ## Run every test; brings its own PostgreSQL and finds or installs a browser
	@echo "all tests passed"

.PHONY: test-go
test-go: build ## The product's tests, with the race detector, on a throw-away PostgreSQL
	$(DEV) test-database -- go test -race ./...

.PHONY: test-devstack
test-devstack: build ## The all-in-one's tests: start, kill, Temporal away, stories over HTTP
	TANDEM_DEV_BIN=$(CURDIR)/$(DEV) go -C devstack test ./...

.PHONY: test-console
test-console: console widget ## The console's and the widget's own tests
	cd console && npm test
	cd widget && npm test

.PHONY: test-browser
test-browser: build ## The story in a real browser on the all-in-one
	scripts/browser-story.sh

.PHONY: lint
lint: console widget ## Every linter
	go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION) run ./...
	cd devstack && go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION) run --config ../.golangci.yml ./...
	go run go.temporal.io/sdk/contrib/tools/workflowcheck@$(WORKFLOWCHECK_VERSION) ./workflows/...
	cd console && npm run typecheck && npm run lint
	cd widget && npm run typecheck

.PHONY: fmt
fmt: ## Format the Go code
	go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION) fmt ./...
	cd devstack && go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION) fmt --config ../.golangci.yml ./...

.PHONY: generate
generate: console/node_modules/.package-lock.json ## Write api/openapi.json, the console's types and .env.example anew
	go test ./api -run 'OpenAPI' -update
	cd console && npm run types
	go run ./cmd/tandem config --env-example > .env.example

.PHONY: verify
verify: console/node_modules/.package-lock.json ## Fail when a generated file is out of date
	go test ./api -run 'OpenAPI'
	scripts/verify-console-types.sh

.PHONY: tidy
tidy: ## Tidy both modules
	go mod tidy
	cd devstack && go mod tidy

.PHONY: tidy-check
tidy-check: ## Fail when a go.mod isn't tidy
	go mod tidy -diff
	cd devstack && go mod tidy -diff

.PHONY: vuln
vuln: ## Look for known vulnerabilities in what the product calls
	go run golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK_VERSION) ./...

.PHONY: ci
ci: tidy-check lint verify test ## What CI runs, in the order that fails soonest

.PHONY: clean
clean: ## Remove what was built (not the data in .tandem)
	rm -rf bin console/dist/assets console/dist/*.html widget/dist/*.js console/node_modules widget/node_modules
