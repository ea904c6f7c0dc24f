//! Charts of the measurements.

use std::{collections::BTreeSet, fmt::Write, fs};

use crate::{flood::PHASES, verify::Row, waits::Wait};

const COLOURS: [&str; 6] = ["#2f6fdb", "#9aa4b2", "#d9822b", "#2e9e6b", "#a04fc0", "#c23b4b"];
const WIDTH: f64 = 760.0;

/// Writes `target/bench/NAME.svg`.
pub(crate) fn write(name: &str, picture: &str) {
    fs::create_dir_all("target/bench").unwrap();
    fs::write(format!("target/bench/{name}.svg"), picture).unwrap();
    println!("\ntarget/bench/{name}.svg shows this as a chart");
}

/// Bars: requests a second by cookie, by token, and without verification.
pub(crate) fn bars(rows: &[Row]) -> String {
    const KINDS: [(&str, &str); 4] = [("constant", "#9aa4b2"), ("bare", "#9aa4b2"), ("cookie", "#2f6fdb"), ("token", "#d9822b")];
    let shown: Vec<_> = rows.iter().filter_map(|row| Some((row, KINDS.iter().find(|(what, _)| *what == row.what)?.1))).collect();
    let most = shown.iter().map(|(row, _)| row.rate()).fold(1.0, f64::max);
    let mut bars = String::new();
    let mut y = 40;
    let mut setup = "";
    for (row, colour) in &shown {
        if row.setup != setup {
            setup = row.setup;
            y += 10;
            let _ = writeln!(bars, "<text x=\"16\" y=\"{}\">{}</text>", y + 14, row.setup);
        }
        let width = 330.0 * row.rate() / most;
        let _ = writeln!(bars, "<rect x=\"220\" y=\"{y}\" width=\"{width:.0}\" height=\"18\" rx=\"2\" fill=\"{colour}\"/>");
        let label = format!("{:.0} · {} · {:.2}", row.rate(), row.what, row.of_first);
        let _ = writeln!(bars, "<text x=\"{:.0}\" y=\"{}\" fill=\"#333\">{label}</text>", 228.0 + width, y + 14);
        y += 22;
    }
    picture("getSession: requests a second on one core, and the ratio to the first of each group", f64::from(y) + 10.0, &bars)
}

/// A dot for each answer: its moment and its duration, from 0.1 ms to 10 s.
pub(crate) fn flood(asked: &[Wait], shed: &[Wait], served: &[Wait]) -> String {
    let end = PHASES[2].2;
    let (x, y) = (|at: f64| 60.0 + 680.0 * at / end, |ms: f64| 290.0 - 48.0 * (ms.max(0.1).log10() + 1.0));
    let mut dots = String::new();
    let (from, to) = (x(PHASES[1].1), x(PHASES[1].2));
    let _ = writeln!(dots, "<rect x=\"{from:.0}\" y=\"45\" width=\"{:.0}\" height=\"250\" fill=\"#f4f1ea\"/>", to - from);
    for (name, from, to) in PHASES {
        let _ = writeln!(
            dots,
            "<text x=\"{:.0}\" y=\"310\" fill=\"#666\" text-anchor=\"middle\">{name}</text>",
            x(f64::midpoint(from, to))
        );
    }
    for (ms, name) in [(0.1, "0.1 ms"), (1.0, "1 ms"), (10.0, "10 ms"), (100.0, "100 ms"), (1000.0, "1 s"), (10_000.0, "10 s")] {
        level(&mut dots, y(ms), name);
    }
    for (waits, colour) in [(shed, COLOURS[2]), (served, COLOURS[3]), (asked, COLOURS[0])] {
        // Dots in the same place are one.
        #[expect(clippy::cast_possible_truncation, reason = "within the picture")]
        let places: BTreeSet<_> = waits.iter().map(|wait| (x(wait.at).round() as i32, y(wait.ms).round() as i32)).collect();
        let path = places.iter().fold(String::new(), |mut path, (x, y)| {
            let _ = write!(path, "M{x} {y}h0");
            path
        });
        let _ = writeln!(dots, "<path stroke=\"{colour}\" stroke-width=\"2.6\" stroke-linecap=\"round\" d=\"{path}\"/>");
    }
    let names = [("getSession", COLOURS[0]), ("sign-ins refused with 503", COLOURS[2]), ("sign-ins served", COLOURS[3])];
    legend(&mut dots, &names, 335.0);
    picture("Duration of answers before, during and after a flood of sign-ins", 350.0, &dots)
}

