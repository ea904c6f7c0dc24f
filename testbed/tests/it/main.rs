//! The testbed as tests use it: the real binary, its service and its control.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "a test says what it covered")]
#![expect(unreachable_pub, reason = "a test binary has no public API")]

mod dependencies;
mod faults;
mod process;
mod resets;
mod rules;
mod states;
mod stories;
mod support;
