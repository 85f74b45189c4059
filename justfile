# The usual commands; `just` lists them.

_list:
    @just --list --unsorted

# The main job on the sample in the box, into artifacts/
run *flags:
    cargo run -- run --stage all {{ flags }}

# All tests, or those whose names hold a word
test word="":
    cargo test --workspace -- {{ word }}

# Formatting and lints, as CI has them
lint:
    cargo fmt --all --check
    cargo clippy --locked --workspace --all-targets -- -D warnings

# docs/reports.md and docs/tables.md, made of the SQL files and the catalog
docs:
    UPDATE_DOCS=1 cargo test --test it -- docs::

# What runs etl unattended, held to Airflow, systemd, Kubernetes' schemas, shellcheck
deploy *parts:
    cargo build --workspace
    tests/deploy/run "${CARGO_TARGET_DIR:-target}/debug/etl" {{ parts }}

# The lake as polars, pandas, pyarrow, delta-rs and DuckDB read it
interop:
    tests/interop/run

# Everything that CI runs
all:
    .ci/run

# What is handed to others, into release/
release *flags:
    scripts/release {{ flags }}
