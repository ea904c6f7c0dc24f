//! Whether the sign-in began a session. Servers set cookies for visitors without one too, and for those who owe a second factor.

use super::Facts;
use crate::{Answer, Hop, Leg, Mistake, csrf, second_factor};

/// Why the sign-in began no session, though its answer may set cookies. None: it did, as far as can be seen.
pub(crate) fn unbegun(sign_in: &Leg, next: Option<&Leg>, session_cookie: Option<&str>) -> Option<Mistake> {
    let answer = sign_in.answer()?;
    let shown = next.and_then(Leg::answer).is_some_and(Answer::is_success);
    let onward = sign_in.hops.get(1..).unwrap_or_default();
    let demands = answer.status == 202 || answer.demands_second_factor || onward.iter().any(asks_for_second_factor);
    if demands && !shown && (answer.is_success() || matches!(answer.status, 401 | 403)) {
        return Some(Mistake::SignInIncomplete);
    }
    // After a form the browser is sent to another page, which decides nothing.
    let accepted = sign_in.hops.windows(2).any(|pair| {
        pair[1].call.method == "GET" && pair[0].answer.as_ref().is_some_and(|answer| sets_session(answer, session_cookie))
    });
    match answer.status {
        _ if accepted => None,
        429 => Some(Mistake::RateLimited),
        404 | 405 => Some(Mistake::SignInNotFound),
        400.. => Some(Mistake::SignInRefused),
        _ => None,
    }
}

fn asks_for_second_factor(hop: &Hop) -> bool {
    second_factor::is_named_in(hop.call.path.split('?').next().unwrap_or_default())
}

fn sets_session(answer: &Answer, session_cookie: Option<&str>) -> bool {
    answer.cookies().iter().any(|cookie| match session_cookie {
        Some(name) => cookie.name == name,
        None => !csrf::names_a_token(&cookie.name),
    })
}

impl Facts<'_> {
    pub(super) fn unbegun(&self) -> Option<Mistake> {
        unbegun(self.sign_in, self.next, self.session_cookie)
    }

    /// How the sign-in was answered.
    pub(super) fn sign_in_evidence(&self) -> Option<String> {
        let (hop, answer) = (self.sign_in.hops.last()?, self.sign_in.answer()?);
        let lacks = |name: &&str| !answer.cookies().iter().any(|cookie| cookie.name == **name);
        let asked = self.session_cookie.filter(lacks).map(|name| format!(", without the cookie {name}")).unwrap_or_default();
        let retry = answer.all("retry-after").first().map(|after| format!(", Retry-After: {after}")).unwrap_or_default();
        Some(format!("{} {} was answered with {}{asked}{retry}", hop.call.method, hop.call.path, answer.quote_status()))
    }
}

#[cfg(test)]
mod tests {
    use super::unbegun;
    use crate::{Answer, Call, Hop, Leg, Mistake, Origin};

    const COOKIE: &str = "sid=x; Path=/; HttpOnly";

    /// The statuses of a sign-in by `POST`, the first ones redirects to `GET`, each with what else its answer has.
    fn leg(answers: &[(u16, &str, &str)]) -> Leg {
        let api = Origin::parse("https://api.example.com").unwrap();
        let hops = answers.iter().enumerate().map(|(at, (status, cookie, body))| {
            let headers = Some(("set-cookie".to_owned(), (*cookie).to_owned())).filter(|_| !cookie.is_empty());
            let mut hop = Hop::first(&api, &api, Call::get("/account", Vec::new()));
            if at == 0 {
                hop.call.method = "POST".to_owned();
            }
            hop.answer = Some(Answer::new(*status, headers).with_body(body));
            hop
        });
        Leg { hops: hops.collect() }
    }

    #[test]
    fn a_cookie_is_no_session_if_the_sign_in_was_refused() {
        for (answers, mistake) in [
            ([(200, COOKIE, "{}")].as_slice(), None),
            (&[(401, COOKIE, "{}")], Some(Mistake::SignInRefused)),
            (&[(403, COOKIE, "")], Some(Mistake::SignInRefused)),
            (&[(422, COOKIE, "")], Some(Mistake::SignInRefused)),
            (&[(500, COOKIE, "")], Some(Mistake::SignInRefused)),
            (&[(404, COOKIE, "")], Some(Mistake::SignInNotFound)),
            (&[(405, COOKIE, "")], Some(Mistake::SignInNotFound)),
            (&[(429, COOKIE, "")], Some(Mistake::RateLimited)),
            (&[(302, COOKIE, ""), (404, "", "")], None),
            (&[(302, "csrftoken=x", ""), (401, COOKIE, "")], Some(Mistake::SignInRefused)),
            (&[(302, "", ""), (500, COOKIE, "")], Some(Mistake::SignInRefused)),
            (&[(202, COOKIE, "")], Some(Mistake::SignInIncomplete)),
            (&[(200, COOKIE, r#"{"mfa_required":true}"#)], Some(Mistake::SignInIncomplete)),
            (&[(401, COOKIE, r#"{"error":"mfa_required"}"#)], Some(Mistake::SignInIncomplete)),
            (&[(500, COOKIE, r#"{"error":"mfa_required"}"#)], Some(Mistake::SignInRefused)),
        ] {
            assert_eq!(unbegun(&leg(answers), None, None), mistake, "{answers:?}");
        }
        let mut onward = leg(&[(302, COOKIE, ""), (200, "", "")]);
        onward.hops[1].call.path = "/accounts/2fa/authenticate/?next=/".to_owned();
        assert_eq!(unbegun(&onward, None, None), Some(Mistake::SignInIncomplete));
        let other = leg(&[(302, "lb=x", ""), (401, "", "")]);
        assert_eq!(unbegun(&other, None, Some("sid")), Some(Mistake::SignInRefused), "only the session's cookie counts");
    }

    #[test]
    fn a_next_call_that_succeeds_shows_that_nothing_more_is_due() {
        let (shown, refused) = (leg(&[(200, "", "")]), leg(&[(401, "", "")]));
        assert_eq!(unbegun(&leg(&[(202, COOKIE, "")]), Some(&shown), None), None);
        assert_eq!(unbegun(&leg(&[(202, COOKIE, "")]), Some(&refused), None), Some(Mistake::SignInIncomplete));
        assert_eq!(unbegun(&leg(&[(401, COOKIE, "")]), Some(&shown), None), Some(Mistake::SignInRefused), "it may be public");
    }
}
