//! What security mails say of who did it: time, device, and the approximate place if a proxy names it.

use std::time::Duration;

use bifrons::config::Config;

use crate::{
    email_change::{PASSWORD_AFTER, change, choose, later, newest, pages, use_token},
    limits::proxy,
    support::{Actor, App, EMAIL, PASSWORD},
};

const NEW: &str = "ada@example.net";
const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";

fn places(config: &mut Config) {
    pages(config);
    proxy(config, |proxy| {
        proxy.trusted = vec!["127.0.0.0/8".parse().unwrap()];
        proxy.place_headers = vec!["x-city".to_owned(), "x-country".to_owned()];
    });
}

/// All that a mail reports happens to an account, from one place. The mails to the old and to the new address.
async fn everything_happens(app: &App) -> Vec<String> {
    let with_place = |actor: Actor| actor.with("user-agent", AGENT).with("x-city", "S%C3%A3o Paulo").with("x-country", "BR");
    let ada = app.ada().await;
    let there = with_place(app.client());
    later(app);
    let token = there.tokens(EMAIL, PASSWORD).await.expect(200).string("/tokens/refresh_token");
    for _ in 0..2 {
        app.advance(Duration::from_secs(60)).await;
        there.refresh(&token).await;
    }
    let ada = with_place(ada);
    later(app);
    ada.change_password(PASSWORD, PASSWORD_AFTER).await.expect(200);
    change(&ada, NEW).await.expect(202);
    use_token(&ada, "confirm", &newest(app, NEW, "/confirm#").await.unwrap()).await.expect(200);
    let undo = newest(app, EMAIL, "/undo#").await.unwrap();
    use_token(&there, "undo", &undo).await.expect(204);
    choose(app, EMAIL).await;
    later(app);
    there.sign_in(EMAIL, PASSWORD_AFTER).await.expect(200);
    there.delete("/v1/me").await.expect(204);
    app.letters().await
}

const REPORTS: [&str; 7] = [
    "New sign-in",
    "A session at",
    "Your password for",
    "Your address at",
    "Your address change",
    "Your account at Bifrons will be deleted",
    "Your account at Bifrons was deleted",
];

#[tokio::test]
async fn every_report_names_the_device_and_the_place() {
    for (grace, last) in [(0, REPORTS[6]), (3 * 24 * 3600, REPORTS[5])] {
        let app = App::configured(|config| {
            places(config);
            config.accounts.deletion_grace = Duration::from_secs(grace);
        })
        .await;
        let mails = everything_happens(&app).await;
        for report in REPORTS[..5].iter().chain([&last]) {
            let of_kind = |mail: &&String| mail.contains(&format!("\r\nSubject: {report}"));
            // Either of the two may be the thief: the mail names the device of the session.
            let place = if report == &REPORTS[1] { "" } else { "\r\nApproximate place: S\u{e3}o Paulo, BR" };
            let says = format!(" UTC\r\nDevice: Firefox on Linux{place}\r\n\r\n");
            assert!(mails.iter().filter(of_kind).any(|mail| mail.contains(&says)), "{report}: {mails:#?}");
        }
    }
}

/// A client that names its place itself is not believed.
#[tokio::test]
async fn only_a_trusted_proxy_names_a_place() {
    for change in [
        |config: &mut Config| proxy(config, |proxy| proxy.trusted = vec!["192.0.2.0/24".parse().unwrap()]),
        |config: &mut Config| proxy(config, |proxy| proxy.place_headers.clear()),
    ] {
        let app = App::configured(|config| {
            places(config);
            change(config);
        })
        .await;
        let mails = everything_happens(&app).await;
        assert!(mails.len() > 6 && mails.iter().all(|mail| !mail.contains("Approximate place")), "{mails:#?}");
    }
}

#[test]
fn a_place_needs_a_trusted_proxy_and_the_name_of_a_header() {
    for (headers, trusted, says) in [
        ("cf-ipcity", "", "is read only from trusted proxies: list them in proxy.trusted"),
        ("cf ipcity", "10.0.0.0/8", "write the name of a request header: x-requested-with"),
    ] {
        let environment = [("BIFRONS_PROXY__PLACE_HEADERS", headers), ("BIFRONS_PROXY__TRUSTED", trusted)];
        let environment = environment.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let errors = Config::read(None, environment).config.unwrap_err();
        assert!(errors.iter().any(|error| error.to_string().contains(says)), "{errors:?}");
    }
}
