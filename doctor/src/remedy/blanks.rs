//! The blanks in a remedy's code, filled with what the doctor knows.

use crate::{
    Origin, Report,
    browsers::{Relation, SetCookie},
};

/// What the blanks stand for. A blank is a name in double angle brackets: `<<origins>>`.
pub struct Blanks(Vec<(&'static str, String)>);

const NAMES: [&str; 16] = [
    "origins",
    "origin_list",
    "origin_map",
    "headers",
    "header_list",
    "methods",
    "method_list",
    "cookie",
    "secure",
    "same_site",
    "SameSite",
    "partitioned",
    "api",
    "api_host",
    "py_secure",
    "nginx_secure",
];

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

impl Blanks {
    /// Names every frontend, also those that work already: a list replaces the one that the server has.
    pub fn of(report: &Report) -> Self {
        let elsewhere = |relation: Relation| relation != Relation::SameOrigin;
        let frontends = report.frontends.iter().filter(|examined| elsewhere(examined.relation));
        let origins: Vec<_> = frontends.map(|examined| examined.frontend.as_str()).collect();
        let cross_site = report.frontends.iter().any(|examined| examined.relation == Relation::CrossSite);
        let secure = Origin::parse(&report.api).is_ok_and(|api| api.is_secure());
        let mut headers: Vec<_> = report.headers.iter().map(String::as_str).collect();
        if !headers.contains(&"content-type") {
            headers.insert(0, "content-type");
        }
        let mut methods = METHODS.to_vec();
        if !methods.contains(&report.method.as_str()) {
            methods.push(&report.method);
        }
        let host = Origin::parse(&report.api).map(|api| api.host().to_owned()).unwrap_or_default();
        let none = cross_site && secure;
        let map = origins.iter().map(|origin| format!("\"{origin}\" $http_origin;"));
        let fills = [
            json(&origins),
            origins.join(","),
            map.collect::<Vec<_>>().join("\n    "),
            json(&headers),
            headers.join(", "),
            json(&methods),
            methods.join(", "),
            report.judged_cookie().map_or("sid", |cookie: &SetCookie| cookie.name.as_str()).to_owned(),
            secure.to_string(),
            if none { "none" } else { "lax" }.to_owned(),
            if none { "None" } else { "Lax" }.to_owned(),
            none.to_string(),
            report.api.clone(),
            host,
            if secure { "True" } else { "False" }.to_owned(),
            if secure { "secure" } else { "nosecure" }.to_owned(),
        ];
        Self(NAMES.into_iter().zip(fills).collect())
    }

    pub fn fill(&self, code: &str) -> String {
        self.0.iter().fold(code.to_owned(), |code, (name, value)| code.replace(&format!("<<{name}>>"), value))
    }

    /// The first blank that does not exist.
    pub fn unknown_in(code: &str) -> Option<&str> {
        let blanks = code.split("<<").skip(1).filter_map(|rest| rest.split_once(">>"));
        blanks.map(|(name, _)| name).find(|name| !NAMES.contains(name))
    }
}

fn json(members: &[&str]) -> String {
    let members: Vec<_> = members.iter().map(|member| format!("\"{member}\"")).collect();
    format!("[{}]", members.join(", "))
}
