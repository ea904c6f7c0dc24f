//! Which operation takes what another one answered.

use serde_json::{Value, json};

use super::operations::operations_mut;

/// One link: the operation and status that it leads from, the operation it leads to, and the parameter that it fills. A body is filled
/// in words: generators refuse an object of expressions there.
struct Link {
    from: &'static str,
    status: &'static str,
    to: &'static str,
    about: &'static str,
    parameter: Option<(&'static str, &'static str)>,
}

const fn plain(from: &'static str, status: &'static str, to: &'static str, about: &'static str) -> Link {
    Link { from, status, to, about, parameter: None }
}

const LINKS: &[Link] = &[
    plain("registerUser", "201", "signIn", "Sign in with the same `email` and `password`."),
    plain("confirmRegistration", "201", "signIn", "Sign in with the same `password`."),
    plain("signIn", "200", "getSession", "Get the new session."),
    plain("signIn", "200", "getMe", "Get the user."),
    plain("signIn", "200", "listSessions", "List the sessions of the user."),
    plain("signIn", "202", "completeSignIn", "Complete the sign-in, in mode `token` with `token`."),
    plain("signIn", "200", "signOut", "Sign out again."),
    plain("signIn", "200", "refreshTokens", "Mode `token`: get the next tokens, with `tokens.refresh_token` as `refresh_token`."),
    plain("signIn", "200", "revokeToken", "Mode `token`: end the session, with `tokens.refresh_token` as `token`."),
    plain("refreshTokens", "200", "refreshTokens", "Get the next tokens, with `tokens.refresh_token` as `refresh_token`."),
    Link {
        parameter: Some(("id", "$response.body#/id")),
        ..plain("getSession", "200", "endSession", "End the session of the request.")
    },
    Link {
        parameter: Some(("id", "$response.body#/items/0/id")),
        ..plain("listSessions", "200", "endSession", "End the newest session.")
    },
    Link {
        parameter: Some(("after", "$response.body#/next")),
        ..plain("listSessions", "200", "listSessions", "List the next ones.")
    },
    plain("reauthenticate", "200", "exportMe", "Export the user: the session is fresh now."),
    plain("reauthenticate", "200", "deleteMe", "Delete the user: the session is fresh now."),
    plain("updateMe", "200", "getMe", "Get the user as changed."),
    plain(
        "confirmEmail",
        "200",
        "resetPassword",
        "If the account has no password any more: choose one, with `reset_token` as `token`.",
    ),
    plain("setProbeCookie", "204", "readProbeCookie", "Find out whether the cookie comes back."),
];

pub(super) fn add(document: &mut Value) {
    for (_, operation) in operations_mut(document) {
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        for link in LINKS.iter().filter(|link| link.from == id) {
            let mut value = json!({ "operationId": link.to, "description": link.about });
            if let Some((name, expression)) = link.parameter {
                value["parameters"] = json!({ name: expression });
            }
            operation["responses"][link.status]["links"][link.to] = value;
        }
    }
}
