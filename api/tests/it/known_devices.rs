//! The devices that an account knows: whom they belong to, and what bounds them.

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
async fn b_54_a_password_change_voids_known_devices() {
    let app = App::configured(limited("3/1h", "3/1h", "50000/1m")).await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let (laptop, phone) = (from(&app, "198.51.100.1"), from(&app, "198.51.100.2"));
    laptop.sign_in(EMAIL, PASSWORD).await.expect(200);
    phone.sign_in(EMAIL, PASSWORD).await.expect(200);
    laptop.change_password(PASSWORD, NEW_PASSWORD).await.expect(200);
    exhaust(&app).await;
    limited_for(phone.sign_in(EMAIL, NEW_PASSWORD).await);
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
