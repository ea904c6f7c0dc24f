//! A worker's memory for Argon2: allocated when it is first needed, reused, and freed when the worker is idle.
//!
//! Allocating 19 MiB for each hash costs more in page faults than in hashing, and an allocator that keeps such blocks grows without
//! bound in a flood.

use std::{hint::black_box, time::Duration};

use argon2::{Argon2, Block};
use zeroize::Zeroize as _;

use super::error::HashingError;

/// How long wiped memory is kept for the next password.
const KEEP_WIPED: Duration = Duration::from_secs(10);

/// How long after a free the allocator is ready to return the memory to the system, with a margin.
const RETURN_AFTER: Duration = Duration::from_secs(2);

/// Memory that is first touched in here gets huge pages; the rest of the process does without. Huge pages make a hash of 64 MiB about
/// a tenth faster, and an idle service a third larger. Another worker that ends this early costs this one that tenth, and nothing else.
fn in_huge_pages<T>(allocate: impl FnOnce() -> T) -> T {
    let _ = rustix::thread::disable_transparent_huge_pages(false);
    let allocated = allocate();
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    allocated
}

/// Allocates blocks; `None` if the system has not enough memory: a request can be refused, but a process that aborts ends all requests.
fn allocate(blocks: usize) -> Option<Vec<Block>> {
    in_huge_pages(|| {
        let mut memory = Vec::new();
        memory.try_reserve_exact(blocks).ok()?;
        memory.resize(blocks, Block::new());
        Some(memory)
    })
}

/// A worker's memory.
pub(super) struct Memory {
    blocks: Vec<Block>,
    /// How many blocks are kept for the next password: those of a hash with the current parameters.
    kept: usize,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// No memory: the system has it.
    None,
    /// Holds what the last password left.
    Used,
    /// Overwritten with zeros.
    Wiped,
    /// The allocator may still hold it.
    Freed,
}

impl Memory {
    pub(super) fn new(kept: usize) -> Self {
        Self { blocks: Vec::new(), kept, state: State::None }
    }

    /// Argon2 in this memory. What it held before is overwritten.
    pub(super) fn hash(&mut self, argon2: &Argon2<'_>, password: &[u8], salt: &[u8], out: &mut [u8]) -> Result<(), HashingError> {
        let wanted = argon2.params().block_count();
        if self.blocks.len() < wanted {
            // Freed first, so that both are never allocated together.
            self.blocks = Vec::new();
            self.blocks = allocate(wanted).ok_or(HashingError::Overloaded)?;
        }
        self.state = State::Used;
        let hashed = argon2.hash_password_into_with_memory(password, salt, out, &mut self.blocks);
        if self.blocks.len() > self.kept {
            // An imported hash, which is replaced at this sign-in.
            self.blocks.iter_mut().for_each(Block::zeroize);
            self.blocks = Vec::new();
        }
        hashed.map_err(|_| HashingError::Failed)
    }

    /// Writes as much memory as a hash with the current parameters does, after a hash that needs none. Otherwise its refusal would be
    /// answered from warmer caches, which a client can measure.
    pub(super) fn sweep(&mut self) {
        if self.blocks.is_empty() {
            self.blocks = allocate(self.kept).unwrap_or_default();
        }
        self.blocks.iter_mut().for_each(Block::zeroize);
        self.state = State::Used;
    }

    /// After a panic the state is unknown: the next password gets fresh memory.
    pub(super) fn discard(&mut self) -> HashingError {
        *self = Self::new(self.kept);
        HashingError::Failed
    }

    /// How long to wait for work before [`Memory::on_idle`] is due.
    pub(super) fn idle_timeout(&self) -> Duration {
        match self.state {
            State::Used => Duration::ZERO,
            State::Wiped => KEEP_WIPED,
            State::Freed => RETURN_AFTER,
            State::None => Duration::MAX,
        }
    }

    /// Wipes used memory, frees wiped memory. Between two passwords nothing needs to be wiped: the second overwrites all that the first
    /// left.
    pub(super) fn on_idle(&mut self) {
        self.state = match self.state {
            State::Used => {
                self.blocks.iter_mut().for_each(Block::zeroize);
                State::Wiped
            }
            State::Wiped => {
                self.blocks = Vec::new();
                State::Freed
            }
            State::Freed | State::None => {
                // mimalloc returns freed memory at the next free, and an idle service frees nothing.
                drop(black_box(Vec::<u8>::with_capacity(1 << 20)));
                State::None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use argon2::{Algorithm, Argon2, Params, Version};

    use super::{KEEP_WIPED, Memory, RETURN_AFTER};

    /// RFC 9106 section 5.3 has a secret and associated data; without them this is the vector of the reference implementation's test.c
    /// (Argon2id, version 19, t=2, m=256 KiB, p=1, "password", "somesalt").
    #[test]
    fn a_known_hash_in_memory_that_was_used_before() {
        let mut memory = Memory::new(2048);
        let mut hash = |m_cost, t_cost| {
            let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(m_cost, t_cost, 1, None).unwrap());
            let mut out = [0; 32];
            memory.hash(&argon2, b"password", b"somesalt", &mut out).unwrap();
            let mut fresh = [0; 32];
            argon2.hash_password_into(b"password", b"somesalt", &mut fresh).unwrap();
            assert_eq!(out, fresh, "used memory gives what fresh memory gives");
            out
        };
        hash(1024, 1);
        let known = hash(256, 2);
        assert_eq!(known[..8], [0x9d, 0xfe, 0xb9, 0x10, 0xe8, 0x0b, 0xad, 0x03]);
        hash(2048, 1);
    }

    #[test]
    fn used_memory_is_wiped_at_once_and_freed_later() {
        let mut memory = Memory::new(64);
        assert_eq!(memory.idle_timeout(), Duration::MAX);
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 1, 1, None).unwrap());
        memory.hash(&argon2, b"password", b"somesalt", &mut [0; 32]).unwrap();
        assert_eq!(memory.idle_timeout(), Duration::ZERO);
        assert!(memory.blocks.iter().any(|block| block.as_ref().iter().any(|word| *word != 0)));
        memory.on_idle();
        assert!(memory.blocks.iter().all(|block| block.as_ref().iter().all(|word| *word == 0)));
        assert_eq!(memory.idle_timeout(), KEEP_WIPED);
        memory.on_idle();
        assert_eq!((memory.blocks.len(), memory.idle_timeout()), (0, RETURN_AFTER));
        memory.on_idle();
        assert_eq!(memory.idle_timeout(), Duration::MAX);
    }

    #[test]
    fn a_sweep_writes_as_much_memory_as_a_current_hash() {
        let mut memory = Memory::new(64);
        memory.sweep();
        assert_eq!((memory.blocks.len(), memory.idle_timeout()), (64, Duration::ZERO));
        memory.on_idle();
        assert_eq!(memory.idle_timeout(), KEEP_WIPED);
    }

    #[test]
    fn c_23_extra_memory_is_freed_after_its_hash_and_an_allocation_that_fails_is_refused() {
        let mut memory = Memory::new(64);
        let mut hash = |kib| {
            let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(kib, 1, 1, None).unwrap());
            memory.hash(&argon2, b"password", b"somesalt", &mut [0; 32]).map(|()| memory.blocks.len())
        };
        assert_eq!([hash(64), hash(128), hash(32)], [Ok(64), Ok(0), Ok(32)]);
        assert!(super::allocate(usize::MAX / 2048).is_none());
    }
}
