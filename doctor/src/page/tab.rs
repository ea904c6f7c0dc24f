//! One page: opened, watched, and signed in to.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{LookError, PageCall, Visit, browser::Browser};

const OBSERVE: &str = include_str!("observe.js");
const FILL: &str = include_str!("fill.js");

/// How long a page may take to begin its work, and to go on after the sign-in.
const SETTLE: Duration = Duration::from_millis(1500);

/// How often the form is looked for until it is there.
const RETRY: Duration = Duration::from_millis(250);

/// What the page calls, on its own and once it is signed in to.
pub(super) fn watch(browser: &mut Browser, visit: &Visit) -> Result<Vec<PageCall>, LookError> {
    let session = open(browser, visit)?;
    let mut calls = Vec::new();
    let mut filled = false;
    // Once it has signed in, it has as long as it had to begin with.
    let mut end = Instant::now() + visit.timeout;
    // Scripts that take a form over need a moment after it is there.
    let mut try_again = Instant::now() + SETTLE;
    loop {
        let now = Instant::now();
        if now >= end {
            return Ok(calls);
        }
        if !filled && now >= try_again {
            filled = fill(browser, visit, &session)?;
            try_again = Instant::now() + RETRY;
        }
        let Some(event) = browser.event(if filled { end } else { try_again.min(end) })? else { continue };
        let Some(call) = call(&event) else { continue };
        if call.method == visit.sign_in.0 && call.url == format!("{}{}", visit.api.as_str(), visit.sign_in.1) {
            filled = true;
            end = end.min(Instant::now() + SETTLE);
        }
        calls.push(call);
    }
}

/// Opens the page. Gives the session of its tab.
fn open(browser: &mut Browser, visit: &Visit) -> Result<String, LookError> {
    let target = browser.ask(None, "Target.createTarget", &json!({ "url": "about:blank" }))?;
    let attach = json!({ "targetId": target["targetId"], "flatten": true });
    let attached = browser.ask(None, "Target.attachToTarget", &attach)?;
    let session = attached["sessionId"].as_str().unwrap_or_default().to_owned();
    for (method, params) in [
        ("Page.enable", json!({})),
        ("Runtime.enable", json!({})),
        ("Runtime.addBinding", json!({ "name": "__bifronsDoctor" })),
        ("Page.addScriptToEvaluateOnNewDocument", json!({ "source": OBSERVE })),
    ] {
        browser.ask(Some(&session), method, &params)?;
    }
    let url = visit.url.as_str();
    let opened = browser.ask(Some(&session), "Page.navigate", &json!({ "url": url }))?;
    match opened["errorText"].as_str() {
        Some(cause) => Err(LookError::Open { url: url.to_owned(), cause: cause.to_owned() }),
        None => Ok(session),
    }
}

/// Fills the form in, if it is there.
fn fill(browser: &mut Browser, visit: &Visit, session: &str) -> Result<bool, LookError> {
    let expression = format!("{FILL}({})", json!(visit.values));
    let params = json!({ "expression": expression, "returnByValue": true, "userGesture": true });
    let done = browser.ask(Some(session), "Runtime.evaluate", &params)?;
    Ok(done["result"]["value"] == true)
}

fn call(event: &Value) -> Option<PageCall> {
    if event["method"] != "Runtime.bindingCalled" {
        return None;
    }
    let told: Value = serde_json::from_str(event["params"]["payload"].as_str()?).ok()?;
    let text = |name: &str| told[name].as_str().map(str::to_owned);
    Some(PageCall { method: text("method")?, url: text("url")?, credentials: text("credentials")? })
}
