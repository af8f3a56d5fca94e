//! The figures as a chart: one panel a group, one bar a cache, in SVG. Legible on light and on dark ground.

use crate::summary::{find, times};
use stampede_benches::{
    figures::{Figure, Unit},
    groups::{
        BYTES, HIT, HIT_ARC, HIT_MANY, HIT_MILLION, HIT_TEXT, HIT_TWO, MADE, MISS, SUBJECTS, TRACES, WAIT,
    },
};
use std::fmt::Write as _;

/// From left to right, line by line.
const PANELS: [&str; 10] =
    [HIT, HIT_TWO, HIT_MANY, HIT_MILLION, HIT_TEXT, HIT_ARC, MISS, WAIT, BYTES, TRACES];

const STYLE: &str = "
  .ground { fill: #ffffff } text { fill: #1f2328; font: 13px system-ui, 'Segoe UI', Helvetica, Arial, sans-serif }
  .title { font-weight: 600 } .note { fill: #59636e; font-size: 12px }
  .peer { fill: #a9b4c0 } .mine { fill: #1a7f5a } .spread { stroke: #1f2328 } .axis { stroke: #d1d9e0 }
  .cut { stroke: #ffffff }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 } text { fill: #e6edf3 } .note { fill: #9198a1 }
    .peer { fill: #566270 } .mine { fill: #2ea36f } .spread { stroke: #e6edf3 } .axis { stroke: #30363d }
    .cut { stroke: #0d1117 }
  }
";

const WIDTH: f64 = 900.0;
const MARGIN: f64 = 20.0;
const LINE: f64 = 20.0;
/// The room for the names of the caches, and for the longest bar.
const NAMES: f64 = 132.0;
const BARS: f64 = 168.0;
const PANEL_WIDTH: f64 = WIDTH / 2.0 - MARGIN;
const PANEL_HEIGHT: f64 = LINE * 7.0 + 24.0;
const HEAD: f64 = 64.0;

/// Draws the groups that were measured.
pub(crate) fn draw(figures: &[Figure], machine: &str) -> String {
    let is_measured = |group: &&str| figures.iter().any(|figure| figure.group == **group);
    let with_traces = is_measured(&TRACES);
    let panels = PANELS.map(|group| if group == TRACES && !with_traces { MADE } else { group });
    let panels: Vec<&str> = panels.into_iter().filter(is_measured).collect();
    let height = HEAD + f64_of(panels.len().div_ceil(2)) * PANEL_HEIGHT + MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n\
         <title>Stampede beside its peers</title>\n<style>{STYLE}</style>\n\
         <rect class=\"ground\" width=\"{WIDTH}\" height=\"{height}\"/>\n"
    );
    text(
        &mut svg,
        "title",
        "start",
        MARGIN,
        26.0,
        "Time a call, and what an entry takes: less is better, but for hits on traces",
    );
    let note = format!("Medians of one run, with the middle half of its rounds; × Stampede. {machine}.");
    text(&mut svg, "note", "start", MARGIN, 46.0, &note);
    for (at, group) in panels.into_iter().enumerate() {
        let x = MARGIN + f64_of(at % 2) * (PANEL_WIDTH + MARGIN / 2.0);
        let y = HEAD + f64_of(at / 2) * PANEL_HEIGHT;
        panel(&mut svg, group, figures, x, y);
    }
    svg.push_str("</svg>\n");
    svg
}

fn panel(svg: &mut String, group: &str, figures: &[Figure], x: f64, y: f64) {
    text(svg, "title", "start", x, y + 15.0, group);
    let figures = SUBJECTS.map(|subject| find(figures, group, subject));
    let full = full_scale(figures.iter().flatten().map(|figure| figure.value.median).collect());
    let left = x + NAMES;
    for (place, (subject, figure)) in SUBJECTS.into_iter().zip(figures).enumerate() {
        let top = y + LINE * (f64_of(place) + 1.0) + 4.0;
        text(svg, "", "end", left - 8.0, top + 13.0, subject);
        match figure {
            Some(figure) => bar(svg, figure, left, top, full),
            None => text(svg, "note", "start", left + 6.0, top + 13.0, "–"),
        }
    }
    let bottom = y + LINE * 7.0 + 4.0;
    let _ = writeln!(svg, "<path class=\"axis\" d=\"M{left:.1} {:.1}V{bottom:.1}\"/>", y + LINE);
}

fn bar(svg: &mut String, figure: &Figure, left: f64, top: f64, full: f64) {
    let length = |value: f64| BARS * (value / full).min(1.0);
    let class = if figure.subject == SUBJECTS[0] { "mine" } else { "peer" };
    let end = length(figure.value.median);
    let _ = writeln!(
        svg,
        "<rect class=\"{class}\" x=\"{left:.1}\" y=\"{:.1}\" width=\"{end:.1}\" height=\"14\" rx=\"2\"/>",
        top + 2.0
    );
    if figure.value.median > full {
        // Longer than there is room for.
        let (x, bottom) = (left + BARS - 22.0, top + 19.0);
        let _ = writeln!(
            svg,
            "<path class=\"cut\" stroke-width=\"3\" d=\"M{x:.1} {bottom:.1}l8 -20m4 0l-8 20\"/>"
        );
    } else if figure.value.high > figure.value.low {
        let (low, high, middle) =
            (left + length(figure.value.low), left + length(figure.value.high), top + 9.0);
        let _ = writeln!(
            svg,
            "<path class=\"spread\" d=\"M{low:.1} {middle:.1}H{high:.1}M{low:.1} {:.1}v6M{high:.1} {:.1}v6\"/>",
            middle - 3.0,
            middle - 3.0
        );
    }
    let value = figure.unit.show(figure.value.median);
    let is_ratio_shown = figure.subject != SUBJECTS[0] && figure.unit != Unit::Percent;
    let label = if is_ratio_shown { format!("{value}, {}", times(figure.ratio.median)) } else { value };
    let after = end.max(length(figure.value.high));
    text(svg, "", "start", left + after + 6.0, top + 13.0, &label);
}

/// What the longest bar stands for: the largest value, but no more than makes the others hard to tell apart.
fn full_scale(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let largest = values.last().copied().unwrap_or(1.0);
    let middle = values.get(values.len() / 2).copied().unwrap_or(largest);
    largest.min(2.0 * middle)
}

fn text(svg: &mut String, class: &str, anchor: &str, x: f64, y: f64, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(
        svg,
        "<text class=\"{class}\" text-anchor=\"{anchor}\" x=\"{x:.1}\" y=\"{y:.1}\">{words}</text>"
    );
}

/// A place in a short list.
#[expect(clippy::cast_precision_loss)]
fn f64_of(place: usize) -> f64 {
    place as f64
}
