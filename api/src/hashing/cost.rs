//! What verifying an imported hash may cost.

/// The most bytes of memory that an imported hash may take.
pub(super) const MAX_MEMORY: u64 = 256 << 20;

/// The most bytes of memory that it may fill, all passes together: about a second.
pub(super) const MAX_WORK: u64 = 2 << 30;