/// A line for each sample: the share of it below each value. Samples of the same distribution coincide.
pub(crate) fn shares(samples: &[(&str, Vec<f64>)]) -> String {
    let mut sorted = samples.to_vec();
    for (_, sample) in &mut sorted {
        sample.sort_by(f64::total_cmp);
    }
    let least = sorted.iter().filter_map(|(_, sample)| sample.first().copied()).fold(f64::INFINITY, f64::min);
    // Up to the 98th percentile of the slowest sample.
    let most = sorted.iter().filter_map(|(_, sample)| sample.get(sample.len() * 49 / 50).copied()).fold(least, f64::max);
    let (x, y) = (|ms: f64| 60.0 + 680.0 * (ms / least).ln() / (most / least).ln(), |share: f64| 290.0 - 240.0 * share);
    let mut lines = String::new();
    for (share, name) in [(0.0, "0"), (0.25, "¼"), (0.5, "½"), (0.75, "¾"), (1.0, "all")] {
        level(&mut lines, y(share), name);
    }
    for step in 0..=5 {
        let ms = least * (most / least).powf(f64::from(step) / 5.0);
        let _ = writeln!(lines, "<text x=\"{:.0}\" y=\"308\" fill=\"#666\" text-anchor=\"middle\">{ms:.1} ms</text>", x(ms));
    }
    let mut names: Vec<(&str, &str)> = Vec::new();
    for (name, sample) in &sorted {
        let known = names.iter().find(|(known, _)| known == name).map(|(_, colour)| *colour);
        let colour = known.unwrap_or_else(|| COLOURS[names.len() % COLOURS.len()]);
        if known.is_none() {
            names.push((name, colour));
        }
        let points = sample.iter().enumerate().filter(|(_, ms)| **ms <= most);
        let points = points.map(|(at, ms)| format!("{:.1},{:.1}", x(*ms), y((at + 1) as f64 / sample.len() as f64)));
        let points = points.collect::<Vec<_>>().join(" ");
        let _ = writeln!(lines, "<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.6\"/>");
    }
    for (row, names) in names.chunks(2).enumerate() {
        legend(&mut lines, names, 334.0 + 18.0 * row as f64);
    }
    picture("Share of refusals that arrived within a time", 382.0, &lines)
}

fn level(inside: &mut String, y: f64, name: &str) {
    let _ = writeln!(inside, "<text x=\"12\" y=\"{:.0}\" fill=\"#666\">{name}</text>", y + 4.0);
    let _ = writeln!(inside, "<line x1=\"60\" x2=\"740\" y1=\"{y:.0}\" y2=\"{y:.0}\" stroke=\"#ddd\"/>");
}

fn legend(inside: &mut String, names: &[(&str, &str)], y: f64) {
    for (at, (name, colour)) in names.iter().enumerate() {
        let x = 60.0 + 680.0 / names.len() as f64 * at as f64;
        let _ = writeln!(inside, "<circle cx=\"{x:.0}\" cy=\"{:.0}\" r=\"4\" fill=\"{colour}\"/>", y - 4.0);
        let _ = writeln!(inside, "<text x=\"{:.0}\" y=\"{y:.0}\">{name}</text>", x + 10.0);
    }
}

fn picture(title: &str, height: f64, inside: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" font-family=\"system-ui, sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{height:.0}\" fill=\"#fff\"/>\n\
         <text x=\"16\" y=\"24\" font-size=\"15\" font-weight=\"600\">{title}</text>\n{inside}</svg>\n"
    )
}
