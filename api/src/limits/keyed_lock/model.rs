//! Every order in which requests lock, wait, leave and unlock.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use entity::LimitKey;
use shuttle::future::{block_on, spawn, yield_now};

use super::KeyedLock;
use crate::sync::model;

#[test]
fn one_holder_a_key_and_no_key_is_left_behind() {
    model::check(|| {
        let (lock, holders) = (KeyedLock::default(), Arc::new([const { AtomicUsize::new(0) }; 2]));
        let hold = |key: u8| {
            let (lock, holders) = (lock.clone(), Arc::clone(&holders));
            async move {
                let _guard = lock.lock(&LimitKey(vec![key])).await;
                let holders = &holders[usize::from(key)];
                assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0, "two hold one key");
                yield_now().await;
                holders.fetch_sub(1, Ordering::SeqCst);
            }
        };
        let requests = [0, 0, 0, 1].map(|key| spawn(hold(key)));
        // A client that hangs up while it waits, or while it holds the key.
        let leaving = spawn(hold(0));
        leaving.abort();
        for request in requests {
            block_on(request).unwrap();
        }
        let _ = block_on(leaving);
        assert!(lock.keys().is_empty(), "a key is left behind");
    });
}
