//! Refreshes that arrive together share a transaction: each has its own verdict, and none waits for the row of another.

use std::time::Duration;

use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::json;
use tokio::time::sleep;

use crate::support::{Actor, App, EMAIL, PASSWORD};

/// How many chains refresh at once.
const CHAINS: usize = 40;

async fn chains(app: &App) -> (Actor, Vec<String>) {
    let ada = app.client();
    ada.sign_up(EMAIL, PASSWORD).await.expect(201);
    let mut tokens = Vec::new();
    for n in 0..CHAINS {
        let body = json!({"email": EMAIL, "password": PASSWORD, "mode": "token", "remember": n % 2 == 0});
        tokens.push(ada.post("/v1/session", body).await.expect(200).string("/tokens/refresh_token"));
    }
    (ada, tokens)
}

/// Occupies the group that runs, so that what is sent during `work` makes up the next ones.
async fn together<T>(app: &App, work: impl Future<Output = T>) -> T {
    let held = app.state.db.begin().await.unwrap();
    let first = app.client();
    let garbage = format!("bfr_{}", "A".repeat(70));
    let (_, (), done) = tokio::join!(
        first.refresh(&garbage),
        async {
            sleep(Duration::from_millis(300)).await;
            held.rollback().await.unwrap();
        },
        work
    );
    done
}

#[tokio::test]
async fn each_token_of_a_group_has_its_own_verdict() {
    let app = App::start().await;
    let (ada, first) = chains(&app).await;
    // A third was rotated, a third rotated twice, so that its first token is a copy.
    let mut rotated = Vec::new();
    for (n, token) in first.iter().enumerate().filter(|(n, _)| n % 3 > 0) {
        let second = ada.refresh(token).await.expect(200).string("/tokens/refresh_token");
        rotated.push(second.clone());
        if n % 3 == 2 {
            ada.refresh(&second).await.expect(200);
        }
    }
    let forged = first.iter().map(|token| format!("{}{}", &token[..token.len() - 4], "AAAA"));
    let presented: Vec<String> = first.iter().cloned().chain(forged).chain(first.iter().cloned()).collect();
    let answers = together(&app, join_all(presented.iter().map(|token| ada.refresh(token)))).await;
    let mut successors = vec![String::new(); CHAINS];
    for (n, answer) in answers.into_iter().enumerate() {
        let (chain, is_forged) = (n % CHAINS, (CHAINS..2 * CHAINS).contains(&n));
        if is_forged {
            answer.expect_problem(401, "invalid_refresh_token");
        } else if chain % 3 == 2 {
            let code = answer.expect(401).code();
            assert!(["refresh_reused", "invalid_refresh_token"].contains(&code.as_str()), "{code}");
        } else if n < CHAINS {
            successors[chain] = answer.expect(200).string("/tokens/refresh_token");
        } else {
            assert_eq!(answer.expect(200).string("/tokens/refresh_token"), successors[chain], "one successor");
        }
    }
    let ended = app.count("SELECT count(*) FROM session WHERE ended_because = 'refresh_reused'").await;
    assert_eq!(usize::try_from(ended).unwrap(), (0..CHAINS).filter(|n| n % 3 == 2).count(), "only those whose token was a copy");
    assert_eq!(app.count("SELECT count(DISTINCT generation) FROM token_grant").await, 2, "one and two");
}

#[tokio::test]
async fn a_group_extends_each_session_by_its_own_idle_time() {
    let app = App::start().await;
    let (ada, first) = chains(&app).await;
    app.advance(app.state.config.sessions.lifetime(false).idle / 2).await;
    for answer in together(&app, join_all(first.iter().map(|token| ada.refresh(token)))).await {
        answer.expect(200);
    }
    for remember in [true, false] {
        let lifetime = app.state.config.sessions.lifetime(remember);
        let idle = i64::try_from(lifetime.idle.min(lifetime.absolute).as_millis()).unwrap();
        let flag = if remember { "remember" } else { "NOT remember" };
        let those = format!("SELECT count(*) FROM session WHERE {flag} AND idle_expires_at");
        let extended = app.count(&format!("{those} = last_seen_at + {idle}")).await;
        let capped = app.count(&format!("{those} = expires_at")).await;
        assert_eq!(usize::try_from(extended + capped).unwrap(), CHAINS / 2, "remember: {remember}");
        assert_eq!(app.count(&format!("{those} > expires_at")).await, 0);
    }
}

#[tokio::test]
async fn without_a_grace_one_of_the_tokens_in_a_group_is_a_copy() {
    let app = App::configured(|config| config.tokens.refresh_grace = Duration::ZERO).await;
    let ada = app.client();
    ada.sign_up(EMAIL, PASSWORD).await.expect(201);
    let token = ada.tokens(EMAIL, PASSWORD).await.expect(200).string("/tokens/refresh_token");
    let answers = together(&app, join_all((0..8).map(|_| ada.refresh(&token)))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "one successor");
    assert_eq!(app.count("SELECT count(*) FROM session WHERE ended_because = 'refresh_reused'").await, 1);
}

/// On SQLite one transaction excludes all others, so there is no row to wait for.
#[tokio::test]
async fn a_row_that_is_locked_delays_no_other_refresh() {
    let app = App::start().await;
    if app.state.db.connection().get_database_backend() == DbBackend::Sqlite {
        return;
    }
    let (ada, first) = chains(&app).await;
    let locked = ada.with("user-agent", "locked").tokens(EMAIL, PASSWORD).await.expect(200).string("/tokens/refresh_token");
    let held = app.state.db.begin().await.unwrap();
    held.execute_unprepared("UPDATE session SET ip = 'held' WHERE user_agent = 'locked'").await.unwrap();
    let waiting = tokio::spawn({
        let (ada, locked) = (ada.clone(), locked.clone());
        async move { ada.refresh(&locked).await }
    });
    sleep(Duration::from_millis(200)).await;
    // The order tells: in one group with it, or behind it, this one would be answered when `waiting` has given up, after five seconds.
    ada.refresh(&first[0]).await.expect(200);
    assert!(!waiting.is_finished());
    for answer in join_all(first[1..].iter().map(|token| ada.refresh(token))).await {
        answer.expect(200);
    }
    held.rollback().await.unwrap();
    // On a very slow machine it has given up by now.
    let waited = waiting.await.unwrap();
    assert!([200, 503].contains(&waited.status), "{}", waited.text);
    ada.refresh(&locked).await.expect(200);
}
