//! The limits of an account, on real sockets and a real database.

use std::time::Duration;

use bifrons::config::{CallersConfig, Config, LimitsConfig, ProxyConfig, Rate};
use futures_util::future::join_all;
use serde_json::json;

use crate::support::{Actor, Answer, App, EMAIL, PASSWORD, redis::until};

pub(crate) const WRONG: &str = "not the password at all";

/// Sets the three limits, and trusts the tests' own address as a proxy, so that `X-Forwarded-For` chooses the network.
pub(crate) fn limited(account: &str, client: &str, network: &str) -> impl Fn(&mut Config) + Copy {
    let rate = |written| Rate::parse(written).unwrap();
    let limits = LimitsConfig {
        account: rate(account),
        client: rate(client),
        network: rate(network),
        global: rate("50000/1m"),
        mail: rate("3/1h"),
    };
    move |config| {
        config.limits = Some(limits);
        proxy(config, |proxy| proxy.trusted = vec!["127.0.0.0/8".parse().unwrap()]);
    }
}

/// Changes what is believed of proxies.
pub(crate) fn proxy(config: &mut Config, change: impl FnOnce(&mut ProxyConfig)) {
    let mut callers = CallersConfig::clone(&config.callers.get());
    change(&mut callers.proxy);
    config.callers.replace(callers);
}

pub(crate) fn from(app: &App, ip: impl Into<String>) -> Actor {
    app.client().with("x-forwarded-for", ip)
}

/// Unknown devices send wrong passwords until they are limited; returns how many were verified.
pub(crate) async fn exhaust(app: &App) -> usize {
    for n in 0..250 {
        match from(app, format!("192.0.2.{n}")).sign_in(EMAIL, WRONG).await.status {
            401 => {}
            429 => return n,
            other => panic!("{other}"),
        }
    }
    panic!("no request was limited")
}

pub(crate) fn limited_for(answer: Answer) -> u64 {
    answer.expect_problem(429, "rate_limited").header("retry-after").parse().unwrap()
}

