//! The attribute's options: `#[stampede(ttl = "5s", key = id, …)]`.

use crate::{diag::Diag, duration};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use std::time::Duration;
use syn::{
    Expr, Ident, Lit, LitBool, LitStr, Path, Token, Type,
    ext::IdentExt,
    parenthesized,
    parse::{ParseStream, Parser},
    punctuated::Punctuated,
    token::Paren,
};

/// The options as they were written.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) ttl: Option<Ttl>,
    pub(crate) key: Option<Key>,
    pub(crate) skip: Option<Skip>,
    pub(crate) detach: Option<LitBool>,
    pub(crate) name: Option<LitStr>,
    pub(crate) companion: Option<Companion>,
    pub(crate) krate: Option<Path>,
}

/// How long a value is fresh.
pub(crate) enum Ttl {
    For(Duration),
    Forever,
    /// A path to a `const Duration`.
    Const(Path),
}

/// What the key is.
pub(crate) enum Key {
    /// One argument, or a tuple of them.
    Arguments { names: Vec<Ident>, is_tuple: bool },
    /// A declared type and what makes it.
    Declared { ty: Box<Type>, source: Box<Expr> },
}

/// Arguments that are no part of the key; `option` is the option's name, for errors.
pub(crate) struct Skip {
    pub(crate) option: Ident,
    pub(crate) names: Vec<Ident>,
}

/// What the companion is called.
pub(crate) enum Companion {
    None,
    Named(Ident),
}

const OPTIONS: [&str; 7] = ["ttl", "key", "skip", "detach", "name", "companion", "crate"];

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
        args
    }

    fn parse_option(&mut self, input: ParseStream<'_>, seen: &mut Vec<Ident>) -> syn::Result<()> {
        if !input.peek(Ident::peek_any) {
            return Err(input.error(format!("expected an option; the options are {}", known())));
        }
        let option = input.call(Ident::parse_any)?;
        if seen.contains(&option) {
            return Err(syn::Error::new(
                option.span(),
                format!("`{option}` is given twice; keep one of them"),
            ));
        }
        seen.push(option.clone());
        match option.to_string().as_str() {
            "ttl" => self.ttl = Some(parse_ttl(&option, input)?),
            "key" => self.key = Some(parse_key(&option, input)?),
            "skip" => self.skip = Some(parse_skip(option.clone(), input)?),
            "detach" => self.detach = Some(parse_detach(&option, input)?),
            "name" => self.name = Some(parse_name(&option, input)?),
            "companion" => self.companion = Some(parse_companion(&option, input)?),
            "crate" => self.krate = Some(parse_crate(&option, input)?),
            _ => {
                let message = format!("unknown option `{option}`; the options are {}", known());
                return Err(syn::Error::new(option.span(), message));
            }
        }
        if input.is_empty() {
            return Ok(());
        }
        if !input.peek(Token![,]) {
            return Err(input
                .error(format!("unexpected after the value of `{option}`; options are separated by `,`")));
        }
        input.parse::<Token![,]>().map(drop)
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
            input.parse::<proc_macro2::TokenTree>()?;
        }
    }
    Ok(())
}

/// Parses `=`, or says how the option is written.
fn expect_equals(option: &Ident, input: ParseStream<'_>, usage: &str) -> syn::Result<()> {
    if input.peek(Token![=]) {
        return input.parse::<Token![=]>().map(drop);
    }
    Err(syn::Error::new(option.span(), format!("`{option}` takes a value; write {usage}")))
}

/// The tokens of a value that is not what the option takes, for an error's place.
fn value_tokens(input: ParseStream<'_>) -> TokenStream {
    match input.fork().parse::<Expr>() {
        Ok(value) => {
            // Taken, so that the parser goes on behind it.
            let _ = input.parse::<Expr>();
            value.into_token_stream()
        }
        Err(_) => input.cursor().token_tree().map(|(tree, _)| tree.into_token_stream()).unwrap_or_default(),
    }
}

