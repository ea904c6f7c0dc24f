# make test           installs what is missing and runs everything
# make test-browsers  what Chromium and Firefox do with our cookies, alone
# make bench          measures the service beside an endpoint that does nothing; ONLY=flood that alone, ONLY=--help says what else
# make run            serves on http://localhost:3000
# make spec           rewrites openapi.json and openapi.txt from the code, and the client from them

.PHONY: test test-browsers bench run spec

test:
	@.ci/test

test-browsers:
	cargo build
	npm --prefix clients/typescript ci --no-audit --no-fund --loglevel=error
	npm --prefix clients/browsers ci --no-audit --no-fund --loglevel=error
	npm --prefix clients/browsers test

bench:
	@.ci/install wrk redis-server postgresql mariadb-server
	cargo build --release -p bifrons -p bench
	@.ci/with-databases cargo run --quiet --release -p bench -- $(ONLY)

run:
	@cargo run

spec:
	UPDATE_SPEC=1 cargo test --quiet -p bifrons --test it specification::
	npm --prefix clients/typescript ci --no-audit --no-fund --loglevel=error
	npm --prefix clients/typescript run generate
