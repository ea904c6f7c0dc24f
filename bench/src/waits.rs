//! Durations of requests at a fixed rate, independent of earlier answers.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tokio::{task::JoinSet, time::MissedTickBehavior};

use crate::stats::quantile;

/// One request.
#[derive(Clone, Copy)]
pub(crate) struct Wait {
    /// Seconds since the start.
    pub(crate) at: f64,
    /// Its duration.
    pub(crate) ms: f64,
    /// The answer's status.
    pub(crate) status: u16,
}

/// Sends a request every `period`, between two moments in seconds after the start.
pub(crate) async fn every<F>(period: Duration, began: Instant, (from, to): (f64, f64), ask: impl Fn() -> F) -> Vec<Wait>
where
    F: Future<Output = u16> + Send + 'static,
{
    tokio::time::sleep_until((began + Duration::from_secs_f64(from)).into()).await;
    let waits = Arc::new(Mutex::new(Vec::new()));
    let (mut ticks, mut asked) = (tokio::time::interval(period), JoinSet::new());
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    while began.elapsed().as_secs_f64() < to {
        ticks.tick().await;
        let (asking, waits) = (ask(), Arc::clone(&waits));
        asked.spawn(async move {
            let (at, asked) = (began.elapsed().as_secs_f64(), Instant::now());
            let status = asking.await;
            waits.lock().unwrap().push(Wait { at, ms: asked.elapsed().as_secs_f64() * 1000.0, status });
        });
    }
    asked.join_all().await;
    Arc::into_inner(waits).unwrap().into_inner().unwrap()
}

/// The duration below which this share of the requests lies.
pub(crate) fn ms(waits: &[Wait], part: f64) -> f64 {
    quantile(&waits.iter().map(|wait| wait.ms).collect::<Vec<_>>(), part)
}
