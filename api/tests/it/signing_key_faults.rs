//! Signing keys when something is wrong: clocks, a database that refuses writes, an upgrade without the key file.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use bifrons::{
    clock::Clock,
    maintenance::keep_keys,
    secret::{Algorithm, ServerSecret, SigningKey},
    signing_keys::{self, PUBLISHED_FOR, Stage},
    state::AppState,
};
use entity::UnixMillis;
use futures_util::future::join_all;

use crate::{
    signing_keys::{DAY, daily, signing},
    support::{App, EMAIL, PASSWORD, operator},
};

/// The clock of a node is set back before the time of the only key.
#[tokio::test]
async fn a_clock_before_the_first_key_signs_with_it() {
    let app = App::start().await;
    app.execute("UPDATE signing_key SET signs_from = 32503680000000").await;
    keep_keys(&app.state).await.unwrap();
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let token = app.client().tokens(EMAIL, PASSWORD).await.expect(200).string("/tokens/access_token");
    app.client().with_token(&token).get_session().await.expect(200);
}

/// The clocks of a node and of a command are twelve hours wrong, as with the wrong time zone. The keys that the others sign with stay until
/// their tokens have expired.
#[tokio::test]
async fn a_node_with_a_wrong_clock_voids_no_token() {
    const STEP: Duration = Duration::from_secs(600);
    for hours in [12, -12] {
        let right = App::configured(daily).await;
        let wrong = UnixMillis(right.state.clock.now().0 + hours * 3_600_000);
        let wrong = Arc::new(Box::pin(AppState::open(right.state.config.clone(), Clock::manual(wrong))).await.unwrap());
        let mut signers = VecDeque::new();
        for step in 0..(4 * DAY.as_secs() / STEP.as_secs()) {
            wrong.clock.advance(STEP);
            keep_keys(&wrong).await.unwrap();
            if step == 400 {
                operator::rotate(&wrong, wrong.clock.now().plus(PUBLISHED_FOR)).await;
            }
            right.advance(STEP).await;
            keep_keys(&right.state).await.unwrap();
            signers.push_back(signing(&right));
            let of_last_hour = signers.iter().rev().take(6);
            let lost: Vec<_> = of_last_hour.filter(|id| right.state.keys.current().find(id).is_none()).collect();
            assert!(lost.is_empty(), "{hours} h, step {step}: {lost:?}");
        }
    }
}

/// A command whose clock is years ahead makes a key. The rotation does not wait for it.
#[tokio::test]
async fn a_key_of_a_clock_that_was_years_ahead_stops_no_rotation() {
    let app = App::configured(daily).await;
    let ahead = app.state.clock.now().plus(1000 * DAY);
    let ahead = Arc::new(AppState::open(app.state.config.clone(), Clock::manual(ahead)).await.unwrap());
    operator::rotate(&ahead, ahead.clock.now().plus(PUBLISHED_FOR)).await;
    let first = signing(&app);
    let stages = async || {
        keep_keys(&app.state).await.unwrap();
        let listed = signing_keys::list(&app.state.db, app.state.clock.now()).await.unwrap();
        listed.into_iter().map(|key| key.stage).collect::<Vec<_>>()
    };
    let never = Stage::Published(ahead.clock.now().plus(PUBLISHED_FOR));
    assert_eq!(stages().await, [Stage::Signing, never]);
    app.advance(DAY - PUBLISHED_FOR).await;
    let due = app.state.clock.now().plus(PUBLISHED_FOR);
    assert_eq!(stages().await, [Stage::Signing, never, Stage::Published(due)]);
    app.advance(PUBLISHED_FOR).await;
    assert_eq!(*stages().await.last().unwrap(), Stage::Signing);
    assert_ne!(signing(&app), first);
    for _ in 0..3 {
        app.advance(DAY).await;
        stages().await;
    }
    assert!(stages().await.len() <= 4, "the key that never signs goes with those before it: {:?}", stages().await);
}