fn wrong_value(option: &Ident, input: ParseStream<'_>, takes: &str) -> syn::Error {
    let value = value_tokens(input);
    let place = if value.is_empty() { quote!(#option) } else { value };
    syn::Error::new_spanned(place, format!("`{option}` takes {takes}"))
}

fn parse_ttl(option: &Ident, input: ParseStream<'_>) -> syn::Result<Ttl> {
    expect_equals(option, input, "`ttl = \"5s\"`")?;
    if input.peek(LitStr) {
        let text: LitStr = input.parse()?;
        if text.value() == "forever" {
            return Ok(Ttl::Forever);
        }
        let parsed = duration::parse(&text.value());
        return parsed.map(Ttl::For).map_err(|why| syn::Error::new(text.span(), format!("`ttl`: {why}")));
    }
    if !input.peek(Lit) {
        if let Ok(path) = input.call(Path::parse_mod_style) {
            return Ok(Ttl::Const(path));
        }
    }
    let takes = "a duration in quotes, as in `ttl = \"5s\"`, `\"forever\"`, or a path to a `const` of type `Duration`";
    Err(wrong_value(option, input, takes))
}

fn parse_key(option: &Ident, input: ParseStream<'_>) -> syn::Result<Key> {
    if input.peek(Token![:]) {
        input.parse::<Token![:]>()?;
        let ty: Box<Type> = Box::new(input.parse()?);
        expect_equals(option, input, "`key: T = expression`")?;
        return Ok(Key::Declared { ty, source: Box::new(input.parse()?) });
    }
    expect_equals(option, input, "`key = argument`, `key = (one, other)` or `key: T = expression`")?;
    let ahead = input.fork();
    if let Ok(names) = parse_names(&ahead) {
        if ahead.is_empty() || ahead.peek(Token![,]) {
            return names_of_key(input, names);
        }
    }
    let takes = "arguments by name; to compute a key, declare its type as in `key: u64 = user.id`";
    Err(wrong_value(option, input, takes))
}

fn names_of_key(input: ParseStream<'_>, names: Vec<Ident>) -> syn::Result<Key> {
    let is_tuple = input.peek(Paren);
    input.parse::<proc_macro2::TokenTree>()?;
    Ok(Key::Arguments { names, is_tuple })
}

/// Parses `name` or `(name, name)`.
fn parse_names(input: ParseStream<'_>) -> syn::Result<Vec<Ident>> {
    if input.peek(Paren) {
        let inside;
        parenthesized!(inside in input);
        let names = Punctuated::<Ident, Token![,]>::parse_terminated(&inside)?;
        return Ok(names.into_iter().collect());
    }
    Ok(vec![input.parse()?])
}

fn parse_skip(option: Ident, input: ParseStream<'_>) -> syn::Result<Skip> {
    let usage = || format!("`{option}` takes arguments by name; write `skip(db, context)`");
    if !input.peek(Paren) {
        return Err(syn::Error::new(option.span(), usage()));
    }
    let inside;
    parenthesized!(inside in input);
    let names = Punctuated::<Ident, Token![,]>::parse_terminated(&inside)
        .map_err(|error| syn::Error::new(error.span(), usage()))?;
    if names.is_empty() {
        return Err(syn::Error::new(option.span(), usage()));
    }
    Ok(Skip { names: names.into_iter().collect(), option })
}

fn parse_detach(option: &Ident, input: ParseStream<'_>) -> syn::Result<LitBool> {
    expect_equals(option, input, "`detach = false`")?;
    if input.peek(LitBool) { input.parse() } else { Err(wrong_value(option, input, "`true` or `false`")) }
}

fn parse_name(option: &Ident, input: ParseStream<'_>) -> syn::Result<LitStr> {
    expect_equals(option, input, "`name = \"rates\"`")?;
    if !input.peek(LitStr) {
        return Err(wrong_value(option, input, "a name in quotes, as in `name = \"rates\"`"));
    }
    let name: LitStr = input.parse()?;
    if name.value().trim().is_empty() {
        return Err(syn::Error::new(name.span(), "`name` is empty; leave it out to use the function's path"));
    }
    Ok(name)
}

fn parse_companion(option: &Ident, input: ParseStream<'_>) -> syn::Result<Companion> {
    expect_equals(option, input, "`companion = name` or `companion = none`")?;
    if !input.peek(Ident) {
        return Err(wrong_value(option, input, "an identifier, or `none` for no companion"));
    }
    let name: Ident = input.parse()?;
    Ok(if name == "none" { Companion::None } else { Companion::Named(name) })
}

fn parse_crate(option: &Ident, input: ParseStream<'_>) -> syn::Result<Path> {
    expect_equals(option, input, "`crate = path::to::stampede`")?;
    input
        .call(Path::parse_mod_style)
        .map_err(|_| wrong_value(option, input, "the path of the runtime, as in `crate = ::stampede`"))
}

impl Args {
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
