//! What a refresh token is worth, judged by the row of its grant.

use std::time::Duration;

use entity::{UnixMillis, session, token_grant, user};

/// A grant, its session and its user.
pub type Found = (token_grant::Model, session::Model, user::Model);

/// What became of a refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is not valid, for this reason.
    Refused(&'static str),
    /// Another transaction holds the row.
    Locked,
    /// It was used before, so there is a copy of it. Its session has yet to end.
    Reused(Box<Found>),
    /// Its successor was made within the grace. The rows are those that the successor was made with.
    Repeated(Box<Found>),
    /// Its successor was made just now. The rows are the new ones.
    Rotated(Box<Found>),
}

/// What a genuine token of a live session is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is valid: its successor has yet to be made.
    Current,
    /// Its successor was made within the grace: the client gets it again.
    Predecessor,
    /// Its successor was made before that, or has successors of its own.
    Reused,
    /// This service has not made it yet.
    Unknown,
}

impl Standing {
    /// The standing of the token of `generation`.
    pub fn of(generation: i64, grant: &token_grant::Model, now: UnixMillis, grace: Duration) -> Self {
        // In both directions: clocks of two nodes differ, and one may jump back; neither may stretch the grace.
        let within = |moment: UnixMillis| now.since(moment) <= grace && moment.since(now) <= grace && !grace.is_zero();
        match grant.generation - generation {
            0 => Self::Current,
            1 if grant.rotated_at.is_some_and(within) => Self::Predecessor,
            1.. => Self::Reused,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use entity::{UnixMillis, token_grant};

    use super::Standing;
    use crate::fixtures;

    const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
    const GRACE: Duration = Duration::from_secs(10);

    #[test]
    fn the_generation_and_the_grace_decide_what_a_token_is_worth() {
        let grant = token_grant::Model { generation: 5, rotated_at: Some(NOW), ..fixtures::grant() };
        let later = NOW.plus(GRACE + Duration::from_millis(1));
        for (generation, now, grace, expected) in [
            (5, later, GRACE, Standing::Current),
            (4, NOW.plus(GRACE), GRACE, Standing::Predecessor),
            (4, NOW.minus(GRACE), GRACE, Standing::Predecessor),
            (4, later, GRACE, Standing::Reused),
            (4, NOW.minus(GRACE + Duration::from_millis(1)), GRACE, Standing::Reused),
            (4, NOW, Duration::ZERO, Standing::Reused),
            (3, NOW, GRACE, Standing::Reused),
            (6, NOW, GRACE, Standing::Unknown),
        ] {
            assert_eq!(Standing::of(generation, &grant, now, grace), expected, "generation {generation}");
        }
    }
}
