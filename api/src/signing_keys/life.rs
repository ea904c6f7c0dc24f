//! The life of a signing key: published → signing → retired → gone. It follows from the times in the rows alone, so all nodes agree.

use std::time::Duration;

use entity::{UnixMillis, signing_key::Model};

/// How long a verifier may cache the JWK Set: `Cache-Control: max-age` of its answer.
pub const JWKS_MAX_AGE: Duration = Duration::from_secs(300);

/// How often a node reads the keys.
pub(crate) const READ_EVERY: Duration = Duration::from_secs(10);

/// How long until every node has read a key.
pub(crate) const READ_BY_ALL_AFTER: Duration = READ_EVERY.saturating_mul(2);

/// How long a new key is published before it signs: until every node has read it and every cached JWK Set has expired, with room for the
/// clocks of nodes and for nodes whose reading fails for a while.
pub const PUBLISHED_FOR: Duration = JWKS_MAX_AGE.saturating_mul(2);

/// How long a key stays published after the next one signs: the longest `tokens.access_ttl`, and a day. A node whose clock is set to
/// another time zone must not remove a key that the other nodes sign with, nor make one that ends theirs hours ago.
pub const RETIRED_FOR: Duration = Duration::from_secs((1 + 24) * 3600);

/// Whether a node with a right clock can have written that a key signs from then: its clock may be ahead by as much room as a key has.
pub(super) fn is_reachable(signs_from: UnixMillis, now: UnixMillis) -> bool {
    signs_from <= now.plus(2 * PUBLISHED_FOR)
}

/// Where a key is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Verifiers learn of it. It signs from then on.
    Published(UnixMillis),
    /// It signs.
    Signing,
    /// The next key signs. Its tokens may be valid until then.
    Retired(UnixMillis),
}

/// The keys of the database, oldest first, each with its stage.
pub(crate) fn staged(rows: Vec<Model>, now: UnixMillis) -> Vec<(Model, Stage)> {
    let signs_from: Vec<_> = rows.iter().map(|row| row.signs_from).collect();
    rows.into_iter().zip(stages(&signs_from, now)).collect()
}

/// The stages of keys that sign from these times, in the order of their numbers. The newest key signs whose time has come. If the clock
/// stands before all of them, the first one signs.
fn stages(signs_from: &[UnixMillis], now: UnixMillis) -> Vec<Stage> {
    let signing = signs_from.iter().rposition(|from| *from <= now).unwrap_or_default();
    let stage = |(at, from): (usize, &UnixMillis)| match at.cmp(&signing) {
        std::cmp::Ordering::Greater => Stage::Published(*from),
        std::cmp::Ordering::Equal => Stage::Signing,
        std::cmp::Ordering::Less => {
            // Of several keys that came after it, the one that signed first ended its time.
            let ended = signs_from[at + 1..=signing].iter().min().copied().unwrap_or(now);
            Stage::Retired(ended.plus(RETIRED_FOR))
        }
    };
    signs_from.iter().enumerate().map(stage).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use entity::UnixMillis;

    use super::{RETIRED_FOR, Stage, stages};

    fn at(minutes: u64) -> UnixMillis {
        UnixMillis(1_000_000_000_000).plus(Duration::from_secs(minutes * 60))
    }

    #[test]
    fn a_key_is_published_signs_and_retires() {
        let retired = |minutes| Stage::Retired(at(minutes).plus(RETIRED_FOR));
        let keys = [at(0), at(60), at(120)];
        assert_eq!(stages(&keys, at(0)), [Stage::Signing, Stage::Published(at(60)), Stage::Published(at(120))]);
        assert_eq!(stages(&keys, at(59)), [Stage::Signing, Stage::Published(at(60)), Stage::Published(at(120))]);
        assert_eq!(stages(&keys, at(60)), [retired(60), Stage::Signing, Stage::Published(at(120))]);
        assert_eq!(stages(&keys, at(500)), [retired(60), retired(120), Stage::Signing]);
        assert_eq!(stages(&keys[1..], at(0)), [Stage::Signing, Stage::Published(at(120))], "a clock that was set back");
        assert_eq!(stages(&[], at(0)), []);
    }

    /// A key that signs at once overtakes one that was only published.
    #[test]
    fn a_key_that_never_signed_retires_with_the_one_before_it() {
        let keys = [at(0), at(60), at(10)];
        let retired = Stage::Retired(at(10).plus(RETIRED_FOR));
        assert_eq!(stages(&keys, at(10)), [retired, retired, Stage::Signing]);
    }
}
