//! The keys that sign access tokens: all nodes have the same, and rotating them refuses no token.

use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

use bifrons::{
    administration::ChangeKeyError,
    audit::Event,
    config::Config,
    maintenance::keep_keys,
    secret::Algorithm,
    signing_keys::{self, JWKS_MAX_AGE, PUBLISHED_FOR, RETIRED_FOR, Stage},
};
use entity::UnixMillis;
use futures_util::future::join_all;
use jsonwebtoken::{DecodingKey, Validation, jwk::JwkSet};
use serde_json::json;

use crate::support::{App, EMAIL, PASSWORD, operator};

pub const DAY: Duration = Duration::from_secs(24 * 3600);

pub fn daily(config: &mut Config) {
    config.tokens.key_rotation = Some(DAY);
    config.tokens.audiences = vec!["orders".to_owned()];
}

/// Another service. It caches the JWK Set for as long as the answer says, and knows nothing else.
#[derive(Default)]
struct Verifier(Option<(UnixMillis, JwkSet)>);

impl Verifier {
    async fn accepts(&mut self, token: &str, node: &App) -> bool {
        let now = node.state.clock.now();
        if self.0.as_ref().is_none_or(|(read, _)| now.since(*read) >= JWKS_MAX_AGE) {
            let answer = node.client().get("/.well-known/jwks.json").await.expect(200);
            assert_eq!(answer.header("cache-control"), "public, max-age=300");
            self.0 = Some((now, serde_json::from_str(&answer.text).unwrap()));
        }
        let (_, keys) = self.0.as_ref().unwrap();
        let header = jsonwebtoken::decode_header(token).unwrap();
        let Some(jwk) = keys.find(header.kid.as_ref().unwrap()) else { return false };
        let mut validation = Validation::new(jwk.common.key_algorithm.unwrap().to_string().parse().unwrap());
        validation.validate_exp = false; // the service has a manual clock
        validation.set_audience(&["orders"]);
        jsonwebtoken::decode::<serde_json::Value>(token, &DecodingKey::from_jwk(jwk).unwrap(), &validation).is_ok()
    }
}

pub fn signing(app: &App) -> String {
    app.state.keys.current().signing(app.state.clock.now()).unwrap().0.id.clone()
}

/// How long until the next step: short while anything happens to the keys.
async fn pause(node: &App) -> Duration {
    let now = node.state.clock.now();
    let newest = signing_keys::list(&node.state.db, now).await.unwrap().pop().unwrap();
    let minutes = now.since(newest.signs_from).as_secs() / 60;
    let is_quiet = newest.signs_from < now && ((20..65).contains(&minutes) || (85..24 * 60 - 75).contains(&minutes));
    Duration::from_secs(if is_quiet { 3600 } else { 60 })
}

/// What was issued in the last ten minutes, here and for another service.
#[derive(Default)]
struct Issued(VecDeque<(UnixMillis, [String; 2])>);

impl Issued {
    async fn refresh(&mut self, node: &App, refresh: &mut String) {
        let refreshed = node.client().refresh(refresh).await.expect(200);
        *refresh = refreshed.string("/tokens/refresh_token");
        let token = refreshed.string("/tokens/access_token");
        let minted = node.client().with_token(&token).post("/v1/session/token", json!({})).await.expect(200);
        let now = node.state.clock.now();
        self.0.push_back((now, [token, minted.string("/access_token")]));
        self.0.retain(|(issued, _)| now.since(*issued) < Duration::from_secs(600));
    }

    /// The oldest and the newest.
    fn extremes(&self) -> impl Iterator<Item = &[String; 2]> {
        [self.0.front(), self.0.back()].into_iter().flatten().map(|(_, tokens)| tokens)
    }
}