/// Each has a data folder of its own, so none waits for another one.
#[tokio::test]
async fn nodes_that_start_together_with_another_algorithm_make_one_key() {
    let secret = ServerSecret::parse(&("A".repeat(42) + "A")).unwrap();
    let app = App::configured(|config| config.tokens.secrets = vec![secret]).await;
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Es256] {
        let before = signing_keys::list(&app.state.db, app.state.clock.now()).await.unwrap().len();
        let nodes = (0..6).map(async |_| {
            let (folder, mut config) = (tempfile::tempdir().unwrap(), app.state.config.clone());
            config.tokens.algorithm = algorithm;
            folder.path().clone_into(&mut config.data_dir);
            Box::pin(AppState::open(config, app.state.clock.clone())).await.map(drop).unwrap();
        });
        join_all(nodes).await;
        let after = signing_keys::list(&app.state.db, app.state.clock.now()).await.unwrap();
        assert_eq!((after.len(), after.last().unwrap().algorithm.as_str()), (before + 1, algorithm.name()));
    }
}

/// The rotation is due, and the database refuses every write. A key that was removed before is void all the same.
#[tokio::test]
async fn a_node_that_cannot_write_learns_of_removed_keys() {
    let app = App::configured(daily).await;
    let stolen = signing(&app);
    operator::rotate(&app.state, app.state.clock.now()).await;
    operator::retire(&app.state, &stolen).await.unwrap();
    app.advance(DAY).await;
    app.forbid("INSERT ON signing_key").await;
    keep_keys(&app.state).await.unwrap_err();
    assert!(app.state.keys.current().find(&stolen).is_none());
    app.allow("INSERT ON signing_key").await;
}

/// Programs write other text around a key, and a file may contain more than one. The column has room for one.
#[tokio::test]
async fn of_a_file_the_key_alone_is_stored() {
    use sea_orm::{EntityTrait, QueryOrder};
    let app = App::start().await;
    let [key, other] = [(); 2].map(|()| SigningKey::generate(Algorithm::EdDsa).unwrap());
    let file = format!("{}\n{}\n{}", "Bag Attributes\n".repeat(200), *key, *other);
    let now = app.state.clock.now();
    let imported = app.state.keyring().import(&file, now).await.unwrap();
    assert_eq!(imported.id, SigningKey::from_pem(Algorithm::EdDsa, &key).unwrap().id);
    let rows = entity::signing_key::Entity::find().order_by_asc(entity::signing_key::Column::Number);
    let rows = rows.all(app.state.db.connection()).await.unwrap();
    assert_eq!(rows[0].private.len(), rows[1].private.len());
    keep_keys(&app.state).await.unwrap();
    app.advance(PUBLISHED_FOR).await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let token = app.client().tokens(EMAIL, PASSWORD).await.expect(200).string("/tokens/access_token");
    assert_eq!(jsonwebtoken::decode_header(&token).unwrap().kid, Some(imported.id));
    app.client().with_token(&token).get_session().await.expect(200);
}

/// Nodes of the former version serve, and a new one has no key file: a key of its own would void their tokens, and theirs would void its.
#[tokio::test]
async fn the_first_node_after_an_upgrade_needs_the_key_of_the_former_version() {
    let app = App::start().await;
    let pem = SigningKey::generate(Algorithm::EdDsa).unwrap();
    let id = SigningKey::from_pem(Algorithm::EdDsa, &pem).unwrap().id;
    app.execute("DELETE FROM signing_key").await;
    app.execute(&format!("INSERT INTO deployment (name, content) VALUES ('signing_key', '{id}')")).await;
    let open = async || Box::pin(AppState::open(app.state.config.clone(), app.state.clock.clone())).await;
    let write = |pem: &str| {
        let path = app.state.config.data_dir.join("jwt-EdDSA.pem");
        std::fs::write(&path, pem).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    };
    let refused = open().await.unwrap_err().to_string();
    assert!(refused.contains(&format!("sign with the key {id}, which is in no jwt-*.pem")), "{refused}");
    write(&SigningKey::generate(Algorithm::EdDsa).unwrap());
    open().await.unwrap_err();
    write(&pem);
    assert_eq!(open().await.unwrap().keys.current().signing(app.state.clock.now()).unwrap().0.id, id);
    std::fs::remove_file(app.state.config.data_dir.join("jwt-EdDSA.pem")).unwrap();
    open().await.unwrap();
    bifrons::deployment::reset(&app.state.db, &app.state.audit).await.unwrap();
    assert_ne!(open().await.unwrap().keys.current().signing(app.state.clock.now()).unwrap().0.id, id, "the operator gave it up");
}
