//! All figures in one table.

use stampede_benches::{
    figures::{Figure, Unit},
    groups::{
        BYTES, COMPILE, HIT, HIT_ARC, HIT_MANY, HIT_MILLION, HIT_PAIR, HIT_TEXT, HIT_TWO, MADE, MISS,
        MISS_TWO, SUBJECTS, TRACES, WAIT, WAIT_TWO,
    },
};
use std::fmt::Write as _;

const ROWS: [(&str, &str); 18] = [
    (HIT, ""),
    (HIT_TWO, ""),
    (HIT_MANY, ""),
    (HIT_MILLION, ""),
    (HIT_TEXT, ""),
    (HIT_PAIR, ""),
    (HIT_ARC, ""),
    (MISS, ""),
    (MISS, IN_PLACE),
    (MISS_TWO, ""),
    (MISS_TWO, IN_PLACE),
    (WAIT, ""),
    (WAIT, IN_PLACE),
    (WAIT_TWO, ""),
    (BYTES, ""),
    (TRACES, ""),
    (MADE, ""),
    (COMPILE, ""),
];

/// Of Stampede where the callers run the load.
const IN_PLACE: &str = " in place";

/// Writes the figures as a table of Markdown; the best of a row is bold.
pub(crate) fn markdown(figures: &[Figure]) -> String {
    let mut text = format!("| | {} |\n|{}\n", SUBJECTS.join(" | "), "---|".repeat(SUBJECTS.len() + 1));
    for (group, variant) in ROWS {
        let row = SUBJECTS.map(|subject| find(figures, group, &format!("{subject}{variant}")));
        let best = best(&row);
        if best.is_some() {
            let cells = row.map(|figure| figure.map_or_else(String::new, |figure| cell(figure, best)));
            let _ = writeln!(text, "| {group}{variant} | {} |", cells.join(" | "));
        }
    }
    text
}

/// Finds what was measured of one cache.
pub(crate) fn find<'a>(figures: &'a [Figure], group: &str, subject: &str) -> Option<&'a Figure> {
    figures.iter().find(|figure| figure.group == group && figure.subject == subject)
}

fn best(row: &[Option<&Figure>]) -> Option<f64> {
    let better =
        |one: f64, other: f64, unit| if unit == Unit::Percent { one.max(other) } else { one.min(other) };
    let figures = row.iter().flatten();
    let values = figures.map(|figure| (figure.value.median, figure.unit));
    values.reduce(|(one, unit), (other, _)| (better(one, other, unit), unit)).map(|(best, _)| best)
}

fn cell(figure: &Figure, best: Option<f64>) -> String {
    let value = figure.unit.show(figure.value.median);
    let value = if best == Some(figure.value.median) { format!("**{value}**") } else { value };
    let is_mine = figure.subject.starts_with(SUBJECTS[0]) || figure.unit == Unit::Percent;
    if is_mine { value } else { format!("{value}, {}", times(figure.ratio.median)) }
}

/// Prints a ratio, with as many digits as mean something.
pub(crate) fn times(ratio: f64) -> String {
    if ratio < 10.0 { format!("{ratio:.2} ×") } else { format!("{ratio:.0} ×") }
}
