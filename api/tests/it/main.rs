//! Bifrons over HTTP, through the wiring that production uses: one behaviour a file. The name of a test begins with the row
//! of the standard or the class of faults that it checks, where there is one (ASVS 5.0, RFC, CVE).

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]
#![expect(clippy::unchecked_time_subtraction, reason = "moments here are constants")]
#![expect(unreachable_pub, reason = "a test binary has no public API")]

mod access_token;
mod account_recovery;
mod addresses;
mod backups;
mod breached_passwords;
mod clocks;
mod configuration;
mod confirmation;
mod connections;
mod cookie_variants;
mod cross_origin;
mod databases;
mod deployment;
mod doctor;
mod documented_problems;
mod documents;
mod early_answers;
mod email_change;
mod ended;
mod ends_race_reads;
mod every_operation;
mod first_edition;
mod free_ports;
mod import;
mod keys_operator;
mod killed;
mod known_devices;
mod limits;
mod mail;
mod mail_files;
mod mail_nodes;
mod mail_operator;
mod mail_waiting;
mod main_job;
mod malformed_requests;
mod media_types;
mod migrations;
mod my_sessions;
mod names;
mod network_limits;
mod nodes;
mod observability;
mod operator;
mod other_services;
mod outage;
mod password_reset;
mod passwords;
mod pgbouncer;
mod precedence;
mod process;
mod processes;
mod profile;
mod proxies;
mod races;
mod redis_failover;
mod redis_faults;
mod refresh;
mod request_bodies;
mod restores;
mod schema_agrees;
mod secrets;
mod security_mails;
mod server_secrets;
mod shared;
mod sign_in;
mod sign_up;
mod signing_key_faults;
mod signing_keys;
mod specification;
mod static_documents;
mod support;
