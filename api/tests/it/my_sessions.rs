//! Listing and ending the sessions of the current user.

use crate::support::{Actor, App, EMAIL, PASSWORD};

async fn ids(who: &Actor) -> Vec<String> {
    let list = who.get("/v1/me/sessions").await.expect(200).json();
    list["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn sessions_of_both_modes_are_in_one_list_newest_first() {
    let app = App::start().await;
    let ada = app.ada().await;
    app.advance(std::time::Duration::from_secs(1)).await;
    let phone = app.client().with("user-agent", "Phone/1.0");
    let tokens = phone.tokens(EMAIL, PASSWORD).await.expect(200);
    let list = ada.get("/v1/me/sessions").await.expect(200).json();
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    assert_eq!((items[0]["mode"].as_str(), items[0]["current"].as_bool()), (Some("token"), Some(false)));
    assert_eq!((items[1]["mode"].as_str(), items[1]["current"].as_bool()), (Some("cookie"), Some(true)));
    assert_eq!((items[0]["user_agent"].as_str(), items[0]["ip"].as_str()), (Some("Phone/1.0"), Some("127.0.0.1")));
    assert!(list.get("next").is_none());
    for secret in
        [ada.cookie("bifrons_session").unwrap(), tokens.string("/tokens/refresh_token"), tokens.string("/tokens/access_token")]
    {
        assert!(!list.to_string().contains(&secret[8..]), "ASVS 7.5.2: no token material");
    }
}

#[tokio::test]
async fn long_lists_come_in_pages() {
    let app = App::start().await;
    let ada = app.ada().await;
    for _ in 0..6 {
        app.advance(std::time::Duration::from_millis(1)).await;
        app.client().sign_in(EMAIL, PASSWORD).await.expect(200);
    }
    let all = ids(&ada).await;
    assert_eq!(all.len(), 7);
    let (mut paged, mut after) = (Vec::new(), String::new());
    loop {
        let page = ada.get(&format!("/v1/me/sessions?limit=3{after}")).await.expect(200).json();
        paged.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(paged, all);
    for wrong in ["limit=0", "limit=101", "limit=x", "limit=", "after=x"] {
        let problem = ada.get(&format!("/v1/me/sessions?{wrong}")).await.expect_problem(422, "validation_failed");
        assert_eq!(problem.broken_rules()[0].0, wrong.split('=').next().unwrap());
    }
}

#[tokio::test]
async fn ending_a_session_takes_effect_immediately() {
    let app = App::start().await;
    let ada = app.ada().await;
    let (laptop, phone) = (app.client(), app.client());
    let laptops = laptop.sign_in(EMAIL, PASSWORD).await.expect(200).string("/session/id");
    let tokens = phone.tokens(EMAIL, PASSWORD).await.expect(200);
    let phone = phone.with_token(&tokens.string("/tokens/access_token"));

    ada.delete(&format!("/v1/me/sessions/{laptops}")).await.expect(204);
    laptop.get_session().await.expect_problem(401, "invalid_session");
    phone.get_session().await.expect(200);
    ada.delete(&format!("/v1/me/sessions/{}", tokens.string("/session/id"))).await.expect(204);
    phone.get_session().await.expect_problem(401, "invalid_token");
    phone.refresh(&tokens.string("/tokens/refresh_token")).await.expect_problem(401, "invalid_refresh_token");
    ada.delete(&format!("/v1/me/sessions/{laptops}")).await.expect_problem(404, "not_found");
    assert_eq!(ids(&ada).await.len(), 1);

    let own = ids(&ada).await.remove(0);
    let answer = ada.delete(&format!("/v1/me/sessions/{own}")).await.expect(204);
    assert_eq!(answer.cookies()[0].max_age, Some(0), "ending the current session signs out");
}

#[tokio::test]
async fn asvs_8_2_2_a_user_cannot_list_or_end_the_session_of_another_user() {
    let app = App::start().await;
    let ada = app.ada().await;
    let adas = ids(&ada).await.remove(0);
    let mallory = app.client();
    mallory.sign_up("mallory@example.com", PASSWORD).await.expect(201);
    mallory.sign_in("mallory@example.com", PASSWORD).await.expect(200);
    mallory.delete(&format!("/v1/me/sessions/{adas}")).await.expect_problem(404, "not_found");
    for odd in ["x", "019b7a3d-2f40-7c31-9d1e-5b7a60c41f2a", "%00", "..%2f", "019b7a3d"] {
        mallory.delete(&format!("/v1/me/sessions/{odd}")).await.expect_problem(404, "not_found");
    }
    mallory.delete("/v1/me/sessions").await.expect(204);
    assert_eq!(ids(&mallory).await.len(), 1);
    ada.get_session().await.expect(200);
}

#[tokio::test]
async fn ending_the_others_keeps_this_one() {
    let app = App::start().await;
    let ada = app.ada().await;
    let laptop = app.client();
    laptop.sign_in(EMAIL, PASSWORD).await.expect(200);
    let tokens = app.client().tokens(EMAIL, PASSWORD).await.expect(200);
    ada.delete("/v1/me/sessions").await.expect(204);
    laptop.get_session().await.expect_problem(401, "invalid_session");
    app.client().refresh(&tokens.string("/tokens/refresh_token")).await.expect_problem(401, "invalid_refresh_token");
    ada.get_session().await.expect(200);
    assert_eq!(ids(&ada).await.len(), 1);
}

#[tokio::test]
async fn expired_sessions_are_not_listed() {
    let app = App::start().await;
    app.ada().await;
    app.advance(std::time::Duration::from_secs(3600)).await;
    let again = app.client();
    again.sign_in_and_stay(EMAIL, PASSWORD).await.expect(200);
    assert_eq!(ids(&again).await.len(), 1);
}
