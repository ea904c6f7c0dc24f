//! Which operation takes what another one answered.

use serde_json::{Map, Value, json};

use super::document::operations_mut;

/// One link: the operation and status that it leads from, the operation it leads to, and the inputs that it fills.
struct Link {
    from: &'static str,
    status: &'static str,
    to: &'static str,
    about: &'static str,
    parameters: &'static [(&'static str, &'static str)],
    body: &'static [(&'static str, &'static str)],
}

const fn plain(from: &'static str, status: &'static str, to: &'static str, about: &'static str) -> Link {
    Link { from, status, to, about, parameters: &[], body: &[] }
}

const CREDENTIALS: &[(&str, &str)] = &[("email", "$request.body#/email"), ("password", "$request.body#/password")];
const NEW_REFRESH_TOKEN: &[(&str, &str)] = &[("refresh_token", "$response.body#/tokens/refresh_token")];

const LINKS: &[Link] = &[
    Link { body: CREDENTIALS, ..plain("registerUser", "201", "signIn", "Sign in as the new user.") },
    plain("signIn", "200", "getSession", "Get the new session."),
    plain("signIn", "200", "getMe", "Get the user."),
    plain("signIn", "200", "listSessions", "List the sessions of the user."),
    plain("signIn", "200", "signOut", "Sign out again."),
    Link { body: NEW_REFRESH_TOKEN, ..plain("signIn", "200", "refreshTokens", "Mode `token`: get the next tokens.") },
    Link {
        body: &[("token", "$response.body#/tokens/refresh_token")],
        ..plain("signIn", "200", "revokeToken", "Mode `token`: end the session.")
    },
    Link { body: NEW_REFRESH_TOKEN, ..plain("refreshTokens", "200", "refreshTokens", "Get the next tokens.") },
    Link {
        parameters: &[("id", "$response.body#/id")],
        ..plain("getSession", "200", "endSession", "End the session of the request.")
    },
    Link {
        parameters: &[("id", "$response.body#/items/0/id")],
        ..plain("listSessions", "200", "endSession", "End the newest session.")
    },
    Link {
        parameters: &[("after", "$response.body#/next")],
        ..plain("listSessions", "200", "listSessions", "List the next ones.")
    },
    plain("reauthenticate", "200", "exportMe", "What demands a fresh session."),
    plain("reauthenticate", "200", "deleteMe", "What demands a fresh session."),
    plain("updateMe", "200", "getMe", "Get the user as changed."),
    Link {
        body: &[("token", "$response.body#/reset_token")],
        ..plain("confirmEmail", "200", "resetPassword", "Choose a password, if the account has none any more.")
    },
    plain("setProbeCookie", "204", "readProbeCookie", "Find out whether the cookie comes back."),
];

pub(super) fn add(document: &mut Value) {
    for (_, operation) in operations_mut(document) {
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        for link in LINKS.iter().filter(|link| link.from == id) {
            let mut value = json!({ "operationId": link.to, "description": link.about });
            for (member, inputs) in [("parameters", link.parameters), ("requestBody", link.body)] {
                if !inputs.is_empty() {
                    let inputs: Map<_, _> = inputs.iter().map(|(name, from)| ((*name).to_owned(), (*from).into())).collect();
                    value[member] = inputs.into();
                }
            }
            operation["responses"][link.status]["links"][link.to] = value;
        }
    }
}
