//! A worker's memory for Argon2: taken when it is first needed, used again and again, given back when there is nothing to do.
//!
//! A fresh 19 MiB block a hash costs more in page faults than in hashing, and an allocator that keeps such blocks grows without
//! bound in a flood.

use std::{hint::black_box, time::Duration};

use argon2::{Argon2, Block};
use zeroize::Zeroize as _;

use super::HashingError;

/// How long wiped memory is kept for the next password.
const KEPT: Duration = Duration::from_secs(10);

/// How long after memory was freed the allocator is ready to give it back to the system, and a little.
const FREED: Duration = Duration::from_secs(2);

/// Memory that is first touched in here gets huge pages, which the rest of the process goes without: they make a hash of 64 MiB some
/// tenth faster, and an idle service a third larger. Another worker that ends this early costs this one that tenth, and nothing else.
fn in_huge_pages<T>(take: impl FnOnce() -> T) -> T {
    let _ = rustix::thread::disable_transparent_huge_pages(false);
    let taken = take();
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    taken
}

/// So many blocks, if they can be had: a process that aborts for want of memory helps nobody.
fn take(blocks: usize) -> Option<Vec<Block>> {
    in_huge_pages(|| {
        let mut taken = Vec::new();
        taken.try_reserve_exact(blocks).ok()?;
        taken.resize(blocks, Block::new());
        Some(taken)
    })
}

/// A worker's memory.
pub(super) struct Memory {
    blocks: Vec<Block>,
    /// As many blocks as are kept for the next password: what one of today's hashes needs.
    kept: usize,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// There is none, and the system has it back.
    None,
    /// It holds what the last password left.
    Used,
    /// It holds nothing.
    Wiped,
    /// The allocator has it.
    Freed,
}

impl Memory {
    /// None yet.
    pub(super) fn new(kept: usize) -> Self {
        Self { blocks: Vec::new(), kept, state: State::None }
    }

    /// Argon2 over this memory. Whatever it held is overwritten.
    pub(super) fn hash(&mut self, argon2: &Argon2<'_>, password: &[u8], salt: &[u8], out: &mut [u8]) -> Result<(), HashingError> {
        let wanted = argon2.params().block_count();
        if self.blocks.len() < wanted {
            // Given back first: nobody needs both.
            self.blocks = Vec::new();
            self.blocks = take(wanted).ok_or(HashingError::Overloaded)?;
        }
        self.state = State::Used;
        let hashed = argon2.hash_password_into_with_memory(password, salt, out, &mut self.blocks);
        if self.blocks.len() > self.kept {
            // Somebody who was brought along, once.
            self.blocks.iter_mut().for_each(Block::zeroize);
            self.blocks = Vec::new();
        }
        hashed.map_err(|_| HashingError::Failed)
    }

    /// Goes over as much memory as a hash of today does, for one that needs none: otherwise whoever it refuses is answered from warmer
    /// caches, which can be measured from outside.
    pub(super) fn sweep(&mut self) {
        if self.blocks.is_empty() {
            self.blocks = take(self.kept).unwrap_or_default();
        }
        self.blocks.iter_mut().for_each(Block::zeroize);
        self.state = State::Used;
    }

    /// After a panic: nobody knows what state it is in, and the next password gets fresh memory.
    pub(super) fn give_up(&mut self) -> HashingError {
        *self = Self::new(self.kept);
        HashingError::Failed
    }

    /// How long to wait for work before [`Memory::settle`] is due.
    pub(super) fn patience(&self) -> Duration {
        match self.state {
            State::Used => Duration::ZERO,
            State::Wiped => KEPT,
            State::Freed => FREED,
            State::None => Duration::MAX,
        }
    }

    /// Wipes what was used. Gives back what was wiped and not used since. Between two passwords there is nothing to wipe: the second
    /// overwrites all that the first left.
    pub(super) fn settle(&mut self) {
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
                // mimalloc gives back what was freed when something else is, and in a service that nobody asks anything nothing is.
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

    use super::{FREED, KEPT, Memory};

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
    fn used_memory_is_wiped_at_once_and_given_back_later() {
        let mut memory = Memory::new(64);
        assert_eq!(memory.patience(), Duration::MAX);
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 1, 1, None).unwrap());
        memory.hash(&argon2, b"password", b"somesalt", &mut [0; 32]).unwrap();
        assert_eq!(memory.patience(), Duration::ZERO);
        assert!(memory.blocks.iter().any(|block| block.as_ref().iter().any(|word| *word != 0)));
        memory.settle();
        assert!(memory.blocks.iter().all(|block| block.as_ref().iter().all(|word| *word == 0)));
        assert_eq!(memory.patience(), KEPT);
        memory.settle();
        assert_eq!((memory.blocks.len(), memory.patience()), (0, FREED));
        memory.settle();
        assert_eq!(memory.patience(), Duration::MAX);
    }

    #[test]
    fn what_needs_none_goes_over_as_much_as_one_of_today() {
        let mut memory = Memory::new(64);
        memory.sweep();
        assert_eq!((memory.blocks.len(), memory.patience()), (64, Duration::ZERO));
        memory.settle();
        assert_eq!(memory.patience(), KEPT);
    }

    #[test]
    fn c_23_what_one_hash_needed_more_is_given_back_and_what_there_is_not_is_refused() {
        let mut memory = Memory::new(64);
        let mut hash = |kib| {
            let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(kib, 1, 1, None).unwrap());
            memory.hash(&argon2, b"password", b"somesalt", &mut [0; 32]).map(|()| memory.blocks.len())
        };
        assert_eq!([hash(64), hash(128), hash(32)], [Ok(64), Ok(0), Ok(32)]);
        assert!(super::take(usize::MAX / 2048).is_none());
    }
}
