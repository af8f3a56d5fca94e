//! The attribute's options as they are written: `#[stampede(ttl = "5s", key = id, …)]`.

use crate::{diag::Diag, duration};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use std::time::Duration;
use syn::{
    Expr, ExprPath, Ident, Lit, LitBool, LitStr, Path, Token, Type,
    ext::IdentExt,
    parenthesized,
    parse::{Parse, ParseStream, Parser},
    punctuated::Punctuated,
    token::Paren,
};

/// The options that were given.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) ttl: Option<Given<Length>>,
    pub(crate) stale_while_revalidate: Option<Given<Length>>,
    pub(crate) stale_if_error: Option<Given<Length>>,
    pub(crate) jitter: Option<Given<f64>>,
    pub(crate) err_ttl: Option<Given<Length>>,
    pub(crate) none_ttl: Option<Given<Length>>,
    pub(crate) ttl_from: Option<Given<ExprPath>>,
    pub(crate) load_timeout: Option<Given<Length>>,
    pub(crate) capacity: Option<Capacity>,
    pub(crate) key: Option<Key>,
    pub(crate) skip: Option<Skip>,
    pub(crate) detach: Option<LitBool>,
    pub(crate) cache: Option<Cache>,
    pub(crate) tier: Option<Given<Expr>>,
    pub(crate) strict: Option<Given<bool>>,
    pub(crate) name: Option<LitStr>,
    pub(crate) companion: Option<Companion>,
    pub(crate) krate: Option<Path>,
    /// All options that were named, also those whose values were mistakes.
    pub(crate) named: Vec<Ident>,
}

/// The value of an option, and the option's name, for errors.
pub(crate) struct Given<T> {
    pub(crate) option: Ident,
    pub(crate) value: T,
}

/// A length of time.
pub(crate) enum Length {
    For(Duration),
    Forever,
    /// A path to a `const Duration`.
    Const(Path),
}

/// The most entries.
pub(crate) enum Capacity {
    Entries(u64),
    Unbounded,
    /// A path to a `const` integer.
    Const(Path),
}

/// What the key is.
pub(crate) enum Key {
    /// One argument, or a tuple of them.
    Arguments(Vec<Ident>),
    /// A declared type and what makes it.
    Declared { ty: Box<Type>, source: Box<Expr> },
}

/// Arguments that are no part of the key; `option` is the option's name, for errors.
pub(crate) struct Skip {
    pub(crate) option: Ident,
    pub(crate) names: Vec<Ident>,
}

/// A `stampede::Cache` that is used instead of one of the function's own; `option` is the option's name, for errors.
pub(crate) struct Cache {
    pub(crate) option: Ident,
    pub(crate) source: Expr,
}

/// What the companion is called.
pub(crate) enum Companion {
    None,
    Named(Ident),
    /// No type but a function of this name, which returns the cache.
    Function(Ident),
}

const OPTIONS: [&str; 18] = [
    "ttl",
    "stale_while_revalidate",
    "stale_if_error",
    "jitter",
    "err_ttl",
    "none_ttl",
    "ttl_from",
    "load_timeout",
    "capacity",
    "key",
    "skip",
    "detach",
    "cache",
    "tier",
    "strict",
    "name",
    "companion",
    "crate",
];

