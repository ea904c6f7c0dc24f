//! Goals for the numbers, and whether they are met.

use crate::table::Table;

/// The bound of a number.
#[derive(Clone, Copy)]
pub(crate) enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// All results, printed as one table at the end.
#[derive(Default)]
pub(crate) struct Goals(Vec<[String; 4]>);

impl Goals {
    pub(crate) fn judge(&mut self, what: &str, bound: Bound, unit: &str, reached: f64) {
        let (sign, wanted, holds) = match bound {
            Bound::AtLeast(wanted) => ("≥", wanted, reached >= wanted),
            Bound::AtMost(wanted) => ("≤", wanted, reached <= wanted),
        };
        // Enough decimals to tell the two apart.
        let reached = if wanted < 10.0 { format!("{reached:.2}") } else { format!("{reached:.0}") };
        let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
        let verdict = if holds { "met" } else { "MISSED" };
        self.0.push([what.to_owned(), format!("{sign} {wanted}{unit}"), format!("{reached}{unit}"), verdict.to_owned()]);
    }

    pub(crate) fn print(&self) {
        let mut table = Table::new(&["goal", "bound", "measured", ""]);
        for goal in &self.0 {
            table.row(goal.clone());
        }
        table.print("## Goals");
    }
}
