//! Asks whether the types of the function fit, and says so where one does not.
//!
//! ```text
//! impl Judged for rate { type Verdict = Verdict<{ Probe::<Currency>::KEY && … }>; }
//! const _: () = if !Probe::<Currency>::KEY { reject("…") };
//! ```

use crate::{
    diag::{ends, moved, spelled},
    expand::{call, companion},
    item::Flow,
    plan::{Demand, Failure, OutputKind, Plan, Role, Shape},
};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::Type;

/// Who may have an argument that a load can't, and what the load is called.
struct Elsewhere {
    way_out: &'static str,
    load: &'static str,
}

const TASK: Elsewhere =
    Elsewhere { way_out: "let callers drive the load with `detach = false`", load: "a load of its own" };

const THREAD: Elsewhere =
    Elsewhere { way_out: "remove `stale_while_revalidate`", load: "a refresh on another thread" };

/// The verdict, and a constant for each demand that does not compile where it is not met.
pub(super) fn expand(plan: &Plan, conditions: &TokenStream) -> TokenStream {
    let Plan { private, every, demands, .. } = plan;
    let contradiction = contradiction(plan, conditions);
    if demands.is_empty() {
        return contradiction;
    }
    let met = demands.iter().map(|demand| met(plan, demand));
    let rejections = demands.iter().map(|demand| companion::through_alias(plan, rejection(plan, demand)));
    quote! {
        #conditions
        impl #private::Judged for #every {
            type Verdict = #private::Verdict<{
                #[allow(unused_imports)]
                use #private::{Otherwise as _, Plain as _};
                #(#met)&&*
            }>;
        }
        #(
            #conditions
            const _: () = {
                #[allow(unused_imports)]
                use #private::{Otherwise as _, Plain as _, Unshared as _};
                #rejections
            };
        )*
        #contradiction
    }
}

