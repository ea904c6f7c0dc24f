//! Tables as Markdown.

/// Rows under a head; the first column is words, the others are numbers.
pub(crate) struct Table(Vec<Vec<String>>);

impl Table {
    pub(crate) fn new(head: &[&str]) -> Self {
        Self(vec![head.iter().map(ToString::to_string).collect()])
    }

    pub(crate) fn row(&mut self, cells: impl Into<Vec<String>>) {
        self.0.push(cells.into());
    }

    /// Under a title.
    pub(crate) fn print(&self, title: &str) {
        let columns = self.0[0].len();
        let width = |column: usize| self.0.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<_> = (0..columns).map(width).collect();
        println!("\n{title}\n");
        for (index, row) in self.0.iter().enumerate() {
            let cells = row.iter().zip(&widths).enumerate();
            let cells =
                cells.map(|(at, (cell, width))| if at == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") });
            println!("| {} |", cells.collect::<Vec<_>>().join(" | "));
            if index == 0 {
                let rule = |(at, width): (usize, &usize)| "-".repeat(*width + 1) + if at == 0 { "-" } else { ":" };
                println!("|{}|", widths.iter().enumerate().map(rule).collect::<Vec<_>>().join("|"));
            }
        }
    }
}
