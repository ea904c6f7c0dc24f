//! What the numbers are to be, and whether they are.

use crate::table::Table;

/// Where a number is to stay.
#[derive(Clone, Copy)]
pub(crate) enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// All that was judged, in one table at the end.
#[derive(Default)]
pub(crate) struct Goals(Vec<[String; 4]>);

impl Goals {
    pub(crate) fn judge(&mut self, what: &str, bound: Bound, unit: &str, reached: f64) {
        let (sign, wanted, holds) = match bound {
            Bound::AtLeast(wanted) => ("≥", wanted, reached >= wanted),
            Bound::AtMost(wanted) => ("≤", wanted, reached <= wanted),
        };
        // As many decimals as it takes to tell the two apart.
        let reached = if wanted < 10.0 { format!("{reached:.2}") } else { format!("{reached:.0}") };
        let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
        let verdict = if holds { "holds" } else { "MISSED" };
        self.0.push([what.to_owned(), format!("{sign} {wanted}{unit}"), format!("{reached}{unit}"), verdict.to_owned()]);
    }

    pub(crate) fn print(&self) {
        let mut table = Table::new(&["goal", "wanted", "reached", ""]);
        for goal in &self.0 {
            table.row(goal.clone());
        }
        table.print("## Goals");
    }
}