/// Three nodes read the keys every three minutes, one after the other. Every token is used at each of them, and at another service, until
/// it expires. On the second day a node starts with another algorithm.
#[tokio::test]
async fn rotating_the_key_refuses_no_token() {
    let one = App::configured(daily).await;
    let mut nodes = [one.reconfigured(daily).await, one.reconfigured(daily).await, one];
    nodes[0].client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let body = json!({"email": EMAIL, "password": PASSWORD, "mode": "token", "remember": true});
    let mut refresh = nodes[0].client().post("/v1/session", body).await.expect(200).string("/tokens/refresh_token");
    let (mut issued, mut verifier, mut signers) = (Issued::default(), Verifier::default(), BTreeSet::new());
    let start = nodes[0].state.clock.now();
    for step in 0.. {
        let pause = pause(&nodes[0]).await;
        nodes[0].advance(pause).await;
        let passed = nodes[0].state.clock.now().since(start);
        if passed > 3 * DAY {
            break;
        }
        if passed > DAY + DAY / 2 && nodes[2].state.config.tokens.algorithm == Algorithm::EdDsa {
            let es256 = |config: &mut Config| {
                daily(config);
                config.tokens.algorithm = Algorithm::Es256;
            };
            nodes[2] = nodes[2].reconfigured(es256).await;
        }
        for (n, node) in nodes.iter().enumerate() {
            if n == step % 3 || pause > Duration::from_secs(60) {
                keep_keys(&node.state).await.unwrap();
            }
        }
        let node = &nodes[step % 3];
        issued.refresh(node, &mut refresh).await;
        signers.insert(signing(node));
        for [ours, theirs] in issued.extremes() {
            for node in &nodes {
                node.client().with_token(ours).get_session().await.expect(200);
            }
            assert!(verifier.accepts(theirs, &nodes[(step + 1) % 3]).await, "step {step}");
        }
    }
    assert!(signers.len() >= 4, "two rotations and another algorithm: {signers:?}");
    let listed = signing_keys::list(&nodes[0].state.db, nodes[0].state.clock.now()).await.unwrap();
    assert_eq!(listed.last().unwrap().algorithm, "ES256", "the newest key's algorithm stays");
    assert!(listed.len() <= 3, "keys whose tokens have expired are gone: {listed:?}");
    assert!(nodes.iter().any(|node| node.state.metrics.events(Event::SigningKeyPublished, "due") > 0));
}

#[tokio::test]
async fn of_several_nodes_one_makes_the_next_key() {
    let one = App::configured(daily).await;
    let nodes = [one.reconfigured(daily).await, one.reconfigured(daily).await, one.reconfigured(daily).await];
    one.advance(DAY).await;
    join_all(nodes.iter().map(async |node| keep_keys(&node.state).await.unwrap())).await;
    let stages = async || {
        let listed = signing_keys::list(&one.state.db, one.state.clock.now()).await.unwrap();
        listed.into_iter().map(|key| key.stage).collect::<Vec<_>>()
    };
    let from = one.state.clock.now().plus(PUBLISHED_FOR);
    assert_eq!(stages().await, [Stage::Signing, Stage::Published(from)]);
    one.advance(PUBLISHED_FOR).await;
    assert_eq!(stages().await, [Stage::Retired(from.plus(RETIRED_FOR)), Stage::Signing]);
    one.advance(RETIRED_FOR).await;
    keep_keys(&one.state).await.unwrap();
    let from = one.state.clock.now().plus(PUBLISHED_FOR);
    assert_eq!(stages().await, [Stage::Signing, Stage::Published(from)]);
}

/// A key that was stolen. Tokens that a node has verified before are void too.
#[tokio::test]
async fn the_tokens_of_a_removed_key_are_void() {
    let app = App::start().await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let tokens = app.client().tokens(EMAIL, PASSWORD).await.expect(200);
    let (token, refresh) = (tokens.string("/tokens/access_token"), tokens.string("/tokens/refresh_token"));
    app.client().with_token(&token).get_session().await.expect(200);
    let (stolen, now) = (signing(&app), app.state.clock.now());
    let signs = async || matches!(operator::retire(&app.state, &stolen).await, Err(ChangeKeyError::Signs));
    assert!(signs().await, "the only one");
    assert!(matches!(operator::retire(&app.state, "unknown").await, Err(ChangeKeyError::NotFound)));
    operator::rotate(&app.state, now.plus(PUBLISHED_FOR)).await;
    assert!(signs().await, "the other one does not sign yet");
    operator::rotate(&app.state, now).await;
    operator::retire(&app.state, &stolen).await.unwrap();
    keep_keys(&app.state).await.unwrap();
    app.client().with_token(&token).get_session().await.expect_problem(401, "invalid_token");
    let token = app.client().refresh(&refresh).await.expect(200).string("/tokens/access_token");
    app.client().with_token(&token).get_session().await.expect(200);
}

/// What a dump of the database shows.
#[tokio::test]
async fn the_private_key_is_sealed() {
    let app = App::start().await;
    let row = {
        use sea_orm::EntityTrait;
        entity::signing_key::Entity::find().one(app.state.db.connection()).await.unwrap().unwrap()
    };
    assert!(!String::from_utf8_lossy(&row.private).contains("PRIVATE KEY") && row.private[0] == 1);
    // A row that is copied over another one opens for neither.
    app.execute("UPDATE signing_key SET id = 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k'").await;
    let error = keep_keys(&app.state).await.unwrap_err().to_string();
    assert!(error.contains("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k is sealed under a secret"), "{error}");
    app.client().get("/.well-known/jwks.json").await.expect(200);
}
