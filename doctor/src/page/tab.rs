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

/// What the page calls, on its own and once it is signed in to, and whether it has a form to sign in with.
pub(super) fn watch(browser: &mut Browser, visit: &Visit) -> Result<(Vec<PageCall>, bool), LookError> {
    let session = open(browser, visit)?;
    let mut calls = Vec::new();
    let (mut form, mut signed_in) = (false, false);
    // Once it has signed in, it has as long as it had to begin with.
    let mut end = Instant::now() + visit.timeout;
    // Scripts that take a form over need a moment after it is there.
    let mut try_again = Instant::now() + SETTLE;
    loop {
        let now = Instant::now();
        if now >= end {
            break;
        }
        if !form && !signed_in && now >= try_again {
            match run(browser, &session, &format!("{FILL}({})", json!(visit.values)), end)? {
                Some(done) => form = done == true,
                None => break,
            }
            try_again = Instant::now() + RETRY;
        }
        let Some(event) = browser.event(if form || signed_in { end } else { try_again.min(end) })? else { continue };
        let Some(call) = call(&event) else { continue };
        if is_sign_in(visit, &call) {
            signed_in = true;
            end = end.min(Instant::now() + SETTLE);
        }
        calls.push(call);
    }
    // What it called before it began to hang.
    while let Some(event) = browser.waiting() {
        calls.extend(call(&event));
    }
    let unseen = !calls.iter().any(|call| is_sign_in(visit, call));
    if unseen && run(browser, &session, "true", Instant::now() + SETTLE)?.is_none() {
        return Err(LookError::Hangs { url: visit.url.to_string(), timeout: visit.timeout });
    }
    Ok((calls, form))
}

fn is_sign_in(visit: &Visit, call: &PageCall) -> bool {
    let (method, path) = &visit.sign_in;
    let path = path.split('?').next().unwrap_or_default();
    call.method == *method && call.url == format!("{}{path}", visit.api.as_str())
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
    let opened = browser.ask_until(Instant::now() + visit.timeout, Some(&session), "Page.navigate", &json!({ "url": url }))?;
    let Some(opened) = opened else { return Err(LookError::Unanswered { url: url.to_owned(), timeout: visit.timeout }) };
    match opened["errorText"].as_str() {
        Some(cause) => Err(LookError::Open { url: url.to_owned(), cause: cause.to_owned() }),
        None => Ok(session),
    }
}

/// Runs a script in the page. None: the page hangs.
fn run(browser: &mut Browser, session: &str, script: &str, until: Instant) -> Result<Option<Value>, LookError> {
    let params = json!({ "expression": script, "returnByValue": true, "userGesture": true });
    let done = browser.ask_until(until, Some(session), "Runtime.evaluate", &params)?;
    Ok(done.map(|done| done["result"]["value"].clone()))
}

fn call(event: &Value) -> Option<PageCall> {
    if event["method"] != "Runtime.bindingCalled" {
        return None;
    }
    let told: Value = serde_json::from_str(event["params"]["payload"].as_str()?).ok()?;
    let text = |name: &str| told[name].as_str().map(str::to_owned);
    Some(PageCall { method: text("method")?, url: text("url")?, credentials: text("credentials")? })
}
