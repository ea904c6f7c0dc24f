//! An answer. Each is compared with the specification: an undocumented status, code, field or media type fails the test.

use reqwest::{Method, Response, header::HeaderMap};
use serde_json::Value;

use super::specification;

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

#[derive(Clone, Debug)]
pub struct Cookie {
    pub name: String,
    pub value: String,
    pub attributes: Vec<String>,
    pub max_age: Option<i64>,
}

impl Answer {
    pub async fn read(method: &Method, path: &str, response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let answer = Self { status, headers, text: response.text().await.unwrap() };
        specification::check(method, path, &answer);
        answer
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// Expects a problem with this code, and the headers that its status demands.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.code().as_str()), (status, code), "{}", self.text);
        assert_eq!(self.headers.contains_key("www-authenticate"), status == 401);
        assert_eq!(self.headers.contains_key("retry-after"), [429, 503].contains(&status));
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.text))
    }

    #[track_caller]
    pub fn string(&self, pointer: &str) -> String {
        self.json().pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {}", self.text)).to_owned()
    }

    pub fn code(&self) -> String {
        serde_json::from_str::<Value>(&self.text).ok().and_then(|body| body["code"].as_str().map(str::to_owned)).unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The whole answer except for the date and the request's id: everything that an attacker can compare.
    pub fn whole(&self) -> String {
        let id = self.header("x-request-id");
        assert_eq!(id.len(), 36);
        let line = |(name, value)| format!("{name}: {value:?}");
        let mut headers: Vec<_> = self.headers.iter().map(line).filter(|line| !line.starts_with("date: ")).collect();
        headers.sort();
        format!("{}\n{}\n\n{}", self.status, headers.join("\n"), self.text).replace(id, "ID")
    }

    /// The fields of a `validation_failed`, each with its rule.
    pub fn broken_rules(&self) -> Vec<(String, String)> {
        let errors = self.json()["errors"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        errors.iter().map(|error| (text(&error["field"]), text(&error["rule"]))).collect()
    }

    pub fn cookies(&self) -> Vec<Cookie> {
        let cookies = self.headers.get_all("set-cookie").iter().map(|header| {
            let mut parts = header.to_str().unwrap().split("; ");
            let (name, value) = parts.next().unwrap().split_once('=').unwrap();
            let attributes: Vec<_> = parts.map(str::to_owned).collect();
            let max_age = attributes.iter().find_map(|one| one.strip_prefix("Max-Age=")).map(|age| age.parse().unwrap());
            Cookie { name: name.to_owned(), value: value.to_owned(), attributes, max_age }
        });
        cookies.collect()
    }
}
