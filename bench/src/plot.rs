//! The table as a picture.

use std::fmt::Write;

use crate::table::Row;

const COLOURS: [(&str, &str); 3] = [("constant", "#9aa4b2"), ("cookie", "#2f6fdb"), ("bearer", "#d9822b")];

/// Bars: what a request costs with a cookie, with a token, and if nothing had to be verified.
pub(crate) fn bars(rows: &[Row]) -> String {
    let shown: Vec<_> = rows.iter().filter_map(|row| Some((row, COLOURS.iter().find(|(what, _)| *what == row.what)?.1))).collect();
    let most = shown.iter().map(|(row, _)| row.median()).fold(1.0, f64::max);
    let height = 46 + shown.len() * 22 + shown.len() / COLOURS.len() * 10;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 760 {height}\" font-family=\"system-ui, sans-serif\" font-size=\"13\">\n\
         <rect width=\"760\" height=\"{height}\" fill=\"#fff\"/>\n\
         <text x=\"16\" y=\"24\" font-size=\"15\" font-weight=\"600\">getSession, requests a second on one core</text>\n"
    );
    let mut y = 40;
    for (index, (row, colour)) in shown.iter().enumerate() {
        if index % COLOURS.len() == 0 {
            y += 10;
            let _ = writeln!(svg, "<text x=\"16\" y=\"{}\">{}</text>", y + 14, row.setup);
        }
        let width = 400.0 * row.median() / most;
        let _ = writeln!(
            svg,
            "<rect x=\"150\" y=\"{y}\" width=\"{width:.0}\" height=\"18\" rx=\"2\" fill=\"{colour}\"/>\
             <text x=\"{:.0}\" y=\"{}\" fill=\"#333\">{:.0} · {} · {:.2}</text>",
            156.0 + width,
            y + 14,
            row.median(),
            row.what,
            row.ratio(rows)
        );
        y += 22;
    }
    svg + "</svg>\n"
}
