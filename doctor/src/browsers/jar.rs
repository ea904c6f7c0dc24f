//! What is left in a browser after an answer: a later `Set-Cookie` replaces or deletes an earlier one.

use super::{Family, Lifetime, Reason, SetCookie, Stored, Verdict, path_matches, verdict};
use crate::Origin;

/// The circumstances in which a cookie is set.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    pub family: Family,
    pub frontend: &'a Origin,
    pub api: &'a Origin,
    /// The path of the call that sets it.
    pub path: &'a str,
    /// Seconds since 1970 by the server's clock.
    pub now: i64,
}

/// What a browser makes of one `Set-Cookie`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Stored(Stored, Lifetime),
    Refused(Reason),
    /// It has expired: a stored cookie of the same name, host and path is deleted.
    Deletes,
}

/// The cookies that one browser keeps of one API.
#[derive(Clone, Debug, Default)]
pub struct Jar(Vec<Kept>);

#[derive(Clone, Debug)]
struct Kept {
    cookie: SetCookie,
    path: String,
    stored: Stored,
    lifetime: Lifetime,
}

impl Jar {
    /// Takes a `Set-Cookie` as the browser does.
    pub fn set(&mut self, setting: Setting<'_>, cookie: &SetCookie) -> Fate {
        let stored = match verdict(setting.family, setting.frontend, setting.api, setting.path, cookie) {
            Verdict::Works(stored) => stored,
            Verdict::Refused(reason) => return Fate::Refused(reason),
        };
        let read = cookie.as_read_by(setting.family);
        let path = read.effective_path(setting.path);
        self.0.retain(|kept| {
            (&kept.cookie.name, &kept.cookie.domain, kept.path.as_str(), kept.stored)
                != (&cookie.name, &cookie.domain, path, stored)
        });
        let lifetime = read.lifetime(setting.now);
        if lifetime == Lifetime::Expired {
            return Fate::Deletes;
        }
        self.0.push(Kept { cookie: cookie.clone(), path: path.to_owned(), stored, lifetime });
        Fate::Stored(stored, lifetime)
    }

    /// How the cookie of a name is kept, if it is.
    pub fn find(&self, name: &str) -> Option<(Stored, Lifetime)> {
        self.named(name).next_back().map(|kept| (kept.stored, kept.lifetime))
    }

    /// Whether a cookie of this name goes along with a call to `path`.
    pub fn sends(&self, name: &str, path: &str) -> bool {
        self.named(name).any(|kept| path_matches(&kept.path, path))
    }

    /// Whether a cookie of this name goes along with every call.
    pub fn sends_everywhere(&self, name: &str) -> bool {
        self.named(name).any(|kept| kept.path == "/")
    }

    /// What goes along with a call to `path`.
    pub fn cookies(&self, path: &str) -> impl Iterator<Item = &SetCookie> {
        self.0.iter().filter(move |kept| path_matches(&kept.path, path)).map(|kept| &kept.cookie)
    }

    fn named(&self, name: &str) -> impl DoubleEndedIterator<Item = &Kept> {
        self.0.iter().filter(move |kept| kept.cookie.name == name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{Fate, Jar, Setting};
    use crate::{
        Origin,
        browsers::{Family, Lifetime, Reason, SetCookie, Stored},
    };

    const SIBLING: &str = "https://admin.jazzmeet.site";

    fn keep(family: Family, page: &str, cookies: &[&str]) -> (Jar, Vec<Fate>) {
        let (frontend, api) = (Origin::parse(page).unwrap(), Origin::parse("https://api.jazzmeet.site").unwrap());
        let setting = Setting { family, frontend: &frontend, api: &api, path: "/auth/login", now: 1_795_000_000 };
        let mut jar = Jar::default();
        let fates = cookies.iter().map(|cookie| jar.set(setting, &SetCookie::parse(cookie).unwrap())).collect();
        (jar, fates)
    }

    #[test]
    fn the_last_of_one_name_host_and_path_counts() {
        for (cookies, kept) in [
            (["sid=a; Path=/", "sid=; Path=/; Max-Age=0"].as_slice(), false),
            (&["sid=; Path=/; Max-Age=0", "sid=a; Path=/"], true),
            (&["sid=a; Path=/", "sid=; Path=/v1; Max-Age=0"], true),
            (&["sid=a; Path=/", "sid=; Path=/; Domain=jazzmeet.site; Max-Age=0"], true),
            (&["sid=a; Path=/auth", "sid=; Max-Age=0"], false),
            (&["sid=a; Path=/", "sid=; Path=/; SameSite=None; Max-Age=0"], true),
        ] {
            assert_eq!(keep(Family::Chromium, SIBLING, cookies).0.find("sid").is_some(), kept, "{cookies:?}");
        }
    }

    #[test]
    fn a_refused_cookie_deletes_nothing() {
        let (jar, fates) = keep(Family::Firefox, SIBLING, &["sid=a; Path=/", "sid=; Path=/; Max-Age=0; SameSite=None"]);
        let stored = Fate::Stored(Stored::Shared, Lifetime::Browser);
        assert_eq!(fates, [stored, Fate::Refused(Reason::NoneWithoutSecure)]);
        assert_eq!(jar.find("sid"), Some((Stored::Shared, Lifetime::Browser)));
    }

    #[test]
    fn a_cookie_goes_along_with_the_calls_that_its_path_covers() {
        let (jar, _) = keep(Family::Chromium, SIBLING, &["sid=a", "csrf=b; Path=/"]);
        let names = |path| jar.cookies(path).map(|cookie| cookie.name.as_str()).collect::<Vec<_>>();
        assert_eq!((names("/auth/me"), names("/session")), (vec!["sid", "csrf"], vec!["csrf"]));
        assert!(jar.sends("sid", "/auth") && !jar.sends("sid", "/session") && !jar.sends_everywhere("sid"));
    }

    /// A run of one character is written `{x*1025}`.
    fn spread(text: &str) -> String {
        let mut parts = text.split(['{', '}']);
        let mut spread = parts.next().unwrap().to_owned();
        for part in parts {
            spread += &match part.split_once('*').and_then(|(what, count)| Some((what, count.parse().ok()?))) {
                Some((what, count)) => what.repeat(count),
                None => part.to_owned(),
            };
        }
        spread
    }

    /// What Chromium and Firefox sent to `/next` after an answer of `/set` with the header.
    #[test]
    fn every_header_is_read_as_browsers_read_it() {
        let table: Value = serde_json::from_str(include_str!("../../../clients/browsers/parsing.json")).unwrap();
        let (mut count, mut wrong) = (0, Vec::new());
        for api in table["apis"].as_array().unwrap() {
            let origin = Origin::parse(api["api"].as_str().unwrap()).unwrap();
            for row in api["rows"].as_array().unwrap() {
                let header = spread(row[0].as_str().unwrap());
                for (family, seen) in [(Family::Chromium, &row[1]), (Family::Firefox, &row[2])] {
                    let setting = Setting { family, frontend: &origin, api: &origin, path: "/set", now: 1_795_000_000 };
                    let mut jar = Jar::default();
                    let fate = SetCookie::parse(&header).map(|cookie| jar.set(setting, &cookie));
                    count += 1;
                    if (jar.cookies("/next").count() == 1) != (seen == "Y") {
                        wrong.push(format!("{family}: {}: {seen}, not {fate:?}", row[0]));
                    }
                }
            }
        }
        assert!(count > 500 && wrong.is_empty(), "{count} of which\n{}", wrong.join("\n"));
    }
}
