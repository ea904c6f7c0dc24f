//! Names of persons in the spelling of their language.

use serde_json::json;

use crate::support::{Actor, App, EMAIL, PASSWORD};

async fn rename(ada: &Actor, name: &str) -> u16 {
    ada.send(reqwest::Method::PATCH, "/v1/me", Some(json!({ "name": name }))).await.status
}

/// RFC 8264 section 9.8, RFC 5892 appendix A, UTS 51.
#[tokio::test]
async fn names_with_joiners_and_variation_selectors_are_accepted() {
    let app = App::start().await;
    let ada = app.ada().await;
    for name in [
        "\u{639}\u{644}\u{6cc}\u{200c}\u{631}\u{636}\u{627}",        // علی‌رضا
        "\u{9b0}\u{200d}\u{9cd}\u{9af}\u{9be}\u{99a}\u{9c7}\u{9b2}", // র‍্যাচেল
        "\u{845b}\u{e0100}\u{98fe}",
        "Ada \u{1f469}\u{200d}\u{1f4bb}",
        "Grace \u{2764}\u{fe0f}",
    ] {
        assert_eq!(rename(&ada, name).await, 200, "{name:?}");
        assert_eq!(ada.get_session().await.expect(200).string("/user/name"), name);
    }
    let body =
        json!({"email": "reza@example.com", "password": PASSWORD, "name": "\u{639}\u{644}\u{6cc}\u{200c}\u{631}\u{636}\u{627}"});
    app.client().post("/v1/users", body).await.expect(201);
}

#[tokio::test]
async fn hidden_and_reordering_characters_in_names_are_refused() {
    let app = App::start().await;
    let ada = app.ada().await;
    for name in [
        "Ada\u{202e}nimda",
        "\u{200d}",
        "Ada\u{200c}",
        "A\u{200d}da",
        "\u{fe0f}",
        "Ada\u{fe0f}",
        "Ada\u{2066}",
        "\u{7}",
        " \u{3000}",
    ] {
        assert_eq!(rename(&ada, name).await, 422, "{name:?}");
    }
    assert!(ada.get_session().await.expect(200).string("/user/email") == EMAIL);
}
