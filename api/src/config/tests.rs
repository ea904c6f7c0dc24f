use super::{Config, File, Reading, Source};

fn read(file: &str, environment: &[(&str, &str)]) -> Reading {
    Config::read(
        Some(File { name: "bifrons.toml", text: file }),
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    )
}

#[test]
fn the_defaults_are_a_valid_configuration() {
    let Reading { settings, config } = Config::read(None, []);
    assert_eq!(config.unwrap().public_url.as_str(), "http://localhost:3000");
    assert!(settings.iter().all(|setting| setting.source == Source::Default));
}

#[test]
fn a_port_that_the_system_chooses_is_part_of_the_public_url() {
    let bound = |environment: &[(&str, &str)]| {
        let mut config = read("", environment).config.unwrap();
        config.bound_to("127.0.0.1:4321".parse().unwrap());
        assert_eq!(config.listen.port(), 4321);
        config.public_url.as_str().to_owned()
    };
    let listen = ("BIFRONS_LISTEN", "127.0.0.1:0");
    assert_eq!(bound(&[listen]), "http://localhost:4321");
    assert_eq!(bound(&[listen, ("BIFRONS_PUBLIC_URL", "https://api.example.com")]), "https://api.example.com");
    assert_eq!(bound(&[("BIFRONS_PUBLIC_URL", "http://localhost:3000")]), "http://localhost:3000");
}

#[test]
fn allowed_headers_are_names() {
    let allowed = |text: &str| {
        read("", &[("BIFRONS_CORS__ALLOWED_HEADERS", text)]).config.map(|config| config.callers.get().cors.allowed_headers.clone())
    };
    assert_eq!(allowed("Sentry-Trace, x-requested-with").unwrap(), ["sentry-trace", "x-requested-with"]);
    for wrong in ["*", "x-*", "a b", "a:b", "a\r\nb", "\u{e9}"] {
        assert_eq!(allowed(wrong).unwrap_err()[0].key, "BIFRONS_CORS__ALLOWED_HEADERS", "{wrong}");
    }
}

#[test]
fn the_environment_wins_over_the_file() {
    let file = "listen = \"127.0.0.1:4000\"\norigins = [\"http://localhost:1\"]\n[sessions]\nidle = \"2h\"\n";
    let config =
        read(file, &[("BIFRONS_ORIGINS", "http://localhost:5173, http://localhost:5174"), ("BIFRONS_SESSIONS__IDLE", "30m")])
            .config;
    let config = config.unwrap();
    assert_eq!(config.listen.port(), 4000);
    assert_eq!(config.public_url.as_str(), "http://localhost:4000", "follows listen");
    assert_eq!(config.callers.get().origins.len(), 2);
    assert_eq!(config.sessions.short.idle.as_secs(), 1800);
}

#[test]
fn all_errors_are_reported_together_with_the_key_as_written() {
    let file = "public_url = \"api.example.com\"\nsesions.idle = \"1h\"\n[passwords]\nmemory_kib = 1024\n[tokens]\nsecrets = [\"short\"]\n";
    let config =
        read(file, &[("BIFRONS_LISTEN", "3000"), ("BIFRONS_SESSIONS__IDEL", "1h"), ("BIFRONS_SESSIONS__ABSOLUTE", "forever")])
            .config;
    let errors: Vec<_> = config.unwrap_err().iter().map(ToString::to_string).collect();
    for (key, advice) in [
        ("BIFRONS_LISTEN", "127.0.0.1:3000"),
        ("public_url", "scheme://host"),
        ("BIFRONS_SESSIONS__ABSOLUTE", "24h"),
        ("BIFRONS_SESSIONS__IDEL", "did you mean BIFRONS_SESSIONS__IDLE?"),
        ("sesions.idle", "did you mean sessions.idle?"),
        ("passwords.memory_kib", "from 19456"),
        ("tokens.secrets", "32 random bytes"),
    ] {
        assert!(errors.iter().any(|one| one.starts_with(key) && one.contains(advice)), "{key}: {errors:#?}");
    }
    assert_eq!(errors.len(), 7, "{errors:#?}");
}

#[test]
fn a_syntax_error_names_the_line_and_shows_no_content() {
    let config = read("listen = \"127.0.0.1:3000\"\nsecrets = hunter2secret\n", &[]).config;
    let shown = format!("{:?}", config.unwrap_err());
    assert!(shown.contains("bifrons.toml") && shown.contains("line 2"), "{shown}");
    assert!(!shown.contains("hunter2secret"), "{shown}");
}

#[test]
fn secrets_are_never_shown() {
    let secret = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let Reading { settings, config } = read("", &[("BIFRONS_TOKENS__SECRETS", secret)]);
    assert!(!format!("{settings:?} {config:?}").contains(secret));
}

