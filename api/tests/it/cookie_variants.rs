//! Cookies that another configuration set stay in browsers beside the new ones. They must neither lock users out nor outlive a sign-out.

use std::{collections::BTreeMap, sync::Mutex};

use bifrons::config::Config;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, App, EMAIL, PASSWORD};

const ONE_SITE: &[(&str, &str)] = &[("BIFRONS_ORIGINS", "https://app.jazzmeet.site")];
const CROSS_SITE: &[(&str, &str)] = &[("BIFRONS_ORIGINS", "https://app.jazzmeet.site, https://jazzmeet-admin.site")];
const DOMAIN: &[(&str, &str)] = &[("BIFRONS_ORIGINS", "https://app.jazzmeet.site"), ("BIFRONS_COOKIE__DOMAIN", "jazzmeet.site")];
const CROSS_SITE_DOMAIN: &[(&str, &str)] =
    &[("BIFRONS_ORIGINS", "https://app.jazzmeet.site, https://jazzmeet-admin.site"), ("BIFRONS_COOKIE__DOMAIN", "jazzmeet.site")];
const ALL: [&[(&str, &str)]; 4] = [ONE_SITE, CROSS_SITE, DOMAIN, CROSS_SITE_DOMAIN];

fn configure(environment: &[(&str, &str)]) -> impl FnOnce(&mut Config) + use<> {
    let public_url = [("BIFRONS_PUBLIC_URL", "https://api.jazzmeet.site")];
    let environment = public_url.iter().chain(environment).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let read = Config::read(None, environment).config.unwrap();
    |config| (config.public_url, config.callers) = (read.public_url, read.callers)
}

/// A browser's cookie store: a cookie is another one if its name, its domain or its partition differs (RFC 6265bis section 5.7).
#[derive(Default)]
struct Browser(Mutex<BTreeMap<(String, String, bool), String>>);

impl Browser {
    async fn send(&self, app: &App, method: Method, path: &str, body: Option<Value>) -> Answer {
        let pairs: Vec<_> = self.0.lock().unwrap().iter().map(|((name, ..), value)| format!("{name}={value}")).collect();
        let mut actor = app.client();
        if !pairs.is_empty() {
            actor = actor.with("cookie", pairs.join("; "));
        }
        let answer = actor.send(method, path, body).await;
        for cookie in answer.cookies() {
            let attribute =
                |name: &str| cookie.attributes.iter().find_map(|one| one.strip_prefix(name)).unwrap_or_default().to_owned();
            let key = (cookie.name.clone(), attribute("Domain="), cookie.attributes.contains(&"Partitioned".to_owned()));
            let mut jar = self.0.lock().unwrap();
            match cookie.max_age {
                Some(0) => jar.remove(&key),
                _ => jar.insert(key, cookie.value),
            };
        }
        answer
    }

    async fn post(&self, app: &App, path: &str, body: Value) -> Answer {
        self.send(app, Method::POST, path, Some(body)).await
    }

    async fn sign_in(&self, app: &App) {
        self.post(app, "/v1/session", json!({"email": EMAIL, "password": PASSWORD})).await.expect(200);
    }

    async fn get_session(&self, app: &App) -> Answer {
        self.send(app, Method::GET, "/v1/session", None).await
    }

    async fn sign_out(&self, app: &App) {
        self.send(app, Method::DELETE, "/v1/session", None).await.expect(204);
        assert_eq!(app.count("SELECT count(*) FROM session WHERE ended_at IS NULL").await, 0, "no session outlives the sign-out");
        self.get_session(app).await.expect(401);
    }
}

async fn start(environment: &[(&str, &str)]) -> App {
    let app = App::configured(configure(environment)).await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    app
}

#[tokio::test]
async fn a_changed_configuration_locks_no_user_out() {
    for before in ALL {
        let app = start(before).await;
        for after in ALL {
            let changed = app.reconfigured(configure(after)).await;
            // Signing out first, signing in at once, and the operations that give a session a new secret.
            let browser = Browser::default();
            browser.sign_in(&app).await;
            browser.sign_out(&changed).await;
            browser.sign_in(&changed).await;
            browser.get_session(&changed).await.expect(200);
            browser.sign_out(&changed).await;

            let browser = Browser::default();
            browser.sign_in(&app).await;
            browser.sign_in(&changed).await;
            browser.get_session(&changed).await.expect(200);
            browser.post(&changed, "/v1/session/reauthenticate", json!({"password": PASSWORD})).await.expect(200);
            browser.get_session(&changed).await.expect(200);
            let same = json!({"current_password": PASSWORD, "new_password": PASSWORD});
            browser.send(&changed, Method::PUT, "/v1/me/password", Some(same)).await.expect(200);
            browser.get_session(&changed).await.expect(200);
            // And back.
            browser.sign_in(&app).await;
            browser.get_session(&app).await.expect(200);
            browser.sign_out(&app).await;
        }
    }
}

#[tokio::test]
async fn a_new_secret_replaces_the_cookie_of_every_configuration() {
    for (before, after) in [(ONE_SITE, CROSS_SITE), (CROSS_SITE, ONE_SITE), (DOMAIN, CROSS_SITE_DOMAIN)] {
        let app = start(before).await;
        let changed = app.reconfigured(configure(after)).await;
        let browser = Browser::default();
        browser.sign_in(&app).await;
        browser.post(&changed, "/v1/session/reauthenticate", json!({"password": PASSWORD})).await.expect(200);
        browser.get_session(&changed).await.expect(200);
        let names = browser.0.lock().unwrap().keys().filter(|(name, ..)| name.ends_with("_session")).count();
        assert_eq!(names, 1, "one session cookie is left");
        browser.sign_in(&changed).await;
        let devices = browser.0.lock().unwrap().keys().filter(|(name, ..)| name.ends_with("_device")).count();
        assert_eq!(devices, 1, "one device cookie is left");
    }
}

