# make check is what CI runs. Everything works offline once the modules are there.
VERSION ?= $(shell deploy/version.sh)
COMMIT  ?= $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
# The commit's date, so that one commit gives one binary.
DATE    ?= $(shell TZ=UTC git log -1 --format=%cd --date=format-local:%Y-%m-%dT%H:%M:%SZ 2>/dev/null || echo unknown)
LDFLAGS  = -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT) -X main.date=$(DATE)

BENCH     ?= .
BENCHTIME ?= 1x
FUZZTIME  ?= 100000x
MUTANTS   ?= agent/plan internal/el internal/scim walkme

SHELL := bash
.SHELLFLAGS := -o pipefail -c

.DEFAULT_GOAL := help
.PHONY: help check test bench fuzz mutants build package image boot drill demo picture clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

check: ## everything that CI checks
	.ci/run

test: ## the tests alone
	go test ./...

bench: ## the benchmark table; BENCH=regexp, BENCHTIME=1x
	@go test -run '^$$' -bench '$(BENCH)' -benchtime $(BENCHTIME) -benchmem -timeout 2h ./... | \
		grep -E '^(Benchmark|pkg:|cpu:|FAIL|panic|---)'

fuzz: ## each fuzz target for FUZZTIME=100000x inputs, after the checks
	FUZZTIME=$(FUZZTIME) .ci/run

mutants: ## small faults put into MUTANTS="agent/plan …", one at a time: the tests must notice
	@for p in $(MUTANTS); do \
		go tool -modfile=tools/go.mod gremlins unleash ./$$p --timeout-coefficient 30 --output-statuses lt || exit 1; \
	done

build: ## bin/okta-walkme-agent, static
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/okta-walkme-agent

package: ## dist/: .deb and .rpm for amd64 and arm64, binaries, SBOM
	VERSION='$(VERSION)' COMMIT='$(COMMIT)' DATE='$(DATE)' LDFLAGS='$(LDFLAGS)' deploy/package/build.sh

image: ## dist/: the container image, an OCI archive for amd64 and arm64
	VERSION='$(VERSION)' COMMIT='$(COMMIT)' DATE='$(DATE)' LDFLAGS='$(LDFLAGS)' deploy/image/build.sh

boot: ## the packages on a booted Debian; needs root, systemd-nspawn and debootstrap
	deploy/e2e/run

drill: ## lose a machine in the middle of a run and restore its state
	deploy/litestream/drill.sh

demo: ## a whole org and tenant in one process
	go run ./cmd/okta-walkme-agent demo

picture: ## docs/demo.svg, from the demo's real output
	COLUMNS=100 go run ./cmd/okta-walkme-agent --color always demo | go run -C tools ./picture -from 'agent plan$$' -lines 34 >docs/demo.svg

clean: ## remove what build made
	rm -rf bin dist