#[test]
fn insecure_settings_are_refused() {
    for (name, value, key) in [
        ("BIFRONS_LISTEN", "0.0.0.0:3000", "public_url"),
        ("BIFRONS_LISTEN", "[::]:3000", "public_url"),
        ("BIFRONS_TOKENS__SECRETS", "", "tokens.secrets"),
        ("BIFRONS_TOKENS__SECRETS", " , ", "tokens.secrets"),
        ("BIFRONS_CONFIRMATION_PAGE", "http://app.example.com/confirm", "BIFRONS_CONFIRMATION_PAGE"),
        ("BIFRONS_CONFIRMATION_PAGE", "https://ada:hunter2@app.example.com/", "BIFRONS_CONFIRMATION_PAGE"),
        ("BIFRONS_PASSWORDS__BREACHED_URL", "http://breached.example.com/", "BIFRONS_PASSWORDS__BREACHED_URL"),
    ] {
        let errors = read("", &[(name, value)]).config.unwrap_err();
        assert_eq!(errors.iter().map(|error| error.key.as_str()).collect::<Vec<_>>(), [key], "{name}={value}");
    }
    let open = read("", &[("BIFRONS_LISTEN", "0.0.0.0:3000"), ("BIFRONS_PUBLIC_URL", "https://auth.example.com")]);
    assert!(open.config.is_ok());
}

#[test]
fn an_empty_value_is_unset_for_every_key() {
    let Reading { settings, .. } = Config::read(None, []);
    for setting in settings.iter().filter(|setting| setting.key != "tokens.secrets") {
        let Reading { settings, config } = read("", &[(&super::variable(setting.key), " ")]);
        assert!(config.is_ok(), "{}: {:?}", setting.key, config.err());
        let same = settings.iter().find(|one| one.key == setting.key).unwrap();
        assert_eq!((&same.value, same.source), (&setting.value, Source::Default), "{}", setting.key);
    }
    assert!(read("public_url = \"\"\norigins = [\"\"]\n[redis]\nurl = \"\"\n", &[]).config.is_ok());
    let open = read("", &[("BIFRONS_LISTEN", "0.0.0.0:3000"), ("BIFRONS_PUBLIC_URL", "")]).config.unwrap_err();
    assert_eq!(open[0].key, "public_url");
}

#[test]
fn metrics_need_another_address_than_the_api() {
    for (listen, admin) in
        [("127.0.0.1:3000", "127.0.0.1:3000"), ("127.0.0.1:3000", "0.0.0.0:3000"), ("[::]:3000", "127.0.0.1:3000")]
    {
        let environment =
            [("BIFRONS_LISTEN", listen), ("BIFRONS_ADMIN_LISTEN", admin), ("BIFRONS_PUBLIC_URL", "https://a.example.com")];
        let errors = read("", &environment).config.unwrap_err();
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert_eq!(errors[0].key, "admin_listen", "{listen} {admin}");
    }
    for (listen, admin) in
        [("127.0.0.1:3000", "127.0.0.1:3001"), ("127.0.0.1:0", "127.0.0.1:0"), ("127.0.0.1:3000", "127.0.0.2:3000")]
    {
        assert!(read("", &[("BIFRONS_LISTEN", listen), ("BIFRONS_ADMIN_LISTEN", admin)]).config.is_ok(), "{listen} {admin}");
    }
}

#[test]
fn variables_that_kubernetes_adds_are_ignored() {
    let config =
        read("", &[("BIFRONS_SERVICE_HOST", "10.0.0.1"), ("BIFRONS_PORT", "tcp://10.0.0.1:80"), ("BIFRONS_PORT_80_TCP", "x")])
            .config;
    assert!(config.is_ok());
}

#[test]
fn a_value_can_be_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("value");
    let variable = |name: &'static str, text: &str| {
        std::fs::write(&path, text).unwrap();
        [(name, path.to_str().unwrap().to_owned())]
    };
    let read_with = |environment: &[(&str, String)]| {
        read("", &environment.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>())
    };
    let secrets = format!("{}A\n{}A\n", "A".repeat(42), "B".repeat(42));
    let reading = read_with(&variable("BIFRONS_TOKENS__SECRETS_FILE", &secrets));
    assert_eq!(reading.config.unwrap().tokens.secrets.len(), 2);
    let shown = reading.settings.iter().find(|setting| setting.key == "tokens.secrets").unwrap();
    assert_eq!((shown.value.as_str(), shown.source), ("(set)", Source::Environment));

    let [(name, value)] = variable("BIFRONS_MAIL__PASSWORD_FILE", "with a comma, and a space\n");
    let url = ("BIFRONS_MAIL__URL", "smtp://ada@mail.example.com".to_owned());
    let from = ("BIFRONS_MAIL__FROM", "a@example.com".to_owned());
    let mail = read_with(&[(name, value), url, from]).config.unwrap().mail;
    let crate::config::MailTransport::Smtp(server) = mail.transport else { panic!("a server") };
    assert_eq!(server.credentials.unwrap().password.as_str(), "with a comma, and a space");

    let both = [("BIFRONS_LISTEN", "127.0.0.1:1".to_owned()), variable("BIFRONS_LISTEN_FILE", "127.0.0.1:2")[0].clone()];
    let missing = [("BIFRONS_LISTEN_FILE", "/no/such/file".to_owned())];
    let wrong = variable("BIFRONS_LISTEN_FILE", "nonsense");
    for (environment, sentence) in
        [(both.as_slice(), "leave one of them out"), (&missing, "/no/such/file cannot be read"), (&wrong, "write an address")]
    {
        let errors = read_with(environment).config.unwrap_err();
        assert!(errors[0].key == "BIFRONS_LISTEN_FILE" && errors[0].message.contains(sentence), "{errors:?}");
    }
    let reading = read(&format!("mail.reply_to_file = \"{}\"", variable("", "help@example.com")[0].1), &[]);
    assert_eq!(reading.config.unwrap().mail.reply_to.unwrap().as_typed(), "help@example.com");
}
