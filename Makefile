.DEFAULT_GOAL := help
.PHONY: help run check setup test test-all test-browsers test-doctor test-dist dist soak bench spec docs

help: ## lists the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1\t\2/p' Makefile | expand -t 22

run: ## serves on http://localhost:3000
	@cargo run

check: ## format, layers, clippy, unit tests: about a minute on a warm tree, installs nothing
	@.ci/check

setup: ## installs what the tests need: servers and browsers (apt), the clients' tools (npm), cargo tools
	@.ci/setup

test: ## setup, then every check
	@.ci/test

test-all: ## the same, and what takes too long for each change
	@.ci/test-all

test-browsers: ## what Chromium and Firefox do with the cookies
	cargo build
	npm --prefix clients/typescript ci --no-audit --no-fund --loglevel=error
	npm --prefix clients/doctor ci --no-audit --no-fund --loglevel=error
	npm --prefix clients/browsers ci --no-audit --no-fund --loglevel=error
	WHOLE=1 npm --prefix clients/browsers test

test-doctor: ## the doctor beside real servers and browsers; MATRIX=core is the part that every test run has
	@.ci/install openssl chromium firefox-esr nginx-light tomcat10 default-jdk-headless python3-venv
	cargo build
	npm --prefix clients/doctor ci --no-audit --no-fund --loglevel=error
	npm --prefix clients/browsers ci --no-audit --no-fund --loglevel=error
	clients/browsers/matrix/install
	npm --prefix clients/browsers run matrix

dist: ## builds a release into dist/: binaries, npm, Debian and container packages, bill of materials, checksums
	@packaging/dist

test-dist: ## builds a release, starts each part of it and signs in; as root, for it mounts file systems
	@.ci/install binutils ca-certificates debootstrap iproute2 openssl python3-aiosmtpd python3-seccomp python3-venv qemu-user-static skopeo systemd umoci xz-utils
	npm --prefix packaging ci --no-audit --no-fund --loglevel=error
	@packaging/dist
	npm --prefix packaging run test:dist

soak: ## the races of sign-outs and reads in full length, on every database: about an hour
	@.ci/soak

bench: ## measures the service beside baselines; ONLY=flood measures one topic, ONLY=--help lists the topics
	@.ci/install wrk redis-server postgresql mariadb-server
	cargo build --release -p bifrons -p bifrons-testbed -p bench
	cargo build --release --manifest-path bench/peer/Cargo.toml --target-dir target/peer
	@PEER=target/peer/release/peer .ci/with-databases cargo run --quiet --release -p bench -- $(ONLY)

spec: ## writes openapi.json, openapi.txt, openapi-testbed.json and the client from the code
	UPDATE_SPEC=1 cargo test --quiet -p bifrons --test it specification::
	UPDATE_SPEC=1 cargo test --quiet -p bifrons-testbed --bin bifrons-testbed openapi_testbed_json
	npm --prefix clients/typescript ci --no-audit --no-fund --loglevel=error
	npm --prefix clients/typescript run generate
	npm --prefix clients/testbed ci --no-audit --no-fund --loglevel=error
	npm --prefix clients/testbed run generate

docs: ## writes the generated parts of the documents from the code
	UPDATE_DOCS=1 cargo test --quiet -p bifrons --test it document -- --skip static_documents --test-threads=1
