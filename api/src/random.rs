//! The one source of randomness: the operating system's, through aws-lc.

use aws_lc_rs::rand;
use entity::UnixMillis;
use uuid::Uuid;

/// `N` unpredictable bytes.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

/// A new id that sorts after all earlier ones (RFC 9562 section 5.7). Ids are public: no check may depend on an id being secret.
pub fn uuid_v7(now: UnixMillis) -> Uuid {
    #[cfg(feature = "testbed")]
    if let Some(counted) = counted::next() {
        return uuid_v7_with(now, &counted);
    }
    passing_uuid_v7(now)
}

/// The same for what no user owns: a request, an access token, the mark of a node.
pub fn passing_uuid_v7(now: UnixMillis) -> Uuid {
    uuid_v7_with(now, &bytes())
}

fn uuid_v7_with(now: UnixMillis, rest: &[u8; 10]) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(u64::try_from(now.0).unwrap_or(0), rest).into_uuid()
}

/// Ids of rows that are counted instead of drawn, so that a snapshot of an answer is the same in each run.
#[cfg(feature = "testbed")]
pub mod counted {
    use std::sync::atomic::{AtomicU64, Ordering};

    /// The number of the next id; 0 while ids are drawn.
    static NEXT: AtomicU64 = AtomicU64::new(0);

    /// Counts from now on, beginning with 1.
    pub fn restart() {
        NEXT.store(1, Ordering::SeqCst);
    }

    pub(super) fn next() -> Option<[u8; 10]> {
        let counts = |next: u64| (next > 0).then(|| next.wrapping_add(1));
        let number = NEXT.fetch_update(Ordering::SeqCst, Ordering::SeqCst, counts).ok()?;
        let mut bytes = [0; 10];
        bytes[2..].copy_from_slice(&number.to_be_bytes());
        Some(bytes)
    }
}

/// The same, after another id too: a clock may have been set back since, or be behind the one of the node that made the other id.
pub fn uuid_v7_after(other: Option<Uuid>, now: UnixMillis) -> Uuid {
    let other = other.and_then(moment_of);
    uuid_v7(other.map_or(now, |other| now.max(UnixMillis(other.0.saturating_add(1)))))
}

/// When an id was made, by the clock of the node that made it.
pub fn moment_of(id: Uuid) -> Option<UnixMillis> {
    let (seconds, nanos) = id.get_timestamp()?.to_unix();
    i64::try_from(seconds.saturating_mul(1000) + u64::from(nanos / 1_000_000)).ok().map(UnixMillis)
}

/// Stops the process if the system gives no randomness, because every credential depends on it.
fn fill(bytes: &mut [u8]) {
    assert!(rand::fill(bytes).is_ok(), "the operating system gives no randomness");
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use entity::UnixMillis;

    #[test]
    fn asvs_11_5_2_secrets_never_repeat_across_threads() {
        let drawn: Vec<[u8; 32]> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| (0..10_000).map(|_| super::bytes()).collect::<Vec<_>>())).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(drawn.iter().collect::<HashSet<_>>().len(), 80_000);
        let ones: u32 = drawn.iter().flatten().map(|byte| byte.count_ones()).sum();
        let (bits, deviation) = (80_000.0 * 256.0, f64::from(ones) - 80_000.0 * 128.0);
        assert!(deviation.abs() < 6.0 * (bits / 4.0_f64).sqrt(), "monobit: {ones} ones");
    }

    #[test]
    fn ids_sort_by_time() {
        let ids: Vec<_> = (0..100).map(|n| super::uuid_v7(UnixMillis(1_700_000_000_000 + n))).collect();
        assert!(ids.is_sorted());
        assert_eq!(ids[0].get_version_num(), 7);
    }

    #[test]
    fn an_id_sorts_after_one_of_a_clock_that_is_ahead() {
        let (now, ahead) = (UnixMillis(1_700_000_000_000), super::uuid_v7(UnixMillis(1_800_000_000_123)));
        let mut last = ahead;
        for _ in 0..100 {
            let next = super::uuid_v7_after(Some(last), now);
            assert!(next > last);
            last = next;
        }
        assert!(super::uuid_v7_after(None, now) < ahead);
        assert!(
            super::uuid_v7_after(Some(super::uuid_v7(UnixMillis(1_600_000_000_000))), now) > super::uuid_v7(UnixMillis(now.0 - 1))
        );
    }
}
