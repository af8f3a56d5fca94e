//! `CDN-Cache-Control`: directives for shared caches at the edge (RFC 9213), a dictionary of structured fields (RFC 8941 §3.2, §4.2).

use super::{
    directives::{ResponseDirectives, Scope, Time},
    syntax::seconds,
};
use http::{HeaderMap, HeaderName};

static CDN_CACHE_CONTROL: HeaderName = HeaderName::from_static("cdn-cache-control");

/// Reads the directives of `CDN-Cache-Control`; `None` if it is not there, is empty or is not well-formed, and then
/// `Cache-Control` counts.
pub(super) fn directives(response: &HeaderMap) -> Option<ResponseDirectives> {
    let mut text = Vec::new();
    for value in response.get_all(&CDN_CACHE_CONTROL) {
        if !text.is_empty() {
            text.extend_from_slice(b", ");
        }
        text.extend_from_slice(value.as_bytes());
    }
    let entries = Reader { rest: &text }.dictionary()?;
    if entries.is_empty() {
        return None;
    }
    let mut all = ResponseDirectives::default();
    for (key, value) in entries {
        add(&mut all, key, value);
    }
    Some(all)
}

/// A value of the dictionary, as far as any directive asks.
#[derive(Debug, PartialEq, Eq)]
enum Value<'a> {
    Boolean(bool),
    Integer(&'a [u8]),
    String(Vec<u8>),
    /// A decimal, a token, bytes or an inner list, which no directive takes.
    Other,
}

/// Adds a directive. One whose value is of a wrong type is not there, but where that would have more stored.
fn add(all: &mut ResponseDirectives, key: &[u8], value: Value<'_>) {
    let time = match value {
        Value::Integer(digits) => seconds(digits).map_or(Time::Invalid, Time::Given),
        _ => Time::Invalid,
    };
    let flag = value != Value::Boolean(false);
    // The last one of a key counts.
    match key {
        b"max-age" => all.max_age = time,
        b"s-maxage" => all.s_maxage = time,
        b"stale-while-revalidate" => all.stale_while_revalidate = time,
        b"stale-if-error" => all.stale_if_error = time,
        b"no-cache" => all.no_cache = scope(value),
        b"private" => all.private = scope(value),
        b"no-store" => all.no_store = flag,
        b"public" => all.public = value == Value::Boolean(true),
        b"must-revalidate" => all.must_revalidate = flag,
        b"proxy-revalidate" => all.proxy_revalidate = flag,
        b"must-understand" => all.must_understand = flag,
        _ => {}
    }
}

fn scope(value: Value<'_>) -> Scope {
    match value {
        Value::Boolean(false) => Scope::Nothing,
        Value::String(list) => Scope::of(&list),
        _ => Scope::All,
    }
}

/// Reads structured fields from the front of a text. Every method returns `None` where the text is not well-formed.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn dictionary(&mut self) -> Option<Vec<(&'a [u8], Value<'a>)>> {
        let mut entries = Vec::new();
        self.skip(b" ");
        while !self.rest.is_empty() {
            let key = self.key()?;
            let value = if self.eat(b'=') { self.value()? } else { Value::Boolean(true) };
            self.parameters()?;
            entries.push((key, value));
            self.skip(b" \t");
            if self.rest.is_empty() {
                break;
            }
            if !self.eat(b',') {
                return None;
            }
            self.skip(b" \t");
            if self.rest.is_empty() {
                return None;
            }
        }
        Some(entries)
    }

    fn key(&mut self) -> Option<&'a [u8]> {
        let first = self.rest.first()?;
        if !first.is_ascii_lowercase() && *first != b'*' {
            return None;
        }
        Some(self.take(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.*".contains(&byte)))
    }

    /// Reads an item without its parameters, or an inner list.
    fn value(&mut self) -> Option<Value<'a>> {
        if !self.eat(b'(') {
            return self.item();
        }
        loop {
            self.skip(b" ");
            if self.eat(b')') {
                return Some(Value::Other);
            }
            self.item()?;
            self.parameters()?;
            if !matches!(self.rest.first(), Some(b' ' | b')')) {
                return None;
            }
        }
    }

    fn item(&mut self) -> Option<Value<'a>> {
        match self.rest.first()? {
            b'-' | b'0'..=b'9' => self.number(),
            b'"' => self.string(),
            b'?' => {
                self.eat(b'?');
                let yes = self.eat(b'1');
                (yes || self.eat(b'0')).then_some(Value::Boolean(yes))
            }
            b':' => {
                self.eat(b':');
                self.take(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
                self.eat(b':').then_some(Value::Other)
            }
            byte if byte.is_ascii_alphabetic() || *byte == b'*' => {
                self.take(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&byte));
                Some(Value::Other)
            }
            _ => None,
        }
    }

    fn number(&mut self) -> Option<Value<'a>> {
        let start = self.rest;
        self.eat(b'-');
        let whole = self.take(|byte| byte.is_ascii_digit());
        if whole.is_empty() || whole.len() > 15 {
            return None;
        }
        if !self.eat(b'.') {
            return Some(Value::Integer(&start[..start.len() - self.rest.len()]));
        }
        let fraction = self.take(|byte| byte.is_ascii_digit());
        (whole.len() <= 12 && (1..=3).contains(&fraction.len())).then_some(Value::Other)
    }

    fn string(&mut self) -> Option<Value<'a>> {
        self.eat(b'"');
        let mut contents = Vec::new();
        loop {
            let (&byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            match byte {
                b'"' => return Some(Value::String(contents)),
                b'\\' => {
                    let (&escaped, rest) = self.rest.split_first()?;
                    self.rest = rest;
                    contents.push(Some(escaped).filter(|byte| b"\"\\".contains(byte))?);
                }
                b' '..=b'~' => contents.push(byte),
                _ => return None,
            }
        }
    }

    /// Reads parameters, which no directive has.
    fn parameters(&mut self) -> Option<()> {
        while self.eat(b';') {
            self.skip(b" ");
            self.key()?;
            if self.eat(b'=') {
                self.item()?;
            }
        }
        Some(())
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.rest.first() == Some(&byte);
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }

    fn skip(&mut self, bytes: &[u8]) {
        self.take(|byte| bytes.contains(&byte));
    }

    fn take(&mut self, belongs: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.rest.iter().position(|byte| !belongs(*byte)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }
}
