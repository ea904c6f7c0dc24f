//! `bifrons statistics`: how many users, sessions and sign-ins there are.

use clap::Args;
use serde_json::{Value, json};

use super::{failure::Failure, nodes::beside_nodes, print::print};
use crate::{
    administration::{CountedStatistics, statistics},
    clock::rfc_3339,
    config::Config,
    mail::written,
    statistics::{Day, DayCounts},
};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The first day, in UTC: 2026-01-31 [default: 29 days before the last one]
    #[arg(long, value_name = "DAY", value_parser = day)]
    from: Option<Day>,
    /// The last day, in UTC [default: today]
    #[arg(long, value_name = "DAY", value_parser = day)]
    to: Option<Day>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| "write a day as 2026-01-31".to_owned())
}

pub(super) fn run(arguments: &Arguments, config: &Config) -> Result<(), Failure> {
    beside_nodes(config, async |state| {
        let counted = statistics(state, arguments.from, arguments.to).await.map_err(Failure::new)?;
        print(&if arguments.json { format!("{}\n", object(&counted)) } else { text(&counted) })
    })
}

fn object(CountedStatistics { as_of, totals, days }: &CountedStatistics) -> Value {
    let (users, sessions) = (totals.users, totals.sessions);
    let day = |(day, DayCounts { sign_ins, refused, sign_ups }): &(Day, DayCounts)| json!({ "day": day.to_string(), "sign_ins": sign_ins, "refused": refused, "sign_ups": sign_ups });
    json!({
        "as_of": rfc_3339(*as_of),
        "users": {
            "total": users.total,
            "disabled": users.disabled,
            "verified": users.verified,
            "second_factor": users.second_factor,
            "passkey": users.passkey,
        },
        "sessions": { "cookie": sessions.cookie, "token": sessions.token },
        "days": days.iter().map(day).collect::<Vec<_>>(),
    })
}

/// The width of the longest bar.
const WIDTH: u64 = 40;

fn text(CountedStatistics { as_of, totals, days }: &CountedStatistics) -> String {
    let (users, sessions) = (totals.users, totals.sessions);
    let totals = [
        ("users", users.total),
        ("  disabled", users.disabled),
        ("  verified address", users.verified),
        ("  second factor", users.second_factor),
        ("  passkey", users.passkey),
        ("live sessions", sessions.cookie + sessions.token),
        ("  cookie", sessions.cookie),
        ("  token", sessions.token),
    ];
    let mut lines = vec![format!("as of {}", written(*as_of)), String::new()];
    lines.extend(totals.map(|(name, count)| format!("{name:<18}{count:>12}")));
    lines.extend([String::new(), format!("{:<10}{:>10}{:>10}{:>10}", "day", "sign-ins", "refused", "sign-ups")]);
    let most = days.iter().map(|(_, counts)| counts.sign_ins).max().unwrap_or_default();
    lines.extend(days.iter().map(|(day, DayCounts { sign_ins, refused, sign_ups })| {
        let bar = "#".repeat(length(*sign_ins, most));
        format!("{day}{sign_ins:>10}{refused:>10}{sign_ups:>10}  {bar}").trim_end().to_owned()
    }));
    lines.join("\n") + "\n"
}

/// The length of a bar. A number that is not 0 has one.
fn length(count: u64, most: u64) -> usize {
    let share = u128::from(count) * u128::from(WIDTH) / u128::from(most.max(1));
    usize::try_from(share).unwrap_or(0).max(usize::from(count > 0))
}

#[cfg(test)]
mod tests {
    use super::{CountedStatistics, Day, DayCounts, length, text};
    use crate::statistics::{SessionCounts, Totals, UserCounts};

    #[test]
    fn a_bar_is_as_long_as_its_number() {
        for (count, most, expected) in [(0, 0, 0), (0, 7, 0), (7, 7, 40), (1, 2, 20), (1, 1_000_000, 1), (u64::MAX, u64::MAX, 40)] {
            assert_eq!(length(count, most), expected, "{count} of {most}");
        }
    }

    #[test]
    fn the_table_has_a_line_a_day() {
        let day = Day::parse("2026-01-31").unwrap();
        let counts = |sign_ins| DayCounts { sign_ins, refused: 1, sign_ups: 2 };
        let users = UserCounts { total: 5, disabled: 1, verified: 2, second_factor: 3, passkey: 4 };
        let totals = Totals { users, sessions: SessionCounts { cookie: 6, token: 7 } };
        let shown = text(&CountedStatistics { as_of: day.start(), totals, days: vec![(day, counts(0)), (day.plus(1), counts(3))] });
        let lines: Vec<_> = shown.lines().collect();
        assert_eq!(lines[2], "users                        5");
        assert_eq!(lines[7], "live sessions               13");
        assert_eq!(lines[11], "day         sign-ins   refused  sign-ups");
        assert_eq!(lines[12], "2026-01-31         0         1         2");
        assert_eq!(lines[13], format!("2026-02-01         3         1         2  {}", "#".repeat(40)));
        assert_eq!(lines.len(), 14, "{shown}");
    }
}
