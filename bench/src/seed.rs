//! Many live sessions: what they take, and whether they slow each other down.

use std::{fmt::Write, fs, path::Path, sync::Arc, time::Instant};

use bifrons::{random, secret::SessionCookie, state::AppState};
use entity::{
    SessionId, UnixMillis,
    session::{self, Face},
    user,
};
use futures_util::{StreamExt, stream};
use reqwest::Method;
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel};

use crate::{
    node::{EMAIL, Node, PASSWORD, RedisServer},
    table::quantile,
};

/// How many live sessions: `SESSIONS=1000000 make bench`.
fn count() -> usize {
    std::env::var("SESSIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(100_000)
}

/// Makes sessions of one user, and writes their cookies to a file, one a line.
pub(crate) async fn sessions(state: &AppState, count: usize) {
    let request = bifrons::users::Registration {
        address: bifrons::email_address::EmailAddress::parse(EMAIL).unwrap(),
        password: bifrons::secret::Password::new(PASSWORD.to_owned()),
        name: Some("Ada Lovelace".to_owned()),
        client: bifrons::client::Client::default(),
    };
    let bifrons::users::Registered::Now(ada, _) = bifrons::users::register(state, request).await.unwrap() else {
        panic!("people sign up at once here")
    };
    let (now, mut cookies) = (state.clock.now(), String::new());
    let later = |hours: u64| now.plus(std::time::Duration::from_secs(hours * 3600));
    for batch in (0..count).collect::<Vec<_>>().chunks(500) {
        let rows = batch.iter().map(|_| {
            let cookie = SessionCookie::new(SessionId(random::uuid_v7(now)));
            let _ = writeln!(cookies, "bifrons_session={}", *cookie.reveal());
            row(&ada, &cookie, now, later(24), later(24 * 30)).into_active_model()
        });
        let rows: Vec<_> = rows.collect();
        session::Entity::insert_many(rows).exec_without_returning(state.db.connection()).await.unwrap();
    }
    state.db.connection().execute_unprepared("ANALYZE").await.unwrap();
    fs::write(state.config.data_dir.join("cookies"), cookies).unwrap();
}

fn row(ada: &user::Model, cookie: &SessionCookie, now: UnixMillis, idle: UnixMillis, absolute: UnixMillis) -> session::Model {
    session::Model {
        id: cookie.session,
        user_id: ada.id,
        face: Face::Cookie,
        secret_hash: Some(cookie.hash()),
        seed: None,
        generation: 0,
        rotated_at: None,
        refresh_in: None,
        authenticated_at: now,
        methods: "pwd".to_owned(),
        remember: true,
        created_at: now,
        last_seen_at: now,
        idle_expires_at: idle,
        expires_at: absolute,
        ip: None,
        user_agent: None,
        version: 1,
        changed_at: now,
        ended_at: None,
        ended_because: None,
    }
}

/// The cookies that a seeded node wrote.
pub(crate) fn cookies(folder: &Path) -> Vec<String> {
    fs::read_to_string(folder.join("cookies")).unwrap().lines().map(str::to_owned).collect()
}

/// What live sessions take in process and in Redis, and what verifying one costs among few and among many.
pub(crate) async fn memory(redis: &RedisServer) {
    let many = count();
    let mut nodes = Vec::new();
    for count in [1000, many] {
        let folder = tempfile::tempdir().unwrap();
        let environment =
            [("BIFRONS_REDIS__URL", redis.url()), ("BIFRONS_SESSIONS__CACHE_MIB", "4096".to_owned()), ("SEED", count.to_string())];
        let node = Arc::new(Node::start("0", folder.path(), &environment).await);
        let cookies = cookies(folder.path());
        let (before, in_redis) = (node.memory(), redis.used());
        all(&node, &cookies).await;
        let (after, in_redis_after) = (node.memory(), redis.used());
        if count == many {
            println!("{many} live sessions: {:.0} bytes each in process", (after - before) * 1024.0 / many as f64);
            let keys = (in_redis_after.1 - in_redis.1) as f64;
            println!("{keys} of them in Redis: {:.0} bytes each", (in_redis_after.0 - in_redis.0) / keys);
        }
        // The same number of verifications of known sessions, spread over all there are.
        let step = (cookies.len() / 1000 + 1) | 1;
        let known: Vec<_> = cookies.iter().cycle().step_by(step).take(20_000).cloned().collect();
        nodes.push((node, known, Vec::new(), folder));
    }
    for _ in 0..5 {
        for (node, known, rates, _) in &mut nodes {
            let began = Instant::now();
            all(node, known).await;
            rates.push(known.len() as f64 / began.elapsed().as_secs_f64());
        }
    }
    let [few, among_many] = [0, 1].map(|n: usize| quantile(&nodes[n].2, 0.5));
    println!("verifying among {many} live sessions: {:.2} of the rate among 1000\n", among_many / few);
}

async fn all(node: &Arc<Node>, cookies: &[String]) {
    let asked = stream::iter(cookies).map(|cookie| async move { assert_eq!(node.ask(Method::GET, cookie).await, 200) });
    asked.buffer_unordered(64).for_each(|()| async {}).await;
}
