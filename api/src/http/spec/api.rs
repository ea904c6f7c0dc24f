//! Which API a document describes.

/// Which API a document describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// What clients of users call.
    Public,
    /// What operators call.
    Admin,
}
