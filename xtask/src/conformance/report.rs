//! The table of `docs/conformance.md`.

use super::results::{Expected, Kind, Outcome, Results};
use std::fmt::Write as _;

/// Returns the passes by kind, in one line.
pub(super) fn summary(results: &Results) -> String {
    let kinds = [Kind::Required, Kind::Optimal, Kind::Check];
    let passes = kinds.map(|kind| format!("{kind} {} of {}", results.passes(kind), results.all(kind)));
    format!("raw passes: {}", passes.join(", "))
}

/// Returns the document.
pub(super) fn document(results: &Results, expected: &Expected, suite: &str, version: &str) -> String {
    let mut text = format!(
        "# Conformance\n\n\
        Written by `cargo xtask conformance`, which runs [{suite}](https://cache-tests.fyi) {version} against the example\n\
        `proxy`, and fails if a result has no explanation in [conformance.txt](conformance.txt). What is not as before is run once\n\
        more, alone.\n\n\
        A test passes if the suite says so, whatever other tests it builds on. *Required* is what every cache must do, *optimal*\n\
        what a good one does; a *check* is a question to which neither answer is wrong. The others are as the suite\n\
        publishes them.\n\n\
        | | required | optimal | checks answered with yes |\n|---|---|---|---|\n"
    );
    let cell = |kind| format!("{} of {}", results.passes(kind), results.all(kind));
    push(
        &mut text,
        format_args!(
            "| **stampede** | **{}** | **{}** | {} |\n",
            cell(Kind::Required),
            cell(Kind::Optimal),
            cell(Kind::Check)
        ),
    );
    text.push_str(PEERS);
    text.push_str("\n## What fails, and why\n\n| test | kind | why |\n|---|---|---|\n");
    for outcome in results.failures() {
        let reason = expected.reason(&outcome.id).unwrap_or("**not explained**");
        push(&mut text, format_args!("| `{}` | {} | {reason} |\n", outcome.id, outcome.kind));
    }
    text.push_str("\n## All tests\n");
    let mut group = "";
    for outcome in &results.0 {
        if outcome.group != group {
            group = &outcome.group;
            push(&mut text, format_args!("\n### {group}\n\n| test | kind | |\n|---|---|---|\n"));
        }
        push(&mut text, format_args!("| `{}` | {} | {} |\n", outcome.id, outcome.kind, result(outcome)));
    }
    text
}

/// What the suite publishes of others, counted in the same way.
const PEERS: &str = "\
| Squid | 134 of 157 | 49 of 86 | 50 of 86 |
| Apache httpd | 124 of 157 | 60 of 86 | 50 of 86 |
| Traffic Server | 119 of 157 | 57 of 86 | 34 of 86 |
| Varnish | 118 of 157 | 44 of 86 | 18 of 86 |
| nginx | 96 of 157 | 57 of 86 | 26 of 86 |
";

fn result(outcome: &Outcome) -> &'static str {
    match (outcome.kind, outcome.passed) {
        (Kind::Check, true) => "yes",
        (Kind::Check, false) => "no",
        (_, true) => "passes",
        (_, false) => "**fails**",
    }
}

fn push(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a `String` does not fail.
    let _ = text.write_fmt(line);
}