#[tokio::test]
async fn a_changed_configuration_is_no_refresh_token_reuse() {
    for (before, after) in [(ONE_SITE, CROSS_SITE), (CROSS_SITE, ONE_SITE), (DOMAIN, CROSS_SITE_DOMAIN)] {
        let app = start(before).await;
        let changed = app.reconfigured(configure(after)).await;
        let browser = Browser::default();
        let sign_in = json!({"email": EMAIL, "password": PASSWORD, "mode": "token", "refresh_in": "cookie"});
        browser.post(&app, "/v1/session", sign_in.clone()).await.expect(200);
        let old = browser.0.lock().unwrap().clone();
        for _ in 0..3 {
            browser.post(&changed, "/v1/tokens/refresh", json!({})).await.expect(200);
        }
        // The cookie of the old configuration is back, as in a browser that was offline when it was cleared.
        for (key, value) in old {
            browser.0.lock().unwrap().entry(key).or_insert(value);
        }
        app.advance(std::time::Duration::from_secs(60)).await;
        browser.post(&changed, "/v1/tokens/refresh", json!({})).await.expect(200);
        browser.sign_out(&changed).await;
    }
}

#[tokio::test]
async fn refresh_cookies_of_two_live_sessions_are_ambiguous() {
    let app = start(ONE_SITE).await;
    let sign_in = json!({"email": EMAIL, "password": PASSWORD, "mode": "token", "refresh_in": "cookie"});
    let cookie = async || {
        let signed_in = app.client().post("/v1/session", sign_in.clone()).await.expect(200);
        let cookie = signed_in.cookies().into_iter().find(|cookie| cookie.name.ends_with("_refresh")).unwrap();
        format!("{}={}", cookie.name, cookie.value)
    };
    let (one, other) = (cookie().await, cookie().await);
    let junk = one[..one.len() - 4].to_owned() + "AAAA";
    let refresh = async |cookies: String| app.client().with("cookie", cookies).post("/v1/tokens/refresh", json!({})).await;
    refresh(format!("{one}; {other}")).await.expect_problem(400, "ambiguous_credentials");
    refresh(format!("{junk}; {one}; __Host-bifrons_refresh=nonsense")).await.expect(200);
    refresh(junk).await.expect_problem(401, "invalid_refresh_token");
}

/// Staging and production below one parent domain: each receives the cookie of the other one.
#[tokio::test]
async fn the_cookie_of_another_deployment_is_ignored_and_kept() {
    let (production, staging) = (start(DOMAIN).await, start(DOMAIN).await);
    let elsewhere = Browser::default();
    elsewhere.sign_in(&production).await;
    let foreign = elsewhere.0.lock().unwrap().values().next_back().unwrap().clone();
    let browser = Browser::default();
    browser.sign_in(&staging).await;
    let other_host = ("__Secure-bifrons_session".to_owned(), "api.jazzmeet.site".to_owned(), false);
    browser.0.lock().unwrap().insert(other_host.clone(), foreign);
    browser.get_session(&staging).await.expect(200);
    browser.sign_in(&staging).await;
    browser.get_session(&staging).await.expect(200);
    browser.sign_out(&staging).await;
    assert!(browser.0.lock().unwrap().contains_key(&other_host), "a Domain that is not configured is not cleared");
}

/// However many credentials a request carries, signing out ends the session of each.
#[tokio::test]
async fn junk_credentials_hide_no_session_from_the_sign_out() {
    let app = App::start().await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    // Well formed: 48 bytes of a session cookie, 52 of a refresh token.
    let junk = |prefix: &str, length: usize, id: u8| format!("{prefix}{}{}", char::from(b'A' + id % 26), "A".repeat(length - 1));
    for (name, prefix, length) in [("bifrons_session", "bfs_", 64), ("bifrons_refresh", "bfr_", 70)] {
        let body = match name {
            "bifrons_session" => json!({"email": EMAIL, "password": PASSWORD}),
            _ => json!({"email": EMAIL, "password": PASSWORD, "mode": "token", "refresh_in": "cookie"}),
        };
        let ada = app.client();
        ada.post("/v1/session", body).await.expect(200);
        let real = ada.cookie(name).unwrap();
        let mut cookies: Vec<_> = (0..100).map(|id| format!("{name}={}", junk(prefix, length, id))).collect();
        cookies.push(format!("{name}={real}"));
        app.client().with("cookie", cookies.join("; ")).sign_out().await.expect(204);
        assert_eq!(app.count("SELECT count(*) FROM session WHERE ended_at IS NULL").await, 0, "{name}");
    }
    let tokens = app.client().tokens(EMAIL, PASSWORD).await.expect(200);
    let mut actor = app.client();
    for id in 0..10 {
        actor = actor.with("authorization", format!("Bearer {}", junk("", 100, id)));
    }
    actor.with_token(&tokens.string("/tokens/access_token")).sign_out().await.expect(204);
    assert_eq!(app.count("SELECT count(*) FROM session WHERE ended_at IS NULL").await, 0);
}
