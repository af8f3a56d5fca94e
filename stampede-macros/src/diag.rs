//! Collects the errors of one expansion, so that all mistakes are told in one go; and finds and names their places.

use proc_macro2::{Delimiter, Group, Spacing, Span, TokenStream, TokenTree};
use quote::ToTokens;
use std::fmt::Display;

/// The errors found so far. Has to be asked for them before it is dropped.
#[derive(Default)]
pub(crate) struct Diag {
    errors: Vec<syn::Error>,
    left_to_compiler: bool,
    read: bool,
}

impl Diag {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Notes a mistake at `place`.
    pub(crate) fn error(&mut self, place: impl ToTokens, message: impl Display) {
        self.errors.push(syn::Error::new_spanned(place, message));
    }

    /// Notes a mistake that was found while parsing.
    pub(crate) fn add(&mut self, error: syn::Error) {
        self.errors.push(error);
    }

    /// Notes a mistake of which the compiler tells as well where the function is emitted as it is.
    pub(crate) fn leave_to_compiler(&mut self) {
        self.left_to_compiler = true;
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.left_to_compiler || !self.errors.is_empty()
    }

    /// All mistakes, as `compile_error!`s.
    pub(crate) fn into_compile_errors(mut self) -> TokenStream {
        self.read = true;
        self.errors.iter().map(syn::Error::to_compile_error).collect()
    }
}

impl Drop for Diag {
    fn drop(&mut self) {
        if !self.read && !std::thread::panicking() {
            assert!(self.errors.is_empty(), "errors were found and not told");
        }
    }
}

/// The first and the last token's place: a macro can't name the range between them.
pub(crate) fn ends(place: &impl ToTokens) -> (Span, Span) {
    let mut spans = place.to_token_stream().into_iter().map(|tree| tree.span());
    let first = spans.next().unwrap_or_else(Span::call_site);
    (first, spans.last().unwrap_or(first))
}

/// Moves generated tokens to a place of the user's, so that an error about them points there.
pub(crate) fn moved(tokens: TokenStream, place: Span) -> TokenStream {
    let moved_tree = |tree| {
        let mut tree = match tree {
            TokenTree::Group(group) => {
                TokenTree::Group(Group::new(group.delimiter(), moved(group.stream(), place)))
            }
            other => other,
        };
        tree.set_span(place);
        tree
    };
    tokens.into_iter().map(moved_tree).collect()
}

/// Writes tokens as people do: `Result<u64, String>`, where their own `Display` says `Result < u64 , String >`.
pub(crate) fn spelled(tokens: &impl ToTokens) -> String {
    let mut text = String::new();
    spell(tokens.to_token_stream(), &mut text);
    text
}

fn spell(tokens: TokenStream, text: &mut String) {
    let mut after_word = false;
    let mut previous = ' ';
    for tree in tokens {
        let is_word = matches!(tree, TokenTree::Ident(_) | TokenTree::Literal(_));
        let is_slice = matches!(&tree, TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket);
        if (after_word && (is_word || is_slice)) || (is_word && previous == '>') {
            text.push(' ');
        }
        previous = ' ';
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::None => ("", ""),
                };
                text.push_str(open);
                spell(group.stream(), text);
                text.push_str(close);
            }
            TokenTree::Punct(punct) => {
                previous = punct.as_char();
                match (punct.as_char(), punct.spacing()) {
                    (mark @ (',' | ';'), _) => text.extend([mark, ' ']),
                    (mark @ ('+' | '='), _) => text.extend([' ', mark, ' ']),
                    ('-', Spacing::Joint) => text.push_str(" -"),
                    (mark, _) => text.push(mark),
                }
            }
            word => text.push_str(&word.to_string()),
        }
        after_word = is_word;
    }
}

#[cfg(test)]
mod tests {
    use super::spelled;

    #[test]
    fn types_are_spelled_as_people_do() {
        for ty in [
            "f64",
            "&str",
            "&'a mut [u8; 4]",
            "Result<Vec<u64>, Box<dyn Error + Send + Sync>>",
            "std::io::Result<(u8, String)>",
            "Option<&'static T>",
            "fn(u8) -> bool",
            "<T as Trait>::Type",
            "HashMap<K, V, S>",
        ] {
            let parsed: syn::Type = syn::parse_str(ty).unwrap();
            assert_eq!(spelled(&parsed), ty);
        }
    }
}
