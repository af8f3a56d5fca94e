//! Asks whether the types of the function fit, and says so where one does not.
//!
//! ```text
//! impl Judged for rate { type Verdict = Verdict<{ Probe::<Currency>::KEY && … }>; }
//! const _: () = if !Probe::<Currency>::KEY { reject("…") };
//! ```

use crate::{
    diag::{ends, moved, spelled},
    expand::call,
    plan::{Demand, Plan, Role},
};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::Type;

const DRIVE: &str = "let callers drive the load with `detach = false`";

/// The verdict, and a constant for each demand that does not compile where it is not met.
pub(super) fn expand(plan: &Plan, conditions: &TokenStream) -> TokenStream {
    let Plan { private, every, demands, .. } = plan;
    if demands.is_empty() {
        return TokenStream::new();
    }
    let met = demands.iter().map(|demand| met(plan, demand));
    let rejections = demands.iter().map(|demand| rejection(plan, demand));
    quote! {
        #conditions
        impl #private::Judged for #every {
            type Verdict = #private::Verdict<{
                #[allow(unused_imports)]
                use #private::Otherwise as _;
                #(#met)&&*
            }>;
        }
        #(
            #conditions
            const _: () = {
                #[allow(unused_imports)]
                use #private::{Otherwise as _, Unshared as _};
                #rejections
            };
        )*
    }
}

/// The way in which outputs are shared, or `None`; where it does not depend on the call.
pub(super) fn sharing(plan: &Plan) -> TokenStream {
    let (private, output) = (&plan.private, &plan.function.output);
    if plan.split.concern(output) {
        return TokenStream::new();
    }
    let ways = call::ways(private, output);
    quote! {
        const __SHARING: ::core::option::Option<#private::Sharing<#output>> = #ways;
    }
}

/// Whether a demand is met.
fn met(plan: &Plan, Demand { ty, role }: &Demand) -> TokenStream {
    let Plan { private, every, .. } = plan;
    let probe = quote!(#private::Probe::<#ty>);
    match role {
        Role::Key { .. } => quote!(#probe::KEY),
        Role::TaskValue => quote!(#probe::SEND),
        Role::TaskReference | Role::TaskSelf => quote!(#probe::TASK),
        Role::Output { .. } => quote!(#probe::OUTPUT && <#every>::__SHARING.is_some()),
    }
}

/// What does not compile if a demand is not met.
fn rejection(plan: &Plan, demand: &Demand) -> TokenStream {
    let Plan { private, every, .. } = plan;
    let Demand { ty, role } = demand;
    let name = spelled(ty);
    let rejection = match role {
        Role::Key { way_out } => {
            let subject = format!("`{name}` can't be a part of the key: it");
            reject(plan, ty, &subject, ty, &["Hash", "Eq", "Clone", "Send", "Sync"], way_out)
        }
        Role::TaskValue => {
            let subject = format!("`{name}` can't be moved to a load of its own: it");
            reject(plan, ty, &subject, ty, &["Send"], DRIVE)
        }
        Role::TaskReference | Role::TaskSelf => {
            let subject = format!("`&{name}` can't be owned by a load of its own: `{name}`");
            let not_send = reject(plan, ty, &subject, ty, &["Send"], DRIVE);
            let way_out = format!("take an `Arc<{name}>`, or {DRIVE}");
            let not_clone = reject(plan, ty, &subject, ty, &["Clone"], &way_out);
            quote!(if #private::Probe::<#ty>::CLONE { #not_send } else { #not_clone })
        }
        Role::Output { result } => {
            let subject = format!("`{name}` can't be kept for other callers: it");
            let way_out =
                "return what all threads can read, as an `Arc` for an `Rc` or a `Mutex` for a `RefCell`";
            let kept = reject(plan, ty, &subject, ty, &["Send", "Sync"], way_out);
            let shared = unshared(plan, ty, result.as_deref());
            return quote! {
                if !#private::Probe::<#ty>::OUTPUT {
                    #kept
                } else if <#every>::__SHARING.is_none() {
                    #shared
                }
            };
        }
    };
    let met = met(plan, demand);
    quote!(if !#met { #rejection })
}

/// Says why an output can't be shared: of a `Result` whose value is `Clone`, because of its error.
fn unshared(plan: &Plan, output: &Type, result: Option<&(Type, Type)>) -> TokenStream {
    let private = &plan.private;
    let outputs = quote!(#private::Outputs::<#output>);
    let (value, error) = result.map_or((output, output), |(value, error)| (value, error));
    let of_value = format!("`{}` can't be shared by the callers of a load: it", spelled(value));
    let of_error = match result {
        Some(_) => format!("`{}` can't be shared by the callers of a load: it", spelled(error)),
        None => format!("`{}` can't be shared by the callers of a load: its error", spelled(error)),
    };
    let no_value =
        reject(plan, value, &of_value, value, &["Clone"], "derive it, or return the value in an `Arc`");
    let no_error = quote! {
        (#of_error, &[("Clone", false), ("From<stampede::SharedError>", #outputs::FROM_SHARED), ("std::error::Error", !#outputs::FROM_SHARED)], "derive `Clone` for it, or give it a variant `#[from] stampede::SharedError`")
    };
    let no_error = call(plan, error, no_error);
    quote! {
        if #outputs::CLONE_VALUE { #no_error } else { #no_value }
    }
}

/// Calls `reject` at `place`, with what `ty` has to be.
fn reject(
    plan: &Plan,
    place: &impl ToTokens,
    subject: &str,
    ty: &Type,
    needs: &[&str],
    way_out: &str,
) -> TokenStream {
    let private = &plan.private;
    let answers = needs.iter().map(|need| {
        let answer = format_ident!("{}", need.to_uppercase());
        quote!((#need, #private::Probe::<#ty>::#answer))
    });
    call(plan, place, quote!((#subject, &[#(#answers),*], #way_out)))
}

/// A call whose first and last token are those of a place, so that the error is all of that.
fn call(plan: &Plan, place: &impl ToTokens, arguments: TokenStream) -> TokenStream {
    let private = &plan.private;
    let (first, last) = ends(place);
    let path = moved(quote!(#private::reject), first);
    let arguments = arguments.into_iter().map(|tree| match tree {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
            let mut group = Group::new(Delimiter::Parenthesis, group.stream());
            group.set_span(last);
            TokenTree::Group(group)
        }
        other => other,
    });
    let arguments: TokenStream = arguments.collect();
    quote!(#path #arguments)
}
