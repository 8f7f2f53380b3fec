# Vigil. `make run` shows it at work, `make test` proves it, `make check` is what a change must pass.
SHELL := /bin/bash
APT := libxml2-dev libsqlite3-dev libsimdjson-dev zlib1g-dev libdeflate-dev libzstd-dev libzip-dev curl
VIGIL := .build/release/vigil
PORT ?= 8080

.PHONY: help run test test-cluster test-spark check faults fuzz build packages format golden clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

packages: ## install the Debian packages that are missing
	@missing=$$(for p in $(APT); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -n "$$missing" ]; then \
	  echo "make: installing" $$missing; \
	  sudo=$$( [ $$(id -u) = 0 ] || echo sudo ); \
	  $$sudo apt-get update -qq && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	fi

build: packages ## build the release binary
	@echo "make: building the release binary (a first build takes some minutes)"
	@swift build -c release --product vigil

run: build ## start the service, open a chart, print the cards, keep serving
	@exec $(VIGIL) serve --port $(PORT) --open-chart FixturesFHIR/hooks/patient-view-septic.json

test faults: APT += python3 python3-lxml python3-jsonschema openssl sqlite3 strace
# What docs/analysts.md is written for.
test: APT += python3-numpy python3-pandas
test: packages ## run all tests (in the release configuration, so that there is one build)
	@echo "make: building and running the tests"
	@swift build -c release --build-tests
	@swift test -c release --skip-build --skip 'ConnectionTests|WorkQueueTests'
	@echo "make: tests that hold threads and sockets, by themselves"
	@swift test -c release --skip-build --filter 'ConnectionTests|WorkQueueTests'
	@echo "make: running the README's commands"
	@bash Tests/EndToEnd/readme.sh
	@echo "make: exit codes, and kill -9 under load"
	@bash Tests/EndToEnd/commands.sh
	@bash Tests/EndToEnd/replay.sh
	@bash Tests/EndToEnd/silent.sh
	@bash Tests/EndToEnd/kill.sh
	@echo "make: fetching from a FHIR server, feedback"
	@bash Tests/EndToEnd/fetch.sh
	@echo "make: TLS, tokens, slow clients, a stop under load; backup and restore"
	@bash Tests/EndToEnd/security.sh
	@bash Tests/EndToEnd/schemathesis.sh
	@bash Tests/EndToEnd/operations.sh
	@echo "make: stopping, activating and rolling back under load, conformance, configuration"
	@bash Tests/EndToEnd/control.sh
	@echo "make: the reviewer's work on the trail"
	@bash Tests/EndToEnd/trail.sh
	@bash Tests/EndToEnd/reviewer.sh
	@echo "make: an audit repository that is killed under load"
	@bash Tests/EndToEnd/ship.sh
	@echo "make: disks that fail, are full or slow"
	@bash Tests/EndToEnd/faults.sh
	@echo "make: real messages and rubbish"
	@$(firstword $(wildcard /usr/bin/python3) python3) Tests/EndToEnd/corpus.py

test-spark: build ## replay on a local Spark cluster, a worker killed half-way (installs Java and pyspark where they are missing)
	@bash Tests/EndToEnd/spark.sh

test-cluster: APT += libpq-dev postgresql nginx-light python3 python3-cryptography
# A folder of its own: with another trait every module is another one.
test-cluster: CLUSTER_BUILD ?= .build/postgresql
test-cluster: packages ## run the trail on PostgreSQL: its tests, and three services that are killed under load
	@echo "make: building with PostgreSQL"
	@swift build -c release --traits PostgreSQL --scratch-path $(CLUSTER_BUILD) --build-tests
	@SUITE=1 BUILD=$(CLUSTER_BUILD) bash Tests/EndToEnd/cluster.sh

check: packages ## format, fixtures, warnings as errors, imports, tests
	@swift format lint --strict --recursive --parallel Sources Tests Package.swift
	@python3 FixturesFHIR/generate.py --check
	@swift build --build-tests -Xswiftc -warnings-as-errors --explicit-target-dependency-import-check error
	@$(MAKE) --no-print-directory test

faults: build ## make every file system call of the trail fail in turn (three quarters of an hour)
	@bash Tests/EndToEnd/faults.sh all

fuzz: packages ## fuzz the readers of JSON, XML and gzip, SECONDS each (60)
	@bash Tests/Fuzz/run.sh $(or $(SECONDS),60)

format: ## put the sources into the house style
	@swift format --in-place --recursive --parallel Sources Tests Package.swift

golden: build ## rewrite the golden files; read the diff before you commit it
	@VIGIL_UPDATE_GOLDENS=1 swift test -c release

clean: ## remove what was built
	@rm -rf .build
