//! Durations as people write them: `"250ms"`, `"5s"`, `"1m 30s"`.

use std::time::Duration;

/// How to write a duration, for error messages.
pub(crate) const HOW: &str =
    "write a number and a unit, as in `\"250ms\"`, `\"5s\"`, `\"1m 30s\"`, `\"2h\"`, `\"1d\"`";

const UNITS: [(&str, u64); 5] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// Parses a duration: one or more of a whole number and a unit, from large to small, with or without spaces.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(format!("an empty duration; {HOW}"));
    }
    let mut millis: u64 = 0;
    let mut smallest = u64::MAX;
    while !rest.is_empty() {
        let (number, after) = split(rest, |c| c.is_ascii_digit());
        let (unit, after) = split(after.trim_start(), |c| !c.is_whitespace() && !c.is_ascii_digit());
        if number.is_empty() {
            return Err(format!("`{unit}` has no number before it; {HOW}"));
        }
        if unit.is_empty() {
            return Err(format!("`{number}` has no unit; {HOW}"));
        }
        let Some((_, size)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(format!("`{unit}` is not a unit of time; the units are `ms`, `s`, `m`, `h`, `d`"));
        };
        if *size >= smallest {
            return Err(format!("`{unit}` comes too late; write each unit once, from large to small"));
        }
        smallest = *size;
        let part = number.parse::<u64>().ok().and_then(|number| number.checked_mul(*size));
        let sum = part.and_then(|part| millis.checked_add(part));
        millis = sum.ok_or_else(|| format!("`{text}` is too long to be counted; use `\"forever\"`"))?;
        rest = after.trim_start();
    }
    Ok(Duration::from_millis(millis))
}

/// Splits off the characters at the start that fit.
fn split(text: &str, fits: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !fits(c)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_written() {
        for (text, millis) in [
            ("0s", 0),
            ("250ms", 250),
            ("5s", 5_000),
            ("5 s", 5_000),
            ("1m 30s", 90_000),
            ("1m30s", 90_000),
            ("2h", 7_200_000),
            ("1d", 86_400_000),
            (" 1d 2h 3m 4s 5ms ", 93_784_005),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_duration_is_named() {
        for (text, culprit) in [
            ("", "empty"),
            ("  ", "empty"),
            ("5", "`5` has no unit"),
            ("s", "`s` has no number"),
            ("5 parsecs", "`parsecs` is not a unit"),
            ("-5s", "`-` has no number"),
            ("1.5s", "`.` is not a unit"),
            ("5s 1m", "`m` comes too late"),
            ("5s 5s", "`s` comes too late"),
            ("99999999999999999999s", "too long"),
            ("18446744073709551615d", "too long"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(culprit), "{text:?}: {error}");
        }
    }
}