impl Args {
    /// Parses the attribute's tokens. A mistake is noted, and the parser goes on with the next option.
    pub(crate) fn parse(tokens: TokenStream, diag: &mut Diag) -> Self {
        let mut args = Self::default();
        let mut seen: Vec<Ident> = Vec::new();
        let parsed = (|input: ParseStream<'_>| {
            while !input.is_empty() {
                if let Err(error) = args.parse_option(input, &mut seen) {
                    diag.add(error);
                    skip_to_next_option(input)?;
                }
            }
            Ok(())
        })
        .parse2(tokens);
        if let Err(error) = parsed {
            diag.add(error);
        }
        args.named = seen;
        args
    }

    fn parse_option(&mut self, input: ParseStream<'_>, seen: &mut Vec<Ident>) -> syn::Result<()> {
        if !input.peek(Ident::peek_any) {
            return Err(input.error(format!("no option starts like this; the options are {}", known())));
        }
        let option = input.call(Ident::parse_any)?;
        if seen.contains(&option) {
            let message = format!("`{option}` is given twice; keep one of them");
            return Err(syn::Error::new(option.span(), message));
        }
        seen.push(option.clone());
        match option.to_string().as_str() {
            "ttl" => self.ttl = Some(parse_length(option, input)?),
            "stale_while_revalidate" => self.stale_while_revalidate = Some(parse_length(option, input)?),
            "stale_if_error" => self.stale_if_error = Some(parse_length(option, input)?),
            "jitter" => self.jitter = Some(parse_jitter(option, input)?),
            "err_ttl" => self.err_ttl = Some(parse_length(option, input)?),
            "none_ttl" => self.none_ttl = Some(parse_length(option, input)?),
            "ttl_from" => self.ttl_from = Some(parse_ttl_from(option, input)?),
            "load_timeout" => self.load_timeout = Some(parse_length(option, input)?),
            "capacity" => self.capacity = Some(parse_capacity(&option, input)?),
            "key" => self.key = Some(parse_key(&option, input)?),
            "skip" => self.skip = Some(parse_skip(option.clone(), input)?),
            "detach" => self.detach = Some(parse_detach(&option, input)?),
            "cache" => self.cache = Some(parse_cache(option.clone(), input)?),
            "tier" => self.tier = Some(parse_tier(option.clone(), input)?),
            "strict" => self.strict = Some(parse_strict(option.clone(), input)?),
            "name" => self.name = Some(parse_name(&option, input)?),
            "companion" => self.companion = Some(parse_companion(&option, input)?),
            "crate" => self.krate = Some(parse_crate(&option, input)?),
            _ => {
                let message = format!("unknown option `{option}`; the options are {}", known());
                return Err(syn::Error::new(option.span(), message));
            }
        }
        if input.is_empty() || input.peek(Token![,]) {
            return input.parse::<Option<Token![,]>>().map(drop);
        }
        let option = seen.last().map(Ident::to_string).unwrap_or_default();
        Err(input.error(format!("the value of `{option}` ends before this; separate options by `,`")))
    }

    /// Where the runtime is.
    pub(crate) fn crate_path(&self) -> TokenStream {
        match &self.krate {
            Some(path) => path.to_token_stream(),
            None => {
                // With a leading `::` it is the crate, whatever the user has named `stampede`.
                let name = Ident::new("stampede", Span::call_site());
                quote!(::#name)
            }
        }
    }
}

fn known() -> String {
    OPTIONS.map(|option| format!("`{option}`")).join(", ")
}

/// After a mistake: goes on behind the next comma that an option follows, so that one mistake is one error.
fn skip_to_next_option(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() {
        if input.peek(Token![,]) {
            input.parse::<Token![,]>()?;
            let next = input.fork();
            let is_option = next.call(Ident::parse_any).is_ok_and(|name| {
                OPTIONS.iter().any(|option| name == option)
                    || (next.peek(Token![=]) && !next.peek(Token![==]))
            });
            if is_option {
                return Ok(());
            }
        } else {
            input.parse::<TokenTree>()?;
        }
    }
    Ok(())
}

const JITTER: &str = "a number from 0 to 1; write `jitter = 0.1`";
const TTL_FROM: &str =
    "the path of a function; write `ttl_from = ttl_of` for a `fn ttl_of(value: &T) -> Duration`";
const CAPACITY: &str = "a number of entries; write `capacity = 10_000`, `capacity = \"unbounded\"`, or the path of a `const` of \
                        type `u64`";
const KEY: &str = "arguments by name; to compute a key, declare its type as in `key: u64 = user.id`";
const DECLARED_KEY: &str = "`key: T = expression`";
const SKIP: &str = "arguments by name; write `skip(db, context)`";
const DETACH: &str = "`true` or `false`; write `detach = false`";
const CACHE: &str = "a `stampede::Cache`; write `cache = self.pages`";
const TIER: &str = "a tier; write `tier = &*REDIS` for a `static REDIS: LazyLock<stampede::tier::Redis>`";
const STRICT: &str = "`true` or `false`; write `strict = true`";
const NAME: &str = "a name in quotes; write `name = \"rates\"`";
const COMPANION: &str = "a name; write `companion = other`, `companion = fn other` for a function that returns the cache, or `companion = none`";
const CRATE: &str = "the path of the runtime; write `crate = ::stampede`";

