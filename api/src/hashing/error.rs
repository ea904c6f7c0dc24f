//! Why a password was neither hashed nor verified.

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashingError {
    #[error("all password workers are busy and their queue is full")]
    Overloaded,
    #[error("a password worker failed")]
    Failed,
}
