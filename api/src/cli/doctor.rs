//! `bifrons doctor`.

use std::{
    fmt, fs,
    io::{self, Read},
    net::{SocketAddr, ToSocketAddrs},
    path::PathBuf,
    pin::{Pin, pin},
    process,
    time::Duration,
};

use clap::{Args, builder::PossibleValuesParser};
use doctor::{Call, Csrf, Judgement, Look, Origin, Plan, Report, Stop, Visit, look, servers, visit};
use tokio::signal::unix::{SignalKind, signal};

use super::{failure::Failure, print::print, runtime::block_on};
use crate::{clock::Clock, config::duration};

/// The credentials of no user: Bifrons is judged by its probe cookie.
const UNKNOWN_USER: &str = r#"{"email":"doctor@example.com","password":"wrong password"}"#;

/// Where Bifrons signs in, and shows the session.
const SESSION: &str = "/v1/session";

#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 it works from every frontend in every browser, or as well as it can from another site; \
                        1 it does not, or something is not known; 2 wrong usage.")]
pub(super) struct Arguments {
    /// Where browsers reach the API, Bifrons or any other: `https://api.example.com`
    #[arg(long, value_name = "URL", value_parser = Api::parse)]
    api: Api,
    /// The frontends' origins, exactly as browsers send them: `https://app.example.com`
    #[arg(long, value_name = "ORIGIN", required = true, num_args = 1.., value_parser = Origin::parse)]
    frontend: Vec<Origin>,
    /// The path of the sign-in
    #[arg(long, value_name = "PATH", default_value = SESSION, value_parser = path)]
    path: String,
    /// The method of the sign-in
    #[arg(long, default_value = "POST", value_parser = method)]
    method: String,
    /// The body of the sign-in: @FILE, - for standard input, or the body itself [default: a sign-in that fails]
    ///
    /// Other users of this machine can read the command line: put a password into a file.
    #[arg(long, value_name = "BODY", default_value = UNKNOWN_USER, hide_default_value = true, value_parser = Body::read)]
    body: Body,
    /// The media type of the body
    #[arg(long, value_name = "TYPE", default_value = "application/json", value_parser = content_type)]
    content_type: String,
    /// A call that needs the session: it is judged too [default: the path of the sign-in, if the API is Bifrons]
    #[arg(long, value_name = "PATH", value_parser = path)]
    next: Option<String>,
    /// The name of the session's cookie, if the sign-in sets several
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    cookie: Option<String>,
    /// A header that the page adds to its calls: `X-CSRF-Token=abc`
    #[arg(long, value_name = "NAME=VALUE", value_parser = header)]
    header: Vec<(String, String)>,
    /// A page to fetch first: its CSRF token replaces {csrf} in --header and --body, and its cookies go along
    #[arg(long, value_name = "PATH", value_parser = path)]
    csrf: Option<String>,
    /// A page of a frontend that signs in: it is opened in Chromium, which sees how its code calls the API
    ///
    /// The values of --body are typed into its form. Its origin is judged as a --frontend is. `CHROMIUM_BIN` names another browser of that family.
    #[arg(long, value_name = "URL", value_parser = page)]
    page: Option<url::Url>,
    /// The server to write remedies for, if the answers do not show it
    #[arg(long, value_name = "NAME", value_parser = server())]
    server: Option<String>,
    /// An authority to trust besides those of the system, in PEM
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Connect there instead of the address in DNS: 127.0.0.1:8443
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    connect: Option<SocketAddr>,
    /// How long to wait for each answer
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration)]
    timeout: Duration,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

/// Examines an API.
pub(super) fn run(arguments: Arguments) -> Result<(), Failure> {
    let json = arguments.json;
    let report = block_on(examine(arguments))?;
    print(&if json { format!("{:#}\n", report.to_json()) } else { report.to_string() })?;
    match report.judgement() {
        Judgement::Works | Judgement::Limited => Ok(()),
        Judgement::Unknown | Judgement::Fails => Err(Failure::Reported),
    }
}

async fn examine(arguments: Arguments) -> Result<Report, Failure> {
    let mut frontends = arguments.frontend.clone();
    let page = page_visit(&arguments);
    let mut plan = plan(arguments)?;
    let mut stopped = pin!(stopped());
    if let Some(page) = page {
        let look = look_at(page, stopped.as_mut()).await?;
        frontends.extend(Some(look.page.clone()).filter(|page| !frontends.contains(page)));
        plan.look = Some(look);
    }
    tokio::select! {
        report = visit(&plan, &frontends) => report.map_err(Failure::new),
        code = stopped => process::exit(code?),
    }
}

/// Looks at a page. A signal closes the browser first: its profile holds the session.
async fn look_at(page: Visit, stopped: Pin<&mut impl Future<Output = Result<i32, Failure>>>) -> Result<Look, Failure> {
    let stop = Stop::default();
    let mut looking = tokio::task::spawn_blocking({
        let stop = stop.clone();
        move || look(&page, &stop)
    });
    tokio::select! {
        looked = &mut looking => looked.map_err(Failure::new)?.map_err(Failure::new),
        code = stopped => {
            stop.demand();
            let _ = looking.await;
            process::exit(code?)
        }
    }
}

