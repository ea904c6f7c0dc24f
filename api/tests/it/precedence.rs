//! The credential that decides: a table has the verdict for every combination of a cookie and an `Authorization` header (RFC 6750
//! section 2, B-25).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::support::{App, PASSWORD};

/// The credential in one place of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Held {
    None,
    Good,
    Bad,
    Ended,
    Others,
}

use Held::{Bad, Ended, Good, None, Others};

#[tokio::test]
async fn the_table() {
    let app = App::start().await;
    let (ada, grace) = (app.client(), app.client());
    for (who, email) in [(&ada, "ada@example.com"), (&grace, "grace@example.com")] {
        who.sign_up(email, PASSWORD).await.expect(201);
    }
    let cookie = async |email: &str| {
        let client = app.client();
        client.sign_in(email, PASSWORD).await.expect(200);
        client.cookie("bifrons_session").unwrap()
    };
    let bearer = async |email: &str| app.client().tokens(email, PASSWORD).await.expect(200).string("/tokens/access_token");
    let (good_cookie, others_cookie, ended_cookie) =
        (cookie("ada@example.com").await, cookie("grace@example.com").await, cookie("ada@example.com").await);
    let (good_token, others_token, ended_token) =
        (bearer("ada@example.com").await, bearer("grace@example.com").await, bearer("ada@example.com").await);
    let leaving = app.client();
    leaving.put_cookie("bifrons_session", ended_cookie.as_str());
    leaving.sign_out().await.expect(204);
    app.client().with_token(&ended_token).sign_out().await.expect(204);

    let held = [None, Good, Bad, Ended, Others];
    for authorization in held {
        for in_jar in held {
            let mut client = app.client();
            match in_jar {
                None => {}
                Good => client.put_cookie("bifrons_session", good_cookie.as_str()),
                Bad => client.put_cookie("bifrons_session", "bfs_nonsense"),
                Ended => client.put_cookie("bifrons_session", ended_cookie.as_str()),
                Others => client.put_cookie("bifrons_session", others_cookie.as_str()),
            }
            client = match authorization {
                None => client,
                Good => client.with_token(&good_token),
                Bad => client.with_token("nonsense"),
                Ended => client.with_token(&ended_token),
                Others => client.with_token(&others_token),
            };
            let answer = client.get_session().await;
            let verdict = (answer.status, if answer.status == 200 { answer.string("/user/email") } else { answer.code() });
            let wanted = match (authorization, in_jar) {
                (Good, _) | (None, Good) => (200, "ada@example.com"),
                (Others, _) | (None, Others) => (200, "grace@example.com"),
                (Bad | Ended, _) => (401, "invalid_token"),
                (None, Bad | Ended) => (401, "invalid_session"),
                (None, None) => (401, "unauthenticated"),
            };
            assert_eq!(verdict, (wanted.0, wanted.1.to_owned()), "Authorization {authorization:?}, cookie {in_jar:?}");
            let challenge = match answer.code().as_str() {
                "" => "",
                "invalid_token" => "Bearer error=\"invalid_token\"",
                _ => "Bearer",
            };
            assert_eq!(answer.header("www-authenticate"), challenge, "B-60");
        }
    }
}

#[tokio::test]
async fn another_scheme_displaces_a_valid_cookie() {
    let app = App::start().await;
    let ada = app.ada().await;
    for other in ["Basic YWRhOmFkYQ==", "Bearerbfs_x", "bfs_x", "", "Digest x", "Token x"] {
        ada.with("authorization", other).get_session().await.expect_problem(401, "unsupported_authorization");
    }
    for nothing in ["Bearer", "bearer ", "Bearer\tx", "Bearer x y"] {
        ada.with("authorization", nothing).get_session().await.expect_problem(401, "invalid_token");
    }
    ada.get_session().await.expect(200);
}

#[tokio::test]
async fn the_scheme_is_case_insensitive() {
    let app = App::start().await;
    app.ada().await;
    let token = app.client().tokens("ada@example.com", PASSWORD).await.expect(200).string("/tokens/access_token");
    for scheme in ["Bearer", "bearer", "BEARER", "Bearer "] {
        app.client().with("authorization", format!("{scheme} {token}")).get_session().await.expect(200);
    }
}