fn parse_length(option: Ident, input: ParseStream<'_>) -> syn::Result<Given<Length>> {
    let takes = format!(
        "a duration in quotes; write `{option} = \"5s\"`, `{option} = \"forever\"`, or the path of a `const` of type `Duration`"
    );
    expect_equals(&option, input, &takes)?;
    let value = if input.peek(LitStr) {
        let text: LitStr = input.parse()?;
        if text.value() == "forever" {
            Length::Forever
        } else {
            let parsed = duration::parse(&text.value());
            parsed
                .map(Length::For)
                .map_err(|why| syn::Error::new(text.span(), format!("`{option}`: {why}")))?
        }
    } else {
        let path = |input: ParseStream<'_>| input.call(Path::parse_mod_style);
        Length::Const(value(&option, input, &takes, path)?)
    };
    Ok(Given { option, value })
}

fn parse_jitter(option: Ident, input: ParseStream<'_>) -> syn::Result<Given<f64>> {
    expect_equals(&option, input, JITTER)?;
    let number = value(&option, input, JITTER, <Lit as Parse>::parse)?;
    let parsed = match &number {
        Lit::Float(float) => float.base10_parse().ok(),
        Lit::Int(int) => int.base10_parse().ok(),
        _ => None,
    };
    match parsed.filter(|jitter| (0.0..=1.0).contains(jitter)) {
        Some(value) => Ok(Given { option, value }),
        None => Err(syn::Error::new(number.span(), format!("`{option}` takes {JITTER}"))),
    }
}

fn parse_ttl_from(option: Ident, input: ParseStream<'_>) -> syn::Result<Given<ExprPath>> {
    expect_equals(&option, input, TTL_FROM)?;
    let value = value(&option, input, TTL_FROM, ExprPath::parse)?;
    Ok(Given { option, value })
}

fn parse_capacity(option: &Ident, input: ParseStream<'_>) -> syn::Result<Capacity> {
    expect_equals(option, input, CAPACITY)?;
    if input.peek(Lit) {
        let capacity = value(option, input, CAPACITY, <Lit as Parse>::parse)?;
        let number = match &capacity {
            Lit::Str(text) if text.value() == "unbounded" => return Ok(Capacity::Unbounded),
            Lit::Int(number) if number.suffix().is_empty() => number.base10_parse().ok(),
            _ => None,
        };
        let malformed = || syn::Error::new(capacity.span(), format!("`{option}` takes {CAPACITY}"));
        return number.map(Capacity::Entries).ok_or_else(malformed);
    }
    let path = |input: ParseStream<'_>| input.call(Path::parse_mod_style);
    value(option, input, CAPACITY, path).map(Capacity::Const)
}

fn parse_key(option: &Ident, input: ParseStream<'_>) -> syn::Result<Key> {
    if input.peek(Token![:]) {
        let colon = input.parse::<Token![:]>()?;
        let malformed = |place: Span, what| {
            syn::Error::new(place, format!("`{option}` is declared without {what}; write {DECLARED_KEY}"))
        };
        let ty = input.parse().map_err(|_| malformed(colon.span, "a type"))?;
        let equals = input.parse::<Token![=]>().map_err(|_| malformed(option.span(), "an expression"))?;
        let source = input.parse().map_err(|_| malformed(equals.span, "an expression"))?;
        return Ok(Key::Declared { ty: Box::new(ty), source: Box::new(source) });
    }
    expect_equals(option, input, KEY)?;
    value(option, input, KEY, |input: ParseStream<'_>| parse_names(input).map(Key::Arguments))
}

fn parse_skip(option: Ident, input: ParseStream<'_>) -> syn::Result<Skip> {
    let malformed = |place: Span| syn::Error::new(place, format!("`{option}` takes {SKIP}"));
    if !input.peek(Paren) {
        return Err(malformed(option.span()));
    }
    let names = input.parse::<TokenTree>()?;
    match parse_names.parse2(names.to_token_stream()) {
        Ok(names) if names.is_empty() => Err(malformed(option.span())),
        Ok(names) => Ok(Skip { option, names }),
        Err(error) => Err(malformed(error.span())),
    }
}

/// Parses `name` or `(name, name)`.
fn parse_names(input: ParseStream<'_>) -> syn::Result<Vec<Ident>> {
    if input.peek(Paren) {
        let inside;
        parenthesized!(inside in input);
        let names = Punctuated::<Ident, Token![,]>::parse_terminated_with(&inside, parse_name_of_argument)?;
        return Ok(names.into_iter().collect());
    }
    Ok(vec![parse_name_of_argument(input)?])
}

fn parse_name_of_argument(input: ParseStream<'_>) -> syn::Result<Ident> {
    if input.peek(Token![self]) { input.call(Ident::parse_any) } else { input.parse() }
}

fn parse_detach(option: &Ident, input: ParseStream<'_>) -> syn::Result<LitBool> {
    expect_equals(option, input, DETACH)?;
    value(option, input, DETACH, LitBool::parse)
}

fn parse_cache(option: Ident, input: ParseStream<'_>) -> syn::Result<Cache> {
    expect_equals(&option, input, CACHE)?;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(syn::Error::new(option.span(), format!("`{option}` takes {CACHE}")));
    }
    let place = input.span();
    match input.parse()? {
        Expr::Lit(_) => Err(syn::Error::new(place, format!("`{option}` takes {CACHE}"))),
        source => Ok(Cache { option, source }),
    }
}