/// Waits for a signal to stop, and gives the exit code that says which one it was.
async fn stopped() -> Result<i32, Failure> {
    let listen = |kind: SignalKind| signal(kind).map_err(Failure::new);
    let (mut hang_up, mut interrupt) = (listen(SignalKind::hangup())?, listen(SignalKind::interrupt())?);
    let (mut terminate, mut quit) = (listen(SignalKind::terminate())?, listen(SignalKind::quit())?);
    let kind = tokio::select! {
        _ = hang_up.recv() => SignalKind::hangup(),
        _ = interrupt.recv() => SignalKind::interrupt(),
        _ = terminate.recv() => SignalKind::terminate(),
        _ = quit.recv() => SignalKind::quit(),
    };
    Ok(128 + kind.as_raw_value())
}

fn plan(arguments: Arguments) -> Result<Plan, Failure> {
    let Arguments { api, path, method, body, content_type, next, header, ca, .. } = arguments;
    let authorities =
        ca.map(|file| fs::read(&file).map_err(|error| Failure::new(format!("{}: {error}", file.display())))).transpose()?;
    Ok(Plan {
        api: api.origin,
        base: api.base,
        next: next.or_else(|| (path == SESSION).then(|| SESSION.to_owned())),
        sign_in: Call { method, path, content_type, headers: header },
        has_credentials: body.0 != UNKNOWN_USER.as_bytes(),
        body: body.0,
        session_cookie: arguments.cookie,
        csrf: arguments.csrf.map(|path| Csrf { path }),
        look: None::<Look>,
        server: arguments.server,
        connect: arguments.connect,
        authorities,
        timeout: arguments.timeout,
        now: Clock::System.now().0 / 1000,
    })
}

/// What to do at the page, if there is one.
fn page_visit(arguments: &Arguments) -> Option<Visit> {
    Some(Visit {
        url: arguments.page.clone()?,
        api: arguments.api.origin.clone(),
        values: arguments.body.values(),
        sign_in: (arguments.method.clone(), format!("{}{}", arguments.api.base, arguments.path)),
        connect: arguments.connect,
        own_authority: arguments.ca.is_some(),
        timeout: arguments.timeout,
    })
}

/// Where the API is: an origin, and what precedes every path.
#[derive(Clone, Debug)]
struct Api {
    origin: Origin,
    base: String,
}

impl Api {
    fn parse(text: &str) -> Result<Self, String> {
        let url = url::Url::parse(text).map_err(|_| "write http://host, https://host or https://host/path".to_owned())?;
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err("write scheme, host, port and path, and nothing else".to_owned());
        }
        let origin = Origin::parse(&url.origin().ascii_serialization()).map_err(|_| "write an http or https URL".to_owned())?;
        Ok(Self { origin, base: url.path().trim_end_matches('/').to_owned() })
    }
}

/// The body of a sign-in, which may hold a password.
#[derive(Clone)]
struct Body(Vec<u8>);

impl Body {
    fn read(argument: &str) -> Result<Self, String> {
        let read = match (argument, argument.strip_prefix('@')) {
            ("-", _) => {
                let mut body = Vec::new();
                io::stdin().lock().read_to_end(&mut body).map(|_| body)
            }
            (_, Some(file)) => fs::read(file),
            _ => Ok(argument.as_bytes().to_vec()),
        };
        read.map(Self).map_err(|error| format!("cannot be read: {error}"))
    }
}

impl Body {
    /// The names and values in it, of JSON or of a form.
    fn values(&self) -> Vec<(String, String)> {
        match serde_json::from_slice(&self.0) {
            Ok(serde_json::Value::Object(members)) => {
                members.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned()))).collect()
            }
            _ => url::form_urlencoded::parse(&self.0).into_owned().filter(|(_, value)| !value.contains("{csrf}")).collect(),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body(…)")
    }
}

fn path(text: &str) -> Result<String, String> {
    let visible = text.starts_with('/') && text.chars().all(|c| c.is_ascii_graphic() && c != '#');
    visible.then(|| text.to_owned()).ok_or_else(|| "write a path that begins with /".to_owned())
}

fn page(text: &str) -> Result<url::Url, String> {
    let url = url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    url.ok_or_else(|| "write the URL of a page: https://app.example.com/sign-in".to_owned())
}

/// Browsers write the common methods in capitals, even if the page does not.
fn method(text: &str) -> Result<String, String> {
    let method = text.to_ascii_uppercase();
    let letters = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
    letters.then_some(method).ok_or_else(|| "write a method: POST".to_owned())
}

fn server() -> PossibleValuesParser {
    PossibleValuesParser::new(servers().iter().map(|server| server.code.as_str()))
}

/// A header by lower-case name. `Cookie` and others are the browser's own.
fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| "write NAME=VALUE".to_owned())?;
    let name = name.trim().to_ascii_lowercase();
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        return Err("write the name of a header: X-CSRF-Token=abc".to_owned());
    }
    if ["cookie", "host", "origin", "content-length", "connection"].contains(&name.as_str()) || name.starts_with("sec-") {
        return Err(format!("a page may not set {name}: the browser does"));
    }
    if value.chars().any(char::is_control) {
        return Err("write a value without control characters".to_owned());
    }
    Ok((name, value.to_owned()))
}

fn content_type(text: &str) -> Result<String, String> {
    let visible = text.contains('/') && text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    visible.then(|| text.to_owned()).ok_or_else(|| "write a media type: application/json".to_owned())
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let found = text.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
    found.ok_or_else(|| "write an address and a port: 127.0.0.1:8443".to_owned())
}