/// A constant that does not compile if the values of the user's constants contradict each other.
fn contradiction(plan: &Plan, conditions: &TokenStream) -> TokenStream {
    let Some(constant) = plan.constant.as_ref().filter(|_| plan.shape != Shape::Inline) else {
        return TokenStream::new();
    };
    let settings = call::settings(plan);
    let refuse = place_call(plan, constant, "refuse", quote!((__stampede_conflict)));
    quote! {
        #conditions
        const _: () = if let ::core::option::Option::Some(__stampede_conflict) = (#settings).conflict() {
            #refuse
        };
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
        Role::TierKey => quote!(#probe::WRITE),
        Role::TierOutput { .. } => {
            let outputs = quote!(#private::Outputs::<#ty>);
            quote!((#outputs::TIER_VALUES.is_some() || #outputs::TIER_WHOLE.is_some()))
        }
        Role::Kind { kind, .. } => is_of_kind(plan, ty, *kind),
        Role::Failure { of, .. } => {
            let failed = failed(plan, ty, *of);
            quote!(#failed.is_some())
        }
    }
}

/// What does not compile if a demand is not met.
fn rejection(plan: &Plan, demand: &Demand) -> TokenStream {
    let Plan { private, every, .. } = plan;
    let Demand { ty, role } = demand;
    let name = spelled(ty);
    let Elsewhere { way_out: drive, load } = match plan.function.flow {
        Flow::Blocking => THREAD,
        Flow::Async | Flow::Boxed => TASK,
    };
    let rejection = match role {
        Role::Key { way_out } => {
            let subject = format!("`{name}` can't be a part of the key: it");
            reject(plan, ty, &subject, ty, &["Hash", "Eq", "Clone", "Send", "Sync"], way_out)
        }
        Role::TaskValue => {
            let subject = format!("`{name}` can't be moved to {load}: it");
            reject(plan, ty, &subject, ty, &["Send"], drive)
        }
        Role::TaskReference | Role::TaskSelf => {
            let subject = format!("`&{name}` can't be owned by {load}: `{name}`");
            let not_send = reject(plan, ty, &subject, ty, &["Send"], drive);
            let way_out = format!("take an `Arc<{name}>`, or {drive}");
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
        Role::TierKey => {
            let subject = format!("`{name}` can't be a part of the key of a cache with a tier: it");
            let way_out = "derive it, or say with `key = …` what identifies a call";
            let lacks = quote!((#subject, &[("serde::Serialize", #private::Probe::<#ty>::WRITE)], #way_out));
            place_call(plan, ty, "reject", lacks)
        }
        Role::TierOutput { result } => {
            // Errors need not be for others.
            let value = result.as_deref().map_or(ty, |(value, _)| value);
            let subject = format!("`{}` can't be kept in a tier: it", spelled(value));
            let probe = quote!(#private::Probe::<#value>);
            let lacks = quote! {
                (#subject, &[("serde::Serialize", #probe::WRITE), ("serde::de::DeserializeOwned", #probe::READ)], "derive what it lacks, or remove `tier`")
            };
            place_call(plan, value, "reject", lacks)
        }
        Role::Kind { option, kind } => {
            let text = match kind {
                OutputKind::Result => format!(
                    "`{option}` is about errors, and `{name}` is no `Result`; remove `{option}`, or return a `Result`"
                ),
                OutputKind::Option => format!(
                    "`{option}` is about `None`, and `{name}` is neither an `Option` nor a `Result` of one; remove \
                     `{option}`, or return an `Option`"
                ),
            };
            place_call(plan, option, "refuse", quote!((#text)))
        }
        Role::Failure { of, option, result } => {
            let (cannot, needs, way_out, makes) = match of {
                Failure::Timeout => (
                    "can't tell that a load took too long",
                    "From<stampede::LoadTimeout>",
                    "give the error a variant `#[from] stampede::LoadTimeout`, or remove `load_timeout`",
                    "makes an error of a load",
                ),
                Failure::NoTier => (
                    "can't tell that the tier could not be asked",
                    "From<stampede::tier::TierError>",
                    "give the error a variant `#[from] stampede::tier::TierError`, or remove `strict`",
                    "makes an error of a tier that can't be asked",
                ),
            };
            let error = result.as_deref().map_or(ty, |(_, error)| error);
            let subject = match result {
                Some(_) => format!("`{}` {cannot}: it", spelled(error)),
                None => format!("`{name}` {cannot}: its error"),
            };
            let lacks = quote!((#subject, &[(#needs, false)], #way_out));
            let no_conversion = place_call(plan, error, "reject", lacks);
            let no_result = option.as_ref().map(|option| {
                let text = format!(
                    "`{option}` {makes}, and `{name}` is no `Result`; remove `{option}`, or return a `Result`"
                );
                place_call(plan, option, "refuse", quote!((#text)))
            });
            let is_result = is_of_kind(plan, ty, OutputKind::Result);
            quote!(if #is_result { #no_conversion } else { #no_result })
        }
    };
    let met = met(plan, demand);
    quote!(if !(#met) { #rejection })
}

/// Whether an output is of a kind.
fn is_of_kind(plan: &Plan, output: &Type, kind: OutputKind) -> TokenStream {
    let outputs = outputs(plan, output);
    match kind {
        OutputKind::Result => quote!(#outputs::RESULT.is_some()),
        OutputKind::Option => quote!((#outputs::OPTION.is_some() || #outputs::RESULT_OF_OPTION.is_some())),
    }
}

/// How an output is made of what befell a load, or `None`.
fn failed(plan: &Plan, output: &Type, failure: Failure) -> TokenStream {
    let outputs = outputs(plan, output);
    match failure {
        Failure::Timeout => quote!(#outputs::TIMED_OUT),
        Failure::NoTier => quote!(#outputs::NO_TIER),
    }
}

fn outputs(plan: &Plan, output: &Type) -> TokenStream {
    let private = &plan.private;
    quote!(#private::Outputs::<#output>)
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
    let no_error = place_call(plan, error, "reject", no_error);
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
    place_call(plan, place, "reject", quote!((#subject, &[#(#answers),*], #way_out)))
}

/// A call of a function of the runtime whose first and last token are those of a place, so that the error is all of that.
fn place_call(plan: &Plan, place: &impl ToTokens, function: &str, arguments: TokenStream) -> TokenStream {
    let private = &plan.private;
    let (first, last) = ends(place);
    let function = format_ident!("{function}");
    let path = moved(quote!(#private::#function), first);
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