#[tokio::test]
async fn b_25_two_credentials_of_a_kind_are_refused() {
    let app = App::start().await;
    let ada = app.ada().await;
    let token = app.client().tokens("ada@example.com", PASSWORD).await.expect(200).string("/tokens/access_token");
    let bearer = ada.with_token(&token);
    bearer.with_token(&token).get_session().await.expect_problem(400, "ambiguous_credentials");
    bearer.with("authorization", "Basic x").get_session().await.expect_problem(400, "ambiguous_credentials");
    let other = app.client();
    other.sign_in("ada@example.com", PASSWORD).await.expect(200);
    let other = format!("bifrons_session={}", other.cookie("bifrons_session").unwrap());
    ada.with("cookie", &other).get_session().await.expect_problem(400, "ambiguous_credentials");
    let bytes = [ada.session().await.0.as_bytes().as_slice(), &[7; 32]].concat();
    let forged = format!("bfs_{}", URL_SAFE_NO_PAD.encode(bytes));
    for junk in ["planted", "", "bfs_AAAA", &forged] {
        ada.with("cookie", format!("bifrons_session={junk}")).get_session().await.expect(200);
        let both = format!("bifrons_session={junk}; {other}; bifrons_session={junk}");
        app.client().with("cookie", both).get_session().await.expect(200);
    }
    app.client().with("cookie", format!("bifrons_session=planted; bifrons_session={forged}")).get_session().await.expect(401);
    bearer.with("cookie", "bifrons_session=planted").get_session().await.expect(200);
    let same = ada.cookie("bifrons_session").unwrap();
    ada.with("cookie", format!("bifrons_session={same}")).get_session().await.expect(200);
}

#[tokio::test]
async fn b_06_a_credential_is_accepted_only_in_its_own_place() {
    let app = App::start().await;
    let ada = app.ada().await;
    let cookie = ada.cookie("bifrons_session").unwrap();
    let tokens = app.client().tokens("ada@example.com", PASSWORD).await.expect(200);
    for wrong in [&cookie, &tokens.string("/tokens/refresh_token")] {
        app.client().with_token(wrong).get_session().await.expect_problem(401, "invalid_token");
    }
    for wrong in [tokens.string("/tokens/access_token"), tokens.string("/tokens/refresh_token")] {
        let client = app.client();
        client.put_cookie("bifrons_session", wrong);
        client.get_session().await.expect_problem(401, "invalid_session");
    }
    ada.refresh(&cookie).await.expect_problem(401, "invalid_refresh_token");
    ada.refresh("eyJhbGciOiJFZERTQSJ9.e30.AAAA").await.expect_problem(401, "invalid_refresh_token");

    // The id of a session in mode token and 32 other bytes: such a session has no cookie secret.
    let id = uuid::Uuid::parse_str(&tokens.string("/session/id")).unwrap();
    for secret in [[0; 32], [7; 32]] {
        let client = app.client();
        let bytes = [id.as_bytes().as_slice(), &secret].concat();
        client.put_cookie("bifrons_session", format!("bfs_{}", URL_SAFE_NO_PAD.encode(bytes)));
        client.get_session().await.expect_problem(401, "invalid_session");
    }
    // A session in mode cookie has no grant.
    let id = uuid::Uuid::parse_str(&ada.get_session().await.expect(200).string("/id")).unwrap();
    let bytes = [id.as_bytes().as_slice(), &[0; 36]].concat();
    ada.refresh(&format!("bfr_{}", URL_SAFE_NO_PAD.encode(bytes))).await.expect_problem(401, "invalid_refresh_token");
}

#[tokio::test]
async fn b_05_every_malformed_cookie_is_answered_with_401() {
    let app = App::start().await;
    for value in [
        "",
        "=",
        "bfs_",
        "bfs_AAAA",
        "bfs_!!!!",
        "\"bfs_AAAA\"",
        &"A".repeat(8192),
        "bfs_%00",
        "null",
        "../../etc/passwd",
        "' OR 1=1 --",
    ] {
        let client = app.client();
        client.put_cookie("bifrons_session", value);
        client.get_session().await.expect_problem(401, "invalid_session");
    }
}
