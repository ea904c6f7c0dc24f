//! One mailbox has one canonical address, in every form that a user types.

use bifrons::{
    accounts::AdminAction,
    config::{Rate, RegistrationConfig},
};
use serde_json::json;

use crate::{
    limits::{WRONG, from, limited, limited_for},
    support::{App, EMAIL, PASSWORD, binary::run, operator},
};

/// The same address with `é` as one code point, and as two.
const NFC: &str = "ren\u{e9}@example.com";
const NFD: &str = "rene\u{301}@example.com";

/// RFC 6532 section 3.1.
#[tokio::test]
async fn nfc_and_nfd_are_one_address() {
    for (first, second) in [(NFC, NFD), (NFD, NFC)] {
        let app = App::start().await;
        let user = app.client().sign_up(first, PASSWORD).await.expect(201);
        assert_eq!(user.string("/email"), NFC);
        app.client().sign_up(second, PASSWORD).await.expect_problem(409, "email_taken");
        for typed in [first, second] {
            app.client().sign_in(typed, PASSWORD).await.expect(200);
        }
    }
    let app = App::configured(limited("2/1h", "2/1h", "1000/1m")).await;
    for (n, typed) in [NFC, NFD].into_iter().enumerate() {
        from(&app, format!("192.0.2.{n}")).sign_in(typed, WRONG).await.expect(401);
    }
    limited_for(from(&app, "198.51.100.1").sign_in(NFD, WRONG).await);
}

#[tokio::test]
async fn the_domain_is_shown_as_idna_maps_it() {
    let app = App::start().await;
    for (typed, shown) in [
        ("a@ex\u{ad}ample.com", "a@example.com"),
        ("b@EXAMPLE\u{3002}com", "b@example.com"),
        ("c@BU\u{308}CHER.example", "c@b\u{fc}cher.example"),
        ("d@XN--bcher-kva.example", "d@XN--bcher-kva.example"),
        ("e@Example.COM", "e@Example.COM"),
    ] {
        assert_eq!(app.client().sign_up(typed, PASSWORD).await.expect(201).string("/email"), shown, "{typed:?}");
        for other in [typed, shown] {
            assert_eq!(app.client().sign_in(other, PASSWORD).await.expect(200).string("/session/user/email"), shown);
        }
    }
    for no_label in ["x@i\u{2764}.example", "x@xn--i-7iq.example", "x@a\u{200d}b.example"] {
        let rules = app.client().sign_up(no_label, PASSWORD).await.expect_problem(422, "validation_failed").broken_rules();
        assert_eq!(rules, [("email".to_owned(), "format".to_owned())], "{no_label:?}");
    }
}

#[tokio::test]
async fn blanks_around_an_address_are_ignored_and_around_a_password_are_not() {
    let app = App::start().await;
    assert_eq!(app.client().sign_up(" ada@example.com\n", PASSWORD).await.expect(201).string("/email"), EMAIL);
    app.client().sign_in("ada@example.com ", PASSWORD).await.expect(200);
    app.client().sign_in("\u{3000}ada@example.com", PASSWORD).await.expect(200);
    app.client().sign_in(EMAIL, &format!("{PASSWORD} ")).await.expect(401);
}

#[tokio::test]
async fn aliases_of_one_mailbox_share_its_mail_limit() {
    let app = App::configured(|config| {
        limited("1000/1m", "1000/1m", "1000/1m")(config);
        config.limits.as_mut().unwrap().mail = Rate::parse("3/1h").unwrap();
        config.registration = RegistrationConfig::Verified;
    })
    .await;
    let aliases = ["adalovelace", "ada.lovelace", "a.d.a.lovelace", "AdaLovelace", "ada.love.lace"];
    for (n, local) in aliases.into_iter().cycle().take(20).enumerate() {
        let domain = if n % 2 == 0 { "gmail.com" } else { "googlemail.com" };
        let tag = if n % 3 == 0 { String::new() } else { format!("+{n}") };
        let body = json!({"email": format!("{local}{tag}@{domain}"), "password": PASSWORD});
        app.client().post("/v1/users", body).await.expect(202);
    }
    assert_eq!(app.letters().await.len(), 3);
    app.client().sign_up("grace@gmail.com", PASSWORD).await.expect(202);
    assert_eq!(app.letters().await.len(), 4, "another mailbox has its own limit");
}

#[tokio::test]
async fn stored_addresses_are_normalized_once_and_collisions_are_kept() {
    let app = App::start().await;
    for (typed, stored) in [("ren\u{e9}@a.example", "rene\u{301}@a.example"), ("ren\u{e9}@b.example", "rene\u{301}@b.example")] {
        app.client().sign_up(typed, PASSWORD).await.expect(201);
        app.sql(&format!("UPDATE user SET email = '{stored}', email_canonical = '{stored}' WHERE email = '{typed}'")).await;
    }
    let second = app.client().sign_up("ren\u{e9}@b.example", "another horse entirely").await.expect(201).string("/id");
    app.client().sign_in("ren\u{e9}@a.example", PASSWORD).await.expect(401);
    // As it was at that step.
    app.sql("CREATE TABLE registration AS SELECT id, email, email_canonical FROM user WHERE 1 = 0").await;
    app.sql("DELETE FROM seaql_migrations WHERE version LIKE '%normalize_addresses'").await;
    let folder = app.state.config.data_dir.as_path();
    let environment = [("BIFRONS_DATABASE__URL", app.state.config.database.url.as_str()), ("BIFRONS_DATA_DIR", ".")];
    let migrated = run(folder, &["migrate"], &environment);
    let logged = String::from_utf8(migrated.stderr).unwrap();
    assert!(migrated.status.success() && logged.contains("two users have the same e-mail address"), "{logged}");
    let migrated = app.reconfigured(|_| {}).await;
    for typed in ["ren\u{e9}@a.example", "rene\u{301}@a.example"] {
        let user = migrated.client().sign_in(typed, PASSWORD).await.expect(200);
        assert_eq!(user.string("/session/user/email"), "ren\u{e9}@a.example");
    }
    migrated.client().sign_in("rene\u{301}@b.example", PASSWORD).await.expect(401);
    let user = migrated.client().sign_in("rene\u{301}@b.example", "another horse entirely").await.expect(200);
    assert_eq!(user.string("/session/user/id"), second, "the user whose stored address is normalized keeps it");
    assert_eq!(app.count("SELECT count(*) FROM user").await, 3);
}

/// The first edition accepted symbols in domain names. Its users are still there.
#[tokio::test]
async fn a_user_whose_address_is_refused_today_can_sign_in() {
    let app = App::start().await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let (stored, canonical) = ("ada@i\u{2764}.example", "ada@xn--i-7iq.example");
    app.sql(&format!("UPDATE user SET email = '{stored}', email_canonical = '{canonical}'")).await;
    app.client().sign_up(stored, PASSWORD).await.expect(422);
    for typed in [stored, canonical, "Ada@I\u{2764}.Example"] {
        let user = app.client().sign_in(typed, PASSWORD).await.expect(200);
        assert_eq!(user.string("/session/user/email"), stored);
    }
    operator::apply(&app.state, AdminAction::Disable, stored).await;
}