fn parse_tier(option: Ident, input: ParseStream<'_>) -> syn::Result<Given<Expr>> {
    expect_equals(&option, input, TIER)?;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(syn::Error::new(option.span(), format!("`{option}` takes {TIER}")));
    }
    let place = input.span();
    match input.parse()? {
        Expr::Lit(_) => Err(syn::Error::new(place, format!("`{option}` takes {TIER}"))),
        value => Ok(Given { option, value }),
    }
}

fn parse_strict(option: Ident, input: ParseStream<'_>) -> syn::Result<Given<bool>> {
    expect_equals(&option, input, STRICT)?;
    let value = value(&option, input, STRICT, LitBool::parse)?.value;
    Ok(Given { option, value })
}

fn parse_name(option: &Ident, input: ParseStream<'_>) -> syn::Result<LitStr> {
    expect_equals(option, input, NAME)?;
    let name = value(option, input, NAME, <LitStr as Parse>::parse)?;
    if name.value().trim().is_empty() {
        return Err(syn::Error::new(name.span(), "`name` is empty; leave it out to use the function's path"));
    }
    Ok(name)
}

fn parse_companion(option: &Ident, input: ParseStream<'_>) -> syn::Result<Companion> {
    expect_equals(option, input, COMPANION)?;
    if input.peek(Token![fn]) && input.peek2(Ident) {
        input.parse::<Token![fn]>()?;
        return input.parse().map(Companion::Function);
    }
    let name = value(option, input, COMPANION, Ident::parse)?;
    Ok(if name == "none" { Companion::None } else { Companion::Named(name) })
}

fn parse_crate(option: &Ident, input: ParseStream<'_>) -> syn::Result<Path> {
    expect_equals(option, input, CRATE)?;
    value(option, input, CRATE, |input: ParseStream<'_>| input.call(Path::parse_mod_style))
}

/// Parses `=`, or says what the option takes.
fn expect_equals(option: &Ident, input: ParseStream<'_>, takes: &str) -> syn::Result<()> {
    if input.peek(Token![=]) {
        return input.parse::<Token![=]>().map(drop);
    }
    Err(syn::Error::new(option.span(), format!("`{option}` takes {takes}")))
}

/// Parses a value up to the next option. If it is another kind of value, the error is at all of that.
fn value<T>(
    option: &Ident,
    input: ParseStream<'_>,
    takes: &str,
    parse: impl Fn(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<T> {
    let ahead = input.fork();
    // What follows a value without a comma may be the next option, but not an operator or an argument list.
    let ends =
        |input: ParseStream<'_>| input.is_empty() || input.peek(Token![,]) || input.peek(Ident::peek_any);
    if parse(&ahead).is_ok() && ends(&ahead) {
        return parse(input);
    }
    if input.is_empty() || input.peek(Token![,]) {
        return Err(syn::Error::new(option.span(), format!("`{option}` takes {takes}")));
    }
    let other = match input.fork().parse::<Expr>() {
        // Taken, so that the parser goes on behind it.
        Ok(_) => input.parse::<Expr>()?.into_token_stream(),
        Err(_) => input.parse::<TokenTree>()?.into_token_stream(),
    };
    Err(syn::Error::new_spanned(&other, format!("`{option}` takes {takes}")))
}
