//! What commands print.

use std::io::{self, Write};

use super::failure::Failure;

/// Prints to standard output. A reader that closes the pipe (`bifrons openapi | head`) is not an error.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::new(error)),
        _ => Ok(()),
    }
}

/// Tells a person that a list is empty. A program that reads standard output gets nothing.
pub(super) fn print_none(what: &str) {
    let _ = writeln!(io::stderr(), "{what}");
}

/// A number and what it counts: `1 attempt`, `2 attempts`.
pub(super) fn counted(count: impl TryInto<u64>, one: &str) -> String {
    match count.try_into().unwrap_or_default() {
        1 => format!("1 {one}"),
        count => format!("{count} {one}s"),
    }
}
