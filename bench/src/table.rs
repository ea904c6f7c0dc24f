//! What was measured, for people.

/// One kind of request on one kind of service.
pub(crate) struct Row {
    pub(crate) setup: String,
    pub(crate) what: String,
    /// Requests a second, one a round.
    pub(crate) rates: Vec<f64>,
    /// Reads of Redis or the database in 1,000 verifications.
    pub(crate) reads: Option<f64>,
}

impl Row {
    pub(crate) fn new(setup: &str, what: &str) -> Self {
        Self { setup: setup.to_owned(), what: what.to_owned(), rates: Vec::new(), reads: None }
    }

    pub(crate) fn median(&self) -> f64 {
        quantile(&self.rates, 0.5)
    }

    /// Compared with the constant of the same process.
    pub(crate) fn ratio(&self, rows: &[Self]) -> f64 {
        let Some(constant) = rows.iter().find(|row| row.setup == self.setup && row.what == "constant") else { return f64::NAN };
        // Each with the constant of its own round: what else the machine does changes from round to round.
        let ratios: Vec<_> = self.rates.iter().zip(&constant.rates).map(|(rate, constant)| rate / constant).collect();
        quantile(&ratios, 0.5)
    }
}

/// The value below which this part of the values lies.
pub(crate) fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
    let at = (part * (sorted.len() - 1) as f64).round() as usize;
    sorted[at]
}

pub(crate) fn print(title: &str, rows: &[Row]) {
    println!("\n{title}\n");
    println!("{:<20}{:<22}{:>12}{:>14}{:>26}", "", "", "requests/s", "of constant", "store reads per 1,000");
    for row in rows {
        let reads = row.reads.map_or(String::new(), |reads| format!("{reads:.2}"));
        println!("{:<20}{:<22}{:>12.0}{:>14.2}{reads:>26}", row.setup, row.what, row.median(), row.ratio(rows));
    }
}
