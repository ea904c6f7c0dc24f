//! The process is killed in the middle of something. What was acknowledged is there afterwards; what was not is whole or not at all.

use std::time::Duration;

use crate::support::{EMAIL, PASSWORD, binary::Process};

/// Moments at which it is killed, counted from the request: before, in the middle of, and after its work.
const MOMENTS: [u64; 8] = [0, 1, 2, 4, 8, 16, 32, 64];

#[tokio::test(flavor = "multi_thread")]
async fn c_17_in_the_middle_of_a_refresh() {
    let folder = tempfile::tempdir().unwrap();
    let service = Process::start(folder.path());
    service.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let mut token = service.client().tokens(EMAIL, PASSWORD).await.expect(200).string("/tokens/refresh_token");
    let mut service = Some(service);
    for moment in MOMENTS {
        let running = service.take().unwrap();
        let (client, presented) = (running.client(), token.clone());
        let refreshing = tokio::spawn(async move { client.try_refresh(&presented).await });
        tokio::time::sleep(Duration::from_millis(moment)).await;
        running.kill();
        let answered = refreshing.await.unwrap();
        let again = Process::start(folder.path());
        let successor = again.client().refresh(&token).await.expect(200).string("/tokens/refresh_token");
        if let Some(answered) = answered {
            assert_eq!(answered, successor, "one line of successors");
        }
        token = successor;
        service = Some(again);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c_18_in_the_middle_of_a_sign_up() {
    let folder = tempfile::tempdir().unwrap();
    let mut service = Some(Process::start(folder.path()));
    for (n, moment) in MOMENTS.into_iter().enumerate() {
        let running = service.take().unwrap();
        let (client, email) = (running.client(), format!("p{n}@example.com"));
        let address = email.clone();
        let signing_up = tokio::spawn(async move { client.try_sign_up(&address, PASSWORD).await });
        tokio::time::sleep(Duration::from_millis(moment)).await;
        running.kill();
        let acknowledged = signing_up.await.unwrap();
        let again = Process::start(folder.path());
        let status = again.client().sign_up(&email, PASSWORD).await.status;
        assert!(status == 409 || (status == 201 && !acknowledged), "acknowledged, and lost");
        again.client().sign_in(&email, PASSWORD).await.expect(200);
        service = Some(again);
    }
}
