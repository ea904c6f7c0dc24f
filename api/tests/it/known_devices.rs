//! The devices that an account knows: whom they belong to, and what bounds them.

use std::time::Duration;

use bifrons::secret::DeviceToken;
use serde_json::json;

use crate::{
    limits::{WRONG, exhaust, from, limited, limited_for},
    support::{Answer, App, EMAIL, PASSWORD},
};

const NEW_PASSWORD: &str = "another horse entirely";

fn device(signed_in: &Answer) -> String {
    signed_in.cookies().into_iter().find(|cookie| cookie.name == "bifrons_device").unwrap().value
}

/// Devices of new browsers that signed in.
async fn devices(app: &App, count: usize) -> Vec<String> {
    let mut devices = Vec::new();
    for _ in 0..count {
        devices.push(device(&from(app, "203.0.113.1").sign_in(EMAIL, PASSWORD).await.expect(200)));
    }
    devices
}

/// How many wrong passwords of these devices are verified, five of each.
async fn verified(app: &App, devices: &[String]) -> usize {
    let mut verified = 0;
    for device in devices {
        let guessing = from(app, "203.0.113.1").with("cookie", format!("bifrons_device={device}"));
        for _ in 0..5 {
            verified += usize::from(guessing.sign_in(EMAIL, WRONG).await.status == 401);
        }
    }
    verified
}

#[tokio::test]
async fn b_54_devices_of_a_deleted_account_are_unknown_to_the_next_user_with_its_address() {
    let app = App::configured(limited("1000/1h", "5/1h", "50000/1m")).await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let planted = devices(&app, 4).await;
    let mallory = app.client();
    mallory.sign_in(EMAIL, PASSWORD).await.expect(200);
    mallory.delete("/v1/me").await.expect(204);
    app.client().sign_up(EMAIL, NEW_PASSWORD).await.expect(201);
    assert_eq!(verified(&app, &planted).await, 5, "the limit of one network");
}

#[tokio::test]
async fn b_54_all_known_devices_of_an_account_have_one_limit_together() {
    let app = App::configured(limited("8/1h", "5/1h", "50000/1m")).await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let devices = devices(&app, 4).await;
    for _ in 0..20 {
        from(&app, "203.0.113.1")
            .with("cookie", format!("bifrons_device={}", devices[0]))
            .sign_in(EMAIL, PASSWORD)
            .await
            .expect(200);
    }
    assert_eq!(verified(&app, &devices).await, 8);
    from(&app, "198.51.100.1").sign_in(EMAIL, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn b_54_a_password_change_voids_all_known_devices_but_the_one_that_makes_it() {
    let app = App::configured(limited("3/1h", "3/1h", "50000/1m")).await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let (laptop, phone) = (from(&app, "198.51.100.1"), from(&app, "198.51.100.2"));
    laptop.sign_in(EMAIL, PASSWORD).await.expect(200);
    phone.sign_in(EMAIL, PASSWORD).await.expect(200);
    let before = device(&laptop.sign_in(EMAIL, PASSWORD).await.expect(200));
    laptop.change_password(PASSWORD, NEW_PASSWORD).await.expect(200);
    exhaust(&app).await;
    limited_for(phone.sign_in(EMAIL, NEW_PASSWORD).await);
    let copy = from(&app, "198.51.100.3").with("cookie", format!("bifrons_device={before}"));
    limited_for(copy.sign_in(EMAIL, NEW_PASSWORD).await);
    laptop.delete("/v1/session").await.expect(204);
    laptop.sign_in(EMAIL, NEW_PASSWORD).await.expect(200);
}

/// A sibling domain, or a script on another path, plants tokens beside the real one. They must not make the device unknown.
#[tokio::test]
async fn b_54_planted_device_tokens_do_not_hide_the_real_one() {
    let app = App::configured(limited("3/1h", "3/1h", "50000/1m")).await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let known = devices(&app, 1).await.remove(0);
    let planted = (0..8).map(|_| DeviceToken::new().reveal().to_string()).collect::<Vec<_>>();
    exhaust(&app).await;
    for at in [0, 4, 8] {
        let tokens = planted[..at].iter().chain([&known]).chain(&planted[at..]);
        let header = tokens.map(|token| format!("bifrons_device={token}")).collect::<Vec<_>>().join("; ");
        let signed_in = from(&app, "198.51.100.1").with("cookie", header).sign_in(EMAIL, PASSWORD).await.expect(200);
        let read = |token: &str| DeviceToken::parse(token).unwrap();
        assert_eq!(read(&device(&signed_in)).id(), read(&known).id(), "the known one is continued");
    }
}

/// In mode `token`: the device token is where the refresh token is.
#[tokio::test]
async fn b_54_an_app_that_changes_the_password_stays_known() {
    let app = App::configured(limited("3/1h", "3/1h", "50000/1m")).await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    for (refresh_in, old, new) in [("body", PASSWORD, NEW_PASSWORD), ("cookie", NEW_PASSWORD, PASSWORD)] {
        let client = from(&app, "198.51.100.1");
        let sign_in = |password: &str| json!({"email": EMAIL, "password": password, "mode": "token", "refresh_in": refresh_in});
        let native = client.post("/v1/session", sign_in(old)).await.expect(200);
        let native = client.with_token(&native.string("/tokens/access_token"));
        let changed = native.change_password(old, new).await.expect(200);
        let in_body = changed.json()["tokens"].get("device_token").cloned();
        assert_eq!(in_body.is_some(), refresh_in == "body");
        assert_eq!(changed.cookies().iter().any(|cookie| cookie.name == "bifrons_device"), refresh_in == "cookie");
        exhaust(&app).await;
        let mut again = sign_in(new);
        if let Some(device) = in_body {
            again["device_token"] = device;
        }
        client.post("/v1/session", again).await.expect(200);
        app.state.clock.advance(Duration::from_secs(3600));
    }
}

/// In both modes, and without a device token.
#[tokio::test]
async fn b_54_a_live_session_is_a_known_device() {
    let app = App::configured(limited("3/1h", "3/1h", "50000/1m")).await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let native = from(&app, "198.51.100.1").tokens(EMAIL, PASSWORD).await.expect(200).string("/tokens/access_token");
    let browser = from(&app, "198.51.100.2");
    browser.sign_in(EMAIL, PASSWORD).await.expect(200);
    browser.put_cookie("bifrons_device", "");
    exhaust(&app).await;
    browser.reauthenticate(PASSWORD).await.expect(200);
    browser.reauthenticate(WRONG).await.expect_problem(403, "wrong_password");
    let signed_in = from(&app, "198.51.100.1").with_token(&native).reauthenticate(PASSWORD).await.expect(200);
    let native = from(&app, "198.51.100.1").with_token(&signed_in.string("/tokens/access_token"));
    native.reauthenticate(WRONG).await.expect_problem(403, "wrong_password");
    native.change_password(PASSWORD, NEW_PASSWORD).await.expect(200);
}
