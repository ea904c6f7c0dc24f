//! Standard output.

use std::io::{self, Write};

use super::failure::Failure;

/// Prints to standard output. A reader that closes the pipe (`bifrons openapi | head`) is not an error.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::new(error)),
        _ => Ok(()),
    }
}