#[tokio::test]
async fn wrong_passwords_for_one_account_are_limited_over_all_networks() {
    let app = App::configured(limited("3/3m", "3/3m", "1000/1m")).await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    assert_eq!(exhaust(&app).await, 3);
    assert_eq!(
        limited_for(from(&app, "198.51.100.1").sign_in(EMAIL, PASSWORD).await),
        60,
        "the right password is not verified either"
    );
    assert_eq!(limited_for(from(&app, "198.51.100.1").tokens(EMAIL, PASSWORD).await), 60, "B-53: nor in the other mode");
    from(&app, "198.51.100.1").sign_in("grace@example.com", WRONG).await.expect_problem(401, "invalid_credentials");
    app.state.clock.advance(Duration::from_secs(60));
    from(&app, "198.51.100.1").sign_in(EMAIL, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn b_33_an_account_that_does_not_exist_has_the_same_limits() {
    let app = App::configured(limited("3/3m", "3/3m", "1000/1m")).await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let mut answers = Vec::new();
    for email in [EMAIL, "unknown@example.com"] {
        let mut of_one = Vec::new();
        for n in 0..5 {
            let answer = from(&app, format!("192.0.2.{n}")).sign_in(email, WRONG).await;
            of_one.push(answer.whole());
        }
        answers.push(of_one);
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn b_49_all_spellings_of_an_address_share_one_limit() {
    let app = App::configured(limited("3/3m", "3/3m", "1000/1m")).await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    for (n, email) in ["ADA@example.com", "ada@EXAMPLE.COM", "Ada@Example.Com"].into_iter().enumerate() {
        from(&app, format!("192.0.2.{n}")).sign_in(email, WRONG).await.expect(401);
    }
    limited_for(from(&app, "198.51.100.1").sign_in(EMAIL, WRONG).await);
}

#[tokio::test]
async fn b_50_a_sign_in_to_another_account_refunds_no_attempt() {
    let app = App::configured(limited("3/3m", "3/3m", "1000/1m")).await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    app.client().sign_up("mallory@example.com", PASSWORD).await.expect(201);
    let mallory = from(&app, "203.0.113.1");
    for _ in 0..3 {
        mallory.sign_in(EMAIL, WRONG).await.expect(401);
        mallory.sign_in("mallory@example.com", PASSWORD).await.expect(200);
    }
    limited_for(mallory.sign_in(EMAIL, WRONG).await);
}

#[tokio::test]
async fn b_51_a_guess_is_counted_even_if_the_client_hangs_up() {
    let app = App::configured(|config| {
        limited("3/3m", "3/3m", "1000/1m")(config);
        config.passwords.hashing.memory_kib = 65_536;
        config.passwords.hashing.iterations = 12;
    })
    .await;
    for n in 1..=3 {
        let attacker = from(&app, format!("192.0.2.{n}"));
        let spent = app.state.clock.now().plus(Duration::from_secs(60 * n)).0;
        let counted = until(async || app.count("SELECT COALESCE(MAX(new_at), 0) FROM attempt_limit").await == spent);
        tokio::select! {
            answer = attacker.sign_in(EMAIL, WRONG) => panic!("answered before the client hung up: {}", answer.status),
            () = counted => {}
        }
    }
    let restarted = app.reconfigured(limited("3/3m", "3/3m", "1000/1m")).await;
    limited_for(from(&restarted, "198.51.100.1").sign_in(EMAIL, WRONG).await);
}

#[tokio::test]
async fn b_52_parallel_guesses_do_not_exceed_the_limit() {
    let app = App::configured(limited("5/1h", "5/1h", "1000/1m")).await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let before = app.state.metrics.passwords_hashed.get();
    let guesses = (0..200).map(|n| {
        let attacker = from(&app, format!("192.0.2.{n}"));
        async move { attacker.sign_in(EMAIL, WRONG).await.status }
    });
    let answers = join_all(guesses).await;
    let verified = answers.iter().filter(|status| **status == 401).count();
    assert_eq!(verified, 5, "{answers:?}");
    assert_eq!(app.state.metrics.passwords_hashed.get() - before, 5);
    assert!(answers.iter().all(|status| [401, 429, 503].contains(status)), "{answers:?}");
}

#[tokio::test]
async fn b_53_every_operation_that_takes_a_password_is_limited() {
    let app = App::configured(limited("4/1h", "4/1h", "1000/1m")).await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let ada = from(&app, "198.51.100.1");
    ada.sign_in(EMAIL, PASSWORD).await.expect(200);
    ada.reauthenticate(WRONG).await.expect_problem(403, "wrong_password");
    ada.change_password(WRONG, "another horse entirely").await.expect_problem(403, "wrong_password");
    ada.sign_in(EMAIL, WRONG).await.expect(401);
    ada.tokens(EMAIL, WRONG).await.expect(401);
    limited_for(ada.reauthenticate(PASSWORD).await);
    limited_for(ada.change_password(PASSWORD, "another horse entirely").await);
    ada.get_session().await.expect(200);
}

#[tokio::test]
async fn b_35_b_54_a_network_has_its_own_limit_whether_or_not_the_user_signed_in_from_it() {
    let app = App::configured(limited("100/1h", "3/1h", "1000/1m")).await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    from(&app, "203.0.113.10").sign_in(EMAIL, PASSWORD).await.expect(200);
    let mut seen = Vec::new();
    for email in [EMAIL, "unknown@example.com"] {
        let mut of_one = Vec::new();
        for ip in ["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1", "203.0.113.10", "203.0.113.10"] {
            of_one.push(from(&app, ip).sign_in(email, WRONG).await.whole());
        }
        seen.push(of_one);
    }
    assert_eq!(seen[0], seen[1], "the answers do not tell that the user signed in from this network");
    limited_for(from(&app, "192.0.2.1").sign_in(EMAIL, PASSWORD).await);
    from(&app, "198.51.100.1").sign_in(EMAIL, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn b_54_unknown_devices_do_not_limit_a_known_device_in_any_network() {
    let app = App::configured(limited("3/1h", "3/1h", "1000/1m")).await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let laptop = from(&app, "198.51.100.1");
    let cookies = laptop.sign_in(EMAIL, PASSWORD).await.expect(200).cookies();
    let device = cookies.into_iter().find(|cookie| cookie.name == "bifrons_device").unwrap();
    assert_eq!(device.max_age, Some(90 * 24 * 3600));
    laptop.sign_out().await.expect(204);
    let phone = from(&app, "198.51.100.2").tokens(EMAIL, PASSWORD).await.expect(200).string("/tokens/device_token");
    exhaust(&app).await;
    limited_for(from(&app, "203.0.113.7").sign_in(EMAIL, PASSWORD).await);
    laptop.sign_in(EMAIL, PASSWORD).await.expect(200);
    let travelling = || from(&app, "203.0.113.7").with("cookie", format!("bifrons_device={}", device.value));
    travelling().sign_in(EMAIL, PASSWORD).await.expect(200);
    let page = json!({"email": EMAIL, "password": PASSWORD, "mode": "token", "refresh_in": "cookie"});
    travelling().post("/v1/session", page).await.expect(200);
    let native = json!({"email": EMAIL, "password": PASSWORD, "mode": "token", "device_token": phone});
    from(&app, "203.0.113.8").post("/v1/session", native).await.expect(200);

    let stranger = |cookie: &str| from(&app, "192.0.2.200").with("cookie", format!("bifrons_device={cookie}"));
    for invented in [format!("bfd_{}", "A".repeat(22)), format!("bfd_{}", "A".repeat(54)), format!("{}A", device.value)] {
        limited_for(stranger(&invented).sign_in(EMAIL, WRONG).await);
    }
    for _ in 0..3 {
        travelling().sign_in(EMAIL, WRONG).await.expect(401);
    }
    limited_for(travelling().sign_in(EMAIL, PASSWORD).await);
    limited_for(stranger(&device.value).sign_in(EMAIL, WRONG).await);
}

#[tokio::test]
async fn b_54_a_device_is_known_from_sign_up_on_for_90_days() {
    let app = App::configured(limited("3/1h", "3/1h", "1000/1m")).await;
    let ada = app.client();
    ada.sign_up(EMAIL, PASSWORD).await.expect(201);
    exhaust(&app).await;
    ada.sign_in(EMAIL, PASSWORD).await.expect(200);
    app.state.clock.advance(Duration::from_secs(89 * 24 * 3600));
    exhaust(&app).await;
    ada.sign_in(EMAIL, PASSWORD).await.expect(200);
    app.state.clock.advance(Duration::from_secs(91 * 24 * 3600));
    exhaust(&app).await;
    limited_for(ada.sign_in(EMAIL, PASSWORD).await);
}

#[tokio::test]
async fn b_52_parallel_right_passwords_are_not_limited() {
    let app = App::configured(limited("3/1h", "3/1h", "1000/1m")).await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let answers = join_all((0..40).map(|_| {
        let client = from(&app, "198.51.100.1");
        async move { client.sign_in(EMAIL, PASSWORD).await.status }
    }))
    .await;
    assert!(answers.iter().all(|status| *status == 200), "{answers:?}");
}

#[tokio::test]
async fn right_passwords_from_any_network_are_refunded() {
    let app = App::configured(limited("3/1h", "3/1h", "1000/1m")).await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    for n in 0..10 {
        from(&app, format!("192.0.2.{n}")).sign_in(EMAIL, PASSWORD).await.expect(200);
    }
    assert_eq!(exhaust(&app).await, 3, "the limit of wrong passwords is untouched");
}

/// One customer may have 65,536 networks of a /48.
#[tokio::test]
async fn b_48_one_ipv6_site_does_not_exhaust_an_account() {
    let app = App::configured(limited("100/1h", "10/1h", "50000/1m")).await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    for (site, networks, verified) in [("2001:db8:7", 0x100, 40), ("2001:db8:8", 1, 20)] {
        let mut seen = 0;
        for n in 0..12 {
            for _ in 0..10 {
                let answer = from(&app, format!("{site}:{:x}::1", n * networks)).sign_in(EMAIL, WRONG).await;
                seen += usize::from(answer.status == 401);
            }
        }
        assert_eq!(seen, verified, "{site}");
    }
    from(&app, "198.51.100.1").sign_in(EMAIL, PASSWORD).await.expect(200);
}
