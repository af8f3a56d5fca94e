//! `self` in a body that outlives its method: a load of its own holds what it needs of `self` under another name.

use crate::diag::Diag;
use proc_macro2::{Delimiter, Group, Ident, Spacing, Span, TokenStream, TokenTree};
use quote::ToTokens;

/// What `self` is called in the body of a load of its own.
pub(crate) const NAME: &str = "__stampede_self";

/// Renames `self` in a body.
///
/// ```text
/// Input:   { self.client.get(id).await }
///
/// Output:  { __stampede_self.client.get(id).await }
/// ```
///
/// Functions inside the body have a `self` of their own, in paths and imports it is a module.
pub(crate) fn rename(body: TokenStream) -> TokenStream {
    let mut renamed = TokenStream::new();
    let mut trees = body.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Ident(ident) if ident == "self" => {
                let is_path = matches!(trees.peek(), Some(TokenTree::Punct(punct))
                    if punct.as_char() == ':' && punct.spacing() == Spacing::Joint);
                let span = Span::call_site().located_at(ident.span());
                let ident = if is_path { ident } else { Ident::new(NAME, span) };
                renamed.extend([TokenTree::Ident(ident)]);
            }
            TokenTree::Ident(ident) => {
                let is_function = ident == "fn" && matches!(trees.peek(), Some(TokenTree::Ident(_)));
                let is_macro = ident == "macro_rules";
                let is_import = ident == "use";
                renamed.extend([TokenTree::Ident(ident)]);
                if is_function || is_macro || is_import {
                    for tree in trees.by_ref() {
                        let is_end = match &tree {
                            TokenTree::Group(group) => !is_import && group.delimiter() == Delimiter::Brace,
                            TokenTree::Punct(punct) => punct.as_char() == ';',
                            _ => false,
                        };
                        renamed.extend([tree]);
                        if is_end {
                            break;
                        }
                    }
                }
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), rename(group.stream()));
                inner.set_span(group.span());
                renamed.extend([TokenTree::Group(inner)]);
            }
            other => renamed.extend([other]),
        }
    }
    renamed
}

/// Notes format strings that name `self`: inside a literal it can't be renamed.
pub(crate) fn check_format_strings(body: TokenStream, diag: &mut Diag) {
    for tree in body {
        match tree {
            TokenTree::Group(group) => check_format_strings(group.stream(), diag),
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                if text.starts_with(['"', 'r']) && names_self(&text) {
                    diag.error(
                        literal.to_token_stream(),
                        "`{self}` in a format string can't be reached by a load of its own; write `{}` with `self` as an argument, or let callers drive the load with `detach = false`",
                    );
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

/// Whether a format string has an argument `{self}` or `{self:…}`.
fn names_self(text: &str) -> bool {
    let text = text.replace("{{", "");
    text.split('{')
        .skip(1)
        .any(|argument| argument.strip_prefix("self").is_some_and(|rest| rest.starts_with(['}', ':'])))
}

/// Whether tokens name `Self`, as only those of an `impl` or a trait do.
pub(crate) fn names_self_type(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|tree| match tree {
        TokenTree::Ident(ident) => ident == "Self",
        TokenTree::Group(group) => names_self_type(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use super::{names_self, rename};

    fn renamed(body: &str) -> String {
        rename(body.parse().unwrap()).to_string().replace("__stampede_self", "ME")
    }

    fn tokens(body: &str) -> String {
        body.parse::<proc_macro2::TokenStream>().unwrap().to_string()
    }

    #[test]
    fn values_are_renamed_and_nothing_else() {
        assert_eq!(renamed("self.get(&self.id, [self])"), tokens("ME.get(&ME.id, [ME])"));
        assert_eq!(renamed("format!(\"{}\", self.id)"), tokens("format!(\"{}\", ME.id)"));
        let kept = "use std::io::{self, Read}; self::helper(); fn inner(&self) -> u8 { self.0 } impl X { fn f(self) { self.1 } }";
        assert_eq!(renamed(kept), tokens(kept));
        assert_eq!(renamed("let f: fn(u8) = g; f(self.0)"), tokens("let f: fn(u8) = g; f(ME.0)"));
    }

    #[test]
    fn format_strings_are_told_apart() {
        assert!(names_self("\"{self}\"") && names_self("\"{0} {self:?}\"") && names_self("r#\"{self}\"#"));
        assert!(!names_self("\"{{self}}\"") && !names_self("\"{selfish}\"") && !names_self("\"self\""));
    }
}
